//! Plans of small worlds, each against the plan that is kept in `golden/`. `INSTA_UPDATE=always` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cloudspec::diff::diff;
use cloudspec::model::cloud::{
    ApplicationCredential, Assignment, CloudIdentity, Domain, Group, Principal, Project, QuotaService, Role,
    SecurityGroup, SeenRule, User,
};
use cloudspec::model::rule::{Direction, Ethertype, Remote, Rule, Traffic};
use cloudspec::model::{Action, Desired, Plan, Snapshot, Step, Unknown};
use cloudspec::plan::{exceeded, lint, plan, users_to_ask, within};
use cloudspec_crds::CloudSpecSpec;
use cloudspec_crds::cloud_spec::Limits;
use world::{carry_out, default_limits};

fn desired(yaml: &str) -> Desired {
    let yaml = format!("cloud: {{observe: {{secretName: reader, cloudName: lab}}}}\n{yaml}");
    let spec: CloudSpecSpec = serde_saphyr::from_str(&yaml).unwrap();
    Desired::from_spec(&spec).unwrap()
}

fn rule(direction: Direction, ethertype: Ethertype, traffic: Traffic, remote: Remote<SgId>) -> Rule {
    Rule { direction, ethertype, traffic, remote }
}

type SgId = cloudspec::model::ids::SecurityGroupId;

fn tcp(port: u16) -> Traffic {
    Traffic::Ports { protocol: 6, min: port, max: port }
}

fn ingress(id: &str, port: u16, remote: Remote<SgId>) -> SeenRule {
    let rule = rule(Direction::Ingress, Ethertype::IPv4, tcp(port), remote);
    SeenRule { id: id.into(), revision: 0, description: String::new(), rule }
}

fn user(name: &str) -> User {
    User { id: format!("u-{name}").as_str().into(), name: name.into(), domain: "d-c".into() }
}

/// One tenant with one group, two users and a group of users.
fn seen() -> Snapshot {
    let project = Project {
        id: "p-a".into(),
        name: "team-a".into(),
        domain: "d-c".into(),
        description: "first team".into(),
        enabled: true,
        tags: ["gold".to_owned()].into(),
        immutable: false,
    };
    let web = SecurityGroup {
        id: "00000000-0000-4000-8000-0000000000b1".into(),
        name: "web".into(),
        project: "p-a".into(),
        description: String::new(),
        revision: 3,
        rules: vec![ingress("r-443", 443, Remote::Anywhere)],
    };
    let quotas = [QuotaService::Compute, QuotaService::Volume, QuotaService::KeyManager]
        .map(|service| (service, BTreeMap::from([("p-a".into(), Ok(default_limits(service)))])));
    let out = |ethertype| rule(Direction::Egress, ethertype, Traffic::Any, Remote::Anywhere);
    let role = |name: &str| Role { id: format!("r-{name}").as_str().into(), name: name.into(), domain: None };
    Snapshot {
        cloud: CloudIdentity {
            auth_url: "http://127.0.0.1:5000".into(),
            region: "RegionOne".into(),
            endpoints: [].into(),
        },
        domains: Ok(vec![Domain { id: "d-c".into(), name: "customers".into() }]),
        projects: Ok(vec![project]),
        users: BTreeMap::from([("d-c".into(), Ok(vec![user("ann"), user("bob")]))]),
        groups: BTreeMap::from([(
            "d-c".into(),
            Ok(vec![Group { id: "g-ops".into(), name: "ops".into(), domain: "d-c".into() }]),
        )]),
        roles: Ok(vec![role("member"), role("reader")]),
        assignments: Ok(vec![Assignment {
            project: "p-a".into(),
            principal: Principal::Group("g-ops".into()),
            role: "r-member".into(),
        }]),
        application_credentials: BTreeMap::new(),
        security_groups: Ok(vec![web]),
        initial_rules: Ok(vec![out(Ethertype::IPv4), out(Ethertype::IPv6)]),
        address_groups: Ok(vec![]),
        quotas: quotas.into(),
        certificates: [].into(),
    }
}

