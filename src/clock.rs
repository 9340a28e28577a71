//! What time it is, and new names: the only place that asks the machine for either.
//!
//! **Invariant:** nobody else calls `now()` or makes a random ID; a standing clock therefore makes
//! the whole program stand still.

use crate::model::At;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Tells the time and makes names.
pub trait Clock: Send + Sync + 'static {
    /// What time it is.
    fn now(&self) -> At;

    /// How much time has passed since some moment, by a clock that nobody sets: it never goes back, and
    /// never jumps. Leases are measured by it.
    fn elapsed(&self) -> Duration;

    /// A name that was never given before; later ones sort after earlier ones.
    fn fresh(&self) -> Uuid;

    /// Fills `bytes` with what nobody can guess: keys, codes, jitter.
    fn random(&self, bytes: &mut [u8]);
}

/// The machine's clock and randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks for the time")]
    fn now(&self) -> At {
        At::from(chrono::Utc::now())
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that asks for the time")]
    fn elapsed(&self) -> Duration {
        static BEGAN: OnceLock<Instant> = OnceLock::new();
        BEGAN.get_or_init(Instant::now).elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that makes names")]
    fn fresh(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn random(&self, bytes: &mut [u8]) {
        use rand::{TryRngCore, rngs::OsRng};
        // Without the system's randomness no key can be made: going on would be worse than ending.
        OsRng
            .try_fill_bytes(bytes)
            .unwrap_or_else(|e| panic!("the system gives no randomness: {e}"));
    }
}

/// Until when something is tried; by a clock that nobody sets, so that a span is a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Duration);

impl Deadline {
    /// This long from now on.
    #[must_use]
    pub fn after(span: Duration) -> Self {
        Self(SystemClock.elapsed() + span)
    }

    /// How much of the span is left.
    #[must_use]
    pub fn left(self) -> Duration {
        self.0.saturating_sub(SystemClock.elapsed())
    }

    /// Whether nothing of it is left.
    #[must_use]
    pub fn is_over(self) -> bool {
        self.left().is_zero()
    }
}
