//! What is wrong with a configuration.

use super::{
    BrowsersSays, Expects, MailboxSays, PagesSays, RobotSays, SortingSays, SystemSays,
    TelegramSays, WecomSays,
};
use crate::model::{Lang, ScheduleError};
use crate::text::Speak;
use crate::text::say::sources::SourceSays;

/// What is wrong with a configuration, or probably not meant. It is said behind the place and the key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum ConfigSays {
    // The text as a whole.
    NotUtf8,
    NotToml(String),
    KeyTwice,
    // Sections and keys.
    UnknownSection,
    UnknownKey,
    NeedsTable(&'static str),
    NeedsTables(&'static str),
    Missing(Expects),
    /// Something of another type stands there, as it is written.
    Other(Expects, FoundSays),
    NeedsList(Expects),
    OnlyOneOf(&'static str, &'static str),
    // Variables.
    VariableForm,
    WhichOfSeveral,
    NoneNamed {
        section: String,
        name: String,
    },
    // Values.
    Empty,
    Not(String, Expects),
    NotWhole(String),
    /// What stands there is not repeated: it may be a secret.
    MustBe(Expects),
    NoName(String),
    NoZone(String),
    NoPerson(String),
    Between(String, String),
    Unlimited,
    FileUnreadable(String, SystemSays),
    NameTwice(String),
    /// Nothing in these tables has the name.
    NothingNamed(&'static str, String),
    ShorterThan(&'static str),
    Schedule(ScheduleError),
    Sorting(SortingSays),
    TemplateName(String, Vec<String>),
    TemplateBroken(String),
    // Accounts.
    OwnPagesName,
    OwnPagesAccount,
    NoToken,
    NoAppSecret,
    NoHookSecret,
    HookSecretForm,
    HookUrl,
    Robot(RobotSays),
    NoOfficialSecret,
    NoCallToken,
    NotAnAesKey,
    NoBotSecret,
    NoBotToken,
    NotABotKey,
    NoThumb,
    Wecom(WecomSays),
    Browsers(BrowsersSays),
    Pages(PagesSays),
    Telegram(TelegramSays),
    Mailbox(MailboxSays),
    /// Each of the two is needed where the other is given.
    NeedsAnother(&'static str, &'static str),
    SecretTwice,
    // Where what is kept is kept.
    KeysWithData,
    NoDatabase,
    NotADatabase,
    // Allowed, and probably not meant.
    PlainSite(String),
    PlainDatabase,
    NobodyNamed,
    OnePersonNamed,
    SourceUnused(String),
    DigestEmpty(String),
    DigestNever(String),
    GroupIdle(String),
    NoKeptGroups,
    DeputyIsKeeper,
    SeatIdle,
    NotCalled,
    PushNeedsHttps,
}

/// What stands in place of what is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the types of TOML")]
pub enum FoundSays {
    Text(String),
    Number(String),
    List,
    Table,
    Truth,
    Fraction,
    Date,
}

impl Speak for ConfigSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &ConfigSays) -> String {
    use ConfigSays as S;
    let l = Lang::Zh;
    match says {
        S::NotUtf8 => "这里的文字不是 UTF-8 编码，请将文件另存为 UTF-8".into(),
        S::NotToml(said) => {
            format!("这一行不合 TOML 格式，请核对引号、方括号和等号（解析器提示：{said}）")
        }
        S::KeyTwice => "这个键在同一节里写了两次，请删去一处".into(),
        S::UnknownSection => "没有这一节".into(),
        S::UnknownKey => "没有这个键".into(),
        S::NeedsTable(path) => format!("这里应是一节，写作 [{path}]"),
        S::NeedsTables(path) => format!("这里应是若干节，每节以 [[{path}]] 开头"),
        S::Missing(expects) => format!("缺少这个键，应填{}", behind(&expects.say(l))),
        S::Other(expects, found) => {
            format!("应填{}，现为{}", behind(&expects.say(l)), behind(&found.say(l)))
        }
        S::NeedsList(expects) => {
            format!("应为方括号中的列表，每一项是{}", behind(&expects.say(l)))
        }
        S::OnlyOneOf(one, other) => format!("{one} 和 {other} 只能填一个"),
        S::VariableForm => "环境变量的名称应写明节和键，如 TONGXIN__WEB__LISTEN".into(),
        S::WhichOfSeveral => "这样的节可以有多个，请在节与键之间写明是哪一个的名称".into(),
        S::NoneNamed { section, name } => format!("配置中没有名为“{name}”的 [[{section}]]"),
        S::Empty => "不能为空".into(),
        S::Not(text, expects) => format!("“{text}”不可用，应填{}", behind(&expects.say(l))),
        S::NotWhole(text) => format!("“{text}”不是整数"),
        S::MustBe(expects) => format!("应填{}", behind(&expects.say(l))),
        S::NoName(text) => {
            format!("“{text}”不能作名称：只能用小写字母、数字和短横，最多 40 个字符")
        }
        S::NoZone(text) => format!("没有“{text}”这个时区"),
        S::NoPerson(text) => {
            format!("“{text}”不是有效的人员：telegram: 之后应是机器人告知的那串数字")
        }
        S::Between(least, most) => format!("应在 {least} 与 {most} 之间"),
        S::Unlimited => "应为 1 或更大；如不限制，请不要写这个键".into(),
        S::FileUnreadable(file, why) => format!("文件“{file}”无法读取：{}", why.say(l)),
        S::NameTwice(name) => format!("“{name}”这个名称用了两次"),
        S::NothingNamed(section, name) => format!("没有名为“{name}”的 [[{section}]]"),
        S::ShorterThan(key) => format!("不能短于 {key}"),
        S::Schedule(error) => {
            let said = SourceSays::Schedule(error.clone()).say(l);
            said.trim_end_matches('。').to_owned()
        }
        S::Sorting(says) => says.say(l),
        S::Wecom(says) => says.say(l),
        S::TemplateName(name, known) => {
            format!("模板里没有“{name}”可用，只能用 {}", known.join("、"))
        }
        S::TemplateBroken(said) => format!("模板写法有误（解析器提示：{said}）"),
        S::OwnPagesName => "名称 web 已由本程序自己的网页占用，请换一个".into(),
        S::OwnPagesAccount => "本程序自己的网页始终可用，不需要配置账号".into(),
        S::NoToken => {
            "缺少令牌：请填在这里，或用 token_file 指定文件，或用环境变量 TONGXIN__ACCOUNT__名称__TOKEN"
                .into()
        }
        S::NoHookSecret => "缺少签名密钥：请与对方系统约定一个，形如 whsec_ 加 base64，可用 openssl rand -base64 32 生成".into(),
        S::HookSecretForm => "不是签名密钥：应为 whsec_ 加 24 至 64 字节的 base64（old_secret 同此），可用 openssl rand -base64 32 生成".into(),
        S::HookUrl => "应为 https 网址；内部网络中的系统请写 reach = \"any\"，这时也可用 http".into(),
        S::NoAppSecret => "缺少应用的密钥：请从开放平台的应用页面复制，填在这里，或用 app_secret_file 指定文件".into(),
        S::NoOfficialSecret => "缺少公众号的开发者密码（AppSecret）：请在微信公众平台的“基本配置”里生成，填在这里，或用 app_secret_file 指定文件".into(),
        S::NoCallToken => "缺少令牌（Token）：请自拟 3 至 32 个字母或数字，填在这里，并在微信公众平台“服务器配置”里填相同的".into(),
        S::NoBotSecret => "缺少机器人的 Secret：请在企业微信该智能机器人的 API 模式（长连接）里获取，填在这里，或用 secret_file 指定文件；改用回调 URL 的，把 receive 设为 \"http\"".into(),
        S::NoBotToken => "缺少令牌（Token）：请从企业微信该智能机器人的 API 模式（URL 回调）里复制".into(),
        S::NotABotKey => "应为 43 个字母或数字的 EncodingAESKey：请从企业微信该智能机器人的 API 模式（URL 回调）里复制".into(),
        S::NotAnAesKey => "应为 43 个字母或数字的消息加解密密钥（EncodingAESKey）：请在微信公众平台“服务器配置”里随机生成，并选“安全模式”".into(),
        S::NoThumb => "缺少封面：公众号的文章必须有封面。请先在素材库上传一张图片，把它的 media_id 填在这里；只收发私信、不推送的公众号请去掉 topics".into(),
        S::Mailbox(says) => says.say(Lang::Zh),
        S::Browsers(says) => says.say(Lang::Zh),
        S::Pages(says) => says.say(Lang::Zh),
        S::Robot(says) => says.say(Lang::Zh),
        S::Telegram(says) => says.say(Lang::Zh),
        S::NeedsAnother(one, other) => format!("缺少：{one} 和 {other} 要么都填，要么都不填；两者都在开放平台的“事件与回调 > 加密策略”里"),
        S::SecretTwice => "与另一个席位相同，每个席位应有自己的密钥".into(),
        S::KeysWithData => {
            "不能与 data.dir 放在一起：否则拷走数据的人会一并拿到密钥，请另指定一个目录".into()
        }
        S::NoDatabase => {
            "缺少数据库地址：请填在这里，或用 postgres_url_file 指定文件，或用环境变量 TONGXIN__DATA__POSTGRES_URL".into()
        }
        S::NotADatabase => {
            "不是 PostgreSQL 数据库的地址，应形如 postgres://用户名:密码@主机:5432/数据库名".into()
        }
        S::PlainSite(url) => format!("{url} 没有加密，群友填写的内容在途中可能被人看到"),
        S::PlainDatabase => "与数据库之间没有加密，传输的内容在途中可能被人看到".into(),
        S::NobodyNamed => "没有指定任何人：无人能授予角色，也就无人能使用本程序".into(),
        S::OnePersonNamed => {
            "只指定了一个人：不采纳建议须由两人经手，请再授予一人“签批人”角色".into()
        }
        S::SourceUnused(name) => format!("没有栏目使用来源“{name}”"),
        S::DigestEmpty(topic) => format!("栏目“{topic}”的各部分都没有来源，每期都会是空的"),
        S::DigestNever(topic) => format!("栏目“{topic}”有来源而没有时间表，不会编发任何一期"),
        S::GroupIdle(group) => format!("群“{group}”没有栏目，不会收到推送"),
        S::NoKeptGroups => "这个账号下还没有群：请加上 [[account.group]]".into(),
        S::DeputyIsKeeper => "代发人和转发人是同一个人：没有代发人请删去这一行".into(),
        S::SeatIdle => "这个席位没有角色，什么也不能做".into(),
        S::PushNeedsHttps => "浏览器只为 https 网页显示通知，而 office.public_url 不是 https：读者看不到订阅按钮".into(),
        S::NotCalled => "没有填写 encrypt_key 和 verification_token：只能推送，收不到回复，按钮也不起作用".into(),
    }
}

/// Between Chinese letters nothing stands apart; before others a space does.
fn behind(words: &str) -> String {
    let wide = words.chars().next().is_some_and(|c| !c.is_ascii());
    if wide { words.to_owned() } else { format!(" {words}") }
}

fn en(says: &ConfigSays) -> String {
    use ConfigSays as S;
    let l = Lang::En;
    match says {
        S::NotUtf8 => "these letters are not UTF-8: save the file as UTF-8".into(),
        S::NotToml(said) => format!("this is no TOML, look at quotes, brackets and equals signs: {said}"),
        S::KeyTwice => "duplicate key: take one of the two away".into(),
        S::UnknownSection => "unknown section".into(),
        S::UnknownKey => "unknown key".into(),
        S::NeedsTable(path) => format!("expected a table: [{path}]"),
        S::NeedsTables(path) => format!("expected tables, each headed [[{path}]]"),
        S::Missing(expects) => format!("is missing; it must be {}", expects.say(l)),
        S::Other(expects, found) => format!("expected {}, found {}", expects.say(l), found.say(l)),
        S::NeedsList(expects) => format!("expected a list in brackets, each {}", expects.say(l)),
        S::OnlyOneOf(one, other) => format!("give {one} or {other}, not both"),
        S::VariableForm => "a variable names a section and a key: TONGXIN__WEB__LISTEN".into(),
        S::WhichOfSeveral => {
            "there are several of these: put the name of one between section and key".into()
        }
        S::NoneNamed { section, name } => {
            format!("the configuration has no {section} named \"{name}\"")
        }
        S::Empty => "must not be empty".into(),
        S::Not(text, expects) => format!("\"{text}\" is not {}", expects.say(l)),
        S::NotWhole(text) => format!("{text} is not a whole number"),
        S::MustBe(expects) => format!("must be {}", expects.say(l)),
        S::NoName(text) => {
            format!("\"{text}\" is no name: at most 40 lower-case letters, digits and dashes")
        }
        S::NoZone(text) => format!("there is no time zone \"{text}\""),
        S::NoPerson(text) => format!(
            "\"{text}\" is no person: behind telegram: stands the number that the bot tells"
        ),
        S::Between(least, most) => format!("must lie between {least} and {most}"),
        S::Unlimited => "must be 1 or more; leave it out where nothing is limited".into(),
        S::FileUnreadable(file, why) => format!("\"{file}\" cannot be read: {}", why.say(l)),
        S::NameTwice(name) => format!("there are two of the name \"{name}\""),
        S::NothingNamed(section, name) => format!("there is no {section} \"{name}\""),
        S::ShorterThan(key) => format!("must not be shorter than {key}"),
        S::Schedule(error) => error.to_string(),
        S::Sorting(says) => says.say(l),
        S::Wecom(says) => says.say(l),
        S::TemplateName(name, known) => {
            format!("there is no \"{name}\" here, only {}", known.join(", "))
        }
        S::TemplateBroken(said) => format!("is no template: {said}"),
        S::OwnPagesName => "the name web is taken by the program's own pages".into(),
        S::OwnPagesAccount => {
            "the program's own pages need no account, they are always there".into()
        }
        S::NoToken => "is missing; give it here, as token_file, or as a variable TONGXIN__ACCOUNT__NAME__TOKEN".into(),
        S::NoHookSecret => "is missing; agree on one with the other system: whsec_ and base64, made for example by openssl rand -base64 32".into(),
        S::HookSecretForm => "must be whsec_ and 24 to 64 bytes in base64 (old_secret too), made for example by openssl rand -base64 32".into(),
        S::HookUrl => "must be an https address; for a system in a network of your own write reach = \"any\", then it may be http".into(),
        S::NoAppSecret => "is missing; copy the app's secret from the platform's page, and give it here or in app_secret_file".into(),
        S::NoOfficialSecret => "is missing; have it made in the account's console (基本配置), and give it here or as app_secret_file".into(),
        S::NoCallToken => "is missing; make up 3 to 32 letters or digits, and give the same in the account's console (服务器配置)".into(),
        S::NoBotSecret => "is missing; have it shown on the robot's page in WeCom (API mode, 长连接), and give it here or in secret_file; for a robot that is called, set receive to \"http\"".into(),
        S::NoBotToken => "is missing; copy the Token from the robot's page in WeCom (API mode, URL 回调)".into(),
        S::NotABotKey => "must be the 43 letters of the EncodingAESKey; copy it from the robot's page in WeCom (API mode, URL 回调)".into(),
        S::NotAnAesKey => "must be the 43 letters of the EncodingAESKey; have it made in the account's console (服务器配置), and choose safe mode there (安全模式)".into(),
        S::NoThumb => "is missing: an article needs a cover; upload a picture to the account's materials and give its media_id; an account that only answers its followers has no topics".into(),
        S::Mailbox(says) => says.say(Lang::En),
        S::Browsers(says) => says.say(Lang::En),
        S::Pages(says) => says.say(Lang::En),
        S::Robot(says) => says.say(Lang::En),
        S::Telegram(says) => says.say(Lang::En),
        S::NeedsAnother(one, other) => format!("is missing: {one} and {other} are both needed, or neither; both stand in the app's encryption settings for events and callbacks"),
        S::SecretTwice => "is another seat's: each seat needs a secret of its own".into(),
        S::KeysWithData => "must lie apart from data.dir: whoever copies the data must not have the keys with them".into(),
        S::NoDatabase => "is missing; give it here, as postgres_url_file, or as a variable TONGXIN__DATA__POSTGRES_URL".into(),
        S::NotADatabase => "is no address of a PostgreSQL database, which looks like postgres://name:password@host:5432/database".into(),
        S::PlainSite(url) => {
            format!("{url} is not encrypted: what people write there can be read on its way")
        }
        S::PlainDatabase => "what goes to the database can be read on its way".into(),
        S::NobodyNamed => {
            "nobody is named: no one can grant a role, so nobody can work with it".into()
        }
        S::OnePersonNamed => "only one person is named: declining a suggestion needs a second one, grant the role lead to somebody".into(),
        S::SourceUnused(name) => format!("no topic uses source \"{name}\""),
        S::DigestEmpty(topic) => {
            format!("no section of topic \"{topic}\" names a source, so its digests are empty")
        }
        S::DigestNever(topic) => {
            format!("topic \"{topic}\" has sources but no schedule, so no digest is made of them")
        }
        S::NoKeptGroups => "the account has no group: add [[account.group]]".into(),
        S::DeputyIsKeeper => {
            "the deputy is the keeper; where there is none, leave the line out".into()
        }
        S::GroupIdle(group) => {
            format!("nothing is pushed to group \"{group}\": it has no topics")
        }
        S::SeatIdle => "this seat may do nothing: it has no roles".into(),
        S::PushNeedsHttps => "browsers notify for https pages alone, and office.public_url is none: readers are not offered it".into(),
        S::NotCalled => "encrypt_key and verification_token are not given: it only sends, replies do not arrive, and buttons do nothing".into(),
    }
}

impl Speak for FoundSays {
    fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Text(text), _) => format!("\"{text}\""),
            (Self::Number(digits), _) => digits.clone(),
            (Self::List, Lang::Zh) => "列表".into(),
            (Self::Table, Lang::Zh) => "一节".into(),
            (Self::Truth, Lang::Zh) => "true 或 false".into(),
            (Self::Fraction, Lang::Zh) => "小数".into(),
            (Self::Date, Lang::Zh) => "日期".into(),
            (Self::List, Lang::En) => "a list".into(),
            (Self::Table, Lang::En) => "a table".into(),
            (Self::Truth, Lang::En) => "true or false".into(),
            (Self::Fraction, Lang::En) => "a fraction".into(),
            (Self::Date, Lang::En) => "a date".into(),
        }
    }
}
