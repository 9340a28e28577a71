//! The groups of WeCom, DingTalk and Feishu, as far as a robot can see them: messages as they are read, the
//! limits, and the real bodies of refusals, which come with status 200.
//!
//! A request that the platform would not take whole (a field that it does not know, a text that is too long) is
//! refused *and* fails the test when the fake is dropped.

use super::telegram::form;
use super::telegram::net::{CuttableListener, Knife};
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};
use tongxin::clock::Clock;

const MINUTE: i64 = 60_000;
const BODY_MAX: usize = 25 << 20;

/// Whose group it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Make {
    Wecom,
    Dingtalk,
    Feishu,
}

impl Make {
    pub const ALL: [Self; 3] = [Self::Wecom, Self::Dingtalk, Self::Feishu];

    pub const fn platform(self) -> &'static str {
        match self {
            Self::Wecom => "wecom-robot",
            Self::Dingtalk => "dingtalk-robot",
            Self::Feishu => "feishu-robot",
        }
    }

    const fn per_minute(self) -> usize {
        match self {
            Self::Wecom | Self::Dingtalk => 20,
            Self::Feishu => 100,
        }
    }
}

/// How the next requests fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The platform is busy.
    Busy,
    /// A page from a gateway, with this status.
    Page(u16),
    /// The connection is cut before anything happens.
    CutUnread,
    /// The message is shown, and the connection is cut before the answer.
    CutUnanswered,
}

/// What becomes of a robot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Works,
    /// It was taken out of its group.
    Removed,
    /// The group is no more.
    Dissolved,
}

struct Group {
    make: Make,
    secret: Option<String>,
    keyword: Option<String>,
    standing: Standing,
    shown: Vec<String>,
    sent: VecDeque<i64>,
    locked_until: i64,
    taken: HashSet<String>,
    /// Files that were given, by the names that they got.
    files: HashMap<String, (String, Vec<u8>)>,
    faults: VecDeque<Fault>,
    refused: usize,
}

struct Inner {
    clock: Arc<dyn Clock>,
    groups: Mutex<HashMap<String, Group>>,
    violations: Mutex<Vec<String>>,
}

pub struct FakeRobots {
    inner: Arc<Inner>,
    url: String,
}

/// What is answered.
type Answer = (u16, Value);

impl FakeRobots {
    pub async fn start(clock: Arc<dyn Clock>) -> Self {
        let groups = Make::ALL.map(|make| {
            let group = Group {
                make,
                secret: (make != Make::Wecom).then(|| format!("SEC-of-{}", make.platform())),
                keyword: (make == Make::Dingtalk).then(|| "同心".to_owned()),
                standing: Standing::Works,
                shown: Vec::new(),
                sent: VecDeque::new(),
                locked_until: 0,
                taken: HashSet::new(),
                files: HashMap::new(),
                faults: VecDeque::new(),
                refused: 0,
            };
            (key(make), group)
        });
        let inner = Inner {
            clock,
            groups: Mutex::new(HashMap::from(groups)),
            violations: Mutex::default(),
        };
        let inner = Arc::new(inner);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = axum::Router::new().fallback(serve).with_state(inner.clone());
        let service = router.into_make_service_with_connect_info::<Knife>();
        #[expect(clippy::disallowed_methods, reason = "a fake serves beside the test")]
        tokio::spawn(async move { axum::serve(CuttableListener(listener), service).await });
        Self { inner, url }
    }

    /// Where its API is.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The account of a robot in the configuration.
    pub fn account(&self, make: Make) -> String {
        let mut text = format!(
            "[[account]]\nname = \"{0}\"\nplatform = \"{0}\"\ntoken = \"{1}\"\napi_url = \"{2}\"\n\
             title = \"{0} 群\"\ntopics = [\"policy\"]\n",
            make.platform(),
            key(make),
            self.url,
        );
        let groups = self.groups();
        let group = &groups[&key(make)];
        for (name, value) in [("secret", &group.secret), ("keyword", &group.keyword)] {
            if let Some(value) = value {
                let _ = writeln!(text, "{name} = \"{value}\"");
            }
        }
        text
    }

