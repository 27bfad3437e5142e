//! Approvals that wait: nothing is done while they do, and nothing is done where they are revoked meanwhile.

use anyhow::Result;
use cloudspec_tests::scene::{Stage, condition};
use futures::FutureExt;

use super::{Ends, Row, SPEC, all_end};

const ROWS: &[Row] = &[
    Row {
        name: "sooner than anybody can have read the plan",
        spec: "interval: 30s
approval: {minPlanAge: 10m, requireDigest: Never}
tenants:
- {name: t0001, domain: tenants, description: as declared}
",
        attack: |stage| async { stage.approve("true") }.boxed(),
        ends: Ends::Held("PlanTooYoung"),
    },
    Row {
        name: "while the spec is suspended",
        spec: "interval: 30s
suspend: true
approval: {minPlanAge: 0s, requireDigest: Never}
tenants:
- {name: t0001, domain: tenants, description: as declared}
",
        attack: |stage| async { stage.approve("true") }.boxed(),
        ends: Ends::Held("Suspended"),
    },
    Row {
        name: "while the cloud cannot be seen",
        spec: SPEC,
        attack: |stage| cloud_not_seen(stage).boxed(),
        ends: Ends::Held("WorldNotTold"),
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_has_to_wait_does_nothing_meanwhile() {
    all_end(ROWS).await;
}

async fn cloud_not_seen(stage: &mut Stage) -> Result<()> {
    stage.pause()?;
    stage.approve("true")?;
    stage.scene.secret("cloud", "clouds: {}").await?;
    stage.resume()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_was_revoked_while_it_waited_is_never_used() {
    let spec = SPEC.replace("minPlanAge: 0s", "minPlanAge: 20s");
    let stage = Stage::offered("revoked", &spec).await.unwrap();
    stage.approve("true").unwrap();
    stage.until_reason("lab", "Approved", "PlanTooYoung").await.unwrap();
    let revoke = ["annotate", "cloudspec", "lab", "approved-"];
    stage.kubectl(&stage.scene.bob, &revoke, "").unwrap().or_fail().unwrap();
    let object = stage.until_taken_away("lab").await.unwrap();
    let waits = |object: &cloudspec_crds::CloudSpec| {
        condition(object, "Approved").is_some_and(|(_, reason)| reason != "Approved")
    };
    assert!(waits(&object));
    // The plan grows old enough, and the controller looks again.
    let offered_at = stage.offer("lab").await.unwrap().offered_at.0;
    stage
        .scene
        .until("lab", "the plan is old enough", |_| {
            jiff::Timestamp::now().duration_since(offered_at) > jiff::SignedDuration::from_secs(32)
        })
        .await
        .unwrap();
    stage.untouched().await.unwrap();
}
