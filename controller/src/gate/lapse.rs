//! A decision that nobody acted upon in time.

use cloudspec_crds::ChangePlanStatus;
use jiff::Timestamp;

use super::approval::Rules;
use super::reason::Reason;

/// Why a decision that stands may no longer be acted upon: `expiresAfter` has passed since it was given, or since the last step
/// was begun or ended, where one was. A plan that was held for long halfway is asked for anew.
pub fn lapsed(status: &ChangePlanStatus, rules: &Rules, now: Timestamp) -> Option<Reason> {
    let decision = status.decision.as_ref()?;
    let (at, most) = (decision.at.0, rules.expires_after);
    let steps = status.journal.iter().flat_map(|entry| [&entry.started_at, &entry.finished_at]);
    let last = steps.flatten().map(|time| time.0).fold(at, Timestamp::max);
    // A clock that was set back must not keep a decision good for ever.
    let late = now.duration_since(last).abs() > most;
    late.then(|| match last == at {
        true => Reason::ApprovalExpired(format!("it was accepted at {at}, and that holds for {most:#}")),
        false => Reason::ApprovalExpired(format!(
            "the last step was at {last}, and an approval holds for {most:#}"
        )),
    })
}
