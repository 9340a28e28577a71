//! What is wrong with the accounts of WeCom, and with those of WeChat that can only answer.

use crate::model::Lang;
use crate::text::Speak;

/// What is wrong with such an account, or probably not meant. It is said behind the place and the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum WecomSays {
    NoSecret,
    NeedsCalls,
    NotAKey,
    NobodyTogether,
    TooFewMembers,
    NotCalled,
    /// An Official Account that can only answer neither sends to all, nor publishes, nor makes a menu.
    OfficialOnlyAnswers,
    /// A robot that is called can only answer.
    RobotOnlyAnswers,
}

impl Speak for WecomSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(*self),
            Lang::En => en(*self),
        }
        .to_owned()
    }
}

const fn zh(says: WecomSays) -> &'static str {
    use WecomSays as S;
    match says {
        S::NoSecret => {
            "缺少应用的 Secret：请在企业微信管理后台该应用的页面上查看，填在这里，或用 secret_file 指定文件"
        }
        S::NeedsCalls => {
            "缺少：token 和 aes_key 要么都填，要么都不填；两者都在企业微信管理后台该应用的“接收消息 > 设置 API 接收”里"
        }
        S::NotAKey => {
            "应为 43 个字母或数字的 EncodingAESKey：请在企业微信管理后台该应用的“设置 API 接收”里随机获取"
        }
        S::NobodyTogether => {
            "有栏目而没有写推送给谁：请写 to = \"@all\"（应用可见范围内的所有人），或用 to_parties、to_tags 写部门或标签的编号"
        }
        S::TooFewMembers => "建群至少要两名成员，第一名是群主；群若早已由本应用建好，请去掉这个键",
        S::OfficialOnlyAnswers => {
            "未认证的公众号（replies = \"passive\"）不能调用群发、发布和自定义菜单接口：publish 请用 \"draft\"，由人在草稿箱里群发；menu 请用 \"leave\""
        }
        S::RobotOnlyAnswers => {
            "URL 回调的机器人（receive = \"http\"）只能回复，不能推送：要推送请在机器人页面和这里改用长连接（receive = \"long\"），或另加群机器人（wecom-robot）"
        }
        S::NotCalled => "没有填写 token 和 aes_key：只能推送，收不到回复，按钮也不起作用",
    }
}

const fn en(says: WecomSays) -> &'static str {
    use WecomSays as S;
    match says {
        S::NoSecret => {
            "is missing; WeCom's console shows it on the application's page; give it here or as secret_file"
        }
        S::NeedsCalls => {
            "is missing: token and aes_key are both needed, or neither; both stand in WeCom's console, on the application's page for receiving messages (设置 API 接收)"
        }
        S::NotAKey => {
            "must be the 43 letters of the EncodingAESKey; have it made in WeCom's console, on the application's page for receiving messages (设置 API 接收)"
        }
        S::NobodyTogether => {
            "there are topics, and nobody to push them to: write to = \"@all\" for everybody whom the application may see, or name departments in to_parties or tags in to_tags"
        }
        S::TooFewMembers => {
            "must name at least two members, the owner first; leave it out where this application has made the group already"
        }
        S::OfficialOnlyAnswers => {
            "an account that can only answer (replies = \"passive\") may neither send to all, nor publish, nor make a menu by itself: use publish = \"draft\", from where a person sends it, and menu = \"leave\""
        }
        S::RobotOnlyAnswers => {
            "a robot that is called (receive = \"http\") can answer and not push: to push, choose the long connection on the robot's page and here (receive = \"long\"), or add a group robot (wecom-robot)"
        }
        S::NotCalled => {
            "token and aes_key are not given: it only sends, replies do not arrive, and buttons do nothing"
        }
    }
}
