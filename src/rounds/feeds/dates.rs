//! Dates as Chinese list pages write them.

use crate::model::At;
use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// The moment that `text` names, seen from `now`: `2026-01-02 08:30`, `2026年1月2日`, `2026/1/2`,
/// `01-02` (the latest such day that is not to come), `今天 08:30`, `昨天`, `3小时前`, `刚刚`.
///
/// A day without a time is its midnight in `zone`. `None` where no date is found.
#[must_use]
pub fn page_date(text: &str, now: At, zone: Tz) -> Option<At> {
    let local = now.utc().with_timezone(&zone).naive_local();
    if let Some(span) = ago(text) {
        return Some(At::from(now.utc() - span));
    }
    let day = relative(text, local.date()).or_else(|| written(text, local.date()))?;
    let time = clock(text).unwrap_or(NaiveTime::MIN);
    moment(day.and_time(time), zone)
}

fn moment(local: NaiveDateTime, zone: Tz) -> Option<At> {
    let found: Option<DateTime<Tz>> = zone.from_local_datetime(&local).earliest();
    found.map(|t| At::from(t.with_timezone(&Utc)))
}

fn ago(text: &str) -> Option<Duration> {
    if text.contains("刚刚") {
        return Some(Duration::zero());
    }
    for (unit, seconds) in
        [("秒前", 1), ("分钟前", 60), ("小时前", 3600), ("天前", 86_400), ("周前", 604_800)]
    {
        let Some(at) = text.find(unit) else { continue };
        let head = text[..at].trim_end().trim_end_matches('个');
        let digits = head.len() - head.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let count: i64 = match &head[head.len() - digits..] {
            "" if head.ends_with('半') && seconds == 3600 => return Some(Duration::minutes(30)),
            number => number.parse().ok()?,
        };
        return count.checked_mul(seconds).and_then(Duration::try_seconds);
    }
    None
}

fn relative(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let back = [("今天", 0), ("今日", 0), ("昨天", 1), ("昨日", 1), ("前天", 2)];
    let (_, days) = back.iter().find(|(word, _)| text.contains(word))?;
    today.checked_sub_signed(Duration::days(*days))
}

/// Numbers of the text with what follows each; the first that make a date are it.
#[expect(clippy::many_single_char_names, reason = "year, month and day, and what joins them")]
fn written(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let numbers = numbers(text);
    let joins = |c: Option<char>| matches!(c, Some('-' | '/' | '.' | '年' | '月'));
    for window in numbers.windows(3) {
        let [(y, a), (m, b), (d, _)] = *window else { continue };
        let year = if (10..100).contains(&y) { 2000 + y } else { y };
        if joins(a) && joins(b) && (1970..=2200).contains(&year) {
            let year = i32::try_from(year).ok()?;
            if let Some(date) = NaiveDate::from_ymd_opt(year, m, d) {
                return Some(date);
            }
        }
    }
    for (n, digits) in numbers.iter().map(|(n, _)| (*n, n.to_string())) {
        // 20260102, as in paths and terse lists.
        if digits.len() == 8 {
            let year = i32::try_from(n / 10_000).ok()?;
            let date = NaiveDate::from_ymd_opt(year, n / 100 % 100, n % 100);
            if let Some(date) = date.filter(|d| (1970..=2200).contains(&d.year())) {
                return Some(date);
            }
        }
    }
    for window in numbers.windows(2) {
        let [(m, a), (d, b)] = *window else { continue };
        if joins(a) && b != Some('年') {
            let this = NaiveDate::from_ymd_opt(today.year(), m, d);
            // A day in the time to come was last year's; a day's grace for other time zones.
            let limit = today + Duration::days(1);
            let date = match this {
                Some(date) if date <= limit => Some(date),
                _ => NaiveDate::from_ymd_opt(today.year() - 1, m, d),
            };
            if date.is_some() {
                return date;
            }
        }
    }
    None
}

fn numbers(text: &str) -> Vec<(u32, Option<char>)> {
    let mut found = Vec::new();
    let mut digits = String::new();
    for c in text.chars().map(Some).chain([None]) {
        match c {
            Some(c) if c.is_ascii_digit() => digits.push(c),
            Some(' ') if !digits.is_empty() && text.contains('年') => {}
            c => {
                if let Ok(n) = digits.parse() {
                    found.push((n, c));
                }
                digits.clear();
            }
        }
    }
    found
}

fn clock(text: &str) -> Option<NaiveTime> {
    let text = text.replace('：', ":");
    for (at, _) in text.match_indices(':') {
        let hour: String = text[..at].chars().rev().take_while(char::is_ascii_digit).collect();
        let minute: String = text[at + 1..].chars().take_while(char::is_ascii_digit).collect();
        let hour = hour.chars().rev().collect::<String>().parse();
        if let (Ok(hour), Ok(minute)) = (hour, minute.parse())
            && let Some(time) = NaiveTime::from_hms_opt(hour, minute, 0)
        {
            return Some(time);
        }
    }
    None
}
