//! Which call meets which fault.

use std::collections::BTreeMap;
use std::fmt;

use cloudspec_tests::proxy::{Call, Fault, Matcher};

/// The Nth of the calls that are the same, and what it meets.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    call: Call,
    nth: u64,
    name: &'static str,
    fault: Fault,
}

impl Case {
    /// A write meets it once. A read meets it until all is healed: one that fails once is asked again.
    pub(crate) fn matcher(&self) -> Matcher {
        let like = Matcher::any().like(&self.call);
        if self.call.is_write() { like.nth(self.nth) } else { like.from_nth(self.nth) }
    }

    pub(crate) fn fault(&self) -> Fault {
        self.fault.clone()
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn kind(&self) -> &'static str {
        if self.call.is_write() { "write" } else { "read" }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Call { service, method, path, query, .. } = &self.call;
        write!(f, "{} at the {}. {service} {method} {path}?{query}", self.name, self.nth)
    }
}

/// Each call of a run, by what it asks and how often that was asked before: calls go side by side, and their numbers are chance.
pub(crate) fn all(calls: &[Call]) -> Vec<Case> {
    let mut before: BTreeMap<(String, String, String, String), u64> = BTreeMap::new();
    let mut all = Vec::new();
    for call in calls.iter().filter(|call| !call.is_login()) {
        let Call { service, method, path, query, .. } = call;
        let key = (service.clone(), method.clone(), path.clone(), query.clone());
        let nth = before.entry(key).or_default();
        *nth += 1;
        for (name, fault) in faults() {
            all.push(Case { call: call.clone(), nth: *nth, name, fault });
        }
    }
    all
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
