//! DKIM (RFC 6376): the domain vouches for what it sends, with RSA or Ed25519 (RFC 8463).
//!
//! Written over `ring`, which encrypts our connections already: the signing of lettre brings the crate `rsa`, whose
//! timing is under an advisory (RUSTSEC-2023-0071), and mail-auth a resolver of its own. Both ends of a header are
//! signed once more than they occur, so that nobody can add a second one.

use super::settings::Dkim;
use crate::model::At;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use std::fmt::Write as _;

/// What is signed where it occurs: what readers see, and what programs act on.
const SIGNED: [&str; 16] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "in-reply-to",
    "references",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
    "precedence",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
];

/// What nobody may add a second time.
const SEALED: [&str; 6] = ["from", "to", "subject", "date", "reply-to", "list-unsubscribe"];

/// Signs messages.
pub(super) struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// It is none.
    #[error("not a private key in PEM")]
    Form,
    /// It is one that nobody would believe, or that nobody here can use.
    #[error("not an RSA key of at least 2048 bits, nor an Ed25519 key")]
    Kind,
    /// A name would break the header.
    #[error("the domain or the selector is no name")]
    Name,
}

impl Signer {
    pub(super) fn new(settings: &Dkim) -> Result<Self, KeyFault> {
        let named = |name: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            name.chars().all(fits)
        };
        if !named(&settings.domain) || !named(&settings.selector) {
            return Err(KeyFault::Name);
        }
        let pem = settings.key.reveal().as_bytes();
        let key = match PrivateKeyDer::from_pem_slice(pem).map_err(|_| KeyFault::Form)? {
            PrivateKeyDer::Pkcs1(der) => {
                Key::Rsa(RsaKeyPair::from_der(der.secret_pkcs1_der()).map_err(|_| KeyFault::Kind)?)
            }
            PrivateKeyDer::Pkcs8(der) => pkcs8(der.secret_pkcs8_der())?,
            _ => return Err(KeyFault::Kind),
        };
        let (domain, selector) = (settings.domain.clone(), settings.selector.clone());
        Ok(Self { domain, selector, key })
    }

    /// The header that stands before the message.
    pub(super) fn sign(&self, message: &[u8], at: At) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(message).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let headers = unfold(head);
        let names = signed_names(&headers);
        let hash = digest::digest(&digest::SHA256, relaxed_body(body).as_bytes());
        let algorithm = match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let unsigned = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed;\r\n d={}; s={}; t={};\r\n h={};\r\n bh={};\r\n b=",
            self.domain,
            self.selector,
            at.millis() / 1000,
            names.join(":\r\n  "),
            STANDARD.encode(hash),
        );
        let mut data = picked(&headers, &names);
        data.push_str("dkim-signature:");
        data.push_str(&relaxed(&unsigned));
        let signature = STANDARD.encode(self.key.sign(data.as_bytes())?);
        let folded: Vec<&str> = chunks(&signature, 70).collect();
        Some(format!("DKIM-Signature: {unsigned}{}\r\n", folded.join("\r\n  ")).into_bytes())
    }
}

fn pkcs8(der: &[u8]) -> Result<Key, KeyFault> {
    if let Ok(key) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
        return Ok(Key::Ed25519(key));
    }
    RsaKeyPair::from_pkcs8(der).map(Key::Rsa).map_err(|_| KeyFault::Kind)
}

impl Key {
    fn sign(&self, data: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                let random = SystemRandom::new();
                key.sign(&RSA_PKCS1_SHA256, &random, data, &mut signature).ok()?;
                Some(signature)
            }
            // RFC 8463: what is signed is the hash.
            Self::Ed25519(key) => {
                let hash = digest::digest(&digest::SHA256, data);
                Some(key.sign(hash.as_ref()).as_ref().to_vec())
            }
        }
    }
}

/// The headers, each with what it says.
fn unfold(head: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        match (line.starts_with([' ', '\t']), headers.last_mut(), line.split_once(':')) {
            (true, Some((_, value)), _) => value.push_str(line),
            (false, _, Some((name, value))) => {
                headers.push((name.trim_end().to_ascii_lowercase(), value.to_owned()));
            }
            _ => {}
        }
    }
    headers
}

