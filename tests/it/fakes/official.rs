//! A WeChat Official Account as its followers see it: who follows, for how long each may be written to, the box of
//! drafts, what went out to all, and the real bodies of refusals, which come with status 200.
//!
//! A request that the platform would not take as it is written is refused *and* fails the test when the fake is
//! dropped.

use super::telegram::net::{CuttableListener, Knife};
use super::uploads::{self, Uploads};
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};
use tongxin::clock::Clock;
use tongxin::connector::Secret;
use tongxin::connector::signed::envelope::{Chance, Dialect, Envelope, Letter, sign_plain};
use tongxin::connector::xml::fields as fields_of;
use tongxin::model::At;

/// What the address of a picture in an article begins with; it is as long as the platform's are.
const PICTURES_AT: &str = "http://mmbiz.qpic.cn/mmbiz_jpg/\
    gQyLhmlRxMRbiaHkUCnUcfVZJ6hVXcqHHtvK5pUuTgEW7uC4VBBrRQcKRSXjOQXjD2ZHj0PzyOYpMibeTiaw";
const APP: &str = "wx0123456789abcdef";
const SECRET: &str = "THE-APP-SECRET-OF-THE-STORY";
const TOKEN: &str = "word0of1the2story";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
/// The platform's names for the first sending and the first publication.
const SENDINGS: usize = 1_000_000_000;
const PUBLICATIONS: usize = 2_247_503_051;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const BODY_MAX: usize = 12 << 20;
const SHOW: &str = "/cgi-bin/media/uploadimg";
const KEEP: &str = "/cgi-bin/material/add_material";

/// How the next calls of a path fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The platform is busy.
    Busy,
    /// The connection is cut before anything happens.
    CutUnread,
    /// It is done, and the connection is cut before the answer.
    CutUnanswered,
    /// A page of something before the platform, with this status.
    Page(u16),
    /// The same in JSON: an object, and none of the platform's.
    Object(u16, &'static str),
    /// It is refused with this code.
    Refused(i64),
}

/// What the account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Everything.
    Verified,
    /// Receive, and keep drafts.
    Unverified,
}

#[derive(Default)]
struct Follower {
    follows: bool,
    /// Until when they may be written to, and how often.
    windows: Vec<(i64, u8)>,
    shown: Vec<String>,
    choices: Vec<(String, String)>,
}

/// An article, as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    pub title: String,
    pub text: String,
    pub source: String,
    /// Its cover: the one of the configuration, or what is seen of a picture.
    pub cover: String,
}

/// Whether the cover of the configuration is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Cover {
    #[default]
    Stands,
    Removed,
}

struct Book {
    cover: Cover,
    allowed: bool,
    rank: Rank,
    tokens: Vec<(String, i64)>,
    followers: HashMap<String, Follower>,
    drafts: Vec<(String, Article)>,
    sent: Vec<(String, Article)>,
    /// What was handed in to be published.
    published: Vec<Article>,
    /// When something was sent to all.
    spent: Vec<i64>,
    menu: Option<Value>,
    /// Pictures, by the addresses and names that they got.
    uploads: Uploads,
    faults: HashMap<String, VecDeque<Fault>>,
    calls: HashMap<String, usize>,
    number: u64,
}

struct Inner {
    clock: Arc<dyn Clock>,
    book: Mutex<Book>,
    violations: Mutex<Vec<String>>,
}

pub struct FakeOfficial {
    inner: Arc<Inner>,
    url: String,
}

/// What is wrong with a request.
type Violation = String;

impl FakeOfficial {
    #[expect(clippy::disallowed_methods, reason = "a fake serves beside the test")]
    pub async fn start(clock: Arc<dyn Clock>) -> Self {
        let book = Book {
            cover: Cover::Stands,
            allowed: true,
            rank: Rank::Verified,
            tokens: Vec::new(),
            followers: HashMap::new(),
            drafts: Vec::new(),
            sent: Vec::new(),
            published: Vec::new(),
            spent: Vec::new(),
            menu: None,
            uploads: Uploads::default(),
            faults: HashMap::new(),
            calls: HashMap::new(),
            number: 0,
        };
        let inner = Inner { clock, book: Mutex::new(book), violations: Mutex::default() };
        let inner = Arc::new(inner);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = axum::Router::new().fallback(serve).with_state(inner.clone());
        let service = router.into_make_service_with_connect_info::<Knife>();
        tokio::spawn(async move { axum::serve(CuttableListener(listener), service).await });
        Self { inner, url }
    }