fn planned(desired: &Desired, snapshot: &Snapshot) -> Plan {
    let plan = plan(desired, snapshot, &diff(desired, snapshot), "0d1c");
    assert_eq!(lint(&plan), Vec::<String>::new());
    plan
}

/// Plans, carries out, and expects nothing to be left that the plan did not leave alone.
fn golden(name: &str, desired: &Desired, snapshot: &Snapshot) -> Plan {
    let plan = planned(desired, snapshot);
    let mut after = snapshot.clone();
    carry_out(&plan, &mut after).unwrap();
    let left = diff(desired, &after);
    assert!(left.is_empty() || !plan.left_alone.is_empty(), "{left:#?}");
    insta::with_settings!({snapshot_path => "golden", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, say(&plan));
    });
    plan
}

fn say(plan: &Plan) -> String {
    let mut text = format!("{} · {} steps\n", plan.digest.short(), plan.steps.len());
    for step in &plan.steps {
        let Step {
            number,
            wave,
            action: _,
            summary,
            findings: _,
            class,
            before,
            after,
            side_effects,
            revert,
        } = step;
        assert_eq!(wave, number, "one after another");
        writeln!(text, "{number}. [{class:?}] {summary}").unwrap();
        let or_nothing = |words: &Option<String>| words.clone().unwrap_or_else(|| "nothing".to_owned());
        writeln!(text, "   {} -> {}", or_nothing(before), or_nothing(after)).unwrap();
        for effect in side_effects {
            writeln!(text, "   ! {effect}").unwrap();
        }
        writeln!(text, "   < {revert}").unwrap();
    }
    for left in &plan.left_alone {
        writeln!(text, "- {}: {}", left.resource, left.reason).unwrap();
    }
    text
}

fn unknown() -> Unknown {
    Unknown { service: "identity".into(), reason: "Timeout".into(), message: "no answer within 30 s".into() }
}

const QUIET: &str = r#"
tenants:
  - name: team-a
    domain: customers
    description: first team
    quotas: {compute: {cores: 20}}
    roles: [{group: ops, role: member}]
securityGroups:
  - name: web
    project: {name: team-a, domain: customers}
    ingress: [{protocol: tcp, ports: "443"}]
"#;

#[test]
fn nothing_changed_nothing_planned() {
    let plan = planned(&desired(QUIET), &seen());
    assert_eq!((plan.steps, plan.left_alone), (vec![], vec![]));
}

#[test]
fn a_new_tenant_with_everything() {
    let desired = desired(
        r#"
tenants:
  - name: team-b
    domain: customers
    description: it's new
    tags: [silver]
    protected: true
    quotas: {compute: {cores: 64, ramMib: 262144}, keyManager: {secrets: 100}}
    roles: [{group: ops, role: member}, {user: ann, role: reader}, {user: eve, role: reader}]
    unlistedRoles: Remove
securityGroups:
  - name: web
    project: {name: team-b, domain: customers}
    description: front
    ingress:
      - {protocol: tcp, ports: "443"}
      - {protocol: tcp, ports: "30000-32767", from: {group: {name: web}}}
      - {protocol: icmp, icmp: {type: 8}, from: {group: {name: web, project: {name: team-a, domain: customers}}}}
    egress: [{ethertype: IPv4}]
  - name: default
    project: {name: team-b, domain: customers}
    ingress: []
  - name: web
    project: {name: team-a, domain: customers}
    ingress:
      - {protocol: tcp, ports: "443"}
      - {protocol: tcp, ports: "5432", from: {group: {name: web, project: {name: team-b, domain: customers}}}}
"#,
    );
    golden("new-tenant", &desired, &seen());
}

