//! An operator at a terminal, Chinese or English: what she reads when she sets it up, looks after it, and when
//! something is wrong.

use crate::program::{Daemon, office, program};
use insta::assert_snapshot;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use tongxin::clock::SystemClock;
use tongxin::model::Drawer;
use tongxin::store::vault::Vault;

const ZH: &str = "zh_CN.UTF-8";
const EN: &str = "en_US.UTF-8";

/// What a command says on a terminal of this language: results first, then complaints.
fn says(dir: &Path, locale: &str, args: &[&str]) -> String {
    let Output { stdout, stderr, .. } =
        program(dir, args).env("LC_ALL", locale).output().expect("runs");
    let text = [stdout, stderr].map(|bytes| String::from_utf8(bytes).expect("text")).concat();
    text.trim_end().replace(&dir.display().to_string(), "DIR")
}

/// The same in Chinese and in English.
fn both(dir: &Path, args: &[&str]) -> String {
    [ZH, EN].map(|locale| says(dir, locale, args)).join("\n")
}

/// Several commands, each in both.
fn all(dir: &Path, commands: &[&[&str]]) -> String {
    commands.iter().map(|args| both(dir, args)).collect::<Vec<_>>().join("\n")
}

fn serve(dir: &Path, locale: &str) -> Daemon {
    let mut command = program(dir, &["serve", "--config", "office.toml"]);
    command.env("LC_ALL", locale);
    Daemon::start(command, "web.listen=")
}

/// An office whose daemon ran once, in a directory of its own.
fn kept() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    office(dir.path());
    assert!(serve(dir.path(), ZH).stop());
    dir
}

fn with_config(dir: &Path, text: &str) {
    std::fs::write(dir.join("x.toml"), text).expect("writes");
}

