//! How updates are asked for (polling).
//!
//! Telegram forgets a batch when the next one is asked for with its mark, so the next is asked for only
//! when the batch before was taken from the stream.
//!
//! A mark is an update's ID plus one. After a week without updates Telegram goes on from a random ID, and
//! an old mark could then make it forget what we never saw. So a mark is sent only to confirm the batch
//! just before; a mark that was stored serves, at the start, to leave out the batch that it confirms.

use super::errors::Trouble;
use super::receive::{Ear, Says};
use super::{ALLOWED, Telegram};
use crate::connector::Heard;
use crate::connector::pause::pause;
use futures::stream::{self, BoxStream, StreamExt};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use teloxide::payloads::GetUpdates;

/// How long Telegram holds a question open when nothing has happened; its own limit.
const HOLD: Duration = Duration::from_secs(50);
/// How much longer the connection may take.
const GRACE: Duration = Duration::from_secs(15);
/// How many updates one answer holds at most.
const BATCH: i64 = 100;

/// Where the asking stands.
struct Asking {
    telegram: Arc<Telegram>,
    /// What a stored mark says was in an earlier batch.
    known: Option<i64>,
    /// Confirms the batch that was taken.
    confirm: Option<i64>,
    /// Whether the webhook was removed.
    ready: bool,
    failures: u32,
}

/// Everything that happens, batch by batch.
pub(super) fn stream(telegram: Arc<Telegram>, mark: Option<&str>) -> BoxStream<'static, Heard> {
    let known = mark.and_then(|m| m.parse().ok());
    let asking = Asking { telegram, known, confirm: None, ready: false, failures: 0 };
    stream::unfold(asking, |mut asking| async {
        loop {
            match asking.ask().await {
                Ok(Some(heard)) => {
                    asking.failures = 0;
                    return Some((heard, asking));
                }
                Ok(None) => asking.failures = 0,
                Err(trouble) => asking.rest(&trouble).await,
            }
        }
    })
    .boxed()
}

impl Asking {
    /// Asks once. `None` when nothing that is addressed to us happened.
    async fn ask(&mut self) -> Result<Option<Heard>, Trouble> {
        if !self.ready {
            self.telegram.remove_webhook().await?;
            self.ready = true;
        }
        // Without our name we could not tell which commands are ours.
        self.telegram.username().await?;
        let mut call = GetUpdates::new();
        call.offset = self.confirm.and_then(|mark| i32::try_from(mark).ok());
        call.timeout = u32::try_from(HOLD.as_secs()).ok();
        call.allowed_updates = Some(ALLOWED.to_vec());
        let updates: Vec<Value> = self.telegram.call("getUpdates", &call, HOLD + GRACE).await?;
        let mark = next_mark(&updates);
        if mark.is_none() && !updates.is_empty() {
            // Nothing of it could be confirmed, so it would come again at once, for ever.
            return Err(Trouble::Unanswered("updates without a number".to_owned()));
        }
        // Whatever was to be confirmed is confirmed now.
        self.confirm = mark;
        let known = self.known.take();
        let Some(mark) = self.confirm else { return Ok(None) };
        let ear = Ear::of(&self.telegram);
        let mut heard =
            Heard { inbound: Vec::new(), overheard: Vec::new(), mark: Some(mark.to_string()) };
        for update in updates.into_iter().filter(|update| !known_already(update, known)) {
            match ear.hear(update) {
                Ok(Some(Says::Addressed(it))) => heard.inbound.push(it),
                Ok(Some(Says::Overheard(it))) => heard.overheard.push(it),
                Ok(None) | Err(_) => {}
            }
        }
        let some = !heard.inbound.is_empty() || !heard.overheard.is_empty();
        Ok(some.then_some(heard))
    }

    /// Says what is wrong, and rests before the next try.
    async fn rest(&mut self, trouble: &Trouble) {
        if let Trouble::Denied(denial) = trouble
            && denial.webhook_is_set()
        {
            self.ready = false;
        }
        let mut random = [0u8; 1];
        self.telegram.clock.random(&mut random);
        let told = match trouble {
            Trouble::Denied(denial) => denial.retry_after,
            _ => None,
        };
        let pause = pause(self.failures, random[0]).max(told.unwrap_or_default());
        self.failures = self.failures.saturating_add(1);
        tracing::warn!(
            platform = "telegram",
            account.id = %self.telegram.account,
            error = %Words(trouble),
            pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
            "asking for updates failed",
        );
        tokio::time::sleep(pause).await;
    }
}

/// The ID after the last one of a batch.
fn next_mark(updates: &[Value]) -> Option<i64> {
    updates.iter().filter_map(id).max().map(|id| id + 1)
}

fn id(update: &Value) -> Option<i64> {
    update.get("update_id")?.as_i64()
}

/// Whether it was in the batch that `mark` confirms. Far lower IDs come after a quiet week.
fn known_already(update: &Value, mark: Option<i64>) -> bool {
    match (id(update), mark) {
        (Some(id), Some(mark)) => (mark - BATCH..mark).contains(&id),
        _ => false,
    }
}

struct Words<'a>(&'a Trouble);

impl std::fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Trouble::Denied(d) if d.code == 409 => {
                write!(f, "another program asks for this bot's updates: {}", d.description)
            }
            Trouble::Denied(d) => write!(f, "{} {}", d.code, d.description),
            Trouble::Gateway { status, .. } => write!(f, "status {status} from a gateway"),
            Trouble::Unsent(words) | Trouble::Unanswered(words) => f.write_str(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::known_already;
    use serde_json::json;

    #[test]
    fn a_stored_mark_leaves_out_its_own_batch_and_nothing_else() {
        let update = |id: i64| json!({ "update_id": id });
        assert!(known_already(&update(499), Some(500)));
        assert!(known_already(&update(400), Some(500)));
        assert!(!known_already(&update(500), Some(500)));
        assert!(!known_already(&update(7), Some(500)), "numbered anew after a quiet week");
        assert!(!known_already(&update(499), None));
    }
}
