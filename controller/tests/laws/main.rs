//! The laws of the pure floors, tried on random specs and worlds.
//!
//! A case is a list of choices that shrinks. The seed is fixed and printed; `CLOUDSPEC_SEED=N` tries others, and
//! `CLOUDSPEC_CASES=N` more of them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

mod approval;
mod law;
mod offboard;
mod random;
#[path = "../tenant/mod.rs"]
mod tenant;
#[path = "../world/mod.rs"]
mod world;

use std::cell::Cell;
use std::collections::BTreeSet;

use cloudspec::diff::diff;
use cloudspec::model::cloud::{Group, Principal, Project, SecurityGroup, User};
use cloudspec::model::desired::{PeerName, PrincipalName};
use cloudspec::model::finding::RoleIs;
use cloudspec::model::rule::Remote;
use cloudspec::model::{Action, Aspect, Class, Desired, Finding, FindingKind, Plan, Snapshot};
use cloudspec::plan::{from_spec, lint, plan, to_spec, users_to_ask, within};
use cloudspec_crds::change_plan::ChangePlanSpec;
use law::{OWNER, actions, ensure, law, owner, planned};
use random::{Dice, Mood, desired, unknown};
use world::carry_out;

fn case(dice: &mut Dice) -> (Desired, Snapshot) {
    let mood = dice.pick(&[Mood::Wild, Mood::Wild, Mood::Tame]);
    (desired(dice, mood), random::world(dice, mood))
}

