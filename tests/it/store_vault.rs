//! The vault: what is sealed can be read by its drawer alone, and by nobody once its key is gone.

use crate::clock::StandingClock;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use tongxin::clock::SystemClock;
use tongxin::model::{
    AccountId, Changes, Code, Drawer, Identity, MessageRef, Platform, Sealed, Segments, Suggestion,
};
use tongxin::store::sled::{Settings, SledStore};
use tongxin::store::vault::{Lost, Parts, Vault, VaultError, hash_secret, verify_secret};
use tongxin::store::{Reads, Store};

fn open(dir: &Path) -> Parts {
    Vault::open(dir, Arc::new(SystemClock)).expect("opens")
}

fn holds(dir: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(dir).expect("a directory").any(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        let bytes = std::fs::read(&path).expect("reads");
        bytes.windows(needle.len()).any(|w| w == needle)
    })
}

#[test]
fn what_was_sealed_is_opened_by_its_drawer_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    assert!(!Vault::exists(dir.path()));
    let parts = open(dir.path());
    assert!(Vault::exists(dir.path()));
    let text = parts.sealer.seal(Drawer::Text, "路灯坏了".as_bytes()).expect("seals");
    let address = parts.sealer.seal(Drawer::Address, b"chat 7").expect("seals");
    assert_eq!(parts.texts.open(&text), Ok(Some("路灯坏了".as_bytes().to_vec())));
    assert_eq!(parts.addresses.open(&address), Ok(Some(b"chat 7".to_vec())));
    assert_eq!(parts.texts.open(&address), Err(VaultError::Damaged(address.slot)));
    assert_eq!(parts.addresses.open(&text), Err(VaultError::Damaged(text.slot)));
}

#[test]
fn sealed_bytes_that_were_altered_or_moved_are_not_opened() {
    let dir = tempfile::tempdir().expect("a directory");
    let parts = open(dir.path());
    let one = parts.sealer.seal(Drawer::Text, b"one").expect("seals");
    let two = parts.sealer.seal(Drawer::Text, b"two").expect("seals");
    let mut altered = one.clone();
    *altered.bytes.last_mut().expect("bytes") ^= 1;
    let moved = Sealed { slot: two.slot, bytes: one.bytes.clone() };
    let cut = Sealed { slot: one.slot, bytes: one.bytes[..9].to_vec() };
    for wrong in [altered, moved, cut] {
        assert_eq!(parts.texts.open(&wrong), Err(VaultError::Damaged(wrong.slot)));
    }
}

#[test]
fn sealed_bytes_are_opened_after_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let parts = open(dir.path());
    let many: Vec<_> = (0..600u32)
        .map(|n| parts.sealer.seal(Drawer::Text, &n.to_be_bytes()).expect("seals"))
        .collect();
    let slots: HashSet<_> = many.iter().map(|s| s.slot).collect();
    assert_eq!(slots.len(), 600, "each has a key of its own");
    let name = parts.hasher.member(&Identity::new(Platform::Telegram, "4242"));
    drop(parts);
    let parts = open(dir.path());
    for (n, sealed) in (0..600u32).zip(&many) {
        assert_eq!(parts.texts.open(sealed), Ok(Some(n.to_be_bytes().to_vec())));
    }
    assert_eq!(parts.hasher.member(&Identity::new(Platform::Telegram, "4242")), name);
    let next = parts.sealer.seal(Drawer::Text, b"next").expect("seals");
    assert!(!slots.contains(&next.slot), "no key is used twice");
}

