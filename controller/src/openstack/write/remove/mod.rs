//! The calls that remove what a tenant holds: one file a service.
//!
//! Each type has a look, which tells whether it is gone, on its way, ready, or in a state from which it cannot go, and a call. A look asks
//! whether the resource is the tenant's still: what belongs to another project is refused.

mod compute;
mod container_infra;
mod identity;
mod image;
mod key_manager;
mod listed;
mod load_balancer;
mod network;
mod quota;
mod told;
mod volume;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::hand::Hand;
use crate::apply::port::{Look, WriteError, Written};
use crate::model::ids::ProjectId;
use crate::model::{Action, ResourceKey, ResourceType, Step};
pub(super) use listed::known;

/// What the plan removes, and what it says that others lose by it: nothing else may go along.
pub(super) struct Going {
    removed: BTreeSet<(ResourceType, String)>,
    lost: BTreeMap<ResourceKey, Vec<String>>,
}

impl Going {
    pub(super) fn of(planned: &[Step]) -> Self {
        let removals = planned.iter().filter_map(|step| match &step.action {
            Action::Remove { what, project: _ } => Some((what, &step.side_effects)),
            _ => None,
        });
        Self {
            removed: removals.clone().map(|(what, _)| (what.kind, what.id.clone())).collect(),
            lost: removals.map(|(what, lost)| (what.clone(), lost.clone())).collect(),
        }
    }

    /// Whether the plan names it by its id, with its owner, as lost by this removal.
    fn is_told(&self, with: &ResourceKey, id: &str) -> bool {
        self.lost.get(with).is_some_and(|lost| lost.iter().any(|what| what.contains(id)))
    }

    /// Refused, where something of this type would go along that the plan does not remove: it came after the approval.
    fn all<'i>(
        &self,
        with: &ResourceKey,
        kind: ResourceType,
        ids: impl IntoIterator<Item = &'i str>,
    ) -> Option<Look> {
        let goes = |id: &&str| self.removed.contains(&(kind, (*id).to_owned())) || self.is_told(with, id);
        let other = ids.into_iter().find(|id| !goes(id))?;
        let why =
            format!("{kind} {other} would go along with {with}, and its removal was not approved: part them");
        Some(Look::Refused { why })
    }
}

