//! Approvals that were good once, or that are used for something that they were not given for.

use cloudspec_tests::cluster::Person;
use cloudspec_tests::proxy::{Matcher, Place, Then};
use cloudspec_tests::scene::Stage;
use kube::ResourceExt;

use super::SPEC;

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_used_once_and_its_copy_approves_nothing() {
    let stage = Stage::offered("used", SPEC).await.unwrap();
    stage.pause().unwrap();
    stage.approve("true").unwrap();
    let get = ["get", "cloudspec", "lab", "-o", "json", "--show-managed-fields"];
    let saved = stage.kubectl(&stage.scene.bob, &get, "").unwrap().or_fail().unwrap().output;
    let mut saved: serde_json::Value = serde_json::from_str(&saved).unwrap();
    saved["metadata"].as_object_mut().unwrap().remove("resourceVersion");
    let saved = saved.to_string();
    let object = stage.scene.specs().get("lab").await.unwrap();
    let mut approval = object.annotations().clone();
    approval.retain(|name, _| name.contains("approved"));
    assert_eq!(approval.len(), 5);
    stage.resume().unwrap();
    stage.scene.until_state("lab", "InSync").await.unwrap();
    stage.until_taken_away("lab").await.unwrap();
    assert_eq!(stage.proxy.writes().len(), 1);

    // As a file that is sent again, and as the annotations alone.
    let put_back = ["replace", "-f", "-"];
    for person in [&stage.scene.bob, &stage.scene.alice] {
        let answer = stage.kubectl(person, &put_back, &saved).unwrap();
        assert!(!answer.succeeded && answer.error.contains("approved stands in a manifest"), "{answer:?}");
    }
    let patch = serde_json::json!({"metadata": {"annotations": approval}}).to_string();
    let copy = ["patch", "cloudspec", "lab", "--type=merge", "-p", &patch];
    let answer = stage.kubectl(&stage.scene.alice, &copy, "").unwrap();
    assert!(!answer.succeeded && answer.error.contains("there is no plan to approve"), "{answer:?}");

    stage.drift("drifted again");
    stage.until_offered("lab").await.unwrap();
    let answer = stage.kubectl(&stage.scene.bob, &copy, "").unwrap();
    assert!(!answer.succeeded && answer.error.contains("bob may not approve"), "{answer:?}");
    assert_eq!((stage.proxy.writes().len(), stage.decided().await.unwrap().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn stamps_of_an_earlier_approval_beside_a_new_one_count_for_nothing() {
    let stage = Stage::offered("copied", SPEC).await.unwrap();
    let first = stage.offer("lab").await.unwrap();
    stage.drift("drifted on");
    let newer = |object: &cloudspec_crds::CloudSpec| {
        object
            .status
            .as_ref()
            .and_then(|status| status.plan.as_ref())
            .is_some_and(|plan| plan.offer > first.offer)
    };
    stage.scene.until("lab", "there is a newer offer", newer).await.unwrap();
    stage.pause().unwrap();
    let stamps = [
        "annotate".to_owned(),
        "cloudspec".to_owned(),
        "lab".to_owned(),
        "approved=true".to_owned(),
        format!("cloudspec.dev/approved-plan={}", first.digest),
        format!("cloudspec.dev/approved-offer={}", first.offer),
        "cloudspec.dev/approved-by=bob".to_owned(),
    ];
    let stamps: Vec<&str> = stamps.iter().map(String::as_str).collect();
    stage.kubectl(&stage.scene.alice, &stamps, "").unwrap().or_fail().unwrap();
    let second = stage.offer("lab").await.unwrap();
    let object = stage.scene.specs().get("lab").await.unwrap();
    let stamp =
        |name: &str| object.annotations().get(&format!("cloudspec.dev/{name}")).cloned().unwrap_or_default();
    assert_eq!((stamp("approved-by"), stamp("approved-plan")), ("alice".to_owned(), second.digest));
    assert_eq!(stamp("approved-offer"), second.offer.to_string());
    stage.resume().unwrap();
    stage.scene.until_state("lab", "InSync").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_specs_swapped_after_one_was_approved_are_both_left_alone() {
    let stage = Stage::offered("swapped", SPEC).await.unwrap();
    stage.scene.apply("second", &SPEC.replace("t0001", "t0002")).unwrap();
    stage.until_offered("second").await.unwrap();
    stage.pause().unwrap();
    stage.approve("true").unwrap();
    stage.scene.apply("lab", &SPEC.replace("t0001", "t0002")).unwrap();
    stage.scene.apply("second", SPEC).unwrap();
    stage.resume().unwrap();
    stage.until_taken_away("lab").await.unwrap();
    stage.until_offered("second").await.unwrap();
    stage.untouched().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_was_made_anew_has_nothing_of_the_approval_before() {
    let stage = Stage::offered("anew", SPEC).await.unwrap();
    stage.pause().unwrap();
    stage.approve("true").unwrap();
    stage.kubectl(&stage.scene.bob, &["delete", "cloudspec", "lab"], "").unwrap().or_fail().unwrap();
    stage.scene.apply("lab", SPEC).unwrap();
    stage.resume().unwrap();
    stage.until_offered("lab").await.unwrap();
    stage.untouched().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_is_ruled_on_after_its_offer_expired_is_refused() {
    let spec = SPEC.replace("minPlanAge: 0s", "minPlanAge: 0s, expiresAfter: 1m");
    let stage = Stage::offered("expired", &spec).await.unwrap();
    let offer = stage.offer("lab").await.unwrap();
    // An approval that is given in time, on an API server and a cloud that are slow after that.
    let expires = offer.offered_at.0 + jiff::SignedDuration::from_secs(61);
    stage
        .scene
        .until("lab", "the offer is about to expire", |_| {
            expires.duration_since(jiff::Timestamp::now()) < jiff::SignedDuration::from_secs(4)
        })
        .await
        .unwrap();
    let hold = stage.proxy.hold(Matcher::any().method("GET"), Place::Before);
    stage.approve("true").unwrap();
    stage.scene.until("lab", "the offer has expired", |_| jiff::Timestamp::now() > expires).await.unwrap();
    drop(hold);
    stage.until_reason("lab", "Approved", "ApprovalExpired").await.unwrap();
    stage.until_taken_away("lab").await.unwrap();
    stage.untouched().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_changes_between_the_decision_and_the_first_call_stops_the_plan() {
    let stage = Stage::offered("between", SPEC).await.unwrap();
    let (plans, world) = (stage.scene.plan_api(), stage.sim.handle());
    stage.proxy.hook(Matcher::any().method("GET"), Place::Before, move |_| {
        let (plans, world) = (plans.clone(), world.clone());
        async move {
            let all = plans.list(&kube::api::ListParams::default()).await.unwrap();
            let decided =
                all.iter().any(|plan| plan.status.as_ref().is_some_and(|status| status.decision.is_some()));
            if decided {
                let mut world = world.lock().unwrap();
                let id = world.project_id("tenants", "t0001").unwrap();
                world.projects.get_mut(&id).unwrap().description = "changed meanwhile".to_owned();
            }
            Then::Forward
        }
    });
    stage.approve("true").unwrap();
    stage.until_reason("lab", "Applied", "Stopped").await.unwrap();
    assert_eq!(stage.proxy.writes(), vec![]);
    let plan = stage.decided().await.unwrap().remove(0);
    let status = plan.status.unwrap();
    assert!(status.message.unwrap().contains("the cloud has changed"));
    assert_eq!(status.journal, vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_plan_cannot_be_approved_after_all() {
    let stage = Stage::offered("rejected", SPEC).await.unwrap();
    let digest = stage.offer("lab").await.unwrap().digest;
    stage.approve("false").unwrap();
    stage.until_reason("lab", "Approved", "Rejected").await.unwrap();
    stage.until_taken_away("lab").await.unwrap();
    let admin = Person::admin().unwrap();
    for (person, value) in
        [(&stage.scene.alice, "true"), (&stage.scene.alice, digest.as_str()), (&admin, "true")]
    {
        let answer = stage.scene.annotate(person, "lab", value).unwrap();
        assert!(!answer.succeeded && answer.error.contains("there is no plan to approve"), "{answer:?}");
    }
    assert_eq!(stage.proxy.writes(), vec![]);
}
