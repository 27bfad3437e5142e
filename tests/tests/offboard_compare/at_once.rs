//! Looks at all that a tenant holds, at once and one by one.

use std::sync::Arc;

use cloudspec::apply::port::{CloudWrite, Look};
use cloudspec::model::{Action, ResourceType};
use cloudspec::observe::inventory;
use cloudspec::openstack::{Limits, Reader, Writer};
use cloudspec_tests::approved::approved;
use cloudspec_tests::proxy::Proxy;
use cloudspec_tests::real::entry;

use crate::Took;
use crate::place::Place;

/// Asserts that both tell the same of each, and gives the calls of the looks at once.
pub(crate) async fn at_once(place: &Place) -> Took {
    let reader = Reader::new(entry("admin"), None, Limits::default(), Arc::new(|_| {})).unwrap();
    let seen = inventory(&reader, &place.tenant.as_str().into()).await;
    let removed = |kind: ResourceType| !matches!(kind, ResourceType::Project | ResourceType::Quota);
    let keys = seen.resources().map(|one| one.key.clone()).filter(|key| removed(key.kind));
    let actions: Vec<Action> =
        keys.map(|what| Action::Remove { what, project: place.tenant.as_str().into() }).collect();
    let proxy = Proxy::start(&entry("admin").identity().auth_url).await.unwrap();
    let mut config = entry("admin");
    config.auth_url = proxy.url().trim_end_matches("/v3").parse().unwrap();
    let plan = approved(&config.identity(), &actions).unwrap();
    let writer = Writer::new(config, None, Limits::default(), Arc::new(|_| {}), &plan).unwrap();
    let all: Vec<&Action> = actions.iter().collect();

    let at_once = writer.look_all(&all).await;
    let calls = proxy.calls();
    assert_eq!(proxy.writes(), vec![]);
    let mut ready = 0;
    for (action, told) in all.into_iter().zip(at_once) {
        let alone = writer.look(action).await;
        // What is on its way may arrive in between.
        let same = told == alone || matches!(told, Ok(Look::Waiting { .. }));
        assert!(same, "{action:?}: {told:?}, and alone {alone:?}");
        ready += usize::from(matches!(told, Ok(Look::Ready { .. })));
    }
    let end = format!("{} looks, {ready} ready", actions.len());
    println!("{end}: {} calls at once, {} one by one", calls.len(), proxy.calls().len() - calls.len());
    for call in &calls {
        println!("  {call}");
    }
    Took { calls, end, ..Took::default() }
}