#[test]
fn a_destroyed_key_opens_nothing_and_leaves_nothing_in_the_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let parts = open(dir.path());
    let gone = parts.sealer.seal(Drawer::Text, b"gone").expect("seals");
    let kept = parts.sealer.seal(Drawer::Text, b"kept").expect("seals");
    let at = 64 * (gone.slot.index as usize + 1);
    let before = std::fs::read(dir.path().join("texts.keys")).expect("reads");
    let key = &before[at + 8..at + 40];
    assert_ne!(key, [0; 32]);
    for _ in 0..2 {
        parts.sealer.destroy(&[gone.slot]).expect("destroys");
    }
    assert!(!holds(dir.path(), key));
    assert_eq!(parts.texts.open(&gone), Ok(None));
    assert_eq!(parts.texts.open(&kept), Ok(Some(b"kept".to_vec())));
    drop(parts);
    let parts = open(dir.path());
    assert_eq!(parts.texts.open(&gone), Ok(None));
}

#[test]
fn a_destroyed_slot_waits_for_a_reclaim_and_gets_another_key() {
    let dir = tempfile::tempdir().expect("a directory");
    let parts = open(dir.path());
    let gone = parts.sealer.seal(Drawer::Text, b"gone").expect("seals");
    let kept = parts.sealer.seal(Drawer::Text, b"kept").expect("seals");
    parts.sealer.destroy(&[gone.slot]).expect("destroys");
    for _ in 0..200 {
        assert_ne!(parts.sealer.seal(Drawer::Text, b"x").expect("seals").slot, gone.slot);
    }
    drop(parts);
    let parts = open(dir.path());
    let free = parts.sealer.reclaim(&|slot| slot == kept.slot, Lost::Destroyed).expect("reclaims");
    assert_eq!(free, 256 - 1);
    let again: Vec<_> =
        (0..free).map(|_| parts.sealer.seal(Drawer::Text, b"again").expect("seals")).collect();
    let again: HashSet<_> = again.iter().map(|s| s.slot).collect();
    assert!(again.contains(&gone.slot) && !again.contains(&kept.slot));
    assert_eq!(again.len(), free);
    assert_eq!(parts.texts.open(&gone), Ok(None), "erased stays erased under another key");
    assert_eq!(parts.texts.open(&kept), Ok(Some(b"kept".to_vec())));
    assert_eq!(std::fs::metadata(dir.path().join("texts.keys")).expect("is").len(), 64 * 257);
}

#[test]
fn keys_that_other_data_may_need_are_kept() {
    let dir = tempfile::tempdir().expect("a directory");
    let parts = open(dir.path());
    let seal = |parts: &Parts, plain| parts.sealer.seal(Drawer::Text, plain).expect("seals");
    let (gone, one) = (seal(&parts, b"gone"), seal(&parts, b"one"));
    parts.sealer.destroy(&[gone.slot]).expect("destroys");
    drop(parts);
    // The data are known to be others: only a slot without a key is free.
    let parts = open(dir.path());
    assert_eq!(parts.sealer.reclaim(&|_| false, Lost::Kept), Ok(1));
    assert_eq!(parts.texts.open(&one), Ok(Some(b"one".to_vec())));
    let two = seal(&parts, b"two");
    for _ in 0..256 {
        seal(&parts, b"more");
    }
    drop(parts);
    // No crash leaves so many behind.
    let parts = open(dir.path());
    assert_eq!(parts.sealer.reclaim(&|_| false, Lost::Destroyed), Ok(0));
    for (sealed, plain) in [(&one, b"one"), (&two, b"two")] {
        assert_eq!(parts.texts.open(sealed), Ok(Some(plain.to_vec())));
    }
}

#[test]
fn a_second_process_and_a_lost_file_are_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let parts = open(dir.path());
    let refused = |dir: &Path| Vault::open(dir, Arc::new(SystemClock)).expect_err("refuses");
    assert!(matches!(refused(dir.path()), VaultError::Busy(_)));
    parts.sealer.seal(Drawer::Address, b"x").expect("seals");
    drop(parts);
    let (texts, aside) = (dir.path().join("texts.keys"), dir.path().join("aside"));
    std::fs::rename(&texts, &aside).expect("renames");
    assert!(!Vault::exists(dir.path()));
    assert_eq!(refused(dir.path()), VaultError::Missing(texts.clone()));
    std::fs::rename(&aside, &texts).expect("renames");
    std::fs::copy(&texts, dir.path().join("addresses.keys")).expect("copies");
    assert!(matches!(refused(dir.path()), VaultError::Foreign { .. }));
    std::fs::remove_file(dir.path().join("addresses.keys")).expect("removes");
    assert!(matches!(refused(dir.path()), VaultError::Missing(_)));
}

