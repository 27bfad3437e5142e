//! Quotas that were frozen, put back: what is left to do for a leaving that was called off.

use std::collections::BTreeMap;

use super::digest::digest;
use super::revert_quota::command;
use crate::model::action::ProjectRef;
use crate::model::cloud::{QuotaService, QuotaValues};
use crate::model::ids::ProjectId;
use crate::model::plan::LeftAlone;
use crate::model::{Action, Class, Inventory, Plan, Step};

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

/// The plan that puts them back, where they are 0 still: what somebody has set since stays.
pub fn thaw(inventory: &Inventory, project: &ProjectId, frozen: &Frozen, owner: &str) -> Plan {
    let (mut steps, mut left_alone) = (Vec::new(), Vec::new());
    for (service, before) in frozen {
        match inventory.quotas.get(service) {
            Some(Ok(now)) => {
                let back = back(*service, now, before);
                steps.extend((!back.is_empty()).then(|| step(project, *service, now, &back)));
            }
            Some(Err(why)) => left_alone.push(leave(*service, why.to_string())),
            None => left_alone.push(leave(*service, "the cloud has no such service any more".to_owned())),
        }
    }
    for (number, step) in (1..).zip(&mut steps) {
        (step.number, step.wave) = (number, number);
    }
    let cloud = inventory.cloud.clone();
    let digest = digest(&cloud, owner, &steps);
    Plan { cloud, owner: owner.to_owned(), steps, left_alone, digest }
}

/// What is to be set.
fn back(service: QuotaService, now: &QuotaValues, before: &QuotaValues) -> QuotaValues {
    let is_frozen = |limit: &str, value: i64| value != 0 && now.get(limit).is_none_or(|now| *now == 0);
    if !before.iter().any(|(limit, value)| is_frozen(limit, *value)) {
        return QuotaValues::new();
    }
    let to_be = |(limit, value): (&String, &i64)| match (is_frozen(limit, *value), now.get(limit)) {
        (false, Some(now)) => (limit.clone(), *now),
        (true, _) | (false, None) => (limit.clone(), *value),
    };
    // Barbican replaces all limits of a project at once.
    let set = before
        .iter()
        .filter(|(limit, value)| service == QuotaService::KeyManager || is_frozen(limit, **value));
    set.map(to_be).collect()
}

fn step(project: &ProjectId, service: QuotaService, now: &QuotaValues, before: &QuotaValues) -> Step {
    Step {
        number: 1,
        wave: 1,
        action: Action::SetQuota {
            project: ProjectRef::Id(project.clone()),
            service,
            from: Some(now.clone()),
            to: before.clone(),
        },
        summary: format!("put the {service} quotas of project {project} back to what they were"),
        findings: vec![format!("quota {service}")],
        class: Class::Reversible,
        before: Some(words(now, before)),
        after: Some(words(before, before)),
        side_effects: Vec::new(),
        revert: command(&project.0, service, Some(now), before),
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
