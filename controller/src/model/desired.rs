//! A CloudSpec after validation: what must be true, in the words that the diff compares.
//!
//! What comes in: the spec as the API server stores it. What goes out: [`Desired`], or every field that is wrong.
//!
//! # Guarantees
//! All that admission refuses is refused here too: a spec that came past it (an older definition, a local file) is answered
//! with the field's path, never with a panic and never by leaving something out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cloudspec_crds::CloudSpecSpec;
use cloudspec_crds::quota::Quotas;
use cloudspec_crds::rules::{
    MOST_CERTIFICATES, MOST_GROUPS, MOST_OCTAVIA_QUOTA, MOST_QUOTA, MOST_ROLES, MOST_RULES, MOST_TENANTS,
};
use cloudspec_crds::security_group::{self as declared, EvidencePolicy};
use cloudspec_crds::tenant::{RoleAssignment, Tenant, Unlisted, UnlistedTenantPolicy, UnlistedTenants};
use serde::{Deserialize, Serialize};

use super::certificate::DesiredCertificate;
use super::cloud::{QuotaService, QuotaValues};
use super::desired_certificate::certificate_from;
use super::desired_rule::rule_from;
use super::rule::{Direction, Rule};
use super::validate::{self, KEYSTONE_NAME, LONG_NAME, NEUTRON_DESCRIPTION, NEUTRON_ID, say};

/// What must be true of one cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desired {
    /// Projects, in the order of their names.
    pub tenants: Vec<DesiredTenant>,
    /// Domains whose unlisted projects are reported.
    pub reported_domains: BTreeSet<String>,
    /// Security groups, in the order of their names.
    pub security_groups: Vec<DesiredGroup>,
    /// Certificates, in the order of their names.
    pub certificates: Vec<DesiredCertificate>,
}

/// A project by the name of its domain and its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TenantName {
    /// Name of the domain.
    pub domain: String,
    /// Name of the project.
    pub name: String,
}

/// A security group by the name of its project and its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupName {
    /// The project.
    pub project: TenantName,
    /// Name of the group.
    pub name: String,
}

/// A project as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredTenant {
    /// Which.
    pub name: TenantName,
    /// Its id, where given.
    pub id: Option<String>,
    /// Its description, where compared.
    pub description: Option<String>,
    /// Whether enabled, where compared.
    pub enabled: Option<bool>,
    /// Its tags, where compared.
    pub tags: Option<BTreeSet<String>>,
    /// `options.immutable`, where compared.
    pub protected: Option<bool>,
    /// Limits by service, only those that are compared.
    pub quotas: BTreeMap<QuotaService, QuotaValues>,
    /// Role assignments, where compared.
    pub roles: Option<BTreeSet<DesiredRole>>,
    /// What to do with other assignments.
    pub unlisted_roles: Unlisted,
}

/// A user or a group of users, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PrincipalName {
    /// A user.
    User {
        /// Name of the domain.
        domain: String,
        /// Name of the user.
        name: String,
    },
    /// A group of users.
    Group {
        /// Name of the domain.
        domain: String,
        /// Name of the group.
        name: String,
    },
}

/// A role assignment as declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DesiredRole {
    /// Who.
    pub principal: PrincipalName,
    /// Name of the role, in lower case as Keystone compares it.
    pub role: String,
}

/// A security group as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredGroup {
    /// Which.
    pub name: GroupName,
    /// Its id, where given.
    pub id: Option<String>,
    /// Its description, where compared.
    pub description: Option<String>,
    /// Directions that are compared, each with its rules.
    pub rules: BTreeMap<Direction, Vec<DesiredRule>>,
    /// What to do with other rules of a compared direction.
    pub unlisted_rules: Unlisted,
    /// Whether narrowing needs evidence.
    pub evidence: EvidencePolicy,
}

/// A group that a rule names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PeerName {
    /// By its project and name.
    Name(GroupName),
    /// By its id.
    Id(String),
}