    /// The messages of the group, as they are read.
    pub fn shown(&self, make: Make) -> Vec<String> {
        self.groups()[&key(make)].shown.clone()
    }

    /// How many requests were refused because they came too fast.
    pub fn refused(&self, make: Make) -> usize {
        self.groups()[&key(make)].refused
    }

    pub fn fails(&self, make: Make, fault: Fault) {
        self.group(make, |group| group.faults.push_back(fault));
    }

    pub fn becomes(&self, make: Make, standing: Standing) {
        self.group(make, |group| group.standing = standing);
    }

    /// Somebody else uses up the minute of this robot.
    pub fn floods(&self, make: Make) {
        let now = self.inner.clock.now().millis();
        self.group(make, |group| group.sent.extend(vec![now; make.per_minute()]));
    }

    fn group(&self, make: Make, change: impl FnOnce(&mut Group)) {
        change(self.groups().get_mut(&key(make)).expect("the group"));
    }

    fn groups(&self) -> MutexGuard<'_, HashMap<String, Group>> {
        self.inner.groups.lock().expect("no request panicked")
    }
}

impl Drop for FakeRobots {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let violations = self.inner.violations.lock().expect("no request panicked");
            assert!(violations.is_empty(), "not as the platform takes it: {violations:#?}");
        }
    }
}

fn key(make: Make) -> String {
    format!("key-of-{}", make.platform())
}

