//! Every published vector, both ways.

use super::hand::{BASE64, inside, secret};
use base64::Engine as _;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::time::Duration;
use tongxin::connector::signed::envelope::{
    Chance, Dialect, Envelope, Letter, Plain, check_plain, sign_plain,
};
use tongxin::connector::signed::{Untrusted, dingtalk, feishu, standard};
use tongxin::model::At;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Vector {
    id: String,
    family: String,
    token: String,
    aes_key: String,
    receiveid: Option<String>,
    timestamp: String,
    nonce: String,
    encrypt: String,
    signature: String,
    plain: Option<String>,
    plain_contains: String,
    random: String,
    key: String,
    secret: String,
    sign: String,
    body: String,
    msg_id: String,
}

fn all() -> Vec<Vector> {
    let text = include_str!("../../fixtures/protocol-vectors.json");
    serde_json::from_str(text).expect("vectors")
}

/// The vectors of a family; a family that has none is misspelt.
fn of(family: &str) -> Vec<Vector> {
    let found: Vec<Vector> = all().into_iter().filter(|v| v.family == family).collect();
    assert!(!found.is_empty(), "{family}");
    found
}

impl Vector {
    fn dialect(&self) -> Dialect {
        if self.id.starts_with('D') { Dialect::DingTalk } else { Dialect::WeChat }
    }

    fn at(&self) -> At {
        let ticks: i64 = self.timestamp.parse().expect("a number");
        let tick = if self.id.starts_with('D') { 1 } else { 1000 };
        At::from_millis(ticks * tick)
    }

    fn letter(&self) -> Letter {
        Letter {
            signature: self.signature.clone(),
            timestamp: self.timestamp.clone(),
            nonce: self.nonce.clone(),
            encrypt: self.encrypt.clone(),
        }
    }

    fn says(&self, message: &[u8]) {
        let message = std::str::from_utf8(message).expect("text");
        if let Some(plain) = &self.plain {
            assert_eq!(message, plain, "{}", self.id);
        }
        assert!(message.contains(&self.plain_contains), "{}: {message}", self.id);
    }
}

#[test]
fn every_published_letter_opens_and_is_sealed_again_bit_by_bit() {
    for v in of("wx") {
        let (random, message, receiver) = inside(&v.aes_key, &v.encrypt);
        // Two of them were published without the receiver that is in them.
        let receiver = v.receiveid.clone().unwrap_or(receiver);
        let envelope =
            Envelope::new(v.dialect(), secret(&v.token), &secret(&v.aes_key), receiver.as_str())
                .expect("a good key");
        let opened = envelope.open(&v.letter(), v.at()).expect(&v.id);
        v.says(&opened.message);
        assert_eq!(opened.message, message);
        assert_eq!(opened.stamp.at(), v.at());
        let chance = Chance { random, nonce: v.nonce.clone() };
        assert!(envelope.seal(&message, v.at(), chance).expect(&v.id) == v.letter(), "{}", v.id);

        let foreign = Envelope::new(v.dialect(), secret(&v.token), &secret(&v.aes_key), "another");
        let refused = foreign.expect("a good key").open(&v.letter(), v.at());
        assert_eq!(refused, Err(Untrusted::Foreign), "{}", v.id);
        let late = v.at().plus(v.dialect().skew()).plus(Duration::from_millis(1));
        assert_eq!(envelope.open(&v.letter(), late), Err(Untrusted::Old), "{}", v.id);
    }
}

#[test]
fn the_published_letter_with_fixed_random_bytes_is_sealed_bit_by_bit_and_opens() {
    for v in of("wx-encrypt") {
        let receiver = v.receiveid.clone().expect("a receiver");
        let envelope =
            Envelope::new(Dialect::WeChat, secret("token"), &secret(&v.aes_key), receiver)
                .expect("a good key");
        let plain = v.plain.clone().expect("a message");
        let random = v.random.as_bytes().try_into().expect("16 bytes");
        let at = At::from_millis(1_458_300_676_000);
        let chance = Chance { random, nonce: "260774613".to_owned() };
        let letter = envelope.seal(plain.as_bytes(), at, chance).expect("short");
        assert_eq!(letter.encrypt, v.encrypt, "{}", v.id);
        v.says(&envelope.open(&letter, at).expect("our own").message);
    }
}

