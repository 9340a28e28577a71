//! Suggestions, as their submitters make them: draft, consent, change, add, take back.

use super::{Call, Desk, DeskError, Replies, Saying, days, events, hours};
use crate::model::{
    AccountId, Address, At, Code, Drawer, Index, Kind, Lang, MessageRef, NoticeTo, Phase,
    PhaseName, Post, PostId, Prompt, Return, Sealed, Segments, StepEvent, Stored as _,
    SubscriberId, Suggestion, SuggestionId, Tries, Versioned,
};
use crate::store::vault::VaultError;
use crate::store::{Scan, StoreError};
use crate::text::press::TriagePress;
use crate::text::say::{PastRefusal, Refusal, SuggestionSays, TriageSays};
use crate::text::{Speak as _, visible};
use chrono::NaiveDate;

/// So many texts of one suggestion are kept: what was submitted, and what was added.
const TEXTS: usize = 20;

/// A suggestion has at least so many characters that can be seen.
const LEAST: usize = 4;

/// So many drafts of one member wait at once, over all chats; every one of them is a question of ours.
const OPEN_DRAFTS: usize = 3;

/// Among so many of a member's latest suggestions they are looked for.
const LATEST: usize = 50;

/// What somebody wrote who has not confirmed it yet.
#[derive(Clone, Debug)]
pub struct NewDraft {
    /// The text.
    pub text: String,
    /// The post that it answers.
    pub post: Option<PostId>,
    /// Where answers go.
    pub back: Back,
    /// The message that it came from, so that an edit of it is taken.
    pub message: Option<MessageRef>,
}

/// Where answers go, before it is sealed.
#[derive(Clone, Debug)]
pub enum Back {
    /// To this chat, which is the submitter's own.
    Chat(Address),
    /// To the receipt page; the group by whose code they came there, if they did.
    Page(Option<SubscriberId>),
}

/// What became of a change to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edited {
    /// The message became no suggestion.
    Nothing,
    /// The new words were taken.
    Taken(Box<Suggestion>),
    /// They were not: somebody works on it.
    TooLate,
}

impl Desk {
    /// Begins for somebody who came to our own pages without an account.
    #[must_use]
    pub fn visitor(&self, lang: Lang) -> Call {
        let mut key = [0; 16];
        self.clock.random(&mut key);
        let member = crate::model::MemberKey(key);
        Call {
            actor: super::Actor::Member(member, None),
            member,
            direct: None,
            lang,
            at: self.clock.now(),
            changes: crate::model::Changes::new(),
            spoken: None,
        }
    }

    /// T1: keeps what somebody wrote, sealed, until they confirm it.
    ///
    /// # Errors
    /// When the text is too short, too long, or nothing but a receipt's number or code; or when as many of the
    /// caller's wait to be confirmed as may.
    pub async fn draft(&self, call: &mut Call, draft: NewDraft) -> Result<Suggestion, DeskError> {
        let message = draft.message.as_ref().map(|m| self.hasher.message(m));
        if let Some(known) = self.by_message(message.as_ref()).await? {
            return Ok(known.value);
        }
        let mut suggestion = self.new_draft(call, draft, message).await?;
        let open = self.open_drafts(call).await?;
        if open >= OPEN_DRAFTS {
            let hours = self.office.suggestions.draft_hours;
            return Err(Refusal::DraftsWait { open, hours }.into());
        }
        suggestion.member = Some(call.member);
        events::begin(&mut call.changes, &mut suggestion, call.at);
        call.changes.insert(suggestion.clone());
        Ok(suggestion)
    }

    /// How many of the caller's drafts wait to be confirmed.
    async fn open_drafts(&self, call: &Call) -> Result<usize, StoreError> {
        let of = Suggestion::of_member(call.member);
        let scan = Scan::of(Index::SuggestionsByMember, of, LATEST).backward();
        let latest = self.reads().find_all::<Suggestion>(&scan).await?;
        let open = |s: &&Versioned<Suggestion>| {
            let waits = matches!(s.phase, Phase::Draft { until } if until > call.at);
            waits && !s.texts.is_empty()
        };
        Ok(latest.iter().filter(open).count())
    }

