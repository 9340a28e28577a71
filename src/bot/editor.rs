//! What editors do: write, preview, schedule, push, take back, look how it went; sources.

use super::{Deed, Heard, Talk, pushes, row};
use crate::desk::{DeskError, Plan, Saying, Says, SourceLine, Waits, standing};
use crate::model::{
    At, Beside, Button, Content, Document, Enclosed, Notice, Post, PostState, Priority, Prompt,
    Version, Versioned,
};
use crate::store::StoreError;
use crate::text::Speak as _;
use crate::text::command::{Command, When};
use crate::text::compose;
use crate::text::press::{PostPress, Press};
use crate::text::say::{
    BotSays, DayTime, MediaRefusal, MistakeSays, PostLine, PushSays, Refusal, SourceSaysLine,
    WaitSays,
};

/// How many posts of each state a list shows.
const LISTED: usize = 20;

/// Hears what is for editors.
pub(super) async fn hears(talk: &mut Talk<'_>, deed: &Deed) -> Result<Heard, DeskError> {
    match deed {
        Deed::Command(command) => return commanded(talk, command).await,
        Deed::Press(Press::Post(press, id, shown)) => {
            let post = talk.desk.post_shown(&talk.call, *id, Some(*shown)).await?;
            pressed(talk, *press, &post).await?;
        }
        Deed::Press(Press::Schedule(id, at, shown)) => {
            let post = talk.desk.post_shown(&talk.call, *id, Some(*shown)).await?;
            schedule(talk, &post, *at).await?;
        }
        Deed::AnswersNotice(notice, text) => {
            let Some(Prompt::Rewrite(id)) = notice.prompt else { return Ok(Heard::NotMine) };
            let post = talk.desk.post_shown(&talk.call, id, None).await?;
            if !talk.attached().is_empty() {
                // What is added overwrites nothing, and the pictures of an album answer one message, all of them.
                enclose(talk, &post, text).await?;
            } else if post.state.may_change() && is_older(talk, notice, &post).await? {
                // Nobody's change is overwritten unseen.
                shown(talk, &post, Above::Older).await?;
            } else {
                rewrite(talk, &post, text).await?;
            }
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
            // Whether it is possible at all is told before it is asked.
            let mut trial = talk.call.clone();
            let at = talk.desk.schedule(&mut trial, &post, when).await?;
            let button = schedule_button(talk, &post, at, &BotSays::ScheduleButton);
            confirm(talk, &post, (Some(at), Priority::Bulk), button).await?;
        }
        Command::Push { post, priority } => {
            let post = talk.desk.post(&talk.call, post).await?;
            let mut trial = talk.call.clone();
            talk.desk.push(&mut trial, &post, *priority).await?;
            let press = match priority {
                Priority::Bulk => PostPress::Push,
                Priority::Answer | Priority::Urgent => PostPress::PushUrgent,
            };
            let button = post_button(talk, &post, press);
            confirm(talk, &post, (None, *priority), button).await?;
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
            talk.say(&BotSays::Trying { url: url.clone() })?;
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
        PostPress::TakeBack => pushes::take_back(talk, post).await,
        PostPress::Report => report(talk, post).await,
        PostPress::Bare => {
            let before = talk.desk.edition(post).await?.ok_or(MediaRefusal::Gone)?;
            if before.enclosed.is_empty() {
                return Err(MediaRefusal::Nothing.into());
            }
            let now = talk.desk.bare(&mut talk.call, post).await?;
            show(talk, &now, (&before.content, &[]), Above::lost(post)).await
        }
    }
}

async fn begin(talk: &mut Talk<'_>, topic: &str, content: Content) -> Result<(), DeskError> {
    let enclosed = talk.gather("").await?;
    let (said, carried) = (content.clone(), enclosed.clone());
    let post = talk.desk.compose_with(&mut talk.call, topic, said, carried).await?;
    if talk.beside() == Beside::More {
        talk.say(&MediaRefusal::Album)?;
    }
    show(talk, &post, (&content, &enclosed), Above::Nothing).await
}

/// Has a draft carry what answers it; the words below it say what a picture shows.
async fn enclose(talk: &mut Talk<'_>, post: &Versioned<Post>, text: &str) -> Result<(), DeskError> {
    let more = talk.gather(text).await?;
    let before = talk.desk.edition(post).await?.ok_or(MediaRefusal::Gone)?;
    let (now, enclosed) = talk.desk.enclose(&mut talk.call, post, more).await?;
    show(talk, &now, (&before.content, &enclosed), Above::lost(post)).await
}

async fn rewrite(talk: &mut Talk<'_>, post: &Versioned<Post>, text: &str) -> Result<(), DeskError> {
    let (before, enclosed) = match talk.desk.edition(post).await? {
        Some(edition) => (Some(edition.content), edition.enclosed),
        None => (None, Vec::new()),
    };
    let content = match before {
        Some(Content::Explainer(_)) => explainer(text)?,
        _ => article(text)?,
    };
    let now = talk.desk.rewrite(&mut talk.call, post, content.clone()).await?;
    show(talk, &now, (&content, &enclosed), Above::lost(post)).await
}

/// Whether what a notice shows of a post has changed since: its buttons tell the revision, and where it has none,
/// the times do.
async fn is_older(talk: &Talk<'_>, notice: &Notice, post: &Post) -> Result<bool, StoreError> {
    let shown =
        notice.buttons.iter().flatten().filter_map(Press::of).find_map(|press| match press {
            Press::Post(_, _, shown) | Press::Schedule(_, _, shown) => Some(shown),
            _ => None,
        });
    if let Some(shown) = shown {
        return Ok(shown < Version(post.revision.0.into()));
    }
    Ok(talk.desk.edition(post).await?.is_some_and(|edition| edition.at > notice.at))
}

async fn preview(talk: &mut Talk<'_>, post: &Versioned<Post>) -> Result<(), DeskError> {
    shown(talk, post, Above::Nothing).await
}

async fn shown(talk: &mut Talk<'_>, post: &Versioned<Post>, above: Above) -> Result<(), DeskError> {
    let edition = talk.desk.edition(post).await?;
    let edition = edition.ok_or_else(|| Refusal::NoSuchPost(post.code.to_string()))?;
    show(talk, post, (&edition.content, &edition.enclosed), above).await
}

/// What is said above what can be done with a post that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Above {
    Nothing,
    /// The change that is shown took it off its schedule: it would have gone out at this time.
    OffSchedule(At),
    /// What was answered had been changed before.
    Older,
}

