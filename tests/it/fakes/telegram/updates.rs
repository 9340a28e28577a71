//! How a bot asks for what happened: offsets, long polls, conflicts, and calls to its webhook.

use super::methods::{Denied, Outcome, denied, parse};
use super::state::Bot;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The longest that a question is held open here, whatever was asked: tests do not wait.
const HOLD_MAX: Duration = Duration::from_millis(250);

#[derive(Deserialize)]
struct GetUpdates {
    #[serde(default)]
    offset: i64,
    limit: Option<usize>,
    #[serde(default)]
    timeout: u64,
    allowed_updates: Option<Vec<String>>,
}

/// Answers `getUpdates`.
pub async fn get(bot: &Bot, body: &[u8]) -> Outcome {
    let call: GetUpdates = parse(body)?;
    if bot.webhook.lock().expect("a lock").is_some() {
        return Err(conflict(
            "can't use getUpdates method while webhook is active; use deleteWebhook to delete \
             the webhook first",
        ));
    }
    let mine = bot.asked.fetch_add(1, Ordering::SeqCst) + 1;
    bot.arrived.notify_waiters();
    if let Some(kinds) = &call.allowed_updates {
        *bot.allowed.lock().expect("a lock") = Some(kinds.iter().cloned().collect());
    }
    confirm(bot, call.offset);
    let limit = call.limit.unwrap_or(100).clamp(1, 100);
    let until = tokio::time::sleep(HOLD_MAX.min(Duration::from_secs(call.timeout)));
    tokio::pin!(until);
    loop {
        let arrived = bot.arrived.notified();
        let batch = batch(bot, limit);
        if !batch.is_empty() {
            return Ok(Value::Array(batch));
        }
        tokio::select! {
            () = &mut until => return Ok(json!([])),
            () = arrived => {}
        }
        if bot.webhook.lock().expect("a lock").is_some() {
            return Err(conflict("terminated by setWebhook request"));
        }
        if bot.asked.load(Ordering::SeqCst) != mine {
            return Err(conflict(
                "terminated by other getUpdates request; make sure that only one bot instance \
                 is running",
            ));
        }
    }
}

fn conflict(words: &str) -> Denied {
    denied(409, &format!("Conflict: {words}"))
}

fn confirm(bot: &Bot, offset: i64) {
    drop_confirmed(bot, offset);
    bot.confirmed.notify_waiters();
}

fn drop_confirmed(bot: &Bot, offset: i64) {
    let mut pending = bot.pending.lock().expect("a lock");
    if offset < 0 {
        let keep = usize::try_from(-offset).unwrap_or(usize::MAX);
        let gone = pending.len().saturating_sub(keep);
        pending.drain(..gone);
    } else {
        pending.retain(|(id, _)| *id >= offset);
    }
}

fn batch(bot: &Bot, limit: usize) -> Vec<Value> {
    let pending = bot.pending.lock().expect("a lock");
    pending.iter().take(limit).map(|(_, update)| update.clone()).collect()
}

impl Bot {
    /// Tells the bot of something, unless it did not ask for that kind.
    pub fn push(&self, kind: &str, body: &Value) {
        let wanted = match self.allowed.lock().expect("a lock").as_ref() {
            Some(kinds) if !kinds.is_empty() => kinds.contains(kind),
            _ => true,
        };
        if wanted {
            let id = self.next_update.fetch_add(1, Ordering::SeqCst);
            let update = json!({ "update_id": id, kind: body });
            self.pending.lock().expect("a lock").push_back((id, update));
            self.arrived.notify_waiters();
        }
    }
}

impl super::FakeTelegram {
    /// The call to the webhook that is due next, as Telegram makes it: the first update that no call was
    /// answered for with a 2xx. `None` when nothing is pending.
    pub fn next_call(&self) -> Option<http::Request<Bytes>> {
        let bot = self.inner.bot();
        let webhook = bot.webhook.lock().expect("a lock").clone()?;
        let update = bot.pending.lock().expect("a lock").front()?.1.clone();
        let mut call = http::Request::post(webhook.url).header("content-type", "application/json");
        if let Some(secret) = webhook.secret {
            call = call.header("X-Telegram-Bot-Api-Secret-Token", secret);
        }
        Some(call.body(Bytes::from(update.to_string())).expect("a request"))
    }

    /// Takes note that the call was answered with a 2xx: the update is not repeated.
    pub fn call_was_answered(&self) {
        self.inner.bot().pending.lock().expect("a lock").pop_front();
    }

    /// Everything that the bot was not yet seen to have taken.
    pub fn pending(&self) -> Vec<Value> {
        batch(&self.inner.bot(), usize::MAX)
    }

    /// The number that the next update will have, and the numbers of those that no confirmation was seen for.
    pub fn numbers(&self) -> (i64, Vec<i64>) {
        let bot = self.inner.bot();
        let pending = bot.pending.lock().expect("a lock");
        // Numbered and put in line under one lock each: what was numbered last may not be in line yet.
        let next = bot.next_update.load(Ordering::SeqCst);
        (next, pending.iter().map(|(id, _)| *id).collect())
    }

    /// Waits until the bot has asked on past everything that happened.
    pub async fn is_heard_out(&self) {
        let bot = self.inner.bot();
        loop {
            let confirmed = bot.confirmed.notified();
            tokio::pin!(confirmed);
            confirmed.as_mut().enable();
            if bot.pending.lock().expect("a lock").is_empty() {
                return;
            }
            confirmed.await;
        }
    }

    /// Tells the bot of an update once more, under the number that it had.
    pub fn repeats(&self, update: &Value) {
        let bot = self.inner.bot();
        let id = update["update_id"].as_i64().expect("a number");
        bot.pending.lock().expect("a lock").push_back((id, update.clone()));
        bot.arrived.notify_waiters();
    }

    /// Tells the bot of something raw: an update of any kind.
    pub fn pushes(&self, kind: &str, body: &Value) {
        self.inner.bot().push(kind, body);
    }

    /// Goes on numbering updates from here, as Telegram does at random after a quiet week.
    pub fn numbers_updates_from(&self, id: i64) {
        self.inner.bot().next_update.store(id, Ordering::SeqCst);
    }
}
