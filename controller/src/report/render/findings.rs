//! What is not as declared, as a page.

use super::page::{Page, Part, Text, Tone, or_dash, text};
use super::view::{Finding, Findings};
use crate::model;

/// Whether a cloud is as declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InSync {
    /// All of it was seen, and is as declared.
    Yes,
    /// Something is not as declared.
    No,
    /// No drift was seen, and something could not be told.
    NotTold,
}

/// What findings mean: the exit code of `cloudspec diff`.
pub fn in_sync(findings: &[model::Finding]) -> InSync {
    InSync::of(Findings::of(findings).in_sync)
}

impl InSync {
    fn of(told: Option<bool>) -> Self {
        match told {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::NotTold,
        }
    }
}

pub(super) fn page(view: &Findings) -> Page {
    let Findings { in_sync, findings, summary } = view;
    let mut page = list(findings);
    page.push(Part::Says(match InSync::of(*in_sync) {
        InSync::Yes => Tone::Good.of("In sync: all is as declared."),
        InSync::No => Tone::Bad.of(format!("Not in sync: {}.", summary.text)),
        InSync::NotTold => {
            Tone::Caution.of(format!("No drift was seen, and not all could be told: {}.", summary.text))
        }
    }));
    page
}

/// The findings, and below them what there is to say of each.
pub(super) fn list(findings: &[Finding]) -> Page {
    if findings.is_empty() {
        return Page::new();
    }
    let header = &["SEVERITY", "KIND", "RESOURCE", "FIELD", "EXPECTED", "ACTUAL"];
    let mut page = vec![Part::Table(header, findings.iter().map(row).collect())];
    let notes: Vec<(String, Text)> = findings
        .iter()
        .filter_map(|finding| Some((name(finding), text(finding.message.as_deref()?))))
        .collect();
    if !notes.is_empty() {
        page.push(Part::Items(notes));
    }
    page
}

fn row(finding: &Finding) -> Vec<Text> {
    let Finding { severity, kind, resource, field, expected, actual, .. } = finding;
    vec![
        severity_tone(severity).of(severity),
        text(kind),
        text(resource),
        or_dash(field.as_deref()),
        or_dash(expected.as_deref()),
        or_dash(actual.as_deref()),
    ]
}

fn severity_tone(severity: &str) -> Tone {
    match severity {
        "Critical" => Tone::Bad,
        "Warning" => Tone::Caution,
        _ => Tone::Plain,
    }
}

/// What a finding is about.
fn name(Finding { resource, field, .. }: &Finding) -> String {
    match field {
        Some(field) => format!("{resource}, {field}"),
        None => resource.clone(),
    }
}

/// A finding in a sentence.
pub(super) fn sentence(finding: &Finding) -> String {
    let Finding { fingerprint, kind, severity, expected, actual, message, .. } = finding;
    let mut words = format!("{severity}, {kind}: {}", name(finding));
    let parts = [("expected", expected), ("actual", actual), ("note", message)];
    for (what, value) in parts {
        if let Some(value) = value {
            words += &format!("; {what}: {value}");
        }
    }
    format!("{words} [{fingerprint}]")
}