fn signed_names(headers: &[(String, String)]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for name in SIGNED {
        let times = headers.iter().filter(|(known, _)| known == name).count();
        let beyond = usize::from(SEALED.contains(&name));
        names.extend(std::iter::repeat_n(name, times + beyond));
    }
    names
}

/// The signed headers, as they are signed: of several of one name the last one first.
fn picked(headers: &[(String, String)], names: &[&str]) -> String {
    let mut data = String::new();
    let mut taken: Vec<&str> = Vec::new();
    for name in names {
        let before = taken.iter().filter(|known| *known == name).count();
        let mut found = headers.iter().rev().filter(|(known, _)| known == name);
        if let Some((_, value)) = found.nth(before) {
            // Writing to a string does not fail.
            let _ = write!(data, "{name}:{}\r\n", relaxed(value));
        }
        taken.push(name);
    }
    data
}

/// A header's words with single spaces between them.
fn relaxed(value: &str) -> String {
    value.split([' ', '\t', '\r', '\n']).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The body without white space at the ends of lines, with single spaces elsewhere, and without empty lines at
/// its end.
fn relaxed_body(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut empty = 0;
    for line in body.split("\r\n") {
        let line = line.trim_end_matches([' ', '\t']);
        if line.is_empty() {
            empty += 1;
            continue;
        }
        out.extend(std::iter::repeat_n("\r\n", std::mem::take(&mut empty)));
        let mut gap = false;
        for c in line.chars() {
            if matches!(c, ' ' | '\t') {
                gap = true;
                continue;
            }
            if std::mem::take(&mut gap) {
                out.push(' ');
            }
            out.push(c);
        }
        out.push_str("\r\n");
    }
    out
}

fn chunks(text: &str, size: usize) -> impl Iterator<Item = &str> {
    let places = (0..text.len()).step_by(size);
    places.map(move |at| text.get(at..(at + size).min(text.len())).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{Key, Signer, picked, relaxed, relaxed_body, unfold};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use ring::digest;
    use ring::signature::Ed25519KeyPair;

    /// The message of RFC 8463, appendix A.
    const MESSAGE: &str = "From: Joe SixPack <joe@football.example.com>\r\n\
        To: Suzie Q <suzie@shopping.example.net>\r\n\
        Subject: Is dinner ready?\r\n\
        Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n\
        Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\n\
        Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";

    #[test]
    fn the_example_of_rfc_8463_is_signed_as_it_stands_there() {
        let seed = STANDARD.decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=").expect("bytes");
        let key = Key::Ed25519(Ed25519KeyPair::from_seed_unchecked(&seed).expect("a key"));
        let (head, body) = MESSAGE.split_once("\r\n\r\n").expect("a body");
        let hash = digest::digest(&digest::SHA256, relaxed_body(body).as_bytes());
        assert_eq!(STANDARD.encode(hash), "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
        let names = ["from", "to", "subject", "date", "message-id", "from", "subject", "date"];
        let unsigned = "v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; \
            i=@football.example.com;\r\n q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n \
            subject : date : message-id : from : subject : date;\r\n \
            bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=";
        let data = picked(&unfold(head), &names) + "dkim-signature:" + &relaxed(unsigned);
        let signature = STANDARD.encode(key.sign(data.as_bytes()).expect("a signature"));
        assert_eq!(
            signature,
            "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
        );
    }

    #[test]
    fn a_body_is_relaxed_as_rfc_6376_has_it() {
        assert_eq!(relaxed_body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
        assert_eq!(relaxed_body(""), "");
        assert_eq!(relaxed_body("a\r\n\r\nb"), "a\r\n\r\nb\r\n");
        assert_eq!(relaxed_body("\t\t x  y"), " x y\r\n");
    }

    #[test]
    fn a_name_that_would_break_the_header_is_refused() {
        let dkim = super::Dkim {
            domain: "a.cn;\r\nX: y".to_owned(),
            selector: "s".to_owned(),
            key: crate::connector::Secret::new(String::new()),
        };
        assert_eq!(Signer::new(&dkim).err(), Some(super::KeyFault::Name));
    }
}
