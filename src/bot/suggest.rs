//! What members do with suggestions: write, confirm, change, add, look, take back, be forgotten.
//!
//! What is said in a member's own chat is said to a sealed address: nothing that is kept tells who wrote to us.
//! What is said in a group repeats nobody's words, and names nobody; what of it leads to a suggestion goes with that.

use super::{Deed, Heard, Talk};
use crate::connector::capabilities::Ability;
use crate::desk::{
    Back, ConsentShown, DeskError, Edited, Meant, MineLine, NewDraft, Saying, consent_prefix,
};
use crate::model::{
    Act, Button, ButtonDoes, ChatKind, Code, Document, Happening, Lang, PostId, Prompt, Return,
    Suggestion, SuggestionId,
};
use crate::text::Speak as _;
use crate::text::command::{self, Command, Slash};
use crate::text::press::Press;
use crate::text::say::{MineSays, PastRefusal, Refusal, SuggestionSays};

/// What the button that opens a member's own chat brings there: what is theirs is shown.
const MINE: &str = "r";

/// Hears what is about somebody's own suggestions.
pub(super) async fn hears(talk: &mut Talk<'_>, deed: &Deed) -> Result<Heard, DeskError> {
    match heard(talk, deed).await {
        Err(DeskError::Refused(refusal) | DeskError::Stale(refusal, _)) => {
            refused(talk, deed, refusal)
        }
        other => other,
    }
}

async fn heard(talk: &mut Talk<'_>, deed: &Deed) -> Result<Heard, DeskError> {
    match deed {
        Deed::Command(command) => return commanded(talk, command).await,
        Deed::AnswersPost(post, text) => draft(talk, Some(*post), text).await?,
        Deed::AnswersNotice(notice, text) => match notice.prompt {
            Some(Prompt::Supplement(id)) => supplement(talk, id, text).await?,
            None if talk.alone().is_ok() => draft(talk, None, text).await?,
            _ => return Ok(Heard::NotMine),
        },
        Deed::Words(text) => draft(talk, None, text).await?,
        Deed::Edit(message, text) => {
            // A suggestion that was written as a command is edited as one.
            let words = match command::parse(text, Slash::Needed) {
                Some(Ok(Command::Suggest { text })) => text,
                _ => text.clone(),
            };
            match talk.desk.edited(&mut talk.call, message, &words).await? {
                Edited::Nothing => return Ok(Heard::NotMine),
                Edited::Taken(now) if talk.alone().is_ok() => {
                    whisper(talk, Some(&now), says(talk, &SuggestionSays::TextChanged))?;
                }
                Edited::Taken(_) | Edited::TooLate => {}
            }
        }
        Deed::Press(Press::Consent(id, shown)) => confirm(talk, *id, *shown).await?,
        Deed::Press(Press::Discard(id)) => {
            talk.desk.discard(&mut talk.call, *id).await?;
            let words = SuggestionSays::Discarded;
            toast(talk, None, &words)?;
            in_place(talk, None, says(talk, &words))?;
        }
        Deed::Press(Press::ForgetMe) => forget(talk).await?,
        _ => return Ok(Heard::NotMine),
    }
    Ok(Heard::Mine)
}

async fn commanded(talk: &mut Talk<'_>, command: &Command) -> Result<Heard, DeskError> {
    match command {
        Command::Suggest { text } => {
            let post = answered_post(talk).await?;
            draft(talk, post, text).await?;
        }
        Command::Mine => mine(talk).await?,
        Command::Start { payload } if payload == MINE => mine(talk).await?,
        Command::Withdraw { number } => withdraw(talk, number).await?,
        Command::Forget => {
            talk.alone()?;
            let label = SuggestionSays::ForgetButton.say(talk.call.lang);
            let saying = says(talk, &SuggestionSays::ForgetQuestion);
            let saying = saying.buttons(vec![vec![Press::ForgetMe.button(label)]]);
            whisper(talk, None, saying)?;
        }
        _ => return Ok(Heard::NotMine),
    }
    Ok(Heard::Mine)
}

/// T1: keeps the words as a draft, and asks whether they shall be submitted.
async fn draft(talk: &mut Talk<'_>, post: Option<PostId>, text: &str) -> Result<(), DeskError> {
    let Some((message, _)) = talk.inbound.what.said() else { return Ok(()) };
    let back = talk.call.direct.clone().map_or(Back::Page(None), Back::Chat);
    let message = Some(message.clone());
    let draft = NewDraft { text: text.to_owned(), post, back, message };
    let draft = talk.desk.draft(&mut talk.call, draft).await?;
    let question = words_alone(talk, question(talk, draft.id));
    whisper(talk, Some(&draft), question)
}

