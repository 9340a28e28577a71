//! What a message of ours was about, when somebody answers it.

use super::Desk;
use crate::model::{
    Delivery, DeliveryId, Inbound, Kind, MessageRef, Notice, Overheard, Place, PostId, Segments,
    Versioned,
};
use crate::store::{Scan, StoreError};

/// What an answered message of ours was about.
#[derive(Clone, Debug)]
pub enum Meant {
    /// A post.
    Post(PostId),
    /// Something said to that chat.
    Notice(Box<Notice>),
    /// Nothing that we remember.
    Nothing,
}

impl Desk {
    /// What was overheard, as far as it answers messages of ours; nothing else of it may be kept.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn concerns_us(
        &self,
        heard: impl IntoIterator<Item = Overheard, IntoIter: Send> + Send,
    ) -> Result<Vec<Inbound>, StoreError> {
        let mut ours = Vec::new();
        for Overheard { inbound, answers } in heard {
            if !matches!(self.meant(&answers).await?, Meant::Nothing) {
                ours.push(inbound);
            }
        }
        Ok(ours)
    }

    /// What a message of ours was about. Where a platform names messages by their words, several may have one name:
    /// the latest is meant.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn meant(&self, message: &MessageRef) -> Result<Meant, StoreError> {
        let found = if let Some(delivery) = self.latest(Delivery::by_message(message)).await? {
            Some(delivery)
        } else {
            self.latest(Delivery::by_hidden_message(&self.hasher.message(message))).await?
        };
        Ok(match found.map(|d| d.id) {
            Some(DeliveryId::Post(post, ..)) => Meant::Post(post),
            Some(DeliveryId::Notice(notice)) => {
                let key = Segments::new().id(notice.0).key(Kind::Notice);
                let notice = self.reads().find::<Notice>(&key).await?;
                notice.map_or(Meant::Nothing, |n| Meant::Notice(Box::new(n.value)))
            }
            None => Meant::Nothing,
        })
    }

    async fn latest(&self, place: Place) -> Result<Option<Versioned<Delivery>>, StoreError> {
        let scan = Scan::of(place.index, place.at, 1).backward();
        Ok(self.reads().find_all(&scan).await?.pop())
    }
}
