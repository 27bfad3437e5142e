//! What was seen in the cloud, one struct a type, with the fields that are compared and no others.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ids::{AddressGroupId, DomainId, GroupId, ProjectId, RoleId, RuleId, SecurityGroupId, UserId};
use super::rule::Rule;

/// Where one logs in, the region, and what is reached elsewhere: an approval for one cloud is good for no other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CloudIdentity {
    /// Keystone's URL without a version suffix.
    pub auth_url: String,
    /// The region, or empty where none is chosen.
    pub region: String,
    /// URLs that are given in place of the catalogue's, by service type, each with its version.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, String>,
}

/// A Keystone domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// Its id.
    pub id: DomainId,
    /// Its name, unique in the cloud.
    pub name: String,
}

/// A Keystone project; domains that act as projects are not in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its name, unique within the domain.
    pub name: String,
    /// The domain that owns it.
    pub domain: DomainId,
    /// Its description, empty where none is set.
    pub description: String,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// `options.immutable`.
    pub immutable: bool,
}

/// A Keystone user, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Its name, unique within the domain.
    pub name: String,
    /// The domain that owns it.
    pub domain: DomainId,
}

/// A Keystone group of users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its name, unique within the domain.
    pub name: String,
    /// The domain that owns it.
    pub domain: DomainId,
}

/// A Keystone role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// Its name.
    pub name: String,
    /// The domain of a domain-specific role; those cannot be assigned on projects of others and are not looked up by name.
    pub domain: Option<DomainId>,
}

/// Who holds a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Principal {
    /// A user.
    User(UserId),
    /// A group of users.
    Group(GroupId),
}

/// A role given directly on a project; inherited ones are not in here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Assignment {
    /// The project.
    pub project: ProjectId,
    /// Who holds it.
    pub principal: Principal,
    /// The role.
    pub role: RoleId,
}

/// An application credential: it acts with those of its roles that its user has on its project, and is refused without any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ApplicationCredential {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The user that it acts for.
    pub user: UserId,
    /// The project that it is scoped to.
    pub project: ProjectId,
}

/// A Neutron security group with its rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// Its id.
    pub id: SecurityGroupId,
    /// Its name; not unique.
    pub name: String,
    /// The project that owns it.
    pub project: ProjectId,
    /// Its description.
    pub description: String,
    /// Neutron's revision, for compare-and-set.
    pub revision: i64,
    /// Its rules.
    pub rules: Vec<SeenRule>,
}

/// A rule of a group as seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenRule {
    /// Its id.
    pub id: RuleId,
    /// Neutron's revision, for compare-and-set.
    pub revision: i64,
    /// Its description.
    pub description: String,
    /// Its normal form.
    pub rule: Rule,
}

/// A Neutron address group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressGroup {
    /// Its id.
    pub id: AddressGroupId,
    /// Its name; not unique.
    pub name: String,
    /// The project that owns it.
    pub project: ProjectId,
}

/// A service that keeps quotas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum QuotaService {
    /// Nova.
    Compute,
    /// Cinder.
    Volume,
    /// Neutron.
    Network,
    /// Octavia.
    LoadBalancer,
    /// Barbican.
    KeyManager,
}

impl QuotaService {
    /// The official type of the service.
    pub fn service_type(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Volume => "block-storage",
            Self::Network => "network",
            Self::LoadBalancer => "load-balancer",
            Self::KeyManager => "key-manager",
        }
    }
}

/// Effective limits of one project in one service, by the service's own resource names; -1 is unlimited.
pub type QuotaValues = BTreeMap<String, i64>;

impl std::fmt::Display for QuotaService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Compute => "compute",
            Self::Volume => "volume",
            Self::Network => "network",
            Self::LoadBalancer => "loadBalancer",
            Self::KeyManager => "keyManager",
        })
    }
}

impl std::fmt::Display for CloudIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { auth_url, region, endpoints } = self;
        f.write_str(auth_url)?;
        if !region.is_empty() {
            write!(f, ", region {region}")?;
        }
        endpoints.iter().try_for_each(|(service, url)| write!(f, ", {service} at {url}"))
    }
}
