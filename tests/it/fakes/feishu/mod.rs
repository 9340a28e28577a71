//! A tenant of Feishu with one app: chats, members, messages and cards, as they are read; the limits, and the bodies
//! of refusals; and the calls that the platform makes, encrypted and signed, until they are answered.
//!
//! A request that is not as the API takes it is refused *and* fails the test when the fake is dropped.

mod api;
mod content;
mod long;

pub use long::{Split, When};

use super::sockets::Sockets;
use super::telegram::net::{CuttableListener, Knife};
use super::uploads::Uploads;
use axum::body::Bytes;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use tongxin::clock::Clock;
use tongxin::connector::Secret;
use tongxin::connector::signed::feishu;

pub const APP: &str = "cli_a0b1c2d3";
pub const APP_SECRET: &str = "secret-of-the-app";
pub const ENCRYPT_KEY: &str = "encrypt key of the app";
pub const TOKEN: &str = "verification-token-of-the-app";
const BOT: &str = "ou_bot00000000000000000000000000";

/// How the next messages fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A page from a gateway, with this status.
    Page(u16),
    /// The platform has troubles of its own.
    Internal,
    /// The connection is cut before anything happens.
    CutUnread,
    /// The message is shown, and the connection is cut before the answer.
    CutUnanswered,
    /// Too many calls within the second.
    TooFast,
    /// The message is shown, and is said to be on its way still.
    BeingSent,
    /// The app was not granted a right.
    LacksScope,
    /// It is refused with this code.
    Refused(i64),
}

/// Somebody of the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub id: String,
    pub name: String,
}

/// What a chat is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sort {
    Group {
        name: String,
        owner: String,
        managers: Vec<String>,
    },
    /// Of topics, which takes no cards for one reader.
    Topics {
        name: String,
        owner: String,
    },
    Alone(String),
}

struct Chat {
    id: String,
    sort: Sort,
    bot: bool,
    disbanded: bool,
    sent: VecDeque<i64>,
}

/// A button of a card.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub label: String,
    pub value: Option<Value>,
    pub url: Option<String>,
}

/// A message as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub id: String,
    pub chat: String,
    pub by: String,
    pub kind: String,
    pub text: String,
    pub keys: Vec<Vec<Key>>,
    pub answers: Option<String>,
    /// The one who alone is shown it.
    pub aside: Option<String>,
    edits: usize,
    at: i64,
}

#[derive(Default)]
struct State {
    tokens: Vec<(String, i64)>,
    fetched: usize,
    chats: Vec<Chat>,
    messages: Vec<Message>,
    withdrawn: Vec<String>,
    known: HashMap<(String, String), (i64, String)>,
    sent: VecDeque<i64>,
    faults: VecDeque<Fault>,
    /// The same for the question for a token.
    token_faults: VecDeque<Fault>,
    /// The same for pictures and files that are given.
    upload_faults: VecDeque<Fault>,
    uploads: Uploads,
    refused: usize,
    calls: VecDeque<Value>,
    read: HashMap<String, Vec<Message>>,
    stopped: Vec<String>,
    /// Groups with others outside of the organisation, to whom the app is not shared.
    outside: Vec<String>,
    last: u64,
    violations: Vec<String>,
    held: long::Held,
}

struct Inner {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    sockets: Arc<Sockets>,
}

pub struct FakeFeishu {
    inner: Arc<Inner>,
    url: String,
}

