//! Direct role assignments of users and groups on one project.

use std::collections::{BTreeMap, BTreeSet};

use super::{NotThere, present, unknowable};
use crate::model::cloud::{Assignment, Principal};
use crate::model::desired::{DesiredRole, PrincipalName};
use crate::model::finding::RoleIs;
use crate::model::ids::{ProjectId, RoleId};
use crate::model::{Aspect, Finding, FindingKind, Lookup, Severity, Snapshot, Subject};
use cloudspec_crds::tenant::Unlisted;

pub(super) fn compare(
    subject: &Subject,
    project: &ProjectId,
    listed: &BTreeSet<DesiredRole>,
    unlisted: Unlisted,
    snapshot: &Snapshot,
    findings: &mut Vec<Finding>,
) {
    let assignments = match &snapshot.assignments {
        Ok(assignments) => assignments,
        Err(why) => return findings.push(unknowable(subject, Aspect::Role(RoleIs::NotTold), why)),
    };
    let seen: BTreeSet<&Assignment> =
        assignments.iter().filter(|assignment| assignment.project == *project).collect();
    let mut wanted = BTreeSet::new();
    let mut all_understood = true;
    for role in listed {
        match assignment(project, role, snapshot) {
            Ok(assignment) => {
                if !seen.contains(&assignment) {
                    let aspect = Aspect::Role(RoleIs::Known(assignment.clone()));
                    let finding = Finding::of(FindingKind::Missing, Severity::Warning, subject, aspect);
                    findings.push(finding.expected(role).actual("not assigned"));
                }
                wanted.insert(assignment);
            }
            Err(why) => {
                all_understood = false;
                findings.push(why.finding(subject, Aspect::Role(RoleIs::NotTold)).expected(role));
            }
        }
    }
    // Where a listed name was not understood, an assignment that looks unlisted may be that very one.
    if unlisted == Unlisted::Ignore || !all_understood {
        return;
    }
    let names = Names::of(snapshot);
    findings.extend(seen.into_iter().filter(|seen| !wanted.contains(seen)).map(|seen| {
        let aspect = Aspect::Role(RoleIs::Known(seen.clone()));
        let finding = Finding::of(FindingKind::Extra, Severity::Critical, subject, aspect);
        finding.expected("not listed").actual(names.say(&seen.principal, &seen.role))
    }));
}

/// The assignment by ids that is declared by names.
fn assignment(
    project: &ProjectId,
    listed: &DesiredRole,
    snapshot: &Snapshot,
) -> Result<Assignment, NotThere> {
    let DesiredRole { principal: who, role } = listed;
    let found =
        principal(who, snapshot).and_then(|who| snapshot.role(role).map(|role| (who, role.id.clone())));
    let (principal, role) = present(found, &format!("{who} or role {role}"))?;
    Ok(Assignment { project: project.clone(), principal, role })
}

/// Who a name stands for.
pub fn principal(name: &PrincipalName, snapshot: &Snapshot) -> Lookup<Principal> {
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
