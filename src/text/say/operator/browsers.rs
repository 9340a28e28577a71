//! What is wrong with the settings of the browsers of readers.

use crate::model::Lang;
use crate::text::Speak;

/// What is wrong with the settings of the browsers of readers. It is said behind the place and the key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum BrowsersSays {
    NoContact,
    ContactForm,
    ServiceForm(String),
    OnePush,
}

impl Speak for BrowsersSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &BrowsersSays) -> String {
    use BrowsersSays as S;
    match says {
        S::NoContact => "缺少联系方式：推送服务发现问题时找谁，请写 mailto: 加邮箱，或公开的 https 网址".into(),
        S::ContactForm => "应为 mailto: 加邮箱（如 mailto:it@example.org），或公开的 https 网址；推送服务不接受别的写法".into(),
        S::ServiceForm(text) => format!("“{text}”不是主机名：请写成 fcm.googleapis.com，或 *.push.apple.com"),
        S::OnePush => "web-push 账号只能有一个，各群的页面共用它".into(),
    }
}

fn en(says: &BrowsersSays) -> String {
    use BrowsersSays as S;
    match says {
        S::NoContact => "is missing: whom push services write to when something is wrong, as mailto: with an address or an https address of the open network".into(),
        S::ContactForm => "must be mailto: with an address (mailto:it@example.org) or an https address of the open network; push services take nothing else".into(),
        S::ServiceForm(text) => format!("\"{text}\" is no host, which looks like fcm.googleapis.com or *.push.apple.com"),
        S::OnePush => "there can be one account of web-push; the pages of all groups share it".into(),
    }
}
