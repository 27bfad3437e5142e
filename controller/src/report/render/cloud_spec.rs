//! What is told of a CloudSpec, as a page.

use cloudspec_crds::status::{ExecutionSummary, Offer};

use super::findings::list;
use super::page::{Page, Part, Text, Tone, text};
use super::view::{Condition, Told};

pub(super) fn page(told: &Told) -> Page {
    let Told {
        name,
        namespace,
        state,
        current,
        summary,
        findings,
        findings_omitted,
        plan,
        last_execution,
        conditions,
    } = told;
    let mut facts =
        vec![("CloudSpec", text(format!("{namespace}/{name}"))), ("State", state_tone(state).of(state))];
    if !current {
        facts.push(("Note", Tone::Caution.of("the status does not speak of the spec as it is now")));
    }
    facts.extend(summary.as_ref().map(|summary| ("Drift", text(&summary.text))));
    facts.extend(plan.as_ref().map(|plan| ("On offer", offered(plan))));
    facts.extend(last_execution.as_ref().map(|last| ("Last", executed(last))));
    let mut page = vec![Part::Facts(facts)];
    page.extend(list(findings));
    if *findings_omitted > 0 {
        page.push(Part::Says(text(format!(
            "{findings_omitted} more findings are not listed in the status."
        ))));
    }
    if !conditions.is_empty() {
        let header = &["CONDITION", "STATUS", "REASON", "SINCE", "MESSAGE"];
        page.push(Part::Table(header, conditions.iter().map(row).collect()));
    }
    page
}

fn state_tone(state: &str) -> Tone {
    match state {
        "InSync" => Tone::Good,
        "Drifted" | "Blocked" | "Invalid" => Tone::Bad,
        _ => Tone::Caution,
    }
}

pub(super) fn offered(plan: &Offer) -> Text {
    let Offer { name, digest, offer, plan_generation: _, offered_at, steps, classes: _ } = plan;
    text(format!("{name}, {steps} steps, offer {offer} of {:.0}: {digest}", offered_at.0))
}

pub(super) fn executed(last: &ExecutionSummary) -> Text {
    let ExecutionSummary { name, approved_by, result, done, steps, decided_at, finished_at: _ } = last;
    text(format!(
        "{name}: {result}, {done} of {steps} steps; approved by {approved_by} at {:.0}",
        decided_at.0
    ))
}

pub(super) fn row(condition: &Condition) -> Vec<Text> {
    let Condition { type_, status, reason, message, since } = condition;
    vec![text(type_), text(status), text(reason), text(since), text(message)]
}
