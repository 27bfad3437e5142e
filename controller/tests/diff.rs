//! What the diff says of small worlds. Each scenario is a spec in YAML beside a snapshot built in code.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::collections::{BTreeMap, BTreeSet};

use cloudspec::diff::diff;
use cloudspec::model::cloud::{
    Assignment, CloudIdentity, Domain, Group, Principal, Project, QuotaService, Role, SecurityGroup,
    SeenRule, User,
};
use cloudspec::model::ids::DomainId;
use cloudspec::model::rule::{Direction, Ethertype, Remote, Rule, Spelling, Traffic, parse_prefix};
use cloudspec::model::{Desired, Finding, FindingKind, Snapshot, Unknown};
use cloudspec_crds::CloudSpecSpec;

const SPEC: &str = r#"
cloud: {observe: {secretName: reader, cloudName: lab}}
tenants:
  - name: team-a
    domain: customers
    description: first team
    enabled: true
    tags: [gold]
    protected: false
    quotas: {compute: {cores: 64, ramMib: 262144}}
    roles: [{group: team-a-admins, role: Member}]
    unlistedRoles: Report
unlistedTenants: {policy: Report}
securityGroups:
  - name: web
    project: {name: team-a, domain: customers}
    ingress:
      - {protocol: TCP, ports: "443"}
      - {protocol: icmp, icmp: {type: 8}, from: {cidr: 203.0.113.0/24}}
      - {protocol: tcp, ports: "30000-32767", from: {group: {name: web}}}
"#;

fn desired() -> Desired {
    let spec: CloudSpecSpec = serde_saphyr::from_str(SPEC).unwrap();
    Desired::from_spec(&spec).unwrap()
}

fn rule(
    id: &str,
    protocol: &str,
    range: (Option<i64>, Option<i64>),
    remote: Remote<cloudspec::model::ids::SecurityGroupId>,
) -> SeenRule {
    let spelling = Spelling { protocol: Some(protocol), range_min: range.0, range_max: range.1 };
    let traffic = Traffic::from_spelling(&spelling, Ethertype::IPv4).unwrap();
    let rule = Rule { direction: Direction::Ingress, ethertype: Ethertype::IPv4, traffic, remote };
    SeenRule { id: id.into(), revision: 0, description: String::new(), rule }
}

/// The world in which [`SPEC`] is true, spelled otherwise where Neutron allows it.
fn world() -> Snapshot {
    let project = Project {
        id: "p-a".into(),
        name: "team-a".into(),
        domain: "d-c".into(),
        description: "first team".into(),
        enabled: true,
        tags: BTreeSet::from(["gold".to_owned()]),
        immutable: false,
    };
    let quotas =
        BTreeMap::from([("cores".to_owned(), 64), ("ram".to_owned(), 262_144), ("instances".to_owned(), 10)]);
    let web = SecurityGroup {
        id: "g-web".into(),
        name: "web".into(),
        project: "p-a".into(),
        description: String::new(),
        revision: 3,
        rules: vec![
            rule("r-1", "6", (Some(443), Some(443)), Remote::network(parse_prefix("0.0.0.0/0").unwrap())),
            rule("r-2", "1", (Some(8), None), Remote::network(parse_prefix("203.0.113.7/24").unwrap())),
            rule("r-3", "tcp", (Some(30000), Some(32767)), Remote::Group("g-web".into())),
        ],
    };
    Snapshot {
        cloud: CloudIdentity {
            auth_url: "http://127.0.0.1:5000".into(),
            region: "RegionOne".into(),
            endpoints: [].into(),
        },
        domains: Ok(vec![Domain { id: "d-c".into(), name: "customers".into() }]),
        projects: Ok(vec![project]),
        users: of_domain(User { id: "u-1".into(), name: "ann".into(), domain: "d-c".into() }),
        groups: of_domain(Group { id: "g-1".into(), name: "team-a-admins".into(), domain: "d-c".into() }),
        roles: Ok(vec![Role { id: "m".into(), name: "member".into(), domain: None }]),
        assignments: Ok(vec![Assignment {
            project: "p-a".into(),
            principal: Principal::Group("g-1".into()),
            role: "m".into(),
        }]),
        application_credentials: BTreeMap::new(),
        security_groups: Ok(vec![web]),
        initial_rules: Ok(vec![]),
        address_groups: Ok(vec![]),
        quotas: BTreeMap::from([(QuotaService::Compute, BTreeMap::from([("p-a".into(), Ok(quotas))]))]),
        certificates: [].into(),
    }
}

fn of_domain<T>(one: T) -> BTreeMap<DomainId, Result<Vec<T>, Unknown>> {
    BTreeMap::from([("d-c".into(), Ok(vec![one]))])
}

fn unknown(service: &str) -> Unknown {
    Unknown { service: service.into(), reason: "Timeout".into(), message: "no answer within 30 s".into() }
}

