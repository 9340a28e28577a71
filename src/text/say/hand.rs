//! What is said about posts that a person brings to a group: to whoever keeps it, to their deputy, to staff.

use super::bot::{time_en, time_zh};
use crate::model::Lang;
use crate::text::Speak;
use chrono::NaiveDateTime;

/// What somebody is told who brings posts to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandSays {
    /// Whoever keeps the group is asked.
    Ask {
        /// What is to be brought where.
        what: Errand,
        /// When they are reminded.
        remind: NaiveDateTime,
    },
    /// They are asked once more.
    Again {
        /// What is to be brought where.
        what: Errand,
        /// When others are asked.
        until: NaiveDateTime,
        /// The deputy, where there is one.
        deputy: Option<String>,
    },
    /// Their deputy is asked.
    Deputy {
        /// What is to be brought where.
        what: Errand,
        /// Who keeps the group.
        keeper: String,
        /// When staff are told.
        until: NaiveDateTime,
    },
    /// Staff are told that nobody has done it.
    Nobody {
        /// What is to be brought where.
        what: Errand,
        /// Who keeps the group.
        keeper: String,
        /// The deputy, where there is one.
        deputy: Option<String>,
        /// When it is given up.
        until: NaiveDateTime,
    },
    /// Staff are told that whoever is to keep a group is not known.
    Unknown {
        /// The group.
        group: String,
        /// What the configuration calls them.
        keeper: String,
    },
    /// The post was taken back before it was brought there.
    CalledOff(Errand),
    /// The post was taken back after it was brought there.
    TakeBack {
        /// What was brought where.
        what: Errand,
        /// When.
        at: NaiveDateTime,
    },
    /// What stands on the button that opens the page.
    Open,
}

/// What is to be brought where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// The title of the post.
    pub title: String,
    /// What people call the group.
    pub group: String,
    /// When an earlier edition was brought there, if one was.
    pub corrects: Option<NaiveDateTime>,
}

impl Speak for HandSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &HandSays) -> String {
    use HandSays as S;
    match says {
        S::Ask { what, remind } => format!(
            "请把《{}》发到“{}”。{}\n打开下面的页面，复制文字、保存海报，发到群里以后点“已发到群里”。到 {} 还没有发，会提醒您一次。",
            what.title,
            what.group,
            corrects_zh(what),
            time_zh(*remind)
        ),
        S::Again { what, until, deputy } => format!(
            "《{}》还没有发到“{}”。发过了请在页面上点“已发到群里”；这次不发，也请在页面上说明。到 {} 仍未处理，将{}。",
            what.title,
            what.group,
            time_zh(*until),
            match deputy {
                Some(deputy) => format!("请{deputy}代发"),
                None => "告知编辑".into(),
            }
        ),
        S::Deputy { what, keeper, until } => format!(
            "{keeper}还没有把《{}》发到“{}”，请您代发。{}\n打开下面的页面，复制文字、保存海报，发到群里以后点“已发到群里”。到 {} 仍未处理，将告知编辑。",
            what.title,
            what.group,
            corrects_zh(what),
            time_zh(*until)
        ),
        S::Nobody { what, keeper, deputy, until } => format!(
            "《{}》还没有人发到“{}”（转发人：{keeper}{}）。{}\n请联系他们，或打开下面的页面代发。到 {} 仍未处理，将记为没有送达。",
            what.title,
            what.group,
            deputy.as_ref().map(|d| format!("、{d}")).unwrap_or_default(),
            corrects_zh(what),
            time_zh(*until)
        ),
        S::Unknown { group, keeper } => format!(
            "群“{group}”的转发人“{keeper}”还联系不上：请让本人打开邀请链接（管理员发送 /邀请 转发人），再在配置里把 keeper 写成 /人员 中显示的姓名或编号。"
        ),
        S::CalledOff(what) => {
            format!("《{}》已撤回，不用再发到“{}”了。", what.title, what.group)
        }
        S::TakeBack { what, at } => format!(
            "《{}》已撤回，而它在 {} 已发到“{}”。发出不到两分钟的，请在群里长按那条消息，点“撤回”；超过两分钟的，请在群里说明：“刚才发的《{}》已撤回，请以后续通知为准。”",
            what.title,
            time_zh(*at),
            what.group,
            what.title
        ),
        S::Open => "打开转发页面".into(),
    }
}

fn corrects_zh(what: &Errand) -> String {
    let says = |at| {
        format!(
            "\n这是更正：前一版已在 {} 发到群里。发出不到两分钟的请先撤回，否则请直接发更正。",
            time_zh(at)
        )
    };
    what.corrects.map(says).unwrap_or_default()
}

