//! Suggestions, as their submitters make them: draft, consent, change, add, take back.

use super::{Call, Desk, DeskError, Saying, days, events, hours};
use crate::model::{
    AccountId, Address, At, Code, Consent, ConsentText, Drawer, Kind, Lang, MessageRef, NoticeTo,
    Phase, PhaseName, Post, PostId, Prompt, Return, Role, Sealed, Segments, StepEvent, Stored as _,
    Suggestion, SuggestionId, Tally, Tries, Version, Versioned,
};
use crate::store::StoreError;
use crate::store::vault::VaultError;
use crate::text::Speak as _;
use crate::text::press::{Press, TriagePress};
use crate::text::say::{Refusal, SuggestionSays, TriageSays, triage_label};
use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

/// How many reviewers are told of one suggestion, so that it fits a commit; all see it in the inbox.
const REVIEWERS_TOLD: usize = 12;

/// What somebody wrote who has not confirmed it yet.
#[derive(Clone, Debug)]
pub struct NewDraft {
    /// The text.
    pub text: String,
    /// The post that it answers.
    pub post: Option<PostId>,
    /// Where answers go.
    pub back: Back,
    /// The message that it came from, so that an edit of it is taken.
    pub message: Option<MessageRef>,
}

/// Where answers go, before it is sealed.
#[derive(Clone, Debug)]
pub enum Back {
    /// To this chat, which is the submitter's own.
    Chat(Address),
    /// To the receipt page.
    Page,
}

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

    /// Begins for somebody who came to our own pages without an account.
    #[must_use]
    pub fn visitor(&self, lang: Lang) -> Call {
        let mut key = [0; 16];
        self.clock.random(&mut key);
        let member = crate::model::MemberKey(key);
        Call {
            actor: super::Actor::Member(member, None),
            member,
            direct: None,
            lang,
            at: self.clock.now(),
            changes: crate::model::Changes::new(),
        }
    }

    /// T1: keeps what somebody wrote, sealed, until they confirm it.
    ///
    /// # Errors
    /// When the text is too short, too long, or nothing but a receipt's number or code.
    pub async fn draft(&self, call: &mut Call, draft: NewDraft) -> Result<Suggestion, DeskError> {
        let message = draft.message.as_ref().map(|m| self.hasher.message(m));
        if let Some(known) = self.by_message(message.as_ref()).await? {
            return Ok(known.value);
        }
        let mut suggestion = self.new_draft(call, draft, message).await?;
        suggestion.member = Some(call.member);
        events::begin(&mut call.changes, &mut suggestion, call.at);
        call.changes.insert(suggestion.clone());
        Ok(suggestion)
    }

    async fn new_draft(
        &self,
        call: &Call,
        draft: NewDraft,
        message: Option<[u8; 16]>,
    ) -> Result<Suggestion, DeskError> {
        let text = self.submittable(&draft.text)?;
        let number = self.unused_number().await?;
        let until = call.at.plus(hours(self.office.suggestions.draft_hours));
        Ok(Suggestion {
            id: SuggestionId(self.clock.fresh()),
            number,
            pseudonym: self.code(6),
            post: draft.post,
            member: None,
            back: self.seal_back(draft.back)?,
            lang: call.lang,
            texts: vec![self.seal_text(text)?],
            consent: None,
            secret: None,
            message,
            created: call.at,
            phase: Phase::Draft { until },
            questions: 0,
            answer: None,
            chain: crate::model::Chain::default(),
            tries: Tries::default(),
        })
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

    /// T1 and T2 in one commit, for a form that shows the consent text and asks for it.
    ///
    /// # Errors
    /// As [`Desk::draft`] and [`Desk::confirm`], and when the same form was sent before.
    pub async fn submit_form(
        &self,
        call: &mut Call,
        form: Form,
    ) -> Result<ReceiptShown, DeskError> {
        let once = (!form.once.is_empty()).then(|| {
            let mut short = [0; 16];
            short.copy_from_slice(&self.hasher.keyed("form", form.once.as_bytes())[..16]);
            short
        });
        if self.by_message(once.as_ref()).await?.is_some() {
            return Err(Refusal::DraftGone.into());
        }
        let (text, post) = (form.text, form.post);
        let draft = NewDraft { text, post, back: Back::Page, message: None };
        let mut suggestion = self.new_draft(call, draft, once).await?;
        events::begin(&mut call.changes, &mut suggestion, call.at);
        let receipt = self.receive(call, &mut suggestion, form.consent).await?;
        call.changes.insert(suggestion);
        Ok(receipt)
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
        let respond_by = call.at.plus(days(self.office.suggestions.respond_days));
        let phase = suggestion.phase.clone().confirm(call.at, respond_by);
        let phase = phase.map_err(|_| Refusal::DraftGone)?;
        events::step(&mut call.changes, suggestion, phase, call.at);
        if let Some(post) = suggestion.post {
            call.changes.add(Tally::Suggestions.of(post), 1);
        }
        let receipt = ReceiptShown { number: suggestion.number.clone(), secret, respond_by };
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

    /// T3: the author throws a draft away; nothing of it is left.
    ///
    /// # Errors
    /// When the caller is not its author, or it is no draft.
    pub async fn discard(&self, call: &mut Call, id: SuggestionId) -> Result<(), DeskError> {
        let draft = self.draft_of(call, id).await?;
        Ok(self.remove_draft(&mut call.changes, &draft).await?)
    }

    /// Removes a draft with its events, and orders its keys destroyed.
    pub(super) async fn remove_draft(
        &self,
        changes: &mut crate::model::Changes,
        draft: &Versioned<Suggestion>,
    ) -> Result<(), StoreError> {
        for slot in draft.slots() {
            changes.ensure(crate::model::Shred { slot });
        }
        for event in self.events(draft.id).await? {
            changes.remove(&event);
        }
        changes.remove(draft);
        Ok(())
    }

    /// The author changed a message that became a draft, or a suggestion that nobody has taken up yet: the
    /// new words take the place of the old ones. Returns what it is now; `None` when it is neither.
    ///
    /// # Errors
    /// When the new text is too short, too long, or the caller is not the author.
    pub async fn edited(
        &self,
        call: &mut Call,
        message: &MessageRef,
        text: &str,
    ) -> Result<Option<Suggestion>, DeskError> {
        let hash = self.hasher.message(message);
        let Some(old) = self.by_message(Some(&hash)).await? else { return Ok(None) };
        if old.member != Some(call.member) {
            return Err(Refusal::NotTheAuthor.into());
        }
        let pending = matches!(old.phase.name(), PhaseName::Draft | PhaseName::Received);
        if !pending || old.texts.is_empty() {
            return Ok(None);
        }
        let mut now = old.value.clone();
        now.texts = vec![self.seal_text(self.submittable(text)?)?];
        events::replace(&mut call.changes, &old, now.clone());
        Ok(Some(now))
    }

    /// T10: the submitter adds what they were asked for.
    ///
    /// # Errors
    /// When the caller is not its submitter, nothing was asked, or the text is too short or long.
    pub async fn supplement(
        &self,
        call: &mut Call,
        id: SuggestionId,
        text: &str,
    ) -> Result<Suggestion, DeskError> {
        let old = self.suggestion(id).await?.ok_or(Refusal::DraftGone)?;
        if old.member != Some(call.member) {
            return Err(Refusal::NotTheAuthor.into());
        }
        self.add_to(call, &old, text).await
    }

    pub(super) async fn add_to(
        &self,
        call: &mut Call,
        old: &Versioned<Suggestion>,
        text: &str,
    ) -> Result<Suggestion, DeskError> {
        let text = self.submittable(text)?;
        let until = call.at.plus(hours(self.office.suggestions.claim_hours));
        let mut now = old.value.clone();
        now.phase = now.phase.resume(call.at, until).map_err(|_| Refusal::WrongPhase)?;
        now.texts.push(self.seal_text(text)?);
        let Phase::Claimed { by, .. } = now.phase else { return Err(Refusal::WrongPhase.into()) };
        let now = events::advance(&mut call.changes, old, now, call.at);
        let says = TriageSays::SupplementFor { number: now.number.to_string() };
        self.tell_person(call, by, &now, &says).await?;
        Ok(now)
    }

    /// T24: the submitter takes a suggestion back; its text goes some days later.
    ///
    /// # Errors
    /// When it is not the caller's, or it is over.
    pub async fn withdraw(
        &self,
        call: &mut Call,
        number: &Code,
    ) -> Result<(Suggestion, At), DeskError> {
        let old = self.by_number(number).await?.filter(|s| s.member == Some(call.member));
        let old = old.ok_or_else(|| Refusal::NoSuchSuggestion(number.to_string()))?;
        self.take_back(call, &old)
    }

    pub(super) fn take_back(
        &self,
        call: &mut Call,
        old: &Versioned<Suggestion>,
    ) -> Result<(Suggestion, At), DeskError> {
        let erase_at = call.at.plus(days(self.office.suggestions.withdrawn_days));
        let mut now = old.value.clone();
        now.phase = now.phase.withdraw(call.at, erase_at).map_err(|_| Refusal::WrongPhase)?;
        Ok((events::advance(&mut call.changes, old, now, call.at), erase_at))
    }

    /// The text as it can be submitted.
    fn submittable<'a>(&self, text: &'a str) -> Result<&'a str, Refusal> {
        let text = text.trim();
        let max = self.office.suggestions.max_chars;
        if text.chars().filter(|c| !c.is_whitespace()).count() < 4 {
            return Err(Refusal::TooShort);
        }
        if text.chars().count() > max {
            return Err(Refusal::TooLong { max });
        }
        if text.split_whitespace().all(reads_as_code) {
            return Err(Refusal::ReceiptInText);
        }
        Ok(text)
    }

    fn seal_back(&self, back: Back) -> Result<Return, DeskError> {
        let Back::Chat(address) = back else { return Ok(Return::Page) };
        // An address always has a JSON form.
        let bytes = serde_json::to_vec(&address).unwrap_or_default();
        Ok(Return::Chat(address.account, self.sealer.seal(Drawer::Address, &bytes)?))
    }

    pub(super) fn seal_text(&self, text: &str) -> Result<Sealed, DeskError> {
        Ok(self.sealer.seal(Drawer::Text, text.as_bytes())?)
    }

    pub(super) fn open_text(&self, sealed: &Sealed) -> Result<Option<String>, DeskError> {
        let bytes = self.texts.open(sealed)?;
        Ok(bytes.map(|b| String::from_utf8_lossy(&b).into_owned()))
    }

    async fn unused_number(&self) -> Result<Code, StoreError> {
        loop {
            let number = self.code(8);
            if self.by_number(&number).await?.is_none() {
                return Ok(number);
            }
        }
    }

    /// The suggestion of this ID.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn suggestion(
        &self,
        id: SuggestionId,
    ) -> Result<Option<Versioned<Suggestion>>, StoreError> {
        self.reads().find(&Segments::new().id(id.0).key(Kind::Suggestion)).await
    }

    pub(super) async fn by_number(
        &self,
        number: &Code,
    ) -> Result<Option<Versioned<Suggestion>>, StoreError> {
        let place = Suggestion::by_number(number);
        self.reads().find_by(place.index, place.at).await
    }

    async fn by_message(
        &self,
        hash: Option<&[u8; 16]>,
    ) -> Result<Option<Versioned<Suggestion>>, StoreError> {
        let Some(hash) = hash else { return Ok(None) };
        let place = Suggestion::by_message(hash);
        self.reads().find_by(place.index, place.at).await
    }

    async fn draft_of(
        &self,
        call: &Call,
        id: SuggestionId,
    ) -> Result<Versioned<Suggestion>, DeskError> {
        let found = self.suggestion(id).await?.ok_or(Refusal::DraftGone)?;
        if found.member != Some(call.member) {
            return Err(Refusal::NotTheAuthor.into());
        }
        // One whose time is over is gone, also when the clock's round has not come by yet.
        match found.phase {
            Phase::Draft { until } if until > call.at && !found.texts.is_empty() => Ok(found),
            _ => Err(Refusal::DraftGone.into()),
        }
    }

    /// The events of a suggestion, in order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn events(&self, id: SuggestionId) -> Result<Vec<Versioned<StepEvent>>, StoreError> {
        let records = self.reads().list(StepEvent::KIND, &StepEvent::of(id), None, 1_000).await?;
        records.into_iter().map(crate::store::typed).collect()
    }

    /// Tells the submitter something, where they can be told; otherwise it is on the receipt page.
    pub(super) fn tell_back(
        &self,
        call: &mut Call,
        suggestion: &Suggestion,
        says: &SuggestionSays,
        prompt: Option<Prompt>,
    ) -> Result<(), DeskError> {
        let Return::Chat(account, address) = &suggestion.back else { return Ok(()) };
        let mut saying = Saying::of(says.doc(suggestion.lang));
        saying.prompt = prompt;
        let back: (&AccountId, &Sealed) = (account, address);
        Ok(self.say_back(call, back, suggestion.id, saying)?)
    }

    /// Says something in a member's own chat: sealed words to an address that is sealed for this alone.
    ///
    /// # Errors
    /// When the key file fails.
    pub fn say_alone(
        &self,
        call: &mut Call,
        to: &Address,
        saying: Saying,
    ) -> Result<(), VaultError> {
        let words = self.seal_words(&saying.words)?;
        // An address always has a JSON form.
        let bytes = serde_json::to_vec(to).unwrap_or_default();
        let address = self.sealer.seal(Drawer::Address, &bytes)?;
        let to = NoticeTo::Sealed { account: to.account.clone(), address };
        self.owe(&mut call.changes, call.at, to, (saying, Some((words, None))));
        Ok(())
    }

    /// What people call the post that is answered.
    pub(super) async fn title_of(
        &self,
        post: Option<PostId>,
    ) -> Result<Option<String>, StoreError> {
        let Some(post) = post else { return Ok(None) };
        let key = Segments::new().id(post.0).key(Kind::Post);
        Ok(self.reads().find::<Post>(&key).await?.map(|p| p.value.title))
    }

    /// The day on which a moment falls, in the office's time zone.
    #[must_use]
    pub fn day(&self, at: At) -> NaiveDate {
        at.utc().with_timezone(&self.office.zone).date_naive()
    }

    fn receipt_url(&self) -> String {
        format!("{}/receipt", self.office.public_url)
    }
}

/// The first eight bytes of a consent text's hash: what a button carries.
#[must_use]
pub fn consent_prefix(text: &ConsentText) -> u64 {
    let (head, _) = text.hash.split_first_chunk().unwrap_or((&[0; 8], &[]));
    u64::from_be_bytes(*head)
}

/// Whether a word is a receipt's number or code: of their length, and written as codes are.
fn reads_as_code(word: &str) -> bool {
    let like_code = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase() || c == '-';
    let dashed = word.contains('-') || word.chars().any(|c| c.is_ascii_digit());
    let written = word.chars().all(like_code) || dashed;
    written && Code::parse(word).is_some_and(|c| matches!(c.as_str().len(), 8 | 12))
}
