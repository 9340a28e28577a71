//! A DingTalk organisation with groups and people, as an app's robot sees it: tokens that end, messages that are
//! read, limits, and the real bodies of refusals.
//!
//! A request that DingTalk would not take is refused *and* fails the test when the fake is dropped.

use super::official::fields;
use super::robots::read_markdown;
use super::sockets::{Act, Platform, Sockets};
use super::telegram::net::{CuttableListener, Knife};
use super::uploads::{self, Uploads};
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use tokio_tungstenite::tungstenite::Message;
use tongxin::clock::Clock;
use tongxin::connector::Secret;
use tongxin::connector::dingtalk::Settings;

const KEY: &str = "dingkey";
const SECRET: &str = "the-secret-of-the-app";
const TOKEN_LIVES: i64 = 7_200_000;
const PER_SECOND: usize = 20;
/// What is named was never given, or is not known any more: that is refused, and may happen.
const UNKNOWN: &str = "mediaId is not known";

/// How the next request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The calls of the month are used up.
    MonthUsedUp,
    /// Too many in this second.
    TooFast,
    /// A page from a gateway.
    Page(u16),
    /// The connection is cut before anything happens.
    CutUnread,
    /// The message is shown, and the connection is cut before the answer.
    CutUnanswered,
    /// What is given is refused with this code.
    Refused(i64),
}

/// A message as it is read, and the name that it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub to: String,
    pub key: String,
    pub text: String,
    /// Labels of what can be tapped, and the words that are sent then.
    pub taps: Vec<(String, String)>,
}

#[derive(Default)]
struct Inside {
    tokens: HashMap<String, i64>,
    fetched: usize,
    shown: Vec<Shown>,
    gone: HashSet<String>,
    stopped: bool,
    /// Groups without the robot, and how they got rid of it.
    without: HashMap<String, Rid>,
    /// Who is not written to alone, and what is said of it.
    unreached: HashMap<String, Unreached>,
    sent: VecDeque<i64>,
    faults: VecDeque<Fault>,
    /// The same for pictures and files that are given.
    upload_faults: VecDeque<Fault>,
    uploads: Uploads,
    refused: usize,
    named: u64,
    violations: Vec<String>,
    stream: Streamed,
}

/// What goes over connections.
#[derive(Default)]
struct Streamed {
    tickets: HashSet<String>,
    opened: usize,
    line: Option<u64>,
    /// What was said and not acknowledged, under its name.
    owed: Vec<(String, Value)>,
    taken: Vec<String>,
    cuts_ack: Option<When>,
}

/// When the connection breaks around an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// It is lost.
    Before,
    /// It is heard.
    After,
}

struct Inner {
    clock: Arc<dyn Clock>,
    inside: Mutex<Inside>,
    sockets: Arc<Sockets>,
    address: OnceLock<String>,
}

impl Inner {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().expect("no request panicked")
    }
}

impl Platform for Inner {
    fn asked(&self, _: u64, path: &str) -> Result<(), (u16, String)> {
        let ticket = path.split_once("ticket=").map_or("", |(_, ticket)| ticket);
        let good = self.inside().stream.tickets.remove(ticket);
        if good { Ok(()) } else { Err((401, String::new())) }
    }

    fn began(&self, line: u64) -> Vec<Act> {
        let mut inside = self.inside();
        inside.stream.line = Some(line);
        inside.stream.opened += 1;
        inside.stream.owed.iter().map(|(_, frame)| say(frame)).collect()
    }

    fn said(&self, _: u64, message: Message) -> Vec<Act> {
        let mut inside = self.inside();
        let Message::Text(text) = message else { return Vec::new() };
        let ack: Value = serde_json::from_str(&text).unwrap_or_default();
        let name = ack["headers"]["messageId"].as_str().unwrap_or_default().to_owned();
        if ack["code"] != 200 || ack["headers"]["contentType"] != "application/json" {
            inside.violations.push(format!("no acknowledgement: {ack}"));
        }
        let when = inside.stream.cuts_ack.take();
        if when == Some(When::Before) {
            return vec![Act::Cut];
        }
        match inside.stream.owed.iter().position(|(owed, _)| *owed == name) {
            Some(at) => {
                let (_, frame) = inside.stream.owed.remove(at);
                if frame["headers"]["topic"] == "ping" && ack["data"] != frame["data"] {
                    inside.violations.push(format!("not what was asked: {ack}"));
                }
                inside.stream.taken.push(name);
            }
            None => inside.violations.push(format!("nobody asked: {ack}")),
        }
        if when == Some(When::After) { vec![Act::Cut] } else { Vec::new() }
    }

