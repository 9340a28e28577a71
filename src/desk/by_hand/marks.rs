//! What people say became of something: that it is in the group, that it will not be, or that this was a slip.
//!
//! They say so on a page whose address is a capability: it names the group, the post and the person, ends with what
//! is owed, and cannot be made by anybody who does not have the office's keys. Whoever is no longer the group's
//! keeper or deputy, nor an editor, has no use of it.

use super::{HAND_PAGES, KeptGroup, may_carry};
use crate::desk::{Call, Desk, DeskError, person_code};
use crate::model::{
    At, Code, Delivery, DeliveryId, DeliveryState, Index, Person, PersonId, Post, PostId, Revision,
    SubscriberId, Tally, Versioned, hex,
};
use crate::store::{Scan, StoreError};
use crate::text::say::{HandRefusal, Refusal};
use std::time::Duration;
use subtle::ConstantTimeEq as _;

/// How long a page can still be looked at after what is owed has ended.
const SHOWN_AFTER: Duration = Duration::from_hours(24);

/// What somebody says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is in the group.
    Posted,
    /// It is not brought there, for this reason.
    Skipped(String),
    /// What was said last was a slip.
    Undone,
}

/// What the address of a page leads to.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The group.
    pub group: KeptGroup,
    /// The post.
    pub post: Versioned<Post>,
    /// What is owed.
    pub delivery: Versioned<Delivery>,
    /// Who has the page.
    pub person: Versioned<Person>,
}

/// How many groups that have the same post are looked through.
const OTHERS: usize = 100;

/// The longest reason that is kept.
const REASON: usize = 200;

impl Desk {
    /// The address of the page for one person and one delivery.
    pub(super) fn hand_page(
        &self,
        group: &KeptGroup,
        post: &Post,
        (revision, chat): (Revision, SubscriberId),
        (person, until): (PersonId, At),
    ) -> String {
        let until = until.plus(SHOWN_AFTER).millis() / 1000;
        let id = DeliveryId::Post(post.id, revision, chat);
        let mark = self.pass_mark(id, person, until);
        let (base, slug, code) = (&self.office.public_url, &group.slug, &post.code);
        let who = person_code(person);
        let who = who.as_str();
        format!("{base}{HAND_PAGES}/{slug}/{code}/{}-{who}-{until:x}-{mark}", revision.0)
    }

    fn pass_mark(&self, id: DeliveryId, person: PersonId, until: i64) -> String {
        let what = [id.key().id.as_slice(), person.0.as_bytes(), &until.to_be_bytes()].concat();
        hex(&self.hasher.keyed("by-hand", &what)[..16])
    }

