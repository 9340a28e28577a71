//! What waits to be committed: whoever is free to write takes as much of it as goes into one transaction.

use crate::clock::Deadline;
use crate::model::Changes;
use crate::store::StoreError;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};

/// How many commits go into one transaction at most. Alone, 64 who commit 20 keys each reach a quarter of what
/// they reach in groups (measured); larger groups only wait longer.
const GROUP_MAX: usize = 64;

/// How many keys go into one transaction at most, unless a single commit has more.
const KEYS_MAX: usize = 4_000;

/// One commit that somebody waits for.
pub struct Request {
    /// What it changes.
    pub changes: Changes,
    /// Until when it is tried.
    pub until: Deadline,
    /// Whom to tell.
    pub answer: oneshot::Sender<Result<(), StoreError>>,
}

#[derive(Default)]
struct Waiting {
    requests: VecDeque<Request>,
    closed: bool,
}

/// Commits in the order in which they came.
#[derive(Default)]
pub struct Queue {
    waiting: Mutex<Waiting>,
    nudge: Notify,
}

impl Queue {
    /// Adds a commit; false when the queue is closed.
    pub fn push(&self, request: Request) -> bool {
        let mut waiting = self.waiting();
        if waiting.closed {
            return false;
        }
        waiting.requests.push_back(request);
        drop(waiting);
        self.nudge.notify_one();
        true
    }

    /// Takes no more; what waits is still given out.
    pub fn close(&self) {
        self.waiting().closed = true;
        self.nudge.notify_waiters();
    }

    /// The next group; none when the queue is closed and nothing is left.
    pub async fn take(&self) -> Option<Vec<Request>> {
        loop {
            let nudged = self.nudge.notified();
            tokio::pin!(nudged);
            // From here on no nudge is missed.
            nudged.as_mut().enable();
            {
                let mut waiting = self.waiting();
                let group = group(&mut waiting.requests);
                if !waiting.requests.is_empty() {
                    self.nudge.notify_one();
                }
                if !group.is_empty() {
                    return Some(group);
                }
                if waiting.closed {
                    return None;
                }
            }
            nudged.await;
        }
    }

    /// Takes out of what waits whatever is late.
    pub fn late(&self, late: impl Fn(&Request) -> bool) -> Vec<Request> {
        let mut waiting = self.waiting();
        let all = std::mem::take(&mut waiting.requests);
        let (late, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(late);
        waiting.requests = rest.into();
        late
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn group(requests: &mut VecDeque<Request>) -> Vec<Request> {
    let (mut group, mut keys) = (Vec::new(), 0);
    while group.len() < GROUP_MAX
        && let Some(next) = requests.front()
    {
        keys += next.changes.keys();
        if !group.is_empty() && keys > KEYS_MAX {
            break;
        }
        group.extend(requests.pop_front());
    }
    group
}
