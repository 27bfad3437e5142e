//! All of it taken away, one call a resource, and the databases' word on it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use cloudspec::apply::port::{CloudWrite, Look, Progress};
use cloudspec::model::{Action, Resource, ResourceKey, ResourceType};
use cloudspec::openstack::Writer;

use crate::backups::Backups;
use crate::database::{counts, keypairs, sql};
use crate::place::{Place, in_a_place, seen_by};
use crate::tenant::fill;
use crate::told::{held, judged};

/// By type, but never before what must be gone first.
fn in_order(mut all: Vec<Resource>) -> Vec<Resource> {
    all.sort();
    let mut ordered: Vec<Resource> = Vec::new();
    while !all.is_empty() {
        let waits: BTreeSet<ResourceKey> = all.iter().map(|one| one.key.clone()).collect();
        let next = all.iter().position(|one| one.after.is_disjoint(&waits));
        ordered.push(all.remove(next.unwrap_or_else(|| panic!("a circle: {all:?}"))));
    }
    ordered
}

async fn when(writer: &Writer, action: &Action, wanted: impl Fn(&Look) -> bool) -> Look {
    let begin = Instant::now();
    loop {
        let look = writer.look(action).await.unwrap();
        if wanted(&look) {
            return look;
        }
        assert!(!matches!(look, Look::Refused { .. }), "{action:?}: {look:?}");
        assert!(begin.elapsed() < Duration::from_secs(90), "{action:?}: {look:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Takes each away; those that were gone when their turn came.
async fn take_away(place: &Place, all: &[Resource]) -> Vec<ResourceKey> {
    let project = place.tenant.as_str();
    let action = |one: &Resource| Action::Remove { what: one.key.clone(), project: project.into() };
    let actions: Vec<Action> = all.iter().map(action).collect();
    let writer = place.writer("admin", &actions);
    let mut went_along = Vec::new();
    for (action, one) in actions.iter().zip(all) {
        match when(&writer, action, |look| !matches!(look, Look::Waiting { .. })).await {
            Look::AlreadyDone { id: None } => went_along.push(one.key.clone()),
            Look::Ready { revision: None } => {
                let written = writer.make(action, None, &format!("req-{}", uuid::Uuid::new_v4())).await;
                let written = written.unwrap_or_else(|why| panic!("{}: {why}", one.key));
                assert!(written.request_id.is_some_and(|id| id.starts_with("req-")), "{}", one.key);
                if written.progress == Progress::Done {
                    let look = writer.look(action).await;
                    assert_eq!(look, Ok(Look::AlreadyDone { id: None }), "{} is gone at once", one.key);
                }
                when(&writer, action, |look| matches!(look, Look::AlreadyDone { .. })).await;
            }
            other => panic!("{}: {other:?}", one.key),
        }
    }
    went_along
}

#[tokio::test]
async fn a_full_tenant_is_taken_away_and_the_neighbour_keeps_what_it_has() {
    in_a_place(|place| async move {
        fill(&place).await;
        let _backups = Backups::start(&place.name).await;
        let neighbour = counts(&place.neighbour);
        assert!(neighbour.len() >= 3, "{neighbour:?}");
        let all = in_order(held(&seen_by("observer", Some("observer-system"), &place.tenant).await));

        let went_along = take_away(&place, &all).await;
        let kinds: BTreeSet<ResourceType> = went_along.iter().map(|key| key.kind).collect();
        assert_eq!(kinds, BTreeSet::from([ResourceType::Snapshot, ResourceType::Volume]), "{went_along:?}");
        assert_eq!(went_along.len(), 2, "the group's volume and its snapshot: {went_along:?}");
        assert_eq!(place.proxy.writes().len(), all.len() - 2, "one call a resource");

        assert_eq!(judged(&place), BTreeMap::new());
        // Its membership of the tenant's image goes with that image: a loss that was told.
        let kept = neighbour.into_iter().filter(|(kind, _)| kind != "ImageMembership").collect::<Vec<_>>();
        assert_eq!(counts(&place.neighbour), kept, "the neighbour");
        assert_eq!(keypairs(&place.bob), ["bob key"]);
        let members = sql(&format!(
            "select count(*) from glance.image_members m join glance.images i on i.id = m.image_id where not m.deleted and i.owner = '{}'",
            place.neighbour
        ));
        assert_eq!(members, ["0"], "the tenant is a member of none");
        for (cloud, identity) in [("admin", None), ("observer", Some("observer-system"))] {
            assert_eq!(held(&seen_by(cloud, identity, &place.tenant).await), [], "{cloud}");
        }
    })
    .await;
}
