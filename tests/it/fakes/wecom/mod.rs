//! WeCom as the members of an organisation see it: who there is and whom the application may see, what each was
//! shown, cards that can be changed once, groups that the application made, and the real bodies of refusals, which
//! come with status 200.
//!
//! Beyond 30 messages a minute or 1,000 an hour a member is shown nothing, and nobody is told. A request that the
//! platform would not take as it is written is refused *and* fails the test when the fake is dropped; so does a card
//! that would be cut, and a wrong secret that is tried again and again.

mod api;
mod card;

use super::official::cdata;
use super::telegram::net::{CuttableListener, Knife};
use super::uploads::Uploads;
use axum::body::Body;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use tongxin::clock::Clock;
use tongxin::connector::Secret;
use tongxin::connector::signed::envelope::{Chance, Dialect, Envelope};
use tongxin::connector::wecom::{Calls, Settings};
use tongxin::model::At;

const CORP: &str = "ww0123456789abcdef";
const AGENT: u32 = 1_000_002;
const SECRET: &str = "THE-SECRET-OF-THE-STORY";
const TOKEN: &str = "word0of1the2story";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// How the next calls of a path fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// None: the call does what it is for.
    None,
    /// The platform is busy.
    Busy,
    /// Too many calls within the minute.
    TooFast,
    /// A page of something before the platform, with this status.
    Page(u16),
    /// The connection is cut before anything happens.
    CutUnread,
    /// It is done, and the connection is cut before the answer.
    CutUnanswered,
    /// It is refused with this code.
    Refused(i64),
}

/// Whether something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    Yes,
    No,
}

/// What a member or a group was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub text: String,
    /// The buttons that can be pressed: their labels, and what they carry.
    pub keys: Vec<(String, String)>,
    msgid: String,
    task: Option<String>,
}

impl Shown {
    /// As a story tells it.
    pub fn told(&self) -> String {
        let mut told = self.text.clone();
        for (number, (label, _)) in self.keys.iter().enumerate() {
            told.push_str(if number == 0 { "\n［" } else { "［" });
            told.extend([label.as_str(), "］"]);
        }
        told
    }
}

#[derive(Default)]
struct Member {
    shown: Vec<Shown>,
    /// When they were sent something.
    sent: Vec<i64>,
    unlicensed: bool,
}

struct Group {
    members: Vec<String>,
    shown: Vec<Shown>,
}

/// A code by which a card can be changed.
struct Code {
    who: String,
    task: String,
    until: i64,
}

struct Book {
    allowed: Stands,
    agent: Stands,
    secret: String,
    wrong: usize,
    token: Option<(String, i64)>,
    members: BTreeMap<String, Member>,
    parties: BTreeMap<u32, Vec<String>>,
    groups: HashMap<String, Group>,
    tasks: Vec<String>,
    codes: HashMap<String, Code>,
    /// Bodies that were to be known again, and until when.
    checked: Vec<(String, i64)>,
    /// Messages that can be taken back, and until when.
    messages: HashMap<String, i64>,
    menu: Option<serde_json::Value>,
    /// Pictures and files, named for three days.
    media: Uploads,
    faults: HashMap<String, VecDeque<Fault>>,
    calls: HashMap<String, usize>,
    dropped: usize,
    number: u64,
}

struct Inner {
    clock: Arc<dyn Clock>,
    book: Mutex<Book>,
    violations: Mutex<Vec<String>>,
}

pub struct FakeWecom {
    inner: Arc<Inner>,
    url: String,
}

