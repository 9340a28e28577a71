//! What was probably meant by a value that cannot be read, where a likeness of letters does not tell it.

use super::remark::nearest;
use crate::model::Schedule;
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::net::SocketAddr;

/// The zone of all of China, which nobody calls by its name.
const CHINA: Tz = Tz::Asia__Shanghai;

/// A time zone: what Chinese offices call theirs, else the one that is written most alike.
pub(super) fn zone(typed: &str) -> Option<String> {
    const OURS: [&str; 10] = [
        "beijing",
        "peking",
        "china",
        "cst",
        "bjt",
        "utc+8",
        "gmt+8",
        "utc+08:00",
        "+08:00",
        "prc",
    ];
    let folded = typed.to_lowercase();
    let city = folded.rsplit('/').next().unwrap_or_default();
    if OURS.contains(&city) || folded.contains("北京") || folded.contains("中国") {
        return Some(CHINA.name().to_owned());
    }
    nearest(typed, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()))
}

/// A schedule: `8:30` stands for a time of day, six fields begin with seconds, weekdays have three letters.
pub(super) fn schedule(typed: &str) -> Option<String> {
    let fields: Vec<&str> = typed.split_whitespace().collect();
    let guess = match fields.as_slice() {
        [time] | ["daily" | "每天", time] if time.contains([':', '：']) => {
            let (hour, minute) = time.split_once([':', '：'])?;
            let number = |text: &str| text.parse::<u8>().ok();
            format!("{} {} * * *", number(minute)?, number(hour)?)
        }
        [_, rest @ ..] | rest if rest.len() == 5 => short_days(rest),
        [word, number] if word.eq_ignore_ascii_case("every") => format!("every {number}m"),
        [word] => format!("@{word}"),
        _ => return None,
    };
    let sound = guess != typed && Schedule::parse(&guess, CHINA).is_ok();
    sound.then_some(guess)
}

/// The fields, weekdays that are written out cut to their three letters.
fn short_days(fields: &[&str]) -> String {
    const DAYS: [&str; 7] =
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let short = |field: &&str| {
        DAYS.iter().fold(field.to_lowercase(), |text, day| text.replace(day, &day[..3]))
    };
    fields.iter().map(short).collect::<Vec<_>>().join(" ")
}

/// A span: a bare number counts seconds, a unit that is written out has one letter.
pub(super) fn span(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let end = typed.find(|c: char| !c.is_ascii_digit()).unwrap_or(typed.len());
    let (number, unit) = (&typed[..end], typed[end..].trim().to_lowercase());
    let unit = match unit.as_str() {
        "" | "秒" => 's',
        "分" | "分钟" => 'm',
        "时" | "小时" => 'h',
        "天" | "日" => 'd',
        _ => {
            let known = ["seconds", "minutes", "hours", "days"];
            known.iter().find(|known| known.starts_with(&unit))?.chars().next()?
        }
    };
    (!number.is_empty()).then(|| format!("{number}{unit}"))
}

/// Days: a bare number counts working days, units may be written out.
pub(super) fn days(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let end = typed.find(|c: char| !c.is_ascii_digit()).unwrap_or(typed.len());
    let (number, unit) = (&typed[..end], typed[end..].trim().to_lowercase());
    let unit = match unit.as_str() {
        "" => "wd",
        unit if unit.starts_with('w') || unit.contains("工作") => "wd",
        unit if unit.starts_with("day") || unit.ends_with(['天', '日']) => "d",
        _ => return None,
    };
    (!number.is_empty()).then(|| format!("{number}{unit}"))
}

/// Days in a row: as Chinese and others write dates, and what stands between the first and the last.
pub(super) fn row_of_days(typed: &str) -> Option<String> {
    let bare = typed.replace("..", "至");
    let days: Vec<String> = bare.split(['至', '到', '~', '～', '—']).filter_map(day).collect();
    match days.as_slice() {
        [day] => Some(day.clone()),
        [first, last] => Some(format!("{first}..{last}")),
        _ => None,
    }
}

fn day(typed: &str) -> Option<String> {
    let forms = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"];
    let read = |form: &&str| NaiveDate::parse_from_str(typed.trim(), form).ok();
    forms.iter().find_map(read).map(|day| day.to_string())
}

/// An address and port: a name of this machine, or the port alone, stand for its loopback.
pub(super) fn listen(typed: &str) -> Option<String> {
    let (host, port) = typed.rsplit_once(':').unwrap_or(("", typed));
    let near = matches!(host, "" | "localhost" | "*");
    let port: u16 = port.parse().ok().filter(|_| near)?;
    Some(SocketAddr::from(([127, 0, 0, 1], port)).to_string())
}

/// The address of a site, where its beginning is missing.
pub(super) fn site(typed: &str) -> Option<String> {
    let bare =
        !typed.contains("://") && typed.contains('.') && !typed.contains(char::is_whitespace);
    bare.then(|| format!("https://{}", typed.trim_end_matches('/')))
}
