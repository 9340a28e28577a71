//! A configuration says what it means, or is refused with every mistake named.

use std::path::Path;
use std::time::Duration;
use tongxin::config::{
    AccountSettings, Backend, Config, ConfigError, DEFAULT, Given, LogFormat, Overrides,
};
use tongxin::connector::telegram::Receive;
use tongxin::model::{Lang, MatterKind, Missed, Role, SourceForm, Span, UnknownPolicy, WhenEmpty};

fn given(text: &str) -> Given<'_> {
    Given {
        file: Path::new("tongxin.toml"),
        text,
        variables: Vec::new(),
        overrides: Overrides::default(),
    }
}

fn read(text: &str) -> Config {
    Config::read(given(text)).unwrap_or_else(|e| panic!("{e}"))
}

fn refusal(given: Given<'_>) -> String {
    match Config::read(given) {
        Err(ConfigError::Wrong(remarks)) => {
            remarks.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        }
        other => panic!("taken: {other:?}"),
    }
}

fn mistakes(text: &str) -> String {
    refusal(given(text))
}

fn with_variable(text: &str, name: &str, value: &str) -> Result<Config, ConfigError> {
    Config::read(Given { variables: vec![(name.into(), value.into())], ..given(text) })
}

const WHOLE: &str = r#"
[office]
name = "市总工会"
language = "en"
time_zone = "Europe/Berlin"
public_url = "https://news.example.org/"
admins = ["telegram:4242", "telegram:4243"]

[web]
reader = "forwarded"

[log]
format = "json"

[[account]]
name = "union-bot"
token = "4242:SECRET_letters"
mode = "webhook"
webhook_secret = "also-SECRET"
unknown = "hold"

[[source]]
id = "gov"
title = "政府网"
url = "https://www.example.org/feed"
every = "1h30m"
first_poll = 0

[[source]]
id = "list"
url = "file:pages/list.html"
page = { item = "li", date = "span" }

[[topic]]
id = "policy"
title = "政策速递"
lang = "zh-CN"
schedule = "30 8 * * 1-5"
missed = "within 2h"
when_empty = "say"

[[topic.section]]
title = "要闻"
sources = ["gov", "list"]

[[group]]
id = "all"
topics = ["policy"]

[[seat]]
name = "王芳"
roles = ["editor", "lead"]
token_sha256 = "00000000000000000000000000000000000000000000000000000000000000ab"
"#;

