//! Plans of tenants that leave, each against the plan that is kept in `golden/`, and what stands in their way.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

mod tenant;

use std::fmt::Write as _;

use cloudspec::model::leaving::{Kept, Leaving, Protected};
use cloudspec::model::{Action, Inventory, Plan, ResourceKey, ResourceType as T, Step, Unknown};
use cloudspec::plan::lint;
use cloudspec::plan::offboard::{Refusal, Stage, appeared, checks, offboard, remains, worse};
use tenant::{ID, all, inventory, key, leaving};

fn plan(inventory: &Inventory, leaving: &Leaving, stage: Stage) -> Result<Plan, Vec<Refusal>> {
    let plan = offboard(inventory, leaving, &Protected::default(), &[], "0d1c", stage)?;
    assert_eq!(lint(&plan), Vec::<String>::new());
    Ok(plan)
}

fn resources(inventory: &Inventory, leaving: &Leaving) -> Plan {
    plan(inventory, leaving, Stage::Resources).unwrap()
}

/// Nothing but the project.
fn empty() -> Inventory {
    let mut empty = inventory();
    T::ALL.iter().for_each(|kind| all(&mut empty, *kind).clear());
    empty.losses.clear();
    empty
}

fn leaving_wholly() -> Leaving {
    Leaving { delete_project: true, ..leaving() }
}

fn keeping(kept: &str) -> Leaving {
    Leaving { keep: [(Kept::from(kept), "asked for".to_owned())].into(), ..leaving() }
}

fn unknown() -> Unknown {
    Unknown { service: "network".into(), reason: "Timeout".into(), message: "no answer within 30 s".into() }
}

fn say(plan: &Plan) -> String {
    let mut text = format!("{} · {} steps\n", plan.digest.short(), plan.steps.len());
    for step in &plan.steps {
        let Step { number, wave, action: _, summary, findings, class, before, after, side_effects, revert } =
            step;
        let findings = findings.join(", ");
        writeln!(text, "{number}. (wave {wave}) [{class:?}] {summary}  <{findings}>").unwrap();
        writeln!(text, "   {} -> {}", before.as_ref().unwrap(), after.as_ref().unwrap()).unwrap();
        for effect in side_effects {
            writeln!(text, "   ! {effect}").unwrap();
        }
        writeln!(text, "   < {revert}").unwrap();
    }
    for left in &plan.left_alone {
        writeln!(text, "- {}: {}", left.resource, left.reason).unwrap();
    }
    text
}

fn golden(name: &str, plan: &Plan) {
    insta::with_settings!({snapshot_path => "golden", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, say(plan));
    });
}

fn removed(plan: &Plan) -> Vec<&ResourceKey> {
    let key = |step: &'_ Step| match &step.action {
        Action::Remove { what, project } if project.0 == ID => Some(what.clone()),
        _ => None,
    };
    assert!(plan.steps.iter().all(|step| key(step).is_none_or(|key| step.findings == [key.to_string()])));
    let keys = plan.steps.iter().filter_map(|step| match &step.action {
        Action::Remove { what, project: _ } => Some(what),
        _ => None,
    });
    keys.collect()
}

fn left(plan: &Plan) -> Vec<String> {
    plan.left_alone.iter().map(|left| format!("{}: {}", left.finding, left.reason)).collect()
}

fn names(refused: Result<Plan, Vec<Refusal>>) -> Vec<&'static str> {
    refused.unwrap_err().iter().map(Refusal::name).collect()
}

#[test]
fn a_tenant_that_holds_nothing_gets_no_step_and_nothing_remains() {
    let plan = resources(&empty(), &leaving());
    assert_eq!((plan.steps, plan.left_alone), (vec![], vec![]));
    assert_eq!(remains(&empty(), &leaving(), Stage::Resources), Ok(vec![]));
}

#[test]
fn one_of_each_type_goes_in_the_order_of_the_types_and_the_project_stays() {
    let plan = resources(&inventory(), &leaving());
    golden("offboard-resources", &plan);
    let kinds: Vec<T> = removed(&plan).iter().map(|key| key.kind).collect();
    assert!(!kinds.is_sorted(), "services go side by side: {kinds:?}");
    for service in kinds.iter().map(|kind| kind.service()) {
        let of_one = kinds.iter().filter(|kind| kind.service() == service);
        assert!(of_one.is_sorted(), "{service}: {kinds:?}");
    }
}