/// Says too, where something was sent besides words, that the words alone are kept.
fn words_alone(talk: &Talk<'_>, mut saying: Saying) -> Saying {
    if !talk.attached().is_empty() {
        saying.words.0.extend(SuggestionSays::WordsAlone.doc(talk.call.lang).0);
    }
    saying
}

/// The question for consent, with the text that fits the chat.
fn question(talk: &Talk<'_>, id: SuggestionId) -> Saying {
    let lang = talk.call.lang;
    let [whole, short] = talk.desk.consents(lang);
    let hours = talk.desk.office().suggestions.draft_hours;
    let (words, shown) = match talk.inbound.chat.kind {
        ChatKind::Direct => {
            let consent = whole.text.clone();
            (SuggestionSays::ConsentQuestion { consent, hours }, whole)
        }
        ChatKind::Group | ChatKind::Channel => {
            (SuggestionSays::ConsentQuestionGroup { hours }, short)
        }
    };
    let yes = SuggestionSays::ButtonYes.say(lang);
    let no = SuggestionSays::ButtonNo.say(lang);
    let yes = Press::Consent(id, consent_prefix(&shown)).button(yes);
    says(talk, &words).buttons(vec![vec![yes, Press::Discard(id).button(no)]])
}

/// T2: the receipt goes to the member's own chat; the group only sees that it is done.
async fn confirm(talk: &mut Talk<'_>, id: SuggestionId, shown: u64) -> Result<(), DeskError> {
    let shown = ConsentShown::Prefix(shown);
    let receipt = match talk.desk.confirm(&mut talk.call, id, shown).await {
        Err(DeskError::Refused(Refusal::ConsentChanged)) => {
            talk.call.undo();
            toast(talk, None, &SuggestionSays::ConsentChanged)?;
            let question = question(talk, id);
            return in_place(talk, Some(id), question);
        }
        other => other?,
    };
    if let Happening::Pressed { press: None, message: None, .. } = talk.inbound.what {
        // There is nothing to put it in place of, and the receipt says it.
        return Ok(());
    }
    let number = receipt.number.to_string();
    toast(talk, Some(id), &SuggestionSays::SubmittedToast { number })?;
    let saying = match talk.inbound.chat.kind {
        ChatKind::Direct => says(talk, &SuggestionSays::Submitted),
        ChatKind::Group | ChatKind::Channel => submitted_here(talk),
    };
    in_place(talk, None, saying)
}

/// What the group reads: how its author comes to the chat in which the receipt is.
fn submitted_here(talk: &Talk<'_>) -> Saying {
    if !talk.can(Ability::OpensDirect) {
        return says(talk, &SuggestionSays::SubmittedHereFindMe);
    }
    let label = SuggestionSays::ButtonMine.say(talk.call.lang);
    let open = Button { label, does: ButtonDoes::OpenDirect(MINE.to_owned()) };
    says(talk, &SuggestionSays::SubmittedHere).buttons(vec![vec![open]])
}

/// T10: the submitter adds what they were asked for.
async fn supplement(talk: &mut Talk<'_>, id: SuggestionId, text: &str) -> Result<(), DeskError> {
    let now = talk.desk.supplement(&mut talk.call, id, text).await?;
    let words = SuggestionSays::SupplementTaken { number: now.number.to_string() };
    whisper(talk, Some(&now), words_alone(talk, says(talk, &words)))
}

async fn mine(talk: &mut Talk<'_>) -> Result<(), DeskError> {
    talk.alone()?;
    let lines = talk.desk.mine(&talk.call).await?;
    let line = |l: MineLine| MineSays {
        number: l.number.to_string(),
        on: talk.desk.day(l.created),
        phase: l.phase,
        promised: l.promised.map(|at| talk.desk.day(at)),
        unit: l.unit,
        question: l.question,
        answer: l.answer,
    };
    let words = SuggestionSays::Mine(lines.into_iter().map(line).collect());
    whisper(talk, None, says(talk, &words))
}

async fn withdraw(talk: &mut Talk<'_>, number: &Code) -> Result<(), DeskError> {
    talk.alone()?;
    let (now, erase_at) = talk.desk.withdraw(&mut talk.call, number).await?;
    let erase_on = talk.desk.day(erase_at);
    let words = SuggestionSays::Withdrawn { number: now.number.to_string(), erase_on };
    whisper(talk, Some(&now), says(talk, &words))
}

/// T25: all goes, and what remains is told.
async fn forget(talk: &mut Talk<'_>) -> Result<(), DeskError> {
    talk.alone()?;
    let done = talk.desk.forget_me(&mut talk.call).await?;
    toast(talk, None, &SuggestionSays::ForgetButton)?;
    let words = SuggestionSays::Forgotten {
        suggestions: done.suggestions,
        subscriptions: done.subscriptions,
        kept: done.kept,
    };
    in_place(talk, None, says(talk, &words))
}

