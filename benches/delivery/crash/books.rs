//! What is looked for in the store after a death: everything that was acknowledged, every chat served, every
//! repetition written down.

use crate::telegram::FakeTelegram;
use std::collections::{HashMap, HashSet};
use tongxin::model::{
    AccountId, Attempt, Delivery, DeliveryId, DeliveryState, InboxItem, InboxState, Kind,
    MessageMark, Outcome, Phase, PostId, Record, Segments, Stored as _, Suggestion,
};
use tongxin::store::{Reads, Store};

/// The name of the account in all trials with one bot.
pub const BOT: &str = "bot";

/// What is wrong with the books. Nothing, where all promises were kept.
#[derive(Clone, Debug, Default)]
pub struct Wrongs {
    /// Deliveries that the ledger does not show as sent, or that no chat got.
    pub deliveries_lost: u64,
    /// Updates that were acknowledged and are not in the inbox, or were never handled.
    pub inbound_lost: u64,
    /// Suggestions that their authors have confirmed and that are not there, or are there twice.
    pub suggestions_lost: u64,
    /// Messages that a chat got twice without a word of it in the ledger.
    pub unmarked: u64,
    /// Where something in the store does not lead where it should.
    pub faults: u64,
    /// Times that the store did not open.
    pub opens_failed: u64,
    /// Daemons that ended by themselves, or did not finish their work.
    pub daemons_failed: u64,
}

impl Wrongs {
    /// How many there are in all.
    pub fn count(&self) -> u64 {
        self.deliveries_lost
            + self.inbound_lost
            + self.suggestions_lost
            + self.unmarked
            + self.faults
            + self.opens_failed
            + self.daemons_failed
    }
}

/// Which updates the bot acknowledged, and which of them were found.
#[derive(Default)]
pub struct Heard {
    found: HashSet<i64>,
    first: Option<i64>,
}

impl Heard {
    /// Every update that was acknowledged so far and not yet found.
    fn acknowledged(&mut self, fake: &FakeTelegram) -> Vec<i64> {
        let (next, pending) = fake.numbers();
        let first = *self.first.get_or_insert(FIRST_UPDATE);
        let pending: HashSet<_> = pending.into_iter().collect();
        (first..next).filter(|id| !pending.contains(id) && !self.found.contains(id)).collect()
    }

    /// Looks whether each update that was acknowledged since the last look is in the store.
    pub async fn look(&mut self, fake: &FakeTelegram, reads: &dyn Reads, wrongs: &mut Wrongs) {
        for id in self.acknowledged(fake) {
            match inbox(reads, id).await {
                Some(_) => {
                    self.found.insert(id);
                }
                None => {
                    eprintln!("update {id} was acknowledged and is lost");
                    wrongs.inbound_lost += 1;
                }
            }
        }
    }

    /// Looks whether every update of all that were acknowledged was handled.
    pub async fn look_at_all(&self, reads: &dyn Reads, wrongs: &mut Wrongs) {
        for id in &self.found {
            let item = inbox(reads, *id).await;
            if !item.is_some_and(|item| item.state == InboxState::Handled) {
                eprintln!("update {id} was acknowledged and not handled");
                wrongs.inbound_lost += 1;
            }
        }
    }

    /// How many were acknowledged and found.
    pub fn count(&self) -> usize {
        self.found.len()
    }
}

/// The number of the fake's first update.
const FIRST_UPDATE: i64 = 5_000_001;

async fn inbox(reads: &dyn Reads, id: i64) -> Option<InboxItem> {
    let account = AccountId(BOT.to_owned());
    let key = Segments::new().account(&account).text(&id.to_string()).key(InboxItem::KIND);
    reads.find::<InboxItem>(&key).await.expect("reads").map(|item| item.value)
}

/// Everything of a kind whose key begins so.
async fn all(store: &dyn Store, kind: Kind, prefix: &[u8], mut each: impl FnMut(Record)) {
    let mut after = None;
    loop {
        let page = store.list(kind, prefix, after.as_ref(), 500).await.expect("reads");
        let Some(last) = page.last() else { return };
        after = Some(last.value.key());
        page.into_iter().for_each(|read| each(read.value));
    }
}

/// What the ledger says of posts.
#[derive(Default)]
pub struct Ledger {
    /// How many deliveries are not sent.
    pub unsettled: u64,
    /// How often each chat may have got something twice.
    pub marked: HashMap<i64, u64>,
    /// The same for all that was said to persons alone, whose chats the ledger hides.
    pub marked_notices: u64,
}

impl Ledger {
    /// Reads it.
    pub async fn read(store: &dyn Store, posts: &[PostId]) -> Self {
        let mut ledger = Self::default();
        for post in posts {
            let prefix = DeliveryId::of_post(*post);
            all(store, Kind::Delivery, &prefix, |record| ledger.note(record)).await;
        }
        all(store, Kind::Delivery, &[2], |record| {
            let Some(delivery) = Delivery::from_record(record) else { return };
            ledger.marked_notices += unknown(&delivery);
            ledger.unsettled += u64::from(!matches!(delivery.state, DeliveryState::Sent { .. }));
        })
        .await;
        ledger
    }

    fn note(&mut self, record: Record) {
        let Some(delivery) = Delivery::from_record(record) else { return };
        let sent = matches!(delivery.state, DeliveryState::Sent { .. });
        match delivery.sent.first() {
            Some(MessageMark::Open { chat, .. }) if sent => {
                let chat = chat.parse().expect("a number");
                *self.marked.entry(chat).or_default() += unknown(&delivery);
            }
            _ => self.unsettled += 1,
        }
    }

    /// How many repetitions of the fake's are not in it.
    pub fn unmarked(&self, fake: &FakeTelegram) -> u64 {
        let distinct = fake.distinct_by_chat();
        let (mut unmarked, mut alone) = (0, 0);
        for (chat, taken) in fake.taken_by_chat() {
            let repeated = taken - distinct.get(&chat).copied().unwrap_or(0);
            match self.marked.get(&chat) {
                Some(marked) => unmarked += repeated.saturating_sub(*marked),
                None => alone += repeated,
            }
        }
        unmarked + alone.saturating_sub(self.marked_notices)
    }
}

fn unknown(delivery: &Delivery) -> u64 {
    let unknown = |a: &&Attempt| matches!(a.outcome, Outcome::Unknown(_));
    delivery.attempts.iter().filter(unknown).count() as u64
}

/// How many suggestions are with the office.
pub async fn suggestions(store: &dyn Store) -> u64 {
    let mut count = 0;
    all(store, Kind::Suggestion, &[], |record| {
        let draft = Suggestion::from_record(record);
        count += u64::from(draft.is_some_and(|s| !matches!(s.phase, Phase::Draft { .. })));
    })
    .await;
    count
}
