//! A process that writes is killed, again and again, or its disk is full: what was acknowledged is
//! there.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tongxin::model::{Changes, ConsentText, Counter, Kind, Record, Stored};
use tongxin::store::sled::{Settings, SledStore, compact};
use tongxin::store::{Reads, Store, StoreError};

/// Names the directory for the process that will be killed.
const DIR: &str = "TONGXIN_KILL_DIR";
const KILLS: u32 = 30;
const TASKS: u32 = 4;

fn text(number: u32) -> ConsentText {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&number.to_be_bytes());
    ConsentText { hash, text: "字".repeat(1 + number as usize % 3_000) }
}

fn number(record: &Record) -> u32 {
    let Record::Consent(text) = record else { panic!("only texts were written") };
    u32::from_be_bytes(text.hash[..4].try_into().expect("four bytes"))
}

/// Tells the parent. Not by `println!`, which a test does not pass on.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("the parent listens");
}

/// The same for a process that compacts, again and again, until it is killed.
#[test]
fn the_process_that_is_killed_while_it_compacts() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    loop {
        say("compacting");
        compact(Path::new(&dir), &Settings::default()).expect("compacts");
    }
}

#[test]
fn a_store_outlives_every_kill_while_it_is_compacted() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = SledStore::open(dir.path(), &Settings::default()).expect("opens");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let kept: BTreeSet<_> = (0..200).collect();
    for n in &kept {
        let mut changes = Changes::new();
        changes.insert(text(*n));
        changes.add(Counter(b"texts".to_vec()), 1);
        runtime.block_on(store.commit(changes)).expect("commits");
    }
    drop(store);
    for round in 0..KILLS {
        let mut child =
            start(dir.path(), "store_kill::the_process_that_is_killed_while_it_compacts");
        let mut out = BufReader::new(child.stdout.take().expect("is piped")).lines();
        let mut seen = 0;
        while seen <= round % 3 {
            let line = out.next().expect("goes on").expect("text");
            seen += u32::from(line.ends_with("compacting"));
        }
        // Each time a little later within the work.
        for _ in 0..round * 400 {
            std::thread::yield_now();
        }
        child.kill().expect("kills");
        child.wait().expect("ends");
        look(dir.path(), &kept, round);
    }
}

fn start(dir: &Path, test: &str) -> Child {
    let this = std::env::current_exe().expect("a path");
    Command::new(this)
        .args(["--exact", test])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts")
}

/// Does something only in a process that one of the tests below started: it writes until it is
/// killed, or its store fails.
#[test]
fn the_process_that_is_killed() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    say("opening");
    let store = SledStore::open(Path::new(&dir), &Settings::default()).expect("opens");
    let store = Arc::new(store);
    let first = u32::try_from(store.records(Kind::Consent).expect("reads")).expect("few") * 10;
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..TASKS {
            let store = store.clone();
            tasks.spawn(async move {
                for n in (first + task..).step_by(TASKS as usize) {
                    let mut changes = Changes::new();
                    changes.insert(text(n));
                    changes.add(Counter(b"texts".to_vec()), 1);
                    if let Err(e) = store.commit(changes).await {
                        assert!(matches!(e, StoreError::Backend(_)), "{e}");
                        break;
                    }
                    say(&format!("kept {n}"));
                }
            });
        }
        tasks.join_all().await;
        say(&format!("failed {}", store.failed().await));
        let read = store.get(&text(first).key()).await;
        assert!(matches!(read, Err(StoreError::Backend(_))), "nothing is answered any more");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_the_store_fails_and_keeps_what_was_acknowledged() {
    let dir = tempfile::tempdir().expect("a directory");
    let this = std::env::current_exe().expect("a path");
    let mut kept = BTreeSet::new();
    for kib in [1_500, 6_000] {
        // A file that may not grow is to the program what a full disk is: the write is refused.
        let limit = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", kib * 2);
        let out = Command::new("sh")
            .args(["-c", &limit, "sh"])
            .arg(&this)
            .args(["--exact", "store_kill::the_process_that_is_killed"])
            .env(DIR, dir.path())
            .output()
            .expect("ends");
        let said = String::from_utf8_lossy(&out.stdout);
        let before = kept.len();
        kept.extend(said.lines().filter_map(|l| l.split_once("kept ")?.1.parse::<u32>().ok()));
        assert!(kept.len() > before + 20, "it wrote until the disk was full: {said}");
        assert!(said.contains("failed "), "and said that it failed: {said}");
        look(dir.path(), &kept, 0);
    }
}

#[test]
fn what_was_acknowledged_outlives_every_kill() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut kept = BTreeSet::new();
    for round in 0..KILLS {
        let mut child = start(dir.path(), "store_kill::the_process_that_is_killed");
        let out = BufReader::new(child.stdout.take().expect("is piped"));
        // Every third is killed while it opens, the others after more or fewer commits.
        let mut left = if round % 3 == 0 { 0 } else { (round * 37) % 90 };
        for line in out.lines() {
            let line = line.expect("text");
            let opening = line.ends_with("opening");
            if let Some((_, n)) = line.split_once("kept ") {
                kept.insert(n.parse::<u32>().expect("a number"));
                left = left.saturating_sub(1);
            } else if !opening {
                continue;
            }
            if left == 0 {
                // Killed already is as good.
                let _ = child.kill();
            }
        }
        child.wait().expect("ends");
        look(dir.path(), &kept, round);
    }
    assert!(kept.len() > 300, "only {} commits in {KILLS} rounds", kept.len());
}

fn look(dir: &Path, kept: &BTreeSet<u32>, round: u32) {
    let store = SledStore::open(dir, &Settings::default()).expect("opens after the kill");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let report = runtime.block_on(store.verify()).expect("reads");
    assert_eq!(report.problems, Vec::<String>::new(), "round {round}");
    let found = runtime.block_on(store.list(Kind::Consent, &[], None, usize::MAX));
    let found = found.expect("reads");
    for record in &found {
        let want = Record::Consent(text(number(&record.value)));
        assert!(record.value == want, "round {round}: a torn record");
    }
    let numbers: BTreeSet<_> = found.iter().map(|r| number(&r.value)).collect();
    let lost: Vec<_> = kept.difference(&numbers).collect();
    assert!(lost.is_empty(), "round {round}: acknowledged and lost: {lost:?}");
    let more = numbers.len() - kept.len();
    assert!(more <= (TASKS * (round + 2)) as usize, "round {round}: {more} unknown records");
    let sum = runtime.block_on(store.tally(&Counter(b"texts".to_vec())));
    assert_eq!(sum, Ok(i64::try_from(found.len()).expect("few")), "round {round}");
}
