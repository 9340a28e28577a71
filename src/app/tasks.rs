//! The tasks of the daemon: started, watched, stopped.

use super::ready::{Ready, menus};
use super::rooms::{ROUNDS, Rooms};
use super::{AppError, control};
use crate::clock::Clock;
use crate::connector::Connector;
use crate::metrics::{Metrics, Stopwatch};
use crate::model::Duty;
use crate::rounds::duties::{Gate, Hold};
use crate::rounds::fanout::Rest;
use crate::rounds::{LONGEST_SLEEP, Nudges, Round, SHARED_SLEEP, Wakes, retention, turn};
use crate::store::{Sharing, Store, StoreError};
use crate::text::say::operator::{PartSays, TroubleSays};
use futures::StreamExt as _;
use std::future::Future;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long the tasks have to end once they are told to, at least.
const PATIENCE: Duration = Duration::from_secs(20);

/// How much longer than what is under way they have, to write down what came of it.
const WRITING: Duration = Duration::from_secs(10);

/// How long a listener waits before it stores a batch again that the store did not take.
const AGAIN: Duration = Duration::from_secs(1);

/// How often a listener looks whether what is under way has ended, and loops are woken at most.
const MOMENT: Duration = Duration::from_millis(20);

/// After what time the fan-out looks whether there is room again.
const ROOM: Duration = Duration::from_millis(100);

type Ended = (PartSays, Result<(), AppError>);

struct Tasks {
    set: JoinSet<Ended>,
    stop: CancellationToken,
}

impl Tasks {
    fn start(
        &mut self,
        part: PartSays,
        task: impl Future<Output = Result<(), AppError>> + Send + 'static,
    ) {
        self.set.spawn(async move { (part, task.await) });
    }
}

/// Runs everything until a signal, or until something ends by itself.
pub(super) async fn run(
    ready: Ready,
    store: Arc<dyn Store>,
    stop: CancellationToken,
    signals: Signals,
) -> Result<(), AppError> {
    let mut tasks = Tasks { set: JoinSet::new(), stop: stop.clone() };
    let duties = ready.rooms.duties.clone();
    let patience = PATIENCE.max(ready.rooms.outbox.grace() + WRITING);
    start(&mut tasks, ready, &store);
    let first = tokio::select! {
        signal = signals.next() => {
            tracing::info!(signal, "stopping");
            Ok(())
        }
        ended = tasks.set.join_next() => over(ended),
    };
    stop.cancel();
    let rest = async {
        while let Some(ended) = tasks.set.join_next().await {
            if let Err(error) = over(Some(ended)) {
                tracing::error!(error = %error, "a task ended badly while stopping");
            }
        }
    };
    // Whoever still ends something is not dead.
    let lasts = async {
        loop {
            tokio::time::sleep(duties.beat_every()).await;
            if let Err(error) = duties.lasts().await {
                tracing::debug!(%error, "no beat while stopping");
            }
        }
    };
    let rest = async {
        tokio::select! { () = rest => {} () = lasts => {} }
    };
    if tokio::time::timeout(patience, rest).await.is_err() {
        tracing::error!("some tasks did not stop in time and are abandoned");
        tasks.set.shutdown().await;
    }
    // Nothing works any more: others may take over at once.
    if let Err(error) = duties.resign().await {
        tracing::warn!(error = %error, "duties could not be given back; others take them over later");
    }
    first
}

fn over(ended: Option<Result<Ended, tokio::task::JoinError>>) -> Result<(), AppError> {
    match ended {
        Some(Ok((part, Ok(())))) => {
            tracing::debug!(part = ?part, "ended");
            Ok(())
        }
        Some(Ok((part, Err(error)))) => Err(AppError::Ended { part, error: Box::new(error) }),
        // What it says may hold what somebody wrote.
        Some(Err(_)) => Err(TroubleSays::PartCrashed.into()),
        None => Ok(()),
    }
}

