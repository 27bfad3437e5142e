//! Attacks by an editor of Secrets and specs, by a hostile cloud, and on what others see: each went through once.

#![cfg(feature = "rig")]

use cloudspec_crds::CloudSpec;
use cloudspec_tests::cluster::Person;
use cloudspec_tests::proxy::{Fault, Matcher, Proxy};
use cloudspec_tests::scene::{Stage, condition, manifest};
use cloudspec_tests::sim::{Builder, Sim};
use kube::api::{Patch, PatchParams};

const SPEC: &str = "interval: 30s
approval: {minPlanAge: 0s, requireDigest: Never}
tenants:
- {name: t0001, domain: tenants, description: as declared}
";

/// The entries of these clouds log in, and look for Keystone, at another address than their `auth_url`.
fn overridden(clouds: &str, which: impl Fn(&str) -> bool, keystone: &str) -> String {
    let (mut changed, mut chosen) = (String::new(), false);
    for line in clouds.lines() {
        if let Some(name) = line.strip_prefix("  ").and_then(|rest| rest.strip_suffix(':')) {
            chosen = which(name.trim());
        }
        let to = format!("auth: {{identity_endpoint_override: \"{keystone}\", auth_url");
        let line = if chosen { line.replace("auth: {auth_url", &to) } else { line.to_owned() };
        changed += &format!("{line}\n");
    }
    assert_ne!(changed, clouds);
    changed
}

