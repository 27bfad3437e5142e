//! A tenant that holds something of everything leaves a real cloud: plan, approval, removal, two looks, and then the project by a plan of its own.
//! A proxy before the cloud counts the calls; the services' databases say what is left, and that the neighbour lost only what was told.
//!
//! Needs the rig (`--features rig`). The story has a domain of its own, and removes it.
#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

mod certified;
mod kept;
#[path = "../offboard_services/place.rs"]
mod place;
mod sweep;
mod tenant;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::{Duration, Instant};

use cloudspec_crds::{ChangePlan, TenantOffboard};
use cloudspec_tests::cluster;
use cloudspec_tests::judge::{Judge, Rows};
use cloudspec_tests::proxy::Proxy;
use cloudspec_tests::scene::Scene;
use cloudspec_tests::scene::real::{auth_url, clouds_yaml};
use futures::FutureExt;
use kube::api::Api;
use place::{Place, in_a_place};
use tenant::World;

/// Far more than it takes.
const WITHIN: Duration = Duration::from_secs(300);

struct Story<'a> {
    place: &'a Place,
    domain: String,
    proxy: Proxy,
    scene: Scene,
}

impl<'a> Story<'a> {
    async fn begin(place: &'a Place) -> Self {
        for (user, role) in [("observer", "observer"), ("admin", "admin")] {
            place.let_in(user, role).await;
            place.let_in(user, "key-manager:service-admin").await;
        }
        cluster::own().unwrap();
        let clouds = clouds_yaml().unwrap();
        let proxy = Proxy::start(&auth_url(&clouds).unwrap()).await.unwrap();
        let mut scene = Scene::new("offboard-real", &proxy.clouds_yaml(&clouds)).await.unwrap();
        scene.apply("lab", "interval: 30s\n").unwrap();
        scene.start().await.unwrap();
        let domain = place.admin.get(&format!("identity /domains/{}", place.domain)).await;
        let domain = domain["domain"]["name"].as_str().unwrap().to_owned();
        Self { place, domain, proxy, scene }
    }

    fn leave(&self, more: &str) {
        let (id, domain) = (&self.place.tenant, &self.domain);
        let manifest = format!(
            "apiVersion: cloudspec.dev/v1alpha1\nkind: TenantOffboard\nmetadata: {{name: x}}\nspec:\n  \
             cloudRef: {{name: lab}}\n  tenant: {{id: \"{id}\", name: leaves, domain: {domain}}}\n  \
             approval: {{minPlanAge: 0s, requireDigest: Destructive}}\n  verifyAfter: 1s\n{more}"
        );
        self.scene
            .namespace
            .kubectl(&self.scene.bob, &["apply", "-f", "-"], &manifest)
            .unwrap()
            .or_fail()
            .unwrap();
    }

