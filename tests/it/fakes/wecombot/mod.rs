//! WeCom as a smart robot and the people around it see it: one connection, chats that have written to the robot,
//! limits, cards that can be replaced for five seconds, quotes that hold words alone; or calls, each with an address
//! that takes one answer.
//!
//! What the platform would not take as it is written is refused *and* fails the test when the fake is dropped.

mod called;
mod frames;

use super::robots::read_markdown;
use super::sockets::{Act, Platform, Sockets};
use super::uploads::Uploads;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio_tungstenite::tungstenite::Message;
use tongxin::clock::Clock;

pub const BOT: &str = "aibAbc123";
const SECRET: &str = "secret-of-the-robot";

/// How the next frame of ours fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The platform is busy.
    Busy,
    /// So much was written that it takes nothing more for a while.
    Full,
    /// It is too late to answer that.
    Late,
    /// It does not take this message.
    Refused,
    /// The connection is cut before anything happens.
    CutUnread,
    /// It is shown, and the connection is cut before the answer.
    CutUnanswered,
}

/// How a quote says what is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quotes {
    /// As it is shown.
    Shown,
    /// As it was written.
    Written,
}

/// A button of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub label: String,
    pub key: String,
}

/// Something that the robot said, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub to: String,
    /// As it is read, with the addresses of links behind them.
    pub text: String,
    /// As it was written.
    pub written: String,
    pub keys: Vec<Key>,
    /// The card's name, where it is one.
    pub task: Option<String>,
    /// The message that it is bound to.
    pub answers: Option<String>,
}

/// A frame in which something came, and what can be said to it.
#[derive(Clone, Debug)]
struct Open {
    chat: String,
    message: String,
    /// The card, for a press.
    task: Option<String>,
    at: i64,
}

#[derive(Default)]
struct State {
    /// What the robot is called in groups.
    name: String,
    line: Option<u64>,
    subscribed: bool,
    /// The platform dropped the subscription, and left the connection open.
    forgotten: bool,
    kicked: usize,
    made: usize,
    wrong_secret: bool,
    turned_away: usize,
    written: HashSet<String>,
    shown: Vec<Shown>,
    sent: HashMap<String, VecDeque<i64>>,
    open: HashMap<String, Open>,
    tasks: HashSet<String>,
    asked: HashSet<String>,
    faults: VecDeque<Fault>,
    refused: usize,
    lost: usize,
    last: u64,
    doors: HashMap<String, (String, i64)>,
    violations: Vec<String>,
    /// Files of which pieces were given, with what was said of them.
    coming: HashMap<String, (Value, Vec<Vec<u8>>)>,
    uploads: Uploads,
    /// What the answer gives that is due.
    gives: Option<Value>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    sockets: Arc<Sockets>,
}

pub struct FakeWecomBot {
    inner: Arc<Inner>,
    socket: String,
    url: String,
}

impl State {
    fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panicked")
    }

    fn now(&self) -> i64 {
        self.clock.now().millis()
    }
}

impl Platform for Inner {
    fn asked(&self, _: u64, _: &str) -> Result<(), (u16, String)> {
        Ok(())
    }

    fn said(&self, line: u64, message: Message) -> Vec<Act> {
        let mut state = self.state();
        let Message::Text(text) = message else {
            state.violations.push("a frame that is no text".to_owned());
            return vec![Act::Cut];
        };
        let Ok(frame) = serde_json::from_str::<Value>(&text) else {
            state.violations.push(format!("no JSON: {text}"));
            return vec![Act::Cut];
        };
        drop(state);
        self.hears(line, &frame)
    }

    fn ended(&self, line: u64) {
        let mut state = self.state();
        if state.line == Some(line) {
            (state.line, state.subscribed) = (None, false);
        }
    }
}

