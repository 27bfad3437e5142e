//! The whole way on a real OpenStack: import, in sync and quiet, drift made behind the controller's back with the `openstack` client, plan,
//! approval, correction, and the way back by hand. A proxy in front of the cloud is the witness.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

use std::process::Command;
use std::time::{Duration, Instant};

use cloudspec_tests::cluster::{self, Written, written};
use cloudspec_tests::proxy::Proxy;
use cloudspec_tests::scene::real::{Tenant, auth_url, clouds_yaml, openstack};
use cloudspec_tests::scene::{Controller, Scene, condition, program};

/// The API server's audit log is of this program's own API server: with it, its writes can be counted.
async fn scene(test: &str) -> (Tenant, Proxy, Scene) {
    cluster::own().unwrap();
    let (tenant, clouds) = (Tenant::new().unwrap(), clouds_yaml().unwrap());
    let proxy = Proxy::start(&auth_url(&clouds).unwrap()).await.unwrap();
    let scene = Scene::new(test, &proxy.clouds_yaml(&clouds)).await.unwrap();
    (tenant, proxy, scene)
}

/// The tenants and groups of an import, as the part of a manifest below `spec:`.
fn imported(tenant: &Tenant) -> String {
    let output = Command::new(program().unwrap())
        .args(["import", "--os-cloud", "admin", "--tenant", &tenant.name()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let object: serde_json::Value = serde_saphyr::from_slice(&output.stdout).unwrap();
    let mut spec = object["spec"].as_object().unwrap().clone();
    spec.remove("cloud");
    spec.insert("interval".into(), "30s".into());
    spec.insert("approval".into(), serde_json::json!({"minPlanAge": "0s", "requireDigest": "Never"}));
    for tenant in spec["tenants"].as_array_mut().unwrap() {
        tenant["unlistedRoles"] = "Remove".into();
    }
    serde_saphyr::to_string(&spec).unwrap()
}

const CONTROLLER: &str = "system:serviceaccount:cloudspec-system:cloudspec-controller";

/// What the controller of a scene has written to the API server, but for its lease, which it renews every two seconds.
fn writes_of(scene: &Scene) -> Vec<Written> {
    let all = written(CONTROLLER).unwrap();
    let here = |write: &Written| [&scene.namespace.name, "cloudspec-system"].contains(&&*write.namespace);
    all.into_iter().filter(|write| here(write) && write.resource != "leases").collect()
}

/// Waits until so many reconciliations have ended.
async fn until_reconciled(controller: &Controller, times: u64) {
    let deadline = Instant::now() + Duration::from_secs(180);
    while reconciled(controller).await < times {
        assert!(Instant::now() < deadline, "it does not look again:\n{}", controller.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn reconciled(controller: &Controller) -> u64 {
    let metrics = controller.page("/metrics").await;
    let metrics = metrics.unwrap_or_else(|why| panic!("{why}\n{}", controller.log()));
    let counts = metrics.lines().filter(|line| line.starts_with("cloudspec_reconcile_total{"));
    counts.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

/// How often the projects were listed: once an audit.
fn audits(proxy: &Proxy) -> usize {
    proxy.calls().iter().filter(|call| call.path == "/v3/projects" && call.status == Some(200)).count()
}

async fn revoke(token: &str) {
    let keystone = auth_url(&clouds_yaml().unwrap()).unwrap();
    let revoke = reqwest::Client::new().delete(format!("{}/auth/tokens", keystone.trim_end_matches('/')));
    let answer = revoke.header("X-Auth-Token", token).header("X-Subject-Token", token).send().await.unwrap();
    assert_eq!(answer.status(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_imported_is_in_sync_and_stays_quiet_also_when_the_tokens_are_revoked() {
    let (tenant, proxy, mut scene) = scene("quiet").await;
    scene.apply("shop", &imported(&tenant)).unwrap();
    scene.start().await.unwrap();
    let quiet = scene.until_state("shop", "InSync").await.unwrap();
    let controller = scene.controller.as_ref().unwrap();

    // From the beginning of a cycle to the end of the third.
    proxy.clear();
    tokio::time::timeout(Duration::from_secs(60), async {
        while proxy.calls().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    let (written_before, begun) = (writes_of(&scene), reconciled(controller).await);
    assert!(!written_before.is_empty(), "the status at least was written");
    until_reconciled(controller, begun + 3).await;
    assert_eq!(audits(&proxy), 3);
    let calls = proxy.calls();
    assert!(calls.iter().all(|call| call.method == "GET"), "not only reads: {calls:?}");
    assert_eq!(writes_of(&scene), written_before);
    println!("quiet: 3 cycles, {} calls to OpenStack, all GET; 0 writes to the API server", calls.len());

    // Each token is another's from now on; the next cycle gets new ones, and has nothing to tell.
    let tokens = proxy.tokens();
    assert_eq!(tokens.len(), 2, "one for each credential");
    for token in &tokens {
        revoke(token).await;
    }
    proxy.clear();
    until_reconciled(controller, begun + 4).await;
    let (calls, logins) = (proxy.calls(), proxy.tokens().len() - tokens.len());
    let refused = calls.iter().filter(|call| call.status == Some(401)).count();
    println!("revoked: {refused} calls refused, {logins} logins");
    assert!(refused > 0 && (1..=2).contains(&logins), "{refused} refused, {logins} logins: {calls:?}");
    assert_eq!((audits(&proxy), proxy.writes()), (1, vec![]));
    assert_eq!(writes_of(&scene), written_before);
    let after = scene.specs().get("shop").await.unwrap();
    assert_eq!(after.metadata.resource_version, quiet.metadata.resource_version);
    assert!(scene.plans().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_import_over_drift_to_an_approved_correction_and_back_by_hand() {
    let (tenant, proxy, mut scene) = scene("real").await;
    let shop = &tenant.shop;
    scene.apply("shop", &imported(&tenant)).unwrap();
    scene.start().await.unwrap();
    scene.until_state("shop", "InSync").await.unwrap();
    assert!(scene.plans().await.unwrap().is_empty());

    // Drift of every kind, behind the controller's back.
    openstack(&[
        format!("project set --description second {shop}"),
        format!("quota set --cores 8 --volumes 3 {shop}"),
        format!("role add --project {shop} --user ann --user-domain {} reader", tenant.domain),
        format!(
            "security group rule create --project {shop} --ingress --protocol tcp --dst-port 22 web-{shop}"
        ),
        format!("security group set --description other web-{shop}"),
    ])
    .unwrap();
    let drifted = scene.until("shop", "all drift is told", |object| {
        object.status.clone().unwrap_or_default().summary.is_some_and(|summary| summary.drift == 6)
    });
    let drifted = drifted.await.unwrap();
    let fields: std::collections::BTreeSet<String> =
        drifted.status.clone().unwrap().findings.iter().filter_map(|finding| finding.field.clone()).collect();
    let expected = ["description", "ingress", "quotas.compute.cores", "quotas.volume.volumes", "roles"];
    assert_eq!(fields, expected.map(str::to_owned).into());
    assert_eq!(proxy.writes(), vec![]);
    let metrics = scene.controller.as_ref().unwrap().page("/metrics").await.unwrap();
    assert!(metrics.contains("cloudspec_plan_awaiting_approval_since_seconds{"), "{metrics}");

    // Refused to one who may not; done for one who may.
    assert!(!scene.annotate(&scene.bob, "shop", "true").unwrap().succeeded);
    assert!(scene.annotate(&scene.alice, "shop", "true").unwrap().succeeded);
    let done = scene.until_state("shop", "InSync").await.unwrap();
    assert_eq!(condition(&done, "Applied"), Some(("True", "Succeeded")));
    let plans = scene.plans().await.unwrap();
    let plan = plans
        .iter()
        .find(|plan| plan.status.as_ref().is_some_and(|status| status.decision.is_some()))
        .unwrap();
    let journal = plan.status.clone().unwrap().journal;
    assert_eq!(proxy.writes().len(), plan.spec.steps.len());
    for (entry, call) in journal.iter().zip(proxy.writes()) {
        assert_eq!(entry.state, "Done");
        assert_eq!(entry.request_id, call.sent_request_id);
        assert!(entry.service_request_id.is_some());
    }

    // The way back, run by hand, brings the drift back.
    let mut back: Vec<String> = Vec::new();
    for step in &plan.spec.steps {
        back.extend(
            step.revert.lines().filter_map(|line| line.strip_prefix("openstack ")).map(str::to_owned),
        );
    }
    assert_eq!(back.len(), plan.spec.steps.len(), "{back:?}");
    openstack(&back).unwrap();
    let again = scene.until("shop", "the drift is back", |object| {
        object.status.clone().unwrap_or_default().summary.is_some_and(|summary| summary.drift == 6)
    });
    again.await.unwrap();
}
