//! Messages to one browser, and how a push service knows who sends: the published vector both ways, and what was
//! altered since.

use crate::fakes::pushhost::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::{Value, json};
use tongxin::connector::signed::push::{Browser, Fresh, PLAIN_MAX, encrypt};
use tongxin::connector::signed::vapid::Key;
use tongxin::model::At;

/// The vector of RFC 8291, section 5.
fn published() -> Value {
    let text = include_str!("../../fixtures/protocol-vectors.json");
    let all: Vec<Value> = serde_json::from_str(text).expect("vectors");
    all.into_iter().find(|v| v["family"] == "rfc8291").expect("the vector")
}

fn bytes(vector: &Value, name: &str) -> Vec<u8> {
    BASE64.decode(vector[name].as_str().expect("a text")).expect("base64")
}

fn keys(vector: &Value) -> Keys {
    let auth = bytes(vector, "auth").try_into().expect("16 bytes");
    Keys::new(&bytes(vector, "ua_private"), auth)
}

fn browser(vector: &Value) -> Browser {
    let text = |name: &str| vector[name].as_str().expect("a text");
    Browser::read(text("ua_public"), text("auth")).expect("a subscription")
}

fn fresh(vector: &Value) -> Fresh {
    let key = bytes(vector, "as_private").try_into().expect("32 bytes");
    Fresh::new(&key, bytes(vector, "salt").try_into().expect("16 bytes")).expect("a key")
}

#[test]
fn the_published_message_to_a_browser_is_right_both_ways() {
    let vector = published();
    let plain = vector["plain"].as_str().expect("a text").as_bytes();
    let body = encrypt(plain, &browser(&vector), &fresh(&vector)).expect("fits");
    assert_eq!(BASE64.encode(&body), vector["body"].as_str().expect("a text"));
    assert_eq!(keys(&vector).decrypt(&bytes(&vector, "body")).as_deref(), Some(plain));
    assert_eq!(keys(&vector).public(), vector["ua_public"]);
}

#[test]
fn a_message_that_was_altered_or_is_anothers_says_nothing() {
    let vector = published();
    let body = bytes(&vector, "body");
    for at in [0, 20, 60, 90, body.len() - 1] {
        let mut altered = body.clone();
        altered[at] ^= 1;
        assert_eq!(keys(&vector).decrypt(&altered), None, "{at}");
    }
    let another = Keys::new(&[7; 32], [7; 16]);
    assert_eq!(another.decrypt(&body), None);
}

#[test]
fn the_longest_message_fills_one_record_and_a_longer_one_is_refused() {
    let vector = published();
    let longest = vec![b'a'; PLAIN_MAX];
    let body = encrypt(&longest, &browser(&vector), &fresh(&vector)).expect("fits");
    assert_eq!(body.len(), 4_096);
    assert_eq!(keys(&vector).decrypt(&body), Some(longest));
    let longer = vec![b'a'; PLAIN_MAX + 1];
    assert!(encrypt(&longer, &browser(&vector), &fresh(&vector)).is_err());
}

#[test]
fn keys_of_a_browser_that_are_none_are_not_taken() {
    let vector = published();
    let (public, auth) =
        (vector["ua_public"].as_str().unwrap_or_default(), "AAAAAAAAAAAAAAAAAAAAAA");
    assert!(Browser::read(public, auth).is_ok());
    assert!(Browser::read(&format!("{public}="), &format!("{auth}==")).is_ok(), "as some write it");
    let off_the_curve = BASE64.encode([&[4; 1][..], &[1; 64]].concat());
    let short = BASE64.encode([2; 33]);
    for (public, auth) in [
        ("", auth),
        (&*off_the_curve, auth),
        (&*short, auth),
        ("~", auth),
        (public, ""),
        (public, "AAAA"),
        (public, &*format!("{auth}AAAA")),
    ] {
        assert!(Browser::read(public, auth).is_err(), "{public} {auth}");
    }
}

#[test]
fn a_proof_of_who_we_are_can_be_checked_by_the_public_key_alone() {
    let key = Key::from_seed(&[9; 32]).expect("a key");
    assert_eq!(key.public(), Key::from_seed(&[9; 32]).expect("a key").public(), "always the same");
    assert_ne!(key.public(), Key::from_seed(&[8; 32]).expect("a key").public());
    let until = At::from_millis(1_795_000_000_500);
    let shown =
        key.authorization("https://push.example.net", "mailto:it@office.example.org", until);
    let (token, public) =
        shown.strip_prefix("vapid t=").and_then(|s| s.split_once(", k=")).expect("two fields");
    assert_eq!(public, key.public());
    let (signed, sign) = token.rsplit_once('.').expect("a signature");
    let parts: Vec<Value> = signed
        .split('.')
        .map(|part| serde_json::from_slice(&BASE64.decode(part).expect("base64")).expect("JSON"))
        .collect();
    let claims = json!({
        "aud": "https://push.example.net",
        "exp": 1_795_000_000,
        "sub": "mailto:it@office.example.org",
    });
    assert_eq!(parts, [json!({"typ": "JWT", "alg": "ES256"}), claims]);
    let public = VerifyingKey::from_sec1_bytes(&BASE64.decode(public).expect("base64"));
    let sign = Signature::from_slice(&BASE64.decode(sign).expect("base64")).expect("64 bytes");
    let public = public.expect("a point");
    assert!(public.verify(signed.as_bytes(), &sign).is_ok());
    assert!(public.verify(format!("{signed}x").as_bytes(), &sign).is_err());
    assert!(!format!("{key:?}").contains("signs"), "no key is shown");
}
