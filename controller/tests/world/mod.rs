//! A cloud in memory: what the services do to a snapshot when they are called, and what they refuse.

use std::collections::BTreeMap;

use cloudspec::model::action::{Action, GroupRef, ProjectChange, ProjectRef, RuleRef};
use cloudspec::model::cloud::{Assignment, Project, QuotaService, QuotaValues, SecurityGroup, SeenRule};
use cloudspec::model::desired::{GroupName, TenantName};
use cloudspec::model::ids::{AddressGroupId, ProjectId, SecurityGroupId};
use cloudspec::model::rule::{Direction, Ethertype, Remote, Rule, Traffic};
use cloudspec::model::{Plan, Snapshot};

/// What a service answers where it refuses.
pub(crate) type Refusal = String;

/// The limits that a new project has in a service.
pub(crate) fn default_limits(service: QuotaService) -> QuotaValues {
    let limits: &[(&str, i64)] = match service {
        QuotaService::Compute => &[("cores", 20), ("ram", 51_200), ("instances", 10)],
        QuotaService::Volume => &[("gigabytes", 1000), ("groups", 10)],
        QuotaService::Network => &[("floatingip", 50)],
        QuotaService::LoadBalancer => &[("load_balancer", 10)],
        QuotaService::KeyManager => &[("secrets", -1), ("cas", -1)],
    };
    limits.iter().map(|(limit, value)| ((*limit).to_owned(), *value)).collect()
}

/// Takes the steps in their order.
pub(crate) fn carry_out(plan: &Plan, snapshot: &mut Snapshot) -> Result<(), Refusal> {
    let mut run = Run { snapshot, projects: BTreeMap::new(), groups: BTreeMap::new(), ids: 0 };
    for step in &plan.steps {
        run.call(&step.action).map_err(|why| format!("step {} ({}): {why}", step.number, step.summary))?;
    }
    Ok(())
}

struct Run<'a> {
    snapshot: &'a mut Snapshot,
    projects: BTreeMap<TenantName, ProjectId>,
    groups: BTreeMap<GroupName, SecurityGroupId>,
    ids: u32,
}

fn ensure(so: bool, otherwise: &str) -> Result<(), Refusal> {
    if so { Ok(()) } else { Err(otherwise.to_owned()) }
}

