//! What one audit saw.
//!
//! # Guarantees
//! A listing is either whole or [`Unknown`]; there is no partial one. "Not there" can only be said of a whole listing: every
//! lookup answers [`Lookup::Unknown`] where the listing that it needs is Unknown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::certificate::Certificates;
use super::cloud::{
    AddressGroup, ApplicationCredential, Assignment, CloudIdentity, Domain, Group, Project, QuotaService,
    QuotaValues, Role, SecurityGroup, User,
};
use super::ids::{DomainId, ProjectId, UserId};
use super::rule::Rule;

/// A whole listing, or why there is none.
pub type Sighting<T> = Result<T, Unknown>;

/// Why something could not be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
#[error("{service}: {message}")]
#[serde(rename_all = "camelCase")]
pub struct Unknown {
    /// The service that was asked.
    pub service: String,
    /// Stable CamelCase name: `Forbidden`, `Timeout`, `ReachNotProven`, ….
    pub reason: String,
    /// In words, with the remedy where there is one.
    pub message: String,
}

/// The reason where no one asked.
const NOT_ASKED: &str = "NotAsked";

impl Unknown {
    /// Nothing is known of what no one asked for.
    pub fn not_asked(service: impl Into<String>, what: impl std::fmt::Display) -> Self {
        let (service, reason) = (service.into(), NOT_ASKED.to_owned());
        Self { service, reason, message: format!("{what} were not asked for") }
    }

    /// Whether someone asked.
    pub fn was_asked(&self) -> bool {
        self.reason != NOT_ASKED
    }
}

/// What one audit saw of one cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The cloud.
    pub cloud: CloudIdentity,
    /// All domains.
    pub domains: Sighting<Vec<Domain>>,
    /// All projects.
    pub projects: Sighting<Vec<Project>>,
    /// All users of each domain that was asked: a domain may keep its users in a directory of its own, which only a listing of
    /// that domain shows.
    pub users: BTreeMap<DomainId, Sighting<Vec<User>>>,
    /// All groups of users of each domain that was asked.
    pub groups: BTreeMap<DomainId, Sighting<Vec<Group>>>,
    /// All roles.
    pub roles: Sighting<Vec<Role>>,
    /// All direct role assignments on projects.
    pub assignments: Sighting<Vec<Assignment>>,
    /// Application credentials of the users whose roles a plan could remove.
    pub application_credentials: BTreeMap<UserId, Sighting<Vec<ApplicationCredential>>>,
    /// All security groups of all projects, rules included.
    pub security_groups: Sighting<Vec<SecurityGroup>>,
    /// The rules that Neutron puts into each new group that is not a project's `default`.
    pub initial_rules: Sighting<Vec<Rule>>,
    /// All address groups.
    pub address_groups: Sighting<Vec<AddressGroup>>,
    /// Limits of the projects that were asked for.
    pub quotas: BTreeMap<QuotaService, BTreeMap<ProjectId, Sighting<QuotaValues>>>,
    /// Certificates, each with the time at which it was looked at.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub certificates: Certificates,
}

/// The answer to "is it there?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<T> {
    /// Exactly one.
    Present(T),
    /// None, in a whole listing.
    Absent,
    /// More than one; their ids.
    Ambiguous(Vec<String>),
    /// It could not be told.
    Unknown(Unknown),
}

impl<T> Lookup<T> {
    /// The same answer about a part of what was found.
    pub fn map<U>(self, part: impl FnOnce(T) -> U) -> Lookup<U> {
        match self {
            Self::Present(found) => Lookup::Present(part(found)),
            Self::Absent => Lookup::Absent,
            Self::Ambiguous(ids) => Lookup::Ambiguous(ids),
            Self::Unknown(why) => Lookup::Unknown(why),
        }
    }

    /// Goes on from what was found; every other answer stays.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> Lookup<U>) -> Lookup<U> {
        match self {
            Self::Present(found) => next(found),
            Self::Absent => Lookup::Absent,
            Self::Ambiguous(ids) => Lookup::Ambiguous(ids),
            Self::Unknown(why) => Lookup::Unknown(why),
        }
    }
}

/// The one that fits, of a listing.
pub fn the_one<T>(
    listing: &Sighting<Vec<T>>,
    fits: impl Fn(&T) -> bool,
    id: impl Fn(&T) -> &str,
) -> Lookup<&T> {
    let all = match listing {
        Ok(all) => all,
        Err(why) => return Lookup::Unknown(why.clone()),
    };
    let found: Vec<&T> = all.iter().filter(|one| fits(one)).collect();
    match found.as_slice() {
        [] => Lookup::Absent,
        [one] => Lookup::Present(one),
        several => {
            let mut ids: Vec<String> = several.iter().map(|one| id(one).to_owned()).collect();
            ids.sort();
            Lookup::Ambiguous(ids)
        }
    }
}

impl Snapshot {
    /// The domain of this name.
    pub fn domain(&self, name: &str) -> Lookup<&Domain> {
        the_one(&self.domains, |domain| domain.name == name, |domain| &domain.id.0)
    }

    /// The project of this name in the domain of that name.
    pub fn project(&self, name: &str, domain: &str) -> Lookup<&Project> {
        self.domain(domain).and_then(|domain| {
            let fits = |project: &Project| project.name == name && project.domain == domain.id;
            the_one(&self.projects, fits, |project| &project.id.0)
        })
    }

    /// The user of this name in that domain.
    pub fn user(&self, name: &str, domain: &DomainId) -> Lookup<&User> {
        match self.users.get(domain) {
            Some(users) => the_one(users, |user| user.name == name, |user| &user.id.0),
            None => Lookup::Unknown(Unknown::not_asked("identity", format_args!("users of domain {domain}"))),
        }
    }

    /// The group of this name in that domain.
    pub fn group(&self, name: &str, domain: &DomainId) -> Lookup<&Group> {
        match self.groups.get(domain) {
            Some(groups) => the_one(groups, |group| group.name == name, |group| &group.id.0),
            None => {
                Lookup::Unknown(Unknown::not_asked("identity", format_args!("groups of domain {domain}")))
            }
        }
    }

    /// The global role of this name; Keystone compares role names without regard to case, and so does this.
    pub fn role(&self, name: &str) -> Lookup<&Role> {
        let fits = |role: &Role| role.domain.is_none() && role.name.eq_ignore_ascii_case(name);
        the_one(&self.roles, fits, |role| &role.id.0)
    }

    /// The security group of this name in that project; an id, where given, must fit too.
    pub fn security_group(
        &self,
        name: &str,
        project: &ProjectId,
        id: Option<&str>,
    ) -> Lookup<&SecurityGroup> {
        let fits = |group: &SecurityGroup| {
            group.name == name && group.project == *project && id.is_none_or(|id| group.id.0 == id)
        };
        the_one(&self.security_groups, fits, |group| &group.id.0)
    }
}
