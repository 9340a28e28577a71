//! A clock that stands until it is told to go on, and names that come in order.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use tongxin::clock::Clock;
use tongxin::model::At;
use uuid::Uuid;

/// Stands at one moment until told otherwise.
#[derive(Debug)]
pub struct StandingClock {
    now: AtomicI64,
    elapsed: AtomicU64,
    names: AtomicU64,
}

impl StandingClock {
    /// Stands at this RFC 3339 moment.
    pub fn at(moment: &str) -> Self {
        let time = chrono::DateTime::parse_from_rfc3339(moment).expect("an RFC 3339 moment");
        let now = At::from(time.with_timezone(&chrono::Utc)).millis();
        Self { now: AtomicI64::new(now), elapsed: AtomicU64::new(0), names: AtomicU64::new(1) }
    }

    /// Goes on by `span`.
    pub fn advance(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).expect("a span within reason");
        self.now.fetch_add(millis, Ordering::SeqCst);
        self.elapsed.fetch_add(millis.unsigned_abs(), Ordering::SeqCst);
    }

    /// Goes on by `span` for those who measure it, and stands for those who ask what time it is.
    pub fn elapses(&self, span: Duration) {
        let millis = u64::try_from(span.as_millis()).expect("a span within reason");
        self.elapsed.fetch_add(millis, Ordering::SeqCst);
    }

    /// Jumps to `moment`, forwards or backwards.
    pub fn jump(&self, moment: At) {
        self.now.store(moment.millis(), Ordering::SeqCst);
    }
}

impl Clock for StandingClock {
    fn now(&self) -> At {
        At::from_millis(self.now.load(Ordering::SeqCst))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.elapsed.load(Ordering::SeqCst))
    }

    fn fresh(&self) -> Uuid {
        let n = self.names.fetch_add(1, Ordering::SeqCst);
        let millis = u64::try_from(self.now().millis()).unwrap_or(0);
        let mut random = [0u8; 10];
        random[2..].copy_from_slice(&n.to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    fn random(&self, bytes: &mut [u8]) {
        // Differs at every call, the same in every run: a counter, stirred.
        let mut x =
            self.names.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        for b in bytes {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            *b = x.to_be_bytes()[0];
        }
    }
}
