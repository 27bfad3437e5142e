//! Random specs and worlds over small alphabets, so that names collide and things match.

use std::collections::{BTreeMap, BTreeSet};

use cloudspec::model::cloud::{
    AddressGroup, ApplicationCredential, Assignment, CloudIdentity, Domain, Group, Principal, Project,
    QuotaService, Role, SecurityGroup, SeenRule, User,
};
use cloudspec::model::desired::{
    DesiredGroup, DesiredRole, DesiredRule, DesiredTenant, GroupName, PeerName, PrincipalName, TenantName,
};
use cloudspec::model::ids::{DomainId, ProjectId, SecurityGroupId};
use cloudspec::model::rule::{Direction, Ethertype, Remote, Rule, Traffic};
use cloudspec::model::{Desired, Sighting, Snapshot, Unknown};
use cloudspec_crds::security_group::EvidencePolicy;
use cloudspec_crds::tenant::Unlisted;

use super::world::default_limits;

/// Choices, one byte each; where they end, the first choice is taken, so that a shorter list is a simpler case.
pub(crate) struct Dice {
    bytes: Vec<u8>,
    at: usize,
}

impl Dice {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, at: 0 }
    }

    /// Less than `of`.
    pub(crate) fn roll(&mut self, of: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % of
    }

    /// Once in `of` times; never where the choices have ended.
    pub(crate) fn once_in(&mut self, of: usize) -> bool {
        self.roll(of) + 1 == of
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())].clone()
    }

    pub(crate) fn some<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.once_in(2).then(|| value(self))
    }

    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.roll(last + 1));
        }
    }
}

/// How far a random case may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Everything can be told, is unambiguous, and may be corrected.
    Tame,
    /// Names that are not there, ambiguous ones, ids that do not fit, policies that forbid.
    Wild,
}

const DOMAINS: [&str; 2] = ["d1", "d2"];
const PROJECTS: [&str; 2] = ["a", "b"];
const GROUPS: [&str; 3] = ["web", "db", "default"];
const SERVICES: [QuotaService; 3] = [QuotaService::Compute, QuotaService::Volume, QuotaService::KeyManager];

pub(crate) fn unknown(service: &str) -> Unknown {
    Unknown { service: service.into(), reason: "Timeout".into(), message: "no answer within 30 s".into() }
}

fn domain_id(name: &str) -> String {
    format!("{name}-id")
}

pub(crate) fn world(dice: &mut Dice, mood: Mood) -> Snapshot {
    let domains =
        DOMAINS.map(|name| Domain { id: domain_id(name).as_str().into(), name: name.into() }).to_vec();
    let mut projects = Vec::new();
    for domain in DOMAINS {
        for name in PROJECTS {
            if !dice.once_in(4) {
                projects.push(project(dice, domain, name));
            }
        }
    }
    let user = |name: &str| User {
        id: format!("u-{name}").as_str().into(),
        name: name.into(),
        domain: domain_id("d1").as_str().into(),
    };
    let users: Vec<User> = ["ann", "bob"].map(user).to_vec();
    let groups =
        vec![Group { id: "g-ops".into(), name: "ops".into(), domain: domain_id("d1").as_str().into() }];
    let roles = ["member", "reader"]
        .map(|name| Role { id: format!("r-{name}").as_str().into(), name: name.into(), domain: None })
        .to_vec();
    let assignments = assignments(dice, &projects);
    let application_credentials = users
        .iter()
        .filter(|_| mood == Mood::Tame || !dice.once_in(4))
        .map(|user| (user.id.clone(), Ok(credentials(&user.id.0, &projects))))
        .collect();
    let security_groups = security_groups(dice, mood, &projects);
    let quotas = SERVICES.map(|service| {
        let of = |project: &Project| (project.id.clone(), Ok(limits(dice, service)));
        (service, projects.iter().map(of).collect())
    });
    let address_groups = match projects.first() {
        Some(owner) => {
            vec![AddressGroup { id: "ag-1".into(), name: "offices".into(), project: owner.id.clone() }]
        }
        None => vec![],
    };
    let out = |ethertype| Rule {
        direction: Direction::Egress,
        ethertype,
        traffic: Traffic::Any,
        remote: Remote::Anywhere,
    };
    let initial_rules = match (mood, dice.roll(4)) {
        (Mood::Wild, 3) => Err(unknown("network")),
        (_, 2) => Ok(vec![]),
        _ => Ok(vec![out(Ethertype::IPv4), out(Ethertype::IPv6)]),
    };
    Snapshot {
        cloud: CloudIdentity {
            auth_url: "http://127.0.0.1:5000".into(),
            region: "RegionOne".into(),
            endpoints: [].into(),
        },
        projects: Ok(projects),
        users: by_domain(&domains, &users, |user| &user.domain),
        groups: by_domain(&domains, &groups, |group| &group.domain),
        domains: Ok(domains),
        roles: Ok(roles),
        assignments: Ok(assignments),
        application_credentials,
        security_groups: Ok(security_groups),
        initial_rules,
        address_groups: Ok(address_groups),
        quotas: quotas.into_iter().collect(),
        certificates: [].into(),
    }
}

