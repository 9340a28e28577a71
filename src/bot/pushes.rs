//! What editors do with a push while it goes out: stop it, let it go on, take it back, try again, settle; and
//! what they ask about it.

use super::{Deed, Heard, Talk, row};
use crate::desk::{DeskError, Ruled, Saying};
use crate::model::{Post, Prompt, Ruling, Version, Versioned};
use crate::text::Speak as _;
use crate::text::command::{Command, Which};
use crate::text::press::{PostPress, Press};
use crate::text::say::{BotSays, PushSays, Refusal};

/// How many held deliveries a list shows.
const LISTED: usize = 20;

/// Hears what is about a push that goes out.
pub(super) async fn hears(talk: &mut Talk<'_>, deed: &Deed) -> Result<Heard, DeskError> {
    let Deed::Command(command) = deed else { return Ok(Heard::NotMine) };
    let (Command::Pause { post: code }
    | Command::Resume { post: code }
    | Command::Retry { post: code }
    | Command::Held { post: code }
    | Command::Settle { post: code, .. }
    | Command::Why { post: code, .. }) = command
    else {
        return Ok(Heard::NotMine);
    };
    let post = talk.desk.post(&talk.call, code).await?;
    if let Command::Why { chat, .. } = command {
        let story = talk.desk.why(&talk.call, &post, chat).await?;
        talk.say(&story)?;
        return Ok(Heard::Mine);
    }
    let code = post.code.to_string();
    let says = match command {
        Command::Pause { .. } => {
            let sent = talk.desk.pause(&mut talk.call, &post).await?;
            PushSays::Paused { code, sent }
        }
        Command::Resume { .. } => {
            let waiting = talk.desk.resume(&mut talk.call, &post).await?;
            PushSays::Resumed { code, waiting }
        }
        Command::Retry { .. } => {
            let count = talk.desk.retry(&mut talk.call, &post).await?;
            PushSays::Retrying { code, count }
        }
        Command::Settle { which, ruling, .. } => settle(talk, &post, which, *ruling).await?,
        _ => held(talk, &post).await?,
    };
    talk.say(&says)?;
    Ok(Heard::Mine)
}

/// Takes a post back, and says who has it, or how a draft is taken up again.
pub(super) async fn cancel(talk: &mut Talk<'_>, post: &Versioned<Post>) -> Result<(), DeskError> {
    let stopped = match talk.desk.cancel(&mut talk.call, post).await {
        Err(DeskError::Refused(Refusal::AllOut { sent, .. })) => {
            return ask_to_take_back(talk, post, sent);
        }
        done => done?,
    };
    if post.state.since().is_none() {
        let words = PushSays::Discarded { code: post.code.to_string() }.doc(talk.call.lang);
        talk.amend(Saying::of(words).prompt(Prompt::Rewrite(post.id)))?;
        return Ok(());
    }
    let says = PushSays::Cancelled {
        code: post.code.to_string(),
        sent: stopped.sent,
        waiting: stopped.waiting,
        some: stopped.some,
    };
    let words = says.doc(talk.call.lang);
    talk.amend(Saying::of(words))?;
    Ok(())
}

/// Asks once more before a post is taken back that has gone out to all.
fn ask_to_take_back(talk: &mut Talk<'_>, post: &Post, sent: u64) -> Result<(), DeskError> {
    let lang = talk.call.lang;
    let (code, title) = (post.code.to_string(), post.title.clone());
    let words = PushSays::AskTakeBack { code, title, sent }.doc(lang);
    let press = Press::Post(PostPress::TakeBack, post.id, Version(post.revision.0.into()));
    let button = press.button(BotSays::PostButton(PostPress::TakeBack).say(lang));
    talk.answer(Saying::of(words).buttons(row(vec![button])))?;
    Ok(())
}

/// Takes back a post that has gone out to all, and says who has it.
pub(super) async fn take_back(
    talk: &mut Talk<'_>,
    post: &Versioned<Post>,
) -> Result<(), DeskError> {
    let stopped = talk.desk.withdraw_post(&mut talk.call, post).await?;
    let (code, sent, some) = (post.code.to_string(), stopped.sent, stopped.some);
    let words = PushSays::TakenBack { code, sent, some }.doc(talk.call.lang);
    talk.amend(Saying::of(words))?;
    Ok(())
}

async fn settle(
    talk: &mut Talk<'_>,
    post: &Versioned<Post>,
    which: &Which,
    ruling: Ruling,
) -> Result<PushSays, DeskError> {
    let code = post.code.to_string();
    Ok(match talk.desk.rule(&mut talk.call, post, which, ruling).await? {
        Ruled::All(count) => PushSays::RuledAll { code, count, ruling },
        Ruled::One(chat) => PushSays::RuledOne { code, chat, ruling },
    })
}

async fn held(talk: &Talk<'_>, post: &Post) -> Result<PushSays, DeskError> {
    let (lines, count) = talk.desk.unsettled(&talk.call, post, LISTED).await?;
    let zone = talk.desk.office().zone;
    let lines = lines.into_iter().map(|line| line.says(zone)).collect();
    Ok(PushSays::Held { code: post.code.to_string(), count, lines })
}
