//! From a spec to what is told of it: a controller with its own rights, a real API server, a simulated cloud.

#![cfg(feature = "rig")]

use cloudspec_tests::scene::{Scene, condition};
use cloudspec_tests::sim::{Builder, Sim};

const SPEC: &str = "interval: 30s
approval: {minPlanAge: 0s}
tenants:
- {name: t0001, domain: tenants, enabled: true}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_is_as_declared_is_in_sync_and_gets_no_plan() {
    let sim = Sim::start(Builder::default().tenants(2).build()).await.unwrap();
    let mut scene = Scene::new("quiet", &sim.clouds_yaml()).await.unwrap();
    scene.apply("lab", SPEC).unwrap();
    scene.start().await.unwrap();
    let object = scene.until_state("lab", "InSync").await.unwrap();
    assert_eq!(condition(&object, "InSync"), Some(("True", "InSync")));
    assert_eq!(condition(&object, "Observed"), Some(("True", "Observed")));
    assert_eq!(condition(&object, "ApprovalGateEnforced"), Some(("True", "Enforced")));
    assert!(scene.plans().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_told_with_a_plan_and_changes_nothing() {
    let sim = Sim::start(Builder::default().tenants(2).build()).await.unwrap();
    let mut scene = Scene::new("drift", &sim.clouds_yaml()).await.unwrap();
    scene.apply("lab", &SPEC.replace("enabled: true", "description: other")).unwrap();
    scene.start().await.unwrap();
    let object = scene.until_state("lab", "AwaitingApproval").await.unwrap();
    let status = object.status.clone().unwrap();
    assert_eq!(status.findings[0].field.as_deref(), Some("description"));
    assert_eq!(status.findings[0].expected.as_deref(), Some("\"other\""));
    assert_eq!(condition(&object, "Approved"), Some(("False", "AwaitingApproval")));
    let plans = scene.plans().await.unwrap();
    assert_eq!(plans.len(), 1);
    assert_eq!(plans[0].spec.steps.len(), 1);
    let id = sim.world().project_id("tenants", "t0001").unwrap();
    assert_ne!(sim.world().projects[&id].description, "other");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_by_one_who_may_not_is_refused() {
    let sim = Sim::start(Builder::default().tenants(1).build()).await.unwrap();
    let mut scene = Scene::new("refused", &sim.clouds_yaml()).await.unwrap();
    scene.apply("lab", &SPEC.replace("enabled: true", "description: other")).unwrap();
    scene.start().await.unwrap();
    scene.until_state("lab", "AwaitingApproval").await.unwrap();
    let answer = scene.annotate(&scene.bob, "lab", "true").unwrap();
    assert!(!answer.succeeded && answer.error.contains("bob may not approve"), "{answer:?}");
}
