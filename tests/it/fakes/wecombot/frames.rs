//! What a robot says over its connection, looked at as WeCom does.

use super::super::robots::read_markdown;
use super::super::sockets::Act;
use super::{BOT, Fault, Key, Open, SECRET, Shown, State, text_of};
use crate::fakes::official::fields;
use crate::fakes::uploads::File;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const CONTENT_MAX: usize = 20_480;
/// So long after a press its card can be replaced.
const CARD_OPEN: i64 = 5_000;

type Refusal = (i64, &'static str);

const FULL: Refusal = (846_607, "aibot send msg frequency limit exceeded, hint: [1700000000_1]");
const NO_CHAT: Refusal = (93006, "invalid chatid, hint: [1700000000_2]");
const BUSY: Refusal = (-1, "system busy");
const NO_FRAME: Refusal = (846_605, "invalid req_id");
const NOT_SUBSCRIBED: Refusal = (846_609, "aibot websocket not subscribed");

/// What whoever speaks over a connection that is not subscribed is told.
pub(super) fn not_subscribed(frame: &Value) -> Act {
    answer(frame, NOT_SUBSCRIBED)
}

/// What an old connection is told when a new one takes its place.
pub(super) fn kicked() -> Value {
    json!({"cmd": "aibot_event_callback", "headers": {"req_id": "req-0"},
        "body": {"msgid": "CAIQ0", "create_time": 1_700_000_000, "aibotid": BOT,
            "from": {"userid": ""}, "msgtype": "event",
            "event": {"eventtype": "disconnected_event"}}})
}

fn answer(frame: &Value, (code, message): Refusal) -> Act {
    Act::Say(text_of(&json!({"headers": frame["headers"], "errcode": code, "errmsg": message})))
}

impl State {
    pub(super) fn subscribe(&mut self, line: u64, frame: &Value) -> Vec<Act> {
        let body = &frame["body"];
        if body["bot_id"] != BOT || body["secret"] != SECRET || self.wrong_secret {
            self.turned_away += 1;
            return vec![answer(frame, (40001, "invalid credential")), Act::Close];
        }
        (self.line, self.subscribed, self.forgotten) = (Some(line), true, false);
        self.made += 1;
        vec![answer(frame, (0, "ok"))]
    }

    /// Takes a frame of the connection that is subscribed.
    pub(super) fn take(&mut self, frame: &Value, now: i64) -> Vec<Act> {
        if frame["cmd"] == "ping" {
            return vec![answer(frame, (0, "ok"))];
        }
        let fault = self.faults.pop_front();
        let done = match fault {
            Some(Fault::CutUnread) => return vec![Act::Cut],
            Some(Fault::Busy) => Err(BUSY),
            Some(Fault::Full) => Err(FULL),
            Some(Fault::Late) => Err((846_608, "stream message update expired")),
            Some(Fault::Refused) => Err((40058, "invalid parameter, hint: [1700000000_3]")),
            Some(Fault::CutUnanswered) | None => self.done(frame, now),
        };
        let code = done.unwrap_or_else(|violation| violation);
        if fault == Some(Fault::CutUnanswered) {
            return vec![Act::Cut];
        }
        match self.gives.take() {
            Some(given) if code.0 == 0 => vec![Act::Say(text_of(&json!({
                "headers": frame["headers"], "errcode": 0, "errmsg": "ok", "body": given})))],
            _ => vec![answer(frame, code)],
        }
    }

    fn done(&mut self, frame: &Value, now: i64) -> Result<Refusal, Refusal> {
        let req_id = frame["headers"]["req_id"].as_str().unwrap_or_default().to_owned();
        let body = &frame["body"];
        let done = match frame["cmd"].as_str().unwrap_or_default() {
            "aibot_send_msg" if self.asked.insert(req_id.clone()) => self.pushed(body, now),
            "aibot_upload_media_init" => self.is_begun(body),
            "aibot_upload_media_chunk" => self.is_given_piece(body),
            "aibot_upload_media_finish" => self.is_ended(body, now),
            "aibot_respond_msg" => self.responded(&req_id, body, now),
            "aibot_respond_update_msg" => self.replaced(&req_id, body, now),
            other => Err(format!("{other} under {req_id}")),
        };
        done.unwrap_or_else(|violation| {
            self.violations.push(format!("{violation}: {frame}"));
            Err((40058, "invalid parameter"))
        })
    }

    fn is_begun(&mut self, body: &Value) -> Result<Result<Refusal, Refusal>, String> {
        fields(body, &["type", "filename", "total_size", "total_chunks", "md5"])?;
        let kind = body["type"].as_str().unwrap_or_default();
        let size = body["total_size"].as_u64().unwrap_or_default();
        let chunks = body["total_chunks"].as_u64().unwrap_or_default();
        let most = if kind == "image" { 10 << 20 } else { 20 << 20 };
        if !["image", "file"].contains(&kind) || size <= 5 || size > most {
            return Ok(Err((40006, "invalid media size")));
        }
        if !(1..=100).contains(&chunks) || body["filename"].as_str().is_none_or(str::is_empty) {
            return Err(format!("{chunks} pieces"));
        }
        let id = format!("upload-{}", self.coming.len());
        self.coming.insert(id.clone(), (body.clone(), Vec::new()));
        self.gives = Some(json!({"upload_id": id}));
        Ok(Ok((0, "ok")))
    }

    fn is_given_piece(&mut self, body: &Value) -> Result<Result<Refusal, Refusal>, String> {
        fields(body, &["upload_id", "chunk_index", "base64_data"])?;
        let name = body["upload_id"].as_str().unwrap_or_default();
        let (_, pieces) = self.coming.get_mut(name).ok_or("no such upload")?;
        let bytes = STANDARD.decode(body["base64_data"].as_str().unwrap_or_default());
        let bytes = bytes.map_err(|e| e.to_string())?;
        if body["chunk_index"] != pieces.len() || bytes.len() > 512 << 10 {
            return Err(format!("piece {} of {} bytes", body["chunk_index"], bytes.len()));
        }
        pieces.push(bytes);
        Ok(Ok((0, "ok")))
    }

    fn is_ended(&mut self, body: &Value, now: i64) -> Result<Result<Refusal, Refusal>, String> {
        use md5::{Digest as _, Md5};
        use std::fmt::Write as _;
        fields(body, &["upload_id"])?;
        let name = body["upload_id"].as_str().unwrap_or_default();
        let (begun, pieces) = self.coming.remove(name).ok_or("no such upload")?;
        let bytes = pieces.concat();
        let md5 = Md5::digest(&bytes).iter().fold(String::new(), |mut digits, byte| {
            let _ = write!(digits, "{byte:02x}");
            digits
        });
        if begun["total_size"] != bytes.len() || begun["md5"] != md5.as_str() {
            return Err("not what was begun".to_owned());
        }
        let [kind, name] = ["type", "filename"].map(|key| begun[key].as_str().unwrap_or_default());
        let media_id = self.uploads.keep(File::new(kind, name, bytes), now + 72 * HOUR);
        self.gives = Some(json!({"type": kind, "media_id": media_id, "created_at": now / 1000}));
        Ok(Ok((0, "ok")))
    }

    fn pushed(&mut self, body: &Value, now: i64) -> Result<Result<Refusal, Refusal>, String> {
        let to = body["chatid"].as_str().ok_or("no chatid")?.to_owned();
        let kind = body["msgtype"].as_str().unwrap_or_default();
        if ["image", "file"].contains(&kind) {
            fields(body, &["chatid", "msgtype", kind])?;
            let name = body[kind]["media_id"].as_str().unwrap_or_default();
            let Some(file) = self.uploads.named(name, now).filter(|file| file.kind == kind) else {
                return Ok(Err((40007, "invalid media_id")));
            };
            let (text, written) = (file.shown(), String::new());
            let (keys, task, answers) = (Vec::new(), None, None);
            return Ok(self.show(vec![Shown { to, text, written, keys, task, answers }], now));
        }
        let shown = self.read(body, to, None)?;
        Ok(self.show(shown, now))
    }

    fn responded(
        &mut self,
        req_id: &str,
        body: &Value,
        now: i64,
    ) -> Result<Result<Refusal, Refusal>, String> {
        let Some(Open { chat, message, .. }) = self.open.remove(req_id) else {
            return Ok(Err(NO_FRAME));
        };
        let shown = self.read(body, chat, Some(message))?;
        Ok(self.show(shown, now))
    }

    fn replaced(
        &mut self,
        req_id: &str,
        body: &Value,
        now: i64,
    ) -> Result<Result<Refusal, Refusal>, String> {
        let open = self.open.remove(req_id).filter(|open| now - open.at <= CARD_OPEN);
        let Some(Open { chat, task: Some(task), .. }) = open else { return Ok(Err(NO_FRAME)) };
        if body["response_type"] != "update_template_card" {
            return Err("no response_type".to_owned());
        }
        let card = &body["template_card"];
        if card["task_id"] != task.as_str() {
            return Err(format!("another card than {task}"));
        }
        self.tasks.remove(&task);
        let now_shown = self.card(card, chat, None)?;
        let old = self.shown.iter_mut().find(|shown| shown.task.as_deref() == Some(&task));
        *old.ok_or("no such card")? = now_shown;
        Ok(Ok((0, "ok")))
    }

    /// Shows a message, if its chat takes one now.
    fn show(&mut self, shown: Vec<Shown>, now: i64) -> Result<Refusal, Refusal> {
        let Some(first) = shown.first() else { return Err(BUSY) };
        if !self.written.contains(&first.to) {
            return Err(NO_CHAT);
        }
        let sent = self.sent.entry(first.to.clone()).or_default();
        while sent.front().is_some_and(|at| now - at >= HOUR) {
            sent.pop_front();
        }
        let minute = sent.iter().filter(|at| now - **at < MINUTE).count();
        if sent.len() >= 1000 || minute >= 30 {
            self.refused += 1;
            return Err(FULL);
        }
        sent.push_back(now);
        self.shown.extend(shown);
        Ok((0, "ok"))
    }

    /// What a message shows: one, or words and a card.
    fn read(
        &mut self,
        body: &Value,
        to: String,
        answers: Option<String>,
    ) -> Result<Vec<Shown>, String> {
        let stream = |answers: Option<String>, to: String| {
            let stream = &body["stream"];
            if stream["finish"] != true || stream["id"].as_str().is_none_or(str::is_empty) {
                return Err("a stream without an end or a name".to_owned());
            }
            words(&stream["content"], to, answers)
        };
        match (body["msgtype"].as_str().unwrap_or_default(), answers) {
            ("markdown", None) => Ok(vec![words(&body["markdown"]["content"], to, None)?]),
            ("template_card", answers) => {
                Ok(vec![self.card(&body["template_card"], to, answers)?])
            }
            ("stream", Some(answers)) => Ok(vec![stream(Some(answers), to)?]),
            ("stream_with_template_card", Some(answers)) => {
                let words = stream(Some(answers.clone()), to.clone())?;
                Ok(vec![words, self.card(&body["template_card"], to, Some(answers))?])
            }
            (other, _) => Err(format!("no such kind here: {other}")),
        }
    }

    pub(super) fn card(
        &mut self,
        card: &Value,
        to: String,
        answers: Option<String>,
    ) -> Result<Shown, String> {
        let task = card["task_id"].as_str().unwrap_or_default().to_owned();
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-@".contains(c);
        if !(1..=128).contains(&task.len()) || !task.chars().all(fits) {
            return Err(format!("the task {task}"));
        }
        if !self.tasks.insert(task.clone()) {
            return Err(format!("the task {task} again"));
        }
        let text = card["sub_title_text"].as_str().unwrap_or_default().to_owned();
        let title = card["main_title"]["title"].as_str().unwrap_or_default();
        if text.is_empty() && title.is_empty() {
            return Err("an empty card".to_owned());
        }
        let buttons = card["button_list"].as_array().cloned().unwrap_or_default();
        match card["card_type"].as_str() {
            Some("button_interaction") if (1..=6).contains(&buttons.len()) => {}
            Some("text_notice") if card["card_action"]["type"] == 0 && buttons.is_empty() => {}
            other => return Err(format!("{other:?} with {} buttons", buttons.len())),
        }
        let mut keys: Vec<Key> = Vec::new();
        for button in &buttons {
            let (label, key) = (button["text"].as_str(), button["key"].as_str());
            let (Some(label), Some(key)) = (label, key) else { return Err("a button".into()) };
            if key.len() > 1024 || keys.iter().any(|k| k.key == key) {
                return Err(format!("the key {key}"));
            }
            keys.push(Key { label: label.to_owned(), key: key.to_owned() });
        }
        Ok(Shown { to, written: text.clone(), text, keys, task: Some(task), answers })
    }
}

pub(super) fn words(content: &Value, to: String, answers: Option<String>) -> Result<Shown, String> {
    let written = content.as_str().unwrap_or_default().to_owned();
    if written.is_empty() || written.len() > CONTENT_MAX {
        return Err(format!("{} bytes", written.len()));
    }
    let text = read_markdown(&written);
    Ok(Shown { to, text, written, keys: Vec::new(), task: None, answers })
}
