//! The etcd behind the API server crashes and is started again, in the middle of an apply and while nothing is to be done: what was
//! begun is ended, and nothing is lost.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail by panic")]

mod applying;

use std::time::Instant;

use applying::{Stage, undisturbed};
use cloudspec_tests::cluster;
use cloudspec_tests::proxy::{Matcher, Place, Then};

#[tokio::test(flavor = "multi_thread")]
async fn an_etcd_that_crashes_and_comes_back_costs_nothing() {
    // An API server of its own: all that others do would stand still.
    cluster::own().unwrap();
    let (whole, _) = undisturbed().await;
    let stage = Stage::new("etcd", &[]).await;

    // The third write is done, and etcd crashes before it is written down.
    let mut trap = stage.trap(Matcher::writes().nth(3), Place::After);
    stage.approve();
    trap.sprung().await;
    let killed = Instant::now();
    cluster::kill_etcd().unwrap();
    trap.release(Then::Forward);
    let again = stage.until_in_sync().await;
    println!(
        "etcd killed in an apply: in sync after {} ms, approved again {again}",
        killed.elapsed().as_millis()
    );
    assert_eq!(again, 0, "the decision is kept");
    assert_eq!(stage.outcome().await.differs(&whole), None);
    assert_eq!(stage.proxy.writes().len(), 8);

    // Nothing to do, and it crashes again.
    cluster::kill_etcd().unwrap();
    stage.scene.until_state("lab", "InSync").await.unwrap();
    assert_eq!(stage.outcome().await.differs(&whole), None);
    let id = stage.sim.world().project_id("tenants", "t0001").unwrap();
    stage.sim.world().projects.get_mut(&id).unwrap().description = "drifted".to_owned();
    let change = ["patch", "cloudspec", "lab", "--type=merge", "-p", "{\"spec\":{\"interval\":\"11m\"}}"];
    stage.scene.namespace.kubectl(&stage.scene.bob, &change, "").unwrap().or_fail().unwrap();
    stage.scene.until_state("lab", "AwaitingApproval").await.unwrap();
    assert_eq!(stage.proxy.writes().len(), 8, "nothing is done unasked");
}
