//! Saying something: a notice and the delivery that it is owed by, in the caller's commit.

use super::{Call, Desk};
use crate::model::Drawer;
use crate::model::{
    AccountId, Act, Address, Button, Changes, Delivery, DeliveryId, Document, Lang, Notice,
    NoticeBody, NoticeId, NoticeTo, Post, Priority, Prompt, Sealed, SuggestionId,
};
use crate::store::vault::VaultError;

/// What is said, before it is known to whom.
#[derive(Clone, Debug)]
pub struct Saying {
    /// The words.
    pub words: Document,
    /// What can be pressed below them.
    pub buttons: Vec<Vec<Button>>,
    /// What an answer to them means.
    pub prompt: Option<Prompt>,
    /// In which way.
    pub act: Act,
}

impl Saying {
    /// Plain words, as a new message.
    #[must_use]
    pub const fn of(words: Document) -> Self {
        Self { words, buttons: Vec::new(), prompt: None, act: Act::Say { reply_to: None } }
    }

    /// With buttons below.
    #[must_use]
    pub fn buttons(mut self, buttons: Vec<Vec<Button>>) -> Self {
        self.buttons = buttons;
        self
    }

    /// With a meaning for answers.
    #[must_use]
    pub fn prompt(mut self, prompt: Prompt) -> Self {
        self.prompt = Some(prompt);
        self
    }

    /// Under a message.
    #[must_use]
    pub fn under(mut self, message: Option<String>) -> Self {
        self.act = Act::Say { reply_to: message };
        self
    }

    /// In another way.
    #[must_use]
    pub fn act(mut self, act: Act) -> Self {
        self.act = act;
        self
    }
}

impl Desk {
    /// Says something to a chat that may be known, in the call's commit.
    pub fn say_to(&self, call: &mut Call, to: &Address, saying: Saying) {
        if call.answers(to) {
            return call.speak(saying);
        }
        let to = NoticeTo::Open(to.clone());
        self.owe(&mut call.changes, call.at, to, (saying, None));
    }

    /// Shows an edition to a chat that may be known, with all that it carries, as its readers get it; with a meaning
    /// for answers.
    pub fn show_edition(
        &self,
        call: &mut Call,
        to: &Address,
        post: &Post,
        (lang, reply_to, prompt): (Lang, Option<String>, Option<Prompt>),
    ) {
        let act = Act::Say { reply_to };
        let (id, at) = (NoticeId(self.clock.fresh()), call.at);
        let body = NoticeBody::Edition(post.id, post.revision, lang);
        let (to, buttons, about) = (NoticeTo::Open(to.clone()), Vec::new(), None);
        owed(&mut call.changes, Notice { id, to, act, body, buttons, prompt, about, at });
    }

    /// Says something to a chat, in changes that a round has put together.
    pub fn tell(&self, changes: &mut Changes, to: &Address, saying: Saying) {
        let to = NoticeTo::Open(to.clone());
        self.owe(changes, self.clock.now(), to, (saying, None));
    }

    /// Says something that nobody else may read later: its words are sealed, and erased once sent, or once the
    /// suggestion that they show is erased.
    ///
    /// # Errors
    /// When the key file fails.
    pub fn say_sealed(
        &self,
        call: &mut Call,
        to: &Address,
        shows: Option<SuggestionId>,
        saying: Saying,
    ) -> Result<(), VaultError> {
        if call.answers(to) {
            call.speak(saying);
            return Ok(());
        }
        let body = self.seal_words(&saying.words)?;
        let to = NoticeTo::Open(to.clone());
        self.owe(&mut call.changes, call.at, to, (saying, Some((body, shows))));
        Ok(())
    }

    /// Says something to the submitter of a suggestion: sealed words to a sealed address.
    ///
    /// # Errors
    /// When the key file fails.
    pub fn say_back(
        &self,
        call: &mut Call,
        back: (&AccountId, &Sealed),
        about: SuggestionId,
        saying: Saying,
    ) -> Result<(), VaultError> {
        let body = self.seal_words(&saying.words)?;
        let to = NoticeTo::Sealed { account: back.0.clone(), address: back.1.clone() };
        self.owe(&mut call.changes, call.at, to, (saying, Some((body, Some(about)))));
        Ok(())
    }

    pub(super) fn seal_words(&self, words: &Document) -> Result<Sealed, VaultError> {
        // A document of ours always has a JSON form.
        let bytes = serde_json::to_vec(words).unwrap_or_default();
        self.sealer.seal(Drawer::Text, &bytes)
    }

    pub(super) fn owe(
        &self,
        changes: &mut Changes,
        at: crate::model::At,
        to: NoticeTo,
        (saying, sealed): (Saying, Option<(Sealed, Option<SuggestionId>)>),
    ) {
        let id = NoticeId(self.clock.fresh());
        let (body, about) = match sealed {
            Some((body, about)) => (NoticeBody::Sealed(body), about),
            None => (NoticeBody::Open(saying.words), None),
        };
        let Saying { buttons, prompt, act, .. } = saying;
        owed(changes, Notice { id, to, act, body, buttons, prompt, about, at });
    }
}

/// A notice, and the delivery that it is owed by.
fn owed(changes: &mut Changes, notice: Notice) {
    let account = match &notice.to {
        NoticeTo::Open(address) => address.account.clone(),
        NoticeTo::Sealed { account, .. } => account.clone(),
    };
    let id = DeliveryId::Notice(notice.id);
    let due = Delivery::due(id, account, Priority::Answer, notice.at);
    changes.insert(notice);
    changes.insert(due);
}
