//! The envelope once more, by hand: what a platform would never send can be made with it.

use aes::Aes256;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cbc::cipher::{Array, BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use sha1::{Digest as _, Sha1};
use std::fmt::Write as _;
use tongxin::connector::Secret;
use tongxin::connector::signed::envelope::{Dialect, Envelope, Letter};
use tongxin::model::At;

pub const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub const TOKEN: &str = "token of the account";
pub const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
pub const RECEIVER: &str = "wx5823bf96d3bd56c7";
pub const NOW: i64 = 1_764_000_000_000;

pub fn secret(letters: &str) -> Secret {
    Secret::new(letters.to_owned())
}

pub fn at(millis: i64) -> At {
    At::from_millis(NOW + millis)
}

/// The account's envelope.
pub fn envelope(dialect: Dialect) -> Envelope {
    Envelope::new(dialect, secret(TOKEN), &secret(KEY), RECEIVER).expect("a good key")
}

fn key(letters: &str) -> ([u8; 32], [u8; 16]) {
    let key: [u8; 32] = BASE64.decode(letters).expect("base64").try_into().expect("32 bytes");
    (key, key[..16].try_into().expect("16 bytes"))
}

/// Encrypts whole blocks as they are.
pub fn encrypt(letters: &str, mut text: Vec<u8>) -> String {
    let (key, iv) = key(letters);
    let (blocks, rest) = Array::slice_as_chunks_mut(&mut text);
    assert!(rest.is_empty(), "whole blocks");
    cbc::Encryptor::<Aes256>::new(&key.into(), &iv.into()).encrypt_blocks(blocks);
    BASE64.encode(text)
}

/// Random bytes, message and receiver of what is inside.
pub fn inside(letters: &str, encrypt: &str) -> ([u8; 16], Vec<u8>, String) {
    let (key, iv) = key(letters);
    let mut text = BASE64.decode(encrypt).expect("base64");
    let (blocks, _) = Array::slice_as_chunks_mut(&mut text);
    cbc::Decryptor::<Aes256>::new(&key.into(), &iv.into()).decrypt_blocks(blocks);
    let padding = usize::from(*text.last().expect("not empty"));
    text.truncate(text.len() - padding);
    let length = u32::from_be_bytes(text[16..20].try_into().expect("4 bytes"));
    let (message, receiver) = text[20..].split_at(usize::try_from(length).expect("small"));
    let receiver = String::from_utf8(receiver.to_vec()).expect("letters");
    (text[..16].try_into().expect("16 bytes"), message.to_vec(), receiver)
}

/// Signs as the platform does, whatever is in it.
pub fn letter(encrypt: String, timestamp: &str) -> Letter {
    let nonce = "1372623149".to_owned();
    let mut all = [TOKEN, timestamp, &nonce, &encrypt];
    all.sort_unstable();
    let hash = Sha1::digest(all.concat());
    let signature = hash.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("text grows");
        text
    });
    Letter { signature, timestamp: timestamp.to_owned(), nonce, encrypt }
}

/// A letter of now, rightly signed, that holds these bytes as they are.
pub fn holding(text: Vec<u8>) -> Letter {
    letter(encrypt(KEY, text), &(NOW / 1000).to_string())
}

/// Random bytes, length, message and receiver, without padding.
pub fn text(length: u32, message: &[u8], receiver: &str) -> Vec<u8> {
    [b"0123456789abcdef", &length.to_be_bytes()[..], message, receiver.as_bytes()].concat()
}
