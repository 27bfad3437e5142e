//! What was called.

use std::time::Duration;

/// One call as it went through. Neither a token nor a body is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// Counts from 1, in the order of arrival.
    pub number: u64,
    /// The HTTP method.
    pub method: String,
    /// The catalogue's type of the service: `identity`, `network`, …
    pub service: String,
    /// The path at the service.
    pub path: String,
    /// The query, without its `?`; empty where there is none.
    pub query: String,
    /// What the client was answered; none while it is under way, or where the connection was cut.
    pub status: Option<u16>,
    /// The `X-OpenStack-Request-ID` that the client sent.
    pub sent_request_id: Option<String>,
    /// The one that the service answered with.
    pub request_id: Option<String>,
    /// When it came, since the proxy's start.
    pub at: Duration,
    /// How long it took, up to the last byte but of a stream.
    pub took: Duration,
    /// Bytes of the request's body.
    pub sent: usize,
    /// Bytes of the answer's body.
    pub received: usize,
    /// The fault that it met.
    pub fault: Option<&'static str>,
    /// Whether it reached the service.
    pub forwarded: bool,
}

impl Call {
    /// All but reads and the request for a token.
    pub fn is_write(&self) -> bool {
        let read = matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        !read && !self.is_login()
    }

    /// The request for a token.
    pub fn is_login(&self) -> bool {
        self.method == "POST" && self.path.ends_with("/auth/tokens")
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {} {}", self.number, self.service, self.method, self.path)?;
        if !self.query.is_empty() {
            write!(f, "?{}", self.query)?;
        }
        match (self.status, self.fault) {
            (Some(status), None) => write!(f, " -> {status}"),
            (Some(status), Some(fault)) => write!(f, " -> {status} ({fault})"),
            (None, Some(fault)) => write!(f, " -> {fault}"),
            (None, None) => write!(f, " -> …"),
        }
    }
}
