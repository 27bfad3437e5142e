//! A ChangePlan as a page: the plan, the decision, the journal.

use super::certificate::look;
use super::page::{Page, Part, Text, Tone, text};
use super::plan::{body, facts, titled};
use super::view::{Decision, Journalled, Record, Revert};

pub(super) fn page(record: &Record) -> Page {
    let Record {
        name,
        namespace,
        owner,
        phase,
        created_at,
        plan,
        decision,
        journal,
        finished_at,
        message,
        verification,
        revert,
    } = record;
    let mut all = vec![
        ("ChangePlan", text(format!("{namespace}/{name}"))),
        ("Corrects", text(format!("{} {}, generation {}", owner.kind, owner.name, owner.generation))),
        ("Phase", phase_tone(phase).of(phase)),
    ];
    all.extend(facts(plan));
    all.extend(created_at.as_ref().map(|at| ("Made", text(at))));
    all.extend(decision.as_ref().map(|decision| ("Decision", decided(decision))));
    all.extend(finished_at.as_ref().map(|at| ("Ended", text(at))));
    all.extend(message.as_ref().map(|message| ("Message", Tone::Bad.of(message))));
    let mut page = vec![Part::Facts(all)];
    page.extend(body(plan, journal));
    page.extend(titled("Journal", Part::Items, journal.iter().map(entry).collect()));
    page.extend(titled("What was seen after it", Part::Items, verification.iter().map(look).collect()));
    let commands = revert.iter().map(command).collect();
    page.extend(titled("To take back what was done, in this order", Part::Commands, commands));
    page
}

pub(super) fn phase_tone(phase: &str) -> Tone {
    match phase {
        "Succeeded" => Tone::Good,
        "Stopped" => Tone::Bad,
        "Applying" => Tone::Caution,
        _ => Tone::Plain,
    }
}

fn decided(decision: &Decision) -> Text {
    let Decision { verdict, by, groups, value, offer, digest, at, gate } = decision;
    let groups = if groups.is_empty() { String::new() } else { format!(" ({})", groups.join(", ")) };
    // The digest is told where it is not the plan's own, which is above.
    let value = if value == digest { "its digest" } else { value };
    let tone = if gate == "Enforced" { Tone::Plain } else { Tone::Caution };
    tone.of(format!("{verdict} by {by}{groups} at {at}, with {value} on offer {offer}; gate {gate}"))
}

fn entry(entry: &Journalled) -> (String, Text) {
    let Journalled {
        number,
        state,
        request_id,
        service_request_id,
        created_id,
        started_at,
        finished_at,
        message,
    } = entry;
    let told = [
        (" from ", started_at),
        (" to ", finished_at),
        (", made ", created_id),
        (", request ", request_id),
        (", answered as ", service_request_id),
        (": ", message),
    ];
    let mut words = state.clone();
    for (before, value) in told {
        if let Some(value) = value {
            words += before;
            words += value;
        }
    }
    (format!("step {number}"), text(words))
}

fn command(Revert { step, command, certain }: &Revert) -> (String, String) {
    let look = if *certain { "" } else { ", if it was taken: look first" };
    (format!("step {step}{look}"), command.clone())
}
