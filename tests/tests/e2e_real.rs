//! The whole way on a real OpenStack: import, in sync, drift made behind the controller's back with the `openstack` client, plan,
//! approval, correction, and the way back by hand. A proxy in front of the cloud is the witness.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use cloudspec_tests::proxy::Proxy;
use cloudspec_tests::scene::{Scene, condition, program};

/// Runs commands of the `openstack` client in one process.
fn openstack(commands: &[String]) -> String {
    let mut child = Command::new("openstack")
        .args(["--os-cloud", "admin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all((commands.join("\n") + "\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{commands:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn lines<const N: usize>(commands: [String; N]) -> Vec<String> {
    commands.to_vec()
}

/// A domain of its own with one tenant; it goes when the test ends.
struct Tenant {
    domain: String,
}

impl Tenant {
    fn new() -> Self {
        let domain = format!("e2e-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
        openstack(&lines([
            format!("domain create {domain}"),
            format!("project create --domain {domain} --description first shop"),
            format!("group create --domain {domain} admins"),
            format!("user create --domain {domain} ann"),
            format!(
                "role add --project shop --project-domain {domain} --group admins --group-domain {domain} member"
            ),
        ]));
        let tenant = Self { domain };
        let shop = tenant.id();
        openstack(&lines([
            format!("quota set --cores 32 --secgroup-rules 90 --volumes 12 {shop}"),
            format!("security group create --project {shop} --description public web-{shop}"),
            format!(
                "security group rule create --project {shop} --ingress --protocol tcp --dst-port 443 web-{shop}"
            ),
            format!(
                "security group rule create --project {shop} --ingress --protocol icmp --icmp-type 8 --remote-ip 10.0.0.0/8 web-{shop}"
            ),
        ]));
        tenant
    }

    fn name(&self) -> String {
        format!("{}/shop", self.domain)
    }

    fn id(&self) -> String {
        let shown = Command::new("openstack")
            .args([
                "--os-cloud",
                "admin",
                "project",
                "show",
                "--domain",
                &self.domain,
                "shop",
                "-f",
                "value",
                "-c",
                "id",
            ])
            .output()
            .unwrap();
        String::from_utf8_lossy(&shown.stdout).trim().to_owned()
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        let shop = self.id();
        // Whatever is left has a name of its own, and harms no other test.
        let _ = Command::new("sh")
            .args(["-c", &format!(
                "for g in $(openstack --os-cloud admin security group list --project {shop} -f value -c ID); do openstack --os-cloud admin security group delete $g; done; \
                 openstack --os-cloud admin project delete {shop}; \
                 openstack --os-cloud admin domain set --disable {0}; openstack --os-cloud admin domain delete {0}", self.domain)])
            .output();
    }
}

fn auth_url(clouds_yaml: &str) -> String {
    let (_, rest) = clouds_yaml.split_once("auth_url: \"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
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

#[tokio::test(flavor = "multi_thread")]
async fn from_an_import_over_drift_to_an_approved_correction_and_back_by_hand() {
    let tenant = Tenant::new();
    let shop = tenant.id();
    let clouds = std::fs::read_to_string(std::env::var("OS_CLIENT_CONFIG_FILE").unwrap()).unwrap();
    let proxy = Proxy::start(&auth_url(&clouds)).await.unwrap();
    let mut scene = Scene::new("real", &proxy.clouds_yaml(&clouds)).await.unwrap();
    scene.apply("shop", &imported(&tenant)).unwrap();
    scene.start().await.unwrap();

    // Quiet: what was imported is in sync, and a cycle writes nothing anywhere.
    let quiet = scene.until_state("shop", "InSync").await.unwrap();
    assert!(scene.plans().await.unwrap().is_empty());
    proxy.clear();
    tokio::time::timeout(Duration::from_secs(60), async {
        while !proxy.calls().iter().any(|call| call.path.contains("/projects")) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
    .await
    .unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = scene.specs().get("shop").await.unwrap();
    assert_eq!(after.metadata.resource_version, quiet.metadata.resource_version);

    // Drift of every kind, behind the controller's back.
    openstack(&lines([
        format!("project set --description second {shop}"),
        format!("quota set --cores 8 --volumes 3 {shop}"),
        format!("role add --project {shop} --user ann --user-domain {} reader", tenant.domain),
        format!(
            "security group rule create --project {shop} --ingress --protocol tcp --dst-port 22 web-{shop}"
        ),
        format!("security group set --description other web-{shop}"),
    ]));
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
    openstack(&back);
    let again = scene.until("shop", "the drift is back", |object| {
        object.status.clone().unwrap_or_default().summary.is_some_and(|summary| summary.drift == 6)
    });
    again.await.unwrap();
}
