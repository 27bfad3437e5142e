//! A plan, whether it was made here or kept in a ChangePlan.

use cloudspec_crds::change_plan::{self as kept, ChangePlanSpec, OwnerRef, PlanStep};
use cloudspec_crds::status::Classes;
use serde::Serialize;
use serde_json::Value;

use super::Finding;
use crate::model;
use crate::plan::to_spec;

/// One exact correction.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// `sha256:` and 64 hex digits.
    pub digest: String,
    /// Where one logs in, and the region.
    pub cloud: kept::CloudIdentity,
    /// Number of steps by class.
    pub classes: Classes,
    /// Limits that it is beyond, in words: where there is one, it is not offered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceeded: Vec<String>,
    /// The steps, in the order in which they are taken.
    pub steps: Vec<Step>,
    /// Findings that get no step.
    pub left_alone: Vec<LeftAlone>,
}

/// One step: one call to one service.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its number, from 1.
    pub number: i64,
    /// The steps of one wave go side by side. Absent: the same as the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wave: Option<i64>,
    /// `Reversible`, `Rebuildable` or `Destructive`.
    pub class: String,
    /// What it does, in words.
    pub summary: String,
    /// The findings that it corrects.
    pub why: Vec<Why>,
    /// What is there before, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What will be there after, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// What others lose by it.
    pub side_effects: Vec<String>,
    /// The command that takes it back, or why nothing does.
    pub revert: String,
    /// The call, as the controller makes it.
    pub action: Value,
}

/// A finding that a step corrects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Why {
    /// Its fingerprint.
    pub fingerprint: String,
    /// The finding, where it is still known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
}

/// A finding without a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftAlone {
    /// Its fingerprint.
    pub fingerprint: String,
    /// What it is about.
    pub resource: String,
    /// Why there is no step.
    pub reason: String,
}

impl Plan {
    /// Of a plan that was made here; it is nobody's ChangePlan.
    pub fn made_here(plan: &model::Plan, findings: &[model::Finding], exceeded: &[String]) -> Self {
        let uid = plan.owner.clone();
        let owner = OwnerRef {
            kind: "CloudSpec".to_owned(),
            name: String::new(),
            uid,
            generation: 0,
            spec_digest: String::new(),
        };
        let known: Vec<Finding> = findings.iter().map(Finding::of).collect();
        Self { exceeded: exceeded.to_vec(), ..Self::kept(&to_spec(plan, owner), &known) }
    }

    /// As a ChangePlan keeps it.
    pub fn kept(spec: &ChangePlanSpec, known: &[Finding]) -> Self {
        let ChangePlanSpec { owner: _, cloud, digest, classes, steps, left_alone } = spec;
        Self {
            digest: digest.clone(),
            cloud: cloud.clone(),
            classes: *classes,
            exceeded: Vec::new(),
            steps: steps.iter().map(|step| Step::kept(step, known)).collect(),
            left_alone: left_alone.iter().map(LeftAlone::kept).collect(),
        }
    }
}

impl Step {
    fn kept(step: &PlanStep, known: &[Finding]) -> Self {
        let PlanStep { number, wave, summary, findings, class, action, before, after, side_effects, revert } =
            step.clone();
        let why = findings.into_iter().map(|fingerprint| Why::of(fingerprint, known)).collect();
        Self { number, wave, class, summary, why, before, after, side_effects, revert, action }
    }
}

impl Why {
    fn of(fingerprint: String, known: &[Finding]) -> Self {
        let finding = known.iter().find(|finding| finding.fingerprint == fingerprint).cloned();
        Self { fingerprint, finding }
    }
}

impl LeftAlone {
    fn kept(left: &kept::LeftAlone) -> Self {
        let kept::LeftAlone { finding, resource, reason } = left.clone();
        Self { fingerprint: finding, resource, reason }
    }
}
