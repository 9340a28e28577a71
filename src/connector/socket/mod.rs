//! Long connections: a `WebSocket` (RFC 6455) over which a platform tells what happens, for networks that nobody can
//! call.
//!
//! The connection is made by [`Caller`], with its certificates, time limits and proxy; here are frames. Who holds one
//! (see [`listen()`]) acknowledges to the platform only what was stored.
//!
//! **Invariant:** whatever the other side sends costs at most the connection and a line in the log: a frame has at
//! most [`FRAME_MAX`] bytes, silence ends after three pings, and no error repeats an address, which may hold a ticket.

mod listen;

pub(super) use listen::{Event, Meaning, Speaker, Unready, listen};

use super::http::{CallFailure, Caller, Line};
use super::signed;
use crate::clock::Clock;
use ::http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION};
use ::http::header::{HeaderMap, HeaderValue, UPGRADE};
use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use url::Url;

/// How many bytes one frame, and one message in several, may have: more than any platform sends.
pub(super) const FRAME_MAX: usize = 1024 * 1024;
/// How much is read at once; one is kept for each connection.
const READ: usize = 8 * 1024;
/// How long making a connection, or writing a frame, may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// After how many pings that nothing followed a connection counts as dead.
const SILENT: u32 = 3;

/// What is said at once.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Frame {
    /// In words.
    Text(String),
    /// In bytes.
    Bytes(Bytes),
    /// That we are there, answered by the other side's library.
    Ping,
}

/// Why a connection is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Cut {
    /// There was none.
    #[error("{0}")]
    Unmade(String),
    /// The other side ended it.
    #[error("the platform ended the connection{0}")]
    Closed(String),
    /// It broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// Nothing is heard any more.
    #[error("nothing was heard after {SILENT} pings")]
    Silent,
}

/// A connection.
pub(super) struct Socket<S = Line> {
    stream: WebSocketStream<S>,
    pulse: Interval,
    ping: Frame,
    unanswered: u32,
}

/// What a platform answered in place of keeping the connection open.
pub(super) struct Declined {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
}

impl Socket {
    /// A connection to this address, which says `ping` so often.
    pub(super) async fn open(
        caller: &Caller,
        url: &Url,
        (every, ping): (Duration, Frame),
        clock: &dyn Clock,
    ) -> Result<Result<Self, Declined>, Cut> {
        let unmade = |words: &str| Cut::Unmade(words.to_owned());
        let mut random = [0; 16];
        clock.random(&mut random);
        let key = signed::base64(&random);
        let mut headers = HeaderMap::new();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        let sent = HeaderValue::from_str(&key).map_err(|_| unmade("no key"))?;
        headers.insert(SEC_WEBSOCKET_KEY, sent);
        let url = over_http(url).ok_or_else(|| unmade("not a WebSocket address"))?;
        let (headers, line) = match caller.upgrade(url, headers, PATIENCE).await {
            Ok(Ok(upgraded)) => upgraded,
            Ok(Err(answer)) => {
                let (status, headers) = (answer.status.as_u16(), answer.headers);
                return Ok(Err(Declined { status, headers }));
            }
            Err(CallFailure::Forbidden(words)) => return Err(Cut::Unmade(words)),
            Err(failure) => return Err(Cut::Unmade(failure.to_string())),
        };
        let right = signed::socket_accept(&key);
        if headers
            .get(SEC_WEBSOCKET_ACCEPT)
            .is_none_or(|shown| shown.as_bytes() != right.as_bytes())
        {
            return Err(unmade("the other side does not speak WebSocket"));
        }
        Ok(Ok(Self::over(line, (every, ping)).await))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Frames over a connection that was made.
    async fn over(line: S, (every, ping): (Duration, Frame)) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ)
            .max_write_buffer_size(2 * FRAME_MAX)
            .max_frame_size(Some(FRAME_MAX))
            .max_message_size(Some(FRAME_MAX));
        let stream = WebSocketStream::from_raw_socket(line, Role::Client, Some(config)).await;
        let mut pulse = interval(every);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        pulse.reset();
        Self { stream, pulse, ping, unanswered: 0 }
    }

    /// Waits for what is said next, and says meanwhile that we are there. May be given up and called again.
    pub(super) async fn hear(&mut self) -> Result<Frame, Cut> {
        loop {
            tokio::select! {
                heard = self.stream.next() => {
                    self.unanswered = 0;
                    match heard {
                        Some(Ok(Message::Text(text))) => return Ok(Frame::Text(text.to_string())),
                        Some(Ok(Message::Binary(bytes))) => return Ok(Frame::Bytes(bytes)),
                        Some(Ok(Message::Close(why))) => {
                            let why = why.map(|why| format!(" ({})", u16::from(why.code)));
                            return Err(Cut::Closed(why.unwrap_or_default()));
                        }
                        // What is asked is answered by the library.
                        Some(Ok(_)) => {}
                        Some(Err(error)) => return Err(broken(&error)),
                        None => return Err(Cut::Closed(String::new())),
                    }
                }
                _ = self.pulse.tick() => {
                    if self.unanswered >= SILENT {
                        return Err(Cut::Silent);
                    }
                    self.unanswered += 1;
                    self.say(self.ping.clone()).await?;
                }
            }
        }
    }

    /// Says something. When it returns, it has left this program.
    pub(super) async fn say(&mut self, frame: Frame) -> Result<(), Cut> {
        let message = match frame {
            Frame::Text(text) => Message::text(text),
            Frame::Bytes(bytes) => Message::Binary(bytes),
            Frame::Ping => Message::Ping(Bytes::new()),
        };
        match tokio::time::timeout(PATIENCE, self.stream.send(message)).await {
            Ok(said) => said.map_err(|error| broken(&error)),
            Err(_) => Err(Cut::Broken("nothing can be written".to_owned())),
        }
    }

    /// How often we say that we are there, from now on.
    pub(super) fn ping_every(&mut self, every: Duration) {
        if every != self.pulse.period() {
            self.pulse = interval(every);
            self.pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
            self.pulse.reset();
        }
    }
}

