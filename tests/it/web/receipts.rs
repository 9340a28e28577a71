//! Receipts: whoever has number and code sees how it stands, and nobody else.

use super::office::{Browser, Office};
use super::page::Page;
use axum::http::StatusCode;
use std::time::Duration;

const WORDS: &str = "金丝雀路口的灯坏了，canary-8f3";

/// A suggestion from the page of a group; its number and code.
pub async fn submitted(office: &Office, words: &str) -> (String, String) {
    let reader = office.reader();
    let form = reader.get("/g/east/suggest").await.form("/g/east/suggest");
    let page = reader.send(&form.with("text", words).with("agreed", "yes")).await;
    let codes = page.all(".receipt dd code");
    office.turn().await;
    (codes[0].clone(), codes[1].clone())
}

/// What the receipt page says to whoever has number and code.
pub async fn look(reader: &Browser, number: &str, secret: &str) -> Page {
    let form = reader.get("/r").await.form("/r");
    reader.send(&form.with("number", number).with("secret", secret)).await
}

#[tokio::test]
async fn a_receipt_is_found_however_it_is_typed_and_its_code_is_kept_nowhere() {
    let office = Office::open().await;
    let (number, secret) = submitted(&office, WORDS).await;
    let reader = office.reader();
    let loose = format!(" {} ", secret.replace('-', " ").to_lowercase());
    for (number, secret) in [(number.as_str(), secret.as_str()), (&number.to_lowercase(), &loose)] {
        let page = look(&reader, number, secret).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.main());
        assert!(page.main().contains("已收到") && page.main().contains("2026年11月30日"));
        assert!(!page.body.contains("金丝雀"), "the text is not on the page");
        assert_eq!(page.header("cache-control"), "no-store");
    }
    let bare = secret.replace('-', "");
    for hidden in [secret.as_str(), &bare, "金丝雀", "canary-8f3"] {
        assert_eq!(
            office.files_with(hidden.as_bytes()),
            Vec::<std::path::PathBuf>::new(),
            "{hidden}"
        );
    }
}

#[tokio::test]
async fn a_wrong_code_and_a_wrong_number_are_told_apart_by_nobody_and_tries_are_slowed() {
    let office = Office::open().await;
    let (number, secret) = submitted(&office, WORDS).await;
    let reader = office.reader();
    let wrong = look(&reader, &number, "AAAA-AAAA-AAAA").await;
    let nobody = look(&reader, "ZZZZ-ZZZZ", "AAAA-AAAA-AAAA").await;
    let nonsense = look(&reader, "??", "").await;
    for page in [&wrong, &nobody, &nonsense] {
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(page.words("[role=alert]"), "编号或查询码不对，请核对后再试。");
    }
    assert_eq!(wrong.form("/r").field("number"), number, "the number stays");
    assert_eq!(wrong.form("/r").field("secret"), "", "the code does not");

    let mut span = Duration::ZERO;
    for _ in 0..14 {
        while look(&reader, &number, "AAAA-AAAA-AAAA").await.status == StatusCode::TOO_MANY_REQUESTS
        {
            office.clock.advance(Duration::from_secs(30));
            span += Duration::from_secs(30);
        }
    }
    assert!(span >= Duration::from_mins(10), "fifteen tries in {span:?}");
    let slowed = look(&reader, &number, &secret).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS, "also for the right code");
    let words = slowed.words("[role=alert]");
    assert!(words.starts_with("尝试次数过多，请 ") && words.ends_with(" 分钟后再试。"), "{words}");
    office.clock.advance(Duration::from_hours(1));
    assert_eq!(look(&reader, &number, &secret).await.status, StatusCode::OK);
}

#[tokio::test]
async fn to_take_back_the_code_is_typed_again() {
    let office = Office::open().await;
    let (number, secret) = submitted(&office, WORDS).await;
    let reader = office.reader();
    let page = look(&reader, &number, &secret).await;
    let form = page.form("/r/withdraw");
    assert_eq!(form.field("secret"), "");
    let refused = reader.send(&form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = reader.send(&form.with("secret", &secret)).await;
    insta::assert_snapshot!(done.main(), @"已办好 已撤回。内容将在2026年12月2日彻底删除；也可以现在就删除。 查询进展");

    let page = look(&reader, &number, &secret).await;
    assert!(page.main().contains("已撤回"), "{}", page.main());
    let erase = page.button("彻底删除");
    assert_eq!(erase.action, "/r/erase");
    let done = reader.send(&erase.with("secret", &secret)).await;
    insta::assert_snapshot!(done.main(), @"已办好 已删除。内容和联系方式都已销毁，只留下不含个人信息的计数。 查询进展");
    office.turn().await;
    let after = look(&reader, &number, &secret).await;
    assert!(after.status.is_client_error() || after.main().contains("已删除"), "{}", after.main());
}

#[tokio::test]
async fn what_was_asked_back_is_answered_on_the_receipt_page_and_a_mistake_keeps_the_words() {
    let office = Office::open().await;
    let (number, secret) = submitted(&office, WORDS).await;
    let mut reviewer = office.seat("reviewer").await;
    reviewer.press("认领").await;
    reviewer.say(&format!("/追问 {number} 是哪个路口？门牌 2*1.5*30\n1. 东\n3. 西")).await;
    office.turn().await;
    let reader = office.reader();
    let page = look(&reader, &number, &secret).await;
    let asked = "是哪个路口？门牌 2*1.5*30 1. 东 3. 西";
    assert!(page.main().contains(asked), "letter for letter: {}", page.main());
    let short = reader.send(&page.form("/r/more").with("text", "东")).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(short.words("[role=alert]"), "内容太短，请至少写四个字。");
    assert_eq!(short.form("/r/more").field("text"), "东");
    let done = reader.send(&short.form("/r/more").with("text", "幸福路和建设路路口")).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.main());
    office.turn().await;
    let seat = reviewer.say(&format!("/查看 {number}")).await;
    assert!(seat.main().contains("幸福路和建设路路口"), "{}", seat.main());
}

