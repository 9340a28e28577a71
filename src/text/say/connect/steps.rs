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
        (Platform::Wecom, Lang::Zh) => "企业微信应用",
        (Platform::Wecom, Lang::En) => "application of WeCom",
        (Platform::WebPush, Lang::Zh) => "浏览器通知",
        (Platform::WebPush, Lang::En) => "notifications by browsers",
        (Platform::ByHand, Lang::Zh) => "由人转发的群（如个人微信群）",
        (Platform::ByHand, Lang::En) => "groups that people keep",
        (Platform::Email, Lang::Zh) => "电子邮件",
        (Platform::Email, Lang::En) => "e-mail",
        (Platform::WecomBot, Lang::Zh) => "企业微信智能机器人",
        (Platform::WecomBot, Lang::En) => "smart robot of WeCom",
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
        Platform::WecomRobot => &["企业微信", "企微", "企业微信机器人"],
        Platform::DingtalkRobot => &["钉钉", "钉钉机器人", "钉钉群机器人"],
        Platform::FeishuRobot => &["飞书", "飞书机器人", "飞书群机器人", "lark"],
        Platform::Webhook => &["其他系统"],
        Platform::Dingtalk => &["钉钉应用"],
        Platform::OfficialAccount => &["公众号", "wechat", "mp"],
        Platform::Feishu => &["飞书应用", "lark app"],
        Platform::Wecom => &["企微应用"],
        Platform::WebPush => &["通知", "webpush"],
        Platform::ByHand => &["微信群", "转发"],
        Platform::Email => &["邮件", "邮箱", "mail"],
        Platform::WecomBot => &["智能机器人"],
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
            "复制 Webhook 地址（https://open.feishu.cn/open-apis/bot/v2/hook/…；Lark 为 open.larksuite.com）。请勿外传。",
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
        Platform::Wecom => &[
            "登录企业微信管理后台（work.weixin.qq.com），“应用管理”→“自建”→创建应用，并选好“可见范围”。",
            "在“我的企业”里复制企业 ID；在应用页复制 AgentId 和 Secret。",
            "在应用页的“企业可信IP”里填本机出口的公网 IP（用了代理，就填代理的）。",
            "要收成员的消息，再打开“接收消息”→“设置API接收”，随机生成 Token 和 EncodingAESKey 并复制，先不要保存；两样都不填，就只发不收。",
        ],
        Platform::WebPush => &[
            "读者在群的页面上点“订阅通知”即可，不需要平台账号；一个账号供所有群使用。",
            "网页须以 https 访问（office.public_url），并准备一个联系地址（mailto:邮箱，或 https 网址）。",
            "中国大陆连不上 Google 的推送服务，那里的 Chrome（尤其是安卓）收不到通知。",
        ],
        Platform::ByHand => &[
            "用于程序不能发言的群（如个人微信群）：推送的内容由人转发进去。",
            "先请管理员发送 /邀请 转发人，让每个群的转发人（以及代发人）点开邀请链接，再用 /人员 记下他们的名称。",
        ],
        Platform::Email => &[
            "准备一个专用的邮箱（如 news@example.org），在邮箱设置里开启 SMTP 和 IMAP；不少邮箱要另外生成授权码。",
            "记下发信、收信服务器的地址，以及登录名和密码（授权码）。",
            "请管理域名的人发布 SPF、DKIM、DMARC 三条记录（见 docs/platforms.md），否则邮件容易被拒收；office.public_url 须是 https。",
        ],
        Platform::WecomBot => &[
            "在企业微信里打开智能机器人的页面，选“API 模式”，连接方式选“长连接”。",
            "复制 Bot ID 和 Secret。一个机器人只能由一个程序使用：后来的连接会挤掉先前的。",
            "想好由哪些成员为群订阅（deciders）：企业微信不告诉程序谁是群主，不填则群里任何人都可以。",
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
        Platform::Wecom => &[
            "重启服务；要收成员的消息，{hook} 须能从外网以 https 访问。",
            "回到“设置API接收”：URL 填 {hook}，Token 和 EncodingAESKey 与填给本程序的一致，然后保存（保存时程序须正在运行）。",
            "请一位成员打开应用，发一句话试试。要往应用自建的群里推送，在配置里加 [[account.chat]]。",
        ],
        Platform::WebPush => &[
            "重启服务，打开群的页面，点“订阅通知”：应立刻收到一条通知。",
            "请备份密钥目录（data.keys）：丢了它，读者都要重新订阅。",
        ],
        Platform::ByHand => &[
            "在配置里这个账号下面，为每个群加一节 [[account.group]]：id、title、keeper、deputy、topics。",
            "重启服务。有内容要转发时，负责人会收到转发页的链接：复制文字或保存海报，发到群里，再点一下“已发”。",
        ],
        Platform::Email => &[
            "重启服务。订阅处在群的页面上：读者留下邮箱，按邮件里的链接确认。",
            "别处已同意收信的人，可写进一个文件，用 addresses_file 指定，并写上 topics。",
        ],
        Platform::WecomBot => &[
            "重启服务，再把机器人加入群。",
            "由 deciders 中的成员在群里 @机器人 发送 /订阅 栏目。",
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
            "Copy its webhook address (https://open.feishu.cn/open-apis/bot/v2/hook/…; for Lark open.larksuite.com). Keep it to yourself.",
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
        Platform::Wecom => &[
            "In WeCom's console (work.weixin.qq.com, 应用管理, 自建), make an application, and choose whom it may see (可见范围).",
            "Copy the organisation's ID (我的企业, 企业 ID), and AgentId and Secret from the application's page.",
            "There, enter this machine's public address under 企业可信IP, or that of the proxy.",
            "To hear members, open 接收消息 > 设置API接收, have Token and EncodingAESKey made, and copy them without saving yet; without both it only sends.",
        ],
        Platform::WebPush => &[
            "Readers press \"Notify me\" on the page of a group, and need no account anywhere; one account serves all groups.",
            "The pages have to be served by https (office.public_url); have an address at hand by which you can be reached (mailto: or https).",
            "Google's push service cannot be reached in mainland China: Chrome, on Android above all, is not notified there.",
        ],
        Platform::ByHand => &[
            "This is for groups into which no program can write, such as those of personal WeChat: people bring there what is pushed.",
            "First an administrator sends /invite keeper; whoever keeps each group, and a deputy, open the link; /staff shows their names, to be noted.",
        ],
        Platform::Email => &[
            "Make a mailbox for this alone (such as news@example.org), and switch on SMTP and IMAP; many providers want a password of its own for programs.",
            "Note the hosts for sending and reading, the user and the password.",
            "Have SPF, DKIM and DMARC published for the domain (docs/platforms.md), or mail is often refused; office.public_url must be https.",
        ],
        Platform::WecomBot => &[
            "On the smart robot's page in WeCom, choose API mode and the long connection (长连接).",
            "Copy Bot ID and Secret. Only one program may use a robot: a newer connection ends the older one.",
            "Decide which members may subscribe groups (deciders): WeCom does not tell who administers a group, and without it everybody there may.",
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
        Platform::Wecom => &[
            "Restart the daemon; to hear members, {hook} must be reached from outside by https.",
            "Go back to 设置API接收: the URL is {hook}, Token and EncodingAESKey are those that were given here; save it while the program runs.",
            "Have a member open the application and write to it. For group chats that the application makes, add [[account.chat]] to the configuration.",
        ],
        Platform::WebPush => &[
            "Restart the daemon, open a group's page and press \"Notify me\": a notification should be there at once.",
            "Keep a copy of the directory of the keys (data.keys): without it every reader has to ask again.",
        ],
        Platform::ByHand => &[
            "Below this account in the configuration, add an [[account.group]] for each group: id, title, keeper, deputy, topics.",
            "Restart the daemon. When something is to be brought, its keeper gets the address of a page: copy the text or save the poster, send it in the group, and say so by one tap.",
        ],
        Platform::Email => &[
            "Restart the daemon. Readers leave their address on the page of a group, and confirm it by a link.",
            "Whoever agreed elsewhere can stand in a file that addresses_file names, together with topics.",
        ],
        Platform::WecomBot => &[
            "Restart the daemon, and add the robot to a group.",
            "One of the deciders calls it there: @robot /subscribe TOPIC.",
        ],
    }
}
