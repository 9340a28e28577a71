//! The form at a seat by which a suggestion is sorted and taken up.

use super::office::Office;
use super::receipts::{look, submitted};
use axum::http::StatusCode;
use tongxin::model::PhaseName;

const WORDS: &str = "社保卡丢了怎么补办？";

async fn receipt(office: &Office, number: &str, secret: &str) -> String {
    look(&office.reader(), number, secret).await.words(".receipt")
}

async fn phase(office: &Office, number: &str, secret: &str) -> PhaseName {
    let code = |text| tongxin::model::Code::parse(text).expect("a code");
    let view = office.rooms.desk.receipt(&code(number), &code(secret)).await;
    view.expect("a receipt").phase
}

#[tokio::test]
async fn one_form_has_every_side_each_kind_with_its_date_and_takes_it_up() {
    let office = Office::open().await;
    let (number, secret) = submitted(&office, WORDS).await;
    let mut reviewer = office.seat("reviewer").await;
    let page = reviewer.press("认领").await;
    insta::assert_snapshot!(page.words(".sorting"), @"核对归类，然后受理 类型 建议（12月16日前答复） 咨询（12月2日前答复） 投诉（12月16日前答复） 举报（12月16日前答复） 复杂（1月24日前答复） 类别 综合 道路交通 环境卫生 住房物业 教育 医疗卫生 社保民政 公共安全 文体旅游 政务服务 承办 办公室 城管科 受理");
    let buttons = page.all(".said .buttons button").join(" ");
    assert!(
        buttons.contains("追问") && !buttons.contains("类别：") && !buttons.contains("受理"),
        "{buttons}"
    );
    let form = page.form("/seat/sort");
    let stands = ["kind", "category", "unit"].map(|name| form.field(name).to_owned());
    assert_eq!(stands, ["suggestion", "general", "office"]);
    let form = form.with("kind", "consult").with("category", "welfare").with("unit", "city");
    assert_eq!(reviewer.send(&form).await.status, StatusCode::SEE_OTHER);
    office.turn().await;
    let shown = receipt(&office, &number, &secret).await.replace(&number, "[编号]");
    insta::assert_snapshot!(shown, @"您的建议 已受理 承诺在2026年12月2日前答复。 编号 [编号] 提交日期 2026年11月25日 办理单位 城管科 您的补充 发送");

    // A slip: another unit. The form of what is claimed is gone, that of what is taken up is there.
    let page = reviewer.get("/seat").await;
    assert_eq!(page.all(".sorting").len(), 1, "{}", page.main());
    let change = page.button("更改");
    assert_eq!((change.field("kind"), change.field("unit")), ("consult", "city"));
    reviewer.send(&change.with("unit", "office")).await;
    office.turn().await;
    let shown = receipt(&office, &number, &secret).await;
    assert!(shown.contains("办理单位 办公室") && shown.contains("2026年12月2日前答复"), "{shown}");
}

#[tokio::test]
async fn what_the_form_does_not_offer_is_not_taken_and_another_seat_cannot_send_it() {
    let office = Office::open().await;
    let (number, secret) = submitted(&office, WORDS).await;
    let mut reviewer = office.seat("reviewer").await;
    let form = reviewer.press("认领").await.form("/seat/sort");
    let lead = office.seat("lead").await;
    assert_eq!(lead.send(&form).await.status, StatusCode::FORBIDDEN);
    assert_eq!(office.reader().send(&form).await.status, StatusCode::FORBIDDEN);
    for (field, value) in
        [("unit", "moon"), ("kind", "rumour"), ("kind", "consult\n/忘记我"), ("number", "")]
    {
        let sent = reviewer.send(&form.clone().with(field, value)).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{field}={value:?}");
        office.turn().await;
        let said = reviewer.get("/seat").await.all(".said .text").pop().expect("an answer");
        assert!(said.contains("没有“") || said.contains("格式不对"), "{field}={value:?}: {said}");
        assert_eq!(phase(&office, &number, &secret).await, PhaseName::Claimed, "{field}={value:?}");
    }
    // Sent twice, it is taken up once; the second time it is told how it stands.
    reviewer.send(&form).await;
    office.turn().await;
    reviewer.send(&form).await;
    office.turn().await;
    assert_eq!(phase(&office, &number, &secret).await, PhaseName::Accepted);
    let said = reviewer.get("/seat").await.all(".said .text");
    assert!(said.iter().any(|s| s.contains("目前的状态不能进行这项操作")), "{said:?}");
    // A colleague who looks at it sees neither form nor buttons.
    let mut lead = office.seat("lead").await;
    let page = lead.say(&format!("/查看 {number}")).await;
    assert!(page.main().contains(WORDS) && page.all(".sorting").is_empty(), "{}", page.main());
}

#[tokio::test]
async fn where_the_words_are_gone_nothing_can_be_taken_up_until_they_are_read_again() {
    let office = Office::open().await;
    let (number, _) = submitted(&office, WORDS).await;
    office.seat("reviewer").await.press("认领").await;
    let office = office.restarted(super::office::staff()).await;
    let mut reviewer = office.seat("reviewer").await;
    let page = reviewer.get("/seat").await;
    assert!(page.main().contains("内容已按保密要求清除"), "{}", page.main());
    assert!(page.all(".sorting").is_empty());
    assert!(!page.all(".said .buttons button").contains(&"受理".to_owned()));
    let page = reviewer.say(&format!("/查看 {number}")).await;
    assert_eq!((page.main().contains(WORDS), page.all(".sorting").len()), (true, 1));
}

#[tokio::test]
async fn what_was_erased_or_shown_two_days_ago_is_read_at_no_seat_any_more() {
    let office = Office::open().await;
    let (number, secret) = submitted(&office, WORDS).await;
    office.clock.advance(std::time::Duration::from_millis(1));
    let (other, _) = submitted(&office, "公园里请放长椅子").await;
    let mut reviewer = office.seat("reviewer").await;
    // Said, and in place of the list.
    reviewer.say(&format!("/查看 {other}")).await;
    reviewer.say(&format!("/查看 {number}")).await;
    reviewer.say("/收件箱").await;
    let page = reviewer.press("认领下一件").await;
    assert_eq!(page.main().matches(WORDS).count(), 2, "{}", page.main());
    let erase = look(&office.reader(), &number, &secret).await.button("彻底删除");
    office.reader().send(&erase.with("secret", &secret)).await;
    let page = reviewer.get("/seat").await;
    assert!(!page.main().contains(WORDS), "{}", page.main());
    assert!(page.main().contains("公园里请放长椅子"), "{}", page.main());
    office.clock.advance(std::time::Duration::from_hours(48));
    let page = reviewer.get("/seat").await;
    assert!(!page.main().contains("公园里请放长椅子"), "{}", page.main());
}

#[tokio::test]
async fn the_page_on_privacy_promises_what_the_clocks_keep() {
    let office = Office::open().await;
    let page = office.reader().get("/privacy").await.main();
    insta::assert_snapshot!(page.split("承诺 ").nth(1).and_then(|p| p.split(" 凭编号").next()).expect("promises"), @"提交后 3 个工作日内，工作人员会作出回应。 最迟在 15 天内决定是否受理，并告诉您由哪个单位、在什么时候答复。 受理后在下列期限内答复：建议 15 个工作日，咨询 5 个工作日，投诉 15 个工作日，举报 15 个工作日，复杂 60 天。");
}
