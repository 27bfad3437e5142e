//! The collectors on recorded answers, the sharing of answers, and what is asked for.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cloudspec::model::Desired;
use cloudspec::model::cloud::{CloudIdentity, QuotaService};
use cloudspec::model::ids::ProjectId;
use cloudspec::observe::{
    CloudRead, Coverage, Kind, Listing, Needs, ReadError, Reason, Recorder, Replay, Rows, Service, Shared,
    Which, application_credentials, coverage, observe,
};
use cloudspec_crds::CloudSpecSpec;
use futures::future::{BoxFuture, FutureExt, join_all};
use serde_json::{Value, json};

/// A real Caracal cloud with one of each: rules in odd spellings, an immutable and a child project, inherited roles.
const RICH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings/rich");

fn replay() -> Replay {
    Replay::open(Path::new(RICH)).unwrap()
}

#[tokio::test]
async fn a_recorded_cloud_is_seen_as_it_was() {
    let replay = replay();
    let mut seen = observe(&replay, replay.needs()).await;
    let users = seen.users.values().flatten().flatten();
    let users: BTreeSet<_> = users.filter(|user| user.name == "t0001").map(|user| user.id.clone()).collect();
    seen.application_credentials = application_credentials(&replay, &users).await;
    insta::assert_yaml_snapshot!("rich", seen);
}

#[tokio::test]
async fn recording_a_recording_changes_nothing() {
    let recorder = Recorder::new(replay());
    let needs = replay().needs().clone();
    let seen = observe(&recorder, &needs).await;
    let users = seen.users.values().flatten().flatten();
    let users: BTreeSet<_> = users.filter(|user| user.name == "t0001").map(|user| user.id.clone()).collect();
    application_credentials(&recorder, &users).await;
    let directory = tempfile::tempdir().unwrap();
    recorder.write(directory.path(), &needs, &[].into()).await.unwrap();
    let read = |directory: &Path| -> BTreeMap<_, String> {
        let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap());
        files.map(|file| (file.file_name(), std::fs::read_to_string(file.path()).unwrap())).collect()
    };
    let (written, kept) = (read(directory.path()), read(Path::new(RICH)));
    assert_eq!(written.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>());
    for (name, text) in &written {
        assert_eq!(*text, kept[name], "{name:?}");
    }
}

/// Answers from a table; each question is counted.
struct Table {
    cloud: CloudIdentity,
    project: Option<ProjectId>,
    answers: BTreeMap<Listing, Result<Value, Reason>>,
    asked: Mutex<Vec<Listing>>,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl Table {
    fn new(answers: impl IntoIterator<Item = (Listing, Result<Value, Reason>)>) -> Self {
        Self {
            cloud: CloudIdentity { auth_url: "http://k".into(), region: String::new(), endpoints: [].into() },
            project: Some("own".into()),
            answers: answers.into_iter().collect(),
            asked: Mutex::default(),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        }
    }

    fn asked(&self) -> Vec<Listing> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.sort();
        asked
    }
}

impl CloudRead for Table {
    fn identity(&self) -> &CloudIdentity {
        &self.cloud
    }

    fn rows<'a>(&'a self, what: &'a Listing) -> BoxFuture<'a, Result<Rows, ReadError>> {
        async move {
            self.asked.lock().unwrap().push(what.clone());
            let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(running, Ordering::SeqCst);
            tokio::task::yield_now().await;
            self.running.fetch_sub(1, Ordering::SeqCst);
            match self.answers.get(what) {
                Some(Ok(rows)) => Ok(Arc::new(rows.as_array().unwrap().clone())),
                Some(Err(reason)) => Err(ReadError::new(what.service(), *reason, "as told")),
                None => Err(ReadError::new(what.service(), Reason::NotFound, "not in the table")),
            }
        }
        .boxed()
    }

    fn project(&self) -> BoxFuture<'_, Result<Option<ProjectId>, ReadError>> {
        async move { Ok(self.project.clone()) }.boxed()
    }
}

fn two_projects() -> [(Listing, Result<Value, Reason>); 2] {
    let row = |id: &str| json!({"id": id, "name": id, "domain_id": "d", "enabled": true});
    [
        (Listing::Domains, Ok(json!([{"id": "d", "name": "D"}]))),
        (Listing::Projects, Ok(json!([row("own"), row("other")]))),
    ]
}

