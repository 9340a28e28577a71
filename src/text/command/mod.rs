//! What people type to the program, read into types.
//!
//! A command is a slash (or, in somebody's own chat, nothing) and a verb, then what the verb takes. Every verb
//! has Chinese and English names; [`Verb::all`] is both what is recognised and what the help lists, so that
//! the help cannot lag behind.

mod verb;
mod words;

pub use verb::{Audience, Verb};
pub use words::{decline, of_facet, role, ruling};

use crate::model::{At, Code, DeclineCode, Lang, Priority, Role, Ruling};
use verb::nearest;
use words::{code_and, language, moment, split_word};

/// A command with what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is told by its name and explained by the verb's gist")]
pub enum Command {
    Start { payload: String },
    Help,
    Topics,
    Subscribe { topic: String },
    Unsubscribe { topic: Option<String> },
    Suggest { text: String },
    Mine,
    Withdraw { number: Code },
    Forget,
    Language { lang: Lang },
    Post { topic: String, text: String },
    Explain { topic: String, text: String },
    Preview { post: Code },
    Schedule { post: Code, when: When },
    Push { post: Code, priority: Priority },
    Pause { post: Code },
    Resume { post: Code },
    Cancel { post: Code },
    Retry { post: Code },
    Queue,
    Report { post: Code },
    Held { post: Code },
    Settle { post: Code, which: Which, ruling: Ruling },
    Why { post: Code, chat: String },
    Sources,
    Try { url: String },
    Channels,
    ChannelTest { account: String },
    Pair { what: String },
    Inbox,
    Next,
    Show { number: Code },
    Claim { number: Code },
    Release { number: Code },
    Ask { number: Code, text: String },
    Sort { number: Code, picks: String },
    Accept { number: Code, picks: String },
    Answer { number: Code, text: String },
    Decline { number: Code, code: DeclineCode, reason: String },
    Confirm { number: Code },
    Return { number: Code },
    Invite { role: Role },
    Staff,
    Dismiss { person: Code, role: Role },
    Connect { platform: String },
}

/// Which chats of a post are meant, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// The one of this title, code or address.
    Chat(String),
}

/// When a post shall go out, as typed: the desk puts it into the office's time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// At this moment.
    Moment(At),
    /// On this day (or the next day on which that time is still to come) at this local time.
    Local(Option<chrono::NaiveDate>, chrono::NaiveTime),
    /// Today, at this local time.
    Today(chrono::NaiveTime),
    /// The day after today, at this local time.
    Tomorrow(chrono::NaiveTime),
}

/// Why a command cannot be carried out as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// There is no such verb; the nearest one, if any is near.
    UnknownVerb(String, Option<Verb>),
    /// The verb takes something that is missing or cannot be read.
    Usage(Verb),
}

/// Whether a bare verb without a slash counts: in somebody's own chat it does, in a group it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slash {
    /// Only with a slash.
    Needed,
    /// With or without one.
    Optional,
}

/// Reads what was typed; `None` when it is no command but words.
///
/// # Errors
/// When it is meant as a command and cannot be carried out.
pub fn parse(typed: &str, slash: Slash) -> Option<Result<Command, Mistake>> {
    let typed = typed.trim_start();
    let bare = typed.strip_prefix(['/', '／']);
    let (head, rest) = split_word(bare.unwrap_or(typed));
    let word = head.split('@').next().unwrap_or_default();
    match (Verb::named(word), bare) {
        (Some(verb), Some(_)) => Some(read(verb, rest)),
        (Some(verb), None) if slash == Slash::Optional && stands_alone(verb, head) => {
            // A sentence may begin with such a word by chance: only what reads as the command is one.
            let takes_more = !word.is_ascii() && verb.takes_more();
            read(verb, rest).ok().filter(|_| takes_more || rest.is_empty()).map(Ok)
        }
        (None, Some(_)) if !word.is_empty() => {
            Some(Err(Mistake::UnknownVerb(word.to_owned(), nearest(word))))
        }
        _ => None,
    }
}

/// Whether a text begins with a command of ours, whatever follows it.
#[must_use]
pub fn begins(typed: &str) -> bool {
    matches!(parse(typed, Slash::Needed), Some(Ok(_) | Err(Mistake::Usage(_))))
}

fn stands_alone(verb: Verb, head: &str) -> bool {
    // "建议" without a slash is how suggestions begin; they are words then, and become a draft.
    verb != Verb::Suggest && verb.names().contains(&head.to_lowercase().as_str())
}

