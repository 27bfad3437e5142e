//! What is certified of a tenant that left: what was asked, what was approved, what was done, and what was seen after it.

use std::collections::{BTreeMap, BTreeSet};

use cloudspec_crds::change_plan::{self as kept, CloudIdentity};
use cloudspec_crds::offboard_status::{RemainingStatus, SeenTenant, Verified};
use cloudspec_crds::tenant_offboard::LeavingTenant;
use cloudspec_crds::{ChangePlan, TenantOffboard, annotation};
use serde::Serialize;

use super::call::{Call, Done};
use super::leaving::{Tenant, Uncovered};
use super::record::Decision;
use super::second;
use super::verdict::{self, Case};

/// Version of the certificate as JSON: within it fields are added, and never renamed.
const API_VERSION: &str = "certificate.cloudspec.dev/v1alpha1";
const KIND: &str = "OffboardCertificate";
/// How a plan says that something stays because it was asked to.
const KEPT: &str = "kept: ";

/// The certificate. It says `Completed` only where two full looks that found nothing are on record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// The version of this document.
    pub api_version: &'static str,
    /// `OffboardCertificate`.
    pub kind: &'static str,
    /// Whether all that was asked for is done, and was seen to be.
    pub complete: bool,
    /// In a sentence: `Completed: …` or `NOT COMPLETED: …`.
    pub statement: String,
    /// Who left; none where no record names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Tenant>,
    /// The cloud, as the plans name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud: Option<CloudIdentity>,
    /// The object that asked for it.
    pub asked: Asked,
    /// The plans that were approved, in the order in which they were made.
    pub plans: Vec<Approved>,
    /// What was deleted.
    pub removed: Vec<Call>,
    /// What was gone already when its turn came.
    pub already_gone: Vec<Call>,
    /// Other calls: limits, and the disabling of the project.
    pub changed: Vec<Call>,
    /// Steps that were refused, failed or not begun, and that no later plan made up for. Of a complete certificate, what they were about was
    /// found gone all the same.
    pub not_done: Vec<Call>,
    /// What was kept because that was asked for.
    pub kept: Vec<Kept>,
    /// Number of kept resources that no record names.
    pub kept_omitted: i64,
    /// What else the plans left alone.
    pub left_alone: Vec<Kept>,
    /// What others lost by what was done.
    pub lost: Vec<LostByStep>,
    /// Services and extensions that nothing here sweeps.
    pub uncovered: Vec<Uncovered>,
    /// The looks on record, in the order of their times: those that found nothing have no `remaining`.
    pub looks: Vec<Verified>,
    /// What is left.
    pub remaining: Vec<RemainingStatus>,
    /// Number of resources that the list above leaves out.
    pub remaining_omitted: i64,
}

/// The TenantOffboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// True: it is deleted, and its records are what is left of it.
    pub deleted: bool,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// The user who changed its spec last, where the admission policies stamped that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_changed_by: Option<String>,
    /// Whether the project itself was asked to go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_project: Option<bool>,
}

/// A plan that was approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Approved {
    /// Name of the ChangePlan.
    pub name: String,
    /// `Resources`, `Project`, or `Limits` where it only put limits back.
    pub stage: &'static str,
    /// Its digest.
    pub digest: String,
    /// Number of its steps.
    pub steps: usize,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Who approved it, and when.
    pub decision: Decision,
    /// `Applying`, `Succeeded` or `Stopped`.
    pub phase: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Why it stopped, where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Something that stayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    /// Its type, its id and its name.
    pub resource: String,
    /// Why.
    pub reason: String,
}

/// What others lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LostByStep {
    /// Name of the ChangePlan.
    pub plan: String,
    /// The step.
    pub step: i64,
    /// What the step did.
    pub by: String,
    /// What is lost, and whose it was.
    pub what: String,
}

