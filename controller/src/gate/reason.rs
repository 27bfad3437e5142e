//! Why an approval is not accepted.

use jiff::{SignedDuration, Timestamp};

use crate::model::PlanDigest;

/// One reason; [`Reason::name`] is that of the condition, the Event and the metric.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Nothing is on offer.
    #[error("there is no plan on offer")]
    NoPlanOnOffer,
    /// The object is going away.
    #[error("the object is being deleted")]
    BeingDeleted,
    /// A file that is applied again and again approves nothing.
    #[error(
        "`approved` stands in a manifest (last-applied-configuration): take it out of the file; an approval is an act on one plan"
    )]
    InManifest,
    /// One server-side apply owns the approval and fields of spec.
    #[error("`approved` was applied together with spec: set it by itself, with kubectl annotate")]
    AppliedWithSpec,
    /// Neither `true`, `false` nor the digest on offer.
    #[error("`approved={0}` is neither true, nor false, nor the digest of the plan on offer")]
    ValueInvalid(String),
    /// The API server did not stamp it.
    #[error(
        "stamps are missing or not understood: {}; use kubectl cloudspec approve, and see that the admission policies are installed",
        .0.join(", ")
    )]
    NotStamped(Vec<&'static str>),
    /// Another plan was shown when it was given.
    #[error("it was given on plan {stamped}, and {offered} is on offer now")]
    OtherPlan {
        /// The digest in the stamp.
        stamped: String,
        /// The digest on offer.
        offered: PlanDigest,
    },
    /// It was given on an older offer, or the offer is too old.
    #[error("{0}")]
    ApprovalExpired(String),
    /// The stamp speaks of an offer that was never made.
    #[error("it was given on offer {stamped}, and the newest is {newest}")]
    OfferNeverMade {
        /// The number in the stamp.
        stamped: i64,
        /// The offer that stands.
        newest: i64,
    },
    /// The spec is another than the plan follows from.
    #[error("the plan follows from generation {planned} of the spec, which is at {current}")]
    SpecChanged {
        /// Generation of the plan.
        planned: i64,
        /// Generation now.
        current: i64,
    },
    /// The plan is for another object.
    #[error("the plan is for the object with UID {0}")]
    OtherOwner(String),
    /// The plan is for another cloud.
    #[error("the plan is for the cloud at {0}")]
    OtherCloud(String),
    /// It was used before.
    #[error("a decision on this plan stands already")]
    AlreadyDecided,
    /// The approver wrote the spec.
    #[error("{0} last changed the spec, and spec.approval.separateAuthor asks for another approver")]
    ApproverIsAuthor(String),
    /// Who wrote the spec is not known.
    #[error(
        "who last changed the spec is not stamped, and spec.approval.separateAuthor asks for another approver"
    )]
    AuthorNotTold,
    /// `true` is not enough.
    #[error("this plan must be approved by its digest: approved={0}")]
    DigestRequired(PlanDigest),
    /// The approver has no right.
    #[error("{0} may not approve this object")]
    ApproverMayNot(String),
    /// The right could not be told.
    #[error("whether {by} may approve could not be told: {why}")]
    ApproverNotTold {
        /// The approver.
        by: String,
        /// Why.
        why: String,
    },
    /// The plan is too large.
    #[error("the plan is beyond its limits: {}", .0.join("; "))]
    BeyondLimits(Vec<String>),
    /// The spec names no credential to apply with.
    #[error("spec.cloud.apply is absent: this object only reports")]
    NoApplyCredential,
    /// The world is another than the plan was made from.
    #[error("the cloud has changed: the plan would be {0} now")]
    WorldChanged(PlanDigest),
    /// The world could not be told.
    #[error("whether the cloud has changed could not be told")]
    WorldNotTold,
    /// Nobody can have read it.
    #[error("the plan was offered at {offered_at}, and must be {least:#} old")]
    PlanTooYoung {
        /// When it was offered.
        offered_at: Timestamp,
        /// How old it must be.
        least: SignedDuration,
    },
    /// `spec.suspend`.
    #[error("spec.suspend is true")]
    Suspended,
    /// The API server does not guard approvals.
    #[error("the admission policies do not guard approvals: {0}")]
    GateNotEnforced(String),
}

impl Reason {
    /// Stable CamelCase name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NoPlanOnOffer => "NoPlanOnOffer",
            Self::BeingDeleted => "BeingDeleted",
            Self::InManifest => "InManifest",
            Self::AppliedWithSpec => "AppliedWithSpec",
            Self::ValueInvalid(_) => "ValueInvalid",
            Self::NotStamped(_) => "NotStamped",
            Self::OtherPlan { .. } => "OtherPlan",
            Self::ApprovalExpired(_) => "ApprovalExpired",
            Self::OfferNeverMade { .. } => "OfferNeverMade",
            Self::SpecChanged { .. } => "SpecChanged",
            Self::OtherOwner(_) => "OtherOwner",
            Self::OtherCloud(_) => "OtherCloud",
            Self::AlreadyDecided => "AlreadyDecided",
            Self::ApproverIsAuthor(_) => "ApproverIsAuthor",
            Self::AuthorNotTold => "AuthorNotTold",
            Self::DigestRequired(_) => "DigestRequired",
            Self::ApproverMayNot(_) => "ApproverMayNot",
            Self::ApproverNotTold { .. } => "ApproverNotTold",
            Self::BeyondLimits(_) => "BeyondLimits",
            Self::NoApplyCredential => "NoApplyCredential",
            Self::WorldChanged(_) => "WorldChanged",
            Self::WorldNotTold => "WorldNotTold",
            Self::PlanTooYoung { .. } => "PlanTooYoung",
            Self::Suspended => "Suspended",
            Self::GateNotEnforced(_) => "GateNotEnforced",
        }
    }
}
