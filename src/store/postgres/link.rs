//! Connections: made, set up, and made again when they break.
//!
//! A [`Link`] is shared: what is asked on it goes out at once, one after the other, and the answers come
//! in the same order. A [`Wire`] always has a link, or the reason why not.
//!
//! Races, by name. *The server ends a connection*: whoever waits on it gets an error, the keeper of the
//! wire connects again. *A connection falls silent* (a cable, a switch): nobody gets an answer, so each
//! question has its time; whoever loses patience cuts the link, and the keeper makes another. *Half a
//! transaction stays behind* on a link that was cut: the server notices that its client has gone, or after
//! [`IDLE_MAX`] that nothing comes, and undoes it.

use super::fault::Fault;
use super::sql::Sql;
use super::tls::Tls;
use super::{Encryption, Settings};
use crate::clock::Deadline;
use futures::future::try_join_all;
use rand::Rng as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, NoTls, Row, Statement};
use tokio_util::sync::CancellationToken;

/// How long a transaction may stand without anything being asked; ours never stand.
const IDLE_MAX: Duration = Duration::from_secs(5);

/// How much longer than the server we wait for a statement, before the connection counts as silent.
pub const GRACE: Duration = Duration::from_secs(3);

/// After so long without a word the system looks whether the other side is still there.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// The longest wait between two attempts to connect.
const RECONNECT_MAX: Duration = Duration::from_secs(2);

/// Wishes, not needs: the planner shall use the primary keys even where it thinks a table small. Engines
/// that do not know them go on without.
const WISHES: [&str; 2] = ["SET enable_seqscan = off", "SET plan_cache_mode = force_generic_plan"];

/// What is given to a statement, in its order.
pub type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// One connection and what keeps it going. Dropping it ends the connection.
pub struct Session {
    /// Asks.
    pub client: Client,
    driver: JoinSet<()>,
}

impl Session {
    /// Connects and says how we want to be served.
    pub async fn open(settings: &Settings) -> Result<Self, Fault> {
        let tls = Tls::new(&settings.encryption).map_err(Fault::Never)?;
        // Twice: once to reach it, once to be let in.
        let opened = tokio::time::timeout(settings.connect * 2, Self::dial(settings, tls)).await;
        opened.map_err(|_| Fault::Lost("it does not answer in time".to_owned()))?
    }

    async fn dial(settings: &Settings, tls: Option<Tls>) -> Result<Self, Fault> {
        let mut config = settings.address.config().clone();
        let off = settings.encryption == Encryption::Off;
        config
            .application_name("tongxin")
            .ssl_mode(if off { SslMode::Disable } else { SslMode::Require })
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .connect_timeout(settings.connect)
            .keepalives_idle(KEEPALIVE)
            .tcp_user_timeout(settings.statement + GRACE);
        let mut driver = JoinSet::new();
        let client = match tls {
            None => {
                let (client, connection) =
                    config.connect(NoTls).await.map_err(|e| Fault::of(&e))?;
                driver.spawn(async move { drop(connection.await) });
                client
            }
            Some(tls) => {
                let (client, connection) = config.connect(tls).await.map_err(|e| Fault::of(&e))?;
                driver.spawn(async move { drop(connection.await) });
                client
            }
        };
        let session = Self { client, driver };
        session.settle_in(settings).await.map_err(|e| Fault::of(&e))?;
        Ok(session)
    }

    async fn settle_in(&self, settings: &Settings) -> Result<(), Error> {
        let needs = format!(
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;
             SET statement_timeout = {};
             SET idle_in_transaction_session_timeout = {}",
            settings.statement.as_millis(),
            IDLE_MAX.as_millis()
        );
        self.client.batch_execute(&needs).await?;
        for asked in WISHES {
            wish(&self.client, asked).await?;
        }
        Ok(())
    }
}

/// Asks for what is a wish and not a need: an engine that does not do it goes on without.
pub async fn wish(client: &Client, asked: &str) -> Result<(), Error> {
    match client.batch_execute(asked).await {
        Err(error) if error.as_db_error().is_some() => {
            tracing::debug!(%error, asked, "the database does without");
            Ok(())
        }
        done => done,
    }
}

/// A connection that many share, with everything prepared on it.
pub struct Link {
    client: Client,
    statements: Vec<Statement>,
    cut: CancellationToken,
}

impl Link {
    async fn open(settings: &Settings) -> Result<(Self, JoinSet<()>), Fault> {
        let Session { client, driver } = Session::open(settings).await?;
        let prepared = try_join_all(Sql::ALL.iter().map(|sql| client.prepare(sql.text())));
        let statements = match tokio::time::timeout(settings.statement, prepared).await {
            Ok(prepared) => prepared.map_err(|e| Fault::of(&e))?,
            Err(_) => return Err(Fault::Lost("it does not answer in time".to_owned())),
        };
        Ok((Self { client, statements, cut: CancellationToken::new() }, driver))
    }

