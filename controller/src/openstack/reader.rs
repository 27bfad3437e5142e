//! The read side: [`CloudRead`] over HTTP.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use url::Url;

use super::answer;
use super::config::{CloudConfig, ConfigError};
use super::limits::Limits;
use super::paging::Pages;
use super::request::Request;
use super::routes::Route;
use super::session::{Session, Token};
use super::transport::Meter;
use super::version::with_version;
use super::within::Within;
use crate::model::cloud::CloudIdentity;
use crate::model::ids::ProjectId;
use crate::observe::{CloudRead, Listing, ReadError, Reason, Rows, Service};

/// Reads one cloud: with one credential, or with a second one for Keystone.
///
/// It can make GET requests and logins, and no others: its room has no other constructor of a request.
pub struct Reader {
    cloud: CloudIdentity,
    main: Session,
    identity: Option<Session>,
    within: Within,
    limits: Limits,
}

impl Reader {
    /// Makes a reader; nothing is sent yet.
    ///
    /// # Errors
    /// When the two entries are not of one cloud, or a CA bundle is not understood.
    pub fn new(
        main: CloudConfig,
        identity: Option<CloudConfig>,
        limits: Limits,
        meter: Meter,
    ) -> Result<Self, ConfigError> {
        let cloud = main.identity();
        let differing = identity.as_ref().and_then(|other| Some((other, main.differs_from(other)?)));
        if let Some((other, what)) = differing {
            let second = other.source_name.clone();
            return Err(ConfigError::Pair { first: main.source_name, second, message: what.to_owned() });
        }
        let identity = identity.map(|config| Session::new(config, limits, meter.clone())).transpose()?;
        Ok(Self {
            cloud,
            main: Session::new(main, limits, meter)?,
            identity,
            within: Within::default(),
            limits,
        })
    }

    fn session(&self, service: Service) -> &Session {
        match service {
            Service::Identity => self.identity.as_ref().unwrap_or(&self.main),
            Service::Network
            | Service::Compute
            | Service::BlockStorage
            | Service::LoadBalancer
            | Service::KeyManager
            | Service::Image
            | Service::ContainerInfra => &self.main,
        }
    }

    async fn listing(&self, what: &Listing) -> Result<Rows, ReadError> {
        let service = what.service();
        match tokio::time::timeout(self.limits.listing, self.pages(what)).await {
            Ok(rows) => rows,
            Err(_elapsed) => {
                let message = format!("{what}: not whole within {:?}", self.limits.listing);
                Err(ReadError::new(service, Reason::Timeout, message))
            }
        }
    }

    async fn pages(&self, what: &Listing) -> Result<Rows, ReadError> {
        if let Listing::KeyManager(of) = what {
            let (session, token) = self.within.session(&self.main, of.project(), what.service()).await?;
            return self.pages_of(what, &session, token).await;
        }
        let session = self.session(what.service());
        self.pages_of(what, session, session.token().await?).await
    }

    async fn pages_of(
        &self,
        what: &Listing,
        session: &Session,
        mut token: Arc<Token>,
    ) -> Result<Rows, ReadError> {
        let service = what.service();
        let route = Route::of(what, token.project(), &self.limits);
        let first = url(session.endpoint(&token, service)?, &route);
        let mut pages = Pages::new(service, route.shape, route.paging, first.clone());
        let (mut next, mut bytes) = (Some(first), 0);
        for _ in 0..self.limits.pages {
            let Some(url) = next.take() else { return Ok(Arc::new(pages.rows)) };
            let request = with_version(Request::get(service, url));
            let answer = session.send(&mut token, &request).await?;
            bytes += answer.body.len();
            if bytes > self.limits.bytes {
                return Err(too_large(what, format_args!("{} bytes", self.limits.bytes)));
            }
            next = pages.take(answer::json(&request, &answer)?)?;
        }
        match next {
            None => Ok(Arc::new(pages.rows)),
            Some(_) => Err(too_large(what, format_args!("{} pages", self.limits.pages))),
        }
    }
}

fn too_large(what: &Listing, than: std::fmt::Arguments<'_>) -> ReadError {
    ReadError::new(what.service(), Reason::TooLarge, format!("{what}: more than {than}"))
}

fn url(mut base: Url, route: &Route) -> Url {
    if let Ok(mut segments) = base.path_segments_mut() {
        segments.pop_if_empty().extend(&route.path);
    }
    if !route.query.is_empty() {
        base.query_pairs_mut().extend_pairs(&route.query);
    }
    base
}

impl CloudRead for Reader {
    fn identity(&self) -> &CloudIdentity {
        &self.cloud
    }

    fn rows<'a>(&'a self, what: &'a Listing) -> BoxFuture<'a, Result<Rows, ReadError>> {
        self.listing(what).boxed()
    }

    fn project(&self) -> BoxFuture<'_, Result<Option<ProjectId>, ReadError>> {
        async move { Ok(self.main.token().await?.project().cloned()) }.boxed()
    }
}
