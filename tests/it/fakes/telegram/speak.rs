//! Chats, people and what they do, in the words of a story.

use super::state::{Author, Carried, Chat, Fate, Kind, Message, Query, Standing, Topic, User};
use super::{FakeTelegram, Inner};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub(super) id: i64,
}

/// A person.
#[derive(Clone)]
pub struct Person {
    pub(super) inner: Arc<Inner>,
    pub(super) id: i64,
}

impl Place {
    /// Telegram's ID of the chat, as addresses hold it.
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    /// The same as a number.
    pub const fn number(&self) -> i64 {
        self.id
    }
}

impl FakeTelegram {
    /// A new person, whose app speaks Chinese.
    pub fn user(&self, name: &str) -> Person {
        let id = self.inner.next_id.fetch_add(1, Ordering::SeqCst);
        let user = User { id, name: name.to_owned(), lang: "zh-hans".to_owned() };
        self.inner.users.lock().expect("a lock").insert(id, user);
        self.inner.add_chat(Chat::new(id, Kind::Private, name));
        Person { inner: self.inner.clone(), id }
    }

    /// A new supergroup; the bot is not in it yet.
    pub fn group(&self, title: &str) -> Place {
        let n = self.inner.next_id.fetch_add(1, Ordering::SeqCst);
        self.place(-1_000_000_000_000 - n, Kind::Super, title)
    }

    /// A new basic group, which may be upgraded; the bot is not in it yet.
    pub fn basic_group(&self, title: &str) -> Place {
        let n = self.inner.next_id.fetch_add(1, Ordering::SeqCst);
        self.place(-4_000_000 - n, Kind::Basic, title)
    }

    /// `count` supergroups with the bot in them, made fast and without telling the bot.
    pub fn groups(&self, count: usize) -> Vec<Place> {
        self.many(&self.token(), count, Kind::Super)
    }

    /// The same of another bot.
    pub fn groups_of(&self, token: &str, count: usize) -> Vec<Place> {
        self.many(token, count, Kind::Super)
    }

    /// `count` persons' own chats with the bot, made fast and without telling the bot.
    pub fn directs(&self, count: usize) -> Vec<Place> {
        self.many(&self.token(), count, Kind::Private)
    }

    /// The same with another bot.
    pub fn directs_of(&self, token: &str, count: usize) -> Vec<Place> {
        self.many(token, count, Kind::Private)
    }

    /// Somebody talks with the first bot alone: the others neither hear them nor may write to them.
    pub fn knows_the_first_bot_only(&self, person: &Person) {
        self.change(&person.private(), |chat| {
            for bot in self.inner.bots().iter().skip(1) {
                chat.set_standing(bot.id, Standing::Left);
            }
        });
    }

    fn many(&self, token: &str, count: usize, kind: Kind) -> Vec<Place> {
        let bot = self.inner.bot_of(token).unwrap_or_else(|_| panic!("a bot")).id;
        let made = (0..count).map(|_| {
            let n = self.inner.next_id.fetch_add(1, Ordering::SeqCst);
            let id = if kind == Kind::Private { n } else { -1_000_000_000_000 - n };
            let mut chat = Chat::new(id, kind, "");
            chat.bots.push((bot, Standing::Member));
            self.inner.add_chat(chat);
            Place { id }
        });
        made.collect()
    }

    pub(super) fn place(&self, id: i64, kind: Kind, title: &str) -> Place {
        self.inner.add_chat(Chat::new(id, kind, title));
        Place { id }
    }

    /// A forum topic of a group, by its number.
    pub fn topic(&self, place: &Place) -> i64 {
        self.change(place, |chat| {
            // Number 1 is the General topic, which exists only implicitly.
            chat.last_message = chat.last_message.max(1);
            let id = chat.fresh_message();
            chat.topics.insert(id, Topic::Open);
            id
        })
    }

