//! Days are counted as an office works them.

use chrono::{Datelike as _, NaiveDate, Weekday};
use chrono_tz::Tz;
use proptest::prelude::*;
use std::time::Duration;
use tongxin::desk::Settings;
use tongxin::model::{At, Calendar, Span};

const SHANGHAI: Tz = chrono_tz::Asia::Shanghai;
const DAY: Duration = Duration::from_hours(24);

fn at(text: &str) -> At {
    At::from(chrono::DateTime::parse_from_rfc3339(text).expect("a moment").to_utc())
}

fn day_of(at: At, zone: Tz) -> NaiveDate {
    at.utc().with_timezone(&zone).date_naive()
}

fn due(from: &str, span: Span) -> String {
    let due = Settings::default().calendar.due(at(from), span, SHANGHAI);
    due.utc().with_timezone(&SHANGHAI).format("%a %Y-%m-%d %H:%M:%S%.3f").to_string()
}

#[test]
fn a_promise_ends_with_a_working_day_and_the_day_on_which_it_is_made_does_not_count() {
    let cases = [
        // Tuesday to Friday; a moment before midnight is still that Tuesday.
        ("2026-11-24T09:00:00+08:00", Span::Working(3), "Fri 2026-11-27 23:59:59.999"),
        ("2026-11-24T23:59:59+08:00", Span::Working(3), "Fri 2026-11-27 23:59:59.999"),
        ("2026-11-25T00:00:00+08:00", Span::Working(3), "Mon 2026-11-30 23:59:59.999"),
        // What comes on a Saturday has as much time as what comes on the Sunday after it.
        ("2026-11-28T10:00:00+08:00", Span::Working(1), "Mon 2026-11-30 23:59:59.999"),
        ("2026-11-29T22:00:00+08:00", Span::Working(1), "Mon 2026-11-30 23:59:59.999"),
        // Over the Spring Festival, and over the make-up Saturday before it.
        ("2026-02-13T09:00:00+08:00", Span::Working(1), "Sat 2026-02-14 23:59:59.999"),
        ("2026-02-13T09:00:00+08:00", Span::Working(2), "Tue 2026-02-24 23:59:59.999"),
        ("2026-02-27T09:00:00+08:00", Span::Working(1), "Sat 2026-02-28 23:59:59.999"),
        ("2026-09-30T09:00:00+08:00", Span::Working(3), "Sat 2026-10-10 23:59:59.999"),
        ("2026-12-31T09:00:00+08:00", Span::Working(1), "Mon 2027-01-04 23:59:59.999"),
        // No time at all: today, or the first day on which anybody works.
        ("2026-11-24T09:00:00+08:00", Span::Working(0), "Tue 2026-11-24 23:59:59.999"),
        ("2026-11-28T09:00:00+08:00", Span::Working(0), "Mon 2026-11-30 23:59:59.999"),
        // Days of the calendar do not look whether anybody works.
        ("2026-11-24T09:00:00+08:00", Span::Days(15), "Wed 2026-12-09 23:59:59.999"),
        ("2026-11-24T09:00:00+08:00", Span::Days(60), "Sat 2027-01-23 23:59:59.999"),
    ];
    for (from, span, want) in cases {
        assert_eq!(due(from, span), want, "{from} {span:?}");
    }
}

#[test]
fn a_day_ends_where_the_next_one_begins_also_where_midnight_is_left_out() {
    let calendar = Calendar::default();
    let cases = [
        // Clocks go from midnight to one: the day before ends an hour of the clock "later".
        ("2018-11-02T12:00:00-03:00", chrono_tz::America::Sao_Paulo, 1, "2018-11-04T02:59:59.999Z"),
        // Clocks go back at two: that day has 25 hours.
        ("2026-10-24T12:00:00+02:00", chrono_tz::Europe::Berlin, 1, "2026-10-25T22:59:59.999Z"),
        // The 30th of December 2011 never was on Samoa.
        ("2011-12-28T12:00:00-10:00", chrono_tz::Pacific::Apia, 1, "2011-12-30T09:59:59.999Z"),
    ];
    for (from, zone, days, want) in cases {
        assert_eq!(calendar.due(at(from), Span::Days(days), zone).to_string(), want, "{from}");
    }
}

#[test]
fn beyond_the_end_of_the_calendar_nothing_is_promised_and_nothing_breaks() {
    let calendar = Calendar::default();
    for far in [At::from_millis(i64::MAX), At::from_millis(i64::MIN)] {
        for span in [Span::Working(5), Span::Days(u16::MAX)] {
            assert!(calendar.due(far, span, SHANGHAI) >= far);
        }
    }
}

