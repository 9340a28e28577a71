//! The doors from the browser and from platforms: the real router over a real store.

use crate::suggestions_room::{Room, account, direct};
use crate::telegram::Stage;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, StatusCode};
use std::sync::Arc;
use tokio::sync::Notify;
use tongxin::connector::Connector;
use tongxin::connector::telegram::{Receive, Secret};
use tongxin::connector::web::Web;
use tongxin::metrics::Metrics;
use tongxin::model::{InboxItem, InboxState, Kind};
use tongxin::store::{Reads as _, typed};
use tongxin::web::{self, Seats, Settings};
use tower::ServiceExt as _;

/// The router over what a room keeps.
pub fn router(room: &Room, connectors: Vec<Arc<dyn Connector>>) -> Router {
    web::router(web::State {
        desk: room.desk.clone(),
        reads: room.store.clone(),
        clock: room.clock.clone(),
        hasher: room.parts.hasher.clone(),
        web: Arc::new(Web::new(account(), room.clock.clone())),
        push: None,
        mail: Vec::new(),
        connectors,
        groups: Vec::new(),
        seats: Seats::new(),
        bell: Arc::new(Notify::new()),
        stop: tokio_util::sync::CancellationToken::new(),
        metrics: Arc::new(Metrics::new()),
        settings: Settings::default(),
    })
}

async fn get(router: &Router, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let answer = router.clone().oneshot(request).await.expect("answers");
    let status = answer.status();
    let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn the_address_in_a_receipt_leads_to_the_page_that_asks_for_its_number() {
    let room = Room::new().await;
    room.writes("li", "路口需要红绿灯", None).await;
    let question = room.last(&direct("li")).await;
    room.presses("li", direct("li"), &question, "提交").await;
    let heard = room.heard(&direct("li")).await;
    let receipt = heard.iter().find(|s| s.text.contains("查询码")).expect("a receipt");
    let (_, rest) = receipt.text.split_once("https://example.org").expect("an address");
    let path = rest.split(char::is_whitespace).next().expect("a path");
    let (status, page) = get(&router(&room, Vec::new()), path).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("name=\"number\"") && page.contains("name=\"secret\""), "{page}");
    let (status, _) = get(&router(&room, Vec::new()), "/receipt").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "only what is served is found");
}

/// A bot that is called at our door.
async fn called() -> Stage {
    let stage = Stage::with(|settings| {
        settings.receive = Receive::Webhook {
            url: "https://example.org/hook/main".into(),
            secret: Secret::new("webhook_secret-1".into()),
        };
    })
    .await;
    stage.bot.prepare(&[]).await.expect("prepared");
    stage
}

/// The call that the platform makes, at the path of this account.
fn at_door(call: &Request<Bytes>, account: &str) -> Request<Body> {
    let (mut parts, body) = call.clone().into_parts();
    parts.method = http::Method::POST;
    parts.uri = format!("/hook/{account}").parse().expect("a path");
    Request::from_parts(parts, Body::from(body))
}

async fn knock(router: &Router, request: Request<Body>) -> StatusCode {
    router.clone().oneshot(request).await.expect("answers").status()
}

async fn inbox(room: &Room) -> Vec<InboxItem> {
    let records = room.store.list(Kind::Inbox, &[], None, 100).await.expect("lists");
    records.into_iter().map(|r| typed::<InboxItem>(r).expect("an item").value).collect()
}

#[tokio::test]
async fn a_call_is_stored_before_it_is_acknowledged_and_a_repeated_one_is_handled_once() {
    let (room, stage) = (Room::new().await, called().await);
    let router = router(&room, vec![stage.bot.clone()]);
    stage.fake.user("小王").starts("");
    let call = stage.fake.next_call().expect("the platform calls");
    assert_eq!(knock(&router, at_door(&call, "main")).await, StatusCode::OK);
    let stored = inbox(&room).await;
    assert_eq!(stored.len(), 1);
    assert!(matches!(stored[0].state, InboxState::Waiting(..)), "stored, and not yet handled");
    assert_eq!(knock(&router, at_door(&call, "main")).await, StatusCode::OK);
    assert_eq!(room.bot.round().await, Ok(1));
    let said = room.deliver().await.len();
    assert!(said > 0, "it is answered");
    assert_eq!(knock(&router, at_door(&call, "main")).await, StatusCode::OK);
    assert_eq!(room.bot.round().await, Ok(0));
    assert!(room.deliver().await.is_empty());
    assert!(matches!(inbox(&room).await[..], [InboxItem { state: InboxState::Handled, .. }]));
}

#[tokio::test]
async fn a_call_that_proves_nothing_is_refused_and_leaves_nothing() {
    let (room, stage) = (Room::new().await, called().await);
    let router = router(&room, vec![stage.bot.clone()]);
    stage.fake.user("小王").starts("");
    let call = stage.fake.next_call().expect("the platform calls");
    let mut forged = at_door(&call, "main");
    let secret = "x-telegram-bot-api-secret-token";
    forged.headers_mut().insert(secret, "webhook_secret-2".parse().expect("a value"));
    assert_eq!(knock(&router, forged).await, StatusCode::UNAUTHORIZED);
    let mut bare = at_door(&call, "main");
    bare.headers_mut().remove(secret);
    assert_eq!(knock(&router, bare).await, StatusCode::UNAUTHORIZED);
    assert_eq!(knock(&router, at_door(&call, "other")).await, StatusCode::NOT_FOUND);
    let mut odd = at_door(&call, "main");
    *odd.body_mut() = Body::from("no JSON");
    assert_eq!(knock(&router, odd).await, StatusCode::BAD_REQUEST);
    let mut long = at_door(&call, "main");
    *long.body_mut() = Body::from(vec![b' '; 2 * 1024 * 1024]);
    assert_eq!(knock(&router, long).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(inbox(&room).await.is_empty());
}

#[tokio::test]
async fn a_call_that_cannot_be_stored_is_not_acknowledged() {
    let (room, stage) = (Room::new().await, called().await);
    let router = router(&room, vec![stage.bot.clone()]);
    stage.fake.user("小王").starts("");
    let call = stage.fake.next_call().expect("the platform calls");
    room.store.close().expect("closes");
    assert_eq!(knock(&router, at_door(&call, "main")).await, StatusCode::SERVICE_UNAVAILABLE);
}
