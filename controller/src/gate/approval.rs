//! What the gate is shown: the approval as it stands on the object, the offer it may be for, and the facts of the moment.

use cloudspec_crds::cloud_spec::{ApprovalPolicy, RequireDigest};
use cloudspec_crds::status::Classes;
use jiff::{SignedDuration, Timestamp};

use crate::model::PlanDigest;
use crate::model::cloud::CloudIdentity;

/// What stands on the owner, read in one piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The annotation `approved`.
    pub approved: Option<String>,
    /// The stamp of who set it.
    pub by: Option<String>,
    /// The stamp of their groups.
    pub groups: Vec<String>,
    /// The stamp of the digest that was on offer.
    pub plan: Option<String>,
    /// The stamp of the offer's number.
    pub offer: Option<String>,
    /// The stamp of who last changed the spec.
    pub spec_author: Option<String>,
    /// Whether `approved` stands in `kubectl.kubernetes.io/last-applied-configuration`.
    pub in_last_applied: bool,
    /// Whether one server-side apply owns `approved` together with fields of spec.
    pub applied_with_spec: bool,
    /// Whether the object is being deleted.
    pub being_deleted: bool,
    /// The object's generation.
    pub generation: i64,
}

/// What the owner's status offered when the request was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Name of the ChangePlan.
    pub name: String,
    /// Digest of its plan.
    pub digest: PlanDigest,
    /// Number of the offer.
    pub offer: i64,
    /// When it was made.
    pub offered_at: Timestamp,
    /// The generation of spec that the plan follows from.
    pub generation: i64,
    /// Its steps by class.
    pub classes: Classes,
    /// UID of the object whose findings it corrects.
    pub owner: String,
    /// The cloud that it is for.
    pub cloud: CloudIdentity,
}

/// What an approval must fulfil, read from the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How long an offer may be approved.
    pub expires_after: SignedDuration,
    /// How old an offer must be.
    pub min_plan_age: SignedDuration,
    /// Whether the author of the spec may not approve.
    pub separate_author: bool,
    /// When the digest must be given.
    pub require_digest: RequireDigest,
}

/// Whether `approved=true` is not enough for a plan of these steps.
pub fn digest_required(policy: RequireDigest, classes: Classes) -> bool {
    match policy {
        RequireDigest::Never => false,
        RequireDigest::Destructive => classes.destructive > 0,
        RequireDigest::Always => true,
    }
}

/// An answer that may be missing: what was not told is never a yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// It could not be told, and why.
    NotTold(String),
}

/// Whether the API server guards approvals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The self-test was refused by the policies.
    Enforced,
    /// The operator chose to do without (`--approval-enforcement=advisory`).
    Advisory,
    /// It does not, or it could not be told, and why.
    NotEnforced(String),
}

/// The facts of the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The time.
    pub now: Timestamp,
    /// May the stamped approver approve this object now?
    pub may_approve: Answer,
    /// Is the gate guarded?
    pub guard: Guard,
    /// `spec.suspend`.
    pub suspended: bool,
    /// Whether the spec names a credential to apply with.
    pub can_apply: bool,
    /// Limits that the plan is beyond, in words.
    pub exceeded: Vec<String>,
    /// UID of the owner.
    pub owner: String,
    /// The cloud that was observed now.
    pub cloud: CloudIdentity,
    /// The digest of the plan that follows from what was observed now.
    pub current: Option<PlanDigest>,
    /// Whether the plan's ChangePlan holds a decision already.
    pub decided: bool,
}

impl Rules {
    /// Reads the policy of a spec.
    ///
    /// # Errors
    /// The field whose duration cannot be read; admission refuses it too.
    pub fn of(policy: &ApprovalPolicy) -> Result<Self, crate::model::desired::Invalid> {
        let ApprovalPolicy { expires_after, separate_author, min_plan_age, require_digest } = policy;
        Ok(Self {
            expires_after: crate::model::duration::parse(expires_after, "spec.approval.expiresAfter")?,
            min_plan_age: crate::model::duration::parse(min_plan_age, "spec.approval.minPlanAge")?,
            separate_author: *separate_author,
            require_digest: *require_digest,
        })
    }
}
