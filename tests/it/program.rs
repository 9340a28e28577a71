//! The program itself: started, stopped, killed, and asked, as an operator does.

use crate::fakes::telegram::{FakeTelegram, Options};
use crate::store_postgres::OnServer;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tongxin::clock::SystemClock;
use tongxin::model::Lang;

const CONFIG: &str = r#"
[office]
name = "试运行办公室"
public_url = "http://127.0.0.1:8088"
[data]
dir = "data"
keys = "keys"
[web]
listen = "127.0.0.1:0"
[[source]]
id = "notices"
title = "通知"
url = "file:feed.xml"
first_poll = 9
[[topic]]
id = "news"
title = "便民信息"
schedule = "every 1s"
max_entries = 1
[[topic.section]]
sources = ["notices"]
[[group]]
id = "g"
title = "邻里群"
topics = ["news"]
"#;

/// An office with one source, one topic and one group, in this directory.
pub fn office(dir: &Path) {
    let items = [("一则甲公告", "https://x.cn/1"), ("一则乙公告", "https://x.cn/2")];
    std::fs::write(dir.join("feed.xml"), crate::fakes::feedhost::rss(&items)).expect("writes");
    std::fs::write(dir.join("office.toml"), CONFIG).expect("writes");
}

/// The program, in this directory, on an English terminal.
pub fn program(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongxin"));
    command.current_dir(dir).args(args).env_remove("TONGXIN_CONFIG").env_remove("TONGXIN_LANG");
    command.env("LC_ALL", "en_GB.UTF-8");
    command
}