impl Inner {
    /// Takes a frame, and what it is answered.
    fn hears(&self, line: u64, frame: &Value) -> Vec<Act> {
        let now = self.now();
        let mut state = self.state();
        if frame["cmd"] == "aibot_subscribe" {
            let old = state.line.filter(|old| state.subscribed && *old != line);
            let acts = state.subscribe(line, frame);
            if let Some(old) = old.filter(|_| state.line == Some(line)) {
                state.kicked += 1;
                self.sockets.act(old, Act::Say(text_of(&frames::kicked())));
                self.sockets.act(old, Act::Close);
            }
            return acts;
        }
        if state.line == Some(line) && state.forgotten {
            return vec![frames::not_subscribed(frame)];
        }
        if state.line != Some(line) || !state.subscribed {
            state.violations.push(format!("not subscribed: {frame}"));
            return vec![Act::Cut];
        }
        state.take(frame, now)
    }
}

impl FakeWecomBot {
    pub async fn start(clock: Arc<dyn Clock>) -> Self {
        let sockets = Arc::new(Sockets::default());
        let state = State { name: "同心".to_owned(), ..State::default() };
        let state = Mutex::new(state);
        let inner = Arc::new(Inner { clock, state, sockets: sockets.clone() });
        let socket = sockets.serve(inner.clone()).await;
        let url = called::serve(inner.clone()).await;
        Self { inner, socket, url }
    }

    /// The account of a robot with a connection, in the configuration.
    pub fn account(&self) -> String {
        format!(
            "[[account]]\nname = \"robot\"\nplatform = \"wecom-bot\"\nbot_id = \"{BOT}\"\n\
             secret = \"{SECRET}\"\napi_url = \"http://{}\"\n",
            self.socket
        )
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state()
    }

    /// What was said in a group or to a person, as it stands.
    pub fn shown(&self, to: &str) -> Vec<Shown> {
        self.state().shown.iter().filter(|shown| shown.to == to).cloned().collect()
    }

    pub fn last(&self, to: &str) -> Shown {
        self.shown(to).pop().unwrap_or_else(|| panic!("nothing was said to {to}"))
    }

    pub fn refused(&self) -> usize {
        self.state().refused
    }

    /// How many events came when nobody listened.
    pub fn lost(&self) -> usize {
        self.state().lost
    }

    /// How many connections were subscribed.
    pub fn connections(&self) -> usize {
        self.state().made
    }

    /// How many connections a newer one ended.
    pub fn kicked(&self) -> usize {
        self.state().kicked
    }

    /// How many pictures and files were taken.
    pub fn uploads(&self) -> usize {
        self.state().uploads.taken()
    }

