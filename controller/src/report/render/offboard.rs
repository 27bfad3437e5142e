//! What is told of a TenantOffboard, as a page: how far it is, what the tenant holds, what stands in the way, and the plan on offer.

use cloudspec_crds::offboard_status::{HeldType, Holdings};

use super::certificate::{left, look};
use super::cloud_spec::{executed, offered, row};
use super::leaving::{in_mib, not_covered};
use super::page::{Page, Part, Text, Tone, or_dash, text};
use super::plan::{body, facts as facts_of_plan, titled};
use super::view::{Condition, Offboard, Tenant};

/// Conditions that say why it does not go on.
const HINDER: [&str; 5] = ["Ready", "Observed", "Admitted", "Approved", "ApprovalGateEnforced"];

pub(super) fn page(told: &Offboard) -> Page {
    let Offboard {
        inventory,
        remaining,
        remaining_omitted,
        appeared,
        uncovered,
        verified,
        conditions,
        plan,
        approve,
        ..
    } = told;
    let mut page = vec![Part::Facts(facts(told))];
    page.extend(inventory.as_ref().and_then(holdings));
    page.extend(titled(
        "What stands in the way",
        Part::Items,
        conditions.iter().filter_map(hinders).collect(),
    ));
    let tried = matches!(told.state.as_str(), "Incomplete" | "Verifying" | "Removing");
    let shown = if tried { remaining.as_slice() } else { &[] };
    page.extend(titled("What remains", Part::Items, shown.iter().map(left).collect()));
    if tried && *remaining_omitted > 0 {
        page.push(Part::Says(text(format!("{remaining_omitted} more are not listed in the status."))));
    }
    let later = appeared
        .iter()
        .map(|what| (what.clone(), Tone::Caution.of("in no plan that was offered: it stays")))
        .collect();
    page.extend(titled("What appeared after the plan was made", Part::Items, later));
    page.extend(titled("What is not covered", Part::Items, uncovered.iter().map(not_covered).collect()));
    page.extend(titled("Looks that found nothing", Part::Items, verified.iter().map(look).collect()));
    if !conditions.is_empty() {
        let header = &["CONDITION", "STATUS", "REASON", "SINCE", "MESSAGE"];
        page.push(Part::Table(header, conditions.iter().map(row).collect()));
    }
    if let Some(record) = plan {
        page.push(Part::Title("Plan on offer".to_owned()));
        page.push(Part::Facts(facts_of_plan(&record.plan)));
        page.extend(body(&record.plan, &record.journal));
    }
    let command =
        approve.iter().map(|command| ("asks for the name once more".to_owned(), command.clone())).collect();
    page.extend(titled("To approve exactly this plan", Part::Commands, command));
    page
}

fn facts(told: &Offboard) -> Vec<(&'static str, Text)> {
    let Offboard {
        name,
        namespace,
        tenant,
        state,
        current,
        delete_project,
        progress,
        inventory,
        offer,
        last_execution,
        ..
    } = told;
    let Tenant { id, name: project, domain } = tenant;
    let mut facts = vec![
        ("TenantOffboard", text(format!("{namespace}/{name}"))),
        ("Tenant", text(format!("{domain}/{project}"))),
        ("Id", text(id)),
        ("State", tone(state).of(state)),
    ];
    if !current {
        facts.push(("Note", Tone::Caution.of("the status does not speak of the spec as it is now")));
    }
    facts
        .push(("Project itself", text(if *delete_project { "goes too, by a second plan" } else { "stays" })));
    facts.extend(progress.as_ref().map(|progress| ("Progress", Tone::Caution.of(&progress.text))));
    facts.extend(inventory.as_ref().map(|holds| ("Holds", text(&holds.text))));
    facts.extend(offer.as_ref().map(|offer| ("On offer", offered(offer))));
    facts.extend(last_execution.as_ref().map(|last| ("Last", executed(last))));
    facts
}

fn tone(state: &str) -> Tone {
    match state {
        "Completed" => Tone::Good,
        "Refused" | "Invalid" | "Incomplete" => Tone::Bad,
        _ => Tone::Caution,
    }
}

fn holdings(holdings: &Holdings) -> Option<Part> {
    let header = &["TYPE", "COUNT", "SIZE", "NOTE"];
    let rows: Vec<Vec<Text>> = holdings.types.iter().map(of_type).collect();
    (!rows.is_empty()).then_some(Part::Table(header, rows))
}

fn of_type(held: &HeldType) -> Vec<Text> {
    let HeldType { kind, count, bytes, message } = held;
    vec![
        text(kind),
        count.map_or_else(|| Tone::Bad.of("?"), |count| text(count.to_string())),
        or_dash(bytes.map(|bytes| in_mib(u64::try_from(bytes).unwrap_or_default())).as_deref()),
        message.as_ref().map_or_else(|| or_dash(None), |why| Tone::Bad.of(why)),
    ]
}

/// Why it does not go on; that it waits for an approval is no hindrance.
fn hinders(condition: &Condition) -> Option<(String, Text)> {
    let Condition { type_, status, reason, message, since: _ } = condition;
    let waits = ["AwaitingApproval", "NothingToApprove"].contains(&reason.as_str());
    let speaks = status != "True" && HINDER.contains(&type_.as_str()) && !waits;
    speaks.then(|| (format!("{type_}, {reason}"), Tone::Bad.of(message)))
}
