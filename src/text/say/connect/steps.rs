//! How a channel of each platform is connected, step by step: what is to be clicked and copied there, and what is to be
//! done once the program has it.

use crate::model::{Lang, Platform};
use crate::text::Speak;

/// What stands in a step for the address at which the platform calls us.
const HOOK: &str = "{hook}";

/// The steps of connecting a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepsSays {
    /// Where.
    pub platform: Platform,
    /// Which of them.
    pub part: StepsPart,
    /// Where the platform calls us.
    pub hook: String,
}

/// Which steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepsPart {
    /// At the platform, before the program knows of it.
    Before,
    /// Once the program runs with it.
    After,
}

impl Speak for StepsSays {
    fn say(&self, lang: Lang) -> String {
        let steps = match (self.part, lang) {
            (StepsPart::Before, Lang::Zh) => before_zh(self.platform),
            (StepsPart::Before, Lang::En) => before_en(self.platform),
            (StepsPart::After, Lang::Zh) => after_zh(self.platform),
            (StepsPart::After, Lang::En) => after_en(self.platform),
        };
        let line = |(number, step): (usize, &&str)| {
            format!("{}. {}", number + 1, step.replace(HOOK, &self.hook))
        };
        steps.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// What people call a platform.
#[must_use]
pub const fn platform_name(platform: Platform, lang: Lang) -> &'static str {
    match (platform, lang) {
        (Platform::Telegram, _) => "Telegram",
        (Platform::Web, Lang::Zh) => "本程序自己的网页",
        (Platform::Web, Lang::En) => "the program's own pages",
        (Platform::WecomRobot, Lang::Zh) => "企业微信群机器人",
        (Platform::WecomRobot, Lang::En) => "robot of a WeCom group",
        (Platform::DingtalkRobot, Lang::Zh) => "钉钉群自定义机器人",
        (Platform::DingtalkRobot, Lang::En) => "robot of a DingTalk group",
        (Platform::FeishuRobot, Lang::Zh) => "飞书群自定义机器人",
        (Platform::FeishuRobot, Lang::En) => "robot of a Feishu or Lark group",
        (Platform::Webhook, Lang::Zh) => "其他系统（双向签名调用）",
        (Platform::Webhook, Lang::En) => "another system, by signed calls",
        (Platform::Dingtalk, Lang::Zh) => "钉钉应用机器人",
        (Platform::Dingtalk, Lang::En) => "robot of a DingTalk app",
        (Platform::OfficialAccount, Lang::Zh) => "微信公众号",
        (Platform::OfficialAccount, Lang::En) => "WeChat Official Account",
        (Platform::Feishu, Lang::Zh) => "飞书应用",
        (Platform::Feishu, Lang::En) => "app of Feishu or Lark",
    }
}

/// The platform that somebody means: by its name in the configuration, or by what people call it.
#[must_use]
pub fn platform_called(typed: &str) -> Option<Platform> {
    let typed = typed.trim().to_lowercase();
    let is = |platform: &Platform| {
        let names = [Lang::Zh, Lang::En].map(|lang| platform_name(*platform, lang).to_lowercase());
        platform.name() == typed
            || names.contains(&typed)
            || short(*platform).contains(&typed.as_str())
    };
    Platform::ALL.into_iter().find(is)
}

/// What people say for short.
const fn short(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::Telegram => &["电报", "tg"],
        Platform::Web => &["网页"],
        Platform::WecomRobot => &["企业微信", "企微", "wecom"],
        Platform::DingtalkRobot => &["钉钉", "钉钉机器人", "钉钉群机器人"],
        Platform::FeishuRobot => &["飞书", "飞书机器人", "飞书群机器人", "lark"],
        Platform::Webhook => &["其他系统"],
        Platform::Dingtalk => &["钉钉应用"],
        Platform::OfficialAccount => &["公众号", "wechat", "mp"],
        Platform::Feishu => &["飞书应用", "lark app"],
    }
}

