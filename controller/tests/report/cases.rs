//! Small values that the tests are made of.

use std::collections::BTreeSet;

use cloudspec::gate::approval::Guard;
use cloudspec::gate::{Approval, Reason, Ruling, Verdict};
use cloudspec::model::desired::{GroupName, Invalid, TenantName};
use cloudspec::model::finding::Domain;
use cloudspec::model::{Aspect, Finding, FindingKind, PlanDigest, Severity, Subject, Unknown};
use cloudspec::report::{Of, Report, Sight, status};
use cloudspec_crds::CloudSpecStatus;
use cloudspec_crds::cloud_spec::RequireDigest;
use cloudspec_crds::status::{Classes, ExecutionSummary, Offer};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_750_000_000 + second).unwrap()
}

pub(crate) fn tenant(name: &str) -> Subject {
    Subject::Tenant(TenantName { domain: "customers".into(), name: name.into() })
}

pub(crate) fn group(name: &str) -> Subject {
    let project = TenantName { domain: "customers".into(), name: "team-a".into() };
    Subject::SecurityGroup(GroupName { project, name: name.into() })
}

pub(crate) fn missing(name: &str) -> Finding {
    let finding = Finding::of(FindingKind::Missing, Severity::Warning, &tenant(name), Aspect::Existence);
    finding.expected("present").actual("absent")
}

pub(crate) fn described(name: &str, actual: &str) -> Finding {
    let finding = Finding::of(FindingKind::Changed, Severity::Warning, &group(name), Aspect::Description);
    finding.expected("\"front\"").actual(format!("{actual:?}"))
}

pub(crate) fn not_told(name: &str) -> Finding {
    let finding = Finding::of(FindingKind::Unknowable, Severity::Warning, &group(name), Aspect::Existence);
    let (service, reason) = ("network".to_owned(), "Timeout".to_owned());
    finding.unseen(&Unknown { service, reason, message: "no answer within 30 s".into() })
}

pub(crate) fn offer(digest: &str, number: i64) -> Offer {
    Offer {
        name: format!("lab-{digest}"),
        digest: format!("sha256:{digest}"),
        offer: number,
        plan_generation: 1,
        offered_at: Time(at(0)),
        steps: 2,
        classes: Classes { reversible: 1, rebuildable: 1, destructive: 0 },
    }
}

pub(crate) fn executed(name: &str, result: &str, done: i64) -> ExecutionSummary {
    ExecutionSummary {
        name: name.into(),
        approved_by: "alice".into(),
        result: result.into(),
        done,
        steps: 2,
        decided_at: Time(at(5)),
        finished_at: (result != "Applying").then(|| Time(at(9))),
    }
}

pub(crate) fn approval(ruling: Ruling) -> Approval {
    Approval {
        ruling,
        by: "alice".into(),
        groups: vec![],
        value: "true".into(),
        offer: 1,
        digest: PlanDigest("sha256:aa".into()),
        gate: "Enforced",
    }
}

pub(crate) fn refused() -> Verdict {
    Verdict::Refused(vec![Reason::ApproverMayNot("mallory".into())])
}

pub(crate) fn held() -> Verdict {
    Verdict::Held(vec![Reason::Suspended])
}

/// What was seen, owned.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    Invalid(Vec<Invalid>),
    Blind(Unknown),
    Audited(Vec<Finding>),
}

/// All that a status is made of, owned. Quiet at first: everything is as declared.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) previous: CloudSpecStatus,
    pub(crate) now: Timestamp,
    pub(crate) seen: Seen,
    pub(crate) domains: BTreeSet<Domain>,
    pub(crate) exceeded: Vec<String>,
    pub(crate) contested: Vec<String>,
    pub(crate) offer: Option<Offer>,
    pub(crate) verdict: Verdict,
    pub(crate) guard: Guard,
    pub(crate) last: Option<ExecutionSummary>,
    pub(crate) last_message: Option<String>,
    pub(crate) suspended: bool,
    pub(crate) approvable: Option<RequireDigest>,
}

pub(crate) fn quiet() -> Case {
    Case {
        previous: CloudSpecStatus::default(),
        now: at(0),
        seen: Seen::Audited(vec![]),
        domains: [Domain::Tenants, Domain::SecurityGroups].into(),
        exceeded: vec![],
        contested: vec![],
        offer: None,
        verdict: Verdict::NotAsked,
        guard: Guard::Enforced,
        last: None,
        last_message: None,
        suspended: false,
        approvable: Some(RequireDigest::Destructive),
    }
}

pub(crate) fn drifted() -> Case {
    let seen = Seen::Audited(vec![missing("team-b"), described("web", "back")]);
    Case { seen, offer: Some(offer("aa", 1)), ..quiet() }
}

pub(crate) fn blind() -> Case {
    let (service, reason) = ("identity".to_owned(), "Unreachable".to_owned());
    Case { seen: Seen::Blind(Unknown { service, reason, message: "no connection".into() }), ..quiet() }
}

pub(crate) fn invalid() -> Case {
    let wrong = Invalid { field: "spec.interval".into(), message: "0s is no interval".into() };
    Case { seen: Seen::Invalid(vec![wrong]), ..quiet() }
}

impl Case {
    pub(crate) fn status(&self) -> CloudSpecStatus {
        let sight = match &self.seen {
            Seen::Invalid(wrong) => Sight::Invalid(wrong),
            Seen::Blind(why) => Sight::Blind(why),
            Seen::Audited(findings) => Sight::Audited {
                findings,
                domains: &self.domains,
                exceeded: &self.exceeded,
                contested: &self.contested,
            },
        };
        status(&Report {
            of: Of { kind: "CloudSpec", namespace: "clouds", name: "lab" },
            previous: &self.previous,
            generation: 1,
            now: self.now,
            sight,
            offer: self.offer.as_ref(),
            verdict: &self.verdict,
            guard: &self.guard,
            last: self.last.clone(),
            last_message: self.last_message.as_deref(),
            suspended: self.suspended,
            approvable: self.approvable,
        })
    }

    /// The next look, some time later, upon what this one told.
    pub(crate) fn then(&self, next: Self) -> Self {
        Self { previous: self.status(), now: self.now + jiff::SignedDuration::from_secs(300), ..next }
    }
}

pub(crate) fn condition<'a>(status: &'a CloudSpecStatus, kind: &str) -> Option<&'a Condition> {
    status.conditions.iter().find(|condition| condition.type_ == kind)
}

/// Status and reason of a condition, such as `True InSync`; empty where there is none.
pub(crate) fn says(status: &CloudSpecStatus, kind: &str) -> String {
    condition(status, kind).map(|one| format!("{} {}", one.status, one.reason)).unwrap_or_default()
}