    /// The account in the configuration.
    pub fn account(&self) -> String {
        format!(
            "[[account]]\nname = \"wechat\"\nplatform = \"official-account\"\napp_id = \"{APP}\"\n\
             app_secret = \"{SECRET}\"\ntoken = \"{TOKEN}\"\naes_key = \"{KEY}\"\n\
             api_url = \"{}\"\nthumb_media_id = \"COVER\"\ntitle = \"同心公众号\"\n\
             topics = [\"policy\"]\n",
            self.url
        )
    }

    /// Where its API is.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Its `AppID`.
    pub const fn app() -> &'static str {
        APP
    }

    /// What one follower was told.
    pub fn shown(&self, who: &str) -> Vec<String> {
        self.book().followers.get(who).map(|f| f.shown.clone()).unwrap_or_default()
    }

    pub fn drafts(&self) -> Vec<Article> {
        self.book().drafts.iter().map(|(_, article)| article.clone()).collect()
    }

    /// What all followers were sent.
    pub fn sent(&self) -> Vec<Article> {
        self.book().sent.iter().map(|(_, article)| article.clone()).collect()
    }

    /// What was handed in to be published.
    pub fn published(&self) -> Vec<Article> {
        self.book().published.clone()
    }

    /// What became of a sending, counted from the first, as the platform tells it: its `Status`, for how many it was
    /// meant, and how many have it.
    pub fn finishes_sending(
        &self,
        number: usize,
        status: &str,
        (meant, reached): (u64, u64),
    ) -> String {
        let (id, missed) = (SENDINGS + number, meant - reached);
        self.job(
            "MASSSENDJOBFINISH",
            &format!(
                "<MsgID>{id}</MsgID><Status><![CDATA[{status}]]></Status>\
                 <TotalCount>{meant}</TotalCount><FilterCount>{meant}</FilterCount>\
                 <SentCount>{reached}</SentCount><ErrorCount>{missed}</ErrorCount>\
                 <CopyrightCheckResult><Count>1</Count><ResultList><item><ArticleIdx>1</ArticleIdx>\
                 <UserDeclareState>0</UserDeclareState><AuditState>2</AuditState>\
                 <OriginalArticleUrl><![CDATA[http://mp.weixin.qq.com/s/other]]></OriginalArticleUrl>\
                 <OriginalArticleType>1</OriginalArticleType><CanReprint>1</CanReprint>\
                 <NeedReplaceContent>1</NeedReplaceContent><NeedShowReprintSource>1</NeedShowReprintSource>\
                 </item></ResultList><CheckState>2</CheckState></CopyrightCheckResult>\
                 <ArticleUrlResult><Count>1</Count><ResultList><item><ArticleIdx>1</ArticleIdx>\
                 <ArticleUrl><![CDATA[http://mp.weixin.qq.com/s/sent{number}?a=1&b=2]]></ArticleUrl></item>\
                 </ResultList></ArticleUrlResult>"
            ),
        )
    }

    /// What became of a publication, counted from the first, as the platform tells it.
    pub fn finishes_publishing(&self, number: usize, status: u8) -> String {
        let id = PUBLICATIONS + number;
        let article = match status {
            0 => format!(
                "<article_id><![CDATA[b5O2OUs25HBxRceL7hfReg]]></article_id><article_detail><count>1</count>\
                 <item><idx>1</idx><article_url><![CDATA[http://mp.weixin.qq.com/s/page{number}?a=1&b=2]]>\
                 </article_url></item></article_detail>"
            ),
            2 | 4 => "<fail_idx>1</fail_idx>".to_owned(),
            _ => String::new(),
        };
        self.job(
            "PUBLISHJOBFINISH",
            &format!(
                "<PublishEventInfo><publish_id>{id}</publish_id><publish_status>{status}</publish_status>\
                 {article}</PublishEventInfo>"
            ),
        )
    }

    /// The telling that some work is done.
    pub fn job(&self, event: &str, inner: &str) -> String {
        format!(
            "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[mphelper]]></FromUserName>\
             <CreateTime>{}</CreateTime><MsgType><![CDATA[event]]></MsgType>\
             <Event><![CDATA[{event}]]></Event>{inner}</xml>",
            self.now() / 1000
        )
    }

    pub fn menu(&self) -> Option<Value> {
        self.book().menu.clone()
    }

    /// How often a path was called.
    pub fn calls(&self, path: &str) -> usize {
        self.book().calls.get(path).copied().unwrap_or(0)
    }

    pub fn fails(&self, path: &str, fault: Fault) {
        self.book().faults.entry(path.to_owned()).or_default().push_back(fault);
    }

    /// How many pictures were taken.
    pub fn uploads(&self) -> usize {
        self.book().uploads.taken()
    }

    /// Somebody removes all pictures from the account's materials.
    pub fn removes_materials(&self) {
        self.book().uploads.forget_of(KEEP);
    }

    /// It knows none of the names that it gives to covers.
    pub fn disowns_materials(&self) {
        self.book().uploads.disown_of(KEEP);
    }

    /// The cover of the configuration is removed.
    pub fn removes_cover(&self) {
        self.book().cover = Cover::Removed;
    }

    /// How many failures of what is given are still to come.
    pub fn faults_left(&self) -> usize {
        let book = self.book();
        let paths = ["/cgi-bin/media/uploadimg", KEEP];
        paths.iter().filter_map(|path| book.faults.get(*path)).map(VecDeque::len).sum()
    }

    /// Every token is over, before its time.
    pub fn ends_tokens(&self) {
        self.book().tokens.clear();
    }

    /// The address from which calls come is allowed, or not.
    pub fn allows(&self, allowed: bool) {
        let mut book = self.book();
        book.allowed = allowed;
        book.tokens.clear();
    }

    pub fn becomes(&self, rank: Rank) {
        self.book().rank = rank;
    }

    /// Somebody else uses up what may be sent to all today.
    pub fn spends(&self) {
        let now = self.now();
        self.book().spent.push(now);
    }

    /// Somebody else of the office has answered a follower as often as may be.
    pub fn uses_up(&self, who: &str) {
        self.follower(who).windows.iter_mut().for_each(|(_, left)| *left = 0);
    }

    /// A follower writes; the message, as the platform tells it.
    pub fn says(&self, who: &str, text: &str) -> String {
        self.follower(who).windows = vec![(self.now() + 48 * HOUR, 5)];
        let content = format!("<Content>{}</Content>", cdata(text));
        self.message(who, "text", &content)
    }

    /// A follower sends what is no text.
    pub fn shows(&self, who: &str, kind: &str) -> String {
        self.follower(who).windows = vec![(self.now() + 48 * HOUR, 5)];
        self.message(who, kind, "<MediaId><![CDATA[M]]></MediaId><Format>amr</Format>")
    }

    /// A follower chooses from what they were shown last under this label.
    pub fn chooses(&self, who: &str, label: &str) -> String {
        let mut follower = self.follower(who);
        let choice = follower.choices.iter().rev().find(|(_, l)| l == label).cloned();
        let (id, label) = choice.unwrap_or_else(|| panic!("no {label} in {:?}", follower.choices));
        follower.windows = vec![(self.now() + 48 * HOUR, 5)];
        drop(follower);
        let content = format!(
            "<Content>{}</Content><bizmsgmenuid>{}</bizmsgmenuid>",
            cdata(&label),
            cdata(&id)
        );
        self.message(who, "text", &content)
    }

    /// Something else happens: a follower comes, goes, scans or presses a key of the menu.
    pub fn happens(&self, who: &str, event: &str, key: &str) -> String {
        let mut follower = self.follower(who);
        follower.follows = event != "unsubscribe";
        match event {
            "unsubscribe" => follower.windows.clear(),
            _ => follower.windows.push((self.now() + MINUTE, 3)),
        }
        drop(follower);
        format!(
            "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[{who}]]></FromUserName>\
             <CreateTime>{}</CreateTime><MsgType><![CDATA[event]]></MsgType>\
             <Event><![CDATA[{event}]]></Event><EventKey>{}</EventKey></xml>",
            self.now() / 1000,
            cdata(key)
        )
    }

    fn message(&self, who: &str, kind: &str, inner: &str) -> String {
        let number = self.book().next();
        format!(
            "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[{who}]]></FromUserName>\
             <CreateTime>{}</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>{inner}\
             <MsgId>{}</MsgId></xml>",
            self.now() / 1000,
            24_000_000_000_000_000_u64 + number
        )
    }

    /// The platform's call that tells a message, signed now.
    pub fn call(&self, message: &str) -> axum::http::Request<Body> {
        self.call_for(message, APP)
    }

    /// The same for another account.
    pub fn call_for(&self, message: &str, app: &str) -> axum::http::Request<Body> {
        let secret = |letters: &str| Secret::new(letters.to_owned());
        let envelope = Envelope::new(Dialect::WeChat, secret(TOKEN), &secret(KEY), app);
        let nonce = self.book().next().to_string();
        let chance = Chance { random: *b"0123456789abcdef", nonce };
        let at = At::from_millis(self.now());
        let letter =
            envelope.expect("a key").seal(message.as_bytes(), at, chance).expect("is sealed");
        let plain = sign_plain(&secret(TOKEN), &letter.timestamp, &letter.nonce);
        let uri = format!(
            "/hook/wechat?signature={plain}&timestamp={}&nonce={}&openid=o&encrypt_type=aes&msg_signature={}",
            letter.timestamp, letter.nonce, letter.signature
        );
        let body = format!(
            "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[{}]]></Encrypt></xml>",
            letter.encrypt
        );
        axum::http::Request::post(uri).body(Body::from(body)).expect("a request")
    }

    /// What a follower reads in the answer to a call; nothing where it says nothing.
    pub fn reads(&self, who: &str, answer: &str) -> String {
        if answer == "success" {
            return String::new();
        }
        let outer = fields_of(answer).expect("an answer is XML");
        let field = |name: &str| outer.get(name).cloned().expect("a sealed answer");
        let secret = |letters: &str| Secret::new(letters.to_owned());
        let envelope = Envelope::new(Dialect::WeChat, secret(TOKEN), &secret(KEY), APP);
        let letter = Letter {
            signature: field("MsgSignature"),
            timestamp: field("TimeStamp"),
            nonce: field("Nonce"),
            encrypt: field("Encrypt"),
        };
        let opened = envelope.expect("a key").open(&letter, At::from_millis(self.now()));
        let message = opened.expect("sealed as the call was").message;
        let inner = fields_of(std::str::from_utf8(&message).expect("text")).expect("XML");
        assert_eq!((inner["ToUserName"].as_str(), inner["FromUserName"].as_str()), (who, "gh_1"));
        assert_eq!((inner["MsgType"].as_str(), inner.len()), ("text", 5));
        assert_eq!(inner["CreateTime"], (self.now() / 1000).to_string());
        let content = &inner["Content"];
        at_most(content).expect("it fits");
        let mut choices = Vec::new();
        let mut lines = Vec::new();
        for line in content.lines() {
            let Some((number, rest)) = line.split_once(". <a href=\"weixin://bizmsgmenu?") else {
                lines.push(line.to_owned());
                continue;
            };
            let (query, label) = rest.split_once("\">").expect("a link");
            let label = label.strip_suffix("</a>").expect("a link that ends");
            let words = query.strip_prefix("msgmenucontent=").expect("words");
            let (words, id) = words.split_once("&msgmenuid=").expect("a name");
            assert_eq!(words, label);
            choices.push((id.to_owned(), label.to_owned()));
            lines.push(format!("{number}. ［{label}］"));
        }
        self.follower(who).choices = choices;
        read_anchors(&lines.join("\n")).expect("links alone")
    }

    /// The check of our address, as the console makes it.
    pub fn check(&self, token: &str) -> axum::http::Request<Body> {
        let timestamp = (self.now() / 1000).to_string();
        let sign = sign_plain(&Secret::new(token.to_owned()), &timestamp, "n1");
        let uri = format!(
            "/hook/wechat?signature={sign}&timestamp={timestamp}&nonce=n1&echostr=5837397301622104395"
        );
        axum::http::Request::get(uri).body(Body::empty()).expect("a request")
    }

    pub const fn token() -> &'static str {
        TOKEN
    }

    pub const fn secret() -> &'static str {
        SECRET
    }

    fn follower(&self, who: &str) -> Locked<'_> {
        let mut book = self.book();
        let new = || Follower { follows: true, ..Follower::default() };
        book.followers.entry(who.to_owned()).or_insert_with(new);
        Locked(book, who.to_owned())
    }

    fn now(&self) -> i64 {
        self.inner.clock.now().millis()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.inner.book.lock().expect("no request panicked")
    }
}