    /// Closes a forum topic.
    pub fn closes_topic(&self, place: &Place, topic: i64) {
        self.change(place, |chat| chat.topics.insert(topic, Topic::Closed));
    }

    /// Deletes a forum topic.
    pub fn deletes_topic(&self, place: &Place, topic: i64) {
        self.change(place, |chat| chat.topics.insert(topic, Topic::Deleted));
    }

    /// Adds the bot to a chat (as an administrator, where it is a channel), and tells it so.
    pub fn adds_bot_to(&self, place: &Place) {
        let channel = self.change(place, |chat| chat.kind == Kind::Channel);
        let standing = if channel { Standing::Admin } else { Standing::Member };
        self.stands(place, standing);
    }

    /// Throws the bot out, and tells it so.
    pub fn kicks_bot_from(&self, place: &Place) {
        self.stands(place, Standing::Kicked);
    }

    /// Lets the bot write in the chat again, and tells it so.
    pub fn unmutes_bot_in(&self, place: &Place) {
        self.stands(place, Standing::Member);
    }

    /// The bot may read and not write, and is told so.
    pub fn mutes_bot_openly_in(&self, place: &Place) {
        self.stands(place, Standing::Muted);
    }

    /// Throws the bot out of the chat; the bot learns of it when it writes.
    pub fn kicks_bot_silently_from(&self, place: &Place) {
        let bot = self.inner.bot().id;
        self.change(place, |chat| chat.set_standing(bot, Standing::Kicked));
    }

    /// The bot may read and not write; it learns of it when it writes.
    pub fn mutes_bot_in(&self, place: &Place) {
        let bot = self.inner.bot().id;
        self.change(place, |chat| chat.set_standing(bot, Standing::Muted));
    }

    /// Takes the bot out without a ban, and tells it so.
    pub fn removes_bot_from(&self, place: &Place) {
        self.stands(place, Standing::Left);
    }

    pub(super) fn change<T>(&self, place: &Place, run: impl FnOnce(&mut Chat) -> T) -> T {
        self.inner.chat(place.id, run).expect("the chat exists")
    }

    fn stands(&self, place: &Place, standing: Standing) {
        self.inner.stand(place.id, standing, None);
    }

    /// Allows words in a chat, and nothing else.
    pub fn allows_words_alone(&self, place: &Place) {
        self.change(place, |chat| chat.words_alone = true);
    }

    /// Makes somebody an administrator of a chat.
    pub fn makes_admin(&self, place: &Place, person: &Person) {
        self.change(place, |chat| chat.admins.push(person.id));
    }

    /// Deletes a chat.
    pub fn deletes(&self, place: &Place) {
        self.change(place, |chat| chat.fate = Fate::Deleted);
    }

    /// Answers every send to a chat with 429 for so long, by the fake's clock.
    pub fn floods(&self, place: &Place, span: Duration) {
        let until = self.inner.clock.now().plus(span).millis();
        self.change(place, |chat| chat.flooded_until = until);
    }

    /// Answers every send of the bot with 429 for so long, by the fake's clock.
    pub fn floods_bot(&self, span: Duration) {
        let until = self.inner.clock.now().plus(span).millis();
        self.inner.bot().flooded_until.store(until, Ordering::SeqCst);
    }

    /// Upgrades a basic group: it goes on under another ID, which the bot is told twice over.
    pub fn upgrades(&self, place: &Place) -> Place {
        let n = self.inner.next_id.fetch_add(1, Ordering::SeqCst);
        let new = -1_000_000_000_000 - n;
        let mut chat = Chat::new(new, Kind::Super, "");
        let (old_json, note) = self.change(place, |old| {
            chat.title.clone_from(&old.title);
            chat.bots.clone_from(&old.bots);
            chat.admins.clone_from(&old.admins);
            old.fate = Fate::Upgraded(new);
            (old.json(), old.fresh_message())
        });
        let (new_json, first) = (chat.json(), chat.fresh_message());
        self.inner.add_chat(chat);
        let date = self.inner.date();
        let from = json!({ "id": 1, "is_bot": false, "first_name": "群主" });
        self.pushes(
            "message",
            &json!({ "message_id": note, "from": from, "chat": old_json, "date": date,
                     "migrate_to_chat_id": new }),
        );
        self.pushes(
            "message",
            &json!({ "message_id": first, "from": from, "chat": new_json, "date": date,
                     "migrate_from_chat_id": place.id }),
        );
        Place { id: new }
    }

