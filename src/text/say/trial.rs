//! What is told of a source that was read on trial.

use super::sources::SourceSays;
use crate::model::Lang;
use crate::text::Speak;
use chrono::NaiveDateTime;

/// A source, as it would be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialSays {
    /// Where it was read.
    pub url: String,
    /// What it is: `RSS 2.0`, `Atom`, `JSON Feed`, `page`.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// How it is encoded.
    pub encoding: String,
    /// Where it has moved for good.
    pub moved: Option<String>,
    /// What it lists, the newest first.
    pub entries: Vec<TrialLine>,
    /// How many entries say nothing and would be left out.
    pub blank: usize,
}

/// One entry of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialLine {
    /// Its title.
    pub title: String,
    /// Where it can be read.
    pub link: String,
    /// When it was published, local time.
    pub published: Option<NaiveDateTime>,
    /// The head of its text, or why its page could not be read.
    pub text: Result<String, SourceSays>,
    /// Whether it would count as new.
    pub standing: TrialStanding,
}

/// Whether an entry would count as new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrialStanding {
    /// It would.
    New,
    /// It is older than what the first read takes.
    Archive,
    /// It says the same as an entry that we have.
    Known,
}

/// How many entries are told one by one.
const TOLD: usize = 8;

/// How much of an entry's text is told, in characters.
const TEXT_TOLD: usize = 120;

impl Speak for TrialSays {
    fn say(&self, lang: Lang) -> String {
        let mut lines = head(self, lang);
        for entry in self.entries.iter().take(TOLD) {
            let at = entry.published.map(|t| t.format("%Y-%m-%d %H:%M　").to_string());
            let at = at.unwrap_or_default();
            let standing = standing(entry.standing, lang);
            lines.push(format!("{standing}　{at}{}　{}", entry.title, entry.link));
            lines.extend(text(&entry.text, lang));
        }
        let more = self.entries.len().saturating_sub(TOLD);
        match (more, lang) {
            (0, _) => {}
            (n, Lang::Zh) => lines.push(format!("……另有 {n} 条。")),
            (n, Lang::En) => lines.push(format!("… and {n} more.")),
        }
        match (self.blank, lang) {
            (0, _) => {}
            (n, Lang::Zh) => lines.push(format!("{n} 条没有标题、正文和链接，不会采用。")),
            (1, Lang::En) => lines.push("1 entry says nothing and is left out.".to_owned()),
            (n, Lang::En) => lines.push(format!("{n} entries say nothing and are left out.")),
        }
        lines.join("\n")
    }
}

/// The line below an entry: the head of its text.
fn text(text: &Result<String, SourceSays>, lang: Lang) -> Option<String> {
    match (text, lang) {
        (Ok(text), _) if text.is_empty() => None,
        (Ok(text), _) => {
            let head: String = text.chars().take(TEXT_TOLD).collect();
            let more = if head.len() < text.len() { "…" } else { "" };
            Some(format!("　　{head}{more}"))
        }
        (Err(says), Lang::Zh) => Some(format!("　　正文未能读取：{}", says.say(lang))),
        (Err(says), Lang::En) => Some(format!("　　its page was not read: {}", says.say(lang))),
    }
}

fn head(trial: &TrialSays, lang: Lang) -> Vec<String> {
    let TrialSays { url, kind, title, encoding, moved, entries, .. } = trial;
    let new = entries.iter().filter(|e| e.standing == TrialStanding::New).count();
    let all = entries.len();
    let mut lines = match lang {
        Lang::Zh => vec![
            format!("{url}"),
            format!("“{title}”，{kind}，编码 {encoding}，共 {all} 条，首次读取会采用 {new} 条："),
        ],
        Lang::En => vec![
            format!("{url}"),
            format!(
                "“{title}”, {kind}, {encoding}; {all} entries, of which the first read takes {new}:"
            ),
        ],
    };
    match (moved, lang) {
        (None, _) => {}
        (Some(to), Lang::Zh) => lines.push(format!("此来源已永久迁至 {to}，请更新设置。")),
        (Some(to), Lang::En) => {
            lines.push(format!("It has moved to {to} for good; please change the setting."));
        }
    }
    lines
}

const fn standing(standing: TrialStanding, lang: Lang) -> &'static str {
    match (standing, lang) {
        (TrialStanding::New, Lang::Zh) => "新",
        (TrialStanding::Archive, Lang::Zh) => "旧",
        (TrialStanding::Known, Lang::Zh) => "已有",
        (TrialStanding::New, Lang::En) => "new",
        (TrialStanding::Archive, Lang::En) => "old",
        (TrialStanding::Known, Lang::En) => "known",
    }
}
