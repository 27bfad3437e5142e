//! The guarding policies taken down, weakened, or taken down and put back: nothing is approved meanwhile or by it, the controller
//! says so, and it recovers by itself.
//!
//! On an API server of its own, for the policies are shared by all who use one.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use anyhow::Result;
use cloudspec_crds::CloudSpec;
use cloudspec_tests::cluster::{self, Person};
use cloudspec_tests::scene::{Stage, condition};
use kube::ResourceExt;
use tokio::sync::{Mutex, MutexGuard};

const SPEC: &str = "interval: 30s
approval: {minPlanAge: 0s, requireDigest: Never}
tenants:
- {name: t0001, domain: tenants, description: as declared}
";
const GATE: &str = "validatingadmissionpolicy/cloudspec-approval-gate";
const GATE_BINDING: &str = "validatingadmissionpolicybinding/cloudspec-approval-gate";
const WRITES_BINDING: &str = "validatingadmissionpolicybinding/cloudspec-controller-writes";
const STAMP_BINDING: &str = "mutatingadmissionpolicybinding/cloudspec-approval-stamp";
const CONTROLLERS: &str = "configmap/cloudspec-controllers";

/// What somebody with power over the policies does to them.
struct Row {
    name: &'static str,
    what: &'static str,
    tampers: Tampers,
    /// Whether the guard is off by it, as the controller sees it; otherwise only what was offered before lapses.
    off: bool,
}