/// One follower, while nobody else looks.
struct Locked<'a>(MutexGuard<'a, Book>, String);

impl std::ops::Deref for Locked<'_> {
    type Target = Follower;

    fn deref(&self) -> &Follower {
        &self.0.followers[&self.1]
    }
}

impl std::ops::DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Follower {
        self.0.followers.get_mut(&self.1).expect("the follower")
    }
}

impl Drop for FakeOfficial {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let violations = self.inner.violations.lock().expect("no request panicked");
            assert!(violations.is_empty(), "not as the platform takes it: {violations:#?}");
        }
    }
}

/// Text as the platform writes it.
pub(super) fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
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
    let token = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "access_token")
        .map(|(_, token)| token.into_owned());
    let mut book = inner.book.lock().expect("no request panicked");
    *book.calls.entry(uri.path().to_owned()).or_default() += 1;
    let fault = book.faults.get_mut(uri.path()).and_then(VecDeque::pop_front);
    if fault == Some(Fault::CutUnread) {
        knife.cut();
        return json_of(&json!({}));
    }
    if fault == Some(Fault::Busy) {
        return json_of(&said(-1, "system error"));
    }
    match fault {
        Some(Fault::Refused(code)) => return json_of(&said(code, "is refused")),
        Some(Fault::Page(status)) => {
            let page = Body::from("<html><h1>Bad Gateway</h1></html>");
            return Response::builder().status(status).body(page).expect("a page");
        }
        Some(Fault::Object(status, object)) => {
            let page = Response::builder().status(status).body(Body::from(object));
            return page.expect("a page");
        }
        _ => {}
    }
    let now = inner.clock.now().millis();
    if [SHOW, KEEP].contains(&uri.path()) {
        let given = book.is_given(now, (&uri, token.as_deref()), (&kind, &body));
        if fault == Some(Fault::CutUnanswered) {
            knife.cut();
        }
        return json_of(&given.unwrap_or_else(|violation| {
            inner.violations.lock().expect("no request panicked").push(violation);
            said(41005, "media data missing")
        }));
    }
    let text = String::from_utf8_lossy(&body);
    let answer = match serde_json::from_slice(&body) {
        Ok(_) if text.contains("\\u") => Err("letters are written as \\u".to_owned()),
        Ok(asked) => book.take(inner.clock.now().millis(), uri.path(), token.as_deref(), &asked),
        Err(e) => Err(e.to_string()),
    };
    if fault == Some(Fault::CutUnanswered) {
        knife.cut();
    }
    match answer {
        Ok(answer) => json_of(&answer),
        Err(violation) => {
            let violation = format!("{}: {violation}: {text}", uri.path());
            inner.violations.lock().expect("no request panicked").push(violation);
            json_of(&said(47001, "data format error"))
        }
    }
}