impl Certificate {
    /// Of the object as far as it is there, and its plans; none where neither says anything.
    pub fn of(object: Option<&TenantOffboard>, plans: &[ChangePlan]) -> Option<Self> {
        let mut plans: Vec<&ChangePlan> = plans.iter().filter(|plan| was_approved(plan)).collect();
        plans.sort_by_cached_key(|plan| {
            (plan.metadata.creation_timestamp.as_ref().map(|at| at.0), plan.metadata.name.clone())
        });
        let asked = Asked::of(object, plans.last().copied())?;
        let looks = looks(object, &plans);
        let tenant = tenant(object, &looks);
        let calls: Vec<(Done, Call)> = plans.iter().flat_map(|plan| Call::all(plan)).collect();
        let told = verdict::of(&Case { object, plans: &plans, looks: &looks, tenant: tenant.as_ref() });
        let with = |wanted: Done| {
            calls.iter().filter(move |(done, _)| *done == wanted).map(|(_, call)| call.clone())
        };
        let made: BTreeSet<&str> =
            calls.iter().filter(|(done, _)| *done != Done::No).map(|(_, call)| call.about.as_str()).collect();
        let (kept, left_alone) = stayed(&plans, &looks, &made);
        let (remaining, remaining_omitted) =
            if told.complete { (Vec::new(), 0) } else { remaining(object, &looks) };
        let known = looks
            .last()
            .map_or(0, |look| look.kept_omitted + i64::try_from(look.kept.len()).unwrap_or(i64::MAX));
        Some(Self {
            api_version: API_VERSION,
            kind: KIND,
            complete: told.complete,
            statement: told.statement,
            tenant,
            cloud: plans.last().map(|plan| plan.spec.cloud.clone()),
            asked,
            removed: with(Done::Removed).collect(),
            already_gone: with(Done::AlreadyGone).collect(),
            changed: with(Done::Changed).collect(),
            not_done: with(Done::No).filter(|call| !made.contains(call.about.as_str())).collect(),
            kept_omitted: known.saturating_sub(i64::try_from(kept.len()).unwrap_or(i64::MAX)).max(0),
            kept,
            left_alone,
            lost: plans.iter().flat_map(|plan| lost(plan)).collect(),
            uncovered: uncovered(object, &looks),
            plans: plans.iter().filter_map(|plan| Approved::of(plan)).collect(),
            looks,
            remaining,
            remaining_omitted,
        })
    }
}

fn was_approved(plan: &ChangePlan) -> bool {
    let decision = plan.status.as_ref().and_then(|status| status.decision.as_ref());
    decision.is_some_and(|decision| decision.verdict == "Approved")
}

impl Asked {
    fn of(object: Option<&TenantOffboard>, last: Option<&ChangePlan>) -> Option<Self> {
        if let Some(object) = object {
            let metadata = object.metadata.clone();
            let author = metadata.annotations.and_then(|mut all| all.remove(annotation::SPEC_AUTHOR));
            return Some(Self {
                namespace: metadata.namespace.unwrap_or_default(),
                name: metadata.name.unwrap_or_default(),
                uid: metadata.uid.unwrap_or_default(),
                deleted: false,
                created_at: metadata.creation_timestamp.as_ref().map(second),
                last_changed_by: author,
                delete_project: Some(object.spec.delete_project),
            });
        }
        let last = last?;
        Some(Self {
            namespace: last.metadata.namespace.clone().unwrap_or_default(),
            name: last.spec.owner.name.clone(),
            uid: last.spec.owner.uid.clone(),
            deleted: true,
            created_at: None,
            last_changed_by: None,
            delete_project: None,
        })
    }
}

impl Approved {
    fn of(plan: &ChangePlan) -> Option<Self> {
        let status = plan.status.clone()?;
        Some(Self {
            name: plan.metadata.name.clone().unwrap_or_default(),
            stage: verdict::stage_of(plan).name(),
            digest: plan.spec.digest.clone(),
            steps: plan.spec.steps.len(),
            created_at: plan.metadata.creation_timestamp.as_ref().map(second),
            decision: Decision::kept(status.decision?),
            phase: status.phase.unwrap_or_default(),
            finished_at: status.finished_at.as_ref().map(second),
            message: status.message,
        })
    }
}

