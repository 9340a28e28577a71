//! Key files that are older than the data: somebody put a copy of yesterday back.

use crate::clock::StandingClock;
use crate::suggestions_room::{Room, direct};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use tongxin::model::*;
use tongxin::rounds::sweep::{Reclaimed, Sweep};
use tongxin::store::Store as _;
use tongxin::store::sled::{Settings, SledStore};
use tongxin::store::vault::{Lost, Parts, Vault};

const FILES: [&str; 2] = ["texts.keys", "addresses.keys"];

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for file in FILES {
        std::fs::copy(from.join(file), to.join(file)).expect("copies");
    }
}

/// Seals so many things of which nothing comes.
fn burn(parts: &Parts, count: usize) -> Vec<Sealed> {
    let drawers = [Drawer::Text, Drawer::Address].into_iter().cycle().take(count);
    drawers.map(|drawer| parts.sealer.seal(drawer, b"x").expect("seals")).collect()
}

async fn of(room: &Room, number: &Code) -> Versioned<Suggestion> {
    room.all().await.into_iter().find(|s| s.number == *number).expect("is there")
}

fn words(room: &Room, suggestion: &Versioned<Suggestion>) -> Option<String> {
    let opened = room.parts.texts.open(&suggestion.texts[0]).expect("opens");
    opened.map(|bytes| String::from_utf8(bytes).expect("text"))
}

#[tokio::test]
async fn what_was_sealed_since_cannot_be_read_and_takes_nothing_of_others_with_it() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    let (before, _) = room.submitted("zhou", "路灯坏了").await;
    let (keys, copied) = (room.dir.path().join("keys"), room.dir.path().join("yesterday"));
    copy(&keys, &copied);
    burn(&room.parts, 1_200);
    let (since, _) = room.submitted("li", "积水没人管").await;
    let slot = of(&room, &since).await.texts[0].slot;
    assert!(slot.index >= 512, "the copy has no such slot");

    let room = room.restarted_after(|_| copy(&copied, &keys));
    assert!(room.sweep.reclaim(Lost::Destroyed).await.expect("looks").missing > 0, "it is noticed");
    let used: HashSet<_> = burn(&room.parts, 1_800).iter().map(|sealed| sealed.slot).collect();
    assert!(!used.contains(&slot), "no new key is made in its place");
    let (after, _) = room.submitted("wang", "想多几张长椅").await;
    assert_eq!(words(&room, &of(&room, &before).await), Some("路灯坏了".into()));
    assert_eq!(words(&room, &of(&room, &since).await), None);
    room.writes("rev", &format!("/认领 {since}"), None).await;
    let shown = room.last(&direct("rev")).await.text;
    assert!(shown.contains("内容：（原文无法读取"), "{shown}");

    // To erase it destroys no key but its own.
    room.writes("li", "/忘记我", None).await;
    let asked = room.last(&direct("li")).await;
    room.presses("li", direct("li"), &asked, &asked.buttons[0].label.clone()).await;
    room.later(std::time::Duration::from_mins(2)).await;
    let room = room.restarted();
    assert_eq!(room.sweep.reclaim(Lost::Destroyed).await.expect("looks").missing, 0);
    assert_eq!(words(&room, &of(&room, &after).await), Some("想多几张长椅".into()));
    assert_eq!(words(&room, &of(&room, &before).await), Some("路灯坏了".into()));
}

#[tokio::test]
async fn nor_does_any_of_several_processes_make_a_key_in_its_place() {
    let dir = tempfile::tempdir().expect("a directory");
    let (keys, copied) = (dir.path().join("keys"), dir.path().join("yesterday"));
    let clock = Arc::new(StandingClock::at("2026-11-24T01:00:00Z"));
    let open = || Vault::open_shared(&keys, clock.clone()).expect("opens");
    let parts = open();
    burn(&parts, 2);
    copy(&keys, &copied);
    let last = burn(&parts, 1_200).pop().expect("some");
    drop(parts);
    let store = SledStore::open(&dir.path().join("data"), &Settings::default()).expect("opens");
    let store = Arc::new(store);
    let mut changes = Changes::new();
    changes.ensure(SealedAddress {
        subscriber: SubscriberId(uuid::Uuid::from_u128(1)),
        address: last.clone(),
    });
    store.commit(changes).await.expect("commits");
    copy(&copied, &keys);
    // The copy was made while somebody wrote: its last slot is cut.
    let file = std::fs::OpenOptions::new().append(true).open(keys.join(FILES[1])).expect("opens");
    std::io::Write::write_all(&mut &file, &[1; 7]).expect("writes");
    let (one, two) = (open(), open());
    for (parts, missing) in [(&one, 1), (&two, 0)] {
        let sweep = Sweep::new(store.clone(), parts.sealer.clone(), clock.clone());
        assert_eq!(sweep.reclaim(Lost::Destroyed).await, Ok(Reclaimed { free: 0, missing }));
    }
    for parts in [&one, &two] {
        let made = burn(parts, 2_000);
        assert!(made.iter().all(|sealed| sealed.slot != last.slot));
        assert_eq!(one.addresses.open(&last), Ok(None));
        assert_eq!(two.addresses.open(&made[1]), Ok(Some(b"x".to_vec())));
    }
}

#[tokio::test]
async fn words_that_are_damaged_are_told_as_such_and_hold_nothing_up() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    let (number, secret) = room.submitted("li", "积水没人管").await;
    let old = of(&room, &number).await;
    let mut now = old.value.clone();
    *now.texts[0].bytes.last_mut().expect("bytes") ^= 1;
    let mut changes = Changes::new();
    changes.update(&old, now);
    room.store.commit(changes).await.expect("commits");
    room.writes("rev", &format!("/认领 {number}"), None).await;
    let shown = room.last(&direct("rev")).await;
    assert!(shown.text.contains("内容：（原文无法读取"), "{}", shown.text);
    assert_eq!(of(&room, &number).await.phase.name(), PhaseName::Claimed);
    assert!(room.desk.receipt(&number, &secret).await.is_ok());
}
