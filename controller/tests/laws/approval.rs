//! The law of the gate: what is carried out is part of what was approved.

use std::cell::Cell;

use super::law::{OWNER, actions, ensure, law, owner, planned};
use super::random::{Dice, Mood, desired, world};
use cloudspec::gate::approval::{Answer, Facts, Guard, Offered, Request, Rules};
use cloudspec::gate::{Approval, Verdict, admit, decide};
use cloudspec::model::cloud::CloudIdentity;
use cloudspec::model::{Action, Class, Plan, PlanDigest};
use cloudspec::plan::{classes, to_spec, within};
use cloudspec_crds::ChangePlanStatus;
use cloudspec_crds::change_plan::ChangePlanSpec;
use cloudspec_crds::cloud_spec::{ApprovalPolicy, RequireDigest};
use jiff::Timestamp;

/// The calls without what they do not depend upon: limits that are not set.
fn calls(plan: &Plan) -> Vec<Action> {
    let mut calls: Vec<Action> = actions(plan).into_iter().cloned().collect();
    for call in &mut calls {
        if let Action::SetQuota { from: Some(from), to, .. } = call {
            from.retain(|limit, _| to.contains_key(limit));
        }
    }
    calls
}

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + 60 * minutes).unwrap()
}

/// What is shown to the gate, mostly as it must be.
fn shown(dice: &mut Dice, plan: &Plan) -> (Request, Option<Offered>, Rules, Facts) {
    let other = PlanDigest("sha256:00".to_owned());
    let digest = plan.digest.clone();
    let value = ["true", &digest.0, "true", &digest.0, "true", "false", "yes", ""];
    let request = Request {
        approved: (!dice.once_in(64)).then(|| dice.pick(&value).to_owned()),
        by: (!dice.once_in(64)).then(|| "ann".to_owned()),
        groups: vec![],
        plan: Some(if dice.once_in(64) { other.0.clone() } else { digest.0.clone() }),
        offer: (!dice.once_in(64))
            .then(|| dice.pick(&["7", "7", "7", "7", "7", "7", "7", "7", "7", "6", "8", "x"]).to_owned()),
        spec_author: dice.some(|dice| dice.pick(&["ann", "bob"]).to_owned()),
        in_last_applied: dice.once_in(64),
        applied_with_spec: dice.once_in(64),
        being_deleted: dice.once_in(64),
        generation: 3 + i64::from(dice.once_in(64)),
    };
    let offered = Offered {
        name: "lab".into(),
        digest: digest.clone(),
        offer: 7,
        offered_at: at(0),
        generation: 3,
        classes: classes(&plan.steps),
        owner: OWNER.into(),
        cloud: plan.cloud.clone(),
    };
    let mut rules = Rules::of(&ApprovalPolicy::default()).unwrap();
    rules.separate_author = dice.once_in(2);
    rules.require_digest =
        dice.pick(&[RequireDigest::Destructive, RequireDigest::Never, RequireDigest::Always]);
    let elsewhere = CloudIdentity { region: "RegionTwo".into(), ..plan.cloud.clone() };
    let facts = Facts {
        now: at(dice.pick(&[5, 5, 5, 5, 5, 5, 5, 5, 0, 60, 61])),
        may_approve: dice.pick(&[
            Answer::Yes,
            Answer::Yes,
            Answer::Yes,
            Answer::Yes,
            Answer::No,
            Answer::NotTold("x".into()),
        ]),
        guard: dice.pick(&[
            Guard::Enforced,
            Guard::Enforced,
            Guard::Enforced,
            Guard::Advisory,
            Guard::NotEnforced("x".into()),
        ]),
        suspended: dice.once_in(64),
        can_apply: !dice.once_in(64),
        exceeded: if dice.once_in(64) { vec!["x".into()] } else { vec![] },
        owner: if dice.once_in(64) { "another".into() } else { OWNER.into() },
        cloud: if dice.once_in(64) { elsewhere } else { plan.cloud.clone() },
        current: (!dice.once_in(64)).then(|| if dice.once_in(64) { other } else { digest }),
        decided: dice.once_in(64),
    };
    let offered = (!dice.once_in(64)).then_some(offered);
    (request, offered, rules, facts)
}

