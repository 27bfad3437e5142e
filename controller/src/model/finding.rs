//! What is not true.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One thing that is not as declared, or that could not be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// How bad it is; the worst come first.
    pub severity: Severity,
    /// What it is about, such as `tenant customers/team-a`.
    pub resource: String,
    /// The field, where one field differs.
    pub field: Option<String>,
    /// Missing, extra, changed or unknowable.
    pub kind: FindingKind,
    /// What was declared.
    pub expected: Option<String>,
    /// What was seen.
    pub actual: Option<String>,
    /// More in words.
    pub message: Option<String>,
}

/// In which way it is not as declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FindingKind {
    /// Listed and not there.
    Missing,
    /// There and not listed.
    Extra,
    /// There and different.
    Changed,
    /// It could not be told.
    Unknowable,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// More access than declared, or none of what was declared can be relied on.
    Critical,
    /// Not as declared.
    Warning,
    /// Worth knowing.
    Info,
}

impl Finding {
    /// A finding about a resource.
    pub fn of(kind: FindingKind, severity: Severity, resource: impl fmt::Display) -> Self {
        let resource = resource.to_string();
        Self { severity, resource, field: None, kind, expected: None, actual: None, message: None }
    }

    /// The same, about one field of it.
    #[must_use]
    pub fn field(self, field: impl fmt::Display) -> Self {
        Self { field: Some(field.to_string()), ..self }
    }

    /// The same, with what was declared.
    #[must_use]
    pub fn expected(self, expected: impl fmt::Display) -> Self {
        Self { expected: Some(expected.to_string()), ..self }
    }

    /// The same, with what was seen.
    #[must_use]
    pub fn actual(self, actual: impl fmt::Display) -> Self {
        Self { actual: Some(actual.to_string()), ..self }
    }

    /// The same, with more in words.
    #[must_use]
    pub fn message(self, message: impl fmt::Display) -> Self {
        Self { message: Some(message.to_string()), ..self }
    }
}
