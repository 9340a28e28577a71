//! Readers who ask a page to notify their browser of what is new there, and stop asking.
//!
//! Where a browser is lies sealed; the store knows it by a name from which it cannot be told. Whoever knows where a
//! browser is may decide for it: nobody but the browser and its push service does.

use super::{Call, Desk, DeskError};
use crate::model::{
    AccountId, Address, Changes, ChatKind, Drawer, SealedAddress, Shred, Standing, Subscriber,
    SubscriberId, TopicId, Versioned, hex,
};
use crate::store::StoreError;
use std::collections::BTreeSet;

/// A browser, and the page on which its reader asks.
#[derive(Clone, Copy)]
pub struct Browser<'a> {
    /// The account through which it is reached.
    pub account: &'a AccountId,
    /// The page.
    pub page: &'a str,
    /// Where its push service takes messages for it.
    pub endpoint: &'a str,
}

/// What a browser is to be notified of, and where it is.
#[derive(Clone)]
pub struct Wish {
    /// The topics of the page.
    pub topics: BTreeSet<TopicId>,
    /// Where it is, for whoever sends.
    pub place: Address,
    /// Where it was before: its service gave it another place, and it keeps what it had.
    pub former: Option<String>,
}

/// Whether a browser is notified already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notified {
    /// Of just these topics.
    Already,
    /// Not, or not of all of them.
    NotYet,
}

impl Desk {
    /// Whether a browser is notified of just these topics.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn notified(
        &self,
        browser: Browser<'_>,
        topics: &BTreeSet<TopicId>,
    ) -> Result<Notified, StoreError> {
        let known = self.subscriber(&self.name(browser)).await?;
        let all = |s: &Subscriber| s.standing == Standing::Active && s.topics == *topics;
        Ok(if known.is_some_and(|s| all(&s)) { Notified::Already } else { Notified::NotYet })
    }

    /// Whether a browser is one of ours, and has not ended.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn knows_browser(&self, browser: Browser<'_>) -> Result<bool, StoreError> {
        let known = self.subscriber(&self.name(browser)).await?;
        Ok(known.is_some_and(|s| !matches!(s.standing, Standing::Ended { .. })))
    }

    /// Notifies a browser from now on.
    ///
    /// # Errors
    /// When the store or the key file fails.
    pub async fn notify(
        &self,
        call: &mut Call,
        browser: Browser<'_>,
        wish: Wish,
    ) -> Result<(), DeskError> {
        let Wish { mut topics, place, former } = wish;
        let former = former.filter(|endpoint| endpoint != browser.endpoint);
        if let Some(endpoint) = former {
            let before = Browser { endpoint: &endpoint, ..browser };
            if let Some(had) = self.end_browser(call, before).await? {
                topics = had;
            }
        }
        let name = self.name(browser);
        let known = self.subscriber(&name).await?;
        let base = match &known {
            Some(old) => old.value.clone(),
            None => self.newcomer(&name, "", call.lang).await?,
        };
        let id = base.id;
        let now = Subscriber { topics, lang: call.lang, standing: Standing::Active, ..base };
        self.becomes(&mut call.changes, known, now).await?;
        // An address always has a JSON form.
        let bytes = serde_json::to_vec(&place).unwrap_or_default();
        let address = self.sealer.seal(Drawer::Address, &bytes)?;
        let sealed = SealedAddress { subscriber: id, address };
        match self.reads().find::<SealedAddress>(&SealedAddress::key_of(id)).await? {
            Some(old) => {
                call.changes.ensure(Shred { slot: old.address.slot });
                call.changes.update(&old, sealed);
            }
            None => call.changes.insert(sealed),
        }
        Ok(())
    }

    /// Notifies a browser no longer: where it is will be destroyed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn silence(&self, call: &mut Call, browser: Browser<'_>) -> Result<(), DeskError> {
        self.end_browser(call, browser).await?;
        Ok(())
    }

    /// What it was notified of until now, if it was.
    async fn end_browser(
        &self,
        call: &mut Call,
        browser: Browser<'_>,
    ) -> Result<Option<BTreeSet<TopicId>>, StoreError> {
        let open = |s: &Versioned<Subscriber>| !matches!(s.standing, Standing::Ended { .. });
        let Some(old) = self.subscriber(&self.name(browser)).await?.filter(open) else {
            return Ok(None);
        };
        let standing = Standing::Ended { at: call.at, reason: String::new() };
        self.destroy_address(&mut call.changes, old.id).await?;
        let had = old.topics.clone();
        let now = Subscriber { standing, topics: BTreeSet::new(), ..old.value.clone() };
        self.becomes(&mut call.changes, Some(old), now).await?;
        Ok(Some(had))
    }

    /// Destroys where a subscriber really is, if that is sealed.
    pub(super) async fn destroy_address(
        &self,
        changes: &mut Changes,
        subscriber: SubscriberId,
    ) -> Result<(), StoreError> {
        let key = SealedAddress::key_of(subscriber);
        if let Some(sealed) = self.reads().find::<SealedAddress>(&key).await? {
            SealedAddress::destroy(&sealed, changes);
        }
        Ok(())
    }

    /// What the store knows a browser by.
    fn name(&self, browser: Browser<'_>) -> Address {
        let hash = self.hasher.keyed("browser", browser.endpoint.as_bytes());
        let chat = hex(&hash[..16]);
        let (account, thread) = (browser.account.clone(), Some(browser.page.to_owned()));
        Address { account, kind: ChatKind::Direct, chat, thread }
    }
}