/// What must be so of whatever was approved, said again and otherwise than the gate says it.
fn rightly(approval: &Approval, shown: &(Request, Option<Offered>, Rules, Facts), plan: &Plan) -> bool {
    let (request, offered, rules, facts) = shown;
    let Some(offered) = offered else { return false };
    let value = request.approved.as_deref();
    let destroys = plan.steps.iter().any(|step| step.class == Class::Destructive);
    let digest_due = match rules.require_digest {
        RequireDigest::Never => false,
        RequireDigest::Destructive => destroys,
        RequireDigest::Always => true,
    };
    [
        approval.digest == plan.digest && offered.digest == plan.digest,
        request.plan.as_ref() == Some(&plan.digest.0) && facts.current.as_ref() == Some(&plan.digest),
        request.by.as_deref() == Some(approval.by.as_str()) && request.offer.as_deref() == Some("7"),
        value == Some(&plan.digest.0) || (value == Some("true") && !digest_due),
        !request.in_last_applied && !request.applied_with_spec && !request.being_deleted,
        request.generation == 3 && facts.owner == OWNER && facts.cloud == plan.cloud,
        facts.now >= at(0) + rules.min_plan_age && facts.now <= at(0) + rules.expires_after,
        facts.may_approve == Answer::Yes && !matches!(facts.guard, Guard::NotEnforced(_)),
        !facts.suspended && facts.can_apply && facts.exceeded.is_empty() && !facts.decided,
        !rules.separate_author || request.spec_author.as_deref() == Some("bob"),
    ]
    .into_iter()
    .all(|so| so)
}

#[test]
fn what_is_carried_out_is_part_of_what_was_approved() {
    let (approved, admitted) = (Cell::new(0), Cell::new(0));
    law(|dice| {
        let mood = dice.pick(&[Mood::Tame, Mood::Wild]);
        // The choices for the gate come first: long worlds use all of them up.
        let mut own: Vec<u8> = (0..80).map(|_| u8::try_from(dice.roll(256)).unwrap()).collect();
        own.rotate_left(1);
        let mut gate = Dice::new(own);
        let (desired, mut seen) = (desired(dice, mood), world(dice, mood));
        let plan = planned(&desired, &seen);
        let shown = shown(&mut gate, &plan);
        let (request, offered, rules, facts) = &shown;
        let Verdict::Approved(approval) = decide(request, offered.as_ref(), rules, facts) else {
            return Ok(());
        };
        approved.set(approved.get() + 1);
        ensure(rightly(&approval, &shown, &plan), || format!("{shown:#?}"))?;
        let status = ChangePlanStatus {
            phase: Some("Offered".into()),
            decision: Some(approval.decision(facts.now)),
            ..ChangePlanStatus::default()
        };
        let mut spec = to_spec(&plan, owner());
        tamper(&mut gate, &mut spec);
        let Ok(admitted_plan) = admit(&spec, &status, OWNER, &plan.cloud) else { return Ok(()) };
        admitted.set(admitted.get() + 1);
        ensure(actions(admitted_plan.plan()) == actions(&plan), || format!("{spec:#?}"))?;
        // Someone has been at work in the cloud in between.
        if gate.once_in(2) {
            seen = world(&mut gate, mood);
        }
        let fresh = planned(&desired, &seen);
        if within(&fresh, admitted_plan.plan()).is_ok() {
            let approved = calls(&plan);
            let more = calls(&fresh).into_iter().find(|call| !approved.contains(call));
            ensure(more.is_none(), || format!("{more:?}"))?;
        }
        Ok(())
    });
    assert!(approved.get() > 25, "only {} were approved", approved.get());
    assert!(admitted.get() > 12, "only {} were admitted", admitted.get());
}

/// Changes a ChangePlan behind the controller's back, now and then.
fn tamper(dice: &mut Dice, spec: &mut ChangePlanSpec) {
    if spec.steps.is_empty() {
        return;
    }
    let at = dice.roll(spec.steps.len());
    match dice.roll(12) {
        6 => spec.steps.swap(0, at),
        7 => drop(spec.steps.remove(at)),
        8 => {
            spec.steps[at].action =
                serde_json::json!({"revokeRole": {"project": "p", "principal": {"user": "u"}, "role": "r"}})
        }
        9 => spec.steps[at].side_effects.clear(),
        10 => spec.steps[at].class = "Reversible".to_owned(),
        11 => spec.cloud.region = "RegionTwo".to_owned(),
        _ => {}
    }
}
