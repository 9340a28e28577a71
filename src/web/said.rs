//! What was said in a chat of the web, as the store has it: the messages that were delivered there, in order.
//!
//! A message whose address is sealed (the answer to a suggestion, say, that one of the staff made at their seat)
//! is in the store without its chat and its name. While it is remembered, its name leads to it.

use super::State;
use crate::model::{
    Address, At, Delivery, DeliveryId, DeliveryState, Edition, Index, Kind, MessageMark,
    MessageRef, Notice, Post, Segments, Versioned,
};
use crate::store::{Line, Reads, Scan, StoreError};

/// One message that was delivered.
pub(super) struct Said {
    /// Its name; later ones sort after earlier ones.
    pub message: String,
    /// When it was delivered.
    pub at: At,
    /// When its present words were delivered.
    put: At,
    /// What it is.
    pub what: What,
}

/// What a message is.
pub(super) enum What {
    /// A post, as it went out.
    Post(Box<Post>, Box<Edition>),
    /// Something said to this chat.
    Notice(Box<Notice>),
}

/// The newest messages of a chat, newest first, older than `before` where it is given.
pub(super) async fn newest(
    state: &State,
    chat: &Address,
    before: Option<&str>,
    limit: usize,
) -> Result<Vec<Said>, StoreError> {
    let before_name = before;
    let before = before.map(|message| place(chat, message));
    let scan = Scan::of(Index::Messages, prefix(chat), limit).after(before).backward();
    let mut said: Vec<Said> = Vec::new();
    for line in state.reads.scan(&scan).await? {
        if let Read::Said(it) = read(&*state.reads, chat, &line).await? {
            add(&mut said, it);
        }
    }
    let earlier = |name: &str| before_name.is_none_or(|before| name < before);
    hidden(state, chat, &mut said, earlier).await?;
    said.sort_by(|a, b| b.message.cmp(&a.message));
    said.truncate(limit);
    Ok(said)
}

/// Adds the remembered messages that the store has under no name.
async fn hidden(
    state: &State,
    chat: &Address,
    said: &mut Vec<Said>,
    wanted: impl Fn(&str) -> bool,
) -> Result<(), StoreError> {
    for message in state.web.remembered(&chat.chat) {
        if !wanted(&message) || said.iter().any(|s| s.message == message) {
            continue;
        }
        let named = named(chat, &message);
        let place = Delivery::by_hidden_message(&state.hasher.message(&named));
        let found: Option<Versioned<Delivery>> = state.reads.find_by(place.index, place.at).await?;
        let Some(delivery) = found else { continue };
        if let DeliveryState::Sent { at } = delivery.state
            && let Some(what) = what(&*state.reads, delivery.id).await?
        {
            said.push(Said { message, at, put: at, what });
        }
    }
    Ok(())
}

/// Adds a message; what was put in its place is delivered under the message's own name, and the latest counts.
fn add(said: &mut Vec<Said>, it: Said) {
    match said.last_mut().filter(|last| last.message == it.message) {
        Some(last) if it.put > last.put => *last = Said { at: last.at.min(it.at), ..it },
        Some(last) => last.at = last.at.min(it.at),
        None => said.push(it),
    }
}

/// The messages of a chat after `message`, in order. What is still being delivered, and all after it, is left
/// for the next time, so that nothing is passed over.
pub(super) async fn since(
    state: &State,
    chat: &Address,
    message: &str,
    limit: usize,
) -> Result<Vec<Said>, StoreError> {
    let after = (!message.is_empty()).then(|| place(chat, message));
    let scan = Scan::of(Index::Messages, prefix(chat), limit).after(after);
    let mut said = Vec::new();
    let lines = state.reads.scan(&scan).await?;
    let full = lines.len() == limit;
    for line in lines {
        match read(&*state.reads, chat, &line).await? {
            Read::Said(it) => add(&mut said, it),
            Read::Underway => break,
            Read::Nothing => {}
        }
    }
    // Where there is more, what lies beyond it comes with it.
    let end = said.last().map(|s| s.message.clone()).filter(|_| full);
    let wanted = |name: &str| name > message && end.as_deref().is_none_or(|end| name < end);
    hidden(state, chat, &mut said, wanted).await?;
    said.sort_by(|a, b| a.message.cmp(&b.message));
    Ok(said)
}

/// The name of the newest message that is in a chat at all, whether its delivery is settled or not.
pub(super) async fn last(state: &State, chat: &Address) -> Result<String, StoreError> {
    Ok(newest(state, chat, None, 1).await?.pop().map(|s| s.message).unwrap_or_default())
}

fn prefix(chat: &Address) -> Vec<u8> {
    Delivery::messages_in(&chat.account, &chat.chat)
}

fn named(chat: &Address, message: &str) -> MessageRef {
    let (account, chat) = (chat.account.clone(), chat.chat.clone());
    MessageRef { account, chat, message: message.to_owned() }
}

fn place(chat: &Address, message: &str) -> Vec<u8> {
    Delivery::by_message(&named(chat, message)).at
}

enum Read {
    Said(Said),
    Underway,
    Nothing,
}

async fn read(reads: &dyn Reads, chat: &Address, line: &Line) -> Result<Read, StoreError> {
    let Some(delivery) = reads.find::<Delivery>(&line.key).await? else { return Ok(Read::Nothing) };
    let at = match delivery.state {
        DeliveryState::Sent { at } => at,
        DeliveryState::Due { .. } | DeliveryState::Leased { .. } => return Ok(Read::Underway),
        DeliveryState::Dead { .. }
        | DeliveryState::Unknown { .. }
        | DeliveryState::Parked { .. }
        | DeliveryState::Handed(_)
        | DeliveryState::Dropped { .. } => return Ok(Read::Nothing),
    };
    // A text of several parts, or one that was sent again, stands where its first message stands.
    let first = delivery.sent.iter().find_map(|mark| match mark {
        MessageMark::Open { chat: of, message } if *of == chat.chat => Some(message.clone()),
        _ => None,
    });
    let Some(message) = first.filter(|m| stands_at(line, m)) else { return Ok(Read::Nothing) };
    let what = what(reads, delivery.id).await?;
    Ok(what.map_or(Read::Nothing, |what| Read::Said(Said { message, at, put: at, what })))
}

fn stands_at(line: &Line, message: &str) -> bool {
    line.at.strip_suffix(&[0]).is_some_and(|at| at.ends_with(message.as_bytes()))
}

async fn what(reads: &dyn Reads, id: DeliveryId) -> Result<Option<What>, StoreError> {
    match id {
        DeliveryId::Post(post, revision, _) => {
            let key = Segments::new().id(post.0).key(Kind::Post);
            let post: Option<Versioned<Post>> = reads.find(&key).await?;
            let Some(post) = post else { return Ok(None) };
            let edition = reads.find::<Edition>(&Edition::key_of(post.id, revision)).await?;
            Ok(edition.map(|e| What::Post(Box::new(post.value), Box::new(e.value))))
        }
        DeliveryId::Notice(notice) => {
            let key = Segments::new().id(notice.0).key(Kind::Notice);
            let notice: Option<Versioned<Notice>> = reads.find(&key).await?;
            Ok(notice.map(|n| What::Notice(Box::new(n.value))))
        }
    }
}
