//! Consent: only what its author submits, knowing what happens with it, becomes a suggestion.

use super::suggest::{Back, NewDraft};
use super::{Call, Desk, DeskError, Saying, events};
use crate::model::{
    At, Code, Consent, ConsentText, Lang, Phase, PostId, Role, SubscriberId, Suggestion,
    SuggestionId, Tally, Version, Versioned,
};
use crate::store::StoreError;
use crate::text::Speak as _;
use crate::text::press::{Press, TriagePress};
use crate::text::say::{Refusal, SuggestionSays, TriageSays, triage_label};
use sha2::{Digest as _, Sha256};

/// How many reviewers are told of one suggestion, so that it fits a commit; all see it in the inbox.
const REVIEWERS_TOLD: usize = 12;

/// The path of the page on which a receipt is looked up, below the office's address. Notices name it, and the
/// door from the browser serves it there.
pub const RECEIPT_PAGE: &str = "/r";

/// Which consent text a submitter has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentShown {
    /// The first eight bytes of its hash, as a button carries them.
    Prefix(u64),
    /// Its hash, as a form carries it.
    Whole([u8; 32]),
}

/// What a form on our own pages brings.
#[derive(Clone, Debug)]
pub struct Form {
    /// The text.
    pub text: String,
    /// The post that it answers.
    pub post: Option<PostId>,
    /// The group that people keep by whose code they came, if they did.
    pub came_by: Option<SubscriberId>,
    /// The consent text that was shown and agreed to.
    pub consent: ConsentShown,
    /// The form's own name, so that sending it twice makes one suggestion; empty for none.
    pub once: String,
}

/// A receipt. The secret is shown once, and kept as a hash alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptShown {
    /// The receipt number.
    pub number: Code,
    /// The secret code.
    pub secret: Code,
    /// When the first human response is promised.
    pub respond_by: At,
    /// Whether it was shown before.
    pub shown: Showing,
}

/// Whether a receipt was shown before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Showing {
    /// It was not.
    First,
    /// It was, with a code that no longer holds.
    Anew,
}

impl Desk {
    /// The consent texts in this language, whole and as it is shown in groups, which ends by naming where
    /// the whole one is.
    #[must_use]
    pub fn consents(&self, lang: Lang) -> [ConsentText; 2] {
        let whole = self.office.consent(lang).to_owned();
        // What a group is shown stands for the whole text: it is no longer valid when that changes.
        let short = format!("{}\n\n{whole}", SuggestionSays::ConsentShort.say(lang));
        [whole, short].map(|text| ConsentText { hash: Sha256::digest(&text).into(), text })
    }

    /// The consent text that was shown, if it is a present one.
    fn consented(&self, shown: ConsentShown) -> Result<ConsentText, Refusal> {
        let texts = [Lang::Zh, Lang::En].map(|lang| self.consents(lang));
        let same = |text: &ConsentText| match shown {
            ConsentShown::Prefix(prefix) => consent_prefix(text) == prefix,
            ConsentShown::Whole(hash) => text.hash == hash,
        };
        texts.into_iter().flatten().find(same).ok_or(Refusal::ConsentChanged)
    }

    /// T2: the author confirms; from now on it is a suggestion, with a receipt.
    ///
    /// # Errors
    /// When the caller is not its author, it is no draft, or the consent text is not the one that was shown.
    pub async fn confirm(
        &self,
        call: &mut Call,
        id: SuggestionId,
        consent: ConsentShown,
    ) -> Result<ReceiptShown, DeskError> {
        let old = self.draft_of(call, id).await?;
        let mut now = old.value.clone();
        let receipt = self.receive(call, &mut now, consent).await?;
        events::replace(&mut call.changes, &old, now);
        Ok(receipt)
    }

