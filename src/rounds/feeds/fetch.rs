//! Fetching a source: over HTTP(S), or from a file that the configuration names.

use super::Settings;
use crate::model::At;
use crate::text::say::sources::SourceSays;
use reqwest::header::{
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    LOCATION, RETRY_AFTER,
};
use reqwest::{Response, StatusCode, redirect};
use std::time::{Duration, UNIX_EPOCH};
use url::Url;

/// Fetches sources within limits of time, size and redirects.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: reqwest::Client,
    timeout: Duration,
    size_max: usize,
    redirects_max: usize,
}

/// What an earlier answer left us to ask with, so that nothing is sent twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`, or the time of a file.
    pub modified: Option<String>,
}

/// What came of asking.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// It is as it was.
    Unchanged,
    /// Its content.
    Body(Box<Body>),
}

/// The content of a source.
#[derive(Clone, Debug)]
pub struct Body {
    /// Its bytes, uncompressed.
    pub bytes: Vec<u8>,
    /// The `Content-Type`.
    pub content_type: Option<String>,
    /// To ask with next time.
    pub validators: Validators,
    /// Where it was found in the end; `None` for a file.
    pub url: Option<Url>,
    /// Where it has moved for good, if the server said so.
    pub moved: Option<Url>,
}

/// Why nothing came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchFailed {
    /// What went wrong.
    pub says: SourceSays,
    /// Not to be asked again sooner than after this, as the server said.
    pub wait: Option<Duration>,
}

impl From<SourceSays> for FetchFailed {
    fn from(says: SourceSays) -> Self {
        Self { says, wait: None }
    }
}

/// The client for sources: it follows no redirect by itself.
#[expect(clippy::disallowed_methods, reason = "sources are fetched with limits of their own")]
fn client(settings: &Settings) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(settings.timeout)
        .user_agent(concat!("Tongxin/", env!("CARGO_PKG_VERSION")))
        .build()
}

impl Fetcher {
    /// A fetcher with these limits.
    ///
    /// # Errors
    /// When the machine's certificates cannot be read.
    pub fn new(settings: &Settings) -> Result<Self, reqwest::Error> {
        Ok(Self {
            client: client(settings)?,
            timeout: settings.timeout,
            size_max: settings.size_max,
            redirects_max: settings.redirects_max,
        })
    }

    /// Fetches `address`, unless it is as `known` says; `now` serves to read a date in `Retry-After`.
    ///
    /// # Errors
    /// When nothing comes, or too much, or too late.
    pub async fn fetch(
        &self,
        address: &str,
        known: &Validators,
        now: At,
    ) -> Result<Fetched, FetchFailed> {
        let fetched = async {
            match address.strip_prefix("file:") {
                Some(path) => self.file(path.strip_prefix("//").unwrap_or(path), known).await,
                None => self.web(web_address(address)?, known, now).await,
            }
        };
        match tokio::time::timeout(self.timeout, fetched).await {
            Ok(fetched) => fetched,
            Err(_) => Err(SourceSays::Slow(self.timeout).into()),
        }
    }

    async fn file(&self, path: &str, known: &Validators) -> Result<Fetched, FetchFailed> {
        let failed = |e: std::io::Error| FetchFailed::from(SourceSays::File(e.to_string()));
        let facts = tokio::fs::metadata(path).await.map_err(failed)?;
        if !facts.is_file() {
            return Err(SourceSays::File("not a file".to_owned()).into());
        }
        if facts.len() > self.size_max as u64 {
            return Err(SourceSays::TooLarge(self.size_max).into());
        }
        let since = facts.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
        let modified = since.map(|s| format!("file:{path}:{}:{}", s.as_nanos(), facts.len()));
        if modified.is_some() && modified == known.modified {
            return Ok(Fetched::Unchanged);
        }
        let bytes = tokio::fs::read(path).await.map_err(failed)?;
        let validators = Validators { etag: None, modified };
        let body = Body { bytes, content_type: None, validators, url: None, moved: None };
        Ok(Fetched::Body(Box::new(body)))
    }