fn kinds(findings: &[Finding]) -> BTreeSet<FindingKind> {
    findings.iter().map(|finding| finding.kind).collect()
}

fn only(snapshot: &Snapshot) -> Finding {
    let findings = diff(&desired(), snapshot);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.into_iter().next().unwrap()
}

#[test]
fn nothing_changed_nothing_found() {
    assert_eq!(diff(&desired(), &world()), vec![]);
}

#[test]
fn a_missing_rule_is_found_and_a_rule_nobody_listed() {
    let mut world = world();
    let groups = world.security_groups.as_mut().unwrap();
    groups[0].rules.remove(0);
    groups[0].rules.push(rule("r-9", "tcp", (Some(22), Some(22)), Remote::Anywhere));
    let findings = diff(&desired(), &world);
    assert_eq!(kinds(&findings), BTreeSet::from([FindingKind::Missing, FindingKind::Extra]));
    assert_eq!(findings[0].actual.as_deref(), Some("ingress IPv4 tcp 22 from anywhere (rule r-9)"));
    assert_eq!(findings[1].expected.as_deref(), Some("ingress IPv4 tcp 443 from anywhere"));
}

#[test]
fn every_field_of_a_tenant_is_compared_where_it_is_listed() {
    for (change, field) in [
        ((|p| p.description = "other".into()) as fn(&mut Project), "description"),
        (|p| p.enabled = false, "enabled"),
        (|p| p.tags.extend(["silver".to_owned()]), "tags"),
        (|p| p.immutable = true, "protected"),
    ] {
        let mut world = world();
        change(&mut world.projects.as_mut().unwrap()[0]);
        let finding = only(&world);
        assert_eq!((finding.kind, finding.field().as_deref()), (FindingKind::Changed, Some(field)));
    }
}

#[test]
fn a_quota_that_differs_is_found_by_its_name() {
    let mut world = world();
    let of_compute = world.quotas.get_mut(&QuotaService::Compute).unwrap();
    of_compute.values_mut().for_each(|seen| seen.as_mut().unwrap().extend([("cores".to_owned(), 8)]));
    let finding = only(&world);
    assert_eq!(finding.field().as_deref(), Some("quotas.compute.cores"));
    assert_eq!((finding.expected.as_deref(), finding.actual.as_deref()), (Some("64"), Some("8")));
}

#[test]
fn a_role_nobody_listed_is_found_by_its_names() {
    let mut world = world();
    let stray =
        Assignment { project: "p-a".into(), principal: Principal::User("u-1".into()), role: "m".into() };
    world.assignments.as_mut().unwrap().push(stray);
    assert_eq!(only(&world).actual.as_deref(), Some("user ann has role member"));
}

#[test]
fn a_failed_listing_is_unknowable_and_never_missing_or_in_sync() {
    type Fail = fn(&mut Snapshot);
    let fail: [(&str, Fail); 8] = [
        ("domains", |w| w.domains = Err(unknown("identity"))),
        ("projects", |w| w.projects = Err(unknown("identity"))),
        ("groups", |w| w.groups = BTreeMap::from([("d-c".into(), Err(unknown("identity")))])),
        ("roles", |w| w.roles = Err(unknown("identity"))),
        ("assignments", |w| w.assignments = Err(unknown("identity"))),
        ("security groups", |w| w.security_groups = Err(unknown("network"))),
        ("quotas", |w| {
            let failed = BTreeMap::from([("p-a".into(), Err(unknown("compute")))]);
            w.quotas.insert(QuotaService::Compute, failed);
        }),
        ("quotas never asked", |w| w.quotas.clear()),
    ];
    for (listing, fail) in fail {
        let mut world = world();
        fail(&mut world);
        assert_eq!(kinds(&diff(&desired(), &world)), BTreeSet::from([FindingKind::Unknowable]), "{listing}");
    }
}

#[test]
fn two_groups_of_one_name_are_never_guessed_between() {
    let mut world = world();
    let groups = world.security_groups.as_mut().unwrap();
    let twin = SecurityGroup { id: "g-twin".into(), ..groups[0].clone() };
    groups.push(twin);
    let finding = only(&world);
    assert_eq!(finding.kind, FindingKind::Unknowable);
    assert!(finding.message.unwrap().contains("g-twin, g-web"));
}

#[test]
fn another_project_under_the_expected_name_is_critical_and_not_compared_further() {
    let mut desired = desired();
    desired.tenants[0].id = Some("p-old".into());
    let findings = diff(&desired, &world());
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].field().as_deref(), findings[0].actual.as_deref()), (Some("id"), Some("p-a")));
}

