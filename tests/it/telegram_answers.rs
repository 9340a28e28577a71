//! Every answer of Telegram's that is known, and what we do next.

use crate::clock::StandingClock;
use crate::telegram::{KEY, account, plain, sealed};
use axum::Router;
use axum::http::StatusCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tongxin::connector::http::{Caller, FetchSettings, fetcher};
use tongxin::connector::telegram::{Secret, Settings, Telegram};
use tongxin::connector::{Connector, Outgoing, SendFailure, WaitScope};
use tongxin::model::{Address, ChatKind};

/// What the server says to everything, for as long as it says so.
type Saying = Arc<Mutex<(u16, String)>>;

/// A bot, and a server that answers every call with what it is told to say.
async fn parrot() -> (Telegram, Saying) {
    let saying: Saying = Arc::default();
    let said = saying.clone();
    let say = move || {
        let said = said.clone();
        async move {
            let (status, body) = said.lock().expect("a lock").clone();
            (StatusCode::from_u16(status).expect("a status"), body)
        }
    };
    (bot_at(serve(Router::new().fallback(say)).await), saying)
}

/// Serves on the loopback; gives the address.
async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    #[expect(clippy::disallowed_methods, reason = "the server runs beside the test")]
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

fn bot_at(url: String) -> Telegram {
    let mut settings = Settings::new(Secret::new("1:a".into()));
    settings.api_url = url;
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00Z"));
    Telegram::new(account(), &settings, KEY, clock).expect("good settings")
}

fn group() -> Address {
    Address { account: account(), kind: ChatKind::Group, chat: "-4711".into(), thread: None }
}

/// The class of a failure, in one word.
fn class(failure: &SendFailure) -> &'static str {
    match failure {
        SendFailure::Wait { .. } => "wait",
        SendFailure::Transient(_) => "transient",
        SendFailure::Moved(_) => "moved",
        SendFailure::Rejected(_) => "rejected",
        SendFailure::Gone(_) => "gone",
        SendFailure::Blocked(_) => "blocked",
        SendFailure::Misconfigured(_) => "misconfigured",
        SendFailure::Unknown(_) => "unknown",
        SendFailure::Partly { .. } => "partly",
    }
}

const TABLE: &[(u16, &str, &str)] = &[
    (403, "Forbidden: bot was kicked from the group chat", "gone"),
    (403, "Forbidden: bot was kicked from the supergroup chat", "gone"),
    (403, "Forbidden: bot was kicked from the channel chat", "gone"),
    (403, "Forbidden: bot is not a member of the group chat", "gone"),
    (403, "Forbidden: bot is not a member of the supergroup chat", "gone"),
    (403, "Forbidden: bot is not a member of the channel chat", "gone"),
    (403, "Forbidden: the group chat was deleted", "gone"),
    (403, "Forbidden: user is deactivated", "gone"),
    (403, "Forbidden: bot was blocked by the user", "gone"),
    (403, "Forbidden: bot can't initiate conversation with a user", "gone"),
    (403, "Forbidden: something that nobody has heard of yet", "gone"),
    (403, "Forbidden: CHAT_WRITE_FORBIDDEN", "blocked"),
    (400, "Bad Request: chat not found", "gone"),
    (400, "Bad Request: PEER_ID_INVALID", "gone"),
    (400, "Bad Request: group chat was deactivated", "gone"),
    (400, "Bad Request: message thread not found", "blocked"),
    (400, "Bad Request: TOPIC_CLOSED", "blocked"),
    (400, "Bad Request: TOPIC_DELETED", "blocked"),
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN", "blocked"),
    (400, "Bad Request: CHAT_RESTRICTED", "blocked"),
    (400, "Bad Request: not enough rights to send text messages to the chat", "blocked"),
    (400, "Bad Request: have no rights to send a message", "blocked"),
    (400, "Bad Request: need administrator rights in the channel chat", "blocked"),
    (400, "Bad Request: message is too long", "rejected"),
    (400, "Bad Request: message text is empty", "rejected"),
    (400, "Bad Request: can't parse entities: Unsupported start tag \"x\"", "rejected"),
    (400, "Bad Request: reply markup is too long", "rejected"),
    (400, "Bad Request: BUTTON_DATA_INVALID", "rejected"),
    (400, "Bad Request: ENTITIES_TOO_LONG", "rejected"),
    (400, "Bad Request: message to be replied not found", "rejected"),
    (400, "Bad Request: something that nobody has heard of yet", "rejected"),
    (401, "Unauthorized", "misconfigured"),
    (404, "Not Found", "misconfigured"),
    (409, "Conflict: terminated by other getUpdates request", "transient"),
    (413, "Request Entity Too Large", "rejected"),
    (420, "Something new", "rejected"),
    (500, "Internal Server Error", "transient"),
    (502, "Bad Gateway", "transient"),
    (503, "Service Unavailable", "transient"),
];

