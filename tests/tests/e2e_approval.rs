//! From an approval to what is done: a controller with its own rights, a real API server, a simulated cloud behind a proxy as the
//! witness.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use cloudspec_crds::CloudSpec;
use cloudspec_tests::proxy::{Fault, Matcher, Place, Then};
use cloudspec_tests::scene::{Stage, condition};
use kube::ResourceExt;

const SPEC: &str = "interval: 30s
approval: {minPlanAge: 0s, requireDigest: Never}
tenants:
- {name: t0001, domain: tenants, description: as declared, quotas: {compute: {cores: 7}}}
securityGroups:
- name: web
  project: {name: t0001, domain: tenants}
  ingress: [{protocol: tcp, ports: \"8443\", from: {cidr: 203.0.113.0/24}}]
";

async fn stage(test: &str) -> Stage {
    Stage::offered(test, SPEC).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_plan_is_carried_out_in_order_and_the_cloud_is_then_in_sync() {
    let Stage { sim, proxy, scene } = stage("approved").await;
    let before = sim.world().clone();
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
        assert!(!step.summary.is_empty() && !step.findings.is_empty() && !step.revert.is_empty(), "{step:?}");
        assert!(entry.finished_at >= entry.started_at, "{entry:?}");
    }
    let last = object.status.unwrap().last_execution.unwrap();
    assert_eq!((last.result.as_str(), last.approved_by.as_str()), ("Succeeded", "alice"));
    assert_eq!((last.done, last.steps), (writes.len().try_into().unwrap(), writes.len().try_into().unwrap()));
    let world = sim.world().clone();
    let id = world.project_id("tenants", "t0001").unwrap();
    assert_eq!(world.projects[&id].description, "as declared");
    assert_eq!(world.compute_quotas[&id]["cores"], 7);
    // Nobody else's anything.
    let other = world.project_id("tenants", "t0002").unwrap();
    assert_eq!(world.compute_quotas.get(&other), before.compute_quotas.get(&other));
    assert_eq!(world.projects[&other].description, before.projects[&other].description);
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
    assert_eq!(condition(&object, "Approved"), Some(("False", "WorldChanged")));
    let gone = |object: &CloudSpec| {
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
async fn a_suspended_spec_holds_its_approval_and_the_resumed_one_asks_for_another() {
    let Stage { sim: _sim, proxy, scene } = stage("suspended").await;
    let suspend = |value: bool| {
        let patch = format!("{{\"spec\":{{\"suspend\":{value}}}}}");
        scene.namespace.kubectl(&scene.bob, &["patch", "cloudspec", "lab", "--type=merge", "-p", &patch], "")
    };
    suspend(true).unwrap().or_fail().unwrap();
    let suspended = |object: &CloudSpec| {
        let status = object.status.clone().unwrap_or_default();
        status.state.as_deref() == Some("Suspended")
            && status.plan.is_some_and(|plan| plan.plan_generation == 2)
    };
    scene.until("lab", "it is suspended, with a plan of the new generation", suspended).await.unwrap();
    assert!(scene.annotate(&scene.alice, "lab", "true").unwrap().succeeded);
    let held = |object: &CloudSpec| condition(object, "Approved") == Some(("False", "Suspended"));
    scene.until("lab", "the approval is held", held).await.unwrap();
    assert_eq!(proxy.writes(), vec![]);
    suspend(false).unwrap().or_fail().unwrap();
    let ruled = |object: &CloudSpec| !object.annotations().contains_key("approved");
    let object = scene.until("lab", "the approval is ruled on", ruled).await.unwrap();
    // Whether it is suspended is part of the spec, and an approval is for one spec.
    assert_eq!(condition(&object, "Approved"), Some(("False", "SpecChanged")));
    assert_eq!(proxy.writes(), vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_held_where_it_stands_while_the_spec_is_suspended_and_goes_on_after() {
    let stage = stage("midway").await;
    let suspend = |value: bool| {
        stage.patch(&stage.scene.bob, "lab", &format!("{{\"spec\":{{\"suspend\":{value}}}}}")).unwrap();
    };
    let mut hold = stage.proxy.hold(Matcher::writes().once(), Place::After);
    stage.approve("true").unwrap();
    hold.arrived().await;
    suspend(true);
    // One watch tells of both, in their order: who has looked after the second has heard of the first.
    stage.scene.apply("second", "interval: 30s\ntenants: []\n").unwrap();
    stage.scene.until_state("second", "InSync").await.unwrap();
    hold.release();
    let suspended = |object: &CloudSpec| {
        let status = object.status.clone().unwrap_or_default();
        status.last_execution.is_some_and(|last| (last.result.as_str(), last.done) == ("Applying", 1))
    };
    stage.scene.until("lab", "one step is done and the rest held", suspended).await.unwrap();
    assert_eq!(stage.proxy.writes().len(), 1);
    suspend(false);
    stage.until_reason("lab", "Applied", "Succeeded").await.unwrap();
    let plan = stage.decided().await.unwrap().remove(0);
    assert_eq!(stage.proxy.writes().len(), plan.spec.steps.len());
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

#[tokio::test(flavor = "multi_thread")]
async fn the_digest_of_the_plan_on_offer_approves_it() {
    let stage = stage("digest").await;
    let digest = stage.offer("lab").await.unwrap().digest;
    stage.approve(&digest).unwrap();
    stage.scene.until_state("lab", "InSync").await.unwrap();
    let decision = stage.decided().await.unwrap().remove(0).status.unwrap().decision.unwrap();
    assert_eq!((decision.value.as_str(), decision.verdict.as_str()), (digest.as_str(), "Approved"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_destroys_is_approved_by_its_digest_alone() {
    let spec = "interval: 30s\napproval: {minPlanAge: 0s}\ntenants:\n\
                - {name: t0001, domain: tenants, roles: [], unlistedRoles: Remove}\n";
    let stage = Stage::offered("destroys", spec).await.unwrap();
    let offer = stage.offer("lab").await.unwrap();
    assert!(offer.classes.destructive > 0, "{offer:?}");
    stage.approve("true").unwrap();
    stage.until_reason("lab", "Approved", "DigestRequired").await.unwrap();
    stage.until_taken_away("lab").await.unwrap();
    stage.untouched().await.unwrap();
    // The offer still stands.
    assert_eq!(stage.offer("lab").await.unwrap().offer, offer.offer);
    stage.approve(&offer.digest).unwrap();
    stage.until_reason("lab", "Applied", "Succeeded").await.unwrap();
    assert_eq!(i64::try_from(stage.proxy.writes().len()).unwrap(), offer.steps);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_plan_is_not_offered_again_until_the_plan_or_the_spec_is_another() {
    let stage = stage("rejected").await;
    let first = stage.offer("lab").await.unwrap();
    stage.approve("false").unwrap();
    stage.until_taken_away("lab").await.unwrap();
    let object = stage.until_reason("lab", "Approved", "Rejected").await.unwrap();
    let decision = stage.decided().await.unwrap().remove(0).status.unwrap().decision.unwrap();
    assert_eq!((decision.verdict.as_str(), decision.by.as_str()), ("Rejected", "alice"));
    let status = object.status.unwrap();
    assert_eq!((status.state.as_deref(), status.plan), (Some("Drifted"), None));
    // It looks again, and offers nothing.
    let looks = stage.proxy.calls().len();
    let looked = |object: &CloudSpec| {
        assert_eq!(object.status.as_ref().unwrap().plan, None);
        stage.proxy.calls().len() > looks
    };
    stage.scene.until("lab", "the cloud is looked at again", looked).await.unwrap();
    stage.scene.until_state("lab", "Drifted").await.unwrap();
    // Another plan is.
    stage.drift("drifted on");
    stage.until_offered("lab").await.unwrap();
    let second = stage.offer("lab").await.unwrap();
    assert_ne!(second.digest, first.digest);
    stage.approve("false").unwrap();
    stage.until_taken_away("lab").await.unwrap();
    // And so is the same one for a spec that asks for something else.
    stage.patch(&stage.scene.bob, "lab", r#"{"spec": {"limits": {"maxSteps": 99}}}"#).unwrap();
    stage.until_offered("lab").await.unwrap();
    assert_eq!(stage.offer("lab").await.unwrap().digest, second.digest);
    assert_eq!(stage.proxy.writes(), vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_the_service_refuses_ends_the_plan_and_the_steps_not_tried_are_named() {
    let stage = stage("refused").await;
    stage.proxy.fault(Matcher::writes().nth(2), Fault::status(403));
    stage.approve("true").unwrap();
    stage.until_reason("lab", "Applied", "Stopped").await.unwrap();
    let plan = stage.decided().await.unwrap().remove(0);
    let (steps, status) = (plan.spec.steps.len(), plan.status.unwrap());
    assert!(steps >= 4, "{steps}");
    let states: Vec<&str> = status.journal.iter().map(|entry| entry.state.as_str()).collect();
    assert_eq!(states, ["Done", "Refused"]);
    let message = status.message.unwrap();
    assert!(message.contains("step 2: the service refused with 403"), "{message}");
    assert!(message.contains(&format!("steps 3 to {steps} were not tried")), "{message}");
    assert_eq!(stage.proxy.writes().len(), 2);
    // What is left needs an approval of its own.
    stage.until_offered("lab").await.unwrap();
    stage.approve("true").unwrap();
    stage.scene.until_state("lab", "InSync").await.unwrap();
    assert_eq!(stage.proxy.writes().len(), steps + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_was_made_immutable_meanwhile_is_left_as_it_is() {
    let spec = "interval: 30s\napproval: {minPlanAge: 0s, requireDigest: Never}\n\
                tenants: [{name: t0001, domain: tenants, description: as declared}]\n";
    let stage = Stage::offered("immutable", spec).await.unwrap();
    let before = stage.description();
    let world = stage.sim.handle();
    stage.proxy.hook(Matcher::writes(), Place::Before, move |_| {
        let world = world.clone();
        async move {
            let mut world = world.lock().unwrap();
            let id = world.project_id("tenants", "t0001").unwrap();
            world.projects.get_mut(&id).unwrap().immutable = Some(true);
            Then::Forward
        }
    });
    stage.approve("true").unwrap();
    stage.until_reason("lab", "Applied", "Stopped").await.unwrap();
    let status = stage.decided().await.unwrap().remove(0).status.unwrap();
    let message = status.message.unwrap();
    assert!(message.contains("403") && message.contains("immutable"), "{message}");
    assert_eq!((stage.proxy.writes().len(), stage.description()), (1, before));
}