#[test]
fn rule_drift_is_corrected_new_rules_first() {
    let mut seen = seen();
    let rules = &mut seen.security_groups.as_mut().unwrap()[0].rules;
    rules[0] = ingress("r-22", 22, Remote::Anywhere);
    rules[0].description = "for $HOME's sake".into();
    rules.push(ingress("r-80", 80, Remote::Group("00000000-0000-4000-8000-0000000000b1".into())));
    let plan = golden("rule-drift", &desired(QUIET), &seen);
    assert!(matches!(plan.steps[0].action, Action::CreateRule { .. }));
}

const REMOVES_ROLES: &str = r#"
tenants:
  - name: team-a
    domain: customers
    roles: [{user: ann, role: reader}]
    unlistedRoles: Remove
"#;

fn with_roles() -> Snapshot {
    let mut seen = seen();
    for user in ["u-ann", "u-bob", "u-gone"] {
        seen.assignments.as_mut().unwrap().push(Assignment {
            project: "p-a".into(),
            principal: Principal::User(user.into()),
            role: "r-member".into(),
        });
    }
    seen
}

#[test]
fn a_role_is_revoked_with_what_runs_on_it_said() {
    let mut seen = with_roles();
    let credential = |id: &str, user: &str, project: &str| ApplicationCredential {
        id: id.into(),
        name: "deploy".into(),
        user: user.into(),
        project: project.into(),
    };
    let of_ann = vec![credential("c-1", "u-ann", "p-a"), credential("c-2", "u-ann", "p-other")];
    seen.application_credentials = BTreeMap::from([
        ("u-ann".into(), Ok(of_ann)),
        ("u-bob".into(), Ok(vec![])),
        ("u-gone".into(), Err(unknown())),
    ]);
    golden("role-revoke", &desired(REMOVES_ROLES), &seen);
}

#[test]
fn the_credentials_of_exactly_those_who_lose_a_role_are_asked_for() {
    let (desired, seen) = (desired(REMOVES_ROLES), with_roles());
    let asked: Vec<String> =
        users_to_ask(&desired, &diff(&desired, &seen)).into_iter().map(|user| user.0).collect();
    assert_eq!(asked, ["u-ann", "u-bob", "u-gone"]);
}

#[test]
fn an_immutable_project_is_left_alone_unless_it_is_declared_otherwise() {
    let mut seen = seen();
    seen.projects.as_mut().unwrap()[0].immutable = true;
    let spec = |protected: &str| {
        desired(&format!(
            "tenants: [{{name: team-a, domain: customers, description: other, enabled: false, tags: [], {protected} quotas: {{volume: {{groups: 3, gigabytes: 5}}}}}}]"
        ))
    };
    golden("immutable", &spec(""), &seen);
    golden("immutable-unprotected", &spec("protected: false,"), &seen);
    seen.projects.as_mut().unwrap()[0].immutable = false;
    golden("immutable-last", &spec("protected: true,"), &seen);
}

#[test]
fn without_evidence_nothing_narrows() {
    let spec = |evidence: &str| {
        desired(&format!(
            r#"
securityGroups:
  - name: web
    project: {{name: team-a, domain: customers}}
    evidence: Required
    ingress:
      - {{protocol: tcp, ports: "22", from: {{cidr: 203.0.113.7/32}}{evidence}}}
    egress: []
  - name: db
    project: {{name: team-a, domain: customers}}
    evidence: Required
    egress:
      - {{protocol: udp, ports: "53", to: {{cidr: 10.0.0.0/8}}{evidence}}}
"#
        ))
    };
    golden("evidence-missing", &spec(""), &seen());
    let measured = ", evidence: {measuredAt: 2026-07-01T09:00:00Z, method: conntrack, by: operator}";
    golden("evidence-given", &spec(measured), &seen());
}