type Blinding = (&'static str, fn(&mut Snapshot), fn(&Desired) -> bool);

/// Each listing, how to lose it, and whether a spec compares something of it.
const LISTINGS: &[Blinding] = &[
    ("domains", |seen| seen.domains = Err(unknown("identity")), compares_anything),
    ("projects", |seen| seen.projects = Err(unknown("identity")), compares_anything),
    (
        "users",
        |seen| seen.users.values_mut().for_each(|listing| *listing = Err(unknown("identity"))),
        |desired| principals(desired).any(|principal| matches!(principal, PrincipalName::User { .. })),
    ),
    (
        "groups",
        |seen| seen.groups.values_mut().for_each(|listing| *listing = Err(unknown("identity"))),
        |desired| principals(desired).any(|principal| matches!(principal, PrincipalName::Group { .. })),
    ),
    ("roles", |seen| seen.roles = Err(unknown("identity")), |desired| principals(desired).next().is_some()),
    (
        "assignments",
        |seen| seen.assignments = Err(unknown("identity")),
        |desired| desired.tenants.iter().any(|tenant| tenant.roles.is_some()),
    ),
    (
        "security groups",
        |seen| seen.security_groups = Err(unknown("network")),
        |desired| !desired.security_groups.is_empty(),
    ),
    (
        "address groups",
        |seen| seen.address_groups = Err(unknown("network")),
        |desired| {
            let mut rules = desired.security_groups.iter().flat_map(|group| group.rules.values().flatten());
            rules.any(|rule| {
                matches!(rule.rule.remote, Remote::AddressGroup(PeerName::Id(_) | PeerName::Name(_)))
            })
        },
    ),
    ("initial rules", |seen| seen.initial_rules = Err(unknown("network")), |_| false),
    (
        "quotas",
        |seen| {
            let all = seen.quotas.values_mut().flat_map(|of_service| of_service.values_mut());
            all.for_each(|limits| *limits = Err(unknown("compute")));
        },
        |desired| desired.tenants.iter().any(|tenant| !tenant.quotas.is_empty()),
    ),
    (
        "application credentials",
        |seen| {
            seen.application_credentials.values_mut().for_each(|all| *all = Err(unknown("identity")));
        },
        |_| false,
    ),
];

fn compares_anything(desired: &Desired) -> bool {
    *desired != Desired::default()
}

fn principals(desired: &Desired) -> impl Iterator<Item = &PrincipalName> {
    let roles = desired.tenants.iter().flat_map(|tenant| tenant.roles.iter().flatten());
    roles.map(|role| &role.principal)
}

fn told(findings: &[Finding]) -> BTreeSet<String> {
    findings
        .iter()
        .filter(|finding| finding.kind != FindingKind::Unknowable)
        .map(|finding| format!("{} {:?} {:?}", finding.subject, finding.aspect, finding.kind))
        .collect()
}

#[test]
fn an_unknown_listing_adds_no_finding_and_no_step_and_is_never_silence() {
    law(|dice| {
        let (desired, seen) = case(dice);
        let (known, before) = (told(&diff(&desired, &seen)), planned(&desired, &seen));
        let allowed = actions(&before);
        for (listing, lose, compares) in LISTINGS {
            let mut blind = seen.clone();
            lose(&mut blind);
            let findings = diff(&desired, &blind);
            let more: Vec<_> = told(&findings).difference(&known).cloned().collect();
            ensure(more.is_empty(), || format!("without {listing}: {more:?}"))?;
            let after = plan(&desired, &blind, &findings, OWNER);
            let more = actions(&after).into_iter().find(|action| !allowed.contains(action));
            ensure(more.is_none(), || format!("without {listing}: {more:?}"))?;
            let silent = compares(&desired) && findings.is_empty();
            ensure(!silent, || format!("without {listing}: nothing found"))?;
        }
        Ok(())
    });
}

#[test]
fn every_finding_has_a_step_or_a_reason_and_a_name_of_its_own() {
    law(|dice| {
        let (desired, seen) = case(dice);
        let findings = diff(&desired, &seen);
        let plan = plan(&desired, &seen, &findings, OWNER);
        let names: BTreeSet<String> = findings.iter().map(Finding::fingerprint).collect();
        ensure(names.len() == findings.len(), || format!("two findings have one name: {findings:#?}"))?;
        let of_steps = plan.steps.iter().flat_map(|step| &step.findings);
        let spoken_of: BTreeSet<String> =
            of_steps.chain(plan.left_alone.iter().map(|left| &left.finding)).cloned().collect();
        ensure(names == spoken_of, || format!("{names:?} and {spoken_of:?}"))
    });
}

#[test]
fn no_step_follows_from_what_could_not_be_told() {
    law(|dice| {
        let (desired, seen) = case(dice);
        let findings = diff(&desired, &seen);
        let plan = plan(&desired, &seen, &findings, OWNER);
        let unknowable: BTreeSet<String> = findings
            .iter()
            .filter(|finding| finding.kind == FindingKind::Unknowable)
            .map(Finding::fingerprint)
            .collect();
        let wrong = plan.steps.iter().find(|step| step.findings.iter().any(|name| unknowable.contains(name)));
        ensure(wrong.is_none(), || format!("{wrong:?}"))
    });
}

#[test]
fn a_plan_is_sound_and_reads_back_as_itself() {
    law(|dice| {
        let (desired, seen) = case(dice);
        let plan = planned(&desired, &seen);
        let wrong = lint(&plan);
        ensure(wrong.is_empty(), || format!("{wrong:?}\n{plan:#?}"))?;
        let kept = to_spec(&plan, owner());
        let json = serde_json::to_string(&kept).map_err(|why| why.to_string())?;
        let back: ChangePlanSpec = serde_json::from_str(&json).map_err(|why| why.to_string())?;
        let read = from_spec(&back).map_err(|why| why.to_string())?;
        ensure(read == plan, || format!("{read:#?}\n{plan:#?}"))
    });
}

#[test]
fn an_approved_plan_in_a_quiet_world_leaves_only_what_was_left_alone() {
    let whole = Cell::new(0);
    law(|dice| {
        let (desired, mut seen) = case(dice);
        let plan = planned(&desired, &seen);
        carry_out(&plan, &mut seen)?;
        let after = diff(&desired, &seen);
        let left: BTreeSet<&str> = plan.left_alone.iter().map(|left| left.resource.as_str()).collect();
        let of = |finding: &Finding| {
            let subject = finding.subject.to_string();
            left.iter().any(|resource| *resource == subject || resource.starts_with(&format!("{subject} ")))
        };
        let unexpected: Vec<_> = after.iter().filter(|finding| !of(finding)).collect();
        ensure(unexpected.is_empty(), || format!("{unexpected:#?}\n{plan:#?}"))?;
        if plan.left_alone.is_empty() && plan.steps.len() > 2 {
            whole.set(whole.get() + 1);
        }
        let again = planned(&desired, &seen);
        // A group whose project or peer was just made may be corrected only now.
        ensure(plan.left_alone.is_empty() <= again.steps.is_empty(), || format!("{again:#?}"))
    });
    assert!(whole.get() > 20, "only {} plans of some size corrected everything", whole.get());
}

#[test]
fn the_order_of_listings_and_what_is_not_compared_change_no_digest() {
    law(|dice| {
        let (desired, seen) = case(dice);
        let mut other = seen.clone();
        shuffle(dice, &mut other);
        churn(&mut other);
        let (one, other) = (planned(&desired, &seen), planned(&desired, &other));
        ensure(one.digest == other.digest, || format!("{one:#?}\n{other:#?}"))
    });
}

fn shuffle(dice: &mut Dice, seen: &mut Snapshot) {
    dice.shuffle(seen.domains.as_mut().unwrap());
    dice.shuffle(seen.projects.as_mut().unwrap());
    seen.users.values_mut().for_each(|users| dice.shuffle(users.as_mut().unwrap()));
    dice.shuffle(seen.roles.as_mut().unwrap());
    dice.shuffle(seen.assignments.as_mut().unwrap());
    let groups = seen.security_groups.as_mut().unwrap();
    groups.iter_mut().for_each(|group| dice.shuffle(&mut group.rules));
    dice.shuffle(groups);
    if let Ok(rules) = &mut seen.initial_rules {
        dice.shuffle(rules);
    }
}

/// Changes that no spec of these tests speaks of.
fn churn(seen: &mut Snapshot) {
    let project = Project {
        id: "p-new".into(),
        name: "new".into(),
        domain: "d2-id".into(),
        description: String::new(),
        enabled: true,
        tags: BTreeSet::new(),
        immutable: false,
    };
    seen.projects.as_mut().unwrap().push(project);
    let stranger = User { id: "u-new".into(), name: "new".into(), domain: "d1-id".into() };
    seen.users.entry("d1-id".into()).or_insert_with(|| Ok(vec![])).as_mut().unwrap().push(stranger);
    let strangers = Group { id: "g-new".into(), name: "new".into(), domain: "d1-id".into() };
    seen.groups.entry("d1-id".into()).or_insert_with(|| Ok(vec![])).as_mut().unwrap().push(strangers);
    let groups = seen.security_groups.as_mut().unwrap();
    groups.iter_mut().for_each(|group| group.revision += 1);
    groups.push(SecurityGroup {
        id: "sg-new".into(),
        name: "web".into(),
        project: "p-new".into(),
        description: String::new(),
        revision: 1,
        rules: vec![],
    });
    for limits in seen.quotas.values_mut().flat_map(|of_service| of_service.values_mut()).flatten() {
        // Of the compute service, and listed by no spec of these tests.
        limits.entry("instances".to_owned()).and_modify(|limit| *limit += 1);
    }
}

#[test]
fn only_the_users_who_lose_a_role_are_asked_for_their_credentials() {
    law(|dice| {
        let (desired, seen) = case(dice);
        let findings = diff(&desired, &seen);
        let asked = users_to_ask(&desired, &findings);
        let plan = plan(&desired, &seen, &findings, OWNER);
        let losing: BTreeSet<_> = plan
            .steps
            .iter()
            .filter_map(|step| match &step.action {
                Action::RevokeRole { principal: Principal::User(user), .. } => Some(user.clone()),
                _ => None,
            })
            .collect();
        ensure(losing == asked, || format!("{losing:?} and {asked:?}"))?;
        let told = |finding: &Finding| matches!(finding.aspect, Aspect::Role(RoleIs::Known(_)));
        ensure(asked.is_empty() || findings.iter().any(told), || "asked without a finding".to_owned())
    });
}

type Mutation<'a> = (&'static str, &'a dyn Fn(&mut Plan));

#[test]
fn a_part_of_a_plan_is_within_it_and_any_other_step_is_not() {
    law(|dice| {
        let (desired, seen) = case(dice);
        let approved = planned(&desired, &seen);
        if approved.steps.is_empty() {
            return Ok(());
        }
        within(&approved, &approved).map_err(|why| format!("{why:?}"))?;
        let at = dice.roll(approved.steps.len());
        let changed = |change: &dyn Fn(&mut Plan)| {
            let mut fresh = approved.clone();
            change(&mut fresh);
            within(&fresh, &approved)
        };
        ensure(changed(&|fresh| drop(fresh.steps.remove(at))).is_ok(), || "fewer steps".to_owned())?;
        let mutations: &[Mutation<'_>] = &[
            ("another call", &|fresh| {
                fresh.steps[at].action = Action::DescribeSecurityGroup {
                    group: "sg-new".into(),
                    from: "x".into(),
                    to: "y".into(),
                };
            }),
            ("the call of another step", &|fresh| {
                let other = fresh.steps[(at + 1) % fresh.steps.len()].action.clone();
                let own = std::mem::replace(&mut fresh.steps[at].action, other);
                if fresh.steps.len() == 1 {
                    fresh.steps[at].summary.push_str(&format!("{own:?}"));
                }
            }),
            ("another class", &|fresh| {
                let class = &mut fresh.steps[at].class;
                *class = if *class == Class::Reversible { Class::Destructive } else { Class::Reversible };
            }),
            ("one more side effect", &|fresh| fresh.steps[at].side_effects.push("zzz".to_owned())),
            ("another summary", &|fresh| fresh.steps[at].summary.push('x')),
            ("other findings", &|fresh| fresh.steps[at].findings.push("zzz".to_owned())),
            ("another before", &|fresh| fresh.steps[at].before = Some("zzz".to_owned())),
            ("another after", &|fresh| fresh.steps[at].after = Some("zzz".to_owned())),
            ("a step twice", &|fresh| fresh.steps.push(fresh.steps[at].clone())),
            ("another cloud", &|fresh| fresh.cloud.region.push('x')),
            ("another owner", &|fresh| fresh.owner.push('x')),
        ];
        for (what, mutation) in mutations {
            ensure(changed(mutation).is_err(), || format!("{what} at {at} is within {approved:#?}"))?;
        }
        Ok(())
    });
}
