//! The approval on a real API server: what goes through, and what is refused to whom, with which words.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use cloudspec_tests::cluster::{Answer, Namespace, Person, install};

const PLAN_X: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const PLAN_Y: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const STAMPS: [&str; 4] = ["approved-by", "approved-groups", "approved-plan", "approved-offer"];

/// A namespace with the CloudSpecs `x` (plan on offer, number 7), `y` (another plan) and `planless`, and the people of the
/// tests. All but the controller also hold RBAC for what the controller writes, so that only the policies stop them.
struct Stage {
    space: Namespace,
    admin: Person,
    /// Edits, and may approve here.
    alice: Person,
    /// Edits.
    bob: Person,
    /// Edits here, and may approve in another namespace.
    carol: Person,
    /// Edits here, and may approve `y` only.
    dave: Person,
    controller: Person,
}

impl Stage {
    fn new(of_test: &str) -> Self {
        install().unwrap();
        let admin = Person::admin().unwrap();
        let space = Namespace::new(of_test).unwrap();
        let named = |name: &str| Person::named(&format!("{name}.{}", space.name), &["operators"]).unwrap();
        let [alice, bob, carol, dave] = ["alice", "bob", "carol", "dave"].map(named);
        let controller = Person::controller(&format!("controller.{}", space.name)).unwrap();
        let stage = Self { admin, alice, bob, carol, dave, controller, space };
        stage.give_rights();
        for name in ["x", "y", "planless"] {
            stage.run(&stage.admin, &["create", "-f", "-"], &cloud_spec(name, "", "5m")).or_fail().unwrap();
        }
        stage.offer("x", PLAN_X, 7);
        stage.offer("y", PLAN_Y, 3);
        stage.run(&stage.controller, &["create", "-f", "-"], CHANGE_PLAN).or_fail().unwrap();
        stage
    }

    fn give_rights(&self) {
        let as_controller = "verbs: [get, list, create, update, patch, delete, deletecollection], \
            resources: [cloudspecs/status, changeplans, changeplans/status]";
        for person in [&self.alice, &self.bob, &self.carol, &self.dave] {
            self.space.bind("cloudspec-edit", person).unwrap();
            self.grant(&format!("as-controller-{}", person.name), person, as_controller);
        }
        self.space.bind("cloudspec-approve", &self.alice).unwrap();
        self.grant(
            "approve-y",
            &self.dave,
            "verbs: [approve], resources: [cloudspecs], resourceNames: [\"y\"]",
        );
    }

    /// A Role of its own, which needs no change of a cluster role that other tests share.
    fn grant(&self, role: &str, person: &Person, rule: &str) {
        let (ns, user) = (&self.space.name, &person.name);
        let objects = format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: {role}, namespace: {ns}}}\n\
             rules: [{{apiGroups: [cloudspec.dev], {rule}}}]\n---\n\
             apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: {role}, namespace: {ns}}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {role}}}\n\
             subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: {user}}}]\n"
        );
        self.run(&self.admin, &["create", "-f", "-"], &objects).or_fail().unwrap();
    }

    fn run(&self, person: &Person, arguments: &[&str], input: &str) -> Answer {
        self.space.kubectl(person, arguments, input).unwrap()
    }

    fn annotate(&self, person: &Person, name: &str, annotations: &[&str]) -> Answer {
        self.run(person, &[&["annotate", "--overwrite", "cloudspec", name], annotations].concat(), "")
    }

    fn patch(&self, person: &Person, what: &[&str], patch: &str) -> Answer {
        self.run(person, &[&["patch", "--type=merge", "-p", patch], what].concat(), "")
    }

    /// The controller offers a plan.
    fn offer(&self, name: &str, digest: &str, offer: i64) {
        let patch = format!(
            r#"{{"status": {{"conditions": [], "lastOffer": {offer}, "plan": {{"name": "{name}-plan", "digest": "{digest}",
            "offer": {offer}, "planGeneration": 1, "offeredAt": "2026-01-01T00:00:00Z", "steps": 1,
            "classes": {{"reversible": 1, "rebuildable": 0, "destructive": 0}}}}}}}}"#
        );
        let what = ["cloudspec", name, "--subresource=status"];
        self.patch(&self.controller, &what, &patch).or_fail().unwrap();
    }

    fn annotation(&self, name: &str, key: &str) -> String {
        let path = format!("jsonpath={{.metadata.annotations['{}']}}", key.replace('.', "\\."));
        self.run(&self.admin, &["get", "cloudspec", name, "-o", &path], "").or_fail().unwrap().output
    }

    fn stamp(&self, name: &str, stamp: &str) -> String {
        self.annotation(name, &format!("cloudspec.dev/{stamp}"))
    }

    /// Fills in the names of the people and of the namespace.
    fn fill(&self, text: &str) -> String {
        [("{alice}", &self.alice.name), ("{bob}", &self.bob.name), ("{ns}", &self.space.name)]
            .iter()
            .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
            .replace("{X}", PLAN_X)
            .replace("{Y}", PLAN_Y)
    }
}