enum Tampers {
    Deletes,
    Patches(&'static str),
}

const ROWS: &[Row] = &[
    Row { name: "binding deleted", what: GATE_BINDING, tampers: Tampers::Deletes, off: true },
    Row {
        name: "binding set to Warn",
        what: GATE_BINDING,
        tampers: Tampers::Patches(r#"{"spec": {"validationActions": ["Warn"]}}"#),
        off: true,
    },
    Row {
        name: "binding set to Audit",
        what: GATE_BINDING,
        tampers: Tampers::Patches(r#"{"spec": {"validationActions": ["Audit"]}}"#),
        off: true,
    },
    Row { name: "policy deleted", what: GATE, tampers: Tampers::Deletes, off: true },
    Row {
        name: "policy emptied",
        what: GATE,
        tampers: Tampers::Patches(r#"{"spec": {"validations": [{"expression": "true"}]}}"#),
        off: true,
    },
    Row { name: "status given free", what: WRITES_BINDING, tampers: Tampers::Deletes, off: true },
    Row {
        name: "another among the controllers",
        what: CONTROLLERS,
        tampers: Tampers::Patches(
            r#"{"data": {"usernames": "system:serviceaccount:cloudspec-system:cloudspec-controller\nbob\n"}}"#,
        ),
        off: false,
    },
    Row { name: "stamps no more", what: STAMP_BINDING, tampers: Tampers::Deletes, off: false },
];

impl Row {
    fn lets_bob_approve(&self) -> bool {
        matches!(self.what, GATE | GATE_BINDING)
    }

    fn tamper(&self) -> Result<()> {
        let admin = Person::admin()?;
        let here = ["-n", "cloudspec-system"];
        let arguments = match self.tampers {
            Tampers::Deletes => vec!["delete", self.what],
            Tampers::Patches(patch) => vec!["patch", self.what, "--type=merge", "-p", patch],
        };
        admin.kubectl(&[&here[..], &arguments].concat(), "")?.or_fail().map(drop)
    }
}

/// Everything as in the checkout again.
fn restore() -> Result<()> {
    let file = format!("{}/../manifests/admission", env!("CARGO_MANIFEST_DIR"));
    let admin = Person::admin()?;
    // What is gone is made, what was patched is replaced: an apply would merge its lists.
    admin.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", &file], "")?;
    admin.kubectl(&["replace", "-f", &file], "")?.or_fail()?;
    cluster::again()
}

/// One at a time; what the test before may have left is mended.
async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    let turn = TURN.lock().await;
    cluster::own().unwrap();
    cluster::install().unwrap();
    restore().unwrap();
    turn
}

/// Bob writes an approval of the plan on offer that looks like one by alice, as far as the API server lets him.
async fn forge(stage: &Stage) -> Result<()> {
    let offer = stage.offer("lab").await?;
    let stamps = serde_json::json!({"metadata": {"annotations": {
        "approved": "true",
        "cloudspec.dev/approved-by": "alice",
        "cloudspec.dev/approved-groups": "people\nsystem:authenticated",
        "cloudspec.dev/approved-plan": offer.digest,
        "cloudspec.dev/approved-offer": offer.offer.to_string(),
    }}});
    // The policies are read anew once a second; and the first of two writes may be stamped in his own name.
    for _ in 0..2 {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while let Err(why) = stage.patch(&stage.scene.bob, "lab", &stamps.to_string()) {
            anyhow::ensure!(std::time::Instant::now() < deadline, "the policies still refuse: {why:#}");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

/// Alice approves with all the stamps, as kubectl cloudspec does: with or without the policy that writes them.
async fn approve_by_hand(stage: &Stage) -> Result<()> {
    let offer = stage.offer("lab").await?;
    let stamps = serde_json::json!({"metadata": {"annotations": {
        "approved": "true",
        "cloudspec.dev/approved-by": "alice",
        "cloudspec.dev/approved-groups": "people\nsystem:authenticated",
        "cloudspec.dev/approved-plan": offer.digest,
        "cloudspec.dev/approved-offer": offer.offer.to_string(),
    }}});
    stage.patch(&stage.scene.alice, "lab", &stamps.to_string())
}

/// The guard is back, a plan is on offer, and nothing was done.
async fn recovers(stage: &Stage) -> Result<()> {
    stage.until_reason("lab", "ApprovalGateEnforced", "Enforced").await?;
    stage.until_taken_away("lab").await?;
    stage.scene.until_state("lab", "AwaitingApproval").await?;
    stage.untouched().await
}

/// The right approval is used, as if nothing had been.
async fn approved_after_all(stage: &Stage) -> Result<()> {
    // One that is given on an offer that lapses at that moment is refused too: then there is a newer one.
    loop {
        stage.approve("true")?;
        let ruled = |object: &CloudSpec| {
            condition(object, "Approved").is_some_and(|(_, reason)| reason == "Approved")
                || !object.annotations().contains_key("approved")
        };
        let object = stage.scene.until("lab", "it is ruled on", ruled).await?;
        if condition(&object, "Approved") != Some(("False", "ApprovalExpired")) {
            break;
        }
    }
    stage.until_reason("lab", "Applied", "Succeeded").await?;
    anyhow::ensure!(stage.proxy.writes().len() == 1, "{:?}", stage.proxy.writes());
    Ok(())
}

async fn while_down(stage: &Stage, row: &Row) -> Result<()> {
    row.tamper()?;
    match row.lets_bob_approve() {
        true => forge(stage).await?,
        false => {}
    }
    stage.until_reason("lab", "ApprovalGateEnforced", "NotEnforced").await?;
    stage.untouched().await?;
    restore()?;
    recovers(stage).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_changed_while_the_guard_is_off_and_it_recovers_by_itself() {
    let _turn = alone().await;
    let stage = Stage::offered("down", SPEC).await.unwrap();
    let mut wrong = Vec::new();
    for row in ROWS.iter().filter(|row| row.off) {
        if let Err(why) = while_down(&stage, row).await {
            wrong.push(format!("{}: {why:#}", row.name));
            restore().unwrap();
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    approved_after_all(&stage).await.unwrap();
}

/// All of it while the controller looks the other way.
async fn around_a_forgery(stage: &Stage, row: &Row) -> Result<()> {
    stage.pause()?;
    row.tamper()?;
    match row.lets_bob_approve() {
        true => {
            forge(stage).await?;
            let object = stage.scene.specs().get("lab").await?;
            let by = object.annotations().get("cloudspec.dev/approved-by").map(String::as_str);
            anyhow::ensure!(by == Some("alice"), "the forgery is by {by:?}");
        }
        false => approve_by_hand(stage).await?,
    }
    restore()?;
    let lapsed = stage.offer("lab").await?.offer;
    stage.resume()?;
    let object = stage.until_taken_away("lab").await?;
    let (_, reason) = condition(&object, "Approved").unwrap_or_default();
    anyhow::ensure!(reason == "ApprovalExpired", "the reason is {reason}");
    recovers(stage).await?;
    anyhow::ensure!(stage.offer("lab").await?.offer > lapsed, "the offer is still {lapsed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_was_written_while_the_guard_was_off_is_not_used_after_it_is_back() {
    let _turn = alone().await;
    let stage = Stage::offered("around", SPEC).await.unwrap();
    let mut wrong = Vec::new();
    for row in ROWS {
        if let Err(why) = around_a_forgery(&stage, row).await {
            wrong.push(format!("{}: {why:#}", row.name));
            restore().unwrap();
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    approved_after_all(&stage).await.unwrap();
}
