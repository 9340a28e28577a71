//! What holds of every message, every altered bit, and any bytes at all.

use super::hand::{BASE64, KEY, NOW, RECEIVER, at, encrypt, envelope, letter, secret, text};
use base64::Engine as _;
use proptest::prelude::*;
use tongxin::connector::signed::envelope::{
    Chance, Dialect, Letter, Plain, check_plain, sign_plain,
};
use tongxin::connector::signed::{dingtalk, feishu, standard};

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..most)
}

fn dialect() -> impl Strategy<Value = Dialect> {
    prop::sample::select(vec![Dialect::WeChat, Dialect::DingTalk])
}

/// The same with one bit flipped, and still ASCII.
fn flipped(text: &str, bit: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[bit / 7] ^= 1 << (bit % 7);
    String::from_utf8(bytes).expect("ASCII")
}

fn bits(text: &str) -> impl Iterator<Item = usize> {
    0..text.len() * 7
}

fn hooks() -> [standard::Key; 1] {
    let letters = format!("whsec_{}", BASE64.encode([5; 24]));
    [standard::Key::parse(&secret(&letters)).expect("a good key")]
}

proptest! {
    #[test]
    fn what_is_sealed_opens_as_it_was(
        dialect in dialect(), message in bytes(400), random: [u8; 16], nonce in "[a-zA-Z0-9]{0,16}",
        millis in -1000i64..1000,
    ) {
        let envelope = envelope(dialect);
        let letter = envelope.seal(&message, at(millis), Chance { random, nonce }).expect("short");
        prop_assert_eq!(BASE64.decode(&letter.encrypt).expect("base64").len() % 32, 0);
        prop_assert_eq!(envelope.open(&letter, at(0)).expect("ours").message, message);
    }

    #[test]
    fn what_is_encrypted_for_feishu_is_decrypted_as_it_was(
        message in bytes(200), iv: [u8; 16], key in ".{0,80}",
    ) {
        let key = secret(&key);
        prop_assert_eq!(feishu::decrypt(&key, &feishu::encrypt(&key, iv, &message)), Ok(message));
    }

    #[test]
    fn a_letter_with_any_one_bit_flipped_is_refused(
        message in bytes(60), random: [u8; 16], nonce in "[a-zA-Z0-9]{1,16}",
    ) {
        let envelope = envelope(Dialect::WeChat);
        let good = envelope.seal(&message, at(0), Chance { random, nonce }).expect("short");
        let Letter { signature, timestamp, nonce, encrypt } = &good;
        let all = bits(signature).map(|b| Letter { signature: flipped(signature, b), ..good.clone() })
            .chain(bits(timestamp).map(|b| Letter { timestamp: flipped(timestamp, b), ..good.clone() }))
            .chain(bits(nonce).map(|b| Letter { nonce: flipped(nonce, b), ..good.clone() }))
            .chain(bits(encrypt).map(|b| Letter { encrypt: flipped(encrypt, b), ..good.clone() }));
        for bad in all {
            prop_assert!(envelope.open(&bad, at(0)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_call_with_any_one_bit_of_its_body_flipped_is_refused(body in bytes(60)) {
        let (key, keys, now) = (secret("key"), hooks(), (NOW / 1000).to_string());
        let signature = feishu::sign(&key, &now, "n", &body);
        let hook = standard::sign(&keys, "msg_1", at(0), &body);
        let taken = |body: &[u8]| {
            let event = feishu::Call { signature: &signature, timestamp: &now, nonce: "n", body };
            let (timestamp, signatures) = (hook.timestamp.as_str(), hook.sign.as_str());
            let call = standard::Call { id: "msg_1", timestamp, signatures, body };
            [
                feishu::check(&key, &event, at(0)).is_ok(),
                standard::check(&keys, &call, at(0)).is_ok(),
            ]
        };
        prop_assert_eq!(taken(&body), [true, true]);
        for bit in 0..body.len() * 8 {
            let mut bad = body.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(taken(&bad), [false, false]);
        }
    }

    #[test]
    fn letters_of_any_bytes_rightly_signed_are_read_or_refused_without_panic(
        blocks in prop::collection::vec(any::<[u8; 16]>(), 0..6),
        length: u32, message in bytes(60), padding: u8, encoded in ".{0,60}",
    ) {
        let envelope = envelope(Dialect::WeChat);
        let now = (NOW / 1000).to_string();
        let mut near = text(length % 100, &message, RECEIVER);
        near.resize(near.len().next_multiple_of(16), padding % 34);
        let all = [BASE64.encode(blocks.concat()), encrypt(KEY, blocks.concat()), encrypt(KEY, near), encoded];
        for encrypt in all {
            let _ = envelope.open(&letter(encrypt, &now), at(0));
        }
    }

    #[test]
    fn calls_of_any_letters_are_refused_without_panic(
        a in ".{0,60}", b in "[0-9]{0,24}", c in ".{0,20}", d in ".{0,60}", body in bytes(100), now: i64,
    ) {
        let (key, now) = (secret("key"), tongxin::model::At::from_millis(now));
        let letter = Letter {
            signature: a.clone(), timestamp: b.clone(), nonce: c.clone(), encrypt: d.clone(),
        };
        prop_assert!(envelope(Dialect::DingTalk).open(&letter, now).is_err());
        let plain = Plain { signature: &a, timestamp: &b, nonce: &c };
        prop_assert!(check_plain(&key, &plain, now).is_err());
        let event = feishu::Call { signature: &a, timestamp: &b, nonce: &c, body: &body };
        prop_assert!(feishu::check(&key, &event, now).is_err());
        prop_assert!(dingtalk::check(&key, &b, &a, now).is_err());
        let call = standard::Call { id: &c, timestamp: &b, signatures: &a, body: &body };
        prop_assert!(standard::check(&hooks(), &call, now).is_err());
        let _ = feishu::decrypt(&key, &d);
        let _ = feishu::decrypt(&key, &BASE64.encode(&body));
        let _ = standard::Key::parse(&secret(&a));

        // Rightly signed, with any time.
        let signature = sign_plain(&key, &b, &c);
        let _ = check_plain(&key, &Plain { signature: &signature, timestamp: &b, nonce: &c }, now);
        let _ = dingtalk::sign(&key, now);
        let _ = feishu::sign_bot(&key, now);
    }
}

#[test]
fn a_header_with_any_one_bit_flipped_is_refused() {
    let (key, keys) = (secret("key"), hooks());
    let robot = dingtalk::sign(&key, at(0));
    for bit in bits(&robot.sign) {
        let bad = flipped(&robot.sign, bit);
        assert!(dingtalk::check(&key, &robot.timestamp, &bad, at(0)).is_err(), "{bad}");
    }
    for bit in bits(&robot.timestamp) {
        let bad = flipped(&robot.timestamp, bit);
        assert!(dingtalk::check(&key, &bad, &robot.sign, at(0)).is_err(), "{bad}");
    }
    let hook = standard::sign(&keys, "msg_1", at(0), b"{}");
    for bit in bits(&hook.sign) {
        let bad = flipped(&hook.sign, bit);
        let call = standard::Call {
            id: "msg_1",
            timestamp: &hook.timestamp,
            signatures: &bad,
            body: b"{}",
        };
        assert!(standard::check(&keys, &call, at(0)).is_err(), "{bad}");
    }
    let now = (NOW / 1000).to_string();
    let signature = feishu::sign(&key, &now, "n", b"{}");
    for bit in bits(&signature) {
        let bad = flipped(&signature, bit);
        let call = feishu::Call { signature: &bad, timestamp: &now, nonce: "n", body: b"{}" };
        assert!(feishu::check(&key, &call, at(0)).is_err(), "{bad}");
    }
}