fn start(tasks: &mut Tasks, ready: Ready, store: &Arc<dyn Store>) {
    let Ready { rooms, clock, nudges, connectors, metrics, router, listener, control } = ready;
    let rooms = Arc::new(rooms);
    let stop = tasks.stop.clone();
    tasks.start(PartSays::Pages, {
        let stop = stop.clone();
        async move {
            let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
            let served = axum::serve(listener, service);
            Ok(served.with_graceful_shutdown(stop.cancelled_owned()).await?)
        }
    });
    if let Some(door) = control {
        let hands = (rooms.desk.clone(), nudges.clone());
        tasks.start(PartSays::Control, control::serve(door, store.clone(), hands, stop.clone()));
    }
    tasks.start(PartSays::Store, {
        let (store, stop) = (store.clone(), stop.clone());
        async move {
            tokio::select! {
                () = stop.cancelled() => Ok(()),
                why = store.failed() => Err(StoreError::Backend(why).into()),
            }
        }
    });
    for connector in connectors {
        tasks.start(PartSays::Bot, prepare(connector.clone(), stop.clone()));
        let ear = Ear { connector, rooms: rooms.clone(), nudge: nudges.inbox.clone() };
        let stop = stop.clone();
        tasks.start(
            PartSays::Listener,
            async move { ear.listen(stop).await.map_err(AppError::from) },
        );
    }
    start_rounds(tasks, &Axle { rooms, clock, nudges, metrics });
}

/// What the loops turn on.
#[derive(Clone)]
struct Axle {
    rooms: Arc<Rooms>,
    clock: Arc<dyn Clock>,
    nudges: Nudges,
    metrics: Arc<Metrics>,
}

impl Tasks {
    /// Starts a loop, and measures its rounds.
    fn turn(
        &mut self,
        name: &'static str,
        axle: &Axle,
        wakes: Wakes,
        round: impl Fn(Axle) -> Round + Send + Sync + 'static,
    ) {
        let turning = self.turning(name, axle, wakes, round);
        self.start(PartSays::Round(name), turning);
    }

    /// A loop that measures its rounds, and ends when the daemon stops.
    fn turning<R>(
        &self,
        name: &'static str,
        axle: &Axle,
        wakes: Wakes,
        round: R,
    ) -> impl Future<Output = Result<(), AppError>> + use<R>
    where
        R: Fn(Axle) -> Round + Send + Sync + 'static,
    {
        let (axle, stop, round) = (axle.clone(), self.stop.clone(), Arc::new(round));
        let clock = axle.clock.clone();
        let rhythm = wakes.rhythm(match axle.rooms.gate {
            Gate::Duties(_) => Sharing::Shared,
            Gate::Open(_) => Sharing::Alone,
        });
        let duty = ROUNDS.contains(&name).then(|| Duty::Round(name.to_owned()));
        let measured = move || -> Round {
            let (axle, round) = (axle.clone(), round.clone());
            if duty.as_ref().is_some_and(|duty| axle.rooms.gate.hold(duty).is_none()) {
                // Another worker turns this round.
                return Box::pin(async { Ok(None) });
            }
            Box::pin(async move {
                let (watch, metrics) = (Stopwatch::start(), axle.metrics.clone());
                let done = round(axle).await;
                metrics.round(name, &watch);
                done
            })
        };
        async move { Ok(turn(clock, rhythm, stop, measured).await?) }
    }
}

