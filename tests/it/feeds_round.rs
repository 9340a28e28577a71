//! The feeds' round against a host that behaves as hosts do.

use crate::clock::StandingClock;
use crate::fakes::feedhost::{FeedHost, Page, SHORT, cut_off, rss};
use crate::store_postgres::OnServer;
use std::sync::Arc;
use std::time::Duration;
use tongxin::clock::Clock as _;
use tongxin::model::{
    Entry, Index, Likeness, Segments, Selectors, Source, SourceForm, SourceId, SourceState,
    Stored as _, Verdict,
};
use tongxin::rounds::feeds::{Feeds, RoundReport, Settings};
use tongxin::store::sled::SledStore;
use tongxin::store::{Reads, Scan, Store};
use tongxin::text::say::sources::SourceSays;

pub const HALF_HOUR: Duration = Duration::from_mins(30);

/// A store, a standing clock and a host.
pub struct Office {
    _dir: tempfile::TempDir,
    pub store: Arc<dyn Store>,
    pub clock: Arc<StandingClock>,
    pub host: FeedHost,
    pub settings: Settings,
}

impl Office {
    pub async fn open() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let opened =
            SledStore::open(&dir.path().join("data"), &tongxin::store::sled::Settings::default());
        Self { _dir: dir, ..Self::over(Arc::new(opened.expect("opens"))).await }
    }

    /// The same over another store.
    async fn over(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            clock: Arc::new(StandingClock::at("2026-07-01T09:00:00+08:00")),
            host: FeedHost::open().await,
            settings: Settings { spacing: Duration::ZERO, ..Settings::default() },
            _dir: tempfile::tempdir().expect("a directory"),
        }
    }

    pub fn feeds(&self, sources: &[Source]) -> Feeds {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        Feeds::new(store, clock, sources.to_vec(), self.settings.clone(), Arc::default())
            .expect("a client")
    }

    pub fn source(&self, id: &str) -> Source {
        source(id, &self.host.url(&format!("/{id}")))
    }

    pub async fn round(&self, sources: &[Source]) -> RoundReport {
        self.feeds(sources).round().await.expect("a round")
    }

    pub async fn entries(&self, id: &str) -> Vec<Entry> {
        let prefix = Entry::of_source(&SourceId(id.to_owned()));
        let reads: &dyn Reads = &*self.store;
        let found = reads.find_all::<Entry>(&Scan::of(Index::EntriesBySource, prefix, 1000)).await;
        found.expect("entries").into_iter().map(|e| e.value).collect()
    }

    pub async fn verdict(&self, id: &str, title: &str) -> Verdict {
        let found = self.entries(id).await.into_iter().find(|e| e.title == title);
        found.unwrap_or_else(|| panic!("no entry {title}")).verdict
    }

    pub async fn state(&self, id: &str) -> SourceState {
        let reads: &dyn Reads = &*self.store;
        let key = Segments::new().text(id).key(SourceState::KIND);
        reads.find::<SourceState>(&key).await.expect("reads").expect("a state").value
    }

    pub fn pass(&self, span: Duration) {
        self.clock.advance(span);
    }
}