#[test]
fn what_is_not_removed_is_said_with_the_reason() {
    let mut seen = with_roles();
    let projects = seen.projects.as_mut().unwrap();
    projects.push(Project { id: "p-x".into(), name: "stray".into(), ..projects[0].clone() });
    projects.push(Project { id: "p-y".into(), name: "unlisted".into(), ..projects[0].clone() });
    seen.security_groups.as_mut().unwrap()[0].rules.push(ingress("r-22", 22, Remote::Anywhere));
    seen.quotas.get_mut(&QuotaService::Compute).unwrap().insert("p-a".into(), Err(unknown()));
    let desired = desired(
        r#"
tenants:
  - name: team-a
    domain: customers
    quotas: {compute: {cores: 64}}
    roles: [{group: ops, role: member}]
  - {name: team-c, domain: nowhere}
  - {name: team-d, domain: customers, id: 0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a}
  - {name: stray, domain: customers, id: 0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b}
unlistedTenants: {policy: Report, domains: [customers, nowhere]}
securityGroups:
  - name: web
    project: {name: team-a, domain: customers}
    unlistedRules: Report
    ingress:
      - {protocol: tcp, ports: "443"}
      - {protocol: tcp, ports: "80", from: {group: {name: gone}}}
  - name: db
    project: {name: team-e, domain: customers}
    ingress: []
"#,
    );
    golden("left-alone", &desired, &seen);
}

#[test]
fn two_groups_of_one_name_are_corrected_each_by_its_own_entry() {
    let mut seen = seen();
    let groups = seen.security_groups.as_mut().unwrap();
    groups.push(SecurityGroup {
        id: "00000000-0000-4000-8000-0000000000b2".into(),
        rules: vec![],
        ..groups[0].clone()
    });
    let desired = desired(
        r#"
securityGroups:
  - name: web
    id: 00000000-0000-4000-8000-0000000000b1
    project: {name: team-a, domain: customers}
    ingress: [{protocol: tcp, ports: "443"}, {protocol: tcp, ports: "22", description: one}]
  - name: web
    id: 00000000-0000-4000-8000-0000000000b2
    project: {name: team-a, domain: customers}
    ingress: [{protocol: tcp, ports: "22", description: two}]
"#,
    );
    golden("twins", &desired, &seen);
}

#[test]
fn a_rule_listed_by_name_and_by_id_is_made_once_for_both_findings() {
    let desired = desired(
        r#"
securityGroups:
  - name: web
    project: {name: team-a, domain: customers}
    ingress:
      - {protocol: tcp, ports: "443"}
      - {protocol: tcp, ports: "22", from: {group: {name: web}}}
      - {protocol: tcp, ports: "22", from: {group: {id: 00000000-0000-4000-8000-0000000000b1}}}
"#,
    );
    let plan = golden("listed-twice", &desired, &seen());
    assert_eq!((plan.steps.len(), plan.steps[0].findings.len()), (1, 2));
}

#[test]
fn what_neutron_puts_into_a_new_group_stays_while_a_listed_rule_is_not_understood() {
    let desired = desired(
        r#"
securityGroups:
  - name: db
    project: {name: team-a, domain: customers}
    egress: [{protocol: tcp, ports: "22", to: {group: {name: gone}}}]
"#,
    );
    let plan = golden("not-understood", &desired, &seen());
    assert!(plan.steps.iter().all(|step| !step.action.removes()));
}

#[test]
fn a_plan_beyond_its_limits_says_by_how_much() {
    let mut seen = seen();
    let rules = &mut seen.security_groups.as_mut().unwrap()[0].rules;
    rules.extend((0..12).map(|port| ingress(&format!("r-{port}"), 1000 + port, Remote::Anywhere)));
    let plan = golden("over-limits", &desired(QUIET), &seen);
    let limits = |max_steps, max_deletes| Limits { max_steps, max_deletes };
    assert_eq!(exceeded(&plan, &limits(12, 12)), Vec::<String>::new());
    assert_eq!(
        exceeded(&plan, &limits(10, 5)),
        ["12 steps, limits.maxSteps is 10", "12 steps that remove, limits.maxDeletes is 5"]
    );
    assert_eq!(exceeded(&plan, &limits(-1, 12)), ["12 steps, limits.maxSteps is -1"]);
}

