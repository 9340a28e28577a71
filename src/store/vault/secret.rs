//! Secret codes of receipts: kept as hashes that are slow to guess.

use super::VaultError;
use crate::clock::Clock;
use crate::model::Code;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{CustomizedPasswordHasher, Error, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params};

/// Argon2id with 19 MiB, two passes, one lane: what OWASP's Password Storage Cheat Sheet asks for at
/// least. About 20 ms and 19 MiB on a small server for each try, which the wait between tries bounds.
const PARAMS: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Hashes a receipt's secret code, as a PHC string. Takes tens of milliseconds: not on a thread that
/// others wait for.
///
/// # Errors
/// When there is not enough memory.
pub fn hash_secret(code: &Code, random: &dyn Clock) -> Result<String, VaultError> {
    let failed = |e: &dyn std::fmt::Display| VaultError::Hash(e.to_string());
    let (memory, passes, lanes) = PARAMS;
    let params = Params::new(memory, passes, lanes, None).map_err(|e| failed(&e))?;
    let mut salt = [0; 16];
    random.random(&mut salt);
    let algorithm = Some(Algorithm::Argon2id.ident().as_str().to_owned());
    let hash: PasswordHash = Argon2::default()
        .hash_password_customized(
            code.as_str().as_bytes(),
            &salt,
            algorithm.as_deref(),
            None,
            params,
        )
        .map_err(|e| failed(&e))?;
    Ok(hash.to_string())
}

/// True when `phc` is the hash of this code; compared in constant time, with the cost that the hash
/// itself names. As slow as [`hash_secret`].
///
/// # Errors
/// When `phc` is no such hash.
pub fn verify_secret(code: &Code, phc: &str) -> Result<bool, VaultError> {
    let hash = PasswordHash::new(phc).map_err(|e| VaultError::Hash(e.to_string()))?;
    match Argon2::default().verify_password(code.as_str().as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(e) => Err(VaultError::Hash(e.to_string())),
    }
}
