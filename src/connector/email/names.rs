//! The names that leave with a message, and what stands behind them.
//!
//! An address of somebody is personal: in the store, in links and in the names of messages it stands sealed, always
//! in the same way, so that the same person is found again. A message's own name is bound to the one it went to:
//! whoever knows both is taken for that person, because nobody else was told.

use crate::model::{TopicId, hex, unhex};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::{digest, hmac};
use serde::{Deserialize, Serialize};

/// Bytes of what a message is, and of what binds it to its reader: together 32 letters, which fit a local part.
const HALF: usize = 8;
/// The longest address (RFC 5321 has 256 with brackets).
const ADDRESS_MAX: usize = 254;

/// What seals and names.
pub(super) struct Names {
    marks: hmac::Key,
    seal: LessSafeKey,
}

/// What a link in a message does, for whoever was sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ticket {
    /// Subscribes an address, as somebody asked who may not be the one who reads it.
    Confirm {
        /// Whose.
        chat: String,
        /// To these.
        topics: Vec<TopicId>,
        /// Milliseconds since 1970, after which it is too late.
        until: i64,
        /// The language of the page on which it was asked for.
        lang: crate::model::Lang,
    },
    /// Ends the subscription of a chat to a topic.
    Leave {
        /// The chat.
        chat: String,
        /// The topic.
        topic: TopicId,
    },
    /// Presses a button.
    Press {
        /// Whose chat.
        chat: String,
        /// What stands on it.
        label: String,
        /// What it carries.
        data: String,
    },
}

impl Names {
    /// Those under this key.
    pub(super) fn new(key: &[u8; 32]) -> Option<Self> {
        let master = hmac::Key::new(hmac::HMAC_SHA256, key);
        let of = |label: &str| hmac::sign(&master, label.as_bytes());
        let seal = UnboundKey::new(&CHACHA20_POLY1305, of("seal").as_ref()).ok()?;
        let marks = hmac::Key::new(hmac::HMAC_SHA256, of("marks").as_ref());
        Some(Self { marks, seal: LessSafeKey::new(seal) })
    }

    /// The chat with whoever reads this address.
    pub(super) fn chat(&self, address: &lettre::Address) -> String {
        self.sealed("address", address.to_string().to_lowercase().as_bytes())
    }

    /// The address behind a chat.
    pub(super) fn address(&self, chat: &str) -> Option<lettre::Address> {
        String::from_utf8(self.opened("address", chat)?).ok()?.parse().ok()
    }

    /// A link's last part.
    pub(super) fn ticket(&self, ticket: &Ticket) -> String {
        // A ticket always has a JSON form.
        self.sealed("ticket", &serde_json::to_vec(ticket).unwrap_or_default())
    }

    /// What a link does.
    pub(super) fn read_ticket(&self, letters: &str) -> Option<Ticket> {
        serde_json::from_slice(&self.opened("ticket", letters)?).ok()
    }

    /// The name of what is said once to a chat: the same whenever it is said again.
    pub(super) fn message(&self, chat: &str, once: &str) -> String {
        let hash = digest::digest(&digest::SHA256, once.as_bytes());
        let (what, _) = hash.as_ref().split_at(HALF);
        hex(&[what, &self.bound(chat, what)].concat())
    }

    /// Whether a message of this name went to the chat: then whoever names it was told by us.
    pub(super) fn went_to(&self, chat: &str, name: &str) -> bool {
        let whole = |bytes: &Vec<u8>| bytes.len() == 2 * HALF;
        let Some(bytes) = unhex(name).filter(whole) else { return false };
        let (what, mark) = bytes.split_at(HALF);
        subtle::ConstantTimeEq::ct_eq(self.bound(chat, what).as_slice(), mark).into()
    }

    fn bound(&self, chat: &str, what: &[u8]) -> [u8; HALF] {
        let data = [chat.as_bytes(), b"\0", what].concat();
        let whole = hmac::sign(&self.marks, &data);
        let (head, _) = whole.as_ref().split_first_chunk().unwrap_or((&[0; HALF], &[]));
        *head
    }

