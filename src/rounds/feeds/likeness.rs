//! When two entries are the same news: by link, or by title.
//!
//! **Links** are compared canonically: no fragment, no tracking parameters, no default port, host in
//! lower case, `http` for `https`, no slash at the end. A link to a site's front page says nothing.
//!
//! **Titles** are compared across sources within seven days, without case, width, punctuation and
//! spaces: equal with at least 6 characters, or with at least 8 characters on both sides and 80 % of
//! their pairs of neighbouring characters in common. In both cases their numerals must be the same, since
//! 第一批 and 第二批 are two things.
//!
//! Within one source they are compared more strictly, for an office repeats its words: within three days,
//! equal with at least 16 characters, or with at least 20 and one is the other with at most 4 more before or
//! behind it (更正, 图). 关于甲镇……的公告 and 关于乙镇……的公告 stay two things, and so does what is
//! announced anew every week.

use std::collections::HashSet;
use std::time::Duration;
use url::Url;

/// How long a title is remembered.
pub const TITLE_SPAN: Duration = Duration::from_hours(168);
/// How long a title of the same source is remembered.
pub const OWN_SPAN: Duration = Duration::from_hours(72);
/// Equal titles must be this long to count, in characters.
const EQUAL_MIN: usize = 6;
/// Near-equal titles must be this long to count.
const NEAR_MIN: usize = 8;
/// Equal titles of one source must be this long to count.
const OWN_EQUAL_MIN: usize = 16;
/// A title of one source that has a little more than another must be this long to count.
const OWN_NEAR_MIN: usize = 20;
/// How much more that may be.
const OWN_MORE: usize = 4;

/// Parameters that tell where a reader came from, and nothing about what is read.
const TRACKING: [&str; 14] = [
    "spm",
    "scm",
    "from",
    "fr",
    "ref",
    "source",
    "share",
    "share_token",
    "fbclid",
    "gclid",
    "yclid",
    "mc_cid",
    "mc_eid",
    "isappinstalled",
];

/// The link as it is kept and shown: fragment and tracking parameters dropped. Other text as it is.
#[must_use]
pub fn canonical(link: &str) -> String {
    let Ok(mut url) = Url::parse(link) else { return link.to_owned() };
    // Pages that are chosen by the fragment begin it with `!` or `/`.
    if !url.fragment().is_some_and(|f| f.starts_with(['!', '/'])) {
        url.set_fragment(None);
    }
    if let Some(query) = url.query() {
        let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
        let tracks = |n: &str| n.starts_with("utm_") || TRACKING.contains(&n);
        let kept: Vec<_> =
            query.split('&').filter(|p| !p.is_empty() && !tracks(&name(p))).collect();
        let kept = kept.join("&");
        url.set_query((!kept.is_empty()).then_some(&kept));
    }
    url.to_string()
}

/// The ways in which the same canonical link may have been kept; empty when the link says nothing.
#[must_use]
pub fn twins(link: &str) -> Vec<String> {
    let Ok(url) = Url::parse(link) else { return Vec::new() };
    if url.path() == "/" && url.query().is_none() && url.fragment().is_none() {
        return Vec::new();
    }
    let mut found = vec![link.to_owned()];
    let slashed: Vec<String> = match (url.query(), link.strip_suffix('/')) {
        (None, Some(bare)) => vec![bare.to_owned()],
        (None, None) => vec![format!("{link}/")],
        (Some(_), _) => Vec::new(),
    };
    found.extend(slashed);
    let other = |l: &String| match l.strip_prefix("https://") {
        Some(rest) => format!("http://{rest}"),
        None => l.replacen("http://", "https://", 1),
    };
    let others: Vec<_> = found.iter().map(other).collect();
    found.extend(others);
    found
}

/// A title made comparable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Likely {
    letters: Vec<char>,
    numerals: String,
    pairs: HashSet<(char, char)>,
}

impl Likely {
    /// Makes `title` comparable.
    #[must_use]
    pub fn of(title: &str) -> Self {
        let letters: Vec<char> = title
            .chars()
            .map(narrow)
            .flat_map(char::to_lowercase)
            .filter(|c| c.is_alphanumeric())
            .collect();
        let numeral =
            |c: &&char| c.is_numeric() || "零〇一二三四五六七八九十百千万两".contains(**c);
        let numerals = letters.iter().filter(numeral).collect();
        let pairs = letters.windows(2).map(|w| (w[0], w[1])).collect();
        Self { letters, numerals, pairs }
    }

    /// True when both name the same news.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        if self.numerals != other.numerals {
            return false;
        }
        if self.letters == other.letters {
            return self.letters.len() >= EQUAL_MIN;
        }
        let shared = self.pairs.intersection(&other.pairs).count();
        let all = self.pairs.len() + other.pairs.len() - shared;
        self.letters.len().min(other.letters.len()) >= NEAR_MIN && shared * 10 >= all * 8
    }
}

impl Likely {
    /// True when a source that says the one has said the other anew.
    #[must_use]
    pub fn is_again(&self, other: &Self) -> bool {
        let (mut long, mut short) = (&self.letters, &other.letters);
        if long.len() < short.len() {
            std::mem::swap(&mut long, &mut short);
        }
        let contains = long.starts_with(short) || long.ends_with(short);
        let least = if long.len() == short.len() { OWN_EQUAL_MIN } else { OWN_NEAR_MIN };
        self.numerals == other.numerals
            && contains
            && short.len() >= least
            && long.len() - short.len() <= OWN_MORE
    }
}

/// Full-width letters and digits as ordinary ones.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}