    fn ended(&self, line: u64) {
        let mut inside = self.inside();
        if inside.stream.line == Some(line) {
            inside.stream.line = None;
        }
    }
}

fn say(frame: &Value) -> Act {
    Act::Say(Message::text(frame.to_string()))
}

pub struct FakeDingtalk {
    inner: Arc<Inner>,
    url: String,
}

impl FakeDingtalk {
    pub async fn start(clock: Arc<dyn Clock>) -> Self {
        let sockets = Arc::new(Sockets::default());
        let (inside, address) = (Mutex::default(), OnceLock::new());
        let inner = Arc::new(Inner { clock, inside, sockets: sockets.clone(), address });
        let address = sockets.serve(inner.clone()).await;
        inner.address.set(address).expect("set once");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = axum::Router::new().fallback(serve).with_state(inner.clone());
        let service = router.into_make_service_with_connect_info::<Knife>();
        #[expect(clippy::disallowed_methods, reason = "a fake serves beside the test")]
        tokio::spawn(async move { axum::serve(CuttableListener(listener), service).await });
        Self { inner, url }
    }

    /// The account in the configuration.
    pub fn account(&self) -> String {
        format!(
            "[[account]]\nname = \"ding\"\nplatform = \"dingtalk\"\napp_key = \"{KEY}\"\n\
             app_secret = \"{SECRET}\"\napi_url = \"{}\"\n",
            self.url
        )
    }

    /// The account of an app in Stream mode.
    pub fn streamed_account(&self) -> String {
        self.account() + "receive = \"stream\"\n"
    }

    /// DingTalk says this over the connection, and again until it is acknowledged.
    pub fn streams(&self, call: &Call) {
        self.owes("CALLBACK", "/v1.0/im/bot/messages/get", &call.body);
    }

    /// DingTalk says something of its own.
    pub fn says_of_itself(&self, topic: &str) {
        self.owes("SYSTEM", topic, r#"{"opaque":"0-0-1"}"#);
    }

    fn owes(&self, kind: &str, topic: &str, data: &str) {
        let mut inside = self.inside();
        inside.named += 1;
        let name = format!("frame-{}", inside.named);
        let frame = json!({"specVersion": "1.0", "type": kind, "data": data,
            "headers": {"messageId": name, "topic": topic, "contentType": "application/json",
                "time": self.inner.clock.now().millis().to_string(), "appId": "app"}});
        inside.stream.owed.push((name, frame.clone()));
        if let Some(line) = inside.stream.line {
            self.inner.sockets.act(line, say(&frame));
        }
    }

    /// This is said over the connection, whatever it means.
    pub fn says_raw(&self, message: Message) {
        let line = self.inside().stream.line.expect("a connection");
        self.inner.sockets.act(line, Act::Say(message));
    }

    pub fn cuts_around_ack(&self, when: When) {
        self.inside().stream.cuts_ack = Some(when);
    }

    /// How many connections there were.
    pub fn opened(&self) -> usize {
        self.inside().stream.opened
    }

    /// How many frames were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.inside().stream.taken.len()
    }

    /// Waits until there is a connection, and all that was said is acknowledged.
    pub async fn is_heard_out(&self) {
        loop {
            let rings = self.inner.sockets.bell.notified();
            let (line, owes) = {
                let stream = &self.inside().stream;
                (stream.line, !stream.owed.is_empty())
            };
            match line {
                Some(line) if !owes && self.inner.sockets.is_heard_out(line).await => return,
                Some(_) if !owes => {}
                _ => rings.await,
            }
        }
    }

    /// The settings of an app here.
    pub fn settings(&self) -> Settings {
        let given = Settings::new(KEY.to_owned(), Secret::new(SECRET.to_owned()));
        Settings { api_url: self.url.clone(), ..given }
    }

    /// What was said in a group or to a person.
    pub fn shown(&self, to: &str) -> Vec<Shown> {
        self.inside().shown.iter().filter(|s| s.to == to).cloned().collect()
    }

    pub fn last(&self, to: &str) -> Shown {
        self.shown(to).pop().unwrap_or_else(|| panic!("nothing was said to {to}"))
    }

    pub fn refused(&self) -> usize {
        self.inside().refused
    }

