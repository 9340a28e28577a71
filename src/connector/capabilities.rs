//! What each platform can do for us, as one table: connectors take their limits from it, so that preview, cost and
//! splitting read the same figures, and the documentation is written from it.
//!
//! **Invariant:** what stands here is what the connector does, not what the platform could.

use super::Rate;
use crate::model::{ChatKind, MediaKind, Platform};
use crate::text::{Carries, Fits, Form, Markup, Size, Unit, Way};
use std::time::Duration;

/// Something that can be done on a platform through us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ability {
    /// People answer there, and we hear it.
    Replies,
    /// What we say answers a message.
    Quotes,
    /// Below a message are buttons that we hear of.
    Buttons,
    /// A button leads a person to their own chat with us.
    OpensDirect,
    /// A message goes to a topic within a chat.
    Threads,
    /// A message is changed after it was sent.
    Edit,
    /// A message is taken back.
    Recall,
    /// The platform names each message that it took.
    Receipt,
    /// A message sent twice under one key arrives once.
    Once,
    /// Pictures of a post are seen there; otherwise its words lead to them.
    Pictures,
    /// Files of a post are opened there; otherwise its words lead to them.
    Files,
}

impl Ability {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 11] = [
        Self::Replies,
        Self::Quotes,
        Self::Buttons,
        Self::OpensDirect,
        Self::Threads,
        Self::Edit,
        Self::Recall,
        Self::Receipt,
        Self::Once,
        Self::Pictures,
        Self::Files,
    ];
}

/// What one platform can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How much one message holds.
    pub size: Size,
    /// The same where an operator has messages written as bare text; `None` where that cannot be chosen.
    pub bare: Option<Size>,
    /// How fast an account may send, unless an operator says otherwise.
    pub account: Vec<Rate>,
    /// How fast one chat of a kind may be written to, unless an operator says otherwise.
    pub chats: Vec<(ChatKind, Vec<Rate>)>,
    /// What can be done.
    pub can: &'static [Ability],
}

/// How many bytes the addresses of links in one Telegram message may have: beyond about 9,500 it is refused
/// (`ENTITIES_TOO_LONG`), and the server's own account of them is a little larger than ours.
const TELEGRAM_LINKS: usize = 9_000;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// The longest of months: whatever day a platform's month begins on.
const MONTH: Duration = Duration::from_hours(31 * 24);

