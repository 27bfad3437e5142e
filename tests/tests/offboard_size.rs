//! The largest plan of a tenant's leaving that is made, on a real API server: the kinds take it, and etcd takes it with its whole journal.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use cloudspec::model::cloud::{CloudIdentity, QuotaService};
use cloudspec::model::inventory::TenantSeen;
use cloudspec::model::leaving::{Leaving, Protected};
use cloudspec::model::{Inventory, Plan, Resource, ResourceKey, ResourceType};
use cloudspec::plan::offboard::{Stage, offboard};
use cloudspec::plan::to_spec;
use cloudspec_crds::ChangePlan;
use cloudspec_crds::change_plan::{Decision, Executor, JournalEntry, OwnerRef};
use cloudspec_tests::cluster::{self, Namespace, Person, install};
use cloudspec_tests::scene::client_of;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Api, PostParams};
use uuid::Uuid;

const TENANT: &str = "0123456789abcdef0123456789abcdef";
/// Steps that one write of the journal begins.
const BATCH: usize = 64;
const ETCD: usize = 1536 * 1024;

fn id() -> String {
    Uuid::new_v4().to_string()
}

/// Ports of a network, with names as a cluster gives them.
fn ports(count: usize) -> Vec<Resource> {
    let port = |number: usize| Resource {
        key: ResourceKey { kind: ResourceType::Port, id: id(), of: None },
        name: format!("capi-workers-md-0-{number:05}-nodeport"),
        state: Some("DOWN".to_owned()),
        size: None,
        after: BTreeSet::new(),
        hindrance: None,
    };
    (0..count).map(port).collect()
}

fn inventory(count: usize) -> Inventory {
    let limits = |of: &[&str]| Ok(of.iter().map(|limit| ((*limit).to_owned(), 2000)).collect());
    let mut held: BTreeMap<_, _> = ResourceType::ALL.iter().map(|kind| (*kind, Ok(Vec::new()))).collect();
    held.insert(ResourceType::Port, Ok(ports(count)));
    Inventory {
        cloud: CloudIdentity {
            auth_url: "https://keystone.cloud.example.org:5000".into(),
            region: "RegionOne".into(),
            endpoints: [].into(),
        },
        tenant: Ok(Some(TenantSeen {
            id: TENANT.into(),
            name: "team-x".into(),
            domain: "d".into(),
            domain_name: "customers".into(),
            enabled: true,
            immutable: false,
            is_domain: false,
            children: BTreeSet::new(),
        })),
        held,
        losses: BTreeSet::new(),
        quotas: BTreeMap::from([
            (QuotaService::Compute, limits(&["cores", "instances", "ram"])),
            (QuotaService::Network, limits(&["network", "port", "security_group"])),
        ]),
        uncovered: Ok(BTreeSet::new()),
        own_projects: BTreeSet::from(["admin".into()]),
    }
}

fn planned(count: usize) -> Option<Plan> {
    let leaving = Leaving {
        id: TENANT.into(),
        name: "team-x".into(),
        domain: "customers".into(),
        delete_project: false,
        accept_uncovered: BTreeSet::new(),
        keep: BTreeMap::new(),
    };
    offboard(&inventory(count), &leaving, &Protected::default(), &[], "owner", Stage::Resources).ok()
}

/// The largest plan that is not refused.
fn largest() -> Plan {
    let (mut fits, mut beyond) = (1000, 3000);
    while beyond - fits > 1 {
        let middle = usize::midpoint(fits, beyond);
        if planned(middle).is_some() { fits = middle } else { beyond = middle }
    }
    planned(fits).unwrap()
}

fn now() -> Time {
    Time(jiff::Timestamp::now())
}

fn intent(number: usize) -> JournalEntry {
    JournalEntry {
        number: i64::try_from(number).unwrap(),
        state: "Intended".into(),
        request_id: Some(format!("req-{}", id())),
        service_request_id: None,
        created_id: None,
        started_at: Some(now()),
        finished_at: None,
        message: None,
    }
}

fn done(intent: &mut JournalEntry) {
    intent.state = "Done".into();
    intent.service_request_id = Some(format!("req-{}", id()));
    intent.finished_at = Some(now());
}

#[test]
fn the_largest_plan_that_is_made_fits_into_etcd_with_its_whole_journal() {
    cluster::own().unwrap();
    install().unwrap();
    let space = Namespace::new("size").unwrap();
    let controller = Person::controller(&format!("controller.{}", space.name)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let plan = largest();
        let steps = plan.steps.len();
        assert!(steps >= 1500, "{steps} steps");
        let owner = OwnerRef {
            kind: "TenantOffboard".into(),
            name: "team-x".into(),
            uid: id(),
            generation: 1,
            spec_digest: plan.digest.0.clone(),
        };
        let api: Api<ChangePlan> = Api::namespaced(client_of(&controller).await.unwrap(), &space.name);
        let object = ChangePlan::new("largest", to_spec(&plan, owner));
        let bare = serde_json::to_vec(&object).unwrap().len();
        let mut kept = api.create(&PostParams::default(), &object).await.unwrap();
        let status = kept.status.get_or_insert_default();
        status.phase = Some("Applying".into());
        status.executor = Some(Executor { holder: format!("cloudspec-controller-{}", id()), epoch: 1 });
        status.decision = Some(Decision {
            verdict: "Approved".into(),
            by: "alice@example.org".into(),
            groups: (0..50).map(|number| format!("oidc:operators-of-cloud-{number}")).collect(),
            value: plan.digest.0.clone(),
            offer: 1,
            digest: plan.digest.0.clone(),
            at: now(),
            gate: "Enforced".into(),
        });
        let (begun, mut writes, mut bytes) = (Instant::now(), 0, 0);
        for first in (1..=steps).step_by(BATCH) {
            let journal = &mut kept.status.get_or_insert_default().journal;
            journal.iter_mut().filter(|entry| entry.state == "Intended").for_each(done);
            journal.extend((first..=steps.min(first + BATCH - 1)).map(intent));
            bytes += serde_json::to_vec(&kept).unwrap().len();
            kept = api.replace_status("largest", &PostParams::default(), &kept).await.unwrap();
            writes += 1;
        }
        let status = kept.status.get_or_insert_default();
        status.journal.iter_mut().filter(|entry| entry.state == "Intended").for_each(done);
        status.phase = Some("Succeeded".into());
        status.finished_at = Some(now());
        kept = api.replace_status("largest", &PostParams::default(), &kept).await.unwrap();
        let whole = serde_json::to_vec(&kept).unwrap().len();
        let journal = serde_json::to_vec(&kept.status.as_ref().unwrap().journal).unwrap().len();
        let managed = serde_json::to_vec(&kept.metadata.managed_fields).unwrap().len();
        println!(
            "{steps} steps: {bare} bytes bare, {journal} of journal, {managed} of managed fields, {whole} in all; {writes} writes of {bytes} \
             bytes in {:?}",
            begun.elapsed()
        );
        assert!(whole < ETCD, "{whole} bytes");
        assert!((journal + managed) / steps <= 380, "a step takes {} bytes when done", (journal + managed) / steps);
    });
}