/// What a command says: its end, what it printed, what it complained of.
fn run(dir: &Path, args: &[&str]) -> (bool, String, String) {
    let Output { status, stdout, stderr } = program(dir, args).output().expect("runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.success(), text(stdout), text(stderr))
}

/// A daemon that runs until it is stopped, or this is dropped.
pub struct Daemon {
    pub child: Child,
    listen: SocketAddr,
    /// What it has said so far, to the line that names its address.
    pub said: String,
    lines: Option<std::sync::mpsc::Receiver<String>>,
}

impl Daemon {
    fn serve(dir: &Path) -> Self {
        Self::start(program(dir, &["serve", "--config", "office.toml"]), "web.listen=")
    }

    /// Starts it and waits until it says where it listens.
    pub fn start(mut command: Command, before: &str) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("starts");
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut daemon = Self { child, listen, said: String::new(), lines: None };
        let child = &mut daemon.child;
        let out = child.stdout.take().expect("piped");
        let errors = child.stderr.take().expect("piped");
        let (sender, lines) = std::sync::mpsc::channel();
        for stream in [Box::new(out) as Box<dyn std::io::Read + Send>, Box::new(errors)] {
            let sender = sender.clone();
            // Read to its end: a pipe that is full would hold the daemon up.
            std::thread::spawn(move || {
                BufReader::new(stream).lines().map_while(Result::ok).for_each(|line| {
                    let _ = sender.send(line);
                });
            });
        }
        drop(sender);
        while daemon.listen.port() == 0 {
            let line = lines.recv_timeout(Duration::from_secs(20));
            let line = line.unwrap_or_else(|_| panic!("it is not ready: {}", daemon.said));
            daemon.said.push_str(&line);
            daemon.said.push('\n');
            if let Some((_, rest)) = line.split_once(before) {
                let address = rest.trim_end_matches(|c: char| !c.is_ascii_digit());
                let end = address.find(|c: char| !(c.is_ascii_digit() || ".:".contains(c)));
                let address = &address[..end.unwrap_or(address.len())];
                daemon.listen = address.parse().expect("an address");
            }
        }
        daemon.lines = Some(lines);
        daemon
    }

    /// Asks it to stop; all that it has said.
    pub fn ends(&mut self) -> String {
        self.terminate();
        self.child.wait().expect("ends");
        let rest = self.lines.take().into_iter().flatten();
        rest.fold(self.said.clone(), |said, line| said + &line + "\n")
    }

    fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.listen).expect("connects");
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("asks");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answers");
        let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
        (status, answer)
    }

    /// Waits until the group's page shows so many entries.
    pub fn until_shown(&self, least: usize) -> String {
        for _ in 0..400 {
            let (_, page) = self.get("/g/g");
            if shown(&page, 1) + shown(&page, 2) >= least {
                return page;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("{least} entries are never shown")
    }

    fn kill(mut self) {
        self.child.kill().expect("kills");
        self.child.wait().expect("ends");
    }

    fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("runs").success());
    }

    /// Asks it to stop; whether it ended well.
    pub fn stop(mut self) -> bool {
        self.terminate();
        self.child.wait().expect("ends").success()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn shown(page: &str, entry: u8) -> usize {
    page.matches(&format!("href=\"https://x.cn/{entry}\"")).count()
}

#[test]
fn a_daemon_that_was_killed_goes_on_and_pushes_nothing_twice() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    office(dir);
    let daemon = Daemon::serve(dir);
    assert!(!daemon.said.contains('\u{1b}'), "no colours where nobody looks: {}", daemon.said);
    assert_eq!(daemon.get("/readyz").0, 200);
    assert!(daemon.get("/metrics").1.contains("# EOF"));
    daemon.until_shown(1);

    let (ok, _, why) = run(dir, &["serve", "--config", "office.toml"]);
    assert!(!ok && why.contains(&format!("(process {})", daemon.child.id())), "{why}");
    let listen = daemon.listen.to_string();
    assert!(run(dir, &["health", "--listen", &listen]).0);
    let config = std::fs::read_to_string(dir.join("office.toml")).expect("reads");
    std::fs::write(dir.join("bound.toml"), config.replace("127.0.0.1:0", &listen)).expect("writes");
    assert!(run(dir, &["health", "--config", "bound.toml"]).0);
    let (ok, said, _) = run(dir, &["verify", "--config", "office.toml"]);
    assert!(ok && said.starts_with("all is well"), "{said}");
    let (ok, said, _) = run(dir, &["export", "--config", "office.toml", "--to", "one.jsonl"]);
    assert!(ok && said.contains("records"), "{said}");
    daemon.kill();

    let (ok, _, why) = run(dir, &["health", "--listen", &listen]);
    assert!(!ok && why.contains("no daemon answers"), "{why}");
    let daemon = Daemon::serve(dir);
    let page = daemon.until_shown(2);
    assert_eq!((shown(&page, 1), shown(&page, 2)), (1, 1), "{page}");
    assert!(daemon.stop(), "it ends well when it is asked to");

    assert!(run(dir, &["compact", "--config", "office.toml"]).0);
    let (ok, said, why) = run(dir, &["verify", "--config", "office.toml"]);
    assert!(ok && said.starts_with("all is well"), "{said}{why}");
    let import = ["import", "--config", "office.toml", "--data", "other", "--from", "one.jsonl"];
    let (ok, said, why) = run(dir, &import);
    assert!(ok && said.contains("records"), "{said}{why}");
    assert!(!run(dir, &import).0, "a directory that has something is not filled");
}

/// How often a round was turned so far.
fn turned(daemon: &Daemon, round: &str) -> u64 {
    let (_, told) = daemon.get("/metrics");
    let line = format!("round_seconds_count{{round=\"{round}\"}} ");
    let count = told.lines().find_map(|l| l.split_once(&line)?.1.trim().parse().ok());
    count.unwrap_or_else(|| panic!("{round} is not counted: {told}"))
}

#[test]
fn a_daemon_that_has_nothing_to_do_turns_no_round_again_and_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    office(dir);
    let daemon = Daemon::serve(dir);
    daemon.until_shown(1);
    let all = || ["fan-out", "outbox", "inbox", "hands"].map(|round| turned(&daemon, round));
    let before = all();
    std::thread::sleep(Duration::from_millis(600));
    for (before, after) in before.into_iter().zip(all()) {
        // A schedule of seconds has some to do; rounds that wake each other have thousands.
        assert!(after - before < 60, "{before} became {after}");
    }
    assert!(daemon.stop());
}

