//! Calls over HTTP: the only place that builds clients.
//!
//! **Invariant:** whoever calls learns which of three things happened: nothing left this machine
//! ([`CallFailure::Unsent`]), the request left and no whole answer came ([`CallFailure::Unanswered`]),
//! or there is an answer, whatever it says.
//!
//! The line between the first two is drawn where it is certain. A request that was handed to an open
//! connection counts as left, even when the other side hung up before it read a byte: from here the two
//! cannot be told apart. (A pooled connection found closed before anything was written is replaced by
//! the client itself; idle ones are given up early, so that this race is rare.)

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Proxy, RequestBuilder, Url, redirect};
use serde::Serialize;
use std::future::Future;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;
use url::Host;

/// The address of an API, or of what is called in it, as an operator may set it; `None` where it is none of the web's.
#[must_use]
pub(super) fn served(address: &str) -> Option<Url> {
    Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// How long connecting may take, name look-up and TLS included.
const CONNECT: Duration = Duration::from_secs(10);
/// When an unused connection is given up; servers commonly do so after 60 or 75 seconds.
const IDLE: Duration = Duration::from_secs(30);

/// Why a client cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("prepare for calls over HTTP: {0}")]
pub struct ClientError(String);

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallFailure {
    /// Nothing was sent: no name, no connection, no TLS.
    #[error("no connection: {0}")]
    Unsent(String),
    /// Nothing was sent, and nothing will be until an operator allows it: the address is out of reach.
    #[error("{0}")]
    Forbidden(String),
    /// The request left; no whole answer came. It may have had its effect.
    #[error("no answer: {0}")]
    Unanswered(String),
}

/// A connection that both sides keep open and write to, once the other has agreed.
pub type Line = reqwest::Upgraded;

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Answer {
    /// The span that the `Retry-After` header names in seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.seconds(header::RETRY_AFTER.as_str())
    }

    /// The span that a header names in seconds.
    #[must_use]
    pub fn seconds(&self, name: &str) -> Option<Duration> {
        let seconds = self.headers.get(name)?.to_str().ok()?;
        seconds.trim().parse().ok().map(Duration::from_secs)
    }
}

/// A form of several parts: text fields, and one file.
///
/// The file's name is written as it is, in UTF-8: platforms do not read the other ways to write it.
#[must_use]
pub fn form(
    fields: Vec<(&'static str, String)>,
    (field, name, mime, bytes): (&'static str, &str, &'static str, Bytes),
) -> Form {
    let form = Form::new().percent_encode_noop();
    let form = fields.into_iter().fold(form, |form, (name, text)| form.text(name, text));
    let length = bytes.len() as u64;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
    let part = Part::stream_with_length(bytes, length).headers(headers);
    form.part(field, part.file_name(name.replace(['"', '\r', '\n'], " ")))
}

/// Calls a platform's API: no redirects, no proxy but the one named, no cookies.
#[derive(Clone, Debug)]
pub struct Caller {
    client: Client,
    reach: Reach,
}

/// Which addresses may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of the open network: nothing on this machine, beside it, or in a network of its own.
    Public,
    /// All.
    Any,
}

/// Resolves names to addresses of the open network alone. What a name means is looked at when a connection is
/// made and at no other time, so that it cannot mean one thing when it is looked at and another when it is called.
#[derive(Debug)]
struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<_> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(Private.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// The address is not of the open network.
#[derive(Debug, thiserror::Error)]
#[error("the address is in a private network; reach = \"any\" allows it")]
struct Private;

/// Whether an address is of the open network: not this machine, its links, private networks, those of carriers,
/// or what is set apart (RFC 6890).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && b & 0xc0 == 64)
                || (a, b, c) == (192, 0, 0)
                || (a == 198 && b & 0xfe == 18))
        }
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let [first, second, third, .., high, low] = v6.segments();
    let older = |[high, low]: [u16; 2]| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        is_public(IpAddr::from([a, b, c, d]))
    };
    match (first, second) {
        // Those that stand for one of the older kind: mapped, compatible, translated, 6to4.
        (0, 0) if v6.to_ipv4().is_some() => older([high, low]),
        (0x64, 0xff9b) => older([high, low]),
        (0x2002, _) => older([second, third]),
        // Teredo and its kin, and what is for examples.
        (0x2001, 0..=0x1ff | 0xdb8) => false,
        // All that is given out lies here.
        _ => first & 0xe000 == 0x2000,
    }
}

impl Caller {
    /// How long an answer may be.
    pub const ANSWER_MAX: usize = 16 * 1024 * 1024;

    /// A caller that keeps connections for `parallel` calls at once.
    ///
    /// HTTP/1.1 only: there a failed connection concerns one call, and what became of it is as clear as
    /// it can be.
    ///
    /// # Errors
    /// When the proxy's address cannot be read, or the system's certificates cannot.
    pub fn new(parallel: usize, proxy: Option<&str>) -> Result<Self, ClientError> {
        Self::reaching(Reach::Any, parallel, proxy)
    }

