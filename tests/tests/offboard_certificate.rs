//! The certificate of a tenant that leaves, and what is shown of it, at each stop of a leaving that does not succeed at once: the controller with its
//! own rights, a real API server, and a simulated Keystone behind a proxy that refuses a call.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use cloudspec_crds::{ChangePlan, TenantOffboard};
use cloudspec_tests::cluster;
use cloudspec_tests::proxy::{Fault, Matcher};
use cloudspec_tests::scene::{Stage, program};
use cloudspec_tests::sim::{Builder, Sim};
use kube::api::Api;
use serde_json::Value;

const WITHIN: Duration = Duration::from_secs(60);

/// What came of a command.
struct Came {
    code: Option<i32>,
    out: String,
    err: String,
}

/// As alice at the command line.
fn call(stage: &Stage, arguments: &[&str]) -> Came {
    let mut command = Command::new(program().unwrap().with_file_name("kubectl-cloudspec"));
    command.args(arguments).args(["-n", &stage.scene.namespace.name]);
    let came =
        command.env("KUBECONFIG", stage.scene.alice.kubeconfig()).env("NO_COLOR", "1").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Came { code: came.status.code(), out: text(came.stdout), err: text(came.stderr) }
}

fn certified(stage: &Stage) -> (Option<i32>, Value) {
    let came = call(stage, &["certificate", "x", "-o", "json"]);
    (came.code, serde_json::from_str(&came.out).unwrap_or_else(|why| panic!("{why}: {}", came.err)))
}

