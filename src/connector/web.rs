//! The program's own pages as a platform: what is sent there is shown by `web`, which reads it from the
//! store; this only gives messages their names and wakes the pages that wait for them.
//!
//! Nothing is shown before its delivery is settled, so a message that is sent again after a crash is still
//! seen once. What the store must not keep (sealed words, erased once sent) or does not keep (words put in
//! place of others, answers to presses) is remembered here for the chats of staff, for as long as the process
//! runs and no more than [`KEPT`] messages a chat.

use super::{Amendment, Connector, Limits, Outgoing, Receipt, SendFailure, capabilities};
use crate::clock::Clock;
use crate::model::{AccountId, Address, At, Button, ChatKind, MessageRef, PersonId, Platform};
use crate::text::Part;
use async_trait::async_trait;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;

/// How many messages of one chat are remembered.
pub const KEPT: usize = 60;

/// How long the answer to a press is news.
const TOAST: Duration = Duration::from_secs(20);

/// How many wakes a slow page may miss before it is told that it has.
const WAKES: usize = 256;

/// The program's own pages.
pub struct Web {
    account: AccountId,
    limits: Limits,
    clock: Arc<dyn Clock>,
    wakes: broadcast::Sender<String>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    last: u64,
    said: HashMap<String, VecDeque<(String, Shown)>>,
    toasts: HashMap<String, Toast>,
    toasted: u64,
}

/// What somebody is told about a press.
struct Toast {
    number: u64,
    words: String,
    until: At,
}

/// What a message says at present, where the store does not say it.
#[derive(Clone, Debug)]
pub enum Shown {
    /// These words, as they were sent.
    Sent(Arc<Part>),
    /// These words instead, and what can be pressed below them.
    Amended(Arc<Part>, Arc<Vec<Vec<Button>>>),
    /// It was taken back.
    Recalled,
}

impl Web {
    /// The pages as the account of this name.
    #[must_use]
    pub fn new(account: AccountId, clock: Arc<dyn Clock>) -> Self {
        let size = capabilities::of(Platform::Web).size;
        let limits = Limits { size, account: Vec::new(), chat: Vec::new(), parallel: 64 };
        let (wakes, _) = broadcast::channel(WAKES);
        Self { account, limits, clock, wakes, memory: Mutex::default() }
    }

    /// The address of the group of this name.
    #[must_use]
    pub fn group(&self, slug: &str) -> Address {
        self.address(ChatKind::Group, format!("g/{slug}"))
    }

    /// The address of a member of staff at their seat.
    #[must_use]
    pub fn seat(&self, person: PersonId) -> Address {
        self.address(ChatKind::Direct, format!("s/{person}"))
    }

    /// Names the chats in which something is new; the store says what.
    #[must_use]
    pub fn wakes(&self) -> broadcast::Receiver<String> {
        self.wakes.subscribe()
    }

    /// What a message of a chat says, where that is remembered.
    #[must_use]
    pub fn shown(&self, chat: &str, message: &str) -> Option<Shown> {
        let memory = self.memory();
        let mut said = memory.said.get(chat)?.iter().rev();
        said.find(|(name, _)| name == message).map(|(_, shown)| shown.clone())
    }

    /// The names of the messages of a chat that are remembered.
    #[must_use]
    pub fn remembered(&self, chat: &str) -> Vec<String> {
        let memory = self.memory();
        let said = memory.said.get(chat).into_iter().flatten();
        said.map(|(name, _)| name.clone()).collect()
    }

    /// What whoever sits in this chat is told about their last press, once, while it is news.
    #[must_use]
    pub fn take_toast(&self, chat: &str) -> Option<String> {
        let toast = self.memory().toasts.remove(chat)?;
        (self.clock.now() < toast.until).then_some(toast.words)
    }

    /// The same for a page that is shown live, which has shown all up to the number `seen`. It stays for the
    /// page that is loaded after a press: the one on which the button was is about to go.
    #[must_use]
    pub fn toast_after(&self, chat: &str, seen: u64) -> Option<(u64, String)> {
        let memory = self.memory();
        let toast = memory.toasts.get(chat)?;
        let news = toast.number > seen && self.clock.now() < toast.until;
        news.then(|| (toast.number, toast.words.clone()))
    }

    /// The name of a press in this chat, by which it is answered, from what no other press is called.
    #[must_use]
    pub fn press(chat: &str, press: &str) -> String {
        format!("{chat}#{press}")
    }

    fn address(&self, kind: ChatKind, chat: String) -> Address {
        Address { account: self.account.clone(), kind, chat, thread: None }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // What is in there is whole after every statement.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, chat: &str) {
        // Nobody waiting is no failure.
        let _ = self.wakes.send(chat.to_owned());
    }

    /// A name that sorts after all earlier ones of this process and, while the clock does not go back
    /// between two runs, of earlier ones; the random end keeps it unlike all others even then.
    fn name(&self) -> String {
        let mut end = [0u8; 4];
        self.clock.random(&mut end);
        let now = u64::try_from(self.clock.now().millis()).unwrap_or(0) << 12;
        let mut memory = self.memory();
        memory.last = now.max(memory.last + 1);
        format!("{:016x}{:08x}", memory.last, u32::from_be_bytes(end))
    }

    fn remember(&self, chat: &str, message: &str, shown: Shown) {
        if !chat.starts_with("s/") {
            return;
        }
        let mut memory = self.memory();
        let said = memory.said.entry(chat.to_owned()).or_default();
        said.retain(|(name, _)| name != message);
        if said.len() >= KEPT {
            said.pop_front();
        }
        said.push_back((message.to_owned(), shown));
    }
}

#[async_trait]
impl Connector for Web {
    fn platform(&self) -> Platform {
        Platform::Web
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    async fn send(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        let name = self.name();
        let chat = &message.to.chat;
        self.remember(chat, &name, Shown::Sent(Arc::clone(&message.part)));
        self.wake(chat);
        Ok(Receipt { message: name })
    }

    async fn amend(&self, sent: &MessageRef, to: &Amendment) -> Result<(), SendFailure> {
        let shown = match to {
            Amendment::Edit { part, buttons } => {
                Shown::Amended(Arc::clone(part), Arc::clone(buttons))
            }
            Amendment::Recall => Shown::Recalled,
        };
        self.remember(&sent.chat, &sent.message, shown);
        self.wake(&sent.chat);
        Ok(())
    }

    async fn answer_press(&self, press: &str, words: &str) -> Result<(), SendFailure> {
        // An empty answer only ends the press: there is nothing to show.
        if let Some((chat, _)) = press.rsplit_once('#').filter(|_| !words.is_empty()) {
            let until = self.clock.now().plus(TOAST);
            let mut memory = self.memory();
            memory.toasted += 1;
            let toast = Toast { number: memory.toasted, words: words.to_owned(), until };
            memory.toasts.insert(chat.to_owned(), toast);
            drop(memory);
            self.wake(chat);
        }
        Ok(())
    }
}
