//! Findings, inventories, plans and ChangePlans as texts for the command line: table, JSON, YAML, Markdown.
//!
//! What comes in: values, and how wide the screen is. What goes out: a whole text that ends with a line feed.
//!
//! # Guarantees
//! The same input gives the same bytes; the terminal is not asked. Names and descriptions come from a cloud in which others
//! write: no control character and no invisible one reaches a screen as it is, and none of them is dropped. In JSON and YAML
//! every value reads back as it was.

mod certificate;
mod change_plan;
mod cloud_spec;
mod explain;
mod findings;
mod history;
mod leaving;
mod markdown;
mod offboard;
mod page;
mod plan;
mod safe;
mod screen;
pub mod view;

use cloudspec_crds::status::FindingStatus;
use cloudspec_crds::{ChangePlan, CloudSpec, TenantOffboard};
use serde::Serialize;

use crate::model::leaving::Leaving;
use crate::model::{Finding, Inventory, Plan};
use crate::plan::offboard::{Refusal, Stage};
use page::Page;

pub use explain::{Explained, explain, explained};
pub use findings::{InSync, in_sync};

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people at a terminal.
    Table(Screen),
    /// For programs.
    Json,
    /// For programs, and people who read it as they read `kubectl get -o yaml`.
    Yaml,
    /// For a ticket or a merge request.
    Markdown,
}

/// Whether colours are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Letters only.
    #[default]
    Plain,
    /// With colours.
    Colour,
}

/// The terminal, as the command line found it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// Whether colours are wanted.
    pub style: Style,
    /// Its columns; none: a line is as long as it is.
    pub width: Option<u16>,
}

/// Why a text could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// As JSON.
    #[error("failed to write JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// As YAML.
    #[error("failed to write YAML: {0}")]
    Yaml(#[from] serde_saphyr::ser::Error),
}

/// What is not as declared.
///
/// # Errors
/// Where a value cannot be written in this format; none is known.
pub fn findings(findings: &[Finding], format: Format) -> Result<String, RenderError> {
    let view = view::Findings::of(findings);
    write(&view, findings::page, format)
}

/// A plan that was made here, with the findings that it follows from, and the limits that it is beyond.
///
/// # Errors
/// Where a value cannot be written in this format; none is known.
pub fn plan(
    plan: &Plan,
    findings: &[Finding],
    exceeded: &[String],
    format: Format,
) -> Result<String, RenderError> {
    let view = view::Plan::made_here(plan, findings, exceeded);
    write(&view, plan::page, format)
}

/// What a tenant holds, what its leaving means for others, and the plan of it, or what stands in its way.
///
/// # Errors
/// Where a value cannot be written in this format; none is known.
pub fn leaving(
    inventory: &Inventory,
    asked: &Leaving,
    stage: Stage,
    plan: Result<&Plan, &[Refusal]>,
    format: Format,
) -> Result<String, RenderError> {
    let view = view::Leaving::of(inventory, asked, stage, plan);
    write(&view, leaving::page, format)
}

/// A ChangePlan with its decision and journal; `findings` are those of its owner's status, as far as they still stand.
///
/// # Errors
/// Where a value cannot be written in this format; none is known.
pub fn change_plan(
    plan: &ChangePlan,
    findings: &[FindingStatus],
    format: Format,
) -> Result<String, RenderError> {
    let view = view::Record::of(plan, findings);
    write(&view, change_plan::page, format)
}

/// The certificate of a tenant's leaving.
///
/// # Errors
/// Where a value cannot be written in this format; none is known.
pub fn certificate(certificate: &view::Certificate, format: Format) -> Result<String, RenderError> {
    write(certificate, certificate::page, format)
}

/// What is told of a CloudSpec: state, conditions, findings, and the plan on offer.
///
/// # Errors
/// Where a value cannot be written in this format; none is known.
pub fn cloud_spec(object: &CloudSpec, format: Format) -> Result<String, RenderError> {
    let view = view::Told::of(object);
    write(&view, cloud_spec::page, format)
}

/// What is told of a TenantOffboard: state, what the tenant holds, what stands in the way, conditions, and the plan on offer.
///
/// # Errors
/// Where a value cannot be written in this format; none is known.
pub fn offboard(
    object: &TenantOffboard,
    plan: Option<&ChangePlan>,
    format: Format,
) -> Result<String, RenderError> {
    let view = view::Offboard::of(object, plan);
    write(&view, offboard::page, format)
}

/// ChangePlans: when, who, what came of them; the newest first.
///
/// # Errors
/// Where a value cannot be written in this format; none is known.
pub fn history(plans: &[ChangePlan], format: Format) -> Result<String, RenderError> {
    let view = view::History::of(plans);
    write(&view, history::page, format)
}

fn write<V: Serialize>(view: &V, page: impl Fn(&V) -> Page, format: Format) -> Result<String, RenderError> {
    Ok(match format {
        Format::Table(screen) => screen::print(&page(view), screen),
        Format::Markdown => markdown::print(&page(view)),
        Format::Json => safe::json(&serde_json::to_string_pretty(view)?) + "\n",
        Format::Yaml => yaml(view)?,
    })
}

/// JSON is YAML too, and the only notation of it in which each character that hides can be written as an escape.
fn yaml<V: Serialize>(view: &V) -> Result<String, RenderError> {
    let yaml = serde_saphyr::to_string(view)?;
    if yaml.chars().any(|character| safe::hides(character) && character != '\n') {
        return Ok(safe::json_as_yaml(&serde_json::to_string_pretty(view)?) + "\n");
    }
    Ok(yaml)
}
