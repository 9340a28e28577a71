//! What editors do: write, preview, schedule, push, take back, look how it went; sources.

use super::{Deed, Heard, Talk, pushes, row};
use crate::desk::{DeskError, Saying, SourceLine};
use crate::model::{Button, Content, Post, PostState, Priority, Prompt, Version, Versioned};
use crate::text::Speak as _;
use crate::text::command::Command;
use crate::text::compose;
use crate::text::press::{PostPress, Press};
use crate::text::say::{BotSays, MistakeSays, PostLine, PushSays, Refusal, SourceSaysLine};

/// How many posts of each state a list shows.
const LISTED: usize = 20;

/// Up to how many chats an audience is counted exactly.
const COUNTED: usize = 100_000;

/// Hears what is for editors.
pub(super) async fn hears(talk: &mut Talk<'_>, deed: &Deed) -> Result<Heard, DeskError> {
    match deed {
        Deed::Command(command) => return commanded(talk, command).await,
        Deed::Press(Press::Post(press, id, shown)) => {
            let post = talk.desk.post_shown(&talk.call, *id, Some(*shown)).await?;
            pressed(talk, *press, &post).await?;
        }
        Deed::AnswersNotice(notice, text) => {
            let Some(Prompt::Rewrite(id)) = notice.prompt else { return Ok(Heard::NotMine) };
            let post = talk.desk.post_shown(&talk.call, id, None).await?;
            rewrite(talk, &post, text).await?;
        }
        _ => return Ok(Heard::NotMine),
    }
    Ok(Heard::Mine)
}

async fn commanded(talk: &mut Talk<'_>, command: &Command) -> Result<Heard, DeskError> {
    match command {
        Command::Post { topic, text } => {
            let content = article(text)?;
            begin(talk, topic, content).await?;
        }
        Command::Explain { topic, text } => {
            let content = explainer(text)?;
            begin(talk, topic, content).await?;
        }
        Command::Preview { post } => {
            let post = talk.desk.post(&talk.call, post).await?;
            preview(talk, &post).await?;
        }
        Command::Schedule { post, when } => {
            let post = talk.desk.post(&talk.call, post).await?;
            let at = talk.desk.schedule(&mut talk.call, &post, when).await?;
            let local = at.utc().with_timezone(&talk.desk.office().zone).naive_local();
            let chats = talk.desk.audience(&post, COUNTED).await?;
            talk.say(&BotSays::Scheduled { code: post.code.to_string(), at: local, chats });
        }
        Command::Push { post, priority } => {
            let post = talk.desk.post(&talk.call, post).await?;
            push(talk, &post, *priority).await?;
        }
        Command::Cancel { post } => {
            let post = talk.desk.post(&talk.call, post).await?;
            pushes::cancel(talk, &post).await?;
        }
        Command::Queue => queue(talk).await?,
        Command::Report { post } => {
            let post = talk.desk.post(&talk.call, post).await?;
            report(talk, &post).await?;
        }
        Command::Sources => sources(talk).await?,
        Command::Try { url } => {
            let to = &talk.inbound.chat;
            talk.desk.try_source(&mut talk.call, url, to)?;
            talk.say(&BotSays::Trying { url: url.clone() });
        }
        _ => return Ok(Heard::NotMine),
    }
    Ok(Heard::Mine)
}

async fn pressed(
    talk: &mut Talk<'_>,
    press: PostPress,
    post: &Versioned<Post>,
) -> Result<(), DeskError> {
    match press {
        PostPress::Preview => preview(talk, post).await,
        PostPress::Push => push(talk, post, Priority::Bulk).await,
        PostPress::PushUrgent => push(talk, post, Priority::Urgent).await,
        PostPress::Cancel => pushes::cancel(talk, post).await,
        PostPress::Report => report(talk, post).await,
    }
}

async fn begin(talk: &mut Talk<'_>, topic: &str, content: Content) -> Result<(), DeskError> {
    let post = talk.desk.compose(&mut talk.call, topic, content.clone()).await?;
    show(talk, &post, &content).await
}

async fn rewrite(talk: &mut Talk<'_>, post: &Versioned<Post>, text: &str) -> Result<(), DeskError> {
    let before = talk.desk.edition(post).await?.map(|e| e.content);
    let content = match before {
        Some(Content::Explainer(_)) => explainer(text)?,
        _ => article(text)?,
    };
    let now = talk.desk.rewrite(&mut talk.call, post, content.clone()).await?;
    show(talk, &now, &content).await
}

async fn preview(talk: &mut Talk<'_>, post: &Versioned<Post>) -> Result<(), DeskError> {
    let edition = talk.desk.edition(post).await?;
    let edition = edition.ok_or_else(|| Refusal::NoSuchPost(post.code.to_string()))?;
    show(talk, post, &edition.content).await
}