#[test]
fn the_project_goes_by_a_plan_of_its_own_when_it_holds_nothing_more() {
    let first = plan(&inventory(), &leaving_wholly(), Stage::Resources).unwrap();
    assert!(removed(&first).iter().all(|key| key.kind < T::Quota), "its limits hold until it goes");
    let mut after = inventory();
    let gone = T::ALL.iter().filter(|kind| **kind < T::Quota);
    gone.for_each(|kind| all(&mut after, *kind).clear());
    assert_eq!(remains(&after, &leaving_wholly(), Stage::Resources), Ok(vec![]));
    let second = plan(&after, &leaving_wholly(), Stage::Project).unwrap();
    golden("offboard-project", &second);
    let left = remains(&after, &leaving_wholly(), Stage::Project).unwrap();
    assert_eq!(left.len(), 6);
}

#[test]
fn the_project_does_not_go_before_what_it_holds_nor_where_that_was_not_asked() {
    let still = plan(&inventory(), &leaving_wholly(), Stage::Project).unwrap_err();
    let [Refusal::StillHolds(held)] = &still[..] else { panic!("{still:?}") };
    assert!(held.contains(&"volume volume-1".to_owned()), "{held:?}");
    assert_eq!(names(plan(&empty(), &leaving(), Stage::Project)), ["ProjectStays"]);
    let kept = Leaving { delete_project: true, ..keeping("volume") };
    assert_eq!(names(plan(&inventory(), &kept, Stage::Project)), ["StillHolds"]);
}

#[test]
fn a_project_that_something_kept_hangs_on_is_neither_disabled_nor_removed() {
    let mut seen = inventory();
    T::ALL.iter().filter(|kind| **kind < T::Quota).for_each(|kind| all(&mut seen, *kind).clear());
    let leaving = Leaving { delete_project: true, ..keeping("trust") };
    let plan = plan(&seen, &leaving, Stage::Project).unwrap();
    let kinds: Vec<T> = removed(&plan).iter().map(|key| key.kind).collect();
    assert_eq!(kinds, [T::ApplicationCredential, T::Credential, T::RoleAssignment, T::Quota]);
    assert!(!plan.steps.iter().any(|step| matches!(step.action, Action::ChangeProject { .. })));
    let project = format!("project {ID}: it can go only after trust trust-1, which stays");
    assert_eq!(left(&plan), [project, "trust trust-1: kept: asked for".to_owned()]);
}

#[test]
fn a_disabled_project_is_not_disabled_again() {
    let mut seen = empty();
    seen.tenant.as_mut().unwrap().as_mut().unwrap().enabled = false;
    let plan = plan(&seen, &leaving_wholly(), Stage::Project).unwrap();
    assert_eq!(removed(&plan), [&key(T::Project, ID, None)]);
    assert_eq!(plan.steps.len(), 1);
}

#[test]
fn what_is_kept_stays_with_what_hangs_together_with_it_and_is_said() {
    let plan = resources(&inventory(), &keeping("volume"));
    let said = left(&plan);
    // Nova may delete a volume with its server, and Cinder does with its group.
    let takes = "its removal may take along volume volume-1, which stays: part them first";
    for stays in [
        "volume volume-1: kept: asked for".to_owned(),
        format!("server server-1: {takes}"),
        format!("volume group volumegroup-1: {takes}"),
        "secret secret-1: volume volume-1, which stays, may need it: keep it as well, or part them"
            .to_owned(),
    ] {
        assert!(said.contains(&stays), "{stays}: {said:#?}");
    }
    for gone in [T::Snapshot, T::Backup, T::Image, T::LoadBalancer, T::SecurityGroup] {
        assert!(removed(&plan).iter().any(|key| key.kind == gone), "{gone}");
    }
    golden("offboard-kept-volume", &plan);
}

#[test]
fn a_volume_that_is_attached_to_nothing_holds_no_server() {
    let mut seen = inventory();
    for volume in all(&mut seen, T::Volume) {
        volume.after.clear();
        volume.state = Some("available".to_owned());
    }
    let plan = resources(&seen, &keeping("volume-1"));
    assert!(removed(&plan).iter().any(|key| key.kind == T::Server), "{:#?}", left(&plan));
}

