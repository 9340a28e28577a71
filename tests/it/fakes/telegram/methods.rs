//! What each method does, with the error bodies of the real server.

use super::Inner;
use super::state::{Author, Bot, Chat, Entity, Fate, Key, Kind, Message, Standing, Topic, Webhook};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::Ordering;

const TEXT_MAX: usize = 4096;
const ENTITIES_MAX: usize = 100;
const LINKS_MAX: usize = 9500;

/// A call that was denied.
pub struct Denied {
    pub code: u16,
    pub description: String,
    pub parameters: Option<Value>,
}

pub type Outcome = Result<Value, Denied>;

pub fn denied(code: u16, description: &str) -> Denied {
    Denied { code, description: description.to_owned(), parameters: None }
}

pub fn bad(description: &str) -> Denied {
    denied(400, &format!("Bad Request: {description}"))
}

fn wait(millis: i64) -> Denied {
    let seconds = (millis + 999) / 1000;
    Denied {
        code: 429,
        description: format!("Too Many Requests: retry after {seconds}"),
        parameters: Some(json!({ "retry_after": seconds })),
    }
}

/// A chat by its number, or by a name (which no chat has here).
#[derive(Deserialize)]
#[serde(untagged)]
pub enum ChatId {
    Number(i64),
    Name(IgnoredAny),
}

#[derive(Deserialize)]
pub struct Reply {
    message_id: i64,
    #[serde(default)]
    allow_sending_without_reply: bool,
}

#[derive(Deserialize)]
pub struct Markup {
    #[serde(default)]
    inline_keyboard: Vec<Vec<Key>>,
}

#[derive(Deserialize)]
struct Send {
    chat_id: ChatId,
    message_thread_id: Option<i64>,
    text: String,
    #[serde(default)]
    entities: Vec<Entity>,
    reply_parameters: Option<Reply>,
    reply_markup: Option<Markup>,
}

#[derive(Deserialize)]
struct Edit {
    chat_id: ChatId,
    message_id: i64,
    text: String,
    #[serde(default)]
    entities: Vec<Entity>,
    reply_markup: Option<Markup>,
}

#[derive(Deserialize)]
struct Delete {
    chat_id: ChatId,
    message_id: i64,
}

