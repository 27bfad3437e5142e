//! The certificate of a tenant's leaving, and what is shown of a TenantOffboard.

use cloudspec::model::inventory::Inventory;
use cloudspec::model::leaving::{Kept, Leaving, Protected};
use cloudspec::model::{ResourceType, Unknown};
use cloudspec::plan::offboard::{Stage, offboard, remains};
use cloudspec::plan::to_spec;
use cloudspec::report::leaving::look;
use cloudspec::report::render::{self, Format, Screen, Style, view};
use cloudspec_crds::change_plan::{Decision, JournalEntry, OwnerRef};
use cloudspec_crds::offboard_status::{Holdings, RemainingStatus, Verified};
use cloudspec_crds::status::{Classes, Offer};
use cloudspec_crds::{ChangePlan, ChangePlanStatus, TenantOffboard, TenantOffboardStatus};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::{Value, json};

use crate::tenant::{ID, all, inventory, leaving};

const TABLE: Format = Format::Table(Screen { style: Style::Plain, width: None });

fn at(minute: i8) -> Time {
    Time(format!("2026-11-24T16:{minute:02}:00Z").parse::<Timestamp>().unwrap())
}

/// A tenant with a few things, of which an image is kept.
fn held() -> Inventory {
    let mut held = inventory();
    let few = [ResourceType::Volume, ResourceType::Image, ResourceType::Network, ResourceType::Keypair];
    ResourceType::ALL
        .iter()
        .filter(|kind| !few.contains(kind))
        .for_each(|kind| all(&mut held, *kind).clear());
    all(&mut held, ResourceType::Volume)[0].name = "a|b \"c\"\u{1b}[2J".to_owned();
    held.losses.retain(|loss| loss.by.kind == ResourceType::Network);
    held.quotas.retain(|service, _| service.service_type() == "compute");
    held
}

fn keeps_images() -> Leaving {
    let keep = [(Kept::Type(ResourceType::Image), "golden images stay".to_owned())].into();
    Leaving { keep, ..leaving() }
}

/// What is there when all is gone that is to go.
fn emptied() -> Inventory {
    let mut held = held();
    [ResourceType::Volume, ResourceType::Network, ResourceType::Keypair]
        .iter()
        .for_each(|kind| all(&mut held, *kind).clear());
    held
}

fn seen(inventory: &Inventory, leaving: &Leaving, stage: Stage, minute: i8) -> Verified {
    look(inventory, leaving, stage, &remains(inventory, leaving, stage).unwrap(), at(minute).0)
}

fn entry(number: i64, state: &str) -> JournalEntry {
    JournalEntry {
        number,
        state: state.to_owned(),
        request_id: (state != "AlreadyDone").then(|| format!("req-ours-{number}")),
        service_request_id: (state == "Done").then(|| format!("req-theirs-{number}")),
        created_id: None,
        started_at: Some(at(10)),
        finished_at: Some(at(11)),
        message: (state == "Failed").then(|| "409: it is in use".to_owned()),
    }
}

/// The plan of a stage, approved by alice, with what became of it.
fn approved(held: &Inventory, leaving: &Leaving, stage: Stage, minute: i8) -> ChangePlan {
    let plan = offboard(held, leaving, &Protected::default(), &[], "uid-1", stage).unwrap();
    let owner = OwnerRef {
        kind: "TenantOffboard".to_owned(),
        name: "leaver".to_owned(),
        uid: "uid-1".to_owned(),
        generation: 1,
        spec_digest: "sha256:0".to_owned(),
    };
    let spec = to_spec(&plan, owner);
    let mut kept = ChangePlan::new(&format!("leaver-{minute:02}"), spec.clone());
    kept.metadata.namespace = Some("clouds".to_owned());
    kept.metadata.creation_timestamp = Some(at(minute));
    let decision = Decision {
        verdict: "Approved".to_owned(),
        by: "alice".to_owned(),
        groups: vec!["operators".to_owned(), "system:authenticated".to_owned()],
        value: "true".to_owned(),
        offer: 3,
        digest: spec.digest,
        at: at(minute + 1),
        gate: "Enforced".to_owned(),
    };
    kept.status = Some(ChangePlanStatus {
        phase: Some("Succeeded".to_owned()),
        decision: Some(decision),
        journal: spec.steps.iter().map(|step| entry(step.number, "Done")).collect(),
        finished_at: Some(at(minute + 2)),
        ..ChangePlanStatus::default()
    });
    kept
}