    /// How often a token was asked for.
    pub fn fetched(&self) -> usize {
        self.inside().fetched
    }

    pub fn fails(&self, fault: Fault) {
        self.inside().faults.push_back(fault);
    }

    /// The next picture or file that is given fails.
    pub fn fails_upload(&self, fault: Fault) {
        self.inside().upload_faults.push_back(fault);
    }

    /// How many pictures and files were taken.
    pub fn uploads(&self) -> usize {
        self.inside().uploads.taken()
    }

    /// No name of a picture or file is known any more.
    pub fn forgets_media(&self) {
        self.inside().uploads.forget();
    }

    /// It knows none of the names that it gives.
    pub fn disowns_media(&self) {
        for kind in ["image", "file"] {
            self.inside().uploads.disown_of(kind);
        }
    }

    /// How many failures of what is given are still to come.
    pub fn faults_left(&self) -> usize {
        self.inside().upload_faults.len()
    }

    /// The group is disbanded, or the person leaves.
    pub fn loses(&self, name: &str) {
        self.inside().gone.insert(name.to_owned());
    }

    /// Every token ends at once.
    pub fn ends_tokens(&self) {
        self.inside().tokens.clear();
    }

    /// A group gets rid of the robot.
    pub fn is_rid_of_robot(&self, group: &str, how: Rid) {
        self.inside().without.insert(group.to_owned(), how);
    }

    /// Somebody cannot be written to alone any more.
    pub fn does_not_reach(&self, person: &str, why: Unreached) {
        self.inside().unreached.insert(person.to_owned(), why);
    }

    pub fn stops_robot(&self, stopped: Stopped) {
        self.inside().stopped = stopped == Stopped::Yes;
    }

    /// A call about a message in a group (`Some`) or alone.
    pub fn call(
        &self,
        from: &str,
        group: Option<&str>,
        text: &str,
        answers: Option<&Shown>,
    ) -> Call {
        let mut inside = self.inside();
        inside.named += 1;
        let now = self.inner.clock.now().millis();
        let mut body = json!({
            "conversationId": group.unwrap_or("cid-alone"),
            "conversationType": if group.is_some() { "2" } else { "1" },
            "conversationTitle": group.unwrap_or_default(),
            "chatbotUserId": "$:LWCP_v1:$robot", "robotCode": KEY,
            "msgId": format!("msg-{}", inside.named), "msgtype": "text",
            "text": {"content": format!(" {text}")},
            "senderId": "$:LWCP_v1:$x", "senderStaffId": from, "senderNick": "赵敏",
            "isAdmin": from == "boss", "createAt": now,
            "sessionWebhook": "http://169.254.169.254/steal",
            "sessionWebhookExpiredTime": now + 5_400_000,
        });
        if let Some(answers) = answers {
            body["originalProcessQueryKey"] = json!(answers.key);
        }
        Call { timestamp: now, body: body.to_string(), sign: None }
    }

    /// The same of what is no plain text: its kind, and what it holds.
    pub fn call_of(&self, from: &str, group: Option<&str>, kind: &str, content: Value) -> Call {
        let mut call = self.call(from, group, "", None);
        let mut body: Value = serde_json::from_str(&call.body).expect("JSON");
        body["msgtype"] = json!(kind);
        body["content"] = content;
        body.as_object_mut().expect("an object").remove("text");
        call.body = body.to_string();
        call
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inner.inside()
    }
}

/// Whether the robot is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    Yes,
    No,
}

/// How a group gets rid of the robot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rid {
    /// It is taken out.
    Removed,
    /// It is stopped there.
    Stopped,
}

/// What is said of somebody who cannot be written to alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreached {
    /// Nobody has this name, where it is the only one that is given.
    NoStaff,
    /// They are left out of those who are written to.
    LeftOut,
    /// There is no robot for them.
    NoRobot,
    /// The robot may not write to them.
    NotAllowed,
}

/// A call that is about to be made.
#[derive(Clone, Debug)]
pub struct Call {
    pub timestamp: i64,
    pub body: String,
    pub sign: Option<String>,
}

impl Call {
    pub fn request(&self) -> axum::http::Request<Body> {
        let sign = self.sign.clone().unwrap_or_else(|| sign(self.timestamp));
        axum::http::Request::post("/hook/ding")
            .header("timestamp", self.timestamp)
            .header("sign", sign)
            .body(Body::from(self.body.clone()))
            .expect("a request")
    }
}

