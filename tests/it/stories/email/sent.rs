//! Messages as they leave: what programs read in them, and what hosts say to them.

use super::{KNOWN, LI, POST, office, only, pushes, staff};
use crate::fakes::mailhost::{Fault, MailHost};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use std::time::Duration;

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
        (Fault::Recipient("550 5.7.1 we do not take mail from you"), 0),
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

#[tokio::test]
async fn a_message_is_signed_and_both_ways_to_unsubscribe_are_under_the_signature() {
    let random = ring::rand::SystemRandom::new();
    let der = Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
    let key = Ed25519KeyPair::from_pkcs8(der.as_ref()).expect("a key");
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----",
        STANDARD.encode(der)
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
        ("tongxin.example.org".into(), "s1".into(), "ed25519-sha256".into())
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
    let data = ring::digest::digest(&ring::digest::SHA256, data.as_bytes());
    let signature = STANDARD.decode(tag("b")).expect("base64");
    let public = UnparsedPublicKey::new(&ED25519, key.public_key().as_ref());
    assert!(public.verify(data.as_ref(), &signature).is_ok(), "{signed}");
}
