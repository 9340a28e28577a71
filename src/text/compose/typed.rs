//! What an editor types: an article, or an explainer of labelled lines.

use super::super::Speak;
use super::super::html::may_link;
use super::super::markdown::parse_markdown;
use super::super::say::post::PostWord;
use crate::model::{Content, Explainer, Lang};

/// Why a text is no article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArticleMistake {
    /// There is nothing in it.
    #[error("the text is empty")]
    Empty,
    /// There is a title and nothing under it.
    #[error("there is nothing under the title")]
    NoBody,
}

/// Why a text is no explainer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExplainerMistake {
    /// There is nothing in it.
    #[error("the text is empty")]
    Empty,
    /// A line begins with a label that does not exist.
    #[error("unknown label {typed:?}")]
    UnknownLabel {
        /// The label, as it was typed.
        typed: String,
        /// The label that was probably meant.
        nearest: Option<Field>,
    },
    /// The text begins with a line that has no label.
    #[error("no label before {0:?}")]
    NoLabel(String),
    /// A label stands there twice.
    #[error("{0:?} stands there twice")]
    Twice(Field),
    /// A field is missing that an explainer cannot do without.
    #[error("{0:?} is missing")]
    Missing(Field),
    /// The link is none that could be followed.
    #[error("no web address: {0:?}")]
    BadLink(String),
}

/// A field of an explainer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The title 标题.
    Title,
    /// What is new 新变化.
    News,
    /// For whom 适用对象.
    Audience,
    /// What to do 怎么办理.
    Steps,
    /// By when 截止时间.
    Deadline,
    /// Where to ask 咨询渠道.
    Contact,
    /// The name of the source document 政策原文.
    Source,
    /// Its number 文号.
    Number,
    /// Where it can be read 链接.
    Link,
}

impl Field {
    /// Every field, in the order of the template.
    pub const ALL: [Self; 9] = [
        Self::Title,
        Self::News,
        Self::Audience,
        Self::Steps,
        Self::Deadline,
        Self::Contact,
        Self::Source,
        Self::Number,
        Self::Link,
    ];

    /// What else people call it, besides the labels that we print.
    const fn also(self) -> &'static [&'static str] {
        match self {
            Self::Title => &["题目", "名称"],
            Self::News => &["变化", "新规定", "主要内容", "whats new", "what is new", "news"],
            Self::Audience => &["对象", "适用范围", "适用人群", "audience", "who"],
            Self::Steps => &["办理", "办理方式", "办理流程", "如何办理", "怎么办", "steps", "how"],
            Self::Deadline => &["截止", "截止日期", "办理时限", "deadline", "when"],
            Self::Contact => &["咨询", "咨询电话", "咨询方式", "联系方式", "contact"],
            Self::Source => &["原文", "文件", "政策文件", "来源", "source document", "document"],
            Self::Number => &["文件号", "发文字号", "document number", "no."],
            Self::Link => &["原文链接", "网址", "url", "address"],
        }
    }

    /// Every way to write this label, folded.
    fn labels(self) -> impl Iterator<Item = String> {
        self.printed().into_iter().chain(self.also().iter().map(|s| (*s).to_owned()))
    }

    /// The labels that we print, folded.
    fn printed(self) -> [String; 2] {
        [Lang::Zh, Lang::En].map(|lang| fold(&PostWord::Label(self).say(lang)))
    }

    fn parse(typed: &str) -> Option<Self> {
        let typed = fold(typed);
        Self::ALL.into_iter().find(|field| field.labels().any(|l| l == typed))
    }

    /// The field whose label is written nearly like this. In a label of up to four letters one may differ, and only
    /// those that we print count: too many short words are nearly one of the others.
    fn nearest(typed: &str) -> Option<Self> {
        let typed = fold(typed);
        let length = typed.chars().count();
        let near = |label: &str, most: usize| {
            let distance = strsim::osa_distance(&typed, label);
            (distance <= most).then_some(distance)
        };
        let best = |field: Self| {
            let long = field.labels().filter(|label| label.chars().count() > 4);
            let long = long.filter_map(|l| near(&l, length.max(l.chars().count()) / 3));
            let short = field.printed().into_iter().filter(|label| label.chars().count() <= 4);
            let short = short.filter(|_| length > 2).filter_map(|l| near(&l, 1));
            long.chain(short).min().map(|distance| (distance, field))
        };
        Self::ALL.into_iter().filter_map(best).min().map(|(_, field)| field)
    }
}

