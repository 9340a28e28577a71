//! Reading a folder over IMAP (RFC 9051): the few commands that one reader of one folder needs.
//!
//! The parser is `imap-proto`'s. What a host sends is bounded before it is read, and what cannot be read is passed over
//! line by line.

use super::errors::clean;
use super::settings::{Host, Inbox, Tls};
use imap_proto::{AttributeValue, Capability, MailboxDatum, Response, ResponseCode, Status};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long a connection or an answer may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long we wait for new messages before we ask again: hosts hang up after half an hour.
const WAITING: Duration = Duration::from_mins(20);
/// How much of one message is read: pictures and files beyond it are nothing to us.
pub(super) const READ_MAX: usize = 1 << 20;
/// The mark of messages that were taken in and are to be removed.
const TAKEN: &str = "$TongxinTaken";
/// Of how many messages it is looked whether they bear it; more than are ever between taking in and removing.
const MARKED_MAX: usize = 200;
/// Which program reads (RFC 2971): some hosts open no folder before they know (163, 126, yeah.net).
const NAME: &str =
    concat!("ID (\"name\" \"tongxin\" \"version\" \"", env!("CARGO_PKG_VERSION"), "\")");
/// The most that a host may say at once.
const SAID_MAX: usize = READ_MAX + (1 << 18);

/// Why the folder cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReadFault {
    /// Later, perhaps.
    #[error("{0}")]
    Broken(String),
    /// Not before an operator mends something.
    #[error("{0}")]
    Refused(String),
}

/// How hosts prove who they are: made when first needed, because the certificates of the machine take memory.
#[derive(Default)]
pub(super) struct Trust(OnceLock<Arc<ClientConfig>>);

