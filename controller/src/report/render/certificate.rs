//! The certificate of a tenant that left, as a page.

use cloudspec_crds::offboard_status::{RemainingStatus, SeenType, Verified};

use super::leaving::not_covered;
use super::page::{Page, Part, Text, Tone, or_dash, text};
use super::plan::titled;
use super::view::{Approved, Asked, Call, Certificate, Decision, Kept, LostByStep, Tenant};

pub(super) fn page(certificate: &Certificate) -> Page {
    let Certificate {
        api_version: _,
        kind: _,
        complete,
        statement,
        tenant,
        cloud: _,
        asked: _,
        plans,
        removed,
        already_gone,
        changed,
        not_done,
        kept,
        kept_omitted,
        left_alone,
        lost,
        uncovered,
        looks,
        remaining,
        remaining_omitted,
    } = certificate;
    let whose = tenant
        .as_ref()
        .map_or_else(|| "a tenant".to_owned(), |one| format!("tenant {}/{}", one.domain, one.name));
    let mut page = vec![Part::Title(format!("Certificate of the leaving of {whose}"))];
    page.push(Part::Says(if *complete { Tone::Good } else { Tone::Bad }.of(statement)));
    page.push(Part::Facts(facts(certificate)));
    page.extend(table("Plans that were approved", PLANS, plans, plan));
    page.extend(titled("How they ended", Part::Items, plans.iter().filter_map(ended).collect()));
    page.extend(items("What remains", remaining, left));
    page.extend(more(*remaining_omitted));
    page.extend(table("What was removed", CALLS, removed, call));
    page.extend(table("What was gone already", CALLS, already_gone, call));
    page.extend(table("What else was changed", CHANGES, changed, change));
    page.extend(items("What was refused, failed or not begun", not_done, undone));
    page.extend(items("What was kept", kept, stayed));
    page.extend(more(*kept_omitted));
    page.extend(items("What else the plans left alone", left_alone, stayed));
    page.extend(items("What others lost", lost, others));
    page.extend(items("What is not covered", uncovered, not_covered));
    page.extend(items("What was seen after it", looks, look));
    page
}

const PLANS: &[&str] = &["PLAN", "STAGE", "DIGEST", "APPROVED BY", "GROUPS", "AT", "VALUE", "GATE", "RESULT"];
const CALLS: &[&str] = &["TYPE", "NAME", "ID", "AT", "REQUEST", "ANSWERED AS", "PLAN", "STEP"];
const CHANGES: &[&str] = &["WHAT", "AT", "REQUEST", "ANSWERED AS", "PLAN", "STEP"];

fn facts(certificate: &Certificate) -> Vec<(&'static str, Text)> {
    let Asked { namespace, name, uid, deleted, created_at, last_changed_by, delete_project } =
        &certificate.asked;
    let gone = if *deleted { ", deleted since" } else { "" };
    let mut facts = Vec::new();
    if let Some(Tenant { id, name, domain }) = &certificate.tenant {
        facts.push(("Tenant", text(format!("{domain}/{name}"))));
        facts.push(("Id", text(id)));
    }
    facts.extend(certificate.cloud.clone().map(|cloud| {
        let cloudspec_crds::change_plan::CloudIdentity { auth_url, region, endpoints } = cloud;
        ("Cloud", text(crate::model::cloud::CloudIdentity { auth_url, region, endpoints }.to_string()))
    }));
    facts.push(("Asked by", text(format!("TenantOffboard {namespace}/{name} ({uid}){gone}"))));
    facts.extend(created_at.as_ref().map(|at| ("Asked at", text(at))));
    facts.extend(last_changed_by.as_ref().map(|by| ("Last changed by", text(by))));
    let project = |asked: bool| if asked { "asked to go too" } else { "not asked to go" };
    facts.extend(delete_project.map(|asked| ("Project itself", text(project(asked)))));
    facts
}

fn table<T>(title: &str, header: &'static [&'static str], all: &[T], row: impl Fn(&T) -> Vec<Text>) -> Page {
    titled(title, |rows| Part::Table(header, rows), all.iter().map(row).collect())
}

fn items<T>(title: &str, all: &[T], item: impl Fn(&T) -> (String, Text)) -> Page {
    titled(title, Part::Items, all.iter().map(item).collect())
}

fn more(omitted: i64) -> Option<Part> {
    (omitted > 0)
        .then(|| Part::Says(Tone::Caution.of(format!("{omitted} more are not named in the records."))))
}

