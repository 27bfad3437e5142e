//! The port through which the cloud is read.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::ReadError;
use super::listings::{
    ComputeListing, ContainerInfraListing, IdentityListing, ImageListing, KeyManagerListing,
    LoadBalancerListing, NetworkListing, VolumeListing,
};
use crate::model::cloud::{CloudIdentity, QuotaService};
use crate::model::ids::{DomainId, ProjectId, UserId};

/// A service that is read, by its official type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// Keystone.
    Identity,
    /// Neutron.
    Network,
    /// Nova.
    Compute,
    /// Cinder.
    BlockStorage,
    /// Octavia.
    LoadBalancer,
    /// Barbican.
    KeyManager,
    /// Glance.
    Image,
    /// Magnum.
    ContainerInfra,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Identity,
        Self::Network,
        Self::Compute,
        Self::BlockStorage,
        Self::LoadBalancer,
        Self::KeyManager,
        Self::Image,
        Self::ContainerInfra,
    ];

    /// The official service type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Network => "network",
            Self::Compute => "compute",
            Self::BlockStorage => "block-storage",
            Self::LoadBalancer => "load-balancer",
            Self::KeyManager => "key-manager",
            Self::Image => "image",
            Self::ContainerInfra => "container-infra",
        }
    }

    /// The types under which a catalogue may have it, the one that is taken first in front.
    pub fn types(self) -> &'static [&'static str] {
        match self {
            Self::Identity => &["identity"],
            Self::Network => &["network"],
            Self::Compute => &["compute"],
            Self::BlockStorage => &["block-storage", "block-store", "volumev3", "volumev2", "volume"],
            Self::LoadBalancer => &["load-balancer"],
            Self::KeyManager => &["key-manager"],
            Self::Image => &["image"],
            Self::ContainerInfra => &["container-infra", "container-infrastructure"],
        }
    }

    /// The service that a type of a catalogue stands for, if it is one that is read.
    pub fn of_type(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.types().contains(&kind))
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<QuotaService> for Service {
    fn from(service: QuotaService) -> Self {
        match service {
            QuotaService::Compute => Self::Compute,
            QuotaService::Volume => Self::BlockStorage,
            QuotaService::Network => Self::Network,
            QuotaService::LoadBalancer => Self::LoadBalancer,
            QuotaService::KeyManager => Self::KeyManager,
        }
    }
}

/// What can be asked: each is one listing, paged to the end, or one thing as a listing of one row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Listing {
    /// All domains.
    Domains,
    /// All projects.
    Projects,
    /// All users of one domain.
    Users(DomainId),
    /// All groups of users of one domain.
    Groups(DomainId),
    /// All roles.
    Roles,
    /// All role assignments.
    RoleAssignments,
    /// All application credentials of one user.
    ApplicationCredentials(UserId),
    /// All security groups of all projects, rules embedded.
    SecurityGroups,
    /// All address groups of all projects.
    AddressGroups,
    /// The rules that Neutron puts into new security groups.
    DefaultSecurityGroupRules,
    /// Neutron's limits of all projects that have some of their own. Only who sees every project may ask.
    NetworkQuotas,
    /// Neutron's limits of a project that has none of its own.
    NetworkQuotaDefaults,
    /// Octavia's limits of all projects that have some of their own. Who does not see all gets 200 and fewer rows.
    LoadBalancerQuotas,
    /// Octavia's limits of a project that does not exist: the defaults, and only who sees every project may ask.
    LoadBalancerQuotaDefaults,
    /// Barbican's limits of all projects that have some of their own.
    KeyManagerQuotas,
    /// Barbican's limits of the project that is asked from.
    KeyManagerOwnQuota,
    /// Nova's limits of one project.
    ComputeQuota(ProjectId),
    /// Cinder's limits of one project.
    VolumeQuota(ProjectId),
    /// Of Nova, about one tenant.
    Compute(ComputeListing),
    /// Of Cinder, about one tenant.
    Volume(VolumeListing),
    /// Of Glance, about one tenant.
    Image(ImageListing),
    /// Of Neutron, about one tenant.
    Network(NetworkListing),
    /// Of Octavia, about one tenant.
    LoadBalancer(LoadBalancerListing),
    /// Of Barbican, about one tenant.
    KeyManager(KeyManagerListing),
    /// Of Magnum, about one tenant.
    ContainerInfra(ContainerInfraListing),
    /// Of Keystone, about one tenant.
    Identity(IdentityListing),
}

