//! What JSON and YAML hold, in the order of their fields. The pages for people are made of the same values.
//!
//! Fields are added, and never renamed.

mod call;
mod certificate;
mod finding;
mod history;
mod leaving;
mod offboard;
mod plan;
mod record;
mod told;
mod verdict;

pub use call::Call;
pub use certificate::{Approved, Asked, Certificate, Kept, LostByStep};
pub use finding::{Finding, Findings};
pub use history::{Entry, History};
pub use leaving::{Held, Leaving, Lost, OfType, Refused, Tenant, Uncovered};
pub use offboard::Offboard;
pub use plan::{LeftAlone, Plan, Step, Why};
pub use record::{Decision, Journalled, Record, Revert};
pub use told::{Condition, Told};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// A time to the second, after RFC 3339.
pub(super) fn second(time: &Time) -> String {
    format!("{:.0}", time.0)
}
