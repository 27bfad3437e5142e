//! Projects: existence, fields, quotas; and the projects that no entry lists.

use std::collections::BTreeSet;

use super::{field, present, roles, unknowable};
use crate::model::cloud::{Project, QuotaService, QuotaValues};
use crate::model::desired::DesiredTenant;
use crate::model::{Finding, FindingKind, Severity, Snapshot};

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
    let resource = format!("tenant {name}");
    let project = match present(snapshot.project(&name.name, &name.domain), &resource) {
        Ok(project) => project,
        Err(finding) => return findings.push(finding),
    };
    if let Some(id) = id.as_ref().filter(|id| **id != project.id.0) {
        let finding = Finding::of(FindingKind::Changed, Severity::Critical, &resource).field("id");
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
    field(&resource, "description", description.as_ref(), seen_description, findings);
    field(&resource, "enabled", enabled.as_ref(), seen_enabled, findings);
    field(&resource, "tags", tags.as_ref(), seen_tags, findings);
    field(&resource, "protected", protected.as_ref(), immutable, findings);
    for (service, limits) in quotas {
        compare_quota(&resource, *service, limits, snapshot, project, findings);
    }
    if let Some(listed) = listed {
        roles::compare(&resource, id, listed, *unlisted_roles, snapshot, findings);
    }
}

fn compare_quota(
    resource: &str,
    service: QuotaService,
    limits: &QuotaValues,
    snapshot: &Snapshot,
    project: &Project,
    findings: &mut Vec<Finding>,
) {
    let name = |limit: &str| format!("quotas.{service}.{limit}");
    let seen = match snapshot.quotas.get(&service).and_then(|of_service| of_service.get(&project.id)) {
        Some(Ok(seen)) => seen,
        Some(Err(why)) => {
            return findings.push(unknowable(&resource, why).field(format!("quotas.{service}")));
        }
        None => {
            let finding = Finding::of(FindingKind::Unknowable, Severity::Warning, resource);
            return findings.push(finding.field(format!("quotas.{service}")).message("it was not asked for"));
        }
    };
    for (limit, expected) in limits {
        match seen.get(limit) {
            Some(actual) => field(&resource, &name(limit), Some(expected), actual, findings),
            None => {
                let finding =
                    Finding::of(FindingKind::Unknowable, Severity::Warning, resource).field(name(limit));
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
        let resource = format!("tenants of domain {domain}");
        let found = match (present(snapshot.domain(domain), &resource), &snapshot.projects) {
            (Err(finding), _) => {
                findings.push(finding);
                continue;
            }
            (Ok(_), Err(why)) => {
                findings.push(unknowable(&resource, why));
                continue;
            }
            (Ok(found), Ok(projects)) => projects.iter().filter(|project| project.domain == found.id),
        };
        for project in found.filter(|project| !names.contains(&(domain, &project.name))) {
            let finding =
                Finding::of(FindingKind::Extra, Severity::Info, format!("tenant {domain}/{}", project.name));
            findings.push(finding.expected("not listed").actual(&project.id));
        }
    }
}
