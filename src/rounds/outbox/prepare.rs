//! From a line of the queue to what is to be sent where: everything that has to be read for it.

use super::Outbox;
use super::words::{Parts, Wording, parts};
use crate::connector::{Addresses, Connector, Lead, Told};
use crate::model::{
    Act, Address, At, Button, ChatKind, Delivery, DeliveryId, DeliveryState, Document, Index, Key,
    Kind, Lang, Notice, NoticeBody, NoticeTo, Post, PostId, PostState, Priority, Revision, Sealed,
    SealedAddress, Segments, Slot, Standing, Stored as _, Subscriber, SubscriberId, TopicId,
    Version, Versioned,
};
use crate::store::{Reads, Scan, StoreError};
use crate::text::render;
use crate::text::say::LedgerSays;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Answers to presses stand in no chat's lane: this is mixed into their chat's name.
const PRESS_LANE: u64 = 0x5a5a_5a5a_5a5a_5a5a;

/// Something that can be sent.
#[derive(Clone)]
pub(super) struct Item {
    /// The delivery; its version is the one that was read before it was leased.
    pub(super) delivery: Versioned<Delivery>,
    /// When it had become due.
    pub(super) due: At,
    pub(super) load: Load,
    /// The lane: the chat by its keyed hash.
    pub(super) chat: u64,
    pub(super) kind: ChatKind,
}

/// What is sent, and where to.
#[derive(Clone)]
pub(super) struct Load {
    pub(super) to: To,
    pub(super) says: Says,
    /// What must be destroyed once it was sent.
    pub(super) shred: Option<Slot>,
    pub(super) unreachable: Unreachable,
    /// The topic of its post.
    pub(super) topic: Option<Arc<TopicId>>,
}

/// What becomes of the words when their chat takes nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreachable {
    /// They go.
    Shreds,
    /// They are kept for a submitter who may yet open the chat.
    Keeps,
}

/// Where something goes.
#[derive(Clone)]
pub(super) enum To {
    Open(Arc<Address>),
    /// Opened for each sending, and not kept open meanwhile.
    Sealed(Arc<Sealed>),
}

/// What is sent, and in which way.
#[derive(Clone)]
pub(super) enum Says {
    /// Parts, one message each; the first in place of the message `amends` where one is named. With a lead the
    /// one part is a whole post, of which the message shows how it begins.
    Parts {
        parts: Parts,
        lead: Option<Lead>,
        buttons: Arc<Vec<Vec<Button>>>,
        reply_to: Option<String>,
        amends: Option<String>,
    },
    /// To the one who pressed.
    Press { press: String, words: String },
}

/// A line of the queue after all that belongs to it was read.
pub(super) struct Prepared {
    pub(super) delivery: Versioned<Delivery>,
    pub(super) due: At,
    pub(super) aim: Aim,
}

/// What is to be done with it.
pub(super) enum Aim {
    Send {
        load: Load,
        chat: u64,
        kind: ChatKind,
    },
    /// Nobody is to have it any more.
    Drop(LedgerSays),
    /// It rests with its post, for as long as that is what was read.
    Park(Key, Version),
    /// It cannot be sent.
    Dead(LedgerSays, Option<Slot>),
}

/// How far each priority's queue was read.
pub(super) type Marks = [Option<Vec<u8>>; 3];

/// The same, but the queues of what somebody waits for are read from their fronts.
pub(super) fn only_bulk(mut marks: Marks) -> Marks {
    let mut only = Marks::default();
    only[Priority::Bulk as usize] = marks[Priority::Bulk as usize].take();
    only
}

/// What a look at the queue found.
pub(super) struct Looked {
    pub(super) found: Vec<Prepared>,
    pub(super) marks: Marks,
    /// When the first of those that are not yet due becomes so.
    pub(super) next: Option<At>,
    /// Whether the long queue was read from its front.
    pub(super) fronted: bool,
}

/// To whom a post is owed.
struct Recipient {
    address: Arc<Address>,
    topics: BTreeSet<TopicId>,
    lang: Lang,
    standing: Standing,
    to: To,
}

impl Recipient {
    /// `None` where the address is sealed and what was sealed is gone.
    fn of(subscriber: Subscriber, to: impl FnOnce(&Arc<Address>) -> Option<To>) -> Option<Self> {
        let Subscriber { address, topics, lang, standing, .. } = subscriber;
        let address = Arc::new(address);
        Some(Self { to: to(&address)?, address, topics, lang, standing })
    }
}

