//! Projects (tenants) as declared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quota::Quotas;
use crate::rules::{self, MOST_ROLES, TAG, VISIBLE};

/// A Keystone project that must exist. Only the fields given are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Name of the project; unique within its domain.
    #[schemars(length(min = 1, max = 64), regex(pattern = VISIBLE))]
    pub name: String,
    /// Name of the domain that owns the project.
    #[schemars(length(min = 1, max = 64), regex(pattern = VISIBLE))]
    pub domain: String,
    /// The project's id, 32 hex digits; given when the name alone is not trusted. The name must match too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("x-kubernetes-validations" = rules::keystone_id()))]
    pub id: Option<String>,
    /// The project's description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65535))]
    pub description: Option<String>,
    /// Whether the project is enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The project's tags, as a set: exactly these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 80),
        inner(length(min = 1, max = 255), regex(pattern = TAG)),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub tags: Option<Vec<String>>,
    /// Keystone's `options.immutable`: true protects the project from deletion and change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected: Option<bool>,
    /// Quotas of this project, by service. Only the numbers given are compared; -1 means unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quotas: Option<Quotas>,
    /// Role assignments of users and groups on this project, direct ones only. Absent: not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MOST_ROLES), extend("x-kubernetes-list-type" = "atomic"))]
    pub roles: Option<Vec<RoleAssignment>>,
    /// What to do with a role assignment on this project that is not listed in `roles`.
    #[serde(default = "report")]
    pub unlisted_roles: Unlisted,
}

/// One role of one user or group on the project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules::role()))]
pub struct RoleAssignment {
    /// Name of the user. Exactly one of `user` and `group` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255), regex(pattern = VISIBLE))]
    pub user: Option<String>,
    /// Name of the group. Exactly one of `user` and `group` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = VISIBLE))]
    pub group: Option<String>,
    /// Name of the domain that the user or group belongs to. Absent: the project's domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = VISIBLE))]
    pub domain: Option<String>,
    /// Name of the role.
    #[schemars(length(min = 1, max = 255), regex(pattern = VISIBLE))]
    pub role: String,
}

/// What to say of projects that are in the cloud and in no entry of `tenants`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct UnlistedTenants {
    /// Ignore them, or report each as a finding.
    pub policy: UnlistedTenantPolicy,
    /// Names of the domains that are looked at. Empty: the domains that `tenants` names.
    #[schemars(
        length(max = 100),
        inner(length(min = 1, max = 64), regex(pattern = VISIBLE)),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub domains: Vec<String>,
}

/// There is no `Remove`: a project is only ever removed by a TenantOffboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum UnlistedTenantPolicy {
    /// Say nothing.
    #[default]
    Ignore,
    /// A finding for each.
    Report,
}

/// What to do with what is there and not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Unlisted {
    /// Say nothing.
    Ignore,
    /// A finding for each, and no step.
    Report,
    /// A finding for each, and a step that removes it once approved.
    Remove,
}

fn report() -> Unlisted {
    Unlisted::Report
}
