//! Projects: made where they are missing, and their fields changed one by one.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, Drafts, told};
use super::quotas::{self, Differing};
use super::roles;
use crate::model::action::{ProjectChange, ProjectRef};
use crate::model::cloud::Project;
use crate::model::desired::{DesiredTenant, TenantName};
use crate::model::ids::DomainId;
use crate::model::{Action, Aspect, Desired, Finding, FindingKind, Lookup, Snapshot, Subject};

const OFFBOARD: &str = "a project is removed only by a TenantOffboard";
const IMMUTABLE: &str =
    "the project is immutable and Keystone refuses to change it; declare `protected: false` first";

/// Goes through the findings about projects; the answer is the projects that the plan makes.
pub(super) fn plan(
    desired: &Desired,
    snapshot: &Snapshot,
    findings: &[&Finding],
    drafts: &mut Drafts,
) -> BTreeSet<TenantName> {
    let listed: BTreeMap<&TenantName, &DesiredTenant> =
        desired.tenants.iter().map(|tenant| (&tenant.name, tenant)).collect();
    let mut made = BTreeSet::new();
    let mut differing = Differing::default();
    for finding in findings {
        let tenant = match &finding.subject {
            Subject::Tenant(name) => listed.get(name),
            Subject::TenantsOf(_) => {
                drafts.leave(finding, "a domain is not made from here");
                continue;
            }
            Subject::SecurityGroup(_) | Subject::Certificate(..) => continue,
        };
        let Some(tenant) = tenant else {
            drafts.leave(finding, OFFBOARD);
            continue;
        };
        if matches!((finding.kind, &finding.aspect), (FindingKind::Missing, Aspect::Existence)) {
            match domain_for(tenant, snapshot) {
                Ok(domain) => {
                    create(tenant, domain, snapshot, finding, drafts);
                    made.insert(tenant.name.clone());
                }
                Err(why) => drafts.leave(finding, why),
            }
            continue;
        }
        match snapshot.project(&tenant.name.name, &tenant.name.domain) {
            Lookup::Present(project) => correct(tenant, project, snapshot, finding, &mut differing, drafts),
            Lookup::Absent | Lookup::Ambiguous(_) | Lookup::Unknown(_) => {
                drafts.leave(finding, "its project was not seen");
            }
        }
    }
    differing.plan(snapshot, drafts);
    made
}

/// The domain in which a missing project can be made.
fn domain_for(tenant: &DesiredTenant, snapshot: &Snapshot) -> Result<DomainId, String> {
    if let Some(id) = &tenant.id {
        return Err(format!("a new project would have another id than {id}, which is declared"));
    }
    let domain = &tenant.name.domain;
    told(snapshot.domain(domain), &format!("domain {domain}")).map(|domain| domain.id.clone())
}

fn create(
    tenant: &DesiredTenant,
    domain: DomainId,
    snapshot: &Snapshot,
    finding: &Finding,
    drafts: &mut Drafts,
) {
    let DesiredTenant {
        name,
        id: _,
        description,
        enabled,
        tags,
        protected,
        quotas,
        roles: listed,
        // Nothing unlisted is in a new project.
        unlisted_roles: _,
    } = tenant;
    let description = description.clone().unwrap_or_default();
    let enabled = enabled.unwrap_or(true);
    let tags = tags.clone().unwrap_or_default();
    let after = format!("description {description:?}, enabled {enabled}, tags {tags:?}");
    let action = Action::CreateProject { name: name.clone(), domain, description, enabled, tags };
    drafts.push(Draft {
        action,
        subject: name.to_string(),
        summary: format!("create project {name}"),
        findings: BTreeSet::from([finding.fingerprint()]),
        before: None,
        after: Some(after),
    });
    let made = ProjectRef::Made(name.clone());
    for (service, limits) in quotas {
        let findings = BTreeSet::from([finding.fingerprint()]);
        drafts.push(quotas::draft(name, &made, *service, None, limits.clone(), findings));
    }
    for role in listed.iter().flatten() {
        match roles::grant_by_name(name, &made, role, snapshot, finding) {
            Ok(draft) => drafts.push(draft),
            Err(why) => drafts.leave_part(finding, &format!("roles: {role}"), why),
        }
    }
    if protected == &Some(true) {
        drafts.push(change(name, made, ProjectChange::Protected { from: false, to: true }, finding));
    }
}

