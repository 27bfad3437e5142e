//! The write side: [`CloudWrite`] over HTTP.
//!
//! What comes in: the credential to apply with, and an [`ApprovedPlan`]. What goes out: one look or one call at a time.
//!
//! # Guarantees
//! Without an approved plan there is no [`Writer`], and without a writer no request that changes anything. A writer is of the
//! cloud that the plan is for: the same Keystone and region, and the same endpoints where these are given by hand. A call is sent once: a
//! login that had run out is renewed before it counts, everything else is told and not repeated. Of a call that got no clear
//! answer it is told whether it may have arrived.

mod hand;
mod identity;
mod network;
mod quota;
mod remove;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::stream::{self, StreamExt};

use super::config::{CloudConfig, ConfigError};
use super::limits::Limits;
use super::session::Session;
use super::transport::Meter;
use crate::apply::port::{CloudWrite, Look, WriteError, Written};
use crate::gate::ApprovedPlan;
use crate::model::ids::ProjectId;
use crate::model::{Action, ResourceKey};
use crate::observe::Service;
use hand::{Hand, Known};
use remove::Going;

/// Proof that a request is made by this room.
pub(super) struct Proof(());

/// Writes to one cloud.
///
/// Invariant: it makes no call but those of the plan that it was made for.
pub struct Writer {
    hand: Hand,
    planned: Vec<Action>,
    going: Going,
}

/// Looks that are under way at the same time.
const AT_ONCE: usize = 4;

impl Writer {
    /// A writer for the steps of an approved plan; nothing is sent yet. `observed` is what the credential that observes gives
    /// instead of the catalogue: the plan follows from what was seen there.
    ///
    /// # Errors
    /// When the credential is not of the plan's cloud, the two entries are not of one cloud, or a CA bundle is not understood.
    pub fn new(
        main: CloudConfig,
        identity: Option<CloudConfig>,
        limits: Limits,
        meter: Meter,
        approved: &ApprovedPlan,
    ) -> Result<Self, ConfigError> {
        let (planned, cloud) = (&approved.plan().cloud, main.identity());
        if cloud != *planned {
            let message = format!("the plan is for {planned}, and this is {cloud}");
            return Err(ConfigError::OtherCloud { source_name: main.source_name, message });
        }
        let differing = identity.as_ref().and_then(|other| Some((other, main.differs_from(other)?)));
        if let Some((other, what)) = differing {
            let second = other.source_name.clone();
            return Err(ConfigError::Pair { first: main.source_name, second, message: what.to_owned() });
        }
        let identity = identity.map(|config| Session::new(config, limits, meter.clone())).transpose()?;
        let hand = Hand::new(Session::new(main, limits, meter)?, identity, Proof(()));
        let steps = &approved.plan().steps;
        let (planned, going) = (steps.iter().map(|step| step.action.clone()).collect(), Going::of(steps));
        Ok(Self { hand, planned, going })
    }

    /// The projects that its credentials are scoped to.
    ///
    /// # Errors
    /// When no token is to be had.
    pub async fn projects(&self) -> Result<BTreeSet<ProjectId>, WriteError> {
        let main = self.hand.project(Service::Compute).await?;
        let identity = self.hand.project(Service::Identity).await?;
        Ok(main.into_iter().chain(identity).collect())
    }
}

fn removal(action: &Action) -> Option<(&ResourceKey, &ProjectId)> {
    match action {
        Action::Remove { what, project } => Some((what, project)),
        Action::CreateProject { .. }
        | Action::ChangeProject { .. }
        | Action::SetQuota { .. }
        | Action::GrantRole { .. }
        | Action::RevokeRole { .. }
        | Action::CreateSecurityGroup { .. }
        | Action::DescribeSecurityGroup { .. }
        | Action::CreateRule { .. }
        | Action::DeleteRule { .. } => None,
    }
}

