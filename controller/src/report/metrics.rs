//! Metrics in Prometheus' text format. Labels are bounded: names of objects and closed sets of words.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cloudspec_crds::status::Offer;
use jiff::Timestamp;
use prometheus::core::{Collector, Desc};
use prometheus::{
    Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use crate::apply::port::StepState;
use crate::gate::approval::Guard;
use crate::model::certificate::{Certificates, Place};
use crate::model::finding::Domain;
use crate::model::{Finding, FindingKind, Severity};
use crate::observe::{Coverage, Service};

/// Certificates and their places that have a series, by the namespace and name of the CloudSpec.
type WithSeries = BTreeMap<(String, String), BTreeSet<(String, Place)>>;

/// All metrics of a process.
pub struct Metrics {
    registry: Registry,
    findings: IntGaugeVec,
    complete: IntGaugeVec,
    observed_at: GaugeVec,
    plan_steps: IntGaugeVec,
    awaiting_since: GaugeVec,
    approvals: IntCounterVec,
    steps: IntCounterVec,
    guard: IntGauge,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    reconciles: IntCounterVec,
    reconcile_seconds: HistogramVec,
    leader: IntGauge,
    not_after: GaugeVec,
    with_series: Mutex<WithSeries>,
}

const OBJECT: [&str; 3] = ["kind", "namespace", "name"];
const KINDS: [FindingKind; 4] =
    [FindingKind::Missing, FindingKind::Extra, FindingKind::Changed, FindingKind::Unknowable];
const SEVERITIES: [Severity; 3] = [Severity::Critical, Severity::Warning, Severity::Info];
const CLASSES: [&str; 3] = ["Reversible", "Rebuildable", "Destructive"];

/// The object that a series is about.
#[derive(Clone, Copy, Debug)]
pub struct Of<'a> {
    /// Its kind. Findings are those of a CloudSpec, and have the label `kind` for what is wrong.
    pub kind: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// What one look gave.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// When: nothing of what was seen is older.
    pub at: Timestamp,
    /// How much of each service was seen.
    pub coverage: &'a Coverage,
    /// What is not as declared, and what could not be told.
    pub findings: &'a [Finding],
    /// The certificates that were looked at.
    pub certificates: &'a Certificates,
}

/// What a metric is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Described {
    /// Its name.
    pub name: String,
    /// `gauge`, `counter` or `histogram`.
    pub kind: &'static str,
    /// What it tells.
    pub help: String,
    /// Its labels, sorted.
    pub labels: Vec<String>,
}

impl Described {
    fn of(kind: &'static str, desc: &Desc) -> Self {
        let fixed = desc.const_label_pairs.iter().map(|pair| pair.name().to_owned());
        let mut labels: Vec<String> = desc.variable_labels.iter().cloned().chain(fixed).collect();
        labels.sort();
        Self { name: desc.fq_name.clone(), kind, help: desc.help.clone(), labels }
    }
}

