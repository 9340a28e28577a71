//! What goes by e-mail: readers who subscribe, read, answer and leave, with their own mail programs.

mod heard;
mod sent;

use super::world::{World, word_after};
use crate::clock::StandingClock;
use crate::fakes::mailhost::{Mail, MailHost, OFFICE};
use axum::body::Body;
use futures::StreamExt as _;
use std::sync::Arc;
use std::time::Duration;
use tongxin::model::{AccountId, Platform};

const LI: &str = "li@example.com";
const POST: &str = "停水通知\n明天九点停水，见[区政府网](https://gov.example.org/a?b=1&c=2)。\n\n- **一号楼**\n- 二号楼 1<2";

/// An office with a mailbox, with these lines in its settings.
async fn office(more: &str) -> (World, MailHost) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let host = MailHost::start(clock.clone()).await;
    let world = World::beside(clock, &format!("{}{more}{GROUP}", host.account())).await;
    (world, host)
}

const GROUP: &str = "\n[[group]]\nid = \"garden\"\ntitle = \"阳光花园\"\ntopics = [\"policy\"]\n";
const KNOWN: &str = "addresses = [\"li@example.com\"]\ntopics = [\"policy\"]\n";

/// An editor writes a post and pushes it; what staff are told then.
async fn pushes(world: &mut World, text: &str) -> String {
    let editor = world.admin.clone();
    world.hires(&editor, "编辑").await;
    world.pushes(text).await.1
}

fn only(mails: Vec<Mail>) -> Mail {
    let [mail] = <[Mail; 1]>::try_from(mails).expect("one message");
    mail
}

/// What the administrator was told since.
fn staff(world: &mut World) -> String {
    let desk = world.admin.private();
    world.hears(&desk)
}

/// The path behind the office's address.
fn path(link: &str) -> String {
    link.strip_prefix("https://tongxin.example.org").expect("a page of ours").to_owned()
}

fn get(path: &str) -> axum::http::Request<Body> {
    axum::http::Request::get(path).body(Body::empty()).expect("a request")
}

fn post(path: &str, fields: &str) -> axum::http::Request<Body> {
    let request = axum::http::Request::post(path);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.body(Body::from(fields.to_owned())).expect("a request")
}

/// The program reads the office's mailbox until it has read all of it.
async fn reads(world: &mut World, host: &MailHost) {
    let account = AccountId("mail".to_owned());
    let mark = world.mark(&account).await;
    let mut heard = world.account(Platform::Email).listen(mark).expect("it listens");
    loop {
        tokio::select! {
            biased;
            batch = heard.next() => {
                world.hears_of(&account, &batch.expect("it listens for ever")).await;
                world.quiet().await;
            }
            () = host.is_heard_out() => return,
        }
    }
}

/// A message of a person's mail program.
fn written(from: &str, to: &str, more: &str, text: &str) -> String {
    format!(
        "Return-Path: <{from}>\r\nFrom: Li Na <{from}>\r\nTo: {to}\r\nDate: Tue, 24 Nov 2026 09:00:00 +0800\r\n\
         Message-ID: <{}@mail.example.com>\r\nMIME-Version: 1.0\r\n{more}\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
        text.len() + more.len(),
        text.replace('\n', "\r\n")
    )
}

/// An answer as mail programs write it: to the address that is asked for, with what is answered below.
fn reply(mail: &Mail, from: &str, text: &str) -> String {
    let (id, to) =
        (mail.header("Message-ID").expect("a name"), mail.header("Reply-To").expect("an address"));
    let more = format!("Subject: Re: x\r\nIn-Reply-To: {id}\r\nReferences: {id}\r\n");
    let quoted: String =
        mail.bodies().0.lines().flat_map(|line| ["\n> ", line]).map(str::to_owned).collect();
    let text = format!("{text}\n\nOn Tue, 24 Nov 2026 at 08:00, x <{OFFICE}> wrote:\n{quoted}");
    written(from, &to, &more, &text)
}

