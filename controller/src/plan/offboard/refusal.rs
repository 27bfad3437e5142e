//! Why a tenant does not leave.

use std::collections::BTreeSet;

use crate::model::cloud::QuotaService;
use crate::model::ids::ProjectId;
use crate::model::{ResourceType, Unknown};

/// One reason; [`Refusal::name`] is that of the condition, the Event and the metric.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Keystone could not be asked.
    #[error("the project could not be told: {0}")]
    TenantNotTold(Unknown),
    /// Keystone has no project of this id.
    #[error("Keystone has no project {0}: see that spec.tenant.id is right")]
    NoSuchTenant(ProjectId),
    /// The name that a person typed is not the project's.
    #[error("the project's name is {seen:?}, and spec.tenant.name is {asked:?}")]
    NameDiffers {
        /// What was typed.
        asked: String,
        /// What Keystone says.
        seen: String,
    },
    /// The domain that a person typed is not the project's.
    #[error("the project's domain is {seen:?}, and spec.tenant.domain is {asked:?}")]
    DomainDiffers {
        /// What was typed.
        asked: String,
        /// What Keystone says.
        seen: String,
    },
    /// Not an id as Keystone makes them.
    #[error("{0:?} is not the id of a project: 32 digits of 0-9 and a-f")]
    IdMalformed(String),
    /// Every project of the domain is protected.
    #[error("domain {0:?} is protected: no project of it leaves")]
    ProtectedDomain(String),
    /// The project is protected.
    #[error("project {0:?} is protected")]
    ProtectedProject(String),
    /// A domain is no tenant.
    #[error("the project acts as a domain")]
    ActsAsDomain,
    /// Projects hang below it.
    #[error("projects are below it, and must leave first: {}", listed(.0))]
    HasChildren(BTreeSet<ProjectId>),
    /// `options.immutable`.
    #[error(
        "the project is immutable: whoever made it so must take that back (openstack project set --no-immutable)"
    )]
    Immutable,
    /// The credentials in use are scoped to it.
    #[error("the credentials in use are scoped to this project")]
    OwnProject,
    /// Octavia or Magnum keep things of theirs in it.
    #[error("the project holds what a service itself works with: {}", .0.join(", "))]
    OwnsServiceResources(Vec<String>),
    /// What is declared would be made again.
    #[error("it is listed by {}: take it out there first", .0.join(", "))]
    ListedByCloudSpec(Vec<String>),
    /// The project was not asked to go.
    #[error("spec.deleteProject is false: the project stays")]
    ProjectStays,
    /// What is kept is not there: a mistyped id would be removed.
    #[error("spec.keep names what is not there: {}", .0.join(", "))]
    KeptNotFound(Vec<String>),
    /// A type could not be listed.
    #[error("each {0} of the project could not be told: {1}")]
    TypeNotTold(ResourceType, Unknown),
    /// Limits that are not known cannot be frozen, nor put back.
    #[error("the {0} quotas of the project could not be told: {1}")]
    QuotaNotTold(QuotaService, Unknown),
    /// The services of the cloud are not known.
    #[error("which services the cloud has could not be told: {0}")]
    CatalogueNotTold(Unknown),
    /// A service or an extension that nothing here sweeps.
    #[error(
        "{0} may hold something of the project, and nothing here looks into it: look yourself, then name it in spec.acceptUncovered"
    )]
    Uncovered(String),
    /// The project does not go before what it holds.
    #[error("the project still holds {}", .0.join(", "))]
    StillHolds(Vec<String>),
    /// The plan does not fit into one ChangePlan.
    #[error("the plan is too large: {0}")]
    TooLarge(String),
}

impl Refusal {
    /// Stable CamelCase name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TenantNotTold(_) => "TenantNotTold",
            Self::NoSuchTenant(_) => "NoSuchTenant",
            Self::NameDiffers { .. } => "NameDiffers",
            Self::DomainDiffers { .. } => "DomainDiffers",
            Self::IdMalformed(_) => "IdMalformed",
            Self::ProtectedDomain(_) => "ProtectedDomain",
            Self::ProtectedProject(_) => "ProtectedProject",
            Self::ActsAsDomain => "ActsAsDomain",
            Self::HasChildren(_) => "HasChildren",
            Self::Immutable => "Immutable",
            Self::OwnProject => "OwnProject",
            Self::OwnsServiceResources(_) => "OwnsServiceResources",
            Self::ListedByCloudSpec(_) => "ListedByCloudSpec",
            Self::ProjectStays => "ProjectStays",
            Self::KeptNotFound(_) => "KeptNotFound",
            Self::TypeNotTold(..) => "TypeNotTold",
            Self::QuotaNotTold(..) => "QuotaNotTold",
            Self::CatalogueNotTold(_) => "CatalogueNotTold",
            Self::Uncovered(_) => "Uncovered",
            Self::StillHolds(_) => "StillHolds",
            Self::TooLarge(_) => "TooLarge",
        }
    }
}

impl Refusal {
    /// What could not be told and why, where the same may stand in the way of many.
    pub fn untold(&self) -> Option<(String, &Unknown)> {
        match self {
            Self::TypeNotTold(kind, why) => Some((kind.to_string(), why)),
            Self::QuotaNotTold(service, why) => Some((format!("{service} quotas"), why)),
            Self::TenantNotTold(_)
            | Self::NoSuchTenant(_)
            | Self::NameDiffers { .. }
            | Self::DomainDiffers { .. }
            | Self::IdMalformed(_)
            | Self::ProtectedDomain(_)
            | Self::ProtectedProject(_)
            | Self::ActsAsDomain
            | Self::HasChildren(_)
            | Self::Immutable
            | Self::OwnProject
            | Self::OwnsServiceResources(_)
            | Self::ListedByCloudSpec(_)
            | Self::ProjectStays
            | Self::KeptNotFound(_)
            | Self::CatalogueNotTold(_)
            | Self::Uncovered(_)
            | Self::StillHolds(_)
            | Self::TooLarge(_) => None,
        }
    }
}

fn listed(ids: &BTreeSet<ProjectId>) -> String {
    let ids: Vec<&str> = ids.iter().map(|id| id.0.as_str()).collect();
    ids.join(", ")
}
