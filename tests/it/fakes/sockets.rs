//! A host that keeps connections open and speaks `WebSocket` over them, and can cut them anywhere.

use futures::{SinkExt as _, StreamExt as _};
use sha1::{Digest as _, Sha1};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

/// What is done with a connection next.
#[derive(Debug)]
pub enum Act {
    /// This is said.
    Say(Message),
    /// It ends as it should.
    Close,
    /// It breaks.
    Cut,
}

/// Whose connections they are.
pub trait Platform: Send + Sync + 'static {
    /// Somebody asks for a connection at this path; the status and headers of a refusal.
    fn asked(&self, line: u64, path: &str) -> Result<(), (u16, String)>;

    /// One begins; what is said over it first.
    fn began(&self, _line: u64) -> Vec<Act> {
        Vec::new()
    }

    /// Somebody says this over one.
    fn said(&self, line: u64, message: Message) -> Vec<Act>;

    /// One is no more.
    fn ended(&self, line: u64);
}

#[derive(Default)]
struct Lines {
    open: HashMap<u64, mpsc::UnboundedSender<Act>>,
    last: u64,
    /// The latest ping of ours that each line answered.
    answered: HashMap<u64, u64>,
    pings: u64,
}

/// The connections.
#[derive(Default)]
pub struct Sockets {
    lines: Mutex<Lines>,
    /// Rings at whatever happens.
    pub bell: Notify,
}

impl Sockets {
    /// Opens a host for a platform; its address.
    pub async fn serve(self: Arc<Self>, platform: Arc<dyn Platform>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("127.0.0.1:{}", listener.local_addr().expect("an address").port());
        #[expect(clippy::disallowed_methods, reason = "a fake serves beside the test")]
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                #[expect(clippy::disallowed_methods, reason = "a fake serves beside the test")]
                tokio::spawn(self.clone().keep(stream, platform.clone()));
            }
        });
        address
    }

    /// Does this with a connection; false where it is no more.
    pub fn act(&self, line: u64, act: Act) -> bool {
        self.lines().open.get(&line).is_some_and(|line| line.send(act).is_ok())
    }

    /// Waits until all that was said over a connection was heard and acted upon; false where it ended before.
    pub async fn is_heard_out(&self, line: u64) -> bool {
        let number = {
            let mut lines = self.lines();
            lines.pings += 1;
            lines.pings
        };
        let ping = Message::Ping(number.to_be_bytes().to_vec().into());
        if !self.act(line, Act::Say(ping)) {
            return false;
        }
        loop {
            let rings = self.bell.notified();
            {
                let lines = self.lines();
                if lines.answered.get(&line).is_some_and(|answered| *answered >= number) {
                    return true;
                }
                if !lines.open.contains_key(&line) {
                    return false;
                }
            }
            rings.await;
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().expect("nobody panicked")
    }

    async fn keep(self: Arc<Self>, mut stream: TcpStream, platform: Arc<dyn Platform>) {
        stream.set_nodelay(true).expect("a fresh connection takes options");
        let Some((path, key)) = asked(&mut stream).await else { return };
        let line = {
            let mut lines = self.lines();
            lines.last += 1;
            lines.last
        };
        if let Err((status, headers)) = platform.asked(line, &path) {
            let answer = format!("HTTP/1.1 {status} No\r\n{headers}content-length: 0\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
            self.bell.notify_waiters();
            return;
        }
        let accept = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
        let accept = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, accept);
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
             sec-websocket-accept: {accept}\r\n\r\n"
        );
        let (sender, acts) = mpsc::unbounded_channel();
        for act in platform.began(line) {
            sender.send(act).expect("it is heard below");
        }
        self.lines().open.insert(line, sender);
        if stream.write_all(answer.as_bytes()).await.is_ok() {
            let stream = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
            self.talk(line, stream, acts, &*platform).await;
        }
        self.lines().open.remove(&line);
        platform.ended(line);
        self.bell.notify_waiters();
    }

    async fn talk(
        &self,
        line: u64,
        mut stream: WebSocketStream<TcpStream>,
        mut acts: mpsc::UnboundedReceiver<Act>,
        platform: &dyn Platform,
    ) {
        self.bell.notify_waiters();
        loop {
            let todo = tokio::select! {
                act = acts.recv() => Vec::from_iter(act),
                message = stream.next() => match message {
                    Some(Ok(Message::Pong(number))) => {
                        if let Ok(number) = number.as_ref().try_into() {
                            self.lines().answered.insert(line, u64::from_be_bytes(number));
                        }
                        Vec::new()
                    }
                    Some(Ok(Message::Ping(_))) => Vec::new(),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(message)) => platform.said(line, message),
                },
            };
            for act in todo {
                match act {
                    Act::Say(message) => {
                        if stream.send(message).await.is_err() {
                            return;
                        }
                    }
                    Act::Close => {
                        let _ = stream.close(None).await;
                        return;
                    }
                    Act::Cut => {
                        stream.get_ref().set_zero_linger().expect("the connection stands");
                        return;
                    }
                }
            }
            self.bell.notify_waiters();
        }
    }
}

/// The path that is asked for, and the key, of a request as RFC 6455 wants it.
async fn asked(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let path = head.split_whitespace().nth(1)?.to_owned();
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    };
    assert_eq!(header("upgrade"), Some("websocket"), "{head}");
    assert_eq!(header("sec-websocket-version"), Some("13"), "{head}");
    Some((path, header("sec-websocket-key")?.to_owned()))
}
