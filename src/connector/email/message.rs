//! A message as it leaves: MIME (text beside HTML), and the headers by which programs know what it is.
//!
//! **Invariant:** what a person wrote stands in the subject, encoded, and in the body, and nowhere else; no header is
//! made from anything that has a line end.

use super::Email;
use super::names::Ticket;
use crate::connector::{Outgoing, SendFailure};
use crate::model::{Button, ButtonDoes, Lang, TopicId};
use crate::text::say::MailSays;
use crate::text::{Speak as _, escape};
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

/// The longest subject, in characters: what mail programs show.
const SUBJECT_MAX: usize = 120;

/// A message, ready to be handed in.
pub(super) struct Letter {
    /// From whom and to whom, as the hosts see it.
    pub(super) envelope: Envelope,
    /// All of it, signed where we sign.
    pub(super) bytes: Vec<u8>,
    /// Its name.
    pub(super) name: String,
}

/// What stands below the words: the buttons with what each leads to, and the foot.
type Below<'a> = (&'a [(&'a str, String)], &'a [(String, Option<String>)]);

impl Email {
    /// Writes a message.
    pub(super) fn letter(&self, message: &Outgoing) -> Result<Letter, SendFailure> {
        let chat = &message.to.chat;
        let to = self.names.address(chat);
        let to = to.ok_or_else(|| SendFailure::Gone("no address stands behind this".to_owned()))?;
        let name = self.names.message(chat, &message.once);
        let back = self.back(&name)?;
        let subject = subject(&message.part.text, message.reply_to.as_deref());
        let (keys, foot) = (self.keys(chat, &message.buttons), self.foot(message));
        let text = Self::text(message, (&keys, &foot));
        let html = Self::html(message, (&keys, &foot));
        let body = MultiPart::alternative()
            .boundary(format!("=_{name}"))
            .singlepart(SinglePart::plain(text))
            .singlepart(SinglePart::html(html));
        let mut builder = Message::builder()
            .from(self.settings.from.clone())
            .to(Mailbox::new(None, to.clone()))
            .reply_to(Mailbox::new(self.settings.from.name.clone(), back.clone()))
            .subject(subject)
            .date(self.date());
        for (header, value) in self.headers(message, &name)? {
            builder = builder.raw_header(raw(header, &value)?);
        }
        let envelope = Envelope::new(Some(back), vec![to]).map_err(|e| unfit(&e.to_string()))?;
        let built = builder.envelope(envelope.clone()).multipart(body);
        let mut bytes = built.map_err(|e| unfit(&e.to_string()))?.formatted();
        if let Some(signer) = &self.signer {
            let header = signer.sign(&bytes, self.clock.now());
            let mut signed = header.ok_or_else(|| unfit("it cannot be signed"))?;
            signed.append(&mut bytes);
            bytes = signed;
        }
        Ok(Letter { envelope, bytes, name })
    }

    /// The address to which answers and bounces of a message go.
    fn back(&self, name: &str) -> Result<Address, SendFailure> {
        let own = &self.settings.from.email;
        let Some(sign) = self.settings.tags.sign() else { return Ok(own.clone()) };
        let local = format!("{}{sign}{name}", own.user());
        Address::new(local, own.domain()).map_err(|e| unfit(&e.to_string()))
    }

    fn date(&self) -> SystemTime {
        let millis = u64::try_from(self.clock.now().millis()).unwrap_or(0);
        SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
    }

    /// The name of a message, as mail programs know it.
    pub(super) fn message_id(&self, chat: &str, name: &str) -> String {
        format!("<{name}.{chat}@{}>", self.settings.from.email.domain())
    }

    fn headers(
        &self,
        message: &Outgoing,
        name: &str,
    ) -> Result<Vec<(&'static str, String)>, SendFailure> {
        let chat = &message.to.chat;
        let mut headers = vec![("Message-ID", self.message_id(chat, name))];
        if let Some(answered) = &message.reply_to
            && self.names.went_to(chat, answered)
        {
            let answered = self.message_id(chat, answered);
            headers.extend([("In-Reply-To", answered.clone()), ("References", answered)]);
        }
        headers.push(("X-Auto-Response-Suppress", "All".to_owned()));
        let Some(topic) = &message.topic else {
            headers.push(("Auto-Submitted", "auto-replied".to_owned()));
            return Ok(headers);
        };
        headers.push(("Auto-Submitted", "auto-generated".to_owned()));
        headers.push(("Precedence", "bulk".to_owned()));
        headers.push(("List-Id", format!("<{}.{}>", topic.0, self.settings.from.email.domain())));
        let ticket = self.leave(chat, topic);
        let mail = format!("<mailto:{}?subject={LEAVE}%20{ticket}>", self.back(name)?);
        let page = self.page(&ticket);
        if page.starts_with("https://") {
            headers.push(("List-Unsubscribe", format!("<{page}>,\r\n {mail}")));
            headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        } else {
            headers.push(("List-Unsubscribe", mail));
        }
        Ok(headers)
    }

    fn leave(&self, chat: &str, topic: &TopicId) -> String {
        self.names.ticket(&Ticket::Leave { chat: chat.to_owned(), topic: topic.clone() })
    }

    /// The page of a ticket.
    pub(super) fn page(&self, ticket: &str) -> String {
        format!("{}{}/{}/{ticket}", self.settings.public_url, super::PAGE, self.account)
    }

    /// What each button leads to.
    fn keys<'a>(&self, chat: &str, rows: &'a [Vec<Button>]) -> Vec<(&'a str, String)> {
        let key = |button: &'a Button| match &button.does {
            ButtonDoes::Open(address) => Some((button.label.as_str(), address.clone())),
            ButtonDoes::Press(data) => {
                let (chat, label, data) = (chat.to_owned(), button.label.clone(), data.clone());
                let ticket = self.names.ticket(&Ticket::Press { chat, label, data });
                Some((button.label.as_str(), self.page(&ticket)))
            }
            // Whoever reads this is reached alone already.
            ButtonDoes::OpenDirect(_) => None,
        };
        rows.iter().flatten().filter_map(key).collect()
    }

    /// What stands below, each with the page that it leads to, if any.
    fn foot(&self, message: &Outgoing) -> Vec<(String, Option<String>)> {
        let both = |says: MailSays| format!("{} {}", says.say(Lang::Zh), says.say(Lang::En));
        let mut foot = Vec::new();
        let Some(topic) = &message.topic else { return foot };
        if self.settings.imap.is_some() {
            foot.push((both(MailSays::Reply), None));
        }
        foot.push((both(MailSays::Leave), Some(self.page(&self.leave(&message.to.chat, topic)))));
        foot
    }

    fn text(message: &Outgoing, (keys, foot): Below<'_>) -> String {
        let mut text = message.part.spelled_out();
        for (label, address) in keys {
            let _ = write!(text, "\n\n［{label}］ {address}");
        }
        if !foot.is_empty() {
            text.push_str("\n\n-- ");
        }
        for (words, page) in foot {
            let _ = write!(text, "\n{words}");
            if let Some(page) = page {
                let _ = write!(text, " {page}");
            }
        }
        text.push('\n');
        text
    }

    fn html(message: &Outgoing, (keys, foot): Below<'_>) -> String {
        let mut html =
            String::from("<!doctype html>\n<html><head><meta charset=\"utf-8\"></head><body>\n");
        let _ = writeln!(html, "<div>{}</div>", message.part.html());
        for (label, address) in keys {
            let (label, address) = (escape(label), escape(address));
            let _ = writeln!(html, "<p><a href=\"{address}\"><strong>［{label}］</strong></a></p>");
        }
        if !foot.is_empty() {
            html.push_str("<hr>\n");
        }
        for (words, page) in foot {
            let words = escape(words);
            let _ = match page {
                Some(page) => writeln!(html, "<p><a href=\"{}\">{words}</a></p>", escape(page)),
                None => writeln!(html, "<p>{words}</p>"),
            };
        }
        html.push_str("</body></html>\n");
        html
    }
}

/// The word with which the subject of a message that ends a subscription begins.
pub(super) const LEAVE: &str = "unsubscribe";

/// The first line, as far as it fits.
fn subject(text: &str, answered: Option<&str>) -> String {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let words: Vec<&str> = first.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let mut line: String =
        words.into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    if line.chars().count() > SUBJECT_MAX {
        line = line.chars().take(SUBJECT_MAX - 1).chain(['…']).collect();
    }
    if answered.is_some() { format!("Re: {line}") } else { line }
}

/// A header that is written as it stands; refused where it could be read as more than one.
fn raw(name: &'static str, value: &str) -> Result<HeaderValue, SendFailure> {
    let lines = value.split(",\r\n ");
    let sound = |line: &str| line.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if !lines.into_iter().all(sound) {
        return Err(unfit("a header would have a line end, or letters that are none of its"));
    }
    let name = HeaderName::new_from_ascii_str(name);
    Ok(HeaderValue::dangerous_new_pre_encoded(name, value.to_owned(), value.to_owned()))
}

fn unfit(words: &str) -> SendFailure {
    SendFailure::Rejected(words.to_owned())
}
