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
use cloudspec_crds::security_group::{self as declared, EvidencePolicy};
use cloudspec_crds::tenant::{RoleAssignment, Tenant, Unlisted, UnlistedTenantPolicy, UnlistedTenants};
use serde::{Deserialize, Serialize};

use super::cloud::{QuotaService, QuotaValues};
use super::rule::{Direction, Ethertype, Remote, Rule, Spelling, Traffic};

/// What must be true of one cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desired {
    /// Projects, in the order of their names.
    pub tenants: Vec<DesiredTenant>,
    /// Domains whose unlisted projects are reported.
    pub reported_domains: BTreeSet<String>,
    /// Security groups, in the order of their names.
    pub security_groups: Vec<DesiredGroup>,
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
        let mut tenants: Vec<DesiredTenant> = Vec::new();
        for (index, tenant) in spec.tenants.iter().flatten().enumerate() {
            tenants.push(tenant_from(tenant, &format!("spec.tenants[{index}]"), &mut wrong));
        }
        let mut security_groups: Vec<DesiredGroup> = Vec::new();
        for (index, group) in spec.security_groups.iter().flatten().enumerate() {
            security_groups.push(group_from(group, &format!("spec.securityGroups[{index}]"), &mut wrong));
        }
        refuse_twins("spec.tenants", tenants.iter().map(|tenant| &tenant.name), &mut wrong);
        refuse_twins(
            "spec.securityGroups",
            security_groups.iter().map(|group| (&group.name, &group.id)),
            &mut wrong,
        );
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let reported_domains = reported_domains(spec, &tenants);
        tenants.sort_by(|one, other| one.name.cmp(&other.name));
        security_groups.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        Ok(Self { tenants, reported_domains, security_groups })
    }
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

fn say(wrong: &mut Vec<Invalid>, field: String, message: impl fmt::Display) {
    wrong.push(Invalid { field, message: message.to_string() });
}

/// Says each entry that has the key of an earlier one.
fn refuse_twins<K: Ord>(list: &str, keys: impl Iterator<Item = K>, wrong: &mut Vec<Invalid>) {
    let mut first = BTreeMap::new();
    for (index, key) in keys.enumerate() {
        match first.get(&key) {
            Some(earlier) => {
                say(wrong, format!("{list}[{index}]"), format!("is listed before, at [{earlier}]: keep one"))
            }
            None => drop(first.insert(key, index)),
        }
    }
}

/// Keystone's and Neutron's limits on a name: 1 to 64 characters in Keystone, 255 in Neutron.
fn check_name(name: &str, longest: usize, field: String, wrong: &mut Vec<Invalid>) {
    let length = name.chars().count();
    if length == 0 || length > longest {
        say(wrong, field, format!("a name has 1 to {longest} characters, this one {length}"));
    }
}

const KEYSTONE_NAME: usize = 64;
const NEUTRON_NAME: usize = 255;

fn tenant_from(tenant: &Tenant, at: &str, wrong: &mut Vec<Invalid>) -> DesiredTenant {
    let Tenant { name, domain, id, description, enabled, tags, protected, quotas, roles, unlisted_roles } =
        tenant;
    check_name(name, KEYSTONE_NAME, format!("{at}.name"), wrong);
    check_name(domain, KEYSTONE_NAME, format!("{at}.domain"), wrong);
    let roles = roles.as_ref().map(|roles| {
        let read = |(index, role)| role_from(role, domain, &format!("{at}.roles[{index}]"), wrong);
        roles.iter().enumerate().filter_map(read).collect()
    });
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

fn role_from(
    role: &RoleAssignment,
    project_domain: &str,
    at: &str,
    wrong: &mut Vec<Invalid>,
) -> Option<DesiredRole> {
    let RoleAssignment { user, group, domain, role } = role;
    let domain = domain.as_deref().unwrap_or(project_domain).to_owned();
    check_name(role, 255, format!("{at}.role"), wrong);
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
            if limit < -1 {
                say(
                    wrong,
                    format!("{at}.quotas.{service}"),
                    format!("{resource} is {limit}: give 0 or more, or -1 for no limit"),
                );
            }
            values.insert(resource.to_owned(), limit);
        }
        if !values.is_empty() {
            all.insert(service, values);
        }
    }
    all
}

