//! Findings.

use cloudspec_crds::status::{FindingStatus, Summary};
use serde::Serialize;

use super::second;
use crate::model;
use crate::report::status::summary;

/// What is not as declared, with exact counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Findings {
    /// True: all is as declared. False: something is not. Null: no drift was seen, and something could not be told.
    pub in_sync: Option<bool>,
    /// The most severe first.
    pub findings: Vec<Finding>,
    /// How many of each kind.
    pub summary: Summary,
}

/// One thing that is not as declared, or that could not be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Stable short name: 16 hex digits.
    pub fingerprint: String,
    /// `Missing`, `Extra`, `Changed` or `Unknowable`.
    pub kind: String,
    /// `Critical`, `Warning` or `Info`.
    pub severity: String,
    /// What it is about.
    pub resource: String,
    /// The field, where one field of the resource differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What was declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// More in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When it was first seen, where that is remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<String>,
}

impl Findings {
    /// Of one look.
    pub fn of(findings: &[model::Finding]) -> Self {
        let summary = summary(findings);
        let in_sync = match (summary.drift, summary.unknowable) {
            (0, 0) => Some(true),
            (0, _) => None,
            _ => Some(false),
        };
        Self { in_sync, findings: findings.iter().map(Finding::of).collect(), summary }
    }
}

impl Finding {
    /// Of the diff.
    pub fn of(finding: &model::Finding) -> Self {
        let model::Finding { severity, subject, aspect: _, kind, expected, actual, message, unseen: _ } =
            finding;
        Self {
            fingerprint: finding.fingerprint(),
            kind: format!("{kind:?}"),
            severity: format!("{severity:?}"),
            resource: subject.to_string(),
            field: finding.field(),
            expected: expected.clone(),
            actual: actual.clone(),
            message: message.clone(),
            first_seen: None,
        }
    }

    /// As a status keeps it.
    pub fn kept(finding: &FindingStatus) -> Self {
        let FindingStatus {
            fingerprint,
            kind,
            severity,
            resource,
            field,
            expected,
            actual,
            message,
            first_seen,
        } = finding.clone();
        let first_seen = Some(second(&first_seen));
        Self { fingerprint, kind, severity, resource, field, expected, actual, message, first_seen }
    }
}
