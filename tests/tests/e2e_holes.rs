//! Attacks on what an approval binds and on what the status says: each was tried, and most went through once.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use cloudspec_tests::cluster::Person;
use cloudspec_tests::proxy::{Fault, Matcher, Place, Proxy};
use cloudspec_tests::scene::{Scene, condition};
use cloudspec_tests::sim::{Builder, Rule, Sim};

const TENANT: &str = "interval: 30s
approval: {minPlanAge: 0s, requireDigest: Never}
tenants: [{name: t0001, domain: tenants, description: as declared}]
";
const DOOR: &str = "securityGroups: [{name: door, project: {name: t0001, domain: tenants}}]
";
const CLOSED: &str = "interval: 30s
approval: {minPlanAge: 0s, requireDigest: Never}
securityGroups:
- {name: door, project: {name: t0001, domain: tenants}, evidence: NotRequired, ingress: []}
";

struct Stage {
    sim: Sim,
    proxy: Proxy,
    scene: Scene,
}

impl Stage {
    async fn new(test: &str, spec: &str, state: &str) -> Self {
        let mut world = Builder::default().tenants(2).build();
        let project = world.project_id("tenants", "t0001").unwrap();
        if spec == CLOSED {
            let group = world.add_security_group(&project, "door", "");
            world.add_rule(&group, Rule::ingress_tcp(22).from_cidr("203.0.113.0/24"));
        }
        let sim = Sim::start(world).await.unwrap();
        let proxy = Proxy::start(&sim.url()).await.unwrap();
        let mut scene = Scene::new(test, &proxy.clouds_yaml(&sim.clouds_yaml())).await.unwrap();
        scene.apply("lab", spec).unwrap();
        scene.start().await.unwrap();
        scene.until_state("lab", state).await.unwrap();
        Self { sim, proxy, scene }
    }

    fn approve(&self) {
        self.scene.annotate(&self.scene.alice, "lab", "true").unwrap().or_fail().unwrap();
    }

    fn clouds(&self) -> String {
        self.proxy.clouds_yaml(&self.sim.clouds_yaml())
    }

    fn phase_and_message(plan: &cloudspec_crds::ChangePlan) -> (String, String) {
        let status = plan.status.clone().unwrap_or_default();
        (status.phase.unwrap_or_default(), status.message.unwrap_or_default())
    }
}

