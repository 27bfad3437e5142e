//! Which call meets which fault.

use std::collections::BTreeMap;
use std::fmt;

use cloudspec_tests::proxy::{Call, Fault, Matcher};
use cloudspec_tests::sim::Course;

/// One thing that goes wrong.
#[derive(Clone, Debug)]
pub(crate) enum Case {
    /// The Nth of the calls that are the same meets this.
    Call { call: Box<Call>, nth: u64, name: &'static str, fault: Fault },
    /// A service takes the removal of this up, and does not bring it to its end.
    Removal { kind: &'static str, id: String, course: Course },
}

/// A write meets it once. A read meets it until all is healed: one that fails once is asked again.
pub(crate) fn matcher(call: &Call, nth: u64) -> Matcher {
    let like = Matcher::any().like(call);
    if call.is_write() { like.nth(nth) } else { like.from_nth(nth) }
}

impl Case {
    /// Of what it is one.
    pub(crate) fn sort(&self) -> String {
        match self {
            Self::Call { call, name, .. } if call.is_write() => format!("a write: {name}"),
            Self::Call { name, .. } => format!("a read: {name}"),
            Self::Removal { course: Course::Fails, .. } => "a removal: fails".to_owned(),
            Self::Removal { course: Course::Stuck, .. } => "a removal: does not end".to_owned(),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call { call, nth, name, .. } => {
                let Call { service, method, path, query, .. } = call.as_ref();
                write!(f, "{name} at the {nth}. {service} {method} {path}?{query}")
            }
            Self::Removal { kind, id, course } => write!(f, "{course:?}: the removal of {kind} {id}"),
        }
    }
}

/// What may go wrong with writes, with reads, and with removals that a service took up. Each call of a run, by what it asks and how often that was asked before: calls go side by side, and their numbers are chance.
pub(crate) fn all(calls: &[Call], removals: Vec<(&'static str, String)>) -> [Vec<Case>; 3] {
    let mut before: BTreeMap<(String, String, String, String), u64> = BTreeMap::new();
    let (mut writes, mut reads) = (Vec::new(), Vec::new());
    for call in calls.iter().filter(|call| !call.is_login()) {
        let Call { service, method, path, query, .. } = call;
        let key = (service.clone(), method.clone(), path.clone(), query.clone());
        let nth = before.entry(key).or_default();
        *nth += 1;
        for (name, fault) in faults() {
            let sort = if call.is_write() { &mut writes } else { &mut reads };
            sort.push(Case::Call { call: Box::new(call.clone()), nth: *nth, name, fault });
        }
    }
    let mut never = Vec::new();
    for (kind, id) in removals {
        for course in [Course::Fails, Course::Stuck] {
            never.push(Case::Removal { kind, id: id.clone(), course });
        }
    }
    [writes, reads, never]
}

fn faults() -> [(&'static str, Fault); 5] {
    [
        ("500", Fault::status(500)),
        ("409", Fault::status(409)),
        ("403", Fault::status(403)),
        ("no connection", Fault::Refuse),
        ("reset", Fault::Reset),
    ]
}