fn read(verb: Verb, rest: &str) -> Result<Command, Mistake> {
    let usage = || Mistake::Usage(verb);
    let code = || Code::parse(rest).ok_or_else(usage);
    let some = || (!rest.is_empty()).then(|| rest.to_owned()).ok_or_else(usage);
    Ok(match verb {
        Verb::Start => Command::Start { payload: rest.to_owned() },
        Verb::Help => Command::Help,
        Verb::Topics => Command::Topics,
        Verb::Subscribe => Command::Subscribe { topic: rest.to_owned() },
        Verb::Unsubscribe => {
            Command::Unsubscribe { topic: (!rest.is_empty()).then(|| rest.to_owned()) }
        }
        Verb::Suggest => Command::Suggest { text: some()? },
        Verb::Mine => Command::Mine,
        Verb::Withdraw => Command::Withdraw { number: code()? },
        Verb::Forget => Command::Forget,
        Verb::Language => Command::Language { lang: language(rest).ok_or_else(usage)? },
        Verb::Post | Verb::Explain => return compose(verb, rest),
        Verb::Preview => Command::Preview { post: code()? },
        Verb::Schedule => {
            let (post, when) = code_and(rest).ok_or_else(usage)?;
            Command::Schedule { post, when: moment(when).ok_or_else(usage)? }
        }
        Verb::Push => push(rest).ok_or_else(usage)?,
        Verb::Pause => Command::Pause { post: code()? },
        Verb::Resume => Command::Resume { post: code()? },
        Verb::Cancel => Command::Cancel { post: code()? },
        Verb::Retry => Command::Retry { post: code()? },
        Verb::Queue => Command::Queue,
        Verb::Report => Command::Report { post: code()? },
        Verb::Held => Command::Held { post: code()? },
        Verb::Settle => settle(rest).ok_or_else(usage)?,
        Verb::Why => {
            let (post, chat) = code_and(rest).filter(|(_, c)| !c.is_empty()).ok_or_else(usage)?;
            Command::Why { post, chat: chat.to_owned() }
        }
        Verb::Sources => Command::Sources,
        Verb::Try => Command::Try { url: some()? },
        Verb::Channels => Command::Channels,
        Verb::ChannelTest => Command::ChannelTest { account: rest.to_owned() },
        Verb::Pair => Command::Pair { what: rest.to_owned() },
        Verb::Connect => Command::Connect { platform: rest.to_owned() },
        Verb::Inbox => Command::Inbox,
        Verb::Next => Command::Next,
        Verb::Show => Command::Show { number: code()? },
        Verb::Claim => Command::Claim { number: code()? },
        Verb::Release => Command::Release { number: code()? },
        Verb::Accept => {
            let (number, picks) = code_and(rest).ok_or_else(usage)?;
            Command::Accept { number, picks: picks.to_owned() }
        }
        Verb::Confirm => Command::Confirm { number: code()? },
        Verb::Return => Command::Return { number: code()? },
        Verb::Ask | Verb::Sort | Verb::Answer | Verb::Decline => return triage(verb, rest),
        Verb::Invite => Command::Invite { role: role(rest).ok_or_else(usage)? },
        Verb::Staff => Command::Staff,
        Verb::Dismiss => {
            let (person, of) = code_and(rest).ok_or_else(usage)?;
            Command::Dismiss { person, role: role(of).ok_or_else(usage)? }
        }
    })
}

fn compose(verb: Verb, rest: &str) -> Result<Command, Mistake> {
    // The topic stands on the first line, the text from the second on.
    let (topic, text) = rest.split_once('\n').ok_or(Mistake::Usage(verb))?;
    let (topic, text) = (topic.trim().to_owned(), text.trim().to_owned());
    if topic.is_empty() || text.is_empty() {
        return Err(Mistake::Usage(verb));
    }
    Ok(match verb {
        Verb::Explain => Command::Explain { topic, text },
        _ => Command::Post { topic, text },
    })
}

fn push(rest: &str) -> Option<Command> {
    let (post, how) = code_and(rest)?;
    let priority = match how.to_lowercase().as_str() {
        "" => Priority::Bulk,
        "urgent" | "紧急" | "加急" => Priority::Urgent,
        _ => return None,
    };
    Some(Command::Push { post, priority })
}

fn settle(rest: &str) -> Option<Command> {
    let (post, rest) = code_and(rest)?;
    let (chat, how) = rest.rsplit_once(char::is_whitespace)?;
    let which = match chat.trim().to_lowercase().as_str() {
        "" => return None,
        "all" | "全部" => Which::All,
        _ => Which::Chat(chat.trim().to_owned()),
    };
    Some(Command::Settle { post, which, ruling: ruling(how)? })
}

fn triage(verb: Verb, rest: &str) -> Result<Command, Mistake> {
    let (number, text) =
        code_and(rest).filter(|(_, t)| !t.is_empty()).ok_or(Mistake::Usage(verb))?;
    Ok(match verb {
        Verb::Ask => Command::Ask { number, text: text.to_owned() },
        Verb::Sort => Command::Sort { number, picks: text.to_owned() },
        Verb::Answer => Command::Answer { number, text: text.to_owned() },
        _ => {
            let (code, reason) = decline(text).ok_or(Mistake::Usage(verb))?;
            Command::Decline { number, code, reason }
        }
    })
}