fn object(state: &str, verified: &[Verified]) -> TenantOffboard {
    let spec = json!({
        "cloudRef": {"name": "lab"},
        "tenant": {"id": ID, "name": "team-x", "domain": "customers"},
        "keep": [{"type": "image", "reason": "golden images stay"}],
    });
    let mut object = TenantOffboard::new("leaver", serde_json::from_value(spec).unwrap());
    object.metadata.namespace = Some("clouds".to_owned());
    object.metadata.uid = Some("uid-1".to_owned());
    object.metadata.generation = Some(1);
    object.metadata.creation_timestamp = Some(at(0));
    object.metadata.annotations = Some([("cloudspec.dev/spec-author".to_owned(), "bob".to_owned())].into());
    object.status = Some(TenantOffboardStatus {
        observed_generation: Some(1),
        state: Some(state.to_owned()),
        verified: verified.to_vec(),
        ..TenantOffboardStatus::default()
    });
    object
}

/// Of a plan whose last step found its resource gone.
fn completed() -> (TenantOffboard, Vec<ChangePlan>) {
    let leaving = keeps_images();
    let mut plan = approved(&held(), &leaving, Stage::Resources, 5);
    let looks: Vec<Verified> =
        [20, 21].map(|minute| seen(&emptied(), &leaving, Stage::Resources, minute)).into();
    let status = plan.status.as_mut().unwrap();
    let gone = status.journal.iter_mut().find(|entry| entry.number == 3).unwrap();
    *gone = entry(3, "AlreadyDone");
    status.verification = looks.clone();
    (object("Completed", &looks), vec![plan])
}

/// Of a plan that stopped.
fn incomplete() -> (TenantOffboard, Vec<ChangePlan>) {
    let leaving = keeps_images();
    let mut plan = approved(&held(), &leaving, Stage::Resources, 5);
    let status = plan.status.as_mut().unwrap();
    status.journal = vec![entry(1, "Done"), entry(2, "Done"), entry(3, "Failed")];
    status.phase = Some("Stopped".to_owned());
    status.message = Some("step 3: 409: it is in use; steps 4 to 5 were not tried".to_owned());
    status.verification = vec![seen(&held(), &leaving, Stage::Resources, 9)];
    let mut object = object("Incomplete", &[]);
    object.status.as_mut().unwrap().remaining = vec![RemainingStatus {
        resource: "network network-1".to_owned(),
        name: Some("network one".to_owned()),
        state: Some("ACTIVE".to_owned()),
        message: None,
    }];
    (object, vec![plan])
}

fn certificate(object: Option<&TenantOffboard>, plans: &[ChangePlan]) -> view::Certificate {
    view::Certificate::of(object, plans).unwrap()
}

fn text(object: Option<&TenantOffboard>, plans: &[ChangePlan], format: Format) -> String {
    render::certificate(&certificate(object, plans), format).unwrap()
}

#[test]
fn a_tenant_that_held_nothing_is_certified_by_its_two_looks() {
    let looks = [20, 21].map(|minute| seen(&emptied(), &keeps_images(), Stage::Resources, minute));
    let certificate = certificate(Some(&object("Completed", &looks)), &[]);
    assert!(certificate.complete && certificate.plans.is_empty(), "{certificate:?}");
    assert_eq!(certificate.looks, looks);
}

#[test]
fn what_left_is_certified_in_markdown() {
    let (object, plans) = completed();
    insta::assert_snapshot!(text(Some(&object), &plans, Format::Markdown));
}

#[test]
fn what_left_is_certified_in_json() {
    let (object, plans) = completed();
    insta::assert_snapshot!(text(Some(&object), &plans, Format::Json));
}

#[test]
fn what_did_not_leave_is_said_plainly_with_what_remains() {
    let (object, plans) = incomplete();
    assert!(!certificate(Some(&object), &plans).complete);
    insta::assert_snapshot!(text(Some(&object), &plans, Format::Markdown));
}

