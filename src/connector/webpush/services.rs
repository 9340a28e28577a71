//! What each push service did lately, as far as it decides what its next answer means.
//!
//! *Wanted*: a service that is out of reach keeps no other waiting; a subscription that its service will not take
//! from us (made under another key, say) stops nobody else's; settings that no service takes stop the account.
//! *The rule*: 400, 401 and 403 are the fault of our settings, unless the service took something else within the
//! last hour, or this same browser was the one it refused before. So wrong settings stop the account at once, and
//! cost the subscription of one reader, which rests, each time that it is tried again.
//! *Accepted*: what is known is lost at a restart; the rule then begins anew.

use crate::connector::lately::{Last, Since, Taken};
use crate::model::At;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a service that was not reached is left alone.
const REST: Duration = Duration::from_secs(30);
/// How many hosts are remembered; more than any office meets.
const MOST: usize = 256;

/// Whose fault a refusal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// That of our settings.
    Ours,
    /// That of the one subscription.
    Theirs,
}

/// What the services did lately.
#[derive(Default)]
pub(super) struct Services(Mutex<HashMap<String, Lately>>);

#[derive(Default)]
struct Lately {
    last: Last<[u8; 32]>,
    missed: Option<At>,
}

impl Services {
    /// Whether it is left alone for a moment.
    pub fn rests(&self, service: &str, now: At) -> bool {
        let missed = self.all().get(service).and_then(|s| s.missed);
        missed.is_some_and(|at| now >= at && now.since(at) < REST)
    }

    /// It was not reached.
    pub fn missed(&self, service: &str, now: At) {
        self.of(service, |lately| lately.missed = Some(now));
    }

    /// It answered.
    pub fn answered(&self, service: &str) {
        self.of(service, |lately| lately.missed = None);
    }

    /// It took something.
    pub fn took(&self, service: &str, now: At) {
        self.of(service, |lately| {
            lately.missed = None;
            lately.last.took(now);
        });
    }

    /// It does not take what we send to this endpoint: whose fault that is.
    pub fn refused(&self, service: &str, endpoint: &str, now: At) -> Fault {
        let name: [u8; 32] = Sha256::digest(endpoint.as_bytes()).into();
        self.of(service, |lately| {
            let before = lately.last.refused(name, now);
            let theirs = before.taken == Taken::Lately || before.since == Since::Same;
            if theirs { Fault::Theirs } else { Fault::Ours }
        })
    }

    fn of<T>(&self, service: &str, change: impl FnOnce(&mut Lately) -> T) -> T {
        let mut all = self.all();
        if all.len() >= MOST && !all.contains_key(service) {
            all.clear();
        }
        change(all.entry(service.to_owned()).or_default())
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Lately>> {
        // What is in there is whole after every statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
