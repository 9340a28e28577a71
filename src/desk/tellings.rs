//! What platforms tell later of what they had taken is brought together with its delivery.
//!
//! The telling is kept first, in the commit that handles the event, and meets its delivery afterwards, in a commit of
//! its own with what staff are told. So it does not matter whether the telling or the settling of the sending was
//! first, and who dies between the two finds it kept. What belongs to no delivery of ours is swept away in time.

use super::{Desk, Saying};
use crate::model::{
    Address, Became, Changes, Delivery, DeliveryId, Inbound, Judged, Kind, Lang, MessageRef, Post,
    Role, Segments, Telling, Versioned,
};
use crate::store::{StoreError, typed};
use crate::text::Speak as _;
use crate::text::say::AlarmSays;

/// How many are looked at together.
const PAGE: usize = 50;

/// How many of the staff are told of one, so that it fits a commit.
const TOLD: usize = 8;

impl Desk {
    /// Keeps what a platform told of a message, until it meets its delivery.
    pub fn keep_telling(
        changes: &mut Changes,
        told: &Inbound,
        (message, became): (&MessageRef, &Became),
    ) {
        changes.ensure(Telling {
            account: told.account.clone(),
            event: told.event.clone(),
            message: message.clone(),
            became: became.clone(),
            at: told.at,
        });
    }

    /// Brings what platforms told together with the deliveries that are settled by now. Returns how many were.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn judge(&self) -> Result<usize, StoreError> {
        let (mut after, mut judged) = (None, 0);
        loop {
            let page = self.reads().list(Kind::Telling, &[], after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(judged) };
            after = Some(last.value.key());
            for read in page {
                match self.judge_one(&typed::<Telling>(read)?).await {
                    Ok(done) => judged += done,
                    // Somebody else is at it; it is looked at again.
                    Err(StoreError::Conflict) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    async fn judge_one(&self, telling: &Versioned<Telling>) -> Result<usize, StoreError> {
        let place = Delivery::by_message(&telling.message);
        let found = self.reads().find_by::<Delivery>(place.index, place.at).await?;
        let Some(old) = found else { return Ok(0) };
        let now = self.clock.now();
        let reason = telling.became.say(self.office.lang);
        let (new, counts) = match old.value.clone().judge(now, &telling.became, reason) {
            Judged::So(new, counts) => (new, counts),
            Judged::Later => return Ok(0),
        };
        let mut changes = Changes::new();
        if let DeliveryId::Post(post, ..) = new.id {
            for (tally, by) in counts {
                changes.add(tally.of(post), *by);
            }
            let key = Segments::new().id(post.0).key(Kind::Post);
            if let Some(post) = self.reads().find::<Post>(&key).await? {
                self.tell_outcome(&mut changes, &post, telling).await?;
            }
        }
        changes.update(&old, new);
        changes.remove(telling);
        self.store.commit(changes).await?;
        Ok(1)
    }

    async fn tell_outcome(
        &self,
        changes: &mut Changes,
        post: &Post,
        telling: &Telling,
    ) -> Result<(), StoreError> {
        let (title, account) = (post.title.clone(), telling.account.0.clone());
        let says = match &telling.became {
            Became::Out(reach) => AlarmSays::WentOut { title, account, reach: reach.clone() },
            Became::Refused(cause) => {
                let (code, cause) = (post.code.to_string(), cause.clone());
                AlarmSays::TurnedDown { code, title, account, cause }
            }
            // Whoever did it knows.
            Became::TakenAway => return Ok(()),
        };
        let mut staff: Vec<(Address, Lang)> = self.reachable(Role::Administrator).await?;
        for editor in self.reachable(Role::Editor).await? {
            if !staff.contains(&editor) {
                staff.push(editor);
            }
        }
        for (address, lang) in staff.into_iter().take(TOLD) {
            self.tell(changes, &address, Saying::of(says.doc(lang)));
        }
        Ok(())
    }
}