#[test]
fn the_published_check_of_an_official_account_is_right_both_ways() {
    for v in of("wx-plain") {
        let token = secret(&v.token);
        assert_eq!(sign_plain(&token, &v.timestamp, &v.nonce), v.signature);
        let call = Plain { signature: &v.signature, timestamp: &v.timestamp, nonce: &v.nonce };
        assert_eq!(check_plain(&token, &call, v.at()).expect("right").at(), v.at());
    }
}

#[test]
fn the_published_signs_of_robots_are_right() {
    for v in of("ding-sign") {
        let secret = secret(&v.secret);
        let signed = dingtalk::sign(&secret, v.at());
        assert_eq!((signed.timestamp, signed.sign), (v.timestamp.clone(), v.sign.clone()));
        assert_eq!(dingtalk::check(&secret, &v.timestamp, &v.sign, v.at()), Ok(v.at()));
    }
    for v in of("lark-botsign") {
        let signed = feishu::sign_bot(&secret(&v.secret), v.at());
        assert_eq!((signed.timestamp, signed.sign), (v.timestamp, v.sign));
    }
}

#[test]
fn every_published_event_of_feishu_is_decrypted_and_encrypted_again_bit_by_bit() {
    for v in of("lark-decrypt") {
        let key = secret(&v.key);
        let message = feishu::decrypt(&key, &v.encrypt).expect(&v.id);
        v.says(&message);
        let bytes = BASE64.decode(&v.encrypt).expect("base64");
        let iv = bytes[..16].try_into().expect("16 bytes");
        assert_eq!(feishu::encrypt(&key, iv, &message), v.encrypt, "{}", v.id);
    }
}

#[test]
fn the_published_header_of_feishu_is_right_both_ways() {
    for v in of("lark-evtsig") {
        let (key, body) = (secret(&v.key), v.body.as_bytes());
        assert_eq!(feishu::sign(&key, &v.timestamp, &v.nonce, body), v.sign);
        let call =
            feishu::Call { signature: &v.sign, timestamp: &v.timestamp, nonce: &v.nonce, body };
        assert_eq!(feishu::check(&key, &call, v.at()).expect("right").at(), v.at());
    }
}

#[test]
fn the_published_standard_webhook_is_right_both_ways() {
    for v in of("standard-webhooks") {
        let keys = [standard::Key::parse(&secret(&v.secret)).expect("a good key")];
        let signed = standard::sign(&keys, &v.msg_id, v.at(), v.body.as_bytes());
        assert_eq!((&signed.timestamp, &signed.sign), (&v.timestamp, &v.sign));
        let call = standard::Call {
            id: &v.msg_id,
            timestamp: &v.timestamp,
            signatures: &v.sign,
            body: v.body.as_bytes(),
        };
        assert_eq!(standard::check(&keys, &call, v.at()).expect("right").at(), v.at());
    }
}

#[test]
fn no_vector_is_passed_over_but_r1_which_is_of_web_push_and_beside_these() {
    let here = [
        "wx",
        "wx-encrypt",
        "wx-plain",
        "ding-sign",
        "lark-decrypt",
        "lark-botsign",
        "lark-evtsig",
        "standard-webhooks",
    ];
    let over: BTreeSet<String> =
        all().into_iter().filter(|v| !here.contains(&v.family.as_str())).map(|v| v.id).collect();
    assert_eq!(over, BTreeSet::from(["R1".to_owned()]));
    assert_eq!(all().len(), 18);
}
