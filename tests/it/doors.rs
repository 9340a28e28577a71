//! The doors from the browser and from platforms: the real router over a real store.

use crate::suggestions_room::{Room, account, direct};
use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use std::sync::Arc;
use tokio::sync::Notify;
use tongxin::connector::Connector;
use tongxin::connector::web::Web;
use tongxin::metrics::Metrics;
use tongxin::web::{self, Seats, Settings};
use tower::ServiceExt as _;

/// The router over what a room keeps.
fn router(room: &Room, connectors: Vec<Arc<dyn Connector>>) -> Router {
    web::router(web::State {
        desk: room.desk.clone(),
        reads: room.store.clone(),
        clock: room.clock.clone(),
        hasher: room.parts.hasher.clone(),
        web: Arc::new(Web::new(account(), room.clock.clone())),
        connectors,
        groups: Vec::new(),
        seats: Seats::new(),
        bell: Arc::new(Notify::new()),
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
