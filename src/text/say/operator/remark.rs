//! One thing to mend, or to think about, in a configuration: where it stands, and what is wrong.

use super::ConfigSays;
use crate::model::Lang;
use crate::text::Speak;

/// One thing to mend, or to think about, in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemarkSays {
    /// Where it stands.
    pub place: PlaceSays,
    /// The key, with its sections: `topic.schedule`; empty where the text as a whole cannot be read.
    pub key: String,
    /// What is wrong.
    pub what: ConfigSays,
    /// What was probably meant.
    pub nearest: Option<String>,
}

/// Where in a configuration something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceSays {
    /// In a line of a file, counted from 1.
    Line(String, usize),
    /// Somewhere in a file.
    File(String),
    /// In a variable of the environment.
    Variable(String),
    /// In a flag of the command line.
    Flag(String),
}

impl Speak for RemarkSays {
    fn say(&self, lang: Lang) -> String {
        let Self { place, key, what, nearest } = self;
        let key = if key.is_empty() { String::new() } else { format!("{key}: ") };
        let meant = match (nearest, lang) {
            (None, _) => String::new(),
            (Some(nearest), Lang::Zh) => format!("；是不是想写“{nearest}”？"),
            (Some(nearest), Lang::En) => format!("; did you mean \"{nearest}\"?"),
        };
        format!("{}: {key}{}{meant}", place.say(lang), what.say(lang))
    }
}

impl std::fmt::Display for RemarkSays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.say(Lang::En))
    }
}

impl Speak for PlaceSays {
    fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Line(file, line), _) => format!("{file}:{line}"),
            (Self::File(file), _) => file.clone(),
            (Self::Variable(name), Lang::Zh) => format!("环境变量 {name}"),
            (Self::Variable(name), Lang::En) => format!("variable {name}"),
            (Self::Flag(name), Lang::Zh) => format!("选项 {name}"),
            (Self::Flag(name), Lang::En) => format!("flag {name}"),
        }
    }
}
