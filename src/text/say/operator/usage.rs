//! The fixed words of help, and what is said of a command line that cannot be read.

use crate::model::Lang;
use crate::text::Speak;

/// A fixed word of help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HelpSays {
    /// Stands before the line that shows how a command is used.
    Usage,
    /// Heads the commands.
    Commands,
    /// Heads the arguments.
    Arguments,
    /// Heads the options.
    Options,
    /// Heads one example.
    Example,
    /// Heads several examples.
    Examples,
    /// Stands for options in the line that shows how a command is used.
    AnyOptions,
    /// Stands for a command there.
    AnyCommand,
}

impl HelpSays {
    /// The word.
    #[must_use]
    pub const fn word(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Usage, Lang::Zh) => "用法：",
            (Self::Commands | Self::AnyCommand, Lang::Zh) => "命令",
            (Self::Arguments, Lang::Zh) => "参数",
            (Self::Options, Lang::Zh) => "选项",
            (Self::Example | Self::Examples, Lang::Zh) => "示例：",
            (Self::AnyOptions, Lang::Zh) => "[选项]",
            (Self::Usage, Lang::En) => "Usage: ",
            (Self::Commands, Lang::En) => "Commands",
            (Self::Arguments, Lang::En) => "Arguments",
            (Self::Options, Lang::En) => "Options",
            (Self::Example, Lang::En) => "Example:",
            (Self::Examples, Lang::En) => "Examples:",
            (Self::AnyOptions, Lang::En) => "[OPTIONS]",
            (Self::AnyCommand, Lang::En) => "COMMAND",
        }
    }
}

/// What is wrong with a command line. Options and values are as they were typed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum UsageSays {
    NoSuchCommand {
        typed: String,
        nearest: Option<String>,
    },
    NoSuchOption {
        typed: String,
        nearest: Option<String>,
    },
    CommandMissing,
    Missing(Vec<String>),
    ValueMissing {
        option: String,
        known: Vec<String>,
    },
    /// The value is none of those that are known.
    NoSuchValue {
        option: String,
        typed: String,
        known: Vec<String>,
        nearest: Option<String>,
    },
    /// The value has not the form that is needed.
    BadAddress {
        option: String,
        typed: String,
    },
    NotTogether {
        option: String,
        others: Vec<String>,
    },
    OnlyOnce(String),
    TooMany {
        option: String,
        typed: String,
    },
    NotUtf8,
    /// Something else, as the reader of the command line says it.
    Other(String),
}

impl Speak for UsageSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &UsageSays) -> String {
    use UsageSays as S;
    let meant = |nearest: &Option<String>| {
        nearest.as_ref().map_or_else(String::new, |near| format!("是不是想用“{near}”？"))
    };
    match says {
        S::NoSuchCommand { typed, nearest } => format!("没有“{typed}”这个命令。{}", meant(nearest)),
        S::NoSuchOption { typed, nearest } => {
            format!("这里不能用“{typed}”。{}", meant(nearest))
        }
        S::CommandMissing => "请写明要运行的命令。".into(),
        S::Missing(what) => format!("缺少 {}。", what.join("、")),
        S::ValueMissing { option, known } if known.is_empty() => format!("{option} 需要一个值。"),
        S::ValueMissing { option, known } => {
            format!("{option} 需要一个值，可用：{}。", known.join("、"))
        }
        S::NoSuchValue { option, typed, known, nearest } => format!(
            "“{typed}”不能用作 {option} 的值，可用：{}。{}",
            known.join("、"),
            meant(nearest)
        ),
        S::BadAddress { option, typed } => {
            format!("“{typed}”不能用作 {option} 的值，应为地址和端口，如 127.0.0.1:8088。")
        }
        S::NotTogether { option, others } => {
            format!("{option} 不能与 {} 同时使用。", others.join("、"))
        }
        S::OnlyOnce(option) => format!("{option} 只能写一次。"),
        S::TooMany { option, typed } => format!("{option} 多了一个值“{typed}”。"),
        S::NotUtf8 => "命令行里有不是 UTF-8 编码的文字。".into(),
        S::Other(said) => format!("命令行无法识别。（{said}）"),
    }
}

fn en(says: &UsageSays) -> String {
    use UsageSays as S;
    let meant = |nearest: &Option<String>| {
        nearest.as_ref().map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
    };
    match says {
        S::NoSuchCommand { typed, nearest } => {
            format!("there is no command `{typed}`{}", meant(nearest))
        }
        S::NoSuchOption { typed, nearest } => {
            format!("`{typed}` cannot stand here{}", meant(nearest))
        }
        S::CommandMissing => "a command is missing".into(),
        S::Missing(what) => format!("missing: {}", what.join(", ")),
        S::ValueMissing { option, known } if known.is_empty() => format!("{option} needs a value"),
        S::ValueMissing { option, known } => {
            format!("{option} needs a value: {}", known.join(", "))
        }
        S::NoSuchValue { option, typed, known, nearest } => {
            format!(
                "`{typed}` is no value of {option}; these are: {}{}",
                known.join(", "),
                meant(nearest)
            )
        }
        S::BadAddress { option, typed } => format!(
            "`{typed}` is no value of {option}: it is an address and port such as 127.0.0.1:8088"
        ),
        S::NotTogether { option, others } => {
            format!("{option} cannot stand with {}", others.join(", "))
        }
        S::OnlyOnce(option) => format!("{option} can be given once only"),
        S::TooMany { option, typed } => format!("{option} has a value too many: `{typed}`"),
        S::NotUtf8 => "something in the command line is not UTF-8".into(),
        S::Other(said) => format!("the command line cannot be read: {said}"),
    }
}