/// What a platform can.
#[must_use]
pub fn of(platform: Platform) -> Capabilities {
    match platform {
        Platform::Telegram => telegram(),
        Platform::Web => Capabilities {
            size: Size { marks: 100_000, ..size(Unit::Chars, 100_000, Markup::Beside) },
            bare: None,
            account: Vec::new(),
            chats: Vec::new(),
            can: &[
                Ability::Replies,
                Ability::Quotes,
                Ability::Buttons,
                Ability::OpensDirect,
                Ability::Edit,
                Ability::Recall,
                Ability::Receipt,
                Ability::Pictures,
                Ability::Files,
            ],
        },
        // 4,096 bytes of Markdown, 2,048 of text; 20 messages a minute. Two less, because the minute begins when
        // the platform chooses.
        Platform::WecomRobot => Capabilities {
            size: size(Unit::Bytes, 4_096, Markup::WeCom),
            bare: Some(size(Unit::Bytes, 2_048, Markup::Bare)),
            account: vec![Rate::new(18, MINUTE)],
            chats: Vec::new(),
            can: &[Ability::Pictures, Ability::Files],
        },
        // 20,000 bytes for the whole request, in which any byte of the text may be written as two; about 5,000
        // characters are advised. 20 messages a minute, and then none for ten.
        Platform::DingtalkRobot => Capabilities {
            size: size(Unit::Bytes, 9_000, Markup::DingTalk),
            bare: Some(size(Unit::Bytes, 9_000, Markup::Bare)),
            account: vec![Rate::new(18, MINUTE)],
            chats: Vec::new(),
            can: &[Ability::Once, Ability::Pictures],
        },
        // 20 KB for the whole request; 100 messages a minute and 5 a second.
        Platform::FeishuRobot => Capabilities {
            size: size(Unit::Bytes, 18_000, Markup::Runs),
            bare: Some(size(Unit::Bytes, 9_000, Markup::Bare)),
            account: vec![Rate::new(4, SECOND), Rate::new(95, MINUTE)],
            chats: Vec::new(),
            can: &[],
        },
        Platform::Webhook => webhook(),
        // 15,000 bytes of JSON, in which any byte may be written as two, for text and buttons; 20 calls a second,
        // and 10,000 in a month in the standard edition.
        Platform::Dingtalk => Capabilities {
            size: size(Unit::Bytes, 6_000, Markup::DingTalk),
            bare: None,
            account: vec![Rate::new(18, SECOND), Rate::new(10_000, MONTH)],
            chats: Vec::new(),
            can: &[
                Ability::Replies,
                Ability::Buttons,
                Ability::Recall,
                Ability::Receipt,
                Ability::Pictures,
                Ability::Files,
            ],
        },
        // What one follower is told: 2,048 bytes, which no document says and everybody meets with. How often is
        // counted by the platform from when they wrote. An article for all of them is never cut.
        Platform::OfficialAccount => Capabilities {
            size: size(Unit::Bytes, 2_000, Markup::Anchors),
            bare: None,
            account: Vec::new(),
            chats: Vec::new(),
            can: &[Ability::Replies, Ability::Buttons, Ability::Pictures],
        },
        Platform::Feishu => feishu(),
        Platform::Wecom => wecom(),
        // 3,993 bytes of the one record of 4,096; services advise about 3,000. It shows how a post begins: all of it
        // stands on the page that it opens.
        Platform::WebPush => Capabilities {
            size: size(Unit::Bytes, 3_000, Markup::Bare),
            bare: None,
            account: Vec::new(),
            chats: Vec::new(),
            can: &[],
        },
        // What a person copies at once and a group reads without unfolding it; no limit is published.
        Platform::ByHand => Capabilities {
            size: size(Unit::Chars, 1_000, Markup::Bare),
            bare: None,
            account: Vec::new(),
            chats: Vec::new(),
            can: &[Ability::Once],
        },
        // Hosts take some ten megabytes, and readers much less. How fast is between an office and its host.
        Platform::Email => Capabilities {
            size: Size { marks: 2_000, links: 60_000, ..size(Unit::Bytes, 200_000, Markup::Html) },
            bare: None,
            account: vec![Rate::new(2, SECOND)],
            chats: Vec::new(),
            can: &[Ability::Replies, Ability::Buttons, Ability::Receipt],
        },
        Platform::WecomBot => wecombot(),
    }
}

/// The rules advise less than 20 kB a call: text and HTML stand side by side in it.
fn webhook() -> Capabilities {
    use Ability as A;
    Capabilities {
        size: size(Unit::Bytes, 6_000, Markup::Html),
        bare: None,
        account: vec![Rate::new(20, SECOND)],
        chats: Vec::new(),
        can: &[
            A::Replies,
            A::Quotes,
            A::Buttons,
            A::Edit,
            A::Recall,
            A::Receipt,
            A::Once,
            A::Pictures,
            A::Files,
        ],
    }
}

/// How much the Markdown of a robot's message holds is published for answers (20,480 bytes); the least of WeCom's
/// other messages in Markdown is taken.
fn wecombot() -> Capabilities {
    use Ability as A;
    // 30 a minute and 1,000 an hour for each chat, in which a long message with buttons is two.
    let chat = vec![Rate::new(20, MINUTE), Rate::new(700, HOUR)];
    Capabilities {
        size: size(Unit::Bytes, 4_000, Markup::WeCom),
        bare: None,
        account: Vec::new(),
        chats: vec![(ChatKind::Group, chat.clone()), (ChatKind::Direct, chat)],
        can: &[A::Replies, A::Quotes, A::Buttons, A::Pictures, A::Files],
    }
}

/// How much text goes with a picture on Telegram.
const TELEGRAM_CAPTION: usize = 1_024;

/// What the address of a picture and its marks take of a message in Markdown.
const MARKDOWN_PICTURE: usize = 1_000;

/// How a platform takes what posts carry.
#[must_use]
pub fn carries(platform: Platform) -> Carries {
    let Capabilities { size, can, .. } = of(platform);
    let way = |ability| match platform {
        _ if !can.contains(&ability) => Way::Linked,
        // A page shows a post with all that belongs to it.
        Platform::Web => Way::Shown,
        _ => Way::Itself,
    };
    let caption = match platform {
        Platform::Telegram => Some(Size { max: TELEGRAM_CAPTION, ..size }),
        Platform::DingtalkRobot => Some(Size { max: size.max - MARKDOWN_PICTURE, ..size }),
        _ => None,
    };
    let (pictures, files) = match platform {
        // Pictures stand in its `post`, or its article, above the words.
        Platform::Feishu | Platform::OfficialAccount => (Way::Within, way(Ability::Files)),
        // A list of them belongs to the message.
        Platform::Webhook => (Way::Within, Way::Within),
        _ => (way(Ability::Pictures), way(Ability::Files)),
    };
    Carries { pictures, files, caption, fits: fits(platform), form: Form::Words }
}

