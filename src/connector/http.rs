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
use http::{HeaderMap, Method, StatusCode, header};
use reqwest::{Client, Proxy, RequestBuilder, Url, redirect};
use serde::Serialize;
use std::time::Duration;

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
    /// The request left; no whole answer came. It may have had its effect.
    #[error("no answer: {0}")]
    Unanswered(String),
}

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
        let seconds = self.headers.get(header::RETRY_AFTER)?.to_str().ok()?;
        seconds.trim().parse().ok().map(Duration::from_secs)
    }
}

/// Calls a platform's API: no redirects, no proxy but the one named, no cookies.
#[derive(Clone, Debug)]
pub struct Caller {
    client: Client,
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
    #[expect(clippy::disallowed_methods, reason = "this is the place that builds clients")]
    pub fn new(parallel: usize, proxy: Option<&str>) -> Result<Self, ClientError> {
        let mut builder = Client::builder()
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(parallel)
            .redirect(redirect::Policy::none())
            .http1_only()
            .no_gzip()
            .no_brotli()
            .no_proxy();
        if let Some(address) = proxy {
            // The address may hold a password: the error must not repeat it.
            let proxy = Proxy::all(address)
                .map_err(|_| ClientError("the proxy's address cannot be read".to_owned()))?;
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(|e| ClientError(reason(&e)))?;
        Ok(Self { client })
    }

    /// Posts `body` as JSON and gives the answer, whatever it says.
    ///
    /// # Errors
    /// When there is no whole answer within `patience`.
    pub async fn post_json<T: Serialize + Sync + ?Sized>(
        &self,
        url: Url,
        body: &T,
        patience: Duration,
    ) -> Result<Answer, CallFailure> {
        self.answer(with_json(self.client.post(url), body)?.timeout(patience)).await
    }

    /// Calls `url` under a bearer's token, with `body` as JSON where there is one, and gives the answer, whatever it
    /// says.
    ///
    /// # Errors
    /// When there is no whole answer within `patience`.
    pub async fn call_json<T: Serialize + Sync + ?Sized>(
        &self,
        (method, url): (Method, Url),
        token: &str,
        body: Option<&T>,
        patience: Duration,
    ) -> Result<Answer, CallFailure> {
        // The client marks the header as one that is not to be shown.
        let request = self.client.request(method, url).bearer_auth(token).timeout(patience);
        let request = match body {
            Some(body) => with_json(request, body)?,
            None => request,
        };
        self.answer(request).await
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Answer, CallFailure> {
        let mut response = request.send().await.map_err(|e| failure(&e))?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| unanswered(&e))? {
            if body.len() + chunk.len() > Self::ANSWER_MAX {
                return Err(CallFailure::Unanswered("the answer is too long".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body: body.freeze() })
    }
}

fn with_json<T: Serialize + ?Sized>(
    request: RequestBuilder,
    body: &T,
) -> Result<RequestBuilder, CallFailure> {
    let body = serde_json::to_vec(body).map_err(|e| CallFailure::Unsent(e.to_string()))?;
    Ok(request.header(header::CONTENT_TYPE, "application/json").body(body))
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