impl FakeWecom {
    /// An organisation with an application that may see these members; the first half of them is department 2.
    #[expect(clippy::disallowed_methods, reason = "a fake serves beside the test")]
    pub async fn start(clock: Arc<dyn Clock>, members: &[&str]) -> Self {
        let half = members.iter().take(members.len().div_ceil(2)).map(|m| (*m).to_owned());
        let book = Book {
            allowed: Stands::Yes,
            agent: Stands::Yes,
            secret: SECRET.to_owned(),
            wrong: 0,
            token: None,
            members: members.iter().map(|m| ((*m).to_owned(), Member::default())).collect(),
            parties: BTreeMap::from([(2, half.collect())]),
            groups: HashMap::new(),
            tasks: Vec::new(),
            codes: HashMap::new(),
            checked: Vec::new(),
            messages: HashMap::new(),
            menu: None,
            media: Uploads::default(),
            faults: HashMap::new(),
            calls: HashMap::new(),
            dropped: 0,
            number: 0,
        };
        let inner = Arc::new(Inner { clock, book: Mutex::new(book), violations: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = axum::Router::new().fallback(api::serve).with_state(inner.clone());
        let service = router.into_make_service_with_connect_info::<Knife>();
        tokio::spawn(async move { axum::serve(CuttableListener(listener), service).await });
        Self { inner, url }
    }

    /// The account in the configuration, without anybody to push to.
    pub fn account(&self) -> String {
        format!(
            "[[account]]\nname = \"wecom\"\nplatform = \"wecom\"\ncorp_id = \"{CORP}\"\n\
             agent_id = {AGENT}\nsecret = \"{SECRET}\"\ntoken = \"{TOKEN}\"\naes_key = \"{KEY}\"\n\
             api_url = \"{}\"\n",
            self.url
        )
    }

    pub fn settings(&self) -> Settings {
        let secret = |letters: &str| Secret::new(letters.to_owned());
        Settings {
            corp_id: CORP.to_owned(),
            agent_id: AGENT,
            secret: secret(SECRET),
            calls: Some(Calls { token: secret(TOKEN), aes_key: secret(KEY) }),
            to: None,
            chats: Vec::new(),
            form: tongxin::text::Form::Words,
            menu: tongxin::connector::OwnMenu::Leave,
            api_url: self.url.clone(),
            proxy: None,
            seats: None,
            quota: tongxin::connector::Quota::default(),
        }
    }

    /// What one member was shown and still stands there.
    pub fn shown(&self, who: &str) -> Vec<Shown> {
        self.book().members.get(who).map(|m| m.shown.clone()).unwrap_or_default()
    }

    /// What a group was shown.
    pub fn in_group(&self, chat: &str) -> Vec<Shown> {
        self.book().groups.get(chat).map(|g| g.shown.clone()).unwrap_or_default()
    }

    /// Who is in a group, the owner first.
    pub fn members_of(&self, chat: &str) -> Vec<String> {
        self.book().groups.get(chat).map(|g| g.members.clone()).unwrap_or_default()
    }

    pub fn menu(&self) -> Option<serde_json::Value> {
        self.book().menu.clone()
    }

    /// How often a path was called.
    pub fn calls(&self, path: &str) -> usize {
        self.book().calls.get(path).copied().unwrap_or(0)
    }

    /// How many pictures and files were taken.
    pub fn uploads(&self) -> usize {
        self.book().media.taken()
    }

    /// The names of all that was given end before their time.
    pub fn forgets_media(&self) {
        self.book().media.forget();
    }

    /// It knows none of the names that it gives.
    pub fn disowns_media(&self) {
        for kind in ["image", "file"] {
            self.book().media.disown_of(kind);
        }
    }

    /// How many failures of what is given are still to come.
    pub fn faults_left(&self) -> usize {
        self.book().faults.get("/cgi-bin/media/upload").map_or(0, VecDeque::len)
    }

    /// How many messages nobody was shown because there were too many.
    pub fn dropped(&self) -> usize {
        self.book().dropped
    }

    pub fn fails(&self, path: &str, fault: Fault) {
        self.book().faults.entry(path.to_owned()).or_default().push_back(fault);
    }

    /// The token is over, before its time.
    pub fn ends_token(&self) {
        self.book().token = None;
    }

    /// The address from which calls come is allowed, or not.
    pub fn allows(&self, allowed: Stands) {
        self.book().allowed = allowed;
    }

    /// The application is switched on, or off.
    pub fn switches(&self, agent: Stands) {
        self.book().agent = agent;
    }

    /// Somebody has another secret made.
    pub fn makes_secret_anew(&self) {
        let mut book = self.book();
        "ANOTHER-SECRET".clone_into(&mut book.secret);
        book.token = None;
    }

    /// Every code by which a card can be changed is too old.
    pub fn forgets_codes(&self) {
        self.book().codes.clear();
    }

    /// A member is taken out of what the application may see.
    pub fn hides(&self, who: &str) {
        let mut book = self.book();
        book.members.remove(who);
        book.parties.values_mut().for_each(|members| members.retain(|m| m != who));
    }

    /// A member's licence is over.
    pub fn unlicenses(&self, who: &str) {
        self.book().members.get_mut(who).expect("a member").unlicensed = true;
    }

    /// A member writes; the message, as the platform tells it.
    pub fn says(&self, who: &str, text: &str) -> String {
        self.message(who, "text", &format!("<Content>{}</Content>", cdata(text)))
    }

    /// A member sends what is no text.
    pub fn shows(&self, who: &str, kind: &str) -> String {
        self.message(who, kind, "<MediaId><![CDATA[M]]></MediaId><Format>amr</Format>")
    }

    /// A member presses the button with this label on the latest card that has one.
    pub fn presses(&self, who: &str, label: &str) -> String {
        let mut book = self.book();
        let member = book.members.get(who).expect("a member");
        let found = member.shown.iter().rev().find_map(|shown| {
            let (_, key) = shown.keys.iter().find(|(l, _)| l == label)?;
            Some((key.clone(), shown.task.clone().expect("a card")))
        });
        let (key, task) = found.unwrap_or_else(|| panic!("no {label}: {:?}", member.shown));
        let code = book.code(who, &task, self.now());
        drop(book);
        let card = format!(
            "<TaskId>{}</TaskId><CardType>button_interaction</CardType>\
             <ResponseCode>{}</ResponseCode>",
            cdata(&task),
            cdata(&code)
        );
        self.event(who, "template_card_event", &key, &card)
    }

    /// Something else happens: a member comes, goes, looks in or presses a key of the menu.
    pub fn happens(&self, who: &str, event: &str, key: &str) -> String {
        self.event(who, event, key, "")
    }

    fn event(&self, who: &str, event: &str, key: &str, inner: &str) -> String {
        self.letter(
            who,
            "event",
            &format!("<Event>{}</Event><EventKey>{}</EventKey>{inner}", cdata(event), cdata(key)),
        )
    }

    fn message(&self, who: &str, kind: &str, inner: &str) -> String {
        let number = 7_000_000_000_000_000_000_u64 + self.book().next();
        self.letter(who, kind, &format!("{inner}<MsgId>{number}</MsgId>"))
    }

    fn letter(&self, who: &str, kind: &str, inner: &str) -> String {
        format!(
            "<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[{who}]]></FromUserName>\
             <CreateTime>{}</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>{inner}\
             <AgentID>{AGENT}</AgentID></xml>",
            self.now() / 1000
        )
    }

    /// The platform's call that tells a message, signed now.
    pub fn call(&self, message: &str) -> axum::http::Request<Body> {
        self.call_for(message, CORP)
    }

    /// The same for another organisation.
    pub fn call_for(&self, message: &str, corp: &str) -> axum::http::Request<Body> {
        let (query, encrypt) = self.sealed(message, corp);
        let body = format!(
            "<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><AgentID><![CDATA[{AGENT}]]></AgentID>\
             <Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
        );
        let call = axum::http::Request::post(format!("/hook/wecom?{query}"));
        call.body(Body::from(body)).expect("a request")
    }

    /// The check of our address, as the console makes it.
    pub fn check(&self, echo: &str) -> axum::http::Request<Body> {
        let (query, encrypt) = self.sealed(echo, CORP);
        let encrypt: String = url::form_urlencoded::byte_serialize(encrypt.as_bytes()).collect();
        let call = axum::http::Request::get(format!("/hook/wecom?{query}&echostr={encrypt}"));
        call.body(Body::empty()).expect("a request")
    }

    fn sealed(&self, message: &str, corp: &str) -> (String, String) {
        let secret = |letters: &str| Secret::new(letters.to_owned());
        let envelope = Envelope::new(Dialect::WeChat, secret(TOKEN), &secret(KEY), corp);
        let chance = Chance { random: *b"0123456789abcdef", nonce: self.book().next().to_string() };
        let at = At::from_millis(self.now());
        let letter =
            envelope.expect("a key").seal(message.as_bytes(), at, chance).expect("is sealed");
        let query = format!(
            "msg_signature={}&timestamp={}&nonce={}",
            letter.signature, letter.timestamp, letter.nonce
        );
        (query, letter.encrypt)
    }

    pub const fn secret() -> &'static str {
        SECRET
    }

    fn now(&self) -> i64 {
        self.inner.clock.now().millis()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.inner.book.lock().expect("no request panicked")
    }
}

impl Drop for FakeWecom {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let violations = self.inner.violations.lock().expect("no request panicked");
            assert!(violations.is_empty(), "not as the platform takes it: {violations:#?}");
        }
    }
}
