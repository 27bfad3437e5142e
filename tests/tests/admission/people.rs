//! What people see, and what they may do without a word on approvals.

use cloudspec_tests::cluster::Person;

use crate::stage::Stage;

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