impl Writer {
    /// What a listing tells goes as far as to make a call or to wait; whatever would end a step is asked about alone.
    async fn look_with(&self, known: &Arc<Known>, action: &Action) -> Result<Look, WriteError> {
        let Some((what, project)) = removal(action) else { return self.look(action).await };
        let hand = self.hand.knowing(known);
        let look = remove::look(&hand, &self.going, what, project).await;
        match look {
            Ok(Look::Ready { .. } | Look::Waiting { .. }) => look,
            Ok(Look::AlreadyDone { .. } | Look::Refused { .. }) | Err(_) if hand.has_used_a_listing() => {
                self.look(action).await
            }
            Ok(Look::AlreadyDone { .. } | Look::Refused { .. }) | Err(_) => look,
        }
    }
}

impl CloudWrite for Writer {
    async fn look(&self, action: &Action) -> Result<Look, WriteError> {
        let hand = &self.hand;
        match action {
            Action::CreateProject { name, domain, description, enabled, tags } => {
                identity::look_for_new(hand, name, domain, description, *enabled, tags).await
            }
            Action::ChangeProject { project, change } => identity::look_at(hand, project, change).await,
            Action::SetQuota { project, service, from, to } => {
                quota::look(hand, project, *service, from.as_ref(), to).await
            }
            Action::GrantRole { project, principal, role } => {
                identity::look_for_role(hand, project, principal, role, true).await
            }
            Action::RevokeRole { project, principal, role } => {
                let project = crate::model::action::ProjectRef::Id(project.clone());
                identity::look_for_role(hand, &project, principal, role, false).await
            }
            Action::CreateSecurityGroup { project, name, description } => {
                network::look_for_new(hand, project, name, description).await
            }
            Action::DescribeSecurityGroup { group, from, to } => {
                network::look_at(hand, group, from, to).await
            }
            Action::CreateRule { project, group, rule, description: _ } => {
                network::look_for_new_rule(hand, project, group, rule).await
            }
            Action::Remove { what, project } => remove::look(hand, &self.going, what, project).await,
            Action::DeleteRule { group, which, rule } => {
                network::look_at_rule(hand, group, which, rule).await
            }
        }
    }

    async fn look_all<'a>(&'a self, actions: &'a [&'a Action]) -> Vec<Result<Look, WriteError>> {
        let removals: Vec<_> = actions.iter().filter_map(|action| removal(action)).collect();
        let known = Arc::new(remove::known(&self.hand, &removals).await);
        let looks = actions.iter().map(|action| self.look_with(&known, action));
        stream::iter(looks.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await
    }

    async fn make(
        &self,
        action: &Action,
        revision: Option<i64>,
        request_id: &str,
    ) -> Result<Written, WriteError> {
        if !self.planned.iter().any(|planned| planned.is_filled_by(action)) {
            let message = "the call is none of the approved plan".to_owned();
            return Err(WriteError::NotSent { message });
        }
        let hand = &self.hand;
        match action {
            Action::CreateProject { name, domain, description, enabled, tags } => {
                identity::create(hand, request_id, name, domain, description, *enabled, tags).await
            }
            Action::ChangeProject { project, change } => {
                identity::change(hand, request_id, project, change).await
            }
            Action::SetQuota { project, service, from: _, to } => {
                quota::set(hand, request_id, project, *service, to).await
            }
            Action::GrantRole { project, principal, role } => {
                identity::grant(hand, request_id, project, principal, role).await
            }
            Action::RevokeRole { project, principal, role } => {
                identity::revoke(hand, request_id, project, principal, role).await
            }
            Action::CreateSecurityGroup { project, name, description } => {
                network::create(hand, request_id, project, name, description).await
            }
            Action::DescribeSecurityGroup { group, from: _, to } => {
                network::describe(hand, request_id, group, to, revision).await
            }
            Action::CreateRule { project, group, rule, description } => {
                network::create_rule(hand, request_id, project, group, rule, description).await
            }
            Action::Remove { what, project } => remove::make(hand, request_id, what, project, revision).await,
            Action::DeleteRule { group, which, rule } => {
                network::delete_rule(hand, request_id, group, which, rule, revision).await
            }
        }
    }
}