fn json_of(body: &Value) -> Response {
    let response = Response::builder().header("content-type", "application/json; encoding=utf-8");
    response.body(Body::from(body.to_string())).expect("an answer")
}

fn said(code: i64, message: &str) -> Value {
    json!({"errcode": code, "errmsg": format!("{message} rid: 6745a1b2-0c3d4e5f-12345678")})
}

fn done() -> Value {
    json!({"errcode": 0, "errmsg": "ok"})
}

impl Book {
    fn next(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    fn take(
        &mut self,
        now: i64,
        path: &str,
        token: Option<&str>,
        asked: &Value,
    ) -> Result<Value, Violation> {
        if path == "/cgi-bin/stable_token" {
            return self.give_token(now, asked);
        }
        if let Some(refusal) = self.refuses(now, token) {
            return Ok(refusal);
        }
        match path {
            "/cgi-bin/message/custom/send" => self.tell(now, asked),
            "/cgi-bin/draft/add" => self.keep(asked),
            "/cgi-bin/draft/delete" => {
                fields(asked, &["media_id"])?;
                let name = text(&asked["media_id"])?;
                self.drafts.retain(|(known, _)| known != name);
                Ok(done())
            }
            "/cgi-bin/freepublish/submit" => self.publish(asked),
            "/cgi-bin/message/mass/sendall" => self.send_to_all(now, asked),
            "/cgi-bin/menu/create" => self.make_menu(asked),
            "/cgi-bin/openapi/quota/get" => {
                fields(asked, &["cgi_path"])?;
                Ok(json!({"errcode": 0, "errmsg": "ok",
                    "quota": {"daily_limit": 1000, "used": 1, "remain": 999}}))
            }
            other => Err(format!("no such call: {other}")),
        }
    }

    fn refuses(&self, now: i64, token: Option<&str>) -> Option<Value> {
        match self.tokens.iter().find(|(known, _)| Some(known.as_str()) == token) {
            None => Some(said(
                40001,
                "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r",
            )),
            Some((_, until)) if now >= *until => Some(said(42001, "access_token expired")),
            Some(_) => None,
        }
    }

    /// Takes a picture that articles will show, or have as their cover.
    fn is_given(
        &mut self,
        now: i64,
        (uri, token): (&axum::http::Uri, Option<&str>),
        (kind, body): (&str, &[u8]),
    ) -> Result<Value, Violation> {
        if let Some(refusal) = self.refuses(now, token) {
            return Ok(refusal);
        }
        let (mut file, more) = uploads::read(kind, body, "media")?;
        uri.path().clone_into(&mut file.kind);
        let keeps = uri.path() == KEEP;
        let typed = uri.query().unwrap_or_default().contains("type=image");
        if !more.is_empty() || keeps != typed {
            return Err(format!("{uri} with {more:?}"));
        }
        if !file.is_picture() {
            return Ok(said(40005, "invalid file type"));
        }
        let most = if keeps { 10 << 20 } else { 1 << 20 };
        if file.bytes.len() >= most {
            return Ok(said(40009, "invalid image size"));
        }
        let name = self.uploads.keep(file, i64::MAX);
        Ok(if keeps {
            json!({"media_id": name, "url": format!("http://mmbiz.qpic.cn/{name}"), "item": []})
        } else {
            json!({"url": format!("{PICTURES_AT}{name}/0?wx_fmt=jpeg&from=appmsg")})
        })
    }

    fn give_token(&mut self, now: i64, asked: &Value) -> Result<Value, Violation> {
        fields(asked, &["grant_type", "appid", "secret", "force_refresh"])?;
        if asked["grant_type"] != "client_credential" {
            return Ok(said(40002, "invalid grant_type"));
        }
        if asked["appid"] != APP {
            return Ok(said(40013, "invalid appid"));
        }
        if asked["secret"] != SECRET {
            return Ok(said(40125, "invalid appsecret"));
        }
        if !self.allowed {
            return Ok(said(
                40164,
                "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist",
            ));
        }
        if asked["force_refresh"] == true {
            self.tokens.clear();
        }
        if let Some((token, until)) = self.tokens.last()
            && until - now > 5 * MINUTE
        {
            return Ok(json!({"access_token": token, "expires_in": (until - now) / 1000}));
        }
        let token = format!("TOKEN-{}", self.next());
        self.tokens.push((token.clone(), now + 2 * HOUR));
        Ok(json!({"access_token": token, "expires_in": 7200}))
    }

    fn tell(&mut self, now: i64, asked: &Value) -> Result<Value, Violation> {
        let (words, choices) = message(asked)?;
        if self.rank == Rank::Unverified {
            return Ok(said(48001, "api unauthorized"));
        }
        let Some(follower) = self.followers.get_mut(text(&asked["touser"])?) else {
            return Ok(said(40003, "invalid openid"));
        };
        if !follower.follows {
            return Ok(said(43004, "require subscribe"));
        }
        follower.windows.retain(|(until, _)| now < *until);
        if follower.windows.is_empty() {
            return Ok(said(45015, "response out of time limit or subscription is canceled"));
        }
        let Some((_, left)) = follower.windows.iter_mut().find(|(_, left)| *left > 0) else {
            return Ok(said(45047, "out of response count limit"));
        };
        *left -= 1;
        follower.shown.push(words);
        follower.choices = choices;
        Ok(done())
    }

    fn keep(&mut self, asked: &Value) -> Result<Value, Violation> {
        fields(asked, &["articles"])?;
        let articles = asked["articles"].as_array().ok_or("no articles")?;
        let [article] = articles.as_slice() else { return Err("not one article".to_owned()) };
        let known = ["article_type", "title", "content", "content_source_url", "thumb_media_id"];
        fields(article, &known)?;
        let cover = text(&article["thumb_media_id"])?.to_owned();
        let cover = match self.uploads.named(&cover, 0) {
            Some(file) => file.shown(),
            None if cover == "COVER" && self.cover == Cover::Stands => cover,
            None => return Ok(said(40007, "invalid media_id")),
        };
        let (title, content) = (text(&article["title"])?, text(&article["content"])?);
        if title.chars().count() > 32 {
            return Err(format!("45003 title size out of limit: {title}"));
        }
        if content.chars().count() >= 20_000 || content.len() >= 1_000_000 {
            return Err("45002 content size out of limit".to_owned());
        }
        if content.contains("<script") || content.contains("<a ") {
            return Err("scripts and links to elsewhere are taken out".to_owned());
        }
        let media = format!("MEDIA-{}", self.next());
        let source = article["content_source_url"].as_str().unwrap_or_default().to_owned();
        let text = self.read_html(content);
        let article = Article { title: title.to_owned(), text, source, cover };
        self.drafts.push((media.clone(), article));
        Ok(json!({"media_id": media, "item": []}))
    }

    fn send_to_all(&mut self, now: i64, asked: &Value) -> Result<Value, Violation> {
        let known = ["filter", "mpnews", "msgtype", "send_ignore_reprint", "clientmsgid"];
        fields(asked, &known)?;
        fields(&asked["filter"], &["is_to_all"])?;
        fields(&asked["mpnews"], &["media_id"])?;
        let once = text(&asked["clientmsgid"])?;
        if once.len() > 64 {
            return Err(format!("45067 clientmsgid size out of limit: {once}"));
        }
        if self.rank == Rank::Unverified {
            return Ok(said(48001, "api unauthorized"));
        }
        if let Some(place) = self.sent.iter().position(|(known, _)| known == once) {
            let mut again = said(45065, "clientmsgid exist");
            again["msg_id"] = json!(SENDINGS + place);
            return Ok(again);
        }
        if self.spent.iter().any(|at| day(*at) == day(now)) {
            return Ok(said(45028, "has no masssend quota"));
        }
        let media = text(&asked["mpnews"]["media_id"])?;
        let Some(place) = self.drafts.iter().position(|(known, _)| known == media) else {
            return Ok(said(40007, "invalid media_id"));
        };
        let (_, article) = self.drafts.remove(place);
        self.sent.push((once.to_owned(), article));
        self.spent.push(now);
        let number = SENDINGS + self.sent.len() - 1;
        Ok(json!({"errcode": 0, "errmsg": "send job submission success", "msg_id": number,
            "msg_data_id": 206_227_730}))
    }

    fn publish(&mut self, asked: &Value) -> Result<Value, Violation> {
        fields(asked, &["media_id"])?;
        if self.rank == Rank::Unverified {
            return Ok(said(48001, "api unauthorized"));
        }
        let media = text(&asked["media_id"])?;
        let Some(place) = self.drafts.iter().position(|(known, _)| known == media) else {
            return Ok(said(40007, "invalid media_id"));
        };
        let (_, article) = self.drafts.remove(place);
        self.published.push(article);
        // In quotes, although it is a number.
        let id = (PUBLICATIONS + self.published.len() - 1).to_string();
        Ok(json!({"errcode": 0, "errmsg": "ok", "publish_id": id, "msg_data_id": "2247503051"}))
    }

    fn make_menu(&mut self, asked: &Value) -> Result<Value, Violation> {
        fields(asked, &["button"])?;
        let keys = asked["button"].as_array().ok_or("no keys")?;
        if !(1..=3).contains(&keys.len()) {
            return Err("40016 invalid button size".to_owned());
        }
        for key in keys {
            fields(key, &["type", "name", "key"])?;
            if text(&key["name"])?.len() > 16 || text(&key["key"])?.len() > 128 {
                return Err(format!("40018 invalid button name size: {key}"));
            }
        }
        if self.rank == Rank::Unverified {
            return Ok(said(48001, "api unauthorized"));
        }
        self.menu = Some(asked.clone());
        Ok(done())
    }
}

impl Book {
    /// What is read of an article. A picture that lies elsewhere is taken out without a word.
    fn read_html(&self, html: &str) -> String {
        use scraper::Node;
        let html = html.replace("<br>", "\n").replace("</p><p>", "</p>\n<p>");
        let fragment = scraper::Html::parse_fragment(&html);
        let mut read = String::new();
        for node in fragment.root_element().descendants() {
            match node.value() {
                Node::Text(text) => read.push_str(text),
                Node::Element(element) if element.name() == "img" => {
                    let address = element.attr("src").unwrap_or_default();
                    let name = address.strip_prefix(PICTURES_AT);
                    let name =
                        name.and_then(|rest| rest.strip_suffix("/0?wx_fmt=jpeg&from=appmsg"));
                    if let Some(file) = name.and_then(|name| self.uploads.named(name, 0)) {
                        read.push_str(&file.shown());
                    }
                }
                _ => {}
            }
        }
        read
    }
}

/// The platform's day: it begins at midnight in Beijing.
const fn day(at: i64) -> i64 {
    (at + 8 * HOUR).div_euclid(24 * HOUR)
}

/// What is read of a message, and what can be chosen below it.
fn message(asked: &Value) -> Result<(String, Vec<(String, String)>), Violation> {
    fields(asked, &["touser", "msgtype", "text", "msgmenu"])?;
    if asked["msgtype"] == "text" {
        fields(&asked["text"], &["content"])?;
        let content = text(&asked["text"]["content"])?;
        at_most(content)?;
        return Ok((read_anchors(content)?, Vec::new()));
    }
    if asked["msgtype"] != "msgmenu" {
        return Err("40008 invalid message type".to_owned());
    }
    let menu = &asked["msgmenu"];
    fields(menu, &["head_content", "list", "tail_content"])?;
    let head = text(&menu["head_content"])?;
    at_most(head)?;
    if head.contains("<a ") {
        return Err("nobody knows whether links are read there".to_owned());
    }
    let mut words = head.to_owned();
    let mut choices = Vec::new();
    for choice in menu["list"].as_array().ok_or("no list")? {
        fields(choice, &["id", "content"])?;
        let (id, label) = (text(&choice["id"])?, text(&choice["content"])?);
        choices.push((id.to_owned(), label.to_owned()));
        let _ = write!(words, "\n［{label}］");
    }
    if choices.is_empty() {
        return Err("an empty list".to_owned());
    }
    Ok((words, choices))
}

pub(super) fn fields(value: &Value, known: &[&str]) -> Result<(), Violation> {
    let fields = value.as_object().ok_or_else(|| format!("no object: {value}"))?;
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("the field {name} is not known")),
        None => Ok(()),
    }
}

