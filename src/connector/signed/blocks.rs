//! AES-256-CBC and its padding: every added byte says how many were added, at least one (RFC 5652, 6.3).

use super::Untrusted;
use aes::Aes256;
use cbc::cipher::{Array, BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use cbc::{Decryptor, Encryptor};

/// The block of the cipher, in bytes.
pub(super) const BLOCK: usize = 16;

/// Adds 1 to `to` bytes, up to a multiple of `to`, which is a multiple of [`BLOCK`] below 256.
pub(super) fn encrypt(key: &[u8; 32], iv: [u8; BLOCK], mut bytes: Vec<u8>, to: u8) -> Vec<u8> {
    let over = bytes.len() % usize::from(to);
    let added = to - u8::try_from(over).unwrap_or(0);
    bytes.resize(bytes.len() + usize::from(added), added);
    let (blocks, _) = Array::slice_as_chunks_mut(&mut bytes);
    Encryptor::<Aes256>::new(&(*key).into(), &iv.into()).encrypt_blocks(blocks);
    bytes
}

/// What was encrypted, without the 1 to `most` bytes that were added.
pub(super) fn decrypt(
    key: &[u8; 32],
    iv: [u8; BLOCK],
    mut bytes: Vec<u8>,
    most: u8,
) -> Result<Vec<u8>, Untrusted> {
    let (blocks, rest) = Array::slice_as_chunks_mut(&mut bytes);
    if blocks.is_empty() || !rest.is_empty() {
        return Err(Untrusted::Malformed("no whole blocks".to_owned()));
    }
    Decryptor::<Aes256>::new(&(*key).into(), &iv.into()).decrypt_blocks(blocks);
    let added = bytes.last().copied().unwrap_or(0);
    let kept = bytes.len().checked_sub(usize::from(added));
    match kept {
        Some(kept) if (1..=most).contains(&added) && bytes[kept..].iter().all(|b| *b == added) => {
            bytes.truncate(kept);
            Ok(bytes)
        }
        _ => Err(Untrusted::Malformed("the padding is wrong".to_owned())),
    }
}
