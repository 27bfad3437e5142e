//! What a look for a CloudSpec found out, told: status, Events, metrics.

use std::collections::BTreeSet;

use cloudspec_crds::{CloudSpec, CloudSpecStatus};
use kube::ResourceExt;

use super::Compared;
use crate::gate::Verdict;
use crate::model::desired::Invalid;
use crate::model::finding::Domain;
use crate::reconcile::context::Context;
use crate::reconcile::owner::{Declared, Owner, Told};
use crate::reconcile::told::{execution, last_approved, not_looked, write};
use crate::report::{Look, Of, Report, Sight, events, status};

/// Tells it; nothing is written where nothing changed.
pub(super) async fn tell(context: &Context, told: Told<'_, CloudSpec>) -> Result<(), kube::Error> {
    let Told { declared, seen, audited, offer, verdict, all, interrupted } = told;
    let object = &declared.object;
    let contested = audited.map(|audited| contested(&audited.saw)).unwrap_or_default();
    let domains = domains(declared);
    let sight = match audited {
        Ok(audited) => Sight::Audited {
            findings: &audited.saw.findings,
            domains: &domains,
            exceeded: &audited.exceeded,
            contested: &contested,
        },
        Err(why) => Sight::Blind(why),
    };
    let last = last_approved(all);
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let of = Of { kind: CloudSpec::KIND, namespace: &namespace, name: &name };
    let look = audited.ok().map(|audited| Look {
        at: audited.saw.at,
        coverage: &audited.saw.coverage,
        findings: &audited.saw.findings,
        certificates: &audited.saw.certificates,
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
        approvable: object.spec.cloud.apply.as_ref().map(|_| object.spec.approval.require_digest),
    };
    put(context, object, &status(&report)).await
}

/// The parts of the cloud of which something is declared.
fn domains(declared: &Declared<CloudSpec>) -> BTreeSet<Domain> {
    let spec = &declared.object.spec;
    let is_declared = |domain: &Domain| match domain {
        Domain::Tenants => spec.tenants.is_some() || !declared.what.reported_domains.is_empty(),
        Domain::SecurityGroups => spec.security_groups.is_some(),
        Domain::Certificates => spec.certificates.is_some(),
    };
    Domain::ALL.into_iter().filter(is_declared).collect()
}

/// Tells that a spec is wrong.
pub(super) async fn tell_invalid(
    context: &Context,
    object: &CloudSpec,
    wrong: &[Invalid],
) -> Result<(), kube::Error> {
    put(context, object, &unlooked(context, object, Sight::Invalid(wrong))).await
}

/// Tells that it is being deleted.
pub(super) async fn tell_leaving(context: &Context, object: &CloudSpec) -> Result<(), kube::Error> {
    let why = not_looked("BeingDeleted", "the object is being deleted, and its cloud is no longer looked at");
    put(context, object, &unlooked(context, object, Sight::Blind(&why))).await
}

/// A status that says that nothing can be said.
pub(super) fn without_room(context: &Context, object: &CloudSpec) -> CloudSpecStatus {
    let why = not_looked("TooLarge", "no room for a status");
    let mut short = unlooked(context, object, Sight::Blind(&why));
    short.conditions.retain(|one| one.reason == "TooLarge");
    short.omitted_first_seen.clear();
    short
}

/// What is told where nothing was looked at.
fn unlooked(context: &Context, object: &CloudSpec, sight: Sight<'_>) -> CloudSpecStatus {
    let guard = context.guard.borrow().guard.clone();
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    status(&Report {
        of: Of { kind: CloudSpec::KIND, namespace: &namespace, name: &name },
        previous: &object.status.clone().unwrap_or_default(),
        generation: object.metadata.generation.unwrap_or_default(),
        now: context.clock.now(),
        sight,
        offer: None,
        verdict: &Verdict::NotAsked,
        guard: &guard,
        last: object.status.as_ref().and_then(|status| status.last_execution.clone()),
        last_message: None,
        suspended: object.spec.suspend,
        approvable: object.spec.cloud.apply.as_ref().map(|_| object.spec.approval.require_digest),
    })
}

fn contested(saw: &Compared) -> Vec<String> {
    let words = |(subject, others): (&crate::model::Subject, &std::collections::BTreeSet<String>)| {
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        format!("{subject} is listed by {} too", others.join(", "))
    };
    saw.contested.iter().map(words).collect()
}

async fn put(context: &Context, object: &CloudSpec, after: &CloudSpecStatus) -> Result<(), kube::Error> {
    let notes = events(&object.status.clone().unwrap_or_default(), after);
    write(context, object, after.clone(), notes).await
}
