//! From an approval to what is done: a controller with its own rights, a real API server, a simulated cloud behind a proxy as the
//! witness.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use cloudspec_tests::proxy::Proxy;
use cloudspec_tests::scene::{Scene, condition};
use cloudspec_tests::sim::{Builder, Sim};

const SPEC: &str = "interval: 30s
approval: {minPlanAge: 0s, requireDigest: Never}
tenants:
- {name: t0001, domain: tenants, description: as declared, quotas: {compute: {cores: 7}}}
securityGroups:
- name: web
  project: {name: t0001, domain: tenants}
  ingress: [{protocol: tcp, ports: \"8443\", from: {cidr: 203.0.113.0/24}}]
";

struct Stage {
    sim: Sim,
    proxy: Proxy,
    scene: Scene,
}

async fn stage(test: &str) -> Stage {
    let sim = Sim::start(Builder::default().tenants(2).build()).await.unwrap();
    let proxy = Proxy::start(&sim.url()).await.unwrap();
    let mut scene = Scene::new(test, &proxy.clouds_yaml(&sim.clouds_yaml())).await.unwrap();
    scene.apply("lab", SPEC).unwrap();
    scene.start().await.unwrap();
    scene.until_state("lab", "AwaitingApproval").await.unwrap();
    Stage { sim, proxy, scene }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_plan_is_carried_out_in_order_and_the_cloud_is_then_in_sync() {
    let Stage { sim, proxy, scene } = stage("approved").await;
    assert_eq!(proxy.writes(), vec![]);
    let answer = scene.annotate(&scene.alice, "lab", "true").unwrap();
    assert!(answer.succeeded, "{answer:?}");
    let object = scene.until_state("lab", "InSync").await.unwrap();
    assert_eq!(condition(&object, "Approved"), Some(("True", "Approved")));
    assert_eq!(condition(&object, "Applied"), Some(("True", "Succeeded")));
    let annotations = object.metadata.annotations.unwrap_or_default();
    assert!(!annotations.keys().any(|name| name.contains("approved")), "{annotations:?}");

    let plans = scene.plans().await.unwrap();
    assert_eq!(plans.len(), 1);
    let (spec, status) = (&plans[0].spec, plans[0].status.clone().unwrap());
    let decision = status.decision.unwrap();
    assert_eq!((decision.by.as_str(), decision.gate.as_str()), ("alice", "Enforced"));
    assert_eq!(
        (decision.digest.as_str(), status.phase.as_deref()),
        (spec.digest.as_str(), Some("Succeeded"))
    );
    let writes = proxy.writes();
    assert_eq!(writes.len(), spec.steps.len());
    for ((step, entry), call) in spec.steps.iter().zip(&status.journal).zip(&writes) {
        assert_eq!((entry.number, entry.state.as_str()), (step.number, "Done"), "{entry:?}");
        assert_eq!(entry.request_id, call.sent_request_id);
        assert_eq!(entry.service_request_id, call.request_id);
        assert!(!step.revert.is_empty() && !step.findings.is_empty());
    }
    let id = sim.world().project_id("tenants", "t0001").unwrap();
    assert_eq!(sim.world().projects[&id].description, "as declared");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_the_world_has_left_behind_is_refused_and_nothing_is_done() {
    let Stage { sim, proxy, scene } = stage("moved").await;
    let id = sim.world().project_id("tenants", "t0001").unwrap();
    sim.world().projects.get_mut(&id).unwrap().description = "moved".to_owned();
    assert!(scene.annotate(&scene.alice, "lab", "true").unwrap().succeeded);
    let object = scene
        .until("lab", "the approval is refused", |object| {
            condition(object, "Approved").is_some_and(|(_, reason)| reason != "AwaitingApproval")
        })
        .await
        .unwrap();
    assert_eq!(condition(&object, "Approved"), Some(("False", "ApprovalExpired")));
    let gone = |object: &cloudspec_crds::CloudSpec| {
        !object.metadata.annotations.clone().unwrap_or_default().contains_key("approved")
    };
    scene.until("lab", "the annotation is gone", gone).await.unwrap();
    assert_eq!(proxy.writes(), vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_drift_again_asks_for_another_approval() {
    let Stage { sim, proxy, scene } = stage("again").await;
    assert!(scene.annotate(&scene.alice, "lab", "true").unwrap().succeeded);
    scene.until_state("lab", "InSync").await.unwrap();
    proxy.clear();
    let id = sim.world().project_id("tenants", "t0001").unwrap();
    sim.world().projects.get_mut(&id).unwrap().description = "drifted".to_owned();
    scene.until_state("lab", "AwaitingApproval").await.unwrap();
    assert_eq!(proxy.writes(), vec![]);
    assert!(scene.annotate(&scene.alice, "lab", "true").unwrap().succeeded);
    scene.until_state("lab", "InSync").await.unwrap();
    assert_eq!((proxy.writes().len(), scene.plans().await.unwrap().len()), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_spec_holds_its_approval_and_goes_on_when_it_is_resumed() {
    let Stage { sim: _sim, proxy, scene } = stage("suspended").await;
    let suspend = |value: bool| {
        let patch = format!("{{\"spec\":{{\"suspend\":{value}}}}}");
        scene.namespace.kubectl(&scene.bob, &["patch", "cloudspec", "lab", "--type=merge", "-p", &patch], "")
    };
    suspend(true).unwrap().or_fail().unwrap();
    let suspended = |object: &cloudspec_crds::CloudSpec| {
        let status = object.status.clone().unwrap_or_default();
        status.state.as_deref() == Some("Suspended")
            && status.plan.is_some_and(|plan| plan.plan_generation == 2)
    };
    scene.until("lab", "it is suspended, with a plan of the new generation", suspended).await.unwrap();
    assert!(scene.annotate(&scene.alice, "lab", "true").unwrap().succeeded);
    let held =
        |object: &cloudspec_crds::CloudSpec| condition(object, "Approved") == Some(("False", "Suspended"));
    scene.until("lab", "the approval is held", held).await.unwrap();
    assert_eq!(proxy.writes(), vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_the_object_changes_nothing_in_the_cloud() {
    let Stage { sim: _sim, proxy, scene } = stage("deleted").await;
    scene
        .namespace
        .kubectl(&scene.bob, &["delete", "cloudspec", "lab", "--timeout=20s"], "")
        .unwrap()
        .or_fail()
        .unwrap();
    let log = scene.controller.as_ref().unwrap().page("/metrics").await.unwrap();
    assert!(log.contains("cloudspec_build_info"));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let plans = scene.plans().await.unwrap();
        let phase = plans[0].status.as_ref().and_then(|status| status.phase.as_deref());
        if (plans.len(), phase) == (1, Some("Superseded")) {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{plans:?}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert_eq!(proxy.writes(), vec![]);
}
