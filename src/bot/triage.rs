//! What reviewers and leads do with suggestions, in their own chat.

use super::{Deed, Heard, Talk, sort};
use crate::connector::Answers;
use crate::desk::{CaseLine, CaseView, DeskError, Saying, Which, buttons};
use crate::model::{Act, Button, Happening, PhaseName, Prompt, Suggestion, SuggestionId, Version};
use crate::text::Speak as _;
use crate::text::command::{self, Command, Verb};
use crate::text::press::{Press, TriagePress};
use crate::text::say::{CaseSays, MistakeSays, Refusal, TriageSays, triage_label};

/// Hears what is for reviewers and leads.
pub(super) async fn hears(talk: &mut Talk<'_>, deed: &Deed) -> Result<Heard, DeskError> {
    match heard(talk, deed).await {
        Err(DeskError::Stale(refusal, id)) => stale(talk, &refusal, id).await,
        other => other,
    }
}

async fn heard(talk: &mut Talk<'_>, deed: &Deed) -> Result<Heard, DeskError> {
    match deed {
        Deed::Command(command) => commanded(talk, command).await,
        Deed::Press(Press::Triage(press, id, shown)) => {
            talk.alone()?;
            pressed(talk, *press, *id, *shown).await?;
            Ok(Heard::Mine)
        }
        Deed::Press(Press::Choices(facet, id, shown)) => {
            talk.alone()?;
            sort::choices(talk, *facet, (*id, *shown)).await?;
            Ok(Heard::Mine)
        }
        Deed::Press(Press::Pick(pick, id, shown)) => {
            talk.alone()?;
            sort::picked(talk, pick, (*id, *shown)).await?;
            Ok(Heard::Mine)
        }
        Deed::AnswersNotice(notice, text) => match &notice.prompt {
            Some(prompt) => prompted(talk, prompt, text).await,
            None => Ok(Heard::NotMine),
        },
        _ => Ok(Heard::NotMine),
    }
}

async fn commanded(talk: &mut Talk<'_>, command: &Command) -> Result<Heard, DeskError> {
    let (press, number) = match command {
        Command::Inbox => {
            talk.alone()?;
            inbox(talk).await?;
            return Ok(Heard::Mine);
        }
        Command::Next => {
            talk.alone()?;
            next(talk).await?;
            return Ok(Heard::Mine);
        }
        Command::Sort { number, .. } => (TriagePress::Sort, number),
        Command::Ask { number, .. } => (TriagePress::Ask, number),
        Command::Answer { number, .. } => (TriagePress::Answer, number),
        Command::Decline { number, .. } => (TriagePress::Decline, number),
        Command::Show { number } => (TriagePress::Show, number),
        Command::Claim { number } => (TriagePress::Claim, number),
        Command::Release { number } => (TriagePress::Release, number),
        Command::Accept { number, .. } => (TriagePress::Accept, number),
        Command::Confirm { number } => (TriagePress::Confirm, number),
        Command::Return { number } => (TriagePress::Return, number),
        _ => return Ok(Heard::NotMine),
    };
    talk.alone()?;
    let which = Which::Number(number.clone());
    match command {
        Command::Ask { text, .. } => {
            let now = talk.desk.ask(&mut talk.call, &which, text).await?;
            done(talk, press, &now).await?;
        }
        Command::Answer { text, .. } => {
            let now = talk.desk.answer(&mut talk.call, &which, text).await?;
            done(talk, press, &now).await?;
        }
        Command::Decline { code, reason, .. } => {
            let now = talk.desk.propose_decline(&mut talk.call, &which, *code, reason).await?;
            done(talk, press, &now).await?;
        }
        Command::Sort { picks, .. } => sort::typed(talk, &which, picks).await?,
        Command::Accept { picks, .. } => sort::take_up(talk, &which, picks).await?,
        _ => step(talk, press, &which).await?,
    }
    Ok(Heard::Mine)
}