#[test]
fn the_shipped_days_are_those_that_were_announced() {
    let calendar = Settings::default().calendar;
    let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).expect("a day");
    assert_eq!(calendar.holidays.iter().filter(|d| d.year() == 2026).count(), 33);
    for working in [day(1, 4), day(2, 14), day(2, 28), day(5, 9), day(9, 20), day(10, 10)] {
        assert!(calendar.works(working) && !Calendar::is_weekday(working), "{working}");
    }
    for resting in [day(1, 2), day(2, 23), day(4, 6), day(5, 5), day(6, 19), day(9, 25), day(10, 7)]
    {
        assert!(!calendar.works(resting) && Calendar::is_weekday(resting), "{resting}");
    }
    assert_eq!(calendar.known_until(), NaiveDate::from_ymd_opt(2027, 10, 3));
}

/// Any calendar of these years: some of their days rest, some of their weekend days work.
fn calendars() -> impl Strategy<Value = Calendar> {
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day");
    let days = || proptest::collection::btree_set(0u64..900, 0..80);
    (days(), days()).prop_map(move |(holidays, workdays)| {
        let day = |n: &u64| first + chrono::Days::new(*n);
        let holidays: std::collections::BTreeSet<_> = holidays.iter().map(day).collect();
        let weekend = |d: &NaiveDate| matches!(d.weekday(), Weekday::Sat | Weekday::Sun);
        let workdays = workdays.iter().map(day).filter(|d| weekend(d) && !holidays.contains(d));
        Calendar { workdays: workdays.collect(), holidays }
    })
}

fn spans() -> impl Strategy<Value = Span> {
    prop_oneof![(0u16..90).prop_map(Span::Working), (0u16..120).prop_map(Span::Days)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_due_earlier_than_asked_and_working_days_end_on_working_days(
        calendar in calendars(), span in spans(), millis in 0i64..70_000_000_000
    ) {
        let from = at("2026-01-01T00:00:00+08:00").plus(Duration::from_millis(millis.cast_unsigned()));
        let due = calendar.due(from, span, SHANGHAI);
        let (Span::Working(days) | Span::Days(days)) = span;
        prop_assert!(due >= from.plus(DAY * u32::from(days)), "{} {}", from, due);
        let next = At::from_millis(due.millis() + 1);
        prop_assert!(day_of(next, SHANGHAI) == day_of(due, SHANGHAI).succ_opt().expect("a day"));
        match span {
            Span::Working(days) => {
                prop_assert!(calendar.works(day_of(due, SHANGHAI)));
                if days > 0 {
                    prop_assert_eq!(calendar.working_days(from, due, SHANGHAI), days);
                }
            }
            Span::Days(days) => {
                let passed = day_of(due, SHANGHAI) - day_of(from, SHANGHAI);
                prop_assert_eq!(passed.num_days(), i64::from(days));
            }
        }
    }

    #[test]
    fn what_begins_later_or_has_more_time_is_never_due_earlier(
        calendar in calendars(), span in spans(), one in 0u64..70_000_000_000, more in 0u64..2_000_000_000
    ) {
        let first = at("2026-01-01T00:00:00+08:00").plus(Duration::from_millis(one));
        let later = first.plus(Duration::from_millis(more));
        for zone in [SHANGHAI, chrono_tz::Europe::Berlin, chrono_tz::America::Santiago] {
            let due = calendar.due(first, span, zone);
            prop_assert!(due >= first);
            prop_assert!(calendar.due(later, span, zone) >= due);
            let longer = match span {
                Span::Working(days) => Span::Working(days + 1),
                Span::Days(days) => Span::Days(days + 1),
            };
            let longer = calendar.due(first, longer, zone);
            // On a day that rests, no time at all and a working day are the same.
            prop_assert!(longer > due || (longer == due && span == Span::Working(0)));
        }
    }

    #[test]
    fn a_holiday_more_never_makes_anything_due_earlier_and_a_make_up_day_never_later(
        calendar in calendars(), days in 1u16..60, one in 0u64..70_000_000_000, other in 0u64..900
    ) {
        let from = at("2026-01-01T00:00:00+08:00").plus(Duration::from_millis(one));
        let day = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day") + chrono::Days::new(other);
        let due = |calendar: &Calendar| calendar.due(from, Span::Working(days), SHANGHAI);
        let (mut rests, mut works) = (calendar.clone(), calendar.clone());
        rests.workdays.remove(&day);
        rests.holidays.insert(day);
        works.workdays.insert(day);
        prop_assert!(due(&rests) >= due(&calendar));
        prop_assert!(due(&works) <= due(&calendar));
    }
}