#[test]
fn mistakes_of_a_configuration_are_read_in_both_languages() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    with_config(
        dir,
        r#"
[office]
nmae = "x"
time_zone = "北京"
public_url = "news.example.org"
admins = ["telegram:otto"]
[offices]
[web]
listen = 8088
reader = true
submissions = 0
[data]
dir = ""
store = "postgres"
postgres_url = "mysql://x"
[[account]]
name = "web"
token_file = "/nowhere"
[[source]]
id = "Gov"
url = "ftp://example.org"
every = "3 weeks"
[[topic]]
id = "n"
schedule = "0 25 * * *"
title_template = "{{ topik }}"
[[topic.section]]
sources = ["gvo"]
[[seat]]
roles = "x"
token_sha256 = "letters-that-may-be-a-secret"
"#,
    );
    assert_snapshot!(both(dir, &["check", "--config", "x.toml"]), @r#"
    x.toml:3: office.nmae: 没有这个键；是不是想写“name”？
    x.toml:4: office.time_zone: 没有“北京”这个时区；是不是想写“Asia/Shanghai”？
    x.toml:5: office.public_url: “news.example.org”不可用，应填网址，如 "https://news.example.org"；是不是想写“https://news.example.org”？
    x.toml:6: office.admins: “telegram:otto”不是有效的人员：telegram: 之后应是机器人告知的那串数字
    x.toml:7: offices: 没有这一节；是不是想写“office”？
    x.toml:9: web.listen: 应填地址和端口，如 "127.0.0.1:8088"，现为 8088；是不是想写“127.0.0.1:8088”？
    x.toml:10: web.reader: 应填 "peer" 或 "forwarded"，现为 true 或 false
    x.toml:11: web.submissions: 应在 1 与 10000 之间
    x.toml:13: data.dir: 不能为空
    x.toml:15: data.postgres_url: 不是 PostgreSQL 数据库的地址，应形如 postgres://用户名:密码@主机:5432/数据库名
    x.toml:17: account.name: 名称 web 已由本程序自己的网页占用，请换一个
    x.toml:18: account.token_file: 文件“/nowhere”无法读取：文件或目录不存在
    x.toml:20: source.id: “Gov”不能作名称：只能用小写字母、数字和短横，最多 40 个字符
    x.toml:21: source.url: “ftp://example.org”不可用，应填来源地址：http://…、https://… 或 file:…
    x.toml:22: source.every: “3 weeks”不可用，应填时长，如 "30s"、"10m"、"2h" 或 "7d"
    x.toml:25: topic.schedule: “25”不能用作“时”，可写 0 至 23
    x.toml:26: topic.title_template: 模板里没有“topik”可用，只能用 topic、date、count；是不是想写“topic”？
    x.toml:28: topic.section.sources: 没有名为“gvo”的 [[source]]
    x.toml:29: seat.name: 缺少这个键，应填引号中的文字
    x.toml:30: seat.roles: 应为方括号中的列表，每一项是 "administrator"、"editor"、"approver"、"reviewer"、"lead"、"custodian" 或 "keeper"
    x.toml:31: seat.token_sha256: 应填 64 位十六进制数，即“tongxin seat”给出的那一串
    x.toml:3: office.nmae: unknown key; did you mean "name"?
    x.toml:4: office.time_zone: there is no time zone "北京"; did you mean "Asia/Shanghai"?
    x.toml:5: office.public_url: "news.example.org" is not an address such as "https://news.example.org"; did you mean "https://news.example.org"?
    x.toml:6: office.admins: "telegram:otto" is no person: behind telegram: stands the number that the bot tells
    x.toml:7: offices: unknown section; did you mean "office"?
    x.toml:9: web.listen: expected an address and port such as "127.0.0.1:8088", found 8088; did you mean "127.0.0.1:8088"?
    x.toml:10: web.reader: expected "peer" or "forwarded", found true or false
    x.toml:11: web.submissions: must lie between 1 and 10000
    x.toml:13: data.dir: must not be empty
    x.toml:15: data.postgres_url: is no address of a PostgreSQL database, which looks like postgres://name:password@host:5432/database
    x.toml:17: account.name: the name web is taken by the program's own pages
    x.toml:18: account.token_file: "/nowhere" cannot be read: No such file or directory (os error 2)
    x.toml:20: source.id: "Gov" is no name: at most 40 lower-case letters, digits and dashes
    x.toml:21: source.url: "ftp://example.org" is not an address: http://…, https://… or file:…
    x.toml:22: source.every: "3 weeks" is not a span such as "30s", "10m", "2h" or "7d"
    x.toml:25: topic.schedule: `25` is no hour: 0 to 23 is possible
    x.toml:26: topic.title_template: there is no "topik" here, only topic, date, count; did you mean "topic"?
    x.toml:28: topic.section.sources: there is no source "gvo"
    x.toml:29: seat.name: is missing; it must be a text in quotes
    x.toml:30: seat.roles: expected a list in brackets, each "administrator", "editor", "approver", "reviewer", "lead", "custodian" or "keeper"
    x.toml:31: seat.token_sha256: must be 64 hexadecimal digits, as `tongxin seat` prints them
    "#);
    with_config(dir, "[office]\nname = \"a\"\nname = \"b\"");
    assert_snapshot!(both(dir, &["check", "--config", "x.toml"]), @"
    x.toml:3: 这个键在同一节里写了两次，请删去一处
    x.toml:3: duplicate key: take one of the two away
    ");
    assert_snapshot!(both(dir, &["serve", "--config", "none.toml"]), @"
    配置文件 none.toml 无法读取：文件或目录不存在。请用 --config 指定正确的文件。
    the configuration none.toml cannot be read: No such file or directory (os error 2); name the right one with --config
    ");
    office(dir);
    let told = program(dir, &["check", "--config", "office.toml"]).env("LC_ALL", ZH).output();
    let told = String::from_utf8(told.expect("runs").stderr).expect("text");
    assert_snapshot!(told.trim_end(), @"
    office.toml:2: office.admins: 没有指定任何人：无人能授予角色，也就无人能使用本程序
    配置没有错误，但有 1 处值得留意。以上是实际生效的设置，密码已隐去。
    ");
}

#[test]
fn a_daemon_says_that_it_is_ready_and_answers_in_the_language_of_whoever_asks() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    office(dir);
    assert_snapshot!(both(dir, &["workers", "--config", "office.toml"]), @"
    没有服务在使用 data。
    no daemon runs over data
    ");
    let mut command = program(dir, &["serve", "--config", "office.toml"]);
    command.env("LC_ALL", ZH);
    let daemon = Daemon::start(command, "同心已就绪：网页在 http://");
    daemon.until_shown(1);
    let pid = daemon.child.id().to_string();
    let busy = both(dir, &["serve", "--config", "office.toml"]).replace(&pid, "PID");
    assert_snapshot!(busy, @"
    数据目录 data 正由另一个进程使用（进程 PID）。请先停止那个进程，或用 data.dir 另指定一个目录。
    the data directory data is in use by another process (process PID); stop it, or name another directory as data.dir
    ");
    assert_snapshot!(both(dir, &["workers", "--config", "office.toml"]), @"
    使用 data 的服务承担全部工作：内置存储只供它一个进程使用。
    the daemon over data does everything: the embedded store is its alone
    ");
    let verified = both(dir, &["verify", "--config", "office.toml"]);
    let verified: String = verified.chars().filter(|c| !c.is_ascii_digit()).collect();
    assert_snapshot!(verified, @"
    一切正常：记录  条，索引  行，计数  个。
    all is well:  records,  index lines,  counts
    ");
    let exported = [(ZH, "zh.jsonl"), (EN, "en.jsonl")].map(|(locale, file)| {
        says(dir, locale, &["export", "--config", "office.toml", "--to", file])
    });
    let exported: String = exported.join("\n").chars().filter(|c| !c.is_ascii_digit()).collect();
    assert_snapshot!(exported, @"
    已将  条记录、 个计数写入 DIR/zh.jsonl。
     records and  counts written to DIR/en.jsonl
    ");
    assert_snapshot!(both(dir, &["export", "--config", "office.toml", "--to", "zh.jsonl"]), @"
    无法写入 DIR/zh.jsonl：已经存在。请换一个文件名，或核对权限和磁盘空间。
    cannot write DIR/zh.jsonl: File exists (os error 17)
    ");
    assert_snapshot!(both(dir, &["why", "--config", "office.toml", "ZZZZZ", "g"]), @"
    没有找到稿件 ZZZZZ。发送 /待发 可查看现有稿件。
    There is no post ZZZZZ. Send /queue to see the posts.
    ");
    assert_snapshot!(both(dir, &["import", "--config", "office.toml", "--from", "zh.jsonl"]), @"
    服务正在运行，请先停止它。
    the daemon is running; stop it first
    ");
    let post = post(&std::fs::read_to_string(dir.join("zh.jsonl")).expect("reads"));
    let why = both(dir, &["why", "--config", "office.toml", &post, "nowhere"]);
    assert_snapshot!(why, @"
    这篇稿件的会话中没有“nowhere”。请写群名、会话编号或地址（账号:会话）。
    No chat of this post is called “nowhere”. Name it by its title, code or address (account:chat).
    ");
    let ledger = ["ledger", "--config", "office.toml", post.as_str()];
    assert_snapshot!(told(&says(dir, ZH, &ledger)), @"
    稿件,版次,标题,会话代码,会话名称,会话类型,账号,平台地址,状态,列入时间,了结时间,消息数,失败次数,可能重复,原因,经手人,应发人数,发到人数,未发到人数,文章地址
    群 已送达 否
    ");
    assert_snapshot!(told(&says(dir, EN, &ledger)), @"
    post,revision,title,chat,chat_title,kind,account,address,state,planned,settled,messages,failures,may_repeat,reason,by,meant,reached,missed,page
    group sent no
    ");
    assert!(daemon.stop());
}

/// The code of the first post in an export.
fn post(export: &str) -> String {
    let line = export.lines().find(|line| line.contains("{\"Post\":")).expect("a post");
    let rest = line.split_once("\"code\":\"").expect("a code").1;
    rest.split('"').next().expect("letters").to_owned()
}

/// The head of a ledger, and what its first line says in words.
fn told(ledger: &str) -> String {
    let mut lines = ledger.trim_start_matches('\u{FEFF}').lines();
    let head = lines.next().expect("a head");
    let cells: Vec<_> = lines.next().expect("a line").split(',').collect();
    format!("{head}\n{} {} {}", cells[5], cells[8], cells[13])
}

#[test]
fn what_is_wrong_with_the_data_or_the_keys_is_told_with_what_to_do() {
    let home = kept();
    let dir = home.path();
    let verify = ["verify", "--config", "office.toml"];
    let marker = dir.join("data/FORMAT");
    let sound = std::fs::read_to_string(&marker).expect("reads");
    std::fs::write(&marker, sound.replace("\"format\": ", "\"format\": 9")).expect("writes");
    assert_snapshot!(both(dir, &verify), @"
    数据的格式版本是 95，本程序最高只认识 5。请换用更新的程序；数据没有改动。
    the data are of format 95, this program knows formats up to 5; use a later program. Nothing was changed
    ");
    std::fs::write(&marker, "{").expect("writes");
    assert_snapshot!(both(dir, &verify), @"
    标记文件 data/FORMAT 已损坏，无法读取。请用备份导入到一个空目录。（EOF while parsing an object at line 1 column 1）
    the marker data/FORMAT cannot be read: EOF while parsing an object at line 1 column 1; restore a backup into an empty directory
    ");
    std::fs::write(&marker, &sound).expect("writes");

    std::fs::rename(dir.join("keys"), dir.join("lost")).expect("renames");
    assert_snapshot!(both(dir, &["serve", "--config", "office.toml"]), @"
    目录“data”里有数据，但 keys 里没有密钥或密钥不全，群友写下的内容将无法读取。请恢复密钥目录，或用 data.keys 指定正确的目录。
    data has data, but keys has no keys, or not all: what people wrote could not be read. Put the key directory back, or name the right one as data.keys
    ");
    std::fs::create_dir(dir.join("keys")).expect("makes");
    std::fs::copy(dir.join("lost/addresses.keys"), dir.join("keys/addresses.keys"))
        .expect("copies");
    assert_snapshot!(both(dir, &["serve", "--config", "office.toml"]), @"
    目录“data”里有数据，但 keys 里没有密钥或密钥不全，群友写下的内容将无法读取。请恢复密钥目录，或用 data.keys 指定正确的目录。
    data has data, but keys has no keys, or not all: what people wrote could not be read. Put the key directory back, or name the right one as data.keys
    ");
    std::fs::remove_dir_all(dir.join("keys")).expect("removes");
    let other = kept();
    std::fs::rename(other.path().join("keys"), dir.join("keys")).expect("renames");
    assert_snapshot!(both(dir, &["serve", "--config", "office.toml"]), @"
    keys 里的密钥与这些数据不配套，群友写下的内容将无法读取。请恢复原来的密钥目录，或用 data.keys 指定它；没有任何改动。
    the keys in keys are not those of these data: what people wrote could not be read. Put the right key directory back, or name it as data.keys; nothing was changed
    ");
    std::fs::remove_dir_all(dir.join("keys")).expect("removes");
    std::fs::rename(dir.join("lost"), dir.join("keys")).expect("renames");

    std::fs::remove_dir_all(dir.join("data/store")).expect("removes");
    let lost = both(dir, &["serve", "--config", "office.toml"]);
    let lost: String = lost.chars().filter(|c| !c.is_ascii_digit()).collect();
    assert_snapshot!(lost, @"
    数据不完整，与上次停止时不一致。请用备份导入到一个空目录；本程序没有改动这里的数据。（原始信息：expected a log of  bytes, found none）
    the data are not what they were: expected a log of  bytes, found none; restore a backup into an empty directory; nothing was written here
    ");
    assert_snapshot!(both(dir, &["verify", "--config", "office.toml", "--data", "typo"]), @"
    DIR/typo 里没有任何数据。请核对路径，用配置中的 data.dir 或选项 --data 指定正确的目录。
    nothing is kept in DIR/typo: name the right directory as data.dir or with --data
    ");
}

#[test]
fn whoever_is_not_the_user_of_the_data_is_told_whose_they_are() {
    let home = kept();
    let dir = home.path();
    if std::os::unix::fs::chown(dir.join("data/lock"), Some(4242), None).is_err() {
        eprintln!("skipped: only root gives files away");
        return;
    }
    let [told, others @ ..] = ["serve", "verify", "compact"]
        .map(|command| both(dir, &[command, "--config", "office.toml"]));
    assert!(others.iter().all(|other| *other == told), "{others:?}");
    assert_snapshot!(told, @"
    数据目录 data 属于编号 4242 的用户，而现在以用户 0 运行。请改用该用户运行（sudo -u '#4242' tongxin …），或用 chown -R 移交数据和密钥。没有任何改动。
    the data directory data belongs to the user of number 4242, and this runs as 0: run it as that user (sudo -u '#4242' tongxin …), or hand over data and keys (chown -R). Nothing was changed
    ");
}

#[test]
fn keys_that_have_sealed_are_refused_where_no_data_are() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    office(dir);
    let vault = Vault::open(&dir.join("keys"), Arc::new(SystemClock)).expect("a vault");
    let sealed = vault.sealer.seal(Drawer::Text, b"words").expect("seals");
    drop(vault);
    assert_snapshot!(both(dir, &["serve", "--config", "office.toml"]), @"
    目录“data”里没有任何数据，而 keys 里的密钥已经为别的数据密封过内容。请核对存放数据的磁盘是否已挂载，data.dir 或数据库是否正确；如要从头开始，请用 data.keys 另指定一个空目录。密钥没有改动。
    nothing is kept in data, but the keys in keys have sealed for other data: is the disk of the data mounted, and data.dir or the database the right one? For a new beginning, name an empty directory as data.keys. The keys are as they were
    ");
    let vault = Vault::open(&dir.join("keys"), Arc::new(SystemClock)).expect("a vault");
    assert_eq!(vault.texts.open(&sealed), Ok(Some(b"words".to_vec())));
}

#[test]
fn a_broken_export_and_a_full_store_are_refused_in_both_languages() {
    let home = kept();
    let dir = home.path();
    let whole = ["export", "--config", "office.toml", "--to", "whole.jsonl"];
    says(dir, ZH, &whole);
    let text = std::fs::read_to_string(dir.join("whole.jsonl")).expect("reads");
    let import = |file: &str, text: &str| {
        std::fs::write(dir.join(file), text).expect("writes");
        let into = ["import", "--config", "office.toml", "--data", "new", "--from", file];
        both(dir, &into)
    };
    let cut = import("cut.jsonl", text.rsplit_once("\n{").expect("an end").0);
    let cut: String = cut.chars().filter(|c| !c.is_ascii_digit()).collect();
    assert_snapshot!(cut, @"
    第  行：文件不完整，后面缺了一段。请重新复制，或换用另一份备份。
    line : the export ends before its end: it was cut; copy it again, or take another backup
    ");
    assert_snapshot!(import("other.jsonl", "hello\n"), @"
    第 1 行：这不是“tongxin export”写出的文件。请核对文件。
    line 1: this is no export of Tongxin; look for the right file
    ");
    let newer = text.replacen("\"format\":1", "\"format\":9", 1);
    assert_snapshot!(import("newer.jsonl", &newer), @"
    第 1 行：导出文件的格式版本是 9，本程序只认识 1。请换用写出它的程序。
    line 1: the export is of format 9, this program knows format 1
    ");
    let full = ["import", "--config", "office.toml", "--from", "whole.jsonl"];
    assert_snapshot!(both(dir, &full), @"
    目录“data”里已有数据，请导入到空的地方。
    data has a store already; import into an empty one
    ");
    assert_snapshot!(both(dir, &["import", "--config", "office.toml", "--from", "none"]), @"
    无法读取 none：文件或目录不存在。请核对路径和权限。
    cannot read none: No such file or directory (os error 2)
    ");
}

#[test]
fn a_database_that_does_not_answer_is_told_with_what_to_do() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    // Nobody listens on a port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = free.local_addr().expect("an address").to_string();
    drop(free);
    with_config(
        dir,
        &format!(
            "[data]\nstore = \"postgres\"\npostgres_tls = \"off\"\npostgres_url = \"postgres://office:hush@{at}/news\""
        ),
    );
    let told = both(dir, &["verify", "--config", "x.toml"]);
    assert!(!told.contains("hush"), "{told}");
    assert_snapshot!(told.replace(&at, "ADDRESS"), @"
    无法使用数据库“news”（ADDRESS）。请核对 data.postgres_url，并确认服务器已启动、本机能够连接。（error connecting to server: Connection refused (os error 111)）
    cannot use the database news at ADDRESS: error connecting to server: Connection refused (os error 111); check data.postgres_url, and that the server runs and can be reached from this machine
    ");
}

#[test]
fn a_command_line_that_cannot_be_read_is_told_in_both_languages() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    assert_snapshot!(all(dir, &[&["serv"], &["serve"], &["serve", "--confg", "x"]]), @"
    没有“serv”这个命令。是不是想用“serve”？

    用法：tongxin [选项] <命令>
    there is no command `serv`; did you mean `serve`?

    Usage: tongxin [OPTIONS] <COMMAND>
    缺少 --config <文件>。

    用法：tongxin serve [选项] --config <文件>
    missing: --config <FILE>

    Usage: tongxin serve [OPTIONS] --config <FILE>
    这里不能用“--confg”。是不是想用“--config”？

    用法：tongxin serve [选项] --config <文件>
    `--confg` cannot stand here; did you mean `--config`?

    Usage: tongxin serve [OPTIONS] --config <FILE>
    ");
    assert_snapshot!(all(dir, &[&["serve", "--config"], &["health", "--listen", "8088"]]), @"
    --config <文件> 需要一个值。
    --config <FILE> needs a value
    “8088”不能用作 --listen <地址:端口> 的值，应为地址和端口，如 127.0.0.1:8088。
    `8088` is no value of --listen <ADDRESS:PORT>: it is an address and port such as 127.0.0.1:8088
    ");
    assert_snapshot!(all(dir, &[&["ledger", "-c", "x", "7K3QD", "--format", "cvs"]]), @"
    “cvs”不能用作 --format <csv|jsonl> 的值，可用：csv、jsonl。
    `cvs` is no value of --format <csv|jsonl>; these are: csv, jsonl
    ");
    let settle = ["settle", "-c", "x", "7K3QD", "sent"];
    assert_snapshot!(all(dir, &[&settle, &[&settle[..], &["--all", "--chat", "y"]].concat()]), @"
    缺少 <--chat <会话>|--all>。

    用法：tongxin settle [选项] --config <文件> <--chat <会话>|--all> <稿件> <sent|notsent|resend>
    missing: <--chat <CHAT>|--all>

    Usage: tongxin settle [OPTIONS] --config <FILE> <--chat <CHAT>|--all> <POST> <sent|notsent|resend>
    --all 不能与 --chat <会话> 同时使用。

    用法：tongxin settle [选项] --config <文件> <--chat <会话>|--all> <稿件> <sent|notsent|resend>
    --all cannot stand with --chat <CHAT>

    Usage: tongxin settle [OPTIONS] --config <FILE> <--chat <CHAT>|--all> <POST> <sent|notsent|resend>
    ");
    assert_snapshot!(all(dir, &[&["seat", "--name", "王芳", "--role", "x"], &["help", "x"]]), @"
    没有“x”这个角色。可用的角色：管理员（administrator）、编辑（editor）、审批人（approver）、审阅人（reviewer）、签批人（lead）、保管人（custodian）、转发人（keeper）。
    “x” is no role; roles are administrator, editor, approver, reviewer, lead, custodian, keeper
    没有“x”这个命令。
    there is no command `x`
    ");
    assert_snapshot!(all(dir, &[&["check", "--lang", "fr"], &["check", "-c", "a", "-c", "b"]]), @"
    “fr”不能用作 --lang <zh|en> 的值，可用：zh、en。
    `fr` is no value of --lang <zh|en>; these are: zh, en
    --config <文件> 只能写一次。

    用法：tongxin check [选项] --config <文件>
    --config <FILE> can be given once only

    Usage: tongxin check [OPTIONS] --config <FILE>
    ");
    assert_snapshot!(all(dir, &[&["pause", "-c", "x", "a", "b"]]), @"
    这里不能用“b”。

    用法：tongxin pause [选项] --config <文件> <稿件>
    `b` cannot stand here

    Usage: tongxin pause [OPTIONS] --config <FILE> <POST>
    ");
    let end = program(dir, &["serv"]).output().expect("runs").status.code();
    assert_eq!(end, Some(2), "a command line that cannot be read ends with 2");
}

#[test]
fn a_seat_is_made_in_the_language_in_which_its_roles_are_typed() {
    let dir = tempfile::tempdir().expect("a directory");
    let made =
        says(dir.path(), ZH, &["seat", "--name", "王芳", "--role", "编辑", "--role", "lead"]);
    assert!(made.starts_with("# 请把以下几行加入配置"), "{made}");
    // What is printed is a configuration that is taken.
    with_config(dir.path(), &made);
    let checked = says(dir.path(), ZH, &["check", "--config", "x.toml"]);
    assert!(checked.contains("roles = [\"editor\", \"lead\"]"), "{checked}");
}

#[test]
fn the_language_is_that_of_the_option_then_of_the_variable_then_of_the_terminal() {
    let dir = tempfile::tempdir().expect("a directory");
    let spoken = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = program(dir.path(), &[args, &["workers"]].concat());
        for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            command.env_remove(name);
        }
        let told = command.envs(variables.iter().copied()).output().expect("runs").stderr;
        if String::from_utf8_lossy(&told).starts_with("缺少") { "zh" } else { "en" }
    };
    for (locale, lang) in [("zh_CN.UTF-8", "zh"), ("zh_TW", "zh"), ("en_US.UTF-8", "en")] {
        assert_eq!(spoken(&[], &[("LANG", locale)]), lang, "{locale}");
    }
    assert_eq!(spoken(&[], &[("LANG", "C.UTF-8")]), "en");
    assert_eq!(spoken(&[], &[]), "zh", "who asks for nothing is spoken to in Chinese");
    assert_eq!(spoken(&[], &[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")]), "en");
    assert_eq!(spoken(&[], &[("LANG", "en_US"), ("TONGXIN_LANG", "zh")]), "zh");
    assert_eq!(spoken(&["--lang", "en"], &[("TONGXIN_LANG", "zh")]), "en");
    assert_eq!(spoken(&["--lang=zh-CN"], &[("LANG", "en_US")]), "zh");
}
