//! The reasons of conditions and Events that are no gate reason, each a stable name with what it means and what to do.

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)+) => {
        $($(#[doc = $doc])+ pub const $name: &str = $text;)+

        /// All of them with their meaning.
        pub const ALL: &[(&str, &str)] = &[$(($text, concat!($($doc),+).trim_ascii_start())),+];
    };
}

reasons! {
    /// Everything that is declared was seen, and is so.
    IN_SYNC = "InSync";
    /// Something is not as declared: read `status.findings` and the plan on offer.
    DRIFTED = "Drifted";
    /// All that is declared could be seen.
    OBSERVED = "Observed";
    /// Some of what is declared could not be told, though every listing came: the message says what, and the remedy.
    PARTLY_OBSERVED = "PartlyObserved";
    /// A field of spec is wrong: the message names it.
    INVALID_SPEC = "InvalidSpec";
    /// The controller does its work, whether or not there is drift.
    WORKING = "Working";
    /// A plan waits for an approval.
    AWAITING_APPROVAL = "AwaitingApproval";
    /// There is no plan that could be approved.
    NOTHING_TO_APPROVE = "NothingToApprove";
    /// The plan has more steps than `spec.limits` allows: raise the limits, or correct a part by hand.
    BEYOND_LIMITS = "BeyondLimits";
    /// The plan was approved.
    APPROVED = "Approved";
    /// The plan was rejected; it is not offered again until it changes.
    REJECTED = "Rejected";
    /// The approved plan is being carried out.
    APPLYING = "Applying";
    /// Every step of the approved plan is done.
    SUCCEEDED = "Succeeded";
    /// The approved plan ended before its last step: its ChangePlan says where and why.
    STOPPED = "Stopped";
    /// The API server guards approvals.
    ENFORCED = "Enforced";
    /// The controller was started with `--approval-enforcement=advisory`: whoever may edit the object may approve.
    ADVISORY = "Advisory";
    /// The API server does not guard approvals, or that could not be told: nothing is applied. The message says what is missing.
    NOT_ENFORCED = "NotEnforced";
    /// Another CloudSpec of the same cloud lists the same thing: neither corrects it until one of them lets go.
    CONTESTED = "Contested";
    /// The tenant may leave: it is the one that was typed, and nothing bars it.
    ADMITTED = "Admitted";
    /// The tenant does not leave: the condition Admitted says why.
    REFUSED = "Refused";
    /// Two TenantOffboards are about one project: neither plans anything until one is deleted.
    ASKED_TWICE = "AskedTwice";
    /// A plan of this TenantOffboard was approved for another cloud than the one that `spec.cloudRef` leads to now: what was done there tells nothing of this one.
    APPROVED_ELSEWHERE = "ApprovedElsewhere";
    /// A full look found nothing left of what is to go.
    NOTHING_LEFT = "NothingLeft";
    /// Something of the tenant is left: `status.remaining` names it.
    SOMETHING_LEFT = "SomethingLeft";
    /// Something could not be told, and so nobody can say whether anything is left: the message says what, and the remedy.
    NOT_TOLD = "NotTold";
    /// An approved plan of the tenant's leaving is being carried out.
    REMOVING = "Removing";
    /// Something is left after what was approved was tried: `status.remaining` names it. A follow-up plan needs its own approval.
    INCOMPLETE = "Incomplete";
    /// A full look found nothing left; a second one follows after `spec.verifyAfter`.
    VERIFYING = "Verifying";
    /// Two full looks, at least `spec.verifyAfter` apart, found nothing left.
    COMPLETED = "Completed";
    /// `spec.abort` is true, and the quotas are as they were before.
    ABORTED = "Aborted";
    /// A new plan took the place of the one on offer.
    PLAN_SUPERSEDED = "PlanSuperseded";
    /// A plan is on offer.
    PLAN_OFFERED = "PlanOffered";
    /// An approval was not accepted: the condition Approved says why.
    APPROVAL_REFUSED = "ApprovalRefused";
    /// An approval waits for something: the condition Approved says for what.
    APPROVAL_HELD = "ApprovalHeld";
    /// Something is not as declared, or another amount of it than before. Nothing is changed without an approval.
    DRIFT_DETECTED = "DriftDetected";
    /// Some of what is declared cannot be seen: until it can, nothing that needs it is called missing, in sync or done.
    OBSERVATION_INCOMPLETE = "ObservationIncomplete";
    /// All that is declared can be seen again.
    OBSERVATION_RECOVERED = "ObservationRecovered";
    /// The plan is beyond `spec.limits` and cannot be approved: raise the limits, or correct a part by hand.
    BLOCKED = "Blocked";
    /// Every step of an approved plan is done. Whether all is as declared, the next look tells.
    APPLIED = "Applied";
    /// An approved plan ended before its last step: the message says at which, and why.
    APPLY_STOPPED = "ApplyStopped";
    /// The API server guards approvals again; plans are offered anew.
    GATE_ENFORCED = "GateEnforced";
    /// The API server does not guard approvals: install the admission policies. Until then nothing is applied, unless the
    /// controller was started with `--approval-enforcement=advisory`.
    GATE_NOT_ENFORCED = "GateNotEnforced";
}
