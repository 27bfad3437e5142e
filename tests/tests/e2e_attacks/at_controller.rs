//! What the API server lets pass, for it is the act of a person who may: the controller holds it to the plan and the moment.

use anyhow::Result;
use cloudspec_tests::proxy::Proxy;
use cloudspec_tests::scene::Stage;
use cloudspec_tests::sim::{Builder, Sim};
use futures::FutureExt;

use super::{Ends, Row, SPEC, all_end};

const ROWS: &[Row] = &[
    Row {
        name: "the world changed between the offer and the approval",
        spec: SPEC,
        attack: |stage| world_changed(stage).boxed(),
        ends: Ends::Refused("WorldChanged"),
    },
    Row {
        name: "the spec changed after the approval",
        spec: SPEC,
        attack: |stage| spec_changed(stage).boxed(),
        ends: Ends::Refused("SpecChanged"),
    },
    Row {
        name: "the spec changed and was changed back",
        spec: SPEC,
        attack: |stage| spec_changed_and_back(stage).boxed(),
        ends: Ends::Refused("SpecChanged"),
    },
    Row {
        name: "the Secret leads to another cloud",
        spec: SPEC,
        attack: |stage| another_cloud(stage).boxed(),
        ends: Ends::Refused("OtherCloud"),
    },
    Row {
        name: "the approver lost the verb",
        spec: SPEC,
        attack: |stage| lost_the_verb(stage).boxed(),
        ends: Ends::Refused("ApproverMayNot"),
    },
    Row {
        name: "the controller was started between",
        spec: SPEC,
        attack: |stage| started_between(stage).boxed(),
        ends: Ends::Refused("ApprovalExpired"),
    },
    Row {
        name: "an old approval made to look new in managedFields",
        spec: SPEC,
        attack: |stage| managed_fields_moved(stage).boxed(),
        ends: Ends::Refused("ApprovalExpired"),
    },
    Row {
        name: "the author approves where another must",
        spec: "interval: 30s
approval: {minPlanAge: 0s, requireDigest: Never, separateAuthor: true}
tenants:
- {name: t0001, domain: tenants, description: as declared}
",
        attack: |stage| author_approves(stage).boxed(),
        ends: Ends::Refused("ApproverIsAuthor"),
    },
    Row {
        name: "true where the digest is always asked for",
        spec: "interval: 30s
approval: {minPlanAge: 0s, requireDigest: Always}
tenants:
- {name: t0001, domain: tenants, description: as declared}
",
        attack: |stage| async { stage.approve("true") }.boxed(),
        ends: Ends::Refused("DigestRequired"),
    },
    Row {
        name: "true for a plan that destroys",
        spec: "interval: 30s
approval: {minPlanAge: 0s}
tenants:
- {name: t0001, domain: tenants, roles: [], unlistedRoles: Remove}
",
        attack: |stage| async { stage.approve("true") }.boxed(),
        ends: Ends::Refused("DigestRequired"),
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_the_world_has_left_behind_is_taken_away_and_nothing_is_done() {
    all_end(ROWS).await;
}

async fn world_changed(stage: &mut Stage) -> Result<()> {
    stage.drift("changed just now");
    stage.approve("true")
}

async fn spec_changed(stage: &mut Stage) -> Result<()> {
    stage.pause()?;
    stage.approve("true")?;
    stage.patch(
        &stage.scene.bob,
        "lab",
        r#"{"spec": {"tenants": [{"name": "t0001", "domain": "tenants", "description": "something else"}]}}"#,
    )?;
    stage.resume()
}

async fn spec_changed_and_back(stage: &mut Stage) -> Result<()> {
    stage.pause()?;
    stage.approve("true")?;
    for interval in ["31s", "30s"] {
        let patch = format!(r#"{{"spec": {{"interval": "{interval}"}}}}"#);
        stage.patch(&stage.scene.bob, "lab", &patch)?;
    }
    stage.resume()
}

async fn another_cloud(stage: &mut Stage) -> Result<()> {
    let other = Sim::start(Builder::default().tenants(2).build()).await?;
    let proxy = Proxy::start(&other.url()).await?;
    stage.pause()?;
    stage.approve("true")?;
    stage.scene.secret("cloud", &proxy.clouds_yaml(&other.clouds_yaml())).await?;
    stage.resume()?;
    stage.until_taken_away("lab").await?;
    anyhow::ensure!(proxy.writes().is_empty(), "written to the other cloud: {:?}", proxy.writes());
    Ok(())
}

async fn lost_the_verb(stage: &mut Stage) -> Result<()> {
    stage.pause()?;
    stage.approve("true")?;
    let admin = cloudspec_tests::cluster::Person::admin()?;
    stage.kubectl(&admin, &["delete", "rolebinding", "cloudspec-approve-alice"], "")?.or_fail()?;
    stage.resume()
}

async fn started_between(stage: &mut Stage) -> Result<()> {
    stage.crash()?;
    stage.approve("true")?;
    stage.scene.start().await
}

/// Whoever may edit may write in managedFields what they like; no time is taken from there.
async fn managed_fields_moved(stage: &mut Stage) -> Result<()> {
    stage.crash()?;
    stage.approve("true")?;
    let object = stage.scene.specs().get("lab").await?;
    let mut fields = serde_json::to_value(object.metadata.managed_fields)?;
    for entry in fields.as_array_mut().into_iter().flatten() {
        let later = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(10);
        entry["time"] = later.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into();
        entry["manager"] = "kubectl-annotate-by-alice".into();
    }
    let patch = serde_json::json!({"metadata": {"managedFields": fields}}).to_string();
    stage.patch(&stage.scene.bob, "lab", &patch)?;
    stage.scene.start().await
}

async fn author_approves(stage: &mut Stage) -> Result<()> {
    let patch = r#"{"spec": {"interval": "31s"}}"#;
    stage.patch(&stage.scene.alice, "lab", patch)?;
    stage.until_offered("lab").await?;
    stage.approve("true")
}
