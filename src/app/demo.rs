//! The demo: the real daemon on sample data, in a directory of its own, without any account.

use super::AppError;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Overrides};
use crate::model::{Code, hex};
use crate::store::sled;
use crate::text::say::operator::TroubleSays;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
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
    std::fs::create_dir_all(&dir).map_err(|e| refused(&dir, &e))?;
    // A second demo over the same directory must not write over what the first one runs on.
    drop(sled::lock(&dir.join("data"))?);
    let feed = dir.join("feed.xml");
    if !feed.exists() {
        write(&feed, FEED.as_bytes())?;
    }
    let seats = seats(&dir)?;
    let listen = free(listen)?;
    let text = CONFIG
        .replace("{dir}", &within_quotes(&dir)?)
        .replace("{listen}", &listen.to_string())
        .replace("{editor}", &hash(&seats.editor))
        .replace("{reviewer}", &hash(&seats.reviewer))
        .replace("{lead}", &hash(&seats.lead));
    let file = dir.join("demo.toml");
    write(&file, text.as_bytes())?;
    Ok(Config::load(&file, &Overrides::default())?)
}

/// The secrets of the seats in `dir`; made at the first time.
pub(super) fn seats(dir: &Path) -> Result<Seats, AppError> {
    let file = dir.join("seats.json");
    if let Ok(text) = std::fs::read_to_string(&file)
        && let Ok(seats) = serde_json::from_str(&text)
    {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))
            .map_err(|e| refused(&file, &e))?;
        return Ok(seats);
    }
    let secret = || {
        let mut bytes = [0u8; 32];
        SystemClock.random(&mut bytes);
        Code::from_random(&bytes)
    };
    let seats = Seats { editor: secret(), reviewer: secret(), lead: secret() };
    write(&file, &serde_json::to_vec_pretty(&seats).map_err(std::io::Error::from)?)?;
    Ok(seats)
}

/// The address with a port that is free, where the system is to choose one: its pages name it in links.
fn free(listen: SocketAddr) -> Result<SocketAddr, AppError> {
    if listen.port() != 0 {
        return Ok(listen);
    }
    Ok(std::net::TcpListener::bind(listen)?.local_addr()?)
}

/// Writes a file that only its owner can read, wholly or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    let new = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let written = options.open(&new).and_then(|mut file| file.write_all(bytes));
    written.and_then(|()| std::fs::rename(&new, path)).map_err(|e| refused(path, &e))
}

fn refused(path: &Path, error: &std::io::Error) -> AppError {
    let path = path.display().to_string();
    TroubleSays::DemoUnusable { path, why: error.into() }.into()
}

/// A path as it stands between the quotes of a TOML text.
fn within_quotes(path: &Path) -> Result<String, AppError> {
    let text = path
        .to_str()
        .ok_or_else(|| TroubleSays::DemoNotUtf8 { path: path.display().to_string() })?;
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    Ok(text.chars().map(escape).collect())
}

fn hash(secret: &Code) -> String {
    hex(&Sha256::digest(secret.as_str().as_bytes()))
}