pub(super) fn text(value: &Value) -> Result<&str, Violation> {
    value.as_str().filter(|text| !text.is_empty()).ok_or_else(|| format!("no text: {value}"))
}

pub(super) fn at_most(text: &str) -> Result<(), Violation> {
    match text.len() {
        0..=2048 => Ok(()),
        bytes => Err(format!("45002 content size out of limit: {bytes} bytes")),
    }
}

/// What is read of a text with links, with their addresses behind them.
pub(super) fn read_anchors(written: &str) -> Result<String, Violation> {
    let mut read = String::new();
    let mut rest = written;
    while let Some(at) = rest.find('<') {
        read.push_str(&rest[..at]);
        rest = &rest[at..];
        let link = rest.strip_prefix("<a href=\"").and_then(|inner| {
            let (address, inner) = inner.split_once("\">")?;
            let (label, after) = inner.split_once("</a>")?;
            Some((address, label, after))
        });
        match link {
            Some((address, label, after)) if !label.contains('<') && !address.contains('<') => {
                let _ = write!(read, "{label}〈{address}〉");
                rest = after;
            }
            None if !rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') => {
                read.push('<');
                rest = &rest[1..];
            }
            _ => return Err(format!("a tag that is no link: {rest}")),
        }
    }
    read.push_str(rest);
    Ok(read)
}
