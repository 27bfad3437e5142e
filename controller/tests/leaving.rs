//! What holds an approval of a tenant's leaving while the world moves, how it is called off, and how it is told.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

mod tenant;

use std::collections::BTreeSet;

use cloudspec::gate::Verdict;
use cloudspec::gate::approval::Guard;
use cloudspec::model::inventory::Loss;
use cloudspec::model::leaving::Protected;
use cloudspec::model::{Action, Inventory, Plan, Resource, ResourceType, Unknown};
use cloudspec::plan::offboard::{Stage, appeared, offboard, remains};
use cloudspec::plan::thaw::{Frozen, is_told, note, thaw};
use cloudspec::plan::{lint, still_fits};
use cloudspec::report::leaving::{Bar, BarKind, Leave, Phase, Report, Sight, status};
use cloudspec::report::{Of, events_of_leaving};
use cloudspec_crds::TenantOffboardStatus;
use cloudspec_crds::cloud_spec::RequireDigest;
use cloudspec_crds::status::{Classes, Offer};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

fn planned(inventory: &Inventory) -> Plan {
    offboard(inventory, &tenant::leaving(), &Protected::default(), &[], "uid-1", Stage::Resources).unwrap()
}

/// A port that an autoscaler makes.
fn grown(mut inventory: Inventory) -> Inventory {
    let port = Resource {
        key: tenant::key(ResourceType::Port, "port-new", None),
        name: "made just now".to_owned(),
        state: None,
        size: None,
        after: BTreeSet::new(),
        hindrance: None,
    };
    inventory.held.get_mut(&ResourceType::Port).unwrap().as_mut().unwrap().push(port);
    inventory
}

fn without(mut inventory: Inventory, kind: ResourceType) -> Inventory {
    inventory.held.insert(kind, Ok(Vec::new()));
    inventory
}

#[test]
fn a_plan_fits_the_world_that_it_was_made_of() {
    let inventory = tenant::inventory();
    let plan = planned(&inventory);
    assert_eq!(still_fits(&plan, &plan, &inventory), Ok(()));
}

#[test]
fn what_appears_does_not_hold_off_an_approval_and_is_named() {
    let approved = planned(&tenant::inventory());
    let now = grown(tenant::inventory());
    let fresh = planned(&now);
    assert_ne!(fresh.digest, approved.digest);
    assert_eq!(still_fits(&approved, &fresh, &now), Ok(()));
    let named = appeared(&fresh, &approved);
    assert!(named.len() == 1 && named[0].contains("port-new"), "{named:?}");
}

#[test]
fn what_appears_and_would_go_along_with_what_was_approved_does_not_fit() {
    let approved = planned(&tenant::inventory());
    let mut now = grown(tenant::inventory());
    let server = now.held[&ResourceType::Server].as_ref().unwrap()[0].key.clone();
    let port = tenant::all(&mut now, ResourceType::Port).iter_mut().find(|one| one.key.id == "port-new");
    port.unwrap().after.insert(server);
    let wrong = still_fits(&approved, &planned(&now), &now).unwrap_err().join("; ");
    assert!(wrong.contains("port port-new would go along, and was not approved"), "{wrong}");
}

#[test]
fn what_is_gone_is_done() {
    let approved = planned(&tenant::inventory());
    let now = without(tenant::inventory(), ResourceType::Secret);
    assert_eq!(still_fits(&approved, &planned(&now), &now), Ok(()));
}

#[test]
fn what_others_would_lose_beyond_what_was_approved_does_not_fit() {
    let approved = planned(&tenant::inventory());
    let mut now = tenant::inventory();
    let by = now.held[&ResourceType::SecurityGroup].as_ref().unwrap()[0].key.clone();
    now.losses.insert(Loss { by, what: "a rule of team-z names it".to_owned() });
    let wrong = still_fits(&approved, &planned(&now), &now).unwrap_err().join("; ");
    assert!(wrong.contains("a rule of team-z names it"), "{wrong}");
}

