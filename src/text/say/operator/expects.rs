//! What has to be written as the value of a key.

use crate::model::Lang;
use crate::text::Speak;

/// What has to be written as the value of a key, as it reads behind "expected" and "is not".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expects {
    /// Letters.
    Text,
    /// A name that stands in commands, addresses and variables.
    Name,
    /// A number without a fraction.
    Whole,
    /// A span of time.
    Span,
    /// An address of this machine and a port.
    Listen,
    /// A time zone.
    Zone,
    /// The address of a site.
    Site,
    /// Somebody on a platform.
    Person,
    /// One of these words.
    OneOf(Vec<&'static str>),
    /// What becomes of a missed digest.
    Missed,
    /// The address of a source.
    Source,
    /// A CSS selector.
    Selector,
    /// A SHA-256.
    Hash,
    /// Working days, or days.
    Days,
    /// The name of a label and what people call it.
    Label,
    /// A day, or several in a row.
    DaysInARow,
    /// The platform's name for a group chat.
    ChatId,
}

impl Speak for Expects {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(expects: &Expects) -> String {
    match expects {
        Expects::Text => "引号中的文字".into(),
        Expects::Name => "由小写字母、数字和短横组成的名称".into(),
        Expects::Whole => "整数".into(),
        Expects::Span => "时长，如 \"30s\"、\"10m\"、\"2h\" 或 \"7d\"".into(),
        Expects::Listen => "地址和端口，如 \"127.0.0.1:8088\"".into(),
        Expects::Zone => "时区，如 \"Asia/Shanghai\"".into(),
        Expects::Site => "网址，如 \"https://news.example.org\"".into(),
        Expects::Person => "人员，如 \"telegram:4242\"".into(),
        Expects::OneOf(words) => words_of(words, "、", " 或 "),
        Expects::Missed => "\"skip\"、\"once\" 或 \"within 2h\"".into(),
        Expects::Source => "来源地址：http://…、https://… 或 file:…".into(),
        Expects::Selector => "CSS 选择器，如 \"ul.list li\"".into(),
        Expects::Hash => "64 位十六进制数，即“tongxin seat”给出的那一串".into(),
        Expects::Days => "工作日数，如 \"15wd\"，或天数，如 \"60d\"".into(),
        Expects::Label => "名称和显示的文字，如 \"roads: 道路交通 / roads and traffic\"".into(),
        Expects::ChatId => "1 至 32 个字母或数字".into(),
        Expects::DaysInARow => {
            "引号中的一天，如 \"2026-10-10\"，或连续几天，如 \"2026-10-01..2026-10-07\"".into()
        }
    }
}

fn en(expects: &Expects) -> String {
    match expects {
        Expects::Text => "a text in quotes".into(),
        Expects::Name => "a name of lower-case letters, digits and dashes".into(),
        Expects::Whole => "a whole number".into(),
        Expects::Span => "a span such as \"30s\", \"10m\", \"2h\" or \"7d\"".into(),
        Expects::Listen => "an address and port such as \"127.0.0.1:8088\"".into(),
        Expects::Zone => "a time zone such as \"Asia/Shanghai\"".into(),
        Expects::Site => "an address such as \"https://news.example.org\"".into(),
        Expects::Person => "a person such as \"telegram:4242\"".into(),
        Expects::OneOf(words) => words_of(words, ", ", " or "),
        Expects::Missed => "\"skip\", \"once\" or \"within 2h\"".into(),
        Expects::Source => "an address: http://…, https://… or file:…".into(),
        Expects::Selector => "a CSS selector such as \"ul.list li\"".into(),
        Expects::Hash => "64 hexadecimal digits, as `tongxin seat` prints them".into(),
        Expects::Days => "working days such as \"15wd\", or days such as \"60d\"".into(),
        Expects::Label => {
            "a name and what people call it, such as \"roads: 道路交通 / roads and traffic\"".into()
        }
        Expects::ChatId => "1 to 32 letters or digits".into(),
        Expects::DaysInARow => {
            "a day in quotes such as \"2026-10-10\", or several: \"2026-10-01..2026-10-07\"".into()
        }
    }
}

/// The words in quotes, the last behind `or`.
fn words_of(words: &[&str], between: &str, or: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.as_slice() {
        [some @ .., last] if !some.is_empty() => format!("{}{or}{last}", some.join(between)),
        words => words.concat(),
    }
}
