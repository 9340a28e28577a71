//! How long the day of WeChat and WeCom goes on.

use crate::model::At;
use std::time::Duration;

/// How long the platform's day goes on: it begins at midnight in Beijing, and its counts a little later.
pub(super) fn day_left(now: At) -> Duration {
    const DAY: i64 = 86_400_000;
    const EAST: i64 = 8 * 3_600_000;
    let into = (now.millis() + EAST).rem_euclid(DAY);
    Duration::from_millis(u64::try_from(DAY - into).unwrap_or(0)) + Duration::from_mins(1)
}

#[cfg(test)]
mod tests {
    use super::day_left;
    use crate::model::At;
    use std::time::Duration;

    #[test]
    fn the_platforms_day_ends_at_midnight_in_beijing() {
        // 2026-11-24 08:00 in Beijing is midnight UTC.
        let eight = At::from_millis(1_795_478_400_000);
        assert_eq!(day_left(eight), Duration::from_mins(16 * 60 + 1));
        let late = eight.plus(Duration::from_hours(15));
        assert_eq!(day_left(late), Duration::from_mins(61));
    }
}
