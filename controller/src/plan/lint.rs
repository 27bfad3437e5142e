//! What every sound plan fulfils, whoever made it: an ordered table of small checks.

use std::collections::BTreeSet;

use super::digest::digest;
use super::offboard::whole;
use super::order::Phase;
use crate::model::action::{GroupRef, ProjectChange, ProjectRef, RuleRef};
use crate::model::desired::{GroupName, TenantName};
use crate::model::ids::ProjectId;
use crate::model::rule::Remote;
use crate::model::{Action, Class, Plan, ResourceKey, Step};

/// What is wrong with the plan, in words; empty where it is sound.
pub fn lint(plan: &Plan) -> Vec<String> {
    let Plan { cloud, owner, steps, left_alone: _, digest: claimed } = plan;
    let mut wrong = Vec::new();
    if digest(cloud, owner, steps) != *claimed {
        wrong.push("the digest is not that of the steps".to_owned());
    }
    let mut made = Made::default();
    let (mut seen, mut earlier) = (BTreeSet::new(), Vec::<&Step>::new());
    for (place, step) in (1_u32..).zip(steps) {
        let mut say = |what: &str| wrong.push(format!("step {place}: {what}"));
        if step.number != place {
            say(&format!("its number is {}", step.number));
        }
        if earlier.last().is_some_and(|last| Phase::of(&last.action) > Phase::of(&step.action)) {
            say("it belongs before the step before it");
        }
        if !seen.insert(&step.action) {
            say("an earlier step makes the same call");
        }
        wave(step, earlier.last().copied()).into_iter().for_each(&mut say);
        made.take(&step.action).iter().for_each(|what| say(what));
        removal(step, &earlier).into_iter().for_each(&mut say);
        of_one(step).into_iter().for_each(say);
        earlier.push(step);
    }
    wrong
}

/// What is wrong with a step's wave after the step before it.
fn wave(step: &Step, before: Option<&Step>) -> Vec<&'static str> {
    let last = before.map_or(0, |before| before.wave);
    let beside = before.filter(|before| before.wave == step.wave);
    let checks = [
        (step.wave != last + 1 && beside.is_none(), "its wave does not follow that of the step before it"),
        (
            beside.is_some_and(|beside| Phase::of(&beside.action) != Phase::of(&step.action)),
            "it is no step to go side by side with the one before it",
        ),
    ];
    checks.into_iter().filter_map(|(wrong, what)| wrong.then_some(what)).collect()
}

/// What is wrong with a step by itself.
fn of_one(step: &Step) -> Vec<&'static str> {
    let Step {
        number: _,
        wave: _,
        action,
        summary,
        findings,
        class,
        before: _,
        after: _,
        side_effects,
        revert,
    } = step;
    let checks = [
        (summary.is_empty(), "it does not say what it does"),
        (revert.is_empty(), "it does not say how to take it back"),
        (findings.is_empty(), "it corrects no finding"),
        (!findings.is_sorted_by(|one, next| one < next), "its findings are not sorted, each once"),
        (!side_effects.is_sorted_by(|one, next| one < next), "its side effects are not sorted, each once"),
        (*class == Class::Destructive && side_effects.is_empty(), "it destroys, and does not say what"),
        (
            *class == Class::Reversible && matches!(action, Action::DeleteRule { .. }),
            "a rule gets another id",
        ),
        (changes_nothing(action), "it changes nothing"),
        (mixes_groups(action), "a rule is named by id of a group that is yet to be made, or the reverse"),
    ];
    checks.into_iter().filter_map(|(wrong, what)| wrong.then_some(what)).collect()
}

