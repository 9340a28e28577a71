//! The request for a part: what is asked of the platform, and what came of it.

use super::Outbox;
use super::outcome::{Answer, Taken};
use super::prepare::{Item, Load, Says};
use super::words::{Labelled, Leaf};
use crate::connector::{Amendment, Connector, Enclosure, Lead, Outgoing, Receipt, SendFailure};
use crate::model::{Address, Delivery, DeliveryId, MessageRef};
use crate::store::Reads;
use crate::text::Card;
use crate::text::letter::address;
use futures::future::{FutureExt, WeakShared};
use std::fmt::Write as _;
use std::sync::{Arc, PoisonError};
use uuid::fmt::Simple;

/// What is asked of a platform for one part.
pub(super) enum Request {
    Say(Box<Outgoing>, Option<Lead>),
    SayWith(Box<Outgoing>, Vec<Enclosure>),
    SayCards(Box<Outgoing>, Arc<[Card]>),
    Edit(MessageRef, Amendment),
    AnswerPress(String, String),
}

impl Outbox {
    /// The request for the next part; `None` when its address was erased.
    pub(super) fn request(&self, item: &Item) -> Option<Request> {
        let to = self.address(&item.load.to)?;
        let delivery = &item.delivery.value;
        let number = delivery.sent.len();
        let Says::Parts { parts, lead, buttons, reply_to, amends } = &item.load.says else {
            let Says::Press { press, words } = &item.load.says else { return None };
            return Some(Request::AnswerPress(press.clone(), words.clone()));
        };
        let Leaf { part, enclosed, cards } = parts.get(number)?.clone();
        let last = number + 1 == parts.len();
        let buttons = if last { buttons.clone() } else { Arc::default() };
        if let (0, Some(message)) = (number, amends) {
            let Address { account, chat, .. } = &*to;
            let (account, chat) = (account.clone(), chat.clone());
            let message = MessageRef { account, chat, message: message.clone() };
            return Some(Request::Edit(message, Amendment::Edit { part, buttons }));
        }
        let reply_to = if number == 0 { reply_to.clone() } else { None };
        let once = once(delivery, number);
        let topic = item.load.topic.clone();
        let message = Box::new(Outgoing { to, part, buttons, reply_to, topic, once });
        if !cards.is_empty() {
            return Some(Request::SayCards(message, cards));
        }
        if enclosed.is_empty() {
            return Some(Request::Say(message, lead.clone()));
        }
        let enclosures = enclosed.iter().map(|it| self.enclosure(it)).collect();
        Some(Request::SayWith(message, enclosures))
    }

    /// Something that is carried, whose bytes are read when they are asked for, once for all who ask meanwhile.
    fn enclosure(&self, Labelled { it, label }: &Labelled) -> Enclosure {
        let id = it.id;
        let mut readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
        readings.retain(|_, reading| reading.upgrade().is_some());
        let known = readings.get(&id).and_then(WeakShared::upgrade);
        let bytes = known.unwrap_or_else(|| {
            let store = self.store.clone();
            let read = async move {
                let reads: &dyn Reads = &*store;
                reads.media(id).await.map_err(|e| e.to_string())
            };
            let reading = read.boxed().shared();
            if let Some(weak) = reading.downgrade() {
                readings.insert(id, weak);
            }
            reading
        });
        let address = address(&self.settings.public_url, it);
        Enclosure { what: it.clone(), address, label: label.clone(), bytes }
    }

    /// What came of a message.
    fn answer(
        &self,
        load: &Load,
        message: &Outgoing,
        sent: Result<Receipt, SendFailure>,
    ) -> Answer {
        match sent {
            Ok(receipt) => Answer::Taken(self.took(load, message, receipt)),
            Err(SendFailure::Partly { receipt, left_out }) => {
                Answer::Partly(self.took(load, message, receipt), left_out)
            }
            Err(failure) => Answer::Failed(failure),
        }
    }

    fn took(&self, load: &Load, message: &Outgoing, receipt: Receipt) -> Taken {
        let Address { account, chat, .. } = &*message.to;
        Taken::Message(self.mark(load, (account, chat), receipt.message))
    }
}

/// The name that every attempt to send this part has.
fn once(delivery: &Delivery, number: usize) -> String {
    let mut hex = [0; Simple::LENGTH];
    let mut name = String::with_capacity(2 * Simple::LENGTH + 16);
    let times = delivery.turned_down();
    if times > 0 {
        let _ = write!(name, "{times}~");
    }
    match delivery.id {
        DeliveryId::Post(post, revision, subscriber) => {
            name.push_str(post.0.simple().encode_lower(&mut hex));
            let _ = write!(name, "-{}-", revision.0);
            name.push_str(subscriber.0.simple().encode_lower(&mut hex));
        }
        DeliveryId::Notice(notice) => name.push_str(notice.0.simple().encode_lower(&mut hex)),
    }
    let _ = write!(name, "-{number}");
    name
}

impl Request {
    pub(super) async fn make(
        self,
        outbox: &Outbox,
        connector: &dyn Connector,
        load: &Load,
    ) -> Answer {
        let done: Result<Taken, SendFailure> = match self {
            Self::Say(message, opening) => {
                let sent = match opening {
                    Some(opening) => connector.announce(&message, &opening).await,
                    None => connector.send(&message).await,
                };
                return outbox.answer(load, &message, sent);
            }
            Self::SayWith(message, enclosures) => {
                let sent = connector.send_with(&message, &enclosures).await;
                return outbox.answer(load, &message, sent);
            }
            Self::SayCards(message, cards) => {
                let sent = connector.send_cards(&message, &cards).await;
                return outbox.answer(load, &message, sent);
            }
            Self::Edit(message, amendment) => {
                let amended = connector.amend(&message, &amendment).await;
                let MessageRef { account, chat, message } = message;
                amended.map(|()| Taken::Message(outbox.mark(load, (&account, &chat), message)))
            }
            Self::AnswerPress(press, words) => {
                connector.answer_press(&press, &words).await.map(|()| Taken::Whole)
            }
        };
        match done {
            Ok(taken) => Answer::Taken(taken),
            Err(failure) => Answer::Failed(failure),
        }
    }
}
