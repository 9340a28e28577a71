//! How fast Telegram lets a bot write, by the clock that the fake was given.
//!
//! The figures are the published ones (30 a second for a bot, 1 a second to a chat with short bursts,
//! 20 a minute to a group or channel), with the little slack that the real limits are known to have, so
//! that a sender who keeps exactly to them is never refused for the jitter of a connection.

use std::collections::VecDeque;

const BOT_RATE: f64 = 30.0;
const BOT_BURST: f64 = 33.0;
const CHAT_RATE: f64 = 1.0;
const CHAT_BURST: f64 = 3.0;
const GROUP_SENDS: usize = 20;
const GROUP_SPAN_MS: i64 = 59_500;

/// Tokens that come back with time.
#[derive(Debug)]
pub struct Bucket {
    tokens: f64,
    at: Option<i64>,
    rate: f64,
    burst: f64,
}

impl Bucket {
    pub fn bot() -> Self {
        Self { tokens: BOT_BURST, at: None, rate: BOT_RATE, burst: BOT_BURST }
    }

    pub fn chat() -> Self {
        Self { tokens: CHAT_BURST, at: None, rate: CHAT_RATE, burst: CHAT_BURST }
    }

    /// Takes one token, or tells in how many milliseconds there will be one.
    #[expect(clippy::cast_precision_loss, reason = "spans of a test are short")]
    #[expect(clippy::cast_possible_truncation, reason = "waits are short")]
    pub fn take(&mut self, now: i64) -> Result<(), i64> {
        let passed = self.at.map_or(0, |at| (now - at).max(0));
        self.at = Some(now);
        self.tokens = (self.tokens + passed as f64 / 1000.0 * self.rate).min(self.burst);
        if self.tokens < 1.0 {
            return Err(((1.0 - self.tokens) / self.rate * 1000.0).ceil() as i64);
        }
        self.tokens -= 1.0;
        Ok(())
    }
}

/// What one group or channel took within the last minute.
#[derive(Debug, Default)]
pub struct Minute(VecDeque<i64>);

impl Minute {
    pub fn take(&mut self, now: i64) -> Result<(), i64> {
        while self.0.front().is_some_and(|at| now - at >= GROUP_SPAN_MS) {
            self.0.pop_front();
        }
        if let (Some(first), true) = (self.0.front(), self.0.len() >= GROUP_SENDS) {
            return Err(first + GROUP_SPAN_MS - now);
        }
        self.0.push_back(now);
        Ok(())
    }
}
