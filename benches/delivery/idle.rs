//! The memory of the program while nothing happens, after a push to all groups.

use crate::args::Args;
use crate::daemon::{Arrival, Daemon, Which, configure};
use crate::fake::Beside;
use crate::ledger::Ledger;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tongxin::clock::{Clock, SystemClock};
use tongxin::model::{ChatKind, TopicId};

const GROUPS: usize = 1_000;
const PEOPLE: usize = 10_000;

/// What the office has besides the account and the topic of everybody.
const OFFICE: &str = "\
[[source]]
id = \"notices\"
title = \"公告\"
url = \"file:feed.xml\"

[[topic]]
id = \"groups\"
title = \"群公告\"
schedule = \"30 8 * * 1-5\"
[[topic.section]]
sources = [\"notices\"]

[[group]]
id = \"all\"
title = \"全体成员\"
topics = [\"groups\"]
";

const FEED: &str = "<rss version=\"2.0\"><channel><title>公告</title><link>https://x.cn/</link>\
<description>公告</description><item><title>停水通知</title><link>https://x.cn/1</link></item></channel></rss>";

/// What is asked for once a second.
const PAGES: [&str; 4] = ["/g/all", "/", "/metrics", "/readyz"];

/// Serves for some seconds.
pub async fn run(args: &Args) {
    let ledger = Ledger::make(args).await;
    let mut fake = Beside::start(GROUPS + PEOPLE, 0, "free");
    let chats = std::mem::take(&mut fake.served.chats);
    let (groups, people) = chats.split_at(GROUPS);
    let office = ledger.open().await;
    let topic = TopicId("groups".to_owned());
    office.subscribe_to(&topic, ChatKind::Group, groups).await;
    office.subscribe(people).await;
    let at = SystemClock.now().plus(Duration::from_secs(3));
    office.scheduled(std::iter::once(("停水通知".to_owned(), topic, at))).await;
    office.close().await;
    std::fs::write(ledger.dir().join("feed.xml"), FEED).expect("writes");
    configure(&ledger, &fake.served, (Arrival::Polling, 32), OFFICE);
    let daemon = Daemon::start(Which::Program, ledger.dir());
    let ready = daemon.rss_mb();
    let pushed = serve_push(&daemon, &mut fake);
    let span = Duration::from_secs(args.number("seconds", 20));
    let (began, mut most) = (Instant::now(), 0f64);
    while began.elapsed() < span {
        for page in PAGES {
            ask(&daemon, page);
        }
        most = most.max(daemon.rss_mb());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let figures = json!({
        "store": ledger.store(),
        "groups": GROUPS,
        "people": PEOPLE,
        "seconds": span.as_secs(),
        "pushed": pushed,
        "rss_mb": daemon.rss_mb(),
        "idle_most_mb": most,
        "ready_mb": ready,
        "peak_rss_mb": daemon.peak_rss_mb(),
        "anonymous_mb": daemon.memory_mb("RssAnon:"),
        "of_files_mb": daemon.memory_mb("RssFile:"),
    });
    daemon.stop();
    args.tell(&figures);
}

/// Waits until every group has the post; how many have it.
fn serve_push(daemon: &Daemon, fake: &mut Beside) -> u64 {
    let began = Instant::now();
    loop {
        let taken = fake.took().taken;
        if taken >= GROUPS as u64 || began.elapsed() > Duration::from_mins(2) {
            return taken;
        }
        for page in PAGES {
            ask(daemon, page);
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Reads a page.
fn ask(daemon: &Daemon, page: &str) {
    let mut stream = TcpStream::connect(daemon.listen).expect("connects");
    let request = format!("GET {page} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("asks");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answers");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{page}: {}", String::from_utf8_lossy(&answer));
}
