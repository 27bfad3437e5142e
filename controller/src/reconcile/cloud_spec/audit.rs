//! One look at the world for one CloudSpec: observe, diff, plan.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use cloudspec_crds::CloudSpec;
use cloudspec_crds::cloud_spec::CredentialRef;
use kube::ResourceExt;

use super::Compared;
use crate::diff::diff;
use crate::model::plan::LeftAlone;
use crate::model::{Finding, Subject, Unknown};
use crate::observe::{Needs, application_credentials, observe};
use crate::plan::{exceeded, plan, users_to_ask};
use crate::reconcile::context::Context;
use crate::reconcile::owner::{Audited, Declared};

/// Looks, taking answers that are no older than `not_before`.
///
/// # Errors
/// When there is no credential to look with.
pub(super) async fn audit(
    context: &Context,
    declared: &Declared<CloudSpec>,
    not_before: Instant,
) -> Result<Audited<CloudSpec>, Unknown> {
    let object = &declared.object;
    let namespace = object.namespace().unwrap_or_default();
    let observing: &CredentialRef = &object.spec.cloud.observe;
    let reader = context.pool.reader(context.pool.credentials(&namespace, observing).await?)?;
    let view = reader.view(not_before);
    let desired = &declared.what;
    let mut snapshot = observe(&view, &Needs::of(desired)).await;
    let findings = diff(desired, &snapshot);
    let users = users_to_ask(desired, &findings);
    snapshot.application_credentials = application_credentials(&view, &users).await;
    let contested = context.contested(declared, &snapshot.cloud).await;
    let (held, free): (Vec<Finding>, Vec<Finding>) =
        findings.iter().cloned().partition(|finding| contested.contains_key(&finding.subject));
    let mut plan = plan(desired, &snapshot, &free, &declared.uid);
    plan.left_alone.extend(held.iter().map(|finding| leave(finding, &contested)));
    plan.left_alone.sort();
    Ok(Audited {
        cloud: snapshot.cloud.clone(),
        exceeded: exceeded(&plan, &object.spec.limits),
        plan,
        apply: object.spec.cloud.apply.clone(),
        again: None,
        untold: None,
        saw: Compared { findings, contested },
    })
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
