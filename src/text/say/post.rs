//! Words within posts, and what an editor is told about a text that cannot be read.

use super::super::Speak;
use super::super::compose::{ArticleMistake, ExplainerMistake, Field};
use crate::model::Lang;

/// A word of ours within a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostWord {
    /// The label of an explainer's field.
    Label(Field),
    /// The same label at the start of a line, with its colon.
    Lead(Field),
    /// There is nothing in this digest.
    NothingNew,
    /// So many entries wait for the next digest.
    Waiting(u32),
    /// This message is one part of several.
    Part {
        /// Which, from 1.
        number: usize,
        /// Of how many.
        of: usize,
    },
}

impl Speak for PostWord {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => word_zh(*self),
            Lang::En => word_en(*self),
        }
    }
}

fn word_zh(word: PostWord) -> String {
    match word {
        PostWord::Label(field) => label_zh(field).to_owned(),
        PostWord::Lead(field) => format!("{}：", label_zh(field)),
        PostWord::NothingNew => "本期没有新内容。".to_owned(),
        PostWord::Waiting(count) => format!("还有 {count} 条，留待下期。"),
        PostWord::Part { number, of } => format!("（第 {number} 部分，共 {of} 部分）"),
    }
}

fn word_en(word: PostWord) -> String {
    match word {
        PostWord::Label(field) => label_en(field).to_owned(),
        PostWord::Lead(field) => format!("{}: ", label_en(field)),
        PostWord::NothingNew => "There is nothing new this time.".to_owned(),
        PostWord::Waiting(1) => "One more entry waits for the next issue.".to_owned(),
        PostWord::Waiting(count) => format!("{count} more entries wait for the next issue."),
        PostWord::Part { number, of } => format!("(Part {number} of {of})"),
    }
}

const fn label_zh(field: Field) -> &'static str {
    match field {
        Field::Title => "标题",
        Field::News => "新变化",
        Field::Audience => "适用对象",
        Field::Steps => "怎么办理",
        Field::Deadline => "截止时间",
        Field::Contact => "咨询渠道",
        Field::Source => "政策原文",
        Field::Number => "文号",
        Field::Link => "链接",
    }
}

const fn label_en(field: Field) -> &'static str {
    match field {
        Field::Title => "Title",
        Field::News => "What’s new",
        Field::Audience => "For whom",
        Field::Steps => "What to do",
        Field::Deadline => "By when",
        Field::Contact => "Where to ask",
        Field::Source => "Source",
        Field::Number => "Number",
        Field::Link => "Link",
    }
}

impl Speak for ArticleMistake {
    fn say(&self, lang: Lang) -> String {
        let words = match (self, lang) {
            (Self::Empty, Lang::Zh) => "内容是空的：第一行请写标题，从第二行起写正文。",
            (Self::NoBody, Lang::Zh) => "只有标题，没有正文：请从第二行起写正文。",
            (Self::Empty, Lang::En) => {
                "The text is empty: write the title in the first line and the text below it."
            }
            (Self::NoBody, Lang::En) => {
                "There is only a title: write the text from the second line on."
            }
        };
        words.to_owned()
    }
}

impl Speak for ExplainerMistake {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => explainer_zh(self),
            Lang::En => explainer_en(self),
        }
    }
}

fn explainer_zh(mistake: &ExplainerMistake) -> String {
    match mistake {
        ExplainerMistake::Empty => "内容是空的：请按模板逐行填写“标签：内容”。".to_owned(),
        ExplainerMistake::UnknownLabel { typed, nearest: Some(field) } => {
            format!("没有“{typed}”这个标签，是不是想写“{}”？", label_zh(*field))
        }
        ExplainerMistake::UnknownLabel { typed, nearest: None } => {
            let known = Field::ALL.map(label_zh).join("、");
            format!("没有“{typed}”这个标签。可用的标签有：{known}。")
        }
        ExplainerMistake::NoLabel(line) => {
            format!("“{line}”前面缺少标签：每一项请写成“标签：内容”，例如“标题：……”。")
        }
        ExplainerMistake::Twice(field) => {
            format!("“{}”写了两次，请合并成一项。", label_zh(*field))
        }
        ExplainerMistake::Missing(field) => {
            format!("缺少“{}”，请补上后重新发送。", label_zh(*field))
        }
        ExplainerMistake::BadLink(link) => {
            format!("“{link}”不是网址：链接请以 http:// 或 https:// 开头。")
        }
    }
}

fn explainer_en(mistake: &ExplainerMistake) -> String {
    match mistake {
        ExplainerMistake::Empty => {
            "The text is empty: fill in the template, one “label: value” a line.".to_owned()
        }
        ExplainerMistake::UnknownLabel { typed, nearest: Some(field) } => {
            format!("There is no label “{typed}”. Did you mean “{}”?", label_en(*field))
        }
        ExplainerMistake::UnknownLabel { typed, nearest: None } => {
            let known = Field::ALL.map(label_en).join(", ");
            format!("There is no label “{typed}”. The labels are: {known}.")
        }
        ExplainerMistake::NoLabel(line) => {
            format!("“{line}” has no label: write “label: value”, such as “Title: …”.")
        }
        ExplainerMistake::Twice(field) => {
            format!("“{}” is there twice: make it one.", label_en(*field))
        }
        ExplainerMistake::Missing(field) => {
            format!("“{}” is missing: add it and send it again.", label_en(*field))
        }
        ExplainerMistake::BadLink(link) => {
            format!("“{link}” is no web address: a link begins with http:// or https://.")
        }
    }
}
