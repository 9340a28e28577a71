//! The inbox: the accounts take turns.

use crate::newsroom::Newsroom;
use crate::outbox::world::{ACCOUNT, no_limits};
use std::time::Duration;
use tongxin::bot::Bot;
use tongxin::clock::Clock as _;
use tongxin::model::{
    AccountId, Address, ChatKind, Happening, Identity, Inbound, Index, Lang, MessageRef, Platform,
    Rank, Segments, Sender,
};
use tongxin::store::{Line, Reads as _, Scan};

/// What somebody asks through an account, so many moments from now.
fn asks(room: &Newsroom, account: &str, n: u64) -> Inbound {
    let account = AccountId(account.to_owned());
    let direct = Address { account: account.clone(), ..room.world.address("m", ChatKind::Direct) };
    let message =
        MessageRef { account: account.clone(), chat: direct.chat.clone(), message: n.to_string() };
    Inbound {
        account,
        event: format!("e{n}"),
        at: room.world.clock.now().plus(Duration::from_millis(n)),
        chat: direct.clone(),
        chat_title: String::new(),
        from: Some(Sender {
            identity: Identity::new(Platform::Telegram, "m"),
            name: "m".to_owned(),
            direct: Some(direct),
            lang: Some(Lang::Zh),
            rank: Rank::Decides,
        }),
        what: Happening::Said { message, text: "/help".to_owned(), reply_to: None },
    }
}

/// What waits of an account, in its order.
async fn waits(room: &Newsroom, account: &str) -> Vec<Line> {
    let prefix = Segments::new().account(&AccountId(account.to_owned())).done();
    let scan = Scan::of(Index::InboxWaiting, prefix, 10_000);
    room.world.store.scan(&scan).await.expect("scans")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_account_keeps_no_other_waiting() {
    let room = Newsroom::new(no_limits()).await;
    let bot = Bot::new(room.desk.clone(), vec![room.world.chats.clone()]);
    let mut arrived: Vec<_> = (0..300).map(|n| asks(&room, ACCOUNT, n)).collect();
    arrived.extend((0..12).map(|n| asks(&room, &format!("seat-{n}"), 1_000 + n)));
    room.desk.take_in(&arrived).await.expect("takes in");
    let all = waits(&room, ACCOUNT).await;

    let handled = bot.page().await.expect("a page");
    for n in 0..12 {
        assert!(waits(&room, &format!("seat-{n}")).await.is_empty(), "seat {n} waits");
    }
    // The oldest of the busy one went first.
    let left = waits(&room, ACCOUNT).await;
    assert!(!left.is_empty() && left.len() < all.len());
    assert_eq!(left, all[all.len() - left.len()..]);
    assert_eq!(handled, all.len() - left.len() + 12);

    assert_eq!(bot.round().await.expect("a round"), left.len());
    assert_eq!(bot.page().await.expect("a page"), 0);
}