#[test]
fn the_parts_of_a_whole_that_is_kept_stay() {
    for (kept, stay) in [
        ("image-1", &["protection of image image-1", "image image-1"][..]),
        ("fip-1", &["floating ip fip-1", "floating ip port forwarding pf-1 of fip-1"][..]),
    ] {
        let plan = resources(&inventory(), &keeping(kept));
        let left: Vec<&str> = plan.left_alone.iter().map(|left| left.finding.as_str()).collect();
        assert!(stay.iter().all(|one| left.contains(one)), "{kept}: {left:?}");
    }
    let plan = resources(&inventory(), &keeping("router"));
    assert!(removed(&plan).iter().all(|key| !matches!(
        key.kind,
        T::RouterRoutes | T::RouterInterface | T::RouterGateway | T::Router | T::Subnet | T::Network
    )));
}

#[test]
fn what_cannot_go_stays_with_what_waits_for_it_and_remains() {
    let mut seen = inventory();
    all(&mut seen, T::Snapshot)[0].hindrance = Some("it is in error_deleting: reset its state".to_owned());
    let plan = resources(&seen, &leaving());
    assert_eq!(
        left(&plan),
        [
            "volume snapshot snapshot-1: it is in error_deleting: reset its state",
            "volume volume-1: it can go only after volume snapshot snapshot-1, which stays",
        ]
    );
    all(&mut seen, T::Volume).clear();
    let after = T::ALL.iter().filter(|kind| **kind != T::Snapshot);
    after.for_each(|kind| all(&mut seen, *kind).clear());
    let left = remains(&seen, &leaving(), Stage::Resources).unwrap();
    let said: Vec<String> = left.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "volume snapshot snapshot-1 \"volume snapshot one\", available: it is in error_deleting: reset its state"
        ]
    );
}

#[test]
fn what_waits_in_a_circle_stays() {
    let mut seen = inventory();
    let backup = all(&mut seen, T::Backup)[0].clone();
    let other = key(T::Backup, "backup-2", None);
    let mut second = backup.clone();
    second.key = other.clone();
    second.after = [backup.key.clone()].into();
    all(&mut seen, T::Backup)[0].after = [other].into();
    all(&mut seen, T::Backup).push(second);
    let plan = resources(&seen, &leaving());
    assert!(removed(&plan).iter().all(|key| key.kind != T::Backup));
    assert_eq!(
        left(&plan),
        [
            "volume backup backup-1: it waits for volume backup backup-2, and that for it in turn or for what stays",
            "volume backup backup-2: it waits for volume backup backup-1, and that for it in turn or for what stays",
        ]
    );
}

#[test]
fn a_chain_goes_leaf_first_and_against_the_order_of_the_types_where_a_listing_says_so() {
    let mut seen = inventory();
    let mut leaf = all(&mut seen, T::Backup)[0].clone();
    leaf.key.id = "backup-2".to_owned();
    leaf.after.insert(key(T::Secret, "secret-1", None));
    all(&mut seen, T::Backup)[0].after.insert(leaf.key.clone());
    all(&mut seen, T::Backup).push(leaf);
    let plan = resources(&seen, &leaving());
    let place = |id: &str| removed(&plan).iter().position(|key| key.id == id).unwrap();
    assert!(place("secret-1") < place("backup-2") && place("backup-2") < place("backup-1"));
}

#[test]
fn what_is_listed_twice_is_removed_once_and_as_the_same_whatever_the_order() {
    let mut seen = inventory();
    let mut moved = all(&mut seen, T::Server)[0].clone();
    moved.state = Some("SHUTOFF".to_owned());
    all(&mut seen, T::Server).push(moved);
    let one = resources(&seen, &leaving());
    all(&mut seen, T::Server).reverse();
    assert_eq!(one, resources(&seen, &leaving()));
    assert_eq!(removed(&one).iter().filter(|key| key.kind == T::Server).count(), 1);
}

#[test]
fn limits_that_are_kept_are_neither_frozen_nor_reset() {
    let plan = resources(&inventory(), &keeping("compute"));
    let services: Vec<&str> = plan
        .steps
        .iter()
        .filter(|step| matches!(step.action, Action::SetQuota { .. }))
        .map(|step| step.action.service())
        .collect();
    assert_eq!(services, ["network", "key-manager"]);
    assert!(
        left(&plan).iter().any(|said| said.starts_with("freeze of quota compute: kept")),
        "{:?}",
        left(&plan)
    );
}

type Change = fn(&mut Inventory, &mut Leaving);

