//! A credential to apply with that reaches another cloud than the one that was looked at when the plan was made.

use anyhow::{Result, ensure};
use cloudspec_tests::proxy::Proxy;
use cloudspec_tests::scene::Stage;
use cloudspec_tests::sim::{Builder, Sim};
use serde_json::{Value, json};

use super::SPEC;

/// The stage's clouds.yaml with another entry to apply with.
fn applying_with(stage: &Stage, edit: impl FnOnce(&mut Value)) -> Result<String> {
    let clouds = stage.proxy.clouds_yaml(&stage.sim.clouds_yaml());
    let mut clouds: Value = serde_saphyr::from_str(&clouds)?;
    edit(&mut clouds["clouds"]["admin"]);
    Ok(clouds.to_string())
}

/// After the decision the plan ends with this word; nothing is written, and nobody logs in at the other cloud.
async fn stops(name: &str, says: &str, edit: impl FnOnce(&mut Value, &Proxy)) -> Result<()> {
    let stage = Stage::offered(name, SPEC).await?;
    let elsewhere = Sim::start(Builder::default().tenants(2).build()).await?;
    let other = Proxy::start(&elsewhere.url()).await?;
    let clouds = applying_with(&stage, |entry| edit(entry, &other))?;
    stage.scene.secret("cloud", &clouds).await?;
    stage.approve("true")?;
    stage.until_reason("lab", "Applied", "Stopped").await?;
    let status = stage.decided().await?.remove(0).status.unwrap_or_default();
    let message = status.message.unwrap_or_default();
    ensure!(message.contains(says), "{message}");
    ensure!(status.journal.is_empty(), "{:?}", status.journal);
    let (writes, calls) = (stage.proxy.writes(), other.calls());
    ensure!(writes.is_empty() && calls.is_empty(), "{writes:?} {calls:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_of_another_keystone_applies_nothing() {
    let edit = |entry: &mut Value, other: &Proxy| entry["auth"]["auth_url"] = json!(other.url());
    stops("keystone", "the plan is for", edit).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_of_another_region_applies_nothing() {
    let edit = |entry: &mut Value, _: &Proxy| entry["region_name"] = json!("elsewhere");
    stops("region", "the plan is for", edit).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_given_by_hand_applies_nothing_where_nobody_looked() {
    let edit = |entry: &mut Value, other: &Proxy| entry["identity_endpoint_override"] = json!(other.url());
    stops("override", "identity at http", edit).await.unwrap();
}
