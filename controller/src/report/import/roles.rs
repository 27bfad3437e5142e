//! Role assignments by name.

use std::collections::{BTreeMap, BTreeSet};

use cloudspec_crds::tenant::{RoleAssignment, Unlisted};

use super::Imported;
use crate::model::cloud::{Assignment, Group, Principal, Role, User};
use crate::model::desired::TenantName;
use crate::model::ids::{DomainId, GroupId, ProjectId, UserId};
use crate::model::{Lookup, Sighting, Snapshot, Unknown};

/// Who is who, and who has which role.
pub(super) struct Directory<'a> {
    domains: &'a BTreeMap<&'a str, &'a str>,
    users: BTreeMap<&'a UserId, &'a User>,
    groups: BTreeMap<&'a GroupId, &'a Group>,
    roles: &'a Sighting<Vec<Role>>,
    assignments: Result<BTreeMap<&'a ProjectId, Vec<&'a Assignment>>, &'a Unknown>,
    /// Why a principal that is in no listing may be there all the same.
    unseen: Option<&'a Unknown>,
    snapshot: &'a Snapshot,
}

/// An assignment in words.
enum Named {
    As(RoleAssignment),
    /// No name says it: of a deleted user, of a role that belongs to a domain.
    Nameless,
    /// It cannot be told.
    Unseen(Unknown),
}

impl<'a> Directory<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, domains: &'a BTreeMap<&'a str, &'a str>) -> Self {
        let users = snapshot.users.values().flatten().flatten().map(|user| (&user.id, user)).collect();
        let groups = snapshot.groups.values().flatten().flatten().map(|group| (&group.id, group)).collect();
        let unseen = snapshot.users.values().find_map(|listing| listing.as_ref().err());
        let unseen = unseen.or_else(|| snapshot.groups.values().find_map(|listing| listing.as_ref().err()));
        let by_project = |all: &'a Vec<Assignment>| {
            let mut by_project: BTreeMap<&ProjectId, Vec<&Assignment>> = BTreeMap::new();
            for one in all {
                by_project.entry(&one.project).or_default().push(one);
            }
            by_project
        };
        let assignments = snapshot.assignments.as_ref().map(by_project);
        Self { domains, users, groups, roles: &snapshot.roles, assignments, unseen, snapshot }
    }

    /// The direct assignments by name, and what to say of others.
    pub(super) fn roles(
        &self,
        tenant: &TenantName,
        project: &ProjectId,
        imported: &mut Imported,
    ) -> (Option<Vec<RoleAssignment>>, Unlisted) {
        let none = Vec::new();
        let all = match &self.assignments {
            Ok(by_project) => by_project.get(project).unwrap_or(&none),
            Err(why) => {
                imported.leave_out(format_args!("role assignments: {why}"));
                return (None, Unlisted::Report);
            }
        };
        let mut roles = BTreeSet::new();
        let mut unlisted = Unlisted::Report;
        for assignment in all {
            match self.named(assignment, &tenant.domain) {
                Named::As(role) => drop(roles.insert(role)),
                Named::Nameless => {
                    // An assignment that cannot be listed would look like one that nobody listed.
                    unlisted = Unlisted::Ignore;
                    imported.notes.insert(format!(
                        "tenant {tenant}: {} has role {} and one of both cannot be named, so that unlisted roles are ignored",
                        who(&assignment.principal),
                        assignment.role
                    ));
                }
                Named::Unseen(why) => {
                    imported.leave_out(format_args!("roles of tenant {tenant}: {why}"));
                    return (None, Unlisted::Report);
                }
            }
        }
        (Some(roles.into_iter().collect()), unlisted)
    }

    fn named(&self, assignment: &Assignment, own_domain: &str) -> Named {
        let Assignment { project: _, principal, role } = assignment;
        let roles = match self.roles {
            Ok(roles) => roles,
            Err(why) => return Named::Unseen(why.clone()),
        };
        let Some(role) = roles.iter().find(|one| one.id == *role) else { return Named::Nameless };
        let Lookup::Present(of_name) = self.snapshot.role(&role.name) else { return Named::Nameless };
        let Some((user, group, domain)) = self.principal(principal) else {
            return self.unseen.map_or(Named::Nameless, |why| Named::Unseen(why.clone()));
        };
        match self.domains.get(domain.0.as_str()) {
            Some(name) if of_name.id == role.id => {
                let domain = (*name != own_domain).then(|| (*name).to_owned());
                Named::As(RoleAssignment { user, group, domain, role: role.name.clone() })
            }
            _ => Named::Nameless,
        }
    }

    /// User or group, whichever it is, and the domain; none where the name is not that one's alone.
    fn principal(&self, principal: &Principal) -> Option<(Option<String>, Option<String>, &'a DomainId)> {
        match principal {
            Principal::User(id) => {
                let user = *self.users.get(id)?;
                let only = matches!(self.snapshot.user(&user.name, &user.domain), Lookup::Present(_));
                only.then(|| (Some(user.name.clone()), None, &user.domain))
            }
            Principal::Group(id) => {
                let group = *self.groups.get(id)?;
                let only = matches!(self.snapshot.group(&group.name, &group.domain), Lookup::Present(_));
                only.then(|| (None, Some(group.name.clone()), &group.domain))
            }
        }
    }
}

fn who(principal: &Principal) -> String {
    match principal {
        Principal::User(id) => format!("user {id}"),
        Principal::Group(id) => format!("group {id}"),
    }
}
