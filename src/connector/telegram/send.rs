//! How a message leaves: texts as entities, buttons, edits, answers to presses.

use super::errors::Trouble;
use super::{PATIENCE, Telegram};
use crate::connector::signed::press;
use crate::connector::{Outgoing, Receipt, SendFailure, WaitScope};
use crate::model::{Address, Button, ButtonDoes, Identity, MessageRef};
use crate::text::{Mark, Part, Style};
use serde::{Deserialize, de::IgnoredAny};
use std::future::Future;
use teloxide::payloads::{
    AnswerCallbackQuery, DeleteMessage, EditMessageText, GetChatMember, SendMessage,
};
use teloxide::types::{
    CallbackQueryId, ChatId, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions,
    MessageEntity, MessageEntityKind, MessageId, Recipient, ReplyMarkup, ReplyParameters, ThreadId,
    UserId,
};
use url::Url;

/// How long the words that answer a press may be, in characters.
const PRESS_WORDS_MAX: usize = 200;
/// A forum's General topic exists only implicitly: naming it makes the send fail.
const GENERAL_TOPIC: &str = "1";

/// What we read of the message that Telegram made: the rest is not needed, and reading it costs.
#[derive(Deserialize)]
struct Made {
    message_id: i64,
}

impl Telegram {
    pub(super) async fn send_message(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        let name = self.name_for(&message.buttons).await?;
        let (asked, quotes) = {
            let call = compose(message, name)?;
            (self.ask(&call), call.reply_parameters.is_some())
        };
        let mut outcome = asked.await;
        if let Err(Trouble::Denied(denial)) = &outcome
            && denial.reply_is_missing()
            && quotes
        {
            let asked = {
                let mut call = compose(message, name)?;
                call.reply_parameters = None;
                self.ask(&call)
            };
            outcome = asked.await;
        }
        match outcome {
            Ok(Made { message_id }) => Ok(Receipt { message: message_id.to_string() }),
            Err(trouble) => Err(trouble.of_send(&self.account)),
        }
    }

    fn ask(
        &self,
        call: &SendMessage,
    ) -> impl Future<Output = Result<Made, Trouble>> + Send + use<> {
        self.call_at(self.send_url.clone(), call, PATIENCE)
    }

    /// The message without what only some methods take.
    pub(super) async fn compose(&self, message: &Outgoing) -> Result<SendMessage, SendFailure> {
        compose(message, self.name_for(&message.buttons).await?)
    }

    /// Our name, where a button leads to us.
    async fn name_for(&self, rows: &[Vec<Button>]) -> Result<&str, SendFailure> {
        let leads = |button: &Button| matches!(button.does, ButtonDoes::OpenDirect(_));
        if rows.iter().flatten().any(leads) {
            return self.username().await.map_err(|t| self.repeatable(&t));
        }
        Ok("")
    }

    pub(super) async fn edit(
        &self,
        sent: &MessageRef,
        part: &Part,
        buttons: &[Vec<Button>],
    ) -> Result<(), SendFailure> {
        let (chat, id) = (recipient(&sent.chat)?, message_id(&sent.message)?);
        let mut call = EditMessageText::new(chat, id, part.text.as_str());
        call.entities = entities(part);
        call.link_preview_options = Some(no_preview());
        call.reply_markup = keyboard(buttons, self.name_for(buttons).await?)?;
        match self.call::<_, IgnoredAny>("editMessageText", &call, PATIENCE).await {
            Ok(_) => Ok(()),
            Err(Trouble::Denied(denial)) if denial.changes_nothing() => Ok(()),
            Err(trouble) => Err(trouble.of_repeatable(&self.account, WaitScope::Chat)),
        }
    }

    pub(super) async fn recall(&self, sent: &MessageRef) -> Result<(), SendFailure> {
        let call = DeleteMessage::new(recipient(&sent.chat)?, message_id(&sent.message)?);
        match self.call::<_, bool>("deleteMessage", &call, PATIENCE).await {
            Ok(_) => Ok(()),
            Err(Trouble::Denied(denial)) if denial.already_taken_back() => Ok(()),
            Err(trouble) => Err(trouble.of_repeatable(&self.account, WaitScope::Chat)),
        }
    }

    pub(super) async fn answer_query(&self, press: &str, words: &str) -> Result<(), SendFailure> {
        // One that is not ours to open is too old: the key was changed.
        let Some(query) = press::open(&self.press_key, press) else { return Ok(()) };
        let mut call = AnswerCallbackQuery::new(CallbackQueryId(query));
        call.text = (!words.is_empty()).then(|| shortened(words));
        match self.call::<_, bool>("answerCallbackQuery", &call, PATIENCE).await {
            Ok(_) => Ok(()),
            Err(Trouble::Denied(denial)) if denial.press_is_too_old() => Ok(()),
            Err(trouble) => Err(self.repeatable(&trouble)),
        }
    }
}

/// The question whether somebody may decide for a chat.
pub(super) fn membership(chat: &Address, who: &Identity) -> Result<GetChatMember, SendFailure> {
    let id = who.0.strip_prefix("telegram:").and_then(|id| id.parse().ok());
    let id = id.ok_or_else(|| unfit("the person is not on Telegram"))?;
    Ok(GetChatMember::new(recipient(&chat.chat)?, UserId(id)))
}