#[test]
fn what_is_there_and_would_stay_now_does_not_fit() {
    let approved = planned(&tenant::inventory());
    let mut now = tenant::inventory();
    now.held.get_mut(&ResourceType::Secret).unwrap().as_mut().unwrap()[0].hindrance = Some("held".to_owned());
    let wrong = still_fits(&approved, &planned(&now), &now).unwrap_err().join("; ");
    assert!(wrong.contains("would not be done now"), "{wrong}");
}

#[test]
fn quotas_that_were_changed_since_do_not_fit() {
    let approved = planned(&tenant::inventory());
    let mut now = tenant::inventory();
    let limits = now.quotas.values_mut().next().unwrap().as_mut().unwrap();
    *limits.values_mut().find(|limit| **limit > 0).unwrap() += 1;
    let wrong = still_fits(&approved, &planned(&now), &now).unwrap_err().join("; ");
    assert!(wrong.contains("not approved"), "{wrong}");
}

/// The quotas after the freeze of a plan.
fn frozen_by(plan: &Plan, mut inventory: Inventory) -> (Inventory, Frozen) {
    let mut frozen = Frozen::new();
    for action in plan.steps.iter().map(|step| &step.action) {
        note(&mut frozen, action);
        if let Action::SetQuota { service, to, .. } = action {
            let now = inventory.quotas.get_mut(service).unwrap().as_mut().unwrap();
            now.extend(to.clone());
        }
    }
    (inventory, frozen)
}

#[test]
fn quotas_that_were_not_frozen_are_not_put_back() {
    let plan = thaw(&tenant::inventory(), &tenant::ID.into(), &Frozen::new(), "uid-1");
    assert!(plan.steps.is_empty() && plan.left_alone.is_empty());
}

#[test]
fn quotas_that_were_frozen_are_put_back_to_what_they_were_by_a_sound_plan() {
    let before = tenant::inventory();
    let (mut now, frozen) = frozen_by(&planned(&before), before.clone());
    assert!(!frozen.is_empty());
    let plan = thaw(&now, &tenant::ID.into(), &frozen, "uid-1");
    assert_eq!(lint(&plan), Vec::<String>::new());
    for step in &plan.steps {
        let Action::SetQuota { service, to, .. } = &step.action else { panic!("{step:?}") };
        now.quotas.get_mut(service).unwrap().as_mut().unwrap().extend(to.clone());
    }
    assert_eq!(now.quotas, before.quotas);
    assert!(thaw(&now, &tenant::ID.into(), &frozen, "uid-1").steps.is_empty());
}

#[test]
fn a_limit_that_somebody_set_since_the_freeze_is_left_as_it_is_and_the_others_are_put_back() {
    let (mut now, frozen) = frozen_by(&planned(&tenant::inventory()), tenant::inventory());
    let service = *frozen.keys().next().unwrap();
    let own = Resource {
        key: tenant::key(ResourceType::Quota, service.service_type(), None),
        name: String::new(),
        state: None,
        size: None,
        after: BTreeSet::new(),
        hindrance: None,
    };
    now.held.insert(ResourceType::Quota, Ok(vec![own]));
    let limit = frozen[&service].iter().find(|(_, before)| **before != 0).unwrap().0.clone();
    now.quotas.get_mut(&service).unwrap().as_mut().unwrap().insert(limit.clone(), 4711);
    let plan = thaw(&now, &tenant::ID.into(), &frozen, "uid-1");
    let set = plan.steps.iter().find_map(|step| match &step.action {
        Action::SetQuota { service: of, to, .. } if *of == service => Some(to),
        _ => None,
    });
    assert!(set.is_none_or(|to| !to.contains_key(&limit)), "{set:?}");
    assert_eq!(plan.left_alone.len(), 1);
    let said = format!("somebody has set {limit} 4711 since the freeze");
    assert!(plan.left_alone[0].reason.contains(&said), "{:?}", plan.left_alone);
    assert!(is_told(&now, &frozen));
}

