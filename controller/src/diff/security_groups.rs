//! Security groups: existence and description; their rules are compared in [`super::rules`].

use super::{field, present, rules};
use crate::model::desired::DesiredGroup;
use crate::model::{Finding, Snapshot};

pub(super) fn compare(group: &DesiredGroup, snapshot: &Snapshot, findings: &mut Vec<Finding>) {
    let DesiredGroup { name, id, description, rules: directions, unlisted_rules, evidence } = group;
    let resource = format!("security group {name}");
    let owner = match present(
        snapshot.project(&name.project.name, &name.project.domain),
        &format!("tenant {}", name.project),
    ) {
        Ok(owner) => owner,
        Err(finding) => {
            // The group cannot be told without its project; the project's own state is said once, with the group beside it.
            let message = finding.message.unwrap_or_else(|| format!("{} is missing", finding.resource));
            return findings.push(Finding { resource, field: None, message: Some(message), ..finding });
        }
    };
    let seen = match present(snapshot.security_group(&name.name, &owner.id, id.as_deref()), &resource) {
        Ok(seen) => seen,
        Err(finding) => return findings.push(finding),
    };
    field(&resource, "description", description.as_ref(), &seen.description, findings);
    for (direction, listed) in directions {
        let compared = rules::Compared { resource: &resource, seen, direction: *direction, listed };
        compared.compare(*unlisted_rules, *evidence, snapshot, findings);
    }
}