#[test]
fn a_daemon_stops_at_once_though_a_source_does_not_answer() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    office(dir);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/feed", silent.local_addr().expect("an address"));
    let config = std::fs::read_to_string(dir.join("office.toml")).expect("reads");
    std::fs::write(dir.join("office.toml"), config.replace("file:feed.xml", &url)).expect("writes");
    let mut daemon = Daemon::serve(dir);
    let (_asked, _) = silent.accept().expect("the source is asked");
    daemon.terminate();
    let ended = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(25));
        daemon.child.try_wait().expect("asks").is_some_and(|end| end.success())
    });
    assert!(ended, "it still waits for the source");
}

#[test]
fn foreign_keys_are_refused_and_stay_as_they_are() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    for name in ["one", "two"] {
        std::fs::create_dir(dir.join(name)).expect("makes");
        office(&dir.join(name));
        assert!(Daemon::serve(&dir.join(name)).stop());
    }
    let keys = |name: &str| std::fs::read(dir.join("two").join(name).join("texts.keys"));
    std::fs::rename(dir.join("two/keys"), dir.join("two/own")).expect("renames");
    std::fs::create_dir(dir.join("two/keys")).expect("makes");
    for file in ["texts.keys", "addresses.keys"] {
        let from = dir.join("one/keys").join(file);
        std::fs::copy(from, dir.join("two/keys").join(file)).expect("copies");
    }
    let before = keys("keys").expect("reads");
    let (ok, _, why) = run(&dir.join("two"), &["serve", "--config", "office.toml"]);
    assert!(!ok && why.contains("are not those of these data"), "{why}");
    assert_eq!(keys("keys").expect("reads"), before);
    std::fs::remove_dir_all(dir.join("two/keys")).expect("removes");
    std::fs::rename(dir.join("two/own"), dir.join("two/keys")).expect("renames");
    assert!(Daemon::serve(&dir.join("two")).stop(), "with its own it goes on");
}

#[test]
fn a_daemon_in_a_deep_directory_runs_and_can_be_asked() {
    let dir = tempfile::tempdir().expect("a directory");
    let deep = dir.path().join("很深的目录".repeat(6)).join("再深一层".repeat(6));
    std::fs::create_dir_all(&deep).expect("makes");
    office(&deep);
    let daemon = Daemon::serve(&deep);
    assert!(deep.join("data/control.sock").exists());
    let (ok, said, why) = run(&deep, &["export", "--config", "office.toml", "--to", "a.jsonl"]);
    assert!(ok && said.contains("records"), "{said}{why}");
    assert!(daemon.stop());
}

#[test]
fn a_mistyped_data_directory_is_not_well_and_is_not_made() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    office(dir);
    let errands = [&["why", "7K3QD", "bot:1"][..], &["cost", "7K3QD"], &["ledger", "7K3QD"]];
    let keeps = [&["verify"][..], &["compact"], &["export", "--to", "x.jsonl"]];
    for args in keeps.into_iter().chain(errands) {
        let args: Vec<_> = [args, &["--config", "office.toml", "--data", "typo"]].concat();
        let (ok, said, why) = run(dir, &args);
        assert!(!ok && why.contains("nothing is kept in") && why.contains("typo"), "{said}{why}");
        assert!(!dir.join("typo").exists() && !dir.join("x.jsonl").exists());
    }
}

#[test]
fn the_demo_prints_the_addresses_at_which_it_is_and_keeps_its_secrets() {
    let dir = tempfile::tempdir().expect("a directory");
    let demo = dir.path().join("a\"b\\c");
    let name = demo.to_str().expect("text");
    let args = ["demo", "--dir", name, "--listen", "127.0.0.1:0"];
    let daemon = Daemon::start(program(dir.path(), &args), "Reader    http://");
    assert_eq!(daemon.get("/g/neighbours").0, 200);
    let mode = |file: &str| {
        let about = std::fs::metadata(demo.join(file)).expect("is there");
        about.permissions().mode() & 0o777
    };
    assert_eq!(mode("seats.json"), 0o600);
    let before = std::fs::read(demo.join("demo.toml")).expect("reads");
    let (ok, _, why) = run(dir.path(), &args);
    assert!(!ok && why.contains(&format!("(process {})", daemon.child.id())), "{why}");
    assert_eq!(std::fs::read(demo.join("demo.toml")).expect("reads"), before);
    assert!(daemon.stop());
    let (ok, _, why) = run(dir.path(), &["demo", "--dir", "/proc/x"]);
    assert!(!ok && why.contains("/proc/x"), "{why}");
}