#[test]
fn each_check_refuses_with_its_own_name_and_one_only() {
    fn tenant(of: &mut Inventory) -> &mut cloudspec::model::inventory::TenantSeen {
        of.tenant.as_mut().unwrap().as_mut().unwrap()
    }
    let cases: &[(&str, Change)] = &[
        ("IdMalformed", |seen, leaving| {
            leaving.id = "0123".into();
            tenant(seen).id = "0123".into();
        }),
        ("TenantNotTold", |seen, _| seen.tenant = Err(unknown())),
        ("NoSuchTenant", |seen, _| seen.tenant = Ok(None)),
        ("NoSuchTenant", |_, leaving| leaving.id = "f".repeat(32).as_str().into()),
        ("NameDiffers", |seen, _| tenant(seen).name = "Team-X".into()),
        ("DomainDiffers", |_, leaving| leaving.domain = "d-customers".into()),
        ("ProtectedDomain", |seen, leaving| {
            tenant(seen).domain_name = "service_domain".into();
            leaving.domain = "service_domain".into();
        }),
        ("ProtectedDomain", |seen, _| tenant(seen).domain = "ADMIN_DOMAIN".into()),
        ("ProtectedProject", |seen, leaving| {
            tenant(seen).domain = "default".into();
            tenant(seen).name = "services".into();
            leaving.name = "services".into();
        }),
        ("ProtectedProject", |seen, leaving| {
            tenant(seen).domain_name = "Default".into();
            leaving.domain = "Default".into();
            tenant(seen).name = "Admin".into();
            leaving.name = "Admin".into();
        }),
        ("ActsAsDomain", |seen, _| tenant(seen).is_domain = true),
        ("HasChildren", |seen, _| tenant(seen).children = ["p-child".into()].into()),
        ("Immutable", |seen, _| tenant(seen).immutable = true),
        ("OwnProject", |seen, _| seen.own_projects = [ID.into()].into()),
        ("OwnsServiceResources", |seen, _| {
            all(seen, T::Server)[0].name = "amphora-00000000-0000-4000-8000-000000000000".into();
        }),
        ("OwnsServiceResources", |seen, _| all(seen, T::Network)[0].name = "lb-mgmt-net".into()),
        ("CatalogueNotTold", |seen, _| seen.uncovered = Err(unknown())),
        ("TypeNotTold", |seen, _| drop(seen.held.insert(T::Port, Err(unknown())))),
        ("TypeNotTold", |seen, _| drop(seen.held.remove(&T::Port))),
        ("QuotaNotTold", |seen, _| {
            seen.quotas.values_mut().take(1).for_each(|limits| *limits = Err(unknown()));
        }),
        ("Uncovered", |seen, _| seen.uncovered = Ok(["dns".to_owned()].into())),
        ("KeptNotFound", |_, leaving| *leaving = keeping("volumess")),
    ];
    for (name, change) in cases {
        let (mut seen, mut leaving) = (inventory(), leaving());
        change(&mut seen, &mut leaving);
        assert_eq!(names(plan(&seen, &leaving, Stage::Resources)), [*name]);
    }
    let listed = ["clouds/lab".to_owned(), "clouds/lab".to_owned()];
    let refused =
        offboard(&inventory(), &leaving(), &Protected::default(), &listed, "0d1c", Stage::Resources);
    assert_eq!(refused.unwrap_err(), [Refusal::ListedByCloudSpec(vec!["clouds/lab".into()])]);
    let tried: Vec<&str> = cases.iter().map(|(name, _)| *name).chain(["ListedByCloudSpec"]).collect();
    let elsewhere = ["ProjectStays", "StillHolds"];
    let untried = checks()
        .iter()
        .map(|check| check.name)
        .find(|name| !tried.contains(name) && !elsewhere.contains(name));
    assert_eq!(untried, None);
}

#[test]
fn a_mistyped_id_is_refused_where_a_type_that_goes_later_could_not_be_told() {
    let mut seen = inventory();
    seen.held.insert(T::Trust, Err(unknown()));
    assert_eq!(names(plan(&seen, &keeping("VOLUME-1"), Stage::Resources)), ["KeptNotFound"]);
    assert!(plan(&seen, &keeping("volume-1"), Stage::Resources).is_ok());
}