fn without_approval(object: &cloudspec_crds::CloudSpec) -> bool {
    !object.metadata.annotations.clone().unwrap_or_default().contains_key("approved")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_the_spec_no_longer_asks_for_is_not_carried_out() {
    let stage = Stage::new("withdrawn", &format!("{TENANT}{DOOR}"), "AwaitingApproval").await;
    // The credential to apply with fails, and so the plan is decided and not begun.
    let broken = stage.clouds().replace("\n  admin:", "\n  elsewhere:");
    assert_ne!(broken, stage.clouds());
    stage.scene.secret("cloud", &broken).await.unwrap();
    stage.approve();
    stage.scene.until("lab", "the approval is used", without_approval).await.unwrap();
    stage.scene.apply("lab", TENANT).unwrap();
    stage.scene.secret("cloud", &stage.clouds()).await.unwrap();
    stage.scene.until_state("lab", "AwaitingApproval").await.unwrap();
    assert_eq!(stage.proxy.writes(), vec![]);
    let plans = stage.scene.plans().await.unwrap();
    let (phase, message) = Stage::phase_and_message(&plans[0]);
    assert!(phase == "Stopped" && message.contains("generation"), "{phase}: {message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_is_taken_back_while_the_cloud_is_looked_at_approves_nothing() {
    let stage = Stage::new("revoked", TENANT, "AwaitingApproval").await;
    let mut hold = stage.proxy.hold(Matcher::any().method("GET").path("projects"), Place::Before);
    stage.approve();
    hold.arrived().await;
    let revoke = ["annotate", "cloudspec", "lab", "approved-"];
    stage.scene.namespace.kubectl(&stage.scene.alice, &revoke, "").unwrap().or_fail().unwrap();
    hold.release();
    // A spec of a new generation is spoken of only after all that was begun before.
    stage.scene.apply("lab", &TENANT.replace("30s", "31s")).unwrap();
    stage.scene.until_state("lab", "AwaitingApproval").await.unwrap();
    assert_eq!(stage.proxy.writes(), vec![]);
    let plans = stage.scene.plans().await.unwrap();
    assert!(plans.iter().all(|plan| plan.status.clone().unwrap_or_default().decision.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_another_leader_refused_is_not_decided_on_by_the_one_before() {
    let stage = Stage::new("deposed", TENANT, "AwaitingApproval").await;
    let mut hold = stage.proxy.hold(Matcher::any().method("GET").path("projects").once(), Place::Before);
    stage.approve();
    hold.arrived().await;
    // It looks after the same objects and knows nothing of the first: as after a lease that ran out.
    let second = stage.scene.another(&format!("{}-2", stage.scene.namespace.name)).await.unwrap();
    let refused = |object: &cloudspec_crds::CloudSpec| {
        condition(object, "Approved") == Some(("False", "ApprovalExpired"))
    };
    stage.scene.until("lab", "the second refuses", refused).await.unwrap();
    stage.scene.until("lab", "the annotation is gone", without_approval).await.unwrap();
    second.kill().unwrap();
    stage.proxy.clear();
    hold.release();
    // A spec of a new generation is spoken of only after all that was begun before.
    stage.scene.apply("lab", &TENANT.replace("30s", "31s")).unwrap();
    stage.scene.until_state("lab", "AwaitingApproval").await.unwrap();
    assert_eq!(stage.proxy.writes(), vec![]);
    let plans = stage.scene.plans().await.unwrap();
    assert!(plans.iter().all(|plan| plan.status.clone().unwrap_or_default().decision.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_the_credential_may_not_see_is_not_taken_for_deleted() {
    let stage = Stage::new("unseen", CLOSED, "AwaitingApproval").await;
    // Neutron answers so of every rule and group that the one who asks may not see.
    let hidden = || Fault::Answer {
        status: 404,
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: r#"{"NeutronError": {"type": "NotFound", "message": "it does not exist", "detail": ""}}"#
            .to_owned(),
    };
    stage.proxy.fault(Matcher::any().method("GET").path("/security-group-rules/"), hidden());
    stage.proxy.fault(Matcher::any().method("GET").path("/security-groups/"), hidden());
    stage.approve();
    let ended = |object: &cloudspec_crds::CloudSpec| {
        let status = object.status.clone().unwrap_or_default();
        status.last_execution.is_some_and(|last| last.finished_at.is_some())
    };
    let object = stage.scene.until("lab", "the plan is over", ended).await.unwrap();
    assert_eq!(condition(&object, "Applied").map(|(status, _)| status), Some("False"));
    let plans = stage.scene.plans().await.unwrap();
    assert_eq!(Stage::phase_and_message(&plans[0]).0, "Stopped");
    let world = stage.sim.world();
    let group = world.security_group_ids(&world.project_id("tenants", "t0001").unwrap(), "door").remove(0);
    assert!(world.security_groups[&group].rules.values().any(|rule| rule.port_min == Some(22)));
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_told_where_no_plan_may_be_kept() {
    let as_it_is = TENANT.replace("as declared", "seed tenant 1");
    let stage = Stage::new("unkept", &as_it_is, "InSync").await;
    let (admin, quota) = (Person::admin().unwrap(), "count/changeplans.cloudspec.dev");
    let kubectl = |arguments: &[&str]| {
        stage.scene.namespace.kubectl(&admin, arguments, "").unwrap().or_fail().unwrap();
    };
    kubectl(&["create", "quota", "none", &format!("--hard={quota}=0")]);
    let used = format!("{{\"status\":{{\"hard\":{{\"{quota}\":\"0\"}},\"used\":{{\"{quota}\":\"0\"}}}}}}");
    kubectl(&["patch", "resourcequota", "none", "--subresource=status", "--type=merge", "-p", &used]);
    let id = stage.sim.world().project_id("tenants", "t0001").unwrap();
    stage.sim.world().projects.get_mut(&id).unwrap().description = "drifted".to_owned();
    let told = |object: &cloudspec_crds::CloudSpec| {
        condition(object, "InSync").is_some_and(|(status, _)| status == "False")
    };
    stage.scene.until("lab", "the drift is told", told).await.unwrap();
    assert_eq!(stage.scene.plans().await.unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_ends_with_its_object_and_does_not_go_on_for_one_of_the_same_name() {
    let stage = Stage::new("reborn", TENANT, "AwaitingApproval").await;
    let project = stage.sim.world().project_id("tenants", "t0001").unwrap();
    let look = Matcher::any().method("GET").path(&format!("/projects/{project}"));
    let mut hold = stage.proxy.hold(look, Place::Before);
    stage.approve();
    hold.arrived().await;
    let delete = ["delete", "cloudspec", "lab", "--timeout=20s"];
    stage.scene.namespace.kubectl(&stage.scene.bob, &delete, "").unwrap().or_fail().unwrap();
    stage.scene.apply("lab", TENANT).unwrap();
    // The controller hears of both at once with a second spec, which it looks after while the first is held.
    stage.scene.apply("beside", &TENANT.replace("t0001", "t0002")).unwrap();
    stage.scene.until_state("beside", "AwaitingApproval").await.unwrap();
    hold.release();
    stage.scene.until_state("lab", "AwaitingApproval").await.unwrap();
    assert_eq!(stage.proxy.writes(), vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_cannot_go_on_does_not_keep_the_status_from_saying_that_nothing_is_seen() {
    let stage = Stage::new("stuck", TENANT, "AwaitingApproval").await;
    let broken = stage.clouds().replace("\n  admin:", "\n  elsewhere:");
    stage.scene.secret("cloud", &broken).await.unwrap();
    stage.approve();
    stage.scene.until("lab", "the approval is used", without_approval).await.unwrap();
    stage.scene.secret("cloud", &broken.replace("\n  observer:", "\n  nobody:")).await.unwrap();
    let blind = |object: &cloudspec_crds::CloudSpec| {
        condition(object, "Observed").is_some_and(|(status, _)| status != "True")
    };
    stage.scene.until("lab", "the status says that nothing is seen", blind).await.unwrap();
    // It goes on where it can again.
    stage.scene.secret("cloud", &stage.clouds()).await.unwrap();
    let object = stage.scene.until_state("lab", "InSync").await.unwrap();
    assert_eq!(condition(&object, "Applied"), Some(("True", "Succeeded")));
    assert_eq!(stage.proxy.writes().len(), 1);
}
