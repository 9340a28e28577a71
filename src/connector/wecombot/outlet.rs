//! What is said over the open connection, by whoever wants to say it.
//!
//! The one who listens holds the connection; others put what they say here and wait for the answer. Whether it left is
//! decided once, by an exchange of a byte: either the listener takes it to write it, or the one who waits takes it
//! back. What was taken back has not left; what was written and got no answer may have arrived.

use super::errors::{Denial, Trouble};
use super::wire::{Asked, Given, Headers};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many may wait to be written.
const WAITING: usize = 64;

const LIES: u8 = 0;
const WRITTEN: u8 = 1;
const TAKEN_BACK: u8 = 2;

/// Something to be said.
pub(super) struct Saying {
    id: String,
    frame: String,
    answer: oneshot::Sender<Result<Given, Denial>>,
    stage: Arc<AtomicU8>,
}

/// Whether there is a connection.
enum State {
    Open(mpsc::Sender<Saying>),
    /// There will be one.
    Away(String),
    /// There is none until an operator mends something.
    Stopped(String),
}

/// Where others say something.
pub(super) struct Outlet(Mutex<State>);

/// Where the listener hears what others say.
pub(super) struct Inlet {
    sayings: mpsc::Receiver<Saying>,
    waiting: HashMap<String, oneshot::Sender<Result<Given, Denial>>>,
}

impl Outlet {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State::Away("not connected yet".to_owned())))
    }

    /// From now on there is a connection.
    pub(super) fn open(&self) -> Inlet {
        let (sender, sayings) = mpsc::channel(WAITING);
        self.set(State::Open(sender));
        Inlet { sayings, waiting: HashMap::new() }
    }

    /// There is none for now, and why.
    pub(super) fn away(&self, why: &str) {
        self.set(State::Away(why.to_owned()));
    }

    /// There is none until an operator mends something.
    pub(super) fn stop(&self, why: &str) {
        self.set(State::Stopped(why.to_owned()));
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(*self.0.lock().unwrap_or_else(PoisonError::into_inner), State::Open(_))
    }

    fn set(&self, state: State) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Says something under this name, and waits until it is done.
    pub(super) async fn ask<B: Serialize>(
        &self,
        cmd: &str,
        req_id: String,
        body: B,
    ) -> Result<(), Trouble> {
        self.ask_for(cmd, req_id, body).await.map(drop)
    }

    /// Says something under this name; what the answer gives.
    pub(super) async fn ask_for<B: Serialize>(
        &self,
        cmd: &str,
        req_id: String,
        body: B,
    ) -> Result<Given, Trouble> {
        let sayings = match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Open(sayings) => sayings.clone(),
            State::Away(why) => return Err(Trouble::Unsent(why.clone())),
            State::Stopped(why) => return Err(Trouble::Stopped(why.clone())),
        };
        let headers = Headers { req_id: req_id.clone() };
        let frame = serde_json::to_string(&Asked { cmd, headers, body: Some(body) })
            .map_err(|e| Trouble::Unsent(e.to_string()))?;
        let stage = Arc::new(AtomicU8::new(LIES));
        let (answer, answered) = oneshot::channel();
        let saying = Saying { id: req_id, frame, answer, stage: stage.clone() };
        let asked = async {
            sayings.send(saying).await.ok()?;
            answered.await.ok()
        };
        if let Ok(Some(answer)) = tokio::time::timeout(PATIENCE, asked).await {
            return answer.map_err(Trouble::Denied);
        }
        match stage.compare_exchange(LIES, TAKEN_BACK, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => Err(Trouble::Unsent("the connection ended".to_owned())),
            Err(_) => Err(Trouble::Unanswered("the connection gave no answer".to_owned())),
        }
    }
}

impl Inlet {
    /// Waits for the next thing to be written, which from now on counts as written. May be given up and called again.
    pub(super) async fn next(&mut self) -> Option<String> {
        while let Some(Saying { id, frame, answer, stage }) = self.sayings.recv().await {
            if stage.compare_exchange(LIES, WRITTEN, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                self.waiting.retain(|_, answer| !answer.is_closed());
                self.waiting.insert(id, answer);
                return Some(frame);
            }
        }
        None
    }

    /// Whether somebody waits for an answer.
    pub(super) fn waits(&self) -> bool {
        self.waiting.values().any(|answer| !answer.is_closed())
    }

    /// An answer came.
    pub(super) fn answered(&mut self, id: &str, answer: Result<Given, Denial>) {
        if let Some(asked) = self.waiting.remove(id) {
            // Nobody may wait for it any more.
            let _ = asked.send(answer);
        }
    }
}
