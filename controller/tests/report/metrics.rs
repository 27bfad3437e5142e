//! The metrics' text, read as Prometheus reads it.

use std::collections::BTreeMap;
use std::time::Duration;

use cloudspec::apply::port::StepState;
use cloudspec::gate::approval::Guard;
use cloudspec::model::certificate::{CertificateFacts, CertificateSeen, Certificates, KeySeen, Place};
use cloudspec::model::{Finding, Unknown};
use cloudspec::observe::{Coverage, Service};
use cloudspec::report::{Look, Metrics, Of};
use jiff::Timestamp;

use crate::cases::*;

const LAB: Of<'_> = Of { kind: "CloudSpec", namespace: "clouds", name: "lab" };

static NO_CERTIFICATES: Certificates = Certificates::new();

/// Keystone was seen, and Neutron was not; nothing else was asked.
fn partly() -> Coverage {
    let why = Unknown { service: "network".into(), reason: "Timeout".into(), message: "no answer".into() };
    Coverage::from([(Service::Identity, Ok(())), (Service::Network, Err(why))])
}

fn look<'a>(coverage: &'a Coverage, findings: &'a [Finding], at: Timestamp) -> Option<Look<'a>> {
    Some(Look { at, coverage, findings, certificates: &NO_CERTIFICATES })
}

fn complete(metrics: &Metrics, service: &str) -> Option<f64> {
    let labels = format!("kind=\"CloudSpec\",name=\"lab\",namespace=\"clouds\",service=\"{service}\"");
    value(metrics, &format!("cloudspec_observation_complete{{{labels}}}"))
}