    /// What bots said in a chat and what still stands there, in order.
    pub fn messages(&self, place: &Place) -> Vec<Message> {
        let of_bot = |m: &&Message| matches!(m.author, Author::Bot(_));
        self.change(place, |chat| chat.messages.values().filter(of_bot).cloned().collect())
    }

    /// Every chat in which a bot's message stands.
    pub fn chats(&self) -> Vec<Place> {
        let spoken = |c: &&Chat| c.messages.values().any(|m| matches!(m.author, Author::Bot(_)));
        let shards = self.inner.shards.iter();
        let mut ids: Vec<i64> = shards
            .flat_map(|s| {
                let chats = s.lock().expect("a lock");
                chats.values().filter(spoken).map(|c| c.id).collect::<Vec<_>>()
            })
            .collect();
        ids.sort_unstable();
        ids.into_iter().map(|id| Place { id }).collect()
    }

    /// Every message of a chat that still stands, whoever wrote it.
    pub fn all_messages(&self, place: &Place) -> Vec<Message> {
        self.change(place, |chat| chat.messages.values().cloned().collect())
    }

    /// How a message stands now; `None` when it was taken back.
    pub fn message(&self, message: &Message) -> Option<Message> {
        self.inner.chat(message.chat, |chat| chat.messages.get(&message.id).cloned()).flatten()
    }

    /// What the one who pressed was told; `None` while the press is unanswered.
    pub fn answer_to(&self, press: &str) -> Option<String> {
        let bot = self.inner.bot();
        let queries = bot.queries.lock().expect("a lock");
        queries.get(press).expect("a press").answer.clone()
    }

    /// Lets a press become too old to be answered.
    pub fn ages(&self, press: &str) {
        let bot = self.inner.bot();
        bot.queries.lock().expect("a lock").get_mut(press).expect("a press").too_old = true;
    }

    /// The menu that the bot shows in a language (`""`: to everybody else).
    pub fn menu(&self, lang: &str) -> Vec<(String, String)> {
        self.inner.bot().menus.lock().expect("a lock").get(lang).cloned().unwrap_or_default()
    }

    /// Whether a webhook is set.
    pub fn webhook(&self) -> Option<String> {
        self.inner.bot().webhook.lock().expect("a lock").as_ref().map(|w| w.url.clone())
    }
}

impl Person {
    /// Telegram's ID of the person.
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    /// The person's own chat with the bot.
    pub fn private(&self) -> Place {
        Place { id: self.id }
    }

    /// Another language for the person's app.
    pub fn speaks(&self, lang: &str) {
        let mut users = self.inner.users.lock().expect("a lock");
        lang.clone_into(&mut users.get_mut(&self.id).expect("a user").lang);
    }

    /// Opens the chat with the bot by a link with this payload.
    pub fn starts(&self, payload: &str) -> Message {
        self.says(&self.private(), format!("/start {payload}").trim_end())
    }

    /// Says something in a chat.
    pub fn says(&self, place: &Place, text: &str) -> Message {
        self.inner.said(self.id, place.id, text, Where::default())
    }

    /// Says something in a forum topic.
    pub fn says_in_topic(&self, place: &Place, topic: i64, text: &str) -> Message {
        let at = Where { thread: Some(topic), ..Where::default() };
        self.inner.said(self.id, place.id, text, at)
    }

