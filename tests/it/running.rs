//! The program among others: who shares its keys, who reads what it writes, and who tells it to stop.

use crate::program::{Daemon, office, program};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use tongxin::clock::SystemClock;
use tongxin::model::Drawer;
use tongxin::store::vault::{Parts, Vault};

fn keys(dir: &Path) -> Parts {
    Vault::open(&dir.join("keys"), Arc::new(SystemClock)).expect("a vault")
}

fn serve(dir: &Path) -> Daemon {
    Daemon::start(program(dir, &["serve", "--config", "office.toml"]), "web.listen=")
}

fn succeeds(dir: &Path, args: &[&str]) {
    let done = program(dir, &[args, &["--config", "office.toml"]].concat()).output().expect("runs");
    assert!(done.status.success(), "{args:?}: {done:?}");
}

#[test]
fn a_backup_that_is_tried_destroys_no_key_of_what_came_after_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    office(dir);
    assert!(serve(dir).stop());
    succeeds(dir, &["export", "--to", "old.jsonl"]);
    let newer = keys(dir).sealer.seal(Drawer::Text, b"newer").expect("seals");
    succeeds(dir, &["import", "--data", "try", "--from", "old.jsonl"]);
    for _ in 0..2 {
        let args = ["serve", "--config", "office.toml", "--data", "try"];
        assert!(Daemon::start(program(dir, &args), "web.listen=").stop());
        assert_eq!(keys(dir).texts.open(&newer), Ok(Some(b"newer".to_vec())));
    }
}

/// Where nothing can be written: the disk is full.
fn full() -> File {
    File::options().write(true).open("/dev/full").expect("opens")
}

#[test]
fn a_log_on_a_full_disk_does_not_end_the_daemon() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    office(dir);
    let mut command = program(dir, &["serve", "--config", "office.toml"]);
    let mut child = command.stdout(Stdio::piped()).stderr(full()).spawn().expect("starts");
    let mut said = String::new();
    let out = child.stdout.take().expect("piped");
    BufReader::new(out).read_line(&mut said).expect("reads");
    assert!(said.contains("http://"), "{said}");
    assert!(signal(child.id(), "-TERM"));
    assert!(child.wait().expect("ends").success());
}

#[test]
fn a_result_that_nobody_reads_to_its_end_is_no_failure_and_one_that_cannot_be_kept_is() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    office(dir);
    let check = || program(dir, &["check", "--config", "office.toml"]);
    let (reads, writes) = std::io::pipe().expect("a pipe");
    drop(reads);
    let done = check().stdout(writes).stderr(Stdio::piped()).output().expect("runs");
    let why = String::from_utf8(done.stderr).expect("text");
    assert!(done.status.success() && !why.contains("panicked"), "{why}");
    let done = check().stdout(full()).output().expect("runs");
    let why = String::from_utf8(done.stderr).expect("text");
    assert!(done.status.code() == Some(1) && why.contains("No space left on device"), "{why}");
    assert_eq!(check().stderr(full()).output().expect("runs").status.code(), Some(0));
}

/// Sends a signal.
fn signal(process: u32, name: &str) -> bool {
    let kill = std::process::Command::new("kill").args([name, &process.to_string()]).status();
    kill.expect("runs").success()
}

#[test]
fn a_daemon_whose_terminal_ends_winds_up_unless_it_was_started_to_outlive_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    office(dir);
    let mut daemon = serve(dir);
    assert!(daemon.said.contains("nobody is named"), "what is hardly meant is logged at the start");
    assert!(signal(daemon.child.id(), "-HUP"));
    assert!(daemon.child.wait().expect("ends").success());

    let binary = env!("CARGO_BIN_EXE_tongxin");
    let mut command = std::process::Command::new("nohup");
    command.current_dir(dir).args([binary, "serve", "--config", "office.toml", "--lang", "en"]);
    let mut daemon = Daemon::start(command, "web.listen=");
    assert!(signal(daemon.child.id(), "-HUP"));
    assert!(signal(daemon.child.id(), "-TERM"));
    assert!(daemon.ends().contains("SIGTERM"));
}
