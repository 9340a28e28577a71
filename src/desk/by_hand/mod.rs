//! Groups that people keep: what is owed there is brought by a person, who is asked, reminded, and believed.
//!
//! **Invariant:** a delivery in people's hands is owed until one of them says what became of it, and each step (who
//! was asked, who said what) is one commit with what is told for it: whoever ends in between tells it once, and of
//! two who say it at once the first counts and the second is told so.

mod asks;
mod marks;
mod report;

pub use marks::{Mark, Pass};

use super::Desk;
use crate::model::{Address, Identity, Lang, Person, Role, SubscriberId, TopicId, Versioned};
use crate::store::StoreError;
use crate::text::Size;
use std::time::Duration;

/// Where the pages are on which people say what became of something, below the office's address.
pub const HAND_PAGES: &str = "/by-hand";

/// A group that somebody keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptGroup {
    /// Where it is.
    pub address: Address,
    /// Its name in addresses.
    pub slug: String,
    /// What people call it.
    pub title: String,
    /// The language in which it is written to.
    pub lang: Lang,
    /// What is brought there.
    pub topics: Vec<TopicId>,
    /// Who keeps it: an identity (`telegram:4242`), the name of a seat, or the code or name by which the list of
    /// staff calls somebody.
    pub keeper: String,
    /// Who does when the keeper does not; written in the same way.
    pub deputy: Option<String>,
    /// After what time the keeper is reminded.
    pub remind_after: Duration,
    /// After what time from there on the deputy is asked, and then staff are told.
    pub hand_over_after: Duration,
    /// How much a piece has that is copied at once.
    pub size: Size,
}

impl Desk {
    /// The kept group of this name in addresses.
    fn kept_group(&self, slug: &str) -> Option<&KeptGroup> {
        self.office.kept.iter().find(|g| g.slug == slug)
    }

    /// The page of a post that a kept group is shown; it names the group, and nobody who reads it.
    #[must_use]
    pub fn kept_page(&self, group: &KeptGroup, code: &crate::model::Code) -> String {
        format!("{}/g/{}/p/{code}", self.office.public_url, group.slug)
    }

    /// The kept group that is this subscriber.
    async fn kept_at(&self, chat: SubscriberId) -> Result<Option<&KeptGroup>, StoreError> {
        let address = self.chat(chat).await?.map(|s| s.value.address);
        Ok(address.and_then(|a| self.office.kept.iter().find(|g| g.address == a)))
    }
}

/// Roles that the configuration gives to an identity that it names as the keeper of a group.
pub(super) fn keeps(groups: &[KeptGroup], identity: &Identity) -> bool {
    let names = |name: &String| *name == identity.0;
    groups.iter().any(|g| names(&g.keeper) || g.deputy.as_ref().is_some_and(names))
}

/// Who of the staff is meant by what the configuration says; nobody where it could be several.
fn named<'a>(staff: &'a [Versioned<Person>], name: &str) -> Option<&'a Versioned<Person>> {
    let seat = super::people::seat_identity(name);
    let exact = |p: &&Versioned<Person>| {
        p.identities.iter().any(|i| i.0 == name || *i == seat)
            || super::person_code(p.id).as_str() == name
    };
    if let Some(found) = staff.iter().find(exact) {
        return Some(found);
    }
    let mut called = staff.iter().filter(|p| p.name.trim() == name);
    match (called.next(), called.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}

/// Whether somebody may say what becomes of what is owed to a group.
fn may_carry(staff: &[Versioned<Person>], group: &KeptGroup, person: &Person) -> bool {
    let is = |name: &str| named(staff, name).is_some_and(|p| p.id == person.id);
    person.roles.contains(&Role::Editor)
        || person.roles.contains(&Role::Administrator)
        || is(&group.keeper)
        || group.deputy.as_deref().is_some_and(is)
}
