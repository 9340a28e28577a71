//! A mail host as an office and its readers see it: SMTP to hand messages in, a mailbox of each reader, and IMAP to
//! read the office's own.
//!
//! It asks who hands in, refuses what is too large, and puts strangers off where it is told to. A message that is not
//! as hosts take it (a line too long, a bare line end, letters that are not ASCII, a header missing) fails the test when
//! the fake is dropped.

mod imap;
mod smtp;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tongxin::clock::Clock;

/// The office's own address.
pub const OFFICE: &str = "news@tongxin.example.org";
const USER: &str = "news";
const PASSWORD: &str = "THE-PASSWORD-OF-THE-STORY";
/// The largest message that is taken.
const SIZE_MAX: usize = 2 << 20;
const MINUTE: i64 = 60_000;
/// How many messages are taken in a minute.
const PER_MINUTE: usize = 600;

/// What becomes of the next messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut when the recipient was named.
    CutBeforeData,
    /// It is cut when all of the message was read, which is thrown away.
    CutBeforeTaken,
    /// It is cut when the message was taken, before that is said.
    CutTaken,
    /// The recipient is refused with these words.
    Recipient(&'static str),
    /// The message is refused with these words.
    Message(&'static str),
}

/// How many messages are taken within a span, and what is said at which command of those beyond.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    pub most: usize,
    pub span: Duration,
    pub at: Beyond,
    pub words: &'static str,
}

/// At which command a message beyond the quota is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    Sender,
    Recipient,
    Data,
    Message,
}

/// How a host takes words of a reader's own at messages (RFC 9051, 2.3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keywords {
    /// It keeps them, and finds messages by them.
    #[default]
    Kept,
    /// It takes none, and refuses to look for them.
    Refused,
    /// It keeps them, and gives all messages to whoever looks for one.
    Overlooked,
}

/// Whether a host wants to know which program reads (RFC 2971).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// It takes it as it comes.
    #[default]
    Taken,
    /// It opens no folder before it knows (163, 126, yeah.net).
    Wanted,
    /// It knows no such command.
    Unknown,
}

/// A message as it lies in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Where bounces go.
    pub sender: String,
    /// All of it.
    pub raw: String,
}

struct Lying {
    uid: u32,
    raw: Vec<u8>,
    seen: bool,
    marked: bool,
}

#[derive(Default)]
struct Book {
    boxes: HashMap<String, Vec<Mail>>,
    /// Who is not there, and whether that is known at once.
    nobody: BTreeSet<String>,
    vanished: BTreeSet<String>,
    faults: VecDeque<Fault>,
    /// What is said of each recipient, or of some.
    denies: Option<&'static str>,
    denied: HashMap<String, &'static str>,
    /// Since when each recipient was tried, where strangers are put off.
    greylist: Option<HashMap<String, i64>>,
    locked: bool,
    quota: Option<Quota>,
    taken: Vec<i64>,
    tries: usize,
    lines: usize,
    inbox: Vec<Lying>,
    validity: u32,
    next: u32,
    /// How many messages the reader was told of.
    told: usize,
    /// Whether somebody waits for new messages, and was told of all.
    waiting: bool,
    keywords: Keywords,
    naming: Naming,
    /// How many more messages are given before the line breaks.
    fetches: Option<usize>,
    /// Whose messages cannot be given.
    unreadable: BTreeSet<String>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    book: Mutex<Book>,
    changed: Notify,
    arrived: Notify,
    violations: Mutex<Vec<String>>,
}

impl Inner {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("no connection panicked")
    }

    fn now(&self) -> i64 {
        self.clock.now().millis()
    }

    fn violates(&self, what: String) {
        self.violations.lock().expect("no connection panicked").push(what);
    }
}

pub struct MailHost {
    inner: Arc<Inner>,
    smtp: u16,
    imap: u16,
}

impl MailHost {
    pub async fn start(clock: Arc<dyn Clock>) -> Self {
        let book = Book { validity: 7, next: 1, ..Book::default() };
        let inner = Arc::new(Inner {
            clock,
            book: Mutex::new(book),
            changed: Notify::new(),
            arrived: Notify::new(),
            violations: Mutex::default(),
        });
        let smtp = serve(inner.clone(), smtp::talk).await;
        let imap = serve(inner.clone(), imap::talk).await;
        Self { inner, smtp, imap }
    }

    /// The account in the configuration.
    pub fn account(&self) -> String {
        format!(
            "[[account]]\nname = \"mail\"\nplatform = \"email\"\nfrom = \"同心社区 <{OFFICE}>\"\n\
             smtp = \"smtp-clear://127.0.0.1:{}\"\nimap = \"imap-clear://127.0.0.1:{}\"\n\
             user = \"{USER}\"\npassword = \"{PASSWORD}\"\n",
            self.smtp, self.imap
        )
    }