#[test]
fn what_an_earlier_plan_found_is_put_back_and_not_what_a_later_one_did() {
    let (now, mut frozen) = frozen_by(&planned(&tenant::inventory()), tenant::inventory());
    let before = frozen.clone();
    let (service, limits) = before.iter().next().unwrap();
    note(
        &mut frozen,
        &Action::SetQuota {
            project: cloudspec::model::action::ProjectRef::Id(tenant::ID.into()),
            service: *service,
            from: Some(limits.keys().map(|limit| (limit.clone(), 5)).collect()),
            to: limits.keys().map(|limit| (limit.clone(), 0)).collect(),
        },
    );
    assert_eq!(frozen, before);
    assert!(!thaw(&now, &tenant::ID.into(), &frozen, "uid-1").steps.is_empty());
}

#[test]
fn what_somebody_set_since_the_freeze_stays() {
    let before = tenant::inventory();
    let (mut now, frozen) = frozen_by(&planned(&before), before.clone());
    let (service, limits) = frozen.iter().next().unwrap();
    let (raised, _) = limits.iter().find(|(_, value)| **value != 0).unwrap();
    now.quotas.get_mut(service).unwrap().as_mut().unwrap().insert(raised.clone(), 5);
    for step in thaw(&now, &tenant::ID.into(), &frozen, "uid-1").steps {
        let Action::SetQuota { service: of, to, .. } = step.action else { panic!("{step:?}") };
        assert!(of != *service || to.get(raised).is_none_or(|limit| *limit == 5), "{to:?}");
        now.quotas.get_mut(&of).unwrap().as_mut().unwrap().extend(to);
    }
    assert_eq!(now.quotas[service].as_ref().unwrap()[raised], 5);
    assert!(thaw(&now, &tenant::ID.into(), &frozen, "uid-1").steps.is_empty());
}

/// The status after one look.
fn told(
    inventory: &Inventory,
    phase: Phase,
    bars: &[Bar],
    before: &TenantOffboardStatus,
) -> TenantOffboardStatus {
    let left = match phase {
        Phase::Verifying | Phase::Completed => Ok(Vec::new()),
        _ => remains(inventory, &tenant::leaving(), Stage::Resources),
    };
    let leave = Leave { inventory, left: &left, bars, appeared: &[], verified: &[], phase };
    status(&Report {
        of: Of { kind: "TenantOffboard", namespace: "clouds", name: "leaver" },
        approvable: Some(RequireDigest::Never),
        previous: before,
        generation: 1,
        now: Timestamp::UNIX_EPOCH,
        sight: Sight::Looked(leave),
        offer: None,
        verdict: &Verdict::NotAsked,
        guard: &Guard::Enforced,
        last: None,
        last_message: None,
        suspended: false,
    })
}

#[test]
fn a_plan_that_waits_says_what_to_type_of_which_kind() {
    let (inventory, guard, before) = (tenant::inventory(), Guard::Enforced, TenantOffboardStatus::default());
    let left = remains(&inventory, &tenant::leaving(), Stage::Resources);
    let phase = Phase::Untried;
    let leave = Leave { inventory: &inventory, left: &left, bars: &[], appeared: &[], verified: &[], phase };
    let offer = Offer {
        name: "leaver-aa".into(),
        digest: "sha256:aa".into(),
        offer: 1,
        plan_generation: 1,
        offered_at: Time(Timestamp::UNIX_EPOCH),
        steps: 1,
        classes: Classes::default(),
    };
    let status = status(&Report {
        of: Of { kind: "TenantOffboard", namespace: "clouds", name: "leaver" },
        approvable: Some(RequireDigest::Never),
        previous: &before,
        generation: 1,
        now: Timestamp::UNIX_EPOCH,
        sight: Sight::Looked(leave),
        offer: Some(&offer),
        verdict: &Verdict::NotAsked,
        guard: &guard,
        last: None,
        last_message: None,
        suspended: false,
    });
    let (_, _, message) = condition(&status, "Approved");
    assert!(message.contains("annotate tenantoffboard leaver approved=true"), "{message}");
    assert!(message.contains("kubectl cloudspec approve tenantoffboard/leaver -n clouds"), "{message}");
}