async fn pressed(
    talk: &mut Talk<'_>,
    press: TriagePress,
    id: SuggestionId,
    shown: Version,
) -> Result<(), DeskError> {
    let which = Which::Shown(id, shown);
    let prompt = match press {
        // Looking is never too late.
        TriagePress::Show => return step(talk, press, &Which::Id(id)).await,
        TriagePress::Next => return next(talk).await,
        TriagePress::Accept => return sort::take_up(talk, &which, "").await,
        TriagePress::Sort => return sort::opened(talk, &which).await,
        TriagePress::Ask => Prompt::Question(id),
        TriagePress::Answer => Prompt::Answer(id),
        TriagePress::Decline => Prompt::Decline(id),
        _ => return step(talk, press, &which).await,
    };
    let number = talk.desk.having(&talk.call, &which).await?.number.to_string();
    if talk.connector.is_some_and(|c| c.answers() == Answers::Bare) {
        let verb = match press {
            TriagePress::Ask => Verb::Ask,
            TriagePress::Answer => Verb::Answer,
            _ => Verb::Decline,
        };
        talk.say(&TriageSays::ByCommand { verb, number })?;
        return Ok(());
    }
    let says = match press {
        TriagePress::Ask => TriageSays::AskHow { number },
        TriagePress::Answer => TriageSays::AnswerHow { number },
        _ => TriageSays::DeclineHow { number },
    };
    // Where a press waits for no answer, the prompt alone says it.
    if let Happening::Pressed { press: Some(_), .. } = talk.inbound.what {
        talk.toast(says.say(talk.call.lang))?;
    }
    let saying = Saying::of(says.doc(talk.call.lang)).prompt(prompt);
    talk.answer(saying)?;
    Ok(())
}

/// The steps that take no words.
async fn step(talk: &mut Talk<'_>, press: TriagePress, which: &Which) -> Result<(), DeskError> {
    let (desk, call) = (talk.desk, &mut talk.call);
    let now = match press {
        TriagePress::Claim => desk.claim(call, which).await?,
        TriagePress::Release => desk.release(call, which).await?,
        TriagePress::TakeUp => desk.accept(call, which, &[]).await?,
        TriagePress::Confirm => desk.confirm_decline(call, which).await?,
        TriagePress::Return => desk.return_decline(call, which).await?,
        TriagePress::Show
        | TriagePress::Ask
        | TriagePress::Accept
        | TriagePress::Sort
        | TriagePress::Next
        | TriagePress::Answer
        | TriagePress::Decline => {
            let view = desk.show(call, which).await?;
            answer_press(talk, press)?;
            return show(talk, &view, Act::Say { reply_to: None });
        }
    };
    done(talk, press, &now).await
}

/// Takes the one that has waited longest, and shows it below what was said before.
async fn next(talk: &mut Talk<'_>) -> Result<(), DeskError> {
    let now = talk.desk.claim_next(&mut talk.call).await?;
    let view = talk.desk.case_of(&talk.call, &now).await?;
    match &talk.inbound.what {
        Happening::Pressed { .. } => answer_press(talk, TriagePress::Next)?,
        _ => talk.answer(Saying::of(TriageSays::Done(TriagePress::Next).doc(talk.call.lang)))?,
    }
    show(talk, &view, Act::Say { reply_to: None })
}

/// Somebody wrote what a prompt had asked for.
async fn prompted(talk: &mut Talk<'_>, prompt: &Prompt, text: &str) -> Result<Heard, DeskError> {
    let (press, now) = match prompt {
        Prompt::Question(id) => {
            (TriagePress::Ask, talk.desk.ask(&mut talk.call, &Which::Id(*id), text).await?)
        }
        Prompt::Answer(id) => {
            (TriagePress::Answer, talk.desk.answer(&mut talk.call, &Which::Id(*id), text).await?)
        }
        Prompt::Decline(id) => {
            let usage = || Refusal::Mistake(MistakeSays::Usage(Verb::Decline));
            let (code, reason) = command::decline(text).ok_or_else(usage)?;
            let (call, which) = (&mut talk.call, Which::Id(*id));
            let now = talk.desk.propose_decline(call, &which, code, &reason).await?;
            (TriagePress::Decline, now)
        }
        Prompt::Supplement(_) | Prompt::Rewrite(_) => return Ok(Heard::NotMine),
    };
    done(talk, press, &now).await?;
    Ok(Heard::Mine)
}

/// Tells that it is done, and shows how the suggestion stands now.
pub(super) async fn done(
    talk: &mut Talk<'_>,
    press: TriagePress,
    now: &Suggestion,
) -> Result<(), DeskError> {
    let view = talk.desk.case_of(&talk.call, now).await?;
    match &talk.inbound.what {
        Happening::Pressed { .. } => answer_press(talk, press)?,
        _ => talk.answer(Saying::of(TriageSays::Done(press).doc(talk.call.lang)))?,
    }
    let act = in_place(talk);
    show(talk, &view, act)
}

