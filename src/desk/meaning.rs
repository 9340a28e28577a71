//! What a message of ours was about, when somebody answers it.

use super::Desk;
use crate::model::{
    Delivery, DeliveryId, Inbound, Kind, MessageRef, Notice, PostId, Segments, Versioned,
};
use crate::store::StoreError;

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
    /// What was overheard, if it answers a message of ours; nothing else of it may be kept.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn concerns_us(&self, said: Option<Inbound>) -> Result<Option<Inbound>, StoreError> {
        let Some(inbound) = said else { return Ok(None) };
        let Some((_, Some(message))) = inbound.what.said() else { return Ok(None) };
        let ours = !matches!(self.meant(message).await?, Meant::Nothing);
        Ok(ours.then_some(inbound))
    }

    /// What a message of ours was about.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn meant(&self, message: &MessageRef) -> Result<Meant, StoreError> {
        let open = Delivery::by_message(message);
        let found: Option<Versioned<Delivery>> = self.reads().find_by(open.index, open.at).await?;
        let found = if let Some(delivery) = found {
            Some(delivery)
        } else {
            let hidden = Delivery::by_hidden_message(&self.hasher.message(message));
            self.reads().find_by(hidden.index, hidden.at).await?
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
}