#[test]
fn nothing_is_certified_of_nothing() {
    assert_eq!(view::Certificate::of(None, &[]), None);
    let undecided = ChangePlan { status: None, ..completed().1.remove(0) };
    assert_eq!(view::Certificate::of(None, &[undecided]), None);
}

/// Each of these says Completed of itself.
#[test]
fn completed_is_certified_only_where_two_looks_that_found_nothing_are_on_record() {
    let (object, plans) = completed();
    let statement = |object: &TenantOffboard, plans: &[ChangePlan]| {
        let certificate = certificate(Some(object), plans);
        assert!(!certificate.complete, "{}", certificate.statement);
        certificate.statement
    };
    let bare = |looks: &[Verified]| {
        let mut bare = plans.clone();
        bare[0].status.as_mut().unwrap().verification = looks.to_vec();
        bare
    };
    let looks = plans[0].status.as_ref().unwrap().verification.clone();
    let mut unverified = object.clone();
    unverified.status.as_mut().unwrap().verified.clear();
    let none = "NOT COMPLETED: no two full looks that found nothing left are on record";
    assert_eq!(statement(&unverified, &bare(&[])), none);
    assert_eq!(statement(&unverified, &bare(&looks[..1])), none);
    let found = seen(&held(), &keeps_images(), Stage::Resources, 30);
    assert_eq!(statement(&unverified, &bare(&[looks[0].clone(), looks[1].clone(), found])), none);
    let mut with_project = object.clone();
    with_project.spec.delete_project = true;
    assert_eq!(statement(&with_project, &plans), none);
    let mut changed = object.clone();
    changed.metadata.generation = Some(2);
    assert!(statement(&changed, &plans).contains("does not speak of the spec as it is now"));
    let mut aborted = object.clone();
    aborted.status.as_mut().unwrap().state = Some("Aborted".to_owned());
    assert!(statement(&aborted, &plans).contains("called off"));
}

#[test]
fn the_records_of_one_that_is_deleted_speak_for_themselves() {
    let (object, mut plans) = completed();
    let deleted = certificate(None, &plans);
    let there = certificate(Some(&object), &plans);
    assert!(deleted.complete && deleted.asked.deleted, "{}", deleted.statement);
    assert_eq!((&deleted.statement, &deleted.tenant), (&there.statement, &there.tenant));
    assert_eq!((&deleted.asked.uid, &deleted.asked.name), (&there.asked.uid, &there.asked.name));

    let status = plans[0].status.as_mut().unwrap();
    status.finished_at = Some(at(40));
    assert!(!certificate(None, &plans).complete, "what was seen before the end proves nothing");
    plans[0].status.as_mut().unwrap().finished_at = None;
    let statement = certificate(None, &plans).statement;
    assert_eq!(
        statement,
        "NOT COMPLETED: the TenantOffboard was deleted before plan leaver-05 was carried to its end"
    );
}

/// By two plans, and with no project to be asked any more.
#[test]
fn a_project_that_is_gone_is_certified_by_looks_at_the_project() {
    let leaving = Leaving { delete_project: true, ..leaving() };
    let mut bare = emptied();
    all(&mut bare, ResourceType::Image).clear();
    let resources = approved(&held(), &leaving, Stage::Resources, 5);
    let mut project = approved(&bare, &leaving, Stage::Project, 25);
    let mut gone = bare.clone();
    gone.tenant = Ok(None);
    let why = Unknown::not_asked("key-manager", "secrets");
    gone.held.insert(ResourceType::Secret, Err(why));
    let looks = [30, 31].map(|minute| seen(&gone, &leaving, Stage::Project, minute));
    project.status.as_mut().unwrap().verification = looks.to_vec();
    let mut object = object("Completed", &looks);
    object.spec.delete_project = true;
    let certificate = certificate(Some(&object), &[project, resources]);
    assert!(
        certificate.statement.starts_with(
            "Completed: project customers/team-x and all that it held are gone. Two full looks found nothing left: at \
             2026-11-24T16:30:00Z and at 2026-11-24T16:31:00Z"
        ),
        "{}",
        certificate.statement
    );
    assert_eq!(certificate.plans.iter().map(|plan| plan.stage).collect::<Vec<_>>(), ["Resources", "Project"]);
    let secrets = certificate.looks[0].types.iter().find(|one| one.kind == "secret").unwrap();
    assert_eq!(secrets.left, None);
    assert!(render::certificate(&certificate, Format::Markdown).unwrap().contains("secret not told"));
}