fn project(dice: &mut Dice, domain: &str, name: &str) -> Project {
    Project {
        id: format!("p-{domain}-{name}").as_str().into(),
        name: name.into(),
        domain: domain_id(domain).as_str().into(),
        description: dice.pick(&["", "x"]).to_owned(),
        enabled: !dice.once_in(3),
        tags: tags(dice),
        immutable: dice.once_in(4),
    }
}

fn tags(dice: &mut Dice) -> BTreeSet<String> {
    if dice.once_in(2) { BTreeSet::from(["gold".to_owned()]) } else { BTreeSet::new() }
}

fn principals() -> Vec<Principal> {
    vec![Principal::User("u-ann".into()), Principal::User("u-bob".into()), Principal::Group("g-ops".into())]
}

fn assignments(dice: &mut Dice, projects: &[Project]) -> Vec<Assignment> {
    let mut all = Vec::new();
    for project in projects {
        for principal in principals() {
            for role in ["r-member", "r-reader"] {
                if dice.once_in(4) {
                    let principal = principal.clone();
                    all.push(Assignment { project: project.id.clone(), principal, role: role.into() });
                }
            }
        }
    }
    all
}

fn credentials(user: &str, projects: &[Project]) -> Vec<ApplicationCredential> {
    let credential = |project: &Project| ApplicationCredential {
        id: format!("c-{user}-{}", project.id),
        name: "deploy".into(),
        user: user.into(),
        project: project.id.clone(),
    };
    projects.iter().take(1).map(credential).collect()
}

fn limits(dice: &mut Dice, service: QuotaService) -> BTreeMap<String, i64> {
    default_limits(service).into_keys().map(|limit| (limit, dice.pick(&[8, 16]))).collect()
}

fn security_groups(dice: &mut Dice, mood: Mood, projects: &[Project]) -> Vec<SecurityGroup> {
    let mut all = Vec::new();
    for project in projects {
        for name in GROUPS {
            let most = if mood == Mood::Wild && name != "default" { 3 } else { 2 };
            for copy in 0..dice.roll(most) {
                all.push((format!("sg-{}-{name}-{copy}", project.id), name, project.id.clone()));
            }
        }
    }
    let ids: Vec<SecurityGroupId> = all.iter().map(|(id, ..)| id.as_str().into()).collect();
    all.into_iter().map(|(id, name, project)| security_group(dice, &id, name, project, &ids)).collect()
}

