//! Handing a message in, command by command: so it is certain whether it left when a connection dies.
//!
//! lettre's own sending tells an error without telling where it happened. Its connection, its commands and its reading
//! of answers are used; the order and the keeping of connections are ours.

use super::errors::{Stage, Trouble};
use super::message::Letter;
use super::settings::{Host, SettingsError, Tls};
use crate::clock::Clock;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(20);
/// How long an answer to a command may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long an answer to a whole message may take: hosts look through it.
const PATIENCE_DOT: Duration = Duration::from_mins(5);
/// When an unused connection is given up.
const IDLE: Duration = Duration::from_secs(20);

/// The way out.
pub(super) struct Smtp {
    host: Host,
    hello: ClientId,
    clock: Arc<dyn Clock>,
    /// Made when first needed: the certificates of the machine take memory.
    tls: OnceLock<TlsParameters>,
    idle: Mutex<Vec<(AsyncSmtpConnection, Duration)>>,
}

type Line = AsyncSmtpConnection;

impl Smtp {
    pub(super) fn new(host: Host, domain: &str, clock: Arc<dyn Clock>) -> Self {
        let hello = ClientId::Domain(domain.to_owned());
        Self { host, hello, clock, tls: OnceLock::new(), idle: Mutex::default() }
    }

    /// Hands a message in.
    pub(super) async fn send(&self, letter: &Letter) -> Result<(), Trouble> {
        if let Some(line) = self.kept() {
            match self.send_on(line, letter).await {
                Err(trouble) if trouble.is_stale() => {}
                done => return done,
            }
        }
        let line = self.open().await?;
        self.send_on(line, letter).await
    }

    /// Connects and says who we are; what the host calls itself.
    pub(super) async fn greet(&self) -> Result<String, Trouble> {
        let mut line = self.open().await?;
        let name = line.server_info().name().to_owned();
        let _ = tokio::time::timeout(PATIENCE, line.quit()).await;
        Ok(name)
    }

    fn kept(&self) -> Option<Line> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.elapsed();
        idle.retain(|(_, since)| now.saturating_sub(*since) < IDLE);
        idle.pop().map(|(line, _)| line)
    }

    fn keep(&self, line: Line) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push((line, self.clock.elapsed()));
    }

    async fn open(&self) -> Result<Line, Trouble> {
        let server = (self.host.name.as_str(), self.host.port);
        let implicit = match self.host.tls {
            Tls::Implicit => Some(self.tls()?),
            _ => None,
        };
        let connecting = Line::connect_tokio1(server, Some(CONNECT), &self.hello, implicit, None);
        let mut line = within(Stage::Connect, PATIENCE, connecting).await?;
        if self.host.tls == Tls::Starttls {
            let tls = self.tls()?;
            within(Stage::Connect, PATIENCE, line.starttls(tls, &self.hello)).await?;
        }
        if let Some(login) = &self.host.login {
            let who = Credentials::new(login.user.clone(), login.password.reveal().to_owned());
            let asking = line.auth(DEFAULT_MECHANISMS, &who);
            within(Stage::Login, PATIENCE, asking).await?;
        }
        Ok(line)
    }

    fn tls(&self) -> Result<TlsParameters, Trouble> {
        if let Some(known) = self.tls.get() {
            return Ok(known.clone());
        }
        let made = TlsParameters::new_rustls(self.host.name.clone());
        let made =
            made.map_err(|e| Trouble::Lacks(SettingsError::Tls(e.to_string()).to_string()))?;
        Ok(self.tls.get_or_init(|| made).clone())
    }

    async fn send_on(&self, mut line: Line, letter: &Letter) -> Result<(), Trouble> {
        match hand_in(&mut line, letter).await {
            Ok(()) => {
                self.keep(line);
                Ok(())
            }
            Err(trouble) => {
                // After a refusal the connection is as good as before, once the host forgets the message.
                if let Trouble::Said(stage, said) = &trouble
                    && said.code != 421
                    && (*stage == Stage::Dot || self.forgets(&mut line).await)
                {
                    self.keep(line);
                }
                Err(trouble)
            }
        }
    }

    async fn forgets(&self, line: &mut Line) -> bool {
        within(Stage::Sender, PATIENCE, line.command(Rset)).await.is_ok()
    }
}

async fn hand_in(line: &mut Line, letter: &Letter) -> Result<(), Trouble> {
    let from = Mail::new(letter.envelope.from().cloned(), Vec::new());
    within(Stage::Sender, PATIENCE, line.command(from)).await?;
    for to in letter.envelope.to() {
        let to = Rcpt::new(to.clone(), Vec::new());
        within(Stage::Recipient, PATIENCE, line.command(to)).await?;
    }
    within(Stage::Data, PATIENCE, line.command(Data)).await?;
    within(Stage::Dot, PATIENCE_DOT, line.message(&letter.bytes)).await?;
    Ok(())
}

async fn within<T>(
    stage: Stage,
    span: Duration,
    asking: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<T, Trouble> {
    match tokio::time::timeout(span, asking).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(Trouble::of(stage, &error)),
        Err(_) => Err(Trouble::Silent(stage, "timed out".to_owned())),
    }
}