/// Somebody opens a link of a message, and presses the button of its page; what they are told then.
async fn follows(world: &mut World, link: &str) -> String {
    let (status, page) = world.answers(get(&path(link))).await;
    assert_eq!(status, 200, "{page}");
    let once = page.split("name=\"once\" value=\"").nth(1).expect("a form");
    let once = once.split('"').next().expect("a value");
    let (status, told) = world.answers(post(&path(link), &format!("once={once}"))).await;
    assert_eq!(status, 200, "{told}");
    world.quiet().await;
    told
}

/// A reader leaves their address on the group's page; the answer.
async fn leaves_address(world: &mut World, address: &str) -> (u16, String) {
    let (status, page) = world.answers(get("/g/garden/mail")).await;
    assert_eq!(status, 200);
    let token = page.split("name=\"token\" value=\"").nth(1).expect("a token");
    let token = token.split('"').next().expect("a value").to_owned();
    let fields: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("token", token.as_str()), ("address", address)])
        .finish();
    let answer = world.answers(post("/g/garden/mail", &fields)).await;
    world.quiet().await;
    answer
}

#[tokio::test]
async fn a_reader_subscribes_confirms_reads_answers_and_is_answered() {
    let (mut world, host) = office("").await;
    reads(&mut world, &host).await;
    let (_, page) = world.answers(get("/g/garden")).await;
    assert!(page.contains("/g/garden/mail"));
    let (status, told) = leaves_address(&mut world, " Li@Example.com ").await;
    assert!(status == 200 && told.contains("确认邮件"), "{told}");
    pushes(&mut world, "早先的通知\n还没有人确认。").await;
    let asked = only(host.mails(LI));
    assert!(asked.header("List-Unsubscribe").is_none(), "one message to one person");
    let link = asked.link("［确认订阅］");
    assert!(!link.contains("li@") && !link.contains("example.com"), "{link}");
    let (_, page) = world.answers(get(&path(&link))).await;
    assert!(page.contains("政策解读"), "{page}");
    pushes(&mut world, "再一条通知\n打开页面还不算确认。").await;
    assert_eq!(host.mails(LI).len(), 1, "opening a page subscribes nobody");
    let told = follows(&mut world, &link).await;
    assert!(told.contains("已订阅“政策解读”"), "{told}");
    pushes(&mut world, POST).await;
    let post = host.mails(LI).pop().expect("the post");
    assert_eq!(post.header("Subject").as_deref(), Some("停水通知"));
    let wang = world.telegram.user("王芳");
    world.hires(&wang, "审阅人").await;
    host.arrives(reply(&post, "Li@example.com", "请早一天通知。\n另外九号楼也停吗？"));
    reads(&mut world, &host).await;
    assert_eq!(host.lying(), (0, 0), "what was taken in is not left in the mailbox");
    let question = host.mails(LI).pop().expect("a question");
    let (text, _) = question.bodies();
    assert!(text.starts_with("这条内容要作为建议提交吗？"), "{text}");
    follows(&mut world, &question.link("［提交］")).await;
    let receipt = host.mails(LI).pop().expect("a receipt").bodies().0;
    assert!(receipt.starts_with("已收到您的建议。"), "{receipt}");
    let number = word_after(&receipt, "编号：");
    let notice = world.last(&wang.private());
    assert!(notice.text.contains("停水通知"), "the post that it answers: {}", notice.text);
    world.presses(&wang, &notice, "查看").await;
    let shown = world.hears(&wang.private());
    assert!(shown.contains("请早一天通知。\n另外九号楼也停吗？"), "{shown}");
    assert!(!shown.contains("wrote") && !shown.contains("example.com"), "{shown}");
    world.tells(&wang, &format!("/认领 {number}")).await;
    world.tells(&wang, &format!("/受理 {number} 建议")).await;
    world.tells(&wang, &format!("/答复 {number} 从下月起提前一天贴出通知。")).await;
    world.hears(&wang.private());
    let answer = host.mails(LI).pop().expect("an answer").bodies().0;
    assert!(answer.contains("从下月起提前一天贴出通知。"), "{answer}");
    for canary in ["li@example.com", "Li@example.com", "请早一天通知"] {
        assert!(
            world.files_with(canary.as_bytes()).is_empty(),
            "{canary} is kept nowhere in clear"
        );
    }
    staff(&mut world);
}