    /// What the address of a page leads to; nothing where it was not made here, its time is over, or whoever had it
    /// has nothing to do with the group any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hand_pass(
        &self,
        slug: &str,
        code: &str,
        key: &str,
    ) -> Result<Option<Pass>, StoreError> {
        let Some(group) = self.kept_group(slug).cloned() else { return Ok(None) };
        let Some((revision, who, until, mark)) = parts(key) else { return Ok(None) };
        let Some(place) = Code::parse(code).map(|code| Post::by_code(&code)) else {
            return Ok(None);
        };
        let post = self.reads().find_by::<Post>(place.index, place.at).await?;
        let chat = self.subscriber(&group.address).await?;
        let (Some(post), Some(chat)) = (post, chat) else { return Ok(None) };
        let id = DeliveryId::Post(post.id, revision, chat.id);
        let staff = self.everybody().await?;
        let genuine = |p: &&Versioned<Person>| {
            person_code(p.id).as_str() == who
                && bool::from(self.pass_mark(id, p.id, until).as_bytes().ct_eq(mark.as_bytes()))
        };
        let person = staff.iter().find(genuine).filter(|p| may_carry(&staff, &group, p)).cloned();
        let late = until <= self.clock.now().millis() / 1000;
        let Some(person) = person.filter(|_| !late) else { return Ok(None) };
        let Some(delivery) = self.reads().find::<Delivery>(&id.key()).await? else {
            return Ok(None);
        };
        Ok(Some(Pass { group, post, delivery, person }))
    }

    /// Another group to which the same person is asked to bring the same post: what people call it, and its page.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn next_in_hands(&self, pass: &Pass) -> Result<Option<(String, String)>, StoreError> {
        let scan = Scan::of(Index::Handed, Delivery::handed(pass.post.id), OTHERS);
        for delivery in self.reads().find_all::<Delivery>(&scan).await? {
            let DeliveryId::Post(_, revision, chat) = delivery.id else { continue };
            let DeliveryState::Handed(hand) = &delivery.state else { continue };
            let theirs = hand.asked.person() == Some(pass.person.id);
            if !theirs || delivery.id == pass.delivery.id {
                continue;
            }
            if let Some(group) = self.kept_at(chat).await? {
                let until = delivery.in_hands_until().unwrap_or(hand.next);
                let (which, whose) = ((revision, chat), (pass.person.id, until));
                let page = self.hand_page(group, &pass.post, which, whose);
                return Ok(Some((group.title.clone(), page)));
            }
        }
        Ok(None)
    }

    /// Somebody says what became of something.
    ///
    /// # Errors
    /// When somebody else was faster, it is called off, or it is too late to undo it: what to do now.
    pub async fn mark(&self, call: &mut Call, pass: &Pass, mark: &Mark) -> Result<(), DeskError> {
        let (by, now, old) = (pass.person.id, call.at, &pass.delivery);
        let DeliveryId::Post(post, ..) = old.id else { return Ok(()) };
        let was = old.value.clone();
        let before = tally(&was.state);
        let new = match mark {
            // The same tap twice changes nothing.
            Mark::Posted if is_sent(&was) && was.carried().is_some_and(|(who, _)| who == by) => {
                return Ok(());
            }
            Mark::Posted => was.posted(now, by),
            Mark::Skipped(reason) => {
                let reason: String = reason.trim().chars().take(REASON).collect();
                if reason.is_empty() {
                    return Err(Refusal::Hand(HandRefusal::NoReason).into());
                }
                was.skipped(now, by, reason)
            }
            Mark::Undone => was.undone(now, by, now.plus(pass.group.remind_after)),
        };
        let Ok(new) = new else { return Err(self.too_late(pass, mark).await?) };
        count(call, post, before, -1);
        count(call, post, tally(&new.state), 1);
        call.changes.update(old, new);
        Ok(())
    }

    async fn too_late(&self, pass: &Pass, mark: &Mark) -> Result<DeskError, StoreError> {
        let carried = pass.delivery.carried().filter(|_| *mark != Mark::Undone);
        let refusal = match carried {
            Some((by, at)) if by != pass.person.id => {
                HandRefusal::Faster { by: self.called_person(by).await?, at: self.local(at) }
            }
            _ if *mark == Mark::Undone => HandRefusal::TooLateToUndo,
            _ => HandRefusal::Over,
        };
        Ok(Refusal::Hand(refusal).into())
    }
}

fn is_sent(delivery: &Delivery) -> bool {
    matches!(delivery.state, DeliveryState::Sent { .. })
}

const fn tally(state: &DeliveryState) -> Option<Tally> {
    match state {
        DeliveryState::Sent { .. } => Some(Tally::Sent),
        DeliveryState::Dropped { .. } => Some(Tally::Dropped),
        _ => None,
    }
}

fn count(call: &mut Call, post: PostId, tally: Option<Tally>, by: i64) {
    if let Some(tally) = tally {
        call.changes.add(tally.of(post), by);
    }
}

/// The parts of a page's key: revision, code of the person, time, mark.
fn parts(key: &str) -> Option<(Revision, &str, i64, &str)> {
    let mut parts = key.split('-');
    let revision = parts.next()?.parse().ok().map(Revision)?;
    let (who, until, mark) = (parts.next()?, parts.next()?, parts.next()?);
    let until = i64::from_str_radix(until, 16).ok()?;
    parts.next().is_none().then_some((revision, who, until, mark))
}