    pub fn fails(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    /// It knows none of the names that it gives.
    pub fn disowns_media(&self) {
        for kind in ["image", "file"] {
            self.state().uploads.disown_of(kind);
        }
    }

    /// The secret is made anew on the robot's page.
    pub fn changes_secret(&self) {
        self.state().wrong_secret = true;
        self.cuts();
    }

    /// Waits until a connection was refused.
    pub async fn is_refused(&self) {
        loop {
            let rings = self.inner.sockets.bell.notified();
            if self.state().turned_away > 0 {
                return;
            }
            rings.await;
        }
    }

    /// Another program of the robot's has written to a chat as often as a minute allows.
    pub fn floods(&self, chat: &str) {
        let now = self.inner.now();
        self.state().sent.entry(chat.to_owned()).or_default().extend([now; 30]);
    }

    /// The robot is taken out of a group.
    pub fn loses(&self, chat: &str) {
        self.state().written.remove(chat);
    }

    /// The connection breaks.
    pub fn cuts(&self) {
        let line = self.state().line;
        self.state().subscribed = false;
        if let Some(line) = line {
            self.inner.sockets.act(line, Act::Cut);
        }
    }

    /// The platform drops the subscription and says nothing of it: the connection stays open.
    pub fn forgets_us(&self) {
        let mut state = self.state();
        (state.subscribed, state.forgotten) = (false, true);
    }

    /// A ping is answered.
    pub fn answers_a_ping(&self) {
        let ping = json!({"cmd": "ping", "headers": {"req_id": "ping"}});
        let line = self.state().line.expect("a connection");
        for act in self.inner.hears(line, &ping) {
            self.inner.sockets.act(line, act);
        }
    }

    /// This is said over the connection, whatever it means.
    pub fn says_raw(&self, message: Message) {
        let line = self.state().line.expect("a connection");
        self.inner.sockets.act(line, Act::Say(message));
    }

    /// Waits until there is a connection, and all that was said over it is heard and stored.
    pub async fn is_heard_out(&self) {
        loop {
            let rings = self.inner.sockets.bell.notified();
            let line = {
                let state = self.state();
                state.line.filter(|_| state.subscribed)
            };
            match line {
                Some(line) if self.inner.sockets.is_heard_out(line).await => return,
                Some(_) => {}
                None => rings.await,
            }
        }
    }

    /// Somebody writes in a group, calling the robot, or to the robot alone; the message.
    pub fn says(&self, from: &str, group: Option<&str>, text: &str) -> Value {
        self.quotes(from, group, text, None)
    }

    /// What the robot is called in groups.
    pub fn is_named(&self, name: &str) {
        name.clone_into(&mut self.state().name);
    }

    /// The same, quoting something that the robot said.
    pub fn quotes(
        &self,
        from: &str,
        group: Option<&str>,
        text: &str,
        quoted: Option<(&Shown, Quotes)>,
    ) -> Value {
        let mut body = self.body(from, group);
        let text = match group {
            Some(_) => format!("@{} {text}", self.state().name),
            None => text.to_owned(),
        };
        body["msgtype"] = "text".into();
        body["text"] = json!({ "content": text });
        if let Some((shown, how)) = quoted {
            let content = match how {
                Quotes::Written => shown.written.clone(),
                Quotes::Shown => labels(&shown.written),
            };
            body["quote"] = json!({"msgtype": "text", "text": {"content": content}});
        }
        body
    }

    /// Somebody taps a button of a card.
    pub fn taps(&self, from: &str, shown: &Shown, label: &str) -> Value {
        let key = shown.keys.iter().find(|key| key.label == label);
        let key = key.unwrap_or_else(|| panic!("no {label} on {shown:?}"));
        let group = shown.to.starts_with("wr").then_some(shown.to.as_str());
        let mut body = self.body(from, group);
        body["msgtype"] = "event".into();
        body["event"] = json!({"eventtype": "template_card_event",
            "event_key": key.key, "task_id": shown.task});
        body
    }

    fn body(&self, from: &str, group: Option<&str>) -> Value {
        let now = self.inner.now();
        let mut state = self.state();
        let number = state.number();
        let mut body = json!({"msgid": format!("CAIQ{number}"), "create_time": now / 1000,
            "aibotid": BOT, "from": {"userid": from}});
        match group {
            Some(group) => {
                body["chattype"] = "group".into();
                body["chatid"] = group.into();
            }
            None => body["chattype"] = "single".into(),
        }
        body
    }

    /// This happens: the robot is told over its connection, if there is one.
    pub fn happens(&self, body: &Value) {
        let now = self.inner.now();
        let mut state = self.state();
        let number = state.number();
        let chat = body["chatid"].as_str().or(body["from"]["userid"].as_str()).expect("a chat");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        state.written.insert(chat.to_owned());
        let Some(line) = state.line.filter(|_| state.subscribed) else {
            state.lost += 1;
            return;
        };
        let req_id = format!("req-{number}");
        let event = body["msgtype"] == "event";
        let task = event.then(|| text(&body["event"]["task_id"]));
        let open = Open { chat: chat.to_owned(), message: text(&body["msgid"]), task, at: now };
        state.open.insert(req_id.clone(), open);
        let cmd = if event { "aibot_event_callback" } else { "aibot_msg_callback" };
        let frame = json!({"cmd": cmd, "headers": {"req_id": req_id}, "body": body});
        drop(state);
        self.inner.sockets.act(line, Act::Say(text_of(&frame)));
    }
}

fn text_of(frame: &Value) -> Message {
    Message::text(frame.to_string())
}

/// What an app shows of Markdown: labels of links alone.
fn labels(written: &str) -> String {
    let read = read_markdown(written);
    let pieces =
        read.split('〈').map(|piece| piece.split_once('〉').map_or(piece, |(_, rest)| rest));
    pieces.collect()
}

impl Drop for FakeWecomBot {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let violations = &self.state().violations;
            assert!(violations.is_empty(), "not as WeCom takes it: {violations:#?}");
        }
    }
}
