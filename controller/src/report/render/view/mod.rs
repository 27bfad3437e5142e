//! What JSON and YAML hold, in the order of their fields. The pages for people are made of the same values.
//!
//! Fields are added, and never renamed.

mod finding;
mod history;
mod leaving;
mod plan;
mod record;
mod told;

pub use finding::{Finding, Findings};
pub use history::{Entry, History};
pub use leaving::{Held, Leaving, Lost, OfType, Refused, Tenant, Uncovered};
pub use plan::{LeftAlone, Plan, Step, Why};
pub use record::{Decision, Journalled, Record, Revert};
pub use told::{Condition, Told};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// A time to the second, after RFC 3339.
fn second(time: &Time) -> String {
    format!("{:.0}", time.0)
}
