//! The conditions and the state word, for everything that can be seen and decided.

use cloudspec::gate::approval::Guard;
use cloudspec::gate::{Reason, Ruling, Verdict};
use cloudspec::model::finding::{CertificateAspect, Domain};
use cloudspec::model::{Aspect, Finding, FindingKind, Severity, Subject};
use cloudspec_crds::cloud_spec::RequireDigest;
use cloudspec_crds::status::{Classes, Offer};

use crate::cases::*;

/// State, then Ready, Observed, InSync, TenantsInSync, SecurityGroupsInSync, Approved, Applied, ApprovalGateEnforced, and the
/// conditions that are there only while they are true.
fn told(case: &Case) -> String {
    let status = case.status();
    let mut lines = vec![status.state.clone().unwrap()];
    lines.extend(status.conditions.iter().map(|one| format!("{} {} {}", one.type_, one.status, one.reason)));
    for one in &status.conditions {
        assert_eq!(one.observed_generation, Some(1), "{one:?}");
        assert!(one.reason.chars().all(|character| character.is_ascii_alphanumeric()), "{one:?}");
        assert!(!one.reason.is_empty() && one.message.len() <= 32_768, "{one:?}");
    }
    lines.join("\n")
}

#[test]
fn a_cloud_that_is_as_declared_is_in_sync_and_nothing_waits() {
    insta::assert_snapshot!(told(&quiet()), @r#"
    InSync
    Ready True Working
    Observed True Observed
    InSync True InSync
    TenantsInSync True InSync
    SecurityGroupsInSync True InSync
    Approved False NothingToApprove
    ApprovalGateEnforced True Enforced
    "#);
}

#[test]
fn drift_is_told_by_domain_and_its_plan_awaits_approval() {
    insta::assert_snapshot!(told(&drifted()), @r#"
    AwaitingApproval
    Ready True Working
    Observed True Observed
    InSync False Drifted
    TenantsInSync False Drifted
    SecurityGroupsInSync False Drifted
    Approved False AwaitingApproval
    ApprovalGateEnforced True Enforced
    "#);
}

#[test]
fn a_plan_that_waits_says_what_to_type() {
    let message = |offer: Offer, require_digest| {
        let status = Case { offer: Some(offer), approvable: Some(require_digest), ..drifted() }.status();
        condition(&status, "Approved").unwrap().message.clone()
    };
    insta::assert_snapshot!(message(offer("aa", 1), RequireDigest::Destructive), @"read ChangePlan lab-aa, then approve it: kubectl -n clouds annotate cloudspec lab approved=true, or kubectl cloudspec approve lab -n clouds");
    let destructive = Classes { destructive: 1, ..Classes::default() };
    let destructive = Offer { classes: destructive, ..offer("aa", 1) };
    for (offer, asked_for, value) in [
        (destructive.clone(), RequireDigest::Destructive, "sha256:aa"),
        (offer("aa", 1), RequireDigest::Always, "sha256:aa"),
        (destructive, RequireDigest::Never, "true"),
    ] {
        let message = message(offer, asked_for);
        assert!(message.contains(&format!("annotate cloudspec lab approved={value}, or")), "{message}");
    }
}

#[test]
fn an_object_that_only_reports_waits_for_no_approval() {
    let status = Case { offer: Some(offer("aa", 1)), approvable: None, ..drifted() }.status();
    assert_eq!(status.state.as_deref(), Some("Drifted"));
    assert_eq!(says(&status, "Approved"), "False NoApplyCredential");
}

#[test]
fn where_nothing_can_be_seen_nothing_is_called_in_sync() {
    insta::assert_snapshot!(told(&blind()), @r#"
    Unknown
    Ready False Unreachable
    Observed False Unreachable
    InSync Unknown Unreachable
    Approved False NothingToApprove
    ApprovalGateEnforced True Enforced
    "#);
}

#[test]
fn a_condition_of_a_domain_turns_unknown_where_nothing_can_be_seen() {
    for case in [blind(), invalid()] {
        let status = quiet().then(case).status();
        assert!(says(&status, "TenantsInSync").starts_with("Unknown"), "{status:?}");
        assert!(says(&status, "SecurityGroupsInSync").starts_with("Unknown"), "{status:?}");
    }
}

#[test]
fn what_could_not_be_told_is_neither_in_sync_nor_drift() {
    let case = Case { seen: Seen::Audited(vec![not_told("web")]), ..quiet() };
    insta::assert_snapshot!(told(&case), @r#"
    Unknown
    Ready True Working
    Observed False Timeout
    InSync Unknown Timeout
    TenantsInSync True InSync
    SecurityGroupsInSync Unknown Timeout
    Approved False NothingToApprove
    ApprovalGateEnforced True Enforced
    "#);
    let message = &condition(&case.status(), "Observed").unwrap().message.clone();
    insta::assert_snapshot!(message, @r#"could not tell: security group customers/team-a/web: network: no answer within 30 s"#);
}

#[test]
fn a_name_that_several_have_is_not_a_listing_that_failed() {
    let several = Finding { unseen: None, ..not_told("web").message("several are group web") };
    let status = Case { seen: Seen::Audited(vec![several]), ..quiet() }.status();
    assert_eq!(says(&status, "Observed"), "False PartlyObserved");
    assert_eq!(says(&status, "SecurityGroupsInSync"), "Unknown PartlyObserved");
}

#[test]
fn drift_that_was_seen_is_drift_whatever_else_could_not_be_told() {
    let case = Case { seen: Seen::Audited(vec![missing("team-b"), not_told("web")]), ..quiet() };
    insta::assert_snapshot!(told(&case), @r#"
    Drifted
    Ready True Working
    Observed False Timeout
    InSync False Drifted
    TenantsInSync False Drifted
    SecurityGroupsInSync Unknown Timeout
    Approved False NothingToApprove
    ApprovalGateEnforced True Enforced
    "#);
}

#[test]
fn a_wrong_spec_is_stalled_and_its_field_is_named() {
    insta::assert_snapshot!(told(&invalid()), @r#"
    Invalid
    Ready False InvalidSpec
    Observed Unknown InvalidSpec
    InSync Unknown InvalidSpec
    Approved False NothingToApprove
    ApprovalGateEnforced True Enforced
    Stalled True InvalidSpec
    "#);
    assert!(condition(&invalid().status(), "Stalled").unwrap().message.contains("spec.interval"));
    assert!(condition(&invalid().status(), "Ready").unwrap().message.contains("spec.interval"));
}

#[test]
fn only_what_is_declared_has_a_condition() {
    let none = Case { domains: [].into(), ..quiet() }.status();
    assert_eq!((says(&none, "TenantsInSync"), says(&none, "SecurityGroupsInSync")), Default::default());
    let tenants = Case { domains: [Domain::Tenants].into(), ..quiet() }.status();
    assert_eq!(says(&tenants, "TenantsInSync"), "True InSync");
    assert_eq!(says(&tenants, "SecurityGroupsInSync"), "");
}

#[test]
fn a_certificate_has_a_condition_of_its_own_and_nothing_to_approve() {
    let subject = Subject::Certificate("vip".into(), None);
    let aspect = Aspect::Certificate(CertificateAspect::SameEverywhere);
    let finding = Finding::of(FindingKind::Changed, Severity::Warning, &subject, aspect);
    let case = Case { domains: Domain::ALL.into(), seen: Seen::Audited(vec![finding]), ..quiet() };
    let status = case.status();
    assert_eq!(says(&status, "CertificatesInSync"), "False Drifted");
    assert_eq!(says(&status, "TenantsInSync"), "True InSync");
    assert_eq!(says(&status, "Approved"), "False NothingToApprove");
    assert_eq!(status.state.as_deref(), Some("Drifted"));
    // Told no longer, and not gone.
    assert_eq!(says(&case.then(blind()).status(), "CertificatesInSync"), "Unknown Unreachable");
}

#[test]
fn the_state_is_the_one_that_a_person_must_act_on_first() {
    let beyond = Case { exceeded: vec!["12 steps, limits.maxSteps is 10".into()], offer: None, ..drifted() };
    let applying = Case { last: Some(executed("lab-aa", "Applying", 1)), offer: None, ..drifted() };
    for (case, state) in [
        (quiet(), "InSync"),
        (drifted(), "AwaitingApproval"),
        (Case { offer: None, ..drifted() }, "Drifted"),
        (beyond, "Blocked"),
        (applying.clone(), "Applying"),
        (Case { suspended: true, ..applying }, "Suspended"),
        (Case { suspended: true, ..quiet() }, "Suspended"),
        (Case { suspended: true, ..invalid() }, "Invalid"),
        (blind(), "Unknown"),
        (Case { seen: Seen::Audited(vec![not_told("web")]), ..quiet() }, "Unknown"),
        (invalid(), "Invalid"),
    ] {
        assert_eq!(case.status().state.unwrap(), state, "{case:?}");
    }
}

#[test]
fn every_verdict_is_told_by_its_first_reason() {
    let both = Verdict::Refused(vec![Reason::InManifest, Reason::Suspended]);
    for (verdict, expected) in [
        (Verdict::NotAsked, "False AwaitingApproval"),
        (Verdict::Approved(approval(Ruling::Approve)), "True Approved"),
        (Verdict::Rejected(approval(Ruling::Reject)), "False Rejected"),
        (refused(), "False ApproverMayNot"),
        (held(), "False Suspended"),
        (both.clone(), "False InManifest"),
    ] {
        let status = Case { verdict, ..drifted() }.status();
        assert_eq!(says(&status, "Approved"), expected);
    }
    let message =
        condition(&Case { verdict: both, ..drifted() }.status(), "Approved").unwrap().message.clone();
    insta::assert_snapshot!(message, @r#"refused: `approved` stands in a manifest (last-applied-configuration): take it out of the file; an approval is an act on one plan; spec.suspend is true"#);
}

#[test]
fn a_refusal_stays_told_until_another_plan_is_on_offer() {
    let refused = Case { verdict: refused(), ..drifted() };
    let later = refused.then(drifted());
    assert_eq!(says(&later.status(), "Approved"), "False ApproverMayNot");
    let anew = later.then(Case { offer: Some(offer("aa", 2)), ..drifted() });
    assert_eq!(says(&anew.status(), "Approved"), "False ApproverMayNot");
    let another = anew.then(Case { offer: Some(offer("bb", 3)), ..drifted() });
    assert_eq!(says(&another.status(), "Approved"), "False AwaitingApproval");
}

#[test]
fn an_approval_that_waited_and_was_taken_back_waits_no_more() {
    let waiting = Case { verdict: held(), ..drifted() };
    assert_eq!(says(&waiting.then(drifted()).status(), "Approved"), "False AwaitingApproval");
}

#[test]
fn a_plan_on_offer_is_not_approved_because_one_was() {
    let approved = Case { verdict: Verdict::Approved(approval(Ruling::Approve)), ..drifted() };
    assert_eq!(says(&approved.then(drifted()).status(), "Approved"), "False AwaitingApproval");
}

#[test]
fn a_decision_that_a_stopped_controller_did_not_tell_is_told_later() {
    let last = Some(executed("lab-aa", "Succeeded", 2));
    let after = drifted().then(Case { last, ..quiet() });
    assert_eq!(says(&after.status(), "Approved"), "True Approved");
    assert_eq!(condition(&after.status(), "Approved").unwrap().message, "alice approved lab-aa");
    assert_eq!(says(&after.status(), "Applied"), "True Succeeded");
    let stays = after.then(Case { last: after.last.clone(), ..quiet() });
    assert_eq!(says(&stays.status(), "Approved"), "True Approved");
}

#[test]
fn what_is_beyond_its_limits_now_is_not_approved_because_a_decision_was_not_told() {
    let beyond = Case { exceeded: vec!["too many".into()], offer: None, ..drifted() };
    let first = drifted().then(Case { last: Some(executed("lab-aa", "Succeeded", 2)), ..beyond });
    assert_eq!(says(&first.status(), "Approved"), "False BeyondLimits");
    assert_eq!(first.then(first.clone()).status(), first.status());
}

#[test]
fn a_plan_beyond_its_limits_is_told_with_the_limit() {
    let case = Case { exceeded: vec!["12 steps, limits.maxSteps is 10".into()], offer: None, ..drifted() };
    let status = case.status();
    assert_eq!(says(&status, "Approved"), "False BeyondLimits");
    assert_eq!(condition(&status, "Approved").unwrap().message, "12 steps, limits.maxSteps is 10");
}

#[test]
fn what_came_of_a_plan_is_told() {
    let of = |result: &str, done, message: Option<&str>| {
        let last = Some(executed("lab-aa", result, done));
        Case { last, last_message: message.map(str::to_owned), ..quiet() }.status()
    };
    assert_eq!(says(&quiet().status(), "Applied"), "");
    let applying = of("Applying", 1, None);
    assert_eq!(says(&applying, "Applied"), "False Applying");
    assert_eq!(says(&applying, "Reconciling"), "True Applying");
    let done = of("Succeeded", 2, None);
    assert_eq!(
        (says(&done, "Applied"), says(&done, "Reconciling")),
        ("True Succeeded".into(), String::new())
    );
    let stopped = of("Stopped", 1, Some("step 2: the service refused: quota"));
    assert_eq!(says(&stopped, "Applied"), "False Stopped");
    let message = &condition(&stopped, "Applied").unwrap().message;
    assert_eq!(message, "1 of 2 steps of lab-aa: step 2: the service refused: quota");
}

#[test]
fn the_gate_is_told_as_it_is() {
    for (guard, expected) in [
        (Guard::Enforced, "True Enforced"),
        (Guard::Advisory, "False Advisory"),
        (Guard::NotEnforced("a binding is missing".into()), "False NotEnforced"),
    ] {
        assert_eq!(says(&Case { guard, ..quiet() }.status(), "ApprovalGateEnforced"), expected);
    }
}

#[test]
fn a_transition_time_moves_with_the_status_and_not_with_the_words() {
    let since = |case: &Case, kind: &str| condition(&case.status(), kind).unwrap().last_transition_time.0;
    let first = drifted();
    let more = first.then(Case { seen: Seen::Audited(vec![missing("team-b")]), ..drifted() });
    assert_eq!(since(&more, "InSync"), at(0));
    assert_ne!(
        condition(&more.status(), "InSync").unwrap().message,
        condition(&first.status(), "InSync").unwrap().message
    );
    let mended = more.then(quiet());
    assert_eq!(since(&mended, "InSync"), at(600));
    assert_eq!(since(&mended, "Ready"), at(0));
}

#[test]
fn another_cloudspec_that_lists_the_same_is_told() {
    let case = Case { contested: vec!["tenant customers/team-a is listed by other too".into()], ..drifted() };
    assert_eq!(says(&case.status(), "Contested"), "True Contested");
    assert_eq!(says(&quiet().status(), "Contested"), "");
}
