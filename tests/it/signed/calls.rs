//! Calls of Feishu, of DingTalk's robots and of hooks: what is taken, and what is not.

use super::hand::{BASE64, NOW, at, secret};
use base64::Engine as _;
use tongxin::connector::signed::{KeyFault, Replay, Stamp, Untrusted, dingtalk, feishu, standard};

const BODY: &[u8] = br#"{"encrypt":"P37w"}"#;

/// A key whose bytes are all this one.
fn key(byte: u8) -> standard::Key {
    let letters = format!("whsec_{}", BASE64.encode([byte; 32]));
    standard::Key::parse(&secret(&letters)).expect("a good key")
}

fn old(skew: std::time::Duration) -> i64 {
    i64::try_from(skew.as_millis()).expect("short") + 1
}

#[test]
fn an_event_of_feishu_is_refused_when_altered_old_or_replayed() {
    let (key, now) = (secret("encrypt key"), (NOW / 1000).to_string());
    let signature = feishu::sign(&key, &now, "nonce", BODY);
    let call = feishu::Call { signature: &signature, timestamp: &now, nonce: "nonce", body: BODY };
    let stamp = feishu::check(&key, &call, at(0)).expect("right");

    let later = (NOW / 1000 + 1).to_string();
    let altered = [
        feishu::Call { timestamp: &later, ..call },
        feishu::Call { nonce: "nonc", ..call },
        feishu::Call { signature: "", ..call },
        feishu::Call { body: br#"{"encrypt": "P37w"}"#, ..call },
    ];
    for bad in &altered {
        assert_eq!(feishu::check(&key, bad, at(0)), Err(Untrusted::Forged));
    }
    assert_eq!(feishu::check(&secret("other"), &call, at(0)), Err(Untrusted::Forged));
    for now in [at(old(feishu::SKEW)), at(-old(feishu::SKEW))] {
        assert_eq!(feishu::check(&key, &call, now), Err(Untrusted::Old));
    }
    let mut replay = Replay::new(feishu::SKEW, 10);
    assert_eq!(replay.take(&stamp, at(0)), Ok(()));
    assert_eq!(replay.take(&stamp, at(1)), Err(Untrusted::Replayed));

    let nothing = secret("");
    let signature = feishu::sign(&nothing, &now, "nonce", BODY);
    let call = feishu::Call { signature: &signature, ..call };
    assert_eq!(feishu::check(&nothing, &call, at(0)), Err(Untrusted::Forged));
}

#[test]
fn feishu_fills_up_to_16_and_of_what_cannot_be_decrypted_the_reason_is_not_told() {
    let key = secret("encrypt key");
    for length in [0_usize, 1, 15, 16, 17, 100] {
        let message = vec![b'x'; length];
        let sealed = feishu::encrypt(&key, [3; 16], &message);
        let bytes = BASE64.decode(&sealed).expect("base64");
        assert_eq!(bytes.len(), 16 + (length / 16 + 1) * 16);
        assert_eq!(feishu::decrypt(&key, &sealed), Ok(message));
    }
    let wrong = Err(Untrusted::Malformed("cannot be decrypted".to_owned()));
    let good = BASE64.decode(feishu::encrypt(&key, [3; 16], b"0123456789")).expect("base64");
    // The first block is added to what the second says, so these change the last byte of the padding.
    for says in [0_u8, 5, 17, 32, 255] {
        let mut bad = good.clone();
        bad[15] ^= 6 ^ says;
        assert_eq!(feishu::decrypt(&key, &BASE64.encode(&bad)), wrong, "{says}");
    }
    for bad in ["", "***", "AAAA", &BASE64.encode([1; 16]), &BASE64.encode([1; 40])] {
        assert_eq!(feishu::decrypt(&key, bad), wrong, "{bad}");
    }
}

#[test]
fn a_call_of_a_dingtalk_robot_is_refused_when_altered_old_or_replayed() {
    let key = secret("app secret");
    let signed = dingtalk::sign(&key, at(0));
    let (time, sign) = (signed.timestamp.as_str(), signed.sign.as_str());
    assert_eq!(dingtalk::check(&key, time, sign, at(0)), Ok(at(0)));
    for now in [at(3_600_000), at(-3_600_000)] {
        assert!(dingtalk::check(&key, time, sign, now).is_ok(), "an hour is allowed");
    }
    for now in [at(3_600_001), at(-3_600_001)] {
        assert_eq!(dingtalk::check(&key, time, sign, now), Err(Untrusted::Old));
    }
    let later = (NOW + 1).to_string();
    for (time, sign) in [(later.as_str(), sign), (time, ""), (time, &sign[1..]), ("", sign)] {
        assert_eq!(dingtalk::check(&key, time, sign, at(0)), Err(Untrusted::Forged));
    }
    assert_eq!(dingtalk::check(&secret("other"), time, sign, at(0)), Err(Untrusted::Forged));
    let nothing = dingtalk::sign(&secret(""), at(0));
    let refused = dingtalk::check(&secret(""), &nothing.timestamp, &nothing.sign, at(0));
    assert_eq!(refused, Err(Untrusted::Forged));

    // Two messages of one millisecond are signed alike: their IDs tell them apart.
    let mut replay = Replay::new(dingtalk::SKEW, 10);
    for id in ["msg1", "msg2"] {
        assert_eq!(replay.take(&Stamp::new(at(0), id.as_bytes()), at(0)), Ok(()));
    }
    let again = replay.take(&Stamp::new(at(0), b"msg1"), at(0));
    assert_eq!(again, Err(Untrusted::Replayed));
}

#[test]
fn a_hook_is_refused_when_altered_old_or_replayed() {
    let keys = [key(1)];
    let signed = standard::sign(&keys, "msg_1", at(0), BODY);
    let (timestamp, signatures) = (signed.timestamp.as_str(), signed.sign.as_str());
    let call = standard::Call { id: "msg_1", timestamp, signatures, body: BODY };
    let stamp = standard::check(&keys, &call, at(0)).expect("right");

    let later = (NOW / 1000 + 1).to_string();
    let bare = signatures.replace("v1,", "");
    let other = signatures.replace("v1,", "v1a,");
    let altered = [
        standard::Call { id: "msg_2", ..call },
        standard::Call { timestamp: &later, ..call },
        standard::Call { body: b"{}", ..call },
        standard::Call { signatures: "", ..call },
        standard::Call { signatures: &bare, ..call },
        standard::Call { signatures: &other, ..call },
    ];
    for bad in &altered {
        assert_eq!(standard::check(&keys, bad, at(0)), Err(Untrusted::Forged));
    }
    assert_eq!(standard::check(&[key(2)], &call, at(0)), Err(Untrusted::Forged));
    assert_eq!(standard::check(&[], &call, at(0)), Err(Untrusted::Forged));
    for now in [at(300_000), at(-300_000)] {
        assert!(standard::check(&keys, &call, now).is_ok(), "5 minutes are allowed");
    }
    for now in [at(300_001), at(-300_001)] {
        assert_eq!(standard::check(&keys, &call, now), Err(Untrusted::Old));
    }
    let mut replay = Replay::new(standard::SKEW, 10);
    assert_eq!(replay.take(&stamp, at(0)), Ok(()));
    assert_eq!(replay.take(&stamp, at(1)), Err(Untrusted::Replayed));
}

#[test]
fn a_hook_signed_with_the_old_and_the_new_key_is_taken_by_who_has_either() {
    let signed = standard::sign(&[key(1), key(2)], "msg_1", at(0), BODY);
    let signatures = format!("v1a,AAAA {} v2,x", signed.sign);
    let (timestamp, signatures) = (signed.timestamp.as_str(), signatures.as_str());
    let call = standard::Call { id: "msg_1", timestamp, signatures, body: BODY };
    for keys in [vec![key(1)], vec![key(2)], vec![key(3), key(2)]] {
        assert!(standard::check(&keys, &call, at(0)).is_ok());
    }
    assert_eq!(standard::check(&[key(3)], &call, at(0)), Err(Untrusted::Forged));
}

#[test]
fn an_id_with_a_full_stop_could_be_cut_elsewhere_and_is_malformed() {
    let keys = [key(1)];
    for id in ["", "msg.1"] {
        let signed = standard::sign(&keys, id, at(0), BODY);
        let (timestamp, signatures) = (signed.timestamp.as_str(), signed.sign.as_str());
        let call = standard::Call { id, timestamp, signatures, body: BODY };
        assert!(matches!(standard::check(&keys, &call, at(0)), Err(Untrusted::Malformed(_))));
    }
}

#[test]
fn a_key_of_hooks_has_24_to_64_bytes_and_is_shown_to_nobody() {
    let made = |length: usize| {
        standard::Key::parse(&secret(&format!("whsec_{}", BASE64.encode(vec![9; length]))))
    };
    assert!(made(24).is_ok() && made(64).is_ok());
    assert_eq!((made(23), made(65)), (Err(KeyFault::Form), Err(KeyFault::Form)));
    assert_eq!(standard::Key::parse(&secret("")), Err(KeyFault::Empty));
    for bad in ["whsec_", "whsec_***", &BASE64.encode([9; 32]), "whsk_AAAA"] {
        assert_eq!(standard::Key::parse(&secret(bad)), Err(KeyFault::Form), "{bad}");
    }
    let signed = standard::sign(&[key(9)], "msg_1", at(0), BODY);
    let said = format!("{:?} {signed:?}", key(9));
    assert_eq!(said, "*** Signature { timestamp: \"1764000000\", .. }");
}
