//! What members are told: `POST /cgi-bin/message/send`; changes of cards, and what is taken back.
//!
//! The platform can be asked to look whether it had the same message before (`enable_duplicate_check`): whether the
//! request is the same, letter by letter. For what goes to many, and for cards, whose `task_id` is their own, that
//! makes a repeated message one. Two answers to one member may well be the same and both be meant, so there it is
//! not asked for: what got no answer may have arrived. Where a text was taken and a card below it was not, the card
//! alone is sent again.

use super::card::{Card, Grey, Says, written};
use super::errors::{Errand, Trouble, WORDS_MAX};
use super::{Done, Together, Wecom};
use crate::connector::signed::short_name;
use crate::connector::{Outgoing, Receipt, SendFailure};
use crate::model::{Button, ChatKind, MessageRef};
use crate::text::Part;
use serde::{Deserialize, Serialize};

/// What the name of a pressed message begins with; behind it is the code by which its card is changed once.
pub(super) const CODE: char = '!';
/// What stands between the names of several messages that say one thing.
const AND: char = ',';
/// The longest that the platform looks back, in seconds.
const LOOKS_BACK: u32 = 4 * 3_600;

#[derive(Serialize)]
struct Message<'a> {
    #[serde(flatten)]
    to: Receivers<'a>,
    agentid: u32,
    #[serde(flatten)]
    says: &'a Says,
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_duplicate_check: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_check_interval: Option<u32>,
}

#[derive(Default, Serialize)]
struct Receivers<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    touser: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    toparty: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    totag: Option<String>,
}

/// What the platform took, and whom it left out.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Sent {
    msgid: String,
    invaliduser: Option<String>,
    invalidparty: Option<String>,
    invalidtag: Option<String>,
    unlicenseduser: Option<String>,
}

#[derive(Serialize)]
struct Change<'a> {
    userids: [&'a str; 1],
    agentid: u32,
    response_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_card: Option<Card>,
    #[serde(skip_serializing_if = "Option::is_none")]
    button: Option<Grey>,
}

#[derive(Deserialize)]
struct Changed {
    #[serde(default)]
    invaliduser: Vec<String>,
}

#[derive(Serialize)]
struct Named<'a> {
    msgid: &'a str,
}

/// Whether the platform is asked to know a message again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Check {
    Yes,
    No,
}

impl Sent {
    /// Those who were left out, by what they are.
    fn left_out(&self) -> Option<String> {
        let lists = [
            ("invaliduser", &self.invaliduser),
            ("invalidparty", &self.invalidparty),
            ("invalidtag", &self.invalidtag),
            ("unlicenseduser", &self.unlicenseduser),
        ];
        let some = lists.into_iter().filter_map(|(name, list)| {
            let list = list.as_deref().filter(|list| !list.is_empty())?;
            Some(format!("{name} {}", list.replace('|', " ")))
        });
        let words = some.collect::<Vec<_>>().join("; ");
        (!words.is_empty()).then(|| words.chars().take(WORDS_MAX).collect())
    }

    /// The only receiver was none.
    fn missed(&self) -> Option<SendFailure> {
        let listed = |list: &Option<String>| list.as_ref().is_some_and(|list| !list.is_empty());
        if listed(&self.unlicenseduser) {
            let words = "unlicenseduser: the member has no licence for calls of applications";
            return Some(SendFailure::Blocked(words.to_owned()));
        }
        let words = "invaliduser: no such member, or none whom the application may see";
        listed(&self.invaliduser).then(|| SendFailure::Gone(words.to_owned()))
    }
}

impl Wecom {
    /// One message, to whoever it is for.
    pub(super) async fn say_to(
        &self,
        message: &Outgoing,
        says: &Says,
    ) -> Result<Receipt, SendFailure> {
        let (to, once) = (&message.to, message.once.as_str());
        match to.kind {
            ChatKind::Direct => self.to_member(&to.chat, once, std::slice::from_ref(says)).await,
            ChatKind::Channel => self.to_many(says, once, Check::Yes).await,
            ChatKind::Group => self.to_chat(&to.chat, says, once).await,
        }
    }

    /// The same with words that may be those of another post, letter by letter, and are not to be taken for them.
    pub(super) async fn say_alike(
        &self,
        message: &Outgoing,
        says: &Says,
    ) -> Result<Receipt, SendFailure> {
        match message.to.kind {
            ChatKind::Channel => self.to_many(says, &message.once, Check::No).await,
            ChatKind::Direct | ChatKind::Group => self.say_to(message, says).await,
        }
    }

