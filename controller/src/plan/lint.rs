//! What every sound plan fulfils, whoever made it: an ordered table of small checks.

use std::collections::BTreeSet;

use super::digest::digest;
use super::offboard::whole;
use super::order::Phase;
use crate::model::action::{GroupRef, ProjectChange, ProjectRef, RuleRef};
use crate::model::desired::{GroupName, TenantName};
use crate::model::rule::Remote;
use crate::model::{Action, Class, Plan, Step};

/// What is wrong with the plan, in words; empty where it is sound.
pub fn lint(plan: &Plan) -> Vec<String> {
    let Plan { cloud, owner, steps, left_alone: _, digest: claimed } = plan;
    let mut wrong = Vec::new();
    if digest(cloud, owner, steps) != *claimed {
        wrong.push("the digest is not that of the steps".to_owned());
    }
    let mut made = Made::default();
    let mut earlier: Vec<&Action> = Vec::new();
    for (place, step) in (1_u32..).zip(steps) {
        let mut say = |what: &str| wrong.push(format!("step {place}: {what}"));
        if step.number != place {
            say(&format!("its number is {}", step.number));
        }
        if earlier.last().is_some_and(|last| Phase::of(last) > Phase::of(&step.action)) {
            say("it belongs before the step before it");
        }
        if earlier.contains(&&step.action) {
            say("an earlier step makes the same call");
        }
        made.take(&step.action).iter().for_each(|what| say(what));
        removal(&step.action, &earlier).into_iter().for_each(&mut say);
        of_one(step).into_iter().for_each(say);
        earlier.push(&step.action);
    }
    wrong
}

/// What is wrong with a step by itself.
fn of_one(step: &Step) -> Vec<&'static str> {
    let Step { number: _, action, summary, findings, class, before: _, after: _, side_effects, revert } =
        step;
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
fn removal(action: &Action, earlier: &[&Action]) -> Vec<&'static str> {
    let Action::Remove { what, project } = action else { return Vec::new() };
    let whole = whole(what);
    let removes =
        |one: &&Action| matches!(one, Action::Remove { what, project: _ } if Some(what) == whole.as_ref());
    let elsewhere =
        |one: &&Action| matches!(one, Action::Remove { what: _, project: other } if other != project);
    let checks = [
        (earlier.iter().any(removes), "what it is a part of is gone by then"),
        (earlier.iter().any(elsewhere), "it removes from another project than the steps before it"),
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
