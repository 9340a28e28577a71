//! What everybody can do: help, topics, subscriptions, language.

use super::{Deed, Heard, Talk};
use crate::connector::Speaks;
use crate::desk::{Chosen, DeskError, Saying};
use crate::model::{ChatKind, Code, Document, Role};
use crate::text::command::{Audience, Command};
use crate::text::say::{BotSays, ChannelRefusal, TopicLine, help, role_name};

/// Hears what is for everybody.
pub(super) async fn hears(talk: &mut Talk<'_>, deed: &Deed) -> Result<Heard, DeskError> {
    let Deed::Command(command) = deed else { return Ok(Heard::NotMine) };
    match command {
        Command::Start { payload } => start(talk, payload).await?,
        Command::Help => {
            let text = help::help(&audiences(talk), talk.call.lang);
            talk.answer(Saying::of(Document::plain(&text)))?;
        }
        Command::Topics => topics(talk).await?,
        Command::Subscribe { topic } => subscribe(talk, topic).await?,
        Command::Unsubscribe { topic } => unsubscribe(talk, topic.as_deref()).await?,
        Command::Language { lang } => {
            talk.desk.speak(&mut talk.call, *lang);
            let (chat, rank) = (talk.inbound.chat.clone(), talk.rank().await);
            let pushed = talk.desk.push_in(&mut talk.call, (&chat, rank), *lang).await?;
            let group = pushed.is_some_and(|kind| kind != ChatKind::Direct);
            let says = if group { BotSays::GroupLanguageChosen } else { BotSays::LanguageChosen };
            talk.say(&says)?;
        }
        _ => return Ok(Heard::NotMine),
    }
    Ok(Heard::Mine)
}

/// Says hello to a chat that has just let us in; where we were before, goes on.
pub(super) async fn welcome(talk: &mut Talk<'_>) -> Result<(), DeskError> {
    let chat = &talk.inbound.chat;
    let topics = talk.desk.may_write_again(&mut talk.call.changes, chat).await?;
    if talk.call.spoken.is_some() {
        // What is owed stands in the answer.
        return Ok(());
    }
    if talk.inbound.chat.kind == ChatKind::Direct {
        return talk.desk.resend(&mut talk.call).await;
    }
    if !topics.is_empty() {
        talk.say(&BotSays::Resumed { topics })?;
    } else if talk.inbound.chat.kind == ChatKind::Group {
        let office = talk.desk.office();
        let topics = office.topics.iter().map(|t| t.title.clone()).collect();
        let says = BotSays::HelloGroup { office: office.name.clone(), topics };
        talk.say(&says)?;
    }
    Ok(())
}

async fn start(talk: &mut Talk<'_>, payload: &str) -> Result<(), DeskError> {
    if let Some(code) = payload.strip_prefix("i_").and_then(Code::parse) {
        talk.alone()?;
        if talk.speaks() != Speaks::Freely {
            return Err(ChannelRefusal::NoWork.into());
        }
        let role = talk.desk.join(&mut talk.call, talk.sender, &code).await?;
        let role = role_name(role, talk.call.lang).to_owned();
        talk.say(&BotSays::RoleTaken { role })?;
        return Ok(());
    }
    let office = talk.desk.office().name.clone();
    talk.say(&BotSays::Hello { office })?;
    topics(talk).await
}

/// Which commands the help shows to whoever asks.
fn audiences(talk: &Talk<'_>) -> Vec<Audience> {
    let mut audiences = vec![Audience::Members];
    let Some(person) = talk.call.staff() else { return audiences };
    let has = |role| person.roles.contains(&role);
    if has(Role::Editor) {
        audiences.push(Audience::Editors);
    }
    if has(Role::Reviewer) || has(Role::Lead) {
        audiences.push(Audience::Reviewers);
    }
    if has(Role::Administrator) {
        audiences.push(Audience::Administrators);
    }
    audiences
}

async fn topics(talk: &mut Talk<'_>) -> Result<(), DeskError> {
    let choices = talk.desk.choices(&talk.inbound.chat).await?;
    let zone = talk.desk.office().zone;
    let line = |c: crate::desk::Choice| {
        let topic = talk.desk.office().topics.iter().find(|t| t.id == c.topic);
        let next = topic.and_then(|t| t.schedule.as_ref()).and_then(|s| s.next(talk.call.at));
        TopicLine {
            title: c.title,
            chosen: c.chosen == Chosen::Yes,
            next: next.map(|at| at.utc().with_timezone(&zone).naive_local()),
        }
    };
    let lines = choices.into_iter().map(line).collect();
    talk.say(&BotSays::Topics(lines))?;
    Ok(())
}

async fn subscribe(talk: &mut Talk<'_>, topic: &str) -> Result<(), DeskError> {
    talk.pushes()?;
    let rank = talk.rank().await;
    let (chat, title) = (&talk.inbound.chat, talk.inbound.chat_title.as_str());
    let title = talk.desk.subscribe(&mut talk.call, (chat, title), rank, topic).await?;
    talk.say(&BotSays::Subscribed { topic: title })?;
    Ok(())
}

async fn unsubscribe(talk: &mut Talk<'_>, topic: Option<&str>) -> Result<(), DeskError> {
    let rank = talk.rank().await;
    let chat = &talk.inbound.chat;
    let topics = talk.desk.unsubscribe(&mut talk.call, chat, rank, topic).await?;
    talk.say(&BotSays::Unsubscribed { topics })?;
    Ok(())
}