pub fn source(id: &str, url: &str) -> Source {
    Source {
        id: SourceId(id.to_owned()),
        title: format!("来源{id}"),
        url: url.to_owned(),
        form: SourceForm::Feed,
        every: HALF_HOUR,
        first_poll: 2,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_poll_takes_the_newest_few_and_later_ones_take_what_is_new() {
    let office = Office::open().await;
    let a = [office.source("a")];
    office.host.feed(
        "/a",
        &[
            ("第四号公告全文", "https://x.cn/4"),
            ("第三号公告全文", "https://x.cn/3"),
            ("第二号公告全文", "https://x.cn/2"),
        ],
    );
    assert_eq!(office.round(&a).await.fresh, 2);
    assert_eq!(office.verdict("a", "第三号公告全文").await, Verdict::New);
    assert_eq!(office.verdict("a", "第二号公告全文").await, Verdict::Archive);

    assert_eq!(office.round(&a).await.asked, 0, "it is not due yet");
    office.pass(HALF_HOUR);
    office.host.feed(
        "/a",
        &[("第五号公告全文", "https://x.cn/5"), ("第四号公告（更正）", "https://x.cn/4")],
    );
    assert_eq!(office.round(&a).await.fresh, 1);
    let entries = office.entries("a").await;
    assert_eq!(entries.len(), 4);
    assert!(entries.iter().any(|e| e.title == "第四号公告（更正）"), "a change is taken over");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unchanged_is_not_sent_again() {
    let office = Office::open().await;
    let a = [office.source("a")];
    office.host.feed("/a", &[("一则公告", "https://x.cn/1")]);
    office.round(&a).await;
    assert!(!office.host.seen()[0].conditional);
    office.pass(HALF_HOUR);
    assert_eq!(office.round(&a).await.failed, 0);
    assert!(office.host.seen()[0].conditional);
    assert_eq!(office.state("a").await.read, Some(office.clock.now()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_news_is_recognised_by_link_and_by_title_with_the_reason() {
    let office = Office::open().await;
    let (a, b) = (office.source("a"), Source { first_poll: 9, ..office.source("b") });
    office.host.feed(
        "/a",
        &[
            ("关于开展2026年暑期志愿服务的通知", "https://x.cn/1"),
            ("市图书馆延长夏季开放时间的公告", "https://x.cn/2"),
        ],
    );
    office.round(std::slice::from_ref(&a)).await;
    office.host.feed(
        "/b",
        &[
            ("转载：志愿服务", "http://X.cn:80/1?utm_source=wx&amp;spm=1.2#top"),
            ("市图书馆延长夏季开放时间的公告！", "https://y.cn/9"),
            ("关于开展2025年暑期志愿服务的通知", "https://y.cn/10"),
            ("首页", "https://x.cn/"),
        ],
    );
    assert_eq!(office.round(&[a, b]).await.fresh, 2);
    let by = |verdict| match verdict {
        Verdict::Same { by, .. } => Some(by),
        _ => None,
    };
    assert_eq!(by(office.verdict("b", "转载：志愿服务").await), Some(Likeness::Link));
    assert_eq!(
        by(office.verdict("b", "市图书馆延长夏季开放时间的公告！").await),
        Some(Likeness::Title)
    );
    assert_eq!(office.verdict("b", "关于开展2025年暑期志愿服务的通知").await, Verdict::New);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_source_costs_itself_alone_and_says_why() {
    let mut office = Office::open().await;
    office.settings.timeout = SHORT;
    office.settings.size_max = 1024 * 1024;
    let host = &office.host;
    host.put("/broken", Page::Document(b"<rss version='2.0'><channel><item>".to_vec(), "text/xml"));
    host.put("/page", Page::Document(b"<!doctype html><p>x".to_vec(), "text/html"));
    host.put("/error", Page::Status(500, None));
    host.put("/silent", Page::Silent);
    host.put("/endless", Page::Endless);
    host.put("/bomb", Page::Gzip(vec![b' '; 2 * 1024 * 1024], "text/xml"));
    host.put("/loop", Page::Redirect(302, host.url("/loop")));
    host.put("/escape", Page::Redirect(302, "file:///etc/hostname".to_owned()));
    host.put("/gzip", Page::Gzip(rss(&[("压缩", "https://x.cn/z")]).into_bytes(), "text/xml"));
    host.feed("/good", &[("一则公告", "https://x.cn/1")]);
    let bad = ["broken", "page", "error", "silent", "endless", "bomb", "loop", "escape", "missing"];
    let mut sources: Vec<_> =
        bad.iter().chain(&["gzip", "good"]).map(|id| office.source(id)).collect();
    sources.push(source("cut", &cut_off().await));
    sources.push(source("closed", "http://127.0.0.1:9/feed"));
    sources.push(source("nofile", "file:/nonexistent/feed.xml"));
    sources.push(source("scheme", "ftp://x.cn/feed"));

    let report = office.round(&sources).await;
    assert_eq!((report.asked, report.failed, report.fresh), (15, 13, 2));
    let mut told = Vec::new();
    for id in bad.iter().chain(&["cut", "closed", "nofile", "scheme"]) {
        let state = office.state(id).await;
        assert_eq!(state.next, office.clock.now().plus(HALF_HOUR), "{id}");
        told.push(format!("{id}: {}", state.trouble.expect("trouble").what));
    }
    let told = told.join("\n");
    for part in [
        "broken: 订阅源格式有误",
        "page: 这是一个网页",
        "error: 对方服务器答复出错（500）",
        "silent: 等候",
        "endless: 内容超过 1 MiB",
        "bomb: 内容超过 1 MiB",
        "loop: 跳转超过 5 次",
        "escape: 跳转到了不能读取的地址",
        "missing: 对方服务器上没有这个地址",
        "cut: 内容传送中断",
        "closed: 连接不上",
        "nofile: 文件无法读取",
        "scheme: 地址“ftp",
    ] {
        assert!(told.contains(part), "{part} in\n{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_source_is_asked_less_and_less_and_forgiven_at_once() {
    let office = Office::open().await;
    let a = [office.source("a")];
    office.host.put("/a", Page::Status(500, None));
    let mut waits = Vec::new();
    for _ in 0..8 {
        let next = office.round(&a).await.next.expect("a next");
        waits.push(next.since(office.clock.now()).as_secs() / 60);
        office.clock.jump(next);
    }
    assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1440, 1440]);
    let trouble = office.state("a").await.trouble.expect("trouble");
    assert_eq!(trouble.failures, 8);
    office.host.feed("/a", &[("一则公告", "https://x.cn/1")]);
    assert_eq!(office.round(&a).await.fresh, 1);
    let state = office.state("a").await;
    assert_eq!((state.trouble, state.next), (None, office.clock.now().plus(HALF_HOUR)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_to_wait_is_waited_for() {
    let office = Office::open().await;
    for (id, status, after, minutes) in [
        ("a", 429, Some("7200"), 120),
        ("b", 503, Some("Wed, 01 Jul 2026 04:00:00 GMT"), 180),
        ("c", 429, Some("60"), 30),
        ("d", 503, None, 30),
        ("e", 429, Some("99999999999"), 1440),
        ("f", 410, None, 1440),
        ("g", 429, Some("soon"), 30),
    ] {
        office.host.put(&format!("/{id}"), Page::Status(status, after));
        office.round(&[office.source(id)]).await;
        let next = office.state(id).await.next;
        assert_eq!(next.since(office.clock.now()).as_secs() / 60, minutes, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_gone_is_left_alone_for_a_day_however_short_the_longest_wait_is() {
    let mut office = Office::open().await;
    office.settings.back_off_max = HALF_HOUR;
    let a = [office.source("a")];
    office.host.put("/a", Page::Status(410, None));
    let start = office.clock.now();
    assert_eq!(office.round(&a).await.asked, 1);
    office.pass(HALF_HOUR);
    let report = office.round(&a).await;
    assert_eq!((report.asked, report.next), (0, Some(start.plus(Duration::from_hours(24)))));
    office.clock.jump(start.plus(Duration::from_hours(24)));
    assert_eq!(office.round(&a).await.asked, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_followed_and_lasting_ones_told() {
    let office = Office::open().await;
    office.host.put("/a", Page::Redirect(301, "/b".to_owned()));
    office.host.put("/b", Page::Redirect(308, office.host.url("/c")));
    office.host.put("/t", Page::Redirect(302, "/c".to_owned()));
    office.host.feed("/c", &[("一则公告", "https://x.cn/1")]);
    let feeds = office.feeds(&[]);
    let moved = async |path: &str| {
        let tried = feeds.try_url(&office.host.url(path)).await.expect("a store");
        tried.expect("a feed").moved
    };
    assert_eq!(moved("/a").await, Some(office.host.url("/c")));
    assert_eq!(moved("/t").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sources_of_one_host_are_asked_apart() {
    let mut office = Office::open().await;
    office.settings.spacing = Duration::from_secs(2);
    office.host.feed("/a", &[("一则公告", "https://x.cn/1")]);
    office.host.feed("/b", &[("另一则", "https://x.cn/2")]);
    let feeds = office.feeds(&[office.source("a"), office.source("b")]);
    let first = feeds.round().await.expect("a round");
    assert_eq!(
        (first.asked, first.next),
        (1, Some(office.clock.now().plus(Duration::from_secs(2))))
    );
    office.pass(Duration::from_secs(2));
    assert_eq!(feeds.round().await.expect("a round").asked, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_repeated_after_a_crash_repeats_nothing() {
    let office = Office::open().await;
    let a = Source { first_poll: 60, ..office.source("a") };
    let items: Vec<_> =
        (0..100).map(|n| (format!("公告{n}"), format!("https://x.cn/{n}"))).collect();
    let items: Vec<_> = items.iter().map(|(t, l)| (t.as_str(), l.as_str())).collect();
    office.host.feed("/a", &items);
    office.round(std::slice::from_ref(&a)).await;
    let before = office.entries("a").await;
    // As if the process had died before the state was written: the first poll runs once more.
    let reads: &dyn Reads = &*office.store;
    let key = Segments::new().text("a").key(SourceState::KIND);
    let state = reads.find::<SourceState>(&key).await.expect("reads").expect("a state");
    let mut changes = tongxin::model::Changes::new();
    changes.remove(&state);
    office.store.commit(changes).await.expect("commits");
    office.pass(HALF_HOUR);
    assert_eq!(office.round(&[a]).await.fresh, 0);
    assert_eq!(office.entries("a").await, before);
    assert_eq!(before.iter().filter(|e| e.verdict == Verdict::New).count(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_page_is_read_with_the_text_of_its_articles() {
    let mut office = Office::open().await;
    office.settings.articles_max = 1;
    let list = "<meta charset=gbk><ul><li><a href='/n/1'>关于调整办事窗口的通知</a><i>07-01</i><li><a href='n/2'>夏季作息时间公告</a><i>06-30</i></ul>";
    let gbk = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
    office.host.put("/list/", Page::Document(gbk(list), "text/html"));
    office.host.put(
        "/n/1",
        Page::Document(
            gbk("<meta charset=gbk><nav>菜单</nav><div id=c><p>自即日起，<p>窗口迁至二楼。</div>"),
            "text/html",
        ),
    );
    let by = Selectors {
        item: "li".into(),
        title: String::new(),
        link: String::new(),
        date: "i".into(),
        article: "#c".into(),
    };
    let page = Source { form: SourceForm::Page(by), ..source("p", &office.host.url("/list/")) };
    assert_eq!(office.round(&[page]).await.fresh, 2);
    let mut entries = office.entries("p").await;
    entries.sort_by_key(|e| std::cmp::Reverse(e.published));
    assert_eq!(entries[0].summary, "自即日起， 窗口迁至二楼。");
    assert_eq!(entries[1].link, office.host.url("/list/n/2"));
    assert_eq!(entries[1].summary, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_news_of_two_hosts_read_at_once_is_new_once() {
    let mut office = Office::open().await;
    // How long passes between reading a list and reading its article: both lists are read within it.
    office.settings.spacing = Duration::from_millis(100);
    let other = FeedHost::open().await;
    let by = Selectors {
        item: "li".into(),
        title: String::new(),
        link: String::new(),
        date: String::new(),
        article: "div".into(),
    };
    let mut pages = Vec::new();
    for (id, host) in [("a", &office.host), ("b", &other)] {
        let list = "<ul><li><a href='/n/1'>关于调整办事窗口工作时间的通知</a></ul>";
        host.put("/list", Page::Document(list.into(), "text/html"));
        host.put("/n/1", Page::Document("<div>窗口迁至二楼。</div>".into(), "text/html"));
        let form = SourceForm::Page(by.clone());
        pages.push(Source { form, ..source(id, &host.url("/list")) });
    }
    let report = office.round(&pages).await;
    assert_eq!((report.asked, report.failed, report.fresh), (2, 0, 1));
    let mut same = 0;
    for id in ["a", "b"] {
        let entries = office.entries(id).await;
        assert_eq!(entries[0].summary, "窗口迁至二楼。");
        same += usize::from(matches!(entries[0].verdict, Verdict::Same { .. }));
    }
    assert_eq!(same, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_and_read_again_when_it_changed() {
    let office = Office::open().await;
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("feed.xml");
    std::fs::write(&path, rss(&[("一则公告", "https://x.cn/1")])).expect("writes");
    let a = [source("a", &format!("file:{}", path.display()))];
    assert_eq!(office.round(&a).await.fresh, 1);
    office.pass(HALF_HOUR);
    assert_eq!(office.round(&a).await.fresh, 0);
    std::fs::write(
        &path,
        rss(&[("另有一则公告", "https://x.cn/2"), ("一则公告", "https://x.cn/1")]),
    )
    .expect("writes");
    office.pass(HALF_HOUR);
    assert_eq!(office.round(&a).await.fresh, 1);
    let tried =
        office.feeds(&[]).try_url(&format!("file:{}", path.display())).await.expect("a store");
    assert!(
        matches!(tried, Err(SourceSays::BadAddress(_))),
        "files are for the configuration alone"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_silences_no_source() {
    let office = Office::open().await;
    let a = [office.source("a")];
    office.host.feed("/a", &[("一则公告", "https://x.cn/1")]);
    office.round(&a).await;
    for hours in [10, 40 * 24] {
        office.clock.jump(office.clock.now().minus(Duration::from_hours(hours)));
        assert_eq!(office.round(&a).await.asked, 1, "{hours}");
        assert_eq!(office.round(&a).await.asked, 0, "{hours}");
        office.pass(HALF_HOUR);
        assert_eq!(office.round(&a).await.asked, 1, "{hours}");
    }
    // One that fails then is asked no more often than otherwise.
    office.host.put("/a", Page::Status(500, None));
    office.clock.jump(office.clock.now().minus(Duration::from_hours(10)));
    assert_eq!(office.round(&a).await.asked, 1);
    assert_eq!(office.round(&a).await.asked, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_shows_what_would_be_read_and_keeps_nothing() {
    let office = Office::open().await;
    office.host.feed(
        "/a",
        &[
            ("第三则公告", "https://x.cn/3"),
            ("第二则公告", "https://x.cn/2"),
            ("第一则公告", "https://x.cn/1"),
        ],
    );
    let tried =
        office.feeds(&[]).try_source(&office.source("a")).await.expect("a store").expect("a feed");
    assert_eq!((tried.kind, tried.title.as_str(), tried.encoding), ("RSS 2.0", "公告", "UTF-8"));
    let verdicts: Vec<_> = tried.entries.iter().map(|e| &e.verdict).collect();
    assert_eq!(verdicts, [&Verdict::New, &Verdict::New, &Verdict::Archive]);
    assert!(office.entries("a").await.is_empty());
    let report = format!("{:?}", tried.report(tongxin::model::Lang::Zh, 2));
    for part in
        ["RSS 2.0《公告》，编码 UTF-8，共 3 条。", "https://x.cn/3", "· 新", "另有 1 条未列出。"]
    {
        assert!(report.contains(part), "{part} in {report}");
    }
}

/// So many characters that no engine makes shorter.
fn noise(length: usize) -> String {
    let mut state = 7u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from_digit(u32::try_from(state >> 59).expect("small"), 32).expect("a digit")
    };
    (0..length).map(|_| next()).collect()
}

/// One item after the other: title, link, ID.
fn listing(items: &[(&str, &str, &str)]) -> Page {
    let item = |(title, link, id): &(&str, &str, &str)| {
        format!("<item><title>{title}</title><link>{link}</link><guid>{id}</guid></item>")
    };
    let items: String = items.iter().map(item).collect();
    let text = format!("<rss version=\"2.0\"><channel><title>公告</title>{items}</channel></rss>");
    Page::Document(text.into_bytes(), "application/rss+xml")
}

/// A long link, a long ID, and both at once cost what is too long, and nothing else.
async fn takes_what_is_too_long(office: &Office) {
    let a = [Source { first_poll: 9, ..office.source("a") }];
    let (link, id) = (format!("https://x.cn/{}", noise(4_000)), noise(300_000));
    let (long, other) = (format!("https://x.cn/{id}"), format!("{id}2"));
    let listed = [
        ("关于路灯维修的公告", "https://x.cn/1", "1"),
        ("关于雨水管网的公告", link.as_str(), "2"),
        ("关于公园开放的公告", "https://x.cn/3", id.as_str()),
        ("关于停水检修的公告", "https://x.cn/4", other.as_str()),
        ("关于图书馆的公告", "", link.as_str()),
        ("", link.as_str(), "6"),
        ("", "", long.as_str()),
        ("关于菜市场的公告", "https://x.cn/8", "8"),
    ];
    office.host.put("/a", listing(&listed));
    let report = office.round(&a).await;
    assert_eq!(
        (report.failed, report.fresh),
        (0, 6),
        "what has neither title nor link says nothing"
    );
    let entries = office.entries("a").await;
    let of = |title: &str| entries.iter().find(|e| e.title == title).expect("is kept");
    for (title, link) in [
        ("关于路灯维修的公告", "https://x.cn/1"),
        ("关于雨水管网的公告", ""),
        ("关于公园开放的公告", "https://x.cn/3"),
        ("关于停水检修的公告", "https://x.cn/4"),
        ("关于图书馆的公告", ""),
        ("关于菜市场的公告", "https://x.cn/8"),
    ] {
        assert_eq!(of(title).link, link, "{title}");
    }
    assert!(entries.iter().all(|e| e.guid.len() <= 1_000));
    office.pass(HALF_HOUR);
    office
        .host
        .put("/a", listing(&[&listed[..], &[("又一则公告", "https://x.cn/9", "9")]].concat()));
    assert_eq!(office.round(&a).await.fresh, 1, "each is known again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_or_an_id_that_is_far_too_long_costs_neither_the_round_nor_other_entries() {
    takes_what_is_too_long(&Office::open().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_or_an_id_that_is_far_too_long_costs_nothing_in_a_database_either() {
    let Some(home) = OnServer::make().await else { return };
    takes_what_is_too_long(&Office::over(Arc::new(home.store().await)).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_made_of_a_link_is_no_longer_than_others() {
    let office = Office::open().await;
    let a = [office.source("a")];
    let link = format!("https://x.cn/{}", noise(1_900));
    office.host.put("/a", listing(&[("", link.as_str(), "")]));
    assert_eq!(office.round(&a).await.fresh, 1);
    let entries = office.entries("a").await;
    assert_eq!((entries[0].link.as_str(), entries[0].title.chars().count()), (link.as_str(), 300));
}
