//! The door from chat: what arrives is read, done at the desk, and answered.
//!
//! **Invariant:** each thing that arrived is handled in one commit with all that follows from it – the
//! change, the answer that is owed, and the inbox item's end. A crash before it repeats the handling; after
//! it, nothing is repeated.
//!
//! **Turns.** What came through one account is handled in its order. The accounts take turns, a page of each, several
//! side by side: however much waits of one, another waits for one page of it at most.

mod attached;
mod channels;
mod editor;
mod member;
mod pushes;
mod sort;
mod staff;
mod suggest;
mod triage;

use crate::connector::capabilities::{self, Ability};
use crate::connector::{Connector, Speaks};
use crate::desk::{Call, Desk, DeskError, Meant, Saying, SetAside, Waiting};
use crate::model::{
    AccountId, Act, Button, Change, Changes, ChatKind, Happening, Inbound, MessageRef, Notice,
    PostId, Rank, Record, Sender,
};
use crate::store::StoreError;
use crate::store::vault::VaultError;
use crate::text::Speak;
use crate::text::command::{self, Command, Mistake, Slash};
use crate::text::press::Press;
use crate::text::say::{AnswerSays, ChannelRefusal, MistakeSays, Refusal, asks_for_more};
use futures::FutureExt as _;
use futures::stream::{self, StreamExt as _};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// How often one item is tried again at once when somebody else was faster.
const CONFLICTS: usize = 8;

/// How many items of an account are handled in its turn.
const PAGE: usize = 50;

/// The items of how many accounts are handled at once: the store brings them to the disk together.
const SIDE_BY_SIDE: usize = 8;

/// The door from chat.
pub struct Bot {
    desk: Desk,
    connectors: HashMap<AccountId, Arc<dyn Connector>>,
}

/// One thing that arrived, and what is done about it.
pub struct Talk<'a> {
    /// Where things are done.
    pub desk: &'a Desk,
    /// What arrived.
    pub inbound: &'a Inbound,
    /// Who did it.
    pub sender: &'a Sender,
    /// The account through which it came.
    pub connector: Option<&'a Arc<dyn Connector>>,
    /// What is done.
    pub call: Call,
}

/// What somebody does, as far as a door can tell.
#[derive(Clone, Debug)]
pub enum Deed {
    /// A command.
    Command(Command),
    /// A command that cannot be carried out as typed.
    Mistake(Mistake),
    /// Words that answer a post.
    AnswersPost(PostId, String),
    /// Words that answer something we said.
    AnswersNotice(Box<Notice>, String),
    /// Words in a group that answer a message of ours of which nothing is kept any more.
    AnswersForgotten,
    /// Words in somebody's own chat, answering nothing.
    Words(String),
    /// Words changed after they were sent.
    Edit(MessageRef, String),
    /// A button.
    Press(Press),
    /// A button of which we know nothing.
    UnknownPress,
    /// Nothing that concerns us.
    Nothing,
}

impl Bot {
    /// A bot over this desk; it asks the connectors who decides for a chat, and for links.
    #[must_use]
    pub fn new(desk: Desk, connectors: Vec<Arc<dyn Connector>>) -> Self {
        let connectors = connectors.into_iter().map(|c| (c.account().clone(), c)).collect();
        Self { desk, connectors }
    }

    /// Handles everything in the inbox, the oldest of each account first. Returns how many things there were.
    ///
    /// # Errors
    /// When the store fails. What is wrong with one item never holds up the others.
    pub async fn round(&self) -> Result<usize, StoreError> {
        let mut handled = 0;
        loop {
            let page = self.page().await?;
            if page == 0 {
                return Ok(handled);
            }
            handled += page;
        }
    }

    /// Handles the oldest things in the inbox, a bounded number of each account. Returns how many there were.
    ///
    /// # Errors
    /// When the store fails. What is wrong with one item never holds up the others.
    pub async fn page(&self) -> Result<usize, StoreError> {
        let accounts = self.desk.accounts_waiting().await?;
        let turns: Vec<_> = accounts.iter().map(|account| self.turn(account)).collect();
        let turns: Vec<_> = stream::iter(turns).buffer_unordered(SIDE_BY_SIDE).collect().await;
        turns.into_iter().sum()
    }

    /// Handles the oldest things that came through an account, one after the other. Returns how many there were.
    async fn turn(&self, account: &AccountId) -> Result<usize, StoreError> {
        let page = self.desk.waiting(account, PAGE).await?;
        for waiting in &page {
            self.handle(waiting).await?;
        }
        Ok(page.len())
    }