    /// Tells one member, in so many messages; where some were taken before, in the rest of them.
    pub(super) async fn to_member(
        &self,
        who: &str,
        once: &str,
        messages: &[Says],
    ) -> Result<Receipt, SendFailure> {
        let taken = self.begun.of(once).filter(|taken| taken.len() < messages.len());
        let mut names = taken.unwrap_or_default();
        let rest = messages.get(names.len()..).unwrap_or_default();
        self.pace.take(who, rest.len(), self.clock.now())?;
        for says in rest {
            let check = if says.is_card() { Check::Yes } else { Check::No };
            let to = Receivers { touser: Some(who), ..Receivers::default() };
            let sent = self.say(to, says, check).await.map_err(|trouble| {
                // A card is known again; a text is not.
                match check {
                    Check::Yes => trouble.repeatable(Errand::Member),
                    Check::No => trouble.failure(Errand::Member),
                }
            })?;
            if let Some(failure) = sent.missed() {
                return Err(failure);
            }
            names.push(sent.msgid);
            if names.len() < messages.len() {
                self.begun.keep(once, names.clone());
            }
        }
        self.begun.forget(once);
        Ok(Receipt { message: names.join(&AND.to_string()) })
    }

    /// Tells all who are pushed to together.
    async fn to_many(&self, says: &Says, once: &str, check: Check) -> Result<Receipt, SendFailure> {
        let to = match &self.settings.to {
            Some(Together::All) => Receivers { touser: Some("@all"), ..Receivers::default() },
            Some(Together::Some { parties, tags }) => {
                Receivers { toparty: numbers(parties), totag: numbers(tags), touser: None }
            }
            None => {
                let words = "the account names nobody who is pushed to together";
                return Err(SendFailure::Blocked(words.to_owned()));
            }
        };
        let now = self.clock.now();
        // The name of what was given is lost with the process, and the request with it.
        let known = check == Check::Yes && !says.is_given();
        if known {
            self.unsure.ask(once, now)?;
        }
        let done = self.say(to, says, check).await;
        match &done {
            Err(Trouble::Unanswered(_) | Trouble::Gateway(_)) if known => {
                self.unsure.note(once, now);
            }
            Err(_) => {}
            Ok(_) => self.unsure.forget(once),
        }
        let sent = done.map_err(|trouble| {
            if known { trouble.repeatable(Errand::Many) } else { trouble.failure(Errand::Many) }
        })?;
        let left_out = sent.left_out();
        let receipt = Receipt { message: sent.msgid };
        match left_out {
            Some(left_out) => Err(SendFailure::Partly { receipt, left_out }),
            None => Ok(receipt),
        }
    }

    async fn say(&self, to: Receivers<'_>, says: &Says, check: Check) -> Result<Sent, Trouble> {
        let asked = check == Check::Yes;
        let body = Message {
            to,
            agentid: self.settings.agent_id,
            says,
            enable_duplicate_check: asked.then_some(1),
            duplicate_check_interval: asked.then_some(LOOKS_BACK),
        };
        self.post("/cgi-bin/message/send", &body).await
    }

    /// Puts this in place of the card that was pressed, where it fits a card; otherwise it is said anew, and the
    /// buttons of that card turn grey.
    pub(super) async fn change(
        &self,
        sent: &MessageRef,
        part: &Part,
        rows: &[Vec<Button>],
    ) -> Result<(), SendFailure> {
        if let Some(code) = sent.message.strip_prefix(CODE) {
            let card = Card::instead(part, rows)?;
            let fits = card.is_some();
            let button = if fits { None } else { Some(Grey::new()) };
            let change = Change {
                userids: [&sent.chat],
                agentid: self.settings.agent_id,
                response_code: code,
                template_card: card,
                button,
            };
            let changed = self.post("/cgi-bin/message/update_template_card", &change).await;
            match changed {
                Ok(Changed { invaliduser }) if fits && invaliduser.is_empty() => return Ok(()),
                Ok(_) => {}
                Err(trouble) => match trouble.repeatable(Errand::Member) {
                    // The code was used, or is too old, or no card takes this: it is said anew.
                    SendFailure::Rejected(words)
                    | SendFailure::Gone(words)
                    | SendFailure::Blocked(words) => {
                        tracing::debug!(account.id = %self.account, reason = %words, "a card stays as it is");
                    }
                    later if fits => return Err(later),
                    _ => {}
                },
            }
        }
        let once = short_name(&format!("{}\n{}", sent.message, part.text));
        self.to_member(&sent.chat, &once, &written(part, rows, &once)?).await.map(drop)
    }

    /// Takes back all messages that said one thing; possible for a day.
    pub(super) async fn recall(&self, sent: &MessageRef) -> Result<(), SendFailure> {
        if sent.message.starts_with(CODE) || super::chat::named(&sent.chat).is_some() {
            let words = "a message in a group of the application cannot be taken back";
            return Err(SendFailure::Rejected(words.to_owned()));
        }
        for msgid in sent.message.split(AND) {
            let done = self.post("/cgi-bin/message/recall", &Named { msgid }).await;
            done.map(|Done {}| ()).map_err(|trouble| trouble.repeatable(Errand::Many))?;
        }
        Ok(())
    }
}

/// Numbers as the platform takes them.
fn numbers(numbers: &[u32]) -> Option<String> {
    let words: Vec<_> = numbers.iter().map(u32::to_string).collect();
    (!words.is_empty()).then(|| words.join("|"))
}
