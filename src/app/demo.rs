//! The demo: the real daemon on sample data, in a directory of its own, without any account.

use super::AppError;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Overrides};
use crate::model::Code;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

const CONFIG: &str = include_str!("../../config/demo/demo.toml");
const FEED: &str = include_str!("../../config/demo/feed.xml");

/// The secrets of the demo's seats, kept in its directory so that their addresses stay the same.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Seats {
    /// The editor's.
    pub editor: Code,
    /// The reviewer's.
    pub reviewer: Code,
    /// The lead's.
    pub lead: Code,
}

/// Makes the demo's directory, or finds it as it was left, and its configuration.
///
/// # Errors
/// When the directory cannot be written.
pub fn prepare(dir: &Path, listen: SocketAddr) -> Result<Config, AppError> {
    let dir = std::path::absolute(dir)?;
    std::fs::create_dir_all(&dir)?;
    let feed = dir.join("feed.xml");
    if !feed.exists() {
        std::fs::write(&feed, FEED)?;
    }
    let seats = seats(&dir)?;
    let text = CONFIG
        .replace("{dir}", &dir.display().to_string())
        .replace("{listen}", &listen.to_string())
        .replace("{editor}", &hash(&seats.editor))
        .replace("{reviewer}", &hash(&seats.reviewer))
        .replace("{lead}", &hash(&seats.lead));
    let file = dir.join("demo.toml");
    std::fs::write(&file, text)?;
    Ok(Config::load(&file, &Overrides::default())?)
}

/// The secrets of the seats in `dir`; made at the first time.
pub(super) fn seats(dir: &Path) -> Result<Seats, AppError> {
    let file = dir.join("seats.json");
    if let Ok(text) = std::fs::read_to_string(&file)
        && let Ok(seats) = serde_json::from_str(&text)
    {
        return Ok(seats);
    }
    let secret = || {
        let mut bytes = [0u8; 32];
        SystemClock.random(&mut bytes);
        Code::from_random(&bytes)
    };
    let seats = Seats { editor: secret(), reviewer: secret(), lead: secret() };
    std::fs::write(&file, serde_json::to_vec_pretty(&seats).map_err(std::io::Error::from)?)?;
    Ok(seats)
}

fn hash(secret: &Code) -> String {
    let hash = Sha256::digest(secret.as_str().as_bytes());
    hash.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