fn start_rounds(tasks: &mut Tasks, axle: &Axle) {
    let n = axle.nudges.clone();
    tasks.turn("inbox", axle, Wakes::News(n.inbox.clone()), |a| {
        Box::pin(async move {
            // Page by page: answers to the first need not wait for the last, nor a stop for either.
            if a.rooms.bot.page().await? == 0 {
                return Ok(None);
            }
            a.nudges.decided();
            Ok(Some(a.clock.now()))
        })
    });
    let stop = tasks.stop.clone();
    tasks.turn("feeds", axle, Wakes::Own(n.feeds.clone(), LONGEST_SLEEP), move |a| {
        let stop = stop.clone();
        // A slow host holds no stop up: a round that ends anywhere is run again.
        Box::pin(async move {
            tokio::select! {
                () = stop.cancelled_owned() => Ok(None),
                report = a.rooms.feeds.round() => Ok(report?.next),
            }
        })
    });
    tasks.turn("trials", axle, Wakes::News(n.trials.clone()), |a| {
        Box::pin(async move {
            let next = [a.rooms.trials.round().await?, a.rooms.probes.round().await?];
            a.nudges.owed();
            Ok(next.into_iter().flatten().min())
        })
    });
    tasks.turn("press", axle, Wakes::News(n.press.clone()), |a| {
        Box::pin(async move {
            let next = a.rooms.press.round().await?;
            a.nudges.fanout.notify_one();
            Ok(next)
        })
    });
    tasks.turn("fan-out", axle, Wakes::News(n.fanout.clone()), |a| {
        Box::pin(async move {
            let progress = a.rooms.fanout.round().await?;
            // Not otherwise: the outbox wakes us in its turn, and the two would never rest.
            if progress.planned > 0 {
                a.nudges.owed();
            }
            Ok(match progress.rest {
                Rest::Nothing => None,
                Rest::Waiting => Some(a.clock.now().plus(ROOM)),
                Rest::Something => Some(a.clock.now()),
            })
        })
    });
    tasks.turn("promises", axle, Wakes::News(n.promises.clone()), |a| {
        Box::pin(async move {
            let next = a.rooms.promises.round().await?;
            a.nudges.sweep.notify_one();
            a.nudges.owed();
            Ok(next)
        })
    });
    tasks.turn("hands", axle, Wakes::News(n.hands.clone()), |a| {
        Box::pin(async move {
            let looked = a.rooms.hands.round().await?;
            // Not otherwise: the outbox wakes us in its turn, and the two would never rest.
            if looked.moved > 0 {
                a.nudges.owed();
            }
            Ok(looked.next)
        })
    });
    tasks.turn("sweep", axle, Wakes::News(n.sweep.clone()), |a| {
        Box::pin(async move { a.rooms.sweep.round().await })
    });
    tasks.turn("retention", axle, Wakes::never(retention::PERIOD), |a| {
        Box::pin(async move { a.rooms.retention.round().await })
    });
    if let Gate::Duties(duties) = &axle.rooms.gate {
        // The beats of others are news.
        tasks.turn("duties", axle, Wakes::News(Arc::default()), |a| {
            Box::pin(async move { a.rooms.duties.round().await })
        });
        tasks.start(PartSays::Duties, taken(duties.changed(), n.clone(), tasks.stop.clone()));
    }
    tasks.turn("gauges", axle, Wakes::never(LONGEST_SLEEP), |a| {
        Box::pin(async move { a.rooms.gauges.round().await })
    });
    tasks.turn("space", axle, Wakes::never(LONGEST_SLEEP), |a| {
        Box::pin(async move { a.rooms.space.round(&a.rooms.outbox, &a.nudges).await })
    });
    start_outbox(tasks, axle);
}

/// Starts the loops that send, one for each account.
fn start_outbox(tasks: &mut Tasks, axle: &Axle) {
    for account in axle.rooms.accounts.clone() {
        let nudge = axle.nudges.outbox_of(&account);
        let (rooms, last) = (axle.rooms.clone(), account.clone());
        let turning = tasks.turning("outbox", axle, Wakes::News(nudge), move |a| {
            let account = account.clone();
            Box::pin(async move {
                let next = a.rooms.outbox.round(&account).await?;
                a.nudges.sweep.notify_one();
                a.nudges.hands.notify_one();
                // What was planned ahead may be sent by now.
                a.nudges.fanout.notify_one();
                Ok(next)
            })
        });
        tasks.start(PartSays::Round("outbox"), async move {
            turning.await?;
            match rooms.outbox.wind_up(&last).await {
                // Another worker has the account by now.
                Ok(()) | Err(StoreError::Conflict) => Ok(()),
                Err(error) => Err(error.into()),
            }
        });
    }
}

/// Wakes every loop when a duty was taken or lost; once where many are, one soon after the other.
async fn taken(
    changed: Arc<Notify>,
    nudges: Nudges,
    stop: CancellationToken,
) -> Result<(), AppError> {
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = changed.notified() => {}
        }
        nudges.decided();
        nudges.inbox.notify_one();
        nudges.feeds.notify_one();
        tokio::time::sleep(MOMENT).await;
    }
}

/// Listens to one account, while that is ours to do.
struct Ear {
    connector: Arc<dyn Connector>,
    rooms: Arc<Rooms>,
    nudge: Arc<Notify>,
}

