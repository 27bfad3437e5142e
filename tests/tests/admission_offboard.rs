//! A TenantOffboard on a real API server: what is refused of it, and by whom its plan is approved.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use cloudspec_tests::cluster::{self, Answer, Namespace, Person, install};

const PLAN: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const SPEC: &str =
    "cloudRef: {name: lab}, tenant: {id: 0123456789abcdef0123456789abcdef, name: x, domain: d}";

struct Stage {
    space: Namespace,
    admin: Person,
    /// Edits, and may approve.
    alice: Person,
    /// Edits.
    bob: Person,
    controller: Person,
}

impl Stage {
    /// The TenantOffboard `x` with a plan on offer, number 7.
    fn new(of_test: &str) -> Self {
        cluster::own().unwrap();
        install().unwrap();
        let admin = Person::admin().unwrap();
        let space = Namespace::new(of_test).unwrap();
        let named = |name: &str| Person::named(&format!("{name}.{}", space.name), &["operators"]).unwrap();
        let (alice, bob) = (named("alice"), named("bob"));
        let controller = Person::controller(&format!("controller.{}", space.name)).unwrap();
        for (role, person) in
            [("cloudspec-edit", &alice), ("cloudspec-approve", &alice), ("cloudspec-edit", &bob)]
        {
            space.bind(role, person).unwrap();
        }
        let stage = Self { space, admin, alice, bob, controller };
        stage.run(&stage.bob, &["create", "-f", "-"], &object("x", "", SPEC)).or_fail().unwrap();
        let status = format!(
            r#"{{"status": {{"state": "AwaitingApproval", "conditions": [], "lastOffer": 7, "inventory": {{"total": 44, "text": "44 resources"}},
            "plan": {{"name": "x-plan", "digest": "{PLAN}", "offer": 7, "planGeneration": 1, "offeredAt": "2026-01-01T00:00:00Z", "steps": 44,
            "classes": {{"reversible": 4, "rebuildable": 0, "destructive": 40}}}}}}}}"#
        );
        let patch = ["patch", "tenantoffboard", "x", "--subresource=status", "--type=merge", "-p", &status];
        stage.run(&stage.controller, &patch, "").or_fail().unwrap();
        stage
    }

    fn run(&self, person: &Person, arguments: &[&str], input: &str) -> Answer {
        self.space.kubectl(person, arguments, input).unwrap()
    }

    fn stamp(&self, key: &str) -> String {
        let path = format!("jsonpath={{.metadata.annotations['{}']}}", key.replace('.', "\\."));
        self.run(&self.admin, &["get", "toff", "x", "-o", &path], "").or_fail().unwrap().output
    }
}

fn object(name: &str, annotations: &str, spec: &str) -> String {
    format!(
        "apiVersion: cloudspec.dev/v1alpha1\nkind: TenantOffboard\nmetadata: {{name: {name}, annotations: {{{annotations}}}}}\n\
         spec: {{{spec}}}\n"
    )
}

#[test]
fn a_person_who_may_approve_needs_nothing_but_the_annotation() {
    let stage = Stage::new("toff-approve");
    let approve = ["annotate", "tenantoffboard", "x", "approved=true"];
    stage.run(&stage.alice, &approve, "").or_fail().unwrap();
    assert_eq!(stage.stamp("cloudspec.dev/approved-by"), stage.alice.name);
    assert_eq!(stage.stamp("cloudspec.dev/approved-plan"), PLAN);
    assert_eq!(stage.stamp("cloudspec.dev/approved-offer"), "7");
    assert_eq!(stage.stamp("cloudspec.dev/spec-author"), stage.bob.name);
    stage.run(&stage.bob, &["annotate", "toff", "x", "approved-"], "").or_fail().unwrap();
    assert_eq!(stage.stamp("cloudspec.dev/approved-by"), "");
}