fn changes_nothing(action: &Action) -> bool {
    match action {
        Action::ChangeProject { project: _, change } => match change {
            ProjectChange::Description { from, to } => from == to,
            ProjectChange::Tags { from, to } => from == to,
            ProjectChange::Enabled { from, to } | ProjectChange::Protected { from, to } => from == to,
        },
        Action::SetQuota { project: _, service: _, from, to } => match from {
            Some(from) => to.iter().all(|(limit, value)| from.get(limit) == Some(value)),
            None => to.is_empty(),
        },
        Action::DescribeSecurityGroup { group: _, from, to } => from == to,
        Action::CreateProject { .. }
        | Action::GrantRole { .. }
        | Action::RevokeRole { .. }
        | Action::CreateSecurityGroup { .. }
        | Action::CreateRule { .. }
        | Action::DeleteRule { .. }
        | Action::Remove { .. } => false,
    }
}

/// What is wrong with a removal after the earlier calls.
fn removal(step: &Step, earlier: &[&Step]) -> Vec<&'static str> {
    let Action::Remove { what, project } = &step.action else { return Vec::new() };
    let its_whole = whole(what);
    let is = |one: &Step, so: &dyn Fn(&ResourceKey, &ProjectId) -> bool| match &one.action {
        Action::Remove { what, project } => so(what, project),
        _ => false,
    };
    let any = |so: &dyn Fn(&ResourceKey, &ProjectId) -> bool| earlier.iter().any(|one| is(one, so));
    let beside = earlier.iter().rev().take_while(|one| one.wave == step.wave);
    let checks = [
        (
            its_whole.is_some() && any(&|one, _| Some(one) == its_whole.as_ref()),
            "what it is a part of is gone by then",
        ),
        (
            beside.into_iter().any(|one| is(one, &|one, _| whole(one).as_ref() == Some(what))),
            "a part of it goes side by side with it",
        ),
        (any(&|_, other| other != project), "it removes from another project than the steps before it"),
    ];
    checks.into_iter().filter_map(|(wrong, what)| wrong.then_some(what)).collect()
}

fn mixes_groups(action: &Action) -> bool {
    match action {
        Action::DeleteRule { group, which, rule: _ } => {
            matches!(
                (group, which),
                (GroupRef::Id(_), RuleRef::Initial) | (GroupRef::Made(_), RuleRef::Id(_))
            )
        }
        _ => false,
    }
}

/// What the steps so far have made.
#[derive(Default)]
struct Made {
    projects: BTreeSet<TenantName>,
    groups: BTreeSet<GroupName>,
}

impl Made {
    /// Notes what a call makes; says what it refers to that no earlier call makes, and what was made before.
    fn take(&mut self, action: &Action) -> Vec<String> {
        let mut wrong = Vec::new();
        match action {
            Action::CreateProject { name, .. } => {
                if !self.projects.insert(name.clone()) {
                    wrong.push(format!("project {name} is made twice"));
                }
            }
            Action::ChangeProject { project, change: _ }
            | Action::SetQuota { project, .. }
            | Action::GrantRole { project, .. } => self.project(project, &mut wrong),
            Action::CreateSecurityGroup { project, name, description: _ } => {
                self.project(project, &mut wrong);
                if !self.groups.insert(name.clone()) {
                    wrong.push(format!("security group {name} is made twice"));
                }
            }
            Action::CreateRule { project, group, rule, description: _ } => {
                self.project(project, &mut wrong);
                self.group(group, &mut wrong);
                if let Remote::Group(peer) = &rule.remote {
                    self.group(peer, &mut wrong);
                }
            }
            Action::DeleteRule { group, which: _, rule: _ } => self.group(group, &mut wrong),
            Action::RevokeRole { .. } | Action::DescribeSecurityGroup { .. } | Action::Remove { .. } => {}
        }
        wrong
    }

    fn project(&self, project: &ProjectRef, wrong: &mut Vec<String>) {
        match project {
            ProjectRef::Made(name) if !self.projects.contains(name) => {
                wrong.push(format!("no earlier step makes project {name}"));
            }
            ProjectRef::Made(_) | ProjectRef::Id(_) => {}
        }
    }

    fn group(&self, group: &GroupRef, wrong: &mut Vec<String>) {
        match group {
            GroupRef::Made(name) if !self.groups.contains(name) => {
                wrong.push(format!("no earlier step makes security group {name}"));
            }
            GroupRef::Made(_) | GroupRef::Id(_) => {}
        }
    }
}
