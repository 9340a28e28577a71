//! Deliveries that leave together.

use super::{
    AccountId, At, Delivery, DeliveryId, Key, Kind, Record, RunId, Segments, Stored, Version,
    Versioned,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The lease of many deliveries at once: written before the first of them leaves, and removed when it is durable
/// what became of all. A delivery that still stands as this names it may have left, and nobody knows.
///
/// It says the same as [`super::DeliveryState::Leased`] in each of them, with one record to write in place of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// The account through which they leave.
    pub account: AccountId,
    /// Its name among those of the account.
    pub name: Uuid,
    /// The run that has them.
    pub by: RunId,
    /// Until when.
    pub until: At,
    /// Each of them, and at which version it stood.
    pub deliveries: Vec<(DeliveryId, u64)>,
}

impl Departure {
    /// The prefix of the keys of all departures of an account.
    #[must_use]
    pub fn of_account(account: &AccountId) -> Vec<u8> {
        Segments::new().account(account).done()
    }

    /// The key of one of them.
    #[must_use]
    pub fn key_of(account: &AccountId, name: Uuid) -> Key {
        Segments::new().account(account).id(name).key(Self::KIND)
    }

    /// Adds a delivery as it stands.
    pub fn takes(&mut self, delivery: DeliveryId, Version(version): Version) {
        self.deliveries.push((delivery, version));
    }

    /// Whether this delivery may have left with it, and nothing was written of that.
    #[must_use]
    pub fn has(&self, delivery: &Versioned<Delivery>) -> bool {
        self.deliveries.contains(&(delivery.id, delivery.version.0))
    }
}

impl Stored for Departure {
    const KIND: Kind = Kind::Departure;

    fn key(&self) -> Key {
        Self::key_of(&self.account, self.name)
    }

    fn into_record(self) -> Record {
        Record::Departure(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Departure(it) = record { Some(it) } else { None }
    }
}
