//! What the rig's six credentials see of the real cloud: all of it, or why not; never less of it.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use cloudspec::model::cloud::QuotaService;
use cloudspec::model::{Lookup, Snapshot, Unknown};
use cloudspec::observe::{
    CloudRead, Kind, Listing, Needs, Recorder, Replay, Which, application_credentials, observe,
};
use cloudspec::openstack::{CloudConfig, Environment, Exchange, Limits, Reader, local};

const READABLE: [QuotaService; 4] =
    [QuotaService::Compute, QuotaService::Volume, QuotaService::Network, QuotaService::LoadBalancer];

fn config(cloud: &str) -> CloudConfig {
    let environment: Environment = std::env::vars().collect();
    local(Some(cloud), &environment, std::path::Path::new("/")).unwrap()
}

type Heard = Arc<Mutex<Vec<Exchange>>>;

fn metered(main: &str, identity: Option<&str>) -> (Reader, Heard) {
    let heard = Heard::default();
    let ear = heard.clone();
    let meter = Arc::new(move |exchange: &Exchange| ear.lock().unwrap().push(exchange.clone()));
    (Reader::new(config(main), identity.map(config), Limits::default(), meter).unwrap(), heard)
}

fn reader(main: &str, identity: Option<&str>) -> Reader {
    metered(main, identity).0
}

/// `service: reason` of all that is unknown.
fn unknown(snapshot: &Snapshot) -> Vec<String> {
    let Snapshot {
        cloud: _,
        domains,
        projects,
        users,
        groups,
        roles,
        assignments,
        application_credentials: _,
        security_groups,
        initial_rules,
        address_groups,
        quotas,
        certificates: _,
    } = snapshot;
    let mut all: Vec<&Unknown> = Vec::new();
    all.extend(domains.as_ref().err());
    all.extend(projects.as_ref().err());
    all.extend(roles.as_ref().err());
    all.extend(assignments.as_ref().err());
    all.extend(security_groups.as_ref().err());
    all.extend(initial_rules.as_ref().err());
    all.extend(address_groups.as_ref().err());
    all.extend(users.values().filter_map(|users| users.as_ref().err()));
    all.extend(groups.values().filter_map(|groups| groups.as_ref().err()));
    all.extend(quotas.values().flat_map(|of| of.values()).filter_map(|limits| limits.as_ref().err()));
    let said: BTreeSet<String> = all.iter().map(|why| format!("{}: {}", why.service, why.reason)).collect();
    said.into_iter().collect()
}

/// Others work on the same cloud: two looks are compared when a third shows that nothing moved between them.
async fn same_moment(one: &dyn CloudRead, other: &dyn CloudRead, needs: &Needs) -> (Snapshot, Snapshot) {
    for _ in 0..10 {
        let before = observe(one, needs).await;
        let seen = observe(other, needs).await;
        if observe(one, needs).await == before {
            return (before, seen);
        }
    }
    panic!("the cloud never rested");
}

#[tokio::test]
async fn admin_sees_everything() {
    let admin = reader("admin", None);
    let (snapshot, _) = same_moment(&admin, &admin, &Needs::everything(READABLE)).await;
    assert_eq!(unknown(&snapshot), [""; 0]);
    assert_eq!(snapshot.domain("Default").map(|_| ()), Lookup::Present(()));
    assert!(snapshot.projects.as_ref().unwrap().iter().any(|project| project.name == "admin"));
    assert!(!snapshot.assignments.as_ref().unwrap().is_empty());
    assert!(snapshot.users.values().flatten().flatten().any(|user| user.name == "observer"));
    assert_eq!(snapshot.initial_rules.as_ref().unwrap().len(), 2, "egress, both IP versions");
    for service in READABLE {
        let limits = &snapshot.quotas[&service];
        assert_eq!(limits.len(), snapshot.projects.as_ref().unwrap().len(), "{service}");
        assert!(limits.values().all(|values| !values.as_ref().unwrap().is_empty()), "{service}");
    }
}

#[tokio::test]
async fn the_observer_sees_what_admin_sees() {
    let (admin, observer) = (reader("admin", None), reader("observer", Some("observer-system")));
    let (as_admin, as_observer) = same_moment(&admin, &observer, &Needs::everything(READABLE)).await;
    assert_eq!(as_admin, as_observer);
    assert_eq!(unknown(&as_observer), [""; 0]);
}

#[tokio::test]
async fn a_stock_reader_is_told_what_it_does_not_see() {
    let snapshot = observe(&reader("reader", Some("reader-system")), &Needs::everything(READABLE)).await;
    let expected = [
        "block-storage: Forbidden",
        "compute: Forbidden",
        "load-balancer: ReachNotProven",
        "network: ReachNotProven",
    ];
    assert_eq!(unknown(&snapshot), expected);
    assert!(snapshot.security_groups.as_ref().unwrap_err().message.contains("global_reader"));
    assert!(snapshot.projects.is_ok());
}

