//! The inventory, held against the databases.

use std::collections::{BTreeMap, BTreeSet};

use cloudspec::model::{Inventory, Resource, ResourceType};
use cloudspec::openstack::Limits;

use crate::database::{counts, keypairs, sql};
use crate::place::{Place, in_a_place, seen_by, seen_within};
use crate::tenant::fill;

/// The types of Nova, Cinder and Glance.
pub(crate) const OURS: [ResourceType; 14] = [
    ResourceType::Server,
    ResourceType::VolumeTransfer,
    ResourceType::Backup,
    ResourceType::GroupSnapshot,
    ResourceType::Snapshot,
    ResourceType::VolumeGroup,
    ResourceType::Volume,
    ResourceType::ImageProtection,
    ResourceType::Image,
    ResourceType::ImageMembership,
    ResourceType::ServerGroup,
    ResourceType::Keypair,
    ResourceType::FlavorAccess,
    ResourceType::VolumeTypeAccess,
];

/// What is held of these services; every type is told.
pub(crate) fn held(seen: &Inventory) -> Vec<Resource> {
    let told = |kind: &ResourceType| seen.held[kind].clone().unwrap_or_else(|why| panic!("{kind}: {why}"));
    OURS.iter().flat_map(told).collect()
}

/// How many of each type.
pub(crate) fn numbers(held: &[Resource]) -> BTreeMap<String, usize> {
    let mut numbers = BTreeMap::new();
    for resource in held {
        *numbers.entry(format!("{:?}", resource.key.kind)).or_default() += 1;
    }
    numbers
}

/// As the databases count.
pub(crate) fn judged(place: &Place) -> BTreeMap<String, usize> {
    let mut judged: BTreeMap<String, usize> = counts(&place.tenant).into_iter().collect();
    match keypairs(&place.ann).len() {
        0 => None,
        some => judged.insert("Keypair".to_owned(), some),
    };
    judged
}

fn named<'h>(held: &'h [Resource], kind: ResourceType, name: &str) -> &'h Resource {
    let mut found = held.iter().filter(|one| one.key.kind == kind && one.name == name);
    found.next().unwrap_or_else(|| panic!("{kind} {name}: {held:?}"))
}