async fn serve(
    State(inner): State<Arc<Inner>>,
    ConnectInfo(knife): ConnectInfo<Knife>,
    request: Request,
) -> Response {
    let uri = request.uri().clone();
    let kind = request.headers().get("content-type").and_then(|v| v.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    let body = to_bytes(request.into_body(), BODY_MAX).await.expect("a body");
    let query: HashMap<String, String> =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let (make, token) = match uri.path() {
        "/cgi-bin/webhook/send" | "/cgi-bin/webhook/upload_media" => {
            (Make::Wecom, query.get("key").cloned())
        }
        "/robot/send" => (Make::Dingtalk, query.get("access_token").cloned()),
        path => (Make::Feishu, path.strip_prefix("/open-apis/bot/v2/hook/").map(str::to_owned)),
    };
    let mut groups = inner.groups.lock().expect("no request panicked");
    let group = token.and_then(|token| groups.get_mut(&token)).filter(|group| group.make == make);
    let Some(group) = group else { return json_of(unknown_robot(make)) };
    let fault = group.faults.pop_front();
    match fault {
        Some(Fault::CutUnread) => knife.cut(),
        Some(Fault::Busy) => {
            return json_of((200, json!({"errcode": -1, "errmsg": "system busy"})));
        }
        Some(Fault::Page(status)) => {
            let page = "<html><body>Too many requests</body></html>";
            return Response::builder().status(status).body(Body::from(page)).expect("a page");
        }
        _ => {
            if uri.path().ends_with("upload_media") {
                return match group.is_given(&query, &kind, &body) {
                    Ok(answer) => json_of(answer),
                    Err(violation) => {
                        inner.violations.lock().expect("no request panicked").push(violation);
                        json_of(said(40058, "invalid Request Parameter"))
                    }
                };
            }
            let call = Call { now: inner.clock.now().millis(), query, bytes: body.len() };
            let answer = match serde_json::from_slice(&body) {
                Ok(message) => group.take(&call, &message),
                Err(e) => Err(e.to_string()),
            };
            if fault == Some(Fault::CutUnanswered) {
                knife.cut();
            }
            match answer {
                Ok(answer) => return json_of(answer),
                Err(violation) => {
                    inner.violations.lock().expect("no request panicked").push(violation);
                    return json_of(unfit(make));
                }
            }
        }
    }
    json_of(unfit(make))
}

fn json_of((status, body): Answer) -> Response {
    let body = Body::from(body.to_string());
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(body).expect("an answer")
}

fn said(code: i64, message: &str) -> Answer {
    (200, json!({"errcode": code, "errmsg": message}))
}

fn unknown_robot(make: Make) -> Answer {
    match make {
        Make::Wecom => {
            said(93000, "invalid webhook url, hint: [1700000000000_1], from ip: 127.0.0.1")
        }
        Make::Dingtalk => said(300_005, "token is not exist"),
        Make::Feishu => (
            200,
            json!({"code": 19001, "msg": "param invalid: incoming webhook access token invalid", "data": {}}),
        ),
    }
}

fn unfit(make: Make) -> Answer {
    match make {
        Make::Wecom => said(40058, "Warning: wrong json format. invalid Request Parameter"),
        Make::Dingtalk => said(400_105, "unsupported msgtype"),
        Make::Feishu => (400, json!({"code": 9499, "msg": "Bad Request", "data": {}})),
    }
}

struct Call {
    now: i64,
    query: HashMap<String, String>,
    bytes: usize,
}

impl Group {
    /// What the platform answers; an error where it would not take the request as it is written.
    fn take(&mut self, call: &Call, message: &Value) -> Result<Answer, String> {
        if self.standing == Standing::Removed {
            return Ok(unknown_robot(self.make));
        }
        if self.standing == Standing::Dissolved {
            return Ok(match self.make {
                Make::Wecom => said(93006, "invalid groupid"),
                Make::Dingtalk => said(400_013, "group has been disbanded"),
                Make::Feishu => unknown_robot(self.make),
            });
        }
        if let Some(answer) = self.too_fast(call.now) {
            self.refused += 1;
            return Ok(answer);
        }
        let read = match self.make {
            Make::Wecom => wecom(message, &self.files)?,
            Make::Dingtalk => dingtalk(message, call.bytes)?,
            Make::Feishu => feishu(message, call.bytes)?,
        };
        if !self.is_signed(call, message) {
            return Ok(match self.make {
                Make::Dingtalk => {
                    said(310_000, "sign not match, more: [https://ding-doc.dingtalk.com]")
                }
                _ => (
                    200,
                    json!({"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}),
                ),
            });
        }
        if self.keyword.as_ref().is_some_and(|word| !read.contains(word)) {
            return Ok(said(
                310_000,
                "keywords not in content, more: [https://ding-doc.dingtalk.com]",
            ));
        }
        let new = message["msgUuid"].as_str().is_none_or(|id| self.taken.insert(id.to_owned()));
        if new {
            self.shown.push(read);
        }
        Ok(match self.make {
            Make::Feishu => (
                200,
                json!({"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "success", "Extra": null}),
            ),
            _ => said(0, "ok"),
        })
    }

    /// Takes a file that messages will name: one part called `media`, 5 bytes to 20 MB.
    fn is_given(
        &mut self,
        query: &HashMap<String, String>,
        kind: &str,
        body: &[u8],
    ) -> Result<Answer, String> {
        if query.get("type").map(String::as_str) != Some("file") {
            return Err("no type of file".to_owned());
        }
        let pieces = form::read(kind, body).ok_or("no form")?;
        let [piece] = pieces.as_slice() else { return Err(format!("{} parts", pieces.len())) };
        let name = piece.file.clone().filter(|_| piece.name == "media").ok_or("no media")?;
        if piece.bytes.len() <= 5 || piece.bytes.len() > 20 << 20 {
            return Ok(said(40006, "invalid media size"));
        }
        let id = format!("3a8asd892asd8asd{}", self.files.len());
        self.files.insert(id.clone(), (name, piece.bytes.clone()));
        let given = json!({"errcode": 0, "errmsg": "ok", "type": "file", "media_id": id,
                           "created_at": "1380000000"});
        Ok((200, given))
    }

    fn too_fast(&mut self, now: i64) -> Option<Answer> {
        while self.sent.front().is_some_and(|at| now - at >= MINUTE) {
            self.sent.pop_front();
        }
        let within = |span: i64| self.sent.iter().filter(|at| now - **at < span).count();
        let locked = self.make == Make::Dingtalk && now < self.locked_until;
        if locked || self.sent.len() >= self.make.per_minute() {
            if !locked {
                self.locked_until = now + 10 * MINUTE;
            }
            return Some(match self.make {
                Make::Wecom => said(
                    45009,
                    "api freq out of limit, hint: [1700000000000_1], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=45009",
                ),
                Make::Dingtalk => (
                    200,
                    json!({"status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": "0", "errcode": 130_101, "errmsg": "send too fast, exceed 20 times per minute"}),
                ),
                Make::Feishu => (
                    200,
                    json!({"code": 11232, "msg": "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]"}),
                ),
            });
        }
        if self.make == Make::Feishu && within(1000) >= 5 {
            return Some((200, json!({"code": 11232, "msg": "frequency limited"})));
        }
        self.sent.push_back(now);
        None
    }

    fn is_signed(&self, call: &Call, message: &Value) -> bool {
        let Some(secret) = &self.secret else { return true };
        let mac = |key: &str, text: &str| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any key");
            mac.update(text.as_bytes());
            STANDARD.encode(mac.finalize().into_bytes())
        };
        match self.make {
            Make::Wecom => true,
            Make::Dingtalk => {
                let time = call.query.get("timestamp").map_or("", String::as_str);
                let near = time.parse::<i64>().is_ok_and(|t| (t - call.now).abs() < 60 * MINUTE);
                near && call.query.get("sign") == Some(&mac(secret, &format!("{time}\n{secret}")))
            }
            Make::Feishu => {
                let time = message["timestamp"].as_str().unwrap_or_default();
                let near =
                    time.parse::<i64>().is_ok_and(|t| (t * 1000 - call.now).abs() < 60 * MINUTE);
                near && message["sign"] == mac(&format!("{time}\n{secret}"), "")
            }
        }
    }
}

fn fields(value: &Value, known: &[&str]) -> Result<(), String> {
    let fields = value.as_object().ok_or_else(|| format!("no object: {value}"))?;
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("the field {name} is not known")),
        None => Ok(()),
    }
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().filter(|text| !text.is_empty()).ok_or_else(|| format!("no text: {value}"))
}

fn at_most(text: &str, bytes: usize) -> Result<(), String> {
    if text.len() > bytes { Err(format!("{} of {bytes} bytes", text.len())) } else { Ok(()) }
}

/// A picture within its message: JPEG or PNG, 2 MB at most, with the MD5 of its bytes.
fn wecom_picture(image: &Value) -> Result<String, String> {
    use md5::{Digest as _, Md5};
    fields(image, &["base64", "md5"])?;
    let bytes = STANDARD.decode(text(&image["base64"])?).map_err(|e| e.to_string())?;
    if bytes.len() > 2 << 20 {
        return Err(format!("a picture of {} bytes", bytes.len()));
    }
    let mut md5 = String::new();
    for byte in Md5::digest(&bytes) {
        let _ = write!(md5, "{byte:02x}");
    }
    if image["md5"] != md5 {
        return Err("the MD5 is not that of the picture".to_owned());
    }
    if !bytes.starts_with(&[0xFF, 0xD8]) && !bytes.starts_with(b"\x89PNG") {
        return Err("neither JPEG nor PNG".to_owned());
    }
    Ok(format!("🖼 {} 字节", bytes.len()))
}

/// A message of news cards: up to eight, each with a title of 128 bytes, 512 bytes below it, and an address.
pub fn news(news: &Value) -> Result<String, String> {
    fields(news, &["articles"])?;
    let articles = news["articles"].as_array().ok_or("no articles")?;
    if !(1..=8).contains(&articles.len()) {
        return Err(format!("45008 article size out of limit: {}", articles.len()));
    }
    let mut read = Vec::new();
    for article in articles {
        fields(article, &["title", "description", "url", "picurl"])?;
        let (title, url) = (text(&article["title"])?, text(&article["url"])?);
        let below = article["description"].as_str().unwrap_or_default();
        at_most(title, 128)?;
        at_most(below, 512)?;
        at_most(url, 2048)?;
        if !url.starts_with("http") || title.contains('\n') {
            return Err(format!("no card: {article}"));
        }
        let mut card = format!("▤ {title}〈{url}〉");
        if !below.is_empty() {
            card.extend(["\n  ", &below.replace('\n', "\n  ")]);
        }
        if let Some(picture) = article["picurl"].as_str() {
            card.extend(["\n  🖼〈", picture, "〉"]);
        }
        read.push(card);
    }
    Ok(read.join("\n"))
}

fn wecom(message: &Value, files: &HashMap<String, (String, Vec<u8>)>) -> Result<String, String> {
    fields(message, &["msgtype", "markdown", "text", "image", "file", "news"])?;
    if message["msgtype"] == "news" {
        return news(&message["news"]);
    }
    if message["msgtype"] == "image" {
        return wecom_picture(&message["image"]);
    }
    if message["msgtype"] == "file" {
        fields(&message["file"], &["media_id"])?;
        let given = files.get(text(&message["file"]["media_id"])?);
        let (name, bytes) = given.ok_or("40007 invalid media_id")?;
        return Ok(format!("📎 {name} {} 字节", bytes.len()));
    }
    if message["msgtype"] == "text" {
        fields(&message["text"], &["content"])?;
        let content = text(&message["text"]["content"])?;
        at_most(content, 2048)?;
        return Ok(content.to_owned());
    }
    fields(&message["markdown"], &["content"])?;
    let content = text(&message["markdown"]["content"])?;
    at_most(content, 4096)?;
    if content.contains("<@") || content.contains("<font") {
        return Err(format!("a member is called, or a colour used: {content}"));
    }
    Ok(read_markdown(content))
}

fn dingtalk(message: &Value, bytes: usize) -> Result<String, String> {
    fields(message, &["msgtype", "markdown", "text", "msgUuid"])?;
    if bytes > 20_000 {
        return Err(format!("460101 message too long, exceed 20000 bytes: {bytes}"));
    }
    if message["msgtype"] == "text" {
        fields(&message["text"], &["content"])?;
        return Ok(text(&message["text"]["content"])?.to_owned());
    }
    fields(&message["markdown"], &["title", "text"])?;
    text(&message["markdown"]["title"])?;
    Ok(read_markdown(text(&message["markdown"]["text"])?))
}

fn feishu(message: &Value, bytes: usize) -> Result<String, String> {
    fields(message, &["timestamp", "sign", "msg_type", "content"])?;
    if bytes > 20 * 1024 {
        return Err(format!("the request has {bytes} bytes"));
    }
    if message["msg_type"] == "text" {
        fields(&message["content"], &["text"])?;
        return Ok(text(&message["content"]["text"])?.to_owned());
    }
    fields(&message["content"], &["post"])?;
    fields(&message["content"]["post"], &["zh_cn"])?;
    let post = &message["content"]["post"]["zh_cn"];
    fields(post, &["content"])?;
    let mut read = Vec::new();
    for line in post["content"].as_array().ok_or("no lines")? {
        let mut words = String::new();
        for piece in line.as_array().ok_or("no runs")? {
            match piece["tag"].as_str() {
                Some("text") => fields(piece, &["tag", "text", "style"])?,
                Some("a") => {
                    fields(piece, &["tag", "text", "href"])?;
                    text(&piece["href"])?;
                }
                other => return Err(format!("the tag {other:?} is not known")),
            }
            words.push_str(text(&piece["text"])?);
            if let Some(address) = piece["href"].as_str() {
                let _ = write!(words, "〈{address}〉");
            }
        }
        read.push(words);
    }
    Ok(read.join("\n"))
}

/// What is read of Markdown, with the addresses of links behind them.
pub fn read_markdown(written: &str) -> String {
    use pulldown_cmark::{Event, Parser, Tag, TagEnd};
    let (mut read, mut address) = (String::new(), String::new());
    for event in Parser::new(written) {
        match event {
            Event::Text(text) | Event::Code(text) => read.push_str(&text),
            Event::Start(Tag::Link { dest_url, .. }) => address = dest_url.to_string(),
            Event::Start(Tag::Image { dest_url, .. }) => {
                let _ = write!(read, "🖼〈{dest_url}〉");
            }
            Event::End(TagEnd::Link) => {
                let _ = write!(read, "〈{address}〉");
            }
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph | TagEnd::Item) => {
                read.push('\n');
            }
            _ => {}
        }
    }
    read.trim_end().to_owned()
}
