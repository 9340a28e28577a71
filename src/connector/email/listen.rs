//! How answers are fetched: what came since the mark, some at a time, and then we wait.
//!
//! A mark is the folder's own number (UIDVALIDITY) and that of the last message that was read (UID). The first time, what
//! lies there already is left alone: it was not written to this program. Where a host numbers its messages anew, those of
//! the last day are read once more; what was taken in before is known by its name.
//!
//! Where a connection breaks between two messages, what was read is handed on, and the mark stands behind it and no
//! further; the rest is read over the next one. A message that the host does not give is asked for twice, then passed
//! over, and stays where it is.
//!
//! What was taken in is marked before it is handed on, and removed when the next batch is asked for, which is when the
//! one before was stored. Ended in between, it is removed at the next start: it bears the mark, and is none of those that
//! are still to be read.

use super::Email;
use super::imap::{Folder, ReadFault};
use super::settings::{Inbox, Taken};
use crate::connector::Heard;
use crate::connector::pause;
use crate::model::Inbound;
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
    open: Option<Open>,
    /// What was read and handed on.
    mark: Option<Mark>,
    /// How far, where the host numbered its messages anew and not all that may be new was read.
    anew: Option<Mark>,
    /// What is removed: it was handed on, and is stored when more is asked for.
    taken: Vec<u32>,
    /// The message that the host did not give when it was last asked for.
    refused: Option<u32>,
    failures: u32,
}

/// The folder's number, and that of a message.
type Mark = (u32, u32);

/// An open folder, and what is to be read of it. It goes with its connection: what was not handed on is asked for again.
struct Open {
    folder: Folder,
    left: Vec<u32>,
    /// The mark once all that is left is read, where the host numbered its messages anew. Until then it is the old one.
    then: Option<Mark>,
}

