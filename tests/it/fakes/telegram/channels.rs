//! Channels, and the groups in which their posts are discussed.

use super::speak::{Person, Place};
use super::state::{Author, Kind, Message};
use super::{FakeTelegram, Inner};
use std::sync::atomic::Ordering;

impl FakeTelegram {
    /// A new channel; the bot is not in it yet.
    pub fn channel(&self, title: &str) -> Place {
        let n = self.inner.next_id.fetch_add(1, Ordering::SeqCst);
        self.place(-1_000_000_000_000 - n, Kind::Channel, title)
    }

    /// Makes `group` the place where a channel's posts are discussed.
    pub fn links(&self, channel: &Place, group: &Place) {
        self.change(channel, |chat| chat.linked = Some(group.id));
    }

    /// An administrator of a channel writes there, which shows the channel's name alone.
    pub fn posts(&self, channel: &Place, text: &str) -> Message {
        self.inner.post(channel.id, Author::Channel, text)
    }
}

impl Person {
    /// Writes in a channel that shows its authors.
    pub fn posts(&self, channel: &Place, text: &str) -> Message {
        self.inner.post(channel.id, Author::Person(self.id), text)
    }

    /// Comments on a channel's post, in the discussion group that is linked to the channel.
    pub fn comments(&self, on: &Message, text: &str) -> Message {
        let linked = self.inner.chat(on.chat, |c| c.linked).flatten().expect("a linked group");
        let mirror = |m: &&Message| m.author == Author::Mirror(on.chat, on.id);
        let mirrored = self.inner.chat(linked, |c| c.messages.values().find(mirror).cloned());
        self.replies(&mirrored.flatten().expect("a mirrored post"), text)
    }
}

impl Inner {
    fn post(&self, channel: i64, author: Author, text: &str) -> Message {
        let posted = self.chat(channel, |chat| {
            let message = Message {
                chat: channel,
                id: chat.fresh_message(),
                author,
                text: text.to_owned(),
                entities: Vec::new(),
                keys: Vec::new(),
                reply_to: None,
                thread: None,
                edited: false,
                carried: None,
            };
            chat.messages.insert(message.id, message.clone());
            (message, chat.linked)
        });
        let (post, linked) = posted.expect("the channel exists");
        self.tell("channel_post", &post);
        if let Some(group) = linked {
            self.mirror(group, &post);
        }
        post
    }

    /// Mirrors a channel's post into its discussion group.
    pub(super) fn mirror(&self, group: i64, post: &Message) {
        let mirrored = self.chat(group, |chat| {
            let message = Message {
                chat: group,
                id: chat.fresh_message(),
                author: Author::Mirror(post.chat, post.id),
                keys: Vec::new(),
                ..post.clone()
            };
            chat.messages.insert(message.id, message.clone());
            message
        });
        self.tell("message", &mirrored.expect("the linked group exists"));
    }
}
