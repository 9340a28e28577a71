//! The fields of WeCom's frames and calls that we read or write. Whatever else they hold is passed over.

use serde::{Deserialize, Serialize};

/// A frame that comes to us: something that happens (`cmd`), or the answer to one of ours.
#[derive(Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    pub cmd: String,
    pub headers: Headers,
    #[serde(default)]
    pub body: serde_json::Value,
    pub errcode: Option<i64>,
    #[serde(default)]
    pub errmsg: String,
}

/// What an answer gives, besides that it is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Given {
    /// What pieces of a file go by.
    pub upload_id: String,
    /// What the whole of it is named by.
    pub media_id: String,
}

/// What binds an answer to what it answers.
#[derive(Serialize, Deserialize)]
pub(super) struct Headers {
    pub req_id: String,
}

/// A frame of ours.
#[derive(Serialize)]
pub(super) struct Asked<'a, B> {
    pub cmd: &'a str,
    pub headers: Headers,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<B>,
}

/// What begins a connection.
#[derive(Serialize)]
pub(super) struct Subscribe<'a> {
    pub bot_id: &'a str,
    pub secret: &'a str,
}

/// A message or an event.
#[derive(Deserialize)]
pub(super) struct Happened {
    pub msgid: String,
    #[serde(default)]
    pub chatid: String,
    #[serde(default)]
    pub chattype: String,
    #[serde(default)]
    pub from: From,
    #[serde(default)]
    pub response_url: String,
    pub msgtype: String,
    pub text: Option<Content>,
    pub voice: Option<Content>,
    pub mixed: Option<Mixed>,
    pub quote: Option<Quote>,
    pub event: Option<Event>,
}

#[derive(Default, Deserialize)]
pub(super) struct From {
    #[serde(default)]
    pub userid: String,
}

#[derive(Deserialize)]
pub(super) struct Content {
    #[serde(default)]
    pub content: String,
}

#[derive(Deserialize)]
pub(super) struct Mixed {
    #[serde(default)]
    pub msg_item: Vec<Item>,
}

#[derive(Deserialize)]
pub(super) struct Item {
    pub text: Option<Content>,
}

/// What a message quotes.
#[derive(Deserialize)]
pub(super) struct Quote {
    pub text: Option<Content>,
    pub mixed: Option<Mixed>,
}

#[derive(Deserialize)]
pub(super) struct Event {
    pub eventtype: String,
    /// The documentation of calls has it under the event's own name, the platform's own library beside it.
    #[serde(rename = "template_card_event")]
    pub inner: Option<Tap>,
    #[serde(flatten)]
    pub outer: Tap,
}

/// A press of a card's button.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Tap {
    #[serde(default)]
    pub event_key: String,
    #[serde(default)]
    pub task_id: String,
}

impl Mixed {
    /// The words between the pictures.
    pub(super) fn words(&self) -> String {
        let texts = self.msg_item.iter().filter_map(|item| item.text.as_ref());
        texts.map(|text| text.content.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// A message of ours.
#[derive(Serialize)]
#[serde(tag = "msgtype", rename_all = "snake_case")]
pub(super) enum Message<'a> {
    Markdown { markdown: Written<'a> },
    TemplateCard { template_card: &'a Card },
    Image { image: Media<'a> },
    File { file: Media<'a> },
    Stream { stream: Stream<'a> },
    StreamWithTemplateCard { stream: Stream<'a>, template_card: &'a Card },
}

/// Something that was given before.
#[derive(Serialize)]
pub(super) struct Media<'a> {
    pub media_id: &'a str,
}

#[derive(Serialize)]
pub(super) struct Written<'a> {
    pub content: &'a str,
}

/// The whole of an answer, said at once.
#[derive(Serialize)]
pub(super) struct Stream<'a> {
    pub id: &'a str,
    pub finish: bool,
    pub content: &'a str,
}

/// A message to a chat that nobody asked for just now.
#[derive(Serialize)]
pub(super) struct Sent<'a> {
    pub chatid: &'a str,
    #[serde(flatten)]
    pub message: Message<'a>,
}

/// What takes a card's place.
#[derive(Serialize)]
pub(super) struct Replaced<'a> {
    pub response_type: &'static str,
    pub template_card: &'a Card,
}

#[derive(Serialize)]
pub(super) struct Card {
    #[serde(rename = "card_type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main_title: Option<Title>,
    pub sub_title_text: String,
    #[serde(rename = "card_action", skip_serializing_if = "Option::is_none")]
    pub opens: Option<Opens>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub button_list: Vec<Key>,
    pub task_id: String,
}

#[derive(Serialize)]
pub(super) struct Title {
    pub title: String,
}

#[derive(Serialize)]
pub(super) struct Opens {
    #[serde(rename = "type")]
    pub kind: u8,
}

#[derive(Clone, Serialize)]
pub(super) struct Key {
    pub text: String,
    pub style: u8,
    #[serde(rename = "key")]
    pub data: String,
}