/// Reads an article: the first line is its title, the rest is Markdown.
///
/// # Errors
/// When there is no title, or nothing under it.
pub fn parse_article(text: &str) -> Result<Content, ArticleMistake> {
    let text = text.trim();
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let title = first.trim_start_matches('#').trim();
    if title.is_empty() {
        return Err(ArticleMistake::Empty);
    }
    let body = parse_markdown(rest);
    if body.is_empty() {
        return Err(ArticleMistake::NoBody);
    }
    Ok(Content::Article { title: title.to_owned(), body })
}

/// Reads an explainer: lines `label: value`, with labels in Chinese or English; a value goes on over the
/// lines that follow. What is new and what to do are Markdown.
///
/// A line that begins with something like `网上办理：` belongs to the value above it, unless it is nearly a
/// label of ours: then it is taken for a slip.
///
/// # Errors
/// The first mistake, for the editor to mend.
pub fn parse_explainer(text: &str) -> Result<Content, ExplainerMistake> {
    let mut fields: Vec<(Field, String)> = Vec::new();
    for line in text.lines() {
        match (label(line, fields.is_empty())?, fields.last_mut()) {
            (Some((field, value)), _) => {
                if fields.iter().any(|(f, _)| *f == field) {
                    return Err(ExplainerMistake::Twice(field));
                }
                fields.push((field, value.to_owned()));
            }
            (None, Some((_, value))) => {
                value.push('\n');
                value.push_str(line.trim_end());
            }
            (None, None) if line.trim().is_empty() => {}
            (None, None) => return Err(ExplainerMistake::NoLabel(line.trim().to_owned())),
        }
    }
    if fields.is_empty() {
        return Err(ExplainerMistake::Empty);
    }
    build(&fields).map(Content::Explainer)
}

fn build(fields: &[(Field, String)]) -> Result<Explainer, ExplainerMistake> {
    let typed = |field| fields.iter().find(|(f, _)| *f == field).map_or("", |(_, v)| v);
    let value = |field| typed(field).trim().to_owned();
    let text = |field| parse_markdown(typed(field));
    let explainer = Explainer {
        title: value(Field::Title).split_whitespace().collect::<Vec<_>>().join(" "),
        news: text(Field::News),
        audience: value(Field::Audience),
        steps: text(Field::Steps),
        deadline: value(Field::Deadline),
        contact: value(Field::Contact),
        source: value(Field::Source),
        number: value(Field::Number),
        link: value(Field::Link),
    };
    if explainer.title.is_empty() {
        return Err(ExplainerMistake::Missing(Field::Title));
    }
    if explainer.news.is_empty() {
        return Err(ExplainerMistake::Missing(Field::News));
    }
    if !explainer.link.is_empty() && !is_web(&explainer.link) {
        return Err(ExplainerMistake::BadLink(explainer.link));
    }
    Ok(explainer)
}

fn is_web(address: &str) -> bool {
    may_link(address) && address.get(..4).is_some_and(|s| s.eq_ignore_ascii_case("http"))
}

/// The field that a line begins, and what stands behind its label.
fn label(line: &str, is_first: bool) -> Result<Option<(Field, &str)>, ExplainerMistake> {
    let Some((typed, value)) = line.split_once([':', '：']) else { return Ok(None) };
    let typed = typed.trim().trim_matches(['*', '【', '】', '#', ' ']);
    if let Some(field) = Field::parse(typed) {
        return Ok(Some((field, value.trim_start().trim_start_matches("**").trim_start())));
    }
    let nearest = Field::nearest(typed);
    if nearest.is_some() || is_first {
        return Err(ExplainerMistake::UnknownLabel { typed: typed.to_owned(), nearest });
    }
    Ok(None)
}

fn fold(label: &str) -> String {
    let plain = label.replace(['’', '\''], "");
    plain.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// An empty explainer to copy and fill in: every label on its line.
#[must_use]
pub fn explainer_template(lang: Lang) -> String {
    Field::ALL.map(|field| PostWord::Lead(field).say(lang).trim_end().to_owned()).join("\n")
}
