//! ChangePlans: written by the controller alone, once, and gone with what they belong to.

use crate::stage::{CHANGE_PLAN, PLAN_X, Stage, cloud_spec};

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
fn what_a_look_saw_is_written_once() {
    let stage = Stage::new("looks");
    let what = ["changeplan", "x-plan", "--subresource=status"];
    let write = |looks: &str| {
        stage.patch(&stage.controller, &what, &format!(r#"{{"status": {{"verification": {looks}}}}}"#))
    };
    let look = |second: u32, left: u32| {
        format!(
            r#"{{"stage": "Resources", "at": "2026-01-01T00:00:0{second}Z", "types": [{{"type": "server", "left": {left}}}]}}"#
        )
    };
    let (first, second) = (look(1, 0), look(2, 0));
    write(&format!("[{first}]")).or_fail().unwrap();
    write(&format!("[{first}, {second}]")).or_fail().unwrap();
    let stays = "a look that was written down stays, and never changes";
    let changed = look(1, 1);
    let seven = [first.as_str(); 7].join(", ");
    for (looks, refusal) in [
        (format!("[{second}]"), stays),
        (format!("[{changed}, {second}]"), stays),
        ("[]".to_owned(), stays),
        ("null".to_owned(), "what was verified is written down and stays"),
        (format!("[{seven}, {second}]"), "must have at most 6 items"),
    ] {
        let answer = write(&looks);
        assert!(!answer.succeeded && answer.error.contains(refusal), "{looks}: {answer:?}");
    }
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
