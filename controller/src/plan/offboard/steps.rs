//! The calls of a tenant's leaving, with their meaning and the way back.

use std::collections::BTreeSet;

use super::words::{lost, named, seen};
use crate::model::action::{ProjectChange, ProjectRef};
use crate::model::cloud::{QuotaService, QuotaValues};
use crate::model::ids::ProjectId;
use crate::model::inventory::{Resource, TenantSeen};
use crate::model::{Action, Class, Inventory, ResourceKey, ResourceType, Step};
use crate::plan::revert::quote;
use crate::plan::{revert_quota, side_effects};

/// Sets the limits of one service to 0, so that nothing new appears; none where they are 0.
pub(super) fn freeze(project: &ProjectId, service: QuotaService, from: &QuotaValues) -> Option<Step> {
    // Barbican replaces all limits of a project at once.
    let all = service == QuotaService::KeyManager;
    if from.values().all(|limit| *limit == 0) {
        return None;
    }
    let to: QuotaValues =
        from.iter().filter(|(_, limit)| all || **limit != 0).map(|(name, _)| (name.clone(), 0)).collect();
    let shown: Vec<String> = from
        .iter()
        .filter(|(name, _)| to.contains_key(*name))
        .map(|(name, limit)| format!("{name} {limit}"))
        .collect();
    Some(Step {
        number: 0,
        wave: 0,
        summary: format!("freeze {service} quotas of project {project}: set {} limits to 0", to.len()),
        findings: vec![format!("freeze {service} quotas")],
        class: Class::Reversible,
        before: Some(shown.join(", ")),
        after: Some("0 each".to_owned()),
        side_effects: vec!["the tenant can make nothing new in this service".to_owned()],
        revert: revert_quota::command(&quote(&project.0), service, Some(from), &to),
        action: Action::SetQuota {
            project: ProjectRef::Id(project.clone()),
            service,
            from: Some(from.clone()),
            to,
        },
    })
}

/// Removes one resource.
pub(super) fn remove(project: &ProjectId, resource: &Resource, inventory: &Inventory) -> Step {
    let key = &resource.key;
    let losses = inventory.losses.iter().filter(|loss| loss.by == *key).map(|loss| loss.what.clone());
    let side_effects: BTreeSet<String> = losses.chain([lost(key.kind).to_owned()]).collect();
    Step {
        number: 0,
        wave: 0,
        summary: format!("remove {}", named(resource)),
        findings: vec![key.to_string()],
        class: Class::Destructive,
        before: Some(seen(resource)),
        after: Some("gone".to_owned()),
        side_effects: side_effects.into_iter().collect(),
        revert: revert(project, key, inventory),
        action: Action::Remove { what: key.clone(), project: project.clone() },
    }
}

/// Disables the project, so that nobody makes anything in it while it goes; none where it is disabled.
pub(super) fn disable(tenant: &TenantSeen) -> Option<Step> {
    let change = ProjectChange::Enabled { from: true, to: false };
    let side_effects::Loss { class, side_effects } = side_effects::of_change(&change);
    tenant.enabled.then(|| Step {
        number: 0,
        wave: 0,
        summary: format!("disable project {} {:?}", tenant.id, tenant.name),
        findings: vec![format!("disable {}", project_key(tenant))],
        class,
        before: Some("enabled".to_owned()),
        after: Some("disabled".to_owned()),
        side_effects: side_effects.into_iter().collect(),
        revert: format!("openstack project set --enable {}", quote(&tenant.id.0)),
        action: Action::ChangeProject { project: ProjectRef::Id(tenant.id.clone()), change },
    })
}

/// The project's key.
pub(super) fn project_key(tenant: &TenantSeen) -> ResourceKey {
    ResourceKey { kind: ResourceType::Project, id: tenant.id.0.clone(), of: None }
}

/// A resource that was not listed, and is known to be there: the project, and the limits that a freeze leaves behind.
pub(super) fn bare(key: ResourceKey, name: &str) -> Resource {
    Resource { key, name: name.to_owned(), state: None, size: None, after: BTreeSet::new(), hindrance: None }
}

/// The limits that a freeze leaves behind.
pub(super) fn frozen(step: &Step) -> Option<ResourceKey> {
    match &step.action {
        action @ Action::SetQuota { .. } => {
            Some(ResourceKey { kind: ResourceType::Quota, id: action.service().to_owned(), of: None })
        }
        _ => None,
    }
}

/// Limits can be set again; all else is gone.
fn revert(project: &ProjectId, key: &ResourceKey, inventory: &Inventory) -> String {
    let limits = inventory
        .quotas
        .iter()
        .find(|(service, _)| key.kind == ResourceType::Quota && service.service_type() == key.id);
    match limits {
        Some((service, Ok(limits))) => {
            revert_quota::command(&quote(&project.0), *service, Some(limits), limits)
        }
        Some((_, Err(_))) | None => format!("# nothing brings {key} back"),
    }
}
