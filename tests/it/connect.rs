//! Channels connected and disconnected by whoever operates the program: by options, at a terminal, and after a kill.

use crate::fakes::official::FakeOfficial;
use crate::fakes::robots::{FakeRobots, Make, Standing};
use crate::program::{Daemon, program};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::Arc;
use tempfile::TempDir;
use tongxin::clock::SystemClock;

const CONFIG: &str = r#"# The office of the quarter.
[office]
name = "试运行办公室"
public_url = "https://news.example.org"

[data]
dir = "data" # on the large disk
keys = "keys"

[web]
listen = "127.0.0.1:0"

# ---- accounts ----

# The bot of the office, since 2024.
[[account]]
name = "bot"
platform = "telegram"
token_file = "own.token"
api_url = "http://127.0.0.1:9"

# What people choose.
[[topic]]
id = "policy"
title = "政策速递" # as the mayor calls it

[[group]]
id = "g"
topics = ["policy"]
# The end.
"#;

/// What no output, log or export may ever show.
const KEY: &str = "key-of-dingtalk-robot";
const SIGN: &str = "SEC-of-dingtalk-robot";

struct Office {
    dir: TempDir,
    robots: FakeRobots,
}

struct Said {
    ok: bool,
    out: String,
    err: String,
}

impl Said {
    fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

impl Office {
    async fn open() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("office.toml"), CONFIG).expect("writes");
        std::fs::write(dir.path().join("own.token"), "4242:letters\n").expect("writes");
        std::fs::write(dir.path().join("hook.txt"), format!("{KEY}\n")).expect("writes");
        let robots = FakeRobots::start(Arc::new(SystemClock)).await;
        Self { dir, robots }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path().join(file)).expect("reads")
    }

    fn has(&self, file: &str) -> bool {
        self.path().join(file).exists()
    }

    /// What a command says that is given this on standard input. It never shows a secret.
    fn says(&self, args: &[&str], input: &str) -> Said {
        let said = run(self.path(), args, input);
        for secret in [KEY, SIGN] {
            assert!(!said.all().contains(secret), "{args:?}: {}", said.all());
        }
        said
    }

    /// Adds the robot of DingTalk, with these further options.
    fn adds(&self, more: &[&str]) -> Said {
        let url = format!("api_url={}", self.robots.url());
        let args = [
            &["channel", "add", "--config", "office.toml", "dingtalk-robot", "--set", &url][..],
            &["--token-file", "hook.txt", "--secret-file", "-", "--keyword", "同心"],
            &["--title", "12", "--topics", "policy"],
            more,
        ];
        self.says(&args.concat(), &format!("{SIGN}\n"))
    }
}

