//! Holding a connection: made, listened to, made again.
//!
//! Nothing is lost: an event is acknowledged when the next is asked for, and whoever listens asks only when it is
//! stored. What was not acknowledged comes again and is known by its name. Where a platform knows no
//! acknowledgement, what it says while there is no connection is lost; its connector says so.

use super::{Cut, Frame, Socket};
use crate::clock::Clock;
use crate::connector::Heard;
use crate::connector::pause::pause;
use crate::model::{AccountId, Inbound, Overheard, Platform};
use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};
use std::sync::Arc;
use std::time::Duration;

/// The longest pause of a connection that is made again and again.
const PAUSE_MOST: Duration = Duration::from_secs(30);
/// After what time somebody who rests looks whether the rest is over.
const LOOK: Duration = Duration::from_millis(250);
/// How long settings that the platform refused are left alone.
const REFUSED: Duration = Duration::from_mins(5);
/// How long we stay away when another connection took our place; each further time in a row five times as long.
const TAKEN: Duration = Duration::from_mins(1);
/// The longest that we stay away.
const TAKEN_MOST: Duration = Duration::from_hours(1);

/// Why there is no connection, told by what we do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::connector) enum Unready {
    /// It is made again.
    Again(String),
    /// It is made again after this.
    Wait(String, Duration),
    /// An operator has to mend the settings.
    Refused(String),
    /// Another connection took our place. We do not fight over it.
    Taken(String),
}

impl From<Cut> for Unready {
    fn from(cut: Cut) -> Self {
        Self::Again(cut.to_string())
    }
}

/// Something that happened.
pub(in crate::connector) struct Event {
    /// As far as it is addressed to us.
    pub inbound: Vec<Inbound>,
    /// What is, if it answers a message of ours.
    pub overheard: Option<Overheard>,
    /// What the platform is told once it is stored.
    pub ack: Option<Frame>,
}

/// What a frame means.
pub(in crate::connector) enum Meaning {
    /// Nothing that concerns us.
    Nothing,
    /// The other side wants to hear this.
    Answer(Frame),
    /// From now on we say so often that we are there.
    Pulse(Duration),
    /// Something happened.
    Event(Box<Event>),
    /// The connection is over, once this was said.
    Over(Option<Frame>, Unready),
}

/// What a platform says over a connection, and how one begins.
#[async_trait]
pub(in crate::connector) trait Speaker: Send + 'static {
    /// A connection over which events come from now on.
    async fn connect(&mut self) -> Result<Socket, Unready>;

    /// What a frame means. Whatever cannot be read means nothing.
    fn read(&mut self, frame: Frame) -> Meaning;

    /// Waits for what we want to say. May be given up and called again.
    async fn wants(&mut self) -> Frame {
        std::future::pending().await
    }

    /// There is no connection any more, and why; so often in a row another had taken our place before.
    fn over(&mut self, _why: &Unready, _taken: u32) {}
}

/// Where the listening stands.
struct Listening<P> {
    speaker: P,
    clock: Arc<dyn Clock>,
    platform: Platform,
    account: AccountId,
    socket: Option<Socket>,
    /// What is to be said once the last event is stored: now that the next is asked for, it is.
    owed: Option<Frame>,
    /// How often in a row there was a connection, or none, and nothing came of it.
    failures: u32,
    /// How often in a row another took our place.
    taken: u32,
    /// When the connection was made.
    made: Duration,
}

/// Everything that happens on a platform, event by event, over one connection after the other.
pub(in crate::connector) fn listen(
    speaker: impl Speaker,
    (platform, account): (Platform, AccountId),
    clock: Arc<dyn Clock>,
) -> BoxStream<'static, Heard> {
    let listening = Listening {
        speaker,
        clock,
        platform,
        account,
        socket: None,
        owed: None,
        failures: 0,
        taken: 0,
        made: Duration::ZERO,
    };
    stream::unfold(listening, |mut listening| async {
        let heard = listening.next().await;
        Some((heard, listening))
    })
    .boxed()
}

impl<P: Speaker> Listening<P> {
    async fn next(&mut self) -> Heard {
        loop {
            match self.hear().await {
                Ok(Event { inbound, overheard, ack }) => {
                    (self.failures, self.owed) = (0, ack);
                    if !inbound.is_empty() || overheard.is_some() {
                        let overheard = overheard.into_iter().collect();
                        return Heard { inbound, overheard, mark: None };
                    }
                }
                Err(why) => {
                    (self.socket, self.owed) = (None, None);
                    if self.clock.elapsed().saturating_sub(self.made) >= TAKEN_MOST {
                        self.taken = 0;
                    }
                    self.speaker.over(&why, self.taken);
                    self.rest(why).await;
                }
            }
        }
    }

    /// Waits for the next event, over a connection that is made where there is none.
    async fn hear(&mut self) -> Result<Event, Unready> {
        let mut socket = if let Some(socket) = self.socket.take() {
            socket
        } else {
            let socket = self.speaker.connect().await?;
            self.made = self.clock.elapsed();
            tracing::info!(platform = self.platform.name(), account.id = %self.account, "connected");
            socket
        };
        if let Some(ack) = self.owed.take() {
            socket.say(ack).await?;
        }
        loop {
            let frame = tokio::select! {
                frame = socket.hear() => frame?,
                said = self.speaker.wants() => {
                    socket.say(said).await?;
                    continue;
                }
            };
            match self.speaker.read(frame) {
                Meaning::Nothing => {}
                Meaning::Answer(frame) => socket.say(frame).await?,
                Meaning::Pulse(every) => socket.ping_every(every),
                Meaning::Event(event) => {
                    self.socket = Some(socket);
                    return Ok(*event);
                }
                Meaning::Over(last, why) => {
                    if let Some(frame) = last {
                        socket.say(frame).await?;
                    }
                    return Err(why);
                }
            }
        }
    }

    /// Says why there is no connection, and rests before the next try. One that had been good is made again at once.
    async fn rest(&mut self, why: Unready) {
        let mut chance = [0; 1];
        self.clock.random(&mut chance);
        let span = match &why {
            Unready::Again(_) if self.failures == 0 => Duration::ZERO,
            Unready::Again(_) => pause(self.failures - 1, chance[0]).min(PAUSE_MOST),
            Unready::Wait(_, span) => *span,
            Unready::Refused(_) => REFUSED,
            Unready::Taken(_) => (TAKEN * 5_u32.pow(self.taken.min(4))).min(TAKEN_MOST),
        };
        self.failures = self.failures.saturating_add(1);
        self.taken += u32::from(matches!(why, Unready::Taken(_)));
        let (platform, account) = (self.platform.name(), &self.account);
        let pause_ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        match why {
            Unready::Again(error) | Unready::Wait(error, _) => {
                tracing::warn!(platform, account.id = %account, error, pause_ms, "there is no connection");
            }
            Unready::Refused(error) => {
                tracing::error!(platform, account.id = %account, error, pause_ms, "the platform refuses the connection");
            }
            Unready::Taken(error) => {
                tracing::error!(platform, account.id = %account, error, pause_ms, "another program is connected in our place");
            }
        }
        if span <= PAUSE_MOST {
            return tokio::time::sleep(span).await;
        }
        let until = self.clock.elapsed() + span;
        loop {
            let left = until.saturating_sub(self.clock.elapsed());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(LOOK.min(left)).await;
        }
    }
}
