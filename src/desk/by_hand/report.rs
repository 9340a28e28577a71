//! How it went in the groups that people keep: who brought it there, and what came of it.

use crate::desk::{Call, Desk, DeskError, may};
use crate::model::{
    Asked, Changes, Delivery, DeliveryId, DeliveryState, Index, PersonId, Post, PostId, Role,
    SubscriberId, Tally,
};
use crate::store::{Scan, StoreError};
use crate::text::say::{HandLine, HandStands};

impl Desk {
    /// How a post stands in the groups that people keep, at most `limit` of them.
    ///
    /// # Errors
    /// When the caller is no editor.
    pub async fn in_hands(
        &self,
        call: &Call,
        post: &Post,
        limit: usize,
    ) -> Result<Vec<HandLine>, DeskError> {
        may(call, Role::Editor)?;
        let scan = Scan::of(Index::Handed, Delivery::handed(post.id), limit);
        let mut lines = Vec::new();
        for delivery in self.reads().find_all::<Delivery>(&scan).await? {
            let DeliveryId::Post(.., chat) = delivery.id else { continue };
            let group = self.chat(chat).await?.map(|s| s.value.title).unwrap_or_default();
            let count = |tally: Tally| async move {
                let count = self.reads().tally(&tally.in_chat(post.id, chat)).await?;
                Ok::<_, StoreError>(u64::try_from(count).unwrap_or(0))
            };
            lines.push(HandLine {
                group,
                stands: self.hand_stands(&delivery).await?,
                opened: count(Tally::Opened).await?,
                answered: count(Tally::Answered).await?,
            });
        }
        Ok(lines)
    }

    async fn hand_stands(&self, delivery: &Delivery) -> Result<HandStands, StoreError> {
        if let DeliveryState::Handed(hand) = &delivery.state {
            let who = self.called_asked(&hand.asked).await?;
            return Ok(HandStands::Waits { who, since: self.local(hand.since) });
        }
        let Some((by, at)) = delivery.carried() else { return Ok(HandStands::Not) };
        let (by, at) = (self.called_person(by).await?, self.local(at));
        Ok(match &delivery.state {
            DeliveryState::Sent { .. } => HandStands::Posted { by, at },
            DeliveryState::Dropped { reason, .. } => {
                HandStands::Skipped { by, at, reason: reason.clone() }
            }
            _ => HandStands::Not,
        })
    }

    /// What colleagues call somebody; their code where they are no longer here.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn called_person(&self, person: PersonId) -> Result<String, StoreError> {
        let found = self.person(person).await?.map(|p| p.value.name);
        let found = found.filter(|name| !name.trim().is_empty());
        Ok(found.unwrap_or_else(|| crate::desk::person_code(person).to_string()))
    }

    /// What colleagues call whoever is asked, where that is somebody.
    pub(in crate::desk) async fn called_asked(
        &self,
        asked: &Asked,
    ) -> Result<Option<String>, StoreError> {
        match asked.person() {
            Some(person) => self.called_person(person).await.map(Some),
            None => Ok(None),
        }
    }

    /// Who brought something to a group, where a person did and that stands.
    pub(in crate::desk) async fn carrier(&self, delivery: &Delivery) -> Result<String, StoreError> {
        match delivery.carried() {
            Some((by, _)) => self.called_person(by).await,
            None => Ok(String::new()),
        }
    }

    /// Counts that somebody opened a post's page by a group's code; nothing is kept of them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn opened(&self, post: PostId, chat: SubscriberId) -> Result<(), StoreError> {
        let mut changes = Changes::new();
        changes.add(Tally::Opened.in_chat(post, chat), 1);
        self.store.commit(changes).await
    }
}