    /// The same, and nothing outside of `reach` is ever called. Through a proxy it is the proxy that decides.
    ///
    /// # Errors
    /// The same.
    #[expect(clippy::disallowed_methods, reason = "this is the place that builds clients")]
    pub fn reaching(
        reach: Reach,
        parallel: usize,
        proxy: Option<&str>,
    ) -> Result<Self, ClientError> {
        let mut builder = Client::builder()
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(parallel)
            .redirect(redirect::Policy::none())
            .http1_only()
            .no_gzip()
            .no_brotli()
            .no_proxy();
        if reach == Reach::Public {
            builder = builder.dns_resolver(Arc::new(PublicNames));
        }
        if let Some(address) = proxy {
            // The address may hold a password: the error must not repeat it.
            let proxy = Proxy::all(address)
                .map_err(|_| ClientError("the proxy's address cannot be read".to_owned()))?;
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(|e| ClientError(reason(&e)))?;
        Ok(Self { client, reach })
    }

    /// Posts `body` as JSON and gives the answer, whatever it says. What it was asked with need not be kept until then.
    ///
    /// # Errors
    /// When there is no whole answer within `patience`.
    pub fn post_json<T: Serialize + ?Sized>(
        &self,
        url: Url,
        body: &T,
        patience: Duration,
    ) -> impl Future<Output = Result<Answer, CallFailure>> + Send + use<T> {
        let asked = self.ask_json(url, body, patience).map(RequestBuilder::send);
        async move { whole(asked?.await.map_err(|e| failure(&e))?, Self::ANSWER_MAX).await }
    }

    fn ask_json<T: Serialize + ?Sized>(
        &self,
        url: Url,
        body: &T,
        patience: Duration,
    ) -> Result<RequestBuilder, CallFailure> {
        self.may_reach(&url)?;
        let body = serde_json::to_vec(body).map_err(|e| CallFailure::Unsent(e.to_string()))?;
        let json = HeaderValue::from_static("application/json");
        let request = self.client.post(url).header(header::CONTENT_TYPE, json);
        Ok(request.timeout(patience).body(body))
    }

    /// Calls `url` under a bearer's token, with `body` as JSON where there is one, and gives the answer, whatever it
    /// says.
    ///
    /// # Errors
    /// When there is no whole answer within `patience`.
    pub async fn call_json<T: Serialize + Sync + ?Sized>(
        &self,
        at: (Method, Url),
        token: &str,
        body: Option<&T>,
        patience: Duration,
    ) -> Result<Answer, CallFailure> {
        let mut headers = HeaderMap::from_iter([(header::AUTHORIZATION, bearer(token)?)]);
        let mut bytes = Vec::new();
        if let Some(body) = body {
            bytes = serde_json::to_vec(body).map_err(|e| CallFailure::Unsent(e.to_string()))?;
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        self.call(at, headers, bytes, patience).await
    }

    /// Posts `body` under these headers and gives the answer, whatever it says.
    ///
    /// # Errors
    /// When there is no whole answer within `patience`.
    pub async fn post(
        &self,
        url: Url,
        headers: HeaderMap,
        body: Vec<u8>,
        patience: Duration,
    ) -> Result<Answer, CallFailure> {
        self.call((Method::POST, url), headers, body, patience).await
    }

    /// The same with a form of several parts.
    ///
    /// # Errors
    /// The same.
    pub async fn call_form(
        &self,
        (method, url): (Method, Url),
        token: &str,
        form: Form,
        patience: Duration,
    ) -> Result<Answer, CallFailure> {
        self.may_reach(&url)?;
        let request =
            self.client.request(method, url).header(header::AUTHORIZATION, bearer(token)?);
        let request = request.multipart(form).timeout(patience);
        whole(request.send().await.map_err(|e| failure(&e))?, Self::ANSWER_MAX).await
    }

    /// Posts a form of several parts and gives the answer, whatever it says.
    ///
    /// # Errors
    /// When there is no whole answer within `patience`.
    pub async fn post_form(
        &self,
        url: Url,
        form: Form,
        patience: Duration,
    ) -> Result<Answer, CallFailure> {
        self.may_reach(&url)?;
        let request = self.client.post(url).multipart(form).timeout(patience);
        whole(request.send().await.map_err(|e| failure(&e))?, Self::ANSWER_MAX).await
    }

    /// Fetches what lies at `url`, and gives the answer, whatever it says; at most so many bytes of it.
    ///
    /// # Errors
    /// When there is no whole answer within `patience`.
    pub async fn get(
        &self,
        url: Url,
        most: usize,
        patience: Duration,
    ) -> Result<Answer, CallFailure> {
        self.may_reach(&url)?;
        let request = self.client.get(url).timeout(patience);
        whole(request.send().await.map_err(|e| failure(&e))?, most).await
    }

    /// Asks to keep the connection open (RFC 9110, 7.8), and gives it where the other side agrees, with the headers of
    /// its answer; otherwise the whole answer.
    ///
    /// # Errors
    /// When there is no answer within `patience`.
    pub async fn upgrade(
        &self,
        url: Url,
        headers: HeaderMap,
        patience: Duration,
    ) -> Result<Result<(HeaderMap, Line), Answer>, CallFailure> {
        self.may_reach(&url)?;
        // Without a limit of its own: that would end the connection as well.
        let asked = self.client.get(url).headers(headers).send();
        let late = |_| CallFailure::Unanswered("timed out".to_owned());
        let mut response =
            tokio::time::timeout(patience, asked).await.map_err(late)?.map_err(|e| failure(&e))?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            let headers = std::mem::take(response.headers_mut());
            let line = response.upgrade().await.map_err(|e| unanswered(&e))?;
            return Ok(Ok((headers, line)));
        }
        let answer = tokio::time::timeout(patience, whole(response, Self::ANSWER_MAX))
            .await
            .map_err(late)??;
        Ok(Err(answer))
    }

    /// An address in numbers is not resolved, so it is looked at before it is called.
    fn may_reach(&self, url: &Url) -> Result<(), CallFailure> {
        let numbers = match url.host() {
            Some(Host::Ipv4(v4)) => Some(IpAddr::from(v4)),
            Some(Host::Ipv6(v6)) => Some(IpAddr::from(v6)),
            _ => None,
        };
        if self.reach == Reach::Public && numbers.is_some_and(|address| !is_public(address)) {
            return Err(CallFailure::Forbidden(Private.to_string()));
        }
        Ok(())
    }

    async fn call(
        &self,
        (method, url): (Method, Url),
        headers: HeaderMap,
        body: Vec<u8>,
        patience: Duration,
    ) -> Result<Answer, CallFailure> {
        self.may_reach(&url)?;
        let request = self.client.request(method, url);
        let request = request.headers(headers).timeout(patience).body(body);
        whole(request.send().await.map_err(|e| failure(&e))?, Self::ANSWER_MAX).await
    }
}

/// What a header says of a bearer's token.
fn bearer(token: &str) -> Result<HeaderValue, CallFailure> {
    let unfit = |_| CallFailure::Unsent("the token is none".to_owned());
    let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(unfit)?;
    bearer.set_sensitive(true);
    Ok(bearer)
}

/// The whole of an answer that has at most so many bytes.
async fn whole(mut response: reqwest::Response, most: usize) -> Result<Answer, CallFailure> {
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    // Mostly it comes at once, and is taken as it came.
    let (mut first, mut body) = (Bytes::new(), BytesMut::new());
    while let Some(chunk) = response.chunk().await.map_err(|e| unanswered(&e))? {
        if first.len() + body.len() + chunk.len() > most {
            return Err(CallFailure::Unanswered("the answer is too long".to_owned()));
        }
        if first.is_empty() && body.is_empty() {
            first = chunk;
        } else {
            body.extend_from_slice(&std::mem::take(&mut first));
            body.extend_from_slice(&chunk);
        }
    }
    let body = if body.is_empty() { first } else { body.freeze() };
    Ok(Answer { status, headers, body })
}

/// How pages and feeds are fetched.
#[derive(Clone, Debug)]
pub struct FetchSettings {
    /// How we name ourselves.
    pub user_agent: String,
    /// How long one request may take altogether.
    pub total: Duration,
}

/// A client for pages and feeds: takes gzip and brotli, follows no redirect by itself, and goes through
/// no proxy.
///
/// # Errors
/// When the system's certificates cannot be read, or the user agent is no header.
#[expect(clippy::disallowed_methods, reason = "this is the place that builds clients")]
pub fn fetcher(settings: &FetchSettings) -> Result<Client, ClientError> {
    Client::builder()
        .user_agent(settings.user_agent.as_str())
        .connect_timeout(CONNECT)
        .timeout(settings.total)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(2)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|e| ClientError(reason(&e)))
}

fn failure(error: &reqwest::Error) -> CallFailure {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<Private>() {
            return CallFailure::Forbidden(Private.to_string());
        }
        source = inner.source();
    }
    if error.is_connect() || error.is_builder() {
        CallFailure::Unsent(reason(error))
    } else {
        unanswered(error)
    }
}

fn unanswered(error: &reqwest::Error) -> CallFailure {
    CallFailure::Unanswered(reason(error))
}

/// The innermost reason. Never the error's own words: they repeat the address, which may hold a token.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let mut source = std::error::Error::source(error);
    let mut words = None;
    while let Some(inner) = source {
        words = Some(inner.to_string());
        source = inner.source();
    }
    words.unwrap_or_else(|| "the connection failed".to_owned())
}