fn condition<'a>(status: &'a TenantOffboardStatus, kind: &str) -> (&'a str, &'a str, &'a str) {
    let found = status.conditions.iter().find(|one| one.type_ == kind).unwrap();
    (&found.status, &found.reason, &found.message)
}

#[test]
fn the_same_look_gives_the_same_status_and_no_event() {
    let first = told(&tenant::inventory(), Phase::Untried, &[], &TenantOffboardStatus::default());
    let second = told(&tenant::inventory(), Phase::Untried, &[], &first);
    assert_eq!(first, second);
    assert_eq!(events_of_leaving(&first, &second), vec![]);
}

#[test]
fn what_is_left_is_counted_and_named() {
    let status = told(&tenant::inventory(), Phase::Tried, &[], &TenantOffboardStatus::default());
    assert_eq!(status.state.as_deref(), Some("Incomplete"));
    let holdings = status.inventory.clone().unwrap();
    assert!(holdings.total > 30 && holdings.text.ends_with(" resources"), "{holdings:?}");
    let volume = holdings.types.iter().find(|one| one.kind == "volume").unwrap();
    assert_eq!((volume.count, volume.bytes), (Some(1), Some(10 << 30)));
    let (is, reason, message) = condition(&status, "Completed");
    assert_eq!((is, reason), ("False", "Incomplete"));
    assert!(message.starts_with("left: ") && message.contains("more in status.remaining"), "{message}");
}

#[test]
fn a_type_that_could_not_be_told_is_no_empty_one() {
    let mut inventory = tenant::inventory();
    inventory.held.insert(ResourceType::Server, Err(Unknown::not_asked("compute", "servers")));
    let untold =
        Bar { kind: BarKind::Untold, reason: "TypeNotTold", message: "each server could not be told".into() };
    let status = told(&inventory, Phase::Untried, &[untold], &TenantOffboardStatus::default());
    assert_eq!(status.state.as_deref(), Some("Unknown"));
    assert_eq!(condition(&status, "Empty").0, "Unknown");
    assert_eq!(condition(&status, "Observed").0, "False");
    let text = status.inventory.unwrap().text;
    assert!(text.ends_with("and 1 type not told"), "{text}");
}

#[test]
fn a_tenant_that_is_refused_says_why_and_an_event_says_it_once() {
    let bar = Bar { kind: BarKind::Refuses, reason: "NameDiffers", message: "it is another".into() };
    let before = TenantOffboardStatus::default();
    let status = told(&tenant::inventory(), Phase::Untried, &[bar], &before);
    assert_eq!(status.state.as_deref(), Some("Refused"));
    assert_eq!(condition(&status, "Admitted"), ("False", "NameDiffers", "it is another"));
    let notes: Vec<String> =
        events_of_leaving(&before, &status).into_iter().map(|note| note.reason).collect();
    assert!(notes.contains(&"Refused".to_owned()), "{notes:?}");
}

#[test]
fn completed_is_told_and_so_is_verifying() {
    let before = told(&tenant::inventory(), Phase::Verifying, &[], &TenantOffboardStatus::default());
    assert_eq!(before.state.as_deref(), Some("Verifying"));
    assert_eq!((condition(&before, "Empty").0, condition(&before, "Completed").0), ("True", "False"));
    let after = told(&tenant::inventory(), Phase::Completed, &[], &before);
    assert_eq!((after.state.as_deref(), condition(&after, "Completed").0), (Some("Completed"), "True"));
    let notes: Vec<String> = events_of_leaving(&before, &after).into_iter().map(|note| note.reason).collect();
    assert_eq!(notes, ["Completed"]);
}
