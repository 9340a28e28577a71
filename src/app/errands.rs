//! What the command line has done about posts: by the daemon over the data directory where one is running,
//! and otherwise on the store itself.
//!
//! Whoever can reach either may do whatever an editor may.

use super::{AppError, control, keep, ledger, ready, rooms, while_read};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, WEB_ACCOUNT};
use crate::connector::Connector as _;
use crate::connector::web::Web;
use crate::desk::{Call, Desk, DeskError, Plan, Ruled};
use crate::model::{AccountId, Code, Lang, Post, Priority, Ruling, Versioned};
use crate::store::{Store, StoreError, recount};
use crate::text::Speak as _;
use crate::text::command::Which;
use crate::text::say::operator::TroubleSays;
use crate::text::say::{PushSays, Refusal};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How often it is tried again when somebody else was faster.
const TRIES: usize = 8;

/// How many held deliveries a list shows.
const LISTED: usize = 100;

/// Something to be done about a post.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Errand {
    /// The post, as people type it.
    pub post: String,
    /// What is done.
    pub what: What,
}

/// What is done about a post.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Tells what pushing it costs.
    Cost,
    /// Stops its push for a while.
    Pause,
    /// Lets its push go on.
    Resume,
    /// Takes it back.
    Cancel,
    /// Takes it back although it has gone out to all.
    TakeBack,
    /// Tries again where it failed.
    Retry,
    /// Lists what may or may not have arrived.
    Held,
    /// Says what became of it: in this chat, or in all where none is named.
    Settle(Option<String>, Ruling),
    /// Tells the whole story of one delivery.
    Why(String),
    /// Writes the ledger to a new file.
    Ledger(ledger::Format, PathBuf),
}

