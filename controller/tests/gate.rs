//! The gate: each check fails alone, and nothing passes that was not approved.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

use std::collections::BTreeSet;

use cloudspec::gate::approval::{Answer, Facts, Guard, Offered, Request, Rules};
use cloudspec::gate::{Binds, NotAdmitted, Reason, Ruling, Verdict, admit, checks, decide, lapsed};
use cloudspec::model::action::{Action, GroupRef, RuleRef};
use cloudspec::model::cloud::CloudIdentity;
use cloudspec::model::rule::{Direction, Ethertype, Remote, Rule, Traffic};
use cloudspec::model::{Class, Plan, PlanDigest, Step};
use cloudspec::plan::{digest, to_spec};
use cloudspec_crds::change_plan::{Decision, JournalEntry, OwnerRef};
use cloudspec_crds::cloud_spec::{ApprovalPolicy, RequireDigest};
use cloudspec_crds::status::Classes;
use cloudspec_crds::{ChangePlanSpec, ChangePlanStatus};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

const OWNER: &str = "0d1c";

fn cloud() -> CloudIdentity {
    CloudIdentity {
        auth_url: "http://127.0.0.1:5000".into(),
        region: "RegionOne".into(),
        endpoints: [].into(),
    }
}

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + 60 * minutes).unwrap()
}

/// All that is judged, each part as it must be.
#[derive(Clone)]
struct Case {
    request: Request,
    offered: Option<Offered>,
    rules: Rules,
    facts: Facts,
}

impl Case {
    fn good() -> Self {
        let digest = PlanDigest(format!("sha256:{}", "ab".repeat(32)));
        Self {
            request: Request {
                approved: Some("true".into()),
                by: Some("ann".into()),
                groups: vec!["operators".into()],
                plan: Some(digest.0.clone()),
                offer: Some("7".into()),
                spec_author: Some("bob".into()),
                in_last_applied: false,
                applied_with_spec: false,
                being_deleted: false,
                generation: 3,
            },
            offered: Some(Offered {
                name: "lab-abababab".into(),
                digest: digest.clone(),
                offer: 7,
                offered_at: at(0),
                generation: 3,
                classes: Classes { reversible: 2, rebuildable: 1, destructive: 0 },
                owner: OWNER.into(),
                cloud: cloud(),
            }),
            rules: Rules::of(&ApprovalPolicy::default()).unwrap(),
            facts: Facts {
                now: at(5),
                may_approve: Answer::Yes,
                guard: Guard::Enforced,
                suspended: false,
                can_apply: true,
                exceeded: vec![],
                owner: OWNER.into(),
                cloud: cloud(),
                current: Some(digest),
                decided: false,
            },
        }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut case = Self::good();
        change(&mut case);
        case
    }

    fn offered(&mut self) -> &mut Offered {
        self.offered.as_mut().unwrap()
    }

    fn decide(&self) -> Verdict {
        decide(&self.request, self.offered.as_ref(), &self.rules, &self.facts)
    }
}

fn names(reasons: &[Reason]) -> Vec<&'static str> {
    reasons.iter().map(Reason::name).collect()
}

#[test]
fn without_the_annotation_nothing_is_asked_whatever_else_stands_there() {
    assert_eq!(Case::with(|case| case.request.approved = None).decide(), Verdict::NotAsked);
    let stamps_alone = Case::with(|case| {
        case.request.approved = None;
        case.offered = None;
        case.facts.suspended = true;
    });
    assert_eq!(stamps_alone.decide(), Verdict::NotAsked);
}

#[test]
fn what_is_as_it_must_be_is_approved() {
    let Verdict::Approved(approval) = Case::good().decide() else { panic!("not approved") };
    let Decision { verdict, by, groups, value, offer, digest, at: time, gate } = approval.decision(at(6));
    assert_eq!((verdict.as_str(), by.as_str(), value.as_str(), offer), ("Approved", "ann", "true", 7));
    assert_eq!((groups, digest, time.0), (vec!["operators".to_owned()], approval.digest.0, at(6)));
    assert_eq!(gate, "Enforced");
}

#[test]
fn the_digest_on_offer_is_good_as_a_value_too() {
    let case = Case::with(|case| {
        case.request.approved = case.request.plan.clone();
        case.rules.require_digest = RequireDigest::Always;
    });
    assert!(matches!(case.decide(), Verdict::Approved(_)));
}

#[test]
fn an_advisory_gate_lets_pass_and_is_recorded() {
    let case = Case::with(|case| case.facts.guard = Guard::Advisory);
    let Verdict::Approved(approval) = case.decide() else { panic!("not approved") };
    assert_eq!(approval.decision(at(6)).gate, "Advisory");
}