/// Of all records each look once.
fn looks(object: Option<&TenantOffboard>, plans: &[&ChangePlan]) -> Vec<Verified> {
    let of_plans =
        plans.iter().filter_map(|plan| plan.status.as_ref()).flat_map(|status| &status.verification);
    let of_object =
        object.and_then(|object| object.status.as_ref()).into_iter().flat_map(|status| &status.verified);
    let each: BTreeMap<_, &Verified> =
        of_object.chain(of_plans).map(|look| ((look.at.0, look.stage.clone()), look)).collect();
    each.into_values().cloned().collect()
}

fn tenant(object: Option<&TenantOffboard>, looks: &[Verified]) -> Option<Tenant> {
    if let Some(object) = object {
        let LeavingTenant { id, name, domain } = object.spec.tenant.clone();
        return Some(Tenant { id, name, domain });
    }
    let SeenTenant { id, name, domain } = looks.iter().rev().find_map(|look| look.tenant.clone())?;
    Some(Tenant { id, name, domain })
}

/// What was kept because that was asked for, and what else got no step and was not done by another plan.
fn stayed(plans: &[&ChangePlan], looks: &[Verified], made: &BTreeSet<&str>) -> (Vec<Kept>, Vec<Kept>) {
    let seen = looks.last().into_iter().flat_map(|look| &look.kept).map(|one| {
        let name = one.name.as_ref().map(|name| format!(" {name:?}")).unwrap_or_default();
        (one.resource.clone(), (format!("{}{name}", one.resource), one.reason.clone(), true))
    });
    let mut all: BTreeMap<String, (String, String, bool)> = seen.collect();
    for left in plans
        .iter()
        .flat_map(|plan| &plan.spec.left_alone)
        .filter(|left| !made.contains(left.finding.as_str()))
    {
        let kept::LeftAlone { finding, resource, reason } = left.clone();
        let (reason, asked) = match reason.strip_prefix(KEPT) {
            Some(reason) => (reason.to_owned(), true),
            None => (reason, false),
        };
        all.insert(finding, (resource, reason, asked));
    }
    let (kept, left): (Vec<_>, Vec<_>) = all.into_values().partition(|(_, _, asked)| *asked);
    let made = |all: Vec<(String, String, bool)>| {
        all.into_iter().map(|(resource, reason, _)| Kept { resource, reason }).collect()
    };
    (made(kept), made(left))
}

/// What others lost by the steps that were taken, or may have been.
fn lost(plan: &ChangePlan) -> Vec<LostByStep> {
    let journal = plan.status.iter().flat_map(|status| &status.journal);
    let taken: BTreeSet<i64> = journal
        .filter(|entry| matches!(entry.state.as_str(), "Done" | "Intended" | "Failed"))
        .map(|entry| entry.number)
        .collect();
    let steps = plan.spec.steps.iter().filter(|step| taken.contains(&step.number));
    let of = |step: &kept::PlanStep| {
        let (plan, number, by) =
            (plan.metadata.name.clone().unwrap_or_default(), step.number, step.summary.clone());
        let lost = Call::lost(step).into_iter();
        lost.map(|what| LostByStep { plan: plan.clone(), step: number, by: by.clone(), what })
            .collect::<Vec<_>>()
    };
    steps.flat_map(of).collect()
}

fn uncovered(object: Option<&TenantOffboard>, looks: &[Verified]) -> Vec<Uncovered> {
    let seen =
        looks.last().into_iter().flat_map(|look| look.uncovered.iter().map(|what| (what.clone(), true)));
    let told = object.into_iter().flat_map(|object| {
        let all = object.status.iter().flat_map(|status| &status.uncovered);
        all.map(|what| (what.clone(), object.spec.accept_uncovered.contains(what)))
    });
    let each: BTreeMap<String, bool> = seen.chain(told).collect();
    each.into_iter().map(|(what, accepted)| Uncovered { what, accepted }).collect()
}

/// As the object tells it, or else the last look.
fn remaining(object: Option<&TenantOffboard>, looks: &[Verified]) -> (Vec<RemainingStatus>, i64) {
    match (object.and_then(|object| object.status.as_ref()), looks.last()) {
        (Some(status), _) => (status.remaining.clone(), status.remaining_omitted),
        (None, Some(look)) => (look.remaining.clone(), look.remaining_omitted),
        (None, None) => (Vec::new(), 0),
    }
}
