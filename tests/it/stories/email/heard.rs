//! Messages as they arrive: answers, reports, and what nobody wrote.

use super::{KNOWN, LI, POST, follows, office, only, pushes, reads, reply, staff, written};
use crate::fakes::mailhost::{Keywords, MailHost, Naming, OFFICE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt as _;
use tongxin::model::{AccountId, Platform};

#[tokio::test]
async fn a_mail_program_that_writes_to_unsubscribe_ends_it_too() {
    let (mut world, host) = office(KNOWN).await;
    reads(&mut world, &host).await;
    pushes(&mut world, POST).await;
    let unsubscribe = only(host.mails(LI)).header("List-Unsubscribe").expect("a header");
    let mailto =
        unsubscribe.split("<mailto:").nth(1).expect("an address").trim_end_matches('>').to_owned();
    let (to, subject) = mailto.split_once("?subject=").expect("a subject");
    let subject = format!("Subject: {}\r\n", subject.replace("%20", " "));
    host.arrives(written("another@example.com", to, &subject, ""));
    reads(&mut world, &host).await;
    pushes(&mut world, "第二条\n不再收到。").await;
    let subjects: Vec<_> = host.mails(LI).iter().filter_map(|m| m.header("Subject")).collect();
    assert!(!subjects.contains(&"第二条".to_owned()), "{subjects:?}");
}

#[tokio::test]
async fn where_nobody_is_the_subscription_ends_at_once_or_when_the_report_comes() {
    for late in [false, true] {
        let (mut world, host) = office(KNOWN).await;
        reads(&mut world, &host).await;
        if late {
            host.finds_nobody(LI);
        } else {
            host.knows_nobody(LI);
        }
        pushes(&mut world, POST).await;
        reads(&mut world, &host).await;
        let tries = host.tries();
        pushes(&mut world, "第二条\n没有人收。").await;
        assert_eq!((host.tries(), tries), (1, 1), "late: {late}");
        staff(&mut world);
    }
}

#[tokio::test]
async fn a_report_that_names_no_message_of_ours_ends_nothing() {
    let (mut world, host) = office(KNOWN).await;
    reads(&mut world, &host).await;
    pushes(&mut world, POST).await;
    let forged = "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.org\r\nTo: news+00112233445566778899aabbccddeeff@tongxin.example.org\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n\
        --B\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; li@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--B--\r\n";
    host.arrives(forged);
    reads(&mut world, &host).await;
    pushes(&mut world, "第二条\n仍然收到。").await;
    assert_eq!(host.mails(LI).len(), 2);
}

#[tokio::test]
async fn programs_that_answer_and_hostile_messages_make_nothing() {
    let (mut world, host) = office(KNOWN).await;
    reads(&mut world, &host).await;
    pushes(&mut world, POST).await;
    let post = only(host.mails(LI));
    for header in
        ["Auto-Submitted: auto-replied\r\n", "Precedence: bulk\r\n", "List-Id: <x.example.com>\r\n"]
    {
        host.arrives(header.to_owned() + &reply(&post, LI, "我在休假，下周一回来。"));
    }
    host.arrives(
        reply(&post, LI, "我在休假，下周一回来。")
            .replace("Return-Path: <li@example.com>", "Return-Path: <>"),
    );
    host.arrives(reply(&post, OFFICE, "我在休假，下周一回来。"));
    let mut deep = String::from(
        "From: li@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n",
    );
    for n in 0..2_000 {
        let (this, next) = (n.to_string(), (n + 1).to_string());
        let lines =
            ["--b", &this, "\r\nContent-Type: multipart/mixed; boundary=b", &next, "\r\n\r\n"];
        deep.extend(lines);
    }
    host.arrives("\r\n\r\n");
    host.arrives(vec![0xff; 3 << 20]);
    host.arrives(deep.replace("li@", "nobody at all"));
    reads(&mut world, &host).await;
    assert_eq!(host.mails(LI).len(), 1, "nobody was asked anything");
    assert!(!staff(&mut world).contains("新建议"));
}

#[tokio::test]
async fn a_letter_in_gbk_is_read_and_its_subject_belongs_to_it() {
    let (mut world, host) = office("").await;
    reads(&mut world, &host).await;
    let (text, _, _) = encoding_rs::GBK.encode("门口太暗，晚上看不清台阶。");
    let (subject, _, _) = encoding_rs::GBK.encode("加装路灯");
    let subject = STANDARD.encode(&subject);
    let mut raw = format!(
        "From: li@example.com\r\nTo: {OFFICE}\r\nSubject: =?GBK?B?{subject}?=\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    )
    .into_bytes();
    raw.extend_from_slice(&text);
    host.arrives(raw);
    reads(&mut world, &host).await;
    let question = only(host.mails(LI));
    let wang = world.telegram.user("王芳");
    world.hires(&wang, "审阅人").await;
    follows(&mut world, &question.link("［提交］")).await;
    let notice = world.last(&wang.private());
    world.presses(&wang, &notice, "查看").await;
    let shown = world.hears(&wang.private());
    assert!(shown.contains("加装路灯\n门口太暗，晚上看不清台阶。"), "{shown}");
}

#[tokio::test]
async fn nobody_is_subscribed_commanded_for_or_flooded_by_whoever_writes_their_name() {
    let (mut world, host) = office("").await;
    reads(&mut world, &host).await;
    host.arrives(written(LI, OFFICE, "Subject: x\r\n", "/订阅 政策解读"));
    reads(&mut world, &host).await;
    pushes(&mut world, POST).await;
    let mails = host.mails(LI);
    assert!(
        mails.iter().all(|m| m.header("Subject").as_deref() != Some("停水通知")),
        "not subscribed"
    );
    let greeting = mails.last().expect("a greeting").clone();
    host.arrives(reply(&greeting, LI, "/订阅 政策解读"));
    reads(&mut world, &host).await;
    pushes(&mut world, "第二条\n这次收到了。").await;
    assert_eq!(host.mails(LI).last().and_then(|m| m.header("Subject")).as_deref(), Some("第二条"));
    let before = host.mails("victim@example.com").len();
    for n in 0..50 {
        host.arrives(written(
            "victim@example.com",
            OFFICE,
            "Subject: x\r\n",
            &format!("第{n}条骚扰信息"),
        ));
    }
    reads(&mut world, &host).await;
    assert!(host.mails("victim@example.com").len() - before <= 6);
}

#[tokio::test]
async fn what_lay_there_before_is_left_alone_and_what_is_renumbered_is_taken_once() {
    let (mut world, host) = office("").await;
    host.arrives(written(LI, OFFICE, "Subject: x\r\n", "很久以前的一封信"));
    reads(&mut world, &host).await;
    assert_eq!(host.mails(LI).len(), 0);
    world.restarts().await;
    host.arrives(written("wu@example.com", OFFICE, "Subject: x\r\n", "小区门口加装路灯"));
    let account = AccountId("mail".to_owned());
    let mark = world.mark(&account).await;
    let mut heard = world.account(Platform::Email).listen(mark).expect("it listens");
    world.hears_of(&account, &heard.next().await.expect("a batch")).await;
    drop(heard);
    assert_eq!(host.lying(), (2, 2), "stored, and not yet removed");
    world.quiet().await;
    reads(&mut world, &host).await;
    assert_eq!(host.lying(), (1, 1));
    assert_eq!(host.mails("wu@example.com").len(), 1);
    host.renumbers();
    host.arrives(written("wu@example.com", OFFICE, "Subject: x\r\n", "楼道里加装扶手"));
    reads(&mut world, &host).await;
    reads(&mut world, &host).await;
    assert_eq!(host.mails("wu@example.com").len(), 2);
}

const THREE: [&str; 3] = ["one@example.com", "two@example.com", "three@example.com"];

/// Three people write, each something else.
fn three_write(host: &MailHost) {
    for (n, who) in THREE.iter().enumerate() {
        host.arrives(written(who, OFFICE, "Subject: x\r\n", &"小区门口加装路灯。".repeat(n + 1)));
    }
}

/// How often each of them was answered.
fn answered(host: &MailHost) -> [usize; 3] {
    THREE.map(|who| host.mails(who).len())
}

#[tokio::test]
async fn a_line_that_breaks_between_messages_loses_none_of_them_and_removes_none_unheard() {
    for (taken, lying) in [("", (0, 0)), ("taken = \"keep\"\n", (3, 0))] {
        for anew in [false, true] {
            let (mut world, host) = office(taken).await;
            reads(&mut world, &host).await;
            if anew {
                host.renumbers();
            }
            three_write(&host);
            // It breaks, and the program ends before it stored anything.
            host.breaks_at(3);
            let account = AccountId("mail".to_owned());
            let mark = world.mark(&account).await;
            let mut heard = world.account(Platform::Email).listen(mark).expect("it listens");
            heard.next().await.expect("a batch");
            drop(heard);
            assert_eq!(host.lying().0, 3, "nothing is removed that was not stored");
            // It breaks, and the program goes on.
            host.breaks_at(3);
            reads(&mut world, &host).await;
            assert_eq!(answered(&host), [1; 3], "{taken}, anew: {anew}");
            assert_eq!(host.lying(), lying, "{taken}, anew: {anew}");
        }
    }
}

#[tokio::test]
async fn a_message_that_the_host_cannot_give_holds_up_nothing_behind_it_and_stays() {
    let (mut world, host) = office("").await;
    reads(&mut world, &host).await;
    host.cannot_give(THREE[1]);
    three_write(&host);
    reads(&mut world, &host).await;
    assert_eq!(answered(&host), [1, 0, 1]);
    assert_eq!(host.lying(), (1, 1), "for a person to read");
}

#[tokio::test]
async fn a_host_without_marks_is_read_and_an_old_letter_stays_whatever_it_finds() {
    let keep = "taken = \"keep\"\n";
    for (keywords, taken, lying) in [
        (Keywords::Refused, "", (2, 2)),
        (Keywords::Overlooked, "", (1, 1)),
        (Keywords::Refused, keep, (3, 1)),
        (Keywords::Overlooked, keep, (3, 1)),
    ] {
        let (mut world, host) = office(taken).await;
        host.takes_keywords(keywords);
        host.arrives(written(LI, OFFICE, "Subject: x\r\n", "很久以前的一封信"));
        reads(&mut world, &host).await;
        host.arrives(written("wu@example.com", OFFICE, "Subject: x\r\n", "小区门口加装路灯"));
        // The program ends when the letter is stored, and before it is removed.
        let account = AccountId("mail".to_owned());
        let mark = world.mark(&account).await;
        let mut heard = world.account(Platform::Email).listen(mark).expect("it listens");
        world.hears_of(&account, &heard.next().await.expect("a batch")).await;
        drop(heard);
        host.arrives(written("zhou@example.com", OFFICE, "Subject: x\r\n", "楼道里也加装扶手"));
        reads(&mut world, &host).await;
        for who in ["wu@example.com", "zhou@example.com"] {
            assert_eq!(host.mails(who).len(), 1, "{keywords:?} {taken}");
        }
        assert_eq!(host.lying(), lying, "{keywords:?} {taken}");
        assert!(host.lies(LI), "{keywords:?} {taken}");
    }
}

#[tokio::test]
async fn a_host_is_read_that_wants_to_know_which_program_reads_and_one_that_does_not() {
    for naming in [Naming::Wanted, Naming::Unknown] {
        let (mut world, host) = office("").await;
        host.takes_names(naming);
        reads(&mut world, &host).await;
        host.arrives(written("wu@example.com", OFFICE, "Subject: x\r\n", "小区门口加装路灯"));
        reads(&mut world, &host).await;
        assert_eq!(host.mails("wu@example.com").len(), 1, "{naming:?}");
    }
}