type Row = (&'static str, fn(&mut Case), &'static str, bool);

/// Check, what is otherwise than it must be, the one reason, and whether it refuses (or holds).
const ROWS: &[Row] = &[
    ("PlanExists", |case| case.offered = None, "NoPlanOnOffer", true),
    ("NotBeingDeleted", |case| case.request.being_deleted = true, "BeingDeleted", true),
    ("NotInManifest", |case| case.request.in_last_applied = true, "InManifest", true),
    ("NotAppliedWithSpec", |case| case.request.applied_with_spec = true, "AppliedWithSpec", true),
    ("ValueValid", |case| case.request.approved = Some("yes".into()), "ValueInvalid", true),
    ("ValueValid", |case| case.request.approved = Some(String::new()), "ValueInvalid", true),
    ("ValueValid", |case| case.request.approved = Some("True".into()), "ValueInvalid", true),
    ("ValueValid", |case| case.request.approved = Some("sha256:abababab".into()), "ValueInvalid", true),
    ("Stamped", |case| case.request.by = None, "NotStamped", true),
    ("Stamped", |case| case.request.by = Some(String::new()), "NotStamped", true),
    ("Stamped", |case| case.request.plan = None, "NotStamped", true),
    ("Stamped", |case| case.request.offer = None, "NotStamped", true),
    ("Stamped", |case| case.request.offer = Some("seven".into()), "NotStamped", true),
    ("PlanStampCurrent", |case| case.request.plan = Some("sha256:00".into()), "OtherPlan", true),
    ("OfferCurrent", |case| case.request.offer = Some("6".into()), "ApprovalExpired", true),
    ("OfferCurrent", |case| case.request.offer = Some("8".into()), "OfferNeverMade", true),
    ("NotExpired", |case| case.facts.now = at(61), "ApprovalExpired", true),
    ("SpecUnchanged", |case| case.request.generation = 4, "SpecChanged", true),
    ("OwnerSame", |case| case.facts.owner = "another".into(), "OtherOwner", true),
    ("CloudSame", |case| case.facts.cloud.region = "RegionTwo".into(), "OtherCloud", true),
    ("NotDecided", |case| case.facts.decided = true, "AlreadyDecided", true),
    (
        "SeparateAuthor",
        |case| {
            case.rules.separate_author = true;
            case.request.spec_author = case.request.by.clone();
        },
        "ApproverIsAuthor",
        true,
    ),
    (
        "SeparateAuthor",
        |case| {
            case.rules.separate_author = true;
            case.request.spec_author = None;
        },
        "AuthorNotTold",
        true,
    ),
    ("DigestGiven", |case| case.offered().classes.destructive = 1, "DigestRequired", true),
    ("DigestGiven", |case| case.rules.require_digest = RequireDigest::Always, "DigestRequired", true),
    ("StillMay", |case| case.facts.may_approve = Answer::No, "ApproverMayNot", true),
    ("StillMay", |case| case.facts.may_approve = Answer::NotTold("x".into()), "ApproverNotTold", false),
    ("WithinLimits", |case| case.facts.exceeded = vec!["x".into()], "BeyondLimits", true),
    ("CanApply", |case| case.facts.can_apply = false, "NoApplyCredential", true),
    ("WorldUnchanged", |case| case.facts.current = Some(PlanDigest("x".into())), "WorldChanged", true),
    ("WorldUnchanged", |case| case.facts.current = None, "WorldNotTold", false),
    ("OldEnough", |case| case.facts.now = at(0), "PlanTooYoung", false),
    ("OldEnough", |case| case.facts.now = at(-1), "PlanTooYoung", false),
    ("NotSuspended", |case| case.facts.suspended = true, "Suspended", false),
    ("GuardEnforced", |case| case.facts.guard = Guard::NotEnforced("x".into()), "GateNotEnforced", false),
];

#[test]
fn each_check_fails_alone_with_its_one_reason() {
    for (check, change, reason, refuses) in ROWS {
        let got = match Case::with(change).decide() {
            Verdict::Refused(reasons) => (names(&reasons), true),
            Verdict::Held(reasons) => (names(&reasons), false),
            other => panic!("{check}: {other:?}"),
        };
        assert_eq!(got, (vec![*reason], *refuses), "{check}");
    }
}

