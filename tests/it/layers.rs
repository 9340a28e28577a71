//! The house plan, held: which room may know which, and where outside crates and effects belong.
//!
//! The sources are read as tokens, not compiled: paths that begin with `crate`, `super` or `self` are
//! followed to the room that they name, also through groups; all others name an outside crate.

use crate::paths::{Path, paths, resolve};
use std::path::Path as File;

/// A room: its floor, and the rooms that it may import from.
struct Room {
    name: &'static str,
    floor: u8,
    may: &'static [&'static str],
}

const fn room(name: &'static str, floor: u8, may: &'static [&'static str]) -> Room {
    Room { name, floor, may }
}

const BELOW: &[&str] = &["*"];

/// Every room. Nothing is imported from a floor above, nor from a neighbour, unless it is listed.
const ROOMS: &[Room] = &[
    room("model", 1, &[]),
    room("clock", 1, &["model"]),
    room("metrics", 1, &["model"]),
    room("text", 2, &["model"]),
    room("store", 2, &["model", "clock"]),
    room("connector", 3, &["model", "text", "clock", "metrics"]),
    room("desk", 3, &["model", "text", "store", "clock", "metrics"]),
    room("search", 4, &["model", "store"]),
    room("bot", 4, &["model", "text", "store", "connector", "desk", "search", "clock", "metrics"]),
    room(
        "rounds",
        4,
        &["model", "text", "store", "connector", "desk", "search", "clock", "metrics"],
    ),
    room("web", 4, &["model", "text", "store", "connector", "desk", "search", "clock", "metrics"]),
    room("config", 5, BELOW),
    room("app", 6, BELOW),
    room("cli", 7, BELOW),
    room("main", 7, BELOW),
];

/// Where an outside crate, or an effect, belongs: beginnings of paths under `src/`.
const CONFINED: &[(&[&str], &[&str])] = &[
    (&["sled"], &["store/sled"]),
    (&["libc"], &["store/sled"]),
    (&["fs4"], &["store/"]),
    (&["postcard"], &["store/"]),
    (&["tokio_postgres"], &["store/postgres"]),
    (&["rustls"], &["store/postgres", "connector/email"]),
    (&["tokio_rustls"], &["store/postgres", "connector/email"]),
    (&["rustls_native_certs"], &["store/postgres", "connector/email"]),
    (&["ring"], &["connector/email"]),
    (&["mail_parser"], &["connector/email"]),
    (&["imap_proto"], &["connector/email"]),
    (&["lettre"], &["connector/email", "config/email.rs"]),
    (&["chacha20poly1305"], &["store/vault"]),
    (&["argon2"], &["store/vault"]),
    (&["cron"], &["model/schedule"]),
    (&["pulldown_cmark"], &["text/"]),
    (&["minijinja"], &["text/"]),
    (&["teloxide"], &["connector/telegram"]),
    (&["aes"], &["connector/signed"]),
    (&["cbc"], &["connector/signed"]),
    (&["p256"], &["connector/signed"]),
    (&["hkdf"], &["connector/signed"]),
    (&["aes_gcm"], &["connector/signed"]),
    (&["sha1"], &["connector/signed"]),
    (&["base64"], &["connector/"]),
    (&["md5"], &["connector/robot/"]),
    (&["quick_xml"], &["connector/xml.rs"]),
    (&["tokio_tungstenite"], &["connector/socket"]),
    (&["prost"], &["connector/feishu"]),
    (&["reqwest"], &["connector/http.rs", "connector/telegram", "rounds/feeds"]),
    (&["feed_rs"], &["rounds/feeds"]),
    (&["scraper"], &["rounds/feeds"]),
    (&["encoding_rs"], &["rounds/feeds"]),
    (&["chardetng"], &["rounds/feeds"]),
    (&["axum"], &["web/", "app"]),
    (&["tower"], &["web/", "app"]),
    (&["tower_http"], &["web/", "app"]),
    (&["askama"], &["web/"]),
    (&["ab_glyph"], &["web/poster"]),
    (&["png"], &["web/poster"]),
    (&["qrcode"], &["web/poster"]),
    (&["rss"], &["web/"]),
    (&["atom_syndication"], &["web/"]),
    (&["prometheus_client"], &["metrics", "web/"]),
    (&["toml"], &["config"]),
    (&["toml_edit"], &["config"]),
    (&["rpassword"], &["cli"]),
    (&["clap"], &["main.rs", "cli"]),
    (&["tracing_subscriber"], &["main.rs", "cli", "app"]),
    (&["tokio", "spawn"], &["app", "rounds/mod.rs"]),
    (&["tokio", "task", "spawn"], &["app", "rounds/mod.rs"]),
    (&["std", "env"], &["config", "main.rs", "cli"]),
    (&["Utc", "now"], &["clock.rs"]),
    (&["Local", "now"], &["clock.rs"]),
    (&["SystemTime", "now"], &["clock.rs"]),
    (&["Instant", "now"], &["clock.rs", "metrics"]),
    (&["Uuid", "now_v7"], &["clock.rs"]),
    (&["Uuid", "new_v4"], &["clock.rs"]),
];

/// What nobody may name but the rooms that put the house together and set it up.
const BACKENDS: &[&[&str]] = &[&["store", "sled"], &["store", "postgres"]];

/// What is against the plan in one file, `src/…`, that says `text`.
fn breaches(file: &str, text: &str) -> Vec<String> {
    let own = file.split(['/', '.']).next().unwrap_or_default();
    if file == "lib.rs" {
        return Vec::new();
    }
    let Some(home) = ROOMS.iter().find(|r| r.name == own) else {
        return vec![format!("{file}: the room {own} is not in the plan")];
    };
    let paths = paths(text);
    let locals: Vec<String> = paths.iter().filter_map(Path::brings).collect();
    let mut found = Vec::new();
    for path in &paths {
        match resolve(path, file) {
            Some(inside) => found.extend(inner(home, &inside)),
            None if path.segments.first().is_some_and(|first| locals.contains(first)) => {}
            None => found.extend(outer(file, &path.segments)),
        }
    }
    found.sort();
    found.dedup();
    found.into_iter().map(|what| format!("{file}: {what}")).collect()
}

fn inner(home: &Room, path: &[String]) -> Option<String> {
    let there = ROOMS.iter().find(|r| path.first().is_some_and(|p| p == r.name))?;
    if there.name == home.name {
        return None;
    }
    let backend = BACKENDS.iter().any(|b| path.len() >= 2 && path[..2] == **b);
    if backend && home.floor < 5 {
        return Some(format!("{} names the backend {}", home.name, path[..2].join("::")));
    }
    let allowed = home.may == BELOW && there.floor < home.floor || home.may.contains(&there.name);
    let way = if there.floor > home.floor { "up into" } else { "from" };
    (!allowed).then(|| format!("{} may not import {way} {}", home.name, there.name))
}

fn outer(file: &str, path: &[String]) -> Option<String> {
    let named = |rule: &[&str]| match rule {
        // An effect may be named by its last words; a crate only by its first.
        [first, ..] if first.starts_with(char::is_uppercase) => {
            path.windows(rule.len()).any(|w| w == rule)
        }
        _ => path.len() >= rule.len() && path[..rule.len()] == *rule,
    };
    let (rule, homes) = CONFINED.iter().find(|(rule, _)| named(rule))?;
    let at_home = homes.iter().any(|home| file.starts_with(home));
    (!at_home).then(|| format!("{} belongs to {}", rule.join("::"), homes.join(", ")))
}

fn sources(dir: &File, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a directory of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<(String, String)> {
    let src = File::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.strip_prefix(&src).expect("under src").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).expect("a source"))
    };
    files.iter().map(read).collect()
}

