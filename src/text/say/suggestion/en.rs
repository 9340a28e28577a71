//! The sentences about suggestions in English.

use super::sorting::{SortingSays, facet_name, kind_name, reminder};
use super::{CaseSays, Kept, MineSays, SuggestionSays, TriageSays, decline_name, phase_name};
use crate::model::{Lang, PhaseName};
use crate::text::press::TriagePress;
use crate::text::say::help::usage;
use chrono::NaiveDate;

pub(super) fn en(says: &SuggestionSays) -> String {
    use SuggestionSays as S;
    match says {
        S::ConsentQuestion { consent, hours } => {
            format!("Submit this as a suggestion?\n{consent}\nUnless you confirm within {hours} hours, it is deleted.")
        }
        S::WordsAlone => "The words alone are kept: the picture or file was not taken, and is not submitted with them.".to_owned(),
        S::ConsentQuestionGroup { hours } => format!(
            "Submit this message as a suggestion? (Only its author can choose.)\n{}\nUnless confirmed within {hours} hours, it is deleted.",
            en(&S::ConsentShort)
        ),
        S::ConsentShort => "Staff see what you wrote, but neither your name nor your account; it is kept encrypted, and you can withdraw or erase it at any time. In an emergency call 110, 119 or 120. The full note is shown when you write to me in private.".into(),
        S::ConsentChanged => "The note on submitting has changed. Please read the new one before you confirm.".into(),
        S::ButtonYes => "Submit".into(),
        S::ButtonNo => "Do not submit".into(),
        S::TextChanged => "Updated to your new words.".into(),
        S::ChangedTooLate { number, page: None } => format!(
            "Somebody is working on your suggestion {number}, so this change was not taken. To add something, please reply to this message."
        ),
        S::ChangedTooLate { number, page: Some(page) } => format!(
            "Somebody is working on your suggestion {number}, so this change was not taken. To add something, please open {page} and use your number and code there."
        ),
        S::SubmittedHere => "Submitted. The receipt and the answer go to its author in private; if you have never written to me alone, open that chat with the button below first.".into(),
        S::SubmittedHereFindMe => "Submitted. The receipt and the answer go to its author in private; if nothing arrives, tap my picture or search for my name to open that chat, and send /mine.".into(),
        S::Submitted => "Submitted. The receipt is in the next message.".into(),
        S::SubmittedToast { number } => format!("Submitted as {number}. The receipt is in your private chat."),
        S::ButtonMine => "My suggestions".into(),
        S::Receipt { number, secret, respond_by, url } => format!(
            "We have received your suggestion.\nNumber: {number}\nCode: {secret} (shown only this once; keep it to yourself)\nSomebody will respond by {}; the answer comes here.\nYou can also look it up with number and code: {url}\nTo withdraw it at any time: /withdraw {number}",
            day(*respond_by)
        ),
        S::Discarded => "Not submitted; deleted.".into(),
        S::DraftLapsed => "Something you wrote was not confirmed in time: not submitted; deleted.".into(),
        S::Question { number, question, until, page: None } => format!(
            "About your suggestion {number}, could you tell us more:\n{question}\nPlease reply to this message by {}; after that we go on with what there is.",
            day(*until)
        ),
        S::Question { number, question, until, page: Some(page) } => format!(
            "About your suggestion {number}, could you tell us more:\n{question}\nPlease answer by {} on {page} with the number and the code of your receipt; what you write here counts as something new. After that day we go on with what there is.",
            day(*until)
        ),
        S::SupplementTaken { number } => format!("Thank you, suggestion {number} goes on."),
        S::GoesOnWithout { number } => {
            format!("Nothing was added to suggestion {number}; it goes on with what there is.")
        }
        S::Accepted { number, unit, answer_by } => {
            format!("Your suggestion {number} is taken up: {unit} will answer by {}.", day(*answer_by))
        }
        S::Sorted { number, unit, answer_by } => format!(
            "A correction about your suggestion {number}: {unit} will answer by {}.",
            day(*answer_by)
        ),
        S::Answered { number, answer } => format!("Your suggestion {number} has an answer:\n{answer}"),
        S::Declined { number, code, reason } => format!(
            "Your suggestion {number} is not adopted ({}):\n{reason}\nThank you for caring. If there is something new, please write again.",
            decline_name(*code, Lang::En)
        ),
        S::Withdrawn { number, erase_on } => {
            format!("Suggestion {number} is withdrawn; its text will be erased on {}.", day(*erase_on))
        }
        S::Mine(lines) if lines.is_empty() => {
            "You have not submitted anything yet. Reply to a push, or simply write to me.".into()
        }
        S::Mine(lines) => lines.iter().map(mine).collect::<Vec<_>>().join("\n"),
        S::ForgetQuestion => "Erase everything that is yours? Your suggestions, return address, subscription and settings are erased for good, and suggestions without an answer will not get one.".into(),
        S::ForgetButton => "Erase everything".into(),
        S::Forgotten { suggestions, subscriptions, kept } => forgotten(*suggestions, *subscriptions, kept),
    }
}