#[test]
fn every_check_has_a_row_and_every_row_a_check() {
    let of_rows: BTreeSet<&str> = ROWS.iter().map(|(check, ..)| *check).collect();
    let of_table: BTreeSet<&str> = checks().iter().map(|check| check.name).collect();
    assert_eq!(of_rows, of_table);
    assert_eq!(checks().len(), of_table.len());
    assert!(checks().iter().all(|check| !check.doc.is_empty()));
}

#[test]
fn the_edges_of_time_are_inside() {
    assert!(matches!(Case::with(|case| case.facts.now = at(60)).decide(), Verdict::Approved(_)));
    let ten_seconds = at(0) + SignedDuration::from_secs(10);
    assert!(matches!(Case::with(|case| case.facts.now = ten_seconds).decide(), Verdict::Approved(_)));
}

#[test]
fn all_reasons_are_told_together_in_the_order_of_the_table_and_refusals_first() {
    let several = Case::with(|case| {
        case.facts.suspended = true;
        case.facts.may_approve = Answer::No;
        case.request.in_last_applied = true;
        case.request.generation = 9;
    });
    let Verdict::Refused(reasons) = several.decide() else { panic!("not refused") };
    assert_eq!(names(&reasons), ["InManifest", "SpecChanged", "ApproverMayNot", "Suspended"]);
    let waiting = Case::with(|case| {
        case.facts.guard = Guard::NotEnforced("the binding is gone".into());
        case.facts.suspended = true;
    });
    let Verdict::Held(reasons) = waiting.decide() else { panic!("not held") };
    assert_eq!(names(&reasons), ["Suspended", "GateNotEnforced"]);
}

#[test]
fn a_rejection_needs_the_same_stamps_and_passes_where_only_approvals_are_bound() {
    let rejecting = |change: fn(&mut Case)| {
        Case::with(|case| {
            change(case);
            case.request.approved = Some("false".into());
        })
    };
    let Verdict::Rejected(approval) = rejecting(|_| {}).decide() else { panic!("not rejected") };
    assert_eq!((approval.ruling, approval.decision(at(6)).verdict.as_str()), (Ruling::Reject, "Rejected"));
    for (name, change, reason, _) in ROWS {
        let binds = checks().iter().find(|check| check.name == *name).unwrap().binds;
        // The row sets the very value that a rejection sets.
        if *reason == "ValueInvalid" {
            continue;
        }
        match (binds, rejecting(*change).decide()) {
            (Binds::Approval, Verdict::Rejected(_)) => {}
            (Binds::Both, Verdict::Refused(reasons) | Verdict::Held(reasons)) => {
                assert_eq!(names(&reasons), [*reason]);
            }
            (_, verdict) => panic!("{name}: {verdict:?}"),
        }
    }
}

#[test]
fn a_reason_says_what_to_do_and_has_one_name() {
    let mut names = BTreeSet::new();
    for (_, change, name, _) in ROWS {
        if let Verdict::Refused(reasons) | Verdict::Held(reasons) = Case::with(change).decide() {
            assert!(!reasons[0].to_string().is_empty());
            names.insert(*name);
        }
    }
    assert_eq!(names.len(), 25, "one name for each reason: {names:?}");
}

fn step(number: u32) -> Step {
    let rule = Rule {
        direction: Direction::Ingress,
        ethertype: Ethertype::IPv4,
        traffic: Traffic::Any,
        remote: Remote::Anywhere,
    };
    let which = RuleRef::Id(format!("r-{number}").as_str().into());
    Step {
        number,
        wave: number,
        action: Action::DeleteRule { group: GroupRef::Id("g".into()), which, rule },
        summary: "delete rule".into(),
        findings: vec!["f".into()],
        class: Class::Rebuildable,
        before: None,
        after: None,
        side_effects: vec![],
        revert: "openstack".into(),
    }
}

fn change_plan() -> (ChangePlanSpec, ChangePlanStatus) {
    let steps = vec![step(1), step(2)];
    let digest = digest(&cloud(), OWNER, &steps);
    let plan = Plan { cloud: cloud(), owner: OWNER.into(), steps, left_alone: vec![], digest };
    let owner = OwnerRef {
        kind: "CloudSpec".into(),
        name: "lab".into(),
        uid: OWNER.into(),
        generation: 3,
        spec_digest: String::new(),
    };
    let spec = to_spec(&plan, owner);
    let Verdict::Approved(mut approval) = Case::good().decide() else { panic!("not approved") };
    approval.digest = plan.digest;
    let decision = Some(approval.decision(at(5)));
    (spec, ChangePlanStatus { phase: Some("Offered".into()), decision, ..ChangePlanStatus::default() })
}

