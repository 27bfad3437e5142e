//! Names for ids, as far as they were seen; an id stands for itself where its listing failed.

use crate::model::Snapshot;
use crate::model::cloud::Principal;
use crate::model::ids::{DomainId, ProjectId, RoleId, SecurityGroupId};
use crate::model::rule::{Remote, Rule};

/// The listings that names are taken from.
#[derive(Clone, Copy)]
pub(super) struct Names<'a>(pub(super) &'a Snapshot);

impl Names<'_> {
    /// `user customers/ann`.
    pub(super) fn principal(self, principal: &Principal) -> String {
        match principal {
            Principal::User(id) => {
                let user = self.0.users.values().flatten().flatten().find(|user| user.id == *id);
                format!("user {}", self.in_domain(user.map(|user| (&user.domain, &*user.name)), &id.0))
            }
            Principal::Group(id) => {
                let group = self.0.groups.values().flatten().flatten().find(|group| group.id == *id);
                format!("group {}", self.in_domain(group.map(|group| (&group.domain, &*group.name)), &id.0))
            }
        }
    }

    /// `member`.
    pub(super) fn role(self, id: &RoleId) -> String {
        let role = self.0.roles.iter().flatten().find(|role| role.id == *id);
        role.map_or_else(|| id.0.clone(), |role| role.name.clone())
    }

    /// The rule with names for the groups of its other side: `ingress IPv4 tcp 443 from group customers/team-a/web`.
    pub(super) fn rule(self, rule: &Rule) -> String {
        let Rule { direction, ethertype, traffic, remote } = rule.clone();
        let remote: Remote<String, String> = match remote {
            Remote::Anywhere => Remote::Anywhere,
            Remote::Network(network) => Remote::Network(network),
            Remote::Group(id) => Remote::Group(self.security_group(&id)),
            Remote::AddressGroup(id) => {
                let found = self.0.address_groups.iter().flatten().find(|group| group.id == id);
                Remote::AddressGroup(
                    found.map_or(id.0.clone(), |group| self.of_project(&group.project, &group.name)),
                )
            }
        };
        Rule { direction, ethertype, traffic, remote }.to_string()
    }

    fn security_group(self, id: &SecurityGroupId) -> String {
        let found = self.0.security_groups.iter().flatten().find(|group| group.id == *id);
        found.map_or(id.0.clone(), |group| self.of_project(&group.project, &group.name))
    }

    fn of_project(self, project: &ProjectId, name: &str) -> String {
        let found = self.0.projects.iter().flatten().find(|one| one.id == *project);
        format!("{}/{name}", self.in_domain(found.map(|one| (&one.domain, &*one.name)), &project.0))
    }

    fn in_domain(self, named: Option<(&DomainId, &str)>, id: &str) -> String {
        let Some((domain, name)) = named else { return id.to_owned() };
        let found = self.0.domains.iter().flatten().find(|one| one.id == *domain);
        format!("{}/{name}", found.map_or(&*domain.0, |one| &one.name))
    }
}
