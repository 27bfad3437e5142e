//! A tenant that leaves, as a page: what it holds, what others lose, what stands in the way, what is not covered, and the plan.

use std::collections::BTreeSet;

use super::page::{Page, Part, Text, Tone, or_dash, text};
use super::plan::{body, facts, titled};
use super::view::{Held, Leaving, OfType, Refused, Tenant, Uncovered};

/// Names of one type that a page shows; JSON and YAML have all of them.
const NAMES: usize = 5;
/// Characters of a reason in the table.
const REASON: usize = 60;

pub(super) fn page(leaving: &Leaving) -> Page {
    let Leaving { tenant, stage, complete, inventory, losses, refusals, uncovered, plan } = leaving;
    let mut page = vec![Part::Facts(about(tenant, inventory, *complete))];
    if !inventory.is_empty() {
        let header = &["TYPE", "SERVICE", "COUNT", "SIZE", "NAMES"];
        page.push(Part::Table(header, inventory.iter().map(row).collect()));
    }
    let lost = losses.iter().map(|lost| (lost.by.clone(), Tone::Caution.of(&lost.what))).collect();
    page.extend(titled("What others lose", Part::Items, lost));
    let in_the_way = refused(refusals).into_iter().chain(inventory.iter().flat_map(hindered)).collect();
    page.extend(titled("What stands in the way", Part::Items, in_the_way));
    let not_covered = uncovered.iter().map(not_covered).collect();
    page.extend(titled("What is not covered", Part::Items, not_covered));
    page.push(Part::Title(format!("Plan of the stage {stage:?}")));
    match plan {
        None => page.push(Part::Says(Tone::Bad.of("There is no plan: see what stands in the way."))),
        Some(plan) if plan.steps.is_empty() && plan.left_alone.is_empty() => {
            page.push(Part::Says(Tone::Good.of("Nothing is left to remove.")));
        }
        Some(plan) => {
            page.push(Part::Facts(facts(plan)));
            page.extend(body(plan, &[]));
        }
    }
    page
}

fn about(tenant: &Tenant, inventory: &[OfType], complete: bool) -> Vec<(&'static str, Text)> {
    let Tenant { id, name, domain } = tenant;
    let count: usize = inventory.iter().filter_map(|one| one.count).sum();
    let types = inventory.iter().filter(|one| one.count.is_some()).count();
    let whole = match complete {
        true => Tone::Good.of("yes"),
        false => Tone::Bad.of("no: not everything could be told, or something is not covered"),
    };
    vec![
        ("Tenant", text(format!("{domain}/{name}"))),
        ("Id", text(id)),
        ("Holds", text(format!("{count} resources of {types} types"))),
        ("Complete", whole),
    ]
}

fn row(of_type: &OfType) -> Vec<Text> {
    let OfType { kind, service, count, not_told, gib, bytes, resources } = of_type;
    let names = match not_told {
        Some(why) => Tone::Bad.of(format!("could not be told: {}", cut(why))),
        None => text(names(resources)),
    };
    vec![
        text(kind.to_string()),
        text(service),
        count.map_or_else(|| Tone::Bad.of("?"), |count| text(count.to_string())),
        or_dash(size(*gib, *bytes).as_deref()),
        names,
    ]
}

/// What stands in the way says it whole.
fn cut(why: &str) -> String {
    match why.char_indices().nth(REASON) {
        Some((end, _)) => format!("{}…", &why[..end]),
        None => why.to_owned(),
    }
}

fn names(resources: &[Held]) -> String {
    let name = |one: &Held| if one.name.is_empty() { one.id.clone() } else { one.name.clone() };
    let shown: Vec<String> = resources.iter().take(NAMES).map(name).collect();
    let shown = shown.join(", ");
    match resources.len().saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn size(gib: Option<u64>, bytes: Option<u64>) -> Option<String> {
    let gib = gib.map(|gib| format!("{gib} GiB"));
    let bytes = bytes.map(in_mib);
    let sizes: Vec<String> = [gib, bytes].into_iter().flatten().collect();
    (!sizes.is_empty()).then(|| sizes.join(" and "))
}

/// To a tenth, rounded up: what is there does not show as nothing.
pub(super) fn in_mib(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1024 * 1024);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

/// What stands in the way for the same reason stands in one line, in the place of the first.
fn refused(all: &[Refused]) -> Vec<(String, Text)> {
    let mut lines = Vec::new();
    let mut told = BTreeSet::new();
    for Refused { reason, message, what: _, why } in all {
        let Some(why) = why else {
            lines.push((reason.clone(), Tone::Bad.of(message)));
            continue;
        };
        if !told.insert((reason, why)) {
            continue;
        }
        let same = all.iter().filter(|one| one.reason == *reason && one.why.as_ref() == Some(why));
        let what: Vec<&str> = same.filter_map(|one| one.what.as_deref()).collect();
        lines.push(match what.len() {
            1 => (reason.clone(), Tone::Bad.of(message)),
            many => (format!("{reason}, {many} times"), Tone::Bad.of(format!("{why} ({})", what.join(", ")))),
        });
    }
    lines
}

fn hindered(of_type: &OfType) -> impl Iterator<Item = (String, Text)> {
    of_type.resources.iter().filter_map(|one| {
        let why = one.hindrance.as_ref()?;
        Some((format!("{} {}", of_type.kind, one.id), Tone::Bad.of(why)))
    })
}

pub(super) fn not_covered(Uncovered { what, accepted }: &Uncovered) -> (String, Text) {
    let said = match accepted {
        true => Tone::Caution.of("accepted by name; nothing here looks into it"),
        false => Tone::Bad.of("nothing here looks into it"),
    };
    (what.clone(), said)
}