/// The same address as HTTP knows it.
fn over_http(url: &Url) -> Option<Url> {
    let scheme = match url.scheme() {
        "wss" | "https" => "https",
        "ws" | "http" => "http",
        _ => return None,
    };
    let mut url = url.clone();
    url.set_scheme(scheme).ok()?;
    Some(url)
}

fn broken(error: &Error) -> Cut {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => Cut::Closed(String::new()),
        other => Cut::Broken(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Cut, FRAME_MAX, Frame, SILENT, Socket};
    use futures::{SinkExt as _, StreamExt as _};
    use std::time::Duration;
    use tokio::io::DuplexStream;
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

    const EVERY: Duration = Duration::from_secs(30);

    async fn pair() -> (Socket<DuplexStream>, WebSocketStream<DuplexStream>) {
        let (ours, theirs) = tokio::io::duplex(4 * FRAME_MAX);
        let wide = WebSocketConfig::default().max_frame_size(None).max_message_size(None);
        let theirs = WebSocketStream::from_raw_socket(theirs, Role::Server, Some(wide)).await;
        (Socket::over(ours, (EVERY, Frame::Ping)).await, theirs)
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_a_connection_after_three_pings_and_an_answer_does_not() {
        let (mut ours, mut theirs) = pair().await;
        let other = async {
            let mut pings = 0;
            while let Some(Ok(message)) = theirs.next().await {
                pings += u32::from(message.is_ping());
                if pings == 10 {
                    break;
                }
            }
            // From here on it reads nothing.
            std::future::pending::<()>().await;
        };
        let ours = async {
            let early = tokio::time::timeout(EVERY * 10, ours.hear()).await;
            assert!(early.is_err(), "it is alive");
            tokio::time::timeout(EVERY * (SILENT + 2), ours.hear()).await
        };
        tokio::select! {
            heard = ours => assert!(matches!(heard, Ok(Err(Cut::Silent)))),
            () = other => unreachable!("it is silent"),
        }
    }

    #[tokio::test]
    async fn a_frame_that_is_too_large_costs_the_connection_and_no_memory() {
        let (mut ours, mut theirs) = pair().await;
        let large = Message::binary(vec![0; FRAME_MAX + 1]);
        let (_, heard) = tokio::join!(theirs.send(large), ours.hear());
        assert!(matches!(heard, Err(Cut::Broken(_))));
    }
}