/// What was read for one line of a look and serves the next ones as well.
#[derive(Default)]
struct Read {
    posts: HashMap<PostId, Option<Known>>,
    /// What each edition says, in which language, in chats of which kind; `None` where it is gone.
    editions: Vec<(Spoken, Option<Parts>)>,
}

/// A post and its topic.
type Known = (Versioned<Post>, Arc<TopicId>);

/// An edition, in a language, to a kind of chat.
type Spoken = (PostId, Revision, Lang, ChatKind);

/// What one look is about.
pub(super) struct Look {
    pub(super) connector: Arc<dyn Connector>,
    /// What is in our hands already.
    pub(super) known: HashSet<DeliveryId>,
    pub(super) marks: Marks,
    /// Where nothing is found behind the marks, the long queue is read from its front, but not before this.
    pub(super) front: Option<At>,
    /// At most so many.
    pub(super) want: usize,
    pub(super) now: At,
}

const PRIORITIES: [Priority; 3] = [Priority::Answer, Priority::Urgent, Priority::Bulk];

impl Outbox {
    /// What is due and not in our hands, the most urgent first.
    pub(super) async fn look(&self, mut look: Look) -> Result<Looked, StoreError> {
        let mut looked = self.look_once(&look).await?;
        if looked.found.is_empty() && look.marks.iter().any(Option::is_some) {
            // Something may have come in before the marks.
            let marks = only_bulk(look.marks);
            let later = look.front.filter(|at| *at > look.now && marks.iter().any(Option::is_some));
            look.marks = later.map(|_| marks).unwrap_or_default();
            looked = self.look_once(&look).await?;
            looked.next = [looked.next, later].into_iter().flatten().min();
        }
        Ok(looked)
    }

    async fn look_once(&self, look: &Look) -> Result<Looked, StoreError> {
        let fronted = look.marks[Priority::Bulk as usize].is_none();
        let mut looked =
            Looked { found: Vec::new(), marks: look.marks.clone(), next: None, fronted };
        let mut read = Read::default();
        for priority in PRIORITIES {
            let mark = &mut looked.marks[priority as usize];
            let (lines, next) =
                self.lines(look, priority, mark, look.want - looked.found.len()).await?;
            looked.next = [looked.next, next].into_iter().flatten().min();
            looked.found.extend(self.prepare(look, &lines, &mut read).await?);
            if looked.found.len() >= look.want {
                break;
            }
        }
        Ok(looked)
    }

    async fn lines(
        &self,
        look: &Look,
        priority: Priority,
        mark: &mut Option<Vec<u8>>,
        want: usize,
    ) -> Result<(Vec<(DeliveryId, At)>, Option<At>), StoreError> {
        let queue = Delivery::queue(look.connector.account(), priority);
        let mut lines = Vec::with_capacity(want);
        while lines.len() < want {
            let limit = (want - lines.len()).max(16);
            let scan = Scan::of(Index::Due, queue.clone(), limit).after(mark.clone());
            let page = self.store.scan(&scan).await?;
            let full = page.len() == limit;
            for line in page {
                let due = Delivery::due_of_place(&line.at, &queue);
                let (Some(due), Some(id)) = (due, DeliveryId::from_key(&line.key)) else {
                    continue;
                };
                if due > look.now {
                    return Ok((lines, Some(due)));
                }
                if lines.len() == want {
                    return Ok((lines, None));
                }
                if !look.known.contains(&id) {
                    lines.push((id, due));
                }
                *mark = Some(line.at);
            }
            if !full {
                break;
            }
        }
        Ok((lines, None))
    }

    async fn prepare(
        &self,
        look: &Look,
        lines: &[(DeliveryId, At)],
        read: &mut Read,
    ) -> Result<Vec<Prepared>, StoreError> {
        let reads: &dyn Reads = &*self.store;
        let keys: Vec<_> = lines.iter().map(|(id, _)| id.key()).collect();
        let deliveries = reads.find_each::<Delivery>(&keys).await?;
        let mut recipients = self.recipients(look, lines).await?.into_iter();
        let mut prepared = Vec::with_capacity(lines.len());
        for ((id, due), delivery) in lines.iter().zip(deliveries) {
            let to = subscriber(*id).and_then(|_| recipients.next().flatten());
            let Some(delivery) = delivery else { continue };
            match delivery.value.state {
                DeliveryState::Due { .. } | DeliveryState::Leased { .. } => {}
                _ => continue,
            }
            let aim = self.aim(look, *id, to, read).await?;
            prepared.push(Prepared { delivery, due: *due, aim });
        }
        Ok(prepared)
    }

