//! The program among others: who shares its keys, who reads what it writes, and who tells it to stop.

use crate::program::{Daemon, office, program};
use std::path::Path;
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