fn clouds(stage: &Stage) -> String {
    stage.proxy.clouds_yaml(&stage.sim.clouds_yaml())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_the_schema_takes_and_nobody_can_read_blinds_nobody_to_other_specs() {
    let mut stage = Stage::empty("unreadable").await.unwrap();
    stage.scene.apply("lab", SPEC).unwrap();
    let unreadable = "interval: 30s
securityGroups:
- name: door
  project: {name: t0002, domain: tenants}
  ingress:
  - protocol: tcp
    ports: '22'
    from: {cidr: 203.0.113.0/24}
    evidence: {measuredAt: '2026-07-01T09:00:00+99:99', method: conntrack, by: bob}
";
    stage.scene.apply("beside", unreadable).unwrap();
    stage.scene.start().await.unwrap();
    stage.scene.until_state("lab", "AwaitingApproval").await.unwrap();
    let object = stage.scene.until_state("beside", "Invalid").await.unwrap();
    let ready = object.status.unwrap().conditions.into_iter().find(|one| one.type_ == "Ready").unwrap();
    assert!(ready.message.contains("measuredAt"), "{}", ready.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_for_one_cloud_is_not_used_on_another_behind_the_same_auth_url() {
    let stage = Stage::offered("elsewhere", SPEC).await.unwrap();
    let other = Sim::start(Builder::default().tenants(2).build()).await.unwrap();
    let proxy = Proxy::start(&other.url()).await.unwrap();
    stage.pause().unwrap();
    stage.approve("true").unwrap();
    let led_away = overridden(&clouds(&stage), |_| true, &proxy.url());
    stage.scene.secret("cloud", &led_away).await.unwrap();
    stage.resume().unwrap();
    stage.until_taken_away("lab").await.unwrap();
    // A spec of a new generation is spoken of only after all that was begun before.
    stage.scene.apply("lab", &SPEC.replace("30s", "31s")).unwrap();
    stage.scene.until_state("lab", "AwaitingApproval").await.unwrap();
    assert_eq!(proxy.writes(), vec![]);
    stage.untouched().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_the_observing_credential_cannot_pass_one_tenant_off_as_another() {
    let mut stage = Stage::empty("disguised").await.unwrap();
    // The same ids under other names.
    let mut world = Builder::default().tenants(2).build();
    let [one, two] = ["t0001", "t0002"].map(|name| world.project_id("tenants", name).unwrap());
    world.projects.get_mut(&one).unwrap().name = "t0002".to_owned();
    world.projects.get_mut(&two).unwrap().name = "t0001".to_owned();
    let liar = Sim::start(world).await.unwrap();
    let disguised = overridden(&clouds(&stage), |name| name.starts_with("observer"), &liar.url());
    stage.scene.secret("cloud", &disguised).await.unwrap();
    stage.scene.apply("lab", SPEC).unwrap();
    stage.scene.start().await.unwrap();
    stage.until_offered("lab").await.unwrap();
    stage.approve("true").unwrap();
    stage.until_taken_away("lab").await.unwrap();
    let ended = |object: &CloudSpec| condition(object, "Applied").is_some();
    stage.scene.until("lab", "something is told of the plan", ended).await.unwrap();
    // A spec of a new generation is spoken of only after all that was begun before.
    stage.scene.apply("lab", &SPEC.replace("as declared", "something else")).unwrap();
    stage.scene.until_state("lab", "AwaitingApproval").await.unwrap();
    let description = stage.sim.world().projects.get(&two).unwrap().description.clone();
    assert_eq!(description, "seed tenant 2");
    assert_eq!(stage.proxy.writes(), vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_a_service_sends_back_stands_in_nothing_that_is_told() {
    let stage = Stage::offered("echo", SPEC).await.unwrap();
    stage.proxy.fault(Matcher::writes().method("PATCH"), Fault::Echo);
    stage.approve("true").unwrap();
    stage.until_reason("lab", "Applied", "Stopped").await.unwrap();
    let get = ["get", "cloudspecs,changeplans,events.events.k8s.io", "-o", "yaml"];
    let admin = Person::admin().unwrap();
    let told = stage.kubectl(&admin, &get, "").unwrap().or_fail().unwrap().output;
    assert!(told.contains("Could not find token"), "the service's words are told");
    let all = told + &stage.scene.controller.as_ref().unwrap().log();
    let found = all.lines().find(|line| line.contains("gAAAAA"));
    assert_eq!(found, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_cannot_be_read_whole_stands_in_no_log() {
    let mut stage = Stage::empty("unlogged").await.unwrap();
    let time = "9999-12-31T23:59:59-23:59";
    let entry = format!(
        r#"{{"manager": "bob", "operation": "Update", "apiVersion": "v1", "time": "{time}", "fieldsType": "FieldsV1",
            "fieldsV1": {{"f:data": {{"f:clouds.yaml": {{}}}}}}}}"#
    );
    let patch = format!(r#"[{{"op": "replace", "path": "/metadata/managedFields", "value": [{entry}]}}]"#);
    let admin = Person::admin().unwrap();
    let change = ["patch", "secret", "cloud", "--type=json", "-p", &patch];
    stage.kubectl(&admin, &change, "").unwrap().or_fail().unwrap();
    stage.scene.apply("lab", SPEC).unwrap();
    stage.scene.start().await.unwrap();
    let told = |object: &CloudSpec| condition(object, "Ready").is_some();
    stage.scene.until("lab", "something is told", told).await.unwrap();
    let get = ["get", "secret", "cloud", "-o", "jsonpath={.data.clouds\\.yaml}"];
    let content = stage.kubectl(&admin, &get, "").unwrap().or_fail().unwrap().output;
    assert!(content.len() > 100);
    assert!(
        !stage.scene.controller.as_ref().unwrap().log().contains(content.trim()),
        "the Secret is in the log"
    );
    stage.scene.until_state("lab", "AwaitingApproval").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_log_in_to_a_cloud_keeps_nobody_from_correcting_it() {
    let mut stage = Stage::empty("squatter").await.unwrap();
    let line = clouds(&stage);
    let observer: String =
        line.lines().skip_while(|line| *line != "  observer:").skip(1).take(3).collect::<Vec<_>>().join("\n");
    let nobody = observer.replace("username: observer", "username: nobody");
    stage.scene.secret("cloud", &format!("{line}  nobody:\n{nobody}\n")).await.unwrap();
    stage.scene.apply("lab", SPEC).unwrap();
    let squats = manifest("squats", SPEC).replace("observer, identityCloudName: observer-system", "nobody");
    stage.kubectl(&stage.scene.bob, &["apply", "-f", "-"], &squats).unwrap().or_fail().unwrap();
    stage.scene.start().await.unwrap();
    let blind =
        |object: &CloudSpec| condition(object, "Observed").is_some_and(|(status, _)| status == "False");
    stage.scene.until("squats", "it cannot log in", blind).await.unwrap();
    stage.scene.until_state("lab", "AwaitingApproval").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_a_finalizer_keeps_does_not_go_on_to_say_that_all_is_in_sync() {
    let mut stage = Stage::empty("undead").await.unwrap();
    stage.scene.apply("lab", &SPEC.replace("as declared", "seed tenant 1")).unwrap();
    stage.scene.start().await.unwrap();
    stage.scene.until_state("lab", "InSync").await.unwrap();
    stage.patch(&stage.scene.bob, "lab", r#"{"metadata": {"finalizers": ["example.com/stay"]}}"#).unwrap();
    let delete = ["delete", "cloudspec", "lab", "--wait=false"];
    stage.kubectl(&stage.scene.bob, &delete, "").unwrap().or_fail().unwrap();
    stage.drift("drifted");
    let told = |object: &CloudSpec| condition(object, "InSync").is_some_and(|(status, _)| status != "True");
    let said = stage.scene.until("lab", "it is not said to be in sync", told).await;
    stage.patch(&stage.scene.bob, "lab", r#"{"metadata": {"finalizers": []}}"#).unwrap();
    said.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_without_room_for_its_status_does_not_go_on_to_say_that_all_is_in_sync() {
    let mut stage = Stage::empty("full").await.unwrap();
    stage.scene.apply("lab", &SPEC.replace("as declared", "seed tenant 1")).unwrap();
    stage.scene.start().await.unwrap();
    stage.scene.until_state("lab", "InSync").await.unwrap();
    // Labels until not one more has room; each batch is smaller than the one that was refused.
    let (api, mut count, mut batch) = (stage.scene.specs(), 0, 2_000);
    while batch > 0 {
        let label = |number: i32| (format!("l{number:07}{}", "x".repeat(50)), "y".repeat(60));
        let labels: std::collections::BTreeMap<_, _> = (count..count + batch).map(label).collect();
        let patch = Patch::Merge(serde_json::json!({"metadata": {"labels": labels}}));
        match api.patch("lab", &PatchParams::default(), &patch).await {
            Ok(_) => count += batch,
            Err(_) => batch /= 3,
        }
    }
    stage.drift("drifted");
    let told = |object: &CloudSpec| condition(object, "InSync").is_some_and(|(status, _)| status != "True");
    stage.scene.until("lab", "it is not said to be in sync", told).await.unwrap();
    // With room again all is told again.
    let patch = Patch::Merge(serde_json::json!({"metadata": {"labels": null}}));
    api.patch("lab", &PatchParams::default(), &patch).await.unwrap();
    stage.until_reason("lab", "InSync", "Drifted").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spec_that_lists_nothing_is_not_in_sync_with_a_password_that_is_wrong() {
    let mut stage = Stage::empty("empty").await.unwrap();
    let right = clouds(&stage);
    let wrong = right.replace("password: ", "password: not-");
    assert_ne!(wrong, right);
    stage.scene.secret("cloud", &wrong).await.unwrap();
    stage.scene.apply("lab", "interval: 30s\n").unwrap();
    stage.scene.start().await.unwrap();
    stage.until_reason("lab", "Observed", "CredentialRefused").await.unwrap();
    stage.scene.until_state("lab", "Unknown").await.unwrap();
    stage.scene.secret("cloud", &right).await.unwrap();
    stage.scene.until_state("lab", "InSync").await.unwrap();
}