    pub(super) async fn new_draft(
        &self,
        call: &Call,
        draft: NewDraft,
        message: Option<[u8; 16]>,
    ) -> Result<Suggestion, DeskError> {
        let text = self.submittable(&draft.text)?;
        let number = self.unused_number().await?;
        let until = call.at.plus(hours(self.office.suggestions.draft_hours));
        Ok(Suggestion {
            id: SuggestionId(self.clock.fresh()),
            number,
            pseudonym: self.code(6),
            post: draft.post,
            member: None,
            back: self.seal_back(draft.back)?,
            lang: call.lang,
            texts: vec![self.seal_text(text)?],
            consent: None,
            secret: None,
            message,
            created: call.at,
            phase: Phase::Draft { until },
            questions: 0,
            answer: None,
            chain: crate::model::Chain::default(),
            tries: Tries::default(),
            clocks: None,
            sorting: None,
        })
    }

    /// T3: the author throws a draft away; nothing of it is left.
    ///
    /// # Errors
    /// When the caller is not its author, or it is no draft.
    pub async fn discard(&self, call: &mut Call, id: SuggestionId) -> Result<(), DeskError> {
        let draft = self.draft_of(call, id).await?;
        Ok(self.remove_draft(&mut call.changes, &draft).await?)
    }

    /// Removes a draft with its events, and orders its keys destroyed.
    pub(super) async fn remove_draft(
        &self,
        changes: &mut crate::model::Changes,
        draft: &Versioned<Suggestion>,
    ) -> Result<(), StoreError> {
        for slot in draft.slots() {
            changes.ensure(crate::model::Shred { slot });
        }
        for event in self.events(draft.id).await? {
            changes.remove(&event);
        }
        changes.remove(draft);
        Ok(())
    }

    /// The author changed a message that became a draft, or a suggestion that nobody has taken up yet: the
    /// new words take the place of the old ones, and what was added since stays. While somebody works on it, its
    /// author is told how to add something instead.
    ///
    /// # Errors
    /// When the new text is too short, too long, the caller is not the author, or it is over.
    pub async fn edited(
        &self,
        call: &mut Call,
        message: &MessageRef,
        text: &str,
    ) -> Result<Edited, DeskError> {
        let hash = self.hasher.message(message);
        let Some(old) = self.by_message(Some(&hash)).await? else { return Ok(Edited::Nothing) };
        if old.member != Some(call.member) {
            return Err(Refusal::NotTheAuthor.into());
        }
        let pending = matches!(old.phase.name(), PhaseName::Draft | PhaseName::Received);
        let mut now = old.value.clone();
        let Some(first) = now.texts.first_mut() else { return Ok(Edited::Nothing) };
        if !pending {
            // Platforms tell also of changes that are none of the words.
            if self.open_text(first)?.as_deref() != Some(text.trim()) {
                self.changed_too_late(call, &old)?;
            }
            return Ok(Edited::TooLate);
        }
        *first = self.seal_text(self.submittable(text)?)?;
        events::replace(&mut call.changes, &old, now.clone());
        Ok(Edited::Taken(Box::new(now)))
    }

    fn changed_too_late(&self, call: &mut Call, old: &Suggestion) -> Result<(), DeskError> {
        if !old.phase.name().is_open() {
            return Err(over(old).into());
        }
        let number = old.number.to_string();
        let page = self.replies_bare(old).then(|| self.receipt_url());
        let says = SuggestionSays::ChangedTooLate { number, page };
        self.tell_back(call, old, &says, Some(Prompt::Supplement(old.id)))
    }

    /// The submitter adds something, asked for (T10) or not, as long as it is open. The same words twice in a row
    /// are taken once.
    ///
    /// # Errors
    /// When the caller is not its submitter, it is over, or the text is too short or long.
    pub async fn supplement(
        &self,
        call: &mut Call,
        id: SuggestionId,
        text: &str,
    ) -> Result<Suggestion, DeskError> {
        let old = self.suggestion(id).await?.ok_or(Refusal::DraftGone)?;
        if old.phase.name() == PhaseName::Erased {
            return Err(over(&old).into());
        }
        if old.member != Some(call.member) {
            return Err(Refusal::NotTheAuthor.into());
        }
        self.add_to(call, &old, text).await
    }