pub(super) fn to_staff(says: &TriageSays) -> String {
    use TriageSays as S;
    match says {
        S::NewCase { number, post, respond_by } => {
            let about = post.as_ref().map(|p| format!(" (on “{p}”)")).unwrap_or_default();
            format!("New suggestion {number}{about}; please respond by {}.", day(*respond_by))
        }
        S::SupplementFor { number } => {
            format!("The submitter of suggestion {number} has added something.")
        }
        S::QuestionOver { number } => {
            format!(
                "Your question about suggestion {number} was not answered in time. Please go on with what there is."
            )
        }
        S::LeaseOver { number } => {
            format!("Suggestion {number} was claimed and not worked on; it is back in the inbox.")
        }
        S::TakenBack { number } => {
            format!(
                "Suggestion {number} was taken back by its author; there is nothing more to do."
            )
        }
        S::Erased { number } => {
            format!("Suggestion {number} was erased by its author; there is nothing more to do.")
        }
        S::TakenOver { number, by } => {
            format!(
                "{by} has taken over suggestion {number} and answers it; there is nothing left for you to do."
            )
        }
        S::DeclineToConfirm { number, code, reason } => format!(
            "A colleague would decline suggestion {number} ({}); please decide:\n{reason}",
            decline_name(*code, Lang::En)
        ),
        S::DeclineReturned { number } => {
            format!("Declining suggestion {number} was not confirmed; please go on with it.")
        }
        S::InboxEmpty => "The inbox is empty: no suggestion waits.".into(),
        S::Unreadable => "(this cannot be read: the key directory is older than the data, or the words are damaged; tell an administrator)".into(),
        S::Inbox(lines) => {
            let line = |c: &CaseSays| {
                let post = c.post.as_ref().map(|p| format!(" “{p}”")).unwrap_or_default();
                let sorting = c
                    .sorting
                    .as_ref()
                    .map(|s| format!(" – {}, {}", kind_name(s.kind, Lang::En), s.unit));
                let sorting = sorting.unwrap_or_default();
                format!("{} {}{}{sorting}{post}", c.number, state(c), due(c))
            };
            let lines: Vec<_> = lines.iter().map(line).collect();
            format!(
                "Open suggestions: {}\n{}\nTo see one: /show NUMBER",
                lines.len(),
                lines.join("\n")
            )
        }
        S::Case(case) => case_of(case),
        S::AskHow { number } => {
            format!(
                "Reply to this message with the question for the submitter of suggestion {number}."
            )
        }
        S::AnswerHow { number } => format!(
            "Reply to this message with the answer to suggestion {number}: what was done and by when, or why it cannot be done."
        ),
        S::DeclineHow { number } => format!(
            "Reply to this message with why suggestion {number} is declined: first remit, done, infeasible, vague or other; then a sentence for the submitter."
        ),
        S::ByCommand { verb, number } => {
            format!("Please send: {}", usage(*verb, Lang::En).replacen("NUMBER", number, 1))
        }
        S::LookFirst => {
            "Please look at how it is sorted and when it is to be answered, then press “Take up”."
                .into()
        }
        S::ChooseFrom(facet) => format!("Choose the {}.", facet_name(*facet, Lang::En)),
        S::Chosen { facet, title } => {
            format!("{}: {title}", facet_name(*facet, Lang::En))
        }
        S::SortedNow => "Sorted.".into(),
        S::Reminder { what, numbers, named } => reminder(*what, (numbers, *named), Lang::En),
        S::Done(press) => match press {
            TriagePress::Show => "See below.",
            TriagePress::Claim | TriagePress::Next => "Claimed.",
            TriagePress::Release => "Released.",
            TriagePress::Ask => "The question is on its way.",
            TriagePress::Accept | TriagePress::TakeUp => "Taken up; the submitter is told.",
            TriagePress::Sort => "Choose what to change.",
            TriagePress::Answer => "The answer is on its way.",
            TriagePress::Decline => "A lead is asked to decide.",
            TriagePress::Confirm => "Confirmed; the submitter is told.",
            TriagePress::Return => "Sent back.",
        }
        .into(),
    }
}

