//! How long to rest before something that failed is tried again.

use std::time::Duration;

/// The first pause after a failure; each further one is twice as long.
const FIRST: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST: Duration = Duration::from_mins(1);

/// How long to rest after so many failures: doubled each time, and up to a half of it by chance.
pub(super) fn pause(failures: u32, chance: u8) -> Duration {
    part(FIRST.saturating_mul(1 << failures.min(6)).min(LONGEST), chance)
}

/// So long at most, and up to a half of it less by chance: what failed together is not tried again together.
pub(super) fn part(full: Duration, chance: u8) -> Duration {
    full / 2 + (full / 2).mul_f64(f64::from(chance) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, pause};
    use std::time::Duration;

    #[test]
    fn pauses_grow_from_half_a_second_to_a_minute() {
        assert_eq!(pause(0, 0), Duration::from_millis(500));
        assert_eq!(pause(0, 255), Duration::from_secs(1));
        assert_eq!(pause(3, 255), Duration::from_secs(8));
        assert_eq!(pause(1000, 255), LONGEST);
    }
}