    /// Sealed, and the same for the same: what makes it different each time is made from what it says.
    fn sealed(&self, label: &str, plain: &[u8]) -> String {
        let data = [label.as_bytes(), b"\0", plain].concat();
        let mark = hmac::sign(&self.marks, &data);
        let (nonce, _) = mark.as_ref().split_first_chunk().unwrap_or((&[0; NONCE_LEN], &[]));
        let mut bytes = plain.to_vec();
        let nonced = Nonce::assume_unique_for_key(*nonce);
        // It fails for texts of gigabytes alone.
        let tag =
            self.seal.seal_in_place_separate_tag(nonced, Aad::from(label.as_bytes()), &mut bytes);
        let tag = tag.map(|tag| tag.as_ref().to_vec()).unwrap_or_default();
        super::letters::encode(&[nonce.as_slice(), &bytes, &tag].concat())
    }

    fn opened(&self, label: &str, letters: &str) -> Option<Vec<u8>> {
        let bytes = super::letters::decode(letters)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain =
            self.seal.open_in_place(nonce, Aad::from(label.as_bytes()), &mut sealed).ok()?;
        Some(plain.to_vec())
    }
}

/// An address as somebody types it; `None` where mail cannot go there. Names of hosts in other scripts are written
/// as the network knows them.
#[must_use]
pub fn typed(text: &str) -> Option<lettre::Address> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@')?;
    let domain = match url::Host::parse(domain).ok()? {
        url::Host::Domain(name) if name.contains('.') => name,
        _ => return None,
    };
    let odd = |c: char| !c.is_ascii() || c.is_ascii_control() || " \"<>()[],:;\\".contains(c);
    if local.contains(odd) || local.len() > 64 || text.len() > ADDRESS_MAX {
        return None;
    }
    lettre::Address::new(local.to_lowercase(), domain).ok()
}

#[cfg(test)]
mod tests {
    use super::{Names, Ticket, typed};
    use crate::model::TopicId;

    fn names() -> Names {
        Names::new(&[7; 32]).expect("a key")
    }

    #[test]
    fn a_chat_leads_to_its_address_says_nothing_of_it_and_is_the_same_every_time() {
        let names = names();
        let li = typed(" Li.Na@Example.ORG ").expect("an address");
        let chat = names.chat(&li);
        assert_eq!(chat, names.chat(&typed("li.na@example.org").expect("an address")));
        assert!(!chat.contains("li") && chat.len() < 100, "{chat}");
        assert_eq!(names.address(&chat), Some(li));
        let other = Names::new(&[8; 32]).expect("a key");
        assert_eq!(other.address(&chat), None);
        let topic = TopicId("policy".to_owned());
        let ticket = names.ticket(&Ticket::Leave { chat: chat.clone(), topic });
        assert_eq!(names.address(&ticket), None, "one thing is never taken for another");
        assert!(names.read_ticket(&ticket).is_some() && names.read_ticket(&chat).is_none());
    }

    #[test]
    fn a_messages_name_belongs_to_its_reader_alone() {
        let names = names();
        let name = names.message("chat", "post-1-0");
        assert_eq!((name.len(), name.clone()), (32, names.message("chat", "post-1-0")));
        assert!(names.went_to("chat", &name) && !names.went_to("another", &name));
        assert!(!names.went_to("chat", &name.replace(&name[30..], "00")) || name.ends_with("00"));
        assert!(!names.went_to("chat", "0") && !names.went_to("chat", &"é".repeat(16)));
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in [
            "",
            "li",
            "li@",
            "@a.cn",
            "li@localhost",
            "li@[127.0.0.1]",
            "li@a.cn\r\nBcc: x@b.cn",
            "li na@a.cn",
            "\"li\"@a.cn",
            "李@a.cn",
            "li@a..cn",
            "<li@a.cn>",
            "li@a.cn,x@b.cn",
        ] {
            assert_eq!(typed(text), None, "{text}");
        }
        let idn = typed("li@例子.中国").expect("an address");
        assert_eq!(idn.to_string(), "li@xn--fsqu00a.xn--fiqs8s");
    }
}
