//! A tenant that holds one of each type, and its leaving.

use std::collections::{BTreeMap, BTreeSet};

use cloudspec::model::cloud::{CloudIdentity, QuotaService};
use cloudspec::model::inventory::{Loss, Size, TenantSeen};
use cloudspec::model::leaving::Leaving;
use cloudspec::model::{Inventory, Resource, ResourceKey, ResourceType};

pub(crate) const ID: &str = "0123456789abcdef0123456789abcdef";

pub(crate) fn key(kind: ResourceType, id: &str, of: Option<&str>) -> ResourceKey {
    ResourceKey { kind, id: id.to_owned(), of: of.map(str::to_owned) }
}

/// The id and what it hangs on, of the one of each type.
fn of_type(kind: ResourceType) -> ResourceKey {
    match kind {
        ResourceType::ImageProtection | ResourceType::Image => key(kind, "image-1", None),
        ResourceType::RouterRoutes | ResourceType::RouterGateway | ResourceType::Router => {
            key(kind, "router-1", None)
        }
        ResourceType::RouterInterface => key(kind, "port-r1", Some("router-1")),
        ResourceType::PortForwarding => key(kind, "pf-1", Some("fip-1")),
        ResourceType::FloatingIp => key(kind, "fip-1", None),
        ResourceType::ImageMembership => key(kind, ID, Some("image-other")),
        ResourceType::Keypair => key(kind, "laptop", Some("user-ann")),
        ResourceType::Quota => key(kind, "compute", None),
        ResourceType::Credential | ResourceType::ApplicationCredential => {
            key(kind, &format!("{kind:?}-1").to_lowercase(), Some("user-ann"))
        }
        ResourceType::Project => key(kind, ID, None),
        _ => key(kind, &format!("{kind:?}-1").to_lowercase(), None),
    }
}

fn resource(kind: ResourceType) -> Resource {
    use ResourceType as T;
    let after = match kind {
        T::VolumeGroup => vec![T::GroupSnapshot],
        T::Volume => vec![T::Server, T::VolumeTransfer, T::Snapshot, T::VolumeGroup],
        T::Image => vec![T::ImageProtection],
        T::FloatingIp => vec![T::PortForwarding],
        T::Router => vec![T::RouterRoutes, T::RouterInterface, T::RouterGateway],
        T::Port => vec![T::Server],
        T::Network => vec![T::Port, T::Subnet],
        T::Subnet => vec![T::RouterInterface, T::Port],
        _ => vec![],
    };
    let (state, size) = match kind {
        T::Server | T::LoadBalancer => (Some("ACTIVE"), None),
        T::Volume => (Some("in-use"), Some(Size::Gib(10))),
        T::Snapshot | T::Backup => (Some("available"), Some(Size::Gib(10))),
        T::Image => (Some("active"), Some(Size::Bytes(13_287_936))),
        _ => (None, None),
    };
    let named = !matches!(kind, T::Quota | T::RoleAssignment | T::ImageMembership | T::Port);
    Resource {
        key: of_type(kind),
        name: if named { format!("{} one", kind.one()) } else { String::new() },
        state: state.map(str::to_owned),
        size,
        after: after.into_iter().map(of_type).collect(),
        hindrance: None,
    }
}

/// A tenant that holds one of each type.
pub(crate) fn inventory() -> Inventory {
    let limits =
        |of: &[(&str, i64)]| Ok(of.iter().map(|(name, limit)| ((*name).to_owned(), *limit)).collect());
    let loss = |kind, what: &str| Loss { by: of_type(kind), what: what.to_owned() };
    Inventory {
        cloud: CloudIdentity {
            auth_url: "http://127.0.0.1:5000".into(),
            region: "RegionOne".into(),
            endpoints: [].into(),
        },
        tenant: Ok(Some(TenantSeen {
            id: ID.into(),
            name: "team-x".into(),
            domain: "d-customers".into(),
            domain_name: "customers".into(),
            enabled: true,
            immutable: false,
            is_domain: false,
            children: BTreeSet::new(),
        })),
        held: ResourceType::ALL.iter().map(|kind| (*kind, Ok(vec![resource(*kind)]))).collect(),
        losses: BTreeSet::from([
            loss(
                ResourceType::SecurityGroup,
                "rule r-9 of security group web (sg-9) of project customers/team-y",
            ),
            loss(ResourceType::Network, "port p-9 of project customers/team-y"),
        ]),
        quotas: BTreeMap::from([
            (QuotaService::Compute, limits(&[("cores", 20), ("instances", 0), ("ram", 51200)])),
            (QuotaService::Network, limits(&[("network", 100), ("port", -1)])),
            (QuotaService::KeyManager, limits(&[("secrets", -1), ("orders", 0)])),
        ]),
        uncovered: Ok(BTreeSet::new()),
        own_projects: BTreeSet::from(["p-admin".into()]),
    }
}

pub(crate) fn leaving() -> Leaving {
    Leaving {
        id: ID.into(),
        name: "team-x".into(),
        domain: "customers".into(),
        delete_project: false,
        accept_uncovered: BTreeSet::new(),
        keep: BTreeMap::new(),
    }
}

/// All that the tenant holds of a type.
pub(crate) fn all(of: &mut Inventory, kind: ResourceType) -> &mut Vec<Resource> {
    of.held.get_mut(&kind).unwrap().as_mut().unwrap()
}
