//! What a reason means, for `kubectl cloudspec explain` and the documentation.

use super::safe::shown;
use crate::report::{meanings, reasons};

/// A reason with its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Explained {
    /// Its stable name.
    pub reason: &'static str,
    /// Where it is met.
    pub met: &'static str,
    /// What it means, and what to do.
    pub meaning: &'static str,
}

const GROUPS: [(&str, &[(&str, &str)]); 4] = [
    ("a condition or an Event", reasons::ALL),
    ("the condition Approved: why an approval is not accepted", meanings::OF_THE_GATE),
    ("the condition Observed: why something could not be seen", meanings::OF_READING),
    ("the condition Admitted: why a tenant does not leave", meanings::OF_LEAVING),
];

/// All reasons, by name.
pub fn explained() -> Vec<Explained> {
    let of = |(met, group): (&'static str, &'static [(&'static str, &'static str)])| {
        group.iter().map(move |(reason, meaning)| Explained { reason, met, meaning })
    };
    let mut all: Vec<Explained> = GROUPS.into_iter().flat_map(of).collect();
    all.sort();
    all
}

/// What this reason means, however it is capitalised; or what is nearest to a name that is none.
pub fn explain(reason: &str) -> Result<String, String> {
    let all = explained();
    let meant: Vec<&Explained> = all.iter().filter(|one| one.reason.eq_ignore_ascii_case(reason)).collect();
    match meant.is_empty() {
        true => Err(unknown(reason, &all)),
        false => {
            let say = |Explained { reason, met, meaning }: &&Explained| {
                format!("{reason}\n  Met in {met}.\n  {meaning}\n")
            };
            Ok(meant.iter().map(say).collect::<Vec<_>>().join("\n"))
        }
    }
}

fn unknown(reason: &str, all: &[Explained]) -> String {
    let asked = reason.to_lowercase();
    let near = |one: &&Explained| {
        let name = one.reason.to_lowercase();
        asked.len() > 2 && (name.contains(&asked) || asked.contains(&name))
    };
    let mut names: Vec<&str> = all.iter().filter(near).map(|one| one.reason).collect();
    if names.is_empty() {
        names = all.iter().map(|one| one.reason).collect();
    }
    names.dedup();
    format!("there is no reason {}; there is: {}", shown(reason), names.join(", "))
}