#[test]
fn commands_say_what_they_did_and_what_is_wrong() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    office(dir);
    let (ok, said, _) = run(dir, &["check", "--config", "office.toml"]);
    assert!(ok && said.contains("试运行办公室"), "{said}");
    let (ok, said, _) = run(dir, &["seat", "--name", "王芳", "--role", "approver"]);
    assert!(ok && said.contains("token_sha256"), "{said}");
    let (ok, _, why) = run(dir, &["seat", "--name", "王芳", "--role", "x"]);
    assert!(
        !ok && why.contains("administrator, editor, approver, reviewer, lead, custodian, keeper"),
        "{why}"
    );
    let feed = format!("file:{}", dir.join("feed.xml").display());
    let (ok, said, _) = run(dir, &["source", "try", &feed]);
    assert!(ok && said.contains("2 entries, of which the first read takes 2"), "{said}");
    let (ok, said, _) = run(dir, &["source", "try", &feed, "--lang", "zh"]);
    assert!(ok && said.contains("共 2 条"), "{said}");
    let (ok, _, why) = run(dir, &["source", "try", &feed, "--article", "#c"]);
    assert!(!ok && why.contains("--item"), "{why}");
    for command in [&["verify"][..], &["compact"], &["source"], &["source", "try"], &["health"]] {
        let (ok, said, _) = run(dir, &[command, &["--help"]].concat());
        assert!(ok && said.contains("Example"), "{command:?}: {said}");
    }
}

#[test]
fn a_command_whose_reader_has_gone_ends_quietly_and_one_that_cannot_print_says_so() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    office(dir);
    let feed = format!("file:{}", dir.join("feed.xml").display());
    let check = &["check", "--config", "office.toml"][..];
    let seat = &["seat", "--name", "王芳", "--role", "approver"][..];
    for args in [check, seat, &["source", "try", &feed], &["--help"]] {
        let (read, write) = std::io::pipe().expect("a pipe");
        drop(read);
        let Output { status, stderr, .. } =
            program(dir, args).stdout(write).output().expect("runs");
        let said = String::from_utf8(stderr).expect("text");
        assert!(status.success(), "{args:?}: {said}");
        assert!(!said.contains("panicked") && !said.contains("pipe"), "{args:?}: {said}");
    }
    let full = std::fs::File::create("/dev/full").expect("opens");
    let Output { status, stderr, .. } = program(dir, check).stdout(full).output().expect("runs");
    let said = String::from_utf8(stderr).expect("text");
    assert!(status.code() == Some(1) && said.starts_with("the system refused:"), "{said}");
}

/// Names the process that panics.
const PANICS: &str = "TONGXIN_PANICS";

/// One that does, with somebody's words.
#[test]
fn the_process_that_panics() {
    let Some(logs) = std::env::var_os(PANICS) else { return };
    tongxin::app::panics::tell_where(Lang::En);
    if logs == "logs" {
        tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    }
    panic!("canary");
}

#[test]
fn a_panic_is_told_by_its_place_and_none_of_its_words() {
    for logs in ["logs", "none"] {
        let output = Command::new(std::env::current_exe().expect("a path"))
            .args(["--exact", "program::the_process_that_panics", "--nocapture"])
            .env(PANICS, logs)
            .output()
            .expect("runs");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("text");
        assert!(!output.status.success(), "{said}");
        assert!(said.contains("tests/it/program.rs:"), "{logs}: {said}");
        assert!(!said.contains("canary"), "{logs}: {said}");
    }
}

#[test]
fn keys_are_made_before_data_so_that_a_killed_first_start_can_be_done_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    office(dir);
    // A file where the data directory is to be: everything before it is done, nothing after it.
    std::fs::write(dir.join("data"), "in the way").expect("writes");
    assert!(!run(dir, &["serve", "--config", "office.toml"]).0);
    for file in ["texts.keys", "addresses.keys"] {
        assert!(dir.join("keys").join(file).exists(), "{file}");
    }
    std::fs::remove_file(dir.join("data")).expect("removes");
    assert!(Daemon::serve(dir).stop());
}

