//! One credential's token: made once for all who ask, renewed before it ends, made anew where a service refuses it.
//!
//! # Guarantees
//! One login at a time, whoever asks; a refused login is not tried again for a while, because accounts are locked after a few.
//! A token that is good for a domain, or for nothing, is refused: listings would be cut down to that domain without a word.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::answer;
use super::auth;
use super::catalog::{Catalog, versioned};
use super::config::{CloudConfig, ConfigError, Credential, Owned, Scope};
use super::limits::Limits;
use super::request::Request;
use super::transport::{Answer, Meter, SendError, Transport};
use crate::model::ids::ProjectId;
use crate::observe::{ReadError, Reason, Service};

const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");
const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// A token and what came with it.
pub(crate) struct Token {
    header: HeaderValue,
    number: u64,
    renew_at: Instant,
    ends_at: Instant,
    catalog: Catalog,
    project: Option<ProjectId>,
}

impl Token {
    /// The project that it is good for.
    pub(crate) fn project(&self) -> Option<&ProjectId> {
        self.project.as_ref()
    }
}

enum State {
    LoggedOut,
    LoggedIn(Arc<Token>),
    Refused { until: Instant, why: ReadError },
}

/// A credential in use.
pub(crate) struct Session {
    config: CloudConfig,
    transport: Transport,
    after_refusal: Duration,
    state: Mutex<(u64, State)>,
}

impl Session {
    pub(super) fn new(config: CloudConfig, limits: Limits, meter: Meter) -> Result<Self, ConfigError> {
        let transport = Transport::new(&config, limits, meter)?;
        let state = Mutex::new((0, State::LoggedOut));
        Ok(Self { config, transport, after_refusal: limits.after_refusal, state })
    }

    /// The same user, within another project.
    ///
    /// # Errors
    /// When the credential is bound to the project that it was made in.
    pub(super) fn within(&self, project: &ProjectId) -> Result<Self, String> {
        match self.config.credential {
            Credential::Password { .. } => {}
            Credential::ApplicationCredential { .. }
            | Credential::NamedApplicationCredential { .. }
            | Credential::Token(_) => {
                return Err(format!(
                    "{}: it is good for one project; use a user with a password",
                    self.config.source_name
                ));
            }
        }
        let scope = Scope::Project(Owned::Id(project.0.clone()));
        let config = CloudConfig { scope, ..self.config.clone() };
        let (transport, state) = (self.transport.clone(), Mutex::new((0, State::LoggedOut)));
        Ok(Self { config, transport, after_refusal: self.after_refusal, state })
    }

    /// A token that holds for some time still.
    pub(crate) async fn token(&self) -> Result<Arc<Token>, ReadError> {
        self.token_after(0).await
    }

    /// Another token in place of one that a service refused.
    pub(crate) async fn another(&self, refused: &Token) -> Result<Arc<Token>, ReadError> {
        self.token_after(refused.number).await
    }

    /// A token with a higher number than one that was refused.
    async fn token_after(&self, refused: u64) -> Result<Arc<Token>, ReadError> {
        let mut held = self.state.lock().await;
        let (number, state) = &mut *held;
        match state {
            State::LoggedIn(token) if token.number > refused && Instant::now() < token.renew_at => {
                return Ok(token.clone());
            }
            State::Refused { until, why } if Instant::now() < *until => return Err(why.clone()),
            State::LoggedIn(_) | State::Refused { .. } | State::LoggedOut => {}
        }
        match self.login(*number + 1).await {
            Ok(token) => {
                let token = Arc::new(token);
                *number += 1;
                *state = State::LoggedIn(token.clone());
                Ok(token)
            }
            Err(why) if why.reason == Reason::CredentialRefused => {
                *state = State::Refused { until: Instant::now() + self.after_refusal, why: why.clone() };
                Err(why)
            }
            // Keystone is away for a moment: what it gave before holds still.
            Err(why) => match state {
                State::LoggedIn(token) if token.number > refused && Instant::now() < token.ends_at => {
                    Ok(token.clone())
                }
                State::LoggedIn(_) | State::Refused { .. } | State::LoggedOut => Err(why),
            },
        }
    }

    /// Where a service's listings are, for this token.
    pub(crate) fn endpoint(&self, token: &Token, service: Service) -> Result<Url, ReadError> {
        if let Some(given) = self.config.overrides.get(&service) {
            return Ok(versioned(service, given.clone()));
        }
        token.catalog.url(service, self.config.region.as_deref(), self.config.interface)
    }