impl State {
    fn name(&mut self, before: &str) -> String {
        self.last += 1;
        format!("{before}_{:028x}", self.last.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn chat(&mut self, id: &str) -> Option<&mut Chat> {
        self.chats.iter_mut().find(|chat| chat.id == id)
    }

    /// The chat of somebody with the bot alone.
    fn alone(&mut self, who: &str) -> String {
        let sort = Sort::Alone(who.to_owned());
        if let Some(chat) = self.chats.iter().find(|chat| chat.sort == sort) {
            return chat.id.clone();
        }
        let id = self.name("oc");
        let (bot, disbanded, sent) = (true, false, VecDeque::new());
        self.chats.push(Chat { id: id.clone(), sort, bot, disbanded, sent });
        id
    }
}

impl FakeFeishu {
    pub async fn start(clock: Arc<dyn Clock>) -> Self {
        let sockets = Arc::new(Sockets::default());
        let inner = Arc::new(Inner { clock, state: Mutex::default(), sockets: sockets.clone() });
        let address = sockets.serve(inner.clone()).await;
        inner.state.lock().expect("nobody panicked").held.address = address;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = axum::Router::new().fallback(api::serve).with_state(inner.clone());
        let service = router.into_make_service_with_connect_info::<Knife>();
        #[expect(clippy::disallowed_methods, reason = "a fake serves beside the test")]
        tokio::spawn(async move { axum::serve(CuttableListener(listener), service).await });
        Self { inner, url }
    }

    /// The account of the app in the configuration.
    pub fn account(&self) -> String {
        format!(
            "[[account]]\nname = \"feishu\"\nplatform = \"feishu\"\napp_id = \"{APP}\"\n\
             app_secret = \"{APP_SECRET}\"\nencrypt_key = \"{ENCRYPT_KEY}\"\n\
             verification_token = \"{TOKEN}\"\napi_url = \"{}\"\n",
            self.url
        )
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().expect("no request panicked")
    }

    fn now(&self) -> i64 {
        self.inner.clock.now().millis()
    }

    pub fn person(&self, name: &str) -> Member {
        Member { id: self.state().name("ou"), name: name.to_owned() }
    }

    fn chat(&self, sort: Sort) -> String {
        let mut state = self.state();
        let id = state.name("oc");
        let (bot, disbanded, sent) = (false, false, VecDeque::new());
        state.chats.push(Chat { id: id.clone(), sort, bot, disbanded, sent });
        id
    }

    pub fn group(&self, name: &str, owner: &Member) -> String {
        let (name, owner) = (name.to_owned(), owner.id.clone());
        self.chat(Sort::Group { name, owner, managers: Vec::new() })
    }

    pub fn group_of_topics(&self, name: &str, owner: &Member) -> String {
        self.chat(Sort::Topics { name: name.to_owned(), owner: owner.id.clone() })
    }

    pub fn makes_manager(&self, chat: &str, who: &Member) {
        match &mut self.state().chat(chat).expect("the chat").sort {
            Sort::Group { managers, .. } => managers.push(who.id.clone()),
            other => panic!("no managers in {other:?}"),
        }
    }

    /// The chat of somebody with the bot alone.
    pub fn alone(&self, who: &Member) -> String {
        self.state().alone(&who.id)
    }

    pub fn adds_bot(&self, chat: &str, by: &Member) {
        let name = {
            let mut state = self.state();
            let chat = state.chat(chat).expect("the chat");
            chat.bot = true;
            match &chat.sort {
                Sort::Group { name, .. } | Sort::Topics { name, .. } => name.clone(),
                Sort::Alone(_) => panic!("no group"),
            }
        };
        self.happens(
            "im.chat.member.bot.added_v1",
            &json!({"chat_id": chat, "operator_id": ids(&by.id), "external": false,
                "operator_tenant_key": "tenant", "name": name, "i18n_names": {"zh_cn": name}}),
        );
    }

    pub fn removes_bot(&self, chat: &str, by: &Member) {
        self.removes_bot_silently(chat);
        self.happens(
            "im.chat.member.bot.deleted_v1",
            &json!({"chat_id": chat, "operator_id": ids(&by.id), "external": false,
                "operator_tenant_key": "tenant"}),
        );
    }

    pub fn removes_bot_silently(&self, chat: &str) {
        self.state().chat(chat).expect("the chat").bot = false;
    }

    pub fn disbands(&self, chat: &str, by: &Member) {
        self.state().chat(chat).expect("the chat").disbanded = true;
        self.happens(
            "im.chat.disbanded_v1",
            &json!({"chat_id": chat, "operator_id": ids(&by.id), "external": false}),
        );
    }

    /// The group is opened to another organisation, to which the app is not shared.
    pub fn opens_outwards(&self, chat: &str) {
        self.state().outside.push(chat.to_owned());
    }

    /// Somebody stops the bot from writing to them.
    pub fn stops_bot(&self, who: &Member) {
        self.state().stopped.push(who.id.clone());
    }

    pub fn fails(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    /// The next question for a token fails.
    pub fn fails_token(&self, fault: Fault) {
        self.state().token_faults.push_back(fault);
    }

    /// The next picture or file that is given fails.
    pub fn fails_upload(&self, fault: Fault) {
        self.state().upload_faults.push_back(fault);
    }

    /// How many pictures and files were taken.
    pub fn uploads(&self) -> usize {
        self.state().uploads.taken()
    }

    /// No name of a picture or file is known any more.
    pub fn forgets_media(&self) {
        self.state().uploads.forget();
    }

    /// It knows none of the names that it gives.
    pub fn disowns_media(&self) {
        for kind in ["image", "file"] {
            self.state().uploads.disown_of(kind);
        }
    }

    /// How many failures of what is given are still to come.
    pub fn faults_left(&self) -> usize {
        self.state().upload_faults.len()
    }

    /// Other bots use up the second of this chat.
    pub fn floods_chat(&self, chat: &str) {
        let now = self.now();
        self.state().chat(chat).expect("the chat").sent.extend([now; 5]);
    }

    /// The app's minute is used up, by another process of its.
    pub fn floods_app(&self) {
        let now = self.now();
        self.state().sent.extend(vec![now; 1_000]);
    }

    /// Every token ends before its time.
    pub fn revokes_tokens(&self) {
        self.state().tokens.clear();
    }

    /// How many tokens were asked for.
    pub fn tokens_fetched(&self) -> usize {
        self.state().fetched
    }

    /// How many requests came too fast.
    pub fn refused(&self) -> usize {
        self.state().refused
    }

    /// Our messages in a chat, as they stand.
    pub fn messages(&self, chat: &str) -> Vec<Message> {
        let state = self.state();
        state.messages.iter().filter(|m| m.chat == chat && m.by == BOT).cloned().collect()
    }

    pub fn last(&self, chat: &str) -> Message {
        let whole = |m: &Message| m.aside.is_none();
        self.messages(chat).into_iter().rfind(whole).expect("something was said")
    }

    /// What was said in a chat since it was last read.
    pub fn hears(&self, chat: &str) -> String {
        let now = self.messages(chat);
        let mut state = self.state();
        let before = state.read.insert(chat.to_owned(), now.clone()).unwrap_or_default();
        let told = now.iter().filter(|m| !before.contains(m)).map(|m| {
            let mut told = String::new();
            let found = state.messages.iter().find(|o| Some(&o.id) == m.answers.as_ref());
            if let Some(answered) = found {
                let first: String = answered.text.chars().take(12).collect();
                told.extend(["↩ ", &first.replace('\n', " "), "\n"]);
            }
            if before.iter().any(|o| o.id == m.id) {
                told += "✎ ";
            }
            if m.aside.is_some() {
                told += "（仅本人可见）";
            }
            told += &m.text;
            for row in &m.keys {
                told.push('\n');
                told.extend(row.iter().map(|key| format!("［{}］", key.label)));
            }
            told
        });
        told.collect::<Vec<_>>().join("\n───\n")
    }

    /// Somebody takes a message of theirs or ours back.
    pub fn withdraws(&self, message: &str) {
        let mut state = self.state();
        state.messages.retain(|m| m.id != message);
        state.withdrawn.push(message.to_owned());
    }

    /// Somebody says something to the bot alone.
    pub fn tells(&self, who: &Member, text: &str) -> String {
        let chat = self.alone(who);
        self.writes(who, &chat, text, None)
    }

    /// Somebody answers a message in its chat.
    pub fn replies(&self, who: &Member, to: &Message, text: &str) -> String {
        self.writes(who, &to.chat, text, Some(&to.id))
    }

    /// Somebody says something in a group; `@机器人` calls the bot.
    pub fn says(&self, who: &Member, chat: &str, text: &str) -> String {
        self.writes(who, chat, text, None)
    }

    fn writes(&self, who: &Member, chat: &str, text: &str, answers: Option<&str>) -> String {
        let calls = text.contains("@机器人");
        let mentions =
            json!([{"key": "@_user_1", "id": ids(BOT), "name": "同心", "tenant_key": "tenant"}]);
        let content = json!({ "text": text.replace("@机器人", "@_user_1") }).to_string();
        let (id, kind) = {
            let at = self.now();
            let mut state = self.state();
            let id = state.name("om");
            let kind = match state.chat(chat).expect("the chat").sort {
                Sort::Group { .. } => "group",
                Sort::Topics { .. } => "topic_group",
                Sort::Alone(_) => "p2p",
            };
            state.messages.push(Message {
                id: id.clone(),
                chat: chat.to_owned(),
                by: who.id.clone(),
                kind: "text".to_owned(),
                text: text.to_owned(),
                keys: Vec::new(),
                answers: answers.map(str::to_owned),
                aside: None,
                edits: 0,
                at,
            });
            (id, kind)
        };
        let now = self.now().to_string();
        let mut message = json!({"message_id": id, "create_time": now, "update_time": now,
            "chat_id": chat, "chat_type": kind, "message_type": "text", "content": content});
        if let Some(answers) = answers {
            message["root_id"] = answers.into();
            message["parent_id"] = answers.into();
        }
        if calls {
            message["mentions"] = mentions;
        }
        self.happens(
            "im.message.receive_v1",
            &json!({"sender": {"sender_id": ids(&who.id), "sender_type": "user",
                "tenant_key": "tenant"}, "message": message}),
        );
        id
    }

    /// Somebody presses a button.
    pub fn presses(&self, who: &Member, below: &Message, label: &str) {
        let keys = below.keys.iter().flatten();
        let key = keys.into_iter().find(|key| key.label.contains(label));
        let key = key.unwrap_or_else(|| panic!("no {label} below {below:?}"));
        let value = key.value.clone().expect("a button that comes back");
        self.happens(
            "card.action.trigger",
            &json!({"operator": ids(&who.id), "token": "c-token", "host": "im_message",
                "action": {"value": value, "tag": "button"},
                "context": {"open_message_id": below.id, "open_chat_id": below.chat}}),
        );
    }

    fn happens(&self, kind: &str, event: &Value) {
        let mut state = self.state();
        let id = state.name("ev");
        let header = json!({"event_id": id, "event_type": kind, "create_time": self.now().to_string(),
            "token": TOKEN, "app_id": APP, "tenant_key": "tenant"});
        state.calls.push_back(json!({"schema": "2.0", "header": header, "event": event}));
    }

    /// The call that is due next, which is then made.
    pub fn next_event(&self) -> Option<Value> {
        self.state().calls.pop_front()
    }

    /// A call with this event, as the platform makes it now.
    pub fn call(&self, event: &Value) -> http::Request<Bytes> {
        let (now, iv) = (self.now() / 1000, *b"0123456789abcdef");
        let key = Secret::new(ENCRYPT_KEY.to_owned());
        let encrypt = feishu::encrypt(&key, iv, event.to_string().as_bytes());
        let body = json!({ "encrypt": encrypt }).to_string();
        let (time, nonce) = (now.to_string(), "1372623149");
        let sign = feishu::sign(&key, &time, nonce, body.as_bytes());
        let call = http::Request::post("/hook/feishu")
            .header("content-type", "application/json;charset=UTF-8")
            .header("x-lark-request-timestamp", time)
            .header("x-lark-request-nonce", nonce)
            .header("x-lark-signature", sign);
        call.body(Bytes::from(body)).expect("a call")
    }
}

fn ids(open: &str) -> Value {
    json!({"open_id": open, "union_id": open.replace("ou_", "on_"), "user_id": null})
}

impl Drop for FakeFeishu {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let violations = std::mem::take(&mut self.state().violations);
            assert!(violations.is_empty(), "not as the platform takes it: {violations:#?}");
        }
    }
}