async fn quotas(service: QuotaService, answers: Vec<(Listing, Result<Value, Reason>)>) -> Value {
    let table = Table::new(two_projects().into_iter().chain(answers));
    let seen = observe(&table, &Needs::everything([service])).await;
    serde_json::to_value(&seen.quotas[&service]).unwrap()
}

#[tokio::test]
async fn limits_of_ones_own_lie_over_the_defaults() {
    let seen = quotas(
        QuotaService::Network,
        vec![
            (Listing::NetworkQuotas, Ok(json!([{"project_id": "other", "tenant_id": "other", "port": 3}]))),
            (Listing::NetworkQuotaDefaults, Ok(json!([{"port": 500, "router": 10}]))),
        ],
    )
    .await;
    assert_eq!(
        seen,
        json!({"own": {"Ok": {"port": 500, "router": 10}}, "other": {"Ok": {"port": 3, "router": 10}}})
    );
}

#[tokio::test]
async fn octavias_null_is_the_default() {
    let seen = quotas(
        QuotaService::LoadBalancer,
        vec![
            (Listing::LoadBalancerQuotas, Ok(json!([{"project_id": "other", "pool": 3, "member": null}]))),
            (Listing::LoadBalancerQuotaDefaults, Ok(json!([{"pool": -1, "member": -1}]))),
        ],
    )
    .await;
    assert_eq!(
        seen,
        json!({"own": {"Ok": {"pool": -1, "member": -1}}, "other": {"Ok": {"pool": 3, "member": -1}}})
    );
}

#[tokio::test]
async fn octavias_listing_alone_proves_nothing() {
    let seen = quotas(
        QuotaService::LoadBalancer,
        vec![
            (Listing::LoadBalancerQuotas, Ok(json!([]))),
            (Listing::LoadBalancerQuotaDefaults, Err(Reason::Forbidden)),
        ],
    )
    .await;
    assert_eq!(seen["other"]["Err"]["reason"], "ReachNotProven");
}

#[tokio::test]
async fn barbicans_defaults_are_not_read_from_ones_own_limits() {
    let seen = quotas(
        QuotaService::KeyManager,
        vec![
            (
                Listing::KeyManagerQuotas,
                Ok(json!([{"project_id": "own", "project_quotas": {"secrets": 7, "orders": null}}])),
            ),
            (Listing::KeyManagerOwnQuota, Ok(json!([{"secrets": 7, "orders": -1}]))),
        ],
    )
    .await;
    assert_eq!(seen, json!({"own": {"Ok": {"secrets": 7, "orders": -1}}, "other": {"Ok": {"orders": -1}}}));
}

#[tokio::test]
async fn one_projects_limits_that_fail_leave_the_others() {
    let seen = quotas(
        QuotaService::Compute,
        vec![
            (Listing::ComputeQuota("own".into()), Ok(json!([{"id": "own", "cores": 20}]))),
            (Listing::ComputeQuota("other".into()), Err(Reason::Forbidden)),
        ],
    )
    .await;
    assert_eq!(seen["own"], json!({"Ok": {"cores": 20}}));
    assert_eq!(seen["other"]["Err"]["reason"], "Forbidden");
}

#[tokio::test]
async fn a_limit_that_is_no_number_is_not_understood() {
    for value in [json!(1.5), json!([1]), json!(true)] {
        let rows = json!([{"id": "own", "cores": value}]);
        let seen = quotas(QuotaService::Compute, vec![(Listing::ComputeQuota("own".into()), Ok(rows))]).await;
        assert_eq!(seen["own"]["Err"]["reason"], "Unparsable");
    }
}

#[tokio::test]
async fn any_failure_is_unknown_and_none_is_empty() {
    let reasons = [Reason::Timeout, Reason::Forbidden, Reason::Truncated, Reason::Unreachable];
    for reason in reasons {
        let listings = [
            Listing::Domains,
            Listing::Projects,
            Listing::Roles,
            Listing::RoleAssignments,
            Listing::NetworkQuotas,
            Listing::SecurityGroups,
        ];
        let table = Table::new(listings.map(|listing| (listing, Err(reason))));
        let seen = observe(&table, &Needs::everything([])).await;
        assert_eq!(seen.domains.unwrap_err().reason, reason.to_string());
        assert_eq!(seen.projects.unwrap_err().reason, reason.to_string());
        assert_eq!(seen.assignments.unwrap_err().reason, reason.to_string());
        let network = if reason == Reason::Forbidden { Reason::ReachNotProven } else { reason };
        assert_eq!(seen.security_groups.unwrap_err().reason, network.to_string());
        assert_eq!(seen.address_groups.unwrap_err().reason, network.to_string());
    }
}

