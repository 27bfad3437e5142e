//! `CloudSpec`: what must be true of one OpenStack cloud.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::certificate::Certificate;
use crate::rules::{self, DNS_NAME, MOST_CERTIFICATES, MOST_GROUPS, MOST_TENANTS, VISIBLE};
use crate::security_group::SecurityGroup;
use crate::status::CloudSpecStatus;
use crate::tenant::{Tenant, UnlistedTenants};

/// The desired state of one OpenStack cloud. What is listed is compared with the cloud; what is absent is not looked
/// at. Drift is reported in conditions; a correction is applied only after a person approved exactly that plan.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "cloudspec.dev",
    version = "v1alpha1",
    kind = "CloudSpec",
    plural = "cloudspecs",
    shortname = "cspec",
    category = "cloudspec-all",
    namespaced,
    status = "CloudSpecStatus",
    derive = "PartialEq",
    doc = "What must be true of one OpenStack cloud. Drift is reported in status; a correction is applied only after a person approved exactly that plan: kubectl cloudspec approve NAME, or kubectl annotate cloudspec NAME approved=true.",
    selectable = ".spec.cloud.observe.secretName",
    selectable = ".spec.cloud.observe.cloudName",
    selectable = ".status.state"
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules::spec()))]
pub struct CloudSpecSpec {
    /// The cloud and the credentials to reach it.
    pub cloud: Cloud,
    /// How often the cloud is observed, as a Go duration between 30s and 24h.
    #[serde(default = "five_minutes")]
    #[schemars(length(max = 32), extend("x-kubernetes-validations" = rules::interval()))]
    pub interval: String,
    /// Keeps observing and reporting, and applies nothing, not even what was approved.
    #[serde(default)]
    pub suspend: bool,
    /// What an approval must fulfil.
    #[serde(default)]
    pub approval: ApprovalPolicy,
    /// Brakes: a plan beyond them is Blocked and cannot be approved.
    #[serde(default)]
    pub limits: Limits,
    /// Projects (tenants) that must exist, and what must be true of them. Absent: not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = MOST_TENANTS),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["domain", "name"])
    )]
    pub tenants: Option<Vec<Tenant>>,
    /// What to say of projects that are there and not listed. They are never deleted from here.
    #[serde(default)]
    pub unlisted_tenants: UnlistedTenants,
    /// Security groups that must exist, and their rules. Absent: not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MOST_GROUPS))]
    pub security_groups: Option<Vec<SecurityGroup>>,
    /// Certificates that are looked at and reported; none is ever changed. Absent: not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = MOST_CERTIFICATES),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub certificates: Option<Vec<Certificate>>,
}

/// Which cloud, and with which credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cloud {
    /// The credential to observe with. It should not be able to change anything.
    pub observe: CredentialRef,
    /// The credential to apply an approved plan with. It is read only while an approved plan is applied. Absent: this
    /// CloudSpec only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apply: Option<CredentialRef>,
}

/// A cloud's entry in a Secret of the same namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CredentialRef {
    /// The Secret; its key `clouds.yaml` holds the credential, its key `cacert` (optional) the private CA in PEM.
    #[schemars(length(min = 1, max = 253), regex(pattern = DNS_NAME))]
    pub secret_name: String,
    /// The entry below `clouds:` in that file.
    #[schemars(length(min = 1, max = 255), regex(pattern = VISIBLE))]
    pub cloud_name: String,
    /// The entry that is used for Keystone, where it differs: a system-scoped one. Absent: the same entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255), regex(pattern = VISIBLE))]
    pub identity_cloud_name: Option<String>,
}

/// What an approval must fulfil.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-kubernetes-validations" = rules::approval()))]
pub struct ApprovalPolicy {
    /// How long an approval stays good, from the moment its plan was offered to the first call; a Go duration between
    /// 1m and 168h.
    #[schemars(length(max = 32), extend("x-kubernetes-validations" = rules::expires_after()))]
    pub expires_after: String,
    /// True: whoever last changed the spec may not approve.
    pub separate_author: bool,
    /// A plan younger than this cannot be approved, for nobody can have read it; a Go duration up to 24h.
    #[schemars(length(max = 32), extend("x-kubernetes-validations" = rules::min_plan_age()))]
    pub min_plan_age: String,
    /// When `approved=true` is not enough, and the plan's digest must be given: `approved=sha256:…`.
    pub require_digest: RequireDigest,
}

/// When an approval must name the plan's digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RequireDigest {
    /// `approved=true` always suffices.
    Never,
    /// A plan with a step of class Destructive must be approved by its digest.
    Destructive,
    /// Every plan must be approved by its digest.
    Always,
}

/// Brakes on the size of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// The most steps that a plan may have.
    #[schemars(range(min = 0, max = rules::MOST_LIMIT))]
    pub max_steps: i32,
    /// The most steps that remove something (rules, role assignments) that a plan may have.
    #[schemars(range(min = 0, max = rules::MOST_LIMIT))]
    pub max_deletes: i32,
}

fn five_minutes() -> String {
    "5m".to_owned()
}

impl Default for ApprovalPolicy {
    fn default() -> Self {
        Self {
            expires_after: "1h".to_owned(),
            separate_author: false,
            min_plan_age: "10s".to_owned(),
            require_digest: RequireDigest::Destructive,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_steps: 100, max_deletes: 20 }
    }
}
