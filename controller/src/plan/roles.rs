//! Role assignments: granted where listed, revoked where the spec says to remove what is not listed.

use std::collections::BTreeSet;

use cloudspec_crds::tenant::Unlisted;

use super::draft::{Draft, Drafts, told};
use super::names::Names;
use crate::diff::principal;
use crate::model::action::ProjectRef;
use crate::model::cloud::{Assignment, Principal};
use crate::model::desired::{DesiredRole, DesiredTenant, TenantName};
use crate::model::finding::RoleIs;
use crate::model::ids::{RoleId, UserId};
use crate::model::{Action, Aspect, Desired, Finding, FindingKind, Snapshot, Subject};

pub(super) fn correct(
    tenant: &DesiredTenant,
    kind: FindingKind,
    role: &RoleIs,
    snapshot: &Snapshot,
    finding: &Finding,
    drafts: &mut Drafts,
) {
    match (kind, role) {
        (FindingKind::Missing, RoleIs::Known(assignment)) => {
            let project = ProjectRef::Id(assignment.project.clone());
            let Assignment { project: _, principal, role } = assignment.clone();
            drafts.push(grant(&tenant.name, &project, principal, role, snapshot, finding));
        }
        (FindingKind::Extra, RoleIs::Known(assignment)) => match tenant.unlisted_roles {
            Unlisted::Remove => drafts.push(revoke(&tenant.name, assignment, snapshot, finding)),
            Unlisted::Report | Unlisted::Ignore => {
                drafts.leave(finding, "unlistedRoles of this tenant is not Remove");
            }
        },
        (_, RoleIs::NotTold) => {
            drafts.leave(finding, finding.message.as_deref().unwrap_or("it could not be told"));
        }
        (FindingKind::Changed | FindingKind::Unknowable, RoleIs::Known(_)) => {
            drafts.leave(finding, "no correction is known");
        }
    }
}

/// The grant of a role on a project that is yet to be made, or why its names have no meaning.
pub(super) fn grant_by_name(
    name: &TenantName,
    project: &ProjectRef,
    listed: &DesiredRole,
    snapshot: &Snapshot,
    finding: &Finding,
) -> Result<Draft, String> {
    let DesiredRole { principal: who, role } = listed;
    let principal = told(principal(who, snapshot), &who.to_string())?;
    let role = told(snapshot.role(role), &format!("role {role}"))?.id.clone();
    Ok(grant(name, project, principal, role, snapshot, finding))
}

fn grant(
    name: &TenantName,
    project: &ProjectRef,
    principal: Principal,
    role: RoleId,
    snapshot: &Snapshot,
    finding: &Finding,
) -> Draft {
    let names = Names(snapshot);
    let (who, what) = (names.principal(&principal), names.role(&role));
    Draft {
        subject: format!("{name} {who} {what}"),
        summary: format!("grant role {what} to {who} on project {name}"),
        findings: BTreeSet::from([finding.fingerprint()]),
        before: Some("not assigned".to_owned()),
        after: Some(format!("{who} has role {what}")),
        action: Action::GrantRole { project: project.clone(), principal, role },
    }
}

fn revoke(name: &TenantName, assignment: &Assignment, snapshot: &Snapshot, finding: &Finding) -> Draft {
    let Assignment { project, principal, role } = assignment.clone();
    let names = Names(snapshot);
    let (who, what) = (names.principal(&principal), names.role(&role));
    Draft {
        subject: format!("{name} {who} {what}"),
        summary: format!("revoke role {what} from {who} on project {name}"),
        findings: BTreeSet::from([finding.fingerprint()]),
        before: Some(format!("{who} has role {what}")),
        after: Some("not assigned".to_owned()),
        action: Action::RevokeRole { project, principal, role },
    }
}

pub(super) fn users_to_ask(desired: &Desired, findings: &[Finding]) -> BTreeSet<UserId> {
    let removes = |name: &TenantName| {
        let tenant = desired.tenants.iter().find(|tenant| tenant.name == *name);
        tenant.is_some_and(|tenant| tenant.unlisted_roles == Unlisted::Remove)
    };
    let user = |finding: &Finding| match (&finding.subject, finding.kind, &finding.aspect) {
        (Subject::Tenant(name), FindingKind::Extra, Aspect::Role(RoleIs::Known(assignment)))
            if removes(name) =>
        {
            match &assignment.principal {
                Principal::User(user) => Some(user.clone()),
                Principal::Group(_) => None,
            }
        }
        _ => None,
    };
    findings.iter().filter_map(user).collect()
}
