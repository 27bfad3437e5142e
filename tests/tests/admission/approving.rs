//! What goes through, and with which stamps.

use crate::stage::{PLAN_X, PLAN_Y, STAMPS, Stage, cloud_spec};

#[test]
fn a_person_who_may_approve_needs_nothing_but_the_annotation() {
    let stage = Stage::new("approve");
    stage.annotate(&stage.alice, "x", &["approved=true"]).or_fail().unwrap();
    assert_eq!(stage.annotation("x", "approved"), "true");
    assert_eq!(stage.stamp("x", "approved-by"), stage.alice.name);
    assert_eq!(stage.stamp("x", "approved-groups"), "operators\nsystem:authenticated");
    assert_eq!(stage.stamp("x", "approved-plan"), PLAN_X);
    assert_eq!(stage.stamp("x", "approved-offer"), "7");
}

#[test]
fn the_digest_of_the_plan_on_offer_approves_too_and_false_stamps_are_overwritten() {
    let stage = Stage::new("digest");
    let approved = format!("approved={PLAN_X}");
    let forged = format!("cloudspec.dev/approved-by={}", stage.bob.name);
    let annotations = [approved.as_str(), &forged, "cloudspec.dev/approved-offer=99"];
    stage.annotate(&stage.alice, "x", &annotations).or_fail().unwrap();
    assert_eq!(stage.annotation("x", "approved"), PLAN_X);
    assert_eq!(stage.stamp("x", "approved-by"), stage.alice.name);
    assert_eq!(stage.stamp("x", "approved-offer"), "7");
}

#[test]
fn a_rejection_is_stamped_as_an_approval_is() {
    let stage = Stage::new("reject");
    stage.annotate(&stage.alice, "x", &["approved=false"]).or_fail().unwrap();
    assert_eq!(stage.annotation("x", "approved"), "false");
    assert_eq!(stage.stamp("x", "approved-by"), stage.alice.name);
    assert_eq!(
        (stage.stamp("x", "approved-plan"), stage.stamp("x", "approved-offer")),
        (PLAN_X.into(), "7".into())
    );
}

#[test]
fn an_approver_of_one_object_approves_that_one() {
    let stage = Stage::new("one-object");
    stage.annotate(&stage.dave, "y", &["approved=true"]).or_fail().unwrap();
    assert_eq!(stage.stamp("y", "approved-offer"), "3");
}

#[test]
fn whoever_may_edit_revokes_and_the_stamps_go_too() {
    let stage = Stage::new("revoke");
    stage.annotate(&stage.alice, "x", &["approved=true"]).or_fail().unwrap();
    stage.annotate(&stage.bob, "x", &["approved-"]).or_fail().unwrap();
    assert_eq!(stage.annotation("x", "approved"), "");
    for stamp in STAMPS {
        assert_eq!(stage.stamp("x", stamp), "", "{stamp}");
    }
    assert_eq!(stage.stamp("x", "spec-author"), stage.admin.name);
}

#[test]
fn the_controller_takes_a_used_approval_away_and_the_next_one_has_the_next_offer() {
    let stage = Stage::new("used");
    stage.annotate(&stage.alice, "x", &["approved=true"]).or_fail().unwrap();
    let nulls = STAMPS.map(|stamp| format!(r#""cloudspec.dev/{stamp}": null"#)).join(", ");
    let patch = format!(r#"{{"metadata": {{"annotations": {{"approved": null, {nulls}}}}}}}"#);
    stage.patch(&stage.controller, &["cloudspec", "x"], &patch).or_fail().unwrap();
    assert_eq!(stage.stamp("x", "approved-by"), "");
    stage.offer("x", PLAN_Y, 8);
    stage.annotate(&stage.alice, "x", &["approved=true"]).or_fail().unwrap();
    assert_eq!(stage.stamp("x", "approved-plan"), PLAN_Y);
    assert_eq!(stage.stamp("x", "approved-offer"), "8");
}

#[test]
fn the_author_of_the_spec_is_stamped_and_kept() {
    let stage = Stage::new("author");
    assert_eq!(stage.stamp("x", "spec-author"), "admin");
    let patch = r#"{"metadata": {"annotations": {"cloudspec.dev/spec-author": "somebody"}}, "spec": {"interval": "6m"}}"#;
    stage.patch(&stage.bob, &["cloudspec", "x"], patch).or_fail().unwrap();
    assert_eq!(stage.stamp("x", "spec-author"), stage.bob.name);
    let remove = r#"{"metadata": {"annotations": null}}"#;
    stage.patch(&stage.alice, &["cloudspec", "x"], remove).or_fail().unwrap();
    assert_eq!(stage.stamp("x", "spec-author"), stage.bob.name);
}

#[test]
fn the_way_of_the_status_carries_no_approval() {
    let stage = Stage::new("by-status");
    let patch = r#"{"metadata": {"annotations": {"approved": "true"}}}"#;
    let what = ["cloudspec", "x", "--subresource=status"];
    stage.patch(&stage.controller, &what, patch).or_fail().unwrap();
    assert_eq!(stage.annotation("x", "approved"), "");
}

#[test]
fn a_spec_of_the_largest_size_can_be_approved() {
    let stage = Stage::new("largest");
    let mut spec = cloud_spec("large", "", "5m").replace("}}}", "}}, tenants: [TENANTS]}");
    let tenants: Vec<String> = (0..1000)
        .map(|number| {
            format!("{{name: team-{number}, domain: customers, description: {:0>200}, enabled: true}}", "x")
        })
        .collect();
    spec = spec.replace("TENANTS", &tenants.join(", "));
    stage.run(&stage.alice, &["create", "-f", "-"], &spec).or_fail().unwrap();
    stage.offer("large", PLAN_X, 1);
    stage.annotate(&stage.alice, "large", &["approved=true"]).or_fail().unwrap();
    assert_eq!(stage.stamp("large", "approved-offer"), "1");
}

#[test]
fn whoever_may_approve_does_not_turn_the_separation_of_author_and_approver_off() {
    let stage = Stage::new("separate");
    let separate = |value: bool| format!("{{\"spec\":{{\"approval\":{{\"separateAuthor\":{value}}}}}}}");
    let patch = |person, value| stage.patch(person, &["cloudspec", "x"], &separate(value));
    patch(&stage.alice, true).or_fail().unwrap();
    let refused = patch(&stage.alice, false);
    assert!(
        !refused.succeeded && refused.error.contains("somebody has to do it who may not approve"),
        "{refused:?}"
    );
    patch(&stage.bob, false).or_fail().unwrap();
}
