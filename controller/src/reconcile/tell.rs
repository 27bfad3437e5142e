//! What a reconciliation found out, told: status, Events, metrics.

use cloudspec_crds::status::{ExecutionSummary, Offer};
use cloudspec_crds::{ChangePlan, CloudSpec, CloudSpecStatus};
use kube::api::{Api, PostParams};
use kube::runtime::events::{Event, EventType};
use kube::{Resource, ResourceExt};

use super::audit::Audited;
use super::context::Context;
use super::declared::Declared;
use super::guard::Seen;
use crate::gate::Verdict;
use crate::model::Unknown;
use crate::model::desired::Invalid;
use crate::report::{Look, Note, Of, Report, Sight, events, status};

/// The most bytes of an Event's message that the API takes.
const LONGEST_NOTE: usize = 1_000;

/// What there is to tell.
pub(super) struct Told<'a> {
    pub(super) declared: &'a Declared,
    pub(super) seen: &'a Seen,
    pub(super) audited: Result<&'a Audited, &'a Unknown>,
    pub(super) offer: Option<&'a Offer>,
    pub(super) verdict: &'a Verdict,
    pub(super) all: &'a [ChangePlan],
    /// Why an approved plan is not carried on just now.
    pub(super) interrupted: Option<&'a str>,
}

/// Tells it; nothing is written where nothing changed.
pub(super) async fn tell(context: &Context, told: Told<'_>) -> Result<(), kube::Error> {
    let Told { declared, seen, audited, offer, verdict, all, interrupted } = told;
    let object = &declared.object;
    let contested = audited.map(contested).unwrap_or_default();
    let sight = match audited {
        Ok(audited) => Sight::Audited {
            findings: &audited.findings,
            tenants: object.spec.tenants.is_some() || !declared.desired.reported_domains.is_empty(),
            security_groups: object.spec.security_groups.is_some(),
            exceeded: &audited.exceeded,
            contested: &contested,
        },
        Err(why) => Sight::Blind(why),
    };
    let last = all.iter().rev().find(|plan| decided(plan) == Some("Approved"));
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let of = Of { namespace: &namespace, name: &name };
    let look = audited.ok().map(|audited| Look {
        at: audited.at,
        coverage: &audited.coverage,
        findings: &audited.findings,
    });
    context.metrics.observed(of, look);
    context.metrics.offered(of, offer);
    context.metrics.guard(&seen.guard);
    let report = Report {
        of,
        previous: &object.status.clone().unwrap_or_default(),
        generation: object.metadata.generation.unwrap_or_default(),
        now: context.clock.now(),
        sight,
        offer,
        verdict,
        guard: &seen.guard,
        last: last.and_then(execution),
        last_message: interrupted.or(last.and_then(|plan| plan.status.as_ref()?.message.as_deref())),
        suspended: object.spec.suspend,
        require_digest: object.spec.approval.require_digest,
    };
    write(context, object, status(&report)).await
}

/// Tells that a spec is wrong.
pub(super) async fn tell_invalid(
    context: &Context,
    object: &CloudSpec,
    wrong: &[Invalid],
) -> Result<(), kube::Error> {
    tell_unlooked(context, object, Sight::Invalid(wrong)).await
}

/// Tells that an object is being deleted: whatever keeps it there, what was seen before is said no more.
pub(super) async fn tell_leaving(context: &Context, object: &CloudSpec) -> Result<(), kube::Error> {
    let message = "the object is being deleted, and its cloud is no longer looked at".to_owned();
    let why = Unknown { service: "cloudspec".to_owned(), reason: "BeingDeleted".to_owned(), message };
    tell_unlooked(context, object, Sight::Blind(&why)).await
}

async fn tell_unlooked(context: &Context, object: &CloudSpec, sight: Sight<'_>) -> Result<(), kube::Error> {
    let seen = context.guard.borrow().clone();
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let report = Report {
        of: Of { namespace: &namespace, name: &name },
        previous: &object.status.clone().unwrap_or_default(),
        generation: object.metadata.generation.unwrap_or_default(),
        now: context.clock.now(),
        sight,
        offer: None,
        verdict: &Verdict::NotAsked,
        guard: &seen.guard,
        last: object.status.as_ref().and_then(|status| status.last_execution.clone()),
        last_message: None,
        suspended: object.spec.suspend,
        require_digest: object.spec.approval.require_digest,
    };
    write(context, object, status(&report)).await
}