impl Trust {
    fn config(&self) -> Result<Arc<ClientConfig>, ReadFault> {
        if let Some(known) = self.0.get() {
            return Ok(known.clone());
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(ReadFault::Broken("this machine trusts no certificates".to_owned()));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let made = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| ReadFault::Broken(e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(self.0.get_or_init(|| Arc::new(made)).clone())
    }
}

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// A connection with the folder open.
pub(super) struct Folder {
    line: Line,
    /// Changes when the host numbers its messages anew.
    pub(super) validity: u32,
    /// The number of the next message.
    next: u32,
    idles: bool,
    expunges: bool,
}

struct Line {
    wire: Box<dyn Wire>,
    buffer: Vec<u8>,
    number: u32,
    /// Whether the host spoke of new messages since this was last looked at.
    news: bool,
}

/// What a command brought.
#[derive(Default)]
struct Brought {
    found: Vec<u32>,
    /// Messages of which it was said that they bear our mark.
    marked: Vec<u32>,
    body: Option<Vec<u8>>,
    validity: u32,
    next: u32,
    able: Vec<String>,
}

impl Folder {
    pub(super) async fn open(inbox: &Inbox, trust: &Trust) -> Result<Self, ReadFault> {
        let host = &inbox.host;
        let mut line = within(PATIENCE, connect(host, trust)).await?;
        if let Some(login) = &host.login {
            let (user, password) = (quoted(&login.user)?, quoted(login.password.reveal())?);
            line.command(&format!("LOGIN {user} {password}")).await.map_err(|e| match e {
                ReadFault::Refused(said) => ReadFault::Refused(format!("login: {said}")),
                broken @ ReadFault::Broken(_) => broken,
            })?;
            // A host that knows no such command says so, and goes on.
            line.asked(NAME).await?;
        }
        let able = line.command("CAPABILITY").await?.able;
        let can = |name: &str| able.iter().any(|a| a.eq_ignore_ascii_case(name));
        let opened = line.command(&format!("SELECT {}", quoted(&inbox.folder)?)).await?;
        let (validity, next) = (opened.validity, opened.next.max(1));
        Ok(Self { line, validity, next, idles: can("IDLE"), expunges: can("UIDPLUS") })
    }

    /// The folder's number, and that of the last message that lay there when it was opened.
    pub(super) const fn last(&self) -> (u32, u32) {
        (self.validity, self.next.saturating_sub(1))
    }

    /// The numbers of the messages after this one, in order.
    pub(super) async fn after(&mut self, uid: u32) -> Result<Vec<u32>, ReadFault> {
        self.line.news = false;
        let from = uid.saturating_add(1);
        let mut found = self.line.command(&format!("UID SEARCH UID {from}:*")).await?.found;
        // The last one belongs to every such range.
        found.retain(|found| *found > uid);
        found.sort_unstable();
        Ok(found)
    }

    /// The numbers of the messages that came on this day (`24-Nov-2026`) or later.
    pub(super) async fn since(&mut self, day: &str) -> Result<Vec<u32>, ReadFault> {
        let mut found = self.line.command(&format!("UID SEARCH SINCE {day}")).await?.found;
        found.sort_unstable();
        Ok(found)
    }

    /// The beginning of a message; `None` where it is gone.
    pub(super) async fn message(&mut self, uid: u32) -> Result<Option<Vec<u8>>, ReadFault> {
        let asked = format!("UID FETCH {uid} (UID BODY.PEEK[]<0.{READ_MAX}>)");
        Ok(self.line.command(&asked).await?.body)
    }

    /// Marks a message as one that was taken in.
    pub(super) async fn mark_taken(&mut self, uid: u32) -> Result<(), ReadFault> {
        self.line.command(&format!("UID STORE {uid} +FLAGS.SILENT ({TAKEN})")).await.map(drop)
    }

    /// The numbers of those messages up to this one that bear that mark.
    ///
    /// Some hosts refuse to look for it, and some find whatever there is: so each that is found is looked at.
    pub(super) async fn marked(&mut self, last: u32) -> Result<Vec<u32>, ReadFault> {
        let mut found = self.line.asked(&format!("UID SEARCH KEYWORD {TAKEN}")).await?.found;
        found.retain(|uid| *uid <= last);
        found.sort_unstable();
        found.drain(..found.len().saturating_sub(MARKED_MAX));
        if found.is_empty() {
            return Ok(found);
        }
        let set = found.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let marked = self.line.asked(&format!("UID FETCH {set} (FLAGS)")).await?.marked;
        found.retain(|uid| marked.contains(uid));
        Ok(found)
    }

    /// Marks a message as read.
    pub(super) async fn mark_read(&mut self, uid: u32) -> Result<(), ReadFault> {
        self.line.command(&format!("UID STORE {uid} +FLAGS.SILENT (\\Seen)")).await.map(drop)
    }

    /// Removes a message.
    pub(super) async fn remove(&mut self, uid: u32) -> Result<(), ReadFault> {
        self.line.command(&format!("UID STORE {uid} +FLAGS.SILENT (\\Seen \\Deleted)")).await?;
        if self.expunges {
            // Without it the host would remove whatever else is marked so; it does that by itself some day.
            self.line.command(&format!("UID EXPUNGE {uid}")).await?;
        }
        Ok(())
    }

    /// Waits until there may be something new.
    pub(super) async fn wait(&mut self, poll: Duration) -> Result<(), ReadFault> {
        if self.line.news {
            return Ok(());
        }
        if !self.idles {
            tokio::time::sleep(poll).await;
            return Ok(());
        }
        let tag = self.line.send("IDLE").await?;
        // It is no failure that nothing happens.
        let _ = tokio::time::timeout(WAITING, self.line.until_news()).await.unwrap_or(Ok(()));
        self.line.write("DONE\r\n").await?;
        within(PATIENCE, self.line.answer(&tag)).await.map(drop)
    }
}

impl Line {
    async fn command(&mut self, words: &str) -> Result<Brought, ReadFault> {
        let tag = self.send(words).await?;
        within(PATIENCE, self.answer(&tag)).await
    }

    /// What a command brings: nothing, where the host refuses it.
    async fn asked(&mut self, words: &str) -> Result<Brought, ReadFault> {
        match self.command(words).await {
            Err(ReadFault::Refused(_)) => Ok(Brought::default()),
            brought => brought,
        }
    }

    async fn send(&mut self, words: &str) -> Result<String, ReadFault> {
        self.number += 1;
        let tag = format!("T{}", self.number);
        self.write(&format!("{tag} {words}\r\n")).await?;
        Ok(tag)
    }

    async fn write(&mut self, words: &str) -> Result<(), ReadFault> {
        let writing = async {
            self.wire.write_all(words.as_bytes()).await?;
            self.wire.flush().await
        };
        match tokio::time::timeout(PATIENCE, writing).await {
            Ok(done) => done.map_err(|e| ReadFault::Broken(e.to_string())),
            Err(_) => Err(ReadFault::Broken("timed out".to_owned())),
        }
    }

    /// Reads until the answer to a command is whole.
    async fn answer(&mut self, asked: &str) -> Result<Brought, ReadFault> {
        let mut brought = Brought::default();
        loop {
            match self.next().await? {
                Response::Done { tag, status, information, .. } if tag.0 == asked => {
                    let said = clean(information.as_deref().unwrap_or_default());
                    return match status {
                        Status::Ok | Status::PreAuth => Ok(brought),
                        Status::No | Status::Bad => Err(ReadFault::Refused(said)),
                        Status::Bye => Err(ReadFault::Broken(said)),
                    };
                }
                Response::Data { status: Status::Bye, information, .. } => {
                    return Err(ReadFault::Broken(clean(information.as_deref().unwrap_or("bye"))));
                }
                other => self.bring(other, &mut brought),
            }
        }
    }

    fn bring(&mut self, response: Response<'_>, brought: &mut Brought) {
        match response {
            Response::MailboxData(MailboxDatum::Search(found)) => brought.found.extend(found),
            Response::MailboxData(MailboxDatum::Exists(_)) => self.news = true,
            Response::Capabilities(able) => {
                let name = |able| match able {
                    Capability::Atom(name) => Some(name.into_owned()),
                    _ => None,
                };
                brought.able.extend(able.into_iter().filter_map(name));
            }
            Response::Data { code: Some(ResponseCode::UidValidity(n)), .. } => brought.validity = n,
            Response::Data { code: Some(ResponseCode::UidNext(n)), .. } => brought.next = n,
            Response::Fetch(_, values) => {
                let (mut number, mut marked) = (None, false);
                for value in values {
                    match value {
                        AttributeValue::BodySection { data: Some(data), .. } => {
                            brought.body = Some(data.into_owned());
                        }
                        AttributeValue::Uid(uid) => number = Some(uid),
                        AttributeValue::Flags(flags) => {
                            marked = flags.iter().any(|flag| flag.eq_ignore_ascii_case(TAKEN));
                        }
                        _ => {}
                    }
                }
                brought.marked.extend(number.filter(|_| marked));
            }
            _ => {}
        }
    }

    async fn until_news(&mut self) -> Result<(), ReadFault> {
        while !self.news {
            let said = self.next().await?;
            self.bring(said, &mut Brought::default());
        }
        Ok(())
    }

    /// The next thing that the host says.
    async fn next(&mut self) -> Result<Response<'static>, ReadFault> {
        loop {
            let parsed = match Response::from_bytes(&self.buffer) {
                Ok((rest, response)) => Some((rest.len(), Some(response.into_owned()))),
                Err(e) if e.is_incomplete() => None,
                // What is of no known form, is passed over.
                Err(_) => {
                    let end = self.buffer.windows(2).position(|w| w == b"\r\n");
                    end.map(|end| (self.buffer.len() - end - 2, None))
                }
            };
            if let Some((left, response)) = parsed {
                let used = self.buffer.len() - left;
                self.buffer.drain(..used);
                match response {
                    Some(response) => return Ok(response),
                    None => continue,
                }
            }
            if self.buffer.len() > SAID_MAX {
                return Err(ReadFault::Broken("the host says too much at once".to_owned()));
            }
            let read = self.wire.read_buf(&mut self.buffer).await;
            if read.map_err(|e| ReadFault::Broken(e.to_string()))? == 0 {
                return Err(ReadFault::Broken("the host hung up".to_owned()));
            }
        }
    }
}

async fn connect(host: &Host, trust: &Trust) -> Result<Line, ReadFault> {
    let broken = |e: std::io::Error| ReadFault::Broken(e.to_string());
    let stream = TcpStream::connect((host.name.as_str(), host.port)).await.map_err(broken)?;
    let _ = stream.set_nodelay(true);
    let wire: Box<dyn Wire> = match host.tls {
        Tls::Implicit => Box::new(encrypted(host, stream, trust).await?),
        Tls::Starttls | Tls::None => Box::new(stream),
    };
    let mut line = Line { wire, buffer: Vec::new(), number: 0, news: false };
    line.next().await?;
    if host.tls != Tls::Starttls {
        return Ok(line);
    }
    line.command("STARTTLS").await?;
    if !line.buffer.is_empty() {
        // Whoever sits between us and the host would have said it.
        return Err(ReadFault::Broken("the host spoke before encryption began".to_owned()));
    }
    let wire = Box::new(encrypted(host, line.wire, trust).await?);
    Ok(Line { wire, buffer: Vec::new(), number: line.number, news: false })
}

async fn encrypted<S: Wire>(
    host: &Host,
    wire: S,
    trust: &Trust,
) -> Result<TlsStream<S>, ReadFault> {
    let broken = |e: String| ReadFault::Broken(e);
    let name = ServerName::try_from(host.name.clone()).map_err(|e| broken(e.to_string()))?;
    let connector = TlsConnector::from(trust.config()?);
    connector.connect(name, wire).await.map_err(|e| broken(e.to_string()))
}

/// A text as a command holds it.
fn quoted(text: &str) -> Result<String, ReadFault> {
    if !text.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        let words = "a name, password or folder with letters that are not ASCII cannot be used";
        return Err(ReadFault::Refused(words.to_owned()));
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

async fn within<T>(
    span: Duration,
    asking: impl Future<Output = Result<T, ReadFault>>,
) -> Result<T, ReadFault> {
    let timed_out = |_| Err(ReadFault::Broken("timed out".to_owned()));
    tokio::time::timeout(span, asking).await.unwrap_or_else(timed_out)
}