#[test]
fn a_name_is_protected_with_a_blank_beside_it_too() {
    let heat = Protected { domains: [" customers".to_owned()].into(), projects: [].into() };
    let refused = offboard(&inventory(), &leaving(), &heat, &[], "0d1c", Stage::Resources);
    assert_eq!(names(refused), ["ProtectedDomain"]);
    let project = ("Customers".to_owned(), format!(" {} ", leaving().name));
    let team = Protected { domains: [].into(), projects: [project].into() };
    let refused = offboard(&inventory(), &leaving(), &team, &[], "0d1c", Stage::Resources);
    assert_eq!(names(refused), ["ProtectedProject"]);
}

#[test]
fn what_an_amphora_left_in_the_tenants_network_makes_the_tenant_no_services_project() {
    let mut seen = inventory();
    let port = &mut all(&mut seen, T::Port)[0];
    port.name = "octavia-lb-vrrp-00000000-0000-4000-8000-000000000000".into();
    let by = port.key.clone();
    assert_eq!(names(plan(&seen, &leaving(), Stage::Resources)), ["OwnsServiceResources"]);
    let what = "port octavia-lb-vrrp in network network-1, of project services".to_owned();
    seen.losses.insert(cloudspec::model::inventory::Loss { by, what });
    assert!(plan(&seen, &leaving(), Stage::Resources).is_ok());
}

#[test]
fn the_built_in_protection_cannot_be_taken_out() {
    let none = Protected { domains: [].into(), projects: [].into() };
    let (mut seen, mut leaving) = (inventory(), leaving());
    seen.tenant.as_mut().unwrap().as_mut().unwrap().domain_name = "admin_domain".into();
    leaving.domain = "admin_domain".into();
    let refused = offboard(&seen, &leaving, &none, &[], "0d1c", Stage::Resources);
    assert_eq!(names(refused), ["ProtectedDomain"]);
}

#[test]
fn all_that_stands_in_the_way_is_told_at_once() {
    let (mut seen, leaving) = (inventory(), leaving());
    seen.tenant.as_mut().unwrap().as_mut().unwrap().immutable = true;
    seen.held.insert(T::Port, Err(unknown()));
    seen.held.insert(T::Secret, Err(unknown()));
    seen.uncovered = Ok(["dns".to_owned(), "network:vpnaas".to_owned()].into());
    let refused = plan(&seen, &leaving, Stage::Resources).unwrap_err();
    let said: Vec<String> = refused.iter().map(|one| format!("{}: {one}", one.name())).collect();
    insta::assert_snapshot!(said.join("\n"));
    let accepted = Leaving { accept_uncovered: ["dns".to_owned()].into(), ..leaving };
    assert_eq!(plan(&seen, &accepted, Stage::Resources).unwrap_err().len(), said.len() - 1);
}

#[test]
fn what_the_stage_does_not_need_stands_in_no_plans_way() {
    let mut seen = inventory();
    seen.held.insert(T::Trust, Err(unknown()));
    assert!(plan(&seen, &leaving(), Stage::Resources).is_ok());
    seen.held.insert(T::Quota, Err(unknown()));
    assert_eq!(names(plan(&seen, &leaving(), Stage::Resources)), ["TypeNotTold"]);
    assert!(plan(&seen, &leaving_wholly(), Stage::Resources).is_ok());
}

#[test]
fn a_plan_that_one_change_plan_cannot_hold_is_refused_with_the_limit() {
    let many = |count: usize, name: &str| {
        let mut seen = empty();
        let one = inventory().held[&T::Port].clone().unwrap().remove(0);
        let ports = (0..count).map(|number| {
            let mut port = one.clone();
            (port.key.id, port.name) = (format!("port-{number:05}"), name.to_owned());
            port.after.clear();
            port
        });
        all(&mut seen, T::Port).extend(ports);
        plan(&seen, &leaving(), Stage::Resources)
    };
    // Three freezes and three resets go with them.
    assert_eq!(many(1600, "").map(|plan| plan.steps.len()), Ok(1606));
    let refused = many(1995, "").unwrap_err();
    assert!(refused.contains(&Refusal::TooLarge("2001 steps, and a ChangePlan holds 2000".into())));
    let Err(refused) = many(994, &"\u{df}".repeat(255)) else { panic!("it was not refused") };
    let [Refusal::TooLarge(why)] = &refused[..] else { panic!("{refused:?}") };
    assert!(
        why.ends_with("bytes with the journal of its 1000 steps, and a ChangePlan holds 1523712"),
        "{why}"
    );
}

type Blinding = fn(&mut Inventory);