#[test]
fn a_vault_half_made_or_cut_in_its_last_slot_is_finished() {
    let dir = tempfile::tempdir().expect("a directory");
    drop(open(dir.path()));
    std::fs::remove_file(dir.path().join("texts.keys")).expect("removes");
    let parts = open(dir.path());
    let sealed = parts.sealer.seal(Drawer::Text, b"x").expect("seals");
    drop(parts);
    let path = dir.path().join("texts.keys");
    let file = std::fs::OpenOptions::new().write(true).open(&path).expect("opens");
    file.set_len(64 * 200 + 7).expect("cuts");
    drop(file);
    let parts = open(dir.path());
    assert_eq!(parts.texts.open(&sealed), Ok(Some(b"x".to_vec())));
    let next = parts.sealer.seal(Drawer::Text, b"y").expect("seals");
    assert_eq!(next.slot.index, 199);
    assert_eq!(parts.texts.open(&next), Ok(Some(b"y".to_vec())));
}

#[cfg(unix)]
#[test]
fn key_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let outer = tempfile::tempdir().expect("a directory");
    let dir = outer.path().join("keys");
    drop(open(&dir));
    let mode = |path: &Path| std::fs::metadata(path).expect("is").permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join("texts.keys")), 0o600);
    assert_eq!(mode(&dir.join("addresses.keys")), 0o600);
}

#[test]
fn hashed_names_differ_by_label_account_and_key_file() {
    let (one, two) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let (one, two) = (open(one.path()).hasher, open(two.path()).hasher);
    let who = Identity::new(Platform::Telegram, "4242");
    assert_eq!(one.member(&who), one.clone().member(&who));
    assert_ne!(one.member(&who), two.member(&who));
    assert_ne!(one.keyed("a", b"x"), one.keyed("b", b"x"));
    assert_ne!(one.keyed("a", b"bx"), one.keyed("ab", b"x"));
    let (a, b) = (AccountId("a".to_owned()), AccountId("b".to_owned()));
    assert_ne!(one.chat(&a, "7"), one.chat(&b, "7"));
    let message = |chat: &str, message: &str| {
        let (chat, message) = (chat.to_owned(), message.to_owned());
        one.message(&MessageRef { account: a.clone(), chat, message })
    };
    assert_eq!(message("7", "11"), message("7", "11"));
    assert_ne!(message("7", "11"), message("71", "1"));
}

#[test]
fn a_receipts_secret_is_known_again_by_its_hash_alone() {
    let clock = StandingClock::at("2026-01-01T00:00:00Z");
    let code = Code::parse("K7QM-2XWD-9FTR").expect("a code");
    let hash = hash_secret(&code, &clock).expect("hashes");
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert_ne!(hash, hash_secret(&code, &clock).expect("hashes"), "each has its own salt");
    assert_eq!(verify_secret(&code, &hash), Ok(true));
    let typed = Code::parse("k7qm 2xwd 9ftr").expect("a code");
    assert_eq!(verify_secret(&typed, &hash), Ok(true));
    let other = Code::parse("K7QM-2XWD-9FTS").expect("a code");
    assert_eq!(verify_secret(&other, &hash), Ok(false));
    assert!(matches!(verify_secret(&code, "not a hash"), Err(VaultError::Hash(_))));
}

