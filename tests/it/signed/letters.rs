//! Letters that are not taken, and what is said of them.

use super::hand::{
    KEY, NOW, RECEIVER, TOKEN, at, encrypt, envelope, holding, letter, secret, text,
};
use std::time::Duration;
use tongxin::connector::signed::envelope::{
    Chance, Dialect, Envelope, Letter, Opened, Plain, check_plain, sign_plain,
};
use tongxin::connector::signed::{KeyFault, Replay, Untrusted};

fn sealed(dialect: Dialect) -> Letter {
    let chance = Chance { random: *b"0123456789abcdef", nonce: "263014780".to_owned() };
    envelope(dialect).seal(b"<xml>hello</xml>", at(0), chance).expect("short")
}

fn opened(letter: &Letter) -> Result<Opened, Untrusted> {
    envelope(Dialect::WeChat).open(letter, at(0))
}

fn malformed(letter: &Letter) -> String {
    match opened(letter) {
        Err(Untrusted::Malformed(why)) => why,
        other => panic!("taken or refused otherwise: {other:?}"),
    }
}

/// Filled with `count` bytes that say `says`.
fn padded(mut text: Vec<u8>, count: usize, says: u8) -> Letter {
    text.extend(std::iter::repeat_n(says, count));
    holding(text)
}

#[test]
fn an_altered_letter_is_forged() {
    let good = sealed(Dialect::WeChat);
    assert_eq!(opened(&good).expect("ours").message, b"<xml>hello</xml>");
    let alter: [fn(&mut Letter); 5] = [
        |l| l.signature = l.signature.to_uppercase(),
        |l| l.signature.clear(),
        |l| l.timestamp = (NOW / 1000 + 1).to_string(),
        |l| l.nonce.push('1'),
        |l| l.encrypt = l.encrypt.replacen(|c: char| c.is_ascii_lowercase(), "Z", 1),
    ];
    for alter in alter {
        let mut bad = good.clone();
        alter(&mut bad);
        assert_eq!(opened(&bad), Err(Untrusted::Forged), "{bad:?}");
    }
    let other = Envelope::new(Dialect::WeChat, secret("other"), &secret(KEY), RECEIVER);
    assert_eq!(other.expect("a good key").open(&good, at(0)), Err(Untrusted::Forged));
}

#[test]
fn a_letter_is_taken_until_the_window_ends_on_either_side() {
    for dialect in [Dialect::WeChat, Dialect::DingTalk] {
        let (envelope, letter) = (envelope(dialect), sealed(dialect));
        let (skew, one) = (dialect.skew(), Duration::from_millis(1));
        for now in [at(0).plus(skew), at(0).minus(skew)] {
            assert!(envelope.open(&letter, now).is_ok());
        }
        for now in [at(0).plus(skew + one), at(0).minus(skew + one)] {
            assert_eq!(envelope.open(&letter, now), Err(Untrusted::Old));
        }
    }
}

#[test]
fn a_letter_is_taken_once() {
    let mut replay = Replay::new(Dialect::WeChat.skew(), 10);
    let letter = sealed(Dialect::WeChat);
    let first = opened(&letter).expect("ours").stamp;
    assert_eq!(replay.take(&first, at(0)), Ok(()));
    let second = opened(&letter).expect("ours").stamp;
    assert_eq!(replay.take(&second, at(1000)), Err(Untrusted::Replayed));
}

#[test]
fn a_letter_for_another_receiver_is_foreign() {
    let message = b"hello";
    for receiver in ["", "wx5823bf96d3bd56c", "wx5823bf96d3bd56c7x", "WX5823BF96D3BD56C7"] {
        let text = text(5, message, receiver);
        let count = 32 - text.len() % 32;
        let bad = padded(text, count, u8::try_from(count).expect("small"));
        assert_eq!(opened(&bad), Err(Untrusted::Foreign), "{receiver}");
    }
}

#[test]
fn a_smart_bot_has_no_receiver_and_takes_no_letter_of_one_that_has() {
    let bot = Envelope::new(Dialect::WeChat, secret(TOKEN), &secret(KEY), "").expect("good");
    let chance = Chance { random: [7; 16], nonce: "1".to_owned() };
    let letter = bot.seal(b"{}", at(0), chance).expect("short");
    assert_eq!(bot.open(&letter, at(0)).expect("ours").message, b"{}");
    assert_eq!(bot.open(&sealed(Dialect::WeChat), at(0)), Err(Untrusted::Foreign));
}

#[test]
fn padding_is_1_to_32_bytes_that_all_say_how_many_they_are() {
    // 20 bytes of head, 10 of message, 18 of receiver: 48 of 64.
    let whole = || text(10, b"0123456789", RECEIVER);
    assert_eq!(opened(&padded(whole(), 16, 16)).expect("ours").message, b"0123456789");
    let long = text(26, b"0123456789abcdefghijklmnop", RECEIVER);
    assert_eq!(opened(&padded(long, 32, 32)).expect("32 is allowed").message.len(), 26);
    assert_eq!(malformed(&padded(whole(), 16, 0)), "the padding is wrong");
    assert_eq!(malformed(&padded(whole(), 48, 48)), "the padding is wrong");
    assert_eq!(malformed(&padded(whole(), 32, 33)), "the padding is wrong");
    assert_eq!(malformed(&padded(whole(), 16, 255)), "the padding is wrong");
    assert_eq!(malformed(&padded(whole(), 16, 17)), "the padding is wrong");
    // More than there is at all.
    assert_eq!(malformed(&holding(vec![17; 16])), "the padding is wrong");
    // One of them says something else.
    let mut uneven = whole();
    uneven.push(15);
    assert_eq!(malformed(&padded(uneven, 15, 16)), "the padding is wrong");
}

