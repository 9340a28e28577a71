//! Telegram, through the fake: how messages leave and what comes of it.

use crate::clock::StandingClock;
use crate::fakes::telegram::{FakeTelegram, Fault, Options, Place};
use std::sync::Arc;
use std::time::Duration;
use tongxin::connector::telegram::{Menu, MenuLine, Secret, Settings, Telegram};
use tongxin::connector::{Amendment, Connector, Outgoing, Receipt, SendFailure, WaitScope};
use tongxin::model::{
    AccountId, Address, Button, ButtonDoes, ChatKind, Identity, Lang, MessageRef, Platform, Rank,
};
use tongxin::text::{Mark, Part, Style, Unit};

/// A bot, the platform it is on, and the clock of both.
pub struct Stage {
    pub fake: FakeTelegram,
    pub clock: Arc<StandingClock>,
    pub bot: Arc<Telegram>,
}

pub fn account() -> AccountId {
    AccountId("main".to_owned())
}

impl Stage {
    pub async fn set() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00Z"));
        let fake = FakeTelegram::start(clock.clone(), Options::TEST).await;
        let mut settings = Settings::new(Secret::new(fake.token()));
        settings.api_url = fake.url().to_owned();
        change(&mut settings);
        let bot = Telegram::new(account(), &settings, clock.clone()).expect("good settings");
        Self { fake, clock, bot: Arc::new(bot) }
    }

    /// A group with the bot in it.
    pub fn group(&self, title: &str) -> Place {
        let group = self.fake.group(title);
        self.fake.adds_bot_to(&group);
        group
    }

    pub async fn says(&self, to: &Place, text: &str) -> Result<Receipt, SendFailure> {
        self.bot.send(&plain(address(to), text)).await
    }
}

pub fn address(place: &Place) -> Address {
    let kind = if place.number() > 0 { ChatKind::Direct } else { ChatKind::Group };
    Address { account: account(), kind, chat: place.id(), thread: None }
}

pub fn plain(to: Address, text: &str) -> Outgoing {
    marked(to, text, Vec::new())
}

fn marked(to: Address, text: &str, marks: Vec<Mark>) -> Outgoing {
    Outgoing {
        to,
        part: Arc::new(Part { text: text.to_owned(), marks }),
        buttons: Arc::default(),
        reply_to: None,
        once: "d1/0".to_owned(),
    }
}

/// The mark over the first place where `words` stand.
fn mark(text: &str, words: &str, style: Style) -> Mark {
    let start = text.find(words).expect("the words stand there");
    Mark { start, end: start + words.len(), style }
}

fn press(label: &str, data: &str) -> Button {
    Button { label: label.to_owned(), does: ButtonDoes::Press(data.to_owned()) }
}

#[tokio::test]
async fn a_message_arrives_as_it_was_written() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    let receipt = stage.says(&group, "各位好").await.expect("taken");
    let said = stage.fake.messages(&group);
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].text, "各位好");
    assert_eq!(receipt.message, said[0].id.to_string());
}

#[tokio::test]
async fn marks_are_counted_in_utf16_units_behind_emoji_and_chinese() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    let text = "👨‍👩‍👧 通知：𠮷家 办事指南 见 https";
    let link = Style::Link("https://example.org/办事?a=\"b\"&c".to_owned());
    let marks = vec![
        mark(text, "👨‍👩‍👧 通知", Style::Bold),
        mark(text, "𠮷家", Style::Italic),
        mark(text, "办事指南", link),
        mark(text, "见", Style::Code),
    ];
    stage.bot.send(&marked(address(&group), text, marks)).await.expect("taken");
    let said = &stage.fake.messages(&group)[0];
    assert_eq!(said.marked("bold"), ["👨‍👩‍👧 通知"]);
    assert_eq!(said.marked("italic"), ["𠮷家"]);
    assert_eq!(said.marked("text_link"), ["办事指南"]);
    assert_eq!(said.marked("code"), ["见"]);
}

#[tokio::test]
async fn a_cut_before_the_answer_is_unknown_and_no_connection_is_transient() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    stage.fake.fails_next(1, Fault::CutUnanswered);
    let cut = stage.says(&group, "一").await;
    assert!(matches!(cut, Err(SendFailure::Unknown(_))), "{cut:?}");
    assert_eq!(stage.fake.messages(&group).len(), 1, "it did arrive");

    // Nobody can tell from here that this one was not read: it is unknown as well.
    stage.fake.fails_next(1, Fault::CutUnread);
    let cut = stage.says(&group, "二").await;
    assert!(matches!(cut, Err(SendFailure::Unknown(_))), "{cut:?}");
    assert_eq!(stage.fake.messages(&group).len(), 1, "it did not arrive");

    stage.fake.fails_next(1, Fault::Garbled);
    let garbled = stage.says(&group, "三").await;
    assert!(matches!(garbled, Err(SendFailure::Unknown(_))), "{garbled:?}");

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let lonely = Stage::with(|s| s.api_url = url).await;
    let unsent = lonely.says(&group, "四").await;
    assert!(matches!(unsent, Err(SendFailure::Transient(_))), "{unsent:?}");
}
