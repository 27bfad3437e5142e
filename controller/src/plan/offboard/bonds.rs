//! What hangs on what, by type: so that nothing is removed from under what is kept.
//!
//! Which one hangs on which is said by `after`, or by what names the other: a part has the id of the whole as its own or as `of`. Where
//! no listing says it of any two of these types, each is taken to hang on each.

use crate::model::inventory::Resource;
use crate::model::{ResourceKey, ResourceType as T};

/// How two types hang together; the first is removed before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bond {
    /// The first works with the second.
    Uses,
    /// The first works with the second, and the removal of the first may take the second along.
    Takes,
    /// One is a part of the other, or belongs to it.
    Part,
}

use Bond::{Part, Takes, Uses};

/// All bonds.
pub(super) const BONDS: &[(T, Bond, &[T])] = &[
    (
        T::Cluster,
        Takes,
        &[T::LoadBalancer, T::Server, T::Router, T::Port, T::Subnet, T::Network, T::SecurityGroup],
    ),
    (
        T::Cluster,
        Uses,
        &[T::ClusterTemplate, T::FloatingIp, T::Volume, T::SecretContainer, T::Secret, T::ServerGroup],
    ),
    (T::Cluster, Uses, &[T::Keypair, T::ApplicationCredential, T::Trust]),
    (
        T::LoadBalancer,
        Uses,
        &[T::FloatingIp, T::Router, T::Port, T::Subnet, T::Network, T::SecurityGroup, T::QosPolicy],
    ),
    (T::LoadBalancer, Uses, &[T::SecretContainer, T::Secret]),
    (
        T::Server,
        Uses,
        &[T::FloatingIp, T::Trunk, T::Router, T::Subnet, T::Network, T::SecurityGroup, T::Secret],
    ),
    (T::Server, Takes, &[T::Volume, T::Port]),
    (T::Server, Uses, &[T::ServerGroup]),
    (T::PortForwarding, Part, &[T::FloatingIp]),
    (T::PortForwarding, Uses, &[T::Port]),
    (T::VolumeTransfer, Uses, &[T::Volume]),
    (T::GroupSnapshot, Takes, &[T::Snapshot]),
    (T::GroupSnapshot, Uses, &[T::VolumeGroup]),
    (T::Snapshot, Uses, &[T::Volume]),
    (T::VolumeGroup, Takes, &[T::Volume]),
    (T::Volume, Uses, &[T::Secret]),
    (T::ImageProtection, Part, &[T::Image]),
    (T::Trunk, Uses, &[T::Port]),
    (T::RouterRoutes, Part, &[T::Router]),
    (T::RouterInterface, Part, &[T::Router]),
    (T::RouterInterface, Uses, &[T::Subnet, T::Network]),
    (T::RouterGateway, Part, &[T::Router]),
    (T::Router, Uses, &[T::Port, T::Subnet, T::Network]),
    (T::Port, Uses, &[T::Subnet, T::Network, T::SecurityGroup, T::QosPolicy]),
    (T::Subnet, Part, &[T::Network]),
    (T::Subnet, Uses, &[T::SubnetPool]),
    (T::Network, Uses, &[T::QosPolicy]),
    (T::SubnetPool, Uses, &[T::AddressScope]),
    (T::SecurityGroup, Uses, &[T::AddressGroup]),
    (T::SecretContainer, Uses, &[T::Secret]),
];

/// Whether a listing says that the first hangs together with the second.
pub(super) fn said(first: &Resource, second: &Resource) -> bool {
    let (one, other) = (&first.key, &second.key);
    second.after.contains(one)
        || first.after.contains(other)
        || one.of.as_ref() == Some(&other.id)
        || one.id == other.id
}

/// Whether the first may hang together with the second where no listing says so.
pub(super) fn possible(first: &Resource, second: &Resource) -> bool {
    match (first.key.kind, second.key.kind) {
        (T::Server, T::Volume) => second.state.as_deref() != Some("available"),
        _ => true,
    }
}

/// What a resource is a part of.
pub(in crate::plan) fn whole(part: &ResourceKey) -> Option<ResourceKey> {
    let (kind, id) = match part.kind {
        T::ImageProtection => (T::Image, Some(&part.id)),
        T::RouterRoutes | T::RouterGateway => (T::Router, Some(&part.id)),
        T::RouterInterface => (T::Router, part.of.as_ref()),
        T::PortForwarding => (T::FloatingIp, part.of.as_ref()),
        _ => return None,
    };
    Some(ResourceKey { kind, id: id?.clone(), of: None })
}
