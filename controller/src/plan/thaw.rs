//! Quotas that were frozen, put back: what is left to do for a leaving that was called off.

use std::collections::BTreeMap;

use super::digest::digest;
use super::revert_quota::command;
use crate::model::action::ProjectRef;
use crate::model::cloud::{QuotaService, QuotaValues};
use crate::model::ids::ProjectId;
use crate::model::plan::LeftAlone;
use crate::model::{Action, Class, Inventory, Plan, ResourceType, Step};

/// The limits as they were before the first plan that set them, of the limits that were set.
pub type Frozen = BTreeMap<QuotaService, QuotaValues>;

/// Notes what a step that was done changed; what an earlier one noted stays.
pub fn note(frozen: &mut Frozen, action: &Action) {
    let Action::SetQuota { project: _, service, from: Some(from), to } = action else { return };
    let before = frozen.entry(*service).or_default();
    // Barbican takes all limits of a project at once, and so had all of them set.
    let all = *service == QuotaService::KeyManager;
    for (limit, value) in from.iter().filter(|(limit, _)| all || to.contains_key(*limit)) {
        before.entry(limit.clone()).or_insert(*value);
    }
}

/// The plan that puts them back, where they are not so already. A limit that somebody set meanwhile is left as it is.
pub fn thaw(inventory: &Inventory, project: &ProjectId, frozen: &Frozen, owner: &str) -> Plan {
    let (mut steps, mut left_alone) = (Vec::new(), Vec::new());
    for (service, before) in frozen {
        let now = match inventory.quotas.get(service) {
            Some(Ok(now)) => now,
            Some(Err(why)) => {
                left_alone.push(leave(*service, why.to_string()));
                continue;
            }
            None => {
                left_alone.push(leave(*service, "the cloud has no such service any more".to_owned()));
                continue;
            }
        };
        let theirs = changed(inventory, *service, now, before);
        let ours: QuotaValues =
            before.iter().filter(|(limit, _)| !theirs.contains_key(*limit)).map(owned).collect();
        if !theirs.is_empty() {
            left_alone.push(leave(*service, meanwhile(&theirs)));
        }
        if ours.iter().any(|(limit, value)| now.get(limit) != Some(value)) {
            // Barbican takes all limits of a project at once.
            let kept = theirs.iter().filter(|_| *service == QuotaService::KeyManager).map(owned);
            steps.push(step(project, *service, now, &ours.iter().map(owned).chain(kept).collect()));
        }
    }
    for (number, step) in (1..).zip(&mut steps) {
        (step.number, step.wave) = (number, number);
    }
    let cloud = inventory.cloud.clone();
    let digest = digest(&cloud, owner, &steps);
    Plan { cloud, owner: owner.to_owned(), steps, left_alone, digest }
}

/// Whether the limits of every service that was frozen can be told, so that a plan without steps means that nothing is to be put back.
pub fn is_told(inventory: &Inventory, frozen: &Frozen) -> bool {
    frozen.keys().all(|service| matches!(inventory.quotas.get(service), Some(Ok(_))))
}

/// The limits that are neither as the freeze left them, nor as they were before: somebody set them. Where the tenant has no limits of its own in the
/// service any more, what holds are the defaults, and nobody set any.
fn changed(
    inventory: &Inventory,
    service: QuotaService,
    now: &QuotaValues,
    before: &QuotaValues,
) -> QuotaValues {
    let of_service = |one: &crate::model::Resource| one.key.id == service.service_type();
    let has_own = match inventory.held.get(&ResourceType::Quota) {
        Some(Ok(all)) => all.iter().any(of_service),
        Some(Err(_)) | None => true,
    };
    let is_theirs = |(limit, value): &(&String, &i64)| {
        has_own && **value != 0 && before.get(*limit).is_some_and(|before| before != *value)
    };
    now.iter().filter(is_theirs).map(owned).collect()
}

fn owned((limit, value): (&String, &i64)) -> (String, i64) {
    (limit.clone(), *value)
}

fn meanwhile(theirs: &QuotaValues) -> String {
    let all: Vec<String> = theirs.iter().map(|(limit, value)| format!("{limit} {value}")).collect();
    format!("somebody has set {} since the freeze, and that is left so", all.join(", "))
}

fn step(project: &ProjectId, service: QuotaService, now: &QuotaValues, back: &QuotaValues) -> Step {
    Step {
        number: 1,
        wave: 1,
        action: Action::SetQuota {
            project: ProjectRef::Id(project.clone()),
            service,
            from: Some(now.clone()),
            to: back.clone(),
        },
        summary: format!("put the {service} quotas of project {project} back to what they were"),
        findings: vec![format!("quota {service}")],
        class: Class::Reversible,
        before: Some(words(now, back)),
        after: Some(words(back, back)),
        side_effects: Vec::new(),
        revert: command(&project.0, service, Some(now), back),
    }
}

fn words(values: &QuotaValues, of: &QuotaValues) -> String {
    let values = values.iter().filter(|(limit, _)| of.contains_key(*limit));
    values.map(|(limit, value)| format!("{limit} {value}")).collect::<Vec<_>>().join(", ")
}

fn leave(service: QuotaService, reason: String) -> LeftAlone {
    let what = format!("quota {service}");
    LeftAlone { finding: what.clone(), resource: what, reason }
}
