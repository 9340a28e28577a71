//! Asking people: the keeper, the keeper once more, the deputy, staff; and telling them when it is called off.

use super::{KeptGroup, named};
use crate::desk::{Desk, Saying};
use crate::model::{
    Asked, At, Button, ButtonDoes, Changes, Delivery, DeliveryId, DeliveryState, FanOut, Hand,
    Index, Key, Kind, Outcome, Person, Post, PostState, Revision, Role, SegmentReader, Segments,
    SubscriberId, Tally, Versioned,
};
use crate::store::{Scan, StoreError};
use crate::text::Speak as _;
use crate::text::say::{Errand, HandSays, LedgerSays};
use std::time::Duration;

/// How many deliveries of a post that was taken back are dealt with in one commit.
const CALLED_OFF: usize = 8;

/// How many of the staff are told that nobody did it.
const STAFF_TOLD: usize = 8;

/// How soon something is looked at again whose post is paused.
const PAUSED: Duration = Duration::from_mins(5);

/// Something in people's hands, with all that belongs to it.
struct Matter<'a> {
    old: &'a Versioned<Delivery>,
    post: &'a Post,
    group: &'a KeptGroup,
    revision: Revision,
    chat: SubscriberId,
    corrects: Option<At>,
    now: At,
}

impl Desk {
    /// What is in people's hands and has to be looked at now, at most `limit`; and when the next will be.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hands_due(&self, limit: usize) -> Result<(Vec<Key>, Option<At>), StoreError> {
        let now = self.clock.now();
        let lines = self.reads().scan(&Scan::of(Index::Hands, Vec::new(), limit)).await?;
        let full = lines.len() == limit;
        let mut due = Vec::new();
        for line in lines {
            match SegmentReader::new(&line.at).at() {
                Some(at) if at > now => return Ok((due, Some(at))),
                _ => due.push(line.key),
            }
        }
        Ok((due, full.then_some(now)))
    }

    /// Looks at one of them: asks whoever is next, or ends it.
    ///
    /// # Errors
    /// A conflict when somebody was faster: it is looked at again.
    pub async fn hand_on(&self, key: &Key) -> Result<(), StoreError> {
        if key.kind == Kind::FanOut {
            let work = self.reads().find::<FanOut>(key).await?;
            return match work {
                Some(work) => self.call_off(&work).await,
                None => Ok(()),
            };
        }
        let Some(old) = self.reads().find::<Delivery>(key).await? else { return Ok(()) };
        let DeliveryState::Handed(hand) = old.state.clone() else { return Ok(()) };
        let DeliveryId::Post(post, revision, chat) = old.id else { return Ok(()) };
        let (now, mut changes) = (self.clock.now(), Changes::new());
        let key = Segments::new().id(post.0).key(Kind::Post);
        let post = self.reads().find::<Post>(&key).await?;
        let group = self.kept_at(chat).await?;
        let over = old.in_hands_until().is_none_or(|until| now >= until);
        match (&post, group) {
            (Some(post), _) if matches!(post.state, PostState::Paused { .. }) && !over => {
                changes.update(&old, old.value.clone().look_at(now.plus(PAUSED)));
            }
            (Some(post), Some(group)) if is_out(&post.state) => {
                let mut matter =
                    Matter { old: &old, post, group, revision, chat, corrects: None, now };
                if over {
                    self.give_up(&matter, &mut changes);
                } else {
                    matter.corrects = self.supersede(&matter, &mut changes).await?;
                    self.ask_next(&matter, &hand, &mut changes).await?;
                }
            }
            (post, group) => {
                let gone = post.as_ref().is_none_or(|p| !is_out(&p.state));
                let why = if gone { LedgerSays::PostWithdrawn } else { LedgerSays::NotSubscribed };
                let title = post.as_ref().map(|p| p.title.clone()).unwrap_or_default();
                let group = group.map(|g| g.title.clone()).unwrap_or_default();
                let what = Errand { title, group, corrects: None };
                self.drop_handed(&old, why, &mut changes);
                self.tell_asked(&hand, &HandSays::CalledOff(what), &mut changes).await?;
            }
        }
        self.store.commit(changes).await
    }

    fn give_up(&self, matter: &Matter<'_>, changes: &mut Changes) {
        let why = LedgerSays::NotBrought.say(self.office.lang);
        changes.update(matter.old, matter.old.value.clone().settle_dead(matter.now, why));
        changes.add(Tally::Dead.of(matter.post.id), 1);
    }

    fn drop_handed(&self, old: &Versioned<Delivery>, why: LedgerSays, changes: &mut Changes) {
        let DeliveryId::Post(post, ..) = old.id else { return };
        let why = why.say(self.office.lang);
        changes.update(old, old.value.clone().settle_dropped(self.clock.now(), why));
        changes.add(Tally::Dropped.of(post), 1);
    }

    /// What becomes of earlier editions in the same group: those still in people's hands are no longer owed. Gives
    /// when the latest of them was brought there, if one was.
    async fn supersede(
        &self,
        matter: &Matter<'_>,
        changes: &mut Changes,
    ) -> Result<Option<At>, StoreError> {
        let mut brought = None;
        for revision in 1..matter.revision.0 {
            let id = DeliveryId::Post(matter.post.id, Revision(revision), matter.chat);
            let Some(earlier) = self.reads().find::<Delivery>(&id.key()).await? else { continue };
            match earlier.state {
                DeliveryState::Handed(_) => {
                    self.drop_handed(&earlier, LedgerSays::Superseded, changes);
                }
                DeliveryState::Sent { at } => brought = Some(at),
                _ => {}
            }
        }
        Ok(brought)
    }

    async fn ask_next(
        &self,
        matter: &Matter<'_>,
        hand: &Hand,
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        let Matter { old, group, now, .. } = *matter;
        let staff = self.everybody().await?;
        let reached = |name: &str| named(&staff, name).filter(|p| p.direct.is_some());
        let keeper = reached(&group.keeper);
        let deputy = group.deputy.as_deref().and_then(reached);
        let deputy = deputy.filter(|d| hand.asked.person() != Some(d.id));
        let (first, then) = (now.plus(group.remind_after), now.plus(group.hand_over_after));
        let (asked, next) = match (hand.asked, keeper, deputy) {
            (Asked::Keeper(before), Some(keeper), _) if before == keeper.id => {
                (Asked::Again(keeper.id), then)
            }
            // Also where somebody else keeps the group by now.
            (Asked::Nobody | Asked::Keeper(_), Some(keeper), _) => {
                (Asked::Keeper(keeper.id), first)
            }
            (Asked::Nobody | Asked::Keeper(_) | Asked::Again(_), _, Some(deputy)) => {
                (Asked::Deputy(deputy.id), then)
            }
            _ => (Asked::Staff, old.in_hands_until().unwrap_or(then)),
        };
        changes.update(old, old.value.clone().ask(now, asked, next));
        if keeper.is_none() && hand.asked == Asked::Nobody {
            let (group, keeper) = (group.title.clone(), group.keeper.clone());
            let says = HandSays::Unknown { group, keeper };
            self.tell_editors(&staff, |_| (says.clone(), None), changes);
        }
        let person = |id| staff.iter().find(|p| p.id == id);
        let called =
            |name: &str| named(&staff, name).map_or_else(|| name.to_owned(), |p| p.name.clone());
        let names = (called(&group.keeper), group.deputy.as_deref().map(called));
        let says = self.words(matter, (asked, next), (names, deputy.map(|p| p.name.clone())));
        if let Some(person) = asked.person().and_then(person) {
            self.tell_with_page(matter, person, &says, changes);
        } else {
            let link = |p: &Versioned<Person>| (says.clone(), Some(self.page_of(matter, p)));
            self.tell_editors(&staff, link, changes);
        }
        Ok(())
    }

    fn words(
        &self,
        matter: &Matter<'_>,
        (asked, next): (Asked, At),
        ((keeper, of_both), deputy): ((String, Option<String>), Option<String>),
    ) -> HandSays {
        let group = matter.group;
        let what = Errand {
            title: matter.post.title.clone(),
            group: group.title.clone(),
            corrects: matter.corrects.map(|at| self.local(at)),
        };
        let until = self.local(next);
        match asked {
            Asked::Keeper(_) => HandSays::Ask { what, remind: until },
            Asked::Again(_) => HandSays::Again { what, until, deputy },
            Asked::Deputy(_) => HandSays::Deputy { what, keeper, until },
            Asked::Nobody | Asked::Staff => {
                HandSays::Nobody { what, keeper, deputy: of_both, until }
            }
        }
    }

    fn page_of(&self, matter: &Matter<'_>, person: &Versioned<Person>) -> String {
        let until = matter.old.in_hands_until().unwrap_or(matter.now);
        self.hand_page(
            matter.group,
            matter.post,
            (matter.revision, matter.chat),
            (person.id, until),
        )
    }

    fn tell_with_page(
        &self,
        matter: &Matter<'_>,
        person: &Versioned<Person>,
        says: &HandSays,
        changes: &mut Changes,
    ) {
        let Some(direct) = &person.direct else { return };
        let saying = with_page(says, person, Some(self.page_of(matter, person)));
        self.tell(changes, direct, saying);
    }

    fn tell_editors(
        &self,
        staff: &[Versioned<Person>],
        says: impl Fn(&Versioned<Person>) -> (HandSays, Option<String>),
        changes: &mut Changes,
    ) {
        let editors = staff.iter().filter(|p| p.roles.contains(&Role::Editor));
        let reached = editors.filter_map(|p| Some((p, p.direct.as_ref()?)));
        for (person, direct) in reached.take(STAFF_TOLD) {
            let (says, page) = says(person);
            self.tell(changes, direct, with_page(&says, person, page));
        }
    }

    async fn tell_asked(
        &self,
        hand: &Hand,
        says: &HandSays,
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        let Some(person) = hand.asked.person() else { return Ok(()) };
        if let Some(person) = self.person(person).await?
            && let Some(direct) = &person.direct
        {
            self.tell(changes, direct, Saying::of(says.doc(person.lang)));
        }
        Ok(())
    }

    /// A page of what follows when a post is taken back: nobody needs to bring it anywhere any more, and whoever
    /// has is told what to do in the group.
    async fn call_off(&self, work: &Versioned<FanOut>) -> Result<(), StoreError> {
        let scan = Scan::of(Index::Handed, Delivery::handed(work.post), CALLED_OFF);
        let lines = self.reads().scan(&scan.after(work.cursor.clone())).await?;
        let key = Segments::new().id(work.post.0).key(Kind::Post);
        let title = self.reads().find::<Post>(&key).await?.map(|p| p.value.title);
        let title = title.unwrap_or_default();
        let mut changes = Changes::new();
        for line in &lines {
            if let Some(old) = self.reads().find::<Delivery>(&line.key).await? {
                self.call_one_off(&old, &title, &mut changes).await?;
            }
        }
        if lines.len() == CALLED_OFF {
            let cursor = lines.last().map(|line| line.at.clone());
            changes.update(work, FanOut { cursor, ..work.value.clone() });
        } else {
            changes.remove(work);
        }
        self.store.commit(changes).await
    }

    async fn call_one_off(
        &self,
        old: &Versioned<Delivery>,
        title: &str,
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        let DeliveryId::Post(.., chat) = old.id else { return Ok(()) };
        let group = self.kept_at(chat).await?.map(|g| g.title.clone()).unwrap_or_default();
        let what = Errand { title: title.to_owned(), group, corrects: None };
        match &old.state {
            DeliveryState::Handed(hand) => {
                self.drop_handed(old, LedgerSays::PostWithdrawn, changes);
                self.tell_asked(hand, &HandSays::CalledOff(what), changes).await
            }
            DeliveryState::Sent { at } => {
                let told = old.attempts.iter().any(|a| a.outcome == Outcome::CalledOff);
                let Some((by, _)) = old.carried().filter(|_| !told) else { return Ok(()) };
                changes.update(old, old.value.clone().called_off(self.clock.now()));
                let hand = Hand { since: *at, asked: Asked::Keeper(by), next: *at };
                let says = HandSays::TakeBack { what, at: self.local(*at) };
                self.tell_asked(&hand, &says, changes).await
            }
            _ => Ok(()),
        }
    }
}

/// Whether a post is out, or goes out.
const fn is_out(state: &PostState) -> bool {
    matches!(
        state,
        PostState::Publishing { .. } | PostState::Published { .. } | PostState::Paused { .. }
    )
}

fn with_page(says: &HandSays, person: &Person, page: Option<String>) -> Saying {
    let saying = Saying::of(says.doc(person.lang));
    let Some(page) = page else { return saying };
    let label = HandSays::Open.say(person.lang);
    saying.buttons(vec![vec![Button { label, does: ButtonDoes::Open(page) }]])
}