impl Above {
    fn lost(post: &Post) -> Self {
        time_of(post).map_or(Self::Nothing, Self::OffSchedule)
    }
}

/// Shows a post as readers will see it, then what can be done with it.
async fn show(
    talk: &mut Talk<'_>,
    post: &Post,
    (content, enclosed): (&Content, &[Enclosed]),
    above: Above,
) -> Result<(), DeskError> {
    let topic = talk.desk.office().topics.iter().find(|t| t.id == post.topic);
    let lang = topic.map_or(talk.call.lang, |t| t.lang);
    let open = matches!(post.state, PostState::Draft | PostState::Scheduled { .. });
    let prompt = post.state.may_change().then_some(Prompt::Rewrite(post.id));
    if enclosed.is_empty() {
        let words = compose::compose(content, lang);
        talk.answer(Saying { prompt: prompt.clone(), ..Saying::of(words) })?;
    } else {
        let how = (lang, talk.under(), prompt.clone());
        talk.desk.show_edition(&mut talk.call, &talk.inbound.chat, post, how);
    }
    let says = BotSays::Previewed {
        code: post.code.to_string(),
        topic: talk.desk.office().title(&post.topic).to_owned(),
        standing: standing(&post.state),
    };
    let (again, mut words) = match above {
        Above::Nothing => (None, Document::default()),
        Above::OffSchedule(at) => {
            (Some(at).filter(|at| *at > talk.call.at), off_schedule(talk, at))
        }
        Above::Older => (None, BotSays::OlderPreview.doc(talk.call.lang)),
    };
    words.0.extend(says.doc(talk.call.lang).0);
    if open {
        let at = time_of(post).or(again).unwrap_or(talk.call.at);
        let plan = Plan { at, priority: Priority::Bulk };
        let says = Says { content, enclosed };
        let cost = talk.desk.cost(&talk.call, post, &says, plan).await?;
        words.0.extend(cost.says(talk.desk.office().zone).doc(talk.call.lang).0);
    }
    let mut saying = Saying { prompt, ..Saying::of(words) };
    if open {
        let mut buttons = post_buttons(talk, post, enclosed);
        if let Some(at) = again {
            let button = schedule_button(talk, post, at, &BotSays::SameTimeButton);
            buttons.insert(0, vec![button]);
        }
        saying = saying.buttons(buttons);
    }
    talk.answer(saying)?;
    Ok(())
}

