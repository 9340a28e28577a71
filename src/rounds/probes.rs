//! Trying an account: the question who it is, or a test message where only that can tell.

use crate::connector::{Connector, Outgoing, SendFailure, called_at, diagnose};
use crate::desk::{Desk, Saying};
use crate::model::{At, Changes, Document, Probe, ProbeAnswer, Versioned};
use crate::store::{Reads, Store, StoreError};
use crate::text::Speak as _;
use crate::text::render;
use crate::text::say::AccountSays;
use crate::text::say::operator::ChannelSays;
use std::sync::Arc;

/// What came of trying an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probed {
    /// The platform knows the account, under this name.
    Known(String),
    /// The platform took a test message.
    Taken,
    /// There is nobody whom it could be tried on.
    Own,
}

/// Tries an account; `once` is the same for every try of one question. Nothing is kept of it.
///
/// # Errors
/// When it does not work.
pub async fn probe(
    connector: &dyn Connector,
    words: &Document,
    once: &str,
) -> Result<Probed, SendFailure> {
    if let Some(name) = connector.whoami().await? {
        return Ok(Probed::Known(name));
    }
    let Some(to) = connector.only_chat() else { return Ok(Probed::Own) };
    for (number, part) in render(words, &connector.size(to.kind)).into_iter().enumerate() {
        let message = Outgoing {
            to: Arc::new(to.clone()),
            part: Arc::new(part),
            buttons: Arc::default(),
            reply_to: None,
            topic: None,
            once: format!("{once}-{number}"),
        };
        connector.send(&message).await?;
    }
    Ok(Probed::Taken)
}

/// Tries accounts for staff who asked, and tells them what came of it.
///
/// The asking is a record, so that a restart forgets no question; the answer and the question's end are one commit.
/// Whoever dies between the trial and its commit tries once more: a test message may be read twice.
pub struct Probes {
    store: Arc<dyn Store>,
    desk: Desk,
    connectors: Vec<Arc<dyn Connector>>,
}

impl Probes {
    /// Probes of these accounts, answered through this desk.
    #[must_use]
    pub const fn new(
        store: Arc<dyn Store>,
        desk: Desk,
        connectors: Vec<Arc<dyn Connector>>,
    ) -> Self {
        Self { store, desk, connectors }
    }

    /// Answers the questions that wait; when to look again, if some are left.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn round(&self) -> Result<Option<At>, StoreError> {
        let reads: &dyn Reads = &*self.store;
        for asked in reads.all::<Probe>(&[]).await? {
            if asked.answer == ProbeAnswer::Owed {
                self.answer(&asked).await?;
            }
        }
        Ok(None)
    }

    async fn answer(&self, asked: &Versioned<Probe>) -> Result<(), StoreError> {
        let mut changes = Changes::new();
        changes.update(asked, Probe { answer: ProbeAnswer::Given, ..asked.value.clone() });
        let connector = self.connectors.iter().find(|c| *c.account() == asked.account);
        // One that is no longer configured has nobody to be asked.
        if let Some(connector) = connector {
            let says = self.tried(&**connector, asked).await?;
            self.desk.tell(&mut changes, &asked.to, Saying::of(says.doc(asked.lang)));
        }
        match self.store.commit(changes).await {
            // It was asked again meanwhile, and is answered then.
            Err(StoreError::Conflict) => Ok(()),
            done => done,
        }
    }

    async fn tried(
        &self,
        connector: &dyn Connector,
        asked: &Probe,
    ) -> Result<AccountSays, StoreError> {
        let office = self.desk.office();
        let account = asked.account.to_string();
        let only = match connector.only_chat() {
            Some(chat) => self.desk.subscriber(&chat).await?,
            None => None,
        };
        let lang = only.as_ref().map_or(office.lang, |chat| chat.lang);
        let words = ChannelSays::Message { office: office.name.clone() }.doc(lang);
        let once = format!("probe-{}-{}", asked.account, asked.at.millis());
        Ok(match probe(connector, &words, &once).await {
            Ok(Probed::Taken) => {
                let chat = only.map(|chat| chat.value.title).unwrap_or_default();
                AccountSays::Works(ChannelSays::Taken { account, chat })
            }
            Ok(Probed::Known(name)) => {
                let hook = called_at(&office.public_url, &account);
                let says = ChannelSays::known(connector.platform(), (account, name), hook);
                AccountSays::Works(says)
            }
            Ok(Probed::Own) => AccountSays::Untried(connector.platform()),
            Err(failure) => {
                let diagnosis = diagnose(connector.platform(), &failure);
                AccountSays::Fails { account, diagnosis }
            }
        })
    }
}
