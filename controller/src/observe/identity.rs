//! Keystone: domains, projects, users, groups, roles, assignments, application credentials.
//!
//! # Assumptions
//! The credential is scoped to the system or to a project (a login with a domain's scope is refused before): then Keystone
//! lists everything or answers 403. Users and groups are asked for by domain, because a domain with a directory of its own (LDAP) is left out of any
//! other listing, without a word.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde::Deserialize;

use super::needs::{Kind, Needs, Which};
use super::port::{CloudRead, Listing};
use super::rows::sighting;
use crate::model::cloud::{ApplicationCredential, Assignment, Domain, Group, Principal, Project, Role, User};
use crate::model::ids::{DomainId, GroupId, ProjectId, RoleId, UserId};
use crate::model::{Sighting, Unknown};

/// What was seen of Keystone.
pub(super) struct Seen {
    pub(super) domains: Sighting<Vec<Domain>>,
    pub(super) projects: Sighting<Vec<Project>>,
    pub(super) users: BTreeMap<DomainId, Sighting<Vec<User>>>,
    pub(super) groups: BTreeMap<DomainId, Sighting<Vec<Group>>>,
    pub(super) roles: Sighting<Vec<Role>>,
    pub(super) assignments: Sighting<Vec<Assignment>>,
}

pub(super) async fn collect(read: &dyn CloudRead, needs: &Needs) -> Seen {
    let by_domain = async {
        let domains = domains(read, needs).await;
        let (users, groups) = tokio::join!(
            join_all(of_domains(&domains, &needs.users).into_iter().map(|domain| users(read, domain))),
            join_all(of_domains(&domains, &needs.groups).into_iter().map(|domain| groups(read, domain))),
        );
        (domains, users, groups)
    };
    let ((domains, users, groups), projects, roles, assignments) =
        tokio::join!(by_domain, projects(read, needs), roles(read, needs), assignments(read, needs));
    let (users, groups) = (users.into_iter().collect(), groups.into_iter().collect());
    Seen { domains, projects, users, groups, roles, assignments }
}

fn of_domains(domains: &Sighting<Vec<Domain>>, which: &Which<String>) -> Vec<DomainId> {
    let all = domains.iter().flatten();
    all.filter(|domain| which.includes(&domain.name)).map(|domain| domain.id.clone()).collect()
}

/// `NotAsked`, unless it is asked for.
pub(super) fn asked(needs: &Needs, kind: Kind, listing: &Listing) -> Result<(), Unknown> {
    match needs.kinds.contains(&kind) {
        true => Ok(()),
        false => Err(Unknown::not_asked(listing.service().name(), listing)),
    }
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
    #[serde(default)]
    domain_id: Option<String>,
}

impl Named {
    fn in_domain(self) -> Result<(String, String, DomainId), String> {
        let Self { id, name, domain_id } = self;
        let domain = domain_id.ok_or("it has no domain_id")?;
        Ok((id, name, DomainId(domain)))
    }
}

async fn domains(read: &dyn CloudRead, needs: &Needs) -> Sighting<Vec<Domain>> {
    // Users and groups are asked for by their domain's id.
    if needs.users.is_none() && needs.groups.is_none() {
        asked(needs, Kind::Domains, &Listing::Domains)?;
    }
    let domain = |Named { id, name, domain_id: _ }| Ok(Some(Domain { id: DomainId(id), name }));
    sighting(read, &Listing::Domains, domain, |domain| domain.id.clone()).await
}

async fn users(read: &dyn CloudRead, domain: DomainId) -> (DomainId, Sighting<Vec<User>>) {
    let user = |row: Named| {
        let (id, name, domain) = row.in_domain()?;
        Ok(Some(User { id: UserId(id), name, domain }))
    };
    let seen = sighting(read, &Listing::Users(domain.clone()), user, |user| user.id.clone()).await;
    (domain, seen)
}