fn security_group(
    dice: &mut Dice,
    id: &str,
    name: &str,
    project: ProjectId,
    all: &[SecurityGroupId],
) -> SecurityGroup {
    let mut forms = BTreeSet::new();
    for _ in 0..dice.roll(5) {
        let (direction, ethertype, traffic) = form(dice);
        let remote = match dice.roll(4) {
            0 => Remote::Anywhere,
            1 => Remote::Network("10.0.0.0/8".parse().unwrap()),
            2 => Remote::Group(dice.pick(all)),
            _ => Remote::AddressGroup("ag-1".into()),
        };
        forms.insert(Rule { direction, ethertype, traffic, remote });
    }
    let rules = forms.into_iter().enumerate().map(|(index, rule)| SeenRule {
        id: format!("rule-{id}-{index}").as_str().into(),
        revision: 0,
        description: String::new(),
        rule,
    });
    SecurityGroup {
        id: id.into(),
        name: name.into(),
        project,
        description: dice.pick(&["", "x"]).to_owned(),
        revision: 3,
        rules: rules.collect(),
    }
}

fn form(dice: &mut Dice) -> (Direction, Ethertype, Traffic) {
    let traffic = [
        Traffic::Any,
        Traffic::Ports { protocol: 6, min: 22, max: 22 },
        Traffic::Icmp { protocol: 1, kind: 8, code: None },
    ];
    (dice.pick(&[Direction::Ingress, Direction::Egress]), Ethertype::IPv4, dice.pick(&traffic))
}

pub(crate) fn desired(dice: &mut Dice, mood: Mood) -> Desired {
    let domains: &[&str] = if mood == Mood::Wild { &["d1", "d2", "gone"] } else { &DOMAINS };
    let mut desired = Desired::default();
    for domain in domains {
        for name in PROJECTS {
            let tenant = TenantName { domain: (*domain).to_owned(), name: name.to_owned() };
            if dice.once_in(2) {
                desired.tenants.push(desired_tenant(dice, mood, &tenant));
            } else if mood == Mood::Tame {
                // A group of a project that is neither there nor listed cannot be made.
                continue;
            }
            for group in GROUPS {
                if mood == Mood::Wild || group != "default" {
                    desired_groups(dice, mood, &tenant, group, &mut desired.security_groups);
                }
            }
        }
    }
    if mood == Mood::Wild {
        desired.reported_domains =
            domains.iter().filter(|_| dice.once_in(3)).map(|&name| name.to_owned()).collect();
    }
    desired.tenants.sort_by(|one, other| one.name.cmp(&other.name));
    desired.security_groups.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    desired
}

fn unlisted(dice: &mut Dice, mood: Mood) -> Unlisted {
    match mood {
        Mood::Tame => dice.pick(&[Unlisted::Remove, Unlisted::Ignore]),
        Mood::Wild => dice.pick(&[Unlisted::Remove, Unlisted::Report, Unlisted::Ignore]),
    }
}

fn desired_tenant(dice: &mut Dice, mood: Mood, name: &TenantName) -> DesiredTenant {
    let mut quotas = BTreeMap::new();
    for service in SERVICES {
        if dice.once_in(2) {
            let mut limits = limits(dice, service);
            let first = limits.keys().next().cloned();
            // Not every limit is listed, and this one never.
            limits.remove("instances");
            limits.retain(|limit, _| Some(limit) == first.as_ref() || dice.once_in(2));
            quotas.insert(service, limits);
        }
    }
    let id = match (mood, dice.roll(8)) {
        (Mood::Wild, 7) => Some("p-wrong".to_owned()),
        (Mood::Wild, 6) => Some(format!("p-{}-{}", name.domain, name.name)),
        _ => None,
    };
    DesiredTenant {
        name: name.clone(),
        id,
        description: dice.some(|dice| dice.pick(&["", "x"]).to_owned()),
        enabled: dice.some(|dice| dice.once_in(2)),
        tags: dice.some(tags),
        protected: match mood {
            // Of an immutable project that is not declared otherwise, nothing can be corrected.
            Mood::Tame => Some(false),
            Mood::Wild => dice.some(|dice| dice.once_in(2)),
        },
        quotas,
        roles: dice.some(|dice| roles(dice, mood)),
        unlisted_roles: unlisted(dice, mood),
    }
}

