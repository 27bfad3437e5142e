//! Whether what a tenant holds now still fits a plan of its leaving that was offered or approved.
//!
//! What is still there is removed as it was approved; what is gone is done; what appeared is reported and never removed. So a tenant that makes
//! new things all the time can be approved all the same, and loses by it nothing that was not approved.

use std::collections::BTreeSet;

use super::digest::hashed;
use super::offboard::worse;
use crate::model::{Action, Class, Inventory, Plan, ResourceKey, ResourceType, Step};

/// Holds a plan against the one that would be made now, and against what is there.
///
/// # Errors
/// Each way in which they do not fit, in words.
pub fn still_fits(approved: &Plan, fresh: &Plan, inventory: &Inventory) -> Result<(), Vec<String>> {
    let mut wrong = worse(fresh, approved);
    wrong.extend(carried_along(approved, fresh, inventory));
    if fresh.cloud != approved.cloud || fresh.owner != approved.owner {
        wrong.push("it is for another object or another cloud".to_owned());
    }
    let (of_approved, of_fresh) = (calls(approved), calls(fresh));
    let unapproved =
        fresh.steps.iter().filter(|step| removed(step).is_none() && !of_approved.contains(&call(step)));
    wrong.extend(unapproved.map(|step| format!("not approved: {}", step.summary)));
    let left_alone = approved.steps.iter().filter(|step| !of_fresh.contains(&call(step)));
    wrong.extend(left_alone.filter_map(|step| {
        let why = still_there(removed(step)?, inventory)?;
        Some(format!("would not be done now: {}: {why}", step.summary))
    }));
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// What appeared and would go along with something that was approved: a volume with its group or its server, anything that Keystone holds with
/// the project. No approval reaches it.
fn carried_along(approved: &Plan, fresh: &Plan, inventory: &Inventory) -> Vec<String> {
    let going: BTreeSet<&ResourceKey> = approved.steps.iter().filter_map(removed).collect();
    let appeared: BTreeSet<&ResourceKey> =
        fresh.steps.iter().filter_map(removed).filter(|what| !going.contains(what)).collect();
    let project = going.iter().any(|what| what.kind == ResourceType::Project);
    let along = inventory.resources().filter(|one| {
        appeared.contains(&one.key) && (project || one.after.iter().any(|needed| going.contains(needed)))
    });
    along.map(|one| format!("{} would go along, and was not approved", one.key)).collect()
}

fn removed(step: &Step) -> Option<&ResourceKey> {
    match &step.action {
        Action::Remove { what, project: _ } => Some(what),
        _ => None,
    }
}

/// What tells a call apart.
fn call(step: &Step) -> (String, Class) {
    (hashed(&step.action).to_string(), step.class)
}

fn calls(plan: &Plan) -> BTreeSet<(String, Class)> {
    plan.steps.iter().map(call).collect()
}

/// Why a step that would not be planned now is not one that is done already.
fn still_there(what: &ResourceKey, inventory: &Inventory) -> Option<String> {
    if what.kind == ResourceType::Project {
        return match &inventory.tenant {
            Ok(None) => None,
            Ok(Some(_)) => Some("the project is there".to_owned()),
            Err(why) => Some(why.to_string()),
        };
    }
    match inventory.held.get(&what.kind) {
        Some(Ok(all)) => all
            .iter()
            .any(|one| one.key == *what)
            .then(|| "it is there, and something holds it now".to_owned()),
        Some(Err(why)) => Some(why.to_string()),
        None => Some("it was not looked for".to_owned()),
    }
}
