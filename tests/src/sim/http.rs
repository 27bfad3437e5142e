//! A call as the services read it, and an answer as they write it.

use axum::body::{Body, Bytes};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded;

const TEXT: &str = "text/plain; charset=UTF-8";

/// One call to one service: its path begins after the service's prefix.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) raw_query: Option<String>,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Value>,
    /// `http://127.0.0.1:PORT`
    pub(super) origin: String,
    /// The service's prefix: `/identity`, `/network`, …
    pub(super) prefix: String,
    /// The id that this answer carries.
    pub(super) request_id: String,
}

/// What the service answers.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
}

/// `Err` is a refusal; both are sent.
pub(super) type Reply = Result<Answer, Answer>;

impl Call {
    pub(super) fn new(
        method: Method,
        path: &str,
        raw_query: Option<&str>,
        headers: HeaderMap,
        body: &Bytes,
    ) -> Self {
        let path = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let query = form_urlencoded::parse(raw_query.unwrap_or_default().as_bytes()).into_owned().collect();
        let body = serde_json::from_slice(body).ok();
        let raw_query = raw_query.map(str::to_owned);
        let (origin, prefix, request_id) = Default::default();
        Self { method, path, query, raw_query, headers, body, origin, prefix, request_id }
    }

    /// Takes the service's prefix off the path.
    pub(super) fn enter(&mut self) -> String {
        let service = if self.path.is_empty() { String::new() } else { self.path.remove(0) };
        self.prefix = format!("/{service}");
        service
    }

    pub(super) fn segments(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that is given, and not as `0` or `false`.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.param(name).is_some_and(|value| !matches!(value, "0" | "false" | "False"))
    }

    pub(super) fn params<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The object under this key of the body, or an empty one.
    pub(super) fn object(&self, key: &str) -> Value {
        self.body.as_ref().and_then(|body| body.get(key)).cloned().unwrap_or_else(|| json!({}))
    }

    /// `http://127.0.0.1:PORT/PREFIX`
    pub(super) fn base(&self) -> String {
        format!("{}{}", self.origin, self.prefix)
    }

    /// The address that was called, without its query.
    pub(super) fn address(&self) -> String {
        format!("{}/{}", self.base(), self.path.join("/"))
    }
}

impl Answer {
    pub(super) fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some(body) }
    }

    pub(super) fn ok(body: Value) -> Self {
        Self::new(200, body)
    }

    /// An answer that is no JSON.
    pub(super) fn text(status: u16, words: &str) -> Self {
        Self::new(status, Value::from(words)).with("Content-Type", TEXT)
    }

    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn respond(self, head: bool) -> Response {
        let mut response = Response::builder()
            .status(StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        let is_text = self.headers.iter().any(|(_, value)| value == TEXT);
        if self.body.is_some() && !is_text {
            response = response.header("Content-Type", "application/json");
        }
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        let body = match self.body {
            Some(Value::String(words)) if is_text && !head => Body::from(words),
            Some(value) if !head => Body::from(value.to_string()),
            _ => Body::empty(),
        };
        response.body(body).unwrap_or_default()
    }
}

/// The answer of a service that does not know the caller; the same of all but Keystone.
pub(super) fn unauthorized(call: &Call) -> Answer {
    let body = json!({"error": {
        "code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication.",
    }});
    Answer::new(401, body).with("WWW-Authenticate", format!("Keystone uri=\"{}/identity/v3\"", call.origin))
}

/// A Python `repr` of strings, as messages have it.
pub(super) fn python_list(items: &[String]) -> String {
    format!("[{}]", items.iter().map(|item| format!("'{item}'")).collect::<Vec<_>>().join(", "))
}
