//! Keystone revokes every token, before a call of an apply and while nothing is to be done: each credential logs in again once, and
//! nothing false is told. (On the real cloud: `e2e_real`.)

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail by panic")]

mod applying;

use applying::{Stage, undisturbed};
use cloudspec_crds::CloudSpec;
use cloudspec_tests::proxy::{Matcher, Place, Then};
use cloudspec_tests::scene::condition;
use futures::{StreamExt, TryStreamExt};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, watcher};

/// The observer's two credentials, and the one that applies.
const CREDENTIALS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_revoked_in_an_apply_cost_a_login_each_and_no_step() {
    let (whole, _) = undisturbed().await;
    let stage = Stage::new("revoked", &[]).await;
    let mut trap = stage.trap(Matcher::writes().nth(3), Place::Before);
    stage.approve();
    trap.sprung().await;
    let before = stage.proxy.tokens().len();
    assert_eq!(before, CREDENTIALS);
    stage.sim.world().revoke_tokens();
    trap.release(Then::Forward);
    assert_eq!(stage.until_in_sync().await, 0);
    assert_eq!(stage.outcome().await.differs(&whole), None);
    assert_eq!(stage.proxy.tokens().len() - before, CREDENTIALS, "one login for each credential");
    let refused = stage.proxy.writes().iter().filter(|call| call.status == Some(401)).count();
    assert_eq!(
        (refused, stage.proxy.writes().len()),
        (1, 8 + 1),
        "the refused one is the only one sent again"
    );
}

/// What each version of the object said.
async fn said(stage: &Stage) -> tokio::task::JoinHandle<Vec<CloudSpec>> {
    let all = watcher(stage.scene.specs(), watcher::Config::default()).applied_objects().boxed();
    tokio::spawn(async move {
        all.try_take_while(|object| {
            let over = object.metadata.annotations.iter().flatten().any(|(key, _)| key == "test/over");
            async move { Ok(!over) }
        })
        .try_collect()
        .await
        .unwrap()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_revoked_while_all_is_in_sync_are_not_told_as_anything() {
    let stage = Stage::new("expired", &[]).await;
    stage.approve();
    assert_eq!(stage.until_in_sync().await, 0);
    let said = said(&stage).await;
    let before = stage.proxy.tokens().len();
    stage.sim.world().revoke_tokens();
    stage.proxy.clear();
    let kubectl = |arguments: &[&str]| {
        stage.scene.namespace.kubectl(&stage.scene.bob, arguments, "").unwrap().or_fail().unwrap()
    };
    kubectl(&["patch", "cloudspec", "lab", "--type=merge", "-p", "{\"spec\":{\"interval\":\"11m\"}}"]);
    stage.scene.until_state("lab", "InSync").await.unwrap();
    kubectl(&["annotate", "cloudspec", "lab", "test/over=true"]);
    let said = said.await.unwrap();
    assert!(said.len() >= 2, "{said:?}");
    for object in &said {
        assert_eq!(condition(object, "InSync"), Some(("True", "InSync")), "{object:?}");
        assert_eq!(condition(object, "Observed"), Some(("True", "Observed")), "{object:?}");
    }
    let refused = stage.proxy.calls().iter().filter(|call| call.status == Some(401)).count();
    assert_eq!(stage.proxy.tokens().len() - before, CREDENTIALS - 1, "the one that applies is not used");
    println!("revoked: {refused} calls refused, {} logins", CREDENTIALS - 1);
    assert!(refused >= CREDENTIALS - 1);
    assert_eq!(stage.proxy.writes(), vec![]);
}