/// Series with their values; a line that is neither a comment nor a series fails.
fn series(metrics: &Metrics) -> BTreeMap<String, f64> {
    let text = metrics.render();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

fn value(metrics: &Metrics, name: &str) -> Option<f64> {
    series(metrics).get(name).copied()
}

#[test]
fn without_a_cloudspec_there_is_no_series_of_one() {
    let metrics = Metrics::new().unwrap();
    let all = series(&metrics);
    assert!(all.keys().all(|name| !name.contains("namespace=")), "{all:?}");
    assert_eq!(all.get("cloudspec_gate_enforced"), Some(&0.0));
    assert_eq!(all.get("cloudspec_leader"), Some(&0.0));
    let build = format!("cloudspec_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(all.get(&build), Some(&1.0));
    #[cfg(target_os = "linux")]
    assert!(all.contains_key("process_resident_memory_bytes"), "{all:?}");
}

#[test]
fn findings_are_counted_and_what_there_is_none_of_is_zero() {
    let metrics = Metrics::new().unwrap();
    let findings = [missing("a"), missing("b"), described("web", "x")];
    metrics.observed(LAB, look(&partly(), &findings, at(7)));
    let of = |domain: &str, kind: &str, severity: &str| {
        value(
            &metrics,
            &format!(
                "cloudspec_findings{{domain=\"{domain}\",kind=\"{kind}\",name=\"lab\",namespace=\"clouds\",severity=\"{severity}\",waived=\"false\"}}"
            ),
        )
    };
    assert_eq!(of("tenants", "Missing", "Warning"), Some(2.0));
    assert_eq!(of("securityGroups", "Changed", "Warning"), Some(1.0));
    assert_eq!(of("securityGroups", "Extra", "Critical"), Some(0.0));
    let at =
        "cloudspec_last_observation_timestamp_seconds{kind=\"CloudSpec\",name=\"lab\",namespace=\"clouds\"}";
    assert_eq!(value(&metrics, at), Some(1_750_000_007.0));
    metrics.observed(LAB, look(&partly(), &[], self::at(8)));
    assert_eq!(of("tenants", "Missing", "Warning"), Some(0.0));
}

#[test]
fn each_service_that_was_asked_tells_whether_it_was_seen() {
    let metrics = Metrics::new().unwrap();
    let services = |metrics: &Metrics| ["identity", "network", "compute"].map(|name| complete(metrics, name));
    metrics.observed(LAB, look(&partly(), &[], at(0)));
    assert_eq!(services(&metrics), [Some(1.0), Some(0.0), None]);
    // Without a credential nothing is seen of any.
    metrics.observed(LAB, None);
    assert_eq!(services(&metrics), [Some(0.0); 3]);
    metrics.observed(LAB, look(&Coverage::from([(Service::Identity, Ok(()))]), &[], at(0)));
    assert_eq!(services(&metrics), [Some(1.0), None, None]);
}

#[test]
fn the_plan_on_offer_is_told_and_goes() {
    let metrics = Metrics::new().unwrap();
    let since = "cloudspec_plan_awaiting_approval_since_seconds{kind=\"CloudSpec\",name=\"lab\",namespace=\"clouds\"}";
    let steps =
        "cloudspec_plan_steps{class=\"Reversible\",kind=\"CloudSpec\",name=\"lab\",namespace=\"clouds\"}";
    metrics.offered(LAB, Some(&offer("aa", 1)));
    assert_eq!((value(&metrics, since), value(&metrics, steps)), (Some(1_750_000_000.0), Some(1.0)));
    metrics.offered(LAB, None);
    assert_eq!((value(&metrics, since), value(&metrics, steps)), (None, Some(0.0)));
}

#[test]
fn a_cloudspec_that_is_gone_leaves_no_series_and_its_neighbour_keeps_its_own() {
    let metrics = Metrics::new().unwrap();
    let other = Of { kind: "CloudSpec", namespace: "clouds", name: "other" };
    for of in [LAB, other] {
        metrics.observed(of, look(&partly(), &[missing("a")], at(0)));
        metrics.offered(of, Some(&offer("aa", 1)));
    }
    metrics.forget(LAB);
    let all = series(&metrics);
    assert!(all.keys().all(|name| !name.contains("name=\"lab\"")), "{all:?}");
    assert!(all.keys().filter(|name| name.contains("name=\"other\"")).count() > 20);
}

#[test]
fn objects_of_two_kinds_with_one_name_have_series_of_their_own() {
    let metrics = Metrics::new().unwrap();
    let other = Of { kind: "TenantOffboard", ..LAB };
    metrics.observed(LAB, look(&partly(), &[missing("a")], at(0)));
    metrics.looked(other, None);
    let complete = |kind: &str| {
        let labels = format!("kind=\"{kind}\",name=\"lab\",namespace=\"clouds\",service=\"identity\"");
        value(&metrics, &format!("cloudspec_observation_complete{{{labels}}}"))
    };
    assert_eq!((complete("CloudSpec"), complete("TenantOffboard")), (Some(1.0), Some(0.0)));
    metrics.forget(other);
    assert_eq!((complete("CloudSpec"), complete("TenantOffboard")), (Some(1.0), None));
    assert!(series(&metrics).keys().any(|name| name.starts_with("cloudspec_findings")));
}

#[test]
fn what_happens_is_counted() {
    let metrics = Metrics::new().unwrap();
    metrics.approval("Refused", "ApproverMayNot");
    metrics.step(StepState::Done);
    metrics.step(StepState::Done);
    metrics.request("network", "GET", "200", Duration::from_millis(40));
    metrics.reconciled(true, Duration::from_millis(300));
    metrics.reconciled(false, Duration::from_millis(300));
    metrics.guard(&Guard::Advisory);
    metrics.leader(true);
    for (name, expected) in [
        ("cloudspec_approvals_total{reason=\"ApproverMayNot\",result=\"Refused\"}", 1.0),
        ("cloudspec_steps_total{result=\"Done\"}", 2.0),
        ("cloudspec_openstack_requests_total{code=\"200\",method=\"GET\",service=\"network\"}", 1.0),
        ("cloudspec_openstack_request_duration_seconds_count{method=\"GET\",service=\"network\"}", 1.0),
        (
            "cloudspec_openstack_request_duration_seconds_bucket{method=\"GET\",service=\"network\",le=\"0.02\"}",
            0.0,
        ),
        (
            "cloudspec_openstack_request_duration_seconds_bucket{method=\"GET\",service=\"network\",le=\"0.1\"}",
            1.0,
        ),
        ("cloudspec_reconcile_total{result=\"success\"}", 1.0),
        ("cloudspec_reconcile_total{result=\"error\"}", 1.0),
        ("cloudspec_reconcile_duration_seconds_count", 2.0),
        ("cloudspec_gate_enforced", 0.0),
        ("cloudspec_leader", 1.0),
    ] {
        assert_eq!(value(&metrics, name), Some(expected), "{name}\n{}", metrics.render());
    }
}

#[test]
fn the_catalogue_names_every_metric_with_its_type_and_labels() {
    let metrics = Metrics::new().unwrap();
    let line =
        |one: &cloudspec::report::Described| format!("{} {} ({})", one.name, one.kind, one.labels.join(", "));
    let lines: Vec<String> = metrics.catalogue().unwrap().iter().map(line).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    cloudspec_approvals_total counter (reason, result)
    cloudspec_build_info gauge (version)
    cloudspec_certificate_not_after_timestamp_seconds gauge (certificate, name, namespace, place)
    cloudspec_findings gauge (domain, kind, name, namespace, severity, waived)
    cloudspec_gate_enforced gauge ()
    cloudspec_last_observation_timestamp_seconds gauge (kind, name, namespace)
    cloudspec_leader gauge ()
    cloudspec_observation_complete gauge (kind, name, namespace, service)
    cloudspec_openstack_request_duration_seconds histogram (method, service)
    cloudspec_openstack_requests_total counter (code, method, service)
    cloudspec_plan_awaiting_approval_since_seconds gauge (kind, name, namespace)
    cloudspec_plan_steps gauge (class, kind, name, namespace)
    cloudspec_reconcile_duration_seconds histogram ()
    cloudspec_reconcile_total counter (result)
    cloudspec_steps_total counter (result)
    "#);
    assert!(metrics.catalogue().unwrap().iter().all(|one| one.help.ends_with('.')));
}

#[test]
fn a_certificate_has_a_series_for_each_place_where_it_is_seen() {
    let facts = CertificateFacts {
        subject: "CN=a".into(),
        issuer: "CN=b".into(),
        serial: "01".into(),
        fingerprint: "ab".into(),
        not_before: at(0),
        not_after: at(500),
        sans: [].into(),
        key: KeySeen::Other("1.2.3".into()),
    };
    let seen = CertificateSeen { seen_at: at(1), certificate: facts, above: vec![], anchored: None };
    let why = Unknown { service: "certificate".into(), reason: "Timeout".into(), message: "none".into() };
    let places = |second: Result<CertificateSeen, Unknown>| {
        let places = [(Place("a:443".into()), Ok(seen.clone())), (Place("b:443".into()), second)];
        Certificates::from([("vip".to_owned(), places.into())])
    };
    let metrics = Metrics::new().unwrap();
    let until = |place: &str| {
        let labels = format!("certificate=\"vip\",name=\"lab\",namespace=\"clouds\",place=\"{place}\"");
        value(&metrics, &format!("cloudspec_certificate_not_after_timestamp_seconds{{{labels}}}"))
    };
    let tell = |certificates: &Certificates| {
        metrics
            .observed(LAB, Some(Look { at: at(1), coverage: &Coverage::new(), findings: &[], certificates }));
    };
    tell(&places(Ok(seen.clone())));
    assert_eq!((until("a:443"), until("b:443")), (Some(1_750_000_500.0), Some(1_750_000_500.0)));
    tell(&places(Err(why)));
    assert_eq!((until("a:443"), until("b:443")), (Some(1_750_000_500.0), None), "not seen, not told");
    metrics.observed(LAB, None);
    assert_eq!(until("a:443"), Some(1_750_000_500.0));
    tell(&NO_CERTIFICATES);
    assert_eq!(until("a:443"), None, "no longer declared");
    tell(&places(Ok(seen.clone())));
    metrics.forget(LAB);
    assert_eq!((until("a:443"), until("b:443")), (None, None), "the object is gone");
}
