//! The status of a TenantOffboard.
//!
//! # Guarantees
//! `Completed` is said only of two full looks that found nothing left, with everything told.

mod conditions;
mod evidence;
mod holdings;

use cloudspec_crds::TenantOffboardStatus;
use cloudspec_crds::cloud_spec::RequireDigest;
use cloudspec_crds::offboard_status::{Progress, Verified};
use cloudspec_crds::status::{ExecutionSummary, Offer};
use jiff::Timestamp;

pub use evidence::look;

use super::bound;
use super::metrics::Of;
use crate::gate::Verdict;
use crate::gate::approval::Guard;
use crate::model::desired::Invalid;
use crate::model::{Inventory, Unknown};
use crate::plan::offboard::{NotTold, Remaining};

/// The most resources that `remaining` lists.
const MOST_REMAINING: usize = 100;
/// The most resources that `appeared` lists.
const MOST_APPEARED: usize = 50;

/// What a reason is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarKind {
    /// The tenant does not leave like this.
    Refuses,
    /// It could not be told.
    Untold,
}

/// Why a tenant does not leave, or not now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What it is.
    pub kind: BarKind,
    /// Stable CamelCase name.
    pub reason: &'static str,
    /// In words, with the remedy.
    pub message: String,
}

/// How far the leaving is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Something is left, or nobody can say; nothing of this stage was tried yet.
    Untried,
    /// Something is left, or nobody can say, after an approved plan was tried.
    Tried,
    /// One full look found nothing left.
    Verifying,
    /// Two did, of all that is to go.
    Completed,
    /// It was called off, and there are quotas to be put back.
    Aborting,
    /// It was called off, and the quotas are as they were.
    Aborted,
}

/// What a look saw.
#[derive(Clone, Debug)]
pub struct Leave<'a> {
    /// What the project holds.
    pub inventory: &'a Inventory,
    /// What is left of what is to go.
    pub left: &'a Result<Vec<Remaining>, NotTold>,
    /// Why there is no plan.
    pub bars: &'a [Bar],
    /// What is there and in no plan that was offered or approved.
    pub appeared: &'a [String],
    /// The looks that found nothing left.
    pub verified: &'a [Verified],
    /// How far it is.
    pub phase: Phase,
}

/// What there is to tell from.
#[derive(Clone, Debug)]
pub enum Sight<'a> {
    /// The spec is wrong, and nothing was looked at.
    Invalid(&'a [Invalid]),
    /// There is no way to look.
    Blind(&'a Unknown),
    /// It was looked at.
    Looked(Leave<'a>),
}

/// All that a status is made of.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The object.
    pub of: Of<'a>,
    /// The status that stands.
    pub previous: &'a TenantOffboardStatus,
    /// Generation of the spec that this speaks of.
    pub generation: i64,
    /// The time.
    pub now: Timestamp,
    /// What was seen.
    pub sight: Sight<'a>,
    /// The plan on offer.
    pub offer: Option<&'a Offer>,
    /// What becomes of the approval that stands.
    pub verdict: &'a Verdict,
    /// Whether approvals are guarded.
    pub guard: &'a Guard,
    /// What came of the last approval.
    pub last: Option<ExecutionSummary>,
    /// Why it stopped, where it did.
    pub last_message: Option<&'a str>,
    /// `spec.suspend`.
    pub suspended: bool,
    /// `spec.approval.requireDigest`; none where there is no credential to apply with, and so nothing to approve.
    pub approvable: Option<RequireDigest>,
}

impl Report<'_> {
    /// Whether an approved plan is not at its end.
    fn is_removing(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.result == "Applying")
    }
}

/// The status.
pub fn status(report: &Report<'_>) -> TenantOffboardStatus {
    let Report { previous, generation, now: _, sight, offer, verdict: _, guard: _, last, .. } = report;
    let state = state(report);
    let mut status = TenantOffboardStatus {
        observed_generation: Some(*generation),
        state: Some(state.to_owned()),
        conditions: conditions::all(report, state),
        plan: offer.cloned(),
        last_offer: previous.last_offer.max(offer.map_or(0, |offer| offer.offer)),
        last_execution: last.as_ref().map(executed),
        progress: progress(report),
        // What was seen last stays told while there is no way to look.
        inventory: previous.inventory.clone(),
        remaining: previous.remaining.clone(),
        remaining_omitted: previous.remaining_omitted,
        appeared: previous.appeared.clone(),
        uncovered: previous.uncovered.clone(),
        verified: previous.verified.clone(),
    };
    if let Sight::Looked(leave) = sight {
        looked(&mut status, leave);
    }
    status
}

fn looked(status: &mut TenantOffboardStatus, leave: &Leave<'_>) {
    let Leave { inventory, left, bars: _, appeared, verified, phase: _ } = leave;
    let left = left.as_deref().unwrap_or_default();
    status.inventory = Some(holdings::of(inventory));
    status.remaining = left.iter().take(MOST_REMAINING).map(holdings::remaining).collect();
    status.remaining_omitted = holdings::count(left.len().saturating_sub(MOST_REMAINING));
    status.appeared = appeared.iter().take(MOST_APPEARED).map(|text| bound::text(text)).collect();
    status.uncovered = inventory.uncovered.iter().flatten().map(|name| bound::text(name)).collect();
    status.verified = verified.to_vec();
}

fn executed(last: &ExecutionSummary) -> ExecutionSummary {
    ExecutionSummary { approved_by: bound::text(&last.approved_by), ..last.clone() }
}

/// How far a plan is stays told while it is not at its end.
fn progress(report: &Report<'_>) -> Option<Progress> {
    let running = report.last.as_ref().filter(|last| last.result == "Applying")?;
    report.previous.progress.clone().filter(|told| told.plan == running.name)
}

/// The state in a word.
fn state(report: &Report<'_>) -> &'static str {
    let leave = match &report.sight {
        Sight::Invalid(_) => return "Invalid",
        Sight::Blind(_) => return if report.suspended { "Suspended" } else { "Unknown" },
        Sight::Looked(leave) => leave,
    };
    let rejected = matches!(report.verdict, Verdict::Rejected(_))
        || report.offer.is_none() && conditions::was_rejected(report.previous);
    match leave.phase {
        Phase::Completed => return "Completed",
        Phase::Aborted => return "Aborted",
        Phase::Untried | Phase::Tried | Phase::Verifying | Phase::Aborting => {}
    }
    match () {
        () if report.suspended => "Suspended",
        () if report.is_removing() => "Removing",
        () if leave.phase == Phase::Verifying => "Verifying",
        () if leave.bars.iter().any(|bar| bar.kind == BarKind::Refuses) => "Refused",
        () if !leave.bars.is_empty() => "Unknown",
        () if leave.phase == Phase::Tried => "Incomplete",
        () if report.offer.is_some() => "AwaitingApproval",
        () if rejected => "Rejected",
        () if leave.left.is_err() => "Unknown",
        () => "Incomplete",
    }
}
