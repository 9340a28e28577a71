//! Which chat of a post staff mean: by its code, its address, or its title.

use super::{Desk, DeskError};
use crate::model::{
    AccountId, Code, Delivery, DeliveryId, Index, Kind, Post, Segments, Stored as _, Subscriber,
    SubscriberId, Versioned,
};
use crate::store::{Scan, StoreError};
use crate::text::say::{ChatName, Refusal};

/// How many chats of a post are looked through for a code or a title.
const LOOKED_THROUGH: usize = 200_000;

/// How many are looked at together.
const PAGE: usize = 500;

/// How many chats of one address there may be (threads of a forum).
const THREADS: usize = 20;

/// What the chats of a post are looked through for.
struct Wanted<'a> {
    typed: &'a str,
    code: Option<Code>,
}

impl Desk {
    /// What staff call a chat.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn chat_name(&self, chat: SubscriberId) -> Result<ChatName, StoreError> {
        let known = self.chat(chat).await?;
        let title = known.map(|s| s.value.title).unwrap_or_default();
        Ok(ChatName { title, code: chat.code().to_string() })
    }

    pub(super) async fn chat(
        &self,
        chat: SubscriberId,
    ) -> Result<Option<Versioned<Subscriber>>, StoreError> {
        self.reads().find(&Segments::new().id(chat.0).key(Kind::Subscriber)).await
    }

    /// The chat of a post that is meant by what was typed.
    ///
    /// # Errors
    /// When there is none, there are several, or there are too many to look through.
    pub async fn chat_of(&self, post: &Post, typed: &str) -> Result<SubscriberId, DeskError> {
        let typed = typed.trim();
        if let Some(found) = self.chat_at(typed).await? {
            return Ok(found);
        }
        let wanted = Wanted { typed, code: Code::parse(typed).filter(|c| c.as_str().len() == 8) };
        let prefix = DeliveryId::of_post(post.id);
        let (mut after, mut seen, mut like) = (None, 0, Vec::new());
        loop {
            let page = self.reads().list(Kind::Delivery, &prefix, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.value.key());
            seen += page.len();
            for read in page {
                let Some(delivery) = Delivery::from_record(read.value) else { continue };
                let DeliveryId::Post(.., chat) = delivery.id else { continue };
                match self.is_wanted(&wanted, chat).await? {
                    Likeness::Same => return Ok(chat),
                    Likeness::Like if !like.contains(&chat) => like.push(chat),
                    Likeness::Like | Likeness::Other => {}
                }
            }
            if seen >= LOOKED_THROUGH {
                return Err(Refusal::TooManyChats { looked: seen }.into());
            }
        }
        match like.as_slice() {
            [] => Err(Refusal::NoSuchChat(typed.to_owned()).into()),
            [one] => Ok(*one),
            several => Err(self.ambiguous(several).await?),
        }
    }

    async fn ambiguous(&self, several: &[SubscriberId]) -> Result<DeskError, StoreError> {
        let mut names = Vec::new();
        for chat in several.iter().take(5) {
            names.push(self.chat_name(*chat).await?);
        }
        Ok(Refusal::WhichChat(names).into())
    }

    /// The chat at an address: `account:chat`, or the platform's name for it alone.
    async fn chat_at(&self, typed: &str) -> Result<Option<SubscriberId>, StoreError> {
        let named = typed.split_once(':').map(|(a, chat)| (AccountId(a.trim().to_owned()), chat));
        let pairs: Vec<_> = match named {
            Some((account, chat)) => vec![(account, chat.trim())],
            None => self.outlets.iter().map(|o| (o.account.clone(), typed)).collect(),
        };
        for (account, chat) in pairs {
            let prefix = Segments::new().account(&account).text(chat).done();
            let scan = Scan::of(Index::SubscriberByAddress, prefix, THREADS);
            let found = self.reads().find_all::<Subscriber>(&scan).await?;
            if let Some(first) = found.first() {
                return Ok(Some(first.id));
            }
        }
        Ok(None)
    }

    async fn is_wanted(
        &self,
        wanted: &Wanted<'_>,
        chat: SubscriberId,
    ) -> Result<Likeness, StoreError> {
        if wanted.code.as_ref() == Some(&chat.code()) {
            return Ok(Likeness::Same);
        }
        let title = self.chat(chat).await?.map(|s| s.value.title).unwrap_or_default();
        let (title, typed) = (title.to_lowercase(), wanted.typed.to_lowercase());
        Ok(if title.is_empty() || typed.is_empty() || !title.contains(&typed) {
            Likeness::Other
        } else if title == typed {
            Likeness::Same
        } else {
            Likeness::Like
        })
    }
}

/// How far a chat is the one that is meant.
enum Likeness {
    /// It is.
    Same,
    /// It may be.
    Like,
    /// It is not.
    Other,
}