impl Run<'_> {
    fn id(&mut self, of: &str) -> String {
        self.ids += 1;
        format!("made-{of}-{}", self.ids)
    }

    fn project(&self, project: &ProjectRef) -> Result<ProjectId, Refusal> {
        match project {
            ProjectRef::Id(id) => Ok(id.clone()),
            ProjectRef::Made(name) => self.projects.get(name).cloned().ok_or(format!("{name} was not made")),
        }
    }

    fn group(&self, group: &GroupRef) -> Result<SecurityGroupId, Refusal> {
        match group {
            GroupRef::Id(id) => Ok(id.clone()),
            GroupRef::Made(name) => self.groups.get(name).cloned().ok_or(format!("{name} was not made")),
        }
    }

    fn seen_project(&mut self, id: &ProjectId) -> Result<&mut Project, Refusal> {
        let projects = self.snapshot.projects.as_mut().map_err(|why| why.to_string())?;
        projects.iter_mut().find(|project| project.id == *id).ok_or("404: no such project".to_owned())
    }

    fn seen_group(&mut self, id: &SecurityGroupId) -> Result<&mut SecurityGroup, Refusal> {
        let groups = self.snapshot.security_groups.as_mut().map_err(|why| why.to_string())?;
        groups.iter_mut().find(|group| group.id == *id).ok_or("404: no such group".to_owned())
    }

    fn call(&mut self, action: &Action) -> Result<(), Refusal> {
        match action {
            Action::CreateProject { name, domain, description, enabled, tags } => {
                let id = ProjectId(self.id("project"));
                let projects = self.snapshot.projects.as_mut().map_err(|why| why.to_string())?;
                let twin = projects.iter().any(|one| one.name == name.name && one.domain == *domain);
                ensure(!twin, "409: the name is taken")?;
                projects.push(Project {
                    id: id.clone(),
                    name: name.name.clone(),
                    domain: domain.clone(),
                    description: description.clone(),
                    enabled: *enabled,
                    tags: tags.clone(),
                    immutable: false,
                });
                for (service, of_service) in &mut self.snapshot.quotas {
                    of_service.insert(id.clone(), Ok(default_limits(*service)));
                }
                self.projects.insert(name.clone(), id);
                Ok(())
            }
            Action::ChangeProject { project, change } => {
                let id = self.project(project)?;
                change_project(self.seen_project(&id)?, change)
            }
            Action::SetQuota { project, service, from, to } => {
                let id = self.project(project)?;
                let of_service = self.snapshot.quotas.get_mut(service).ok_or("404: no such service")?;
                let seen = of_service.get_mut(&id).ok_or("404: no such project")?;
                let seen = seen.as_mut().map_err(|why| why.to_string())?;
                if let Some(from) = from {
                    ensure(seen == from, "the limits are others than planned")?;
                }
                seen.extend(to.clone());
                Ok(())
            }
            Action::GrantRole { project, principal, role } => {
                let project = self.project(project)?;
                let assignment = Assignment { project, principal: principal.clone(), role: role.clone() };
                let all = self.snapshot.assignments.as_mut().map_err(|why| why.to_string())?;
                ensure(!all.contains(&assignment), "it is assigned already")?;
                all.push(assignment);
                Ok(())
            }
            Action::RevokeRole { project, principal, role } => {
                let all = self.snapshot.assignments.as_mut().map_err(|why| why.to_string())?;
                let before = all.len();
                all.retain(|one| (&one.project, &one.principal, &one.role) != (project, principal, role));
                ensure(all.len() + 1 == before, "404: no such assignment")
            }
            Action::CreateSecurityGroup { project, name, description } => {
                let owner = self.project(project)?;
                ensure(name.name != "default", "409: default group exists")?;
                self.ensure_default(&owner);
                let id = SecurityGroupId(self.id("group"));
                // Where they could not be told, the group gets none here; nothing is then compared of it.
                let initial = self.snapshot.initial_rules.clone().unwrap_or_default();
                let rules = initial.into_iter().map(|rule| self.seen_rule(rule, "")).collect();
                self.add_group(&id, &owner, &name.name, description, rules);
                self.groups.insert(name.clone(), id);
                Ok(())
            }
            Action::DescribeSecurityGroup { group, from, to } => {
                let seen = self.seen_group(group)?;
                ensure(seen.description == *from, "412: the description is another than planned")?;
                seen.description.clone_from(to);
                Ok(())
            }
            Action::CreateRule { project, group, rule, description } => {
                let (owner, id) = (self.project(project)?, self.group(group)?);
                let made = self.seen_rule(self.resolved(rule)?, description);
                let seen = self.seen_group(&id)?;
                ensure(seen.project == owner, "the rule is not of the group's project")?;
                ensure(!seen.rules.iter().any(|one| one.rule == made.rule), "409: the rule exists")?;
                seen.rules.push(made);
                Ok(())
            }
            Action::Remove { what, project: _ } => Err(format!("404: no {what} here")),
            Action::DeleteRule { group, which, rule } => {
                let id = self.group(group)?;
                let seen = self.seen_group(&id)?;
                let before = seen.rules.len();
                seen.rules.retain(|one| match which {
                    RuleRef::Id(id) => one.id != *id || one.rule != *rule,
                    RuleRef::Initial => one.rule != *rule,
                });
                ensure(seen.rules.len() + 1 == before, "404: no such rule")
            }
        }
    }

    fn resolved(&self, rule: &Rule<GroupRef, AddressGroupId>) -> Result<Rule, Refusal> {
        let Rule { direction, ethertype, traffic, remote } = rule.clone();
        let remote = match remote {
            Remote::Anywhere => Remote::Anywhere,
            Remote::Network(network) => Remote::Network(network),
            Remote::Group(group) => Remote::Group(self.group(&group)?),
            Remote::AddressGroup(id) => Remote::AddressGroup(id),
        };
        Ok(Rule { direction, ethertype, traffic, remote })
    }

    fn seen_rule(&mut self, rule: Rule, description: &str) -> SeenRule {
        let id = self.id("rule").as_str().into();
        SeenRule { id, revision: 0, description: description.to_owned(), rule }
    }

    fn add_group(
        &mut self,
        id: &SecurityGroupId,
        project: &ProjectId,
        name: &str,
        description: &str,
        rules: Vec<SeenRule>,
    ) {
        let group = SecurityGroup {
            id: id.clone(),
            name: name.to_owned(),
            project: project.clone(),
            description: description.to_owned(),
            revision: 0,
            rules,
        };
        self.snapshot.security_groups.as_mut().unwrap().push(group);
    }

    /// With the first group of a project Neutron makes its default group.
    fn ensure_default(&mut self, project: &ProjectId) {
        let groups = self.snapshot.security_groups.as_ref().unwrap();
        if groups.iter().any(|group| group.project == *project && group.name == "default") {
            return;
        }
        let id = SecurityGroupId(self.id("default"));
        let from_itself = Rule {
            direction: Direction::Ingress,
            ethertype: Ethertype::IPv4,
            traffic: Traffic::Any,
            remote: Remote::Group(id.clone()),
        };
        let rules = vec![self.seen_rule(from_itself, "")];
        self.add_group(&id, project, "default", "Default security group", rules);
    }
}

fn change_project(project: &mut Project, change: &ProjectChange) -> Result<(), Refusal> {
    let as_planned = match change {
        ProjectChange::Description { from, to: _ } => project.description == *from,
        ProjectChange::Enabled { from, to: _ } => project.enabled == *from,
        ProjectChange::Tags { from, to: _ } => project.tags == *from,
        ProjectChange::Protected { from, to: _ } => project.immutable == *from,
    };
    ensure(as_planned, "the project is another than planned")?;
    let unprotects = matches!(change, ProjectChange::Protected { from: _, to: false });
    ensure(!project.immutable || unprotects, "403: the project is immutable")?;
    match change.clone() {
        ProjectChange::Description { from: _, to } => project.description = to,
        ProjectChange::Enabled { from: _, to } => project.enabled = to,
        ProjectChange::Tags { from: _, to } => project.tags = to,
        ProjectChange::Protected { from: _, to } => project.immutable = to,
    }
    Ok(())
}
