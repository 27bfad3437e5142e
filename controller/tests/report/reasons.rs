//! Every reason is explained.

use cloudspec::gate::Reason;
use cloudspec::model::PlanDigest;
use cloudspec::observe::{Obstacle, Reason as Reading};
use cloudspec::report::meanings::{OF_LEAVING, OF_READING, OF_THE_GATE};
use cloudspec::report::render::{explain, explained};
use jiff::{SignedDuration, Timestamp};

/// One of each. A new reason does not compile until it stands below, and is not green until it is explained.
fn of_the_gate() -> Vec<Reason> {
    let digest = || PlanDigest("sha256:aa".into());
    let text = String::new;
    let all = vec![
        Reason::NoPlanOnOffer,
        Reason::BeingDeleted,
        Reason::InManifest,
        Reason::AppliedWithSpec,
        Reason::ValueInvalid(text()),
        Reason::NotStamped(vec![]),
        Reason::OtherPlan { stamped: text(), offered: digest() },
        Reason::ApprovalExpired(text()),
        Reason::OfferNeverMade { stamped: 2, newest: 1 },
        Reason::SpecChanged { planned: 1, current: 2 },
        Reason::OtherOwner(text()),
        Reason::OtherCloud(text()),
        Reason::AlreadyDecided,
        Reason::ApproverIsAuthor(text()),
        Reason::AuthorNotTold,
        Reason::DigestRequired(digest()),
        Reason::ApproverMayNot(text()),
        Reason::ApproverNotTold { by: text(), why: text() },
        Reason::BeyondLimits(vec![]),
        Reason::NoApplyCredential,
        Reason::WorldChanged(digest()),
        Reason::WorldNotTold,
        Reason::PlanTooYoung { offered_at: Timestamp::UNIX_EPOCH, least: SignedDuration::ZERO },
        Reason::Suspended,
        Reason::GateNotEnforced(text()),
    ];
    for one in &all {
        match one {
            Reason::NoPlanOnOffer
            | Reason::BeingDeleted
            | Reason::InManifest
            | Reason::AppliedWithSpec
            | Reason::ValueInvalid(_)
            | Reason::NotStamped(_)
            | Reason::OtherPlan { .. }
            | Reason::ApprovalExpired(_)
            | Reason::OfferNeverMade { .. }
            | Reason::SpecChanged { .. }
            | Reason::OtherOwner(_)
            | Reason::OtherCloud(_)
            | Reason::AlreadyDecided
            | Reason::ApproverIsAuthor(_)
            | Reason::AuthorNotTold
            | Reason::DigestRequired(_)
            | Reason::ApproverMayNot(_)
            | Reason::ApproverNotTold { .. }
            | Reason::BeyondLimits(_)
            | Reason::NoApplyCredential
            | Reason::WorldChanged(_)
            | Reason::WorldNotTold
            | Reason::PlanTooYoung { .. }
            | Reason::Suspended
            | Reason::GateNotEnforced(_) => {}
        }
    }
    all
}

/// Likewise.
fn of_reading() -> Vec<Reading> {
    use Reading::*;
    let all = vec![
        Unreachable,
        Timeout,
        TlsFailed,
        CredentialRefused,
        Unauthorized,
        Forbidden,
        RateLimited,
        ServerError,
        NotFound,
        Rejected,
        TooLarge,
        RepeatedMarker,
        ForeignNext,
        Truncated,
        Unparsable,
        ReachNotProven,
        NoEndpoint,
    ];
    for one in &all {
        match one {
            Unreachable | Timeout | TlsFailed | CredentialRefused | Unauthorized | Forbidden
            | RateLimited | ServerError | NotFound | Rejected | TooLarge | RepeatedMarker | ForeignNext
            | Truncated | Unparsable | ReachNotProven | NoEndpoint => {}
        }
    }
    all
}

#[test]
fn every_reason_of_the_gate_is_explained_and_no_other() {
    let names: Vec<&str> = of_the_gate().iter().map(Reason::name).collect();
    let explained: Vec<&str> = OF_THE_GATE.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, explained);
}

#[test]
fn every_reason_of_reading_is_explained() {
    let names: Vec<String> = of_reading().iter().map(ToString::to_string).collect();
    let explained: Vec<&str> = OF_READING.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, explained[..names.len()]);
}

#[test]
fn every_reason_why_a_certificate_is_not_seen_is_explained() {
    let explained: Vec<&str> = OF_READING.iter().map(|(name, _)| *name).collect();
    for one in Obstacle::ALL {
        // A new one does not compile until it stands here, and belongs into ALL.
        match one {
            Obstacle::Unreachable
            | Obstacle::Timeout
            | Obstacle::HandshakeFailed
            | Obstacle::NotACertificate
            | Obstacle::TooLarge
            | Obstacle::KeyNotFound
            | Obstacle::ConfigMapNotFound
            | Obstacle::ConfigMapForbidden
            | Obstacle::ConfigMapNotRead
            | Obstacle::NeedsCluster
            | Obstacle::SignatureNotUnderstood => {}
        }
        assert!(explained.contains(&format!("{one:?}").as_str()), "{one:?}");
    }
    let different: std::collections::BTreeSet<_> = explained.iter().collect();
    assert_eq!(different.len(), explained.len());
}

#[test]
fn every_reason_why_a_tenant_does_not_leave_is_explained() {
    let names = cloudspec::plan::offboard::checks().iter().map(|check| check.name);
    // A plan that was made may be too large.
    let names: Vec<&str> = names.chain(["TooLarge"]).collect();
    let explained: Vec<&str> = OF_LEAVING.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, explained);
}

#[test]
fn explanations_are_sentences() {
    for one in explained() {
        let meaning = one.meaning;
        assert!(meaning.ends_with('.') && !meaning.contains("  ") && !meaning.starts_with(' '), "{one:?}");
    }
}

#[test]
fn a_reason_is_explained_however_it_is_capitalised() {
    insta::assert_snapshot!(explain("reachnotproven").unwrap(), @r#"
    ReachNotProven
      Met in the condition Observed: why something could not be seen.
      It was not shown that the credential sees every project, and an empty listing would prove nothing. The message names the role that is missing.
    "#);
}

#[test]
fn a_name_that_is_no_reason_is_answered_with_what_is_near() {
    insta::assert_snapshot!(explain("Digest").unwrap_err(), @r#"there is no reason Digest; there is: DigestRequired"#);
    assert!(
        explain("no\u{1b}[2Jthing")
            .unwrap_err()
            .starts_with("there is no reason no\\u{1b}[2Jthing; there is: Aborted, ")
    );
}
