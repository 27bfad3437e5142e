//! One read or one call, and what its answer means for a step.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderValue, Method, StatusCode};
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::Proof;
use crate::apply::port::{Progress, WriteError, Written};
use crate::model::ids::ProjectId;
use crate::observe::{ReadError, Reason, Service};
use crate::openstack::request::Request;
use crate::openstack::session::Session;
use crate::openstack::transport::{Answer, Arrived, SendError};
use crate::openstack::version::with_version;
use crate::openstack::within::Within;

/// The only media type in which Glance takes a change of an image.
const GLANCE_PATCH: HeaderValue = HeaderValue::from_static("application/openstack-images-v2.1-json-patch");
const REQUEST_ID: &str = "x-openstack-request-id";
/// Of a service's words, so many characters are kept.
const LONGEST: usize = 300;
/// What was shown of a credential's reach holds so long. It follows from its roles and from the service's policy, and not from what is
/// looked at; a role that is taken away takes the token along; and the end of a plan is told by the inventory, which has witnesses of its own.
const WITNESS_HOLDS: Duration = Duration::from_secs(10);

/// The sessions of a writer.
pub(super) struct Hand {
    main: Arc<Session>,
    identity: Option<Arc<Session>>,
    within: Arc<Within>,
    witnesses: Arc<Mutex<BTreeMap<Question, (Instant, Found)>>>,
    known: Arc<Known>,
    /// Whether one of those was used.
    used: Arc<AtomicBool>,
    proof: Proof,
}

/// What a service is asked: a path and a query, in the order in which a look has them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Question {
    pub(super) service: Service,
    pub(super) path: Vec<String>,
    pub(super) query: Vec<(String, String)>,
}

/// Answers that came together with others, in a listing.
pub(super) type Known = BTreeMap<Question, Value>;

impl Question {
    pub(super) fn new(service: Service, path: &[&str], query: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let path = path.iter().map(|segment| (*segment).to_owned()).collect();
        Self { service, path, query: query.iter().map(owned).collect() }
    }
}

/// A call to be made.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) service: Service,
    pub(super) path: &'a [&'a str],
    pub(super) body: Option<Value>,
    /// Neutron's revision that the object must have.
    pub(super) revision: Option<i64>,
    pub(super) request_id: &'a str,
    /// What a 409 may mean.
    pub(super) conflict: Conflict,
}

/// What a 409 may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conflict {
    /// That it was not done.
    Refusal,
    /// That the same thing is there already, where the error is of this type; any type where none is named.
    Twin(Option<&'static str>),
}

/// What a read found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The JSON of the answer; null where it has none.
    There(Value),
    /// 404 in the service's own words.
    NotThere(String),
}

impl Hand {
    pub(super) fn new(main: Session, identity: Option<Session>, proof: Proof) -> Self {
        Self { identity: identity.map(Arc::new), proof, ..Self::alone(Arc::new(main)) }
    }

    fn alone(main: Arc<Session>) -> Self {
        Self {
            main,
            identity: None,
            within: Arc::default(),
            witnesses: Arc::default(),
            known: Arc::default(),
            used: Arc::default(),
            proof: Proof(()),
        }
    }

    /// The same, with the answers to some questions: those are not asked again.
    pub(super) fn knowing(&self, known: &Arc<Known>) -> Self {
        Self {
            main: self.main.clone(),
            identity: self.identity.clone(),
            within: self.within.clone(),
            witnesses: self.witnesses.clone(),
            known: known.clone(),
            used: Arc::default(),
            proof: Proof(()),
        }
    }