fn mine(line: &MineSays) -> String {
    let promised = line.promised.map(|by| match line.phase {
        PhaseName::NeedInfo => format!(", please add to it by {}", day(by)),
        PhaseName::Accepted | PhaseName::DeclineProposed => match &line.unit {
            Some(unit) => format!(", {unit} will answer by {}", day(by)),
            None => format!(", answer by {}", day(by)),
        },
        PhaseName::Withdrawn => format!(", erased on {}", day(by)),
        _ => format!(", response by {}", day(by)),
    });
    let mut lines = vec![format!(
        "{} {} (submitted on {}){}",
        line.number,
        phase_name(line.phase, Lang::En),
        day(line.on),
        promised.unwrap_or_default()
    )];
    for (label, words) in [("Question", &line.question), ("Answer", &line.answer)] {
        if let Some(words) = words {
            lines.push(format!("  {label}: {words}"));
        }
    }
    lines.join("\n")
}

fn case_of(case: &CaseSays) -> String {
    let mut lines = vec![format!(
        "Suggestion {} (submitter {})\n{}{}",
        case.number,
        case.pseudonym,
        state(case),
        due(case)
    )];
    if let Some(sorting) = &case.sorting {
        lines.push(sorted(sorting));
    }
    if let Some(post) = &case.post {
        lines.push(format!("On: “{post}”"));
    }
    if let Some(group) = &case.came_by {
        lines.push(format!("From: somebody who scanned the code in “{group}”"));
    }
    for (nth, words) in case.texts.iter().enumerate() {
        let label = if nth == 0 { "Text".to_owned() } else { format!("Addition {nth}") };
        lines.push(format!("{label}: {words}"));
    }
    if let Some(question) = &case.question {
        lines.push(format!("Asked: {question}"));
    }
    if let Some((code, reason)) = &case.reason {
        lines.push(format!("Proposed to decline ({}): {reason}", decline_name(*code, Lang::En)));
    }
    if let Some(answer) = &case.answer {
        lines.push(format!("Answer: {answer}"));
    }
    lines.join("\n")
}

fn state(case: &CaseSays) -> String {
    let name = match case.phase {
        PhaseName::DeclineProposed => "decline proposed, a lead decides",
        phase => phase_name(phase, Lang::En),
    };
    match &case.by {
        Some(by) => format!("{name} ({by})"),
        None if case.phase == PhaseName::Accepted => format!("{name} (to be taken over)"),
        None => name.to_owned(),
    }
}

fn due(case: &CaseSays) -> String {
    match case.due {
        Some(erased) if case.phase == PhaseName::Withdrawn => {
            format!(", to be erased on {}", day(erased))
        }
        Some(due) if due < case.today => format!(", was due {}", day(due)),
        Some(due) => format!(", due {}", day(due)),
        None => String::new(),
    }
}

fn sorted(sorting: &SortingSays) -> String {
    let SortingSays { kind, category, area, unit, if_taken_up } = sorting;
    let kind = kind_name(*kind, Lang::En);
    let taken = if_taken_up.map(|by| format!(" (once taken up, by {})", day(by)));
    let taken = taken.unwrap_or_default();
    format!("Sorted: {kind} · {category} · {area} · answered by {unit}{taken}")
}

fn forgotten(suggestions: usize, subscriptions: usize, kept: &[Kept]) -> String {
    let words: Vec<_> = kept
        .iter()
        .map(|k| match k {
            Kept::Counts => "counts and names of steps, with nobody in them",
            Kept::Roles => "what you may do here as staff (an administrator can take it away)",
            Kept::Away => {
                "that you have left (or the office's list would have mail sent to you again)"
            }
            Kept::Platform => {
                "messages that the platform and group members have seen (please delete them there)"
            }
        })
        .collect();
    format!(
        "Erased: suggestions: {suggestions}; subscriptions: {subscriptions}; and your settings. The keys are destroyed within minutes, and then nobody can restore them.\nWhat remains: {}.",
        words.join("; ")
    )
}

fn day(date: NaiveDate) -> String {
    date.format("%-d %B").to_string()
}