fn after(held: &[Resource], kind: ResourceType, name: &str) -> BTreeSet<String> {
    let by_key = |key| held.iter().find(|one| one.key == key).map(|one| one.name.clone());
    named(held, kind, name).after.iter().filter_map(|key| by_key(key.clone())).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn an_empty_tenant_holds_nothing_and_a_full_one_all_that_the_databases_count() {
    in_a_place(|place| async move {
        let empty = seen_by("admin", None, &place.tenant).await;
        assert_eq!(held(&empty), []);
        assert_eq!(empty.held[&ResourceType::Image], Ok(vec![]));

        fill(&place).await;
        let judged = judged(&place);
        assert_eq!(judged.len(), 14, "one at least of each type: {judged:?}");
        let as_admin = seen_by("admin", None, &place.tenant).await;
        let as_observer = seen_by("observer", Some("observer-system"), &place.tenant).await;
        let all = held(&as_admin);
        assert_eq!(numbers(&all), judged);
        assert_eq!(held(&as_observer), all);
        assert_eq!(as_observer.losses, as_admin.losses);
        let row_by_row = Limits { page: 1, ..Limits::default() };
        let row_by_row = seen_within(row_by_row, "admin", None, &place.tenant).await;
        assert_eq!(held(&row_by_row), all, "one row a page");

        order(&all);
        names(&all, &place);
        losses(&as_admin, &place);
        strangers(&place).await;
    })
    .await;
}

fn order(all: &[Resource]) {
    use ResourceType::{Backup, GroupSnapshot, Image, Snapshot, Volume, VolumeGroup};
    assert_eq!(after(all, Volume, "base"), set(&["first", "second"]));
    assert_eq!(after(all, Volume, "clone"), set(&[]));
    assert_eq!(after(all, Snapshot, "first"), set(&["clone"]), "Ceph keeps what a volume was cloned from");
    assert_eq!(after(all, Snapshot, "second"), set(&[]));
    assert_eq!(after(all, Volume, "promised"), set(&["transfer"]));
    assert_eq!(after(all, Volume, "attached"), set(&["plain"]));
    assert!(after(all, Volume, "member").contains("group"));
    assert!(after(all, VolumeGroup, "group").contains("of-group"));
    assert_eq!(after(all, GroupSnapshot, "of-group"), set(&[]));
    assert_eq!(after(all, Backup, "full"), set(&["incremental-1", "incremental-2"]));
    assert_eq!(after(all, Backup, "incremental-1"), set(&["incremental-2"]));
    assert_eq!(after(all, Backup, "incremental-2"), set(&[]));
    assert_eq!(after(all, Image, "protected"), set(&["protected"]));
    assert!(all.iter().all(|one| one.hindrance.is_none()), "{all:?}");
}

fn names(all: &[Resource], place: &Place) {
    let of = |kind| {
        all.iter().filter(|one| one.key.kind == kind).map(|one| one.name.clone()).collect::<BTreeSet<_>>()
    };
    assert_eq!(of(ResourceType::Server), set(&["plain", "locked", "soft-deleted"]));
    assert_eq!(of(ResourceType::Image), set(&["private", "hidden", "protected", "shared"]));
    let keypair = named(all, ResourceType::Keypair, "ann key");
    assert_eq!((keypair.key.id.as_str(), keypair.key.of.as_deref()), ("ann key", Some(place.ann.as_str())));
    assert_eq!(of(ResourceType::Keypair), set(&["ann key"]), "bob has another project, by a group");
    let soft = named(all, ResourceType::Server, "soft-deleted");
    assert_eq!(soft.state.as_deref(), Some("SOFT_DELETED"));
}

fn losses(seen: &Inventory, place: &Place) {
    let all: Vec<&str> = seen.losses.iter().map(|loss| loss.what.as_str()).collect();
    let told =
        |words: &[&str]| all.iter().filter(|what| words.iter().all(|word| what.contains(word))).count();
    assert_eq!(told(&["user ann", &place.ann, "without any project"]), 1, "{all:?}");
    assert_eq!(told(&[&place.bob]), 0, "{all:?}");
    assert_eq!(told(&["image shared", &place.neighbour]), 1, "{all:?}");
    assert_eq!(told(&["image protected", "community"]), 1, "{all:?}");
    assert_eq!(told(&["key of this transfer"]), 1, "{all:?}");
    assert_eq!(all.len(), 4, "{all:?}");
}

/// Who does not see every project is told so of each type, and of none that it is empty.
async fn strangers(place: &Place) {
    for (cloud, identity) in [("reader", Some("reader-system")), ("team-a", None)] {
        let seen = seen_by(cloud, identity, &place.tenant).await;
        for kind in OURS {
            let why = seen.held[&kind].as_ref().err();
            let why = why.unwrap_or_else(|| panic!("{cloud} is believed to see every {kind}"));
            assert!(
                ["Forbidden", "ReachNotProven"].contains(&why.reason.as_str()),
                "{cloud}: {kind}: {why:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_volume_that_cannot_go_says_why() {
    in_a_place(|place| async move {
        let tenant = place.login("ann", "tenant").await;
        let neighbour = place.login("bob", "neighbour").await;
        let server = crate::tenant::server(&neighbour, "theirs").await;
        let stuck = crate::tenant::volume(&tenant, serde_json::json!({"name": "stuck"})).await;
        let foreign = crate::tenant::volume(&tenant, serde_json::json!({"name": "foreign"})).await;
        sql(&format!("update cinder.volumes set status = 'error_deleting' where id = '{stuck}'"));
        let attachment = uuid::Uuid::new_v4();
        sql(&format!(
            "insert into cinder.volume_attachment (created_at, deleted, id, volume_id, instance_uuid, attach_status) values \
             (now(), 0, '{attachment}', '{foreign}', '{server}', 'attached')"
        ));
        sql(&format!(
            "update cinder.volumes set status = 'in-use', attach_status = 'attached' where id = '{foreign}'"
        ));

        let seen = seen_by("observer", Some("observer-system"), &place.tenant).await;
        let all = held(&seen);
        let why = |name| named(&all, ResourceType::Volume, name).hindrance.clone().unwrap_or_default();
        assert!(why("stuck").contains("state reset"), "{}", why("stuck"));
        assert!(why("foreign").contains(&server), "{}", why("foreign"));

        sql(&format!("delete from cinder.volume_attachment where id = '{attachment}'"));
        sql(&format!(
            "update cinder.volumes set status = 'available', attach_status = 'detached' where project_id = '{}'",
            place.tenant
        ));
    })
    .await;
}
