//! Which listings a spec asks for: only what is compared.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::Desired;
use crate::model::cloud::QuotaService;
use crate::model::desired::{DesiredGroup, DesiredTenant, PrincipalName, TenantName};
use crate::model::rule::Remote;

/// A type of thing that is listed in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Domains.
    Domains,
    /// Projects.
    Projects,
    /// Roles.
    Roles,
    /// Role assignments.
    Assignments,
    /// Security groups with their rules.
    SecurityGroups,
    /// The rules of new security groups.
    InitialRules,
    /// Address groups.
    AddressGroups,
}

/// Which of many are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Which<T: Ord> {
    /// These.
    Named(BTreeSet<T>),
    /// All that there are.
    All,
}

impl<T: Ord> Default for Which<T> {
    fn default() -> Self {
        Self::Named(BTreeSet::new())
    }
}

impl<T: Ord> Which<T> {
    /// Whether this one is asked for.
    pub fn includes(&self, one: &T) -> bool {
        match self {
            Self::Named(names) => names.contains(one),
            Self::All => true,
        }
    }

    /// Whether none is asked for.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::Named(names) if names.is_empty())
    }

    fn add(&mut self, one: T) {
        match self {
            Self::Named(names) => drop(names.insert(one)),
            Self::All => {}
        }
    }
}

/// What an audit asks for. What is not in here is `NotAsked` in the snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Needs {
    /// Types that are listed whole.
    pub kinds: BTreeSet<Kind>,
    /// Domains, by name, whose users are listed.
    pub users: Which<String>,
    /// Domains, by name, whose groups of users are listed.
    pub groups: Which<String>,
    /// Projects, by name, whose limits are read, for each service.
    pub quotas: BTreeMap<QuotaService, Which<TenantName>>,
}

impl Needs {
    /// What the comparison with this spec reads.
    pub fn of(desired: &Desired) -> Self {
        // Certificates are not listed by the cloud.
        let Desired { tenants, reported_domains, security_groups, certificates: _ } = desired;
        let mut needs = Self::default();
        for tenant in tenants {
            needs.tenant(tenant);
        }
        if !reported_domains.is_empty() {
            needs.kinds.extend([Kind::Domains, Kind::Projects]);
        }
        for group in security_groups {
            needs.security_group(group);
        }
        needs
    }

    /// All that there is, with the limits in these services: what an import reads.
    pub fn everything(quotas: impl IntoIterator<Item = QuotaService>) -> Self {
        let kinds = BTreeSet::from([
            Kind::Domains,
            Kind::Projects,
            Kind::Roles,
            Kind::Assignments,
            Kind::SecurityGroups,
            Kind::InitialRules,
            Kind::AddressGroups,
        ]);
        let quotas = quotas.into_iter().map(|service| (service, Which::All)).collect();
        Self { kinds, users: Which::All, groups: Which::All, quotas }
    }

    fn tenant(&mut self, tenant: &DesiredTenant) {
        let DesiredTenant {
            name,
            id: _,
            description: _,
            enabled: _,
            tags: _,
            protected: _,
            quotas,
            roles,
            unlisted_roles: _,
        } = tenant;
        self.kinds.extend([Kind::Domains, Kind::Projects]);
        for service in quotas.keys() {
            self.quotas.entry(*service).or_default().add(name.clone());
        }
        if let Some(roles) = roles {
            self.kinds.extend([Kind::Roles, Kind::Assignments]);
            roles.iter().for_each(|role| self.principal(&role.principal));
        }
    }

    fn principal(&mut self, principal: &PrincipalName) {
        match principal {
            PrincipalName::User { domain, name: _ } => self.users.add(domain.clone()),
            PrincipalName::Group { domain, name: _ } => self.groups.add(domain.clone()),
        }
    }

    fn security_group(&mut self, group: &DesiredGroup) {
        let DesiredGroup { name: _, id: _, description: _, rules, unlisted_rules: _, evidence: _ } = group;
        self.kinds.extend([Kind::Domains, Kind::Projects, Kind::SecurityGroups, Kind::InitialRules]);
        let by_address_group =
            rules.values().flatten().any(|rule| matches!(rule.rule.remote, Remote::AddressGroup(_)));
        if by_address_group {
            self.kinds.insert(Kind::AddressGroups);
        }
    }
}
