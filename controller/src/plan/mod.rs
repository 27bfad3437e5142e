//! Floor 2: findings → [`Plan`].
//!
//! What comes in: what must be true, what was seen, and what of it is not true. What goes out: one exact, ordered set of
//! calls with their meaning for others and the way back, and each finding that gets no call, with the reason.
//!
//! # Guarantees
//! Pure. The same world gives the same plan, whatever the order of the listings. No step follows from something that could
//! not be seen. Every finding of a domain that can be corrected has a step or stands in `left_alone`; the others have no part in a plan.
//!
//! # Assumptions
//! The findings are [`crate::diff::diff`]'s of the same desired state and snapshot, or a part of them.

mod digest;
mod draft;
mod limits;
mod lint;
mod names;
pub mod offboard;
mod order;
mod quotas;
mod record;
mod revert;
mod revert_quota;
mod roles;
mod rules;
mod security_groups;
mod side_effects;
mod still_fits;
mod subset;
mod tenants;
pub mod thaw;

use std::collections::BTreeSet;

use draft::Drafts;

use crate::model::ids::UserId;
use crate::model::plan::LeftAlone;
use crate::model::{Desired, Finding, FindingKind, Plan, Snapshot, Subject};

pub use digest::{digest, sha256};
pub use limits::exceeded;
pub use lint::lint;
pub use record::{RecordError, classes, from_spec, to_spec};
pub use still_fits::still_fits;
pub use subset::within;

/// The correction of these findings.
pub fn plan(desired: &Desired, snapshot: &Snapshot, findings: &[Finding], owner_uid: &str) -> Plan {
    let mut drafts = Drafts::default();
    let (told, not_told): (Vec<&Finding>, Vec<&Finding>) = findings
        .iter()
        .filter(|finding| finding.subject.domain().can_be_corrected())
        .partition(|finding| finding.kind != FindingKind::Unknowable);
    for finding in not_told {
        let why = finding.message.as_deref().unwrap_or("the listing that it needs is not there");
        drafts.leave(finding, format!("could not be told: {why}"));
    }
    let (tenants, groups): (Vec<&Finding>, Vec<&Finding>) =
        told.into_iter().partition(|finding| match finding.subject {
            Subject::Tenant(_) | Subject::TenantsOf(_) => true,
            Subject::SecurityGroup(_) | Subject::Certificate(..) => false,
        });
    let made = tenants::plan(desired, snapshot, &tenants, &mut drafts);
    security_groups::plan(desired, snapshot, &groups, &made, &mut drafts);
    let Drafts { drafts, left_alone } = drafts;
    let steps = order::steps(drafts, snapshot);
    let cloud = snapshot.cloud.clone();
    let digest = digest(&cloud, owner_uid, &steps);
    let mut left_alone: Vec<LeftAlone> = left_alone.into_iter().collect();
    left_alone.sort_by(|one, other| (&one.resource, one).cmp(&(&other.resource, other)));
    Plan { cloud, owner: owner_uid.to_owned(), steps, left_alone, digest }
}

/// Users whose application credentials must be known before [`plan`] can say what the removal of a role destroys.
pub fn users_to_ask(desired: &Desired, findings: &[Finding]) -> BTreeSet<UserId> {
    roles::users_to_ask(desired, findings)
}