/// A rule as declared, in normal form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DesiredRule {
    /// Its normal form; groups by name.
    pub rule: Rule<PeerName, PeerName>,
    /// The description that a new rule gets.
    pub description: String,
    /// Whether a measurement is given.
    pub measured: bool,
}

/// A field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Invalid {
    /// Path of the field, such as `spec.securityGroups[0].ingress[2].ports`.
    pub field: String,
    /// What is wrong, and the remedy.
    pub message: String,
}

impl Desired {
    /// Validates a spec.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn from_spec(spec: &CloudSpecSpec) -> Result<Self, Vec<Invalid>> {
        let mut wrong = Vec::new();
        validate::head(spec, &mut wrong);
        validate::size(spec.tenants.as_ref(), MOST_TENANTS, "spec.tenants", &mut wrong);
        validate::size(spec.security_groups.as_ref(), MOST_GROUPS, "spec.securityGroups", &mut wrong);
        let mut tenants: Vec<DesiredTenant> = Vec::new();
        for (index, tenant) in spec.tenants.iter().flatten().enumerate() {
            tenants.push(tenant_from(tenant, &format!("spec.tenants[{index}]"), &mut wrong));
        }
        let mut security_groups: Vec<DesiredGroup> = Vec::new();
        for (index, group) in spec.security_groups.iter().flatten().enumerate() {
            security_groups.push(group_from(group, &format!("spec.securityGroups[{index}]"), &mut wrong));
        }
        let mut certificates = certificates_from(spec, &mut wrong);
        refuse_twins(&tenants, &security_groups, &mut wrong);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let reported_domains = reported_domains(spec, &tenants);
        tenants.sort_by(|one, other| one.name.cmp(&other.name));
        security_groups.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        certificates.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Self { tenants, reported_domains, security_groups, certificates })
    }
}

fn certificates_from(spec: &CloudSpecSpec, wrong: &mut Vec<Invalid>) -> Vec<DesiredCertificate> {
    let list = "spec.certificates";
    validate::size(spec.certificates.as_ref(), MOST_CERTIFICATES, list, wrong);
    validate::twins(list, spec.certificates.iter().flatten().map(|certificate| &certificate.name), wrong);
    let mut certificates = Vec::new();
    for (index, certificate) in spec.certificates.iter().flatten().enumerate() {
        let at = format!("{list}[{index}]");
        let can_write = spec.cloud.apply.as_ref().map(|apply| &apply.secret_name);
        let read = certificate.from.secret.as_ref().map(|key| &key.name);
        if read.is_some() && read == can_write {
            let message = "is the Secret of spec.cloud.apply, which is opened only while an approved plan is applied: \
                           put the certificate into another";
            say(wrong, format!("{at}.from.secret.name"), message);
        }
        certificates.extend(certificate_from(certificate, &at, wrong));
    }
    certificates
}

/// Two entries for one project or group. A group without an id is every group of its name.
fn refuse_twins(tenants: &[DesiredTenant], groups: &[DesiredGroup], wrong: &mut Vec<Invalid>) {
    validate::twins("spec.tenants", tenants.iter().map(|tenant| &tenant.name), wrong);
    validate::some_twins("spec.tenants", tenants.iter().map(|tenant| tenant.id.as_ref()), wrong);
    let list = "spec.securityGroups";
    let by_name_alone: BTreeSet<&GroupName> =
        groups.iter().filter(|group| group.id.is_none()).map(|group| &group.name).collect();
    let names = groups.iter().map(|group| by_name_alone.contains(&group.name).then_some(&group.name));
    validate::some_twins(list, names, wrong);
    validate::some_twins(list, groups.iter().map(|group| group.id.as_ref()), wrong);
}