#[tokio::test]
async fn the_address_that_a_receipt_in_a_chat_names_is_the_receipt_page() {
    let office = Office::open().await;
    let mut member = office.seat("editor").await;
    member.say("/建议 东门的路灯坏了").await;
    let page = member.press("提交").await;
    let said = page.all(".said .text").join("\n");
    let address =
        said.split_whitespace().find_map(|w| w.find("https://").map(|at| w[at..].to_owned()));
    let address = address.unwrap_or_else(|| panic!("no address in {said}"));
    let end = address.find(|c: char| !c.is_ascii()).unwrap_or(address.len());
    let path = address[..end].strip_prefix("https://news.example.org").expect("an address of ours");
    let shown = office.reader().get(path).await;
    assert_eq!(shown.status, StatusCode::OK, "{path}");
    assert_eq!(shown.form("/r").field("number"), "");
}

#[tokio::test]
async fn a_step_that_is_done_already_is_told_as_done() {
    let office = Office::open().await;
    let (number, secret) = submitted(&office, WORDS).await;
    let reader = office.reader();
    let page = look(&reader, &number, &secret).await;
    let withdraw = page.form("/r/withdraw").with("secret", &secret);
    let erase = page.button("彻底删除").with("secret", &secret);
    for (form, words) in [(&withdraw, "已撤回。内容将在2026年12月2日彻底删除"), (&erase, "已删除")]
    {
        for _ in 0..2 {
            let done = reader.send(form).await;
            assert_eq!(done.status, StatusCode::OK, "{}", done.main());
            assert!(done.main().contains(words), "{}", done.main());
        }
    }
    let done = reader.send(&withdraw).await;
    assert!(done.main().contains("已删除"), "{}", done.main());

    // Whoever has never seen the receipt is told nothing.
    let stranger = office.reader();
    let token = stranger.get("/r").await.form("/r").field("token").to_owned();
    let page = stranger.send(&erase.with("token", &token)).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(!page.main().contains("已删除"), "{}", page.main());
    let page = look(&stranger, &number, &secret).await;
    assert_eq!(page.words("[role=alert]"), "编号或查询码不对，请核对后再试。");
}

#[tokio::test]
async fn two_steps_at_once_are_both_done() {
    let office = Office::open().await;
    let (number, secret) = submitted(&office, WORDS).await;
    let reader = office.reader();
    let erase = look(&reader, &number, &secret).await.button("彻底删除").with("secret", &secret);
    let (one, two) = (office.reader(), office.reader());
    let (first, second) = tokio::join!(one.send(&erase), two.send(&erase));
    for page in [first, second] {
        assert_eq!(page.status, StatusCode::OK, "{}", page.main());
        assert!(page.main().contains("已删除"), "{}", page.main());
    }
}

#[tokio::test]
async fn what_is_added_after_the_question_is_answered_is_taken_once_and_what_cannot_be_taken_stays()
{
    let office = Office::open().await;
    let (number, secret) = submitted(&office, WORDS).await;
    let mut reviewer = office.seat("reviewer").await;
    reviewer.press("认领").await;
    reviewer.say(&format!("/追问 {number} 是哪个路口？")).await;
    office.turn().await;
    let reader = office.reader();
    let more = look(&reader, &number, &secret).await.form("/r/more");
    let halves = ["幸福路和建设路路口", "东北角的那一盏灯", "东北角的那一盏灯"];
    for text in halves {
        let done = reader.send(&more.clone().with("text", text)).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.main());
    }
    office.turn().await;
    let seat = reviewer.say(&format!("/查看 {number}")).await;
    assert!(seat.main().contains("补充 2：东北角的那一盏灯"), "{}", seat.main());
    assert!(!seat.main().contains("补充 3"), "{}", seat.main());

    // A page that lay open too long, or a wrong code, costs no words.
    let more = more.with("text", "还有一盏在南边");
    for (field, typed) in [("token", "1-0.00"), ("secret", "AAAA-AAAA-AAAA")] {
        let asked = reader.send(&more.clone().with(field, typed)).await;
        assert!(asked.status.is_client_error());
        let form = asked.form("/r").with("secret", &secret);
        let shown = reader.send(&form).await;
        assert_eq!(shown.form("/r/more").field("text"), "还有一盏在南边");
    }

    reviewer.say(&format!("/受理 {number} 建议")).await;
    reviewer.say(&format!("/答复 {number} 本月内安装完成，请您监督。")).await;
    let late = reader.send(&more).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    let words = late.words("[role=alert]");
    assert!(words.contains("已经答复") && !words.contains("最新情况"), "{words}");
    assert!(late.main().contains("还有一盏在南边"), "{}", late.main());
}
