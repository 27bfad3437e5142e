//! The one place where a request leaves.
//!
//! What comes in: a [`Request`]. What goes out: an [`Answer`] of any status, or why there is none.
//!
//! # Guarantees
//! Every request carries `X-OpenStack-Request-ID`, every attempt is metered. Bounded: each attempt in time, each body in bytes, repetitions in
//! number. Redirections are not followed. Only what changes nothing is repeated, and only after a failure that passes: no
//! connection, a broken one, 429, 502, 503, 504; `Retry-After` is honoured as far as it is short.
//!
//! # Assumptions
//! Proxies are taken from the environment, as OpenStack's clients do.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::time::Instant;

use super::config::{CloudConfig, ConfigError, Trust};
use super::limits::Limits;
use super::request::{Repeat, Request};
use crate::observe::{ReadError, Reason, Service};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// One attempt, for the metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The service that was asked.
    pub service: Service,
    /// The method.
    pub method: http::Method,
    /// The status, or why there was none.
    pub outcome: Result<StatusCode, Reason>,
    /// How long it took, to the end of the body.
    pub duration: Duration,
}

/// Is told of every attempt.
pub type Meter = Arc<dyn Fn(&Exchange) + Send + Sync>;

/// What a service answered, whatever the status.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Whether the service may have carried out what there is no answer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrived {
    /// There was never a connection.
    No,
    /// It may have.
    Perhaps,
}

/// There is no answer.
#[derive(Clone, Debug)]
pub(crate) struct SendError {
    pub(crate) reason: Reason,
    pub(crate) message: String,
    pub(crate) arrived: Arrived,
}

impl SendError {
    /// As the failure of a listing.
    pub(super) fn of(self, service: Service) -> ReadError {
        ReadError { service, reason: self.reason, message: self.message }
    }
}

/// Sends requests to one cloud.
#[derive(Clone)]
pub(crate) struct Transport {
    client: reqwest::Client,
    limits: Limits,
    meter: Meter,
}

impl Transport {
    pub(super) fn new(config: &CloudConfig, limits: Limits, meter: Meter) -> Result<Self, ConfigError> {
        // reqwest takes the process's provider; the second to install one finds the same there.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let tls = |why: reqwest::Error| ConfigError::Tls {
            source_name: config.source_name.clone(),
            message: causes(&why),
        };
        let builder = reqwest::Client::builder()
            .user_agent(concat!("cloudspec/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(limits.connect);
        let builder = match &config.trust {
            Trust::Platform => builder,
            Trust::Only(pem) => {
                let authorities = reqwest::Certificate::from_pem_bundle(pem).map_err(tls)?;
                if authorities.is_empty() {
                    return Err(ConfigError::Tls {
                        source_name: config.source_name.clone(),
                        message: "cacert holds no certificate in PEM".to_owned(),
                    });
                }
                builder.tls_certs_only(authorities)
            }
            Trust::Anyone => builder.tls_danger_accept_invalid_certs(true),
        };
        Ok(Self { client: builder.build().map_err(tls)?, limits, meter })
    }

    /// Sends a request, again where that is safe and helps.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, SendError> {
        let mut pauses = match request.repeat() {
            Repeat::Never => return self.attempt(request).await,
            Repeat::Safe => ExponentialBuilder::default()
                .with_jitter()
                .with_min_delay(self.limits.pause)
                .with_max_delay(self.limits.longest_pause)
                .with_max_times(self.limits.repetitions)
                .build(),
        };
        loop {
            let result = self.attempt(request).await;
            let (Some(wish), Some(pause)) = (wish_to_repeat(&result), pauses.next()) else { return result };
            let pause = wish.unwrap_or_default().max(pause);
            if pause > self.limits.longest_pause {
                return result;
            }
            tracing::debug!(service = %request.service(), id = request.id(), ?pause, "asks again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt(&self, request: &Request) -> Result<Answer, SendError> {
        let start = Instant::now();
        let result = match tokio::time::timeout(self.limits.attempt, self.exchange(request)).await {
            Ok(result) => result,
            Err(_elapsed) => Err(SendError {
                reason: Reason::Timeout,
                message: format!("{}: no whole answer within {:?}", request.said(), self.limits.attempt),
                arrived: Arrived::Perhaps,
            }),
        };
        let exchange = Exchange {
            service: request.service(),
            method: request.method().clone(),
            outcome: result.as_ref().map(|answer| answer.status).map_err(|why| why.reason),
            duration: start.elapsed(),
        };
        tracing::debug!(
            service = %exchange.service, method = %exchange.method, path = request.url().path(), id = request.id(),
            outcome = ?exchange.outcome, duration = ?exchange.duration, "request"
        );
        (self.meter)(&exchange);
        result
    }

    async fn exchange(&self, request: &Request) -> Result<Answer, SendError> {
        let failed = |why: reqwest::Error| failure(request, &why);
        let mut outgoing = reqwest::Request::new(request.method().clone(), request.url().clone());
        *outgoing.headers_mut() = request.headers().clone();
        if let Ok(id) = HeaderValue::from_str(request.id()) {
            outgoing.headers_mut().insert(REQUEST_ID, id);
        }
        *outgoing.body_mut() = request.body().cloned().map(Into::into);
        let mut response = self.client.execute(outgoing).await.map_err(failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > self.limits.bytes {
                return Err(SendError {
                    reason: Reason::TooLarge,
                    message: format!("{}: more than {} bytes came", request.said(), self.limits.bytes),
                    arrived: Arrived::Perhaps,
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body: body.freeze() })
    }
}

/// Whether another attempt may help, and how long the service asks to wait.
fn wish_to_repeat(result: &Result<Answer, SendError>) -> Option<Option<Duration>> {
    match result {
        Ok(answer) => match answer.status.as_u16() {
            429 | 502 | 503 | 504 => Some(retry_after(&answer.headers)),
            _ => None,
        },
        Err(why) => (why.reason == Reason::Unreachable).then_some(None),
    }
}

/// The seconds of `Retry-After`; a date there is passed over.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn failure(request: &Request, why: &reqwest::Error) -> SendError {
    let reason = match () {
        () if is_tls(why) => Reason::TlsFailed,
        () if why.is_timeout() => Reason::Timeout,
        () if why.is_decode() => Reason::Unparsable,
        () => Reason::Unreachable,
    };
    let host = request.url().host_str().unwrap_or_default();
    let message = format!("failed to ask {host}: {}: {}", request.said(), causes(why));
    SendError { reason, message, arrived: if why.is_connect() { Arrived::No } else { Arrived::Perhaps } }
}

/// The innermost cause: what lies above it says only that it failed, and some of it changes from time to time.
fn causes(why: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = why;
    while let Some(next) = innermost.source() {
        innermost = next;
    }
    innermost.to_string()
}

/// Whether TLS is the cause. An [`std::io::Error`] leaves what it wraps out of its sources, so that it is asked by itself.
fn is_tls(why: &(dyn std::error::Error + 'static)) -> bool {
    let wrapped = why.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    why.is::<rustls::Error>()
        || wrapped.is_some_and(|wrapped| is_tls(wrapped))
        || why.source().is_some_and(is_tls)
}
