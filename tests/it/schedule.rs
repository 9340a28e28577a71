//! Schedules: what lines mean, and when they fire around daylight saving.

use chrono_tz::Tz;
use proptest::prelude::*;
use tongxin::model::{At, Schedule, ScheduleError};

fn at(moment: &str) -> At {
    At::from(chrono::DateTime::parse_from_rfc3339(moment).expect("a moment").to_utc())
}

fn schedule(line: &str, zone: Tz) -> Schedule {
    Schedule::parse(line, zone).expect("a schedule")
}

fn local(schedule: &Schedule, after: &str, n: usize) -> Vec<String> {
    let show = |at: At| at.utc().with_timezone(&schedule.zone()).format("%a %m-%d %H:%M %z").to_string();
    schedule.upcoming(at(after), n).into_iter().map(show).collect()
}

#[test]
fn weekday_one_is_monday_and_zero_and_seven_are_sunday() {
    for (line, days) in [
        ("0 9 * * 1", vec!["Mon", "Mon"]),
        ("0 9 * * 0", vec!["Sun", "Sun"]),
        ("0 9 * * 7", vec!["Sun", "Sun"]),
        ("0 9 * * 1-5", vec!["Thu", "Fri", "Mon", "Tue"]),
        ("0 9 * * 5-7", vec!["Fri", "Sat", "Sun", "Fri"]),
        ("0 9 * * fri-MON", vec!["Fri", "Sat", "Sun", "Mon", "Fri"]),
        ("0 9 * * mon,WED", vec!["Mon", "Wed", "Mon"]),
        ("0 9 * * 1-5/2", vec!["Fri", "Mon", "Wed"]),
        ("0 9 ? * *", vec!["Thu", "Fri", "Sat"]),
    ] {
        let read = schedule(line, Tz::Asia__Shanghai);
        // 2026-07-01 is a Wednesday; half past nine that day is over.
        let shown = local(&read, "2026-07-01T09:30:00+08:00", days.len());
        let found: Vec<_> = shown.iter().map(|s| &s[..3]).collect();
        assert_eq!(found, days, "{line}");
    }
}

#[test]
fn names_lists_steps_and_nicknames_mean_what_they_mean_in_cron() {
    let after = "2026-01-01T00:00:00+08:00";
    for (line, expected) in [
        ("*/20 8 * * *", vec!["Thu 01-01 08:00 +0800", "Thu 01-01 08:20 +0800"]),
        ("5/30 8 * * *", vec!["Thu 01-01 08:05 +0800", "Thu 01-01 08:35 +0800"]),
        ("0 8 1 JAN-MAR *", vec!["Thu 01-01 08:00 +0800", "Sun 02-01 08:00 +0800"]),
        ("0 8 31 * *", vec!["Sat 01-31 08:00 +0800", "Tue 03-31 08:00 +0800"]),
        ("0 8,18 * * *", vec!["Thu 01-01 08:00 +0800", "Thu 01-01 18:00 +0800"]),
        ("@daily", vec!["Fri 01-02 00:00 +0800"]),
        ("@weekly", vec!["Sun 01-04 00:00 +0800"]),
        ("@monthly", vec!["Sun 02-01 00:00 +0800"]),
        ("0 0 29 2 *", vec!["Tue 02-29 00:00 +0800", "Sun 02-29 00:00 +0800"]),
        ("every 6h", vec!["Thu 01-01 02:00 +0800", "Thu 01-01 08:00 +0800"]),
    ] {
        let read = schedule(line, Tz::Asia__Shanghai);
        assert_eq!(local(&read, after, expected.len()), expected, "{line}");
    }
}

#[test]
fn a_missing_hour_fires_at_its_end_and_a_doubled_one_once() {
    let (ny, berlin) = (Tz::America__New_York, Tz::Europe__Berlin);
    for (line, zone, after, expected) in [
        ("30 2 * * *", ny, "2026-03-07T12:00:00Z", ["Sun 03-08 03:00 -0400", "Mon 03-09 02:30 -0400"]),
        ("0,30 2 * * *", ny, "2026-03-07T12:00:00Z", ["Sun 03-08 03:00 -0400", "Mon 03-09 02:00 -0400"]),
        ("30 1 * * *", ny, "2026-11-01T04:00:00Z", ["Sun 11-01 01:30 -0400", "Mon 11-02 01:30 -0500"]),
        ("30 2 * * *", berlin, "2026-03-28T12:00:00Z", ["Sun 03-29 03:00 +0200", "Mon 03-30 02:30 +0200"]),
        ("30 2 * * *", berlin, "2026-10-24T12:00:00Z", ["Sun 10-25 02:30 +0200", "Mon 10-26 02:30 +0100"]),
        ("0 0 * * *", Tz::Pacific__Apia, "2011-12-29T20:00:00Z", ["Sat 12-31 00:00 +1400", "Sun 01-01 00:00 +1400"]),
    ] {
        assert_eq!(local(&schedule(line, zone), after, 2), expected, "{line} {zone}");
    }
}

