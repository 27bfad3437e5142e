//! Quotas: one call for all differing limits of one project in one service.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, Drafts};
use crate::model::action::ProjectRef;
use crate::model::cloud::{Project, QuotaService, QuotaValues};
use crate::model::desired::TenantName;
use crate::model::ids::ProjectId;
use crate::model::{Action, Finding, Snapshot};

/// Limits that differ, gathered over all findings before the calls are made from them.
#[derive(Default)]
pub(super) struct Differing(BTreeMap<(TenantName, ProjectId, QuotaService), Limits>);

#[derive(Default)]
struct Limits {
    to: QuotaValues,
    findings: Vec<Finding>,
}

impl Differing {
    pub(super) fn note(
        &mut self,
        name: &TenantName,
        project: &Project,
        service: QuotaService,
        limit: &str,
        expected: i64,
        finding: &Finding,
    ) {
        let limits = self.0.entry((name.clone(), project.id.clone(), service)).or_default();
        limits.to.insert(limit.to_owned(), expected);
        limits.findings.push(finding.clone());
    }

    pub(super) fn plan(self, snapshot: &Snapshot, drafts: &mut Drafts) {
        for ((name, project, service), Limits { to, findings }) in self.0 {
            let seen = snapshot.quotas.get(&service).and_then(|of_service| of_service.get(&project));
            match seen {
                Some(Ok(from)) => {
                    let fingerprints = findings.iter().map(Finding::fingerprint).collect();
                    let project = ProjectRef::Id(project);
                    drafts.push(draft(&name, &project, service, Some(from.clone()), to, fingerprints));
                }
                Some(Err(_)) | None => {
                    for finding in &findings {
                        drafts.leave(finding, "its limits were not seen");
                    }
                }
            }
        }
    }
}

pub(super) fn draft(
    name: &TenantName,
    project: &ProjectRef,
    service: QuotaService,
    from: Option<QuotaValues>,
    to: QuotaValues,
    findings: BTreeSet<String>,
) -> Draft {
    let before = from.as_ref().map(|from| say(to.keys().filter_map(|limit| from.get_key_value(limit))));
    Draft {
        subject: format!("{name} {service}"),
        summary: format!("set {service} quotas of project {name}: {}", say(&to)),
        findings,
        before,
        after: Some(say(&to)),
        action: Action::SetQuota { project: project.clone(), service, from, to },
    }
}

fn say<'a>(limits: impl IntoIterator<Item = (&'a String, &'a i64)>) -> String {
    let limits: Vec<String> = limits.into_iter().map(|(limit, value)| format!("{limit} {value}")).collect();
    limits.join(", ")
}