/// Tells who was faster, and shows how it stands now.
async fn stale(
    talk: &mut Talk<'_>,
    refusal: &Refusal,
    id: SuggestionId,
) -> Result<Heard, DeskError> {
    talk.call.undo();
    talk.refuse(refusal)?;
    if let Ok(view) = talk.desk.show(&mut talk.call, &Which::Id(id)).await {
        let act = in_place(talk);
        show(talk, &view, act)?;
    }
    Ok(Heard::Mine)
}

async fn inbox(talk: &mut Talk<'_>) -> Result<(), DeskError> {
    let lines = talk.desk.inbox(&talk.call).await?;
    let waits = lines.iter().find(|line| line.phase == PhaseName::Received);
    let buttons = waits.map(|line| {
        let next = Press::Triage(TriagePress::Next, line.id, line.version);
        vec![vec![next.button(triage_label(TriagePress::Next, talk.call.lang))]]
    });
    let says = if lines.is_empty() {
        TriageSays::InboxEmpty
    } else {
        TriageSays::Inbox(lines.into_iter().map(|l| case_says(talk, l)).collect())
    };
    let saying = Saying::of(says.doc(talk.call.lang)).buttons(buttons.unwrap_or_default());
    Ok(talk.desk.say_sealed(&mut talk.call, &talk.inbound.chat, None, saying)?)
}

/// Shows a suggestion with what can be done with it; its words are sealed on their way.
fn show(talk: &mut Talk<'_>, view: &CaseView, act: Act) -> Result<(), DeskError> {
    let lang = talk.call.lang;
    let below = match view.line.phase {
        // How it is sorted is chosen where it is read.
        PhaseName::Claimed => sort::panel(talk, view),
        _ => buttons(&view.steps, view.line.id, view.version(), lang),
    };
    show_with(talk, view, (below, act))
}

/// Shows a suggestion with these buttons below.
pub(super) fn show_with(
    talk: &mut Talk<'_>,
    view: &CaseView,
    (below, act): (Vec<Vec<Button>>, Act),
) -> Result<(), DeskError> {
    let lang = talk.call.lang;
    let proposal = view.proposal.as_ref();
    let proposed = proposal.map(|p| sort::says(talk, &p.sorting, Some(p.answer_by)));
    let line = case_says(talk, view.line.clone());
    let says = CaseSays {
        texts: view.texts.clone(),
        question: view.question.clone(),
        reason: view.reason.clone(),
        answer: view.answer.clone(),
        sorting: proposed.or(line.sorting.clone()),
        ..line
    };
    let words = TriageSays::Case(Box::new(says)).doc(lang);
    let saying = Saying::of(words).buttons(below).act(act);
    let shows = Some(view.line.id);
    Ok(talk.desk.say_sealed(&mut talk.call, &talk.inbound.chat, shows, saying)?)
}

fn case_says(talk: &Talk<'_>, line: CaseLine) -> CaseSays {
    CaseSays {
        number: line.number.to_string(),
        pseudonym: line.pseudonym.to_string(),
        post: line.post,
        came_by: line.came_by,
        phase: line.phase,
        due: line.due.map(|at| talk.desk.day(at)),
        today: talk.desk.day(talk.call.at),
        by: line.by,
        sorting: line.sorting.map(|sorting| sort::says(talk, &sorting, None)),
        texts: Vec::new(),
        question: None,
        reason: None,
        answer: None,
    }
}

fn answer_press(talk: &mut Talk<'_>, press: TriagePress) -> Result<(), DeskError> {
    if let Happening::Pressed { .. } = talk.inbound.what {
        talk.toast(TriageSays::Done(press).say(talk.call.lang))?;
    }
    Ok(())
}

/// In place of the message whose button was pressed; otherwise as a new one.
pub(super) fn in_place(talk: &Talk<'_>) -> Act {
    match &talk.inbound.what {
        Happening::Pressed { message: Some(message), .. } => {
            Act::Amend { message: message.message.clone() }
        }
        _ => Act::Say { reply_to: None },
    }
}