impl Metrics {
    /// All metrics, registered.
    ///
    /// # Errors
    /// When two have one name, which a test rules out.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let metrics = Self {
            findings: gauges(
                "cloudspec_findings",
                "Findings of a CloudSpec.",
                &["namespace", "name", "domain", "kind", "severity", "waived"],
            )?,
            complete: gauges(
                "cloudspec_observation_complete",
                "1 where all that matters to the object could be seen of a service; absent where it is not asked.",
                &["kind", "namespace", "name", "service"],
            )?,
            observed_at: GaugeVec::new(
                Opts::new(
                    "cloudspec_last_observation_timestamp_seconds",
                    "When the cloud was last looked at, in seconds since 1970: nothing that is told is older.",
                ),
                &OBJECT,
            )?,
            plan_steps: gauges(
                "cloudspec_plan_steps",
                "Steps of the plan on offer by class.",
                &["kind", "namespace", "name", "class"],
            )?,
            awaiting_since: GaugeVec::new(
                Opts::new(
                    "cloudspec_plan_awaiting_approval_since_seconds",
                    "When the plan on offer was offered, in seconds since 1970; absent where none is.",
                ),
                &OBJECT,
            )?,
            approvals: IntCounterVec::new(
                Opts::new("cloudspec_approvals_total", "Approvals that were ruled on."),
                &["result", "reason"],
            )?,
            steps: IntCounterVec::new(
                Opts::new("cloudspec_steps_total", "Steps of approved plans that ended."),
                &["result"],
            )?,
            guard: IntGauge::new("cloudspec_gate_enforced", "1 where the API server guards approvals.")?,
            requests: IntCounterVec::new(
                Opts::new(
                    "cloudspec_openstack_requests_total",
                    "Requests to OpenStack; code is the status, or why there was none.",
                ),
                &["service", "method", "code"],
            )?,
            request_seconds: HistogramVec::new(
                HistogramOpts::new(
                    "cloudspec_openstack_request_duration_seconds",
                    "Duration of requests to OpenStack.",
                )
                .buckets(vec![0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 30.0]),
                &["service", "method"],
            )?,
            reconciles: IntCounterVec::new(
                Opts::new("cloudspec_reconcile_total", "Reconciliations."),
                &["result"],
            )?,
            reconcile_seconds: HistogramVec::new(
                HistogramOpts::new("cloudspec_reconcile_duration_seconds", "Duration of reconciliations.")
                    .buckets(vec![0.05, 0.2, 1.0, 5.0, 30.0, 120.0]),
                &[],
            )?,
            leader: IntGauge::new("cloudspec_leader", "1 where this replica leads.")?,
            not_after: GaugeVec::new(
                Opts::new(
                    "cloudspec_certificate_not_after_timestamp_seconds",
                    "Until when a certificate is valid, in seconds since 1970; absent where it could not be seen.",
                ),
                &["namespace", "name", "certificate", "place"],
            )?,
            with_series: Mutex::default(),
            registry,
        };
        metrics.register()?;
        Ok(metrics)
    }

    fn register(&self) -> Result<(), prometheus::Error> {
        for (_, collector) in self.collectors() {
            self.registry.register(collector)?;
        }
        self.registry.register(Box::new(build_info()?))?;
        #[cfg(target_os = "linux")]
        self.registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(())
    }

    /// Each with its type.
    fn collectors(&self) -> Vec<(&'static str, Box<dyn Collector>)> {
        let Self {
            registry: _,
            findings,
            complete,
            observed_at,
            plan_steps,
            awaiting_since,
            approvals,
            steps,
            guard,
            requests,
            request_seconds,
            reconciles,
            reconcile_seconds,
            leader,
            not_after,
            with_series: _,
        } = self;
        vec![
            ("gauge", Box::new(findings.clone())),
            ("gauge", Box::new(complete.clone())),
            ("gauge", Box::new(observed_at.clone())),
            ("gauge", Box::new(plan_steps.clone())),
            ("gauge", Box::new(awaiting_since.clone())),
            ("counter", Box::new(approvals.clone())),
            ("counter", Box::new(steps.clone())),
            ("gauge", Box::new(guard.clone())),
            ("counter", Box::new(requests.clone())),
            ("histogram", Box::new(request_seconds.clone())),
            ("counter", Box::new(reconciles.clone())),
            ("histogram", Box::new(reconcile_seconds.clone())),
            ("gauge", Box::new(leader.clone())),
            ("gauge", Box::new(not_after.clone())),
        ]
    }

    /// All metrics of the project, for the documentation, by name; those of the process are not in here.
    ///
    /// # Errors
    /// None that [`Metrics::new`] does not have.
    pub fn catalogue(&self) -> Result<Vec<Described>, prometheus::Error> {
        let mut all = self.collectors();
        all.push(("gauge", Box::new(build_info()?)));
        let of = |(kind, collector): (&'static str, Box<dyn Collector>)| {
            collector.desc().into_iter().map(move |desc| Described::of(kind, desc)).collect::<Vec<_>>()
        };
        let mut catalogue: Vec<Described> = all.into_iter().flat_map(of).collect();
        catalogue.sort();
        Ok(catalogue)
    }

    /// All series in text format.
    pub fn render(&self) -> String {
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }

    /// What one look gave; none: there was no way to look.
    pub fn looked(&self, of: Of<'_>, look: Option<(&Coverage, Timestamp)>) {
        let Of { kind, namespace, name } = of;
        for service in Service::ALL {
            let labels = [kind, namespace, name, service.name()];
            match look.map(|(coverage, _)| coverage.get(&service)) {
                Some(Some(seen)) => self.complete.with_label_values(&labels).set(seen.is_ok().into()),
                // There is no series where there was none.
                Some(None) => drop(self.complete.remove_label_values(&labels)),
                None => self.complete.with_label_values(&labels).set(0),
            }
        }
        if let Some((_, at)) = look {
            self.observed_at.with_label_values(&[kind, namespace, name]).set(seconds(at));
        }
    }

    /// What one look at what a CloudSpec declares gave; none: there was no way to look.
    pub fn observed(&self, of: Of<'_>, look: Option<Look<'_>>) {
        self.looked(of, look.map(|look| (look.coverage, look.at)));
        let Some(Look { at: _, coverage: _, findings, certificates }) = look else { return };
        let Of { kind: _, namespace, name } = of;
        self.certificates(of, certificates);
        for domain in Domain::ALL {
            for kind in KINDS {
                for severity in SEVERITIES {
                    let fits = |one: &&Finding| {
                        one.subject.domain() == domain && one.kind == kind && one.severity == severity
                    };
                    let count = findings.iter().filter(fits).count();
                    let (domain, kind, severity) =
                        (domain.to_string(), format!("{kind:?}"), format!("{severity:?}"));
                    self.findings
                        .with_label_values(&[namespace, name, &domain, &kind, &severity, "false"])
                        .set(i64::try_from(count).unwrap_or(i64::MAX));
                }
            }
        }
    }

    /// Until when each certificate is valid; what is no longer seen has no series.
    fn certificates(&self, of: Of<'_>, certificates: &Certificates) {
        let Of { kind: _, namespace, name } = of;
        let mut now = BTreeSet::new();
        for (certificate, places) in certificates {
            for (place, seen) in places {
                let Ok(seen) = seen else { continue };
                let labels = [namespace, name, certificate, place.0.as_str()];
                self.not_after.with_label_values(&labels).set(seconds(seen.certificate.not_after));
                now.insert((certificate.clone(), place.clone()));
            }
        }
        let mut all = self.with_series.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.insert((namespace.to_owned(), name.to_owned()), now.clone()).unwrap_or_default();
        for (certificate, Place(place)) in before.difference(&now) {
            let _ = self.not_after.remove_label_values(&[namespace, name, certificate, place]);
        }
        if now.is_empty() {
            all.remove(&(namespace.to_owned(), name.to_owned()));
        }
    }

    /// The plan on offer, or that there is none.
    pub fn offered(&self, of: Of<'_>, offer: Option<&Offer>) {
        let Of { kind, namespace, name } = of;
        let classes = offer.map(|offer| offer.classes).unwrap_or_default();
        for (class, steps) in
            CLASSES.into_iter().zip([classes.reversible, classes.rebuildable, classes.destructive])
        {
            self.plan_steps.with_label_values(&[kind, namespace, name, class]).set(steps);
        }
        match offer {
            Some(offer) => {
                self.awaiting_since
                    .with_label_values(&[kind, namespace, name])
                    .set(seconds(offer.offered_at.0));
            }
            // There is no series where there was none.
            None => drop(self.awaiting_since.remove_label_values(&[kind, namespace, name])),
        }
    }

    /// An approval was ruled on.
    pub fn approval(&self, result: &str, reason: &str) {
        self.approvals.with_label_values(&[result, reason]).inc();
    }

    /// A step ended.
    pub fn step(&self, state: StepState) {
        self.steps.with_label_values(&[&format!("{state:?}")]).inc();
    }

    /// Whether approvals are guarded.
    pub fn guard(&self, guard: &Guard) {
        self.guard.set((*guard == Guard::Enforced).into());
    }

    /// A request to OpenStack ended.
    pub fn request(&self, service: &str, method: &str, code: &str, took: Duration) {
        self.requests.with_label_values(&[service, method, code]).inc();
        self.request_seconds.with_label_values(&[service, method]).observe(took.as_secs_f64());
    }

    /// A reconciliation ended.
    pub fn reconciled(&self, well: bool, took: Duration) {
        self.reconciles.with_label_values(&[if well { "success" } else { "error" }]).inc();
        self.reconcile_seconds.with_label_values::<&str>(&[]).observe(took.as_secs_f64());
    }

    /// Whether this replica leads.
    pub fn leader(&self, leads: bool) {
        self.leader.set(leads.into());
    }

    /// Removes every series of an object that is gone.
    pub fn forget(&self, of: Of<'_>) {
        let Of { kind, namespace, name } = of;
        // What has no series is forgotten already.
        for service in Service::ALL {
            let _ = self.complete.remove_label_values(&[kind, namespace, name, service.name()]);
        }
        let _ = self.observed_at.remove_label_values(&[kind, namespace, name]);
        let _ = self.awaiting_since.remove_label_values(&[kind, namespace, name]);
        for class in CLASSES {
            let _ = self.plan_steps.remove_label_values(&[kind, namespace, name, class]);
        }
        // Only a CloudSpec has findings, and an object of another kind may bear its name.
        if kind != "CloudSpec" {
            return;
        }
        self.certificates(of, &Certificates::new());
        for domain in Domain::ALL {
            for kind in KINDS {
                for severity in SEVERITIES {
                    let (domain, kind, severity) =
                        (domain.to_string(), format!("{kind:?}"), format!("{severity:?}"));
                    let _ = self
                        .findings
                        .remove_label_values(&[namespace, name, &domain, &kind, &severity, "false"]);
                }
            }
        }
    }
}

fn gauges(name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec, prometheus::Error> {
    IntGaugeVec::new(Opts::new(name, help), labels)
}

fn build_info() -> Result<Gauge, prometheus::Error> {
    let options = Opts::new("cloudspec_build_info", "Always 1; the version is a label.");
    let gauge = Gauge::with_opts(options.const_label("version", env!("CARGO_PKG_VERSION")))?;
    gauge.set(1.0);
    Ok(gauge)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a time in milliseconds fits 52 bits for the next 100,000 years"
)]
fn seconds(time: Timestamp) -> f64 {
    time.as_millisecond() as f64 / 1_000.0
}
