//! Who does not leave, and who leaves only by a person's act: the controller with its own rights, a real API server, and a simulated
//! Keystone behind a proxy as the witness.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

use std::time::{Duration, Instant};

use cloudspec_crds::TenantOffboard;
use cloudspec_tests::cluster;
use cloudspec_tests::proxy::{Hold, Matcher, Place};
use cloudspec_tests::scene::{Stage, manifest};
use cloudspec_tests::sim::{Actor, Builder, Scope, Sim};
use kube::api::Api;

const QUICK: &str = "approval: {minPlanAge: 0s}\nverifyAfter: 1s\n";
const WITH_PROJECT: &str = "approval: {minPlanAge: 0s}\nverifyAfter: 1s\ndeleteProject: true\n";
const WITHIN: Duration = Duration::from_secs(60);

/// A cloud of Keystone alone, with the tenants `t0001` and `t0002`, and the CloudSpec `lab`, which lists nobody.
async fn stage(test: &str) -> Stage {
    cluster::own().unwrap();
    let world = Builder::default().tenants(2).build().identity_only();
    let sim = Sim::start(world).await.unwrap();
    let mut stage = Stage::of(test, sim).await.unwrap();
    stage.scene.apply("lab", "interval: 30s\n").unwrap();
    stage.scene.start().await.unwrap();
    stage
}

fn id_of(stage: &Stage, domain: &str, name: &str) -> String {
    stage.sim.world().project_id(domain, name).unwrap()
}

fn leave(stage: &Stage, object: &str, tenant: (&str, &str, &str), spec: &str) {
    let (id, name, domain) = tenant;
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    let manifest = format!(
        "apiVersion: cloudspec.dev/v1alpha1\nkind: TenantOffboard\nmetadata: {{name: {object}}}\nspec:\n  \
         cloudRef: {{name: lab}}\n  tenant: {{id: \"{id}\", name: {name}, domain: {domain}}}\n{spec}"
    );
    stage.kubectl(&stage.scene.bob, &["apply", "-f", "-"], &manifest).unwrap().or_fail().unwrap();
}

fn api(stage: &Stage) -> Api<TenantOffboard> {
    Api::namespaced(stage.scene.client(), &stage.scene.namespace.name)
}

