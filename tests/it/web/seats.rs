//! Seats: a secret link opens one, roles decide what can be done there, and the configuration decides on roles.

use super::office::{Office, SEAT, staff};
use axum::http::StatusCode;
use std::collections::BTreeSet;
use std::time::Duration;
use tongxin::model::{Changes, Identity, Lang, Person, PersonId, Platform, Role};
use tongxin::store::{Reads, Store as _};

#[tokio::test]
async fn a_seat_cannot_be_guessed_and_its_cookie_cannot_be_made_up() {
    let office = Office::open().await;
    let reader = office.reader();
    for path in ["/seat", "/seat/x", "/seat/SECRET-OF-THE-edito", "/seat/live"] {
        let page = reader.get(path).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(page.main(), @"请用您的专属链接进入 这个页面只对工作人员开放。请打开管理员给您的专属链接；链接失效时请向管理员索取新的。 首页");
        }
    }
    let opened = reader.get(&format!("/seat/{SEAT}editor")).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER);
    let cookie = opened.header("set-cookie").to_owned();
    assert!(
        cookie.contains("HttpOnly; SameSite=Strict; Secure") && !cookie.contains(SEAT),
        "{cookie}"
    );
    let good = cookie.split(';').next().expect("a cookie");
    assert_eq!(office.reader().with("cookie", good).get("/seat").await.status, StatusCode::OK);
    let (until, mark) = good.split_once('=').expect("a value").1.split_once('.').expect("a mark");
    let later = until.parse::<u64>().expect("a moment") + 1;
    for made_up in
        [format!("{later}.{mark}"), format!("{until}."), format!("{until}.{}", "0".repeat(64))]
    {
        let forger = office.reader().with("cookie", &format!("tongxin-seat={made_up}"));
        assert_eq!(forger.get("/seat").await.status, StatusCode::FORBIDDEN, "{made_up}");
    }
    office.clock.advance(std::time::Duration::from_hours(168));
    assert_eq!(
        office.reader().with("cookie", good).get("/seat").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn whoever_has_not_the_role_is_told_so_and_nothing_happens() {
    let office = Office::open().await;
    let mut reviewer = office.seat("reviewer").await;
    let page = reviewer.say("/写稿 政策解读\n标题\n正文").await;
    let said = page.all(".said .text").pop().expect("an answer");
    insta::assert_snapshot!(said, @"这项操作需要“编辑”角色。如有需要，请联系管理员授权。");
    let mut editor = office.seat("editor").await;
    let page = editor.say("/收件箱").await;
    let said = page.all(".said .text").pop().expect("an answer");
    insta::assert_snapshot!(said, @"这项操作需要“审阅人”角色。如有需要，请联系管理员授权。");
    assert!(
        !page.all(".usage pre").join(" ").contains("/认领"),
        "only what the person may use is listed"
    );
}

#[tokio::test]
async fn a_seats_form_is_good_for_that_seat_alone() {
    let office = Office::open().await;
    let editor = office.seat("editor").await;
    let form = editor.get("/seat").await.form("/seat/say").with("text", "/帮助");
    let other = office.seat("reviewer").await.send(&form).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    assert!(other.main().contains("页面打开太久"));
    assert_eq!(office.reader().send(&form).await.status, StatusCode::FORBIDDEN);
    let leave = editor.get("/seat").await.form("/seat/leave");
    let left = editor.send(&leave).await;
    assert!(left.header("set-cookie").contains("Max-Age=0"));
}

#[tokio::test]
async fn what_was_typed_at_a_seat_that_lay_open_for_too_long_stands_in_its_box_again() {
    let office = Office::open().await;
    let mut editor = office.seat("editor").await;
    let page = editor.say("/写稿 政策解读\n标题\n正文").await;
    let (below, say) = (page.form("/seat/bring").field("reply_to").to_owned(), "/seat/say");
    let (typed, answer) =
        (page.form(say).with("reply_to", ""), page.form(say).with("reply_to", &below));
    office.clock.advance(Duration::from_hours(13));
    let back = editor.send(&typed.with("text", "/发布 <长>")).await;
    assert_eq!(back.status, StatusCode::FORBIDDEN);
    assert!(back.words("[role=alert]").contains("页面打开太久"));
    assert_eq!(back.words("#text"), "/发布 <长>");
    let back = editor.send(&answer.with("text", "标题\n新的正文")).await;
    // The text above the preview is answered like the preview, and has a box too.
    assert_eq!(back.all(".answer textarea"), ["标题 新的正文", ""]);
    assert_eq!(back.words("#text"), "");
    // Sent from there, it is taken.
    let form = back.form(say).with("reply_to", &below).with("text", "标题\n新的正文");
    assert_eq!(editor.send(&form).await.status, StatusCode::SEE_OTHER);
    office.turn().await;
    assert!(editor.get("/seat").await.main().contains("新的正文"));
    // Other forms lead back to the seat.
    let leave = page.form("/seat/leave");
    assert_eq!(editor.send(&leave).await.attributes("main a.button", "href"), ["/seat"]);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_by_a_double_click_does_its_work_once() {
    let office = Office::open().await;
    let mut editor = office.seat("editor").await;
    let form = editor.get("/seat").await.form("/seat/say");
    let form = form.with("text", "/写稿 政策解读\n标题\n正文");
    for _ in 0..2 {
        assert_eq!(editor.send(&form).await.status, StatusCode::SEE_OTHER);
        office.turn().await;
    }
    let page = editor.say("/待发").await;
    let listed = page.all(".said .text").pop().expect("a list");
    assert_eq!(listed.matches("标题").count(), 1, "{listed}");
}

#[tokio::test]
async fn no_page_of_ours_leads_to_a_strangers() {
    let office = Office::open().await;
    for path in ["//evil.example/login", "/nowhere"] {
        let form = office.reader().get("/r").await.form("/r");
        let elsewhere = office.reader().with("sec-fetch-site", "cross-site");
        let page = elsewhere.send(&super::page::Form { action: path.to_owned(), ..form }).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert_eq!(page.attributes("main a.button", "href"), ["/"]);
    }
}

#[tokio::test]
async fn a_change_at_a_seat_says_which_time_is_lost_and_one_press_schedules_it_again() {
    let office = Office::open().await;
    let mut editor = office.seat("editor").await;
    let page = editor.say("/写稿 政策解读\n桥通了\n明天起通行。").await;
    let below = page.form("/seat/bring").field("reply_to").to_owned();
    let shown = page.all(".said .text").pop().expect("an answer");
    let code = shown.split_whitespace().nth(1).expect("a code");
    editor.say(&format!("/定时 {code} 今天 08:30")).await;
    editor.press("确认定时").await;
    let form = editor.get("/seat").await.form("/seat/say").with("reply_to", &below);
    let done = editor.send(&form.with("text", "桥通了\n后天起通行。")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let shown = editor.get("/seat").await.all(".said .text").pop().expect("an answer");
    let told =
        "稿件有改动，原定 11月25日（周三）08:30 的推送已取消。确认无误后，请按“按原定时间推送”";
    assert!(shown.contains(told), "{shown}");
    editor.press("按原定时间推送").await;
    office.later(Duration::from_mins(30)).await;
    assert!(office.reader().get("/g/east").await.main().contains("后天起通行。"));
}

#[tokio::test]
async fn a_long_post_can_be_written_at_a_seat() {
    let office = Office::open().await;
    let mut editor = office.seat("editor").await;
    let page = editor.say(&format!("/写稿 政策解读\n长文\n{}", "长".repeat(15_000))).await;
    assert!(page.main().contains("立即推送"), "{}", page.all(".said").pop().unwrap_or_default());
}

async fn roles(office: &Office, person: PersonId) -> Option<BTreeSet<Role>> {
    let key = tongxin::model::Segments::new().id(person.0).key(tongxin::model::Kind::Person);
    let reads: &dyn Reads = &*office.store;
    reads.find::<Person>(&key).await.expect("reads").map(|p| p.value.roles)
}

#[tokio::test]
async fn the_roles_of_a_seat_follow_the_configuration_at_each_start_and_others_keep_theirs() {
    let office = Office::open().await;
    let [editor, reviewer, lead] = [0, 1, 2].map(|n| office.seated[n].person);
    assert_eq!(office.seated[1].added, BTreeSet::from([Role::Reviewer]));
    let granted = Person {
        id: PersonId(uuid::Uuid::from_u128(7)),
        identities: BTreeSet::from([Identity::new(Platform::Telegram, "7")]),
        name: "王芳".to_owned(),
        roles: BTreeSet::from([Role::Reviewer]),
        direct: None,
        lang: Lang::Zh,
        since: tongxin::model::At::default(),
    };
    let mut changes = Changes::new();
    changes.insert(granted.clone());
    office.store.commit(changes).await.expect("commits");

    let other =
        vec![("editor", vec![Role::Editor]), ("reviewer", vec![Role::Reviewer, Role::Editor])];
    let office = office.restarted(other).await;
    assert_eq!(office.seated[0].person, editor, "it is still the same person");
    assert_eq!(office.seated[0].taken, BTreeSet::from([Role::Administrator]));
    assert_eq!(office.seated[1].added, BTreeSet::from([Role::Editor]));
    assert_eq!(office.seated[2].taken, BTreeSet::from([Role::Lead, Role::Reviewer]));
    assert_eq!(roles(&office, editor).await, Some(BTreeSet::from([Role::Editor])));
    assert_eq!(
        roles(&office, reviewer).await,
        Some(BTreeSet::from([Role::Reviewer, Role::Editor]))
    );
    assert_eq!(roles(&office, lead).await, None);
    assert_eq!(roles(&office, granted.id).await, Some(granted.roles));

    let office = office.restarted(staff()).await;
    assert_eq!(office.seated[0].added, BTreeSet::from([Role::Administrator]));
    assert!(office.seated[0].taken.is_empty());
}