/// Shows a post as readers will see it, then what can be done with it.
async fn show(talk: &mut Talk<'_>, post: &Post, content: &Content) -> Result<(), DeskError> {
    let topic = talk.desk.office().topics.iter().find(|t| t.id == post.topic);
    let lang = topic.map_or(talk.call.lang, |t| t.lang);
    talk.answer(Saying::of(compose::compose(content, lang)));
    let chats = talk.desk.audience(post, COUNTED).await?;
    let says = BotSays::Previewed {
        code: post.code.to_string(),
        topic: talk.desk.office().title(&post.topic).to_owned(),
        chats,
    };
    let words = says.doc(talk.call.lang);
    let open = matches!(post.state, PostState::Draft | PostState::Scheduled { .. });
    let mut saying = Saying::of(words);
    if open {
        saying = saying.buttons(post_buttons(talk, post)).prompt(Prompt::Rewrite(post.id));
    }
    talk.answer(saying);
    Ok(())
}

fn post_buttons(talk: &Talk<'_>, post: &Post) -> Vec<Vec<Button>> {
    let button = |press: PostPress| {
        let version = Version(post.revision.0.into());
        let label = BotSays::PostButton(press).say(talk.call.lang);
        Press::Post(press, post.id, version).button(label)
    };
    vec![
        vec![button(PostPress::Push), button(PostPress::PushUrgent)],
        vec![button(PostPress::Cancel)],
    ]
}

async fn push(
    talk: &mut Talk<'_>,
    post: &Versioned<Post>,
    priority: Priority,
) -> Result<(), DeskError> {
    let chats = talk.desk.audience(post, COUNTED).await?;
    talk.desk.push(&mut talk.call, post, priority).await?;
    let says = BotSays::Pushing { code: post.code.to_string(), chats };
    let version = Version(post.revision.0.into());
    let label = BotSays::PostButton(PostPress::Report).say(talk.call.lang);
    let stop = BotSays::PostButton(PostPress::Cancel).say(talk.call.lang);
    let buttons = row(vec![
        Press::Post(PostPress::Report, post.id, version).button(label),
        Press::Post(PostPress::Cancel, post.id, version).button(stop),
    ]);
    let words = says.doc(talk.call.lang);
    talk.amend(Saying::of(words).buttons(buttons));
    Ok(())
}

async fn queue(talk: &mut Talk<'_>) -> Result<(), DeskError> {
    let posts = talk.desk.queue(&talk.call, LISTED).await?;
    let zone = talk.desk.office().zone;
    let line = |p: Versioned<Post>| PostLine {
        code: p.code.to_string(),
        title: p.title.clone(),
        topic: talk.desk.office().title(&p.topic).to_owned(),
        state: p.value.state.clone(),
        at: match p.value.state {
            PostState::Scheduled { at } => Some(at.utc().with_timezone(&zone).naive_local()),
            _ => None,
        },
    };
    let lines = posts.into_iter().map(line).collect();
    talk.say(&BotSays::Queue(lines));
    Ok(())
}

async fn report(talk: &mut Talk<'_>, post: &Post) -> Result<(), DeskError> {
    let lang = talk.call.lang;
    let report = talk.desk.report(&talk.call, post).await?;
    let says = BotSays::Report {
        code: post.code.to_string(),
        title: post.title.clone(),
        planned: report.planned,
        sent: report.sent,
        waiting: report.waiting(),
        dead: report.dead,
        unknown: report.unknown,
        dropped: report.dropped,
        suggestions: report.suggestions,
        troubles: report.troubles.iter().map(|(c, why)| (c.say(lang), why.clone())).collect(),
    };
    let mut words = says.doc(lang);
    if let PostState::Paused { why, .. } = &post.state {
        words.0.extend(PushSays::Stands(why.clone()).doc(lang).0);
    }
    talk.answer(Saying::of(words));
    Ok(())
}

async fn sources(talk: &mut Talk<'_>) -> Result<(), DeskError> {
    let lines = talk.desk.sources(&talk.call).await?;
    let zone = talk.desk.office().zone;
    let local = |at: crate::model::At| at.utc().with_timezone(&zone).naive_local();
    let line = |s: SourceLine| SourceSaysLine {
        title: s.title,
        url: s.url,
        read: s.state.as_ref().and_then(|s| s.read).map(local),
        next: s.state.as_ref().map(|s| local(s.next)),
        trouble: s.state.and_then(|s| s.trouble).map(|t| (local(t.since), t.what)),
    };
    let lines = lines.into_iter().map(line).collect();
    talk.say(&BotSays::Sources(lines));
    Ok(())
}

fn article(text: &str) -> Result<Content, Refusal> {
    compose::parse_article(text).map_err(|m| Refusal::Mistake(MistakeSays::Article(m)))
}

fn explainer(text: &str) -> Result<Content, Refusal> {
    compose::parse_explainer(text).map_err(|m| Refusal::Mistake(MistakeSays::Explainer(m)))
}
