//! What is said in the very answer to a call, where an account has no other way to say anything.
//!
//! What the handling of an event says is kept in the commit that handles it, so that a call finds either nothing or
//! all of it, and a call that comes again finds the same. What no call fetched, what did not fit, and what was owed
//! from elsewhere (an answer of the office, say) is said the next time that they write: nothing is lost between.
//!
//! Races, by name. *The call's time is over, and the event is handled after it*: no call has fetched the answer, so
//! it comes first next time. *The call comes again while the event is handled*: both wait for the same record, and
//! are answered the same. *The process ends between the commit and the answer*: the platform calls again, or they
//! write again. *Two events of one person at once*: each answer is written over the version that was read, so the
//! second takes along what the first had to say and no call has fetched.

use super::{Call, Desk, DeskError, Saying};
use crate::model::{
    AccountId, Address, Answer, AnswerPiece as Piece, At, Block, Button, ButtonDoes, Changes,
    ChatKind, Delivery, DeliveryId, DeliveryState, Document, Drawer, Fetched, Happening, Inbound,
    InboxItem, InboxState, Index, Inline, Lang, Notice, NoticeBody, Segments, Shred, Stored as _,
    Suggestion, Told, Versioned,
};
use crate::store::{Scan, StoreError};
use crate::text::say::AnswerSays;
use crate::text::{Size, Speak as _, render};

/// What each choice takes of an answer besides its own letters.
const CHOICE: usize = 160;

/// How much of an answer is kept free for the line that more follows.
const MORE: usize = 120;

/// How many suggestions, and notices about each, are looked through for what is owed.
const LOOKED_AT: usize = 20;

/// How many owed notices are told at once, so that they fit a commit.
const OWED: usize = 5;

/// What a call says to whoever made it, gathered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spoken {
    pieces: Vec<Piece>,
    earlier: Earlier,
}

/// What becomes of what was to be said before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Earlier {
    /// It follows.
    #[default]
    Follows,
    /// They want nothing to be kept of it.
    Goes,
}

/// What is said in the answer to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The words.
    pub words: Document,
    /// What can be chosen below them; each comes back to us.
    pub choices: Vec<Button>,
}

/// What there is to say in the answer to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// That is not known yet.
    NotYet,
    /// Nothing; or something else has been said to them since.
    Nothing,
    /// This.
    Said(Reply),
}

/// Something owed from elsewhere, with what becomes of it once it is told.
struct Owed {
    piece: Piece,
    delivery: Versioned<Delivery>,
    shred: Shred,
}

impl Spoken {
    /// Nothing of what was to be said before is said any more.
    pub(super) fn forget(&mut self) {
        self.earlier = Earlier::Goes;
    }
}

impl Call {
    /// From now on what is said to whoever calls is gathered for the answer to their call.
    pub fn gather(&mut self) {
        self.spoken = Some(Spoken::default());
    }

    /// Nothing of what was begun is done or said.
    pub fn undo(&mut self) {
        self.changes = Changes::new();
        if let Some(spoken) = &mut self.spoken {
            *spoken = Spoken::default();
        }
    }

    /// Whether this address is told in the answer to the call.
    #[must_use]
    pub fn answers(&self, to: &Address) -> bool {
        self.spoken.is_some() && self.direct.as_ref() == Some(to)
    }

    /// Says it in the answer to the call. Only where [`Call::answers`].
    pub fn speak(&mut self, saying: Saying) {
        let Some(spoken) = &mut self.spoken else { return };
        let piece = piece(saying.words, saying.buttons);
        if !piece.words.is_empty() {
            spoken.pieces.push(piece);
        }
    }
}

/// What is said, with what cannot be chosen there as links in the words.
fn piece(mut words: Document, buttons: Vec<Vec<Button>>) -> Piece {
    let mut choices = Vec::new();
    for button in buttons.into_iter().flatten() {
        match &button.does {
            ButtonDoes::Press(_) => choices.push(button),
            ButtonDoes::Open(url) => {
                words.0.push(Block::Paragraph(vec![Inline::link(url.clone(), button.label)]));
            }
            // Whoever reads this is in their own chat already.
            ButtonDoes::OpenDirect(_) => {}
        }
    }
    Piece { words, choices }
}

