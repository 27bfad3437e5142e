//! What an earlier step made takes its place in a later one.

use std::collections::BTreeMap;

use super::port::{Entry, StepState};
use crate::model::action::{GroupRef, ProjectRef};
use crate::model::desired::{GroupName, TenantName};
use crate::model::ids::{ProjectId, SecurityGroupId};
use crate::model::rule::{Remote, Rule};
use crate::model::{Action, Step};

/// Ids of what the plan has made so far.
#[derive(Debug, Default)]
pub(super) struct Made {
    projects: BTreeMap<TenantName, ProjectId>,
    groups: BTreeMap<GroupName, SecurityGroupId>,
}

/// Something that was to be made before, and was not.
#[derive(Debug, thiserror::Error)]
#[error("{0} was to be made by an earlier step, and its id is not in the journal")]
pub(super) struct NotMade(String);

impl Made {
    /// Learns from the journal of these steps.
    pub(super) fn from_journal(steps: &[Step], entries: &[Entry]) -> Self {
        let mut made = Self::default();
        for entry in entries {
            if let Some(step) = steps.iter().find(|step| step.number == entry.number) {
                made.learn(step, entry);
            }
        }
        made
    }

    /// Learns from what became of one step.
    pub(super) fn learn(&mut self, step: &Step, entry: &Entry) {
        let ended = matches!(entry.state, StepState::Done | StepState::AlreadyDone);
        let Some(id) = entry.created_id.as_deref().filter(|_| ended) else { return };
        match &step.action {
            Action::CreateProject { name, .. } => drop(self.projects.insert(name.clone(), id.into())),
            Action::CreateSecurityGroup { name, .. } => drop(self.groups.insert(name.clone(), id.into())),
            Action::ChangeProject { .. }
            | Action::SetQuota { .. }
            | Action::GrantRole { .. }
            | Action::RevokeRole { .. }
            | Action::DescribeSecurityGroup { .. }
            | Action::CreateRule { .. }
            | Action::DeleteRule { .. }
            | Action::Remove { .. } => {}
        }
    }

    /// The action with ids in place of names.
    pub(super) fn resolve(&self, action: &Action) -> Result<Action, NotMade> {
        let mut action = action.clone();
        match &mut action {
            Action::ChangeProject { project, .. }
            | Action::SetQuota { project, .. }
            | Action::GrantRole { project, .. }
            | Action::CreateSecurityGroup { project, .. } => self.project(project)?,
            Action::CreateRule { project, group, rule, .. } => {
                self.project(project)?;
                self.group(group)?;
                self.remote(rule)?;
            }
            Action::DeleteRule { group, .. } => self.group(group)?,
            Action::CreateProject { .. }
            | Action::Remove { .. }
            | Action::RevokeRole { .. }
            | Action::DescribeSecurityGroup { .. } => {}
        }
        Ok(action)
    }

    fn project(&self, project: &mut ProjectRef) -> Result<(), NotMade> {
        if let ProjectRef::Made(name) = project {
            let id = self.projects.get(name).ok_or_else(|| NotMade(format!("tenant {name}")))?;
            *project = ProjectRef::Id(id.clone());
        }
        Ok(())
    }

    fn group(&self, group: &mut GroupRef) -> Result<(), NotMade> {
        if let GroupRef::Made(name) = group {
            let id = self.groups.get(name).ok_or_else(|| NotMade(format!("security group {name}")))?;
            *group = GroupRef::Id(id.clone());
        }
        Ok(())
    }

    fn remote<A>(&self, rule: &mut Rule<GroupRef, A>) -> Result<(), NotMade> {
        match &mut rule.remote {
            Remote::Group(group) => self.group(group),
            Remote::Anywhere | Remote::Network(_) | Remote::AddressGroup(_) => Ok(()),
        }
    }
}
