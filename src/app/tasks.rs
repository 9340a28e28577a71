//! The tasks of the daemon: started, watched, stopped.

use super::{AppError, control, ready::Ready};
use crate::clock::Clock;
use crate::connector::Connector;
use crate::desk::Desk;
use crate::model::At;
use crate::rounds::fanout::Progress;
use crate::rounds::{Nudges, turn};
use crate::store::StoreError;
use crate::store::sled::SledStore;
use futures::StreamExt as _;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
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
    #[expect(clippy::disallowed_methods, reason = "the one place where tasks are started")]
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
    store: Arc<SledStore>,
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

fn start(tasks: &mut Tasks, ready: Ready, store: &Arc<SledStore>) {
    let Ready { rooms, clock, nudges, connectors, router, listener, data, .. } = ready;
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
    start_rounds(tasks, &rooms, &clock, &nudges);
}

fn start_rounds(
    tasks: &mut Tasks,
    rooms: &Arc<super::rooms::Rooms>,
    clock: &Arc<dyn Clock>,
    nudges: &Nudges,
) {
    let begin = || (rooms.clone(), clock.clone(), nudges.clone(), tasks.stop.clone());
    let soon = |clock: &Arc<dyn Clock>| Some(clock.now());

    let (r, c, n, stop) = begin();
    let inbox = async move {
        turn(c, n.inbox.clone(), stop, async || {
            if r.bot.round().await? > 0 {
                n.decided();
            }
            Ok(None::<At>)
        })
        .await
    };
    let (r, c, n, stop) = begin();
    let feeds = async move { turn(c, n.feeds.clone(), stop, async || r.feeds.round().await).await };
    let (r, c, n, stop) = begin();
    let trials = async move {
        turn(c, n.trials.clone(), stop, async || {
            let next = r.trials.round().await?;
            n.owed();
            Ok(next)
        })
        .await
    };
    let (r, c, n, stop) = begin();
    let press = async move {
        turn(c, n.press.clone(), stop, async || {
            let next = r.press.round().await?;
            n.fanout.notify_one();
            Ok(next)
        })
        .await
    };
    let (r, c, n, stop) = begin();
    let fanout = async move {
        turn(c.clone(), n.fanout.clone(), stop, async || {
            let progress = r.fanout.round().await?;
            n.owed();
            Ok(if progress == Progress::More { soon(&c) } else { None })
        })
        .await
    };
    let (r, c, n, stop) = begin();
    let promises = async move {
        turn(c, n.promises.clone(), stop, async || {
            let next = r.promises.round().await?;
            n.decided();
            Ok(next)
        })
        .await
    };
    let (r, c, n, stop) = begin();
    let sweep = async move { turn(c, n.sweep.clone(), stop, async || r.sweep.round().await).await };

    let round = |done: Result<(), StoreError>| done.map_err(AppError::from);
    tasks.start("the inbox round", async move { round(inbox.await) });
    tasks.start("the feeds round", async move { round(feeds.await) });
    tasks.start("the trials round", async move { round(trials.await) });
    tasks.start("the press round", async move { round(press.await) });
    tasks.start("the fan-out round", async move { round(fanout.await) });
    tasks.start("the promises round", async move { round(promises.await) });
    tasks.start("the sweep round", async move { round(sweep.await) });
    for account in rooms.accounts.clone() {
        let (r, c, n, stop) = begin();
        let nudge = n.outbox_of(&account);
        let outbox =
            async move { turn(c, nudge, stop, async || r.outbox.round(&account).await).await };
        tasks.start("the outbox round", async move { round(outbox.await) });
    }
}

/// Takes in what a platform says, batch by batch: the next is asked for only when the one before is stored.
async fn listen(
    connector: Arc<dyn Connector>,
    desk: Desk,
    nudge: Arc<tokio::sync::Notify>,
    stop: CancellationToken,
) -> Result<(), StoreError> {
    let account = connector.account().clone();
    let mark = desk.heard(&account).await?;
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
                Err(StoreError::Conflict) => tokio::time::sleep(AGAIN).await,
                Err(error) => return Err(error),
            }
        }
        if !batch.inbound.is_empty() {
            nudge.notify_one();
        }
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