    async fn web(&self, start: Url, known: &Validators, now: At) -> Result<Fetched, FetchFailed> {
        let mut url = start;
        let mut moved = None;
        let mut for_good = true;
        for _ in 0..=self.redirects_max {
            let answer = self.ask(&url, known).await?;
            match answer.status() {
                StatusCode::NOT_MODIFIED => return Ok(Fetched::Unchanged),
                status if status.is_success() => return self.body(answer, url, moved).await,
                status if is_redirect(status) => {
                    url = redirected(&url, answer.headers())?;
                    for_good &= matches!(status.as_u16(), 301 | 308);
                    moved = for_good.then(|| url.clone());
                }
                status => return Err(refused(status, answer.headers(), now)),
            }
        }
        Err(SourceSays::Redirects(self.redirects_max).into())
    }

    async fn ask(&self, url: &Url, known: &Validators) -> Result<Response, FetchFailed> {
        let mut request = self.client.get(url.clone());
        if let Some(etag) = &known.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(modified) = known.modified.as_ref().filter(|m| !m.starts_with("file:")) {
            request = request.header(IF_MODIFIED_SINCE, modified);
        }
        request.send().await.map_err(|e| SourceSays::Unreachable(root_cause(&e)).into())
    }

    async fn body(
        &self,
        mut answer: Response,
        url: Url,
        moved: Option<Url>,
    ) -> Result<Fetched, FetchFailed> {
        let headers = answer.headers().clone();
        let mut bytes = Vec::new();
        // Counted as it comes out of the decompression: a small bomb is seen before it is large.
        while let Some(chunk) =
            answer.chunk().await.map_err(|e| SourceSays::CutOff(root_cause(&e)))?
        {
            if bytes.len() + chunk.len() > self.size_max {
                return Err(SourceSays::TooLarge(self.size_max).into());
            }
            bytes.extend_from_slice(&chunk);
        }
        let validators = Validators {
            etag: header(&headers, &ETAG),
            modified: header(&headers, &LAST_MODIFIED),
        };
        let content_type = header(&headers, &CONTENT_TYPE);
        Ok(Fetched::Body(Box::new(Body { bytes, content_type, validators, url: Some(url), moved })))
    }
}

/// Reads an address of the web.
///
/// # Errors
/// When it is none.
pub fn web_address(address: &str) -> Result<Url, SourceSays> {
    let url = Url::parse(address.trim()).ok();
    let web = |u: &Url| matches!(u.scheme(), "http" | "https") && u.host().is_some();
    url.filter(web).ok_or_else(|| SourceSays::BadAddress(address.to_owned()))
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn redirected(from: &Url, headers: &HeaderMap) -> Result<Url, SourceSays> {
    let to = header(headers, &LOCATION).unwrap_or_default();
    let joined = from.join(&to).map_err(|_| SourceSays::BadRedirect(to.clone()))?;
    web_address(joined.as_str()).map_err(|_| SourceSays::BadRedirect(to))
}

fn refused(status: StatusCode, headers: &HeaderMap, now: At) -> FetchFailed {
    let wait = header(headers, &RETRY_AFTER).and_then(|said| retry_after(&said, now));
    let says = match status.as_u16() {
        410 => SourceSays::Gone,
        code @ (429 | 503) => SourceSays::Busy(code),
        code => SourceSays::Status(code),
    };
    FetchFailed { says, wait }
}

/// Seconds, or a date.
fn retry_after(said: &str, now: At) -> Option<Duration> {
    let said = said.trim();
    if let Ok(seconds) = said.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = chrono::DateTime::parse_from_rfc2822(said).ok()?;
    Some(At::from(date.to_utc()).since(now))
}

fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (!value.is_empty() && value.len() <= 1000).then(|| value.to_owned())
}

/// The innermost reason: the outer ones repeat the address, which may hold a secret.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    super::plain::bounded(&cause.to_string(), 120)
}
