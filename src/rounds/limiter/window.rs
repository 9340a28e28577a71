//! One window over several rates: counts in slices of each rate's span, purely.
//!
//! A moment for each send would be exact, and too much to keep for a day or a month. A slice is let go only
//! when its last moment has left the span, so that no rate is ever exceeded; what that costs is one slice of
//! [`SLICES`].

use super::MARGIN;
use crate::model::{Rate, Spent};
use std::collections::VecDeque;
use std::time::Duration;

/// Into how many slices a span is cut.
const SLICES: i64 = 256;

/// Spans up to this are not written down: they are over before a restart is.
pub(super) const SHORT: Duration = Duration::from_secs(2);

/// Of spans up to this, in milliseconds, what can delay nothing soon is not written down.
const MINUTE: i64 = 60_000;

/// One rate, in the limiter's own measures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    sends: u32,
    /// As the platform has it.
    plain: i64,
    /// What we keep: a little longer.
    span: i64,
    slice: i64,
}

impl Rule {
    fn of(rate: &Rate) -> Self {
        let plain = i64::try_from(rate.span.as_millis()).unwrap_or(i64::MAX / 8).max(1);
        let span = plain + (plain / 200).clamp(1, MARGIN);
        Self { sends: rate.sends.max(1), plain, span, slice: (plain / SLICES).max(1) }
    }

    /// When a slice that begins at `start` no longer counts.
    const fn leaves(&self, start: i64) -> i64 {
        start.saturating_add(self.slice).saturating_add(self.span)
    }

    /// Microseconds from one send to the next where they are spread evenly; `None` for a quota of hours or
    /// more, which says nothing about how fast to send.
    pub(super) const fn gap(&self) -> Option<i64> {
        if self.plain > MINUTE { None } else { Some(self.plain * 1000 / self.sends as i64) }
    }
}

/// The rules of these rates.
pub(super) fn rules(rates: &[Rate]) -> Vec<Rule> {
    rates.iter().map(Rule::of).collect()
}

/// How many are the most that any of these rules lets pass within its span.
pub(super) fn most(rules: &[Rule]) -> usize {
    let most = rules.iter().map(|r| r.sends).max().unwrap_or(0);
    usize::try_from(most).unwrap_or(usize::MAX)
}

/// What was sent, by rule, and until when nothing is.
#[derive(Clone, Debug)]
pub(super) struct Window {
    tracks: Vec<Track>,
    pub(super) hold: i64,
}

/// The slices of one rule in which something was sent: their beginning and how many, oldest first.
#[derive(Clone, Debug, Default)]
struct Track {
    slices: VecDeque<(i64, u32)>,
    total: u32,
}

impl Track {
    /// When the next send is allowed, not before `from`.
    fn free(&self, rule: &Rule, from: i64) -> i64 {
        if self.total < rule.sends {
            return from;
        }
        let mut count = 0;
        for (start, sends) in self.slices.iter().rev() {
            if rule.leaves(*start) <= from {
                break;
            }
            count += sends;
            if count >= rule.sends {
                return rule.leaves(*start);
            }
        }
        from
    }

    fn room(&self, rule: &Rule, now: i64) -> u32 {
        let counts = self.slices.iter().rev().take_while(|(start, _)| rule.leaves(*start) > now);
        rule.sends.saturating_sub(counts.map(|(_, sends)| sends).sum())
    }

    fn spend(&mut self, rule: &Rule, at: i64) {
        let start = at - at.rem_euclid(rule.slice);
        match self.slices.back_mut() {
            // What is noted late counts as long as what was noted last.
            Some((last, sends)) if *last >= start => *sends += 1,
            _ => self.slices.push_back((start, 1)),
        }
        self.total += 1;
        while let Some((start, sends)) = self.slices.front()
            && rule.leaves(*start) <= at
        {
            self.total -= sends;
            self.slices.pop_front();
        }
    }

    fn idle(&self, rule: &Rule, now: i64) -> bool {
        self.slices.back().is_none_or(|(start, _)| rule.leaves(*start) <= now)
    }