fn roles(dice: &mut Dice, mood: Mood) -> BTreeSet<DesiredRole> {
    let user = |name: &str| PrincipalName::User { domain: "d1".into(), name: name.into() };
    let mut principals =
        vec![user("ann"), user("bob"), PrincipalName::Group { domain: "d1".into(), name: "ops".into() }];
    let mut names = vec!["member", "reader"];
    if mood == Mood::Wild {
        principals.push(user("eve"));
        names.push("gone");
    }
    (0..dice.roll(4))
        .map(|_| DesiredRole { principal: dice.pick(&principals), role: dice.pick(&names).to_owned() })
        .collect()
}

fn desired_groups(
    dice: &mut Dice,
    mood: Mood,
    project: &TenantName,
    name: &str,
    all: &mut Vec<DesiredGroup>,
) {
    let mut ids = BTreeSet::new();
    for _ in 0..dice.roll(if mood == Mood::Wild { 3 } else { 2 }) {
        let id = match (mood, dice.roll(4)) {
            (Mood::Wild, copy @ (2 | 3)) => {
                Some(format!("sg-p-{}-{}-{name}-{}", project.domain, project.name, copy - 2))
            }
            _ => None,
        };
        if ids.insert(id.clone()) {
            all.push(desired_group(dice, mood, project, name, id));
        }
    }
}

fn desired_group(
    dice: &mut Dice,
    mood: Mood,
    project: &TenantName,
    name: &str,
    id: Option<String>,
) -> DesiredGroup {
    let mut rules: BTreeMap<Direction, Vec<DesiredRule>> = BTreeMap::new();
    for direction in [Direction::Ingress, Direction::Egress] {
        if dice.once_in(2) {
            let listed = rules.entry(direction).or_default();
            for _ in 0..dice.roll(4) {
                let rule = desired_rule(dice, mood, direction, project, name);
                if listed.iter().all(|earlier| earlier.rule != rule.rule) {
                    listed.push(rule);
                }
            }
        }
    }
    DesiredGroup {
        name: GroupName { project: project.clone(), name: name.to_owned() },
        id,
        description: dice.some(|dice| dice.pick(&["", "x"]).to_owned()),
        rules,
        unlisted_rules: unlisted(dice, mood),
        evidence: match (mood, dice.once_in(3)) {
            (Mood::Wild, true) => EvidencePolicy::Required,
            _ => EvidencePolicy::NotRequired,
        },
    }
}

fn desired_rule(
    dice: &mut Dice,
    mood: Mood,
    direction: Direction,
    project: &TenantName,
    own: &str,
) -> DesiredRule {
    let (_, ethertype, traffic) = form(dice);
    let named = |project: &TenantName, name: &str| {
        PeerName::Name(GroupName { project: project.clone(), name: name.to_owned() })
    };
    let remote = match (mood, dice.roll(6)) {
        (_, 0 | 1) => Remote::Anywhere,
        (_, 2) => Remote::Network("10.0.0.0/8".parse().unwrap()),
        // Its own group is always there or made.
        (Mood::Tame, _) => Remote::Group(named(project, own)),
        (Mood::Wild, 3) => {
            let other = TenantName { domain: dice.pick(&DOMAINS).into(), name: dice.pick(&PROJECTS).into() };
            Remote::Group(named(&other, dice.pick(&GROUPS)))
        }
        (Mood::Wild, 4) => Remote::AddressGroup(match dice.roll(2) {
            0 => PeerName::Id("ag-1".into()),
            _ => named(project, "offices"),
        }),
        (Mood::Wild, _) => Remote::Group(PeerName::Id("sg-p-d1-a-web-0".into())),
    };
    DesiredRule {
        rule: Rule { direction, ethertype, traffic, remote },
        description: String::new(),
        measured: dice.once_in(2),
    }
}

/// A whole listing for each domain.
fn by_domain<T: Clone>(
    domains: &[Domain],
    all: &[T],
    domain: impl Fn(&T) -> &DomainId,
) -> BTreeMap<DomainId, Sighting<Vec<T>>> {
    let of = |one: &Domain| all.iter().filter(|row| *domain(row) == one.id).cloned().collect();
    domains.iter().map(|one| (one.id.clone(), Ok(of(one)))).collect()
}
