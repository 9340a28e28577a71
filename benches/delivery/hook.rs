//! Telegram's calls to the daemon, and what people do through them.

use crate::daemon::{Daemon, SECRET};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Calls the webhook of a daemon.
#[derive(Clone)]
pub struct Hook {
    client: reqwest::Client,
    url: reqwest::Url,
}

/// The next number of an update.
fn next_number() -> i64 {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Hook {
    /// The webhook of this daemon, called over so many connections at most.
    pub fn of(daemon: &Daemon, connections: usize) -> Self {
        let client = reqwest::Client::builder().http1_only().no_proxy();
        let client = client.pool_max_idle_per_host(connections).build().expect("a client");
        let url = format!("http://{}/hook/bot", daemon.listen);
        Self { client, url: reqwest::Url::parse(&url).expect("an address") }
    }

    /// Calls once; whether it was acknowledged.
    pub async fn call(&self, update: String) -> bool {
        let call = self.client.post(self.url.clone()).header("content-type", "application/json");
        let call = call.header("X-Telegram-Bot-Api-Secret-Token", SECRET).body(update);
        match call.timeout(Duration::from_secs(30)).send().await {
            Ok(answer) => answer.status().is_success() && answer.bytes().await.is_ok(),
            Err(_) => false,
        }
    }

    /// Calls until it is acknowledged, as the platform does.
    pub async fn tell(&self, update: &Value) {
        for _ in 0..600 {
            if self.call(update.to_string()).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the daemon acknowledges nothing");
    }
}

fn person(id: i64) -> Value {
    json!({ "id": id, "is_bot": false, "first_name": "编辑", "language_code": "zh-hans" })
}

fn chat(id: i64) -> Value {
    json!({ "id": id, "type": "private", "first_name": "编辑" })
}

/// Somebody writes to the bot in their own chat.
pub fn says(who: i64, text: &str) -> Value {
    let number = next_number();
    json!({ "update_id": number, "message": {
        "message_id": 1_000_000 + number, "from": person(who), "chat": chat(who),
        "date": 1_790_000_000, "text": text } })
}

/// Somebody presses a button under a message of the bot's in their own chat.
pub fn presses(who: i64, message: i64, data: &str) -> Value {
    let number = next_number();
    json!({ "update_id": number, "callback_query": {
        "id": format!("press-{number}"), "from": person(who), "chat_instance": "1", "data": data,
        "message": { "message_id": message, "chat": chat(who), "date": 1_790_000_000 } } })
}