/// The post under which a command was written.
async fn answered_post(talk: &Talk<'_>) -> Result<Option<PostId>, DeskError> {
    let Some((_, Some(message))) = talk.inbound.what.said() else { return Ok(None) };
    Ok(match talk.desk.meant(message).await? {
        Meant::Post(post) => Some(post),
        Meant::Notice(_) | Meant::Nothing => None,
    })
}

/// Tells a refusal: in a member's own chat to a sealed address; in a group not at all when somebody only
/// said something short, or changed their words, or was asked so often that they have not answered.
fn refused(talk: &mut Talk<'_>, deed: &Deed, refusal: Refusal) -> Result<Heard, DeskError> {
    talk.call.undo();
    if talk.alone().is_ok() {
        let words = refusal.doc(talk.call.lang);
        match &talk.inbound.what {
            Happening::Pressed { press: Some(press), .. } => {
                let act = Act::AnswerPress { press: press.clone() };
                whisper(talk, None, Saying::of(words).act(act))?;
            }
            _ => whisper(talk, None, Saying::of(words))?,
        }
        return Ok(Heard::Mine);
    }
    let chatter = matches!(refusal, Refusal::TooShort | Refusal::ReceiptInText);
    match deed {
        _ if matches!(refusal, Refusal::DraftsWait { .. }) => Ok(Heard::Mine),
        Deed::AnswersPost(..) if chatter => Ok(Heard::Mine),
        Deed::Edit(..) => Ok(Heard::Mine),
        // Nobody else in a group reads the number of somebody's suggestion.
        _ => Err(match refusal {
            Refusal::Past(PastRefusal::Submitted(_)) => {
                Refusal::from(PastRefusal::Submitted(None)).into()
            }
            other => other.into(),
        }),
    }
}

fn says(talk: &Talk<'_>, words: &SuggestionSays) -> Saying {
    let lang: Lang = talk.call.lang;
    Saying::of(words.doc(lang))
}

/// Says something where it was begun: sealed in a member's own chat, and before all in a group.
fn whisper(
    talk: &mut Talk<'_>,
    about: Option<&Suggestion>,
    saying: Saying,
) -> Result<(), DeskError> {
    if talk.call.answers(&talk.inbound.chat) {
        talk.call.speak(saying);
        return Ok(());
    }
    match (talk.alone(), about.map(|s| (&s.back, s.id))) {
        (Ok(()), Some((Return::Chat(account, address), id))) => {
            Ok(talk.desk.say_back(&mut talk.call, (account, address), id, saying)?)
        }
        (Ok(()), _) => Ok(talk.desk.say_alone(&mut talk.call, &talk.inbound.chat, saying)?),
        (Err(_), about) => {
            let saying = match talk.under() {
                None => saying,
                message => saying.under(message),
            };
            before_all(talk, about.map(|(_, id)| id), saying)
        }
    }
}

/// Says something in a group. What leads to a suggestion is said so that it is found when that is erased.
fn before_all(
    talk: &mut Talk<'_>,
    about: Option<SuggestionId>,
    saying: Saying,
) -> Result<(), DeskError> {
    let chat = &talk.inbound.chat;
    if about.is_some() {
        talk.desk.say_sealed(&mut talk.call, chat, about, saying)?;
    } else {
        talk.desk.say_to(&mut talk.call, chat, saying);
    }
    Ok(())
}

/// Says something to whoever pressed, or in place of what they pressed; `about` is the suggestion to which a group
/// could be led by it.
fn pressed(
    talk: &mut Talk<'_>,
    about: Option<SuggestionId>,
    saying: Saying,
) -> Result<(), DeskError> {
    if talk.alone().is_ok() {
        return whisper(talk, None, saying);
    }
    before_all(talk, about, saying)
}

/// Tells the one who pressed, and nobody else.
fn toast(
    talk: &mut Talk<'_>,
    about: Option<SuggestionId>,
    words: &SuggestionSays,
) -> Result<(), DeskError> {
    let Happening::Pressed { press: Some(press), .. } = &talk.inbound.what else { return Ok(()) };
    let act = Act::AnswerPress { press: press.clone() };
    let words = Document::plain(&words.say(talk.call.lang));
    pressed(talk, about, Saying::of(words).act(act))
}

/// Puts other words in place of the message whose button was pressed.
fn in_place(
    talk: &mut Talk<'_>,
    about: Option<SuggestionId>,
    saying: Saying,
) -> Result<(), DeskError> {
    let saying = match &talk.inbound.what {
        Happening::Pressed { message: Some(message), .. } => {
            saying.act(Act::Amend { message: message.message.clone() })
        }
        _ => saying,
    };
    pressed(talk, about, saying)
}
