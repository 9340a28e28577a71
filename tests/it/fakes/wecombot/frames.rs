//! What a robot says over its connection, looked at as WeCom does.

use super::super::robots::read_markdown;
use super::super::sockets::Act;
use super::{BOT, Fault, Key, Open, SECRET, Shown, State, text_of};
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const CONTENT_MAX: usize = 20_480;
/// So long after a press its card can be replaced.
const CARD_OPEN: i64 = 5_000;

type Refusal = (i64, &'static str);

const FULL: Refusal = (45009, "api freq out of limit, hint: [1700000000_1], from ip: 10.0.0.1");
const NO_CHAT: Refusal = (93006, "invalid chatid, hint: [1700000000_2]");
const BUSY: Refusal = (-1, "system busy");
const NO_FRAME: Refusal = (846_605, "invalid req_id");

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
        (self.line, self.subscribed) = (Some(line), true);
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
            Some(Fault::Refused) => Err((40058, "invalid parameter, hint: [1700000000_3]")),
            Some(Fault::CutUnanswered) | None => self.done(frame, now),
        };
        let code = done.unwrap_or_else(|violation| violation);
        if fault == Some(Fault::CutUnanswered) {
            return vec![Act::Cut];
        }
        vec![answer(frame, code)]
    }

    fn done(&mut self, frame: &Value, now: i64) -> Result<Refusal, Refusal> {
        let req_id = frame["headers"]["req_id"].as_str().unwrap_or_default().to_owned();
        let body = &frame["body"];
        let done = match frame["cmd"].as_str().unwrap_or_default() {
            "aibot_send_msg" if self.asked.insert(req_id.clone()) => self.pushed(body, now),
            "aibot_respond_msg" => self.responded(&req_id, body, now),
            "aibot_respond_update_msg" => self.replaced(&req_id, body, now),
            other => Err(format!("{other} under {req_id}")),
        };
        done.unwrap_or_else(|violation| {
            self.violations.push(format!("{violation}: {frame}"));
            Err((40058, "invalid parameter"))
        })
    }

    fn pushed(&mut self, body: &Value, now: i64) -> Result<Result<Refusal, Refusal>, String> {
        let to = body["chatid"].as_str().ok_or("no chatid")?.to_owned();
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
