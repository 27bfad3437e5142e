//! Who else declares the same thing: a tenant or group that two CloudSpecs of one cloud list is corrected by neither.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::cloud::CloudIdentity;
use crate::model::{Desired, Subject};

/// What one CloudSpec lists, on which cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::reconcile) struct Claim {
    /// The cloud.
    pub cloud: CloudIdentity,
    /// What it lists.
    pub subjects: BTreeSet<Subject>,
}

impl Claim {
    /// All that a spec lists.
    pub(in crate::reconcile) fn of(desired: &Desired, cloud: CloudIdentity) -> Self {
        // Two may look at one certificate: neither changes it.
        let Desired { tenants, reported_domains: _, security_groups, certificates: _ } = desired;
        let tenants = tenants.iter().map(|tenant| Subject::Tenant(tenant.name.clone()));
        let groups = security_groups.iter().map(|group| Subject::SecurityGroup(group.name.clone()));
        Self { cloud, subjects: tenants.chain(groups).collect() }
    }
}

/// The claims that were told, by UID: an object that was made anew under the same name is another one.
#[derive(Debug, Default)]
pub(in crate::reconcile) struct Claims(BTreeMap<String, (i64, Claim)>);

impl Claims {
    /// Remembers what an object lists as of a generation of its spec.
    pub(in crate::reconcile) fn remember(&mut self, uid: &str, generation: i64, claim: Claim) {
        self.0.insert(uid.to_owned(), (generation, claim));
    }

    /// What an object lists, where that is known as of this generation or a later one: a cache lags behind what was read.
    pub(in crate::reconcile) fn of(&self, uid: &str, generation: i64) -> Option<&Claim> {
        self.0.get(uid).filter(|(of, _)| *of >= generation).map(|(_, claim)| claim)
    }

    /// Forgets an object that is gone.
    pub(in crate::reconcile) fn forget(&mut self, uid: &str) {
        self.0.remove(uid);
    }
}

/// Each thing of mine that another lists too, with the names of all others that do.
pub(in crate::reconcile) fn contested<'a>(
    mine: &Claim,
    others: impl Iterator<Item = (&'a str, &'a Claim)>,
) -> BTreeMap<Subject, BTreeSet<String>> {
    let mut contested: BTreeMap<Subject, BTreeSet<String>> = BTreeMap::new();
    for (name, other) in others.filter(|(_, other)| other.cloud == mine.cloud) {
        for subject in mine.subjects.intersection(&other.subjects) {
            contested.entry(subject.clone()).or_default().insert(name.to_owned());
        }
    }
    contested
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::desired::TenantName;

    fn claim(cloud: &str, tenants: &[&str]) -> Claim {
        let tenant = |name: &&str| {
            Subject::Tenant(TenantName { domain: "customers".into(), name: (*name).to_owned() })
        };
        Claim {
            cloud: CloudIdentity { auth_url: cloud.into(), region: String::new(), endpoints: [].into() },
            subjects: tenants.iter().map(tenant).collect(),
        }
    }

    #[test]
    fn a_claim_stands_for_its_generation_and_for_no_namesake() {
        let mut claims = Claims::default();
        claims.remember("uid-1", 2, claim("a", &["x"]));
        assert_eq!(claims.of("uid-1", 2), Some(&claim("a", &["x"])));
        assert_eq!(claims.of("uid-1", 1), claims.of("uid-1", 2), "what was read is newer than the cache");
        assert_eq!(claims.of("uid-1", 3), None);
        assert_eq!(claims.of("uid-2", 2), None, "deleted and made anew under the same name");
        claims.forget("uid-1");
        assert_eq!(claims.of("uid-1", 2), None);
    }

    #[test]
    fn specs_of_other_clouds_and_of_other_tenants_contest_nothing() {
        let (elsewhere, beside) = (claim("b", &["x"]), claim("a", &["y"]));
        let others = [("ns/elsewhere", &elsewhere), ("ns/beside", &beside)];
        assert!(contested(&claim("a", &["x"]), others.into_iter()).is_empty());
    }

    #[test]
    fn what_two_list_is_named_with_both_others() {
        let (one, two) = (claim("a", &["x", "y"]), claim("a", &["x"]));
        let found = contested(&claim("a", &["x", "z"]), [("ns/one", &one), ("ns/two", &two)].into_iter());
        let names: Vec<_> = found.values().flatten().map(String::as_str).collect();
        assert_eq!((found.len(), names), (1, vec!["ns/one", "ns/two"]));
    }
}