    pub(super) async fn add_to(
        &self,
        call: &mut Call,
        old: &Versioned<Suggestion>,
        text: &str,
    ) -> Result<Suggestion, DeskError> {
        if !old.phase.name().is_open() {
            return Err(over(old).into());
        }
        let text = self.submittable(text)?;
        let asked = self.resumed(old, call.at);
        let last = old.texts.last().filter(|_| asked.is_err() && old.texts.len() > 1);
        if let Some(last) = last
            && self.open_text(last)?.as_deref() == Some(text)
        {
            return Ok(old.value.clone());
        }
        if old.texts.len() >= TEXTS {
            return Err(Refusal::from(PastRefusal::AddedEnough).into());
        }
        let sealed = self.seal_text(text)?;
        let now = if let Ok(mut now) = asked {
            now.texts.push(sealed);
            events::advance(&mut call.changes, old, now, call.at)
        } else {
            let mut now = old.value.clone();
            now.texts.push(sealed);
            events::replace(&mut call.changes, old, now.clone());
            now
        };
        let says = TriageSays::SupplementFor { number: now.number.to_string() };
        for person in self.at_it(&now.phase).await? {
            self.tell_staff(call, &person, &now, (&says, &[TriagePress::Show]))?;
        }
        Ok(now)
    }

    /// T24: the submitter takes a suggestion back; its text goes some days later.
    ///
    /// # Errors
    /// When it is not the caller's, or it is over.
    pub async fn withdraw(
        &self,
        call: &mut Call,
        number: &Code,
    ) -> Result<(Suggestion, At), DeskError> {
        let old = self.by_number(number).await?.filter(|s| s.member == Some(call.member));
        let old = old.ok_or_else(|| Refusal::NoSuchSuggestion(number.to_string()))?;
        self.take_back(call, &old).await
    }

    /// Whoever works on it is told.
    pub(super) async fn take_back(
        &self,
        call: &mut Call,
        old: &Versioned<Suggestion>,
    ) -> Result<(Suggestion, At), DeskError> {
        if let Phase::Withdrawn { erase_at, .. } = old.phase {
            return Ok((old.value.clone(), erase_at));
        }
        let erase_at = call.at.plus(days(self.office.suggestions.withdrawn_days));
        let mut now = old.value.clone();
        now.phase = now.phase.withdraw(call.at, erase_at).map_err(|_| over(old))?;
        let says = TriageSays::TakenBack { number: now.number.to_string() };
        self.tell_those_at_it(&mut call.changes, &old.phase, &says).await?;
        Ok((events::advance(&mut call.changes, old, now, call.at), erase_at))
    }