fn group_from(group: &declared::SecurityGroup, at: &str, wrong: &mut Vec<Invalid>) -> DesiredGroup {
    let declared::SecurityGroup { name, project, id, description, ingress, egress, unlisted_rules, evidence } =
        group;
    check_name(name, NEUTRON_NAME, format!("{at}.name"), wrong);
    check_name(&project.name, KEYSTONE_NAME, format!("{at}.project.name"), wrong);
    check_name(&project.domain, KEYSTONE_NAME, format!("{at}.project.domain"), wrong);
    let name = GroupName { project: tenant_name(project), name: name.clone() };
    let mut rules = BTreeMap::new();
    for (direction, listed) in [(Direction::Ingress, ingress), (Direction::Egress, egress)] {
        let Some(listed) = listed else { continue };
        let list = format!("{at}.{direction}");
        let mut read = Vec::new();
        for (index, rule) in listed.iter().enumerate() {
            match rule_from(rule, direction, &name.project) {
                Ok(rule) => read.push(rule),
                Err((field, message)) => say(wrong, format!("{list}[{index}]{field}"), message),
            }
        }
        if read.len() == listed.len() {
            refuse_twins(&list, read.iter().map(|rule| &rule.rule), wrong);
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

fn tenant_name(project: &declared::ProjectRef) -> TenantName {
    TenantName { domain: project.domain.clone(), name: project.name.clone() }
}

/// A field below the rule, with its leading dot, and what is wrong with it.
type WrongRule = (&'static str, String);

fn rule_from(
    rule: &declared::Rule,
    direction: Direction,
    owner: &TenantName,
) -> Result<DesiredRule, WrongRule> {
    let declared::Rule { ethertype, protocol, ports, icmp, from, to, description, evidence } = rule;
    let peer = match (direction, from, to) {
        (Direction::Ingress, peer, None) | (Direction::Egress, None, peer) => peer,
        (Direction::Ingress, _, Some(_)) => {
            return Err((".to", "an ingress rule has from, not to".to_owned()));
        }
        (Direction::Egress, Some(_), _) => {
            return Err((".from", "an egress rule has to, not from".to_owned()));
        }
    };
    let (remote, of_prefix) = remote_from(peer.as_ref(), owner)?;
    let ethertype = match (ethertype, of_prefix) {
        (Some(given), Some(prefix)) if *given != prefix => {
            return Err((".ethertype", format!("is {given:?}, and the cidr is {prefix:?}: leave it out")));
        }
        (Some(one), _) => *one,
        (None, Some(one)) => one,
        (None, None) => Ethertype::IPv4,
    };
    let (range_min, range_max) = range(ports.as_deref(), icmp.as_ref())?;
    let spelling = Spelling { protocol: protocol.as_deref(), range_min, range_max };
    let traffic =
        Traffic::from_spelling(&spelling, ethertype).map_err(|why| (".protocol", why.to_string()))?;
    match (&traffic, ports, icmp) {
        (Traffic::Icmp { .. }, Some(_), _) => {
            return Err((".ports", "ICMP has no ports: give icmp.type".to_owned()));
        }
        (Traffic::Ports { .. }, _, Some(_)) => return Err((".icmp", "only ICMP has a type".to_owned())),
        _ => {}
    }
    Ok(DesiredRule {
        rule: Rule { direction, ethertype, traffic, remote },
        description: description.clone().unwrap_or_default(),
        measured: evidence.is_some(),
    })
}

/// The range as Neutron has it: ports, or ICMP type and code.
fn range(
    ports: Option<&str>,
    icmp: Option<&declared::Icmp>,
) -> Result<(Option<i64>, Option<i64>), WrongRule> {
    match (ports, icmp) {
        (None, None) => Ok((None, None)),
        (None, Some(icmp)) => Ok((Some(icmp.kind.into()), icmp.code.map(i64::from))),
        (Some(_), Some(_)) => Err((".icmp", "give ports or icmp, not both".to_owned())),
        (Some(ports), None) => {
            let (min, max) = ports.split_once('-').unwrap_or((ports, ports));
            let number = |text: &str| text.parse::<u16>().ok().filter(|port| port.to_string() == text);
            match (number(min), number(max)) {
                (Some(min), Some(max)) => Ok((Some(min.into()), Some(max.into()))),
                _ => Err((
                    ".ports",
                    format!("{ports:?} is neither a port such as 443 nor a range such as 30000-32767"),
                )),
            }
        }
    }
}

type DesiredRemote = (Remote<PeerName, PeerName>, Option<Ethertype>);

fn remote_from(peer: Option<&declared::Peer>, owner: &TenantName) -> Result<DesiredRemote, WrongRule> {
    let Some(declared::Peer { cidr, group, address_group }) = peer else {
        return Ok((Remote::Anywhere, None));
    };
    match (cidr, group, address_group) {
        (Some(cidr), None, None) => network_from(cidr),
        (None, Some(group), None) => Ok((Remote::Group(peer_name(group, owner)?), None)),
        (None, None, Some(group)) => Ok((Remote::AddressGroup(peer_name(group, owner)?), None)),
        _ => Err((".from", "give exactly one of cidr, group and addressGroup".to_owned())),
    }
}

fn network_from(cidr: &str) -> Result<DesiredRemote, WrongRule> {
    let network: ipnet::IpNet = cidr.parse().map_err(|_| {
        (".cidr", format!("{cidr:?} is not a network such as 203.0.113.0/24 or 2001:db8::/32"))
    })?;
    if network.trunc() != network {
        return Err((".cidr", format!("{cidr} has host bits: did you mean {}?", network.trunc())));
    }
    let ethertype = match network {
        ipnet::IpNet::V4(_) => Ethertype::IPv4,
        ipnet::IpNet::V6(_) => Ethertype::IPv6,
    };
    Ok((Remote::network(network), Some(ethertype)))
}

fn peer_name(peer: &declared::PeerRef, owner: &TenantName) -> Result<PeerName, WrongRule> {
    let declared::PeerRef { name, id, project } = peer;
    match (name, id) {
        (Some(name), None) => {
            let project = project.as_ref().map_or_else(|| owner.clone(), tenant_name);
            Ok(PeerName::Name(GroupName { project, name: name.clone() }))
        }
        (None, Some(id)) => Ok(PeerName::Id(id.clone())),
        _ => Err((".from.group", "give exactly one of name and id".to_owned())),
    }
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