#[test]
fn a_length_beyond_the_letter_is_malformed() {
    for length in [29, 1000, u32::MAX] {
        let bad = padded(text(length, b"0123456789", RECEIVER), 16, 16);
        assert_eq!(malformed(&bad), "shorter than it says", "{length}");
    }
    // Exactly to the end: no receiver is left.
    assert_eq!(opened(&padded(text(28, b"0123456789", RECEIVER), 16, 16)), Err(Untrusted::Foreign));
    // Nothing but padding, and less than a head.
    assert_eq!(malformed(&holding(vec![16; 16])), "shorter than it says");
    assert_eq!(malformed(&holding([vec![1; 19], vec![13; 13]].concat())), "shorter than it says");
}

#[test]
fn what_is_rightly_signed_and_still_no_letter_is_malformed() {
    let now = (NOW / 1000).to_string();
    assert_eq!(malformed(&letter("***".to_owned(), &now)), "not base64");
    assert_eq!(malformed(&letter(String::new(), &now)), "no whole blocks");
    assert_eq!(malformed(&letter("AAAA".to_owned(), &now)), "no whole blocks");
    let good = encrypt(KEY, vec![16; 16]);
    let spaced = format!(" {now}");
    let signed = format!("+{now}");
    let zero = format!("0{now}");
    for time in ["", "-1", "1e9", &spaced, &signed, &zero, "99999999999999999999", "١٢٣"] {
        let why = malformed(&letter(good.clone(), time));
        assert_eq!(why, "the timestamp is no whole number", "{time}");
    }
    let far = letter(good, &i64::MAX.to_string());
    assert_eq!(opened(&far), Err(Untrusted::Old));
}

#[test]
fn a_key_has_43_letters_and_may_have_bits_over() {
    let made = |key: &str| Envelope::new(Dialect::WeChat, secret(TOKEN), &secret(key), RECEIVER);
    assert!(made(KEY).is_ok(), "it ends in bits that are not zero");
    assert_eq!(made("").err(), Some(KeyFault::Empty));
    for bad in [&KEY[1..], &format!("{KEY}="), &format!("{}*", &KEY[1..]), "短"] {
        assert_eq!(made(bad).err(), Some(KeyFault::Form), "{bad}");
    }
    let nobody = Envelope::new(Dialect::WeChat, secret(""), &secret(KEY), RECEIVER);
    assert_eq!(nobody.err(), Some(KeyFault::Empty));
}

#[test]
fn the_check_of_an_address_is_refused_when_altered_old_replayed_or_cut_elsewhere() {
    let (token, now) = (secret(TOKEN), (NOW / 1000).to_string());
    let nonce = "5abc";
    let signature = sign_plain(&token, &now, nonce);
    let call = Plain { signature: &signature, timestamp: &now, nonce };
    let stamp = check_plain(&token, &call, at(0)).expect("right");

    let altered = Plain { nonce: "5abd", ..call };
    assert_eq!(check_plain(&token, &altered, at(0)), Err(Untrusted::Forged));
    assert_eq!(check_plain(&secret("other"), &call, at(0)), Err(Untrusted::Forged));
    assert_eq!(check_plain(&token, &call, at(600_001)), Err(Untrusted::Old));
    let mut replay = Replay::new(Dialect::WeChat.skew(), 10);
    assert_eq!(replay.take(&stamp, at(0)), Ok(()));
    assert_eq!(replay.take(&stamp, at(0)), Err(Untrusted::Replayed));

    // The same letters in the same order, with the border between two of them moved.
    let moved = format!("{now}5");
    let cut = Plain { timestamp: &moved, nonce: "abc", ..call };
    assert_eq!(sign_plain(&token, &moved, "abc"), signature, "the signature does fit");
    assert_eq!(check_plain(&token, &cut, at(0)), Err(Untrusted::Old));
}

#[test]
fn with_an_empty_token_nobody_is_believed() {
    let (nothing, now) = (secret(""), (NOW / 1000).to_string());
    let signature = sign_plain(&nothing, &now, "1");
    let call = Plain { signature: &signature, timestamp: &now, nonce: "1" };
    assert_eq!(check_plain(&nothing, &call, at(0)), Err(Untrusted::Forged));
}

#[test]
fn nothing_secret_is_said_of_a_letter() {
    let letter = sealed(Dialect::WeChat);
    let said = format!(
        "{:?} {:?} {:?} {:?}",
        envelope(Dialect::WeChat),
        letter,
        opened(&letter),
        secret(TOKEN)
    );
    for hidden in [TOKEN, KEY, "hello", &letter.signature, &letter.encrypt] {
        assert!(!said.contains(hidden), "{said}");
    }
}