async fn until(stage: &Stage, state: &str) -> TenantOffboard {
    let api: Api<TenantOffboard> = Api::namespaced(stage.scene.client(), &stage.scene.namespace.name);
    let deadline = Instant::now() + WITHIN;
    loop {
        let object = api.get("x").await.unwrap();
        let status = object.status.clone().unwrap_or_default();
        if status.state.as_deref() == Some(state) && status.observed_generation == object.metadata.generation
        {
            return object;
        }
        assert!(
            Instant::now() < deadline,
            "waited in vain until {state}: {:?}, {:?}",
            status.state,
            status.conditions
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A tenant that is to leave with its project, and its plan on offer.
async fn leaving(test: &str) -> Stage {
    cluster::own().unwrap();
    let sim = Sim::start(Builder::default().tenants(2).build().identity_only()).await.unwrap();
    let mut stage = Stage::of(test, sim).await.unwrap();
    stage.scene.apply("lab", "interval: 30s\n").unwrap();
    stage.scene.start().await.unwrap();
    let id = stage.sim.world().project_id("tenants", "t0001").unwrap();
    let manifest = format!(
        "apiVersion: cloudspec.dev/v1alpha1\nkind: TenantOffboard\nmetadata: {{name: x}}\nspec:\n  cloudRef: {{name: lab}}\n  \
         tenant: {{id: \"{id}\", name: t0001, domain: tenants}}\n  deleteProject: true\n  verifyAfter: 1s\n  \
         approval: {{minPlanAge: 0s}}\n"
    );
    stage.kubectl(&stage.scene.bob, &["apply", "-f", "-"], &manifest).unwrap().or_fail().unwrap();
    until(&stage, "AwaitingApproval").await;
    stage
}

fn approve(stage: &Stage) {
    let came = call(stage, &["approve", "tenantoffboard", "x", "--confirm", "x"]);
    assert_eq!(came.code, Some(0), "{}", came.err);
}

/// The looks that the newest decided plan holds, as how many resources each found left.
async fn looks(stage: &Stage) -> Vec<usize> {
    let plan: ChangePlan = stage.decided().await.unwrap().pop().unwrap();
    plan.status.unwrap().verification.iter().map(|look| look.remaining.len()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_record_is_certified_before_while_and_after_it_leaves_and_when_the_object_is_deleted() {
    let stage = leaving("certificate").await;
    let shown = call(&stage, &["show", "tenantoffboard", "x"]);
    for part in
        ["tenants/t0001", "AwaitingApproval", "Plan on offer", "kubectl cloudspec approve tenantoffboard/x"]
    {
        assert!(shown.code == Some(0) && shown.out.contains(part), "{part}: {}{}", shown.out, shown.err);
    }
    let (code, before) = certified(&stage);
    assert_eq!(
        (code, &before["complete"], &before["plans"]),
        (Some(2), &false.into(), &Value::Array(vec![]))
    );

    // Neither the project nor what hangs on it can be deleted.
    stage.proxy.fault(Matcher::any().method("DELETE").path("/projects/"), Fault::status(403));
    approve(&stage);
    until(&stage, "Incomplete").await;
    let found = looks(&stage).await;
    assert!(matches!(found.as_slice(), [left] if *left > 0), "what was left is on record: {found:?}");
    let (code, stopped) = certified(&stage);
    let statement = stopped["statement"].as_str().unwrap();
    assert!(
        code == Some(2) && statement.starts_with("NOT COMPLETED: the state is Incomplete: left: "),
        "{statement}"
    );
    assert_eq!(stopped["plans"][0]["decision"]["by"], stage.scene.alice.name.as_str());
    assert_eq!(stopped["plans"][0]["phase"], "Stopped");
    let undone = stopped["notDone"].as_array().unwrap();
    assert!(undone.iter().any(|call| call["state"] == "Failed" || call["state"] == "Refused"), "{undone:?}");
    assert!(stopped["remaining"].as_array().is_some_and(|left| !left.is_empty()), "{stopped}");
    let page = call(&stage, &["certificate", "tenantoffboard/x"]);
    assert!(page.code == Some(2) && page.out.contains("## What remains"), "{}", page.out);

    stage.proxy.heal();
    until(&stage, "Incomplete").await;
    offered(&stage).await;
    approve(&stage);
    let done = until(&stage, "Completed").await.status.unwrap();
    assert_eq!(looks(&stage).await, [0, 0], "both looks stand in the plan before the end is told");
    let (code, complete) = certified(&stage);
    let statement = complete["statement"].as_str().unwrap();
    assert!(
        code == Some(0)
            && statement.starts_with("Completed: project tenants/t0001 and all that it held are gone"),
        "{statement}"
    );
    assert_eq!(complete["plans"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&complete["notDone"], &complete["remaining"]),
        (&Value::Array(vec![]), &Value::Array(vec![]))
    );
    let project =
        complete["removed"].as_array().unwrap().iter().find(|call| call["type"] == "project").unwrap();
    assert!(project["requestId"].is_string() && project["finishedAt"].is_string(), "{project}");
    assert_eq!(complete["looks"].as_array().unwrap().len(), done.verified.len() + 1);
    let history = call(&stage, &["history", "toff/x"]);
    assert!(
        history.out.contains("Stopped") && history.out.contains("Succeeded"),
        "{}{}",
        history.out,
        history.err
    );

    stage.kubectl(&stage.scene.bob, &["delete", "toff", "x"], "").unwrap().or_fail().unwrap();
    let (code, kept) = certified(&stage);
    assert_eq!(
        (code, &kept["statement"], &kept["removed"]),
        (Some(0), &complete["statement"], &complete["removed"])
    );
    assert_eq!((&kept["asked"]["deleted"], &kept["tenant"]), (&true.into(), &complete["tenant"]));
    let nobody = call(&stage, &["certificate", "nobody"]);
    assert!(
        nobody.code == Some(1) && nobody.err.contains("there is no TenantOffboard nobody"),
        "{}",
        nobody.err
    );
}

/// Waits until a plan is on offer.
async fn offered(stage: &Stage) {
    let deadline = Instant::now() + WITHIN;
    while until(stage, "Incomplete").await.status.unwrap().plan.is_none() {
        assert!(Instant::now() < deadline, "no plan was offered");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Each time a little later after its start; then it is let go on to the end.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_again_and_again_leaves_one_record_of_each_look() {
    let mut stage = leaving("certificate-killed").await;
    approve(&stage);
    // An approval does not outlive its controller before it is written down.
    let deadline = Instant::now() + WITHIN;
    while stage.decided().await.unwrap().is_empty() {
        assert!(Instant::now() < deadline, "nothing was decided");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stage.scene.controller.take().unwrap().kill().unwrap();
    stage.scene = stage.scene.with_arguments(&["--no-leader-election"]);
    for round in 0..12 {
        stage.scene.start().await.unwrap();
        tokio::time::sleep(Duration::from_millis(250 * round)).await;
        stage.scene.controller.take().unwrap().kill().unwrap();
    }
    stage.scene.start().await.unwrap();
    until(&stage, "Completed").await;
    let (code, complete) = certified(&stage);
    assert_eq!(code, Some(0), "{}", complete["statement"]);
    let found = looks(&stage).await;
    println!("looks on record: {found:?}");
    assert!((2..=6).contains(&found.len()) && found.iter().all(|left| *left == 0), "{found:?}");
    let looks = complete["looks"].as_array().unwrap();
    let times: BTreeSet<&str> = looks.iter().map(|look| look["at"].as_str().unwrap()).collect();
    assert_eq!(times.len(), looks.len(), "{times:?}");
}