impl Ear {
    async fn listen(self, stop: CancellationToken) -> Result<(), StoreError> {
        let duty = Duty::Account(self.connector.account().clone());
        loop {
            // The hold ends with the hearing: where the platform calls us, the account can still be let go.
            let heard = match self.rooms.gate.hold(&duty) {
                Some(hold) => self.hear(&hold, &stop).await,
                None => Ok(Heard::Some),
            };
            match heard {
                Ok(Heard::All) => stop.cancelled().await,
                // What was heard and not stored is heard again.
                Ok(Heard::Some) | Err(StoreError::Unavailable(_)) => {}
                Err(error) => return Err(error),
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(SHARED_SLEEP) => {}
            }
        }
    }

    /// Takes in what a platform says, batch by batch: the next is asked for only when the one before is
    /// stored.
    async fn hear(&self, hold: &Hold, stop: &CancellationToken) -> Result<Heard, StoreError> {
        let account = self.connector.account();
        let mark = self.rooms.desk.heard(account).await?;
        let Some(mut heard) = self.connector.clone().listen(mark) else { return Ok(Heard::All) };
        loop {
            let batch = tokio::select! {
                () = stop.cancelled() => return Ok(Heard::All),
                () = ended(hold) => return Ok(Heard::Some),
                batch = heard.next() => batch,
            };
            let Some(batch) = batch else { return Ok(Heard::All) };
            loop {
                match self.rooms.hear(account, &batch).await {
                    Ok(()) => break,
                    Err(StoreError::Conflict | StoreError::Unavailable(_)) => tokio::select! {
                        () = stop.cancelled() => return Ok(Heard::All),
                        () = tokio::time::sleep(AGAIN) => {}
                    },
                    Err(error) => return Err(error),
                }
            }
            if !batch.inbound.is_empty() || !batch.overheard.is_empty() {
                self.nudge.notify_one();
            }
        }
    }
}

/// Whether there is more to listen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// The platform calls us, or the daemon stops.
    All,
    /// Another worker listens from now on.
    Some,
}

/// Waits until a hold has ended. Where the account is let go, what is under way may need what we listen on.
async fn ended(hold: &Hold) {
    while hold.stands() {
        tokio::select! {
            () = hold.left() => {}
            () = tokio::time::sleep(SHARED_SLEEP) => {}
        }
    }
    while hold.leaves() && !hold.lost() && !hold.is_last() {
        tokio::time::sleep(MOMENT).await;
    }
}

/// Makes an account ready on its platform, and tries again until that is done; the daemon goes on meanwhile.
async fn prepare(connector: Arc<dyn Connector>, stop: CancellationToken) -> Result<(), AppError> {
    let menus = menus();
    let mut wait = Duration::from_secs(2);
    loop {
        match connector.prepare(&menus).await {
            Ok(()) => tracing::info!(account.id = %connector.account(), "the account is ready"),
            Err(error) => {
                tracing::warn!(account.id = %connector.account(), error = %error, "the account is not ready yet");
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    () = tokio::time::sleep(wait) => {}
                }
                wait = (wait * 2).min(Duration::from_mins(10));
                continue;
            }
        }
        stop.cancelled().await;
        return Ok(());
    }
}

/// The signals to stop, heard from the moment that this is made.
pub(super) struct Signals(Vec<(&'static str, Signal)>);

impl Signals {
    /// Begins to hear them. Until then the system ends the process at once.
    pub(super) fn hear() -> Self {
        let mut kinds =
            vec![("SIGTERM", SignalKind::terminate()), ("SIGINT", SignalKind::interrupt())];
        // Whoever starts it by `nohup` wants it to outlive the terminal.
        if !is_hang_up_ignored() {
            kinds.push(("SIGHUP", SignalKind::hangup()));
        }
        // Without signals the daemon still runs; only a hard kill ends it, which it survives.
        Self(
            kinds.into_iter().filter_map(|(name, kind)| Some((name, signal(kind).ok()?))).collect(),
        )
    }

    /// Waits for one; its name.
    async fn next(mut self) -> &'static str {
        std::future::poll_fn(|context| {
            let heard = |(name, signal): &mut (&'static str, Signal)| {
                signal.poll_recv(context).is_ready().then_some(*name)
            };
            self.0.iter_mut().find_map(heard).map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// Whether this process was started so that the end of its terminal does not end it. Where the system does not tell,
/// it was not.
fn is_hang_up_ignored() -> bool {
    let about = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = about.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}
