//! What is said besides in an answer to a call, where that is all that can be said.

use crate::model::Lang;
use crate::text::Speak;

/// What stands in such an answer besides what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerSays {
    /// How to choose from the lines below.
    Choose,
    /// More follows, and how to have it.
    More,
    /// There is no more.
    NoMore,
}

/// The word that has what is left be told.
const GO_ON: [&str; 4] = ["继续", "more", "/继续", "/more"];

/// Whether somebody asks for what is left.
#[must_use]
pub fn asks_for_more(typed: &str) -> bool {
    GO_ON.iter().any(|word| typed.trim().eq_ignore_ascii_case(word))
}

impl Speak for AnswerSays {
    fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Choose, Lang::Zh) => "请点下面的蓝字，或回复序号：",
            (Self::Choose, Lang::En) => "Tap a line below, or answer with its number:",
            (Self::More, Lang::Zh) => "（还有内容，回复“继续”查看）",
            (Self::More, Lang::En) => "(There is more: answer “more”.)",
            (Self::NoMore, Lang::Zh) => "没有更多内容了。",
            (Self::NoMore, Lang::En) => "There is no more.",
        }
        .to_owned()
    }
}
