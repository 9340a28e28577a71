//! What is counted for a post.

use super::{Counter, PostId, Segments, SubscriberId};

/// What is counted of a post's deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tally {
    /// Deliveries planned.
    Planned = 1,
    /// Deliveries that the platform took.
    Sent = 2,
    /// Deliveries that will not arrive.
    Dead = 3,
    /// Deliveries held because nobody knows whether they arrived.
    Unknown = 4,
    /// Deliveries not sent because the post was withdrawn or the subscriber had left.
    Dropped = 5,
    /// Suggestions that answer the post.
    Suggestions = 6,
    /// Of those that will not arrive, so many were known when a person last had the post go on.
    ForgivenDead = 7,
    /// Of those that the platform took, so many were known then.
    ForgivenSent = 8,
    /// How often its page was opened by the code of a chat; counted for each chat.
    Opened = 9,
    /// Suggestions that came by the code of a chat; counted for each chat.
    Answered = 10,
}

impl Tally {
    /// The count of this kind for `post`.
    #[must_use]
    pub fn of(self, post: PostId) -> Counter {
        Counter(Self::of_post(post).byte(self as u8).done())
    }

    /// The count of this kind for `post` in one chat.
    #[must_use]
    pub fn in_chat(self, post: PostId, chat: SubscriberId) -> Counter {
        Counter(Self::of_post(post).byte(self as u8).id(chat.0).done())
    }

    /// The prefix of all counts of `post`.
    #[must_use]
    pub fn all_of(post: PostId) -> Vec<u8> {
        Self::of_post(post).done()
    }

    fn of_post(post: PostId) -> Segments {
        Segments::new().byte(1).id(post.0)
    }
}
