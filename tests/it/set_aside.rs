//! What is wrong with one thing that arrived: it is set aside, and never holds up the others nor ends the program.

use crate::fakes::around::{Around, Otherwise};
use crate::suggestions_room::{Room, account, direct};
use async_trait::async_trait;
use std::sync::Arc;
use tongxin::bot::Bot;
use tongxin::clock::Clock as _;
use tongxin::desk::Desk;
use tongxin::model::*;
use tongxin::store::{Reads as _, Store, StoreError};

/// A store in which the handling of the event of this name changes far too much.
struct Heavy(&'static str);

#[async_trait]
impl Otherwise for Heavy {
    async fn commit(&self, below: &dyn Store, mut changes: Changes) -> Result<(), StoreError> {
        let handled = |change: &Change| match &change.record {
            Some(Record::Inbox(item)) => item.event == self.0 && item.state == InboxState::Handled,
            _ => false,
        };
        if changes.changes.len() > 2 && changes.changes.iter().any(handled) {
            (0..=Changes::KEYS_MAX).for_each(|n| changes.add(Counter(n.to_be_bytes().into()), 1));
        }
        below.commit(changes).await
    }
}

fn says(room: &Room, who: &str, event: &str) -> Inbound {
    let chat = direct(who);
    let message = MessageRef {
        account: account(),
        chat: chat.chat.clone(),
        message: format!("message-of-{event}"),
    };
    let from = Sender {
        identity: Identity::new(Platform::Telegram, who),
        name: who.to_owned(),
        direct: Some(chat.clone()),
        lang: Some(Lang::Zh),
        rank: Rank::Member,
    };
    Inbound {
        account: account(),
        event: event.to_owned(),
        at: room.clock.now(),
        chat,
        chat_title: String::new(),
        from: Some(from),
        what: Happening::Said { message, text: "/帮助".to_owned(), reply_to: None },
    }
}

#[tokio::test]
async fn what_changes_more_than_one_commit_takes_is_set_aside_and_the_others_are_handled() {
    let room = Room::new().await;
    let keys = (room.parts.sealer.clone(), room.parts.texts.clone(), room.parts.hasher.clone());
    let store = Arc::new(Around::over(room.store.clone(), Heavy("heavy")));
    let office = Arc::new(room.desk.office().clone());
    let desk = Desk::new(store, room.clock.clone(), keys, office);
    let bot = Bot::new(desk.clone(), Vec::new());
    desk.take_in(&[says(&room, "li", "heavy"), says(&room, "wang", "light")])
        .await
        .expect("takes in");
    bot.round().await.expect("goes on");
    assert!(
        desk.waiting(&account(), 9).await.expect("reads").is_empty(),
        "nothing is tried for ever"
    );
    assert!(!room.heard(&direct("wang")).await.is_empty());
}

#[tokio::test]
async fn what_was_sealed_and_is_damaged_is_set_aside_and_the_others_are_handled() {
    let room = Room::new().await;
    let mut sealed = room.parts.sealer.seal(Drawer::Text, b"{}").expect("seals");
    *sealed.bytes.last_mut().expect("bytes") ^= 1;
    let item = InboxItem {
        account: account(),
        event: "damaged".to_owned(),
        at: room.clock.now(),
        state: InboxState::Waiting(sealed, 0),
    };
    let mut changes = Changes::new();
    changes.insert(item.clone());
    room.store.commit(changes).await.expect("commits");
    room.writes("wang", "/帮助", None).await;
    assert!(!room.heard(&direct("wang")).await.is_empty());
    assert!(
        room.desk.waiting(&account(), 9).await.expect("reads").is_empty(),
        "nothing is tried for ever"
    );
    let read = room.store.get(&item.key()).await.expect("reads");
    assert!(read.is_some(), "it is known when it comes again");
}