const fn before_zh(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::Telegram => &[
            "在 Telegram 里打开 @BotFather，发送 /newbot，按提示取名；它会给出 token（形如 123456:ABC…），复制下来。",
            "不要关闭“privacy mode”（默认开着）：机器人只看得到命令、对它消息的回复和私聊，这正好够用。",
        ],
        Platform::Web => &["不需要任何设置：在配置里加 [[group]] 就有网页。"],
        Platform::WecomRobot => &[
            "打开企业微信群，点右上角“…”→“消息推送（群机器人）”→“添加”，取个名字。",
            "复制机器人的 Webhook 地址（https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…）。有这个地址就能往群里发消息，请勿外传。",
        ],
        Platform::DingtalkRobot => &[
            "打开钉钉群，点“群设置”→“机器人”→“添加机器人”→“自定义（通过 Webhook 接入）”，取个名字。",
            "安全设置里勾选“加签”，复制以 SEC 开头的密钥；勾了“自定义关键词”，记下其中一个；勾了“IP 地址（段）”，填本机出口的公网 IP。",
            "完成后复制 Webhook 地址（https://oapi.dingtalk.com/robot/send?access_token=…）。请勿外传。",
        ],
        Platform::FeishuRobot => &[
            "打开飞书群，点“设置”→“群机器人”→“添加机器人”→“自定义机器人”，取个名字。",
            "复制 Webhook 地址（https://open.feishu.cn/open-apis/bot/v2/hook/…）。请勿外传。",
            "安全设置里勾选“签名校验”，复制密钥；勾了“自定义关键词”，记下其中一个；勾了“IP 白名单”，填本机出口的公网 IP。",
        ],
        Platform::Webhook => &[
            "向对方系统要一个接收消息的网址（必须是 https）。",
            "双方用同一个 secret 签名（Standard Webhooks）：对方已有就用它的，没有就由本程序生成，再从文件里抄给对方。",
        ],
        Platform::Dingtalk => &[
            "登录钉钉开放平台（open-dev.dingtalk.com），“应用开发”→“企业内部应用”→新建应用。",
            "在“凭证与基础信息”里复制 Client ID（AppKey）和 Client Secret（AppSecret）。",
            "在“应用能力”里添加“机器人”，在“权限管理”里开通“企业内机器人发送消息权限”，然后发布版本。",
        ],
        Platform::OfficialAccount => &[
            "登录微信公众平台（mp.weixin.qq.com），“设置与开发”→“基本配置”：复制 AppID；重置并复制 AppSecret。",
            "在同一页的“IP 白名单”里填本机出口的公网 IP（用了代理，就填代理的）。",
            "Token 和 EncodingAESKey 可以由本程序生成，稍后再填进平台；要推送栏目，还须有一张封面图的 media_id。",
        ],
        Platform::Feishu => &[
            "登录飞书开放平台（open.feishu.cn），“开发者后台”→创建企业自建应用，在“添加应用能力”里开启“机器人”。",
            "在“凭证与基础信息”里复制 App ID 和 App Secret。",
            "在“权限管理”里开通 im:message、im:message.p2p_msg:readonly、im:message.group_at_msg:readonly、im:chat:readonly。",
            "在“事件与回调”→“加密策略”里设置 Encrypt Key，连同 Verification Token 一起复制；两样都不填，就只发不收。",
        ],
    }
}

const fn after_zh(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::Telegram => &[
            "重启服务，然后把机器人加入群。",
            "由群管理员在群里发送 /订阅 栏目；或由编辑私聊机器人发送 /配对 取得配对码，交给群管理员在群里发送。",
        ],
        Platform::Web => &["打开网页看一看。"],
        Platform::WecomRobot | Platform::DingtalkRobot | Platform::FeishuRobot => &[
            "到群里确认测试消息已显示。",
            "重启服务。推送到该群的栏目写在配置的 topics 里；群友不能通过群机器人回复，请在文中附上网页地址。",
        ],
        Platform::Webhook => &[
            "请对方把事件发到 {hook}，用同一个 secret 签名。",
            "重启服务，再用 tongxin channel test 试一次。",
        ],
        Platform::Dingtalk => &[
            "重启服务；{hook} 须能从外网以 https 访问。",
            "在应用的“机器人”设置里，消息接收模式选“HTTP 模式”，消息接收地址填 {hook}，然后发布。",
            "把机器人加入群。钉钉不告诉程序谁是群主：由编辑私聊机器人发送 /配对 取得配对码，在群里 @机器人 发送 /配对 配对码。",
        ],
        Platform::OfficialAccount => &[
            "重启服务；{hook} 须能从外网以 https 访问。",
            "在“基本配置”→“服务器配置”里：URL 填 {hook}，Token 和 EncodingAESKey 照密码文件里的填，消息加解密方式选“安全模式”，提交后启用。",
            "关注这个公众号，发一句话试试。",
        ],
        Platform::Feishu => &[
            "重启服务；{hook} 须能从外网以 https 访问。",
            "在“事件与回调”里，事件和回调的请求地址都填 {hook}；订阅 im.message.receive_v1、im.chat.member.bot.added_v1、im.chat.member.bot.deleted_v1、im.chat.disbanded_v1、im.chat.updated_v1，以及回调 card.action.trigger。",
            "发布版本，可用范围包括所有读者。把机器人加入群，由群主或群管理员 @机器人 发送 /订阅 栏目。",
        ],
    }
}

