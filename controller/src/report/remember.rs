//! Since when a finding stands, across looks that could not tell all.

use std::collections::{BTreeMap, BTreeSet};

use cloudspec_crds::CloudSpecStatus;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// When each finding of the standing status was first seen, by fingerprint.
pub(super) struct Memory {
    since: BTreeMap<String, Time>,
}

impl Memory {
    /// Of the status that stands.
    pub(super) fn of(previous: &CloudSpecStatus) -> Self {
        let listed = previous.findings.iter().map(|one| (one.fingerprint.clone(), one.first_seen.clone()));
        Self { since: previous.omitted_first_seen.clone().into_iter().chain(listed).collect() }
    }

    /// Since when a finding stands that is seen now.
    pub(super) fn since(&self, fingerprint: &str, now: Timestamp) -> Time {
        self.since.get(fingerprint).cloned().unwrap_or(Time(now))
    }

    /// What is not among the findings of a look. Where the look could not tell all, it may stand none the less.
    pub(super) fn beyond(&self, seen: &BTreeSet<String>) -> impl Iterator<Item = (String, Time)> {
        let beyond = self.since.iter().filter(|(fingerprint, _)| !seen.contains(*fingerprint));
        beyond.map(|(fingerprint, since)| (fingerprint.clone(), since.clone()))
    }
}
