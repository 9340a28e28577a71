//! What somebody is told who cannot have what they asked for about channels.

use crate::model::Lang;
use crate::text::Speak;

/// A whole sentence for a person, in their language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelRefusal {
    /// A pairing code was used, has expired, or never was.
    PairingGone,
    /// A pairing code is for a group.
    PairInGroup,
    /// To which topics a group shall be subscribed by a code.
    PairWhat {
        /// Those that are there.
        known: Vec<String>,
    },
    /// Nothing can be pushed to one follower there.
    NoPush,
    /// Nothing can be pushed there: the robot is called, and can only answer.
    NoPushByAnswers,
    /// Nobody can work from there, because nothing can be said to them first.
    NoWork,
    /// The platform does not tell who decides for a group.
    RankUntold,
    /// No account has this name.
    NoSuchAccount {
        /// What was typed.
        typed: String,
        /// Those that are there.
        known: Vec<String>,
    },
    /// There is no such platform.
    NoSuchPlatform {
        /// What was typed.
        typed: String,
    },
    /// It was tried a moment ago.
    TriedLately {
        /// The account.
        account: String,
    },
}

impl Speak for ChannelRefusal {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(refusal: &ChannelRefusal) -> String {
    use ChannelRefusal as R;
    match refusal {
        R::PairingGone => "这个配对码已用过、已过期或不正确。请向编辑要一个新的（编辑在与我的私聊中发送 /配对 栏目）。".into(),
        R::PairInGroup => "配对码请在要接通的群里发送。要生成配对码，请在这里发送：/配对 栏目".into(),
        R::PairWhat { known } => format!(
            "请写明群要订阅的栏目，例如：/配对 {}；全部栏目请发送 /配对 全部。现有栏目：{}。",
            first(known),
            known.join("、")
        ),
        R::NoPush => "这个公众号只能在您发来消息时回复，不能单独给您推送。推送请在公众号的文章里看。".into(),
        R::NoPushByAnswers => "这个机器人用的是 URL 回调，企业微信只允许它回复别人发来的消息，不能主动推送，所以不能在这里订阅。请运维人员在机器人页面和配置里改用长连接（receive = \"long\"），或在本群另加一个群机器人（wecom-robot）接收推送。".into(),
        R::NoWork => "这个账号不能主动通知您，因此不能在这里担任工作角色。请用其他平台的账号打开邀请。".into(),
        R::RankUntold => "这个平台没有告诉我谁是群管理员。请让编辑在与我的私聊中发送 /配对 栏目，把得到的配对码发给您，再在本群发送：/配对 配对码".into(),
        R::NoSuchAccount { typed, known } if typed.is_empty() => {
            format!("请写明账号，例如：/试发 {}。现有账号：{}。", first(known), known.join("、"))
        }
        R::NoSuchAccount { typed, known } => {
            format!("没有名为“{typed}”的账号。现有账号：{}。", known.join("、"))
        }
        R::NoSuchPlatform { typed } => format!("没有“{typed}”这个平台。发送 /连接 可查看能接入哪些平台。"),
        R::TriedLately { account } => format!("账号“{account}”刚刚试过，请半分钟后再试。"),
    }
}

fn en(refusal: &ChannelRefusal) -> String {
    use ChannelRefusal as R;
    match refusal {
        R::PairingGone => "This code was used, has expired, or is wrong. Please ask an editor for a new one (they send me /pair TOPIC in their own chat).".into(),
        R::PairInGroup => "A code belongs into the group that is to be connected. To make one, send here: /pair TOPIC".into(),
        R::PairWhat { known } => format!(
            "Please name the topics for the group, for example: /pair {}; for all of them: /pair all. Topics: {}.",
            first(known),
            known.join(", ")
        ),
        R::NoPush => "This account can only answer what you write, and cannot push anything to you alone. Please read the account's articles.".into(),
        R::NoPushByAnswers => "This robot is called (URL 回调): WeCom lets it answer what people write and push nothing, so nothing can be subscribed here. Please have an operator choose the long connection on the robot's page and in the configuration (receive = \"long\"), or add a group robot (wecom-robot) here that takes the pushes.".into(),
        R::NoWork => "This account cannot tell you anything by itself, so nobody can work from here. Please open the invitation on another platform.".into(),
        R::RankUntold => "This platform does not tell me who administers the group. Please have an editor send me /pair TOPIC in their own chat, and send the code here: /pair CODE".into(),
        R::NoSuchAccount { typed, known } if typed.is_empty() => format!(
            "Please name an account, for example: /channeltest {}. Accounts: {}.",
            first(known),
            known.join(", ")
        ),
        R::NoSuchAccount { typed, known } => {
            format!("There is no account “{typed}”. Accounts: {}.", known.join(", "))
        }
        R::NoSuchPlatform { typed } => {
            format!("There is no platform “{typed}”. Send /connect to see which there are.")
        }
        R::TriedLately { account } => {
            format!("The account “{account}” was tried a moment ago. Please wait half a minute.")
        }
    }
}

fn first(known: &[String]) -> &str {
    known.first().map_or("", String::as_str)
}