fn cloud_spec(name: &str, annotations: &str, interval: &str) -> String {
    format!(
        "apiVersion: cloudspec.dev/v1alpha1\nkind: CloudSpec\nmetadata: {{name: \"{name}\", annotations: {{{annotations}}}}}\n\
         spec: {{interval: {interval}, cloud: {{observe: {{secretName: lab, cloudName: lab}}}}}}\n"
    )
}

const CHANGE_PLAN: &str = r#"
apiVersion: cloudspec.dev/v1alpha1
kind: ChangePlan
metadata: {name: x-plan}
spec:
  owner: {kind: CloudSpec, name: x, uid: u, generation: 1, specDigest: ''}
  cloud: {authUrl: "http://127.0.0.1/v3", region: ""}
  digest: sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  classes: {reversible: 1, rebuildable: 0, destructive: 0}
  steps:
  - {number: 1, summary: s, findings: [f], class: Reversible, action: {kind: any, depth: {of: 2}}, revert: r}
"#;

#[test]
fn a_person_who_may_approve_needs_nothing_but_the_annotation() {
    let stage = Stage::new("approve");
    stage.annotate(&stage.alice, "x", &["approved=true"]).or_fail().unwrap();
    assert_eq!(stage.annotation("x", "approved"), "true");
    assert_eq!(stage.stamp("x", "approved-by"), stage.alice.name);
    assert_eq!(stage.stamp("x", "approved-groups"), "operators\nsystem:authenticated");
    assert_eq!(stage.stamp("x", "approved-plan"), PLAN_X);
    assert_eq!(stage.stamp("x", "approved-offer"), "7");
}

#[test]
fn the_digest_of_the_plan_on_offer_approves_too_and_false_stamps_are_overwritten() {
    let stage = Stage::new("digest");
    let approved = format!("approved={PLAN_X}");
    let forged = format!("cloudspec.dev/approved-by={}", stage.bob.name);
    let annotations = [approved.as_str(), &forged, "cloudspec.dev/approved-offer=99"];
    stage.annotate(&stage.alice, "x", &annotations).or_fail().unwrap();
    assert_eq!(stage.annotation("x", "approved"), PLAN_X);
    assert_eq!(stage.stamp("x", "approved-by"), stage.alice.name);
    assert_eq!(stage.stamp("x", "approved-offer"), "7");
}

#[test]
fn a_rejection_is_stamped_as_an_approval_is() {
    let stage = Stage::new("reject");
    stage.annotate(&stage.alice, "x", &["approved=false"]).or_fail().unwrap();
    assert_eq!(stage.annotation("x", "approved"), "false");
    assert_eq!(stage.stamp("x", "approved-by"), stage.alice.name);
    assert_eq!(
        (stage.stamp("x", "approved-plan"), stage.stamp("x", "approved-offer")),
        (PLAN_X.into(), "7".into())
    );
}

#[test]
fn an_approver_of_one_object_approves_that_one() {
    let stage = Stage::new("one-object");
    stage.annotate(&stage.dave, "y", &["approved=true"]).or_fail().unwrap();
    assert_eq!(stage.stamp("y", "approved-offer"), "3");
}