fn run(dir: &Path, args: &[&str], input: &str) -> Said {
    tokio::task::block_in_place(|| {
        let mut command = program(dir, args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let mut stdin = child.stdin.take().expect("piped");
        // What ends before it has read is no failure of ours.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let Output { status, stdout, stderr } = child.wait_with_output().expect("ends");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Said { ok: status.success(), out: text(stdout), err: text(stderr) }
    })
}

/// Without the day and the port, which differ.
fn steady(office: &Office, text: &str) -> String {
    let text = text.replace(&office.robots.url(), "API");
    let day = |line: &str| match line.split_once(" tongxin channel add") {
        Some(("# ", _)) => line.to_owned(),
        Some((day, rest)) if day.starts_with("# 2") => format!("# DAY tongxin channel add{rest}"),
        _ => line.to_owned(),
    };
    text.lines().map(day).collect::<Vec<_>>().join("\n")
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("is there").permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_tried_and_written_and_all_else_in_the_file_stays_as_it_was() {
    let office = Office::open().await;
    let file = office.path().join("office.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("sets");
    let said = office.adds(&["--name", "garden"]);
    assert!(said.ok, "{}", said.all());
    insta::assert_snapshot!(said.out.trim_end(), @r#"
    "garden" works: the platform took a test message; look into "12" to see it.
    "garden" is in office.toml; as it was before it stands in office.toml.bak
    a secret is in garden.token, for its owner alone
    a secret is in garden.secret, for its owner alone
    it takes effect when the daemon is started with `tongxin serve`
    what comes next:
    1. Look into the group: the test message is there.
    2. Restart the daemon. What is pushed there stands in topics; nobody can answer through a group's robot, so put the address of a page into the text.
    "#);
    assert_eq!(office.robots.shown(Make::Dingtalk).len(), 1, "a test message was read");
    let now = office.read("office.toml");
    let new: Vec<_> = now.lines().filter(|line| !CONFIG.lines().any(|old| old == *line)).collect();
    insta::assert_snapshot!(steady(&office, &new.join("\n")), @r#"
    # DAY tongxin channel add
    name = "garden"
    platform = "dingtalk-robot"
    token_file = "garden.token" # tongxin channel add
    secret_file = "garden.secret" # tongxin channel add
    keyword = "同心"
    title = "12"
    api_url = "API"
    "#);
    let kept: String = CONFIG.lines().filter(|line| now.lines().any(|l| l == *line)).collect();
    assert_eq!(kept, CONFIG.lines().collect::<String>(), "nothing is gone, and the order stays");
    assert!(now.find("[[account]]\nname = \"garden\"") < now.find("# What people choose."));
    assert_eq!((mode(&file), office.read("office.toml.bak").as_str()), (0o640, CONFIG));
    for (name, secret) in [("garden.token", KEY), ("garden.secret", SIGN)] {
        assert_eq!(mode(&office.path().join(name)), 0o600, "{name}");
        assert_eq!(office.read(name).trim(), secret);
    }
    let said = office.says(&["check", "--config", "office.toml"], "");
    assert!(said.ok && said.out.contains("token_file = \"garden.token\""), "{}", said.all());
    let said = office.says(&["channel", "test", "--config", "office.toml", "garden"], "");
    assert!(said.ok && office.robots.shown(Make::Dingtalk).len() == 2, "{}", said.all());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_written_is_shown_without_secrets_and_nothing_is_written_or_sent() {
    let office = Office::open().await;
    let said = office.adds(&["--dry-run"]);
    assert!(said.ok, "{}", said.all());
    insta::assert_snapshot!(steady(&office, &said.out), @r#"
    office.toml would get (nothing was written):
    # DAY tongxin channel add
    [[account]]
    name = "dingtalk-robot"
    platform = "dingtalk-robot"
    token_file = "dingtalk-robot.token" # tongxin channel add
    secret_file = "dingtalk-robot.secret" # tongxin channel add
    keyword = "同心"
    title = "12"
    topics = ["policy"]
    api_url = "API"
    dingtalk-robot.secret would hold a secret, for its owner alone: ***
    dingtalk-robot.token would hold a secret, for its owner alone: ***
    "#);
    assert_eq!(office.read("office.toml"), CONFIG);
    assert!(!office.has("dingtalk-robot.token") && !office.has("office.toml.bak"));
    assert!(office.robots.shown(Make::Dingtalk).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_work_is_told_plainly_and_not_written() {
    let office = Office::open().await;
    let mut told = Vec::new();
    let url = format!("api_url={}", office.robots.url());
    let add = ["channel", "add", "--config", "office.toml", "dingtalk-robot", "--set", &url];
    let tries = [
        (
            "a wrong secret",
            vec!["--token-file", "hook.txt", "--secret-file", "-", "--keyword", "同心"],
            "SECwrong",
        ),
        ("no keyword", vec!["--token-file", "hook.txt", "--secret-file", "-"], SIGN),
        ("another robot", vec!["--token-file", "-", "--keyword", "同心"], "nobody"),
    ];
    for (what, options, input) in tries {
        let said = office.says(&[&add[..], &options].concat(), input);
        assert!(!said.ok, "{what}: {}", said.all());
        told.push(format!("{what}: {}", said.err.trim_end()));
    }
    office.robots.becomes(Make::Dingtalk, Standing::Removed);
    told.push(format!("removed: {}", office.adds(&[]).err.trim_end()));
    insta::assert_snapshot!(told.join("\n"), @"
    a wrong secret: the signature is wrong: secret is not the one in the robot's security settings, or this machine's clock is not right (it says: 310000 sign not match, more: [https://ding-doc.dingtalk.com])
    nothing was written; try again once that is mended, or write it all the same with --untested
    no keyword: the message lacks the word that the robot's security settings ask for: write one of these words as keyword, and it is added where it is missing (it says: 310000 keywords not in content, more: [https://ding-doc.dingtalk.com])
    nothing was written; try again once that is mended, or write it all the same with --untested
    another robot: the platform knows no such robot: its address was not copied whole, or the robot was taken out of its group; compare it with the group's settings, or add the robot again and use its new address (it says: 300005 token is not exist)
    nothing was written; try again once that is mended, or write it all the same with --untested
    removed: the platform knows no such robot: its address was not copied whole, or the robot was taken out of its group; compare it with the group's settings, or add the robot again and use its new address (it says: 300005 token is not exist)
    nothing was written; try again once that is mended, or write it all the same with --untested
    ");
    assert_eq!(office.read("office.toml"), CONFIG);
    let names = std::fs::read_dir(office.path()).expect("reads").count();
    assert_eq!(names, 3, "nothing was made");
    let said = office.adds(&["--untested"]);
    assert!(said.ok && said.out.contains("was not tried"), "{}", said.all());
    assert!(office.read("office.toml").contains("name = \"dingtalk-robot\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_allowed_is_named() {
    let office = Office::open().await;
    let wechat = FakeOfficial::start(Arc::new(SystemClock)).await;
    wechat.allows(false);
    let url = format!("api_url={}", wechat.url());
    let args = [
        "channel",
        "add",
        "--config",
        "office.toml",
        "official-account",
        "--set",
        &url,
        "--app-id",
        FakeOfficial::app(),
        "--app-secret-file",
        "-",
        "--lang",
        "zh",
    ];
    let said = office.says(&args, FakeOfficial::secret());
    assert!(!said.ok && !said.all().contains(FakeOfficial::secret()), "{}", said.all());
    assert!(
        said.err.contains("请把 203.0.113.9 加入微信公众平台“基本配置”的“IP白名单”"),
        "{}",
        said.err
    );
    wechat.allows(true);
    let said = office.says(&args, FakeOfficial::secret());
    assert!(said.ok, "{}", said.all());
    assert!(
        said.out.contains("URL 填 https://news.example.org/hook/official-account"),
        "{}",
        said.out
    );
    // What the platform is told is made up, and is read from its file.
    assert_eq!(office.read("official-account.aes_key").trim().len(), 43);
    assert!(!said.all().contains(office.read("official-account.token").trim()));
    let said = office.says(&["check", "--config", "office.toml"], "");
    assert!(said.ok, "{}", said.all());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_platform_asks_for_makes_an_account_that_can_be_used() {
    let office = Office::open().await;
    let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    let wecom = ["--corp-id", "ww01", "--agent-id", "1000002", "--secret-file", "-"];
    let called = ["--token-file", "-", "--aes-key-file", "-", "--to", "@all", "--topics", "policy"];
    let bot = ["--bot-id", "aib01", "--secret-file", "-", "--deciders", "zhangsan,lisi"];
    let mail = ["--from", "同心 <news@example.org>", "--smtp", "smtps://mail.example.org"];
    let box_of = ["--imap", "imaps://mail.example.org", "--user", "n", "--password-file", "-"];
    let table: [(&str, Vec<&str>, String); 5] = [
        ("wecom", [&wecom[..], &called].concat(), format!("secret\ntoken\n{key}\n")),
        ("wecom-bot", bot.to_vec(), "another\n".to_owned()),
        ("email", [&mail[..], &box_of].concat(), "password\n".to_owned()),
        ("web-push", vec!["--contact", "mailto:it@example.org"], String::new()),
        ("by-hand", Vec::new(), String::new()),
    ];
    for (platform, given, input) in table {
        let args =
            [&["channel", "add", "--config", "office.toml", platform, "--untested"][..], &given];
        let said = office.says(&args.concat(), &input);
        assert!(said.ok, "{platform}: {}", said.all());
        let second = [&args.concat()[..], &["--name", "second"]].concat();
        let said = office.says(&second, &input);
        // Groups that people keep may have as many accounts as anybody likes.
        assert_eq!(said.ok, platform == "by-hand", "a second one: {}", said.all());
    }
    let said = office.says(&["check", "--config", "office.toml"], "");
    assert!(said.ok, "{}", said.all());
    assert!(office.read("office.toml").contains("agent_id = 1000002\n"));
    assert_eq!(office.read("wecom.aes_key").trim(), key);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_account_of_the_same_name_or_robot_is_refused() {
    let office = Office::open().await;
    assert!(office.adds(&[]).ok);
    let name = office.adds(&["--untested"]);
    let twin = {
        let whole = format!("https://oapi.dingtalk.com/robot/send?access_token={KEY}");
        std::fs::write(office.path().join("hook.txt"), whole).expect("writes");
        office.adds(&["--name", "again", "--untested"])
    };
    let own = office.says(&["channel", "add", "--config", "office.toml", "web"], "");
    assert!(!name.ok && !twin.ok && !own.ok);
    insta::assert_snapshot!([name.err, twin.err, own.err].concat().trim_end(), @r#"
    there is an account "dingtalk-robot" already: give another --name, or take that one out with `tongxin channel remove dingtalk-robot`
    the account "dingtalk-robot" has the same robot, app or secret: each is connected once; to change it, take that one out with `tongxin channel remove dingtalk-robot`
    the program's own pages need no account and are always there
    "#);
    assert_eq!(office.read("office.toml").matches("[[account]]").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_what_is_missing_is_told_with_the_steps() {
    let office = Office::open().await;
    let said = office.says(&["channel", "add", "--config", "office.toml", "feishu"], "");
    assert!(!said.ok && said.out.is_empty());
    insta::assert_snapshot!(said.err.trim_end(), @"
    how to connect one (app of Feishu or Lark):
    1. On the open platform (open.feishu.cn, for Lark open.larksuite.com), make an app of your organisation, and switch on its bot.
    2. Copy App ID and App Secret from its credentials.
    3. Grant im:message, im:message.p2p_msg:readonly, im:message.group_at_msg:readonly and im:chat:readonly.
    4. Under events and callbacks, set an Encrypt Key and copy it with the Verification Token; without both the app only sends.

    missing: --app-id, --app-secret-file; in a terminal, `tongxin channel add feishu` asks for each; secrets are read from files, or with - from standard input, one a line
    ");
    let set = |pair| {
        office.says(&["channel", "add", "--config", "office.toml", "telegram", "--set", pair], "")
    };
    let told =
        ["token=123:abc", "per_minute", "platform=feishu"].map(|pair| set(pair).err).concat();
    insta::assert_snapshot!(told.trim_end(), @r#"
    token is a secret and must not stand in a command line: put it into a file and name that with --token-file, or write - to give it on standard input
    "per_minute" is not KEY=VALUE, such as per_minute=10
    "platform=feishu" is not KEY=VALUE, such as per_minute=10
    "#);
    let args = ["channel", "add", "--config", "office.toml", "telegram", "--token", "1:a"];
    let said = office.says(&args, "");
    assert!(!said.ok && said.err.contains("--token-file"), "{}", said.err);
    let args = ["channel", "add", "--config", "office.toml", "telegram", "--token-file", "-"];
    let said = office.says(&args, "no-token\n");
    assert!(!said.ok && said.err.starts_with("token: "), "{}", said.err);
    let said = office.says(&args, "");
    assert!(!said.ok && said.err.contains("standard input ended before token"), "{}", said.err);
    assert_eq!(office.read("office.toml"), CONFIG);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_leaves_a_configuration_that_can_be_used() {
    let office = Office::open().await;
    let url = format!("api_url={}", office.robots.url());
    let args = [
        "channel",
        "add",
        "--config",
        "office.toml",
        "dingtalk-robot",
        "--set",
        &url,
        "--token-file",
        "hook.txt",
        "--untested",
    ];
    let (mut without, mut with) = (0, 0);
    for delay in 0..30 {
        std::fs::write(office.path().join("office.toml"), CONFIG).expect("writes");
        let _ = std::fs::remove_file(office.path().join("dingtalk-robot.token"));
        tokio::task::block_in_place(|| {
            let mut command = program(office.path(), &args);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.spawn().expect("starts");
            // Until it has begun to write, and a little longer each time.
            while !office.has("dingtalk-robot.token") {
                assert!(child.try_wait().expect("asks").is_none(), "it ended without a secret");
                std::thread::yield_now();
            }
            (0..delay * 40).for_each(|_| std::thread::yield_now());
            let _ = child.kill();
            child.wait().expect("ends");
        });
        match office.read("office.toml") {
            same if same == CONFIG => without += 1,
            _ => with += 1,
        }
        let said = office.says(&["check", "--config", "office.toml"], "");
        assert!(said.ok, "{}", said.all());
    }
    assert!(without > 0, "none was killed in time: {with}");
    // Whatever was left does not hinder it, and is found again.
    std::fs::write(office.path().join("office.toml"), CONFIG).expect("writes");
    assert!(office.adds(&[]).ok);
    assert!(office.read("office.toml").contains("token_file = \"dingtalk-robot.token\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_cannot_be_written_stays_and_no_secret_is_left_behind() {
    let office = Office::open().await;
    std::fs::create_dir_all(office.path().join("office.toml.new/in the way")).expect("makes");
    let said = office.adds(&[]);
    assert!(!said.ok && said.err.contains("the configuration is as it was"), "{}", said.all());
    assert_eq!(office.read("office.toml"), CONFIG);
    assert!(!office.has("dingtalk-robot.token") && !office.has("dingtalk-robot.secret"));
}

/// Every file below a directory in which these letters stand, but for those that are named.
fn holding(dir: &Path, letters: &str, but: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("reads") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(holding(&path, letters, but));
        } else if path.is_file() && !but.contains(&name.as_str()) {
            let mut bytes = Vec::new();
            std::fs::File::open(&path).and_then(|mut f| f.read_to_end(&mut bytes)).expect("reads");
            if bytes.windows(letters.len()).any(|w| w == letters.as_bytes()) {
                found.push(name);
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_takes_an_account_over_and_what_it_logs_and_exports_holds_no_secret() {
    let office = Office::open().await;
    let config = CONFIG.replace("[office]", "[log]\nlevel = \"trace\"\n[office]");
    let bot =
        config.find("# The bot of").expect("a bot")..config.find("# What people").expect("topics");
    let config = [&config[..bot.start], &config[bot.end..]].concat();
    std::fs::write(office.path().join("office.toml"), config).expect("writes");
    assert!(office.adds(&["--name", "garden"]).ok);
    let serve = program(office.path(), &["serve", "--config", "office.toml"]);
    let mut daemon = tokio::task::block_in_place(|| Daemon::start(serve, "web.listen="));
    let list = office.says(&["channel", "list", "--config", "office.toml"], "");
    assert!(list.out.contains("garden"), "{}", list.all());
    let export = office.says(&["export", "--config", "office.toml", "--to", "x.jsonl"], "");
    assert!(export.ok, "{}", export.all());
    let said = office.says(&["channel", "remove", "--config", "office.toml", "garden"], "");
    assert!(!said.ok && said.err.contains("--yes"), "{}", said.all());
    insta::assert_snapshot!(said.out.trim_end(), @r#"
    "garden" goes out of office.toml
    chats that subscribed: 1; their subscriptions end with it, and are to be made anew should it come back
    the file garden.token of its secret goes with it
    the file garden.secret of its secret goes with it
    "#);
    let said =
        office.says(&["channel", "remove", "--config", "office.toml", "garden", "--yes"], "");
    assert!(said.ok, "{}", said.all());
    insta::assert_snapshot!(said.out.trim_end(), @r#"
    "garden" is no more in office.toml; as it was before it stands in office.toml.bak (remove that when it is no longer needed, should it hold secrets)
    chats that subscribed: 1; their subscriptions end with it, and are to be made anew should it come back
    the file garden.token of its secret was removed
    the file garden.secret of its secret was removed
    the daemon is running, and takes it over when it is restarted (such as `systemctl restart tongxin`)
    "#);
    assert!(!office.has("garden.token") && !office.has("garden.secret"));
    let said =
        office.says(&["channel", "remove", "--config", "office.toml", "garden", "--yes"], "");
    assert!(!said.ok && said.err.contains("there is no account"), "{}", said.all());
    let log = tokio::task::block_in_place(|| daemon.ends());
    assert!(log.contains("ready"), "{log}");
    for secret in [KEY, SIGN] {
        assert!(!log.contains(secret), "{log}");
        let found = holding(office.path(), secret, &["hook.txt"]);
        assert_eq!(found, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_taken_out_with_its_own_comment_and_files_that_are_not_ours_stay() {
    let office = Office::open().await;
    assert!(office.adds(&["--name", "garden"]).ok);
    let dry =
        office.says(&["channel", "remove", "--config", "office.toml", "garden", "--dry-run"], "");
    assert!(dry.ok && office.has("garden.token"), "{}", dry.all());
    let said =
        office.says(&["channel", "remove", "--config", "office.toml", "garden", "--yes"], "");
    assert!(said.ok, "{}", said.all());
    assert_eq!(office.read("office.toml"), CONFIG, "as it was before it was added");
    let said = office.says(&["channel", "remove", "--config", "office.toml", "bot", "--yes"], "");
    assert!(said.ok && said.out.contains("own.token"), "{}", said.all());
    let own = "# The bot of the office, since 2024.\n[[account]]\nname = \"bot\"\nplatform = \"telegram\"\n\
        token_file = \"own.token\"\napi_url = \"http://127.0.0.1:9\"\n\n";
    assert_eq!(office.read("office.toml"), CONFIG.replace(own, ""));
    assert!(office.has("own.token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_at_a_terminal_is_led_through_the_steps_and_sees_no_secret() {
    let office = Office::open().await;
    if std::process::Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: there is no `script` to make a terminal with");
        return;
    }
    let config = CONFIG.replace("[office]", "[log]\nlevel = \"trace\"\n[office]");
    std::fs::write(office.path().join("office.toml"), config).expect("writes");
    let line = format!(
        "{} channel add --config office.toml --lang en dingtalk-robot --set api_url={}",
        env!("CARGO_BIN_EXE_tongxin"),
        office.robots.url()
    );
    // Each answer is given when it is asked for.
    let answers = [
        "web",
        "bot",
        "garden",
        "no key!",
        KEY,
        "SECwrong",
        "同心",
        "社区群",
        "nothing",
        "policy",
        "secret",
        SIGN,
        "",
    ];
    let seen = tokio::task::block_in_place(|| terminal(office.path(), &line, &answers));
    for secret in [KEY, SIGN, "SECwrong", "no key!"] {
        assert!(!seen.contains(secret), "{seen}");
    }
    let seen = steady(&office, &seen.replace('\r', ""));
    insta::assert_snapshot!(seen, @r#"
    how to connect one (robot of a DingTalk group):
    1. In the DingTalk group, open Settings → Bots (机器人) → Add → Custom (自定义), and name it.
    2. Under its security settings, tick signing (加签) and copy the secret that begins with SEC; with keywords (自定义关键词), note one of them; with addresses (IP 地址), enter this machine's public address.
    3. Finish, and copy the webhook address (https://oapi.dingtalk.com/robot/send?access_token=…). Keep it to yourself.

    name: what the account is called here (lower-case letters, digits, dashes); Enter for dingtalk-robot
    > web
    the name web is taken by the program's own pages; try again
    name: what the account is called here (lower-case letters, digits, dashes); Enter for dingtalk-robot
    > bot
    there are two of the name "bot"; try again
    name: what the account is called here (lower-case letters, digits, dashes); Enter for dingtalk-robot
    > garden
    token: the robot's webhook address, or the key in it
    > 
    is neither the address of a robot of this platform nor the key in it; copy the whole webhook address from the group's settings; try again
    token: the robot's webhook address, or the key in it
    > 
    secret: the secret for signing, from the robot's security settings; Enter for none
    > 
    keyword: one of the keywords of the robot's security settings; Enter for none
    > 同心
    title: what colleagues call the group, or the readers; Enter for none
    > 社区群
    (topics: policy)
    topics: the topics that are pushed there (their id), parted by commas; Enter for none
    > nothing
    there is no topic "nothing"; try again
    topics: the topics that are pushed there (their id), parted by commas; Enter for none
    > policy
    the signature is wrong: secret is not the one in the robot's security settings, or this machine's clock is not right (it says: 310000 sign not match, more: [https://ding-doc.dingtalk.com])
    Enter tries again, once it is mended; the name of a key gives it anew (token, secret, keyword, title, topics); q gives up
    > secret
    secret: the secret for signing, from the robot's security settings; Enter for none
    > 
    "garden" works: the platform took a test message; look into "社区群" to see it.
    "garden" is in office.toml; as it was before it stands in office.toml.bak
    a secret is in garden.token, for its owner alone
    a secret is in garden.secret, for its owner alone
    it takes effect when the daemon is started with `tongxin serve`
    what comes next:
    1. Look into the group: the test message is there.
    2. Restart the daemon. What is pushed there stands in topics; nobody can answer through a group's robot, so put the address of a page into the text.
    "#);
    assert!(office.read("office.toml").contains("secret_file = \"garden.secret\""));
    assert_eq!(office.read("garden.secret").trim(), SIGN);
    assert_eq!(office.robots.shown(Make::Dingtalk).len(), 1);
}

/// What is seen at a terminal where this is typed, each line when it is asked for.
fn terminal(dir: &Path, line: &str, answers: &[&str]) -> String {
    let mut command = std::process::Command::new("script");
    command.args(["-qec", line, "/dev/null"]).current_dir(dir).env("TERM", "dumb");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("starts");
    let mut stdin = child.stdin.take().expect("piped");
    let mut stdout = child.stdout.take().expect("piped");
    let (mut seen, mut answers) = (Vec::new(), answers.iter());
    let mut byte = [0u8; 1];
    while stdout.read(&mut byte).is_ok_and(|read| read > 0) {
        seen.push(byte[0]);
        if seen.ends_with(b"\n> ")
            && let Some(answer) = answers.next()
        {
            // Not before it is waited for: until then a terminal shows what is typed.
            until_it_waits(child.id());
            stdin.write_all(format!("{answer}\n").as_bytes()).expect("types");
        }
    }
    drop(stdin);
    child.wait().expect("ends");
    String::from_utf8(seen).expect("text")
}

/// Until the program below this process waits for what is typed.
fn until_it_waits(parent: u32) {
    let of = |pid: u32, what: &str| std::fs::read_to_string(format!("/proc/{pid}/{what}"));
    let below = |pid: u32| -> Vec<u32> {
        let children = of(pid, &format!("task/{pid}/children")).unwrap_or_default();
        children.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
    };
    let waits = |pid: u32| {
        let stat = of(pid, "stat").unwrap_or_default();
        stat.contains("(tongxin)") && stat.contains(") S ")
    };
    for _ in 0..1_000_000 {
        let all = below(parent).into_iter().flat_map(|pid| [vec![pid], below(pid)].concat());
        if all.into_iter().any(waits) {
            return;
        }
        std::thread::yield_now();
    }
    panic!("it never waits for what is typed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_was_killed_half_way_is_finished_by_doing_it_once_more() {
    let office = Office::open().await;
    std::fs::remove_file(office.path().join("own.token")).expect("removes");
    let bot = CONFIG.find("# The bot of").expect("a bot");
    let rest = CONFIG.find("# What people").expect("topics");
    let without = [&CONFIG[..bot], &CONFIG[rest..]].concat();
    std::fs::write(office.path().join("office.toml"), &without).expect("writes");
    assert!(office.adds(&["--name", "garden"]).ok);
    let serve = program(office.path(), &["serve", "--config", "office.toml"]);
    let daemon = tokio::task::block_in_place(|| Daemon::start(serve, "web.listen="));
    assert!(tokio::task::block_in_place(|| daemon.stop()));
    // The configuration was written, and nothing after it was done.
    std::fs::write(office.path().join("office.toml"), &without).expect("writes");
    let remove = ["channel", "remove", "--config", "office.toml", "garden", "--yes"];
    let said = office.says(&remove, "");
    assert!(said.ok, "{}", said.all());
    insta::assert_snapshot!(said.out.trim_end(), @r#"
    "garden" was out of the configuration before; what was left to do is done
    chats that subscribed: 1; their subscriptions end with it, and are to be made anew should it come back
    "#);
    let said = office.says(&remove, "");
    assert!(!said.ok && said.err.contains("there is no account \"garden\""), "{}", said.all());
    let said = office.says(&["verify", "--config", "office.toml"], "");
    assert!(said.ok, "{}", said.all());
}
