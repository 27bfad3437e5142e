//! What can be sent: there are no other constructors of a [`Request`] than the ones in this file.
//!
//! The read side makes [`Request::get`] and [`Request::login`]. [`Request::write`] takes a proof that only the write side's own room
//! can make, so that a reader cannot come to make one.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::write::Proof;
use crate::observe::Service;

/// How often a request may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It changes nothing: after a failure that passes, again.
    Safe,
    /// It may change something: once.
    Never,
}

/// A request that may be sent.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: Method,
    service: Service,
    url: Url,
    headers: HeaderMap,
    body: Option<Bytes>,
    repeat: Repeat,
    /// `req-<uuid>`: what the services write into their logs as the global request id.
    id: String,
}

impl Request {
    /// Reads.
    pub(super) fn get(service: Service, url: Url) -> Self {
        Self::new(Method::GET, service, url, None)
    }

    /// Asks Keystone for a token; `keystone` is its URL with the version.
    pub(super) fn login(keystone: &Url, body: Bytes) -> Self {
        let mut url = keystone.clone();
        url.set_path(&format!("{}/auth/tokens", keystone.path().trim_end_matches('/')));
        let json = (http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self::new(Method::POST, Service::Identity, url, Some(body)).with_header(json.0, json.1)
    }

    /// Changes something. Only the write side can show the proof.
    pub(super) fn write(
        _: &Proof,
        method: Method,
        service: Service,
        url: Url,
        body: Option<Value>,
        id: &str,
    ) -> Self {
        let json = (http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = body.map(|body| Bytes::from(body.to_string()));
        let request = Self::new(method, service, url, body).with_header(json.0, json.1);
        Self { repeat: Repeat::Never, id: id.to_owned(), ..request }
    }

    fn new(method: Method, service: Service, url: Url, body: Option<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::ACCEPT, HeaderValue::from_static("application/json"));
        let id = format!("req-{}", Uuid::new_v4());
        Self { method, service, url, headers, body, repeat: Repeat::Safe, id }
    }

    /// The same with a header.
    #[must_use]
    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    pub(super) fn service(&self) -> Service {
        self.service
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(super) fn body(&self) -> Option<&Bytes> {
        self.body.as_ref()
    }

    pub(super) fn repeat(&self) -> Repeat {
        self.repeat
    }

    /// The global request id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// For messages: the method and the path. The query is left out: markers change, and a message must not.
    pub(super) fn said(&self) -> String {
        format!("{} {}", self.method, self.url.path())
    }
}
