//! What one follower is told: `POST /cgi-bin/message/custom/send`.
//!
//! Nothing makes a repeated message one, and the platform names none: what got no answer may have arrived. Buttons
//! are a `msgmenu`, whose choice comes back as a text with the choice's `id`: ours is what the button carries.

use super::errors::Errand;
use super::{Done, Official};
use crate::connector::{Outgoing, Receipt, SendFailure};
use crate::model::{Button, ButtonDoes};
use crate::text::{Mark, Part, Style};
use serde::Serialize;

#[derive(Serialize)]
struct Message<'a> {
    touser: &'a str,
    #[serde(flatten)]
    says: Says<'a>,
}

#[derive(Serialize)]
#[serde(tag = "msgtype", rename_all = "lowercase")]
enum Says<'a> {
    Text { text: Content },
    Msgmenu { msgmenu: Choices<'a> },
}

#[derive(Serialize)]
struct Content {
    content: String,
}

#[derive(Serialize)]
struct Choices<'a> {
    head_content: String,
    list: Vec<Choice<'a>>,
}

#[derive(Serialize)]
struct Choice<'a> {
    id: &'a str,
    content: &'a str,
}

impl Official {
    pub(super) async fn send_message(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        let says = says(&message.part, &message.buttons)?;
        let body = Message { touser: &message.to.chat, says };
        let done = self.call::<_, Done>("/cgi-bin/message/custom/send", &body).await;
        done.map_err(|t| t.failure(Errand::Message, self.clock.now()))?;
        Ok(Receipt { message: message.once.clone() })
    }
}

fn says<'a>(part: &Part, rows: &'a [Vec<Button>]) -> Result<Says<'a>, SendFailure> {
    let mut list = Vec::new();
    let mut part = part.clone();
    for button in rows.iter().flatten() {
        match &button.does {
            ButtonDoes::Press(data) if (1..=Button::DATA_MAX).contains(&data.len()) => {
                list.push(Choice { id: data, content: &button.label });
            }
            ButtonDoes::Press(_) => {
                let words = "a button carries more than 64 bytes, or none";
                return Err(SendFailure::Rejected(words.to_owned()));
            }
            ButtonDoes::Open(address) => {
                part.text.push('\n');
                let start = part.text.len();
                part.text.push_str(&button.label);
                let end = part.text.len();
                part.marks.push(Mark { start, end, style: Style::Link(address.clone()) });
            }
            // Whoever reads this is in their own chat already.
            ButtonDoes::OpenDirect(_) => {}
        }
    }
    if list.is_empty() {
        return Ok(Says::Text { text: Content { content: part.anchored() } });
    }
    // Whether links are read there is documented nowhere.
    Ok(Says::Msgmenu { msgmenu: Choices { head_content: bare(&part), list } })
}

/// The text, with the addresses of links behind them; it is never longer than with links in tags.
fn bare(part: &Part) -> String {
    // Without links nothing in it is a tag.
    Part { text: part.spelled_out(), marks: Vec::new() }.anchored()
}