    /// Answers a message in its chat.
    pub fn replies(&self, to: &Message, text: &str) -> Message {
        let at = Where { reply_to: Some(to.id), thread: to.thread };
        self.inner.said(self.id, to.chat, text, at)
    }

    /// Changes something that the person said.
    pub fn edits(&self, message: &Message, text: &str) {
        self.inner.chat(message.chat, |chat| {
            let old = chat.messages.get_mut(&message.id).expect("the message stands");
            assert_eq!(old.author, Author::Person(self.id), "people edit what they wrote");
            text.clone_into(&mut old.text);
            old.edited = true;
        });
        let message = self.inner.chat(message.chat, |c| c.messages[&message.id].clone());
        self.inner.tell("edited_message", &message.expect("the chat exists"));
    }

    /// Sends a sticker.
    pub fn sends_sticker(&self, place: &Place) {
        let sticker = json!({ "file_id": "CAAC", "file_unique_id": "AgAD", "type": "regular",
                              "width": 512, "height": 512, "is_animated": false,
                              "is_video": false });
        self.inner.sent_media(self.id, place.id, "sticker", sticker, None);
    }

    /// Sends a picture with words below it.
    pub fn sends_picture(&self, place: &Place, caption: &str) {
        let photo = json!([{ "file_id": "AgAC", "file_unique_id": "AQAD", "width": 90,
                             "height": 67, "file_size": 1253 }]);
        self.inner.sent_media(self.id, place.id, "photo", photo, Some(caption));
    }

    /// Sends a photo with words below it; the app has made a small copy of it as well.
    pub fn sends_photo(&self, place: &Place, bytes: &[u8], caption: &str) {
        self.inner.brought(self.id, (place.id, None), photo(bytes), (caption, None));
    }

    /// Answers a message with a photo.
    pub fn answers_with_photo(&self, to: &Message, bytes: &[u8], caption: &str) {
        self.inner.brought(self.id, (to.chat, Some(to.id)), photo(bytes), (caption, None));
    }

    /// Answers a message with a file.
    pub fn answers_with_file(&self, to: &Message, name: &str, bytes: &[u8]) {
        let carried = file(name, bytes);
        self.inner.brought(self.id, (to.chat, Some(to.id)), carried, ("", None));
    }

    /// Sends several photos at once, with words below the first.
    pub fn sends_album(&self, place: &Place, photos: &[&[u8]], caption: &str) {
        for (number, bytes) in photos.iter().enumerate() {
            let words = if number == 0 { caption } else { "" };
            let about = (words, Some("13579"));
            self.inner.brought(self.id, (place.id, None), photo(bytes), about);
        }
    }

    /// Presses a button by its label; gives the press's name.
    pub fn presses(&self, message: &Message, label: &str) -> String {
        let now = self.inner.chat(message.chat, |c| c.messages.get(&message.id).cloned());
        let message = now.flatten().expect("the message stands");
        let key = message.keys.iter().flatten().find(|k| k.label == label);
        let key = key.unwrap_or_else(|| panic!("no {label} among {:?}", message.labels()));
        let data = key.data.clone().unwrap_or_else(|| panic!("{label} opens a page"));
        // As Telegram's are: the upper half is the number of whoever pressed.
        let press = self.id << 32 | self.inner.next_id.fetch_add(1, Ordering::SeqCst);
        let press = press.to_string();
        let Author::Bot(author) = message.author else { panic!("only bots have buttons") };
        let body = json!({ "id": press, "from": self.inner.user(self.id), "data": data,
                           "message": self.inner.render(&message),
                           "chat_instance": "-4407815164382637210" });
        for bot in self.inner.bots().iter().filter(|b| b.id == author) {
            bot.queries.lock().expect("a lock").insert(press.clone(), Query::default());
            bot.push("callback_query", &body);
        }
        press
    }

    /// Blocks the bot, and it is told so.
    pub fn blocks_bot(&self) {
        self.inner.stand(self.id, Standing::Kicked, Some(self.id));
    }

