//! What became of a mass sending (`MASSSENDJOBFINISH`) or a publication (`PUBLISHJOBFINISH`), as the platform tells
//! it by a call when the work is done.
//!
//! A telling has no name of its own: it is known by the work that it is about and by how that ended, so that the
//! same ending told three times is one, and a page that is closed later is another.

use crate::connector::xml;
use crate::model::{Became, Cause, Matter, Reach};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// How much of what the platform says is kept.
const WORDS_MAX: usize = 200;
/// The longest name of a sending or a publication.
const NAME_MAX: usize = 64;
/// The longest address of an article.
const PAGE_MAX: usize = 2_048;

/// What was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// The name of the telling.
    pub event: String,
    /// Our name for what it is about.
    pub message: String,
    /// What became of that.
    pub became: Became,
}

/// Our name for a publication: its numbers are not those of sendings.
pub(super) fn publication(name: &str) -> String {
    format!("p{name}")
}

/// What a message is to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// It tells of such work.
    Job(Job),
    /// It tells of such work, and nothing that we can use.
    Nothing,
    /// It is about something else.
    Other,
}

/// What a message tells of such work.
pub(super) fn read(message: &[u8]) -> Read {
    let text = std::str::from_utf8(message).ok();
    let Some(said) = text.and_then(|text| xml::read(text).ok()).map(Said) else {
        return Read::Other;
    };
    if said.get("MsgType") != "event" {
        return Read::Other;
    }
    let (name, became) = match said.get("Event") {
        "MASSSENDJOBFINISH" => {
            let name = [said.get("MsgID"), said.get("MsgId")].into_iter().find(|n| !n.is_empty());
            (name.unwrap_or_default().to_owned(), Some(said.sending()))
        }
        "PUBLISHJOBFINISH" => {
            let name = said.get("PublishEventInfo/publish_id");
            (if name.is_empty() { String::new() } else { publication(name) }, said.publication())
        }
        _ => return Read::Other,
    };
    if name.is_empty() || name.len() > NAME_MAX {
        tracing::warn!("a call tells of work that it does not name, and was left out");
        return Read::Nothing;
    }
    let parts = [said.get("Event"), name.as_str(), said.get("CreateTime"), said.ending()];
    let event = named(&parts);
    became.map_or(Read::Nothing, |became| Read::Job(Job { event, message: name, became }))
}

/// The name of a telling.
fn named(parts: &[&str]) -> String {
    let hash = Sha256::digest(parts.join("\n"));
    hash[..16].iter().fold("j".to_owned(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

/// All that a call says, by its paths.
struct Said(Vec<(String, String)>);

impl Said {
    fn get(&self, path: &str) -> &str {
        self.0.iter().find(|(p, _)| p == path).map_or("", |(_, text)| text.trim())
    }

    fn count(&self, path: &str) -> Option<u64> {
        self.get(path).parse().ok()
    }

    fn ending(&self) -> &str {
        match self.get("Status") {
            "" => self.get("PublishEventInfo/publish_status"),
            status => status,
        }
    }

    /// How a sending ended: `Status`, and the counts of followers.
    fn sending(&self) -> Became {
        let status = self.get("Status");
        if matches!(status, "send success" | "sendsuccess") {
            let reach = Reach {
                meant: self.count("FilterCount").or_else(|| self.count("TotalCount")),
                reached: self.count("SentCount"),
                missed: self.count("ErrorCount"),
                page: self.page("ArticleUrlResult/ResultList/item/ArticleUrl"),
            };
            let nobody = reach.reached == Some(0) && reach.missed.is_some_and(|n| n > 0);
            if nobody {
                return Became::Refused(Cause::NobodyReached);
            }
            return Became::Out(reach);
        }
        let number = status.strip_prefix("err(").and_then(|rest| rest.split(')').next());
        let cause = match number.unwrap_or(status) {
            "send fail" | "sendfail" | "" if self.get("CopyrightCheckResult/CheckState") == "3" => {
                Cause::Copied
            }
            "send fail" | "sendfail" | "" => Cause::Failed,
            "10001" => Cause::Content(Matter::Advertising),
            "20001" => Cause::Content(Matter::Politics),
            "20002" => Cause::Content(Matter::Pornography),
            "20004" => Cause::Content(Matter::Society),
            "20006" => Cause::Content(Matter::Crime),
            "20008" => Cause::Content(Matter::Fraud),
            "20013" => Cause::Content(Matter::Copyright),
            "22000" => Cause::Content(Matter::MutualPromotion),
            "21000" => Cause::Content(Matter::Other),
            "30001" | "30002" | "30003" => Cause::Copied,
            "40001" => Cause::AdminRefused,
            "40002" => Cause::AdminSilent,
            _ => Cause::Other(status.chars().take(WORDS_MAX).collect()),
        };
        Became::Refused(cause)
    }

    /// How a publication ended: `publish_status`; `None` while it has not.
    fn publication(&self) -> Option<Became> {
        let status = self.get("PublishEventInfo/publish_status");
        Some(match status {
            "0" => {
                let page = self.page("PublishEventInfo/article_detail/item/article_url");
                Became::Out(Reach { page, ..Reach::default() })
            }
            "1" => return None,
            "2" => Became::Refused(Cause::Copied),
            "3" => Became::Refused(Cause::Failed),
            "4" => Became::Refused(Cause::Content(Matter::Unsaid)),
            "5" => Became::TakenAway,
            "6" => Became::Refused(Cause::Closed),
            other => {
                let words: String = other.chars().take(WORDS_MAX).collect();
                Became::Refused(Cause::Other(format!("publish_status {words}")))
            }
        })
    }

    /// The address of our one article.
    fn page(&self, path: &str) -> Option<String> {
        let page = self.get(path);
        let fits = page.len() <= PAGE_MAX && crate::text::html::may_link(page);
        fits.then(|| page.to_owned())
    }
}
