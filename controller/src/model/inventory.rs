//! What one tenant holds in a cloud, as one look saw it.
//!
//! # Guarantees
//! A type is whole or [`Unknown`](super::Unknown); what could not be listed is never taken for gone.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::cloud::{CloudIdentity, Principal, QuotaService, QuotaValues};
use super::ids::{DomainId, ProjectId, RoleId};
use super::snapshot::Sighting;

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident = $service:literal, $one:literal),+ $(,)?) => {
        /// A type of resource that a tenant holds. The order of the variants is the order in which they are removed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum ResourceType { $($(#[$doc])* $name),+ }

        impl ResourceType {
            /// All of them, in the order of removal.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The official type of the service that holds it.
            pub fn service(self) -> &'static str {
                match self { $(Self::$name => $service),+ }
            }

            /// What one of it is called, in the words of the openstack client.
            pub fn one(self) -> &'static str {
                match self { $(Self::$name => $one),+ }
            }
        }
    };
}

types! {
    /// Magnum cluster.
    Cluster = "container-infra", "cluster",
    /// Magnum cluster template.
    ClusterTemplate = "container-infra", "cluster template",
    /// Octavia load balancer, with all below it.
    LoadBalancer = "load-balancer", "load balancer",
    /// Nova server, soft-deleted ones too.
    Server = "compute", "server",
    /// Neutron port forwarding; `of` is its floating IP.
    PortForwarding = "network", "floating ip port forwarding",
    /// Neutron floating IP.
    FloatingIp = "network", "floating ip",
    /// Cinder volume transfer that waits to be accepted.
    VolumeTransfer = "block-storage", "volume transfer request",
    /// Cinder backup.
    Backup = "block-storage", "volume backup",
    /// Cinder group snapshot.
    GroupSnapshot = "block-storage", "volume group snapshot",
    /// Cinder snapshot.
    Snapshot = "block-storage", "volume snapshot",
    /// Cinder volume group; its volumes go with it.
    VolumeGroup = "block-storage", "volume group",
    /// Cinder volume.
    Volume = "block-storage", "volume",
    /// Protection of a Glance image, which is taken off before the image goes.
    ImageProtection = "image", "protection of image",
    /// Glance image, hidden ones too.
    Image = "image", "image",
    /// Membership of the tenant in an image of another project; `of` is the image.
    ImageMembership = "image", "membership of image",
    /// Neutron trunk.
    Trunk = "network", "network trunk",
    /// Extra routes of a Neutron router.
    RouterRoutes = "network", "routes of router",
    /// Interface of a Neutron router: its port; `of` is the router.
    RouterInterface = "network", "interface of router",
    /// External gateway of a Neutron router.
    RouterGateway = "network", "gateway of router",
    /// Neutron router.
    Router = "network", "router",
    /// Neutron port.
    Port = "network", "port",
    /// Neutron subnet.
    Subnet = "network", "subnet",
    /// Neutron network.
    Network = "network", "network",
    /// Neutron subnet pool.
    SubnetPool = "network", "subnet pool",
    /// Neutron address scope.
    AddressScope = "network", "address scope",
    /// Neutron RBAC policy: given by the tenant, or to it.
    RbacPolicy = "network", "network rbac",
    /// Neutron security group, with its rules.
    SecurityGroup = "network", "security group",
    /// Neutron address group.
    AddressGroup = "network", "address group",
    /// Neutron QoS policy.
    QosPolicy = "network", "network qos policy",
    /// Barbican order.
    SecretOrder = "key-manager", "secret order",
    /// Barbican container.
    SecretContainer = "key-manager", "secret container",
    /// Barbican secret.
    Secret = "key-manager", "secret",
    /// Nova server group.
    ServerGroup = "compute", "server group",
    /// Nova keypair of a user who has no other project; `of` is the user.
    Keypair = "compute", "keypair",
    /// Access of the tenant to a flavor that is not public.
    FlavorAccess = "compute", "access to flavor",
    /// Access of the tenant to a volume type that is not public.
    VolumeTypeAccess = "block-storage", "access to volume type",
    /// Limits of the tenant's own; the id is the service.
    Quota = "identity", "quota",
    /// Keystone application credential on the project; `of` is its user.
    ApplicationCredential = "identity", "application credential",
    /// Keystone credential (EC2 or other) of the project.
    Credential = "identity", "credential",
    /// Keystone trust on the project.
    Trust = "identity", "trust",
    /// Role assignment on the project; the id is a [`Grant`].
    RoleAssignment = "identity", "role assignment",
    /// The project itself, disabled first.
    Project = "identity", "project",
}

impl std::fmt::Display for ResourceType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.one())
    }
}

/// Names one resource in a cloud.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceKey {
    /// Its type.
    pub kind: ResourceType,
    /// Its id in the service.
    pub id: String,
    /// What it hangs on, where its id alone does not name it: see the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