fn plan(approved: &Approved) -> Vec<Text> {
    let Approved {
        name,
        stage,
        digest,
        steps: _,
        created_at: _,
        decision,
        phase,
        finished_at: _,
        message: _,
    } = approved;
    let Decision { verdict: _, by, groups, value, offer: _, digest: shown, at, gate } = decision;
    let value = if value == shown { "its digest" } else { value };
    let gate = if gate == "Enforced" { Tone::Plain } else { Tone::Caution }.of(gate);
    vec![
        text(name),
        text(*stage),
        text(digest),
        text(by),
        text(groups.join(", ")),
        text(at),
        text(value),
        gate,
        text(phase),
    ]
}

fn ended(approved: &Approved) -> Option<(String, Text)> {
    let Approved { name, steps, finished_at, message, .. } = approved;
    let at = finished_at.as_ref().map_or_else(|| "not ended".to_owned(), |at| format!("ended at {at}"));
    let why = message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
    Some((name.clone(), text(format!("{steps} steps, {at}{why}"))))
}

fn call(call: &Call) -> Vec<Text> {
    let mut row = vec![text(call.kind.clone().unwrap_or_default()), or_dash(call.name.as_deref())];
    let of = call.of.as_ref().map(|of| format!(" of {of}")).unwrap_or_default();
    row.push(text(format!("{}{of}", call.id.as_deref().unwrap_or("-"))));
    row.extend(when(call));
    row
}

fn change(call: &Call) -> Vec<Text> {
    let mut row = vec![text(&call.summary)];
    row.extend(when(call));
    row
}

fn when(call: &Call) -> [Text; 5] {
    let Call { plan, step, finished_at, request_id, service_request_id, .. } = call;
    [
        or_dash(finished_at.as_deref()),
        or_dash(request_id.as_deref()),
        or_dash(service_request_id.as_deref()),
        text(plan),
        text(step.to_string()),
    ]
}

fn undone(call: &Call) -> (String, Text) {
    let Call { plan, step, summary, state, message, request_id, .. } = call;
    let request = request_id.as_ref().map(|id| format!(", request {id}")).unwrap_or_default();
    let why = message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
    (format!("{plan}, step {step}"), Tone::Bad.of(format!("{summary}: {state}{request}{why}")))
}

fn stayed(Kept { resource, reason }: &Kept) -> (String, Text) {
    (resource.clone(), text(reason))
}

fn others(LostByStep { plan, step, by, what }: &LostByStep) -> (String, Text) {
    (format!("{plan}, step {step}, {by}"), Tone::Caution.of(what))
}

/// One thing that is left, with what is known of it.
pub(super) fn left(remaining: &RemainingStatus) -> (String, Text) {
    let RemainingStatus { resource, name, state, message } = remaining;
    let named = name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let known: Vec<&str> = [state, message].into_iter().flatten().map(String::as_str).collect();
    let known = if known.is_empty() { "there".to_owned() } else { known.join("; ") };
    (format!("{resource}{named}"), Tone::Bad.of(known))
}

/// One look, with each type that it counted.
pub(super) fn look(look: &Verified) -> (String, Text) {
    let Verified {
        stage,
        at,
        of: _,
        tenant: _,
        types,
        kept,
        kept_omitted,
        uncovered: _,
        remaining,
        remaining_omitted,
    } = look;
    let (left, stays) = (all(remaining.len(), *remaining_omitted), all(kept.len(), *kept_omitted));
    let found = match (left, stays) {
        (0, 0) => "nothing was left".to_owned(),
        (0, stays) => format!("nothing was left but {stays} kept"),
        (left, _) => format!("{left} left"),
    };
    let counts: Vec<String> = types.iter().map(counted).collect();
    let counts = if counts.is_empty() { String::new() } else { format!("; {}", counts.join(", ")) };
    let tone = if left == 0 { Tone::Good } else { Tone::Bad };
    (format!("{stage} at {}", super::view::second(at)), tone.of(format!("{found}{counts}")))
}

fn all(named: usize, omitted: i64) -> usize {
    named.saturating_add(usize::try_from(omitted).unwrap_or_default())
}

fn counted(SeenType { kind, left, kept }: &SeenType) -> String {
    let left = left.map_or_else(|| "not told, the project is gone".to_owned(), |left| left.to_string());
    let kept = if *kept == 0 { String::new() } else { format!(" and {kept} kept") };
    format!("{kind} {left}{kept}")
}