#[test]
fn a_decision_that_stands_admits_exactly_its_plan() {
    let (spec, mut status) = change_plan();
    let approved = admit(&spec, &status, OWNER, &cloud()).unwrap();
    assert_eq!((approved.plan().digest.0.as_str(), approved.approved_by()), (spec.digest.as_str(), "ann"));
    status.phase = Some("Applying".into());
    assert!(admit(&spec, &status, OWNER, &cloud()).is_ok());
}

#[test]
fn nothing_else_is_admitted() {
    type Change = fn(&mut ChangePlanSpec, &mut ChangePlanStatus);
    fn decision(status: &mut ChangePlanStatus) -> &mut Decision {
        status.decision.as_mut().unwrap()
    }
    let changes: &[(&str, Change)] = &[
        ("no decision", |_, status| status.decision = None),
        ("rejected", |_, status| decision(status).verdict = "Rejected".into()),
        ("nobody decided", |_, status| decision(status).by.clear()),
        ("a value that rejects", |_, status| decision(status).value = "false".into()),
        ("an unknown gate", |_, status| decision(status).gate = "Off".into()),
        ("another digest approved", |_, status| decision(status).digest = "sha256:00".into()),
        ("no phase", |_, status| status.phase = None),
        ("superseded", |_, status| status.phase = Some("Superseded".into())),
        ("succeeded", |_, status| status.phase = Some("Succeeded".into())),
        ("stopped", |_, status| status.phase = Some("Stopped".into())),
        ("another digest claimed", |spec, _| spec.digest = "sha256:00".into()),
        ("both digests changed alike", |spec, status| {
            spec.digest = "sha256:00".into();
            decision(status).digest = "sha256:00".into();
        }),
        ("a call changed", |spec, _| spec.steps[0].action["deleteRule"]["which"]["id"] = "r-9".into()),
        ("a call of another kind", |spec, _| spec.steps[0].action = serde_json::json!({"deleteCloud": {}})),
        ("a class changed", |spec, _| spec.steps[0].class = "Reversible".into()),
        ("a class that is none", |spec, _| spec.steps[0].class = "Harmless".into()),
        ("a side effect added", |spec, _| spec.steps[0].side_effects.push("x".into())),
        ("a step dropped", |spec, _| drop(spec.steps.pop())),
        ("two steps changed over", |spec, _| spec.steps.swap(0, 1)),
        ("counted otherwise", |spec, _| spec.classes.destructive = 0 - spec.classes.rebuildable),
        ("another owner", |spec, _| spec.owner.uid = "another".into()),
        ("another cloud", |spec, _| spec.cloud.region = "RegionTwo".into()),
    ];
    for (what, change) in changes {
        let (mut spec, mut status) = change_plan();
        change(&mut spec, &mut status);
        assert!(admit(&spec, &status, OWNER, &cloud()).is_err(), "{what}");
    }
    let (spec, status) = change_plan();
    assert!(matches!(admit(&spec, &status, "another", &cloud()), Err(NotAdmitted::OtherOwner(_))));
    let elsewhere = CloudIdentity { region: "RegionTwo".into(), ..cloud() };
    assert!(matches!(admit(&spec, &status, OWNER, &elsewhere), Err(NotAdmitted::OtherCloud(_))));
}

#[test]
fn a_decision_lapses_from_the_last_step_that_was_begun_or_ended() {
    let rules = Rules::of(&ApprovalPolicy::default()).unwrap();
    let (_, mut status) = change_plan();
    assert_eq!(lapsed(&ChangePlanStatus::default(), &rules, at(500)), None);
    assert_eq!(lapsed(&status, &rules, at(65)), None);
    assert_eq!(lapsed(&status, &rules, at(66)).map(|reason| reason.name()), Some("ApprovalExpired"));
    status.journal.push(JournalEntry {
        number: 1,
        state: "Intended".into(),
        request_id: None,
        service_request_id: None,
        created_id: None,
        started_at: Some(Time(at(60))),
        finished_at: None,
        message: None,
    });
    assert_eq!(lapsed(&status, &rules, at(120)), None);
    assert_eq!(lapsed(&status, &rules, at(121)).map(|reason| reason.name()), Some("ApprovalExpired"));
    status.journal[0].finished_at = Some(Time(at(100)));
    assert_eq!(lapsed(&status, &rules, at(160)), None);
    assert_eq!(lapsed(&status, &rules, at(161)).map(|reason| reason.name()), Some("ApprovalExpired"));
    // A clock that ran ahead and was set back.
    assert_eq!(lapsed(&status, &rules, at(40)), None);
    assert_eq!(lapsed(&status, &rules, at(39)).map(|reason| reason.name()), Some("ApprovalExpired"));
}
