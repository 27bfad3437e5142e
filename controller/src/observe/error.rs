//! Why a listing failed, in words that stay: the reason is the condition's reason, the event's and the metric's label.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::port::Service;
use crate::model::Unknown;

/// Why a listing could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// No connection, or it broke.
    Unreachable,
    /// No answer, or not all of it, in time.
    Timeout,
    /// The server's certificate is not trusted, or TLS failed otherwise.
    TlsFailed,
    /// The credential itself was refused at login, or it is of a kind that cannot be used here.
    CredentialRefused,
    /// A fresh token was refused.
    Unauthorized,
    /// The credential may not read this.
    Forbidden,
    /// Too many requests, also after waiting.
    RateLimited,
    /// The service failed.
    ServerError,
    /// There is no such listing.
    NotFound,
    /// The service refused the request otherwise.
    Rejected,
    /// More rows, pages or bytes than are read.
    TooLarge,
    /// The next page is one that was read before.
    RepeatedMarker,
    /// The next page is on another server.
    ForeignNext,
    /// The service says that it left rows out.
    Truncated,
    /// The answer, or a row of it, is not what the service documents.
    Unparsable,
    /// It was not shown that the credential sees every project.
    ReachNotProven,
    /// The service catalogue has no usable endpoint.
    NoEndpoint,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A listing that could not be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{service}: {message}")]
pub struct ReadError {
    /// The service that was asked.
    pub service: Service,
    /// Why.
    pub reason: Reason,
    /// In words, with the remedy where there is one. Never a secret, never a body as it came.
    pub message: String,
}

impl ReadError {
    /// A listing of this service that failed.
    pub fn new(service: Service, reason: Reason, message: impl fmt::Display) -> Self {
        Self { service, reason, message: message.to_string() }
    }
}

impl From<ReadError> for Unknown {
    fn from(ReadError { service, reason, message }: ReadError) -> Self {
        Self { service: service.to_string(), reason: reason.to_string(), message }
    }
}