#[test]
fn a_limit_that_is_not_set_changes_no_digest() {
    let declared = [
        (QuotaService::Compute, "compute: {cores: 64}", "ram"),
        (QuotaService::KeyManager, "keyManager: {secrets: 9}", "cas"),
    ];
    for (service, quotas, other) in declared {
        let desired =
            desired(&format!("tenants: [{{name: team-a, domain: customers, quotas: {{{quotas}}}}}]"));
        let mut raised = seen();
        let limits = raised.quotas.get_mut(&service).unwrap().values_mut().next().unwrap();
        limits.as_mut().unwrap().insert(other.to_owned(), 77);
        let (before, after) = (planned(&desired, &seen()), planned(&desired, &raised));
        assert_eq!(before.digest, after.digest, "{service}");
        assert_eq!(within(&after, &before), Ok(()), "{service}");
    }
}

#[test]
fn a_sighting_that_a_step_depends_on_changes_the_digest() {
    let desired = desired("tenants: [{name: team-a, domain: customers, description: other}]");
    let mut other = seen();
    other.projects.as_mut().unwrap()[0].description = "third".into();
    assert_ne!(planned(&desired, &seen()).digest, planned(&desired, &other).digest);
}

#[test]
fn an_unsound_plan_is_found_by_the_lint() {
    type Change = fn(&mut Plan);
    let changes: &[(&str, Change)] = &[
        ("the digest is not that of the steps", |plan| plan.digest.0.push('0')),
        ("its number is 9", |plan| plan.steps[0].number = 9),
        ("no earlier step makes project", |plan| drop(plan.steps.remove(0))),
        ("it belongs before the step before it", |plan| plan.steps.reverse()),
        ("an earlier step makes the same call", |plan| plan.steps.push(plan.steps[0].clone())),
        ("is made twice", |plan| plan.steps.insert(0, plan.steps[0].clone())),
        ("how to take it back", |plan| plan.steps[0].revert.clear()),
        ("it corrects no finding", |plan| plan.steps[0].findings.clear()),
        ("its findings are not sorted", |plan| plan.steps[0].findings = vec!["b".into(), "a".into()]),
        ("its side effects are not sorted", |plan| plan.steps[0].side_effects = vec!["b".into(), "b".into()]),
        ("it destroys, and does not say what", |plan| {
            plan.steps[0].class = cloudspec::model::Class::Destructive;
        }),
        ("it changes nothing", |plan| {
            plan.steps[0].action =
                Action::DescribeSecurityGroup { group: "g".into(), from: "x".into(), to: "x".into() };
        }),
    ];
    let desired = desired(
        "tenants: [{name: new, domain: customers, protected: true, roles: [{user: ann, role: member}]}]",
    );
    for (what, change) in changes {
        let mut plan = planned(&desired, &seen());
        change(&mut plan);
        let wrong = lint(&plan);
        assert!(wrong.iter().any(|one| one.contains(what)), "{what}: {wrong:?}");
    }
}

/// A certificate is looked at and reported; whatever is found of it, plans are as if it were not declared.
#[test]
fn a_certificate_has_no_part_in_a_plan() {
    let certificates = "certificates: [{name: vip, from: {endpoints: [{host: 10.0.0.1, port: 443}]}}]\n";
    let with = |yaml: &str| desired(&format!("{yaml}{certificates}"));
    assert_eq!(diff(&with(QUIET), &seen()).len(), 1, "it was not looked at");
    let plan = planned(&with(QUIET), &seen());
    assert_eq!((plan.steps, plan.left_alone), (vec![], vec![]));
    let drifted = QUIET.replace("cores: 20", "cores: 21");
    assert_eq!(planned(&with(&drifted), &seen()), planned(&desired(&drifted), &seen()));
}