async fn until(
    stage: &Stage,
    name: &str,
    what: &str,
    holds: impl Fn(&TenantOffboard) -> bool,
) -> TenantOffboard {
    let deadline = Instant::now() + WITHIN;
    loop {
        let object = api(stage).get(name).await.unwrap();
        if holds(&object) {
            return object;
        }
        if Instant::now() > deadline {
            let seen = serde_saphyr::to_string(&object).unwrap();
            let log = stage.scene.controller.as_ref().unwrap().log();
            let end: Vec<&str> = log.lines().rev().take(30).collect();
            panic!("waited in vain until {what}\n{seen}\n{}", end.join("\n"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn until_state(stage: &Stage, name: &str, state: &str) -> TenantOffboard {
    until(stage, name, &format!("{name} is {state}"), |object| {
        let status = object.status.clone().unwrap_or_default();
        status.state.as_deref() == Some(state) && status.observed_generation == object.metadata.generation
    })
    .await
}

/// Reason and message of a condition that is False.
fn refusal(object: &TenantOffboard, kind: &str) -> (String, String) {
    let conditions = object.status.clone().unwrap_or_default().conditions;
    let found = conditions.into_iter().find(|one| one.type_ == kind && one.status == "False");
    found.map(|one| (one.reason, one.message)).unwrap_or_default()
}

async fn until_refused(stage: &Stage, name: &str, reason: &str) -> String {
    let object = until(stage, name, &format!("{name} is refused: {reason}"), |object| {
        refusal(object, "Admitted").0 == reason
    })
    .await;
    let status = object.status.clone().unwrap_or_default();
    assert_eq!((status.state.as_deref(), status.plan), (Some("Refused"), None));
    refusal(&object, "Admitted").1
}

fn approve(stage: &Stage, name: &str) {
    let arguments = ["annotate", "--overwrite", "tenantoffboard", name, "approved=true"];
    stage.kubectl(&stage.scene.alice, &arguments, "").unwrap().or_fail().unwrap();
}

async fn untouched(stage: &Stage) {
    assert_eq!(stage.proxy.writes(), vec![]);
    stage.untouched().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_tenant_is_completed_after_two_looks_and_nothing_is_written() {
    let stage = stage("empty").await;
    let id = id_of(&stage, "tenants", "t0001");
    leave(&stage, "x", (&id, "t0001", "tenants"), QUICK);
    let object = until_state(&stage, "x", "Completed").await;
    let looks: Vec<_> = object.status.unwrap().verified.into_iter().map(|look| look.at.0).collect();
    assert_eq!(looks.len(), 2);
    assert!(looks[1].duration_since(looks[0]).as_secs() >= 1, "{looks:?}");
    untouched(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_the_tenant_that_was_typed_or_never_leaves_is_refused_and_nothing_is_written() {
    let stage = stage("refused").await;
    let id = id_of(&stage, "tenants", "t0001");
    let (admin, service) = (id_of(&stage, "Default", "admin"), id_of(&stage, "Default", "service"));
    let (parent, immutable) = {
        let mut world = stage.sim.world();
        let domain = world.projects.get(&id).unwrap().domain.clone();
        let parent = world.add_project(&domain, "parent", "");
        let child = world.add_project(&domain, "child", "");
        world.projects.get_mut(&child).unwrap().parent.clone_from(&parent);
        let immutable = world.add_project(&domain, "immutable", "");
        world.projects.get_mut(&immutable).unwrap().immutable = Some(true);
        (parent, immutable)
    };
    let nobody = "0".repeat(32);
    for (object, tenant, reason) in [
        ("wrong-id", (nobody.as_str(), "t0001", "tenants"), "NoSuchTenant"),
        ("wrong-name", (&id, "t0002", "tenants"), "NameDiffers"),
        ("wrong-domain", (&id, "t0001", "Default"), "DomainDiffers"),
        ("protected", (&service, "service", "Default"), "ProtectedProject"),
        ("parent", (&parent, "parent", "tenants"), "HasChildren"),
        ("immutable", (&immutable, "immutable", "tenants"), "Immutable"),
    ] {
        leave(&stage, object, tenant, WITH_PROJECT);
        until_refused(&stage, object, reason).await;
        stage.kubectl(&stage.scene.bob, &["delete", "toff", object], "").unwrap().or_fail().unwrap();
    }
    // The first reason is that it is protected; that it is the credentials' own is told too.
    leave(&stage, "own", (&admin, "admin", "Default"), WITH_PROJECT);
    let message = until_refused(&stage, "own", "ProtectedProject").await;
    assert!(message.contains("the credentials in use are scoped to this project"), "{message}");
    untouched(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_that_the_operator_protects_keeps_its_projects() {
    cluster::own().unwrap();
    let sim = Sim::start(Builder::default().tenants(1).build().identity_only()).await.unwrap();
    let mut stage = Stage::of("protects", sim).await.unwrap();
    stage.scene = stage.scene.with_arguments(&["--protected-domain", "tenants"]);
    stage.scene.apply("lab", "interval: 30s\n").unwrap();
    stage.scene.start().await.unwrap();
    let id = id_of(&stage, "tenants", "t0001");
    leave(&stage, "x", (&id, "t0001", "tenants"), WITH_PROJECT);
    until_refused(&stage, "x", "ProtectedDomain").await;
    untouched(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_objects_about_one_project_both_say_so_until_one_is_deleted() {
    let stage = stage("twice").await;
    let id = id_of(&stage, "tenants", "t0001");
    leave(&stage, "one", (&id, "t0001", "tenants"), "verifyAfter: 1h\n");
    until_state(&stage, "one", "Verifying").await;
    leave(&stage, "two", (&id, "t0001", "tenants"), QUICK);
    let message = until_refused(&stage, "two", "AskedTwice").await;
    assert!(message.contains("/one is about this project too"), "{message}");
    until_refused(&stage, "one", "AskedTwice").await;
    stage.kubectl(&stage.scene.bob, &["delete", "toff", "one"], "").unwrap().or_fail().unwrap();
    until_state(&stage, "two", "Completed").await;
    untouched(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_a_cloudspec_lists_stays_until_it_no_longer_does() {
    let stage = stage("listed").await;
    let id = id_of(&stage, "tenants", "t0001");
    let listing = format!("interval: 30s\ntenants: [{{name: t0001, domain: tenants, id: {id}}}]\n");
    stage.scene.apply("keeps", &listing).unwrap();
    leave(&stage, "x", (&id, "t0001", "tenants"), WITH_PROJECT);
    let message = until_refused(&stage, "x", "ListedByCloudSpec").await;
    assert!(message.contains("/keeps"), "{message}");
    stage.scene.apply("keeps", "interval: 30s\n").unwrap();
    until_state(&stage, "x", "AwaitingApproval").await;
    untouched(&stage).await;
}

/// A plan for the project on offer, and the controller held still.
async fn offered_and_held(test: &str) -> (Stage, String) {
    let stage = stage(test).await;
    let id = id_of(&stage, "tenants", "t0001");
    leave(&stage, "x", (&id, "t0001", "tenants"), WITH_PROJECT);
    let object = until_state(&stage, "x", "AwaitingApproval").await;
    assert!(object.status.unwrap().plan.unwrap().classes.destructive > 0);
    stage.pause().unwrap();
    approve(&stage, "x");
    (stage, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_was_renamed_after_the_plan_is_not_touched_and_the_approval_is_taken_away() {
    let (stage, id) = offered_and_held("renamed").await;
    stage.sim.world().projects.get_mut(&id).unwrap().name = "somebody-else".to_owned();
    stage.resume().unwrap();
    until_refused(&stage, "x", "NameDiffers").await;
    until(&stage, "x", "the approval is taken away", |object| {
        !object.metadata.annotations.iter().flatten().any(|(name, _)| name.contains("approved"))
    })
    .await;
    untouched(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_a_cloudspec_lists_after_the_approval_is_not_touched() {
    let (stage, _) = offered_and_held("listed-later").await;
    let listing = manifest("keeps", "interval: 30s\ntenants: [{name: t0001, domain: tenants}]\n");
    stage.kubectl(&stage.scene.bob, &["apply", "-f", "-"], &listing).unwrap().or_fail().unwrap();
    stage.resume().unwrap();
    until_refused(&stage, "x", "ListedByCloudSpec").await;
    untouched(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_was_given_after_the_plan_goes_only_with_another_approval() {
    let (stage, id) = offered_and_held("appeared").await;
    let offered = api(&stage).get("x").await.unwrap().status.unwrap().plan.unwrap();
    {
        let mut world = stage.sim.world();
        let domain = world.projects.get(&id).unwrap().domain.clone();
        let late = world.add_user(&domain, "late", "secret");
        world.grant(&Actor::User(late), "member", Scope::Project(id));
    }
    stage.resume().unwrap();
    let object = until(&stage, "x", "another plan is on offer", |object| {
        let plan = object.status.as_ref().and_then(|status| status.plan.as_ref());
        plan.is_some_and(|plan| plan.steps == offered.steps + 1)
    })
    .await;
    assert_eq!(refusal(&object, "Approved").0, "WorldChanged");
    untouched(&stage).await;
}

/// The plan for the project is carried out, and its first call stands at the service, carried out and not answered.
async fn in_the_middle(test: &str) -> (Stage, String, Hold) {
    let stage = stage(test).await;
    let id = id_of(&stage, "tenants", "t0001");
    leave(&stage, "x", (&id, "t0001", "tenants"), WITH_PROJECT);
    until_state(&stage, "x", "AwaitingApproval").await;
    let mut hold = stage.proxy.hold(Matcher::writes().once(), Place::After);
    approve(&stage, "x");
    hold.arrived().await;
    (stage, id, hold)
}

async fn until_spoken_of(stage: &Stage, spec: &str) {
    let deadline = Instant::now() + WITHIN;
    let seen = || async { stage.scene.specs().get(spec).await.unwrap().status };
    while seen().await.and_then(|status| status.observed_generation).is_none() {
        assert!(Instant::now() < deadline, "{spec} is not looked at");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn until_stopped(stage: &Stage, why: &str) {
    let object = until(stage, "x", &format!("the plan is stopped: {why}"), |object| {
        let (reason, message) = refusal(object, "Applied");
        reason == "Stopped" && message.contains(why)
    })
    .await;
    assert_eq!(object.status.unwrap().last_execution.unwrap().result, "Stopped");
    assert_eq!(stage.proxy.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloudspec_that_lists_the_tenant_stops_a_plan_after_the_call_that_is_under_way() {
    let (stage, id, hold) = in_the_middle("listed-amid").await;
    let listing = manifest("keeps", "interval: 30s\ntenants: [{name: t0001, domain: tenants}]\n");
    stage.kubectl(&stage.scene.bob, &["apply", "-f", "-"], &listing).unwrap().or_fail().unwrap();
    // The controller has heard of it when it has looked at it.
    until_spoken_of(&stage, "keeps").await;
    hold.release();
    until_stopped(&stage, "it is listed by CloudSpec").await;
    until_refused(&stage, "x", "ListedByCloudSpec").await;
    assert!(stage.sim.world().projects.contains_key(&id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_whose_deletion_was_begun_does_not_go_with_a_role_that_came_meanwhile() {
    let (mut stage, id, hold) = in_the_middle("came-amid").await;
    stage.crash().unwrap();
    hold.release();
    {
        let mut world = stage.sim.world();
        let domain = world.projects.get(&id).unwrap().domain.clone();
        let late = world.add_user(&domain, "late", "secret");
        world.grant(&Actor::User(late), "member", Scope::Project(id.clone()));
    }
    stage.scene.start().await.unwrap();
    until_stopped(&stage, "the project holds what was not approved to go: role assignment user/").await;
    assert!(stage.sim.world().projects.contains_key(&id));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_project_goes_as_planned_is_verified_twice_and_its_neighbour_is_as_before() {
    let stage = stage("goes").await;
    let id = id_of(&stage, "tenants", "t0001");
    let neighbour = id_of(&stage, "tenants", "t0002");
    let before = stage.sim.world().projects.get(&neighbour).unwrap().clone();
    leave(&stage, "x", (&id, "t0001", "tenants"), WITH_PROJECT);
    let object = until_state(&stage, "x", "AwaitingApproval").await;
    let status = object.status.unwrap();
    let plan = status.plan.unwrap();
    assert!(status.inventory.unwrap().total > 0);
    assert_eq!(stage.proxy.writes(), vec![]);
    approve(&stage, "x");
    let object = until_state(&stage, "x", "Completed").await;
    let status = object.status.unwrap();
    assert_eq!(status.last_execution.unwrap().result, "Succeeded");
    let looks: Vec<&str> = status.verified.iter().map(|look| look.stage.as_str()).collect();
    assert_eq!(looks, ["Resources", "Resources", "Project", "Project"]);
    assert_eq!(i64::try_from(stage.proxy.writes().len()).unwrap(), plan.steps);
    {
        let world = stage.sim.world();
        assert!(!world.projects.contains_key(&id));
        let after = world.projects.get(&neighbour).unwrap();
        assert_eq!((&after.name, after.enabled), (&before.name, before.enabled));
    }
    let log = stage.scene.controller.as_ref().unwrap().log();
    assert!(!log.contains("failed to tell how far"), "{log}");
    // Nothing more happens, whatever becomes of the object.
    let writes = stage.proxy.writes().len();
    stage.kubectl(&stage.scene.bob, &["delete", "toff", "x"], "").unwrap().or_fail().unwrap();
    assert_eq!(stage.proxy.writes().len(), writes);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_the_object_before_an_approval_changes_nothing_and_is_not_held_up() {
    let stage = stage("deleted").await;
    let id = id_of(&stage, "tenants", "t0001");
    leave(&stage, "x", (&id, "t0001", "tenants"), WITH_PROJECT);
    until_state(&stage, "x", "AwaitingApproval").await;
    let delete = ["delete", "toff", "x", "--timeout=30s"];
    stage.kubectl(&stage.scene.bob, &delete, "").unwrap().or_fail().unwrap();
    let gone = ["wait", "--for=jsonpath={.status.phase}=Superseded", "changeplan", "--all", "--timeout=60s"];
    stage.kubectl(&stage.scene.bob, &gone, "").unwrap().or_fail().unwrap();
    untouched(&stage).await;
}