fn reported_domains(spec: &CloudSpecSpec, tenants: &[DesiredTenant]) -> BTreeSet<String> {
    let UnlistedTenants { policy, domains } = &spec.unlisted_tenants;
    match policy {
        UnlistedTenantPolicy::Ignore => BTreeSet::new(),
        UnlistedTenantPolicy::Report if domains.is_empty() => {
            tenants.iter().map(|tenant| tenant.name.domain.clone()).collect()
        }
        UnlistedTenantPolicy::Report => domains.iter().cloned().collect(),
    }
}

const KEYSTONE_DESCRIPTION: usize = 65535;
const MOST_TAGS: u32 = 80;

fn tenant_from(tenant: &Tenant, at: &str, wrong: &mut Vec<Invalid>) -> DesiredTenant {
    let Tenant { name, domain, id, description, enabled, tags, protected, quotas, roles, unlisted_roles } =
        tenant;
    validate::name(name, KEYSTONE_NAME, format!("{at}.name"), wrong);
    validate::name(domain, KEYSTONE_NAME, format!("{at}.domain"), wrong);
    validate::keystone_id(id.as_deref(), format!("{at}.id"), wrong);
    validate::text(description.as_deref(), KEYSTONE_DESCRIPTION, format!("{at}.description"), wrong);
    validate::size(tags.as_ref(), MOST_TAGS, format!("{at}.tags"), wrong);
    validate::tags(tags.as_deref().unwrap_or_default(), &format!("{at}.tags"), wrong);
    let roles = roles.as_ref().map(|roles| roles_from(roles, domain, &format!("{at}.roles"), wrong));
    DesiredTenant {
        name: TenantName { domain: domain.clone(), name: name.clone() },
        id: id.clone(),
        description: description.clone(),
        enabled: *enabled,
        tags: tags.as_ref().map(|tags| tags.iter().cloned().collect()),
        protected: *protected,
        quotas: quotas.as_ref().map(|quotas| quotas_from(quotas, at, wrong)).unwrap_or_default(),
        roles,
        unlisted_roles: *unlisted_roles,
    }
}

fn roles_from(
    listed: &Vec<RoleAssignment>,
    project_domain: &str,
    at: &str,
    wrong: &mut Vec<Invalid>,
) -> BTreeSet<DesiredRole> {
    validate::size(Some(listed), MOST_ROLES, at, wrong);
    let mut read = Vec::new();
    for (index, role) in listed.iter().enumerate() {
        read.push(role_from(role, project_domain, &format!("{at}[{index}]"), wrong));
    }
    validate::some_twins(at, read.iter().map(Option::as_ref), wrong);
    read.into_iter().flatten().collect()
}

fn role_from(
    role: &RoleAssignment,
    project_domain: &str,
    at: &str,
    wrong: &mut Vec<Invalid>,
) -> Option<DesiredRole> {
    let RoleAssignment { user, group, domain, role } = role;
    let domain = domain.as_deref().unwrap_or(project_domain).to_owned();
    validate::name(role, LONG_NAME, format!("{at}.role"), wrong);
    validate::name(&domain, KEYSTONE_NAME, format!("{at}.domain"), wrong);
    for (name, longest, field) in [(user, LONG_NAME, "user"), (group, KEYSTONE_NAME, "group")] {
        if let Some(name) = name {
            validate::name(name, longest, format!("{at}.{field}"), wrong);
        }
    }
    let principal = match (user.clone(), group.clone()) {
        (Some(name), None) => PrincipalName::User { domain, name },
        (None, Some(name)) => PrincipalName::Group { domain, name },
        _ => {
            say(wrong, at.to_owned(), "give exactly one of user and group");
            return None;
        }
    };
    Some(DesiredRole { principal, role: role.to_lowercase() })
}

