//! A plan as a page: what, why, what others lose, how to take it back.

use cloudspec_crds::change_plan::CloudIdentity;
use cloudspec_crds::status::Classes;

use super::findings::sentence;
use super::page::{Page, Part, Text, Tone, or_dash, text};
use super::view::{Journalled, LeftAlone, Plan, Step, Why};

/// How the way back of a step begins that has none.
const NOTHING: &str = "# nothing brings ";

pub(super) fn page(plan: &Plan) -> Page {
    let mut page = vec![Part::Facts(facts(plan))];
    page.extend(body(plan, &[]));
    page
}

/// What identifies a plan, and its size.
pub(super) fn facts(plan: &Plan) -> Vec<(&'static str, Text)> {
    let CloudIdentity { auth_url, region, endpoints } = plan.cloud.clone();
    let place = crate::model::cloud::CloudIdentity { auth_url, region, endpoints };
    let mut facts = vec![
        ("Plan", text(&plan.digest)),
        ("Cloud", text(place.to_string())),
        ("Steps", size(plan.steps.len(), plan.classes)),
    ];
    if !plan.exceeded.is_empty() {
        facts.push(("Blocked", Tone::Bad.of(plan.exceeded.join("; "))));
    }
    facts
}

fn size(steps: usize, classes: Classes) -> Text {
    let Classes { reversible, rebuildable, destructive } = classes;
    let tone = if destructive > 0 { Tone::Bad } else { Tone::Plain };
    tone.of(format!("{steps}: {reversible} reversible, {rebuildable} rebuildable, {destructive} destructive"))
}

/// The steps and what belongs to them. With a journal: what became of each.
pub(super) fn body(plan: &Plan, journal: &[Journalled]) -> Page {
    let Plan { steps, left_alone, .. } = plan;
    let mut page = Page::new();
    if steps.is_empty() {
        page.push(Part::Says(text("There is nothing that could be corrected.")));
    } else {
        page.push(table(steps, journal));
        page.extend(titled("Why", Part::Items, each(steps, whys)));
        let lost = each(steps, |step| step.side_effects.iter().map(|lost| Tone::Caution.of(lost)).collect());
        page.extend(titled("What others lose", Part::Items, lost));
        let (lost, back): (Vec<&Step>, Vec<&Step>) =
            steps.iter().partition(|step| step.revert.starts_with(NOTHING));
        if !lost.is_empty() {
            let said = format!("{} of {} steps cannot be taken back.", lost.len(), steps.len());
            page.push(Part::Says(Tone::Bad.of(said)));
        }
        let reverts = back.into_iter().map(|step| (of(step), step.revert.clone())).collect();
        page.extend(titled("How to take each step back", Part::Commands, reverts));
    }
    page.extend(titled("No step for", Part::Items, left_alone.iter().map(left).collect()));
    page
}

fn table(steps: &[Step], journal: &[Journalled]) -> Part {
    let by_waves = steps.iter().any(|step| step.wave.is_some());
    let full = |step: &Step| {
        let wave = by_waves.then(|| text(step.wave.unwrap_or(step.number).to_string()));
        let result = (!journal.is_empty()).then(|| result(step, journal));
        wave.into_iter().chain(row(step)).chain(result).collect()
    };
    let columns: &[&str] = match (by_waves, journal.is_empty()) {
        (false, true) => &["STEP", "CLASS", "WHAT", "BEFORE", "AFTER"],
        (false, false) => &["STEP", "CLASS", "WHAT", "BEFORE", "AFTER", "RESULT"],
        (true, true) => &["WAVE", "STEP", "CLASS", "WHAT", "BEFORE", "AFTER"],
        (true, false) => &["WAVE", "STEP", "CLASS", "WHAT", "BEFORE", "AFTER", "RESULT"],
    };
    Part::Table(columns, steps.iter().map(full).collect())
}

fn row(step: &Step) -> Vec<Text> {
    let Step { number, class, summary, before, after, .. } = step;
    let tone = match class.as_str() {
        "Reversible" => Tone::Plain,
        "Rebuildable" => Tone::Caution,
        _ => Tone::Bad,
    };
    vec![
        text(number.to_string()),
        tone.of(class),
        text(summary),
        or_dash(before.as_deref()),
        or_dash(after.as_deref()),
    ]
}

fn result(step: &Step, journal: &[Journalled]) -> Text {
    match journal.iter().find(|entry| entry.number == step.number) {
        None => text("not begun"),
        Some(entry) => match entry.state.as_str() {
            "Done" | "AlreadyDone" => Tone::Good.of(&entry.state),
            _ => Tone::Bad.of(&entry.state),
        },
    }
}

/// One item for each text that a step has.
fn each(steps: &[Step], texts: impl Fn(&Step) -> Vec<Text>) -> Vec<(String, Text)> {
    steps.iter().flat_map(|step| texts(step).into_iter().map(move |text| (of(step), text))).collect()
}

fn of(step: &Step) -> String {
    format!("step {}", step.number)
}

/// A removal is its own finding: the summary names it.
fn whys(step: &Step) -> Vec<Text> {
    let named = |one: &&Why| one.finding.is_none() && step.summary.contains(&one.fingerprint);
    step.why.iter().filter(|one| !named(one)).map(why).collect()
}

fn why(Why { fingerprint, finding }: &Why) -> Text {
    text(finding.as_ref().map_or_else(|| format!("finding {fingerprint}"), sentence))
}

fn left(LeftAlone { fingerprint, resource, reason }: &LeftAlone) -> (String, Text) {
    match resource.contains(fingerprint) {
        true => (resource.clone(), text(reason)),
        false => (resource.clone(), text(format!("{reason} [{fingerprint}]"))),
    }
}

/// A part under its title, where it has something in it.
pub(super) fn titled<T>(title: &str, part: impl Fn(Vec<T>) -> Part, of: Vec<T>) -> Page {
    match of.is_empty() {
        true => Page::new(),
        false => vec![Part::Title(title.to_owned()), part(of)],
    }
}