    /// Lets the bot write again, and it is told so.
    pub fn unblocks_bot(&self) {
        self.inner.stand(self.id, Standing::Member, Some(self.id));
    }

    /// Deletes the account.
    pub fn leaves_telegram(&self) {
        self.inner.chat(self.id, |chat| chat.fate = Fate::Deactivated);
    }
}

fn photo(bytes: &[u8]) -> Carried {
    Carried { folder: "photos", name: String::new(), bytes: Arc::new(bytes.to_vec()) }
}

fn file(name: &str, bytes: &[u8]) -> Carried {
    Carried { folder: "documents", name: name.to_owned(), bytes: Arc::new(bytes.to_vec()) }
}

/// Where in a chat something is said.
#[derive(Clone, Copy, Debug, Default)]
struct Where {
    reply_to: Option<i64>,
    thread: Option<i64>,
}

impl Inner {
    fn user(&self, id: i64) -> Value {
        let users = self.users.lock().expect("a lock");
        users
            .get(&id)
            .map_or_else(|| json!({ "id": id, "is_bot": false, "first_name": "群主" }), User::json)
    }

    fn said(&self, who: i64, chat: i64, text: &str, at: Where) -> Message {
        let bots = self.bots();
        let message = self.chat(chat, |chat| {
            if chat.kind == Kind::Private {
                // Whoever writes to a bot may be written to.
                for bot in &bots {
                    if chat.standing(bot.id).is_none() {
                        chat.set_standing(bot.id, Standing::Member);
                    }
                }
            }
            let message = Message {
                chat: chat.id,
                id: chat.fresh_message(),
                author: Author::Person(who),
                text: text.to_owned(),
                entities: Vec::new(),
                keys: Vec::new(),
                reply_to: at.reply_to,
                thread: at.thread,
                edited: false,
                carried: None,
            };
            chat.messages.insert(message.id, message.clone());
            message
        });
        let message = message.expect("the chat exists");
        self.tell("message", &message);
        message
    }

    fn sent_media(&self, who: i64, chat: i64, kind: &str, media: Value, words: Option<&str>) {
        let (place, id) = self.chat(chat, |c| (c.json(), c.fresh_message())).expect("a chat");
        let mut body = json!({ "message_id": id, "from": self.user(who), "chat": place,
                               "date": self.date() });
        body[kind] = media;
        if let Some(words) = words {
            body["caption"] = words.into();
        }
        self.tell_bots_in(chat, "message", &body);
    }

    /// A picture or file of somebody's, in a chat, answering a message or not, with words and an album's name.
    fn brought(
        &self,
        who: i64,
        (chat, reply_to): (i64, Option<i64>),
        carried: Carried,
        (words, album): (&str, Option<&str>),
    ) {
        let (place, id) = self.chat(chat, |c| (c.json(), c.fresh_message())).expect("a chat");
        let mut body = json!({ "message_id": id, "from": self.user(who), "chat": place,
                               "date": self.date() });
        let size = carried.bytes.len();
        let (folder, name) = (carried.folder, carried.name.clone());
        let file_id = self.keep(self.bot().id, carried);
        if folder == "photos" {
            body["photo"] = json!([
                { "file_id": "small", "file_unique_id": "S", "width": 90, "height": 60,
                  "file_size": 900 },
                { "file_id": file_id, "file_unique_id": "L", "width": 1280, "height": 853,
                  "file_size": size },
            ]);
        } else {
            body["document"] = json!({ "file_id": file_id, "file_unique_id": "D",
                                       "file_name": name, "file_size": size });
        }
        if !words.is_empty() {
            body["caption"] = words.into();
        }
        if let Some(album) = album {
            body["media_group_id"] = album.into();
        }
        let answered =
            reply_to.and_then(|id| self.chat(chat, |c| c.messages.get(&id).cloned()).flatten());
        if let Some(answered) = answered {
            body["reply_to_message"] = self.render_alone(&answered);
        }
        self.tell_bots_in(chat, "message", &body);
    }