fn quotas_from(quotas: &Quotas, at: &str, wrong: &mut Vec<Invalid>) -> BTreeMap<QuotaService, QuotaValues> {
    let Quotas { compute, volume, network, load_balancer, key_manager } = quotas;
    let given = [
        (QuotaService::Compute, compute.as_ref().map(|quota| quota.given())),
        (QuotaService::Volume, volume.as_ref().map(|quota| quota.given())),
        (QuotaService::Network, network.as_ref().map(|quota| quota.given())),
        (QuotaService::LoadBalancer, load_balancer.as_ref().map(|quota| quota.given())),
        (QuotaService::KeyManager, key_manager.as_ref().map(|quota| quota.given())),
    ];
    let mut all = BTreeMap::new();
    for (service, numbers) in given {
        let mut values = QuotaValues::new();
        for (resource, limit) in numbers.unwrap_or_default() {
            if limit < -1 || limit > most(service) {
                let message =
                    format!("{resource} is {limit}: give 0 to {}, or -1 for no limit", most(service));
                say(wrong, format!("{at}.quotas.{}", field_of(service)), message);
            }
            values.insert(resource.to_owned(), limit);
        }
        if !values.is_empty() {
            all.insert(service, values);
        }
    }
    all
}

fn most(service: QuotaService) -> i64 {
    match service {
        QuotaService::LoadBalancer => MOST_OCTAVIA_QUOTA,
        QuotaService::Compute | QuotaService::Volume | QuotaService::Network | QuotaService::KeyManager => {
            MOST_QUOTA
        }
    }
}

/// The field of a service below `quotas`.
fn field_of(service: QuotaService) -> &'static str {
    match service {
        QuotaService::Compute => "compute",
        QuotaService::Volume => "volume",
        QuotaService::Network => "network",
        QuotaService::LoadBalancer => "loadBalancer",
        QuotaService::KeyManager => "keyManager",
    }
}

fn group_from(group: &declared::SecurityGroup, at: &str, wrong: &mut Vec<Invalid>) -> DesiredGroup {
    let declared::SecurityGroup { name, project, id, description, ingress, egress, unlisted_rules, evidence } =
        group;
    validate::name(name, LONG_NAME, format!("{at}.name"), wrong);
    validate::name(&project.name, KEYSTONE_NAME, format!("{at}.project.name"), wrong);
    validate::name(&project.domain, KEYSTONE_NAME, format!("{at}.project.domain"), wrong);
    validate::text(description.as_deref(), NEUTRON_DESCRIPTION, format!("{at}.description"), wrong);
    if id.as_deref().is_some_and(|id| !validate::is_neutron_id(id)) {
        say(wrong, format!("{at}.id"), NEUTRON_ID);
    }
    let name = GroupName { project: tenant_name(project), name: name.clone() };
    let mut rules = BTreeMap::new();
    for (direction, listed) in [(Direction::Ingress, ingress), (Direction::Egress, egress)] {
        let Some(listed) = listed else { continue };
        let list = format!("{at}.{direction}");
        validate::size(Some(listed), MOST_RULES, &list, wrong);
        let mut read = Vec::new();
        for (index, rule) in listed.iter().enumerate() {
            match rule_from(rule, direction, &name.project) {
                Ok(rule) => read.push(rule),
                Err((field, message)) => say(wrong, format!("{list}[{index}]{field}"), message),
            }
        }
        if read.len() == listed.len() {
            validate::twins(&list, read.iter().map(|rule| &rule.rule), wrong);
        }
        rules.insert(direction, read);
    }
    DesiredGroup {
        name,
        id: id.clone(),
        description: description.clone(),
        rules,
        unlisted_rules: *unlisted_rules,
        evidence: *evidence,
    }
}

pub(super) fn tenant_name(project: &declared::ProjectRef) -> TenantName {
    TenantName { domain: project.domain.clone(), name: project.name.clone() }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.domain, self.name)
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.project, self.name)
    }
}

impl fmt::Display for PeerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Id(id) => f.write_str(id),
        }
    }
}

impl fmt::Display for PrincipalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User { domain, name } => write!(f, "user {domain}/{name}"),
            Self::Group { domain, name } => write!(f, "group {domain}/{name}"),
        }
    }
}

impl fmt::Display for DesiredRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has role {}", self.principal, self.role)
    }
}