    /// The suggestion that this form made, if it was sent before.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn made_by(&self, form: &Form) -> Result<Option<Versioned<Suggestion>>, StoreError> {
        match self.name_of(form) {
            Some(id) => self.suggestion(id).await,
            None => Ok(None),
        }
    }

    /// What the suggestion of a form is called: of two that are sent at once the second meets the first.
    fn name_of(&self, form: &Form) -> Option<SuggestionId> {
        let named = !form.once.is_empty();
        named.then(|| SuggestionId(self.name_from("form", form.once.as_bytes())))
    }

    /// T1 and T2 in one commit, for a form that shows the consent text and asks for it. The same form with the same
    /// words once more gets the same receipt, with a new code: nobody may have seen the first.
    ///
    /// # Errors
    /// As [`Desk::draft`] and [`Desk::confirm`], and when the same form was sent before with other words, or what
    /// it made is being read.
    pub async fn submit_form(
        &self,
        call: &mut Call,
        form: Form,
    ) -> Result<ReceiptShown, DeskError> {
        if let Some(old) = self.made_by(&form).await? {
            return self.receipt_anew(call, &old, &form).await;
        }
        let name = self.name_of(&form);
        let (text, post) = (form.text, form.post);
        let draft = NewDraft { text, post, back: Back::Page(form.came_by), message: None };
        let mut suggestion = self.new_draft(call, draft, None).await?;
        suggestion.id = name.unwrap_or(suggestion.id);
        events::begin(&mut call.changes, &mut suggestion, call.at);
        let receipt = self.receive(call, &mut suggestion, form.consent).await?;
        call.changes.insert(suggestion);
        Ok(receipt)
    }

    /// The receipt of what this form made before: with a new code, for the first one is kept as a hash alone.
    async fn receipt_anew(
        &self,
        call: &mut Call,
        old: &Versioned<Suggestion>,
        form: &Form,
    ) -> Result<ReceiptShown, DeskError> {
        let Phase::Received { respond_by, .. } = old.phase else {
            return Err(Refusal::DraftGone.into());
        };
        if old.post != form.post || self.texts_of(old)? != [form.text.trim()] {
            return Err(Refusal::DraftGone.into());
        }
        let secret = self.code(12);
        let hash = self.hash_code(secret.clone()).await?;
        events::replace(
            &mut call.changes,
            old,
            Suggestion { secret: Some(hash), ..old.value.clone() },
        );
        let (number, shown) = (old.number.clone(), Showing::Anew);
        Ok(ReceiptShown { number, secret, respond_by, shown })
    }

    /// Makes a draft a suggestion: consent, receipt, notices to reviewers.
    async fn receive(
        &self,
        call: &mut Call,
        suggestion: &mut Suggestion,
        consent: ConsentShown,
    ) -> Result<ReceiptShown, DeskError> {
        let text = self.consented(consent)?;
        let secret = self.code(12);
        suggestion.consent = Some(Consent { text: text.hash, at: call.at });
        suggestion.secret = Some(self.hash_code(secret.clone()).await?);
        call.changes.ensure(text);
        let (clocks, respond_by) = self.begun(call.at);
        suggestion.clocks = Some(clocks);
        let phase = suggestion.phase.clone().confirm(call.at, respond_by);
        let phase = phase.map_err(|_| Refusal::DraftGone)?;
        events::step(&mut call.changes, suggestion, phase, call.at);
        if let Some(post) = suggestion.post {
            call.changes.add(Tally::Suggestions.of(post), 1);
            if let Some(chat) = suggestion.back.came_by() {
                call.changes.add(Tally::Answered.in_chat(post, chat), 1);
            }
        }
        let (number, shown) = (suggestion.number.clone(), Showing::First);
        let receipt = ReceiptShown { number, secret, respond_by, shown };
        let says = SuggestionSays::Receipt {
            number: receipt.number.to_string(),
            secret: receipt.secret.to_string(),
            respond_by: self.day(respond_by),
            url: self.receipt_url(),
        };
        self.tell_back(call, suggestion, &says, None)?;
        self.tell_reviewers(call, suggestion, respond_by).await?;
        Ok(receipt)
    }

    async fn tell_reviewers(
        &self,
        call: &mut Call,
        suggestion: &Suggestion,
        respond_by: At,
    ) -> Result<(), DeskError> {
        let post = self.title_of(suggestion.post).await?;
        let reviewers = self.reachable(Role::Reviewer).await?;
        let shown = Version(suggestion.chain.length.into());
        for (address, lang) in reviewers.into_iter().take(REVIEWERS_TOLD) {
            let says = TriageSays::NewCase {
                number: suggestion.number.to_string(),
                post: post.clone(),
                respond_by: self.day(respond_by),
            };
            let button = |press| {
                Press::Triage(press, suggestion.id, shown).button(triage_label(press, lang))
            };
            let buttons = vec![vec![button(TriagePress::Show), button(TriagePress::Claim)]];
            self.say_to(call, &address, Saying::of(says.doc(lang)).buttons(buttons));
        }
        Ok(())
    }

    pub(super) fn receipt_url(&self) -> String {
        format!("{}{RECEIPT_PAGE}", self.office.public_url)
    }
}

/// The first eight bytes of a consent text's hash: what a button carries.
#[must_use]
pub fn consent_prefix(text: &ConsentText) -> u64 {
    let (head, _) = text.hash.split_first_chunk().unwrap_or((&[0; 8], &[]));
    u64::from_be_bytes(*head)
}
