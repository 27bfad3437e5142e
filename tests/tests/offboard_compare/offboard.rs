//! A tenant leaves by a `TenantOffboard`: plan, approval, removal, two looks.

use std::time::{Duration, Instant};

use cloudspec_crds::{TenantOffboard, TenantOffboardStatus};
use cloudspec_tests::cluster;
use cloudspec_tests::proxy::Proxy;
use cloudspec_tests::scene::Scene;
use cloudspec_tests::scene::real::{auth_url, clouds_yaml};
use kube::api::Api;

use crate::Took;
use crate::place::Place;

/// Far more than it takes.
const WITHIN: Duration = Duration::from_secs(900);

pub(crate) async fn offboard(place: &Place) -> Took {
    cluster::own().unwrap();
    let clouds = clouds_yaml().unwrap();
    let proxy = Proxy::start(&auth_url(&clouds).unwrap()).await.unwrap();
    let started = Instant::now();
    let mut scene = Scene::new("offboard-compare", &proxy.clouds_yaml(&clouds)).await.unwrap();
    scene.apply("lab", "interval: 1h\n").unwrap();
    scene.start().await.unwrap();
    // What the CloudSpec itself asks is no part of it.
    scene.until_state("lab", "InSync").await.unwrap();
    proxy.clear();

    let domain = place.admin.get(&format!("identity /domains/{}", place.domain)).await;
    let (id, domain) = (&place.tenant, domain["domain"]["name"].as_str().unwrap());
    let manifest = format!(
        "apiVersion: cloudspec.dev/v1alpha1\nkind: TenantOffboard\nmetadata: {{name: x}}\nspec:\n  cloudRef: {{name: lab}}\n  \
         tenant: {{id: \"{id}\", name: leaves, domain: {domain}}}\n  \
         approval: {{minPlanAge: 0s, requireDigest: Destructive}}\n  verifyAfter: 1s\n"
    );
    let namespace = &scene.namespace;
    namespace.kubectl(&scene.bob, &["apply", "-f", "-"], &manifest).unwrap().or_fail().unwrap();
    let offer = until(&scene, "AwaitingApproval").await.plan.unwrap();
    let before = proxy.calls().len();
    let begun = started.elapsed();
    let approved = format!("approved={}", offer.digest);
    let arguments = ["annotate", "--overwrite", "tenantoffboard", "x", &approved];
    namespace.kubectl(&scene.alice, &arguments, "").unwrap().or_fail().unwrap();
    let status = until(&scene, "Completed").await;
    let (end, mut calls) = (started.elapsed(), proxy.calls().split_off(before));
    let last = calls.iter().rposition(|call| call.is_write()).unwrap();
    let removed = calls[last].at + calls[last].took;
    let after = calls.split_off(last + 1).len();
    Took {
        calls,
        time: removed.saturating_sub(begun),
        before,
        after: (after, end.saturating_sub(removed)),
        end: status.state.unwrap(),
    }
}

async fn until(scene: &Scene, state: &str) -> TenantOffboardStatus {
    let api: Api<TenantOffboard> = Api::namespaced(scene.client(), &scene.namespace.name);
    let deadline = Instant::now() + WITHIN;
    loop {
        let object = api.get("x").await.unwrap();
        let status = object.status.unwrap_or_default();
        if status.observed_generation == object.metadata.generation && status.state.as_deref() == Some(state)
        {
            return status;
        }
        let run = status.last_execution.as_ref().map(|run| run.result.as_str());
        let stuck = matches!(status.state.as_deref(), Some("Refused" | "Blocked")) || run == Some("Stopped");
        assert!(
            !stuck && Instant::now() < deadline,
            "waited in vain for {state}: {}",
            serde_saphyr::to_string(&status).unwrap()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
