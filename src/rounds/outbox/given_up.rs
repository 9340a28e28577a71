//! What was given up: staff are told, once for a post and an account, and for each answer to a submitter.
//!
//! The notice's name is made from what it is about, so that telling it twice leaves one, whatever ends in
//! between.

use super::Outbox;
use super::hands::Hands;
use super::settle::Settlement;
use crate::model::{
    Changes, DeliveryId, Kind, Notice, NoticeId, NoticeTo, Person, Post, PostId, Role, Segments,
    Suggestion,
};
use crate::store::{Reads, StoreError};
use crate::text::say::AlarmSays;
use sha2::{Digest as _, Sha256};

/// Of how many posts we remember that staff were told; beyond that the store is asked again.
const REMEMBERED: usize = 1024;

/// Whether staff were told of something in this run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Yes,
    No,
}

impl Hands {
    /// Whether staff were told that something of this post was given up; from now on they were.
    pub(super) fn told_of(&mut self, post: PostId) -> Told {
        if self.given_up.len() >= REMEMBERED {
            self.given_up.clear();
        }
        if self.given_up.insert(post) { Told::No } else { Told::Yes }
    }
}

impl Outbox {
    /// Adds what tells staff that a delivery was given up.
    pub(super) async fn given_up(
        &self,
        settlement: &Settlement,
        reason: &str,
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        let (account, reason) = (settlement.account().0.clone(), reason.to_owned());
        let reads: &dyn Reads = &*self.store;
        match settlement.id() {
            DeliveryId::Post(post, ..) => {
                let key = Segments::new().id(post.0).key(Kind::Post);
                let found = reads.find::<Post>(&key).await?;
                let title = found.map(|p| p.value.title).unwrap_or_default();
                let about = format!("{post}\0{account}");
                let says = AlarmSays::GivenUp { title, account, reason };
                self.tell_once(&about, &says, [Role::Administrator, Role::Editor], changes).await
            }
            DeliveryId::Notice(id) => {
                let key = Segments::new().id(id.0).key(Kind::Notice);
                let found = reads.find::<Notice>(&key).await?.map(|notice| notice.value);
                let theirs = found.filter(|n| matches!(n.to, NoticeTo::Sealed { .. }));
                let about = theirs.and_then(|notice| notice.about);
                // Of what else we say nobody is told: an alarm that cannot be sent raises none.
                let Some(about) = about else { return Ok(()) };
                let key = Segments::new().id(about.0).key(Kind::Suggestion);
                let Some(found) = reads.find::<Suggestion>(&key).await? else { return Ok(()) };
                let number = found.number.to_string();
                let says = AlarmSays::AnswerGivenUp { number, account, reason };
                let about = id.to_string();
                self.tell_once(&about, &says, [Role::Administrator, Role::Reviewer], changes).await
            }
        }
    }

    async fn tell_once(
        &self,
        about: &str,
        says: &AlarmSays,
        roles: [Role; 2],
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        let name = |person: &Person| {
            let hash = Sha256::digest(format!("given up\0{about}\0{}", person.id));
            let mut name = [0; 16];
            name.copy_from_slice(&hash[..16]);
            NoticeId(uuid::Builder::from_custom_bytes(name).into_uuid())
        };
        changes.append(self.tell_those(roles, says, name).await?);
        Ok(())
    }
}