#[test]
fn what_a_later_plan_made_up_for_is_not_told_as_undone() {
    let (object, mut plans) = incomplete();
    let undone = certificate(Some(&object), &plans).not_done;
    assert!(
        undone.iter().any(|call| call.state == "Failed")
            && undone.iter().any(|call| call.state == "NotBegun")
    );
    plans.push(approved(&held(), &keeps_images(), Stage::Resources, 12));
    assert_eq!(certificate(Some(&object), &plans).not_done, vec![]);
}

#[test]
fn a_name_that_would_be_something_else_is_certified_as_what_it_is() {
    let (object, plans) = completed();
    for format in [Format::Markdown, Format::Json] {
        assert!(!text(Some(&object), &plans, format).contains('\u{1b}'));
    }
    let json: Value = serde_json::from_str(&text(Some(&object), &plans, Format::Json)).unwrap();
    let names: Vec<&str> =
        json["removed"].as_array().unwrap().iter().filter_map(|call| call["name"].as_str()).collect();
    assert!(
        names.contains(&"a|b \"c\"\u{1b}[2J") || json["alreadyGone"][0]["name"] == "a|b \"c\"\u{1b}[2J",
        "{names:?}"
    );
}

/// Every name of a field, but of what the kinds document.
fn fields(value: &Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Object(fields_of) => {
            for (name, value) in fields_of {
                found.insert(name.clone());
                fields(value, found);
            }
        }
        Value::Array(all) => all.iter().for_each(|value| fields(value, found)),
        _ => {}
    }
}

#[test]
fn every_field_of_the_json_is_documented() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/certificate.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut found = std::collections::BTreeSet::new();
    for (object, plans) in [completed(), incomplete()] {
        let json = text(Some(&object), &plans, Format::Json);
        fields(&serde_json::from_str(&json).unwrap(), &mut found);
    }
    assert!(found.len() > 40, "{found:?}");
    let undocumented: Vec<&String> = found
        .iter()
        .filter(|name| !page.contains(&format!("{name}`")) && !page.contains(&format!("`{name}")))
        .collect();
    assert_eq!(undocumented, Vec::<&String>::new());
}

#[test]
fn a_tenant_that_waits_for_an_approval_is_shown_with_the_plan_and_the_command() {
    let mut plan = approved(&held(), &keeps_images(), Stage::Resources, 5);
    plan.status = Some(ChangePlanStatus { phase: Some("Offered".to_owned()), ..ChangePlanStatus::default() });
    let mut object = object("AwaitingApproval", &[]);
    let status = object.status.as_mut().unwrap();
    status.plan = Some(Offer {
        name: "leaver-05".to_owned(),
        digest: plan.spec.digest.clone(),
        offer: 3,
        plan_generation: 1,
        offered_at: at(6),
        steps: 5,
        classes: Classes::default(),
    });
    status.inventory = Some(Holdings { total: 4, text: "4 resources".to_owned(), types: Vec::new() });
    status.appeared = vec!["port p-9".to_owned()];
    insta::assert_snapshot!(render::offboard(&object, Some(&plan), TABLE).unwrap());
}

#[test]
fn what_remains_of_one_that_is_incomplete_is_shown() {
    let (object, _) = incomplete();
    let shown = render::offboard(&object, None, TABLE).unwrap();
    assert!(
        shown.contains("What remains") && shown.contains("network network-1 network one: ACTIVE"),
        "{shown}"
    );
    let json: Value = serde_json::from_str(&render::offboard(&object, None, Format::Json).unwrap()).unwrap();
    assert_eq!((&json["state"], &json["tenant"]["id"]), (&"Incomplete".into(), &ID.into()));
    assert_eq!(json["remaining"][0]["resource"], "network network-1");
}