#[tokio::test]
async fn every_answer_names_our_next_step() {
    let (bot, saying) = parrot().await;
    for (code, description, expected) in TABLE {
        let body =
            serde_json::json!({ "ok": false, "error_code": code, "description": description });
        *saying.lock().expect("a lock") = (*code, body.to_string());
        let failure = bot.send(&plain(group(), "通知")).await.expect_err("denied");
        assert_eq!(class(&failure), *expected, "{code} {description}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_telegrams_is_judged_by_what_may_have_happened() {
    let (bot, saying) = parrot().await;
    let page = "<html><body>nginx</body></html>";
    let cases = [
        (200, page, "unknown"),
        (200, "", "unknown"),
        (200, r#"{"ok":true}"#, "unknown"),
        (200, r#"{"ok":true,"result":{}}"#, "unknown"),
        (200, r#"{"ok":true,"result":[]}"#, "unknown"),
        (200, r#"{"ok":true,"result":{"message_id":"x"}}"#, "unknown"),
        (302, "", "transient"),
        (403, page, "transient"),
        (404, page, "misconfigured"),
        (413, page, "rejected"),
        (429, page, "wait"),
        (500, "", "transient"),
        (502, page, "transient"),
        (503, page, "transient"),
        (504, page, "unknown"),
    ];
    for (status, body, expected) in cases {
        *saying.lock().expect("a lock") = (status, body.to_owned());
        let failure = bot.send(&plain(group(), "通知")).await.expect_err("no answer");
        assert_eq!(class(&failure), expected, "{status} {body}");
    }
}

#[tokio::test]
async fn waits_and_moves_are_told_with_their_facts() {
    let (bot, saying) = parrot().await;
    let body = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 17",
        "parameters":{"retry_after":17}}"#;
    *saying.lock().expect("a lock") = (429, body.to_owned());
    let wait = SendFailure::Wait { span: Duration::from_secs(17), scope: WaitScope::Chat };
    assert_eq!(bot.send(&plain(group(), "通知")).await, Err(wait));
    let pressed = bot.answer_press(&sealed("49"), "好").await;
    let wait = SendFailure::Wait { span: Duration::from_secs(17), scope: WaitScope::Account };
    assert_eq!(pressed, Err(wait));

    let body = r#"{"ok":false,"error_code":400,
        "description":"Bad Request: group chat was upgraded to a supergroup chat",
        "parameters":{"migrate_to_chat_id":-1001234567890}}"#;
    *saying.lock().expect("a lock") = (400, body.to_owned());
    let moved = Address { chat: "-1001234567890".into(), ..group() };
    assert_eq!(bot.send(&plain(group(), "通知")).await, Err(SendFailure::Moved(moved)));
}

#[tokio::test]
async fn what_we_do_not_read_of_an_answer_cannot_spoil_it() {
    let (bot, saying) = parrot().await;
    let body = r#"{"ok":true,"result":{"message_id":31,"date":"not a number",
        "chat":{"type":"a new kind"},"entities":[{"type":"from_the_future"}]}}"#;
    *saying.lock().expect("a lock") = (200, body.to_owned());
    let receipt = bot.send(&plain(group(), "通知")).await.expect("taken");
    assert_eq!(receipt.message, "31");
}

#[tokio::test]
async fn a_missing_answered_message_costs_one_more_call_and_not_the_message() {
    let say = |body: String| async move {
        if body.contains("reply_parameters") {
            let denied = r#"{"ok":false,"error_code":400,
                "description":"Bad Request: message to be replied not found"}"#;
            return (StatusCode::BAD_REQUEST, denied);
        }
        (StatusCode::OK, r#"{"ok":true,"result":{"message_id":8}}"#)
    };
    let bot = bot_at(serve(Router::new().fallback(say)).await);
    let message = Outgoing { reply_to: Some("7".into()), ..plain(group(), "答复") };
    assert_eq!(bot.send(&message).await.expect("taken").message, "8");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_the_end() {
    let (bot, saying) = parrot().await;
    *saying.lock().expect("a lock") = (200, " ".repeat(Caller::ANSWER_MAX + 1));
    let failure = bot.send(&plain(group(), "通知")).await.expect_err("too long");
    assert_eq!(failure, SendFailure::Unknown("the answer is too long".into()));
}

#[tokio::test]
async fn pages_are_fetched_without_following_redirects() {
    let app = Router::new().fallback(|| async { (StatusCode::FOUND, [("location", "/there")]) });
    let settings =
        FetchSettings { user_agent: "Tongxin/0.1".into(), total: Duration::from_secs(9) };
    let client = fetcher(&settings).expect("a client");
    let page = client.get(serve(app).await).send().await.expect("answered");
    assert_eq!(page.status(), 302);
}