    fn spent(&self, rule: &Rule, now: i64) -> Option<Spent> {
        let few = rule.plain <= MINUTE && self.total < rule.sends / 20;
        let short = Duration::from_millis(rule.plain.unsigned_abs()) <= SHORT;
        if short || few {
            return None;
        }
        let age = |start: i64| u32::try_from((now - start).max(0)).unwrap_or(u32::MAX);
        let counts = self.slices.iter().filter(|(start, _)| rule.leaves(*start) > now);
        let sends: Vec<_> = counts.map(|(start, sends)| (age(*start), *sends)).collect();
        let span = rule.plain.unsigned_abs();
        (!sends.is_empty()).then_some(Spent { span, sends })
    }
}

impl Window {
    /// Nothing sent.
    pub(super) fn new(rules: &[Rule]) -> Self {
        Self { tracks: vec![Track::default(); rules.len()], hold: i64::MIN / 4 }
    }

    /// When the next send is allowed, not before `from`.
    pub(super) fn free(&self, rules: &[Rule], from: i64) -> i64 {
        let from = from.max(self.hold);
        let of = |(rule, track): (&Rule, &Track)| track.free(rule, from);
        rules.iter().zip(&self.tracks).map(of).fold(from, i64::max)
    }

    /// How many may be sent at once, at most `most`.
    pub(super) fn room(&self, rules: &[Rule], now: i64, most: usize) -> usize {
        if self.hold > now {
            return 0;
        }
        let of = |(rule, track): (&Rule, &Track)| {
            usize::try_from(track.room(rule, now)).unwrap_or(usize::MAX)
        };
        rules.iter().zip(&self.tracks).map(of).fold(most, usize::min)
    }

    /// Notes a send.
    pub(super) fn spend(&mut self, rules: &[Rule], at: i64) {
        self.tracks.resize(rules.len(), Track::default());
        for (rule, track) in rules.iter().zip(&mut self.tracks) {
            track.spend(rule, at);
        }
    }

    /// Whether nothing that was sent counts any more.
    pub(super) fn idle(&self, rules: &[Rule], now: i64) -> bool {
        self.hold <= now && rules.iter().zip(&self.tracks).all(|(r, t)| t.idle(r, now))
    }

    /// What was spent, to be written down.
    pub(super) fn spent(&self, rules: &[Rule], now: i64) -> Vec<Spent> {
        rules.iter().zip(&self.tracks).filter_map(|(r, t)| t.spent(r, now)).collect()
    }

    /// Takes for spent what may have been spent from `here` on for so long, without a word of it: as much as the
    /// shortest rate lets pass. Where no rate is short nothing is known, and nothing is taken for spent.
    pub(super) fn assume(&mut self, rules: &[Rule], here: i64, unknown: Duration) {
        let short = i64::try_from(SHORT.as_millis()).unwrap_or(i64::MAX);
        let Some(rule) = rules.iter().filter(|rule| rule.plain <= short).min_by_key(|r| r.plain)
        else {
            return;
        };
        let unknown = i64::try_from(unknown.as_millis()).unwrap_or(i64::MAX / 2);
        let times = unknown.saturating_add(rule.plain - 1) / rule.plain;
        for (long, track) in rules.iter().zip(&mut self.tracks).filter(|(r, _)| r.plain > short) {
            // More than the window takes need not be counted.
            for time in (0..times.min(i64::from(long.sends))).rev() {
                // As late as may be: so it counts the longest.
                let at = here.saturating_add(unknown - time * rule.plain).max(here);
                (0..rule.sends).for_each(|_| track.spend(long, at));
            }
        }
    }

    /// Takes over what was written down; `here` is the moment that its ages are counted from.
    pub(super) fn take_over(&mut self, rules: &[Rule], spent: &[Spent], here: i64) {
        for (rule, track) in rules.iter().zip(&mut self.tracks) {
            let same = spent.iter().find(|s| s.span == rule.plain.unsigned_abs());
            let Some(same) = same else { continue };
            let slice = |(age, sends): &(u32, u32)| (here - i64::from(*age), *sends);
            track.slices = same.sends.iter().map(slice).collect();
            track.total = track.slices.iter().map(|(_, sends)| sends).sum();
        }
    }
}