    async fn handle(&self, waiting: &Waiting) -> Result<(), StoreError> {
        for _ in 0..CONFLICTS {
            match AssertUnwindSafe(self.once(waiting)).catch_unwind().await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(StoreError::Conflict)) => {}
                Ok(Err(error @ StoreError::Impossible(_))) => {
                    let account = &waiting.item.account;
                    tracing::error!(account.id = %account, %error, "an event cannot be handled");
                    break;
                }
                Ok(Err(error)) => return Err(error),
                Err(_) => {
                    tracing::error!(account.id = %waiting.item.account, "handling an event panicked");
                    break;
                }
            }
        }
        match self.desk.failed(&waiting.item).await {
            // Somebody else has settled it meanwhile.
            Ok(SetAside::No) | Err(StoreError::Conflict) => Ok(()),
            Ok(SetAside::Yes) => {
                tracing::error!(
                    account.id = %waiting.item.account,
                    "an event could not be handled five times and was set aside"
                );
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Handles one item, in one commit.
    async fn once(&self, waiting: &Waiting) -> Result<(), StoreError> {
        let mut changes = match &waiting.inbound {
            Ok(Some(inbound)) => self.consequences(inbound).await?,
            Ok(None) => Changes::new(),
            Err(error) => return Err(error.clone()),
        };
        self.desk.handled(&mut changes, &waiting.item);
        self.desk.make_so(changes).await?;
        self.desk.has_answered();
        Ok(())
    }

    /// All that follows from what arrived.
    async fn consequences(&self, inbound: &Inbound) -> Result<Changes, StoreError> {
        let mut changes = Changes::new();
        match &inbound.what {
            Happening::Left(reason) => {
                self.desk.put_out(&mut changes, &inbound.chat, reason.clone()).await?;
                return Ok(changes);
            }
            Happening::Muted(reason) => {
                self.desk.muted(&mut changes, &inbound.chat, reason.clone()).await?;
                return Ok(changes);
            }
            Happening::MovedTo(to) => {
                self.desk.moved(&mut changes, &inbound.chat, to).await?;
                return Ok(changes);
            }
            Happening::Became { message, became } => {
                Desk::keep_telling(&mut changes, inbound, (message, became));
                return Ok(changes);
            }
            _ => {}
        }
        let Some(sender) = &inbound.from else { return Ok(changes) };
        let connector = self.connectors.get(&inbound.account);
        let mut call = self.desk.call(sender).await?;
        if Desk::awaits(inbound) && connector.is_some_and(|c| c.speaks() == Speaks::WhenAsked) {
            call.gather();
        }
        let chosen = self.chosen(&call, inbound).await?;
        let heard = chosen.as_ref().unwrap_or(inbound);
        let mut talk = Talk { desk: &self.desk, inbound: heard, sender, connector, call };
        match self.done(&mut talk).await {
            Ok(()) => talk.answer_press()?,
            Err(DeskError::Failed(error)) => return Err(error),
            Err(DeskError::Refused(refusal) | DeskError::Stale(refusal, _)) => {
                // Nothing of what was begun is done; only the refusal is said.
                talk.call.undo();
                talk.refuse(&refusal)?;
            }
        }
        let Talk { mut call, .. } = talk;
        if let (Some(connector), Some(_)) = (connector, &call.spoken) {
            let size = connector.size(ChatKind::Direct);
            match self.desk.tell_in_answer(&mut call, inbound, &size).await {
                Err(DeskError::Failed(error)) => return Err(error),
                Ok(()) | Err(DeskError::Refused(_) | DeskError::Stale(..)) => {}
            }
        }
        Ok(call.changes)
    }

    /// Does what follows from what arrived.
    async fn done(&self, talk: &mut Talk<'_>) -> Result<(), DeskError> {
        match &talk.inbound.what {
            Happening::Joined => member::welcome(talk).await,
            Happening::Said { text, .. } if talk.call.spoken.is_some() && asks_for_more(text) => {
                // What is left is said in any case.
                if !talk.desk.has_more(&talk.call, &talk.inbound.account).await? {
                    talk.say(&AnswerSays::NoMore)?;
                }
                Ok(())
            }
            _ => {
                let deed = self.read(talk.inbound).await?;
                self.act(talk, deed).await
            }
        }
    }

    /// What was said, as the press that it stands for where somebody chose by typing.
    async fn chosen(&self, call: &Call, inbound: &Inbound) -> Result<Option<Inbound>, StoreError> {
        let (Some(_), Happening::Said { text, .. }) = (&call.spoken, &inbound.what) else {
            return Ok(None);
        };
        let chosen = self.desk.chosen(call, &inbound.account, text).await?;
        let pressed = |data| Happening::Pressed { press: None, message: None, data };
        Ok(chosen.map(|data| Inbound { what: pressed(data), ..inbound.clone() }))
    }

    /// Reads what arrived as a deed.
    async fn read(&self, inbound: &Inbound) -> Result<Deed, StoreError> {
        let (text, reply_to) = match &inbound.what {
            Happening::Said { text, reply_to, .. } | Happening::Sent { text, reply_to, .. } => {
                (text, reply_to)
            }
            Happening::Edited { message, text } => {
                return Ok(Deed::Edit(message.clone(), text.clone()));
            }
            Happening::Pressed { data, .. } => {
                return Ok(Press::decode(data).map_or(Deed::UnknownPress, Deed::Press));
            }
            Happening::Joined
            | Happening::Left(_)
            | Happening::Muted(_)
            | Happening::MovedTo(_)
            | Happening::Became { .. } => {
                return Ok(Deed::Nothing);
            }
        };
        let slash = match (inbound.chat.kind, reply_to) {
            (ChatKind::Direct, None) => Slash::Optional,
            _ => Slash::Needed,
        };
        match command::parse(text, slash) {
            Some(Ok(command)) => return Ok(Deed::Command(command)),
            // In a group it may be meant for another bot.
            Some(Err(Mistake::UnknownVerb(_, None))) if inbound.chat.kind != ChatKind::Direct => {}
            Some(Err(mistake)) => return Ok(Deed::Mistake(mistake)),
            None => {}
        }
        let meant = match reply_to {
            Some(message) => self.desk.meant(message).await?,
            None => Meant::Nothing,
        };
        if attached::is_left_out(&inbound.what, &meant) {
            return Ok(Deed::Nothing);
        }
        Ok(match meant {
            Meant::Post(post) => Deed::AnswersPost(post, text.clone()),
            Meant::Notice(notice) => Deed::AnswersNotice(notice, text.clone()),
            Meant::Nothing if inbound.chat.kind == ChatKind::Direct => Deed::Words(text.clone()),
            Meant::Nothing if reply_to.is_some() => Deed::AnswersForgotten,
            Meant::Nothing => Deed::Nothing,
        })
    }

    async fn act(&self, talk: &mut Talk<'_>, deed: Deed) -> Result<(), DeskError> {
        match deed {
            Deed::Mistake(mistake) => Err(Refusal::Mistake(mistake_says(mistake)).into()),
            Deed::Nothing => Ok(()),
            Deed::AnswersForgotten => {
                talk.say(&crate::text::say::BotSays::Forgotten)?;
                Ok(())
            }
            Deed::UnknownPress => {
                Ok(talk.toast(crate::text::say::BotSays::UnknownPress.say(talk.call.lang))?)
            }
            deed => {
                if let (Deed::Command(Command::Start { .. }), Ok(())) = (&deed, talk.alone())
                    && talk.call.spoken.is_none()
                {
                    talk.desk.resend(&mut talk.call).await?;
                }
                // Each hears the deed in turn, until one takes it as its own.
                // A reviewer's answer to a prompt is never a suggestion of theirs: triage hears it first.
                if triage::hears(talk, &deed).await? == Heard::Mine
                    || editor::hears(talk, &deed).await? == Heard::Mine
                    || pushes::hears(talk, &deed).await? == Heard::Mine
                    || channels::hears(talk, &deed, &self.connectors).await? == Heard::Mine
                    || suggest::hears(talk, &deed).await? == Heard::Mine
                    || member::hears(talk, &deed).await? == Heard::Mine
                    || staff::hears(talk, &deed).await? == Heard::Mine
                {
                    return Ok(());
                }
                Ok(())
            }
        }
    }
}

/// Whether a deed was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// It was done.
    Mine,
    /// It is for somebody else.
    NotMine,
}

