//! A namespace with plans on offer, and people with different rights.

use cloudspec_tests::cluster::{Answer, Namespace, Person, install};

pub(crate) const PLAN_X: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(crate) const PLAN_Y: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
pub(crate) const STAMPS: [&str; 4] = ["approved-by", "approved-groups", "approved-plan", "approved-offer"];

/// A namespace with the CloudSpecs `x` (plan on offer, number 7), `y` (another plan) and `planless`, and the people of the
/// tests. All but the controller also hold RBAC for what the controller writes, so that only the policies stop them.
pub(crate) struct Stage {
    pub(crate) space: Namespace,
    pub(crate) admin: Person,
    /// Edits, and may approve here.
    pub(crate) alice: Person,
    /// Edits.
    pub(crate) bob: Person,
    /// Edits here, and may approve in another namespace.
    pub(crate) carol: Person,
    /// Edits here, and may approve `y` only.
    pub(crate) dave: Person,
    pub(crate) controller: Person,
}

impl Stage {
    pub(crate) fn new(of_test: &str) -> Self {
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

    pub(crate) fn run(&self, person: &Person, arguments: &[&str], input: &str) -> Answer {
        self.space.kubectl(person, arguments, input).unwrap()
    }

    pub(crate) fn annotate(&self, person: &Person, name: &str, annotations: &[&str]) -> Answer {
        self.run(person, &[&["annotate", "--overwrite", "cloudspec", name], annotations].concat(), "")
    }

    pub(crate) fn patch(&self, person: &Person, what: &[&str], patch: &str) -> Answer {
        self.run(person, &[&["patch", "--type=merge", "-p", patch], what].concat(), "")
    }

    /// The controller offers a plan.
    pub(crate) fn offer(&self, name: &str, digest: &str, offer: i64) {
        let patch = format!(
            r#"{{"status": {{"conditions": [], "lastOffer": {offer}, "plan": {{"name": "{name}-plan", "digest": "{digest}",
            "offer": {offer}, "planGeneration": 1, "offeredAt": "2026-01-01T00:00:00Z", "steps": 1,
            "classes": {{"reversible": 1, "rebuildable": 0, "destructive": 0}}}}}}}}"#
        );
        let what = ["cloudspec", name, "--subresource=status"];
        self.patch(&self.controller, &what, &patch).or_fail().unwrap();
    }

    pub(crate) fn annotation(&self, name: &str, key: &str) -> String {
        let path = format!("jsonpath={{.metadata.annotations['{}']}}", key.replace('.', "\\."));
        self.run(&self.admin, &["get", "cloudspec", name, "-o", &path], "").or_fail().unwrap().output
    }

    pub(crate) fn stamp(&self, name: &str, stamp: &str) -> String {
        self.annotation(name, &format!("cloudspec.dev/{stamp}"))
    }

    /// Fills in the names of the people and of the namespace.
    pub(crate) fn fill(&self, text: &str) -> String {
        [("{alice}", &self.alice.name), ("{bob}", &self.bob.name), ("{ns}", &self.space.name)]
            .iter()
            .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
            .replace("{X}", PLAN_X)
            .replace("{Y}", PLAN_Y)
    }
}

pub(crate) fn cloud_spec(name: &str, annotations: &str, interval: &str) -> String {
    format!(
        "apiVersion: cloudspec.dev/v1alpha1\nkind: CloudSpec\nmetadata: {{name: \"{name}\", annotations: {{{annotations}}}}}\n\
         spec: {{interval: {interval}, cloud: {{observe: {{secretName: lab, cloudName: lab}}}}}}\n"
    )
}

pub(crate) const CHANGE_PLAN: &str = r#"
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
