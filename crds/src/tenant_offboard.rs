//! `TenantOffboard`: the removal of one tenant from one cloud.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cloud_spec::{ApprovalPolicy, RequireDigest};
use crate::offboard_status::TenantOffboardStatus;
use crate::rules::{self, DNS_NAME, MOST_KEPT, MOST_UNCOVERED, VISIBLE};

/// The removal of one tenant: everything that its project holds in the services of the cloud, and then the project itself where that
/// is asked for. Nothing is removed before a person approved exactly the plan that names it.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "cloudspec.dev",
    version = "v1alpha1",
    kind = "TenantOffboard",
    plural = "tenantoffboards",
    shortname = "toff",
    category = "cloudspec-all",
    namespaced,
    status = "TenantOffboardStatus",
    derive = "PartialEq",
    doc = "The removal of one tenant from an OpenStack cloud. What it holds, and what others lose, is told first; it is removed only after a person approved exactly that plan: kubectl annotate tenantoffboard NAME approved=true.",
    selectable = ".spec.cloudRef.name",
    selectable = ".spec.tenant.id",
    selectable = ".status.state"
)]
#[serde(rename_all = "camelCase")]
pub struct TenantOffboardSpec {
    /// The CloudSpec whose cloud and credentials are used. It cannot be changed.
    #[schemars(extend("x-kubernetes-validations" = rules::immutable("cloudRef")))]
    pub cloud_ref: CloudRef,
    /// The tenant that leaves: id, name and domain, each typed by a person, and each must be what Keystone says. It cannot be changed.
    #[schemars(extend("x-kubernetes-validations" = rules::immutable("tenant")))]
    pub tenant: LeavingTenant,
    /// Whether the project itself goes too. It goes by a plan of its own, which needs an approval of its own, after everything
    /// else was seen to be gone.
    #[serde(default)]
    pub delete_project: bool,
    /// What may hold something of the tenant and nothing here sweeps, and a person has seen to it: service types of the catalogue,
    /// and `network:ALIAS` for extensions of Neutron, as `status.uncovered` names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = MOST_UNCOVERED),
        inner(length(min = 1, max = 255), regex(pattern = VISIBLE)),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub accept_uncovered: Vec<String>,
    /// What stays, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MOST_KEPT), extend("x-kubernetes-list-type" = "atomic"))]
    pub keep: Vec<Kept>,
    /// Removes nothing more, and plans to put back the quotas that were set to 0; that plan needs an approval too. What was removed
    /// stays removed.
    #[serde(default)]
    pub abort: bool,
    /// Keeps looking and reporting, and removes nothing, not even what was approved.
    #[serde(default)]
    pub suspend: bool,
    /// What an approval must fulfil.
    #[serde(default)]
    pub approval: LeavingApproval,
    /// How long after a look that found nothing left the second one is taken; a Go duration from 1s to 24h.
    #[serde(default = "a_minute")]
    #[schemars(length(max = 32), extend("x-kubernetes-validations" = rules::verify_after()))]
    pub verify_after: String,
}

/// What an approval must fulfil. The plans of a TenantOffboard all destroy, and its spec names the tenant three times over: so
/// `approved=true` suffices where nothing else is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-kubernetes-validations" = rules::approval()))]
pub struct LeavingApproval {
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

impl Default for LeavingApproval {
    fn default() -> Self {
        let ApprovalPolicy { expires_after, separate_author, min_plan_age, require_digest: _ } =
            ApprovalPolicy::default();
        Self { expires_after, separate_author, min_plan_age, require_digest: RequireDigest::Never }
    }
}

impl From<LeavingApproval> for ApprovalPolicy {
    fn from(policy: LeavingApproval) -> Self {
        let LeavingApproval { expires_after, separate_author, min_plan_age, require_digest } = policy;
        Self { expires_after, separate_author, min_plan_age, require_digest }
    }
}

/// A CloudSpec of the same namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloudRef {
    /// Its name.
    #[schemars(length(min = 1, max = 253), regex(pattern = DNS_NAME))]
    pub name: String,
}

/// The tenant that leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeavingTenant {
    /// The project's id, 32 hex digits.
    #[schemars(length(max = 64), extend("x-kubernetes-validations" = rules::keystone_id()))]
    pub id: String,
    /// The project's name.
    #[schemars(length(min = 1, max = 64), regex(pattern = VISIBLE))]
    pub name: String,
    /// Name of the domain that owns the project.
    #[schemars(length(min = 1, max = 64), regex(pattern = VISIBLE))]
    pub domain: String,
}

/// Something that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules::kept()))]
pub struct Kept {
    /// Every resource of a type, such as `image` or `volume`. Exactly one of `type` and `id` is given.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = VISIBLE))]
    pub kind: Option<String>,
    /// The one resource with this id. Exactly one of `type` and `id` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255), regex(pattern = VISIBLE))]
    pub id: Option<String>,
    /// Why it stays. It is kept in the plan and its record.
    #[schemars(length(min = 1, max = 1024), regex(pattern = VISIBLE))]
    pub reason: String,
}

fn a_minute() -> String {
    "60s".to_owned()
}