/// How one resource is.
pub(super) async fn look(
    hand: &Hand,
    going: &Going,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Look, WriteError> {
    match what.kind {
        ResourceType::Server
        | ResourceType::ServerGroup
        | ResourceType::Keypair
        | ResourceType::FlavorAccess => compute::look(hand, going, what, project).await,
        ResourceType::VolumeTransfer
        | ResourceType::Backup
        | ResourceType::GroupSnapshot
        | ResourceType::Snapshot
        | ResourceType::VolumeGroup
        | ResourceType::Volume
        | ResourceType::VolumeTypeAccess => volume::look(hand, going, what, project).await,
        ResourceType::ImageProtection | ResourceType::Image | ResourceType::ImageMembership => {
            image::look(hand, what, project).await
        }
        ResourceType::PortForwarding
        | ResourceType::FloatingIp
        | ResourceType::Trunk
        | ResourceType::RouterRoutes
        | ResourceType::RouterInterface
        | ResourceType::RouterGateway
        | ResourceType::Router
        | ResourceType::Port
        | ResourceType::Subnet
        | ResourceType::Network
        | ResourceType::SubnetPool
        | ResourceType::AddressScope
        | ResourceType::RbacPolicy
        | ResourceType::SecurityGroup
        | ResourceType::AddressGroup
        | ResourceType::QosPolicy => network::look(hand, going, what, project).await,
        ResourceType::LoadBalancer => load_balancer::look(hand, what, project).await,
        ResourceType::SecretOrder | ResourceType::SecretContainer | ResourceType::Secret => {
            key_manager::look(hand, what, project).await
        }
        ResourceType::Cluster | ResourceType::ClusterTemplate => {
            container_infra::look(hand, what, project).await
        }
        ResourceType::ApplicationCredential
        | ResourceType::Credential
        | ResourceType::Trust
        | ResourceType::RoleAssignment
        | ResourceType::Project => identity::look(hand, going, what, project).await,
        // Magnum keeps a limit that is no part of what is frozen.
        ResourceType::Quota if what.id == ResourceType::Cluster.service() => {
            container_infra::look(hand, what, project).await
        }
        ResourceType::Quota => quota::look(hand, what, project).await,
    }
}

/// Removes it, upon the revision that the look saw where the service has one.
pub(super) async fn make(
    hand: &Hand,
    request_id: &str,
    what: &ResourceKey,
    project: &ProjectId,
    revision: Option<i64>,
) -> Result<Written, WriteError> {
    match what.kind {
        ResourceType::Server
        | ResourceType::ServerGroup
        | ResourceType::Keypair
        | ResourceType::FlavorAccess => compute::make(hand, request_id, what, project).await,
        ResourceType::VolumeTransfer
        | ResourceType::Backup
        | ResourceType::GroupSnapshot
        | ResourceType::Snapshot
        | ResourceType::VolumeGroup
        | ResourceType::Volume
        | ResourceType::VolumeTypeAccess => volume::make(hand, request_id, what, project).await,
        ResourceType::ImageProtection | ResourceType::Image | ResourceType::ImageMembership => {
            image::make(hand, request_id, what, project).await
        }
        ResourceType::PortForwarding
        | ResourceType::FloatingIp
        | ResourceType::Trunk
        | ResourceType::RouterRoutes
        | ResourceType::RouterInterface
        | ResourceType::RouterGateway
        | ResourceType::Router
        | ResourceType::Port
        | ResourceType::Subnet
        | ResourceType::Network
        | ResourceType::SubnetPool
        | ResourceType::AddressScope
        | ResourceType::RbacPolicy
        | ResourceType::SecurityGroup
        | ResourceType::AddressGroup
        | ResourceType::QosPolicy => network::make(hand, request_id, what, revision).await,
        ResourceType::LoadBalancer => load_balancer::make(hand, request_id, what, project).await,
        ResourceType::SecretOrder | ResourceType::SecretContainer | ResourceType::Secret => {
            key_manager::make(hand, request_id, what, project).await
        }
        ResourceType::Cluster | ResourceType::ClusterTemplate => {
            container_infra::make(hand, request_id, what, project).await
        }
        ResourceType::ApplicationCredential
        | ResourceType::Credential
        | ResourceType::Trust
        | ResourceType::RoleAssignment
        | ResourceType::Project => identity::make(hand, request_id, what, project).await,
        ResourceType::Quota if what.id == ResourceType::Cluster.service() => {
            container_infra::make(hand, request_id, what, project).await
        }
        ResourceType::Quota => quota::make(hand, request_id, what, project).await,
    }
}

/// The fields of a row that decide; one that is missing makes the look unclear.
trait Field {
    fn text(&self, name: &str, of: &ResourceKey) -> Result<&str, WriteError>;
    fn truth(&self, name: &str, of: &ResourceKey) -> Result<bool, WriteError>;
}

impl Field for Value {
    fn text(&self, name: &str, of: &ResourceKey) -> Result<&str, WriteError> {
        self.get(name).and_then(Self::as_str).ok_or_else(|| missing(name, of))
    }

    fn truth(&self, name: &str, of: &ResourceKey) -> Result<bool, WriteError> {
        self.get(name).and_then(Self::as_bool).ok_or_else(|| missing(name, of))
    }
}

fn missing(name: &str, of: &ResourceKey) -> WriteError {
    WriteError::Unclear { message: format!("{of} is not understood: it has no {name}") }
}

/// Refused, where the resource is another project's.
fn owned_by(
    row: &Value,
    field: &str,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Option<Look>, WriteError> {
    let owner = row.text(field, what)?;
    let why = || format!("{what} belongs to project {owner}, not {project}");
    Ok((owner != project.0).then(|| Look::Refused { why: why() }))
}

/// A key that names nothing of a service.
fn no_such(what: &ResourceKey) -> WriteError {
    WriteError::NotSent { message: format!("{what} names nothing here") }
}