fn correct(
    tenant: &DesiredTenant,
    project: &Project,
    snapshot: &Snapshot,
    finding: &Finding,
    differing: &mut Differing,
    drafts: &mut Drafts,
) {
    let reference = ProjectRef::Id(project.id.clone());
    match (finding.kind, &finding.aspect) {
        (FindingKind::Changed, Aspect::Quota(service, Some(limit))) => {
            let expected = tenant.quotas.get(service).and_then(|limits| limits.get(limit));
            match expected {
                Some(expected) => differing.note(&tenant.name, project, *service, limit, *expected, finding),
                None => drafts.leave(finding, "it is not declared"),
            }
        }
        (kind, Aspect::Role(role)) => roles::correct(tenant, kind, role, snapshot, finding, drafts),
        (FindingKind::Changed, Aspect::Id) => {
            let reason = "another project has this name: correct the id or the name in the spec";
            drafts.leave(finding, reason);
        }
        (FindingKind::Changed, aspect) => match wanted(tenant, project, aspect) {
            Some(ProjectChange::Protected { from, to }) => {
                let wanted = ProjectChange::Protected { from, to };
                drafts.push(change(&tenant.name, reference, wanted, finding));
            }
            // An immutable project takes one change only: that of being immutable.
            Some(_) if project.immutable && tenant.protected != Some(false) => {
                drafts.leave(finding, IMMUTABLE)
            }
            Some(wanted) => drafts.push(change(&tenant.name, reference, wanted, finding)),
            None => drafts.leave(finding, "it is not declared"),
        },
        (FindingKind::Missing | FindingKind::Extra | FindingKind::Unknowable, _) => {
            drafts.leave(finding, "no correction is known");
        }
    }
}

fn wanted(tenant: &DesiredTenant, project: &Project, aspect: &Aspect) -> Option<ProjectChange> {
    match aspect {
        Aspect::Description => tenant
            .description
            .clone()
            .map(|to| ProjectChange::Description { from: project.description.clone(), to }),
        Aspect::Enabled => tenant.enabled.map(|to| ProjectChange::Enabled { from: project.enabled, to }),
        Aspect::Tags => tenant.tags.clone().map(|to| ProjectChange::Tags { from: project.tags.clone(), to }),
        Aspect::Protected => {
            tenant.protected.map(|to| ProjectChange::Protected { from: project.immutable, to })
        }
        Aspect::Existence
        | Aspect::Id
        | Aspect::Quota(..)
        | Aspect::Role(_)
        | Aspect::Rule(..)
        | Aspect::Certificate(_) => None,
    }
}

fn change(name: &TenantName, project: ProjectRef, change: ProjectChange, finding: &Finding) -> Draft {
    let (summary, before, after) = match &change {
        ProjectChange::Description { from, to } => {
            (format!("set description of project {name}"), format!("{from:?}"), format!("{to:?}"))
        }
        ProjectChange::Enabled { from, to } => {
            let verb = if *to { "enable" } else { "disable" };
            (format!("{verb} project {name}"), format!("enabled {from}"), format!("enabled {to}"))
        }
        ProjectChange::Tags { from, to } => {
            (format!("set tags of project {name}"), format!("{from:?}"), format!("{to:?}"))
        }
        ProjectChange::Protected { from, to } => {
            let verb = if *to { "protect" } else { "unprotect" };
            (format!("{verb} project {name}"), format!("immutable {from}"), format!("immutable {to}"))
        }
    };
    Draft {
        action: Action::ChangeProject { project, change },
        subject: name.to_string(),
        summary,
        findings: BTreeSet::from([finding.fingerprint()]),
        before: Some(before),
        after: Some(after),
    }
}
