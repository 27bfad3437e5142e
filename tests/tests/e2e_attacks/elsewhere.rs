//! A credential to apply with that reaches another cloud than the one that was looked at when the plan was made.

use cloudspec_tests::proxy::Proxy;
use cloudspec_tests::scene::Stage;
use cloudspec_tests::sim::{Builder, Sim};
use serde_json::{Value, json};

use super::SPEC;

/// The stage's clouds.yaml with another entry to apply with.
fn applying_with(stage: &Stage, edit: impl FnOnce(&mut Value)) -> String {
    let clouds = stage.proxy.clouds_yaml(&stage.sim.clouds_yaml());
    let mut clouds: Value = serde_saphyr::from_str(&clouds).unwrap();
    edit(&mut clouds["clouds"]["admin"]);
    clouds.to_string()
}

/// After the decision the plan ends with this word; nothing is written, and nobody logs in at the other cloud.
async fn stops(name: &str, says: &str, edit: impl FnOnce(&mut Value, &Proxy)) {
    let stage = Stage::offered(name, SPEC).await.unwrap();
    let elsewhere = Sim::start(Builder::default().tenants(2).build()).await.unwrap();
    let other = Proxy::start(&elsewhere.url()).await.unwrap();
    let clouds = applying_with(&stage, |entry| edit(entry, &other));
    stage.scene.secret("cloud", &clouds).await.unwrap();
    stage.approve("true").unwrap();
    stage.until_reason("lab", "Applied", "Stopped").await.unwrap();
    let plan = stage.decided().await.unwrap().remove(0);
    let status = plan.status.unwrap();
    assert!(status.message.as_ref().is_some_and(|message| message.contains(says)), "{:?}", status.message);
    assert_eq!(status.journal, vec![]);
    assert_eq!(stage.proxy.writes(), vec![]);
    assert_eq!(other.calls(), vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_of_another_keystone_applies_nothing() {
    stops("keystone", "the plan is for", |entry, other| {
        entry["auth"]["auth_url"] = json!(other.url());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_of_another_region_applies_nothing() {
    stops("region", "the plan is for", |entry, _| entry["region_name"] = json!("elsewhere")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_given_by_hand_applies_nothing_where_nobody_looked() {
    stops("override", "endpoint override of identity", |entry, other| {
        entry["identity_endpoint_override"] = json!(other.url());
    })
    .await;
}
