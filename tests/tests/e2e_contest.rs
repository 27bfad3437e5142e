//! Many CloudSpecs on one cloud: what two list is corrected by neither, and what many look at is looked at once.

#![cfg(feature = "rig")]

use std::collections::BTreeMap;

use cloudspec_crds::CloudSpec;
use cloudspec_tests::scene::{Stage, condition};

const SPEC: &str = "interval: 30s
approval: {minPlanAge: 0s, requireDigest: Never}
tenants:
- {name: t0001, domain: tenants, description: as declared}
";
const BOTH: &str = "interval: 30s
approval: {minPlanAge: 0s, requireDigest: Never}
tenants:
- {name: t0001, domain: tenants, description: as declared}
- {name: t0002, domain: tenants, description: as declared}
";

/// What the condition `Contested` says.
fn contest(object: &CloudSpec) -> Option<&str> {
    let conditions = &object.status.as_ref()?.conditions;
    let found = conditions.iter().find(|condition| condition.type_ == "Contested")?;
    Some(&found.message)
}

#[tokio::test(flavor = "multi_thread")]
async fn specs_of_different_tenants_are_not_contested() {
    let mut stage = Stage::empty("beside").await.unwrap();
    stage.scene.apply("one", SPEC).unwrap();
    stage.scene.apply("two", &SPEC.replace("t0001", "t0002")).unwrap();
    stage.scene.start().await.unwrap();
    for name in ["one", "two"] {
        let object = stage.scene.until_state(name, "AwaitingApproval").await.unwrap();
        assert_eq!(contest(&object), None);
        assert_eq!(object.status.unwrap().plan.unwrap().steps, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_specs_list_is_corrected_by_neither_until_one_lets_go() {
    let mut stage = Stage::empty("contest").await.unwrap();
    stage.scene.apply("one", BOTH).unwrap();
    stage.scene.apply("two", SPEC).unwrap();
    stage.scene.start().await.unwrap();
    let one = stage.scene.until("one", "it is contested", |one| contest(one).is_some()).await.unwrap();
    let two = stage.scene.until("two", "it is contested", |two| contest(two).is_some()).await.unwrap();
    let of = |other: &str| format!("is listed by {}/{other} too", stage.scene.namespace.name);
    assert!(contest(&one).unwrap().contains(&of("two")) && contest(&two).unwrap().contains(&of("one")));
    // The drift is told by both, and only what one alone lists gets a step.
    assert_eq!(condition(&two, "InSync"), Some(("False", "Drifted")));
    assert_eq!(two.status.unwrap().plan, None);
    stage.until_offered("one").await.unwrap();
    let plans = stage.scene.plans().await.unwrap();
    let open: Vec<_> = plans
        .iter()
        .filter(|plan| plan.status.as_ref().unwrap().phase.as_deref() == Some("Offered"))
        .collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].spec.steps.len(), 1);
    assert!(open[0].spec.steps[0].summary.contains("t0002"), "{}", open[0].spec.steps[0].summary);
    assert!(open[0].spec.left_alone[0].reason.contains("lists it too"), "{:?}", open[0].spec.left_alone);
    // Approved as it is, it corrects that one alone.
    stage.scene.annotate(&stage.scene.alice, "one", "true").unwrap().or_fail().unwrap();
    stage.until_reason("one", "Applied", "Succeeded").await.unwrap();
    assert_ne!(stage.description().as_deref(), Some("as declared"));
    assert_eq!(stage.proxy.writes().len(), 1);

    let delete = ["delete", "cloudspec", "one"];
    stage.kubectl(&stage.scene.bob, &delete, "").unwrap().or_fail().unwrap();
    let two = stage.until_offered("two").await.unwrap();
    assert_eq!(contest(&two), None);
    assert_eq!(two.status.unwrap().plan.unwrap().steps, 1);
    assert_eq!(stage.proxy.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_a_spec_no_longer_lists_is_left_to_the_other() {
    let mut stage = Stage::empty("letgo").await.unwrap();
    stage.scene.apply("one", SPEC).unwrap();
    stage.scene.apply("two", SPEC).unwrap();
    stage.scene.start().await.unwrap();
    stage.scene.until("one", "it is contested", |one| contest(one).is_some()).await.unwrap();
    stage.scene.until("two", "it is contested", |two| contest(two).is_some()).await.unwrap();
    stage.scene.apply("one", &SPEC.replace("t0001", "t0002")).unwrap();
    for name in ["one", "two"] {
        let object = stage.until_offered(name).await.unwrap();
        assert_eq!(contest(&object), None, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_specs_with_one_credential_share_one_audit_an_interval() {
    let mut stage = Stage::empty("twenty").await.unwrap();
    let names: Vec<String> = (1..=20).map(|number| format!("lab-{number:02}")).collect();
    for name in &names {
        // The same needs, and nothing to correct: each listing is asked for by all.
        stage
            .scene
            .apply(name, "interval: 30s\nunlistedTenants: {policy: Report, domains: [tenants]}\n")
            .unwrap();
    }
    stage.scene.start().await.unwrap();
    for name in &names {
        stage
            .scene
            .until(name, "it was looked at", |object| condition(object, "Observed").is_some())
            .await
            .unwrap();
    }
    // From one beginning of an interval to the next: each listing once.
    stage.proxy.clear();
    let reads = || stage.proxy.calls().into_iter().filter(|call| call.method == "GET").collect::<Vec<_>>();
    stage.scene.until(&names[0], "the next interval begins", |_| !reads().is_empty()).await.unwrap();
    stage
        .scene
        .until(&names[0], "the one after that begins", |_| {
            reads().last().is_some_and(|last| last.at > reads()[0].at + std::time::Duration::from_secs(20))
        })
        .await
        .unwrap();
    let first = reads()[0].at;
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for call in reads().iter().filter(|call| call.at < first + std::time::Duration::from_secs(20)) {
        *times.entry(format!("{} {}?{}", call.service, call.path, call.query)).or_default() += 1;
    }
    assert!(!times.is_empty());
    assert!(times.values().all(|times| *times == 1), "{times:#?}");
}
