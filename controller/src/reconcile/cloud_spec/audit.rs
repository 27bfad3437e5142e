//! One look at the world for one CloudSpec: observe, diff, plan.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use cloudspec_crds::CloudSpec;
use cloudspec_crds::cloud_spec::CredentialRef;
use jiff::Timestamp;
use kube::ResourceExt;

use super::{Compared, certificates};
use crate::diff::diff;
use crate::model::certificate::Certificates;
use crate::model::plan::LeftAlone;
use crate::model::{Finding, Subject, Unknown};
use crate::observe::{CloudRead, Needs, application_credentials, coverage, observe};
use crate::plan::{exceeded, plan, users_to_ask};
use crate::reconcile::context::Context;
use crate::reconcile::owner::{Audited, Declared};

/// Answers are kept so long for others who look at the same cloud.
const KEPT: Duration = Duration::from_secs(300);

/// How long one look may take, all listings together: a cloud decides how many of them there are.
const LONGEST: Duration = Duration::from_secs(900);

/// Looks, taking answers that are no older than `not_before`.
///
/// # Errors
/// When there is no credential to look with, or the look does not end.
pub(super) async fn audit(
    context: &Context,
    declared: &Declared<CloudSpec>,
    not_before: Instant,
) -> Result<Audited<CloudSpec>, Unknown> {
    let looked = tokio::time::timeout(LONGEST, look(context, declared, not_before)).await;
    looked.unwrap_or_else(|_elapsed| {
        let message = format!("the cloud could not be looked at within {LONGEST:?}");
        Err(Unknown { service: "cloudspec".to_owned(), reason: "Timeout".to_owned(), message })
    })
}

async fn look(
    context: &Context,
    declared: &Declared<CloudSpec>,
    not_before: Instant,
) -> Result<Audited<CloudSpec>, Unknown> {
    let object = &declared.object;
    let namespace = object.namespace().unwrap_or_default();
    let observing: &CredentialRef = &object.spec.cloud.observe;
    let credentials = context.pool.credentials(&namespace, observing).await?;
    let reader = context.pool.reader(credentials)?;
    // A listing that nobody asks for any more is not kept.
    if let Some(before) = context.clock.monotonic().checked_sub(declared.interval.max(KEPT)) {
        reader.forget(before);
    }
    let view = reader.view(not_before);
    let desired = &declared.what;
    let needs = Needs::of(desired);
    if needs == Needs::default() && desired.certificates.is_empty() {
        // A spec that lists nothing asks nothing: without a login its credential would never be tried.
        view.project().await?;
    }
    // Servers that hang keep nobody from looking at the cloud.
    let (mut snapshot, seen) = tokio::join!(observe(&view, &needs), certificates::look(context, declared));
    snapshot.certificates = seen;
    let findings = diff(desired, &snapshot);
    let users = users_to_ask(desired, &findings);
    snapshot.application_credentials = application_credentials(&view, &users).await;
    // Who does not see the tenants corrects none, and keeps nobody from correcting them.
    let contested = match snapshot.projects.is_ok() {
        true => context.contested(declared, &snapshot.cloud).await,
        false => BTreeMap::new(),
    };
    let (held, free): (Vec<Finding>, Vec<Finding>) =
        findings.iter().cloned().partition(|finding| contested.contains_key(&finding.subject));
    let mut plan = plan(desired, &snapshot, &free, &declared.uid);
    plan.left_alone.extend(held.iter().map(|finding| leave(finding, &contested)));
    plan.left_alone.sort();
    let age = view.oldest().map(|oldest| context.clock.monotonic().saturating_duration_since(oldest));
    Ok(Audited {
        cloud: snapshot.cloud.clone(),
        exceeded: exceeded(&plan, &object.spec.limits),
        plan,
        apply: object.spec.cloud.apply.clone(),
        again: None,
        untold: None,
        saw: Compared {
            findings,
            contested,
            at: oldest(&snapshot.certificates, context.clock.now() - age.unwrap_or_default()),
            coverage: coverage(&snapshot),
            certificates: snapshot.certificates,
        },
    })
}

/// The time that nothing which was seen is older than.
fn oldest(certificates: &Certificates, of_the_cloud: Timestamp) -> Timestamp {
    let seen = certificates.values().flat_map(BTreeMap::values).filter_map(|seen| seen.as_ref().ok());
    seen.map(|seen| seen.seen_at).fold(of_the_cloud, Timestamp::min)
}

fn leave(finding: &Finding, contested: &BTreeMap<Subject, BTreeSet<String>>) -> LeftAlone {
    let others = contested.get(&finding.subject).into_iter().flatten().cloned().collect::<Vec<_>>();
    LeftAlone {
        finding: finding.fingerprint(),
        resource: finding.subject.to_string(),
        reason: format!(
            "CloudSpec {} lists it too: neither corrects it until one of them lets go",
            others.join(", ")
        ),
    }
}