#[tokio::test]
async fn whoever_has_all_of_theirs_erased_is_not_brought_along_again() {
    let (mut world, host) = office(KNOWN).await;
    reads(&mut world, &host).await;
    pushes(&mut world, POST).await;
    let post = only(host.mails(LI));
    host.arrives(reply(&post, LI, "/忘记我"));
    reads(&mut world, &host).await;
    let question = host.mails(LI).pop().expect("a question");
    follows(&mut world, &question.link("［全部删除］")).await;
    let told = host.mails(LI).pop().expect("an answer").bodies().0;
    assert!(told.contains("以免按单位的收件名单再次给您发信"), "{told}");
    let mails = host.mails(LI).len();
    for _ in 0..2 {
        world.restarts().await;
        pushes(&mut world, "第二条\n不再收到。").await;
    }
    assert_eq!(host.mails(LI).len(), mails);
}

#[tokio::test]
async fn one_press_of_a_mail_program_ends_a_subscription_and_opening_the_page_does_not() {
    let (mut world, host) = office(KNOWN).await;
    pushes(&mut world, POST).await;
    let mail = only(host.mails(LI));
    let unsubscribe = mail.header("List-Unsubscribe").expect("a header");
    let page = path(unsubscribe.trim_start_matches('<').split('>').next().expect("an address"));
    let (status, shown) = world.answers(get(&page)).await;
    assert!(status == 200 && shown.contains("退订") && shown.contains("退订全部"), "{shown}");
    pushes(&mut world, "第二条\n仍然收到。").await;
    assert_eq!(host.mails(LI).len(), 2);
    let (status, told) = world.answers(post(&page, "List-Unsubscribe=One-Click")).await;
    assert!(status == 200 && told.contains("已退订“政策解读”"), "{status} {told}");
    let (status, _) = world.answers(post(&page, "List-Unsubscribe=One-Click")).await;
    assert_eq!(status, 200, "twice is once");
    pushes(&mut world, "第三条\n不再收到。").await;
    assert_eq!(host.mails(LI).len(), 2);
    world.restarts().await;
    pushes(&mut world, "第四条\n配置里的地址也不会再收到。").await;
    assert_eq!(host.mails(LI).len(), 2, "whoever left stays away");
    let odd = page.replace(&page[page.len() - 6..], "AAAAAA");
    let (status, told) = world.answers(post(&odd, "List-Unsubscribe=One-Click")).await;
    assert!(status == 404 && told.contains("失效"), "{told}");
}

#[tokio::test]
async fn an_address_is_asked_about_seldom_and_told_the_same_whether_it_is_known() {
    let (mut world, host) = office(KNOWN).await;
    let (_, unknown) = leaves_address(&mut world, "new@example.com").await;
    let (_, known) = leaves_address(&mut world, LI).await;
    assert_eq!(unknown, known);
    for _ in 0..3 {
        world.later(Duration::from_mins(11)).await;
        leaves_address(&mut world, LI).await;
    }
    assert_eq!(host.mails(LI).len(), 3, "and no more within an hour");
    let (status, page) = leaves_address(&mut world, "li@example.com\r\nBcc: x@example.com").await;
    assert!(status == 422 && page.contains("不是可以收信的邮箱地址"), "{page}");
    let mut last = 0;
    for n in 0..6 {
        last = leaves_address(&mut world, &format!("a{n}@example.com")).await.0;
    }
    assert_eq!(last, 429, "a flood from one place is refused");
    world.later(Duration::from_hours(49)).await;
    let late = host.mails("new@example.com").pop().expect("a question").link("［确认订阅］");
    let (status, _) = world.answers(post(&path(&late), "once=1")).await;
    assert_eq!(status, 404, "too late");
}