#[test]
fn mistakes_about_robots_are_told() {
    insta::assert_snapshot!(mistakes(r#"
[[account]]
name = "one"
platform = "wecom-robot"
token = "https://oapi.dingtalk.com/robot/send?access_token=1"
secret = "SEC"

[[account]]
name = "two"
platform = "dingtalk-robot"
topics = ["nowhere"]
format = "html"
form = "news"

[[account]]
name = "three"
platform = "wecom-robot"
token = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1"
form = "newz"

[[account]]
name = "four"
platform = "feishu-robot"
token = "https://open.larksuite.com.example.org/open-apis/bot/v2/hook/1"

[[account]]
name = "five"
platform = "feishu-robot"
token = "https://lark.example.org/open-apis/bot/v2/hook/1"
api_url = "https://lark.example.org"
"#), @r#"
    tongxin.toml:5: account.token: is neither the address of a robot of this platform nor the key in it; copy the whole webhook address from the group's settings
    tongxin.toml:6: account.secret: unknown key
    tongxin.toml:8: account.token: is missing; copy the robot's webhook address from the group's settings, and give it here, as token_file, or as a variable TONGXIN__ACCOUNT__NAME__TOKEN
    tongxin.toml:11: account.topics: there is no topic "nowhere"
    tongxin.toml:12: account.format: "html" is not "markdown" or "text"
    tongxin.toml:13: account.form: is for WeCom's alone among the robots of groups: write "words", or leave it out
    tongxin.toml:19: account.form: "newz" is not "words" or "news"; did you mean "news"?
    tongxin.toml:24: account.token: is not at a host of this platform's; copy the whole webhook address again, or, where the platform is reached at an address of your own, name that in api_url
    "#);
}

#[test]
fn mistakes_about_official_accounts_are_told() {
    insta::assert_snapshot!(mistakes(r#"
[[account]]
name = "one"
platform = "official-account"

[[account]]
name = "two"
platform = "official-account"
app_id = "wx1"
app_secret = "SECRET"
token = "word"
aes_key = "too short"
publish = "mess"
topics = ["policy"]

[[account]]
name = "three"
platform = "official-account"
app_id = "wx2"
app_secret = "SECRET"
token = "word"
aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
replies = "passive"
publish = "mass"
menu = "replace"

[[topic]]
id = "policy"
title = "政策速递"
"#), @r#"
    tongxin.toml:2: account.app_id: is missing; it must be a text in quotes
    tongxin.toml:2: account.app_secret: is missing; have it made in the account's console (基本配置), and give it here or as app_secret_file
    tongxin.toml:2: account.token: is missing; make up 3 to 32 letters or digits, and give the same in the account's console (服务器配置)
    tongxin.toml:2: account.aes_key: must be the 43 letters of the EncodingAESKey; have it made in the account's console (服务器配置), and choose safe mode there (安全模式)
    tongxin.toml:6: account.thumb_media_id: is missing: an article needs a cover; upload a picture to the account's materials and give its media_id; an account that only answers its followers has no topics
    tongxin.toml:12: account.aes_key: must be the 43 letters of the EncodingAESKey; have it made in the account's console (服务器配置), and choose safe mode there (安全模式)
    tongxin.toml:13: account.publish: "mess" is not "draft", "mass" or "page"; did you mean "mass"?
    tongxin.toml:24: account.publish: an account that can only answer (replies = "passive") may neither send to all, nor publish, nor make a menu by itself: use publish = "draft", from where a person sends it, and menu = "leave"
    tongxin.toml:25: account.menu: an account that can only answer (replies = "passive") may neither send to all, nor publish, nor make a menu by itself: use publish = "draft", from where a person sends it, and menu = "leave"
    "#);
}

#[test]
fn mistakes_about_browsers_of_readers_are_told() {
    insta::assert_snapshot!(mistakes(r#"
[[account]]
name = "one"
platform = "web-push"

[[account]]
name = "two"
platform = "web-push"
contact = "mailto:it@localhost"
services = ["https://fcm.googleapis.com"]
ttl = "29d"

[[account]]
name = "three"
platform = "web-push"
contact = "mailto:it@office.example.org"

[[account]]
name = "four"
platform = "web-push"
contact = "https://office.example.org"
services = ["*.push.apple.com"]
"#), @r#"
    tongxin.toml:2: account.contact: is missing: whom push services write to when something is wrong, as mailto: with an address or an https address of the open network
    tongxin.toml:9: account.contact: must be mailto: with an address (mailto:it@example.org) or an https address of the open network; push services take nothing else
    tongxin.toml:10: account.services: "https://fcm.googleapis.com" is no host, which looks like fcm.googleapis.com or *.push.apple.com
    tongxin.toml:11: account.ttl: must lie between 0s and 28d
    tongxin.toml:20: account.platform: there can be one account of web-push; the pages of all groups share it
    "#);
}

#[test]
fn groups_that_people_keep_are_read_and_mistakes_about_them_are_told() {
    let text = r#"
[[topic]]
id = "policy"
[[account]]
name = "wechat"
platform = "by-hand"
remind_after = "20m"
[[account.group]]
id = "guihua"
topics = ["policy"]
keeper = "王姐"
hand_over_after = "2h"
"#;
    let kept = read(text).desk_office().kept;
    let minutes = Duration::from_mins;
    assert_eq!((kept[0].remind_after, kept[0].hand_over_after), (minutes(20), minutes(120)));
    assert_eq!((kept[0].title.as_str(), kept[0].deputy.as_deref()), ("guihua", None));
    let mistaken = text.to_owned()
        + r#"
deputy = "王姐"
[[account.group]]
id = "guihua"
topics = ["polcy"]
remind_after = "10s"
[[group]]
id = "guihua"
"#;
    insta::assert_snapshot!(mistakes(&mistaken), @r#"
    tongxin.toml:14: account.group.deputy: the deputy is the keeper; where there is none, leave the line out
    tongxin.toml:15: account.group.keeper: is missing; it must be a text in quotes
    tongxin.toml:17: account.group.topics: there is no topic "polcy"; did you mean "policy"?
    tongxin.toml:18: account.group.remind_after: must lie between 1m and 1d
    tongxin.toml:20: group.id: there are two of the name "guihua"
    "#);
}

#[test]
fn mistakes_about_mailboxes_are_told() {
    insta::assert_snapshot!(mistakes(r#"
[[account]]
name = "one"
platform = "email"

[[account]]
name = "two"
platform = "email"
from = "nobody"
smtp = "smtp-clear://mail.example.org"
imap = "https://mail.example.org"
user = "news"
tags = "~"
dkim_selector = "s"
addresses = ["li@example.com", "nobody"]

[[account]]
name = "three"
platform = "email"
from = "同心 <news@example.org>"
smtp = "smtps://mail.example.org"
dkim_selector = "s"
dkim_key = "no key"
addresses_file = "nowhere.txt"
"#), @r#"
    tongxin.toml:2: account.from: is missing; it must be a text in quotes
    tongxin.toml:2: account.smtp: is missing; it must be a text in quotes
    tongxin.toml:6: account.password: user and password (or password_file) are both needed, or neither
    tongxin.toml:6: account.dkim_key: dkim_selector and dkim_key (or dkim_key_file) are both needed, or neither
    tongxin.toml:6: account.topics: topics is missing: say what these addresses are sent
    tongxin.toml:9: account.from: must be who writes, such as Tongxin <news@example.org>
    tongxin.toml:10: account.smtp: without encryption only this machine may be reached (127.0.0.1, ::1 or localhost)
    tongxin.toml:11: account.imap: must be a mail host, such as imaps://mail.example.org (encrypted from the first byte) or imap://mail.example.org (STARTTLS), with a port behind it where it is another
    tongxin.toml:13: account.tags: "~" is not "+", "-" or "none"
    tongxin.toml:15: account.addresses: number 2 is no e-mail address
    tongxin.toml:23: account.dkim_key: cannot sign (not a private key in PEM): it must be a private key in PEM, RSA of 2048 bits or more or Ed25519, made for example by openssl genrsa -out dkim.pem 2048
    tongxin.toml:24: account.addresses_file: "nowhere.txt" cannot be read: No such file or directory (os error 2)
    "#);
}

#[test]
fn mistakes_about_apps_of_feishu_are_told() {
    insta::assert_snapshot!(mistakes(r#"
[[account]]
name = "one"
platform = "feishu"
encrypt_key = "key"
mode = "polling"

[[account]]
name = "two"
platform = "feishu"
app_id = ""
app_secret = "secret"
verification_token = "token"
chat_per_minute = 0
"#), @"
    tongxin.toml:2: account.app_id: is missing; it must be a text in quotes
    tongxin.toml:2: account.app_secret: is missing; copy the app's secret from the platform's page, and give it here or in app_secret_file
    tongxin.toml:2: account.verification_token: is missing: encrypt_key and verification_token are both needed, or neither; both stand in the app's encryption settings for events and callbacks
    tongxin.toml:6: account.mode: unknown key
    tongxin.toml:8: account.encrypt_key: is missing: encrypt_key and verification_token are both needed, or neither; both stand in the app's encryption settings for events and callbacks
    tongxin.toml:11: account.app_id: must not be empty
    tongxin.toml:14: account.chat_per_minute: must be 1 or more; leave it out where nothing is limited
    ");
    let warned = read(
        "[[account]]\nname = \"f\"\nplatform = \"feishu\"\napp_id = \"cli_1\"\napp_secret = \"s\"\n",
    );
    assert!(warned.effective_toml().contains("app_secret = \"***\""));
}

#[test]
fn mistakes_about_applications_of_wecom_are_told() {
    insta::assert_snapshot!(mistakes(r#"
[office]
admins = ["wecom:ZhangSan"]

[[account]]
name = "one"
platform = "wecom"
token = "word"
to = "all"
topics = ["policy"]

[[account]]
name = "two"
platform = "wecom"
corp_id = "ww1"
agent_id = "1000002"
secret = "SECRET"
token = "word"
aes_key = "too short"
to = "@all"
to_tags = [1, "x"]
topics = ["nowhere"]

[[account.chat]]
id = "has spaces"

[[account.chat]]
id = "one"
members = ["li"]
topics = ["policy"]

[[account.chat]]
id = "one"
owner = "li"
topics = ["policy"]

[[account]]
name = "three"
platform = "wecom"
corp_id = "ww1"
agent_id = 1000002
secret = "SECRET"
topics = ["policy"]

[[topic]]
id = "policy"
title = "政策速递"
"#), @r#"
    tongxin.toml:5: account.corp_id: is missing; it must be a text in quotes
    tongxin.toml:5: account.agent_id: is missing; it must be a whole number
    tongxin.toml:5: account.secret: is missing; WeCom's console shows it on the application's page; give it here or as secret_file
    tongxin.toml:5: account.aes_key: is missing: token and aes_key are both needed, or neither; both stand in WeCom's console, on the application's page for receiving messages (设置 API 接收)
    tongxin.toml:9: account.to: "all" is not "@all"; did you mean "@all"?
    tongxin.toml:16: account.agent_id: expected a whole number, found "1000002"
    tongxin.toml:19: account.aes_key: must be the 43 letters of the EncodingAESKey; have it made in WeCom's console, on the application's page for receiving messages (设置 API 接收)
    tongxin.toml:20: account.to: give to or to_tags, not both
    tongxin.toml:21: account.to_tags: expected a whole number, found "x"
    tongxin.toml:22: account.topics: there is no topic "nowhere"
    tongxin.toml:25: account.chat.id: "has spaces" is not 1 to 32 letters or digits
    tongxin.toml:29: account.chat.members: must name at least two members, the owner first; leave it out where this application has made the group already
    tongxin.toml:33: account.chat.id: there are two of the name "one"
    tongxin.toml:34: account.chat.owner: unknown key
    tongxin.toml:37: account.topics: there are topics, and nobody to push them to: write to = "@all" for everybody whom the application may see, or name departments in to_parties or tags in to_tags
    "#);
    let read = read(
        "[office]\nadmins = [\"wecom:ZhangSan\"]\n[[topic]]\nid = \"policy\"\n\
         [[account]]\nname = \"w\"\nplatform = \"wecom\"\ncorp_id = \"ww1\"\n\
         agent_id = 1000002\nsecret = \"s\"\nto_parties = [2]\ntopics = [\"policy\"]\n\
         [[account.chat]]\nid = \"one\"\nmembers = [\"li\", \"wang\"]\ntopics = [\"policy\"]\n",
    );
    // Upper and lower case are one there.
    assert_eq!(read.office.admins[0].0, "wecom:zhangsan");
    assert!(read.effective_toml().contains("secret = \"***\""));
    let again = Config::read(given(read.effective_toml())).expect("what took effect can be read");
    assert_eq!(again.accounts[0].more_chats, read.accounts[0].more_chats);
    assert_eq!(
        (read.accounts[0].more_chats.len(), read.accounts[0].only_chat.is_some()),
        (1, true)
    );
}

#[test]
fn mistakes_about_smart_robots_and_connections_are_told() {
    insta::assert_snapshot!(mistakes(r#"
[[account]]
name = "one"
platform = "wecom-bot"
token = "word"

[[account]]
name = "two"
platform = "wecom-bot"
bot_id = "aib"
receive = "http"
aes_key = "short"
secret = "s"
topics = ["policy"]

[[account]]
name = "three"
platform = "dingtalk"
app_key = "k"
app_secret = "s"
receive = "steam"

[[account]]
name = "four"
platform = "feishu"
app_id = "cli_1"
app_secret = "s"
receive = "stream"
"#), @r#"
    tongxin.toml:2: account.bot_id: is missing; it must be a text in quotes
    tongxin.toml:2: account.secret: is missing; have it shown on the robot's page in WeCom (API mode, 长连接), and give it here or in secret_file; for a robot that is called, set receive to "http"
    tongxin.toml:5: account.token: unknown key
    tongxin.toml:7: account.token: is missing; copy the Token from the robot's page in WeCom (API mode, URL 回调)
    tongxin.toml:12: account.aes_key: must be the 43 letters of the EncodingAESKey; copy it from the robot's page in WeCom (API mode, URL 回调)
    tongxin.toml:13: account.secret: unknown key
    tongxin.toml:14: account.topics: a robot that is called (receive = "http") can answer and not push: to push, choose the long connection on the robot's page and here (receive = "long"), or add a group robot (wecom-robot)
    tongxin.toml:21: account.receive: "steam" is not "http" or "stream"; did you mean "stream"?
    tongxin.toml:28: account.receive: "stream" is not "http" or "long"
    "#);
}

#[test]
fn the_shipped_file_says_the_defaults() {
    let empty = read("");
    let shipped = read(DEFAULT);
    assert_eq!(shipped.effective_toml(), empty.effective_toml());
    assert_eq!(shipped.data.dir, Path::new("data"));
    assert_eq!(shipped.suggestions.draft_hours, 24);
}

#[test]
fn the_shipped_file_holds_every_key_with_a_comment() {
    let examples = DEFAULT.replace("#: ", "");
    // One of two ways to say the same.
    let examples = examples.lines().filter(|line| !line.contains("_file = "));
    let examples = examples.collect::<Vec<_>>().join("\n");
    let examples = examples.replace("\nto = ", "\n# to = ");
    let examples = examples.replace("\ndkim_", "\n# dkim_");
    // A file that need not be on this machine.
    let examples = examples.replace("\nposter_font", "\n# poster_font");
    let everything = Config::read(given(&examples)).expect("the examples are a configuration");
    let mut section = String::new();
    let mut held = std::collections::BTreeSet::new();
    let mut before = "";
    for line in DEFAULT.lines() {
        let bare = line.trim_start_matches("#: ");
        if bare.starts_with('[') {
            section = bare.trim_matches(['[', ']']).to_owned();
        } else if let Some((key, _)) = bare.split_once(" = ").filter(|_| !bare.starts_with('#')) {
            assert!(!before.is_empty(), "{key} has no comment");
            held.insert(format!("{section}.{key}"));
        }
        before = line;
    }
    let asked: std::collections::BTreeSet<_> = everything.keys().map(str::to_owned).collect();
    assert_eq!(held, asked);
}

#[test]
fn a_whole_configuration_is_read() {
    let config = read(WHOLE);
    assert_eq!(config.office.name, "市总工会");
    assert_eq!(config.office.lang, Lang::En);
    assert_eq!(config.office.public_url, "https://news.example.org");
    assert_eq!(config.office.admins.len(), 2);
    assert_eq!(config.log.format, LogFormat::Json);
    let account = &config.accounts[0];
    assert_eq!(account.unknown, UnknownPolicy::Hold);
    let AccountSettings::Telegram(bot) = &account.settings else { panic!("no bot") };
    assert_eq!(bot.token.reveal(), "4242:SECRET_letters");
    let Receive::Webhook { url, .. } = &bot.receive else { panic!("polling") };
    assert_eq!(url, "https://news.example.org/hook/union-bot");
    assert_eq!(config.sources[0].every, Duration::from_mins(90));
    assert_eq!(config.sources[1].url, "file:pages/list.html");
    let SourceForm::Page(page) = &config.sources[1].form else { panic!("a feed") };
    assert_eq!((page.item.as_str(), page.date.as_str(), page.title.as_str()), ("li", "span", ""));
    let topic = &config.topics[0];
    assert_eq!(topic.missed, Missed::Within(Duration::from_hours(2)));
    assert_eq!(topic.digest.when_empty, WhenEmpty::Say);
    let schedule = topic.schedule.as_ref().expect("a schedule");
    assert_eq!((schedule.line(), schedule.zone().name()), ("30 8 * * 1-5", "Europe/Berlin"));
    assert_eq!(config.groups[0].title, "all");
    assert_eq!(config.seats[0].roles, [Role::Editor, Role::Lead]);
    assert_eq!(config.seats[0].token[31], 0xab);
    assert_eq!(config.warnings, []);
    assert_eq!(config.desk_office().topics.len(), 1);
}

#[test]
fn an_address_of_a_source_is_shown_without_name_password_and_what_its_parameters_are() {
    let shown = |url: &str| {
        let config = read(&format!("[[source]]\nid = \"a\"\nurl = \"{url}\""));
        assert_eq!(config.sources[0].url, url);
        let effective = config.effective_toml();
        let line = effective.lines().find(|line| line.starts_with("url = ")).expect("a line");
        assert!(read(effective).effective_toml().contains(line), "what took effect can be read");
        line.trim_start_matches("url = ").trim_matches('"').to_owned()
    };
    let masked = shown("https://otto:hush@example.org/feed?key=hush&page=2&hush#a");
    assert_eq!(masked, "https://***:***@example.org/feed?key=***&page=***&***#a");
    assert_eq!(shown("https://hush@example.org/"), "https://***@example.org/");
    for plain in ["https://example.org/a b", "http://例子.cn/通知.xml"] {
        assert_eq!(shown(plain), plain);
    }
    assert!(shown("file:/a?b=c").ends_with("file:/a?b=c"));
}

#[test]
fn what_took_effect_can_be_printed_and_read_again_and_shows_no_secret() {
    let config = read(WHOLE);
    let effective = config.effective_toml();
    assert!(!effective.contains("SECRET") && !format!("{config:?}").contains("SECRET"));
    assert!(effective.contains("token = \"***\"") && effective.contains("[[topic.section]]"));
    let again = effective
        .replace("token = \"***\"", "token = \"1:a\"")
        .replace("webhook_secret = \"***\"", "webhook_secret = \"b\"");
    assert_eq!(read(&again).effective_toml(), effective);
}

#[test]
fn a_variable_stands_over_the_file_and_a_flag_over_both() {
    let text = "[web]\nlisten = \"127.0.0.1:1\"";
    let config = with_variable(text, "TONGXIN__WEB__LISTEN", "127.0.0.1:2").expect("reads");
    assert_eq!(config.web.listen.port(), 2);
    let overrides = Overrides {
        listen: Some("127.0.0.1:3".parse().expect("an address")),
        ..Overrides::default()
    };
    let variables = vec![("TONGXIN__WEB__LISTEN".into(), "127.0.0.1:2".into())];
    let config = Config::read(Given { variables, overrides, ..given(text) }).expect("reads");
    assert_eq!(config.web.listen.port(), 3);
}

#[test]
fn a_variable_gives_numbers_lists_and_the_token_of_one_account() {
    let config = with_variable("", "TONGXIN__DATA__CACHE_MB", "128").expect("reads");
    let Backend::Sled(embedded) = &config.data.store else { panic!("another store") };
    assert_eq!(embedded.cache_mb, 128);
    let config = with_variable("", "TONGXIN__OFFICE__ADMINS", "telegram:1, telegram:2");
    assert_eq!(config.expect("reads").office.admins.len(), 2);
    let text = "[[account]]\nname = \"union-bot\"";
    let config = with_variable(text, "TONGXIN__ACCOUNT__UNION_BOT__TOKEN", "1:a").expect("reads");
    assert_eq!(config.accounts.len(), 1);
    assert!(with_variable("", "TONGXIN_HOME", "x").is_ok());
}

#[test]
fn a_wrong_variable_or_flag_is_named() {
    let say = |text: &str, name: &str, value: &str| {
        refusal(Given { variables: vec![(name.into(), value.into())], ..given(text) })
    };
    insta::assert_snapshot!(say("", "TONGXIN__WEB__LISTEN", "8088"), @r#"variable TONGXIN__WEB__LISTEN: web.listen: "8088" is not an address and port such as "127.0.0.1:8088"; did you mean "127.0.0.1:8088"?"#);
    insta::assert_snapshot!(say("", "TONGXIN__WEB__LITSEN", "x"), @r#"variable TONGXIN__WEB__LITSEN: web.litsen: unknown key; did you mean "listen"?"#);
    insta::assert_snapshot!(say("", "TONGXIN__WBE__LISTEN", "x"), @r#"variable TONGXIN__WBE__LISTEN: wbe: unknown section; did you mean "web"?"#);
    insta::assert_snapshot!(say("", "TONGXIN__LISTEN", "x"), @"variable TONGXIN__LISTEN: a variable names a section and a key: TONGXIN__WEB__LISTEN");
    insta::assert_snapshot!(say("", "TONGXIN__ACCOUNT__BOT__TOKEN", "x"), @r#"variable TONGXIN__ACCOUNT__BOT__TOKEN: the configuration has no account named "bot""#);
    insta::assert_snapshot!(say("[[source]]\nid = \"a\"\nurl = \"file:a\"", "TONGXIN__SOURCE__URL", "x"), @"variable TONGXIN__SOURCE__URL: there are several of these: put the name of one between section and key");
    let overrides = Overrides { data: Some("/srv/x".into()), ..Overrides::default() };
    let text = "[data]\nkeys = \"/srv/x/keys\"";
    assert!(refusal(Given { overrides, ..given(text) }).contains("must lie apart"));
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    insta::assert_snapshot!(mistakes(r#"
[office]
nmae = "x"
language = "zh"
time_zone = "Asia/Shangai"
public_url = "news.example.org"
admins = ["telegram:otto", "telegramm:1", "4242"]

[offices]

[web]
listen = 8088
reader = "proxy"
submissions = 0

[log]
level = "inof"

[data]
cache_mb = "64"
dir = ""

[delivery]
probe = "2 minutes"
attempts = 0
retry_first = "10m"
retry_longest = "1m"
"#), @r#"
    tongxin.toml:3: office.nmae: unknown key; did you mean "name"?
    tongxin.toml:4: office.language: "zh" is not "zh-CN" or "en"; did you mean "zh-CN"?
    tongxin.toml:5: office.time_zone: there is no time zone "Asia/Shangai"; did you mean "Asia/Shanghai"?
    tongxin.toml:6: office.public_url: "news.example.org" is not an address such as "https://news.example.org"; did you mean "https://news.example.org"?
    tongxin.toml:7: office.admins: "telegram:otto" is no person: behind telegram: stands the number that the bot tells
    tongxin.toml:7: office.admins: "telegramm" is not "telegram", "web", "wecom-robot", "dingtalk-robot", "feishu-robot", "webhook", "dingtalk", "official-account", "feishu", "wecom", "web-push", "by-hand", "email" or "wecom-bot"; did you mean "telegram"?
    tongxin.toml:7: office.admins: "4242" is not a person such as "telegram:4242"
    tongxin.toml:9: offices: unknown section; did you mean "office"?
    tongxin.toml:12: web.listen: expected an address and port such as "127.0.0.1:8088", found 8088; did you mean "127.0.0.1:8088"?
    tongxin.toml:13: web.reader: "proxy" is not "peer" or "forwarded"
    tongxin.toml:14: web.submissions: must lie between 1 and 10000
    tongxin.toml:17: log.level: "inof" is not "error", "warn", "info", "debug" or "trace"; did you mean "info"?
    tongxin.toml:20: data.cache_mb: expected a whole number, found "64"
    tongxin.toml:21: data.dir: must not be empty
    tongxin.toml:24: delivery.probe: "2 minutes" is not a span such as "30s", "10m", "2h" or "7d"; did you mean "2m"?
    tongxin.toml:25: delivery.attempts: must lie between 1 and 100
    tongxin.toml:27: delivery.retry_longest: must not be shorter than retry_first
    "#);
}

#[test]
fn mistakes_in_accounts_are_told() {
    insta::assert_snapshot!(mistakes(r#"
[[account]]
name = "one"

[[account]]
name = "two"
token = "nonsense"

[[account]]
name = "two"
token = "1:a"
token_file = "/nowhere"

[[account]]
name = "four"
token_file = "/nowhere/token"
mode = "pulling"

[[account]]
name = "web"
platform = "wecomm"
token = "1:a"
mode = "webhook"

[[account]]
token = 5
"#), @r#"
    tongxin.toml:2: account.token: is missing; give it here, as token_file, or as a variable TONGXIN__ACCOUNT__NAME__TOKEN
    tongxin.toml:7: account.token: is no token of a Telegram bot, which looks like 123456:ABC…
    tongxin.toml:10: account.name: there are two of the name "two"
    tongxin.toml:12: account.token_file: give token or token_file, not both
    tongxin.toml:16: account.token_file: "/nowhere/token" cannot be read: No such file or directory (os error 2)
    tongxin.toml:17: account.mode: "pulling" is not "polling" or "webhook"; did you mean "polling"?
    tongxin.toml:20: account.name: the name web is taken by the program's own pages
    tongxin.toml:21: account.platform: "wecomm" is not "telegram", "web", "wecom-robot", "dingtalk-robot", "feishu-robot", "webhook", "dingtalk", "official-account", "feishu", "wecom", "web-push", "by-hand", "email" or "wecom-bot"; did you mean "wecom"?
    tongxin.toml:25: account.name: is missing; it must be a name of lower-case letters, digits and dashes
    tongxin.toml:26: account.token: expected a text in quotes, found 5
    "#);
}

#[test]
fn mistakes_in_sources_topics_and_groups_are_told_with_the_name_that_was_meant() {
    insta::assert_snapshot!(mistakes(r#"
[[source]]
id = "gov-news"
url = "ftp://example.org"
every = "0s"
first_poll = -1

[[source]]
id = "Gov"
page = { itme = "li" }

[[source]]
id = "gov-news"
url = "https://"

[topic]
id = "x"
"#), @r#"
    tongxin.toml:4: source.url: "ftp://example.org" is not an address: http://…, https://… or file:…
    tongxin.toml:5: source.every: must lie between 1s and 7d
    tongxin.toml:6: source.first_poll: -1 is not a whole number
    tongxin.toml:8: source.url: is missing; it must be an address: http://…, https://… or file:…
    tongxin.toml:9: source.id: "Gov" is no name: at most 40 lower-case letters, digits and dashes
    tongxin.toml:10: source.page.item: is missing; it must be a CSS selector such as "ul.list li"
    tongxin.toml:10: source.page.itme: unknown key; did you mean "item"?
    tongxin.toml:13: source.id: there are two of the name "gov-news"
    tongxin.toml:14: source.url: "https://" is not an address: http://…, https://… or file:…
    tongxin.toml:16: topic: expected tables, each headed [[topic]]
    "#);
    insta::assert_snapshot!(mistakes(r#"
[[source]]
id = "gov-news"
url = "file:a"

[[topic]]
id = "policy"
missed = "never"
when_empty = "quiet"
max_entries = 41
schedul = "0 8 * * *"

[[topic.section]]
sources = ["gov_news", "govnews", "weather"]
heading = "x"

[[group]]
id = "all"
topics = ["polcy"]
"#), @r#"
    tongxin.toml:8: topic.missed: "never" is not "skip", "once" or "within 2h"
    tongxin.toml:9: topic.when_empty: "quiet" is not "silent" or "say"
    tongxin.toml:10: topic.max_entries: must lie between 1 and 40
    tongxin.toml:11: topic.schedul: unknown key; did you mean "schedule"?
    tongxin.toml:14: topic.section.sources: "gov_news" is no name: at most 40 lower-case letters, digits and dashes
    tongxin.toml:14: topic.section.sources: there is no source "govnews"; did you mean "gov-news"?
    tongxin.toml:14: topic.section.sources: there is no source "weather"
    tongxin.toml:15: topic.section.heading: unknown key
    tongxin.toml:19: group.topics: there is no topic "polcy"; did you mean "policy"?
    "#);
}

#[test]
fn mistakes_in_seats_are_told() {
    insta::assert_snapshot!(mistakes("[[seat]]\nroles = [\"editer\"]\ntoken_sha256 = \"abc\""), @r#"
    tongxin.toml:1: seat.name: is missing; it must be a text in quotes
    tongxin.toml:2: seat.roles: "editer" is not "administrator", "editor", "approver", "reviewer", "lead", "custodian" or "keeper"; did you mean "editor"?
    tongxin.toml:3: seat.token_sha256: must be 64 hexadecimal digits, as `tongxin seat` prints them
    "#);
}

#[test]
fn two_seats_are_told_apart_by_name_and_secret() {
    let seat = |name: &str, digit: &str| {
        let token = digit.repeat(64);
        format!("[[seat]]\nname = \"{name}\"\nroles = [\"lead\"]\ntoken_sha256 = \"{token}\"\n")
    };
    insta::assert_snapshot!(mistakes(&[seat("a", "a"), seat("a", "b"), seat("b", "a")].concat()), @r#"
    tongxin.toml:6: seat.name: there are two of the name "a"
    tongxin.toml:12: seat.token_sha256: is another seat's: each seat needs a secret of its own
    "#);
}

#[test]
fn a_schedule_that_cannot_be_read_is_told_with_what_was_probably_meant() {
    let said = |line: &str| {
        let text = format!("[[topic]]\nid = \"n\"\nschedule = \"{line}\"");
        mistakes(&text).replace("tongxin.toml:3: topic.schedule: ", "")
    };
    for line in ["0 8 * * 7", "0 8 * * 0", "0 8 * * mon-fri", "0 8 * * SUN", "@daily", "every 2h"] {
        assert!(
            read(&format!("[[topic]]\nid = \"n\"\nschedule = \"{line}\"")).topics[0]
                .schedule
                .is_some()
        );
    }
    let lines = [
        "0 0 8 * * 1-5",
        "0 8 * * Sunday",
        "0 8 * * 8",
        "8:30",
        "每天 8:00",
        "every 20",
        "0 25 * * *",
        "0 8 31 2 *",
        "0 8 1 * 1",
        "daily",
    ];
    insta::assert_snapshot!(lines.map(|line| format!("{line} – {}", said(line))).join("\n"), @r#"
    0 0 8 * * 1-5 – a schedule has five fields (minute hour day month weekday) or reads `every 20s`; this one has 6; did you mean "0 8 * * 1-5"?
    0 8 * * Sunday – `sunday` is no weekday: 0 to 7 or sun to sat is possible; did you mean "0 8 * * sun"?
    0 8 * * 8 – `8` is no weekday: 0 to 7 or sun to sat is possible
    8:30 – a schedule has five fields (minute hour day month weekday) or reads `every 20s`; this one has 1; did you mean "30 8 * * *"?
    每天 8:00 – a schedule has five fields (minute hour day month weekday) or reads `every 20s`; this one has 2; did you mean "0 8 * * *"?
    every 20 – `20` is no span: write `every 20s`, `every 5m` or `every 2h`, up to a week; did you mean "every 20m"?
    0 25 * * * – `25` is no hour: 0 to 23 is possible
    0 8 31 2 * – this date never comes
    0 8 1 * 1 – a day of the month and a weekday cannot be given together: make two schedules
    daily – a schedule has five fields (minute hour day month weekday) or reads `every 20s`; this one has 1; did you mean "@daily"?
    "#);
}

#[test]
fn selectors_and_templates_that_cannot_work_are_told() {
    insta::assert_snapshot!(mistakes(r#"
[[source]]
id = "a"
url = "https://example.org"
page = { item = "li[", title = "", link = "a >", date = "span..d", article = "::" }

[[source]]
id = "b"
url = "https://example.org"
[source.page]
item = ""

[[topic]]
id = "one"
title_template = "{{ topik }} {{ date }}"
item_template = "{{ summary "

[[topic]]
id = "two"
title_template = "{{ topic | uper }}"
item_template = "{% if count > 1 %}{{ count }}{% endif %}"

[[topic]]
id = "three"
title_template = ""
item_template = "{% if source %}{{ sorce }}"
"#), @r#"
    tongxin.toml:5: source.page.item: "li[" is not a CSS selector such as "ul.list li"
    tongxin.toml:5: source.page.link: "a >" is not a CSS selector such as "ul.list li"
    tongxin.toml:5: source.page.date: "span..d" is not a CSS selector such as "ul.list li"
    tongxin.toml:5: source.page.article: "::" is not a CSS selector such as "ul.list li"
    tongxin.toml:11: source.page.item: must not be empty
    tongxin.toml:15: topic.title_template: there is no "topik" here, only topic, date, count; did you mean "topic"?
    tongxin.toml:16: topic.item_template: is no template: syntax error: unexpected end of input, expected end of variable block
    tongxin.toml:20: topic.title_template: is no template: unknown filter: filter uper is unknown
    tongxin.toml:21: topic.item_template: there is no "count" here, only title, summary, source, date, link
    tongxin.toml:25: topic.title_template: must not be empty
    tongxin.toml:26: topic.item_template: is no template: syntax error: unexpected end of input, expected end of block
    "#);
    let text = "[[topic]]\nid = \"n\"\ntitle_template = \"{% for n in range(count) %}{{ n }}{% endfor %}{{ topic | upper }}\"\nitem_template = \"\"";
    assert_eq!(read(text).topics[0].digest.item, "");
}

#[test]
fn values_that_people_write_otherwise_are_told_with_what_was_probably_meant() {
    insta::assert_snapshot!(mistakes(r#"
[office]
time_zone = "北京"
public_url = "news.example.org/"

[web]
listen = "localhost:8088"

[delivery]
probe = 30
stop = "10秒"
retry_first = "5 sec"

[[topic]]
id = "n"
time_zone = "UTC+8"
"#), @r#"
    tongxin.toml:3: office.time_zone: there is no time zone "北京"; did you mean "Asia/Shanghai"?
    tongxin.toml:4: office.public_url: "news.example.org/" is not an address such as "https://news.example.org"; did you mean "https://news.example.org"?
    tongxin.toml:7: web.listen: "localhost:8088" is not an address and port such as "127.0.0.1:8088"; did you mean "127.0.0.1:8088"?
    tongxin.toml:10: delivery.probe: expected a span such as "30s", "10m", "2h" or "7d", found 30; did you mean "30s"?
    tongxin.toml:11: delivery.stop: "10秒" is not a span such as "30s", "10m", "2h" or "7d"; did you mean "10s"?
    tongxin.toml:12: delivery.retry_first: "5 sec" is not a span such as "30s", "10m", "2h" or "7d"; did you mean "5s"?
    tongxin.toml:16: topic.time_zone: there is no time zone "UTC+8"; did you mean "Asia/Shanghai"?
    "#);
}

#[test]
fn a_file_in_another_encoding_is_refused_with_its_line() {
    let there = tempfile::tempdir().expect("a directory");
    let file = there.path().join("office.toml");
    // 城 as GBK writes it.
    std::fs::write(&file, b"[office]\nname = \"\xb3\xc7\"").expect("writes");
    let refused = Config::load(&file, &Overrides::default()).expect_err("refused").to_string();
    let said = refused.rsplit('/').next().expect("a name").to_owned();
    insta::assert_snapshot!(said, @"office.toml:2: these letters are not UTF-8: save the file as UTF-8");
}

#[test]
fn text_that_is_no_toml_is_refused_with_its_line() {
    let said = mistakes("[office]\nname = \"同心\"\nname = \"again\"");
    assert!(said.starts_with("tongxin.toml:3: duplicate key"), "{said}");
    assert!(mistakes("[office\n").starts_with("tongxin.toml:1: "));
    assert!(mistakes("\n\nwhat is this").starts_with("tongxin.toml:3: "));
}

#[test]
fn the_keys_never_lie_with_the_data() {
    for (dir, keys) in
        [("data", "data/keys"), ("data", "data"), ("data", "./x/../data/k"), ("keys/data", "keys")]
    {
        let said = mistakes(&format!("[data]\ndir = \"{dir}\"\nkeys = \"{keys}\""));
        assert!(said.starts_with("tongxin.toml:3: data.keys: must lie apart"), "{said}");
    }
    assert_eq!(read("[data]\ndir = \"data\"\nkeys = \"data-keys\"").data.dir, Path::new("data"));
}

#[cfg(unix)]
#[test]
fn a_link_does_not_hide_that_the_keys_lie_with_the_data() {
    let there = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(there.path().join("data")).expect("a directory");
    std::os::unix::fs::symlink(there.path().join("data"), there.path().join("link"))
        .expect("a link");
    let file = there.path().join("tongxin.toml");
    std::fs::write(&file, "[data]\nkeys = \"link/keys\"").expect("writes");
    let refused = Config::load(&file, &Overrides::default()).expect_err("refused");
    assert!(refused.to_string().contains("must lie apart"), "{refused}");
}

#[test]
fn a_file_is_read_and_paths_are_counted_from_it() {
    let there = tempfile::tempdir().expect("a directory");
    let file = there.path().join("tongxin.toml");
    std::fs::write(there.path().join("token"), "77:abc\n").expect("writes");
    std::fs::write(&file, "[[account]]\nname = \"b\"\ntoken_file = \"token\"\n[[source]]\nid = \"a\"\nurl = \"file:a.xml\"")
        .expect("writes");
    let config = Config::load(&file, &Overrides::default()).expect("reads");
    let AccountSettings::Telegram(bot) = &config.accounts[0].settings else { panic!("no bot") };
    assert_eq!(bot.token.reveal(), "77:abc");
    assert_eq!(config.data.dir, there.path().join("data"));
    assert_eq!(config.sources[0].url, format!("file:{}", there.path().join("a.xml").display()));
    let gone = Config::load(&there.path().join("none.toml"), &Overrides::default());
    assert!(gone.expect_err("no file").to_string().contains("none.toml cannot be read"));
}

#[test]
fn the_pages_need_a_host_name_of_their_own() {
    let at = |url: &str| mistakes(&format!("[office]\npublic_url = \"{url}\""));
    insta::assert_snapshot!(at("https://www.example.org:8443/news/"), @r#"tongxin.toml:2: office.public_url: must have no path: the pages need a host name of their own, give them one (news.example.org); did you mean "https://www.example.org:8443"?"#);
    assert_eq!(
        read("[office]\npublic_url = \"https://a.org:8443/\"").office.public_url,
        "https://a.org:8443"
    );
}

#[test]
fn what_is_allowed_but_hardly_meant_is_a_warning() {
    let text = r#"
[office]
public_url = "http://news.example.org"
admins = ["telegram:1"]

[[source]]
id = "unused"
url = "file:a"

[[source]]
id = "used"
url = "file:b"

[[topic]]
id = "empty"
schedule = "0 8 * * *"

[[topic]]
id = "idle"
[[topic.section]]
sources = ["used"]

[[group]]
id = "quiet"
"#;
    let said: Vec<String> = read(text).warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    tongxin.toml:3: office.public_url: http://news.example.org is not encrypted: what people write there can be read on its way
    tongxin.toml:4: office.admins: only one person is named: declining a suggestion needs a second one, grant the role lead to somebody
    tongxin.toml:7: source.id: no topic uses source "unused"
    tongxin.toml:16: topic.schedule: no section of topic "empty" names a source, so its digests are empty
    tongxin.toml:20: topic.section: topic "idle" has sources but no schedule, so no digest is made of them
    tongxin.toml:23: group.topics: nothing is pushed to group "quiet": it has no topics
    "#);
    assert!(read("").warnings[0].to_string().contains("nobody is named"));
    let seat = format!(
        "[[seat]]\nname = \"a\"\nroles = [\"editor\"]\ntoken_sha256 = \"{}\"",
        "0".repeat(64)
    );
    let warnings = read(&seat).warnings;
    assert!(warnings.iter().all(|w| !w.to_string().contains("nobody is named")), "{warnings:?}");
}

#[test]
fn a_proxy_that_would_be_taken_for_every_reader_is_a_warning() {
    let warned = |url: &str, web: &str| {
        let text = format!("[office]\npublic_url = \"{url}\"\n[web]\n{web}");
        read(&text).warnings.iter().any(|w| w.key == "web.reader")
    };
    let site = "https://news.example.org";
    assert!(warned(site, "") && warned(site, "listen = \"[::1]:8088\""));
    assert!(!warned(site, "reader = \"forwarded\""));
    assert!(!warned(site, "listen = \"0.0.0.0:8088\""));
    assert!(!warned("http://127.0.0.1:8088", ""));
}

#[test]
fn no_text_makes_the_reader_panic() {
    use proptest::prelude::*;
    let pieces = prop::sample::select(vec![
        "[office]",
        "[[topic]]",
        "[[topic.section]]",
        "[source]",
        "\n",
        "name",
        "id",
        " = ",
        "\"x\"",
        "1",
        "[",
        "]",
        "{",
        "}",
        "true",
        "1.5",
        "2026-01-01",
        "page",
        "sources",
        "同",
        "\"",
        "topics = [1, \"x\", []]",
    ]);
    let texts = prop::collection::vec(pieces, 0..20);
    proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }, |(text in texts)| {
        let _ = Config::read(given(&text.concat()));
    });
}

#[test]
fn the_address_of_a_database_is_taken_from_its_place_and_shown_to_nobody() {
    let url = "postgres://office:hush@db.example.org/news";
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("url"), format!("{url}\n")).expect("writes");
    let beside = dir.path().join("office.toml");
    let file = "[data]\nstore = \"postgres\"\npostgres_url_file = \"url\"\npostgres_retry = \"1m\"";
    let read = Config::read(Given { file: &beside, ..given(file) }).expect("reads");
    let Backend::Postgres(settings) = &read.data.store else { panic!("another store") };
    assert_eq!(settings.patience, std::time::Duration::from_mins(1));
    assert_eq!(settings.address.place().to_string(), "the database news at db.example.org:5432");
    let variable =
        with_variable("[data]\nstore = \"postgres\"", "TONGXIN__DATA__POSTGRES_URL", url);
    let variable = variable.expect("reads");
    assert!(variable.effective_toml().contains("postgres_url = \"***\""));
    for shown in [format!("{read:?}"), format!("{variable:?}")] {
        assert!(!shown.contains("hush"), "{shown}");
    }
    let plain =
        format!("[data]\nstore = \"postgres\"\npostgres_url = \"{url}\"\npostgres_tls = \"off\"");
    let plain = Config::read(given(&plain)).expect("reads");
    assert!(plain.warnings.iter().any(|w| w.to_string().contains("can be read on its way")));
}

#[test]
fn mistakes_in_the_address_of_a_database_are_told_without_it() {
    let cases = [
        ("store = \"postgres\"", "data.postgres_url: is missing"),
        ("store = \"postgre\"", "data.store: "),
        ("store = \"postgres\"\npostgres_url = \"mysql://a:hush@b/c\"", "is no address of"),
        ("postgres_url = \"postgres://a@b/c\"\npostgres_url_file = \"d\"", "not both"),
        ("postgres_url_file = \"no-such-file\"", "cannot be read"),
        ("postgres_pool = 1", "must lie between 2 and 200"),
    ];
    for (text, want) in cases {
        let why = Config::read(given(&format!("[data]\n{text}"))).expect_err(want).to_string();
        assert!(why.contains(want) && !why.contains("hush"), "{want} is not in: {why}");
    }
}

#[test]
fn what_suggestions_are_sorted_by_is_read_and_printed_as_it_took_effect() {
    let text = r#"
[suggestions]
claim_days = 2
decide_days = 30

[triage]
kinds = ["consult", "complex"]
consult = "3wd"
complex = "90d"
units = ["office: 办公室", "city: 城管科 / city management"]

[calendar]
holidays = ["2027-02-05..2027-02-11", "2027-05-01"]
workdays = ["2027-02-13"]
"#;
    let config = read(text);
    let rules = &config.desk_office().suggestions;
    assert_eq!((rules.claim_days, rules.decide_days, rules.respond_days), (2, 30, 3));
    assert_eq!(rules.kinds, [MatterKind::Consult, MatterKind::Complex]);
    assert_eq!(rules.answer_within(MatterKind::Consult), Span::Working(3));
    assert_eq!(rules.answer_within(MatterKind::Complex), Span::Days(90));
    assert_eq!(rules.answer_within(MatterKind::Report), Span::Working(15));
    let titles = |lang| rules.units.iter().map(|u| u.title(lang).to_owned()).collect::<Vec<_>>();
    assert_eq!(titles(Lang::Zh), ["办公室", "城管科"]);
    assert_eq!(titles(Lang::En), ["办公室", "city management"]);
    assert_eq!(rules.calendar.holidays.len(), 8);
    assert!(config.warnings.iter().all(|w| w.key == "office.admins"), "{:?}", config.warnings);
    assert!(!rules.categories.is_empty(), "what is left out has its default");
    let effective = config.effective_toml();
    assert!(
        effective.contains("holidays = [\"2027-02-05..2027-02-11\", \"2027-05-01\"]"),
        "{effective}"
    );
    assert!(
        effective.contains("\"office: 办公室\", \"city: 城管科 / city management\""),
        "{effective}"
    );
    let variable = with_variable("", "TONGXIN__TRIAGE__UNITS", "office: 办公室, city: 城管科");
    assert_eq!(variable.expect("reads").suggestions.units.len(), 2);
}

#[test]
fn mistakes_in_what_suggestions_are_sorted_by_are_told_with_what_was_meant() {
    let text = r#"
[suggestions]
answer_days = 15

[triage]
kinds = ["consult", "complant", "consult"]
suggestion = "15"
consult = "5个工作日"
complaint = "500wd"
report = "soon"
categories = []
areas = ["East: 东片", "east: 东片/", "one: 一，二", "east: 东片", "e: 东片", "one: 甲", "one: 乙", "long: 很长很长很长很长很长很长很长很长很长很长很长很长很长"]
units = ["办公室"]

[calendar]
holidays = ["2026-10-1", "2026年10月1日", "2026-10-07..2026-10-01", "2026-01-01..2026-12-31", 2026-05-01, "2026-05-01"]
workdays = ["2026-05-01", "2026-05-04", "2026-02-30"]
"#;
    insta::assert_snapshot!(mistakes(text), @r#"
    tongxin.toml:3: suggestions.answer_days: each kind has its own time now: set it in [triage], such as suggestion = "15wd"
    tongxin.toml:6: triage.kinds: "complant" is not "suggestion", "consult", "complaint", "report" or "complex"; did you mean "complaint"?
    tongxin.toml:6: triage.kinds: names "consult" twice
    tongxin.toml:7: triage.suggestion: "15" is not working days such as "15wd", or days such as "60d"; did you mean "15wd"?
    tongxin.toml:8: triage.consult: "5个工作日" is not working days such as "15wd", or days such as "60d"; did you mean "5wd"?
    tongxin.toml:9: triage.complaint: must lie between 1 and 366 days
    tongxin.toml:10: triage.report: "soon" is not working days such as "15wd", or days such as "60d"
    tongxin.toml:11: triage.categories: must name at least one: every suggestion is sorted by it
    tongxin.toml:12: triage.areas: "East" is no name: at most 20 lower-case letters, digits and dashes
    tongxin.toml:12: triage.areas: "east: 东片/" is not a name and what people call it, such as "roads: 道路交通 / roads and traffic"
    tongxin.toml:12: triage.areas: "一，二" has a comma, colon or equals sign in it: it could not be typed in a command
    tongxin.toml:12: triage.areas: "很长很长很长很长很长很长很长很长很长很长很长很长很长" is longer than 24 characters: it stands on a button
    tongxin.toml:12: triage.areas: two are called "东片": reviewers could not tell them apart
    tongxin.toml:12: triage.areas: there are two of the name "one"
    tongxin.toml:13: triage.units: "办公室" is not a name and what people call it, such as "roads: 道路交通 / roads and traffic"
    tongxin.toml:16: calendar.holidays: "2026年10月1日" is not a day in quotes such as "2026-10-10", or several: "2026-10-01..2026-10-07"; did you mean "2026-10-01"?
    tongxin.toml:16: calendar.holidays: "2026-10-07..2026-10-01" ends before it begins; did you mean "2026-10-01..2026-10-07"?
    tongxin.toml:16: calendar.holidays: "2026-01-01..2026-12-31" is longer than 40 days
    tongxin.toml:16: calendar.holidays: expected a day in quotes such as "2026-10-10", or several: "2026-10-01..2026-10-07", found a date
    tongxin.toml:17: calendar.workdays: "2026-02-30" is not a day in quotes such as "2026-10-10", or several: "2026-10-01..2026-10-07"
    tongxin.toml:17: calendar.workdays: 2026-05-01 is one of the holidays
    "#);
    let config = read("[calendar]\nworkdays = [\"2026-11-24\"]");
    let of_days = config.warnings.iter().filter(|w| w.key.starts_with("calendar"));
    let warnings: Vec<_> = of_days.map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        ["tongxin.toml:2: calendar.workdays: 2026-11-24 is a Tuesday and works anyway"]
    );
}