async fn groups(read: &dyn CloudRead, domain: DomainId) -> (DomainId, Sighting<Vec<Group>>) {
    let group = |row: Named| {
        let (id, name, domain) = row.in_domain()?;
        Ok(Some(Group { id: GroupId(id), name, domain }))
    };
    let seen = sighting(read, &Listing::Groups(domain.clone()), group, |group| group.id.clone()).await;
    (domain, seen)
}

async fn roles(read: &dyn CloudRead, needs: &Needs) -> Sighting<Vec<Role>> {
    asked(needs, Kind::Roles, &Listing::Roles)?;
    let role = |Named { id, name, domain_id }| {
        Ok(Some(Role { id: RoleId(id), name, domain: domain_id.map(DomainId) }))
    };
    sighting(read, &Listing::Roles, role, |role| role.id.clone()).await
}

#[derive(Deserialize)]
struct ProjectRow {
    id: String,
    name: String,
    domain_id: Option<String>,
    description: Option<String>,
    enabled: bool,
    #[serde(default)]
    is_domain: bool,
    #[serde(default)]
    tags: BTreeSet<String>,
    #[serde(default)]
    options: Options,
}

#[derive(Default, Deserialize)]
struct Options {
    immutable: Option<bool>,
}

async fn projects(read: &dyn CloudRead, needs: &Needs) -> Sighting<Vec<Project>> {
    asked(needs, Kind::Projects, &Listing::Projects)?;
    sighting(read, &Listing::Projects, project, |project| project.id.clone()).await
}

fn project(row: ProjectRow) -> Result<Option<Project>, String> {
    let ProjectRow { id, name, domain_id, description, enabled, is_domain, tags, options } = row;
    if is_domain {
        return Ok(None);
    }
    Ok(Some(Project {
        id: ProjectId(id),
        name,
        domain: DomainId(domain_id.ok_or("it has no domain_id")?),
        description: description.unwrap_or_default(),
        enabled,
        tags,
        immutable: options.immutable.unwrap_or(false),
    }))
}

#[derive(Deserialize)]
struct AssignmentRow {
    role: Id,
    scope: Scope,
    user: Option<Id>,
    group: Option<Id>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct Scope {
    project: Option<Id>,
    #[serde(rename = "OS-INHERIT:inherited_to")]
    inherited_to: Option<String>,
}

async fn assignments(read: &dyn CloudRead, needs: &Needs) -> Sighting<Vec<Assignment>> {
    asked(needs, Kind::Assignments, &Listing::RoleAssignments)?;
    sighting(read, &Listing::RoleAssignments, assignment, Assignment::clone).await
}

/// Only what is given directly on a project is compared: not on a domain or the system, not what is inherited.
fn assignment(row: AssignmentRow) -> Result<Option<Assignment>, String> {
    let AssignmentRow { role, scope: Scope { project, inherited_to }, user, group } = row;
    let (Some(project), None) = (project, inherited_to) else { return Ok(None) };
    let principal = match (user, group) {
        (Some(user), None) => Principal::User(UserId(user.id)),
        (None, Some(group)) => Principal::Group(GroupId(group.id)),
        (Some(_), Some(_)) | (None, None) => {
            return Err("it names not exactly one of user and group".to_owned());
        }
    };
    Ok(Some(Assignment { project: ProjectId(project.id), principal, role: RoleId(role.id) }))
}

#[derive(Deserialize)]
struct CredentialRow {
    id: String,
    name: String,
    project_id: String,
}

/// The application credentials of one user.
pub(super) async fn application_credentials(
    read: &dyn CloudRead,
    user: &UserId,
) -> Sighting<Vec<ApplicationCredential>> {
    let credential = |CredentialRow { id, name, project_id }| {
        Ok(Some(ApplicationCredential { id, name, user: user.clone(), project: ProjectId(project_id) }))
    };
    let listing = Listing::ApplicationCredentials(user.clone());
    sighting(read, &listing, credential, |credential| credential.id.clone()).await
}
