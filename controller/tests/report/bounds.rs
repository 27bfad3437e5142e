//! A status is bounded, its totals are exact, and what was first seen when is not forgotten.

use cloudspec::model::{Aspect, Finding, FindingKind, Severity};
use cloudspec_crds::CloudSpecStatus;

use crate::cases::*;

const MOST_BYTES: usize = 256 * 1024;

fn bytes(status: &CloudSpecStatus) -> usize {
    serde_json::to_vec(status).unwrap().len()
}

fn many(number: usize, text: &str) -> Vec<Finding> {
    let finding = |at: usize| {
        let severity = if at < 10 { Severity::Critical } else { Severity::Warning };
        Finding::of(FindingKind::Changed, severity, &group(&format!("g-{at:05}")), Aspect::Description)
            .expected(text)
            .actual(format!("{at} {text}"))
            .message(text)
    };
    (0..number).map(finding).collect()
}

#[test]
fn few_findings_are_all_listed() {
    let status = drifted().status();
    assert_eq!((status.findings.len(), status.findings_omitted), (2, 0));
    assert!(status.omitted_first_seen.is_empty());
}

#[test]
fn two_hundred_findings_are_listed_and_one_more_is_counted() {
    let status = Case { seen: Seen::Audited(many(201, "x")), ..quiet() }.status();
    assert_eq!((status.findings.len(), status.findings_omitted), (200, 1));
    assert_eq!(status.omitted_first_seen.len(), 1);
}

#[test]
fn ten_thousand_findings_fit_and_are_counted_exactly() {
    let mut findings = many(9_990, "x");
    findings.extend((0..10).map(|at| not_told(&format!("u-{at}"))));
    let status = Case { seen: Seen::Audited(findings), ..quiet() }.status();
    let summary = status.summary.clone().unwrap();
    assert_eq!((summary.drift, summary.changed, summary.unknowable), (9_990, 9_990, 10));
    assert_eq!(summary.text, "9990 changed, 10 unknown");
    assert_eq!(i64::try_from(status.findings.len()).unwrap() + status.findings_omitted, 10_000);
    assert_eq!((status.findings.len(), status.omitted_first_seen.len()), (200, 2_000));
    assert!(bytes(&status) <= MOST_BYTES, "{}", bytes(&status));
}

#[test]
fn huge_texts_are_cut_and_say_so() {
    let text = "é".repeat(100_000);
    let status = Case { seen: Seen::Audited(many(1, &text)), ..quiet() }.status();
    let expected = status.findings[0].expected.clone().unwrap();
    assert!(expected.ends_with("é… (100000 characters in all)"), "{}", &expected[expected.len() - 60..]);
    assert_eq!(expected.chars().filter(|character| *character == 'é').count(), 1_024);
}

#[test]
fn whatever_the_texts_are_the_status_fits() {
    // A control character takes six bytes of JSON.
    for text in ["x", "é", "\u{1}", "\u{1f600}", "\""] {
        let text = text.repeat(1_100);
        let mut last = executed("lab-aa", "Stopped", 1);
        last.approved_by = text.clone();
        let case = Case {
            seen: Seen::Audited(many(2_300, &text)),
            exceeded: vec![text.clone(); 50],
            contested: vec![text.clone(); 50],
            last: Some(last),
            last_message: Some(text.repeat(10)),
            guard: cloudspec::gate::approval::Guard::NotEnforced(text.clone()),
            ..quiet()
        };
        let status = case.status();
        assert!(bytes(&status) <= MOST_BYTES, "{text:.1}: {}", bytes(&status));
        assert!(!status.findings.is_empty(), "{text:.1}");
        assert_eq!(status.summary.as_ref().unwrap().drift, 2_300);
        assert_eq!(i64::try_from(status.findings.len()).unwrap() + status.findings_omitted, 2_300);
        let mut worst = status.findings.iter().take(10);
        assert!(worst.all(|one| one.severity == "Critical"), "the worst are kept");
        assert!(case.then(case.clone()).status() == status, "{text:.1}: the second is not the first");
    }
}

#[test]
fn a_finding_keeps_the_time_at_which_it_was_first_seen() {
    let first = drifted();
    let later = first.then(drifted());
    let findings = later.status().findings;
    assert_eq!(findings.len(), 2);
    assert!(findings.iter().all(|one| one.first_seen.0 == at(0)), "{findings:?}");
    let gone = later.then(quiet());
    let back = gone.then(drifted());
    assert!(
        back.status().findings.iter().all(|one| one.first_seen.0 == back.now),
        "it was mended in between"
    );
}

#[test]
fn a_finding_beyond_the_list_keeps_its_time_when_it_moves_into_the_list() {
    let all = many(300, "x");
    let first = Case { seen: Seen::Audited(all.clone()), ..quiet() };
    let fewer = first.then(Case { seen: Seen::Audited(all[150..].to_vec()), ..quiet() });
    let status = fewer.status();
    assert_eq!((status.findings.len(), status.findings_omitted), (150, 0));
    assert!(status.findings.iter().all(|one| one.first_seen.0 == at(0)));
    assert!(status.omitted_first_seen.is_empty(), "what is mended is forgotten");
}

#[test]
fn a_look_that_saw_nothing_forgets_nothing() {
    for between in [blind(), invalid(), Case { seen: Seen::Audited(vec![not_told("web")]), ..quiet() }] {
        let blind = drifted().then(between);
        let status = blind.status();
        assert_eq!(status.findings_omitted, 0, "what could not be seen is not counted");
        let back = blind.then(drifted()).status();
        assert!(back.findings.iter().all(|one| one.first_seen.0 == at(0)), "{back:?}");
        assert!(back.omitted_first_seen.is_empty());
    }
}

#[test]
fn what_is_remembered_through_blind_looks_is_bounded() {
    let mut case = Case { seen: Seen::Audited(many(10_000, "x")), ..quiet() };
    for _ in 0..3 {
        case = case.then(blind());
        assert_eq!(case.status().omitted_first_seen.len(), 2_000);
    }
}
