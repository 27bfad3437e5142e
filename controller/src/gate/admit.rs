//! From a decision that stands in a ChangePlan to the plan that may be carried out.

use cloudspec_crds::change_plan::Decision;
use cloudspec_crds::{ChangePlanSpec, ChangePlanStatus};

use super::decide::Ruling;
use crate::model::Plan;
use crate::model::cloud::CloudIdentity;
use crate::plan::{RecordError, from_spec, lint};

/// A plan that a person approved, as the decision in its ChangePlan shows.
///
/// Invariant: only [`admit`] makes one, so whoever holds one holds what was approved.
///
/// ```compile_fail,E0451
/// use cloudspec::gate::ApprovedPlan;
/// fn forge(plan: cloudspec::model::Plan) -> ApprovedPlan {
///     ApprovedPlan { plan, approved_by: "nobody".to_owned() }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedPlan {
    plan: Plan,
    approved_by: String,
}

impl ApprovedPlan {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Who approved it.
    pub fn approved_by(&self) -> &str {
        &self.approved_by
    }
}

/// Why a ChangePlan may not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    /// Nobody decided.
    #[error("no decision stands in the plan")]
    NoDecision,
    /// It was decided otherwise.
    #[error("the decision is {0:?}, not Approved")]
    NotApproved(String),
    /// The decision lacks what every decision has.
    #[error("the decision is not one that this controller writes: {0}")]
    Malformed(&'static str),
    /// It is over, or was never offered.
    #[error("the plan is in phase {0:?}")]
    Phase(String),
    /// The plan cannot be read, or its digest is not that of its steps.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Another plan was approved.
    #[error("the decision is on {approved}, and the plan is {plan}")]
    OtherPlan {
        /// The digest in the decision.
        approved: String,
        /// The digest of the plan.
        plan: String,
    },
    /// It is for another object.
    #[error("the plan is for the object with UID {0}")]
    OtherOwner(String),
    /// It is for another cloud.
    #[error("the plan is for the cloud at {0}")]
    OtherCloud(String),
    /// It is no sound plan.
    #[error("the plan is not sound: {}", .0.join("; "))]
    Unsound(Vec<String>),
}

/// The approved plan of a ChangePlan, where a decision that approves exactly this plan stands in it.
///
/// # Errors
/// The first thing that is not so.
pub fn admit(
    spec: &ChangePlanSpec,
    status: &ChangePlanStatus,
    owner_uid: &str,
    cloud: &CloudIdentity,
) -> Result<ApprovedPlan, NotAdmitted> {
    let decision = status.decision.as_ref().ok_or(NotAdmitted::NoDecision)?;
    approves(decision)?;
    match status.phase.as_deref() {
        Some("Offered" | "Applying") => {}
        other => return Err(NotAdmitted::Phase(other.unwrap_or("none").to_owned())),
    }
    let plan = from_spec(spec)?;
    if decision.digest != plan.digest.0 {
        let (approved, plan) = (decision.digest.clone(), plan.digest.0);
        return Err(NotAdmitted::OtherPlan { approved, plan });
    }
    if plan.owner != owner_uid {
        return Err(NotAdmitted::OtherOwner(plan.owner));
    }
    if plan.cloud != *cloud {
        return Err(NotAdmitted::OtherCloud(plan.cloud.to_string()));
    }
    match lint(&plan) {
        wrong if wrong.is_empty() => Ok(ApprovedPlan { plan, approved_by: decision.by.clone() }),
        wrong => Err(NotAdmitted::Unsound(wrong)),
    }
}

fn approves(decision: &Decision) -> Result<(), NotAdmitted> {
    let Decision { verdict, by, groups: _, value, offer: _, digest, at: _, gate } = decision;
    if verdict != Ruling::Approve.verdict() {
        return Err(NotAdmitted::NotApproved(verdict.clone()));
    }
    if by.is_empty() {
        return Err(NotAdmitted::Malformed("it does not say who decided"));
    }
    if value != "true" && value != digest {
        return Err(NotAdmitted::Malformed("the value that was given approves nothing"));
    }
    match gate.as_str() {
        "Enforced" | "Advisory" => Ok(()),
        _ => Err(NotAdmitted::Malformed("it does not say whether the gate was enforced")),
    }
}