/// Everything that arrives, batch by batch.
pub(super) fn stream(email: Arc<Email>, mark: Option<&str>) -> Option<BoxStream<'static, Heard>> {
    let inbox = email.settings.imap.clone()?;
    let mark = mark.and_then(|mark| {
        let (validity, uid) = mark.split_once(':')?;
        Some((validity.parse().ok()?, uid.parse().ok()?))
    });
    let (open, anew, taken, refused) = (None, None, Vec::new(), None);
    let reading = Reading { email, inbox, open, mark, anew, taken, refused, failures: 0 };
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
        let mut open = if let Some(open) = self.open.take() { open } else { self.open().await? };
        self.remove(&mut open.folder).await?;
        if self.look(&mut open).await? {
            return self.read(open).await.map(Some);
        }
        open.folder.wait(POLL).await?;
        self.open = Some(open);
        Ok(None)
    }

    /// Opens the folder; what is marked there from before is to be removed.
    async fn open(&mut self) -> Result<Open, ReadFault> {
        let mut folder = Folder::open(&self.inbox, &self.email.trust).await?;
        let (mut left, mut then) = (Vec::new(), None);
        if let Some((validity, last)) = self.mark {
            if validity != folder.validity {
                (left, then) = (self.anew(&mut folder).await?, Some(folder.last()));
            } else if self.inbox.taken == Taken::Delete {
                self.taken.extend(folder.marked(last).await?);
                self.taken.sort_unstable();
                self.taken.dedup();
            }
        }
        Ok(Open { folder, left, then })
    }

    /// What is to be read where the host numbered its messages anew.
    async fn anew(&mut self, folder: &mut Folder) -> Result<Vec<u32>, ReadFault> {
        tracing::warn!(account.id = %self.email.account, "the mailbox numbers its messages anew");
        let done = self.anew.filter(|(validity, _)| *validity == folder.validity);
        if done.is_none() {
            self.taken.clear();
        }
        let since = self.email.clock.now().minus(ANEW).utc();
        let mut left = folder.since(&since.format("%d-%b-%Y").to_string()).await?;
        left.retain(|uid| done.is_none_or(|(_, last)| *uid > last));
        Ok(left)
    }

    /// Removes what is stored. What the host keeps all the same is tried again with the next connection.
    async fn remove(&mut self, folder: &mut Folder) -> Result<(), ReadFault> {
        while let Some(uid) = self.taken.last() {
            if let Some(said) = refusal(folder.remove(*uid).await)? {
                self.passed_over(*uid, &said, "a message could not be removed");
            }
            self.taken.pop();
        }
        Ok(())
    }

    /// Whether there is something to hand on.
    async fn look(&mut self, open: &mut Open) -> Result<bool, ReadFault> {
        let Some((_, last)) = self.mark.filter(|_| open.then.is_none()) else { return Ok(true) };
        if open.left.is_empty() {
            open.left = open.folder.after(last).await?;
        }
        Ok(!open.left.is_empty())
    }

    /// Reads some of what is left. Where that breaks off, what was read until then is handed on, and the rest is read
    /// over another connection.
    async fn read(&mut self, mut open: Open) -> Result<Heard, ReadFault> {
        if self.mark.is_none() {
            self.mark = Some(open.folder.last());
            self.open = Some(open);
            return Ok(self.heard(Vec::new()));
        }
        let rest = open.left.split_off(open.left.len().min(BATCH));
        let now = std::mem::replace(&mut open.left, rest);
        let (mut inbound, mut reached, mut broken) = (Vec::new(), None, None);
        for uid in now {
            match self.message(&mut open.folder, uid).await {
                Ok(read) => {
                    if !read.is_empty() && self.inbox.taken == Taken::Delete {
                        self.taken.push(uid);
                    }
                    inbound.extend(read);
                    reached = Some((open.folder.validity, uid));
                }
                Err(fault) if reached.is_none() => return Err(fault),
                Err(fault) => {
                    broken = Some(fault);
                    break;
                }
            }
        }
        match open.then {
            Some(mark) if broken.is_none() && open.left.is_empty() => {
                (self.mark, self.anew, open.then) = (Some(mark), None, None);
            }
            Some(_) => self.anew = reached,
            None => self.mark = reached.or(self.mark),
        }
        match broken {
            Some(fault) => self.warn(&fault, Duration::ZERO),
            None => self.open = Some(open),
        }
        Ok(self.heard(inbound))
    }

    /// What a message brings. One that the host does not give is asked for a second time later, and then passed over:
    /// it stays where it is.
    async fn message(&mut self, folder: &mut Folder, uid: u32) -> Result<Vec<Inbound>, ReadFault> {
        let raw = match folder.message(uid).await {
            Err(ReadFault::Refused(said)) if self.refused == Some(uid) => {
                self.passed_over(uid, &said, "a message could not be read");
                return Ok(Vec::new());
            }
            Err(ReadFault::Refused(said)) => {
                self.refused = Some(uid);
                return Err(ReadFault::Refused(said));
            }
            read => read?,
        };
        let read = raw.map(|raw| self.email.read(&raw)).unwrap_or_default();
        if !read.is_empty() {
            let marked = match self.inbox.taken {
                Taken::Delete => folder.mark_taken(uid).await,
                Taken::Keep => folder.mark_read(uid).await,
            };
            // Where the host keeps no marks, the message is taken in all the same.
            refusal(marked)?;
        }
        Ok(read)
    }

    fn passed_over(&self, uid: u32, said: &str, what: &str) {
        let account = &self.email.account;
        tracing::warn!(account.id = %account, message.uid = uid, error = said, "{what}");
    }

    fn heard(&self, inbound: Vec<Inbound>) -> Heard {
        let (validity, uid) = self.mark.unwrap_or_default();
        Heard { inbound, overheard: Vec::new(), mark: Some(format!("{validity}:{uid}")) }
    }

    /// Says what is wrong, and rests before the next try.
    async fn rest(&mut self, fault: &ReadFault) {
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
        self.warn(fault, pause);
        tokio::time::sleep(pause).await;
    }

    fn warn(&self, fault: &ReadFault, pause: Duration) {
        tracing::warn!(
            platform = "email",
            account.id = %self.email.account,
            error = %fault,
            pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
            "reading the mailbox failed",
        );
    }
}

/// What the host said where it refused something, which ends nothing.
fn refusal(done: Result<(), ReadFault>) -> Result<Option<String>, ReadFault> {
    match done {
        Ok(()) => Ok(None),
        Err(ReadFault::Refused(said)) => Ok(Some(said)),
        Err(broken @ ReadFault::Broken(_)) => Err(broken),
    }
}