#[tokio::test]
async fn a_directory_that_is_down_leaves_the_other_domains() {
    let table = Table::new([
        (Listing::Domains, Ok(json!([{"id": "d", "name": "D"}, {"id": "l", "name": "Ldap"}]))),
        (Listing::Users("d".into()), Ok(json!([{"id": "u", "name": "ann", "domain_id": "d"}]))),
        (Listing::Users("l".into()), Err(Reason::ServerError)),
    ]);
    let seen = observe(&table, &Needs { users: Which::All, ..Needs::default() }).await;
    assert!(seen.users[&"d".into()].is_ok());
    assert_eq!(seen.users[&"l".into()].as_ref().unwrap_err().reason, "ServerError");
}

#[tokio::test]
async fn few_are_asked_at_a_time_and_none_twice() {
    let rows: Vec<Value> = (0..40)
        .map(|number| json!({"id": number.to_string(), "name": number.to_string(), "domain_id": "d", "enabled": true}))
        .collect();
    let table = Table::new([
        (Listing::Domains, Ok(json!([{"id": "d", "name": "D"}]))),
        (Listing::Projects, Ok(json!(rows))),
    ]);
    observe(&table, &Needs::everything([QuotaService::Compute, QuotaService::Network])).await;
    let asked = table.asked();
    assert!(asked.len() > 40 && asked.windows(2).all(|pair| pair[0] != pair[1]), "{asked:?}");
    assert_eq!(table.most.load(Ordering::SeqCst), cloudspec::observe::AT_ONCE);
}

fn needs_of(spec: &str) -> Needs {
    let spec: CloudSpecSpec =
        serde_saphyr::from_str(&format!("cloud: {{observe: {{secretName: s, cloudName: c}}}}\n{spec}"))
            .unwrap();
    Needs::of(&Desired::from_spec(&spec).unwrap())
}

#[test]
fn a_spec_that_lists_nothing_asks_for_nothing() {
    assert_eq!(needs_of("tenants: []"), Needs::default());
}

#[test]
fn only_what_is_compared_is_asked_for() {
    let needs = needs_of("tenants: [{name: a, domain: D, quotas: {compute: {cores: 1}}}]");
    assert_eq!(needs.kinds, BTreeSet::from([Kind::Domains, Kind::Projects]));
    assert_eq!(needs.quotas.keys().collect::<Vec<_>>(), [&QuotaService::Compute]);
    assert!(needs.users.is_none() && needs.groups.is_none());
    let needs = needs_of("tenants: [{name: a, domain: D, roles: [{group: g, domain: L, role: member}]}]");
    let expected = BTreeSet::from([Kind::Domains, Kind::Projects, Kind::Roles, Kind::Assignments]);
    assert_eq!(needs.kinds, expected);
    assert_eq!(needs.groups, Which::Named(BTreeSet::from(["L".to_owned()])));
    assert!(needs.users.is_none() && needs.quotas.is_empty());
    let project = "project: {name: a, domain: D}";
    let needs =
        needs_of(&format!("securityGroups: [{{name: web, {project}, ingress: [{{protocol: tcp}}]}}]"));
    let expected = BTreeSet::from([Kind::Domains, Kind::Projects, Kind::SecurityGroups, Kind::InitialRules]);
    assert_eq!(needs.kinds, expected);
    let rule = "{protocol: tcp, from: {addressGroup: {name: offices}}}";
    let needs = needs_of(&format!("securityGroups: [{{name: web, {project}, ingress: [{rule}]}}]"));
    assert!(needs.kinds.contains(&Kind::AddressGroups));
}

/// A clock that a test moves.
fn clock() -> (Instant, Arc<AtomicU64>, impl Fn() -> Instant + Send + Sync + 'static) {
    let start = Instant::now();
    let seconds = Arc::new(AtomicU64::new(0));
    let moved = seconds.clone();
    (start, seconds, move || start + Duration::from_secs(moved.load(Ordering::SeqCst)))
}