#[test]
fn every_attack_is_refused_with_the_remedy_and_leaves_no_approval() {
    let stage = Stage::new("toff-attacks");
    let may_not = "may not approve tenantoffboards.cloudspec.dev/x";
    let status = "tenantoffboards/status is written by the cloudspec controller alone";
    let forged = r#"{"status": {"state": "Completed"}}"#;
    let merge = |patch: &'static str| ["patch", "toff", "x", "--type=merge", "-p", patch].to_vec();
    let annotate = |value: &'static str| ["annotate", "toff", "x", value].to_vec();
    let forge = ["patch", "toff", "x", "--subresource=status", "--type=merge", "-p", forged].to_vec();
    let both = r#"{"metadata": {"annotations": {"approved": "true"}}, "spec": {"verifyAfter": "5s"}}"#;
    let create = ["create", "-f", "-"].to_vec();
    let at_creation = object("new", "approved: \"true\"", SPEC);
    let manifest = object("x", "approved: \"true\"", SPEC);
    let rows: Vec<(&Person, Vec<&str>, &str, &str)> = vec![
        (&stage.bob, annotate("approved=true"), "", may_not),
        (&stage.bob, annotate("approved=false"), "", may_not),
        (&stage.controller, annotate("approved=true"), "", may_not),
        (&stage.alice, annotate("approved=sha256:00"), "", "the digest of the plan on offer"),
        (&stage.alice, annotate("approved=TRUE"), "", "kubectl cloudspec approve tenantoffboard/x -n"),
        (&stage.alice, annotate("cloudspec.dev/approved-offer=7"), "", "cannot be set without one"),
        (&stage.alice, merge(both), "", "in the same write as a change of spec"),
        (&stage.alice, create, &at_creation, "approved cannot be set at creation"),
        (&stage.alice, ["apply", "-f", "-"].to_vec(), &manifest, "approved stands in a manifest"),
        (&stage.admin, forge.clone(), "", status),
        (&stage.bob, forge, "", "resource \"tenantoffboards/status\" in API group"),
    ];
    let mut wrong = Vec::new();
    for (who, arguments, input, refusal) in rows {
        let answer = stage.run(who, &arguments, input);
        if answer.succeeded || !answer.error.contains(refusal) {
            wrong
                .push(format!("{arguments:?}: expected {refusal:?}, got {} {}", answer.output, answer.error));
        }
        if !stage.stamp("approved").is_empty() {
            wrong.push(format!("{arguments:?}: left an approval"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_spec_that_is_wrong_is_refused_with_the_field_and_the_remedy() {
    let stage = Stage::new("toff-spec");
    let tenant = |id: &str| format!("cloudRef: {{name: lab}}, tenant: {{id: \"{id}\", name: x, domain: d}}");
    let with = |more: &str| format!("{SPEC}, {more}");
    for (spec, field, refusal) in [
        (tenant("team-x"), "spec.tenant.id: ", "give the project's id as Keystone shows it"),
        (tenant(&"A".repeat(32)), "spec.tenant.id: ", "give the project's id as Keystone shows it"),
        ("cloudRef: {name: lab}".to_owned(), "spec.tenant: ", "Required value"),
        (with("verifyAfter: 0s"), "spec.verifyAfter: ", "give a Go duration from 1s to 24h"),
        (
            with("keep: [{type: image, id: i, reason: r}]"),
            "spec.keep[0]: ",
            "give exactly one of type and id",
        ),
        (with("keep: [{type: image}]"), "spec.keep[0].reason: ", "Required value"),
        (with("approval: {minPlanAge: 2h}"), "spec.approval.minPlanAge: ", "give less than expiresAfter"),
    ] {
        let create = ["create", "--validate=false", "-f", "-"];
        let answer = stage.run(&stage.bob, &create, &object("wrong", "", &spec));
        let said = answer.error.contains(field) && answer.error.contains(refusal);
        assert!(!answer.succeeded && said, "{spec}: {answer:?}");
    }
    for (patch, refusal) in [
        (r#"{"spec": {"tenant": {"name": "y"}}}"#, "tenant cannot be changed: make another TenantOffboard"),
        (
            r#"{"spec": {"cloudRef": {"name": "y"}}}"#,
            "cloudRef cannot be changed: make another TenantOffboard",
        ),
    ] {
        let answer = stage.run(&stage.bob, &["patch", "toff", "x", "--type=merge", "-p", patch], "");
        assert!(!answer.succeeded && answer.error.contains(refusal), "{patch}: {answer:?}");
    }
}

#[test]
fn columns_tell_the_state_and_the_sample_is_taken_as_it_is() {
    let stage = Stage::new("toff-columns");
    let table = stage.run(&stage.bob, &["get", "toff"], "").or_fail().unwrap().output;
    let head: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(head, ["NAME", "TENANT", "STATE", "HOLDS", "PLAN", "APPROVED", "AGE"]);
    assert!(table.contains("AwaitingApproval") && table.contains("44 resources"), "{table}");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../manifests/samples/tenantoffboard.yaml");
    let sample = std::fs::read_to_string(path).unwrap();
    let sample = sample.replace("namespace: clouds", &format!("namespace: {}", stage.space.name));
    stage.run(&stage.bob, &["create", "--dry-run=server", "-f", "-"], &sample).or_fail().unwrap();
}