#[test]
fn an_hourly_schedule_fires_in_every_real_hour() {
    let ny = Tz::America__New_York;
    assert_eq!(
        local(&schedule("30 * * * *", ny), "2026-11-01T05:00:00Z", 3),
        ["Sun 11-01 01:30 -0400", "Sun 11-01 01:30 -0500", "Sun 11-01 02:30 -0500"]
    );
    assert_eq!(
        local(&schedule("*/30 * * * *", ny), "2026-11-01T05:20:00Z", 5),
        [
            "Sun 11-01 01:30 -0400",
            "Sun 11-01 01:00 -0500",
            "Sun 11-01 01:30 -0500",
            "Sun 11-01 02:00 -0500",
            "Sun 11-01 02:30 -0500"
        ]
    );
    assert_eq!(
        local(&schedule("30 * * * *", ny), "2026-03-08T06:00:00Z", 3),
        ["Sun 03-08 01:30 -0500", "Sun 03-08 03:30 -0400", "Sun 03-08 04:30 -0400"]
    );
}

#[test]
fn a_wrong_line_is_refused_with_its_reason() {
    let reason = |line: &str| Schedule::parse(line, Tz::UTC).expect_err(line);
    assert_eq!(reason(""), ScheduleError::FieldCount(0));
    assert_eq!(reason("0 9 * *"), ScheduleError::FieldCount(4));
    assert_eq!(reason("0 0 9 * * *"), ScheduleError::FieldCount(6));
    assert_eq!(reason("0 9 13 * FRI"), ScheduleError::BothDays);
    assert_eq!(reason("0 9 30 2 *"), ScheduleError::NeverComes);
    assert_eq!(reason("0 9 31 4,6 *"), ScheduleError::NeverComes);
    for line in ["60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "5-1 * * * *",
        "*/0 * * * *", "a * * * *", "1,,2 * * * *", "+5 * * * *", "* ? * * *", "1-2-3 * * * *",
        "99999999999999 * * * *", "五 * * * *", "* * * * 周一", "@reboot 1 1 1 1"]
    {
        assert!(matches!(reason(line), ScheduleError::Field { .. }), "{line}");
    }
    for line in ["every 0s", "every 5", "every -5s", "every 8000h", "every 五m", "every s", "every 5秒"] {
        assert!(matches!(reason(line), ScheduleError::Every(_)), "{line}");
    }
}

#[test]
fn the_latest_run_is_found_after_a_minute_and_after_years() {
    let now = at("2026-07-01T12:00:30Z");
    for (line, after, expected) in [
        ("*/5 * * * *", "2026-07-01T11:58:00Z", Some("2026-07-01T12:00:00Z")),
        ("*/5 * * * *", "2026-07-01T12:00:00Z", None),
        ("*/5 * * * *", "1999-07-01T12:00:00Z", Some("2026-07-01T12:00:00Z")),
        ("0 9 * * *", "2026-06-01T00:00:00Z", Some("2026-07-01T09:00:00Z")),
        ("0 0 29 2 *", "1999-07-01T12:00:00Z", Some("2024-02-29T00:00:00Z")),
        ("every 20s", "2026-07-01T12:00:00Z", Some("2026-07-01T12:00:20Z")),
        ("every 20s", "2026-07-01T12:00:20Z", None),
        ("every 20s", "2027-07-01T12:00:20Z", None),
        ("0 9 * * *", "2027-06-01T00:00:00Z", None),
    ] {
        assert_eq!(schedule(line, Tz::UTC).latest(at(after), now), expected.map(at), "{line} {after}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn runs_come_strictly_later_and_iterating_is_reading_ahead(
        line in prop::sample::select(vec![
            "*/30 * * * *", "30 2 * * *", "15,45 1-3 * * *", "0 */2 * * *", "0 0 1 * *",
            "30 1 * * 0", "every 90m", "7 * * 3,11 *",
        ]),
        zone in prop::sample::select(vec![
            Tz::America__New_York, Tz::Asia__Shanghai, Tz::Europe__Berlin, Tz::Australia__Lord_Howe, Tz::UTC,
        ]),
        start in 1_767_225_600_000_i64..1_800_000_000_000,
    ) {
        let read = schedule(line, zone);
        let start = At::from_millis(start);
        let ahead = read.upcoming(start, 8);
        prop_assert_eq!(ahead.len(), 8);
        let mut last = start;
        for run in ahead {
            prop_assert!(run > last);
            prop_assert_eq!(read.next(last), Some(run));
            prop_assert_eq!(read.next(At::from_millis(run.millis() - 1)), Some(run));
            prop_assert_eq!(read.latest(last, run), Some(run));
            last = run;
        }
    }
}
