//! What is wrong with how the pages are reached.

use crate::model::Lang;
use crate::text::Speak;

/// What is wrong with how the pages are reached, or probably not meant. It is said behind the place and the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum PagesSays {
    SitePath,
}

impl Speak for PagesSays {
    fn say(&self, lang: Lang) -> String {
        let said = match (self, lang) {
            (Self::SitePath, Lang::Zh) => {
                "网址不能带路径：本程序的网页须独占一个域名，请为它单设一个（如 news.example.org）"
            }
            (Self::SitePath, Lang::En) => {
                "must have no path: the pages need a host name of their own, give them one (news.example.org)"
            }
        };
        said.to_owned()
    }
}
