//! What is wrong with an account, from what its platform said; what is asked for; and the file, changed.

use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tongxin::config::needs::{self, Form};
use tongxin::config::{DEFAULT, Draft, GivenFor, with_account, without_account};
use tongxin::connector::{Secret, SendFailure, WaitScope, diagnose};
use tongxin::model::{Lang, Platform};
use tongxin::text::Speak as _;
use tongxin::text::say::{
    Cause, NEEDS, StepsPart, StepsSays, need, platform_called, platform_name,
};

fn cause(platform: Platform, said: &str) -> Cause {
    diagnose(platform, &SendFailure::Misconfigured(said.to_owned())).cause
}

#[test]
fn the_words_of_each_platform_lead_to_what_is_wrong() {
    use Cause as C;
    use Platform as P;
    let ip = |ip: &str| C::Address(Some(ip.to_owned()));
    let scope = |names: &str| C::Scope(Some(names.to_owned()));
    let table = [
        (P::Telegram, "Unauthorized", C::Secret),
        (P::Telegram, "Not Found", C::Secret),
        (P::Telegram, "Forbidden: bot was kicked from the supergroup chat", C::Out),
        (P::WecomRobot, "93000 invalid webhook url, hint: [1_1], from ip: 1.2.3.4", C::NoRobot),
        (P::WecomRobot, "93004 robot is disabled", C::Off),
        (P::DingtalkRobot, "310000 keywords not in content, more: [https://x]", C::Keyword),
        (P::DingtalkRobot, "310000 sign not match, more: [https://x]", C::Signature),
        (P::DingtalkRobot, "310000 invalid timestamp", C::Signature),
        (
            P::DingtalkRobot,
            "310000 ip 203.0.113.9 not in whitelist, more: [https://x]",
            ip("203.0.113.9"),
        ),
        (P::DingtalkRobot, "310000 something new", C::Settings),
        (P::DingtalkRobot, "300005 token is not exist", C::NoRobot),
        (P::FeishuRobot, "19022 Ip Not Allowed", C::Address(None)),
        (P::FeishuRobot, "19024 Key Words Not Found", C::Keyword),
        (P::FeishuRobot, "19021 sign match fail or timestamp is not within one hour", C::Signature),
        (P::Feishu, "10014 app secret invalid", C::Secret),
        (
            P::Feishu,
            "99991672 Access denied. One of the following scopes is required: [im:message, im:message:send_as_bot].",
            scope("im:message, im:message:send_as_bot"),
        ),
        (P::Feishu, "99991401 ip 2001:db8::7 denied", ip("2001:db8::7")),
        (
            P::OfficialAccount,
            "40164 invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: 6-0-1",
            ip("203.0.113.9"),
        ),
        (P::OfficialAccount, "40125 invalid appsecret rid: 6", C::Secret),
        (P::OfficialAccount, "40013 invalid appid rid: 6", C::Name),
        (P::OfficialAccount, "48001 api unauthorized rid: 6", C::Unverified),
        (P::OfficialAccount, "89503 this ip needs the administrator", C::Confirm),
        (P::Dingtalk, "invalidClientIdOrSecret wrong clientId or clientSecret", C::Secret),
        (
            P::Dingtalk,
            "Forbidden.AccessDenied.AccessTokenPermissionDenied [qyapi_robot_sendmsg]",
            scope("qyapi_robot_sendmsg"),
        ),
        (P::Dingtalk, "bot.stopped the robot was stopped", C::Off),
        (P::Dingtalk, "chatbotId.notAllow.sendOTO 机器人已经停用或者未启用", C::Off),
        (P::Dingtalk, "robot.oto.notExist 机器人不存在", C::Off),
        (P::Webhook, "status 401", C::Secret),
        (P::Webhook, "status 404", C::NoSuchAddress),
        (P::Webhook, "status 302, which leads to https://x.example.org", C::LeadsElsewhere),
        (P::Webhook, "the address is in a private network; reach = \"any\" allows it", C::Private),
        (P::Feishu, "status 407 without an answer of the platform's", C::Proxy),
        (P::Wecom, "60020 not allow to access, from ip: 203.0.113.9, more", ip("203.0.113.9")),
        (P::Wecom, "301002 not allow operate another agent", C::Name),
        (P::Wecom, "40001 invalid credential", C::Secret),
        (P::Wecom, "the application “x” may see nobody (可见范围)", C::Unseen),
        (P::Wecom, "the application “x” is switched off (已停用)", C::Off),
        (P::WecomBot, "40013 invalid bot id", C::Name),
        (P::WecomBot, "93006 invalid chatid", C::Out),
        (P::Email, "535 5.7.8 authentication failed", C::Secret),
        (P::Email, "STARTTLS is not supported on this server", C::Encryption),
        (P::Email, "IMAP: [NONEXISTENT] Mailbox doesn't exist", C::Inbox),
        (P::Email, "553 5.7.1 not yours", C::Settings),
        (P::WebPush, "fcm.googleapis.com: 403 crypto-key header", C::Settings),
    ];
    for (platform, said, expected) in table {
        assert_eq!(cause(platform, said), expected, "{platform:?}: {said}");
    }
    let wait = SendFailure::Wait { span: Duration::from_millis(200), scope: WaitScope::Account };
    assert_eq!(diagnose(P::Telegram, &wait).cause, C::Wait(1));
    let muted = SendFailure::Blocked("230018 The group is muted".to_owned());
    assert_eq!(diagnose(P::Feishu, &muted).cause, C::Muted);
}

