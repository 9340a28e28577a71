//! A host of feeds and pages: holds documents, and can be told to fail in the ways hosts do.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A document, or what the host does instead.
#[derive(Clone, Debug)]
pub enum Page {
    /// Bytes, with the `Content-Type`, an `ETag` and `Last-Modified` of their own.
    Document(Vec<u8>, &'static str),
    /// The same, compressed.
    Gzip(Vec<u8>, &'static str),
    /// A status, with `Retry-After` where one is given.
    Status(u16, Option<&'static str>),
    /// A redirect with this status.
    Redirect(u16, String),
    /// No answer at all.
    Silent,
    /// Zeros without end.
    Endless,
}

/// One request that the host saw.
#[derive(Clone, Debug)]
pub struct Seen {
    pub conditional: bool,
}

#[derive(Debug, Default)]
struct Held {
    pages: HashMap<String, Page>,
    seen: Vec<Seen>,
}

/// A host on the loopback.
#[derive(Clone, Debug)]
pub struct FeedHost {
    held: Arc<Mutex<Held>>,
    base: String,
}

impl FeedHost {
    /// Opens a host on a port that the system chooses.
    pub async fn open() -> Self {
        let held = Arc::new(Mutex::new(Held::default()));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&held));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = async move { axum::serve(listener, router).await.expect("serves") };
        spawn(serving);
        Self { held, base }
    }

    /// The address of `path`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Puts a page at `path`.
    pub fn put(&self, path: &str, page: Page) {
        self.held.lock().expect("held").pages.insert(path.to_owned(), page);
    }

    /// Puts an RSS feed at `path`: titles and paths of its items, the newest first.
    pub fn feed(&self, path: &str, items: &[(&str, &str)]) {
        self.put(path, Page::Document(rss(items).into_bytes(), "application/rss+xml"));
    }

    /// What was asked since the last look.
    pub fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.held.lock().expect("held").seen)
    }
}

/// An RSS feed of these titles and links.
pub fn rss(items: &[(&str, &str)]) -> String {
    let mut out = String::from("<rss version=\"2.0\"><channel><title>公告</title>");
    for (title, link) in items {
        out += "<item><title>";
        out += title;
        out += "</title><link>";
        out += link;
        out += "</link><guid>";
        out += link;
        out += "</guid></item>";
    }
    out + "</channel></rss>"
}

/// A server that promises more than it sends and hangs up; its address.
pub async fn cut_off() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}/feed", listener.local_addr().expect("an address"));
    spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n<rss version=\"2.0\">";
            let _ = stream.write_all(answer).await;
        }
    });
    base
}

#[expect(clippy::disallowed_methods, reason = "a fake serves beside the test")]
fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(work);
}

async fn answer(State(held): State<Arc<Mutex<Held>>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let tag = request.headers().get("if-none-match").map(|v| v.as_bytes().to_vec());
    let page = {
        let mut held = held.lock().expect("held");
        held.seen.push(Seen { conditional: tag.is_some() });
        held.pages.get(&path).cloned()
    };
    let build = Response::builder();
    let answer = match page {
        None => build.status(404).body(Body::empty()),
        Some(Page::Document(bytes, kind)) => {
            let etag = format!("\"{:x}\"", fingerprint(&bytes));
            let same = tag.as_deref() == Some(etag.as_bytes());
            let build =
                build.header("etag", etag).header("last-modified", "Wed, 01 Jul 2026 00:00:00 GMT");
            if same {
                build.status(304).body(Body::empty())
            } else {
                build.header("content-type", kind).body(Body::from(bytes))
            }
        }
        Some(Page::Gzip(bytes, kind)) => {
            let build = build.header("content-type", kind).header("content-encoding", "gzip");
            build.body(Body::from(gzip(&bytes)))
        }
        Some(Page::Status(code, after)) => {
            let build = build.status(code);
            let build = match after {
                Some(after) => build.header("retry-after", after),
                None => build,
            };
            build.body(Body::empty())
        }
        Some(Page::Redirect(code, to)) => {
            build.status(code).header("location", to).body(Body::empty())
        }
        Some(Page::Silent) => std::future::pending().await,
        Some(Page::Endless) => {
            let zeros = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 65536]));
            build.body(Body::from_stream(zeros))
        }
    };
    answer.expect("an answer")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(bytes).expect("compresses");
    out.finish().expect("compresses")
}

fn fingerprint(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

/// A time that is too short for a silent host, and long enough for the others.
pub const SHORT: Duration = Duration::from_millis(950);