/// The message; `name` is ours, where a button leads to us.
fn compose(message: &Outgoing, name: &str) -> Result<SendMessage, SendFailure> {
    let mut call = SendMessage::new(recipient(&message.to.chat)?, message.part.text.as_str());
    call.entities = entities(&message.part);
    call.link_preview_options = Some(no_preview());
    call.message_thread_id = thread(&message.to)?;
    call.reply_parameters = match &message.reply_to {
        Some(id) => Some(ReplyParameters::new(message_id(id)?).allow_sending_without_reply()),
        None => None,
    };
    call.reply_markup = keyboard(&message.buttons, name)?.map(ReplyMarkup::InlineKeyboard);
    Ok(call)
}

fn keyboard(rows: &[Vec<Button>], name: &str) -> Result<Option<InlineKeyboardMarkup>, SendFailure> {
    let rows = rows.iter().filter(|row| !row.is_empty());
    let keys = |row: &Vec<Button>| row.iter().map(|button| key(button, name)).collect();
    let keyboard = rows.map(keys).collect::<Result<Vec<Vec<_>>, _>>()?;
    Ok((!keyboard.is_empty()).then(|| InlineKeyboardMarkup::new(keyboard)))
}

fn key(button: &Button, name: &str) -> Result<InlineKeyboardButton, SendFailure> {
    let label = button.label.as_str();
    match &button.does {
        ButtonDoes::Press(data) if (1..=Button::DATA_MAX).contains(&data.len()) => {
            Ok(InlineKeyboardButton::callback(label, data.as_str()))
        }
        ButtonDoes::Press(_) => Err(unfit("a button carries more than 64 bytes, or none")),
        ButtonDoes::Open(address) => Ok(InlineKeyboardButton::url(label, parse(address)?)),
        ButtonDoes::OpenDirect(payload) => {
            let address = format!("https://t.me/{name}?start={payload}");
            Ok(InlineKeyboardButton::url(label, parse(&address)?))
        }
    }
}

fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

/// The words that answer a press, as many as Telegram shows.
fn shortened(words: &str) -> String {
    if words.chars().count() <= PRESS_WORDS_MAX {
        return words.to_owned();
    }
    words.chars().take(PRESS_WORDS_MAX - 1).chain(['…']).collect()
}

fn recipient(chat: &str) -> Result<Recipient, SendFailure> {
    if chat.starts_with('@') {
        return Ok(Recipient::ChannelUsername(chat.to_owned()));
    }
    let id = chat.parse().map_err(|_| unfit("the chat is not one of Telegram's"))?;
    Ok(Recipient::Id(ChatId(id)))
}

fn thread(to: &Address) -> Result<Option<ThreadId>, SendFailure> {
    match to.thread.as_deref() {
        None | Some(GENERAL_TOPIC) => Ok(None),
        Some(id) => Ok(Some(ThreadId(message_id(id)?))),
    }
}

fn message_id(id: &str) -> Result<MessageId, SendFailure> {
    id.parse().map(MessageId).map_err(|_| unfit("the message is not one of Telegram's"))
}

fn parse(address: &str) -> Result<Url, SendFailure> {
    Url::parse(address).map_err(|_| unfit("the address on a button cannot be read"))
}

fn unfit(words: &str) -> SendFailure {
    SendFailure::Rejected(words.to_owned())
}

/// The marks, with their places counted in UTF-16 units. A link that is no address stays as text.
fn entities(part: &Part) -> Option<Vec<MessageEntity>> {
    if part.marks.is_empty() {
        return None;
    }
    let places = Places::of(part);
    let entity = |mark: &Mark| {
        let (start, end) = (places.utf16(mark.start), places.utf16(mark.end));
        let kind = kind(&mark.style)?;
        (end > start).then(|| MessageEntity::new(kind, start, end - start))
    };
    Some(part.marks.iter().filter_map(entity).collect())
}

fn kind(style: &Style) -> Option<MessageEntityKind> {
    Some(match style {
        Style::Bold => MessageEntityKind::Bold,
        Style::Italic => MessageEntityKind::Italic,
        Style::Code => MessageEntityKind::Code,
        Style::Pre => MessageEntityKind::Pre { language: None },
        Style::Quote => MessageEntityKind::Blockquote,
        Style::Link(address) => MessageEntityKind::TextLink { url: Url::parse(address).ok()? },
    })
}

/// Byte places of a text and the same places in UTF-16 units, counted in one pass.
struct Places(Vec<(usize, usize)>);

impl Places {
    fn of(part: &Part) -> Self {
        let mut bytes: Vec<_> = part.marks.iter().flat_map(|m| [m.start, m.end]).collect();
        bytes.sort_unstable();
        bytes.dedup();
        let mut places = Vec::with_capacity(bytes.len());
        let (mut at, mut units) = (0, 0);
        for byte in bytes {
            let between = part.text.get(at..byte).unwrap_or_default();
            units += between.encode_utf16().count();
            at += between.len();
            places.push((byte, units));
        }
        Self(places)
    }

    fn utf16(&self, byte: usize) -> usize {
        let found = self.0.binary_search_by_key(&byte, |(byte, _)| *byte);
        found.ok().and_then(|i| self.0.get(i)).map_or(0, |(_, units)| *units)
    }
}
