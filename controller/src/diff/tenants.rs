//! Projects: existence, fields, quotas; and the projects that no entry lists.

use std::collections::BTreeSet;

use super::{field, roles, subject_present, unknowable};
use crate::model::cloud::{Project, QuotaService, QuotaValues};
use crate::model::desired::{DesiredTenant, TenantName};
use crate::model::{Aspect, Finding, FindingKind, Severity, Snapshot, Subject};

pub(super) fn compare(tenant: &DesiredTenant, snapshot: &Snapshot, findings: &mut Vec<Finding>) {
    let DesiredTenant {
        name,
        id,
        description,
        enabled,
        tags,
        protected,
        quotas,
        roles: listed,
        unlisted_roles,
    } = tenant;
    let subject = Subject::Tenant(name.clone());
    let project = match subject_present(snapshot.project(&name.name, &name.domain), &subject) {
        Ok(project) => project,
        Err(finding) => return findings.push(*finding),
    };
    if let Some(id) = id.as_ref().filter(|id| **id != project.id.0) {
        let finding = Finding::of(FindingKind::Changed, Severity::Critical, &subject, Aspect::Id);
        // Another project under the expected name: nothing else of it may be compared, or a stranger would be "corrected".
        return findings.push(finding.expected(id).actual(&project.id));
    }
    let Project {
        id,
        name: _,
        domain: _,
        description: seen_description,
        enabled: seen_enabled,
        tags: seen_tags,
        immutable,
    } = project;
    field(&subject, Aspect::Description, description.as_ref(), seen_description, findings);
    field(&subject, Aspect::Enabled, enabled.as_ref(), seen_enabled, findings);
    field(&subject, Aspect::Tags, tags.as_ref(), seen_tags, findings);
    field(&subject, Aspect::Protected, protected.as_ref(), immutable, findings);
    for (service, limits) in quotas {
        compare_quota(&subject, *service, limits, snapshot, project, findings);
    }
    if let Some(listed) = listed {
        roles::compare(&subject, id, listed, *unlisted_roles, snapshot, findings);
    }
}

fn compare_quota(
    subject: &Subject,
    service: QuotaService,
    limits: &QuotaValues,
    snapshot: &Snapshot,
    project: &Project,
    findings: &mut Vec<Finding>,
) {
    let all = Aspect::Quota(service, None);
    let seen = match snapshot.quotas.get(&service).and_then(|of_service| of_service.get(&project.id)) {
        Some(Ok(seen)) => seen,
        Some(Err(why)) => return findings.push(unknowable(subject, all, why)),
        None => {
            let finding = Finding::of(FindingKind::Unknowable, Severity::Warning, subject, all);
            return findings.push(finding.message("it was not asked for"));
        }
    };
    for (limit, expected) in limits {
        let aspect = Aspect::Quota(service, Some(limit.clone()));
        match seen.get(limit) {
            Some(actual) => field(subject, aspect, Some(expected), actual, findings),
            None => {
                let finding = Finding::of(FindingKind::Unknowable, Severity::Warning, subject, aspect);
                findings.push(finding.expected(expected).message("the service does not report this limit"));
            }
        }
    }
}

/// Projects of the reported domains that no entry lists.
pub(super) fn unlisted(
    listed: &[DesiredTenant],
    domains: &BTreeSet<String>,
    snapshot: &Snapshot,
    findings: &mut Vec<Finding>,
) {
    let names: BTreeSet<_> = listed.iter().map(|tenant| (&tenant.name.domain, &tenant.name.name)).collect();
    for domain in domains {
        let subject = Subject::TenantsOf(domain.clone());
        let found = match (subject_present(snapshot.domain(domain), &subject), &snapshot.projects) {
            (Err(finding), _) => {
                findings.push(*finding);
                continue;
            }
            (Ok(_), Err(why)) => {
                findings.push(unknowable(&subject, Aspect::Existence, why));
                continue;
            }
            (Ok(found), Ok(projects)) => projects.iter().filter(|project| project.domain == found.id),
        };
        for project in found.filter(|project| !names.contains(&(domain, &project.name))) {
            let name = TenantName { domain: domain.clone(), name: project.name.clone() };
            let subject = Subject::Tenant(name);
            let finding = Finding::of(FindingKind::Extra, Severity::Info, &subject, Aspect::Existence);
            findings.push(finding.expected("not listed").actual(&project.id));
        }
    }
}