    pub(super) fn tell(&self, kind: &str, message: &Message) {
        self.tell_bots_in(message.chat, kind, &self.render(message));
    }

    fn tell_bots_in(&self, chat: i64, kind: &str, body: &Value) {
        let present = self.chat(chat, |c| c.bots.clone()).unwrap_or_default();
        for bot in self.bots() {
            let hears = |(id, s): &(i64, Standing)| {
                *id == bot.id && !matches!(s, Standing::Kicked | Standing::Left)
            };
            if present.iter().any(hears) {
                bot.push(kind, body);
            }
        }
    }

    /// A message as updates show it, with the message that it answers.
    fn render(&self, message: &Message) -> Value {
        let mut body = self.render_alone(message);
        let answered = message
            .reply_to
            .and_then(|id| self.chat(message.chat, |c| c.messages.get(&id).cloned()).flatten());
        if let Some(answered) = answered {
            body["reply_to_message"] = self.render_alone(&answered);
        }
        body
    }

    fn render_alone(&self, message: &Message) -> Value {
        let chat = self.chat(message.chat, |c| c.json()).expect("the chat exists");
        let mut body = json!({ "message_id": message.id, "chat": chat, "date": self.date(),
                               "text": message.text });
        match message.author {
            Author::Person(id) => body["from"] = self.user(id),
            Author::Bot(id) => {
                let bot = self.bots().into_iter().find(|b| b.id == id).expect("a bot");
                body["from"] = bot.json();
            }
            Author::Channel => body["sender_chat"] = body["chat"].clone(),
            Author::Mirror(channel, post) => {
                let origin = self.chat(channel, |c| c.json()).expect("a channel");
                body["from"] = json!({ "id": 777_000, "is_bot": false, "first_name": "Telegram" });
                body["sender_chat"] = origin.clone();
                body["is_automatic_forward"] = true.into();
                body["forward_origin"] = json!({ "type": "channel", "chat": origin,
                                                 "message_id": post, "date": self.date() });
            }
        }
        if let Some(thread) = message.thread {
            body["message_thread_id"] = thread.into();
            body["is_topic_message"] = true.into();
        }
        if message.edited {
            body["edit_date"] = self.date().into();
        }
        if let Some(command) = message.text.split_whitespace().next().filter(|w| w.starts_with('/'))
        {
            let length = command.encode_utf16().count();
            body["entities"] = json!([{ "type": "bot_command", "offset": 0, "length": length }]);
        }
        body
    }

    /// Changes how the first bot stands in a chat, and tells it.
    fn stand(&self, chat: i64, standing: Standing, by: Option<i64>) {
        let bot = self.bot();
        let changed = self.chat(chat, |c| (c.set_standing(bot.id, standing), c.kind, c.json()));
        let (old, kind, place) = changed.expect("the chat exists");
        let member = |s: Option<Standing>| {
            let mut member = json!({ "user": bot.json(), "status": status(s) });
            match s {
                Some(Standing::Admin) if kind == Kind::Channel => {
                    member["can_post_messages"] = true.into();
                }
                Some(Standing::Muted) => {
                    member["is_member"] = true.into();
                    member["can_send_messages"] = false.into();
                }
                Some(Standing::Kicked) => member["until_date"] = 0.into(),
                _ => {}
            }
            member
        };
        let body = json!({ "chat": place, "from": self.user(by.unwrap_or(1)), "date": self.date(),
                           "old_chat_member": member(old),
                           "new_chat_member": member(Some(standing)) });
        bot.push("my_chat_member", &body);
    }
}

fn status(standing: Option<Standing>) -> &'static str {
    match standing {
        Some(Standing::Member) => "member",
        Some(Standing::Admin) => "administrator",
        Some(Standing::Muted) => "restricted",
        Some(Standing::Kicked) => "kicked",
        Some(Standing::Left) | None => "left",
    }
}
