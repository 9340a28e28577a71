//! E-mail: one message for each reader, handed in at the office's own mail host; answers are read from a mailbox.
//!
//! Each reader is one chat. What people press are links to our own pages, which carry a sealed ticket; what they
//! reply finds its way back by the name of the message that it answers.
//!
//! **Invariant:** nobody's address stands anywhere in clear but in the message that goes there; and nothing is done in
//! somebody's name unless it shows that they were sent something by us: a ticket, or the name of a message of theirs.

mod bounce;
pub mod dkim;
mod errors;
mod imap;
mod letters;
mod listen;
mod message;
mod names;
mod own_words;
mod put_off;
mod read;
mod receive;
mod settings;
mod smtp;
mod strangers;

pub use names::{Ticket, typed};
pub use settings::{Dkim, Host, Inbox, Known, Login, Settings, SettingsError, Tags, Taken, Tls};

use self::dkim::Signer;
use self::imap::{Folder, ReadFault, Trust};
use self::names::Names;
use self::put_off::PutOff;
use self::smtp::Smtp;
use self::strangers::Strangers;
use super::lately::{Lately, Since};
use super::{
    Amendment, Connector, Heard, Limits, Outgoing, Receipt, SendFailure, WaitScope, capabilities,
};
use crate::clock::Clock;
use crate::model::{AccountId, Address, At, ChatKind, MessageRef, Platform};
use async_trait::async_trait;
use futures::stream::BoxStream;
use std::sync::Arc;
use std::time::Duration;

/// How long the account waits when it has sent as much as its host lets it: hosts count by the hour or the day.
const SPENT: Duration = Duration::from_hours(1);

/// The path of the pages of tickets, below the office's address.
pub const PAGE: &str = "/m";

/// One mailbox.
pub struct Email {
    account: AccountId,
    settings: Settings,
    clock: Arc<dyn Clock>,
    limits: Limits,
    names: Names,
    signer: Option<Signer>,
    smtp: Smtp,
    trust: Trust,
    put_off: PutOff,
    lately: Lately,
    /// The same of what was refused because too much was sent.
    spent: Lately,
    strangers: Strangers,
}

impl Email {
    /// The mailbox with these settings, sealing addresses under this key. Nothing is sent yet.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn new(
        account: AccountId,
        settings: &Settings,
        key: &[u8; 32],
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        let can = capabilities::of(Platform::Email);
        let limits = Limits::of(can, &settings.quota, settings.parallel);
        let no_key = || SettingsError::Tls("no key can be made".to_owned());
        let domain = settings.from.email.domain();
        Ok(Self {
            account,
            names: Names::new(key).ok_or_else(no_key)?,
            signer: settings.dkim.as_ref().map(Signer::new).transpose()?,
            smtp: Smtp::new(settings.smtp.clone(), domain, clock.clone()),
            trust: Trust::default(),
            put_off: PutOff::default(),
            lately: Lately::default(),
            spent: Lately::default(),
            strangers: Strangers::default(),
            settings: settings.clone(),
            clock,
            limits,
        })
    }

    /// The chat of whoever reads the address that somebody typed; `None` where no mail can go there.
    #[must_use]
    pub fn reader(&self, typed: &str) -> Option<Address> {
        Some(self.direct(self.names.chat(&names::typed(typed)?)))
    }

    /// Whom the office brings along, and their chats.
    #[must_use]
    pub fn known(&self) -> (&Known, Vec<Address>) {
        let known = &self.settings.known;
        let chats = known.addresses.iter().map(|address| self.direct(self.names.chat(address)));
        (known, chats.collect())
    }

    /// The page on which a ticket is used.
    #[must_use]
    pub fn ticket_page(&self, ticket: &Ticket) -> String {
        self.page(&self.names.ticket(ticket))
    }

    /// The ticket of a page; `None` where it is none of ours.
    #[must_use]
    pub fn ticket(&self, letters: &str) -> Option<Ticket> {
        self.names.read_ticket(letters)
    }

    /// What we do next when a host says that too much was sent. `None`: the message is put off. Its words may be about
    /// one reader, so that the account waits only for two of them in a row.
    fn waits(&self, chat: &str, now: At) -> Option<SendFailure> {
        let another = self.spent.refused(chat, now).since == Since::Another;
        another.then_some(SendFailure::Wait { span: SPENT, scope: WaitScope::Account })
    }

    /// The chat of this name.
    #[must_use]
    pub fn direct(&self, chat: String) -> Address {
        Address { account: self.account.clone(), kind: ChatKind::Direct, chat, thread: None }
    }
}

#[async_trait]
impl Connector for Email {
    fn platform(&self) -> Platform {
        Platform::Email
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    async fn whoami(&self) -> Result<Option<String>, SendFailure> {
        let greeted = self.smtp.greet().await;
        let busy = || SendFailure::Transient("the host puts us off".to_owned());
        let host = greeted.map_err(|trouble| trouble.failure().unwrap_or_else(busy))?;
        if let Some(inbox) = &self.settings.imap {
            Folder::open(inbox, &self.trust).await.map_err(|fault| match fault {
                ReadFault::Broken(said) => SendFailure::Transient(format!("IMAP: {said}")),
                ReadFault::Refused(said) => SendFailure::Misconfigured(format!("IMAP: {said}")),
            })?;
        }
        Ok(Some(format!("{} ({host})", self.settings.from.email)))
    }

    async fn send(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        let letter = self.letter(message)?;
        let sent = self.smtp.send(&letter).await;
        let now = self.clock.now();
        let Err(trouble) = sent else {
            self.put_off.over(&letter.name);
            self.lately.took(now);
            self.spent.took(now);
            return Ok(Receipt { message: letter.name });
        };
        let said = trouble.told();
        let failure = if trouble.is_spent() {
            self.waits(&message.to.chat, now)
        } else if trouble.may_be_ours() {
            self.lately.refused(&message.to.chat, now).failure(said.clone())
        } else {
            trouble.failure()
        };
        Err(failure.unwrap_or_else(|| self.put_off.again(&letter.name, said, now)))
    }

    async fn amend(&self, _: &MessageRef, _: &Amendment) -> Result<(), SendFailure> {
        Err(SendFailure::Rejected("an e-mail that was sent stays as it is".to_owned()))
    }

    fn listen(self: Arc<Self>, mark: Option<String>) -> Option<BoxStream<'static, Heard>> {
        listen::stream(self, mark.as_deref())
    }

    async fn answer_press(&self, _: &str, _: &str) -> Result<(), SendFailure> {
        Err(SendFailure::Rejected("nobody waits for an answer to a link".to_owned()))
    }
}
