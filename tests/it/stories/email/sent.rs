//! Messages as they leave: what programs read in them, and what hosts say to them.

use super::{KNOWN, LI, POST, office, only, pushes, staff};
use crate::fakes::mailhost::{Beyond, Fault, MailHost, Quota};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{
    ED25519, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair,
    UnparsedPublicKey,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tongxin::app::channels;
use tongxin::config::{Config, Given, Overrides};
use tongxin::model::Lang;
use tongxin::text::Speak as _;

/// A key of nobody's, made for this.
const RSA_KEY: &str = include_str!("rsa.base64");

#[tokio::test]
async fn a_post_comes_as_a_message_that_mail_programs_know_as_one_of_a_list() {
    let (mut world, host) = office(KNOWN).await;
    pushes(&mut world, POST).await;
    let mail = only(host.mails(LI));
    let header = |name: &str| mail.header(name).unwrap_or_default();
    assert_eq!(header("From"), "同心社区 <news@tongxin.example.org>");
    assert_eq!((header("To").as_str(), header("Subject").as_str()), (LI, "停水通知"));
    assert_eq!(header("Date"), "Tue, 24 Nov 2026 00:00:05 +0000");
    assert_eq!(header("List-Id"), "<policy.tongxin.example.org>");
    assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("Precedence"), "bulk");
    let unsubscribe = header("List-Unsubscribe");
    assert!(unsubscribe.starts_with("<https://tongxin.example.org/m/mail/"), "{unsubscribe}");
    assert!(unsubscribe.contains("<mailto:news+"), "{unsubscribe}");
    assert!(!unsubscribe.contains("li@") && !unsubscribe.contains("example.com"));
    let (name, back) = (header("Message-ID"), header("Reply-To"));
    let token =
        back.split_once("news+").expect("a name of its own").1.split_once('@').expect("at").0;
    assert!(name.starts_with(&format!("<{token}.")) && name.ends_with("@tongxin.example.org>"));
    assert_eq!(mail.sender, format!("news+{token}@tongxin.example.org"));
    let (text, html) = mail.bodies();
    let text = text.replace(&mail.link("退订 Unsubscribe"), "PAGE");
    insta::assert_snapshot!(text, @r"
    停水通知

    明天九点停水，见区政府网 (https://gov.example.org/a?b=1&c=2)。

    • 一号楼
    • 二号楼 1<2

    -- 
    直接回复本邮件，即可提出建议。 Reply to this message to make a suggestion.
    退订 Unsubscribe PAGE
    ");
    assert!(
        html.contains("<a href=\"https://gov.example.org/a?b=1&amp;c=2\">区政府网</a>"),
        "{html}"
    );
    assert!(html.contains("<strong>一号楼</strong>") && html.contains("1&lt;2"), "{html}");
    assert!(world.files_with(LI.as_bytes()).is_empty(), "no address is kept in clear");
}

#[tokio::test]
async fn a_message_whose_reader_is_put_off_comes_later_once() {
    let (mut world, host) = office(KNOWN).await;
    host.greylists();
    pushes(&mut world, POST).await;
    assert_eq!(host.mails(LI).len(), 0);
    world.later(Duration::from_mins(4)).await;
    assert_eq!(host.tries(), 1, "minutes, not seconds");
    world.later(Duration::from_mins(20)).await;
    assert_eq!(host.mails(LI).len(), 1);
    world.later(Duration::from_hours(24)).await;
    assert_eq!(host.mails(LI).len(), 1);
    staff(&mut world);
}

#[tokio::test]
async fn a_message_that_left_without_an_answer_follows_the_policy() {
    for (policy, fault, expected) in [
        ("unknown = \"resend\"\n", Fault::CutTaken, 2),
        ("unknown = \"hold\"\n", Fault::CutTaken, 1),
        ("unknown = \"hold\"\n", Fault::CutBeforeData, 1),
        ("unknown = \"hold\"\n", Fault::CutBeforeTaken, 0),
    ] {
        let (mut world, host) = office(&format!("{policy}{KNOWN}")).await;
        host.fails(fault.clone());
        pushes(&mut world, POST).await;
        world.later(Duration::from_mins(10)).await;
        let mails = host.mails(LI);
        assert_eq!(mails.len(), expected, "{policy}{fault:?}");
        if let [one, two] = mails.as_slice() {
            assert_eq!(one.header("Message-ID"), two.header("Message-ID"), "the same by its name");
        }
        staff(&mut world);
    }
}

#[tokio::test]
async fn a_title_with_line_ends_makes_no_header() {
    let (mut world, host) = office(KNOWN).await;
    let title = "通知\u{2028}Bcc: victim@example.com";
    pushes(&mut world, &format!("{title}\n正文。\r\n.\r\nMAIL FROM:<x@y>")).await;
    let mail = only(host.mails(LI));
    assert!(mail.header("Bcc").is_none() && host.taken() == 1);
    assert!(mail.bodies().0.contains("\n.\nMAIL FROM:"));
}

#[tokio::test]
async fn a_password_that_is_no_longer_good_stops_the_account_and_loses_nothing() {
    let (mut world, host) = office(KNOWN).await;
    host.locks(true);
    let alarm = pushes(&mut world, POST).await;
    assert!(alarm.contains("5.7.8") && !alarm.contains(MailHost::secret()), "{alarm}");
    host.locks(false);
    world.later(Duration::from_mins(6)).await;
    assert_eq!(host.mails(LI).len(), 1);
    staff(&mut world);
}

#[tokio::test]
async fn many_messages_share_few_connections() {
    let addresses: Vec<String> = (0..40).map(|n| format!("\"r{n}@example.com\"")).collect();
    let more = format!("addresses = [{}]\ntopics = [\"policy\"]\n", addresses.join(", "));
    let (mut world, host) = office(&more).await;
    pushes(&mut world, POST).await;
    world.later(Duration::from_mins(2)).await;
    assert_eq!(host.taken(), 40);
    assert!(host.connections() <= 4, "{}", host.connections());
    staff(&mut world);
}

#[tokio::test]
async fn what_a_host_refuses_rests_or_is_given_up_as_it_says() {
    // A reader's host that does not want us: the subscription rests. A message that it does not want: only that one.
    for (fault, again) in [
        (Fault::Recipient("550 5.4.1 Access denied"), 0),
        (Fault::Message("552 5.3.4 too big"), 1),
        (Fault::Message("554 5.7.1 looks like spam"), 1),
    ] {
        let (mut world, host) = office(KNOWN).await;
        host.fails(fault.clone());
        pushes(&mut world, POST).await;
        world.later(Duration::from_mins(10)).await;
        assert_eq!(host.mails(LI).len(), 0);
        pushes(&mut world, "第二条\n再试一次。").await;
        assert_eq!(host.mails(LI).len(), again, "{fault:?}");
        staff(&mut world);
    }
}

const FIVE: [&str; 5] =
    ["a@example.com", "b@example.com", "c@example.com", "d@example.com", "e@example.com"];

/// Five readers in the settings.
fn five() -> String {
    format!("addresses = {FIVE:?}\ntopics = [\"policy\"]\n")
}

/// How many messages each of them got.
fn got(host: &MailHost) -> Vec<usize> {
    FIVE.iter().map(|who| host.mails(who).len()).collect()
}

const LISTED: &str =
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org";

#[tokio::test]
async fn a_host_that_takes_nothing_from_us_stops_the_account_and_costs_no_subscription() {
    for words in [
        LISTED,
        "550 5.7.1 Relay access denied",
        "550 relay not permitted",
        "553 sorry, that domain isn't in my list of allowed rcpthosts",
    ] {
        let (mut world, host) = office(&five()).await;
        host.denies(Some(words));
        let alarm = pushes(&mut world, POST).await;
        assert!(alarm.contains("已停止发送") && alarm.contains(&words[4..]), "{alarm}");
        world.later(Duration::from_mins(40)).await;
        assert!(!staff(&mut world).contains("已停止发送"), "told once");
        host.denies(None);
        world.later(Duration::from_mins(20)).await;
        assert_eq!(got(&host), [1; 5], "{words}");
        pushes(&mut world, "第二条\n都还收到。").await;
        world.later(Duration::from_mins(2)).await;
        assert_eq!(got(&host), [2; 5], "{words}");
        staff(&mut world);
    }
}

#[tokio::test]
async fn a_host_that_takes_nothing_any_more_costs_one_subscription_at_most() {
    let (mut world, host) = office(&five()).await;
    pushes(&mut world, POST).await;
    world.later(Duration::from_mins(2)).await;
    assert_eq!(got(&host), [1; 5]);
    host.denies(Some(LISTED));
    let alarm = pushes(&mut world, "第二条\n中途被拦。").await;
    assert!(alarm.contains("已停止发送"), "{alarm}");
    host.denies(None);
    world.later(Duration::from_mins(20)).await;
    assert!(got(&host).iter().sum::<usize>() >= 9, "{:?}", got(&host));
    staff(&mut world);
}

#[tokio::test]
async fn a_reader_for_whom_nothing_is_taken_rests_and_keeps_nobody_else_waiting() {
    let (mut world, host) = office(&five()).await;
    host.denies_one(FIVE[2], "550 5.7.1 we do not take mail from you");
    pushes(&mut world, POST).await;
    world.later(Duration::from_mins(30)).await;
    assert_eq!(got(&host), [1, 1, 0, 1, 1]);
    let tries = host.tries();
    pushes(&mut world, "第二条\n其他人照常收到。").await;
    world.later(Duration::from_mins(30)).await;
    assert_eq!((got(&host), host.tries() - tries), (vec![2, 2, 0, 2, 2], 4), "it is not tried");
    staff(&mut world);
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_waited_for_and_costs_no_message_and_no_subscription() {
    for (at, words) in [
        (Beyond::Sender, "550 5.4.5 Daily user sending quota exceeded"),
        (Beyond::Recipient, "550 5.4.5 Daily user sending quota exceeded"),
        (Beyond::Data, "554 5.7.1 <DATA>: Data command rejected: only 3 messages per day"),
        (
            Beyond::Message,
            "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException",
        ),
        (Beyond::Message, "554 Reject by behaviour spamANTISPAM_BAT[0]: too frequently sending"),
    ] {
        let (mut world, host) = office(&five()).await;
        host.has_quota(Quota { most: 3, span: Duration::from_hours(5), at, words });
        let told = pushes(&mut world, POST).await;
        world.later(Duration::from_hours(4)).await;
        // Two are handed in at once, and may both find room for one.
        assert!((3..=4).contains(&host.taken()), "{words}: {:?}", got(&host));
        assert!(host.tries() < 30, "{words}: asked {} times", host.tries());
        world.later(Duration::from_hours(3)).await;
        assert_eq!(got(&host), [1; 5], "{words}");
        let told = told + &staff(&mut world);
        assert!(!told.contains("已停止发送") && !told.contains("已暂停"), "{told}");
    }
}

#[tokio::test]
async fn a_reader_of_whom_a_host_says_a_quota_keeps_nobody_else_waiting() {
    let (mut world, host) = office(&five()).await;
    host.denies_one(FIVE[2], "550 5.7.1 too many messages to this user, rate limit exceeded");
    pushes(&mut world, POST).await;
    world.later(Duration::from_mins(30)).await;
    assert_eq!(got(&host), [1, 1, 0, 1, 1]);
    staff(&mut world);
}

#[tokio::test]
async fn a_message_is_signed_and_both_ways_to_unsubscribe_are_under_the_signature() {
    for kind in ["ed25519-sha256", "rsa-sha256"] {
        signed_with(kind).await;
    }
}

/// A message is signed with a key of this kind.
async fn signed_with(kind: &str) {
    let random = SystemRandom::new();
    let made = Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
    let der = match kind {
        "rsa-sha256" => STANDARD.decode(RSA_KEY.replace('\n', "")).expect("base64"),
        _ => made.as_ref().to_vec(),
    };
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----",
        STANDARD.encode(&der)
    );
    let dkim = format!("dkim_selector = \"s1\"\ndkim_key = \"{pem}\"\n{KNOWN}");
    let (mut world, host) = office(&dkim).await;
    pushes(&mut world, POST).await;
    let mail = only(host.mails(LI));
    let (head, body) = mail.raw.split_once("\r\n\r\n").expect("a body");
    let unfolded = head.replace("\r\n ", " ");
    let lines: Vec<(String, String)> = unfolded
        .split("\r\n")
        .map(|line| line.split_once(':').expect("a header"))
        .map(|(name, value)| {
            (name.to_lowercase(), value.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect();
    let value = |name: &str| lines.iter().find(|(known, _)| known == name).map(|(_, v)| v.clone());
    let signed = value("dkim-signature").expect("a signature");
    let tag = |name: &str| {
        let mut tags = signed.split(';').filter_map(|t| t.trim().split_once('='));
        let found = tags.find(|(known, _)| *known == name).expect("a tag").1;
        found.split_whitespace().collect::<String>()
    };
    assert_eq!(
        (tag("d"), tag("s"), tag("a")),
        ("tongxin.example.org".into(), "s1".into(), kind.to_owned())
    );
    // Our bodies have no double spaces within lines but in what is encoded, and end with one line end.
    let relaxed: Vec<String> = body
        .trim_end_matches("\r\n")
        .split("\r\n")
        .map(|line| {
            let lead = if line.starts_with(' ') { " " } else { "" };
            format!("{lead}{}\r\n", line.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect();
    let hash = ring::digest::digest(&ring::digest::SHA256, relaxed.concat().as_bytes());
    assert_eq!(tag("bh"), STANDARD.encode(hash));
    let names: Vec<String> = tag("h").split(':').map(str::to_owned).collect();
    for name in ["from", "subject", "list-unsubscribe", "list-unsubscribe-post", "message-id"] {
        assert!(names.iter().any(|known| known == name), "{name} is not signed: {names:?}");
    }
    let mut data = String::new();
    let mut seen: Vec<&String> = Vec::new();
    for name in &names {
        if !seen.contains(&name)
            && let Some(value) = value(name)
        {
            data.extend([name.as_str(), ":", &value, "\r\n"]);
        }
        seen.push(name);
    }
    let bare = signed.rsplit_once("b=").expect("a signature").0;
    data.extend(["dkim-signature:", bare, "b="]);
    let signature = STANDARD.decode(tag("b")).expect("base64");
    let sound = if kind == "rsa-sha256" {
        let key = RsaKeyPair::from_pkcs8(&der).expect("a key");
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public().as_ref());
        public.verify(data.as_bytes(), &signature)
    } else {
        let key = Ed25519KeyPair::from_pkcs8(&der).expect("a key");
        let hash = ring::digest::digest(&ring::digest::SHA256, data.as_bytes());
        let public = UnparsedPublicKey::new(&ED25519, key.public_key().as_ref());
        public.verify(hash.as_ref(), &signature)
    };
    assert!(sound.is_ok(), "{signed}");
}

/// What an operator is told who tries the account.
async fn tried(host: &MailHost, change: impl Fn(String) -> String) -> String {
    let text = change(host.account());
    let (file, variables) = (Path::new("tongxin.toml"), Vec::new());
    let given = Given { file, text: &text, variables, overrides: Overrides::default() };
    let config = Config::read(given).expect("a good configuration");
    let tried = channels::test(&config, "mail").await;
    tried.map_or_else(|e| e.say(Lang::Zh), |says| says.say(Lang::Zh))
}

#[tokio::test]
async fn whoever_connects_a_mailbox_is_told_whether_it_works_and_what_is_wrong() {
    let host = MailHost::start(Arc::new(tongxin::clock::SystemClock)).await;
    let mut told = vec![tried(&host, |text| text).await];
    told.push(tried(&host, |text| text.replace(MailHost::secret(), "WRONG-PASSWORD")).await);
    told.push(tried(&host, |text| text.replace("smtp-clear", "smtp")).await);
    told.push(
        tried(&host, |text| text.replace("INBOX", "nowhere") + "folder = \"nowhere\"\n").await,
    );
    assert!(!told.concat().contains("PASSWORD"));
    assert_eq!(host.taken(), 0, "nothing is sent");
    insta::assert_snapshot!(told.join("\n"), @"
    “mail”可用：news@tongxin.example.org (mx.example.org) 收发两端都能登录，没有发出任何邮件。正式推送前，请按 docs/platforms.md 核对域名的 SPF、DKIM、DMARC。
    user 或 password 不对：请核对；不少邮箱要用单独的授权码，不是登录密码。（原话：535 5.7.8 authentication failed）
    邮件服务器的加密对不上：请核对 smtp、imap 的写法和端口（smtps:// 一般是 465，smtp:// 一般是 587，imaps:// 一般是 993），以及服务器的证书。（原话：STARTTLS is not supported on this server）
    收信一端不接受：请核对 imap、folder、user 和 password，并在邮箱设置里开启 IMAP。（原话：IMAP: [NONEXISTENT] Mailbox doesn't exist）
    ");
}
