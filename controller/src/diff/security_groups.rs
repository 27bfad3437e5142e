//! Security groups: existence and description; their rules are compared in [`super::rules`].

use super::{field, present, rules, subject_present};
use crate::model::desired::DesiredGroup;
use crate::model::{Aspect, Finding, Snapshot, Subject};

pub(super) fn compare(
    group: &DesiredGroup,
    listed: &[DesiredGroup],
    snapshot: &Snapshot,
    findings: &mut Vec<Finding>,
) {
    let DesiredGroup { name, id, description, rules: directions, unlisted_rules, evidence } = group;
    let subject = Subject::SecurityGroup(name.clone());
    let owner = snapshot.project(&name.project.name, &name.project.domain);
    let owner = match present(owner, &format!("tenant {}", name.project)) {
        Ok(owner) => owner,
        Err(why) => return findings.push(why.finding(&subject, Aspect::Existence)),
    };
    let seen = snapshot.security_group(&name.name, &owner.id, id.as_deref());
    let seen = match subject_present(seen, &subject) {
        Ok(seen) => seen,
        Err(finding) => return findings.push(*finding),
    };
    field(&subject, Aspect::Description, description.as_ref(), &seen.description, findings);
    for (direction, rules) in directions {
        let compared = rules::Compared { subject: &subject, seen, direction: *direction, rules, listed };
        compared.compare(*unlisted_rules, *evidence, snapshot, findings);
    }
}