impl Desk {
    /// Keeps what was gathered for the answer to this event, in the call's commit; as much of it, and of what was to
    /// be said before, as fits one message of this size.
    ///
    /// # Errors
    /// When the store or the key file fails.
    pub async fn tell_in_answer(
        &self,
        call: &mut Call,
        event: &Inbound,
        size: &Size,
    ) -> Result<(), DeskError> {
        let Some(Spoken { pieces, earlier }) = call.spoken.take() else { return Ok(()) };
        let key = Answer::key_of(&event.account, call.member);
        let old = self.reads().find::<Answer>(&key).await?;
        let mut before = Vec::new();
        if let (Some(old), Earlier::Follows) = (&old, earlier) {
            let told = self.told(old)?;
            if old.fetched == Fetched::No {
                before.extend(told.now);
            }
            before.extend(told.later);
        }
        let owed = match earlier {
            Earlier::Follows => self.owed(call).await?,
            Earlier::Goes => Vec::new(),
        };
        let mut queue: Vec<Piece> = pieces.into_iter().chain(before).collect();
        let last = queue.len();
        queue.extend(owed.iter().map(|owed| owed.piece.clone()));
        let (now, mut later) = fits(queue, size);
        // What is owed stays so until it is told: it may be read elsewhere meanwhile.
        let told = now.len().saturating_sub(last).min(owed.len());
        later.truncate(later.len().saturating_sub(owed.len() - told));
        for Owed { delivery, shred, .. } in owed.into_iter().take(told) {
            let sent = delivery.value.clone().settle_sent(call.at);
            call.changes.update(&delivery, sent);
            call.changes.ensure(shred);
        }
        self.keep_answer(call, event, old.as_ref(), &Told { now, later })
    }

    fn keep_answer(
        &self,
        call: &mut Call,
        event: &Inbound,
        old: Option<&Versioned<Answer>>,
        told: &Told,
    ) -> Result<(), DeskError> {
        if let Some(old) = old {
            call.changes.ensure(Shred { slot: old.told.slot });
        }
        // What is told always has a JSON form.
        let bytes = serde_json::to_vec(told).unwrap_or_default();
        let new = Answer {
            account: event.account.clone(),
            member: call.member,
            event: event.event.clone(),
            told: self.sealer.seal(Drawer::Text, &bytes)?,
            fetched: Fetched::No,
            lang: call.lang,
            until: call.at.plus(Answer::KEPT),
        };
        match old {
            Some(old) => call.changes.update(old, new),
            None => call.changes.insert(new),
        }
        Ok(())
    }

