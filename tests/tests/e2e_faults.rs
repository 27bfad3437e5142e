//! A listing that fails: what it is about is not told, never taken for missing or as declared, and told again when it is healed.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use cloudspec_crds::{CloudSpec, CloudSpecStatus};
use cloudspec_tests::proxy::{Fault, Matcher, Proxy};
use cloudspec_tests::rig::{MATRIX_WHOLE, cases};
use cloudspec_tests::scene::{Scene, condition, manifest, program};
use cloudspec_tests::sim::{Actor, AddressGroup, Builder, Rule, Scope, Sim, World};
use futures::StreamExt;
use serde_json::Value;

/// How many run at a time: most of each is waiting.
const AT_A_TIME: usize = 4;
const SAMPLE: usize = 30;
const SAMPLE_OF_CONTROLLER: usize = 4;

/// All that is listed, as it is.
const SPEC: &str = "interval: 30s
unlistedTenants: {policy: Report, domains: [tenants]}
tenants:
- name: t0001
  domain: tenants
  description: seed tenant 1
  tags: [seed]
  quotas: {compute: {cores: 40}, volume: {volumes: 20}, network: {floatingIps: 10}, loadBalancer: {loadBalancers: 5}}
  roles:
  - {user: t0001, role: member}
  - {user: t0001, role: load-balancer_member}
  - {user: t0001, role: creator}
  - {group: ops, role: reader}