#[tokio::test]
async fn a_system_reader_is_never_believed_to_see_an_empty_network() {
    for cloud in ["reader-system", "observer-system", "admin-system"] {
        let snapshot = observe(&reader(cloud, None), &Needs::everything([QuotaService::LoadBalancer])).await;
        assert_eq!(unknown(&snapshot), ["network: ReachNotProven"], "{cloud}");
        assert!(snapshot.security_groups.is_err() && snapshot.address_groups.is_err(), "{cloud}");
    }
}

#[tokio::test]
async fn keystone_needs_the_system_and_says_so() {
    let needs = Needs { kinds: BTreeSet::from([Kind::Domains, Kind::Projects]), ..Needs::default() };
    for cloud in ["reader", "observer"] {
        let snapshot = observe(&reader(cloud, None), &needs).await;
        let why = snapshot.projects.unwrap_err();
        assert_eq!((why.service.as_str(), why.reason.as_str()), ("identity", "Forbidden"), "{cloud}");
        assert!(why.message.contains("identityCloudName"), "{}", why.message);
    }
}

#[tokio::test]
async fn barbican_refuses_admin_and_that_is_not_unlimited() {
    let snapshot = observe(&reader("admin", None), &Needs::everything([QuotaService::KeyManager])).await;
    assert_eq!(unknown(&snapshot), ["key-manager: Forbidden"]);
}

#[tokio::test]
async fn thirty_two_listings_at_once_take_one_token_a_credential() {
    let (reader, heard) = metered("observer", Some("observer-system"));
    let of_keystone = [Listing::Domains, Listing::Projects, Listing::Roles, Listing::RoleAssignments];
    let of_neutron = [
        Listing::SecurityGroups,
        Listing::AddressGroups,
        Listing::NetworkQuotas,
        Listing::NetworkQuotaDefaults,
    ];
    let listings: Vec<Listing> = of_keystone.into_iter().chain(of_neutron).cycle().take(32).collect();
    let answers = futures::future::join_all(listings.iter().map(|listing| reader.rows(listing))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let heard = heard.lock().unwrap();
    let posts = heard.iter().filter(|exchange| exchange.method == "POST").count();
    assert_eq!((posts, heard.len()), (2, 34));
    assert!(heard.iter().all(|exchange| exchange.method == "GET" || exchange.method == "POST"));
}

#[tokio::test]
async fn an_audit_asks_each_listing_once() {
    let (reader, heard) = metered("admin", None);
    let kinds = [Kind::Domains, Kind::Projects, Kind::SecurityGroups, Kind::InitialRules];
    let mut needs = Needs { kinds: BTreeSet::from(kinds), ..Needs::default() };
    needs.quotas.insert(QuotaService::Network, Which::All);
    let snapshot = observe(&reader, &needs).await;
    assert!(snapshot.security_groups.is_ok() && snapshot.initial_rules.is_ok());
    // The login; domains, projects; groups, initial rules, the witness that is also the listing of limits; the defaults.
    assert_eq!(heard.lock().unwrap().len(), 1 + 2 + 3 + 1);
}

#[tokio::test]
async fn one_row_a_page_gives_the_same_listing() {
    let whole = reader("admin", None);
    let limits = Limits { page: 1, ..Limits::default() };
    let quiet = Arc::new(|_: &Exchange| {});
    let paged = Reader::new(config("admin"), None, limits, quiet).unwrap();
    let kinds = [Kind::SecurityGroups, Kind::AddressGroups, Kind::InitialRules];
    let needs = Needs { kinds: BTreeSet::from(kinds), ..Needs::default() };
    let (as_whole, as_paged) = same_moment(&whole, &paged, &needs).await;
    assert_eq!(as_whole, as_paged);
    assert_eq!(unknown(&as_whole), ["identity: NotAsked"]);
}

#[tokio::test]
async fn application_credentials_of_others_are_seen() {
    let reader = reader("observer", Some("observer-system"));
    let needs = Needs { users: Which::All, ..Needs::default() };
    let snapshot = observe(&reader, &needs).await;
    let users = snapshot.users.values().flatten().flatten();
    let users: BTreeSet<_> = users.filter(|user| user.name == "admin").map(|user| user.id.clone()).collect();
    let seen = application_credentials(&reader, &users).await;
    assert_eq!(seen.len(), 1);
    assert!(seen.values().all(Result::is_ok), "{seen:?}");
}

#[tokio::test]
async fn a_recording_gives_the_snapshot_again_and_no_more_than_it_needs() {
    let recorder = Recorder::new(reader("admin", None));
    let needs = Needs::everything(READABLE);
    let seen = observe(&recorder, &needs).await;
    let directory = tempfile::tempdir().unwrap();
    recorder.write(directory.path(), &needs, &[].into()).await.unwrap();
    let replay = Replay::open(directory.path()).unwrap();
    assert_eq!(observe(&replay, replay.needs()).await, seen);
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for unwanted in ["\"email\"", "\"password", "\"links\"", "standard_attr_id", "\"token"] {
            assert!(!text.contains(unwanted), "{unwanted}");
        }
    }
}