    /// Whether something was told that had come in a listing.
    pub(super) fn has_used_a_listing(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// The same user within a tenant, for a service that shows each project its own alone.
    pub(super) async fn within(&self, tenant: &ProjectId, service: Service) -> Result<Self, WriteError> {
        match self.within.session(&self.main, tenant, service).await {
            Ok((main, _token)) => {
                let (known, used) = (self.known.clone(), self.used.clone());
                Ok(Self { known, used, ..Self::alone(main) })
            }
            Err(why) if why.reason == Reason::CredentialRefused => Err(WriteError::Refused {
                status: StatusCode::UNAUTHORIZED.as_u16(),
                message: why.to_string(),
                request_id: None,
            }),
            Err(why) => Err(not_sent(why)),
        }
    }

    fn session(&self, service: Service) -> &Session {
        match service {
            Service::Identity => self.identity.as_deref().unwrap_or(&self.main),
            Service::Network
            | Service::Compute
            | Service::BlockStorage
            | Service::LoadBalancer
            | Service::KeyManager
            | Service::Image
            | Service::ContainerInfra => &self.main,
        }
    }

    /// The project that a service is asked from; none for a credential that is scoped to the system.
    pub(super) async fn project(&self, service: Service) -> Result<Option<ProjectId>, WriteError> {
        Ok(self.session(service).token().await.map_err(not_sent)?.project().cloned())
    }

    /// What is at a path. A 404 that does not come from the service itself says nothing.
    pub(super) async fn read(
        &self,
        service: Service,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Found, WriteError> {
        if let Some(answer) = self.known.get(&Question::new(service, path, query)) {
            self.used.store(true, Ordering::Relaxed);
            return Ok(Found::There(answer.clone()));
        }
        let session = self.session(service);
        let mut token = session.token().await.map_err(not_sent)?;
        let mut url = at(session.endpoint(&token, service).map_err(not_sent)?, path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = with_version(Request::get(service, url));
        let answer = session.send(&mut token, &request).await.map_err(not_sent)?;
        match answer.status.as_u16() {
            404 => match words(&answer) {
                Some(words) => Ok(Found::NotThere(words)),
                None => Err(WriteError::Unclear { message: "404, and not from the service".to_owned() }),
            },
            204 => Ok(Found::There(Value::Null)),
            200..=299 => json(&answer).map(Found::There),
            status => Err(refused_or_unclear(status, &answer)),
        }
    }

    /// What is answered to those alone who see every project: to tell a 404 of what is gone from one of what is not shown.
    pub(super) async fn witness(
        &self,
        service: Service,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Found, WriteError> {
        let question = Question::new(service, path, query);
        let held = self.witnesses.lock().unwrap_or_else(PoisonError::into_inner).get(&question).cloned();
        if let Some((_, found)) = held.filter(|(since, _)| since.elapsed() < WITNESS_HOLDS) {
            return Ok(found);
        }
        let found = self.read(service, path, query).await?;
        let mut witnesses = self.witnesses.lock().unwrap_or_else(PoisonError::into_inner);
        witnesses.insert(question, (Instant::now(), found.clone()));
        Ok(found)
    }

    /// Makes a call; the JSON of its answer comes along, null where there is none.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<(Value, Option<String>), WriteError> {
        self.call_with(call, &[]).await
    }

    /// The same with a query.
    async fn call_with(
        &self,
        call: Call<'_>,
        query: &[(&str, &str)],
    ) -> Result<(Value, Option<String>), WriteError> {
        let Call { method, service, path, body, revision, request_id, conflict } = call;
        let session = self.session(service);
        let mut token = session.token().await.map_err(not_sent)?;
        let mut url = at(session.endpoint(&token, service).map_err(not_sent)?, path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let is_patch = method == Method::PATCH;
        let mut request = with_version(Request::write(&self.proof, method, service, url, body, request_id));
        if is_patch && service == Service::Image {
            request = request.with_header(http::header::CONTENT_TYPE, GLANCE_PATCH);
        }
        if let Some(revision) = revision {
            // Neutron passes over a value in any other form without a word.
            let value = HeaderValue::from_str(&format!("revision_number={revision}"));
            let value = value.map_err(|why| WriteError::NotSent { message: why.to_string() })?;
            request = request.with_header(http::header::IF_MATCH, value);
        }
        let mut answer = session.send_once(&token, &request).await.map_err(unanswered)?;
        if answer.status == StatusCode::UNAUTHORIZED {
            // The token was refused, so the call was not carried out.
            token = session.another(&token).await.map_err(not_sent)?;
            answer = session.send_once(&token, &request).await.map_err(unanswered)?;
        }
        let id = request_id_of(&answer);
        match answer.status.as_u16() {
            200..=299 if answer.body.is_empty() => Ok((Value::Null, id)),
            200..=299 => Ok((json(&answer)?, id)),
            // Another took it away at the same time, or made the same thing: a look tells.
            404 => Err(WriteError::Unclear { message: said(404, &answer) }),
            409 if is_twin(conflict, &answer) => Err(WriteError::Unclear { message: said(409, &answer) }),
            412 => Err(WriteError::Refused {
                status: 412,
                message: "it was changed meanwhile".to_owned(),
                request_id: id,
            }),
            status => Err(refused_or_unclear(status, &answer)),
        }
    }

    /// A call that makes something, whose id stands at this place of the answer.
    pub(super) async fn make(&self, call: Call<'_>, id: &str) -> Result<Written, WriteError> {
        let (answer, request_id) = self.call(call).await?;
        match answer.pointer(id).and_then(Value::as_str).filter(|id| is_id(id)) {
            Some(id) => Ok(Written { id: Some(id.to_owned()), request_id, progress: Progress::Done }),
            None => Err(WriteError::Unclear { message: "the answer names no id".to_owned() }),
        }
    }

    /// A call that makes nothing new.
    pub(super) async fn set(&self, call: Call<'_>) -> Result<Written, WriteError> {
        let (_, request_id) = self.call(call).await?;
        Ok(Written { id: None, request_id, progress: Progress::Done })
    }

    /// The same with a query.
    pub(super) async fn set_with(
        &self,
        call: Call<'_>,
        query: &[(&str, &str)],
    ) -> Result<Written, WriteError> {
        let (_, request_id) = self.call_with(call, query).await?;
        Ok(Written { id: None, request_id, progress: Progress::Done })
    }

    /// A call that the service only takes up.
    pub(super) async fn begin(&self, call: Call<'_>) -> Result<Written, WriteError> {
        self.begin_with(call, &[]).await
    }

    /// The same, with a query.
    pub(super) async fn begin_with(
        &self,
        call: Call<'_>,
        query: &[(&str, &str)],
    ) -> Result<Written, WriteError> {
        let (_, request_id) = self.call_with(call, query).await?;
        Ok(Written { id: None, request_id, progress: Progress::Begun })
    }
}

/// A segment that a URL leaves out would lead to another thing: to the collection, or to what is above it.
fn at(mut base: Url, path: &[&str]) -> Result<Url, WriteError> {
    if let Some(none) = path.iter().find(|segment| matches!(**segment, "" | "." | "..")) {
        return Err(WriteError::NotSent { message: format!("no URL can name {none:?}") });
    }
    if let Ok(mut segments) = base.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    Ok(base)
}

/// A read or a login that failed: nothing was changed by it, and it may pass.
fn not_sent(why: ReadError) -> WriteError {
    WriteError::NotSent { message: why.to_string() }
}

fn is_twin(conflict: Conflict, answer: &Answer) -> bool {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    let kind = body.pointer("/NeutronError/type").and_then(Value::as_str);
    match conflict {
        Conflict::Refusal => false,
        Conflict::Twin(None) => true,
        Conflict::Twin(asked) => kind == asked,
    }
}

fn unanswered(why: SendError) -> WriteError {
    match why.arrived {
        Arrived::No => WriteError::NotSent { message: why.message },
        Arrived::Perhaps => WriteError::Unclear { message: why.message },
    }
}

fn json(answer: &Answer) -> Result<Value, WriteError> {
    serde_json::from_slice(&answer.body)
        .map_err(|_| WriteError::Unclear { message: "the answer is not JSON".to_owned() })
}

/// What the service did not do (4xx) is refused, but for what may pass; what it may have done in part (5xx) is not clear.
fn refused_or_unclear(status: u16, answer: &Answer) -> WriteError {
    let id = request_id_of(answer);
    match status {
        // Too many requests: not now is no refusal.
        429 => WriteError::NotSent { message: said(status, answer) },
        // A proxy stopped to wait for the request.
        408 => WriteError::Unclear { message: said(status, answer) },
        400..=499 => WriteError::Refused { status, message: said(status, answer), request_id: id },
        _ => WriteError::Unclear { message: said(status, answer) },
    }
}

/// Whatever else stands where an id should is kept out of the journal and out of paths.
fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

/// The id that the service gave the request; every service's begins so.
fn request_id_of(answer: &Answer) -> Option<String> {
    let id = answer.headers.get(REQUEST_ID)?.to_str().ok()?;
    (id.starts_with("req-") && is_id(id)).then(|| id.to_owned())
}

fn said(status: u16, answer: &Answer) -> String {
    words(answer).map_or_else(|| status.to_string(), |words| format!("{status}: {words}"))
}

/// The service's own words: each has its own place for them.
fn words(answer: &Answer) -> Option<String> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    let inner = body.as_object().and_then(|fields| fields.values().find(|value| value.is_object()));
    let places = [body.get("faultstring"), body.get("description"), body.get("message")];
    let of_magnum = body.pointer("/errors/0/detail");
    let inner = inner.and_then(|inner| inner.get("message"));
    let words = places.into_iter().flatten().chain(of_magnum).chain(inner);
    let words = words.filter_map(Value::as_str).next()?;
    Some(words.chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_url_leaves_out_is_asked_for_nowhere() {
        let base = Url::parse("http://127.0.0.1/v2.1/").unwrap();
        for none in ["", ".", ".."] {
            assert!(
                matches!(at(base.clone(), &["os-keypairs", none]), Err(WriteError::NotSent { .. })),
                "{none}"
            );
        }
        let found = at(base, &["os-keypairs", "a/../b"]).unwrap();
        assert_eq!(found.as_str(), "http://127.0.0.1/v2.1/os-keypairs/a%2F..%2Fb");
    }
}