    /// What the answer to this event says, once the event was handled. From now on it counts as fetched.
    ///
    /// # Errors
    /// When the store or the key file fails.
    pub async fn answer_to(&self, event: &Inbound) -> Result<Answered, StoreError> {
        let Some(sender) = &event.from else { return Ok(Answered::Nothing) };
        loop {
            // Looked at first: what handled it has kept the answer in the same commit.
            let item = Segments::new().account(&event.account).text(&event.event);
            let item = self.reads().find::<InboxItem>(&item.key(InboxItem::KIND)).await?;
            let waits = item.is_some_and(|it| matches!(it.state, InboxState::Waiting(..)));
            let key = Answer::key_of(&event.account, self.hasher.member(&sender.identity));
            let found = self.reads().find::<Answer>(&key).await?;
            let Some(old) = found.filter(|it| it.event == event.event) else {
                return Ok(if waits { Answered::NotYet } else { Answered::Nothing });
            };
            let told = self.told(&old)?;
            let reply = reply(&told, old.lang);
            if old.fetched == Fetched::Yes {
                return Ok(Answered::Said(reply));
            }
            let nothing_left = told.later.is_empty() && reply.choices.is_empty();
            let until =
                if nothing_left { self.clock.now().plus(Answer::REPEATED) } else { old.until };
            let mut changes = Changes::new();
            let fetched = Answer { fetched: Fetched::Yes, until, ..old.value.clone() };
            changes.update(&old, fetched);
            match self.store.commit(changes).await {
                Ok(()) => return Ok(Answered::Said(reply)),
                // They wrote again, or the same call is answered beside this one.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What somebody chooses who types the number or the words of a choice that they were shown last.
    ///
    /// # Errors
    /// When the store or the key file fails.
    pub async fn chosen(
        &self,
        call: &Call,
        account: &AccountId,
        typed: &str,
    ) -> Result<Option<String>, StoreError> {
        let key = Answer::key_of(account, call.member);
        let Some(answer) = self.reads().find::<Answer>(&key).await? else { return Ok(None) };
        let told = self.told(&answer)?;
        let typed: String = typed.trim().chars().map(ascii_digit).collect();
        let choices = told.now.iter().flat_map(|piece| &piece.choices);
        let chosen = choices
            .enumerate()
            .find(|(number, choice)| choice.label == typed || typed == (number + 1).to_string());
        Ok(chosen.and_then(|(_, choice)| match &choice.does {
            ButtonDoes::Press(data) => Some(data.clone()),
            ButtonDoes::Open(_) | ButtonDoes::OpenDirect(_) => None,
        }))
    }

    /// Whether something is still to be told to whoever calls.
    ///
    /// # Errors
    /// When the store or the key file fails.
    pub async fn has_more(&self, call: &Call, account: &AccountId) -> Result<bool, StoreError> {
        let key = Answer::key_of(account, call.member);
        let Some(answer) = self.reads().find::<Answer>(&key).await? else { return Ok(false) };
        Ok(!self.told(&answer)?.later.is_empty())
    }

    fn told(&self, answer: &Answer) -> Result<Told, StoreError> {
        let opened = self.unsealed(&answer.told)?;
        Ok(opened.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    /// What whoever calls could not be told about their suggestions, the latest first.
    async fn owed(&self, call: &Call) -> Result<Vec<Owed>, DeskError> {
        let prefix = Suggestion::of_member(call.member);
        let scan = Scan::of(Index::SuggestionsByMember, prefix, LOOKED_AT).backward();
        let mut owed = Vec::new();
        for suggestion in self.reads().find_all::<Suggestion>(&scan).await? {
            let about = Segments::new().id(suggestion.id.0).done();
            let scan = Scan::of(Index::NoticesOf, about, LOOKED_AT * 2);
            for notice in self.reads().find_all::<Notice>(&scan).await? {
                if owed.len() == OWED {
                    return Ok(owed);
                }
                owed.extend(self.owed_one(&notice).await?);
            }
        }
        Ok(owed)
    }

    async fn owed_one(&self, notice: &Notice) -> Result<Option<Owed>, DeskError> {
        let key = DeliveryId::Notice(notice.id).key();
        let Some(delivery) = self.reads().find::<Delivery>(&key).await? else { return Ok(None) };
        let (NoticeBody::Sealed(words), DeliveryState::Dead { .. }) =
            (&notice.body, &delivery.state)
        else {
            return Ok(None);
        };
        let Some(bytes) = self.unsealed(words)? else { return Ok(None) };
        let Ok(document) = serde_json::from_slice::<Document>(&bytes) else { return Ok(None) };
        let piece = piece(document, notice.buttons.clone());
        Ok(Some(Owed { piece, delivery, shred: Shred { slot: words.slot } }))
    }

    /// Whether somebody did something in their own chat for which they wait to be told something.
    #[must_use]
    pub fn awaits(event: &Inbound) -> bool {
        let did = matches!(
            event.what,
            Happening::Said { .. } | Happening::Pressed { .. } | Happening::Joined
        );
        did && event.chat.kind == ChatKind::Direct && event.from.is_some()
    }

    /// Comes when some event was handled whose answer may be waited for.
    pub fn answered(&self) -> tokio::sync::futures::Notified<'_> {
        self.answered.notified()
    }

    /// Wakes whoever waits for an answer.
    pub fn has_answered(&self) {
        self.answered.notify_waiters();
    }

    /// When the answer to a call that tells of this must have left.
    #[must_use]
    pub fn answer_by(event: &Inbound) -> At {
        event.at.plus(CALL_OPEN)
    }
}

/// How long a call is kept waiting: the platform hangs up after five seconds.
const CALL_OPEN: std::time::Duration = std::time::Duration::from_millis(4_300);

fn ascii_digit(c: char) -> char {
    match u32::from(c) {
        full @ 0xFF10..=0xFF19 => char::from_digit(full - 0xFF10, 10).unwrap_or(c),
        _ => c,
    }
}

/// What of a queue fits one message, and what is left. What is too long by itself is divided.
fn fits(queue: Vec<Piece>, size: &Size) -> (Vec<Piece>, Vec<Piece>) {
    let (mut now, mut later) = (Vec::new(), Vec::new());
    for piece in queue {
        if !later.is_empty() {
            later.push(piece);
            continue;
        }
        now.push(piece);
        if one_message(&now, size) {
            continue;
        }
        let Some(long) = now.pop() else { continue };
        if now.is_empty() {
            let mut parts = divided(long, size).into_iter();
            now.extend(parts.next());
            later.extend(parts);
        } else {
            later.push(long);
        }
    }
    (now, later)
}

fn one_message(pieces: &[Piece], size: &Size) -> bool {
    let choices = pieces.iter().flat_map(|piece| &piece.choices);
    let taken: usize = choices.map(|choice| CHOICE + 2 * choice.label.len()).sum();
    let room = Size { max: size.max.saturating_sub(taken + MORE), ..*size };
    render(&joined(pieces), &room).len() <= 1
}

/// A piece that is too long for one message, as several; its choices are below the last.
fn divided(piece: Piece, size: &Size) -> Vec<Piece> {
    let taken: usize = piece.choices.iter().map(|choice| CHOICE + 2 * choice.label.len()).sum();
    let room = Size { max: size.max.saturating_sub(taken + MORE).max(size.max / 4), ..*size };
    let parts = render(&piece.words, &room).into_iter();
    let words = parts.map(|part| Document::plain(&part.spelled_out()));
    let mut pieces: Vec<_> = words.map(|words| Piece { words, choices: Vec::new() }).collect();
    if let Some(last) = pieces.last_mut() {
        last.choices = piece.choices;
    }
    pieces
}

fn joined(pieces: &[Piece]) -> Document {
    let mut words = Document::default();
    for piece in pieces {
        if !words.is_empty() {
            words.0.push(Block::Rule);
        }
        words.0.extend(piece.words.0.iter().cloned());
    }
    words
}

fn reply(told: &Told, lang: Lang) -> Reply {
    let mut words = joined(&told.now);
    let choices: Vec<_> = told.now.iter().flat_map(|p| p.choices.iter().cloned()).collect();
    if !told.later.is_empty() {
        words.0.extend(AnswerSays::More.doc(lang).0);
    }
    if !choices.is_empty() {
        words.0.extend(AnswerSays::Choose.doc(lang).0);
    }
    Reply { words, choices }
}
