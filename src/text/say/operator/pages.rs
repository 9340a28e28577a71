//! What is wrong with how the pages are reached.

use crate::model::Lang;
use crate::text::Speak;

/// What is wrong with how the pages are reached, or probably not meant. It is said behind the place and the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum PagesSays {
    SitePath,
    ProxyIsReader,
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
            (Self::ProxyIsReader, Lang::Zh) => {
                "网页似乎经由反向代理访问，而读者取自连接（peer）：所有人会被当作同一个读者，合用一份提交次数。请写 reader = \"forwarded\"，并让代理写上 X-Forwarded-For"
            }
            (Self::ProxyIsReader, Lang::En) => {
                "a reverse proxy seems to stand before the pages, and is taken for the one reader: all share what one address may send; write reader = \"forwarded\", and let the proxy set X-Forwarded-For"
            }
        };
        said.to_owned()
    }
}