impl Talk<'_> {
    /// Answers in the chat where it was said; in a group, under the message.
    ///
    /// # Errors
    /// When the key file fails.
    pub fn answer(&mut self, saying: Saying) -> Result<(), VaultError> {
        let saying = match self.under() {
            None => saying,
            message => saying.under(message),
        };
        self.say_here(saying)
    }

    /// In a group, the message under which an answer is said.
    fn under(&self) -> Option<String> {
        let said = match self.inbound.chat.kind {
            ChatKind::Group | ChatKind::Channel => self.inbound.what.said(),
            ChatKind::Direct => None,
        };
        said.map(|(message, _)| message.message.clone())
    }

    /// Answers with a sentence.
    ///
    /// # Errors
    /// When the key file fails.
    pub fn say(&mut self, sentence: &impl Speak) -> Result<(), VaultError> {
        let words = sentence.doc(self.call.lang);
        self.answer(Saying::of(words))
    }

    /// Says something in which a code stands of which only a hash is kept: sealed, and erased once it is sent.
    ///
    /// # Errors
    /// When the key file fails.
    pub fn say_code(&mut self, sentence: &impl Speak) -> Result<(), VaultError> {
        let words = sentence.doc(self.call.lang);
        self.desk.say_sealed(&mut self.call, &self.inbound.chat, None, Saying::of(words))
    }

    /// Tells the one who pressed a button, and nobody else; without a press, answers in the chat.
    ///
    /// # Errors
    /// When the key file fails.
    #[expect(clippy::needless_pass_by_value, reason = "callers word it on the spot")]
    pub fn toast(&mut self, words: String) -> Result<(), VaultError> {
        let words = crate::model::Document::plain(&words);
        match &self.inbound.what {
            Happening::Pressed { press: Some(press), .. } => {
                let act = Act::AnswerPress { press: press.clone() };
                self.say_here(Saying::of(words).act(act))
            }
            _ => self.answer(Saying::of(words)),
        }
    }

    /// Puts other words and buttons in place of the message whose button was pressed; without a press,
    /// answers in the chat.
    ///
    /// # Errors
    /// When the key file fails.
    pub fn amend(&mut self, saying: Saying) -> Result<(), VaultError> {
        match &self.inbound.what {
            Happening::Pressed { message: Some(message), .. } => {
                let act = Act::Amend { message: message.message.clone() };
                self.say_here(saying.act(act))
            }
            _ => self.answer(saying),
        }
    }

    /// Tells a refusal: after a press, to the one who pressed.
    ///
    /// # Errors
    /// When the key file fails.
    pub fn refuse(&mut self, refusal: &Refusal) -> Result<(), VaultError> {
        let words = refusal.say(self.call.lang);
        self.toast(words)
    }

    /// A press always has an answer, if only an empty one: until then the platform shows that it waits.
    fn answer_press(&mut self) -> Result<(), VaultError> {
        let answers = |change: &Change| match &change.record {
            Some(Record::Notice(notice)) => matches!(notice.act, Act::AnswerPress { .. }),
            _ => false,
        };
        let pressed = matches!(self.inbound.what, Happening::Pressed { press: Some(_), .. });
        if pressed && !self.call.changes.changes.iter().any(answers) {
            return self.toast(String::new());
        }
        Ok(())
    }

    /// Says something in this chat. The own chat of somebody who does not work here is not written down:
    /// that they talk to us is nobody's business.
    fn say_here(&mut self, saying: Saying) -> Result<(), VaultError> {
        let chat = &self.inbound.chat;
        if chat.kind == ChatKind::Direct && self.call.staff().is_none() {
            return self.desk.say_alone(&mut self.call, chat, saying);
        }
        self.desk.say_to(&mut self.call, chat, saying);
        Ok(())
    }

    /// When the account can say something here.
    #[must_use]
    pub fn speaks(&self) -> Speaks {
        self.connector.map_or(Speaks::Freely, |connector| connector.speaks())
    }

    /// Whether the platform can do this through us.
    #[must_use]
    pub fn can(&self, ability: Ability) -> bool {
        let platform = self.connector.map(|connector| connector.platform());
        platform.is_some_and(|platform| capabilities::of(platform).can.contains(&ability))
    }

    /// Whether something can be pushed here.
    ///
    /// # Errors
    /// A refusal that says what to do instead, where the account can only answer.
    pub fn pushes(&self) -> Result<(), ChannelRefusal> {
        match self.speaks() {
            Speaks::Freely => Ok(()),
            Speaks::WhenAsked => Err(ChannelRefusal::NoPush),
            Speaks::AsAnswers => Err(ChannelRefusal::NoPushByAnswers),
        }
    }

    /// Whether this is somebody's own chat with us.
    ///
    /// # Errors
    /// A refusal, in a group.
    pub fn alone(&self) -> Result<(), Refusal> {
        match self.inbound.chat.kind {
            ChatKind::Direct => Ok(()),
            ChatKind::Group | ChatKind::Channel => Err(Refusal::NotInGroup),
        }
    }

    /// Whether the sender decides for the chat; asks the platform where it did not say.
    pub async fn rank(&self) -> Rank {
        match (self.sender.rank, self.connector) {
            (Rank::Unknown, Some(connector)) => {
                let asked = connector.rank(&self.inbound.chat, &self.sender.identity).await;
                // A platform that does not answer gives nobody a right.
                asked.unwrap_or(Rank::Member)
            }
            (rank, _) => rank,
        }
    }
}

fn mistake_says(mistake: Mistake) -> MistakeSays {
    match mistake {
        Mistake::UnknownVerb(typed, nearest) => MistakeSays::UnknownVerb { typed, nearest },
        Mistake::Usage(verb) => MistakeSays::Usage(verb),
    }
}

/// Buttons, all in one row.
fn row(buttons: Vec<Button>) -> Vec<Vec<Button>> {
    vec![buttons]
}