    /// Sends a request with a token; once more with a new one, which takes its place, where the first is refused.
    pub(crate) async fn send(&self, token: &mut Arc<Token>, request: &Request) -> Result<Answer, ReadError> {
        let answer = self.send_with(token, request).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        *token = self.token_after(token.number).await?;
        self.send_with(token, request).await
    }

    async fn send_with(&self, token: &Token, request: &Request) -> Result<Answer, ReadError> {
        self.send_once(token, request).await.map_err(|why| why.of(request.service()))
    }

    /// Sends a request with this token and no other: what the write side builds on, which must know whether a request that
    /// failed may have arrived.
    pub(crate) async fn send_once(&self, token: &Token, request: &Request) -> Result<Answer, SendError> {
        let sent = self.transport.send(&request.clone().with_header(AUTH_TOKEN, token.header.clone())).await;
        sent.map(|answer| without(token, answer))
    }

    async fn login(&self, number: u64) -> Result<Token, ReadError> {
        let keystone = self.config.overrides.get(&Service::Identity).unwrap_or(&self.config.auth_url);
        let request =
            Request::login(&versioned(Service::Identity, keystone.clone()), auth::body(&self.config));
        let sent = Instant::now();
        let answer = self.transport.send(&request).await.map_err(|why| why.of(Service::Identity))?;
        match answer.status {
            StatusCode::CREATED | StatusCode::OK => self.token_from(&answer, number, sent),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
                let status = answer.status.as_u16();
                Err(self.refused(format_args!("Keystone answered {status} to the login")))
            }
            _ => Err(answer::refusal(&request, &answer)),
        }
    }

    fn refused(&self, why: impl std::fmt::Display) -> ReadError {
        let message = format!("{}: {why}", self.config.source_name);
        ReadError::new(Service::Identity, Reason::CredentialRefused, message)
    }

    fn token_from(&self, answer: &Answer, number: u64, sent: Instant) -> Result<Token, ReadError> {
        let unparsable =
            |what: &str| ReadError::new(Service::Identity, Reason::Unparsable, format!("login: {what}"));
        let mut header = answer
            .headers
            .get(SUBJECT_TOKEN)
            .cloned()
            .ok_or_else(|| unparsable("there is no X-Subject-Token"))?;
        header.set_sensitive(true);
        let Wire { token: WireToken { expires_at, issued_at, project, domain, system, catalog } } =
            serde_json::from_slice(&answer.body).map_err(|_| unparsable("the token is not understood"))?;
        let project = match (project, system, domain) {
            (Some(project), None, None) => Some(ProjectId(project.id)),
            (None, Some(_), None) => None,
            (None, None, Some(_)) => return Err(self.refused(DOMAIN)),
            _ => return Err(self.refused("the token is good for no project and not for the system")),
        };
        // Both times are the server's, so that a clock which is wrong here does no harm.
        let whole = Duration::try_from(expires_at.duration_since(issued_at)).unwrap_or_default();
        let renew_at = sent + whole - (whole / 10).min(EARLY);
        Ok(Token { header, number, renew_at, ends_at: sent + whole, catalog, project })
    }
}

/// A refusal in whose words the token does not stand: what a service says is told to all who may read it.
fn without(token: &Token, answer: Answer) -> Answer {
    let secret = token.header.to_str().unwrap_or_default();
    let words = std::str::from_utf8(&answer.body).unwrap_or_default();
    match !answer.status.is_success() && !secret.is_empty() && words.contains(secret) {
        true => Answer { body: words.replace(secret, "***").into(), ..answer },
        false => answer,
    }
}

const DOMAIN: &str = "the token is good for a domain: Keystone then lists that domain alone and does not say so; use a project's scope, \
                      or system_scope: all";

/// Before its end, at most, a token is renewed.
const EARLY: Duration = Duration::from_secs(300);

#[derive(Deserialize)]
struct Wire {
    token: WireToken,
}

#[derive(Deserialize)]
struct WireToken {
    expires_at: Timestamp,
    issued_at: Timestamp,
    project: Option<WireProject>,
    domain: Option<serde::de::IgnoredAny>,
    system: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    catalog: Catalog,
}

#[derive(Deserialize)]
struct WireProject {
    id: String,
}
