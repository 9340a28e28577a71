//! The tasks of the daemon: started, watched, stopped.

use super::ready::{Ready, menus};
use super::rooms::Rooms;
use super::{AppError, control};
use crate::clock::Clock;
use crate::connector::Connector;
use crate::connector::telegram::Telegram;
use crate::desk::Desk;
use crate::metrics::{Metrics, Stopwatch};
use crate::rounds::fanout::Rest;
use crate::rounds::{Nudges, Round, turn};
use crate::store::{Store, StoreError};
use futures::StreamExt as _;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long the tasks have to end once they are told to.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a listener waits before it stores a batch again that the store did not take.
const AGAIN: Duration = Duration::from_secs(1);

type Ended = (&'static str, Result<(), AppError>);

struct Tasks {
    set: JoinSet<Ended>,
    stop: CancellationToken,
}

impl Tasks {
    fn start(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<(), AppError>> + Send + 'static,
    ) {
        self.set.spawn(async move { (name, task.await) });
    }
}

/// Runs everything until a signal, or until something ends by itself.
pub(super) async fn run(
    ready: Ready,
    store: Arc<dyn Store>,
    stop: CancellationToken,
) -> Result<(), AppError> {
    let mut tasks = Tasks { set: JoinSet::new(), stop: stop.clone() };
    start(&mut tasks, ready, &store);
    let first = tokio::select! {
        signal = signalled() => {
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
    if tokio::time::timeout(PATIENCE, rest).await.is_err() {
        tracing::error!("some tasks did not stop in time and are abandoned");
        tasks.set.shutdown().await;
    }
    first
}

fn over(ended: Option<Result<Ended, tokio::task::JoinError>>) -> Result<(), AppError> {
    match ended {
        Some(Ok((name, Ok(())))) => {
            tracing::debug!(task = name, "ended");
            Ok(())
        }
        Some(Ok((name, Err(error)))) => Err(AppError::Told(format!("{name}: {error}"))),
        Some(Err(error)) => Err(AppError::Told(format!("a task failed: {error}"))),
        None => Ok(()),
    }
}

fn start(tasks: &mut Tasks, ready: Ready, store: &Arc<dyn Store>) {
    let Ready { rooms, clock, nudges, connectors, bots, metrics, router, listener, data } = ready;
    let rooms = Arc::new(rooms);
    let stop = tasks.stop.clone();
    tasks.start("the web server", {
        let stop = stop.clone();
        async move {
            let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
            let served = axum::serve(listener, service);
            Ok(served.with_graceful_shutdown(stop.cancelled_owned()).await?)
        }
    });
    tasks.start("the control socket", control::serve(data, store.clone(), stop.clone()));
    tasks.start("the store", {
        let (store, stop) = (store.clone(), stop.clone());
        async move {
            tokio::select! {
                () = stop.cancelled() => Ok(()),
                why = store.failed() => Err(AppError::Told(why)),
            }
        }
    });
    for connector in connectors {
        let desk = rooms.desk.clone();
        let (nudge, stop) = (nudges.inbox.clone(), stop.clone());
        tasks.start("a listener", async move {
            listen(connector, desk, nudge, stop).await.map_err(AppError::from)
        });
    }
    for bot in bots {
        tasks.start("a bot's preparation", prepare(bot, stop.clone()));
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
        nudge: Arc<Notify>,
        round: impl Fn(Axle) -> Round + Send + Sync + 'static,
    ) {
        let (axle, stop, round) = (axle.clone(), self.stop.clone(), Arc::new(round));
        let clock = axle.clock.clone();
        let measured = move || -> Round {
            let (axle, round) = (axle.clone(), round.clone());
            Box::pin(async move {
                let (watch, metrics) = (Stopwatch::start(), axle.metrics.clone());
                let done = round(axle).await;
                metrics.round(name, &watch);
                done
            })
        };
        self.start(name, async move { Ok(turn(clock, nudge, stop, measured).await?) });
    }
}

fn start_rounds(tasks: &mut Tasks, axle: &Axle) {
    let n = axle.nudges.clone();
    tasks.turn("inbox", axle, n.inbox.clone(), |a| {
        Box::pin(async move {
            if a.rooms.bot.round().await? > 0 {
                a.nudges.decided();
            }
            Ok(None)
        })
    });
    tasks.turn("feeds", axle, n.feeds.clone(), |a| {
        Box::pin(async move { Ok(a.rooms.feeds.round().await?.next) })
    });
    tasks.turn("trials", axle, n.trials.clone(), |a| {
        Box::pin(async move {
            let next = a.rooms.trials.round().await?;
            a.nudges.owed();
            Ok(next)
        })
    });
    tasks.turn("press", axle, n.press.clone(), |a| {
        Box::pin(async move {
            let next = a.rooms.press.round().await?;
            a.nudges.fanout.notify_one();
            Ok(next)
        })
    });
    tasks.turn("fan-out", axle, n.fanout.clone(), |a| {
        Box::pin(async move {
            let progress = a.rooms.fanout.round().await?;
            a.nudges.owed();
            Ok((progress.rest == Rest::Something).then(|| a.clock.now()))
        })
    });
    tasks.turn("promises", axle, n.promises.clone(), |a| {
        Box::pin(async move {
            let next = a.rooms.promises.round().await?;
            a.nudges.sweep.notify_one();
            a.nudges.owed();
            Ok(next)
        })
    });
    tasks.turn("sweep", axle, n.sweep.clone(), |a| {
        Box::pin(async move { a.rooms.sweep.round().await })
    });
    tasks.turn("gauges", axle, Arc::default(), |a| {
        Box::pin(async move { a.rooms.gauges.round().await })
    });
    for account in axle.rooms.accounts.clone() {
        let nudge = n.outbox_of(&account);
        tasks.turn("outbox", axle, nudge, move |a| {
            let account = account.clone();
            Box::pin(async move {
                let next = a.rooms.outbox.round(&account).await?;
                a.nudges.sweep.notify_one();
                Ok(next)
            })
        });
    }
}

/// Takes in what a platform says, batch by batch: the next is asked for only when the one before is stored.
async fn listen(
    connector: Arc<dyn Connector>,
    desk: Desk,
    nudge: Arc<Notify>,
    stop: CancellationToken,
) -> Result<(), StoreError> {
    let account = connector.account().clone();
    let mark = loop {
        match desk.heard(&account).await {
            Err(StoreError::Unavailable(_)) if stop.is_cancelled() => return Ok(()),
            Err(StoreError::Unavailable(_)) => tokio::time::sleep(AGAIN).await,
            mark => break mark?,
        }
    };
    let Some(mut heard) = connector.listen(mark) else {
        stop.cancelled().await;
        return Ok(());
    };
    loop {
        let batch = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            batch = heard.next() => batch,
        };
        let Some(batch) = batch else { return Ok(()) };
        loop {
            let stored = match desk.take_in(&batch.inbound).await {
                Ok(()) => desk.heard_up_to(&account, batch.mark.clone()).await,
                Err(error) => Err(error),
            };
            match stored {
                Ok(()) => break,
                Err(StoreError::Conflict | StoreError::Unavailable(_)) => {
                    tokio::select! {
                        () = stop.cancelled() => return Ok(()),
                        () = tokio::time::sleep(AGAIN) => {}
                    }
                }
                Err(error) => return Err(error),
            }
        }
        if !batch.inbound.is_empty() {
            nudge.notify_one();
        }
    }
}

/// Makes a bot ready on its platform, and tries again until that is done; the daemon goes on meanwhile.
async fn prepare(bot: Arc<Telegram>, stop: CancellationToken) -> Result<(), AppError> {
    let menus = menus();
    let mut wait = Duration::from_secs(2);
    loop {
        match bot.prepare(&menus).await {
            Ok(()) => tracing::info!(account = %bot.account(), "the bot is ready"),
            Err(error) => {
                tracing::warn!(account = %bot.account(), error = %error, "the bot is not ready yet");
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

/// Waits for the signal to stop; its name.
async fn signalled() -> &'static str {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        // Without signals the daemon still runs; only a hard kill ends it, which it survives.
        std::future::pending::<()>().await;
        return "none";
    };
    tokio::select! {
        _ = term.recv() => "SIGTERM",
        _ = int.recv() => "SIGINT",
    }
}