    async fn until(&self, what: &str, holds: impl Fn(&TenantOffboard) -> bool) -> TenantOffboard {
        let api: Api<TenantOffboard> = Api::namespaced(self.scene.client(), &self.scene.namespace.name);
        let deadline = Instant::now() + WITHIN;
        loop {
            let object = api.get("x").await.unwrap();
            let status = object.status.clone().unwrap_or_default();
            if status.observed_generation == object.metadata.generation && holds(&object) {
                return object;
            }
            let run = status.last_execution.as_ref().map(|run| run.result.as_str());
            let stuck = status.state.as_deref() == Some("Refused") || run == Some("Stopped");
            if stuck || Instant::now() > deadline {
                let seen = serde_saphyr::to_string(&object.status).unwrap();
                let log = self.scene.controller.as_ref().unwrap().log();
                let end: Vec<&str> = log
                    .lines()
                    .rev()
                    .filter(|line| !line.contains(" DEBUG ") && !line.contains(" TRACE "))
                    .take(30)
                    .collect();
                panic!("waited in vain until {what}\n{seen}\n{}", end.join("\n"));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn until_state(&self, state: &str) -> TenantOffboard {
        self.until(state, |object| object.status.clone().unwrap_or_default().state.as_deref() == Some(state))
            .await
    }

    /// Alice approves what is on offer, by its digest.
    async fn approve(&self) -> ChangePlan {
        let object = self.until_state("AwaitingApproval").await;
        let offer = object.status.unwrap().plan.unwrap();
        let plans = self.scene.plans().await.unwrap();
        let plan = plans.into_iter().rev().find(|plan| plan.spec.digest == offer.digest).unwrap();
        let annotate = |value: &str| {
            let approved = format!("approved={value}");
            let arguments = ["annotate", "--overwrite", "tenantoffboard", "x", &approved];
            self.scene.namespace.kubectl(&self.scene.alice, &arguments, "").unwrap().or_fail().unwrap();
        };
        annotate(&offer.digest);
        plan
    }
}

/// What is there before and not after.
fn lost(before: &Rows, after: &Rows) -> BTreeMap<String, BTreeSet<String>> {
    let without = |(place, rows): (&String, &BTreeSet<String>)| {
        let gone: BTreeSet<String> = match after.get(place) {
            Some(after) => rows.difference(after).cloned().collect(),
            None => rows.clone(),
        };
        (!gone.is_empty()).then(|| (place.clone(), gone))
    };
    before.iter().filter_map(without).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_all_it_can_hold_leaves_a_real_cloud_and_its_neighbour_loses_what_was_told() {
    in_a_place(|place| async move {
        let result = AssertUnwindSafe(the_story(&place)).catch_unwind().await;
        sweep::sweep(&place).await;
        if let Err(panic) = result {
            resume_unwind(panic);
        }
    })
    .await;
}

async fn the_story(place: &Place) {
    let judge = Judge::of_rig().unwrap();
    place.fill(&place.tenant).await;
    let world = tenant::fill(place).await;
    let held = judge.counts(&place.tenant, &[]).unwrap();
    let neighbour = judge.rows(&place.neighbour).unwrap();
    println!("the tenant holds {held:?}");

    let story = Story::begin(place).await;
    story.leave("");
    story.until_state("AwaitingApproval").await;
    assert_eq!(story.proxy.writes(), vec![], "nothing is written before an approval");
    let reads = story.proxy.calls().len();
    let begun = Instant::now();
    let plan = story.approve().await;
    let told: Vec<&String> = plan.spec.steps.iter().flat_map(|step| &step.side_effects).collect();
    assert!(told.iter().any(|effect| effect.contains(&world.rule)), "{told:?}");
    for step in &plan.spec.steps {
        println!("{:3} {}", step.number, step.summary);
    }
    println!("left alone: {:?}", plan.spec.left_alone);
    let done = story.until_state("Completed").await.status.unwrap();
    println!(
        "{} steps, {} calls before the approval, {} after it, {} writes, {:?}",
        plan.spec.steps.len(),
        reads,
        story.proxy.calls().len() - reads,
        story.proxy.writes().len(),
        begun.elapsed()
    );
    assert_eq!(done.verified.len(), 2);
    // Keystone's are the second plan's.
    assert_eq!(kept::left(&judge, &place.tenant, &["keystone"]), BTreeMap::new());
    loses_only_what_was_told(&judge, &neighbour, place, &world);

    let (calls, begun) = (story.proxy.calls().len(), Instant::now());
    story.leave("  deleteProject: true\n");
    let last = story.approve().await;
    for step in &last.spec.steps {
        println!("{:3} {}", step.number, step.summary);
    }
    let done = story.until_state("Completed").await.status.unwrap();
    let looks: Vec<&str> = done.verified.iter().map(|look| look.stage.as_str()).collect();
    println!("{looks:?}, {} calls more, {:?}", story.proxy.calls().len() - calls, begun.elapsed());
    assert_eq!(kept::left(&judge, &place.tenant, &[]), BTreeMap::new());
    loses_only_what_was_told(&judge, &neighbour, place, &world);
    certified::all_is_certified(&story.scene, place, &[plan, last], &world.rule);
}

/// Of the neighbour's rows, as they were before, all are as they were but for two that the plan named.
fn loses_only_what_was_told(judge: &Judge, before: &Rows, place: &Place, world: &World) {
    let gone = lost(before, &judge.rows(&place.neighbour).unwrap());
    let named = [
        ("neutron.networkrbacs.project_id", &world.policy),
        ("neutron.securitygrouprules.project_id", &world.rule),
    ];
    assert_eq!(gone.keys().collect::<Vec<_>>(), named.map(|(table, _)| table));
    for (table, id) in named {
        let rows: Vec<&String> = gone[table].iter().collect();
        assert!(matches!(rows.as_slice(), [row] if row.contains(id)), "{table}: {rows:?}");
    }
}