#[test]
fn whoever_may_edit_revokes_and_the_stamps_go_too() {
    let stage = Stage::new("revoke");
    stage.annotate(&stage.alice, "x", &["approved=true"]).or_fail().unwrap();
    stage.annotate(&stage.bob, "x", &["approved-"]).or_fail().unwrap();
    assert_eq!(stage.annotation("x", "approved"), "");
    for stamp in STAMPS {
        assert_eq!(stage.stamp("x", stamp), "", "{stamp}");
    }
    assert_eq!(stage.stamp("x", "spec-author"), stage.admin.name);
}

#[test]
fn the_controller_takes_a_used_approval_away_and_the_next_one_has_the_next_offer() {
    let stage = Stage::new("used");
    stage.annotate(&stage.alice, "x", &["approved=true"]).or_fail().unwrap();
    let nulls = STAMPS.map(|stamp| format!(r#""cloudspec.dev/{stamp}": null"#)).join(", ");
    let patch = format!(r#"{{"metadata": {{"annotations": {{"approved": null, {nulls}}}}}}}"#);
    stage.patch(&stage.controller, &["cloudspec", "x"], &patch).or_fail().unwrap();
    assert_eq!(stage.stamp("x", "approved-by"), "");
    stage.offer("x", PLAN_Y, 8);
    stage.annotate(&stage.alice, "x", &["approved=true"]).or_fail().unwrap();
    assert_eq!(stage.stamp("x", "approved-plan"), PLAN_Y);
    assert_eq!(stage.stamp("x", "approved-offer"), "8");
}

#[test]
fn the_author_of_the_spec_is_stamped_and_kept() {
    let stage = Stage::new("author");
    assert_eq!(stage.stamp("x", "spec-author"), "admin");
    let patch = r#"{"metadata": {"annotations": {"cloudspec.dev/spec-author": "somebody"}}, "spec": {"interval": "6m"}}"#;
    stage.patch(&stage.bob, &["cloudspec", "x"], patch).or_fail().unwrap();
    assert_eq!(stage.stamp("x", "spec-author"), stage.bob.name);
    let remove = r#"{"metadata": {"annotations": null}}"#;
    stage.patch(&stage.alice, &["cloudspec", "x"], remove).or_fail().unwrap();
    assert_eq!(stage.stamp("x", "spec-author"), stage.bob.name);
}

#[test]
fn the_way_of_the_status_carries_no_approval() {
    let stage = Stage::new("by-status");
    let patch = r#"{"metadata": {"annotations": {"approved": "true"}}}"#;
    let what = ["cloudspec", "x", "--subresource=status"];
    stage.patch(&stage.controller, &what, patch).or_fail().unwrap();
    assert_eq!(stage.annotation("x", "approved"), "");
}

#[test]
fn a_spec_of_the_largest_size_can_be_approved() {
    let stage = Stage::new("largest");
    let mut spec = cloud_spec("large", "", "5m").replace("}}}", "}}, tenants: [TENANTS]}");
    let tenants: Vec<String> = (0..1000)
        .map(|number| {
            format!("{{name: team-{number}, domain: customers, description: {:0>200}, enabled: true}}", "x")
        })
        .collect();
    spec = spec.replace("TENANTS", &tenants.join(", "));
    stage.run(&stage.alice, &["create", "-f", "-"], &spec).or_fail().unwrap();
    stage.offer("large", PLAN_X, 1);
    stage.annotate(&stage.alice, "large", &["approved=true"]).or_fail().unwrap();
    assert_eq!(stage.stamp("large", "approved-offer"), "1");
}

/// Who tries.
#[derive(Clone, Copy)]
enum Who {
    Admin,
    Alice,
    Bob,
    Carol,
    Dave,
    Controller,
}

/// What stands on `x` before.
#[derive(Clone, Copy)]
enum Before {
    Nothing,
    /// An approval by Alice.
    Approved,
}

struct Attack {
    name: &'static str,
    who: Who,
    before: Before,
    arguments: &'static [&'static str],
    input: Input,
    refusal: &'static str,
}

enum Input {
    None,
    /// Name, annotations, interval of a CloudSpec.
    CloudSpec(&'static str, &'static str, &'static str),
    Text(&'static str),
}

const MAY_NOT: &str =
    "may not approve cloudspecs.cloudspec.dev/x in namespace {ns}: ask for the verb approve on it";
const STATUS: &str = "cloudspecs/status is written by the cloudspec controller alone, not by";
const PLANS: &str = "is written by the cloudspec controller alone, not by";
const FORGED_PLAN: &str = r#"{"status": {"plan": {"digest": "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"}}}"#;

const fn annotating(
    name: &'static str,
    who: Who,
    arguments: &'static [&'static str],
    refusal: &'static str,
) -> Attack {
    Attack { name, who, before: Before::Nothing, arguments, input: Input::None, refusal }
}

const fn standing(
    name: &'static str,
    who: Who,
    arguments: &'static [&'static str],
    refusal: &'static str,
) -> Attack {
    Attack { name, who, before: Before::Approved, arguments, input: Input::None, refusal }
}

const fn sending(
    name: &'static str,
    who: Who,
    arguments: &'static [&'static str],
    input: Input,
    refusal: &'static str,
) -> Attack {
    Attack { name, who, before: Before::Nothing, arguments, input, refusal }
}

const CREATE: &[&str] = &["create", "-f", "-"];
const AT_CREATION: &str = "approved cannot be set at creation, for there is no plan yet";
const MANIFEST: &str = "approved stands in a manifest (last-applied-configuration)";

#[rustfmt::skip]
const ATTACKS: &[Attack] = &[
    annotating("no verb", Who::Bob, &["annotate", "cloudspec", "x", "approved=true"], MAY_NOT),
    annotating("no verb, by digest", Who::Bob, &["annotate", "cloudspec", "x", "approved={X}"], MAY_NOT),
    annotating("the verb in another namespace", Who::Carol, &["annotate", "cloudspec", "x", "approved=true"], MAY_NOT),
    annotating("the verb for another object", Who::Dave, &["annotate", "cloudspec", "x", "approved=true"], MAY_NOT),
    annotating("the controller itself", Who::Controller, &["annotate", "cloudspec", "x", "approved=true"], MAY_NOT),
    annotating("no verb, in another's field manager", Who::Bob, &["annotate", "cloudspec", "x", "approved=true", "--field-manager=alice"], MAY_NOT),
    annotating("no verb, with all of another's stamps", Who::Bob, &["annotate", "cloudspec", "x", "approved=true", "cloudspec.dev/approved-by={alice}", "cloudspec.dev/approved-plan={X}", "cloudspec.dev/approved-offer=7", "cloudspec.dev/approved-groups=operators"], MAY_NOT),
    annotating("no verb, by a merge patch", Who::Bob, &["patch", "cloudspec", "x", "--type=merge", "-p", r#"{"metadata":{"annotations":{"approved":"true"}}}"#], MAY_NOT),
    annotating("no verb, by a JSON patch", Who::Bob, &["patch", "cloudspec", "x", "--type=json", "-p", r#"[{"op":"add","path":"/metadata/annotations/approved","value":"true"}]"#], MAY_NOT),
    annotating("no verb, an empty value", Who::Bob, &["annotate", "cloudspec", "x", "approved="], MAY_NOT),
    annotating("no verb, a rejection", Who::Bob, &["annotate", "cloudspec", "x", "approved=false"], MAY_NOT),
    annotating("a rejection before there is a plan", Who::Alice, &["annotate", "cloudspec", "planless", "approved=false"], "there is no plan to approve"),
    annotating("impersonation without the right", Who::Bob, &["annotate", "cloudspec", "x", "approved=true", "--as={alice}"], "cannot impersonate"),
    annotating("a digest that is not on offer", Who::Alice, &["annotate", "cloudspec", "x", "approved=sha256:00"], "approved must be true, false (to reject) or the digest of the plan on offer, {X}"),
    annotating("the digest of another object's plan", Who::Alice, &["annotate", "cloudspec", "x", "approved={Y}"], "approved must be true, false (to reject) or the digest of the plan on offer, {X}"),
    annotating("true in capitals", Who::Alice, &["annotate", "cloudspec", "x", "approved=TRUE"], "read that plan, then kubectl cloudspec approve x -n {ns}"),
    annotating("an empty value", Who::Alice, &["annotate", "cloudspec", "x", "approved="], "approved must be true, false (to reject) or the digest"),
    annotating("before there is a plan", Who::Alice, &["annotate", "cloudspec", "planless", "approved=true"], "there is no plan to approve: wait until kubectl get cloudspecs planless -n {ns} shows a plan"),
    annotating("a digest before there is a plan", Who::Alice, &["annotate", "cloudspec", "planless", "approved={X}"], "there is no plan to approve"),
    annotating("with a change of spec in one write", Who::Alice, &["patch", "cloudspec", "x", "--type=merge", "-p", r#"{"metadata":{"annotations":{"approved":"true"}},"spec":{"interval":"9m"}}"#], "approved cannot be set in the same write as a change of spec"),
    sending("at creation", Who::Alice, CREATE, Input::CloudSpec("new", "approved: \"true\"", "5m"), AT_CREATION),
    sending("stamps at creation", Who::Alice, CREATE, Input::CloudSpec("new", "cloudspec.dev/approved-by: me", "5m"), AT_CREATION),
    sending("at creation, by apply", Who::Alice, &["apply", "-f", "-"], Input::CloudSpec("new", "approved: \"true\"", "5m"), AT_CREATION),
    sending("at creation, by server-side apply", Who::Alice, &["apply", "--server-side", "-f", "-"], Input::CloudSpec("new", "approved: \"true\"", "5m"), AT_CREATION),
    sending("from a manifest", Who::Alice, &["apply", "-f", "-"], Input::CloudSpec("x", "approved: \"true\"", "5m"), MANIFEST),
    sending("stamps from a manifest", Who::Alice, &["apply", "-f", "-"], Input::CloudSpec("x", "cloudspec.dev/approved-by: me", "5m"), MANIFEST),
    sending("by server-side apply together with spec", Who::Alice, &["apply", "--server-side", "--force-conflicts", "-f", "-"], Input::CloudSpec("x", "approved: \"true\"", "5m"), "one server-side apply owns approved together with spec"),
    sending("the same under kubectl annotate's name", Who::Alice, &["apply", "--server-side", "--force-conflicts", "--field-manager=kubectl-annotate", "-f", "-"], Input::CloudSpec("x", "approved: \"true\"", "5m"), "one server-side apply owns approved together with spec"),
    sending("no verb, by replace", Who::Bob, &["replace", "-f", "-"], Input::CloudSpec("x", "approved: \"true\"", "5m"), MAY_NOT),
    annotating("an approval and a forged last-applied", Who::Alice, &["annotate", "cloudspec", "x", "approved=true", r#"kubectl.kubernetes.io/last-applied-configuration={"metadata":{"annotations":{"approved": "true"}}}"#], MANIFEST),
    annotating("a stamp without an approval", Who::Bob, &["annotate", "cloudspec", "x", "cloudspec.dev/approved-by={alice}"], "cloudspec.dev/approved-* are stamps of an approval and cannot be set without one"),
    annotating("a stamp without an approval, by an approver", Who::Alice, &["annotate", "cloudspec", "x", "cloudspec.dev/approved-offer=7"], "cannot be set without one: kubectl cloudspec approve x -n {ns}"),
    annotating("another author of the spec", Who::Bob, &["annotate", "cloudspec", "x", "cloudspec.dev/spec-author={alice}", "--overwrite"], "cloudspec.dev/spec-author is the stamp of the last change of spec"),
    standing("a standing approval for a later offer", Who::Bob, &["annotate", "--overwrite", "cloudspec", "x", "cloudspec.dev/approved-offer=8"], MAY_NOT),
    standing("a standing approval for another plan", Who::Bob, &["annotate", "--overwrite", "cloudspec", "x", "cloudspec.dev/approved-plan={Y}"], MAY_NOT),
    standing("a standing approval in another's name", Who::Alice, &["annotate", "--overwrite", "cloudspec", "x", "cloudspec.dev/approved-by={bob}"], "cloudspec.dev/approved-by must be {alice}, who asks"),
    standing("a standing approval with other groups", Who::Alice, &["annotate", "--overwrite", "cloudspec", "x", "cloudspec.dev/approved-groups=system:masters"], "cloudspec.dev/approved-groups must be the groups of {alice}"),
    standing("a standing approval by a false plan", Who::Alice, &["annotate", "--overwrite", "cloudspec", "x", "cloudspec.dev/approved-plan={Y}"], "cloudspec.dev/approved-plan must be the digest of the plan on offer, {X}"),
    standing("a standing approval by a false offer", Who::Alice, &["annotate", "--overwrite", "cloudspec", "x", "cloudspec.dev/approved-offer=8"], "cloudspec.dev/approved-offer must be the number of the offer, 7"),
    standing("a stamp taken off a standing approval", Who::Bob, &["annotate", "cloudspec", "x", "cloudspec.dev/approved-by-"], MAY_NOT),
    standing("a standing approval made one by digest", Who::Bob, &["annotate", "--overwrite", "cloudspec", "x", "approved={X}"], MAY_NOT),
    annotating("a forged plan in the status", Who::Bob, &["patch", "cloudspec", "x", "--subresource=status", "--type=merge", "-p", FORGED_PLAN], STATUS),
    annotating("a forged plan in the status, by an approver", Who::Alice, &["patch", "cloudspec", "x", "--subresource=status", "--type=merge", "-p", FORGED_PLAN], STATUS),
    annotating("a forged plan in the status, by an administrator", Who::Admin, &["patch", "cloudspec", "x", "--subresource=status", "--type=merge", "-p", FORGED_PLAN], STATUS),
    sending("a forged status by server-side apply", Who::Bob, &["apply", "--server-side", "--force-conflicts", "--subresource=status", "-f", "-"], Input::Text("apiVersion: cloudspec.dev/v1alpha1\nkind: CloudSpec\nmetadata: {name: x}\nstatus: {conditions: [], lastOffer: 99}"), STATUS),
    sending("a forged ChangePlan", Who::Bob, CREATE, Input::Text(CHANGE_PLAN), PLANS),
    sending("a forged ChangePlan, by an administrator", Who::Admin, CREATE, Input::Text(CHANGE_PLAN), PLANS),
    annotating("a forged decision", Who::Alice, &["patch", "changeplan", "x-plan", "--subresource=status", "--type=merge", "-p", r#"{"status":{"phase":"Applying"}}"#], "changeplans/status is written by the cloudspec controller alone"),
    annotating("a label on a ChangePlan", Who::Bob, &["label", "changeplan", "x-plan", "a=b"], PLANS),
    annotating("a ChangePlan deleted", Who::Bob, &["delete", "changeplan", "x-plan"], PLANS),
    annotating("a ChangePlan deleted by an administrator", Who::Admin, &["delete", "changeplan", "x-plan"], "to decide on a plan use kubectl cloudspec approve or reject"),
    annotating("all ChangePlans deleted", Who::Bob, &["delete", "changeplan", "--all"], PLANS),
    annotating("a ChangePlan changed by the controller", Who::Controller, &["patch", "changeplan", "x-plan", "--type=merge", "-p", r#"{"spec":{"owner":{"name":"y"}}}"#], "a ChangePlan never changes: a changed plan is another ChangePlan"),
];

#[test]
fn every_attack_is_refused_with_the_remedy_and_leaves_no_approval() {
    let stage = Stage::new("attacks");
    // Carol may approve, elsewhere.
    let elsewhere = Namespace::new("elsewhere").unwrap();
    elsewhere.bind("cloudspec-approve", &stage.carol).unwrap();
    let mut wrong = Vec::new();
    for attack in ATTACKS {
        stage.annotate(&stage.admin, "x", &["approved-"]).or_fail().unwrap();
        let expected = match attack.before {
            Before::Nothing => "",
            Before::Approved => {
                stage.annotate(&stage.alice, "x", &["approved=true"]).or_fail().unwrap();
                "true"
            }
        };
        let before = stage.stamp("x", "approved-by");
        let answer = try_it(&stage, attack);
        let refusal = stage.fill(attack.refusal);
        if answer.succeeded || !answer.error.contains(&refusal) {
            wrong.push(format!(
                "{}: expected {refusal:?}, got {} {}",
                attack.name, answer.output, answer.error
            ));
        }
        if stage.annotation("x", "approved") != expected || stage.stamp("x", "approved-by") != before {
            wrong.push(format!("{}: left an approval", attack.name));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(ATTACKS.len() >= 50, "{}", ATTACKS.len());
}

fn try_it(stage: &Stage, attack: &Attack) -> Answer {
    let who = match attack.who {
        Who::Admin => &stage.admin,
        Who::Alice => &stage.alice,
        Who::Bob => &stage.bob,
        Who::Carol => &stage.carol,
        Who::Dave => &stage.dave,
        Who::Controller => &stage.controller,
    };
    let arguments: Vec<String> = attack.arguments.iter().map(|argument| stage.fill(argument)).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let input = match attack.input {
        Input::None => String::new(),
        Input::CloudSpec(name, annotations, interval) => cloud_spec(name, annotations, interval),
        Input::Text(text) => text.replace("x-plan", "forged"),
    };
    stage.run(who, &arguments, &input)
}

#[test]
fn the_controller_sees_by_dry_runs_that_the_policies_are_enforced() {
    let stage = Stage::new("self-test");
    let in_its_own = ["create", "--dry-run=server", "--validate=false", "-n", "cloudspec-system", "-f", "-"];
    let approval = cloud_spec("self-test", "approved: \"true\"", "5m");
    let answer = stage.controller.kubectl(&in_its_own, &approval).unwrap();
    assert!(
        !answer.succeeded && answer.error.contains("ValidatingAdmissionPolicy 'cloudspec-approval-gate'"),
        "{answer:?}"
    );
    let plan =
        CHANGE_PLAN.replace("name: x-plan", "name: self-test, labels: {cloudspec.dev/self-test: \"true\"}");
    let answer = stage.controller.kubectl(&in_its_own, &plan).unwrap();
    let refusal = "ValidatingAdmissionPolicy 'cloudspec-controller-writes'";
    assert!(!answer.succeeded && answer.error.contains(refusal), "{answer:?}");
    let can_i = ["auth", "can-i", "approve", "cloudspecs.cloudspec.dev/x"];
    assert_eq!(stage.run(&stage.controller, &can_i, "").output.trim(), "no");
}

#[test]
fn a_decision_and_the_result_of_a_step_are_written_once() {
    let stage = Stage::new("write-once");
    let what = ["changeplan", "x-plan", "--subresource=status"];
    let write = |patch: &str| stage.patch(&stage.controller, &what, patch);
    let decided = format!(
        r#"{{"status": {{"phase": "Applying", "journal": [{{"number": 1, "state": "Intended"}}], "decision":
        {{"verdict": "Approved", "by": "a", "value": "true", "offer": 7, "digest": "{PLAN_X}", "at": "2026-01-01T00:00:00Z", "gate": "Enforced"}}}}}}"#
    );
    write(&decided).or_fail().unwrap();
    write(r#"{"status": {"journal": [{"number": 1, "state": "Done"}]}}"#).or_fail().unwrap();
    for (patch, refusal) in [
        (
            r#"{"status": {"decision": {"by": "b"}}}"#,
            "status.decision: Invalid value: a decision is written once and never changes",
        ),
        (r#"{"status": {"decision": null}}"#, "a decision is written once and stays"),
        (r#"{"status": null}"#, "a decision is written once and stays"),
        (
            r#"{"status": {"journal": [{"number": 1, "state": "Intended"}]}}"#,
            "status.journal[0]: Invalid value: the result of a step never changes",
        ),
        (r#"{"status": {"journal": []}}"#, "status.journal: Invalid value: an entry of the journal stays"),
    ] {
        let answer = write(patch);
        assert!(!answer.succeeded && answer.error.contains(refusal), "{patch}: {answer:?}");
    }
    write(r#"{"status": {"phase": "Succeeded"}}"#).or_fail().unwrap();
}

#[test]
fn change_plans_go_with_their_namespace() {
    let stage = Stage::new("goes");
    let delete = ["delete", "namespace", &stage.space.name, "--timeout=60s"];
    stage.admin.kubectl(&delete, "").unwrap().or_fail().unwrap();
    let left = stage.run(&stage.admin, &["get", "changeplans", "-o", "name"], "").or_fail().unwrap();
    assert_eq!(left.output, "");
}

#[test]
fn change_plans_go_with_their_owner() {
    let stage = Stage::new("owner");
    let uid =
        stage.run(&stage.admin, &["get", "cloudspec", "x", "-o", "jsonpath={.metadata.uid}"], "").output;
    let owned = format!(
        "name: owned, ownerReferences: [{{apiVersion: cloudspec.dev/v1alpha1, kind: CloudSpec, name: x, uid: {uid}, \
         controller: true, blockOwnerDeletion: true}}]"
    );
    let plan = CHANGE_PLAN.replace("name: x-plan", &owned);
    stage.run(&stage.controller, &["create", "-f", "-"], &plan).or_fail().unwrap();
    stage.run(&stage.bob, &["delete", "cloudspec", "x"], "").or_fail().unwrap();
    // The collector looks for kinds that are new to it every 30 s.
    let gone = ["wait", "--for=delete", "changeplan/owned", "--timeout=120s"];
    stage.run(&stage.admin, &gone, "").or_fail().unwrap();
    stage.run(&stage.admin, &["get", "changeplan", "x-plan"], "").or_fail().unwrap();
}

#[test]
fn columns_tell_the_state_at_a_glance() {
    let stage = Stage::new("columns");
    let status = r#"{"status": {"state": "AwaitingApproval", "summary": {"drift": 1, "missing": 1, "extra": 0, "changed": 0, "unknowable": 0, "text": "1 missing"}, "conditions": [
        {"type": "Approved", "status": "False", "reason": "Waiting", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"},
        {"type": "Observed", "status": "True", "reason": "Complete", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}"#;
    stage.patch(&stage.controller, &["cloudspec", "x", "--subresource=status"], status).or_fail().unwrap();
    let table = |what: &str| stage.run(&stage.bob, &["get", what], "").or_fail().unwrap().output;
    let rows = |table: String| -> Vec<Vec<String>> {
        table
            .lines()
            .map(|line| {
                line.split("   ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect()
            })
            .collect()
    };
    let specs = rows(table("cspec"));
    assert_eq!(specs[0], ["NAME", "STATE", "DRIFT", "PLAN", "APPROVED", "OBSERVED", "AGE"]);
    let x = specs.iter().find(|row| row[0] == "x").unwrap();
    assert_eq!(x[1..6], ["AwaitingApproval", "1 missing", "x-plan", "False", "True"]);
    let plans = rows(table("cplan"));
    assert_eq!(plans[0], ["NAME", "OWNER", "STEPS", "PHASE", "APPROVED-BY", "AGE"]);
    assert_eq!(plans[1][..3], ["x-plan", "x", "1"]);
    let selected = ["get", "cspec", "-o", "name", "--field-selector=status.state=AwaitingApproval"];
    assert_eq!(stage.run(&stage.bob, &selected, "").output.trim(), "cloudspec.cloudspec.dev/x");
}

#[test]
fn an_administrator_of_a_namespace_edits_and_does_not_approve() {
    let stage = Stage::new("ns-admin");
    let name = format!("erin.{}", stage.space.name);
    let erin = Person::named(&name, &["operators"]).unwrap();
    stage.space.bind("admin", &erin).unwrap();
    let can = |verb: &str, what: &str| {
        stage.run(&erin, &["auth", "can-i", verb, what], "").output.trim().to_owned()
    };
    assert_eq!(can("update", "cloudspecs.cloudspec.dev"), "yes");
    assert_eq!(can("get", "changeplans.cloudspec.dev"), "yes");
    assert_eq!(can("create", "changeplans.cloudspec.dev"), "no");
    assert_eq!(can("approve", "cloudspecs.cloudspec.dev/x"), "no");
}

#[test]
fn the_samples_are_taken_as_they_are() {
    let stage = Stage::new("samples");
    let sample = |file: &str| {
        let path = format!("{}/../manifests/samples/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        text.replace("namespace: clouds", &format!("namespace: {}", stage.space.name))
    };
    let dry_run = ["create", "--dry-run=server", "-f", "-"];
    stage.run(&stage.alice, &dry_run, &sample("cloudspec.yaml")).or_fail().unwrap();
    let credentials = sample("credentials.yaml");
    let (_, without_the_namespace) = credentials.split_once("---").unwrap();
    stage.run(&stage.admin, &dry_run, without_the_namespace).or_fail().unwrap();
}