    /// The text as it can be submitted.
    fn submittable<'a>(&self, text: &'a str) -> Result<&'a str, Refusal> {
        let text = text.trim();
        let max = self.office.suggestions.max_chars;
        if visible(text) < LEAST {
            return Err(Refusal::TooShort);
        }
        if text.chars().count() > max {
            return Err(Refusal::TooLong { max });
        }
        if text.split_whitespace().all(reads_as_code) {
            return Err(Refusal::ReceiptInText);
        }
        Ok(text)
    }

    fn seal_back(&self, back: Back) -> Result<Return, DeskError> {
        let address = match back {
            Back::Chat(address) => address,
            Back::Page(None) => return Ok(Return::Page),
            Back::Page(Some(chat)) => return Ok(Return::PageOf(chat)),
        };
        // An address always has a JSON form.
        let bytes = serde_json::to_vec(&address).unwrap_or_default();
        Ok(Return::Chat(address.account, self.sealer.seal(Drawer::Address, &bytes)?))
    }

    pub(super) fn seal_text(&self, text: &str) -> Result<Sealed, DeskError> {
        Ok(self.sealer.seal(Drawer::Text, text.as_bytes())?)
    }

    pub(super) fn open_text(&self, sealed: &Sealed) -> Result<Option<String>, DeskError> {
        let bytes = self.unsealed(sealed)?;
        Ok(bytes.map(|b| String::from_utf8_lossy(&b).into_owned()))
    }

    async fn unused_number(&self) -> Result<Code, StoreError> {
        loop {
            let number = self.code(8);
            if self.by_number(&number).await?.is_none() {
                return Ok(number);
            }
        }
    }

    /// The suggestion of this ID.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn suggestion(
        &self,
        id: SuggestionId,
    ) -> Result<Option<Versioned<Suggestion>>, StoreError> {
        self.reads().find(&Segments::new().id(id.0).key(Kind::Suggestion)).await
    }

    pub(super) async fn by_number(
        &self,
        number: &Code,
    ) -> Result<Option<Versioned<Suggestion>>, StoreError> {
        let place = Suggestion::by_number(number);
        self.reads().find_by(place.index, place.at).await
    }

    pub(super) async fn by_message(
        &self,
        hash: Option<&[u8; 16]>,
    ) -> Result<Option<Versioned<Suggestion>>, StoreError> {
        let Some(hash) = hash else { return Ok(None) };
        let place = Suggestion::by_message(hash);
        self.reads().find_by(place.index, place.at).await
    }

    pub(super) async fn draft_of(
        &self,
        call: &Call,
        id: SuggestionId,
    ) -> Result<Versioned<Suggestion>, DeskError> {
        let found = self.suggestion(id).await?.filter(|s| s.phase.name() != PhaseName::Erased);
        let found = found.ok_or(Refusal::DraftGone)?;
        if found.member != Some(call.member) {
            return Err(Refusal::NotTheAuthor.into());
        }
        // One whose time is over is gone, also when the clock's round has not come by yet.
        match found.phase {
            Phase::Draft { until } if until > call.at && !found.texts.is_empty() => Ok(found),
            Phase::Draft { .. } => Err(Refusal::DraftGone.into()),
            _ => {
                let number = found.number.to_string();
                Err(Refusal::from(PastRefusal::Submitted(Some(number))).into())
            }
        }
    }

    /// The events of a suggestion, in order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn events(&self, id: SuggestionId) -> Result<Vec<Versioned<StepEvent>>, StoreError> {
        let records = self.reads().list(StepEvent::KIND, &StepEvent::of(id), None, 1_000).await?;
        records.into_iter().map(crate::store::typed).collect()
    }

    /// Tells the submitter something, where they can be told; otherwise it is on the receipt page.
    pub(super) fn tell_back(
        &self,
        call: &mut Call,
        suggestion: &Suggestion,
        says: &SuggestionSays,
        prompt: Option<Prompt>,
    ) -> Result<(), DeskError> {
        let Return::Chat(account, address) = &suggestion.back else { return Ok(()) };
        let mut saying = Saying::of(says.doc(suggestion.lang));
        saying.prompt = prompt;
        if suggestion.member == Some(call.member) && call.spoken.is_some() {
            call.speak(saying);
            return Ok(());
        }
        let back: (&AccountId, &Sealed) = (account, address);
        Ok(self.say_back(call, back, suggestion.id, saying)?)
    }

    /// Whether what its submitter says there never names the message that it answers.
    pub(super) fn replies_bare(&self, suggestion: &Suggestion) -> bool {
        let Return::Chat(account, _) = &suggestion.back else { return false };
        self.outlets.iter().any(|o| o.account == *account && o.replies == Replies::Bare)
    }

    /// Says something in a member's own chat: sealed words to an address that is sealed for this alone.
    ///
    /// # Errors
    /// When the key file fails.
    pub fn say_alone(
        &self,
        call: &mut Call,
        to: &Address,
        saying: Saying,
    ) -> Result<(), VaultError> {
        if call.answers(to) {
            call.speak(saying);
            return Ok(());
        }
        let words = self.seal_words(&saying.words)?;
        // An address always has a JSON form.
        let bytes = serde_json::to_vec(to).unwrap_or_default();
        let address = self.sealer.seal(Drawer::Address, &bytes)?;
        let to = NoticeTo::Sealed { account: to.account.clone(), address };
        self.owe(&mut call.changes, call.at, to, (saying, Some((words, None))));
        Ok(())
    }

    /// What people call the post that is answered.
    pub(super) async fn title_of(
        &self,
        post: Option<PostId>,
    ) -> Result<Option<String>, StoreError> {
        let Some(post) = post else { return Ok(None) };
        let key = Segments::new().id(post.0).key(Kind::Post);
        Ok(self.reads().find::<Post>(&key).await?.map(|p| p.value.title))
    }

    /// The day on which a moment falls, in the office's time zone.
    #[must_use]
    pub fn day(&self, at: At) -> NaiveDate {
        at.utc().with_timezone(&self.office.zone).date_naive()
    }
}

/// Why its submitter can do nothing more to a suggestion than erase it.
fn over(suggestion: &Suggestion) -> Refusal {
    match suggestion.phase.name() {
        PhaseName::Draft => Refusal::DraftGone,
        phase => PastRefusal::Over { number: suggestion.number.to_string(), phase }.into(),
    }
}

/// Whether a word is a receipt's number or code: of their length, and written as codes are.
fn reads_as_code(word: &str) -> bool {
    let like_code = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase() || c == '-';
    let dashed = word.contains('-') || word.chars().any(|c| c.is_ascii_digit());
    let written = word.chars().all(like_code) || dashed;
    written && Code::parse(word).is_some_and(|c| matches!(c.as_str().len(), 8 | 12))
}