/// Which pictures and files a platform takes, where it does not take whatever a post may carry.
const fn fits(platform: Platform) -> Fits {
    match platform {
        // More than five bytes.
        Platform::WecomRobot | Platform::Wecom | Platform::WecomBot => {
            Fits { least: 6, ..Fits::ALL }
        }
        // A message that is a file is a sheet, a document of Word's, a PDF or an archive.
        Platform::Dingtalk => Fits { but: &[MediaKind::Pptx], ..Fits::ALL },
        // Pictures within an article: below one megabyte, whichever that is.
        Platform::OfficialAccount => Fits { picture: 999_999, ..Fits::ALL },
        _ => Fits::ALL,
    }
}

fn feishu() -> Capabilities {
    use Ability as A;
    // Five a second, shared with whatever other bots write there.
    let chat = vec![Rate::new(4, SECOND)];
    Capabilities {
        // 30 KB for the whole request, in which the message stands as JSON within JSON: any byte of the text may be
        // written as two of what is counted here. And there are the buttons.
        size: size(Unit::Bytes, 12_000, Markup::Runs),
        bare: None,
        // 50 a second and 1,000 a minute.
        account: vec![Rate::new(45, SECOND), Rate::new(950, MINUTE)],
        chats: vec![(ChatKind::Group, chat.clone()), (ChatKind::Direct, chat)],
        can: &[
            A::Replies,
            A::Quotes,
            A::Buttons,
            A::OpensDirect,
            A::Edit,
            A::Recall,
            A::Receipt,
            A::Once,
            A::Pictures,
            A::Files,
        ],
    }
}

fn wecom() -> Capabilities {
    use Ability as A;
    Capabilities {
        // 2,048 bytes, and what is beyond is cut.
        size: size(Unit::Bytes, 2_000, Markup::Anchors),
        bare: None,
        // 10,000 a minute for all applications of an organisation.
        account: vec![Rate::new(5_000, MINUTE)],
        // 30 a minute and 1,000 an hour to one member, and what is beyond is dropped without a word: so many alone,
        // and the rest for what goes to all of them. Of 200 a day for each seat these may take 120. In groups a member has 200 a minute, of all groups together.
        chats: vec![
            (ChatKind::Direct, vec![Rate::new(20, MINUTE), Rate::new(800, HOUR)]),
            (
                ChatKind::Channel,
                vec![Rate::new(8, MINUTE), Rate::new(100, HOUR), Rate::new(120, DAY)],
            ),
            (ChatKind::Group, vec![Rate::new(20, MINUTE)]),
        ],
        can: &[A::Replies, A::Buttons, A::Recall, A::Receipt, A::Pictures, A::Files],
    }
}

fn telegram() -> Capabilities {
    use Ability as A;
    let (each, minute) = (Rate::new(1, SECOND), Rate::new(20, MINUTE));
    let group = vec![each, minute];
    Capabilities {
        // The server counts characters; UTF-16 units are never fewer, and the core may count those. More than 100
        // marks are dropped without a word.
        size: Size { links: TELEGRAM_LINKS, ..size(Unit::Utf16, 4_096, Markup::Beside) },
        bare: None,
        account: vec![Rate::new(30, SECOND)],
        chats: vec![
            (ChatKind::Group, group.clone()),
            (ChatKind::Channel, group),
            (ChatKind::Direct, vec![each]),
        ],
        can: &[
            A::Replies,
            A::Quotes,
            A::Buttons,
            A::OpensDirect,
            A::Threads,
            A::Edit,
            A::Recall,
            A::Receipt,
            A::Pictures,
            A::Files,
        ],
    }
}

const fn size(unit: Unit, max: usize, markup: Markup) -> Size {
    let (marks, links) = match markup {
        Markup::Bare => (0, 2_000),
        Markup::Beside => (100, usize::MAX),
        _ => (100, 2_000),
    };
    Size { unit, max, marks, links, markup }
}
