//! The status of an answer → rows' worth of JSON, or why not.
//!
//! # Guarantees
//! The same failure is said in the same words each time: no request id, no time, no marker; a status that is written only when something changed depends
//! on it.

use http::StatusCode;
use serde_json::Value;

use super::request::Request;
use super::transport::Answer;
use crate::observe::{ReadError, Reason, Service};

/// A page of a thousand security groups with twenty rules each has a sixth of it. A value takes many times its bytes in memory: `{}` is
/// two, and a body may be of nothing else.
const MOST_VALUES: usize = 2_000_000;

/// Not less than the number of values in a text of JSON.
fn values_at_most(text: &[u8]) -> usize {
    1 + text.iter().filter(|byte| matches!(byte, b',' | b'{' | b'[')).count()
}

/// The JSON of an answer with status 200.
pub(super) fn json(request: &Request, answer: &Answer) -> Result<Value, ReadError> {
    if answer.status != StatusCode::OK {
        return Err(refusal(request, answer));
    }
    if values_at_most(&answer.body) > MOST_VALUES {
        let message = format!("{}: more than {MOST_VALUES} values in one answer", request.said());
        return Err(ReadError::new(request.service(), Reason::TooLarge, message));
    }
    serde_json::from_slice(&answer.body).map_err(|_| {
        let message = format!("{}: the answer is not JSON", request.said());
        ReadError::new(request.service(), Reason::Unparsable, message)
    })
}

/// Why an answer of another status is none.
pub(super) fn refusal(request: &Request, answer: &Answer) -> ReadError {
    let (reason, remedy) = match answer.status.as_u16() {
        401 => (Reason::Unauthorized, ", also to a new token"),
        403 => (Reason::Forbidden, of_forbidden(request)),
        404 => (Reason::NotFound, ""),
        429 => (Reason::RateLimited, ", also after waiting"),
        500..=599 => (Reason::ServerError, ""),
        _ => (Reason::Rejected, ""),
    };
    let message = format!("{} answered {}{remedy}", request.said(), answer.status.as_u16());
    ReadError::new(request.service(), reason, message)
}

fn of_forbidden(request: &Request) -> &'static str {
    match request.service() {
        Service::Identity => {
            "; give the observing user reader on the system, and name the clouds.yaml entry with system_scope: all as identityCloudName"
        }
        Service::KeyManager if request.url().path().ends_with("quotas") => {
            "; give the observing user the role key-manager:service-admin"
        }
        Service::KeyManager => "; give the observing user the role observer, creator or admin on the project",
        Service::Network
        | Service::Compute
        | Service::BlockStorage
        | Service::LoadBalancer
        | Service::Image
        | Service::ContainerInfra => "",
    }
}

#[cfg(test)]
mod tests {
    use super::values_at_most;

    #[test]
    fn values_are_never_counted_short() {
        for (text, values) in [("7", 1), ("[]", 1), ("[1, 2]", 3), (r#"{"a": [{}, {}], "b": null}"#, 5)] {
            assert!(values_at_most(text.as_bytes()) >= values, "{text}");
        }
        let many = format!("[{}]", vec!["{}"; 1000].join(","));
        assert_eq!(values_at_most(many.as_bytes()), 2001);
    }
}