/// Has it done; gives what a person is told, in this language.
///
/// # Errors
/// When it is not possible: why, in a sentence.
pub async fn carry_out(desk: &Desk, errand: &Errand, lang: Lang) -> Result<String, AppError> {
    for _ in 0..TRIES {
        let mut call = desk.operator();
        call.lang = lang;
        let done = match once(desk, &mut call, errand).await {
            Ok(said) => desk.commit(call).await.map(|()| said),
            Err(DeskError::Refused(refusal) | DeskError::Stale(refusal, _)) => {
                return Err(TroubleSays::Refused(refusal).into());
            }
            Err(DeskError::Failed(error)) => Err(error),
        };
        match done {
            Ok(Said::Words(words)) => return Ok(words),
            Ok(Said::Ledger(post, format, to)) => {
                let mut call = desk.operator();
                call.lang = lang;
                let done = ledger::write(desk, &call, &post, (format, &to)).await;
                return done.map(|done| done.say(lang));
            }
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict.into())
}

enum Said {
    Words(String),
    Ledger(Box<Post>, ledger::Format, PathBuf),
}

async fn once(desk: &Desk, call: &mut Call, errand: &Errand) -> Result<Said, DeskError> {
    let code = Code::parse(&errand.post);
    let code = code.ok_or_else(|| Refusal::NoSuchPost(errand.post.clone()))?;
    let post = desk.post(call, &code).await?;
    let code = post.code.to_string();
    let says = match &errand.what {
        What::Cost => {
            let plan = Plan { at: call.at, priority: Priority::Bulk };
            let cost = desk.cost_of(call, &post, plan).await?;
            return Ok(Said::Words(cost.says(desk.office().zone).say(call.lang)));
        }
        What::Why(chat) => {
            return Ok(Said::Words(desk.why(call, &post, chat).await?.say(call.lang)));
        }
        What::Ledger(format, to) => {
            return Ok(Said::Ledger(Box::new(post.value), *format, to.clone()));
        }
        What::Pause => PushSays::Paused { sent: desk.pause(call, &post).await?, code },
        What::Resume => PushSays::Resumed { waiting: desk.resume(call, &post).await?, code },
        What::Retry => PushSays::Retrying { count: desk.retry(call, &post).await?, code },
        What::Cancel => {
            let stopped = desk.cancel(call, &post).await?;
            let (sent, waiting, some) = (stopped.sent, stopped.waiting, stopped.some);
            PushSays::Cancelled { code, sent, waiting, some }
        }
        What::TakeBack => {
            let stopped = desk.withdraw_post(call, &post).await?;
            PushSays::TakenBack { code, sent: stopped.sent, some: stopped.some }
        }
        What::Held => {
            let (lines, count) = desk.unsettled(call, &post, LISTED).await?;
            let zone = desk.office().zone;
            let lines = lines.into_iter().map(|line| line.says(zone)).collect();
            PushSays::Held { code, count, lines }
        }
        What::Settle(chat, ruling) => settle(desk, call, &post, (chat, *ruling)).await?,
    };
    Ok(Said::Words(says.say(call.lang)))
}

async fn settle(
    desk: &Desk,
    call: &mut Call,
    post: &Versioned<Post>,
    (chat, ruling): (&Option<String>, Ruling),
) -> Result<PushSays, DeskError> {
    let (code, which) = (post.code.to_string(), chat.clone().map_or(Which::All, Which::Chat));
    Ok(match desk.rule(call, post, &which, ruling).await? {
        Ruled::All(count) => PushSays::RuledAll { code, count, ruling },
        Ruled::One(chat) => PushSays::RuledOne { code, chat, ruling },
    })
}

/// Has it done by the running daemon, or else on the store.
///
/// # Errors
/// When it is not possible, or nothing can be opened.
pub async fn run(config: &Config, errand: Errand, lang: Lang) -> Result<String, AppError> {
    let asked = control::Asked { ask: control::Ask::Errand(errand), lang };
    if let Some(told) = by_daemon(config, &asked)? {
        return Ok(told);
    }
    let control::Ask::Errand(errand) = asked.ask else { return Ok(String::new()) };
    over_store(config, async |desk| carry_out(desk, &errand, lang).await).await
}

/// What the running daemon told when it had done it; `None` where none runs.
///
/// # Errors
/// When it could not do it.
pub(super) fn by_daemon(
    config: &Config,
    asked: &control::Asked,
) -> Result<Option<String>, AppError> {
    match control::ask(&config.data.dir, asked, &mut |_| ())? {
        Some(control::Answer::Done(told)) => Ok(Some(told)),
        Some(control::Answer::Failed(why)) => Err(TroubleSays::Answered(why).into()),
        Some(control::Answer::Underway(_)) | None => Ok(None),
    }
}

/// Does something at a desk over the store, which no daemon has.
pub(super) async fn over_store<T>(
    config: &Config,
    errand: impl AsyncFnOnce(&Desk) -> Result<T, AppError>,
) -> Result<T, AppError> {
    let store = keep::open(config).await?;
    recount(store.as_ref()).await?;
    let done = match desk(config, &store) {
        Ok(desk) => errand(&desk).await,
        Err(error) => Err(error),
    };
    store.close().await?;
    done
}

/// A desk over a store that no daemon has.
fn desk(config: &Config, store: &Arc<dyn Store>) -> Result<Desk, AppError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let vault = keep::vault(config, store.as_ref(), clock.clone())?;
    let pages = Web::new(AccountId(WEB_ACCOUNT.to_owned()), clock.clone());
    let mut outlets = vec![rooms::outlet(&pages)];
    let accounts = ready::accounts(config, (&clock, None), &[], &vault.hasher)?;
    outlets.extend(accounts.iter().map(|(connector, _)| rooms::outlet(&**connector)));
    let keys = (vault.sealer, vault.texts, vault.hasher);
    let office = Arc::new(config.desk_office());
    tracing::debug!(accounts = outlets.len(), account.id = %pages.account(), "no daemon is running");
    Ok(Desk::new(store.clone(), clock, keys, office).through(outlets))
}

/// Writes a ledger to a file, or prints it where none is named.
///
/// # Errors
/// When it cannot be written.
pub async fn ledger(
    config: &Config,
    post: String,
    (format, to): (ledger::Format, Option<&Path>),
    lang: Lang,
    out: &mut (dyn std::io::Write + Send),
) -> Result<Option<String>, AppError> {
    if let Some(to) = to {
        let what = What::Ledger(format, std::path::absolute(to)?);
        return run(config, Errand { post, what }, lang).await.map(Some);
    }
    let mut bytes = [0; 12];
    SystemClock.random(&mut bytes);
    // In the data directory nobody else reads it, and the daemon may write there.
    let name = format!("ledger-{}.tmp", Code::from_random(&bytes).as_str());
    let file = std::path::absolute(config.data.dir.join(name))?;
    let errand = Errand { post, what: What::Ledger(format, file.clone()) };
    let written = run(config, errand, lang).await;
    let copied = written.and_then(|_| {
        let mut from = std::fs::File::open(&file)?;
        Ok(while_read(std::io::copy(&mut from, out))?)
    });
    let _ = std::fs::remove_file(&file);
    copied.map(|_| None)
}