    /// The rows that a statement gives.
    pub async fn rows(&self, sql: Sql, parameters: Parameters<'_>) -> Result<Vec<Row>, Error> {
        self.client.query(&self.statements[sql as usize], parameters).await
    }

    /// How many rows a statement changes.
    pub async fn change(&self, sql: Sql, parameters: &[&(dyn ToSql + Sync)]) -> Result<u64, Error> {
        self.client.execute(&self.statements[sql as usize], parameters).await
    }

    /// Begins or ends a transaction.
    pub async fn say(&self, words: &'static str) -> Result<(), Error> {
        self.client.batch_execute(words).await
    }

    /// Ends the connection; the keeper of the wire makes another.
    pub fn cut(&self) {
        self.cut.cancel();
    }

    fn is_up(&self) -> bool {
        !self.client.is_closed() && !self.cut.is_cancelled()
    }
}

/// Whether the database can be used, told in the log once when it changes, however many notice.
#[derive(Default)]
pub struct Health(AtomicBool);

impl Health {
    /// Something cannot be done for this reason.
    pub fn ill(&self, why: &Fault) {
        if !self.0.swap(true, Ordering::Relaxed) {
            tracing::warn!(error = %why.clone().into_error(), "the database cannot be used; trying again");
        }
    }

    /// It can be done.
    pub fn well(&self) {
        if self.0.swap(false, Ordering::Relaxed) {
            tracing::info!("the database can be used again");
        }
    }
}

/// How a wire is.
enum State {
    /// There is no connection, for this reason; nobody waits for one longer than until then.
    Down(Fault, Deadline),
    Up(Arc<Link>),
}

/// A connection that is made again whenever it breaks.
#[derive(Clone)]
pub struct Wire(watch::Receiver<State>);

impl Wire {
    /// Keeps a connection from now on, as one of `keepers`.
    pub fn keep(settings: Arc<Settings>, health: Arc<Health>, keepers: &mut JoinSet<()>) -> Self {
        let why = Fault::Lost("not connected yet".to_owned());
        let (tell, state) = watch::channel(State::Down(why, Deadline::after(settings.patience)));
        keepers.spawn(keep(settings, health, tell));
        Self(state)
    }

    /// Whether there is a connection at this moment.
    pub fn is_up(&self) -> bool {
        matches!(&*self.0.borrow(), State::Up(link) if link.is_up())
    }

    /// Whether there has been no connection for longer than anybody waits.
    pub fn is_away(&self) -> bool {
        matches!(&*self.0.borrow(), State::Down(_, most) if most.is_over())
    }

    /// The connection, as soon as there is one; or why there is none up to the deadline, or for so long
    /// already that nobody shall wait.
    pub async fn up(&self, until: Deadline) -> Result<Arc<Link>, Fault> {
        let mut state = self.0.clone();
        loop {
            let (why, until) = match &*state.borrow_and_update() {
                State::Up(link) if link.is_up() => return Ok(link.clone()),
                State::Up(_) => (Fault::Lost("the connection broke".to_owned()), until),
                State::Down(why, most) => (why.clone(), until.min(*most)),
            };
            match tokio::time::timeout(until.left(), state.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(Fault::Never("the store is closed".to_owned())),
                // A password that was changed, or a database that is being moved: it may come back.
                Err(_) => {
                    return Err(match why {
                        Fault::Never(why) => Fault::Later(why),
                        why => why,
                    });
                }
            }
        }
    }
}

async fn keep(settings: Arc<Settings>, health: Arc<Health>, tell: watch::Sender<State>) {
    const FIRST: Duration = Duration::from_millis(50);
    let mut pause = Pause::new(FIRST, RECONNECT_MAX);
    let mut most = Deadline::after(settings.patience);
    loop {
        match Link::open(&settings).await {
            Ok((link, mut driver)) => {
                health.well();
                let link = Arc::new(link);
                tell.send_replace(State::Up(link.clone()));
                tokio::select! {
                    _ = driver.join_next() => {}
                    () = link.cut.cancelled() => {}
                }
                tracing::debug!("a connection to the database broke");
                let why = Fault::Lost("the connection broke".to_owned());
                (pause, most) =
                    (Pause::new(FIRST, RECONNECT_MAX), Deadline::after(settings.patience));
                tell.send_replace(State::Down(why, most));
            }
            Err(why) => {
                health.ill(&why);
                tell.send_replace(State::Down(why, most));
            }
        }
        pause.wait().await;
    }
}

/// Waits that double, each cut by chance so that not all come at once.
pub struct Pause {
    next: Duration,
    most: Duration,
}

impl Pause {
    /// The first is about this long, none longer than `most`.
    pub const fn new(first: Duration, most: Duration) -> Self {
        Self { next: first, most }
    }

    /// Waits once.
    pub async fn wait(&mut self) {
        let wait = self.next.mul_f64(rand::rng().random_range(0.5..1.0));
        self.next = (self.next * 2).min(self.most);
        tokio::time::sleep(wait).await;
    }
}
