//! A plan: one exact, ordered set of steps.

use serde::{Deserialize, Serialize};

use super::action::Action;
use super::cloud::CloudIdentity;

/// How far a step can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// A: the commands given take it back.
    Reversible,
    /// B: what it takes away can be built anew, under another id.
    Rebuildable,
    /// C: it destroys data or access.
    Destructive,
}

/// One step: one call, why, and what it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its place, from 1.
    pub number: u32,
    /// The waves go in their order, from 1; steps of one wave do not need each other and go side by side.
    pub wave: u32,
    /// The call.
    pub action: Action,
    /// What it does, in words.
    pub summary: String,
    /// Fingerprints of the findings that it corrects; sorted.
    pub findings: Vec<String>,
    /// How far it can be taken back.
    pub class: Class,
    /// What is there before, in words.
    pub before: Option<String>,
    /// What will be there after, in words.
    pub after: Option<String>,
    /// What others lose by it; sorted.
    pub side_effects: Vec<String>,
    /// The command that takes it back, or why nothing does.
    pub revert: String,
}

/// A finding that gets no step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftAlone {
    /// Its fingerprint.
    pub finding: String,
    /// What it is about.
    pub resource: String,
    /// Why there is no step.
    pub reason: String,
}

/// SHA-256 over the canonical steps, the cloud and the owner; written `sha256:` and 64 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanDigest(pub String);

/// An exact correction of one owner's findings on one cloud.
///
/// Invariant: the digest is that of the other fields but `left_alone`; the steps are numbered 1, 2, …; their waves are 1, 2, … as well, none
/// of them empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The cloud that it is for.
    pub cloud: CloudIdentity,
    /// UID of the object whose findings it corrects.
    pub owner: String,
    /// The steps, in the order in which they are taken.
    pub steps: Vec<Step>,
    /// Findings without a step.
    pub left_alone: Vec<LeftAlone>,
    /// Its digest.
    pub digest: PlanDigest,
}

impl std::fmt::Display for PlanDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl PlanDigest {
    /// The first eight hex digits: enough to name a ChangePlan.
    pub fn short(&self) -> &str {
        self.0.strip_prefix("sha256:").and_then(|hex| hex.get(..8)).unwrap_or(&self.0)
    }
}