proptest! {
    #[test]
    fn whatever_a_platform_says_is_told_with_its_words(said in ".{0,80}", which in 0..Platform::ALL.len()) {
        let platform = Platform::ALL[which];
        for failure in [SendFailure::Misconfigured, SendFailure::Gone, SendFailure::Blocked, SendFailure::Rejected] {
            let diagnosis = diagnose(platform, &failure(said.clone()));
            for lang in [Lang::Zh, Lang::En] {
                prop_assert!(diagnosis.say(lang).contains(&said));
            }
        }
    }
}

#[test]
fn every_platform_has_its_steps_and_every_key_its_words_in_both_languages() {
    for platform in Platform::ALL {
        for lang in [Lang::Zh, Lang::En] {
            for part in [StepsPart::Before, StepsPart::After] {
                let steps = StepsSays { platform, part, hook: "https://x/hook/y".to_owned() };
                let said = steps.say(lang);
                assert!(said.starts_with("1. ") && !said.contains('{'), "{said}");
            }
            for need_of in needs::of(platform) {
                assert!(need(Some(platform), need_of.key, lang).is_some(), "{}", need_of.key);
                assert!(need(None, need_of.key, lang).is_some(), "{}", need_of.key);
            }
            assert_eq!(platform_called(platform_name(platform, lang)), Some(platform));
        }
    }
    let asked: BTreeSet<_> = needs::all().map(|need| need.key).collect();
    assert_eq!(asked, BTreeSet::from(NEEDS), "each has an option");
}

fn draft(name: &str) -> Draft {
    let values = vec![
        ("token".to_owned(), GivenFor::read(Form::Secret, "SECRET")),
        ("title".to_owned(), GivenFor::read(Form::Plain, "“群” = \"x\"\n[[account]]")),
        ("topics".to_owned(), GivenFor::read(Form::List, "a，b, c")),
        ("per_minute".to_owned(), GivenFor::Loose("10".to_owned())),
    ];
    Draft { name: name.to_owned(), platform: Platform::WecomRobot, values }
}

#[test]
fn what_was_put_into_a_file_and_taken_out_again_leaves_it_as_it_was() {
    let texts = [
        DEFAULT,
        "",
        "# alone\n",
        "[office]\nname = \"x\"",
        "[[account]]\nname = \"a\"\n\n# of the topic\n[[topic]]\nid = \"t\"\n[[topic.section]]\n",
        "[[topic]]\nid = \"t\"\n\n[[account]]\r\nname = \"a\" # here\r\n# the end",
        "account = [{ name = \"a\" }]\n[office]\n",
    ];
    for text in texts {
        let files = BTreeMap::from([("token".to_owned(), "new.token".to_owned())]);
        let with = with_account(text, &draft("new"), (&files, "2026-11-24")).expect("TOML");
        assert!(!with.contains("SECRET"), "{with}");
        for line in text.lines().filter(|line| !line.starts_with("account = ")) {
            assert!(with.contains(line), "{line} is gone: {with}");
        }
        let taken = without_account(&with, "new").expect("TOML").expect("it is there");
        let bare = |text: &str| text.trim_end().replace("\r\n", "\n");
        assert_eq!(bare(&taken.text), bare(text));
        // Where there is no room for a mark, the file is left alone.
        let marked = !text.starts_with("account = ");
        assert_eq!(if marked { taken.ours } else { taken.others }, ["new.token"]);
        assert_eq!(without_account(text, "new"), Ok(None));
    }
}

#[test]
fn a_comment_of_the_file_stays_and_one_of_the_account_goes() {
    let text = "# of the file\n\n# of a\n[[account]]\nname = \"a\"\ntoken_file = \"a.token\"\n\n# of b\n[[account]]\nname = \"b\"\n";
    let taken = without_account(text, "a").expect("TOML").expect("is there");
    assert_eq!(taken.text, "# of the file\n\n# of b\n[[account]]\nname = \"b\"\n");
    assert_eq!(taken.others, ["a.token"]);
    let taken = without_account(text, "b").expect("TOML").expect("is there");
    assert!(taken.text.ends_with("a.token\"\n"), "{}", taken.text);
    let only = "# of the file\n\n[[account]]\nname = \"a\"\n";
    assert_eq!(
        without_account(only, "a").expect("TOML").expect("is there").text,
        "# of the file\n"
    );
}

#[test]
fn a_secret_is_never_shown_by_what_holds_it() {
    let shown = format!("{:?}", draft("new"));
    assert!(!shown.contains("SECRET") && shown.contains("***"), "{shown}");
    assert_eq!(
        GivenFor::read(Form::Secret, " x \n"),
        GivenFor::Secret(Secret::new("x".to_owned()))
    );
}