impl std::fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, id, of } = self;
        match of {
            None => write!(f, "{kind} {id}"),
            Some(of) => write!(f, "{kind} {id} of {of}"),
        }
    }
}

/// Names one role assignment on a project, as the id of a [`ResourceType::RoleAssignment`]: `user/USER/ROLE` or `group/GROUP/ROLE`,
/// followed by `/inherited` where it holds for the projects below and not for the project itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// Who holds it.
    pub principal: Principal,
    /// Which role.
    pub role: RoleId,
    /// Whether it is for the projects below.
    pub inherited: bool,
}

impl std::fmt::Display for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { principal, role, inherited } = self;
        match principal {
            Principal::User(user) => write!(f, "user/{user}/{role}")?,
            Principal::Group(group) => write!(f, "group/{group}/{role}")?,
        }
        f.write_str(if *inherited { "/inherited" } else { "" })
    }
}

impl Grant {
    /// The grant that an id names; none where it names none.
    pub fn parse(id: &str) -> Option<Self> {
        let parts: Vec<&str> = id.split('/').collect();
        let (kind, who, role, inherited) = match parts.as_slice() {
            [kind, who, role] => (*kind, *who, *role, false),
            [kind, who, role, "inherited"] => (*kind, *who, *role, true),
            _ => return None,
        };
        let principal = match kind {
            "user" => Principal::User(who.into()),
            "group" => Principal::Group(who.into()),
            _ => return None,
        };
        Some(Self { principal, role: role.into(), inherited })
    }
}

/// How much of something a resource takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Size {
    /// GiB, as Cinder counts.
    Gib(u64),
    /// Bytes, as Glance counts.
    Bytes(u64),
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Gib(gib) => write!(f, "{gib} GiB"),
            Self::Bytes(bytes) => write!(f, "{bytes} B"),
        }
    }
}

/// One resource of the tenant, as listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Which.
    pub key: ResourceKey,
    /// Its name; empty where it has none.
    pub name: String,
    /// Its state in the service's words: `ACTIVE`, `in-use`, ….
    pub state: Option<String>,
    /// How much it takes up.
    pub size: Option<Size>,
    /// What must be gone before it can go, of the same tenant, as the listings say: the snapshot before its volume. What follows from
    /// the order of the types alone is not in here.
    pub after: BTreeSet<ResourceKey>,
    /// Why it cannot be removed as it is, in words with the remedy.
    pub hindrance: Option<String>,
}

/// What another project or user loses when a resource goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Loss {
    /// The resource that goes.
    pub by: ResourceKey,
    /// What is lost, and whose it is, by name and id.
    pub what: String,
}

/// The project as Keystone says it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantSeen {
    /// Its id.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// The domain that owns it.
    pub domain: DomainId,
    /// That domain's name.
    pub domain_name: String,
    /// Whether it is enabled.
    pub enabled: bool,
    /// `options.immutable`.
    pub immutable: bool,
    /// Whether it acts as a domain.
    pub is_domain: bool,
    /// Projects below it.
    pub children: BTreeSet<ProjectId>,
}

/// All that one look saw of one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inventory {
    /// The cloud.
    pub cloud: CloudIdentity,
    /// The project; none where Keystone says that there is no such project.
    pub tenant: Sighting<Option<TenantSeen>>,
    /// Every type: all of the tenant's, or why that is not known. A service that the catalogue does not have holds nothing.
    pub held: BTreeMap<ResourceType, Sighting<Vec<Resource>>>,
    /// What others lose; sorted.
    pub losses: BTreeSet<Loss>,
    /// Limits of the tenant now, by service; a service that the catalogue does not have is not in here.
    pub quotas: BTreeMap<QuotaService, Sighting<QuotaValues>>,
    /// What may hold something of the tenant, and nothing here sweeps: service types of the catalogue, and `network:ALIAS` for
    /// extensions of Neutron.
    pub uncovered: Sighting<BTreeSet<String>>,
    /// Projects of the credentials in use.
    pub own_projects: BTreeSet<ProjectId>,
}

impl Inventory {
    /// Everything that was seen, in the order of removal.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.held.values().flatten().flatten()
    }

    /// The types that could not be listed.
    pub fn not_told(&self) -> impl Iterator<Item = (ResourceType, &super::Unknown)> {
        self.held.iter().filter_map(|(kind, seen)| seen.as_ref().err().map(|why| (*kind, why)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_reads_back_from_its_id() {
        let principals = [Principal::User("u".into()), Principal::Group("g".into())];
        for (principal, inherited) in principals.iter().flat_map(|one| [(one, false), (one, true)]) {
            let grant = Grant { principal: principal.clone(), role: "r".into(), inherited };
            assert_eq!(Grant::parse(&grant.to_string()), Some(grant));
        }
        for id in ["", "user/u", "user/u/r/", "domain/d/r", "user/u/r/inherited/x"] {
            assert_eq!(Grant::parse(id), None, "{id}");
        }
    }
}