/// A suggestion whose one text is `text`.
fn suggestion(text: Sealed) -> Suggestion {
    use tongxin::model::{At, Chain, Lang, Phase, Return, SuggestionId, Tries};
    let code = Code::parse("2026").expect("a code");
    Suggestion {
        id: SuggestionId(uuid::Uuid::from_u128(1)),
        number: code.clone(),
        pseudonym: code,
        post: None,
        member: None,
        back: Return::Page,
        lang: Lang::Zh,
        texts: vec![text],
        consent: None,
        secret: None,
        message: None,
        created: At::from_millis(0),
        phase: Phase::Draft { until: At::from_millis(1) },
        questions: 0,
        answer: None,
        chain: Chain::default(),
        tries: Tries::default(),
        clocks: None,
        sorting: None,
    }
}

#[tokio::test]
async fn what_people_wrote_is_nowhere_on_the_disk_and_after_erasure_nobody_can_read_it() {
    let (data, keys) = (tempfile::tempdir().expect("data"), tempfile::tempdir().expect("keys"));
    let canary = "金丝雀-canary-7f3a".as_bytes();
    let parts = open(keys.path());
    let store = SledStore::open(data.path(), &Settings::default()).expect("opens");
    let sealed = parts.sealer.seal(Drawer::Text, canary).expect("seals");
    let kept = suggestion(sealed.clone());
    let mut changes = Changes::new();
    changes.insert(kept.clone());
    store.commit(changes).await.expect("commits");
    assert_eq!(parts.texts.open(&sealed), Ok(Some(canary.to_vec())));
    let (file, at) = (keys.path().join("texts.keys"), 64 * (sealed.slot.index as usize + 1));
    let key = std::fs::read(file).expect("reads")[at + 8..at + 40].to_vec();
    parts.sealer.destroy(&kept.slots()).expect("destroys");
    let key_of_it = Segments::new().id(kept.id.0).key(tongxin::model::Kind::Suggestion);
    assert!(
        store.get(&key_of_it).await.expect("reads").is_some(),
        "what was sealed is still there"
    );
    assert_eq!(parts.texts.open(&sealed), Ok(None));
    store.close().expect("closes");
    for dir in [data.path(), keys.path()] {
        assert!(!holds(dir, canary), "plain text in {}", dir.display());
        assert!(!holds(dir, &key), "its key in {}", dir.display());
    }
    assert!(holds(data.path(), &sealed.bytes), "the search would have found it");
}

#[test]
fn processes_that_share_the_keys_open_what_the_others_sealed_and_never_use_one_slot_twice() {
    let dir = tempfile::tempdir().expect("a directory");
    let open = || Vault::open_shared(dir.path(), Arc::new(SystemClock)).expect("opens");
    let (one, two) = (open(), open());
    // Alone is alone: neither beside them, nor they beside it.
    assert!(matches!(Vault::open(dir.path(), Arc::new(SystemClock)), Err(VaultError::Busy(_))));
    let mut slots = std::collections::HashSet::new();
    for n in 0..600u32 {
        for (from, to) in [(&one, &two), (&two, &one)] {
            let words = format!("建议{n}");
            let sealed = from.sealer.seal(Drawer::Text, words.as_bytes()).expect("seals");
            assert!(slots.insert(sealed.slot), "slot {:?} was used twice", sealed.slot);
            let opened = to.texts.open(&sealed).expect("opens");
            assert_eq!(opened.as_deref(), Some(words.as_bytes()));
            if n % 100 == 0 {
                // What one erases, the other cannot read, and neither takes the slot again.
                to.sealer.destroy(&[sealed.slot]).expect("destroys");
                assert_eq!(from.texts.open(&sealed).expect("reads"), None);
            }
        }
    }
    // Nothing is reclaimed while others may be about to refer to it.
    assert_eq!(one.sealer.reclaim(&|_| false, Lost::Destroyed).expect("looks"), 0);
    assert_eq!(one.hasher.keyed("x", b"y"), two.hasher.keyed("x", b"y"));
}