#[tokio::test]
async fn twenty_views_share_one_audit() {
    let (start, _, now) = clock();
    let shared = Shared::new(Table::new(two_projects()), now);
    let views: Vec<_> = (0..20).map(|_| shared.view(start)).collect();
    let needs = needs_of("tenants: [{name: own, domain: D}]");
    let seen = join_all(views.iter().map(|view| observe(view, &needs))).await;
    assert!(seen.iter().all(|snapshot| *snapshot == seen[0]) && seen[0].projects.is_ok());
    assert_eq!(shared.reader().asked(), [Listing::Domains, Listing::Projects]);
}

#[tokio::test]
async fn an_answer_that_is_too_old_is_asked_for_again() {
    let (start, seconds, now) = clock();
    let shared = Shared::new(Table::new(two_projects()), now);
    let at = |offset| start + Duration::from_secs(offset);
    shared.view(at(0)).rows(&Listing::Projects).await.unwrap();
    seconds.store(60, Ordering::SeqCst);
    shared.view(at(0)).rows(&Listing::Projects).await.unwrap();
    assert_eq!(shared.reader().asked().len(), 1, "still good for whoever asks for no better");
    shared.view(at(1)).rows(&Listing::Projects).await.unwrap();
    assert_eq!(shared.reader().asked().len(), 2);
    shared.view(at(60)).rows(&Listing::Projects).await.unwrap();
    assert_eq!(shared.reader().asked().len(), 2);
    shared.forget(at(61));
    shared.view(at(0)).rows(&Listing::Projects).await.unwrap();
    assert_eq!(shared.reader().asked().len(), 3);
}

#[tokio::test]
async fn a_view_is_as_old_as_the_oldest_answer_that_it_took() {
    let (start, seconds, now) = clock();
    let shared = Shared::new(Table::new(two_projects()), now);
    let after = |offset| Some(start + Duration::from_secs(offset));
    let first = shared.view(start);
    assert_eq!(first.oldest(), None);
    first.rows(&Listing::Projects).await.unwrap();
    seconds.store(60, Ordering::SeqCst);
    first.rows(&Listing::Domains).await.unwrap();
    assert_eq!(first.oldest(), after(0));
    let next = shared.view(start + Duration::from_secs(1));
    next.rows(&Listing::Domains).await.unwrap();
    assert_eq!(next.oldest(), after(60));
}

#[tokio::test]
async fn each_service_is_whole_or_says_what_of_it_was_not_seen() {
    let seen = observe(&Table::new(two_projects()), &needs_of("tenants: [{name: own, domain: D}]")).await;
    assert_eq!(coverage(&seen), Coverage::from([(Service::Identity, Ok(()))]), "nothing else is asked");
    let [domains, (projects, _)] = two_projects();
    let blind = Table::new([domains, (projects, Err(Reason::ServerError))]);
    let needs = needs_of("tenants: [{name: own, domain: D, quotas: {compute: {cores: 1}}}]");
    let coverage = coverage(&observe(&blind, &needs).await);
    let reasons: Vec<_> = coverage
        .iter()
        .map(|(service, seen)| (*service, seen.as_ref().err().map(|why| why.reason.as_str())))
        .collect();
    let failed = Some("ServerError");
    assert_eq!(reasons, [(Service::Identity, failed), (Service::Compute, failed)]);
}

#[tokio::test]
async fn a_failure_is_shared_too_and_passes() {
    let (start, seconds, now) = clock();
    let shared = Shared::new(Table::new([(Listing::Projects, Err(Reason::ServerError))]), now);
    for _ in 0..3 {
        let error = shared.view(start).rows(&Listing::Projects).await.unwrap_err();
        assert_eq!((error.service, error.reason), (Service::Identity, Reason::ServerError));
    }
    assert_eq!(shared.reader().asked().len(), 1);
    seconds.store(1, Ordering::SeqCst);
    assert!(shared.view(start + Duration::from_secs(1)).rows(&Listing::Projects).await.is_err());
    assert_eq!(shared.reader().asked().len(), 2);
}

#[tokio::test]
async fn one_that_leaves_while_asking_does_not_hold_up_the_next() {
    let (start, _, now) = clock();
    let shared = Shared::new(Table::new(two_projects()), now);
    let view = shared.view(start);
    let mut first = view.rows(&Listing::Projects);
    assert!(futures::poll!(&mut first).is_pending());
    drop(first);
    assert!(view.rows(&Listing::Projects).await.is_ok());
    assert_eq!(shared.reader().asked().len(), 2);
}