/// When a post goes out, if that is set.
const fn time_of(post: &Post) -> Option<At> {
    match post.state {
        PostState::Scheduled { at } => Some(at),
        _ => None,
    }
}

fn off_schedule(talk: &Talk<'_>, lost: At) -> Document {
    let at = day_time(talk, lost);
    let says = if lost > talk.call.at {
        BotSays::OffSchedule { at }
    } else {
        BotSays::OffSchedulePast { at }
    };
    says.doc(talk.call.lang)
}

/// Asks whether a post shall go out, and says what that costs.
async fn confirm(
    talk: &mut Talk<'_>,
    post: &Post,
    (at, priority): (Option<At>, Priority),
    button: Button,
) -> Result<(), DeskError> {
    let (lang, plan) = (talk.call.lang, Plan { at: at.unwrap_or(talk.call.at), priority });
    let cost = talk.desk.cost_of(&talk.call, post, plan).await?;
    let (code, title) = (post.code.to_string(), post.title.clone());
    let says = BotSays::Confirm { code, title, at: at.map(|at| day_time(talk, at)) };
    let mut words = says.doc(lang);
    words.0.extend(cost.says(talk.desk.office().zone).doc(lang).0);
    talk.answer(Saying::of(words).buttons(row(vec![button])))?;
    Ok(())
}

async fn schedule(talk: &mut Talk<'_>, post: &Versioned<Post>, at: At) -> Result<(), DeskError> {
    talk.desk.schedule(&mut talk.call, post, &When::Moment(at)).await?;
    let chats = talk.desk.audience(&post.topic).await?;
    let says = BotSays::Scheduled { code: post.code.to_string(), at: day_time(talk, at), chats };
    let words = says.doc(talk.call.lang);
    // It may stand in place of the preview, and is answered with a new text like that.
    talk.amend(Saying::of(words).prompt(Prompt::Rewrite(post.id)))?;
    Ok(())
}

fn local(talk: &Talk<'_>, at: At) -> chrono::NaiveDateTime {
    at.utc().with_timezone(&talk.desk.office().zone).naive_local()
}

/// A time as it is told to be checked.
fn day_time(talk: &Talk<'_>, at: At) -> DayTime {
    DayTime { at: local(talk, at), read: local(talk, talk.call.at) }
}

fn schedule_button(talk: &Talk<'_>, post: &Post, at: At, label: &BotSays) -> Button {
    let version = Version(post.revision.0.into());
    Press::Schedule(post.id, at, version).button(label.say(talk.call.lang))
}

fn post_button(talk: &Talk<'_>, post: &Post, press: PostPress) -> Button {
    labelled(talk, post, press, &BotSays::PostButton(press))
}

fn labelled(talk: &Talk<'_>, post: &Post, press: PostPress, label: &BotSays) -> Button {
    let version = Version(post.revision.0.into());
    Press::Post(press, post.id, version).button(label.say(talk.call.lang))
}

