//! A time that somebody is to check before something happens then: with its weekday, and its year where that is
//! not the year in which it is read.

use chrono::{Datelike as _, NaiveDateTime, Weekday};

/// A local time, and when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayTime {
    /// The time.
    pub at: NaiveDateTime,
    /// When it is read, local time.
    pub read: NaiveDateTime,
}

impl DayTime {
    /// As Chinese readers write it.
    pub(super) fn zh(self) -> String {
        let year = if self.is_another_year() { "%Y年" } else { "" };
        let day = match self.at.weekday() {
            Weekday::Mon => "一",
            Weekday::Tue => "二",
            Weekday::Wed => "三",
            Weekday::Thu => "四",
            Weekday::Fri => "五",
            Weekday::Sat => "六",
            Weekday::Sun => "日",
        };
        self.at.format(&format!("{year}%-m月%-d日（周{day}）%H:%M")).to_string()
    }

    /// As English readers write it.
    pub(super) fn en(self) -> String {
        let year = if self.is_another_year() { " %Y" } else { "" };
        self.at.format(&format!("%A %-d %B{year} %H:%M")).to_string()
    }

    fn is_another_year(self) -> bool {
        self.at.year() != self.read.year()
    }
}