fn en(says: &HandSays) -> String {
    use HandSays as S;
    match says {
        S::Ask { what, remind } => format!(
            "Please bring “{}” to the group “{}”.{}\nOpen the page below, copy the text, save the poster, post both in the group, and tap “It is in the group”. If it is not there on {}, you are reminded once.",
            what.title,
            what.group,
            corrects_en(what),
            time_en(*remind)
        ),
        S::Again { what, until, deputy } => format!(
            "“{}” is not in the group “{}” yet. If you have posted it, tap “It is in the group” on the page; if it is not to be posted, say so there. On {} {}.",
            what.title,
            what.group,
            time_en(*until),
            match deputy {
                Some(deputy) => format!("{deputy} is asked instead"),
                None => "the editors are told".into(),
            }
        ),
        S::Deputy { what, keeper, until } => format!(
            "{keeper} has not brought “{}” to the group “{}”: please do it.{}\nOpen the page below, copy the text, save the poster, post both in the group, and tap “It is in the group”. On {} the editors are told.",
            what.title,
            what.group,
            corrects_en(what),
            time_en(*until)
        ),
        S::Nobody { what, keeper, deputy, until } => format!(
            "Nobody has brought “{}” to the group “{}” ({keeper}{} should).{}\nPlease ask them, or do it on the page below. On {} it is given up.",
            what.title,
            what.group,
            deputy.as_ref().map(|d| format!(" or {d}")).unwrap_or_default(),
            corrects_en(what),
            time_en(*until)
        ),
        S::Unknown { group, keeper } => format!(
            "“{keeper}”, who is to keep the group “{group}”, cannot be reached: have them follow an invitation (an administrator sends /invite keeper), and write as `keeper` in the configuration the name or code that /staff shows."
        ),
        S::CalledOff(what) => format!(
            "“{}” was taken back: do not bring it to the group “{}” any more.",
            what.title, what.group
        ),
        S::TakeBack { what, at } => format!(
            "“{}” was taken back, and is in the group “{}” since {}. Within two minutes you can recall it there: press it long, then “Recall”. Later than that, please write there: “What was posted as “{}” no longer holds; please wait for the next notice.”",
            what.title,
            what.group,
            time_en(*at),
            what.title
        ),
        S::Open => "Open the page".into(),
    }
}

fn corrects_en(what: &Errand) -> String {
    let says = |at| {
        format!(
            "\nThis is a correction: an earlier edition is in the group since {}. Recall that within two minutes; later than that, just post the correction.",
            time_en(at)
        )
    };
    what.corrects.map(says).unwrap_or_default()
}

/// How it stands with a post in a group to which people bring it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandLine {
    /// The group.
    pub group: String,
    /// Whether it is there.
    pub stands: HandStands,
    /// How often its page was opened by the group's code.
    pub opened: u64,
    /// How many suggestions came by the group's code.
    pub answered: u64,
}

/// Whether a post is in a group to which people bring it; local times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandStands {
    /// It waits for somebody, who was asked last.
    Waits {
        /// Who; nobody alone, where staff were told.
        who: Option<String>,
        /// Since when.
        since: NaiveDateTime,
    },
    /// Somebody has brought it there.
    Posted {
        /// Who.
        by: String,
        /// When.
        at: NaiveDateTime,
    },
    /// Somebody decided that it is not brought there.
    Skipped {
        /// Who.
        by: String,
        /// When.
        at: NaiveDateTime,
        /// Why.
        reason: String,
    },
    /// It was not brought there.
    Not,
}

impl Speak for HandLine {
    fn say(&self, lang: Lang) -> String {
        let (group, opened, answered) = (&self.group, self.opened, self.answered);
        let stands = self.stands.say(lang);
        match lang {
            Lang::Zh => format!("{group}　{stands}；扫码打开 {opened} 次，回复 {answered} 条"),
            Lang::En => format!(
                "{group}: {stands}; opened {opened} times by its code, answered {answered} times"
            ),
        }
    }
}

impl Speak for HandStands {
    fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Waits { who: Some(who), since }, Lang::Zh) => {
                format!("{} 起等{who}转发", time_zh(*since))
            }
            (Self::Waits { who: None, since }, Lang::Zh) => {
                format!("{} 起等人转发", time_zh(*since))
            }
            (Self::Posted { by, at }, Lang::Zh) => format!("{} 由{by}发到群里", time_zh(*at)),
            (Self::Skipped { by, at, reason }, Lang::Zh) => {
                format!("{} {by}决定不发：{reason}", time_zh(*at))
            }
            (Self::Not, Lang::Zh) => "没有发到群里".into(),
            (Self::Waits { who: Some(who), since }, Lang::En) => {
                format!("waits for {who} since {}", time_en(*since))
            }
            (Self::Waits { who: None, since }, Lang::En) => {
                format!("waits for somebody since {}", time_en(*since))
            }
            (Self::Posted { by, at }, Lang::En) => {
                format!("brought there by {by} on {}", time_en(*at))
            }
            (Self::Skipped { by, at, reason }, Lang::En) => {
                format!("left out by {by} on {}: {reason}", time_en(*at))
            }
            (Self::Not, Lang::En) => "not brought there".into(),
        }
    }
}

/// Why something is not as somebody said who brings posts to a group; what they do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandRefusal {
    /// Somebody else was faster.
    Faster {
        /// Who.
        by: String,
        /// When, local time.
        at: NaiveDateTime,
    },
    /// It is not owed any more.
    Over,
    /// It is too late to take back what was said.
    TooLateToUndo,
    /// Why it is not brought there was not said.
    NoReason,
}

impl Speak for HandRefusal {
    fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Faster { by, at }, Lang::Zh) => {
                format!("{by}快了一步，已在 {} 处理了，您不用再发。", time_zh(*at))
            }
            (Self::Over, Lang::Zh) => "这一条已经不用再发了，请看下面的说明。".into(),
            (Self::TooLateToUndo, Lang::Zh) => {
                "已经超过可以撤销的时间。如果其实没有发，请告诉编辑。".into()
            }
            (Self::NoReason, Lang::Zh) => "请写一句不发的原因，编辑会看到。".into(),
            (Self::Faster { by, at }, Lang::En) => format!(
                "{by} was faster and has dealt with it on {}: there is nothing left to do.",
                time_en(*at)
            ),
            (Self::Over, Lang::En) => {
                "This need not be posted any more; see below how it stands.".into()
            }
            (Self::TooLateToUndo, Lang::En) => {
                "It is too late to take this back. If it is not in the group after all, tell an editor."
                    .into()
            }
            (Self::NoReason, Lang::En) => {
                "Please say in a few words why it is not posted; the editors read it.".into()
            }
        }
    }
}