fn post_buttons(talk: &Talk<'_>, post: &Post, enclosed: &[Enclosed]) -> Vec<Vec<Button>> {
    let button = |press| post_button(talk, post, press);
    let mut last = vec![labelled(talk, post, PostPress::Cancel, &BotSays::DiscardButton)];
    if !enclosed.is_empty() {
        last.insert(0, button(PostPress::Bare));
    }
    vec![vec![button(PostPress::Push), button(PostPress::PushUrgent)], last]
}

async fn push(
    talk: &mut Talk<'_>,
    post: &Versioned<Post>,
    priority: Priority,
) -> Result<(), DeskError> {
    let chats = talk.desk.audience(&post.topic).await?;
    talk.desk.push(&mut talk.call, post, priority).await?;
    let says = BotSays::Pushing { code: post.code.to_string(), chats };
    let buttons = row(vec![
        post_button(talk, post, PostPress::Report),
        post_button(talk, post, PostPress::Cancel),
    ]);
    let words = says.doc(talk.call.lang);
    talk.amend(Saying::of(words).buttons(buttons))?;
    Ok(())
}

async fn queue(talk: &mut Talk<'_>) -> Result<(), DeskError> {
    let posts = talk.desk.queue(&talk.call, LISTED).await?;
    let line = |p: Versioned<Post>| PostLine {
        code: p.code.to_string(),
        title: p.title.clone(),
        topic: talk.desk.office().title(&p.topic).to_owned(),
        state: p.value.state.clone(),
        at: time_of(&p).map(|at| day_time(talk, at)),
    };
    let lines = posts.into_iter().map(line).collect();
    talk.say(&BotSays::Queue(lines))?;
    Ok(())
}

async fn report(talk: &mut Talk<'_>, post: &Post) -> Result<(), DeskError> {
    let lang = talk.call.lang;
    let report = talk.desk.report(&talk.call, post).await?;
    let waiting = report.waiting();
    let says = BotSays::Report {
        code: post.code.to_string(),
        title: post.title.clone(),
        planned: report.planned,
        sent: report.sent,
        waiting,
        dead: report.dead,
        unknown: report.unknown,
        dropped: report.dropped,
        suggestions: report.suggestions,
        troubles: report.troubles.iter().map(|(c, why)| (c.say(lang), why.clone())).collect(),
        waits: report.waits.into_iter().map(|(chat, why)| (chat, wait_says(talk, why))).collect(),
    };
    let mut words = says.doc(lang);
    let in_hands: Vec<_> = report.in_hands.iter().map(|line| line.say(lang)).collect();
    if !in_hands.is_empty() {
        words.0.extend(Document::plain(&in_hands.join("\n")).0);
    }
    if let PostState::Paused { why, .. } = &post.state {
        words.0.extend(PushSays::Stands(why.clone()).doc(lang).0);
    }
    for (account, percent) in talk.desk.slowed(&talk.call).await? {
        words.0.extend(PushSays::Slow { account, percent }.doc(lang).0);
    }
    talk.answer(Saying::of(words))?;
    Ok(())
}

fn wait_says(talk: &Talk<'_>, why: Waits) -> WaitSays {
    let local =
        |at: crate::model::At| at.utc().with_timezone(&talk.desk.office().zone).naive_local();
    match why {
        Waits::Turn => WaitSays::Turn,
        Waits::Until(at) => WaitSays::Until(local(at)),
        Waits::Again(what, at) => WaitSays::Again(what, local(at)),
    }
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
    talk.say(&BotSays::Sources(lines))?;
    Ok(())
}

fn article(text: &str) -> Result<Content, Refusal> {
    compose::parse_article(text).map_err(|m| Refusal::Mistake(MistakeSays::Article(m)))
}

fn explainer(text: &str) -> Result<Content, Refusal> {
    compose::parse_explainer(text).map_err(|m| Refusal::Mistake(MistakeSays::Explainer(m)))
}
