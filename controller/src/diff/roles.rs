//! Direct role assignments of users and groups on one project.

use std::collections::{BTreeMap, BTreeSet};

use super::{present, unknowable};
use crate::model::cloud::{Assignment, Principal};
use crate::model::desired::{DesiredRole, PrincipalName};
use crate::model::ids::{ProjectId, RoleId};
use crate::model::{Finding, FindingKind, Lookup, Severity, Snapshot};
use cloudspec_crds::tenant::Unlisted;

pub(super) fn compare(
    resource: &str,
    project: &ProjectId,
    listed: &BTreeSet<DesiredRole>,
    unlisted: Unlisted,
    snapshot: &Snapshot,
    findings: &mut Vec<Finding>,
) {
    let assignments = match &snapshot.assignments {
        Ok(assignments) => assignments,
        Err(why) => return findings.push(unknowable(&resource, why).field("roles")),
    };
    let seen: BTreeSet<(&Principal, &RoleId)> = assignments
        .iter()
        .filter(|assignment| assignment.project == *project)
        .map(|Assignment { project: _, principal, role }| (principal, role))
        .collect();
    let mut wanted = BTreeSet::new();
    let mut all_understood = true;
    for DesiredRole { principal: name, role } in listed {
        let said = format!("{name} has role {role}");
        let found =
            principal(name, snapshot).and_then(|who| snapshot.role(role).map(|role| (who, role.id.clone())));
        match present(found, &format!("{name} or role {role}")) {
            Ok((who, id)) if seen.contains(&(&who, &id)) => drop(wanted.insert((who, id))),
            Ok((who, id)) => {
                let finding = Finding::of(FindingKind::Missing, Severity::Warning, resource).field("roles");
                findings.push(finding.expected(said).actual("not assigned"));
                wanted.insert((who, id));
            }
            Err(finding) => {
                all_understood = false;
                let message = finding.message.unwrap_or_else(|| format!("there is no {}", finding.resource));
                let kind = finding.kind;
                let finding = Finding::of(kind, Severity::Warning, resource).field("roles");
                findings.push(finding.expected(said).message(message));
            }
        }
    }
    // Where a listed name was not understood, an assignment that looks unlisted may be that very one.
    if unlisted == Unlisted::Ignore || !all_understood {
        return;
    }
    let extra = seen.iter().filter(|(who, role)| !wanted.contains(&((*who).clone(), (*role).clone())));
    let names = Names::of(snapshot);
    findings.extend(extra.map(|(who, role)| {
        let finding = Finding::of(FindingKind::Extra, Severity::Critical, resource).field("roles");
        finding.expected("not listed").actual(names.say(who, role))
    }));
}

fn principal(name: &PrincipalName, snapshot: &Snapshot) -> Lookup<Principal> {
    match name {
        PrincipalName::User { domain, name } => snapshot
            .domain(domain)
            .and_then(|domain| snapshot.user(name, &domain.id))
            .map(|user| Principal::User(user.id.clone())),
        PrincipalName::Group { domain, name } => snapshot
            .domain(domain)
            .and_then(|domain| snapshot.group(name, &domain.id))
            .map(|group| Principal::Group(group.id.clone())),
    }
}

/// Names for ids, as far as they were seen; an id stands for itself where its listing failed.
struct Names<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Names<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let users = snapshot.users.values().flatten().flatten();
        let users = users.map(|user| (user.id.0.as_str(), user.name.as_str()));
        let groups = snapshot.groups.values().flatten().flatten();
        let groups = groups.map(|group| (group.id.0.as_str(), group.name.as_str()));
        let roles = snapshot.roles.iter().flatten().map(|role| (role.id.0.as_str(), role.name.as_str()));
        Self(users.chain(groups).chain(roles).collect())
    }

    fn say(&self, who: &Principal, role: &RoleId) -> String {
        let name = |id: &str| self.0.get(id).copied().unwrap_or(id).to_owned();
        match who {
            Principal::User(id) => format!("user {} has role {}", name(&id.0), name(&role.0)),
            Principal::Group(id) => format!("group {} has role {}", name(&id.0), name(&role.0)),
        }
    }
}