impl Listing {
    /// The service that is asked.
    pub fn service(&self) -> Service {
        match self {
            Self::Domains
            | Self::Projects
            | Self::Users(_)
            | Self::Groups(_)
            | Self::Roles
            | Self::RoleAssignments
            | Self::ApplicationCredentials(_) => Service::Identity,
            Self::SecurityGroups
            | Self::AddressGroups
            | Self::DefaultSecurityGroupRules
            | Self::NetworkQuotas
            | Self::NetworkQuotaDefaults => Service::Network,
            Self::LoadBalancerQuotas | Self::LoadBalancerQuotaDefaults => Service::LoadBalancer,
            Self::KeyManagerQuotas | Self::KeyManagerOwnQuota => Service::KeyManager,
            Self::ComputeQuota(_) => Service::Compute,
            Self::VolumeQuota(_) => Service::BlockStorage,
            Self::Compute(_) => Service::Compute,
            Self::Volume(_) => Service::BlockStorage,
            Self::Image(_) => Service::Image,
            Self::Network(_) => Service::Network,
            Self::LoadBalancer(_) => Service::LoadBalancer,
            Self::KeyManager(_) => Service::KeyManager,
            Self::ContainerInfra(_) => Service::ContainerInfra,
            Self::Identity(_) => Service::Identity,
        }
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domains => f.write_str("domains"),
            Self::Projects => f.write_str("projects"),
            Self::Users(domain) => write!(f, "users of domain {domain}"),
            Self::Groups(domain) => write!(f, "groups of domain {domain}"),
            Self::Roles => f.write_str("roles"),
            Self::RoleAssignments => f.write_str("role assignments"),
            Self::ApplicationCredentials(user) => write!(f, "application credentials of user {user}"),
            Self::SecurityGroups => f.write_str("security groups"),
            Self::AddressGroups => f.write_str("address groups"),
            Self::DefaultSecurityGroupRules => f.write_str("default security-group rules"),
            Self::NetworkQuotas => f.write_str("network quotas"),
            Self::NetworkQuotaDefaults => f.write_str("network quota defaults"),
            Self::LoadBalancerQuotas => f.write_str("load-balancer quotas"),
            Self::LoadBalancerQuotaDefaults => f.write_str("load-balancer quota defaults"),
            Self::KeyManagerQuotas => f.write_str("key-manager quotas"),
            Self::KeyManagerOwnQuota => f.write_str("key-manager quota of the asking project"),
            Self::ComputeQuota(project) => write!(f, "compute quota of project {project}"),
            Self::VolumeQuota(project) => write!(f, "volume quota of project {project}"),
            Self::Compute(of) => of.fmt(f),
            Self::Volume(of) => of.fmt(f),
            Self::Image(of) => of.fmt(f),
            Self::Network(of) => of.fmt(f),
            Self::LoadBalancer(of) => of.fmt(f),
            Self::KeyManager(of) => of.fmt(f),
            Self::ContainerInfra(of) => of.fmt(f),
            Self::Identity(of) => of.fmt(f),
        }
    }
}

/// The rows of a whole listing, as the service sent them.
pub type Rows = Arc<Vec<Value>>;

/// Reads one cloud. There is no way to change it through here.
///
/// # Guarantees
/// An answer is the whole listing that the credential may see, or an error; never a part of it.
pub trait CloudRead: Send + Sync {
    /// The cloud that is read.
    fn identity(&self) -> &CloudIdentity;

    /// The rows of a listing.
    fn rows<'a>(&'a self, what: &'a Listing) -> BoxFuture<'a, Result<Rows, ReadError>>;

    /// The project that all services but Keystone are asked from; none for a credential that is scoped to the system.
    fn project(&self) -> BoxFuture<'_, Result<Option<ProjectId>, ReadError>>;
}

impl<R: CloudRead + ?Sized> CloudRead for Arc<R> {
    fn identity(&self) -> &CloudIdentity {
        self.as_ref().identity()
    }

    fn rows<'a>(&'a self, what: &'a Listing) -> BoxFuture<'a, Result<Rows, ReadError>> {
        self.as_ref().rows(what)
    }

    fn project(&self) -> BoxFuture<'_, Result<Option<ProjectId>, ReadError>> {
        self.as_ref().project()
    }
}
