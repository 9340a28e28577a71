//! How answers are fetched: what came since the mark, some at a time, and then we wait.
//!
//! A mark is the folder's own number (UIDVALIDITY) and that of the last message that was read (UID). The first time, what
//! lies there already is left alone: it was not written to this program. Where a host numbers its messages anew, those of
//! the last day are read once more; what was taken in before is known by its name.
//!
//! What was taken in is marked before it is handed on, and removed when the next batch is asked for, which is when the
//! one before was stored. Ended in between, it is removed at the next start: it bears the mark, and is none of those that
//! are still to be read.

use super::Email;
use super::imap::{Folder, ReadFault};
use super::settings::{Inbox, Taken};
use crate::connector::Heard;
use crate::connector::pause;
use futures::stream::{self, BoxStream, StreamExt as _};
use std::sync::Arc;
use std::time::Duration;

/// How many messages are read before they are handed on.
const BATCH: usize = 20;
/// How often a host is asked that does not say by itself when something comes.
const POLL: Duration = Duration::from_mins(1);
/// The first pause after a failure; each further one is twice as long.
const PAUSE_FIRST: Duration = Duration::from_secs(2);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_mins(5);
/// How far back is read when a host numbers its messages anew: as long as names of events are kept, less the part of a
/// day that hosts do not tell.
const ANEW: Duration = Duration::from_hours(24);

/// Where the reading stands.
struct Reading {
    email: Arc<Email>,
    inbox: Inbox,
    folder: Option<Folder>,
    mark: Option<(u32, u32)>,
    /// What was read since, and is to be read still.
    left: Vec<u32>,
    /// What is removed once it is stored.
    taken: Vec<u32>,
    failures: u32,
}

/// Everything that arrives, batch by batch.
pub(super) fn stream(email: Arc<Email>, mark: Option<&str>) -> Option<BoxStream<'static, Heard>> {
    let inbox = email.settings.imap.clone()?;
    let mark = mark.and_then(|mark| {
        let (validity, uid) = mark.split_once(':')?;
        Some((validity.parse().ok()?, uid.parse().ok()?))
    });
    let (folder, left, taken) = (None, Vec::new(), Vec::new());
    let reading = Reading { email, inbox, folder, mark, left, taken, failures: 0 };
    let stream = stream::unfold(reading, |mut reading| async {
        loop {
            match reading.turn().await {
                Ok(Some(heard)) => {
                    reading.failures = 0;
                    return Some((heard, reading));
                }
                Ok(None) => reading.failures = 0,
                Err(fault) => reading.rest(&fault).await,
            }
        }
    });
    Some(stream.boxed())
}

impl Reading {
    /// Reads some, or waits. `None` when there was nothing.
    async fn turn(&mut self) -> Result<Option<Heard>, ReadFault> {
        let mut folder =
            if let Some(folder) = self.folder.take() { folder } else { self.open().await? };
        for uid in self.taken.drain(..) {
            folder.remove(uid).await?;
        }
        let heard = self.read(&mut folder).await?;
        if heard.is_none() {
            folder.wait(POLL).await?;
        }
        self.folder = Some(folder);
        Ok(heard)
    }

    /// Opens the folder; what is marked there from before is to be removed.
    async fn open(&mut self) -> Result<Folder, ReadFault> {
        let mut folder = Folder::open(&self.inbox, &self.email.trust).await?;
        if let Some((validity, last)) = self.mark
            && validity == folder.validity
        {
            let marked = folder.marked().await?;
            self.taken = marked.into_iter().filter(|uid| *uid <= last).collect();
        }
        Ok(folder)
    }

    async fn read(&mut self, folder: &mut Folder) -> Result<Option<Heard>, ReadFault> {
        let last = match self.mark {
            Some((validity, uid)) if validity == folder.validity => uid,
            known => {
                let last = folder.next.saturating_sub(1);
                self.mark = Some((folder.validity, last));
                if known.is_none() {
                    return Ok(Some(self.heard(Vec::new())));
                }
                tracing::warn!(account.id = %self.email.account, "the mailbox numbers its messages anew");
                let since = self.email.clock.now().minus(ANEW).utc();
                self.left = folder.since(&since.format("%d-%b-%Y").to_string()).await?;
                last
            }
        };
        if self.left.is_empty() {
            self.left = folder.after(last).await?;
        }
        if self.left.is_empty() {
            return Ok(None);
        }
        let rest = self.left.split_off(self.left.len().min(BATCH));
        let now = std::mem::replace(&mut self.left, rest);
        let mut inbound = Vec::new();
        for uid in now {
            let Some(raw) = folder.message(uid).await? else { continue };
            let read = self.email.read(&raw);
            if !read.is_empty() {
                match self.inbox.taken {
                    Taken::Delete => {
                        folder.mark_taken(uid).await?;
                        self.taken.push(uid);
                    }
                    Taken::Keep => folder.mark_read(uid).await?,
                }
            }
            inbound.extend(read);
            if let Some((_, last)) = &mut self.mark {
                *last = uid.max(*last);
            }
        }
        Ok(Some(self.heard(inbound)))
    }

    fn heard(&self, inbound: Vec<crate::model::Inbound>) -> Heard {
        let (validity, uid) = self.mark.unwrap_or_default();
        Heard { inbound, overheard: None, mark: Some(format!("{validity}:{uid}")) }
    }

    /// Says what is wrong, and rests before the next try.
    async fn rest(&mut self, fault: &ReadFault) {
        // What was read and not handed on is read again.
        self.left.clear();
        self.taken.clear();
        let mut random = [0u8; 1];
        self.email.clock.random(&mut random);
        let full = match fault {
            ReadFault::Broken(_) => {
                PAUSE_FIRST.saturating_mul(1 << self.failures.min(8)).min(PAUSE_MAX)
            }
            ReadFault::Refused(_) => PAUSE_MAX,
        };
        let pause = pause::part(full, random[0]);
        self.failures = self.failures.saturating_add(1);
        tracing::warn!(
            platform = "email",
            account.id = %self.email.account,
            error = %fault,
            pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
            "reading the mailbox failed",
        );
        tokio::time::sleep(pause).await;
    }
}
