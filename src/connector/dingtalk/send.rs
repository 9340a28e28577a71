//! How a message leaves: to a group, or to a person, in DingTalk's Markdown.
//!
//! There are no buttons that DingTalk tells us of without an interactive card, for which templates have to be made
//! on its pages. A link of the kind `dtmd://dingtalkclient/sendMessage` stands for one: who taps it sends the words
//! in it to the robot (see [`super::receive`]). Whoever reads on a machine where it does nothing can type them.

use super::Dingtalk;
use super::errors::{Trouble, wait};
use crate::connector::below::{first_line, with_links};
use crate::connector::{Outgoing, Receipt, SendFailure, WaitScope};
use crate::model::{Button, ButtonDoes, MessageRef};
use crate::text::{Markup, Part};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What the words of a press begin with.
pub(super) const PRESS: char = '#';
/// A title in the list of chats: what is longer is not shown.
const TITLE_MAX: usize = 60;
/// A person who is written to too often is left out for a while; how long is not published.
const FLOODED: Duration = Duration::from_mins(1);

/// One message.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    robot_code: &'a str,
    msg_key: &'static str,
    /// JSON within JSON.
    msg_param: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_conversation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_ids: Option<[&'a str; 1]>,
}

#[derive(Serialize)]
struct Markdown {
    title: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    process_query_key: String,
    #[serde(default)]
    invalid_staff_id_list: Vec<String>,
    #[serde(default)]
    flow_controlled_staff_id_list: Vec<String>,
    #[serde(default)]
    filtered_staff_id_list: Vec<String>,
}

/// Messages to be taken back.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Recalled<'a> {
    robot_code: &'a str,
    process_query_keys: [&'a str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    open_conversation_id: Option<&'a str>,
}

impl Dingtalk {
    pub(super) async fn say(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        self.write(&message.to.chat, &message.part, &message.buttons).await
    }

    pub(super) async fn write(
        &self,
        chat: &str,
        part: &Part,
        buttons: &[Vec<Button>],
    ) -> Result<Receipt, SendFailure> {
        let markdown = Markdown { title: title(&part.text), text: written(part, buttons) };
        self.post(chat, "sampleMarkdown", &markdown).await
    }

    /// Sends a message made after this template of DingTalk's.
    pub(super) async fn post<P: Serialize + Sync>(
        &self,
        chat: &str,
        msg_key: &'static str,
        param: &P,
    ) -> Result<Receipt, SendFailure> {
        let named = named(chat)?;
        let (path, open_conversation_id, user_ids) = match named {
            Named::Group(group) => ("/v1.0/robot/groupMessages/send", Some(group), None),
            Named::Person(person) => ("/v1.0/robot/oToMessages/batchSend", None, Some([person])),
        };
        let msg_param = serde_json::to_string(param);
        let msg_param = msg_param.map_err(|e| SendFailure::Rejected(e.to_string()))?;
        let call = Message {
            robot_code: self.settings.robot(),
            msg_key,
            msg_param,
            open_conversation_id,
            user_ids,
        };
        let made: Result<Made, Trouble> = self.call(path, &call).await;
        let made = made.map_err(|trouble| self.judged(&trouble, chat, named))?;
        // Nothing that is refused for the one person that it is for was sent.
        let theirs = |list: &[String]| user_ids.is_some_and(|[id]| list.iter().any(|it| it == id));
        if theirs(&made.invalid_staff_id_list) {
            return Err(SendFailure::Gone(
                "the person is not, or no longer, in the organisation".into(),
            ));
        }
        if theirs(&made.flow_controlled_staff_id_list) {
            return Err(wait(FLOODED, WaitScope::Chat));
        }
        if theirs(&made.filtered_staff_id_list) {
            return Err(SendFailure::Blocked("DingTalk lets nothing through to the person".into()));
        }
        self.lately.took(self.clock.now());
        Ok(Receipt { message: made.process_query_key })
    }

    /// What a trouble means for what is said in this chat. One word stands for a robot that is nowhere any more, and
    /// for one that this group or person got rid of.
    fn judged(&self, trouble: &Trouble, chat: &str, named: Named<'_>) -> SendFailure {
        let Trouble::Denied(denial) = trouble else { return trouble.failure() };
        let theirs = match named {
            Named::Group(_) => denial.may_be_of_the_group(),
            Named::Person(_) => denial.may_be_of_the_person(),
        };
        if !theirs {
            return trouble.failure();
        }
        self.lately.judge(chat, denial.clone().words(), self.clock.now())
    }

    pub(super) async fn recall(&self, sent: &MessageRef) -> Result<(), SendFailure> {
        let named = named(&sent.chat)?;
        let (path, open_conversation_id) = match named {
            Named::Group(group) => ("/v1.0/robot/groupMessages/recall", Some(group)),
            Named::Person(_) => ("/v1.0/robot/oToMessages/batchRecall", None),
        };
        let call = Recalled {
            robot_code: self.settings.robot(),
            process_query_keys: [&sent.message],
            open_conversation_id,
        };
        let done: Result<IgnoredAny, Trouble> = self.call(path, &call).await;
        done.map(drop).map_err(|trouble| self.judged(&trouble, &sent.chat, named).repeatable())
    }
}

/// Who is written to: our names of chats say whether DingTalk's name behind it is a group's or a person's.
#[derive(Clone, Copy)]
enum Named<'a> {
    Group(&'a str),
    Person(&'a str),
}

fn named(chat: &str) -> Result<Named<'_>, SendFailure> {
    match chat.split_once('/') {
        Some(("g", group)) => Ok(Named::Group(group)),
        Some(("u", person)) => Ok(Named::Person(person)),
        _ => Err(SendFailure::Rejected("the chat is not one of DingTalk's".to_owned())),
    }
}

/// The message, with a line for each row of buttons.
fn written(part: &Part, rows: &[Vec<Button>]) -> String {
    with_links(part.markdown(Markup::DingTalk), rows, |does| match does {
        ButtonDoes::Press(data) => {
            let words = format!("{PRESS}{data}");
            let words: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
            Some(format!("dtmd://dingtalkclient/sendMessage?content={words}"))
        }
        ButtonDoes::Open(address) => Some(address.clone()),
        // There is no link that leads to a person's own chat.
        ButtonDoes::OpenDirect(_) => None,
    })
}

/// What the notice on a locked screen says: the first line.
pub(in crate::connector) fn title(text: &str) -> String {
    first_line(text).chars().take(TITLE_MAX).collect()
}
