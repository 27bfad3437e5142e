//! A decision that nobody acted upon in time.

use cloudspec_crds::ChangePlanStatus;
use jiff::Timestamp;

use super::approval::Rules;
use super::reason::Reason;

/// Why a decision that stands may no longer be begun: `expiresAfter` has passed since, and no step was begun. What was begun
/// is carried on.
pub fn lapsed(status: &ChangePlanStatus, rules: &Rules, now: Timestamp) -> Option<Reason> {
    let decision = status.decision.as_ref()?;
    let (at, most) = (decision.at.0, rules.expires_after);
    let late = status.journal.is_empty() && now.duration_since(at) > most;
    late.then(|| Reason::ApprovalExpired(format!("it was accepted at {at}, and that holds for {most:#}")))
}