fn contested(audited: &Audited) -> Vec<String> {
    let words = |(subject, others): (&crate::model::Subject, &std::collections::BTreeSet<String>)| {
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        format!("{subject} is listed by {} too", others.join(", "))
    };
    audited.contested.iter().map(words).collect()
}

fn decided(plan: &ChangePlan) -> Option<&str> {
    plan.status.as_ref()?.decision.as_ref().map(|decision| decision.verdict.as_str())
}

/// What came of a plan that was approved.
fn execution(plan: &ChangePlan) -> Option<ExecutionSummary> {
    let status = plan.status.as_ref()?;
    let decision = status.decision.as_ref()?;
    let done = status.journal.iter().filter(|entry| matches!(entry.state.as_str(), "Done" | "AlreadyDone"));
    Some(ExecutionSummary {
        name: plan.name_any(),
        approved_by: decision.by.clone(),
        result: match &status.finished_at {
            None => "Applying".to_owned(),
            Some(_) => status.phase.clone().unwrap_or_else(|| "Stopped".to_owned()),
        },
        done: i64::try_from(done.count()).unwrap_or(i64::MAX),
        steps: i64::try_from(plan.spec.steps.len()).unwrap_or(i64::MAX),
        decided_at: decision.at.clone(),
        finished_at: status.finished_at.clone(),
    })
}

/// Writes a status upon the version that was read: whoever wrote meanwhile makes this one be made anew.
async fn write(context: &Context, object: &CloudSpec, status: CloudSpecStatus) -> Result<(), kube::Error> {
    let before = object.status.clone().unwrap_or_default();
    if before == status {
        return Ok(());
    }
    let api: Api<CloudSpec> =
        Api::namespaced(context.client.clone(), object.namespace().as_deref().unwrap_or_default());
    let notes = events(&before, &status);
    let mut object = object.clone();
    object.status = Some(status);
    match api.replace_status(&object.name_any(), &PostParams::default(), &object).await {
        Ok(_) => {}
        Err(kube::Error::Api(why)) if why.message.contains("too large") => {
            // What was true before must not go on being said where there is no room for what is true.
            let short = without_room(context, &object, before.clone());
            if short != before {
                object.status = Some(short);
                api.replace_status(&object.name_any(), &PostParams::default(), &object).await?;
            }
            return Err(kube::Error::Api(why));
        }
        Err(why) => return Err(why),
    }
    for note in notes {
        publish(context, &object, note).await;
    }
    Ok(())
}

/// A status that is shorter than the one before, and so has room wherever that had: it says that nothing can be said.
fn without_room(context: &Context, object: &CloudSpec, before: CloudSpecStatus) -> CloudSpecStatus {
    let (reason, message) = ("TooLarge".to_owned(), "no room for a status".to_owned());
    let why = Unknown { service: "cloudspec".to_owned(), reason, message };
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let report = Report {
        of: Of { namespace: &namespace, name: &name },
        previous: &before,
        generation: object.metadata.generation.unwrap_or_default(),
        now: context.clock.now(),
        sight: Sight::Blind(&why),
        offer: None,
        verdict: &Verdict::NotAsked,
        guard: &context.guard.borrow().guard.clone(),
        last: None,
        last_message: None,
        suspended: object.spec.suspend,
        require_digest: object.spec.approval.require_digest,
    };
    let mut short = status(&report);
    short.conditions.retain(|one| one.reason == "TooLarge");
    short.omitted_first_seen.clear();
    short
}

/// An Event that cannot be recorded is no reason to stop: the status tells the same.
async fn publish(context: &Context, object: &CloudSpec, note: Note) {
    let Note { warning, reason, action, mut message } = note;
    let end = (0..=LONGEST_NOTE.min(message.len())).rev().find(|end| message.is_char_boundary(*end));
    message.truncate(end.unwrap_or(0));
    tracing::info!(cloudspec = super::declared::key(object), reason, "{message}");
    let event = Event {
        type_: if warning { EventType::Warning } else { EventType::Normal },
        reason,
        note: Some(message),
        action: action.to_owned(),
        secondary: None,
    };
    if let Err(why) = context.recorder.publish(&event, &object.object_ref(&())).await {
        tracing::warn!(error = %why, "failed to record an Event");
    }
}
