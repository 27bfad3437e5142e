//! Sessions within the tenants: some services show what belongs to the project of the token, and nothing else, to anyone.
//!
//! # Guarantees
//! One session and one token for each tenant, made when it is first needed. Where there can be none, the remedy is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::session::{Session, Token};
use crate::model::ids::ProjectId;
use crate::observe::{ReadError, Reason, Service};

/// The sessions that were made so far.
#[derive(Default)]
pub(super) struct Within(Mutex<BTreeMap<ProjectId, Arc<Session>>>);

impl Within {
    /// The session of this user within a tenant, with a token that holds.
    pub(super) async fn session(
        &self,
        user: &Session,
        tenant: &ProjectId,
        service: Service,
    ) -> Result<(Arc<Session>, Arc<Token>), ReadError> {
        let session = self.known(user, tenant).map_err(|why| refused(service, tenant, &why))?;
        match session.token().await {
            Ok(token) => Ok((session, token)),
            Err(why) if why.reason == Reason::CredentialRefused => {
                Err(refused(service, tenant, &why.message))
            }
            Err(why) => Err(why),
        }
    }

    fn known(&self, user: &Session, tenant: &ProjectId) -> Result<Arc<Session>, String> {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = sessions.get(tenant) {
            return Ok(session.clone());
        }
        let session = Arc::new(user.within(tenant)?);
        sessions.insert(tenant.clone(), session.clone());
        Ok(session)
    }
}

fn refused(service: Service, tenant: &ProjectId, why: &str) -> ReadError {
    let message = format!(
        "it can be asked about project {tenant} only from within, and there is no way in: {why}; the project must be enabled, and the \
         user needs a role on it (observer or creator to look, admin to remove), for example on all of its domain: \
         openstack role add --inherited --domain DOMAIN --user USER ROLE"
    );
    ReadError::new(service, Reason::CredentialRefused, message)
}