    /// To whom those of these lines are owed that are posts.
    async fn recipients(
        &self,
        look: &Look,
        lines: &[(DeliveryId, At)],
    ) -> Result<Vec<Option<Recipient>>, StoreError> {
        let reads: &dyn Reads = &*self.store;
        let ids: Vec<_> = lines.iter().filter_map(|(id, _)| subscriber(*id)).collect();
        let keys: Vec<_> = ids.iter().map(|id| Subscriber::key_of(*id)).collect();
        let subscribers = reads.find_each::<Subscriber>(&keys).await?.into_iter();
        if look.connector.addresses() == Addresses::Open {
            let open = |address: &Arc<Address>| Some(To::Open(address.clone()));
            return Ok(subscribers.map(|s| Recipient::of(s?.value, open)).collect());
        }
        let keys: Vec<_> = ids.iter().map(|id| SealedAddress::key_of(*id)).collect();
        let keyed = reads.find_each::<SealedAddress>(&keys).await?;
        let sealed = |sealed: Option<Versioned<SealedAddress>>| {
            Some(To::Sealed(Arc::new(sealed?.value.address)))
        };
        let both = subscribers.zip(keyed);
        Ok(both.map(|(s, key)| Recipient::of(s?.value, |_| sealed(key))).collect())
    }

    async fn aim(
        &self,
        look: &Look,
        id: DeliveryId,
        to: Option<Recipient>,
        read: &mut Read,
    ) -> Result<Aim, StoreError> {
        let reads: &dyn Reads = &*self.store;
        Ok(match id {
            DeliveryId::Post(post, ..) => {
                if let Entry::Vacant(place) = read.posts.entry(post) {
                    let key = Segments::new().id(post.0).key(Kind::Post);
                    let post = reads.find::<Post>(&key).await?;
                    let shared = |post: Versioned<Post>| {
                        let topic = Arc::new(post.topic.clone());
                        (post, topic)
                    };
                    place.insert(post.map(shared));
                }
                self.aim_post(look, id, to, read).await?
            }
            DeliveryId::Notice(notice) => {
                let key = Segments::new().id(notice.0).key(Kind::Notice);
                match reads.find::<Notice>(&key).await? {
                    Some(notice) => self.aim_notice(look, notice.value).await?,
                    None => Aim::Dead(LedgerSays::NoticeGone, None),
                }
            }
        })
    }

    async fn aim_post(
        &self,
        look: &Look,
        id: DeliveryId,
        recipient: Option<Recipient>,
        read: &mut Read,
    ) -> Result<Aim, StoreError> {
        let Read { posts, editions } = read;
        let DeliveryId::Post(post, revision, _) = id else {
            return Ok(Aim::Drop(LedgerSays::PostWithdrawn));
        };
        let Some((post, topic)) = posts.get(&post).and_then(Option::as_ref) else {
            return Ok(Aim::Drop(LedgerSays::PostWithdrawn));
        };
        match post.state {
            PostState::Withdrawn { .. } => return Ok(Aim::Drop(LedgerSays::PostWithdrawn)),
            PostState::Paused { .. } => return Ok(Aim::Park(post.value.key(), post.version)),
            _ => {}
        }
        let takes =
            |r: &Recipient| r.standing == Standing::Active && r.topics.contains(&post.topic);
        let Some(Recipient { address, lang, to, .. }) = recipient.filter(takes) else {
            return Ok(Aim::Drop(LedgerSays::NotSubscribed));
        };
        let lead = match look.connector.told(&address, post) {
            Told::Whole => None,
            Told::Opening(lead) => Some(lead),
            Told::Nothing => return Ok(Aim::Drop(LedgerSays::NotSubscribed)),
        };
        let spoken = (post.id, revision, lang, address.kind);
        let Some(parts) = self.parts(look, spoken, editions).await? else {
            return Ok(Aim::Drop(LedgerSays::PostWithdrawn));
        };
        if parts.is_empty() {
            return Ok(Aim::Dead(LedgerSays::Empty, None));
        }
        let Address { account, kind, chat, .. } = &*address;
        let (chat, kind) = (self.hasher.chat(account, chat), *kind);
        let buttons = Arc::default();
        let says = Says::Parts { parts, lead, buttons, reply_to: None, amends: None };
        let unreachable = Unreachable::Shreds;
        let topic = Some(topic.clone());
        Ok(Aim::Send { load: Load { to, says, shred: None, unreachable, topic }, chat, kind })
    }

