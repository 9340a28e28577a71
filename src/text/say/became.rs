//! What became of something that a platform had taken, in words.

use crate::model::{Became, Cause, Lang, Matter, Reach};
use crate::text::Speak;

impl Speak for Became {
    fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Out(reach), _) => reach.say(lang),
            (Self::Refused(cause), Lang::Zh) => format!("平台没有发出：{}", cause.say(lang)),
            (Self::Refused(cause), Lang::En) => {
                format!("the platform did not bring it: {}", cause.say(lang))
            }
            (Self::TakenAway, Lang::Zh) => "已有人在平台后台把它删除".to_owned(),
            (Self::TakenAway, Lang::En) => {
                "somebody deleted it on the platform's own pages".to_owned()
            }
        }
    }
}

impl Speak for Reach {
    fn say(&self, lang: Lang) -> String {
        let counts = [self.meant, self.reached, self.missed].into_iter();
        let of = match lang {
            Lang::Zh => ["应发 N 人", "发到 N 人", "未发到 N 人"],
            Lang::En => ["meant for N", "reached N", "missed N"],
        };
        let counted = |(n, words): (Option<u64>, &str)| Some(words.replace('N', &n?.to_string()));
        let counts: Vec<_> = counts.zip(of).filter_map(counted).collect();
        let (out, comma, at) = match (lang, counts.is_empty()) {
            (Lang::Zh, true) => ("平台已发布", "，", "，地址："),
            (Lang::Zh, false) => ("平台已发出", "，", "，地址："),
            (Lang::En, true) => ("the platform has published it", ", ", ", at "),
            (Lang::En, false) => ("the platform has sent it", ", ", ", at "),
        };
        let mut said = out.to_owned();
        for count in counts {
            said.push_str(comma);
            said.push_str(&count);
        }
        if let Some(page) = &self.page {
            said.push_str(at);
            said.push_str(page);
        }
        said
    }
}

impl Speak for Cause {
    fn say(&self, lang: Lang) -> String {
        let said = match (self, lang) {
            (Self::Failed, Lang::Zh) => "平台没有说明原因",
            (Self::Failed, Lang::En) => "the platform does not say why",
            (Self::Content(matter), _) => return matter_says(*matter, lang),
            (Self::Copied, Lang::Zh) => "平台的原创校验认为它与他人的文章相同",
            (Self::Copied, Lang::En) => {
                "the platform takes it for a copy of somebody else's article"
            }
            (Self::AdminRefused, Lang::Zh) => "公众号管理员在微信里拒绝了这次群发",
            (Self::AdminRefused, Lang::En) => "the account's administrator refused it in WeChat",
            (Self::AdminSilent, Lang::Zh) => "公众号管理员 30 分钟内没有在微信里确认",
            (Self::AdminSilent, Lang::En) => {
                "the account's administrator did not confirm it in WeChat within 30 minutes"
            }
            (Self::Closed, Lang::Zh) => "发出后被平台封禁",
            (Self::Closed, Lang::En) => "it was out, and the platform closed it",
            (Self::NobodyReached, Lang::Zh) => "一个人也没有发到（可能都已收满本月的次数）",
            (Self::NobodyReached, Lang::En) => {
                "nobody was reached (perhaps all of them had as many this month as they may)"
            }
            (Self::Other(words), Lang::Zh) => return format!("平台返回：{words}"),
            (Self::Other(words), Lang::En) => return format!("the platform said: {words}"),
        };
        said.to_owned()
    }
}

fn matter_says(matter: Matter, lang: Lang) -> String {
    use Matter as M;
    let (zh, en) = match matter {
        M::Unsaid => {
            return match lang {
                Lang::Zh => "平台审核没有通过".to_owned(),
                Lang::En => "it did not pass the platform's review".to_owned(),
            };
        }
        M::Advertising => ("广告", "advertising"),
        M::Politics => ("政治", "politics"),
        M::Pornography => ("色情", "pornography"),
        M::Society => ("社会", "society"),
        M::Crime => ("违法犯罪", "crime"),
        M::Fraud => ("欺诈", "fraud"),
        M::Copyright => ("版权", "copyright"),
        M::MutualPromotion => ("互推（互相宣传）", "mutual promotion"),
        M::Other => ("其他", "something else"),
    };
    match lang {
        Lang::Zh => format!("平台审核没有通过，涉嫌：{zh}"),
        Lang::En => format!("it did not pass the platform's review, which suspects: {en}"),
    }
}
