//! ChangePlans as a page.

use super::change_plan::phase_tone;
use super::page::{Page, Part, Text, or_dash, text};
use super::view::{Entry, History};

pub(super) fn page(view: &History) -> Page {
    let History { plans } = view;
    if plans.is_empty() {
        return vec![Part::Says(text("There is no ChangePlan."))];
    }
    let header = &["NAME", "OWNER", "MADE", "RESULT", "STEPS", "DECIDED BY", "DECIDED", "ENDED"];
    let mut page = vec![Part::Table(header, plans.iter().map(row).collect())];
    let notes: Vec<(String, Text)> = plans
        .iter()
        .filter_map(|entry| Some((entry.name.clone(), text(entry.message.as_deref()?))))
        .collect();
    if !notes.is_empty() {
        page.push(Part::Items(notes));
    }
    page
}

fn row(entry: &Entry) -> Vec<Text> {
    let Entry {
        name,
        owner,
        created_at,
        phase,
        decided_by,
        decided_at,
        done,
        steps,
        finished_at,
        message: _,
    } = entry;
    vec![
        text(name),
        text(owner),
        or_dash(created_at.as_deref()),
        phase_tone(phase).of(phase),
        text(format!("{done}/{steps}")),
        or_dash(decided_by.as_deref()),
        or_dash(decided_at.as_deref()),
        or_dash(finished_at.as_deref()),
    ]
}
