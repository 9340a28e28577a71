//! The words of the pages in English.

use super::PageSays;
use crate::model::{Lang, MatterKind, PhaseName, Span};
use crate::text::say::suggestion::sorting::{kind_name, span};
use chrono::NaiveDate;

#[expect(clippy::too_many_lines, reason = "one line a sentence")]
#[expect(clippy::match_same_arms, reason = "each sentence stands by itself")]
pub(super) fn en(says: &PageSays) -> String {
    use PageSays as P;
    match says {
        P::SkipToContent => "Skip to content",
        P::AllGroups => "Home",
        P::CheckReceipt => "Check a receipt",
        P::Privacy => "Privacy",
        P::HomeLead => {
            "News digests and policy explainers. Reply to any of them: each suggestion gets a receipt and an answer."
        }
        P::NoGroupsTitle => "No public group yet",
        P::NoGroups => "Once an administrator adds a group to the configuration, its posts are shown here.",
        P::NothingYetTitle => "Nothing posted yet",
        P::NothingYet => "New posts appear here by themselves; there is no need to reload.",
        P::Latest => "Latest: ",
        P::Live => "live",
        P::Newest => "← Newest",
        P::Older => "Older →",
        P::SubscribeTo => "Subscribe: ",
        P::MakeSuggestion => "Make a suggestion",
        P::ReplyToThis => "Reply to this",
        P::Permalink => "Permanent link",
        P::PostWithdrawn => "This post was withdrawn.",
        P::PostCode => "Code",
        P::ReplyTitle => "Reply to this post",
        P::SuggestLead => {
            "Tell us about a problem or an idea. When, where and what exactly: the more precise, the sooner it is done."
        }
        P::YourWords => "Your suggestion (at least four characters)",
        P::ConsentTitle => "Before you submit",
        P::IAgree => "I have read this and agree",
        P::Submit => "Submit",
        P::SentBefore => {
            "This was submitted already and was not submitted twice. Its receipt was shown once, on the page after submitting. To make another suggestion, change the text and submit it."
        }
        P::ReceiptAnew => {
            "This was submitted already and was not submitted twice. The code is a new one: one that you were shown before no longer holds."
        }
        P::Received => "Received, thank you",
        P::KeepReceipt => {
            "Number and code are shown only this once. Take a screenshot or write them down, and keep them to yourself."
        }
        P::Number => "Number",
        P::Secret => "Code",
        P::WhatNext => "What happens next",
        P::NextRespond(day) => return format!("A person responds by {}.", day_en(*day)),
        P::NextLook => "With number and code you can see progress and answer under “Check a receipt” at any time.",
        P::NextWithdraw => "If you change your mind, withdraw or erase it there.",
        P::ReceiptLead => "Enter the number and the code that you were given when you submitted.",
        P::ReceiptTitle => "Your suggestion",
        P::Look => "Look it up",
        P::SubmittedOn => "Submitted on",
        P::AboutPost => "About",
        P::Promised(phase, day) => {
            let day = day_en(*day);
            return match phase {
                PhaseName::NeedInfo => {
                    format!("Please add to it by {day}; after that it is decided with what there is.")
                }
                PhaseName::Accepted | PhaseName::DeclineProposed => {
                    format!("You are promised an answer by {day}.")
                }
                PhaseName::Withdrawn => format!("The text is erased on {day}."),
                _ => format!("You are promised a response by {day}."),
            };
        }
        P::DeclinedBecause => "Reason: ",
        P::TheAnswer => "The answer",
        P::WeAskYou => "We ask you",
        P::YourSupplement => "Your addition",
        P::TakeBackTitle => "Withdraw or erase",
        P::TakeBackLead => {
            "Once withdrawn, nobody works on it any more. Erasing destroys the text at once, for good. To be sure it is you, enter the code again."
        }
        P::SecretAgain => "The code again",
        P::Withdraw => "Withdraw",
        P::Erase => "Erase for good",
        P::Done => "Done",
        P::SupplementDone => "Your addition was received, and the work goes on.",
        P::WithdrawDone(day) => {
            return format!("Withdrawn. The text is erased on {}; you can also erase it now.", day_en(*day));
        }
        P::EraseDone => {
            "Erased. The text and the return address are destroyed; only counts without any person in them remain."
        }
        P::PrivacyKept => "What is kept",
        P::KeptText => {
            "Your suggestion and where the answer goes: each encrypted under a key of its own; to erase is to destroy the key."
        }
        P::KeptDraft(hours) => {
            return format!("Drafts that were not confirmed: erased after {}.", hours_en(*hours));
        }
        P::KeptWithdrawn(days) => {
            return format!("Withdrawn suggestions: erased after {}.", days_en(*days));
        }
        P::KeptReceipt => "Receipt codes: only as a hash; not even we can read them.",
        P::KeptSubscriptions => "The topics and the language that groups and people chose; addresses of readers by e-mail, sealed.",
        P::KeptOpenings => {
            "How often a group's code was opened and answered: counted for the group, and not who did."
        }
        P::PrivacyNotKept => "What is not kept",
        P::NotKeptAddress => "Network addresses and browsers of readers: neither logged nor stored.",
        P::NotKeptChatter => "Chatter in groups: what was not said to the program leaves no trace.",
        P::NotKeptCookies => "Public pages use no cookies and load nothing from third parties.",
        P::NotKeptProfiles => "Nobody is scored, profiled or counted.",
        P::PrivacyPromised => "What is promised",
        P::PromisedResponse(days) => {
            return format!("A person responds within {} of submitting.", span(*days, Lang::En));
        }
        P::PromisedDecision(days) => {
            return format!(
                "Within {} at the latest it is decided whether it is taken up, and you are told which unit answers, and when.",
                span(*days, Lang::En)
            );
        }
        P::PromisedAnswer(kinds) => {
            let of = |(kind, days): &(MatterKind, Span)| {
                format!("{}: {}", kind_name(*kind, Lang::En), span(*days, Lang::En))
            };
            let each = kinds.iter().map(of).collect::<Vec<_>>().join("; ");
            return format!("What is taken up is answered within its time – {each}.");
        }
        P::WhoAnswers => "Who answers",
        P::SortHow => "Look at how it is sorted, then take it up",
        P::SortChange => "Change how it is sorted",
        P::TakeUp => "Take up",
        P::Change => "Change",
        P::KindBy(kind, day) => {
            let day = day.format("%-d %B");
            return format!("{} (answer by {day})", kind_name(*kind, Lang::En));
        }
        P::PromisedErasure => {
            "With number and code you can withdraw or erase at any time; in a chat, send /forget."
        }
        P::PrivacyLimits => "Please note",
        P::LimitPlatforms => {
            "Chat platforms themselves know who wrote, and we cannot change that. For sensitive matters use the form on these pages."
        }
        P::LimitGroups => "A public reply in a group is seen by its members.",
        P::LimitUrgent => "In an emergency call 110, 119 or 120.",
        P::SeatTitle => "Your seat",
        P::SeatLead => "Talk to the program here as in a chat: send commands, press buttons, answer.",
        P::SeatEmptyTitle => "Hello",
        P::SeatEmpty => "Send /help to see what you can do. New suggestions and notices appear here by themselves.",
        P::SeatType => "A command, or words",
        P::SeatAgain => "Bring back what I sent last",
        P::SeatNotKept => "What you send is deleted once it is done; only answers are shown here.",
        P::SeatHow => "All commands and how to write them",
        P::SeatOpened => "Your seat is open.",
        P::SeatGoOn => "Go to your seat",
        P::SealedGone => "This was cleared to keep it confidential. Send /inbox to see it again.",
        P::TakenBack => "This message was taken back.",
        P::AnswerThis => "Answer here",
        P::BringFile => "Add a picture or file",
        P::BringAlt => "What it shows (for those who do not see it)",
        P::BackToSeat => "Back to the seat",
        P::Send => "Send",
        P::Leave => "Leave",
        P::NoSeatTitle => "Please come in by your own link",
        P::NoSeat => {
            "This page is for staff. Open the link that your administrator gave you; if it no longer works, ask for a new one."
        }
        P::StaleFormTitle => "This page is out of date",
        P::StaleForm => "The page was open for too long, or was not ours. Please check the text and submit it again.",
        P::Again => "Go back",
        P::NotFoundTitle => "There is no such page",
        P::NotFound => "The link may be incomplete, or the post was withdrawn. Please start from the home page.",
        P::WrongMethod => "This address cannot be opened directly. Please start from the home page.",
        P::TooLargeTitle => "That is too long",
        P::TooLarge => "So much cannot be submitted at once. Please go back, shorten it and submit it again.",
        P::TooManyTitle => "That was too much at once",
        P::TooMany => "Please wait a minute, go back and try again.",
        P::TooManySubmissions(1) => {
            "That was too much at once. Please wait one minute; what you wrote is still below."
        }
        P::TooManySubmissions(minutes) => {
            return format!(
                "That was too much at once. Please wait {minutes} minutes; what you wrote is still below."
            );
        }
        P::Unreadable => {
            "Some letters could not be read; they are shown below as “\u{fffd}”. Please put them right and submit again."
        }
        P::ReceiptHere => {
            "That is a number or a code, and was not submitted. To see how it stands, open “Check a receipt” above."
        }
        P::BadFormTitle => "That could not be read",
        P::BadForm => "Something was missing, or the form was not ours. Please go back and try again.",
        P::BrokenTitle => "Not available right now",
        P::Broken => {
            "Something went wrong on our side, and nothing was submitted. Please keep your text and try again in a few minutes."
        }
        P::Moment(at) => return at.format("%-d %b %Y, %H:%M").to_string(),
        P::Day(day) => return day_en(*day),
    }
    .to_owned()
}

fn day_en(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

fn days_en(n: u32) -> String {
    if n == 1 { "one day".to_owned() } else { format!("{n} days") }
}

fn hours_en(n: u32) -> String {
    if n == 1 { "one hour".to_owned() } else { format!("{n} hours") }
}
