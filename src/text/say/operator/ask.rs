//! What somebody at a terminal is asked who adds or removes an account.

use crate::model::{Lang, Platform};
use crate::text::Speak;
use crate::text::say::{StepsPart, StepsSays, need, platform_name};

/// A question, or what is said before some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskSays {
    /// What is to be done at the platform first.
    Before(StepsSays),
    /// What is to be done now that it is written.
    After(StepsSays),
    /// The value of a key.
    Value {
        /// Of which platform.
        platform: Platform,
        /// The key.
        key: &'static str,
        /// What nothing means.
        empty: EmptySays,
    },
    /// These topics are there.
    Topics(Vec<String>),
    /// What was given cannot be used: why.
    NotThat(String),
    /// It did not work: try again, change a value (these), or give up.
    Again(Vec<&'static str>),
    /// Whether an account shall be taken out.
    Remove(String),
}

/// What an empty answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmptySays {
    /// Nothing: it has to be given.
    Must,
    /// It is left out.
    None,
    /// It is made up here.
    Made,
    /// This.
    Default(String),
}

impl Speak for AskSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &AskSays) -> String {
    let l = Lang::Zh;
    match says {
        AskSays::Before(steps) => {
            format!("接入{}：\n{}\n", platform_name(steps.platform, l), steps.say(l))
        }
        AskSays::After(steps) => format!("接下来：\n{}", steps.say(l)),
        AskSays::Value { platform, key, empty } => {
            let what = need(Some(*platform), key, l).unwrap_or(key);
            let empty = match empty {
                EmptySays::Must => String::new(),
                EmptySays::None => "，没有就直接回车".to_owned(),
                EmptySays::Made => "，直接回车则自动生成".to_owned(),
                EmptySays::Default(default) => format!("，直接回车则为 {default}"),
            };
            format!("{key}：{what}{empty}\n> ")
        }
        AskSays::Topics(known) if known.is_empty() => "（配置里还没有栏目。）".into(),
        AskSays::Topics(known) => format!("（现有栏目：{}）", known.join("、")),
        AskSays::NotThat(why) => format!("{why}。请重新输入。"),
        AskSays::Again(keys) => format!(
            "改好后直接回车再试一次；要重填某一项，输入它的名称（{}）；放弃请输入 q。\n> ",
            keys.join("、")
        ),
        AskSays::Remove(account) => format!("确定删去“{account}”吗？确定请输入 yes。\n> "),
    }
}

fn en(says: &AskSays) -> String {
    let l = Lang::En;
    match says {
        AskSays::Before(steps) => {
            format!(
                "how to connect one ({}):\n{}\n",
                platform_name(steps.platform, l),
                steps.say(l)
            )
        }
        AskSays::After(steps) => format!("what comes next:\n{}", steps.say(l)),
        AskSays::Value { platform, key, empty } => {
            let what = need(Some(*platform), key, l).unwrap_or(key);
            let empty = match empty {
                EmptySays::Must => String::new(),
                EmptySays::None => "; Enter for none".to_owned(),
                EmptySays::Made => "; Enter to have one made up".to_owned(),
                EmptySays::Default(default) => format!("; Enter for {default}"),
            };
            format!("{key}: {what}{empty}\n> ")
        }
        AskSays::Topics(known) if known.is_empty() => "(there are no topics yet)".into(),
        AskSays::Topics(known) => format!("(topics: {})", known.join(", ")),
        AskSays::NotThat(why) => format!("{why}; try again"),
        AskSays::Again(keys) => format!(
            "Enter tries again, once it is mended; the name of a key gives it anew ({}); q gives up\n> ",
            keys.join(", ")
        ),
        AskSays::Remove(account) => format!("take \"{account}\" out? Type yes.\n> "),
    }
}

impl AskSays {
    /// The steps before, and after.
    #[must_use]
    pub fn steps(platform: Platform, part: StepsPart, hook: String) -> Self {
        let steps = StepsSays { platform, part, hook };
        match part {
            StepsPart::Before => Self::Before(steps),
            StepsPart::After => Self::After(steps),
        }
    }
}