    /// What an edition says.
    async fn parts(
        &self,
        look: &Look,
        spoken: Spoken,
        editions: &mut Vec<(Spoken, Option<Parts>)>,
    ) -> Result<Option<Parts>, StoreError> {
        if let Some((_, parts)) = editions.iter().find(|(known, _)| *known == spoken) {
            return Ok(parts.clone());
        }
        let (post, revision, lang, kind) = spoken;
        let (size, carries) = (look.connector.size(kind), look.connector.carries(kind));
        let wording = Wording { post, revision, lang, size, carries };
        let parts = self.words.of(&*self.store, wording, &self.settings.public_url).await?;
        editions.push((spoken, parts.clone()));
        Ok(parts)
    }

    async fn aim_notice(&self, look: &Look, notice: Notice) -> Result<Aim, StoreError> {
        let shred = notice.body.slot();
        let unreachable = match (&notice.to, notice.about) {
            (NoticeTo::Sealed { .. }, Some(_)) => Unreachable::Keeps,
            (NoticeTo::Open(_), _) | (_, None) => Unreachable::Shreds,
        };
        let to = match &notice.to {
            NoticeTo::Open(address) => To::Open(Arc::new(address.clone())),
            NoticeTo::Sealed { address, .. } => To::Sealed(Arc::new(address.clone())),
        };
        let Some(address) = self.address(&to) else {
            return Ok(Aim::Dead(LedgerSays::Erased, shred));
        };
        let (chat, kind) = (self.hasher.chat(&address.account, &address.chat), address.kind);
        let says = match self.says(look, notice, kind).await? {
            Ok(says) => says,
            Err(why) => return Ok(Aim::Dead(why, shred)),
        };
        let chat = if let Says::Press { .. } = says { chat ^ PRESS_LANE } else { chat };
        Ok(Aim::Send { load: Load { to, says, shred, unreachable, topic: None }, chat, kind })
    }

    /// What a notice says, and in which way; or why nothing.
    async fn says(
        &self,
        look: &Look,
        notice: Notice,
        kind: ChatKind,
    ) -> Result<Result<Says, LedgerSays>, StoreError> {
        let (reply_to, amends) = match notice.act {
            Act::Say { reply_to } => (reply_to, None),
            Act::Amend { message } => (None, Some(message)),
            Act::AnswerPress { press } => {
                let words = self.document(&notice.body).map(|document| render::plain(&document));
                let says = words.map(|words| Says::Press { press, words });
                return Ok(says.ok_or(LedgerSays::Erased));
            }
        };
        let size = look.connector.size(kind);
        let parts = if let NoticeBody::Edition(post, revision, lang) = notice.body {
            let carries = look.connector.carries(kind);
            let wording = Wording { post, revision, lang, size, carries };
            self.words.of(&*self.store, wording, &self.settings.public_url).await?
        } else {
            self.document(&notice.body).map(|document| parts(render::render(&document, &size)))
        };
        Ok(match parts {
            None => Err(LedgerSays::Erased),
            Some(parts) if parts.is_empty() => Err(LedgerSays::Empty),
            Some(parts) => {
                let buttons = Arc::new(notice.buttons);
                Ok(Says::Parts { parts, lead: None, buttons, reply_to, amends })
            }
        })
    }

    /// Where it goes; `None` when that was erased, or cannot be read.
    pub(super) fn address(&self, to: &To) -> Option<Arc<Address>> {
        match to {
            To::Open(address) => Some(address.clone()),
            To::Sealed(sealed) => {
                let opened = self.addresses.open(sealed);
                let plain = opened.inspect_err(|error| {
                    tracing::error!(%error, "a sealed address cannot be opened");
                });
                serde_json::from_slice(&plain.ok()??).ok().map(Arc::new)
            }
        }
    }

    fn document(&self, body: &NoticeBody) -> Option<Document> {
        match body {
            NoticeBody::Open(document) => Some(document.clone()),
            NoticeBody::Edition(..) => None,
            NoticeBody::Sealed(sealed) => {
                let opened = self.texts.open(sealed);
                let plain = opened.inspect_err(|error| {
                    tracing::error!(%error, "a sealed notice cannot be opened");
                });
                serde_json::from_slice(&plain.ok()??).ok()
            }
        }
    }
}

/// The subscriber to whom a post is owed; `None` for a notice.
const fn subscriber(id: DeliveryId) -> Option<SubscriberId> {
    let DeliveryId::Post(.., subscriber) = id else { return None };
    Some(subscriber)
}