#[test]
fn what_could_not_be_told_does_not_count_as_gone() {
    let cases: &[(&str, Blinding)] = &[
        ("the project", |seen| seen.tenant = Err(unknown())),
        ("port", |seen| drop(seen.held.insert(T::Port, Err(unknown())))),
        ("port", |seen| drop(seen.held.remove(&T::Port))),
        ("the services of the cloud", |seen| seen.uncovered = Err(unknown())),
        ("dns", |seen| seen.uncovered = Ok(["dns".to_owned()].into())),
    ];
    for (what, blind) in cases {
        let mut seen = empty();
        blind(&mut seen);
        let not_told = remains(&seen, &leaving(), Stage::Resources).unwrap_err();
        assert_eq!(not_told.0.iter().map(|(what, _)| what.as_str()).collect::<Vec<_>>(), [*what]);
    }
    let mut accepted = empty();
    accepted.uncovered = Ok(["dns".to_owned()].into());
    let leaving = Leaving { accept_uncovered: ["dns".to_owned()].into(), ..leaving() };
    assert_eq!(remains(&accepted, &leaving, Stage::Resources), Ok(vec![]));
}

#[test]
fn a_project_that_is_there_remains_and_one_that_is_gone_does_not() {
    let mut seen = empty();
    let left = remains(&seen, &leaving_wholly(), Stage::Project).unwrap();
    assert_eq!(left.iter().map(|one| one.what.clone()).collect::<Vec<_>>(), [key(T::Project, ID, None)]);
    seen.tenant = Ok(None);
    assert_eq!(remains(&seen, &leaving_wholly(), Stage::Project), Ok(vec![]));
}

#[test]
fn the_secrets_of_a_project_count_until_it_is_gone_for_then_nobody_can_list_them() {
    let mut seen = empty();
    let kinds = [T::SecretOrder, T::SecretContainer, T::Secret];
    kinds.iter().for_each(|kind| drop(seen.held.insert(*kind, Err(unknown()))));
    assert_eq!(remains(&seen, &leaving_wholly(), Stage::Project).unwrap_err().0.len(), 3);
    assert_eq!(names(plan(&seen, &leaving_wholly(), Stage::Project)), ["TypeNotTold"; 3]);
    seen.tenant = Ok(None);
    assert_eq!(remains(&seen, &leaving_wholly(), Stage::Project), Ok(vec![]));
    assert_eq!(remains(&seen, &leaving_wholly(), Stage::Resources).unwrap_err().0.len(), 3);
    all(&mut seen, T::Port).extend(inventory().held[&T::Port].clone().unwrap());
    assert_eq!(remains(&seen, &leaving_wholly(), Stage::Resources).unwrap_err().0.len(), 3);
    assert_eq!(remains(&seen, &leaving_wholly(), Stage::Project).unwrap().len(), 1);
}

#[test]
fn what_is_kept_does_not_remain() {
    let mut seen = empty();
    all(&mut seen, T::Image).extend(inventory().held[&T::Image].clone().unwrap());
    assert_eq!(remains(&seen, &leaving(), Stage::Resources).unwrap().len(), 1);
    for kept in ["image", "image-1"] {
        assert_eq!(remains(&seen, &keeping(kept), Stage::Resources), Ok(vec![]));
    }
}

#[test]
fn what_appeared_and_what_others_would_lose_more_is_told() {
    let approved = resources(&inventory(), &leaving());
    let mut seen = inventory();
    assert!(appeared(&approved, &approved).is_empty() && worse(&approved, &approved).is_empty());
    all(&mut seen, T::Volume)[0].state = Some("available".to_owned());
    all(&mut seen, T::Image).clear();
    all(&mut seen, T::ImageProtection).clear();
    let fewer = resources(&seen, &leaving());
    assert!(appeared(&fewer, &approved).is_empty() && worse(&fewer, &approved).is_empty());
    let mut server = all(&mut seen, T::Server)[0].clone();
    server.key.id = "server-2".to_owned();
    all(&mut seen, T::Server).push(server);
    let network = key(T::Network, "network-1", None);
    seen.losses.insert(cloudspec::model::inventory::Loss { by: network, what: "port p-10".to_owned() });
    let more = resources(&seen, &leaving());
    assert_eq!(appeared(&more, &approved), ["server server-2 \"server one\" (name server one, ACTIVE)"]);
    assert_eq!(worse(&more, &approved), ["network network-1: port p-10"]);
}
