//! How much of its limits an account uses after a platform refused it in spite of them.

use super::window::Rule;
use crate::model::Usage;

/// So often the pace climbs a step, in milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "seconds")]
const CLIMB_EVERY: i64 = Usage::CLIMB_EVERY.as_millis() as i64;

/// Refusals within this, in milliseconds, are one: their requests were under way together.
const TOGETHER: i64 = 1_000;

/// The pace of an account.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    share: u16,
    /// When it was last changed.
    changed: i64,
    /// Refusals before this belong to the last one.
    quiet: i64,
    /// The next send, in microseconds, where sends are spread.
    next: i64,
}

impl Pace {
    /// The pace of an account that was refused `share` of its limits, or nothing of them.
    pub(super) fn of(share: u16, now: i64) -> Self {
        let share = share.clamp(Usage::LEAST, Usage::FULL);
        Self { share, changed: now, quiet: i64::MIN / 4, next: i64::MIN / 4 }
    }

    /// How much of the limits is used, in thousandths.
    pub(super) const fn share(&self) -> u16 {
        self.share
    }

    /// The platform refused in spite of the limits, and is asked again at `until`. Gives the new pace, unless
    /// this belongs to a refusal that was counted already.
    pub(super) fn lower(&mut self, now: i64, until: i64) -> Option<u16> {
        if now < self.quiet {
            return None;
        }
        let lowered = u32::from(self.share) * u32::from(Usage::LOWERED) / 1000;
        self.share = u16::try_from(lowered).unwrap_or(Usage::LEAST).max(Usage::LEAST);
        self.quiet = until.max(now.saturating_add(TOGETHER));
        self.changed = until.max(now);
        Some(self.share)
    }

    /// Climbs back by what time has passed. Gives the new pace where it has changed.
    pub(super) fn climb(&mut self, now: i64) -> Option<u16> {
        let before = self.share;
        while self.share < Usage::FULL && now.saturating_sub(self.changed) >= CLIMB_EVERY {
            self.share = (self.share + Usage::CLIMB).min(Usage::FULL);
            self.changed += CLIMB_EVERY;
        }
        (self.share != before).then_some(self.share)
    }

    /// When the next send is allowed, not before `from`.
    pub(super) fn free(&self, from: i64) -> i64 {
        if self.share == Usage::FULL { from } else { from.max(self.next.div_euclid(1000)) }
    }

    /// Notes a send.
    pub(super) fn spend(&mut self, rules: &[Rule], now: i64) {
        if self.share == Usage::FULL {
            return;
        }
        let Some(gap) = rules.iter().filter_map(Rule::gap).max() else { return };
        let gap = gap * 1000 / i64::from(self.share);
        self.next = self.next.max(now.saturating_mul(1000)).saturating_add(gap);
    }
}