#[derive(Deserialize)]
struct Answer {
    callback_query_id: String,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct Asked {
    chat_id: ChatId,
    user_id: i64,
}

#[derive(Deserialize)]
struct SetWebhook {
    url: String,
    secret_token: Option<String>,
    allowed_updates: Option<Vec<String>>,
    #[serde(default)]
    drop_pending_updates: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DeleteWebhook {
    drop_pending_updates: bool,
}

#[derive(Deserialize)]
struct Command {
    command: String,
    description: String,
}

#[derive(Deserialize)]
struct Commands {
    commands: Vec<Command>,
    #[serde(default)]
    language_code: String,
}

/// A request's body, read once: as what the method wants, or checked against the schema first.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Denied> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|e| bad(&format!("can't parse the request: {e}")))
}

/// Answers every method that needs no waiting.
pub fn call(inner: &Inner, bot: &Bot, method: &str, body: &[u8]) -> Outcome {
    match method {
        "sendMessage" => send(inner, bot, parse(body)?),
        "editMessageText" => edit(inner, bot, parse(body)?),
        "deleteMessage" => delete(inner, bot, &parse(body)?),
        "answerCallbackQuery" => answer(bot, parse(body)?),
        "getChatMember" => member(inner, bot, &parse(body)?),
        "getMe" => Ok(bot.json()),
        "setWebhook" => set_webhook(bot, parse(body)?),
        "deleteWebhook" => {
            let call: DeleteWebhook = parse(body)?;
            *bot.webhook.lock().expect("a lock") = None;
            if call.drop_pending_updates {
                bot.pending.lock().expect("a lock").clear();
            }
            Ok(true.into())
        }
        "getWebhookInfo" => {
            let webhook = bot.webhook.lock().expect("a lock").clone();
            let pending = bot.pending.lock().expect("a lock").len();
            Ok(json!({ "url": webhook.map(|w| w.url).unwrap_or_default(),
                       "has_custom_certificate": false, "pending_update_count": pending }))
        }
        "setMyCommands" => {
            let call: Commands = parse(body)?;
            let lines = call.commands.into_iter().map(|c| (c.command, c.description)).collect();
            bot.menus.lock().expect("a lock").insert(call.language_code, lines);
            Ok(true.into())
        }
        _ => Err(denied(404, "Not Found: method not found")),
    }
}

pub fn with_chat<T>(
    inner: &Inner,
    id: &ChatId,
    run: impl FnOnce(&mut Chat) -> Result<T, Denied>,
) -> Result<T, Denied> {
    let id = match id {
        ChatId::Number(id) => id,
        ChatId::Name(IgnoredAny) => return Err(bad("chat not found")),
    };
    inner.chat(*id, run).unwrap_or_else(|| Err(bad("chat not found")))
}

/// Whether the bot may write there.
fn may(chat: &Chat, bot: i64) -> Result<(), Denied> {
    match chat.fate {
        Fate::Open => {}
        Fate::Deleted => return Err(denied(403, "Forbidden: the group chat was deleted")),
        Fate::Deactivated => return Err(denied(403, "Forbidden: user is deactivated")),
        Fate::Upgraded(new) => {
            return Err(Denied {
                parameters: Some(json!({ "migrate_to_chat_id": new })),
                ..bad("group chat was upgraded to a supergroup chat")
            });
        }
    }
    let kind = chat.kind.name();
    match (chat.standing(bot), chat.kind) {
        (None, Kind::Private) => {
            Err(denied(403, "Forbidden: bot can't initiate conversation with a user"))
        }
        (None, _) => Err(bad("chat not found")),
        (Some(Standing::Kicked), Kind::Private) => {
            Err(denied(403, "Forbidden: bot was blocked by the user"))
        }
        (Some(Standing::Kicked), _) => {
            Err(denied(403, &format!("Forbidden: bot was kicked from the {kind} chat")))
        }
        (Some(Standing::Left), _) => {
            Err(denied(403, &format!("Forbidden: bot is not a member of the {kind} chat")))
        }
        (Some(Standing::Muted), _) => {
            Err(bad("not enough rights to send text messages to the chat"))
        }
        (Some(Standing::Member), Kind::Channel) => {
            Err(bad("need administrator rights in the channel chat"))
        }
        (Some(Standing::Member | Standing::Admin), _) => Ok(()),
    }
}

fn may_in_topic(chat: &Chat, thread: Option<i64>) -> Result<(), Denied> {
    let Some(thread) = thread else { return Ok(()) };
    match chat.topics.get(&thread) {
        Some(Topic::Open) => Ok(()),
        Some(Topic::Closed) => Err(bad("TOPIC_CLOSED")),
        Some(Topic::Deleted) => Err(bad("TOPIC_DELETED")),
        None => Err(bad("message thread not found")),
    }
}

/// Whether the words, marks and buttons are in order; too many marks are dropped without a word.
pub fn content(inner: &Inner, text: &str, entities: &mut Vec<Entity>) -> Result<(), Denied> {
    if text.trim().is_empty() {
        return Err(bad("message text is empty"));
    }
    if text.len() > TEXT_MAX && text.encode_utf16().count() > TEXT_MAX {
        return Err(bad("message is too long"));
    }
    if entities.is_empty() {
        return Ok(());
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    let splits = |at: usize| units.get(at).is_some_and(|u| (0xDC00..0xE000).contains(u));
    for (number, entity) in entities.iter().enumerate() {
        let end = entity.offset + entity.length;
        if entity.length == 0 || end > units.len() || splits(entity.offset) || splits(end) {
            let words =
                format!("entity {number} begins or ends outside the text or in a character");
            inner.violation(&words);
            return Err(bad(&words));
        }
    }
    let links: usize = entities.iter().filter_map(|e| e.url.as_ref()).map(String::len).sum();
    if links > LINKS_MAX {
        return Err(bad("ENTITIES_TOO_LONG"));
    }
    if entities.len() > ENTITIES_MAX {
        inner
            .counts
            .marks_dropped
            .fetch_add(u64::try_from(entities.len() - ENTITIES_MAX).unwrap_or(0), Ordering::SeqCst);
        entities.truncate(ENTITIES_MAX);
    }
    Ok(())
}

pub fn keys(markup: Option<Markup>) -> Result<Vec<Vec<Key>>, Denied> {
    let keys = markup.map(|m| m.inline_keyboard).unwrap_or_default();
    for key in keys.iter().flatten() {
        match (&key.data, &key.url) {
            (Some(data), None) if (1..=64).contains(&data.len()) => {}
            (None, Some(url)) if url.starts_with("http") || url.starts_with("tg:") => {}
            (None, Some(_)) => return Err(bad("BUTTON_URL_INVALID")),
            _ => return Err(bad("BUTTON_DATA_INVALID")),
        }
        if key.label.is_empty() {
            return Err(bad("text buttons are unallowed in the inline keyboard"));
        }
    }
    Ok(keys)
}

pub fn rates(inner: &Inner, bot: &Bot, chat: &mut Chat) -> Result<(), Denied> {
    let now = inner.clock.now().millis();
    let flooded = chat.flooded_until.max(bot.flooded_until.load(Ordering::SeqCst));
    if flooded > now {
        return Err(wait(flooded - now));
    }
    if !inner.options.rates {
        return Ok(());
    }
    bot.rate.lock().expect("a lock").take(now).map_err(wait)?;
    chat.rate.take(now).map_err(wait)?;
    if chat.kind != Kind::Private {
        chat.minute.take(now).map_err(wait)?;
    }
    Ok(())
}

/// Whether the bot may write there, and in that topic.
pub fn allowed(bot: &Bot, chat: &Chat, thread: Option<i64>) -> Result<(), Denied> {
    may(chat, bot.id)?;
    may_in_topic(chat, thread)
}

/// The message that is answered, where it stands.
pub fn answered(inner: &Inner, chat: &Chat, asked: Option<Reply>) -> Result<Option<i64>, Denied> {
    match asked {
        Some(reply) if reply.message_id <= chat.last_message && exists(inner, chat, &reply) => {
            Ok(Some(reply.message_id))
        }
        Some(reply) if !reply.allow_sending_without_reply => {
            Err(bad("message to be replied not found"))
        }
        _ => Ok(None),
    }
}

fn send(inner: &Inner, bot: &Bot, mut call: Send) -> Outcome {
    content(inner, &call.text, &mut call.entities)?;
    let keys = keys(call.reply_markup)?;
    let (result, mirror) = with_chat(inner, &call.chat_id, |chat| {
        allowed(bot, chat, call.message_thread_id)?;
        let reply_to = answered(inner, chat, call.reply_parameters)?;
        rates(inner, bot, chat)?;
        let message = Message {
            chat: chat.id,
            id: chat.fresh_message(),
            author: Author::Bot(bot.id),
            text: call.text,
            entities: call.entities,
            keys,
            reply_to,
            thread: call.message_thread_id,
            edited: false,
            carried: None,
        };
        let result = json!({ "message_id": message.id, "from": bot.json(), "chat": chat.json(),
                             "date": inner.date(), "text": message.text });
        let mirror = chat.linked.map(|group| (group, message.clone()));
        inner.took(chat, message);
        Ok((result, mirror))
    })?;
    if let Some((group, post)) = mirror {
        inner.mirror(group, &post);
    }
    Ok(result)
}

fn exists(inner: &Inner, chat: &Chat, reply: &Reply) -> bool {
    !inner.options.texts || chat.messages.contains_key(&reply.message_id)
}

fn edit(inner: &Inner, bot: &Bot, mut call: Edit) -> Outcome {
    content(inner, &call.text, &mut call.entities)?;
    let keys = keys(call.reply_markup)?;
    with_chat(inner, &call.chat_id, |chat| {
        may(chat, bot.id)?;
        let place = chat.json();
        if !inner.options.texts && call.message_id <= chat.last_message {
            return Ok(json!({ "message_id": call.message_id, "chat": place, "date": inner.date(),
                              "edit_date": inner.date(), "text": call.text }));
        }
        let Some(message) = chat.messages.get_mut(&call.message_id) else {
            return Err(bad("message to edit not found"));
        };
        if message.author != Author::Bot(bot.id) {
            return Err(bad("message can't be edited"));
        }
        let same = (&message.text, &message.entities, &message.keys)
            == (&call.text, &call.entities, &keys);
        if same {
            return Err(bad(
                "message is not modified: specified new message content and reply markup are \
                 exactly the same as a current content and reply markup of the message",
            ));
        }
        (message.text, message.entities, message.keys) = (call.text, call.entities, keys);
        message.edited = true;
        Ok(json!({ "message_id": message.id, "chat": place, "date": inner.date(),
                   "edit_date": inner.date(), "text": message.text }))
    })
}

fn delete(inner: &Inner, bot: &Bot, call: &Delete) -> Outcome {
    with_chat(inner, &call.chat_id, |chat| {
        may(chat, bot.id)?;
        match chat.messages.get(&call.message_id) {
            None => Err(bad("message to delete not found")),
            Some(m)
                if m.author != Author::Bot(bot.id)
                    && chat.standing(bot.id) != Some(Standing::Admin) =>
            {
                Err(bad("message can't be deleted for everyone"))
            }
            Some(_) => {
                chat.messages.remove(&call.message_id);
                Ok(true.into())
            }
        }
    })
}

fn answer(bot: &Bot, call: Answer) -> Outcome {
    if call.text.chars().count() > 200 {
        return Err(bad("MESSAGE_TOO_LONG"));
    }
    let mut queries = bot.queries.lock().expect("a lock");
    match queries.get_mut(&call.callback_query_id) {
        Some(query) if !query.too_old => {
            query.answer = Some(call.text);
            Ok(true.into())
        }
        _ => Err(bad("query is too old and response timeout expired or query ID is invalid")),
    }
}

fn member(inner: &Inner, bot: &Bot, call: &Asked) -> Outcome {
    with_chat(inner, &call.chat_id, |chat| {
        may(chat, bot.id)?;
        let status = if chat.admins.contains(&call.user_id) { "administrator" } else { "member" };
        Ok(json!({ "status": status,
                   "user": { "id": call.user_id, "is_bot": false, "first_name": "" } }))
    })
}

fn set_webhook(bot: &Bot, call: SetWebhook) -> Outcome {
    if !call.url.starts_with("https://") {
        return Err(bad("bad webhook: An HTTPS URL must be provided for webhook"));
    }
    *bot.webhook.lock().expect("a lock") =
        Some(Webhook { url: call.url, secret: call.secret_token });
    if let Some(kinds) = call.allowed_updates {
        *bot.allowed.lock().expect("a lock") = Some(kinds.into_iter().collect());
    }
    if call.drop_pending_updates {
        bot.pending.lock().expect("a lock").clear();
    }
    // Whoever is asking is told that it is over.
    bot.asked.fetch_add(1, Ordering::SeqCst);
    bot.arrived.notify_waiters();
    Ok(true.into())
}

/// A text, as a number that tells it from others.
pub fn fingerprint(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
