//! The whole way of a suggestion through the pages, without a script.

use super::live::Stream;
use super::office::Office;
use axum::http::StatusCode;
use tongxin::model::{Kind, Record};
use tongxin::store::Reads as _;

const WORDS: &str = "社区食堂晚餐能不能增加低盐的菜？";

#[tokio::test]
async fn a_digest_arrives_is_replied_to_and_the_answer_is_on_the_receipt_page() {
    let office = Office::open().await;
    let reader = office.reader();
    let empty = reader.get("/g/east").await;
    assert!(empty.main().contains("还没有推送"), "{}", empty.main());
    let mut stream = Stream::open(&reader, "/g/east/live").await;

    office.digest(&["养老食堂提供晚餐", "管网注水通知"]).await;
    let event = stream.next().await;
    assert!(event.data.contains("养老食堂提供晚餐"), "{event:?}");
    let page = reader.get("/g/east").await;
    assert_eq!(page.all("article h2"), ["便民信息 2026年11月25日"]);
    assert_eq!(page.attributes("article", "id"), [format!("m-{}", event.id)]);

    // The reader opens the post, reads what they agree to, and replies.
    let link = page.attributes("article h2 a", "href").remove(0);
    let post = reader.get(&link).await;
    let form = post.form(&format!("{link}/reply"));
    insta::assert_snapshot!(post.words(".consent"), @"提交说明 提交后，工作人员会看到内容，但看不到您的姓名和账号；答复会发回到您提交的地方。内容和联系方式加密保存，您可以随时凭查询码撤回或彻底删除（在聊天中也可发送 /忘记我）。请不要写身份证号、银行卡号和他人隐私。紧急情况请拨打 110、119、120。");
    let received = reader.send(&form.clone().with("text", WORDS).with("agreed", "yes")).await;
    assert_eq!(received.status, StatusCode::OK, "{}", received.main());
    let codes = received.all(".receipt dd code");
    let [number, secret] = &codes[..] else { panic!("{codes:?}") };
    insta::assert_snapshot!(received.main().replace(number, "[编号]").replace(secret, "[查询码]"), @"已收到，谢谢您 编号和查询码只显示这一次，请截图或抄下，不要转发他人。 编号 [编号] 查询码 [查询码] 接下来 工作人员会在2026年11月30日前回应。 随时可以凭编号和查询码，在“查询进展”页面查看进展和答复。 改变主意时，可以在同一页面撤回，或彻底删除。 ← 城东群");
    consent_is_stored(&office, form.field("consent")).await;
    // Sent a second time (a page loaded again, a double press), it is one suggestion, and has a code that works.
    let again = reader.send(&form.with("text", WORDS).with("agreed", "yes")).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.main());
    assert!(!again.body.contains(secret.as_str()) && again.main().contains("已经提交过"));
    let codes = again.all(".receipt dd code");
    assert_eq!(codes[0], *number);
    let secret = &codes[1];

    // The reviewer claims, accepts and answers; the editor is told nothing of it.
    office.turn().await;
    let mut reviewer = office.seat("reviewer").await;
    assert!(reviewer.get("/seat").await.main().contains(&format!("收到新建议 {number}")));
    let claimed = reviewer.press("认领").await;
    assert!(claimed.main().contains(WORDS), "{}", claimed.main());
    reviewer.press("受理").await;
    let asked = reviewer.press("答复").await;
    let reply = asked.all(".answer label");
    assert_eq!(reply, ["在此回复"], "the prompt has a place for the answer");
    let form = asked.button("发送");
    assert_eq!(form.action, "/seat/say");
    let answer_to = asked.attributes(".answer input[name=reply_to]", "value").remove(0);
    let answer = asked.form("/seat/say").with("reply_to", &answer_to);
    let answer = answer.with("text", "食堂从12月1日起每天提供两个低盐菜。");
    assert_eq!(reviewer.send(&answer).await.status, StatusCode::SEE_OTHER);
    office.turn().await;

    // The reader looks it up.
    let ask = reader.get("/r").await.form("/r").with("number", number).with("secret", secret);
    let shown = reader.send(&ask).await;
    insta::assert_snapshot!(shown.words(".receipt").replace(number, "[编号]"), @"您的建议 已答复 编号 [编号] 提交日期 2026年11月25日 办理单位 办公室 针对 便民信息 2026年11月25日 答复 食堂从12月1日起每天提供两个低盐菜。");
    assert!(!shown.body.contains(WORDS), "what was written is not on the receipt page");
    let editor = office.seat("editor").await.get("/seat").await;
    assert!(!editor.body.contains(WORDS) && !editor.body.contains(number.as_str()));
}

async fn consent_is_stored(office: &Office, shown: &str) {
    let all = office.store.list(Kind::Suggestion, &[], None, 9).await.expect("lists");
    let [record] = &all[..] else { panic!("{all:?}") };
    let Record::Suggestion(suggestion) = &record.value else { panic!("{record:?}") };
    let consent = suggestion.consent.as_ref().expect("a consent");
    let hex = consent.text.map(|b| format!("{b:02x}")).concat();
    assert_eq!(hex, shown, "the hash of the very text that stood on the page");
}