impl Drop for FakeDingtalk {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let violations = &self.inside().violations;
            assert!(violations.is_empty(), "not as DingTalk takes it: {violations:#?}");
        }
    }
}

fn sign(timestamp: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key");
    mac.update(format!("{timestamp}\n{SECRET}").as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// What is answered.
type Answer = (u16, Value);

fn refusal(status: u16, code: &str, message: &str) -> Answer {
    (status, json!({"code": code, "message": message, "requestid": "0A1B"}))
}

/// What the older addresses answer.
fn old(code: i64, message: &str) -> Value {
    json!({"errcode": code, "errmsg": message, "request_id": "16k8h2x"})
}

/// The same from their gateway: what it is about is within, in quotes or not.
fn wrapped(sub: impl Into<Value>, message: &str) -> Value {
    let sub = sub.into();
    let code = sub.to_string().replace('"', "");
    let errmsg = format!("ding talk error[subcode={code},submsg={message}]");
    json!({"errcode": 88, "sub_code": sub, "sub_msg": message, "errmsg": errmsg,
           "request_id": "16k8h2x"})
}

async fn serve(
    State(inner): State<Arc<Inner>>,
    ConnectInfo(knife): ConnectInfo<Knife>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 25 << 20).await.expect("a body");
    let now = inner.clock.now().millis();
    let mut inside = inner.inside.lock().expect("no request panicked");
    if parts.uri.path() == "/media/upload" {
        let fault = inside.upload_faults.pop_front();
        if let Some(Fault::Page(status)) = fault {
            let page = Body::from("<html>nginx</html>");
            return Response::builder().status(status).body(page).expect("a page");
        }
        let answer = match fault {
            Some(Fault::CutUnread) => json!({}),
            Some(Fault::TooFast) => {
                wrapped(90018, "您的服务器调用钉钉开放平台当前接口的所有请求都被暂时禁用了")
            }
            Some(Fault::Refused(code)) => old(code, "is refused"),
            _ => inside.is_given(&parts, &body, now),
        };
        if matches!(fault, Some(Fault::CutUnread | Fault::CutUnanswered)) {
            knife.cut();
        }
        return json_of((200, answer));
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path = parts.uri.path().to_owned();
    if path == "/v1.0/oauth2/accessToken" {
        return json_of(inside.give_token(&body, now));
    }
    if path == "/v1.0/gateway/connections/open" {
        let address = inner.address.get().expect("it serves");
        return json_of(inside.give_ticket(&body, address));
    }
    let token = parts.headers.get("x-acs-dingtalk-access-token");
    let token = token.and_then(|v| v.to_str().ok()).unwrap_or_default();
    if inside.tokens.get(token).is_none_or(|until| *until <= now) {
        let words = "不合法的access_token";
        return json_of(refusal(401, "InvalidAuthentication", words));
    }
    let fault = inside.faults.pop_front();
    let answer = match fault {
        Some(Fault::CutUnread) => {
            knife.cut();
            (500, json!({}))
        }
        Some(Fault::Page(status)) => {
            let page = Body::from("<html>nginx</html>");
            return Response::builder().status(status).body(page).expect("a page");
        }
        Some(Fault::MonthUsedUp) => {
            refusal(403, "Forbidden.AccessDenied.ApiCountLimitForOrg", "本月调用次数已用完")
        }
        Some(Fault::TooFast) => inside.too_fast(),
        Some(Fault::Refused(code)) => refusal(400, &code.to_string(), "is refused"),
        None | Some(Fault::CutUnanswered) => inside.take(&path, &body, now),
    };
    if fault == Some(Fault::CutUnanswered) {
        knife.cut();
    }
    json_of(answer)
}

fn json_of((status, body): Answer) -> Response {
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(Body::from(body.to_string())).expect("an answer")
}

impl Inside {
    fn give_token(&mut self, body: &Value, now: i64) -> Answer {
        if body["appKey"] != KEY || body["appSecret"] != SECRET {
            return refusal(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret");
        }
        self.fetched += 1;
        let known = self.tokens.iter().find(|(_, until)| **until > now + 300_000);
        let (token, until) = match known {
            Some((token, until)) => (token.clone(), *until),
            None => (format!("token-{}", self.fetched), now + TOKEN_LIVES),
        };
        self.tokens.insert(token.clone(), until);
        (200, json!({"accessToken": token, "expireIn": (until - now) / 1000}))
    }

    fn give_ticket(&mut self, body: &Value, address: &str) -> Answer {
        if body["clientId"] != KEY || body["clientSecret"] != SECRET {
            return refusal(401, "invalidClientIdOrSecret", "无效的clientId或者clientSecret");
        }
        let wanted = json!([{"type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get"}]);
        if body["subscriptions"] != wanted {
            return self.violation(format!("hears {}", body["subscriptions"]));
        }
        self.named += 1;
        let ticket = format!("ticket-{}", self.named);
        self.stream.tickets.insert(ticket.clone());
        (200, json!({"endpoint": format!("ws://{address}/connect"), "ticket": ticket}))
    }

    /// Takes a picture or a file that messages will name.
    fn is_given(&mut self, parts: &Parts, body: &[u8], now: i64) -> Value {
        let query = parts.uri.query().unwrap_or_default();
        let query: HashMap<String, String> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let token = query.get("access_token").map_or("", String::as_str);
        if self.tokens.get(token).is_none_or(|until| *until <= now) {
            return wrapped("40014", "不合法的access_token");
        }
        let kind = parts.headers.get("content-type").and_then(|v| v.to_str().ok());
        let file = uploads::read(kind.unwrap_or_default(), body, "media");
        let mut file = match file {
            Ok((file, more)) if more.is_empty() => file,
            other => {
                self.violations.push(format!("no file: {:?}", other.map(|(_, more)| more)));
                return old(40035, "不合法的参数");
            }
        };
        file.kind = query.get("type").cloned().unwrap_or_default();
        match file.kind.as_str() {
            "image" if !file.is_picture() => return old(40005, "不合法的媒体文件类型"),
            "image" | "file" => {}
            _ => return old(40004, "不合法的媒体文件类型"),
        }
        if file.bytes.is_empty() || file.bytes.len() > 20 << 20 {
            return old(40006, "不合法的文件大小");
        }
        let kind = file.kind.clone();
        let id = self.uploads.keep(file, i64::MAX);
        json!({"errcode": 0, "errmsg": "ok", "media_id": id, "created_at": now, "type": kind})
    }

    fn too_fast(&mut self) -> Answer {
        self.refused += 1;
        refusal(403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "90018 请求过于频繁")
    }

    fn take(&mut self, path: &str, body: &Value, now: i64) -> Answer {
        while self.sent.front().is_some_and(|at| now - at >= 1000) {
            self.sent.pop_front();
        }
        if self.sent.len() >= PER_SECOND {
            return self.too_fast();
        }
        self.sent.push_back(now);
        if body["robotCode"] != KEY {
            return refusal(400, "invalidParameter.robotCode.notExsit", "robotCode 不存在");
        }
        if self.stopped {
            return refusal(400, "bot.stopped", "机器人已停用");
        }
        match path {
            "/v1.0/robot/groupMessages/send" => self.in_group(body),
            "/v1.0/robot/oToMessages/batchSend" => self.alone(body),
            "/v1.0/robot/groupMessages/recall" | "/v1.0/robot/oToMessages/batchRecall" => {
                let keys: Vec<_> = body["processQueryKeys"].as_array().cloned().unwrap_or_default();
                self.shown.retain(|shown| !keys.iter().any(|key| key == &shown.key));
                (200, json!({"successResult": keys, "failedResult": {}}))
            }
            other => self.violation(format!("no such address: {other}")),
        }
    }

    fn in_group(&mut self, body: &Value) -> Answer {
        let group = body["openConversationId"].as_str().unwrap_or_default().to_owned();
        if !group.starts_with("cid") {
            return refusal(400, "miss.openConversationId", "openConversationId 不能为空");
        }
        if self.gone.contains(&group) {
            return refusal(400, "group.disbanded", "群已解散");
        }
        match self.without.get(&group) {
            Some(Rid::Removed) => {
                let words = "机器人不存在";
                return refusal(400, "invalidParameter.robotCode.notExsit", words);
            }
            Some(Rid::Stopped) => return refusal(400, "bot.stopped", "群机器人已经停用"),
            None => {}
        }
        match self.read(body, &["robotCode", "msgKey", "msgParam", "openConversationId"], group) {
            Ok(key) => (200, json!({"processQueryKey": key})),
            Err(violation) => self.violation(violation),
        }
    }

    fn alone(&mut self, body: &Value) -> Answer {
        let person = body["userIds"][0].as_str().unwrap_or_default().to_owned();
        if self.gone.contains(&person) {
            let key = "key-of-nothing";
            return (
                200,
                json!({"processQueryKey": key, "invalidStaffIdList": [person], "flowControlledStaffIdList": []}),
            );
        }
        match self.unreached.get(&person) {
            Some(Unreached::NoStaff) => return refusal(400, "staffId.notExisted", "员工不存在"),
            Some(Unreached::NoRobot) => return refusal(400, "robot.oto.notExist", "机器人不存在"),
            Some(Unreached::NotAllowed) => {
                let words = "机器人已经停用或者未启用";
                return refusal(400, "chatbotId.notAllow.sendOTO", words);
            }
            Some(Unreached::LeftOut) => {
                let none: [&str; 0] = [];
                let made = json!({"processQueryKey": "key-of-nothing", "invalidStaffIdList": none,
                    "flowControlledStaffIdList": none, "filteredStaffIdList": [person]});
                return (200, made);
            }
            None => {}
        }
        match self.read(body, &["robotCode", "msgKey", "msgParam", "userIds"], person) {
            Ok(key) => (
                200,
                json!({"processQueryKey": key, "invalidStaffIdList": [], "flowControlledStaffIdList": []}),
            ),
            Err(violation) => self.violation(violation),
        }
    }

    fn violation(&mut self, words: String) -> Answer {
        if words != UNKNOWN {
            self.violations.push(words);
        }
        refusal(400, "invalidParameter.msgParam.invalid", "参数错误")
    }

    /// What is seen of a picture or a file; none where the message is neither.
    fn read_media(&self, key: &Value, param: &Value) -> Result<Option<String>, String> {
        let (name, kind, known) = match key.as_str() {
            Some("sampleImageMsg") => (&param["photoURL"], "image", &["photoURL"][..]),
            Some("sampleFile") => {
                let kinds = ["xlsx", "pdf", "zip", "rar", "doc", "docx"];
                let kind = param["fileType"].as_str().unwrap_or_default();
                let name = param["fileName"].as_str().unwrap_or_default();
                if !kinds.contains(&kind) || !name.ends_with(kind) {
                    return Err(format!("a file {name} of the kind {kind}"));
                }
                (&param["mediaId"], "file", &["mediaId", "fileName", "fileType"][..])
            }
            _ => return Ok(None),
        };
        fields(param, known)?;
        let file = self.uploads.named(name.as_str().unwrap_or_default(), 0);
        let file = file.filter(|file| file.kind == kind);
        Ok(Some(file.ok_or(UNKNOWN)?.shown()))
    }

    /// Shows a message; the name that it was given.
    fn read(&mut self, body: &Value, known: &[&str], to: String) -> Result<String, String> {
        let fields = body.as_object().ok_or("no object")?;
        if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(format!("the field {name} is not known"));
        }
        let param = body["msgParam"].as_str().ok_or("msgParam is no text")?;
        if param.len() > 15_000 {
            return Err(format!("msgParam has {} bytes", param.len()));
        }
        let param: Value = serde_json::from_str(param).map_err(|e| e.to_string())?;
        if let Some(read) = self.read_media(&body["msgKey"], &param)? {
            self.named += 1;
            let key = format!("key-{}", self.named);
            self.shown.push(Shown { to, key: key.clone(), text: read, taps: Vec::new() });
            return Ok(key);
        }
        if body["msgKey"] != "sampleMarkdown" || param["title"].as_str().is_none_or(str::is_empty) {
            return Err(format!("{} without a title", body["msgKey"]));
        }
        let read = read_markdown(param["text"].as_str().ok_or("no text")?);
        let (mut text, mut taps) = (String::new(), Vec::new());
        for (number, piece) in read.split("【").enumerate() {
            let tap = piece.split_once("】〈dtmd://dingtalkclient/sendMessage?content=");
            match tap.and_then(|(label, rest)| Some((label, rest.split_once('〉')?))) {
                Some((label, (words, rest))) => {
                    let words = url::form_urlencoded::parse(format!("c={words}").as_bytes())
                        .next()
                        .map(|(_, words)| words.into_owned());
                    taps.push((label.to_owned(), words.unwrap_or_default()));
                    text.extend(["［", label, "］", rest]);
                }
                None if number == 0 => text.push_str(piece),
                None => text.extend(["【", piece]),
            }
        }
        self.named += 1;
        let key = format!("key-{}", self.named);
        self.shown.push(Shown { to, key: key.clone(), text, taps });
        Ok(key)
    }
}
