//! What a submitter could not be told goes out once they open the chat with us.
//!
//! Who answers a push in a group may never have talked to us alone, and some platforms let nobody write first.
//! What such a submitter is owed could not be delivered then; its words are kept, sealed, as long as the
//! notice is.

use super::{Call, Desk, DeskError};
use crate::model::{
    Delivery, DeliveryId, DeliveryState, Index, Notice, NoticeBody, Segments, Suggestion,
};
use crate::store::Scan;

/// How many suggestions are looked at, the latest first.
const SUGGESTIONS: usize = 20;

/// How many notices go out at once, so that they fit a commit.
const NOTICES: usize = 10;

impl Desk {
    /// Owes the caller anew what they could not be told about their suggestions.
    ///
    /// # Errors
    /// When the store or the key file fails.
    pub async fn resend(&self, call: &mut Call) -> Result<(), DeskError> {
        let prefix = Suggestion::of_member(call.member);
        let scan = Scan::of(Index::SuggestionsByMember, prefix, SUGGESTIONS).backward();
        let mut left = NOTICES;
        for suggestion in self.reads().find_all::<Suggestion>(&scan).await? {
            let about = Segments::new().id(suggestion.id.0).done();
            let scan = Scan::of(Index::NoticesOf, about, SUGGESTIONS * 2);
            for notice in self.reads().find_all::<Notice>(&scan).await? {
                if left == 0 {
                    return Ok(());
                }
                left -= usize::from(self.resend_one(call, &notice).await?);
            }
        }
        Ok(())
    }

    async fn resend_one(&self, call: &mut Call, notice: &Notice) -> Result<bool, DeskError> {
        let key = DeliveryId::Notice(notice.id).key();
        let Some(old) = self.reads().find::<Delivery>(&key).await? else { return Ok(false) };
        let NoticeBody::Sealed(words) = &notice.body else { return Ok(false) };
        let dead = matches!(old.state, DeliveryState::Dead { .. });
        // What was erased stays so.
        if !dead || self.unsealed(words)?.is_none() {
            return Ok(false);
        }
        call.changes.update(&old, old.value.clone().owe_again(call.at));
        Ok(true)
    }
}
