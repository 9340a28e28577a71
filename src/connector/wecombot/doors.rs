//! Where a robot that is called may answer: each message brings an address that takes one answer within an hour.
//!
//! The addresses are kept in memory alone: they are secrets, and over soon.

use crate::model::At;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use url::Url;

/// How long an address is used: the platform's hour, less what a call takes.
const LIVES: Duration = Duration::from_mins(58);
/// How many are kept for one chat, and of how many chats.
const OF_CHAT: usize = 16;
const CHATS: usize = 4096;

/// The addresses of each chat, oldest first.
#[derive(Default)]
pub(super) struct Doors(Mutex<HashMap<String, VecDeque<Door>>>);

/// An address, and until when it can be used.
struct Door {
    at: Url,
    until: At,
    used: Used,
}

/// Whether an address took its answer. It stays known: the message with which it came may come again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Used {
    Not,
    Yes,
}

impl Doors {
    /// A message came with this address.
    pub(super) fn opens(&self, chat: &str, at: Url, now: At) {
        let mut doors = self.lock();
        if doors.len() >= CHATS && !doors.contains_key(chat) {
            doors.retain(|_, doors| doors.back().is_some_and(|door| door.until > now));
        }
        if doors.len() < CHATS || doors.contains_key(chat) {
            let here = doors.entry(chat.to_owned()).or_default();
            // The same message may come twice.
            if here.iter().all(|door| door.at != at) {
                here.push_back(Door { at, until: now.plus(LIVES), used: Used::Not });
            }
            if here.len() > OF_CHAT {
                here.pop_front();
            }
        }
    }

    /// The address that ends first; from now on it is used.
    pub(super) fn take(&self, chat: &str, now: At) -> Option<Url> {
        let mut doors = self.lock();
        let here = doors.get_mut(chat)?;
        here.retain(|door| door.until > now);
        let door = here.iter_mut().find(|door| door.used == Used::Not)?;
        door.used = Used::Yes;
        Some(door.at.clone())
    }

    /// It was not used after all.
    pub(super) fn back(&self, chat: &str, at: &Url) {
        if let Some(here) = self.lock().get_mut(chat) {
            here.iter_mut().filter(|door| door.at == *at).for_each(|door| door.used = Used::Not);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, VecDeque<Door>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
