//! Rates, and how much of them was spent lately.

use super::{AccountId, At, ChatKind, Key, Kind, Record, Segments, Stored};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// At most `sends` within any span of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub sends: u32,
    /// Within any span of this length.
    pub span: Duration,
}

impl Rate {
    /// At most `sends` within any `span`.
    #[must_use]
    pub const fn new(sends: u32, span: Duration) -> Self {
        Self { sends, span }
    }

    /// As fast on the average, and at most `burst` at once: as many as the average gives in a longer span
    /// where it is more, and within a part of the span where it is less.
    #[must_use]
    pub fn burst(self, burst: u32) -> Self {
        let span = self.span.as_nanos() * u128::from(burst.max(1)) / u128::from(self.sends.max(1));
        let span = Duration::from_nanos(u64::try_from(span).unwrap_or(u64::MAX));
        Self { sends: burst.max(1), span: span.max(Duration::from_millis(1)) }
    }
}

/// How much of an account's limits was spent lately, so that neither a restart nor another worker spends it
/// twice. It lies in pages, so that no record grows with the number of chats: page 0 is the account's, the
/// others are its chats', which are keyed hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The account.
    pub account: AccountId,
    /// Which page.
    #[serde(default)]
    pub page: u16,
    /// When this was written.
    pub at: At,
    /// The account sends nothing before this.
    pub hold: Option<At>,
    /// How much of its limits the account uses after it was refused in spite of them, in thousandths.
    #[serde(default = "full")]
    pub pace: u16,
    /// What the account spent of each of its rates.
    #[serde(default)]
    pub spent: Vec<Spent>,
    /// What was spent of the rates of chats.
    #[serde(default)]
    pub lines: Vec<ChatUsage>,
}

const fn full() -> u16 {
    Usage::FULL
}

/// What was spent of one rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// The span of the rate, in milliseconds.
    pub span: u64,
    /// How long ago (in milliseconds) how many were sent, oldest first.
    pub sends: Vec<(u32, u32)>,
}

/// What was spent of the rates of one chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatUsage {
    /// The chat, as a keyed hash.
    pub chat: u64,
    /// What sort of chat.
    pub kind: ChatKind,
    /// For how much longer nothing is sent to it, in milliseconds.
    pub hold: u32,
    /// What was spent of each of its rates.
    pub spent: Vec<Spent>,
}

impl Usage {
    /// The pace of an account that uses all of its limits.
    pub const FULL: u16 = 1000;

    /// What is left of the pace after a refusal, in thousandths.
    pub const LOWERED: u16 = 800;

    /// The pace never falls below this.
    pub const LEAST: u16 = 100;

    /// So often the pace climbs a step.
    pub const CLIMB_EVERY: Duration = Duration::from_secs(15);

    /// By so much the pace climbs.
    pub const CLIMB: u16 = 20;

    /// The pace at `now`: it climbs while nothing is written down as well.
    #[must_use]
    pub fn paced(&self, now: At) -> u16 {
        let steps = now.since(self.at).as_secs() / Self::CLIMB_EVERY.as_secs();
        let steps = u16::try_from(steps).unwrap_or(u16::MAX);
        self.pace.saturating_add(steps.saturating_mul(Self::CLIMB)).min(Self::FULL)
    }

    /// How much of a rate is spent at a time to come.
    #[must_use]
    pub fn spent_of(&self, rate: &Rate, at: At) -> u64 {
        let (span, gone) = (rate.span.as_millis(), at.since(self.at).as_millis());
        let same = self.spent.iter().find(|s| u128::from(s.span) == span);
        let counts = |(age, _): &&(u32, u32)| u128::from(*age) + gone < span;
        same.map_or(0, |s| s.sends.iter().filter(counts).map(|(_, n)| u64::from(*n)).sum())
    }

    /// How much of a rate of the chats of a kind is spent at a time to come, by whichever spent most of it.
    #[must_use]
    pub fn spent_by_chats(&self, kind: ChatKind, rate: &Rate, at: At) -> u64 {
        let (span, gone) = (rate.span.as_millis(), at.since(self.at).as_millis());
        let lines = self.lines.iter().filter(|line| line.kind == kind);
        let same = lines.filter_map(|l| l.spent.iter().find(|s| u128::from(s.span) == span));
        let counts = |(age, _): &&(u32, u32)| u128::from(*age) + gone < span;
        let spent = |s: &Spent| s.sends.iter().filter(counts).map(|(_, n)| u64::from(*n)).sum();
        same.map(spent).max().unwrap_or(0)
    }

    /// The key of the account's own page.
    #[must_use]
    pub fn key_of(account: &AccountId) -> Key {
        Segments::new().account(account).short(0).key(Self::KIND)
    }

    /// The prefix of the keys of all pages of an account.
    #[must_use]
    pub fn pages_of(account: &AccountId) -> Vec<u8> {
        Segments::new().account(account).done()
    }
}

impl Stored for Usage {
    const KIND: Kind = Kind::Usage;

    fn key(&self) -> Key {
        Segments::new().account(&self.account).short(self.page).key(Self::KIND)
    }

    fn into_record(self) -> Record {
        Record::Usage(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Usage(it) = record { Some(it) } else { None }
    }
}