    pub const fn secret() -> &'static str {
        PASSWORD
    }

    /// What lies in somebody's mailbox.
    pub fn mails(&self, who: &str) -> Vec<Mail> {
        self.inner.book().boxes.get(who).cloned().unwrap_or_default()
    }

    /// How many messages were taken, by whomever.
    pub fn taken(&self) -> usize {
        self.inner.book().taken.len()
    }

    /// How many recipients were named.
    pub fn tries(&self) -> usize {
        self.inner.book().tries
    }

    /// How often somebody connected to hand in.
    pub fn connections(&self) -> usize {
        self.inner.book().lines
    }

    pub fn fails(&self, fault: Fault) {
        self.inner.book().faults.push_back(fault);
    }

    /// Every recipient is refused with these words, or none any more.
    pub fn denies(&self, words: Option<&'static str>) {
        self.inner.book().denies = words;
    }

    /// This one is, from now on.
    pub fn denies_one(&self, who: &str, words: &'static str) {
        self.inner.book().denied.insert(who.to_owned(), words);
    }

    /// From now on it takes no more than this.
    pub fn has_quota(&self, quota: Quota) {
        self.inner.book().quota = Some(quota);
    }

    /// Nobody is there, which the host says at once.
    pub fn knows_nobody(&self, who: &str) {
        self.inner.book().nobody.insert(who.to_owned());
    }

    /// Nobody is there any more, which the host finds out after it took a message.
    pub fn finds_nobody(&self, who: &str) {
        self.inner.book().vanished.insert(who.to_owned());
    }

    /// From now on whoever was never written to is put off for some minutes.
    pub fn greylists(&self) {
        self.inner.book().greylist = Some(HashMap::new());
    }

    /// The password is no longer good.
    pub fn locks(&self, locked: bool) {
        self.inner.book().locked = locked;
    }

    /// The mailbox is made anew: all in it has other numbers.
    pub fn renumbers(&self) {
        let mut book = self.inner.book();
        book.validity += 1;
        for (lying, uid) in book.inbox.iter_mut().zip(1..) {
            lying.uid = uid;
        }
        book.next = u32::try_from(book.inbox.len()).expect("few") + 1;
    }

    /// A message arrives in the office's mailbox.
    pub fn arrives(&self, raw: impl Into<Vec<u8>>) {
        arrive(&mut self.inner.book(), raw.into());
        self.inner.arrived.notify_waiters();
    }

    /// How it takes the reader's own words at messages from now on.
    pub fn takes_keywords(&self, how: Keywords) {
        self.inner.book().keywords = how;
    }

    /// Whether it wants to know which program reads, from now on.
    pub fn takes_names(&self, how: Naming) {
        self.inner.book().naming = how;
    }

    /// The reader's line breaks, once, when it asks for this message from now on.
    pub fn breaks_at(&self, nth: usize) {
        self.inner.book().fetches = Some(nth - 1);
    }

    /// What came from there cannot be given to the reader.
    pub fn cannot_give(&self, from: &str) {
        self.inner.book().unreadable.insert(from.to_owned());
    }

    /// How many messages lie in the office's mailbox, and how many of them unread.
    pub fn lying(&self) -> (usize, usize) {
        let book = self.inner.book();
        (book.inbox.len(), book.inbox.iter().filter(|l| !l.seen).count())
    }

    /// Whether something from there lies in the office's mailbox.
    pub fn lies(&self, from: &str) -> bool {
        self.inner.book().inbox.iter().any(|l| l.holds(from))
    }

    /// When somebody waits for new messages and has heard of all that there are.
    pub async fn is_heard_out(&self) {
        loop {
            let changed = self.inner.changed.notified();
            if self.inner.book().waiting {
                return;
            }
            changed.await;
        }
    }
}

impl Book {
    /// What is said at this command of a message beyond the quota.
    fn beyond(&self, now: i64, at: Beyond) -> Option<String> {
        let quota = self.quota?;
        let within = |taken: &&i64| u128::from(now.abs_diff(**taken)) < quota.span.as_millis();
        let full = self.taken.iter().filter(within).count() >= quota.most;
        (quota.at == at && full).then(|| quota.words.to_owned())
    }
}

impl Lying {
    fn holds(&self, words: &str) -> bool {
        self.raw.windows(words.len()).any(|part| part == words.as_bytes())
    }
}

impl Drop for MailHost {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let violations = self.inner.violations.lock().expect("no connection panicked");
            assert!(violations.is_empty(), "not as hosts take it: {violations:#?}");
        }
    }
}

fn arrive(book: &mut Book, raw: Vec<u8>) {
    let uid = book.next;
    book.next += 1;
    book.waiting = false;
    book.inbox.push(Lying { uid, raw, seen: false, marked: false });
}

#[expect(clippy::disallowed_methods, reason = "a fake serves beside the test")]
async fn serve<F, T>(inner: Arc<Inner>, talk: T) -> u16
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
    T: Fn(Arc<Inner>, TcpStream) -> F + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Whoever hangs up does no harm.
            tokio::spawn(talk(inner.clone(), stream));
        }
    });
    port
}

impl Mail {
    /// What a header says, unfolded and decoded.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.raw.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let line = head.split("\r\n").find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        });
        line.map(|value| decoded(&value))
    }

    /// The text, and the HTML.
    pub fn bodies(&self) -> (String, String) {
        let parsed = mail_parser::MessageParser::default().parse(self.raw.as_bytes());
        let parsed = parsed.expect("a message");
        let text = parsed.body_text(0).expect("a text").replace("\r\n", "\n");
        (text, parsed.body_html(0).expect("HTML").replace("\r\n", "\n"))
    }

    /// The page behind a label of the text.
    pub fn link(&self, label: &str) -> String {
        let (text, _) = self.bodies();
        let rest = text.split_once(label).unwrap_or_else(|| panic!("no {label} in {text}")).1;
        let at = rest.find("https://").expect("a page");
        rest[at..].split_whitespace().next().expect("a page").to_owned()
    }
}

/// Encoded words as they are read.
fn decoded(value: &str) -> String {
    let message = format!("Subject: {value}\r\n\r\n");
    let parsed = mail_parser::MessageParser::default().parse(message.as_bytes());
    parsed.expect("a message").subject().unwrap_or_default().to_owned()
}