/// An office that is asked eight things in each of some Telegram groups, where one answer a second is allowed.
fn asked_at_once(dir: &Path, telegram: &FakeTelegram) {
    office(dir);
    let (url, token) = (telegram.url(), telegram.token());
    let account = format!(
        "[[account]]\nname = \"bot\"\nplatform = \"telegram\"\ntoken = \"{token}\"\napi_url = \"{url}\"\n"
    );
    std::fs::write(dir.join("office.toml"), CONFIG.to_owned() + &account).expect("writes");
    let owner = telegram.user("王");
    for group in telegram.groups(6) {
        telegram.makes_admin(&group, &owner);
        telegram.adds_bot_to(&group);
        for _ in 0..8 {
            owner.says(&group, "/订阅 news");
        }
    }
}

/// How many deliveries stand so.
fn deliveries(dir: &Path, state: &str) -> usize {
    let (ok, _, why) = run(dir, &["export", "--config", "office.toml", "--to", "now.jsonl"]);
    assert!(ok, "{why}");
    let now = std::fs::read_to_string(dir.join("now.jsonl")).expect("reads");
    std::fs::remove_file(dir.join("now.jsonl")).expect("removes");
    let deliveries = now.lines().filter(|line| line.contains("{\"Delivery\":"));
    deliveries.filter(|line| line.contains(&format!("\"{state}\":"))).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_nothing_leased_that_waits_for_its_chats_turn() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    let telegram = FakeTelegram::start(Arc::new(SystemClock), Options::TEST).await;
    asked_at_once(dir, &telegram);
    let daemon = Daemon::serve(dir);
    let waits = (0..400).any(|_| deliveries(dir, "Leased") >= 3);
    assert!(waits, "nothing waits");
    assert!(daemon.stop());
    assert_eq!(deliveries(dir, "Leased"), 0);
    assert!(deliveries(dir, "Due") > 0);
}

/// A worker of an office whose accounts are called by their platforms, over this database.
fn worker(dir: &Path, name: &str, url: &str) -> Daemon {
    let mut config = format!(
        "[data]\ndir = \"data-{name}\"\nkeys = \"keys\"\nstore = \"postgres\"\npostgres_tls = \"off\"\n\
         postgres_url = \"{url}\"\n[worker]\nname = \"{name}\"\ntakeover = \"3s\"\n\
         [web]\nlisten = \"127.0.0.1:0\"\n[[topic]]\nid = \"news\"\ntitle = \"通知\"\n"
    );
    config.extend(["portal", "board", "app"].map(|account| {
        format!(
            "[[account]]\nname = \"{account}\"\nplatform = \"webhook\"\nurl = \"http://127.0.0.1:9/\"\nreach = \"any\"\n\
             secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\ntitle = \"{account}\"\ntopics = [\"news\"]\n"
        )
    }));
    let file = format!("{name}.toml");
    std::fs::write(dir.join(&file), config).expect("writes");
    Daemon::start(program(dir, &["serve", "--config", &file]), "web.listen=")
}

/// Waits until `tongxin workers` says so of the accounts: how many each of the two has.
fn until_shared(dir: &Path, config: &str, wanted: (usize, usize)) {
    let mut last = String::new();
    for _ in 0..100 {
        last = run(dir, &["workers", "--config", config]).1;
        let accounts = last.lines().filter(|l| l.starts_with("account") && !l.contains(" web "));
        let accounts: Vec<_> = accounts.collect();
        let of = |name: &str| accounts.iter().filter(|l| l.contains(name)).count();
        if (of(" one,"), of(" two,")) == wanted {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("never {wanted:?}: {last}")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_accounts_that_their_platforms_call_and_one_does_all_when_it_is_alone() {
    let Some(server) = OnServer::make().await else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let (dir, url) = (dir.path(), server.url());
    let one = worker(dir, "one", &url);
    until_shared(dir, "one.toml", (3, 0));
    let two = worker(dir, "two", &url);
    until_shared(dir, "one.toml", (2, 1));
    assert!(one.stop());
    until_shared(dir, "two.toml", (0, 3));
    assert!(two.stop());
}