const fn before_en(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::Telegram => &[
            "Open @BotFather in Telegram, send /newbot and choose names; copy the token that it gives (such as 123456:ABC…).",
            "Leave \"privacy mode\" on, as it is: the bot sees commands, replies to its messages and private chats, and needs no more.",
        ],
        Platform::Web => &["Nothing has to be set: a [[group]] in the configuration has a page."],
        Platform::WecomRobot => &[
            "In the WeCom group, open … → Group robot (消息推送, 群机器人) → Add, and name it.",
            "Copy its webhook address (https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…). Whoever has it can write into the group: keep it to yourself.",
        ],
        Platform::DingtalkRobot => &[
            "In the DingTalk group, open Settings → Bots (机器人) → Add → Custom (自定义), and name it.",
            "Under its security settings, tick signing (加签) and copy the secret that begins with SEC; with keywords (自定义关键词), note one of them; with addresses (IP 地址), enter this machine's public address.",
            "Finish, and copy the webhook address (https://oapi.dingtalk.com/robot/send?access_token=…). Keep it to yourself.",
        ],
        Platform::FeishuRobot => &[
            "In the Feishu group, open Settings → Bots (群机器人) → Add → Custom bot (自定义机器人), and name it.",
            "Copy its webhook address (https://open.feishu.cn/open-apis/bot/v2/hook/…). Keep it to yourself.",
            "Under its security settings, tick the signature (签名校验) and copy the secret; with keywords, note one of them; with addresses, enter this machine's public address.",
        ],
        Platform::Webhook => &[
            "Ask the other system for the address at which it takes messages (https).",
            "Both sign with one secret (Standard Webhooks): take theirs, or leave it to this program to make one, and pass it on from its file.",
        ],
        Platform::Dingtalk => &[
            "On DingTalk's open platform (open-dev.dingtalk.com), make an app of your organisation (企业内部应用).",
            "Copy Client ID (AppKey) and Client Secret (AppSecret) from its credentials.",
            "Add the ability Robot (机器人), grant it to send messages (企业内机器人发送消息权限), and publish a version.",
        ],
        Platform::OfficialAccount => &[
            "In the account's console (mp.weixin.qq.com, 基本配置), copy AppID; have an AppSecret made and copy it.",
            "On the same page, allow this machine's public address (IP 白名单), or that of the proxy.",
            "Token and EncodingAESKey can be made here and entered there later; what has topics also needs the media_id of a cover.",
        ],
        Platform::Feishu => &[
            "On the open platform (open.feishu.cn, for Lark open.larksuite.com), make an app of your organisation, and switch on its bot.",
            "Copy App ID and App Secret from its credentials.",
            "Grant im:message, im:message.p2p_msg:readonly, im:message.group_at_msg:readonly and im:chat:readonly.",
            "Under events and callbacks, set an Encrypt Key and copy it with the Verification Token; without both the app only sends.",
        ],
    }
}

const fn after_en(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::Telegram => &[
            "Restart the daemon, and add the bot to a group.",
            "An administrator there sends /subscribe TOPIC; or an editor sends /pair to the bot alone, and passes the code on to be sent in the group.",
        ],
        Platform::Web => &["Open the page."],
        Platform::WecomRobot | Platform::DingtalkRobot | Platform::FeishuRobot => &[
            "Look into the group: the test message is there.",
            "Restart the daemon. What is pushed there stands in topics; nobody can answer through a group's robot, so put the address of a page into the text.",
        ],
        Platform::Webhook => &[
            "Have the other system send its events to {hook}, signed with the same secret.",
            "Restart the daemon, and try it once more with `tongxin channel test`.",
        ],
        Platform::Dingtalk => &[
            "Restart the daemon; {hook} must be reached from outside by https.",
            "In the app's robot settings, choose HTTP mode, set the message address to {hook}, and publish.",
            "Add the robot to a group. DingTalk does not tell who owns a group: an editor sends /pair to the robot alone, and the code is sent in the group, calling the robot.",
        ],
        Platform::OfficialAccount => &[
            "Restart the daemon; {hook} must be reached from outside by https.",
            "In the console (基本配置, 服务器配置): URL is {hook}, Token and EncodingAESKey are those in the files of secrets; choose safe mode (安全模式), and switch it on.",
            "Follow the account, and write to it.",
        ],
        Platform::Feishu => &[
            "Restart the daemon; {hook} must be reached from outside by https.",
            "Under events and callbacks, name {hook} as the address of both; subscribe to im.message.receive_v1, im.chat.member.bot.added_v1, im.chat.member.bot.deleted_v1, im.chat.disbanded_v1, im.chat.updated_v1, and to the callback card.action.trigger.",
            "Publish a version whose range includes all readers. Add the bot to a group; its owner or an administrator writes /subscribe TOPIC, mentioning it.",
        ],
    }
}