securityGroups:
- name: web
  project: {name: t0001, domain: tenants}
  description: public web
  ingress:
  - {protocol: tcp, ports: \"80\", from: {cidr: 0.0.0.0/0}}
  - {protocol: tcp, ports: \"443\", from: {cidr: 0.0.0.0/0}}
  - {protocol: tcp, ports: \"22\", from: {cidr: 10.0.0.0/8}}
  - {protocol: tcp, ports: \"9100\", from: {addressGroup: {name: monitors}}}
  egress:
  - {to: {cidr: 0.0.0.0/0}}
  - {to: {cidr: \"::/0\"}}
";

/// How a listing comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pages {
    /// With a link to the next page, or the word that rows were left out.
    Keystone,
    /// In pages of which the last row's id leads to the next.
    Marker,
    /// At once.
    Whole,
}

/// What this spec's findings depend on. (The rules that Neutron puts into new groups are listed too; they count where a group is
/// missing.) Its name, its service, a part of its request, and how it comes.
const LISTINGS: [(&str, &str, &str, Pages); 14] = [
    ("domains", "identity", "/v3/domains?", Pages::Keystone),
    ("projects", "identity", "/v3/projects?", Pages::Keystone),
    ("users", "identity", "/v3/users?", Pages::Keystone),
    ("groups", "identity", "/v3/groups?", Pages::Keystone),
    ("roles", "identity", "/v3/roles?", Pages::Keystone),
    ("role assignments", "identity", "/v3/role_assignments?", Pages::Keystone),
    ("security groups", "network", "/security-groups?", Pages::Marker),
    ("address groups", "network", "/address-groups?", Pages::Marker),
    ("network quotas", "network", "/quotas?", Pages::Whole),
    ("network quota defaults", "network", "/default?", Pages::Whole),
    ("load balancer quotas", "load-balancer", "/lbaas/quotas?", Pages::Whole),
    ("load balancer quota defaults", "load-balancer", "/lbaas/quotas/0", Pages::Whole),
    ("compute quotas", "compute", "/os-quota-sets/", Pages::Whole),
    ("volume quotas", "block-storage", "/os-quota-sets/", Pages::Whole),
];

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// It is not told.
    Untold,
    /// It passes without a word.
    Told,
}

#[derive(Clone, Debug)]
struct Case {
    name: String,
    matcher: Matcher,
    fault: Fault,
    then: Then,
}

/// Faults by their name; how often they are met, where not always.
fn faults(pages: Pages) -> Vec<(&'static str, Fault, Option<u64>, Then)> {
    let always = |name, fault| (name, fault, None, Then::Untold);
    let mut faults = vec![
        always("refused", Fault::Refuse),
        always("reset", Fault::Reset),
        ("slow", Fault::Delay(Duration::from_secs(2)), None, Then::Told),
        ("401 once", Fault::status(401), Some(1), Then::Told),
        always("401 always", Fault::status(401)),
        always("403", Fault::status(403)),
        ("429 once", Fault::too_many(1), Some(1), Then::Told),
        always("429 for long", Fault::too_many(3600)),
        always("500", Fault::status(500)),
        ("503 once", Fault::status(503), Some(1), Then::Told),
        always("503", Fault::status(503)),
        always("truncated", Fault::Truncate),
        always("HTML", Fault::Html),
        always("invalid JSON", Fault::InvalidJson),
    ];
    // Half the rows without a word of it cannot be told from a smaller cloud.
    match pages {
        Pages::Keystone => faults.push(always("half a page, and says so", Fault::Shortened)),
        Pages::Marker => faults.push(("half a page, and leads on", Fault::ShortPage, None, Then::Told)),
        Pages::Whole => {}
    }
    if pages != Pages::Whole {
        faults.push(always("repeated page", Fault::RepeatPage));
        faults.push(always("foreign next", Fault::ForeignNext("http://127.0.0.1:9".to_owned())));
    }
    faults
}

fn all() -> Vec<Case> {
    let mut all = Vec::new();
    for (listing, service, path, pages) in LISTINGS {
        let matcher = Matcher::any().method("GET").service(service).path(path);
        for (name, fault, times, then) in faults(pages) {
            let matcher = times.map_or(matcher.clone(), |times| matcher.clone().times(times));
            all.push(Case { name: format!("{listing}: {name}"), matcher, fault, then });
        }
    }
    all
}

/// Those for which one listing has to do, because they take long.
fn long() -> Vec<Case> {
    let matcher = |part: &str| Matcher::any().method("GET").path(part);
    let case = |name: &str, part, fault| Case {
        name: name.to_owned(),
        matcher: matcher(part),
        fault,
        then: Then::Untold,
    };
    vec![
        case("projects: hung", "/v3/projects?", Fault::Hang),
        case("security groups: oversized", "/security-groups?", Fault::Oversized),
    ]
}

fn world() -> World {
    let mut world = Builder::default().tenants(1).build();
    let domain = world.domain_id("tenants").unwrap();
    let group = world.add_group(&domain, "ops");
    let project = world.project_id("tenants", "t0001").unwrap();
    world.grant(&Actor::Group(group), "reader", Scope::Project(project.clone()));
    world.load_balancer_quotas.entry(project.clone()).or_default().insert("load_balancer".to_owned(), 5);
    let web = world.security_group_ids(&project, "web").remove(0);
    let addresses = BTreeSet::from(["192.0.2.0/24".to_owned()]);
    let monitors = AddressGroup {
        name: "monitors".to_owned(),
        project,
        description: String::new(),
        addresses,
        revision: 0,
        created: "2026-01-01T00:00:00Z".to_owned(),
        updated: "2026-01-01T00:00:00Z".to_owned(),
    };
    // Two of them, so that half a page is one.
    for name in ["monitors", "others"] {
        let id = world.uuid();
        world.address_groups.insert(id.clone(), AddressGroup { name: name.to_owned(), ..monitors.clone() });
        if name == "monitors" {
            world.add_rule(&web, Rule { remote_address_group: Some(id), ..Rule::ingress_tcp(9100) });
        }
    }
    world
}

/// `cloudspec diff`: its exit code and its answer.
async fn diff(proxy: &Proxy, sim: &Sim, dir: &Path) -> (Option<i32>, Value, String) {
    let (clouds, spec) = (dir.join("clouds.yaml"), dir.join("spec.yaml"));
    std::fs::write(&clouds, proxy.clouds_yaml(&sim.clouds_yaml())).unwrap();
    std::fs::write(&spec, manifest("lab", SPEC)).unwrap();
    let mut command = tokio::process::Command::new(program().unwrap());
    command.args(["diff", "-o", "json", "--os-cloud", "observer", "--os-identity-cloud", "observer-system"]);
    command.arg("--os-client-config-file").arg(&clouds).arg("-f").arg(&spec);
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default(), said)
}

/// One case with `cloudspec diff`; what is wrong with it.
async fn told_by_diff(case: &Case) -> Option<String> {
    let sim = Sim::start(world()).await.unwrap();
    let proxy = Proxy::start(&sim.url()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    proxy.fault(case.matcher.clone(), case.fault.clone());
    let (code, answer, said) = diff(&proxy, &sim, dir.path()).await;
    let met = proxy.calls().iter().any(|call| call.fault.is_some());
    let kinds: Vec<&str> = answer["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|finding| finding["kind"].as_str().unwrap_or_default())
        .collect();
    let as_meant = match case.then {
        Then::Untold => {
            code == Some(3) && !kinds.is_empty() && kinds.iter().all(|kind| *kind == "Unknowable")
        }
        Then::Told => code == Some(0) && kinds.is_empty(),
    };
    (!met || !as_meant).then(|| format!("{}: met {met}, exit {code:?}, {answer:#}\n{said}", case.name))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_fault_all_is_as_declared() {
    let sim = Sim::start(world()).await.unwrap();
    let proxy = Proxy::start(&sim.url()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (code, answer, said) = diff(&proxy, &sim, dir.path()).await;
    assert_eq!(code, Some(0), "{answer:#}\n{said}");
    for (name, service, path, _) in LISTINGS {
        let asked = |call: &cloudspec_tests::proxy::Call| {
            call.service == service && format!("{}?{}", call.path, call.query).contains(path)
        };
        assert!(proxy.calls().iter().any(asked), "{name} are not listed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn matrix_faults_a_listing_that_fails_is_not_told_and_never_taken_for_drift() {
    let begun = Instant::now();
    let all = all();
    let of = all.len() + long().len();
    let mut picked = cases("faults", all, SAMPLE);
    if std::env::var(MATRIX_WHOLE).is_ok_and(|whole| whole == "faults") {
        picked.extend(long());
    }
    let tried = picked.len();
    let runs = futures::stream::iter(&picked).map(told_by_diff).buffer_unordered(AT_A_TIME);
    let wrong: Vec<String> = runs.filter_map(futures::future::ready).collect().await;
    println!("faults: {tried} of {of} cases, {} s", begun.elapsed().as_secs());
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Whether a status holds something for missing, extra or changed, or for as declared, although a listing failed.
fn claims(object: &CloudSpec) -> bool {
    let CloudSpecStatus { state, findings, .. } = object.status.clone().unwrap_or_default();
    let drift = findings.iter().any(|finding| finding.kind != "Unknowable");
    drift || matches!(state.as_deref(), Some("Drifted" | "AwaitingApproval" | "Blocked"))
}

#[tokio::test(flavor = "multi_thread")]
async fn matrix_faults_the_controller_says_what_it_cannot_see_and_recovers_by_itself() {
    let sim = Sim::start(world()).await.unwrap();
    let proxy = Proxy::start(&sim.url()).await.unwrap();
    let mut scene = Scene::new("faults", &proxy.clouds_yaml(&sim.clouds_yaml())).await.unwrap();
    scene.apply("lab", SPEC).unwrap();
    scene.start().await.unwrap();
    scene.until_state("lab", "InSync").await.unwrap();
    let untold: Vec<Case> = all().into_iter().filter(|case| case.then == Then::Untold).collect();
    // Another fault for each listing: all of them are tried with `diff`.
    let untold: Vec<Case> = untold.into_iter().step_by(11).collect();
    for (times, case) in cases("faults", untold, SAMPLE_OF_CONTROLLER).into_iter().enumerate() {
        proxy.fault(case.matcher.clone(), case.fault.clone());
        touch(&scene, times);
        let not_told = |object: &CloudSpec| condition(object, "InSync").is_some_and(|(is, _)| is != "True");
        let object = scene.until("lab", &format!("{} is told", case.name), not_told).await.unwrap();
        assert!(!claims(&object), "{}: {:#?}", case.name, object.status);
        assert_eq!(condition(&object, "Observed").map(|(is, _)| is), Some("False"), "{}", case.name);
        assert_eq!(condition(&object, "InSync").map(|(is, _)| is), Some("Unknown"), "{}", case.name);
        proxy.heal();
        let claimed = std::sync::atomic::AtomicBool::new(false);
        let in_sync = |object: &CloudSpec| {
            claimed.fetch_or(claims(object), std::sync::atomic::Ordering::SeqCst);
            condition(object, "InSync").is_some_and(|(is, _)| is == "True")
        };
        scene.until("lab", &format!("{} is healed", case.name), in_sync).await.unwrap();
        assert!(!claimed.into_inner(), "{}", case.name);
    }
    assert_eq!(proxy.writes(), vec![]);
    assert!(scene.plans().await.unwrap().is_empty());
}

/// Has it looked at now rather than after the interval: whatever changes the spec does.
fn touch(scene: &Scene, times: usize) {
    let patch = format!("{{\"spec\":{{\"interval\":\"{}s\"}}}}", 31 + times);
    let answer =
        scene.namespace.kubectl(&scene.bob, &["patch", "cloudspec", "lab", "--type=merge", "-p", &patch], "");
    answer.unwrap().or_fail().unwrap();
}
