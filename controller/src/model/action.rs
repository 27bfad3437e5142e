//! One call to one service, complete: nothing is left to decide when it is made.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::cloud::{Principal, QuotaService, QuotaValues};
use super::desired::{GroupName, TenantName};
use super::ids::{AddressGroupId, DomainId, ProjectId, RoleId, RuleId, SecurityGroupId};
use super::rule::Rule;

/// A project that is there, or that an earlier step of the same plan makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProjectRef {
    /// By id.
    Id(ProjectId),
    /// The one that this plan makes.
    Made(TenantName),
}

/// A security group that is there, or that an earlier step of the same plan makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GroupRef {
    /// By id.
    Id(SecurityGroupId),
    /// The one that this plan makes.
    Made(GroupName),
}

/// A rule that is there, or that Neutron puts into a group that this plan makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RuleRef {
    /// By id.
    Id(RuleId),
    /// The one of this form in the new group.
    Initial,
}

/// What is changed of a project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProjectChange {
    /// Its description.
    Description {
        /// What was seen.
        from: String,
        /// What was declared.
        to: String,
    },
    /// Whether it is enabled.
    Enabled {
        /// What was seen.
        from: bool,
        /// What was declared.
        to: bool,
    },
    /// Its tags, as a whole.
    Tags {
        /// What was seen.
        from: BTreeSet<String>,
        /// What was declared.
        to: BTreeSet<String>,
    },
    /// `options.immutable`.
    Protected {
        /// What was seen.
        from: bool,
        /// What was declared.
        to: bool,
    },
}

/// One call. It holds what was seen when it was planned; a call whose object is different now is refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// `POST /v3/projects`.
    CreateProject {
        /// Its domain and name.
        name: TenantName,
        /// The domain's id.
        domain: DomainId,
        /// Its description.
        description: String,
        /// Whether it is enabled.
        enabled: bool,
        /// Its tags.
        tags: BTreeSet<String>,
    },
    /// `PATCH /v3/projects/{id}` or `PUT /v3/projects/{id}/tags`.
    ChangeProject {
        /// Which.
        project: ProjectRef,
        /// What.
        change: ProjectChange,
    },
    /// Sets limits of one project in one service.
    SetQuota {
        /// Whose.
        project: ProjectRef,
        /// Which service.
        service: QuotaService,
        /// All limits that were seen; none where the project is yet to be made.
        from: Option<QuotaValues>,
        /// The limits that are set.
        to: QuotaValues,
    },
    /// `PUT /v3/projects/{id}/{users|groups}/{id}/roles/{id}`.
    GrantRole {
        /// On which project.
        project: ProjectRef,
        /// To whom.
        principal: Principal,
        /// Which role.
        role: RoleId,
    },
    /// `DELETE /v3/projects/{id}/{users|groups}/{id}/roles/{id}`.
    RevokeRole {
        /// On which project.
        project: ProjectId,
        /// From whom.
        principal: Principal,
        /// Which role.
        role: RoleId,
    },
    /// `POST /v2.0/security-groups`.
    CreateSecurityGroup {
        /// The project that will own it.
        project: ProjectRef,
        /// Its name.
        name: GroupName,
        /// Its description.
        description: String,
    },
    /// `PUT /v2.0/security-groups/{id}`.
    DescribeSecurityGroup {
        /// Which.
        group: SecurityGroupId,
        /// The description that was seen.
        from: String,
        /// The description that was declared.
        to: String,
    },
    /// `POST /v2.0/security-group-rules`.
    CreateRule {
        /// The project that owns the group, and will own the rule.
        project: ProjectRef,
        /// The group that gets it.
        group: GroupRef,
        /// Its form.
        rule: Rule<GroupRef, AddressGroupId>,
        /// Its description.
        description: String,
    },
    /// `DELETE /v2.0/security-group-rules/{id}`.
    DeleteRule {
        /// The group that loses it.
        group: GroupRef,
        /// Which.
        which: RuleRef,
        /// Its form.
        rule: Rule,
    },
}

impl Action {
    /// The service that is called, by its type in the catalogue.
    pub fn service(&self) -> &'static str {
        match self {
            Self::CreateProject { .. }
            | Self::ChangeProject { .. }
            | Self::GrantRole { .. }
            | Self::RevokeRole { .. } => "identity",
            Self::CreateSecurityGroup { .. }
            | Self::DescribeSecurityGroup { .. }
            | Self::CreateRule { .. }
            | Self::DeleteRule { .. } => "network",
            Self::SetQuota { service, .. } => match service {
                QuotaService::Compute => "compute",
                QuotaService::Volume => "block-storage",
                QuotaService::Network => "network",
                QuotaService::LoadBalancer => "load-balancer",
                QuotaService::KeyManager => "key-manager",
            },
        }
    }

    /// Whether it takes something away: what `limits.maxDeletes` counts.
    pub fn removes(&self) -> bool {
        matches!(self, Self::RevokeRole { .. } | Self::DeleteRule { .. })
    }
}

impl std::fmt::Display for GroupRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Made(name) => name.fmt(f),
        }
    }
}

impl std::fmt::Display for ProjectRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Made(name) => name.fmt(f),
        }
    }
}