#[test]
fn a_project_nobody_listed_is_reported_in_the_domains_that_are_looked_at() {
    let mut world = world();
    let projects = world.projects.as_mut().unwrap();
    let stray = Project { id: "p-x".into(), name: "stray".into(), ..projects[0].clone() };
    let elsewhere =
        Project { id: "p-y".into(), name: "other".into(), domain: "d-z".into(), ..projects[0].clone() };
    projects.extend([stray, elsewhere]);
    assert_eq!(only(&world).subject.to_string(), "tenant customers/stray");
}

#[test]
fn a_rule_whose_remote_group_is_gone_makes_no_other_rule_look_unlisted() {
    let mut desired = desired();
    let listed = desired.security_groups[0].rules.get_mut(&Direction::Ingress).unwrap();
    listed[2].rule.remote = Remote::Group(cloudspec::model::desired::PeerName::Id("gone".into()));
    let findings = diff(&desired, &world());
    assert_eq!(kinds(&findings), BTreeSet::from([FindingKind::Missing]));
    assert_eq!(findings[0].message.as_deref(), Some("there is no security group gone"));
}

#[test]
fn a_rule_that_names_a_group_yet_to_be_made_hides_no_unlisted_rule() {
    let mut desired = desired();
    let mut fresh = desired.security_groups[0].clone();
    fresh.name.name = "fresh".into();
    let listed = desired.security_groups[0].rules.get_mut(&Direction::Ingress).unwrap();
    listed[2].rule.remote = Remote::Group(cloudspec::model::desired::PeerName::Name(fresh.name.clone()));
    desired.security_groups.push(fresh);
    let found = diff(&desired, &world());
    let of_web: Vec<_> = found.iter().filter(|one| one.subject.to_string().ends_with("/web")).collect();
    assert_eq!(of_web.len(), 2, "{found:#?}");
    assert_eq!((of_web[0].kind, of_web[1].kind), (FindingKind::Extra, FindingKind::Missing));
}

#[test]
fn a_finding_keeps_its_fingerprint_until_its_values_change() {
    let mut world = world();
    world.projects.as_mut().unwrap()[0].description = "other".into();
    let before = only(&world).fingerprint();
    assert_eq!(only(&world).fingerprint(), before);
    assert_eq!(before.len(), 16);
    world.projects.as_mut().unwrap()[0].description = "another".into();
    assert_ne!(only(&world).fingerprint(), before);
}

#[test]
fn a_spec_that_came_past_admission_is_answered_with_the_fields_path() {
    let wrong = [
        (r#"protocol: tcp, ports: "9-8""#, "spec.securityGroups[0].ingress[0].ports"),
        (r#"protocol: vrrp, ports: "80""#, "spec.securityGroups[0].ingress[0].ports"),
        (r#"protocol: tcp, ports: "0-70000""#, "spec.securityGroups[0].ingress[0].ports"),
        (r#"from: {cidr: 10.0.0.5/24}"#, "spec.securityGroups[0].ingress[0].from.cidr"),
        (r#"from: {cidr: nonsense}"#, "spec.securityGroups[0].ingress[0].from.cidr"),
        (r#"from: {}"#, "spec.securityGroups[0].ingress[0].from"),
        (r#"to: {cidr: 10.0.0.0/24}"#, "spec.securityGroups[0].ingress[0].to"),
        (r#"ethertype: IPv6, from: {cidr: 10.0.0.0/24}"#, "spec.securityGroups[0].ingress[0].ethertype"),
        (r#"from: {group: {}}"#, "spec.securityGroups[0].ingress[0].from.group"),
    ];
    for (rule, path) in wrong {
        let yaml = format!(
            "cloud: {{observe: {{secretName: s, cloudName: c}}}}\nsecurityGroups:\n  - name: web\n    project: {{name: p, domain: d}}\n    ingress: [{{{rule}}}]\n"
        );
        let spec: CloudSpecSpec = serde_saphyr::from_str(&yaml).unwrap();
        let invalid = Desired::from_spec(&spec).unwrap_err();
        assert_eq!(invalid.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), [path], "{rule}");
    }
}

#[test]
fn the_same_rule_or_tenant_listed_twice_is_refused() {
    let twice = SPEC.replace(
        "      - {protocol: TCP, ports: \"443\"}",
        "      - {protocol: tcp, ports: \"443\"}\n      - {protocol: \"6\", ports: \"443\"}",
    );
    let spec: CloudSpecSpec = serde_saphyr::from_str(&twice).unwrap();
    assert_eq!(Desired::from_spec(&spec).unwrap_err()[0].field, "spec.securityGroups[0].ingress[1]");
    let mut spec: CloudSpecSpec = serde_saphyr::from_str(SPEC).unwrap();
    let twin = spec.tenants.as_ref().unwrap()[0].clone();
    spec.tenants.as_mut().unwrap().push(twin);
    assert_eq!(Desired::from_spec(&spec).unwrap_err()[0].field, "spec.tenants[1]");
}