#[test]
fn every_room_knows_only_what_the_plan_lets_it_know() {
    let sources = all_sources();
    assert!(sources.len() > 20, "the sources were not found");
    let found: Vec<String> = sources.iter().flat_map(|(file, text)| breaches(file, text)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_room_opens_with_its_invariant() {
    for (file, text) in all_sources() {
        let own = file.split(['/', '.']).next().unwrap_or_default();
        let opens = file == format!("{own}.rs") || file == format!("{own}/mod.rs");
        let plain = ["lib", "main", "cli"].contains(&own);
        if opens && !plain {
            let head: Vec<&str> = text.lines().take_while(|l| l.starts_with("//!")).collect();
            assert!(
                head.iter().any(|l| l.contains("**Invariant")),
                "src/{file} states no invariant"
            );
        }
    }
}

#[test]
fn the_watch_on_the_rooms_sees_every_way_in() {
    let seen = |file: &str, text: &str| breaches(file, text).join("\n");
    let up = "model/post.rs: model may not import up into desk";
    assert_eq!(seen("model/post.rs", "use crate::desk::Desk;"), up);
    assert_eq!(seen("model/post.rs", "use crate::{model::At, desk::{self, Desk}};"), up);
    assert_eq!(seen("model/post.rs", "fn f() { crate :: desk :: run() }"), up);
    assert_eq!(seen("model/post.rs", "use super::super::desk;"), up);
    assert_eq!(seen("model/post.rs", "mod inner { use super::super::super::desk::X; }"), up);
    assert_eq!(seen("model/post.rs", "mod inner { use super::super::desk::X; }"), "");
    assert_eq!(
        seen("bot/mod.rs", "use crate::web::Page;"),
        "bot/mod.rs: bot may not import from web"
    );
    assert_eq!(
        seen("text/mod.rs", "use crate::store;"),
        "text/mod.rs: text may not import from store"
    );
    assert_eq!(
        seen("desk/a.rs", "use crate::store::{Store, sled::SledStore};"),
        "desk/a.rs: desk names the backend store::sled"
    );
    assert_eq!(seen("utils/mod.rs", ""), "utils/mod.rs: the room utils is not in the plan");
    assert_eq!(
        seen("desk/a.rs", "use crate::model::Post; // crate::web\nlet s = \"crate::web\";"),
        ""
    );
    assert_eq!(
        seen(
            "desk/a.rs",
            "/* crate::web /* nested */ crate::bot */ let c = '\"'; r#\"crate::web\"#;"
        ),
        ""
    );
    assert_eq!(
        seen("desk/a.rs", "fn f<'a>(x: &'a str) { crate::bot::go(x) }"),
        "desk/a.rs: desk may not import up into bot"
    );
}

#[test]
fn the_watch_on_outside_crates_sees_every_way_in() {
    let seen = |file: &str, text: &str| breaches(file, text).join("\n");
    assert_eq!(seen("store/mod.rs", "use sled::Db;"), "store/mod.rs: sled belongs to store/sled");
    assert_eq!(seen("store/mod.rs", "pub mod sled; pub use sled::SledStore;"), "");
    assert_eq!(seen("app/mod.rs", "use crate::store::sled; fn f() { sled::open() }"), "");
    assert_eq!(seen("store/sled/mod.rs", "use ::sled::Db;"), "");
    assert_eq!(seen("desk/a.rs", "use ::sled::Db;"), "desk/a.rs: sled belongs to store/sled");
    assert_eq!(
        seen("bot/a.rs", "fn f() { tokio::spawn(x) }"),
        "bot/a.rs: tokio::spawn belongs to app, rounds/mod.rs"
    );
    assert_eq!(
        seen("bot/a.rs", "use tokio::{select, spawn};"),
        "bot/a.rs: tokio::spawn belongs to app, rounds/mod.rs"
    );
    assert_eq!(seen("bot/a.rs", "use tokio::time::sleep;"), "");
    assert_eq!(
        seen("bot/a.rs", "use std::{env, fmt};"),
        "bot/a.rs: std::env belongs to config, main.rs, cli"
    );
    assert_eq!(
        seen("bot/a.rs", "let t = chrono::Utc::now();"),
        "bot/a.rs: Utc::now belongs to clock.rs"
    );
    assert_eq!(
        seen("bot/a.rs", "let t = Instant::now();"),
        "bot/a.rs: Instant::now belongs to clock.rs, metrics"
    );
    assert_eq!(
        seen("desk/a.rs", "#[derive(clap::Parser)] struct A;"),
        "desk/a.rs: clap belongs to main.rs, cli"
    );
}
