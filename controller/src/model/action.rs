//! One call to one service, complete: nothing is left to decide when it is made.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::cloud::{Principal, QuotaService, QuotaValues};
use super::desired::{GroupName, TenantName};
use super::ids::{AddressGroupId, DomainId, ProjectId, RoleId, RuleId, SecurityGroupId};
use super::inventory::ResourceKey;
use super::rule::{Remote, Rule};

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
    /// Removes one resource of a tenant that leaves.
    Remove {
        /// Which.
        what: ResourceKey,
        /// The project that holds it.
        project: ProjectId,
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

impl ProjectRef {
    /// What is to be made may be any that has been made.
    fn fill(&mut self, with: &Self) {
        if matches!((&self, with), (Self::Made(_), Self::Id(_))) {
            *self = with.clone();
        }
    }
}

impl GroupRef {
    /// What is to be made may be any that has been made.
    fn fill(&mut self, with: &Self) {
        if matches!((&self, with), (Self::Made(_), Self::Id(_))) {
            *self = with.clone();
        }
    }
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
            Self::Remove { what, project: _ } => what.kind.service(),
            Self::SetQuota { service, .. } => service.service_type(),
        }
    }

    /// Whether `made` is this call, with the ids of what the plan makes in the place of names.
    pub fn is_filled_by(&self, made: &Self) -> bool {
        let mut filled = self.clone();
        match (&mut filled, made) {
            (Self::ChangeProject { project, .. }, Self::ChangeProject { project: with, .. })
            | (Self::SetQuota { project, .. }, Self::SetQuota { project: with, .. })
            | (Self::GrantRole { project, .. }, Self::GrantRole { project: with, .. })
            | (Self::CreateSecurityGroup { project, .. }, Self::CreateSecurityGroup { project: with, .. }) => {
                project.fill(with);
            }
            (
                Self::CreateRule { project, group, rule, .. },
                Self::CreateRule { project: owner, group: of, rule: with, .. },
            ) => {
                project.fill(owner);
                group.fill(of);
                if let (Remote::Group(peer), Remote::Group(with)) = (&mut rule.remote, &with.remote) {
                    peer.fill(with);
                }
            }
            (Self::DeleteRule { group, .. }, Self::DeleteRule { group: with, .. }) => group.fill(with),
            _ => {}
        }
        filled == *made
    }

    /// Whether it takes something away: what `limits.maxDeletes` counts.
    pub fn removes(&self) -> bool {
        matches!(self, Self::RevokeRole { .. } | Self::DeleteRule { .. } | Self::Remove { .. })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn describe(project: ProjectRef, to: &str) -> Action {
        let change = ProjectChange::Description { from: String::new(), to: to.to_owned() };
        Action::ChangeProject { project, change }
    }

    #[test]
    fn a_call_of_the_plan_is_one_with_its_names_filled_in_and_no_other() {
        let name = TenantName { domain: "d".into(), name: "p".into() };
        let planned = describe(ProjectRef::Made(name), "to");
        let id = |id: &str| ProjectRef::Id(id.into());
        assert!(planned.is_filled_by(&describe(id("p-1"), "to")));
        assert!(!planned.is_filled_by(&describe(id("p-1"), "other")));
        assert!(describe(id("p-1"), "to").is_filled_by(&describe(id("p-1"), "to")));
        assert!(!describe(id("p-1"), "to").is_filled_by(&describe(id("p-2"), "to")));
    }
}
