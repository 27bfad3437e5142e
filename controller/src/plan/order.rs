//! The order of the calls, and what follows from a place in it.
//!
//! What is needed comes before what needs it; access that is given comes before access that is taken away; protection comes
//! last, for it would refuse the rest. Within a phase the order is that of the names, then that of the calls.

use super::draft::Draft;
use super::revert::{Makers, revert};
use super::side_effects::{self, Loss};
use crate::model::action::ProjectChange;
use crate::model::{Action, ResourceType, Snapshot, Step};

/// The phases, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// An immutable project refuses every other change.
    Unprotect,
    Projects,
    ProjectFields,
    Quotas,
    Grants,
    Groups,
    Descriptions,
    NewRules,
    OldRules,
    Revocations,
    /// What a tenant that leaves holds; the order among them is that of their types.
    Removals,
    /// Limits of a tenant's own: what it holds is frozen by them until it is gone.
    QuotaResets,
    /// A disabled project lets nobody look whether the rest is right.
    Disable,
    /// Of a tenant that leaves; it is disabled first.
    ProjectRemoval,
    Protect,
}

impl Phase {
    pub(super) fn of(action: &Action) -> Self {
        match action {
            Action::CreateProject { .. } => Self::Projects,
            Action::ChangeProject { project: _, change } => match change {
                ProjectChange::Protected { from: _, to: true } => Self::Protect,
                ProjectChange::Protected { from: _, to: false } => Self::Unprotect,
                ProjectChange::Enabled { from: _, to: false } => Self::Disable,
                ProjectChange::Enabled { from: _, to: true }
                | ProjectChange::Description { .. }
                | ProjectChange::Tags { .. } => Self::ProjectFields,
            },
            Action::SetQuota { .. } => Self::Quotas,
            Action::GrantRole { .. } => Self::Grants,
            Action::RevokeRole { .. } => Self::Revocations,
            Action::Remove { what, project: _ } => match what.kind {
                ResourceType::Quota => Self::QuotaResets,
                ResourceType::Project => Self::ProjectRemoval,
                _ => Self::Removals,
            },
            Action::CreateSecurityGroup { .. } => Self::Groups,
            Action::DescribeSecurityGroup { .. } => Self::Descriptions,
            Action::CreateRule { .. } => Self::NewRules,
            Action::DeleteRule { .. } => Self::OldRules,
        }
    }
}

/// The steps, numbered from 1.
pub(super) fn steps(mut drafts: Vec<Draft>, snapshot: &Snapshot) -> Vec<Step> {
    drafts.sort_by(|one, other| key(one).cmp(&key(other)));
    let drafts = merge(drafts);
    let makers = Makers::of(drafts.iter().map(|draft| &draft.action));
    (1..).zip(&drafts).map(|(number, draft)| step(number, draft, &makers, snapshot)).collect()
}

fn step(number: u32, draft: &Draft, makers: &Makers<'_>, snapshot: &Snapshot) -> Step {
    let Draft { action, subject: _, summary, findings, before, after } = draft.clone();
    let Loss { class, side_effects } = side_effects::of(&action, snapshot);
    Step {
        number,
        wave: number,
        revert: revert(&action, number, makers, snapshot),
        action,
        summary,
        findings: findings.into_iter().collect(),
        class,
        before,
        after,
        side_effects: side_effects.into_iter().collect(),
    }
}

fn key(draft: &Draft) -> (Phase, &str, &Action) {
    (Phase::of(&draft.action), &draft.subject, &draft.action)
}

/// One call for all findings that ask for the same: a rule may be listed by the name of a group and by its id.
fn merge(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut merged: Vec<Draft> = Vec::new();
    for draft in drafts {
        match merged.iter_mut().find(|earlier| same(&earlier.action, &draft.action)) {
            Some(earlier) => earlier.findings.extend(draft.findings),
            None => merged.push(draft),
        }
    }
    merged
}

/// Whether the second call would be refused after the first, as it asks for what is there by then.
fn same(one: &Action, other: &Action) -> bool {
    match (one, other) {
        (
            Action::CreateRule { project: _, group, rule, description: _ },
            Action::CreateRule { project: _, group: other_group, rule: other_rule, description: _ },
        ) => group == other_group && rule == other_rule,
        _ => one == other,
    }
}
