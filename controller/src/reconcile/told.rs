//! What is told of every kind in the same way: the status, Events, what came of a plan.

use cloudspec_crds::ChangePlan;
use cloudspec_crds::status::ExecutionSummary;
use kube::ResourceExt;
use kube::api::PostParams;
use kube::runtime::events::{Event, EventType};

use super::context::Context;
use super::owner::{Key, Owner, api_of};
use crate::model::Unknown;
use crate::report::Note;

/// The most bytes of an Event's message that the API takes.
const LONGEST_NOTE: usize = 1_000;

/// The newest plan that was approved.
pub(super) fn last_approved(all: &[ChangePlan]) -> Option<&ChangePlan> {
    all.iter().rev().find(|plan| decided(plan) == Some("Approved"))
}

fn decided(plan: &ChangePlan) -> Option<&str> {
    plan.status.as_ref()?.decision.as_ref().map(|decision| decision.verdict.as_str())
}

/// What came of a plan that was approved.
pub(super) fn execution(plan: &ChangePlan) -> Option<ExecutionSummary> {
    let status = plan.status.as_ref()?;
    let decision = status.decision.as_ref()?;
    let done = status.journal.iter().filter(|entry| matches!(entry.state.as_str(), "Done" | "AlreadyDone"));
    Some(ExecutionSummary {
        name: plan.name_any(),
        approved_by: decision.by.clone(),
        result: match &status.finished_at {
            None => "Applying".to_owned(),
            Some(_) => status.phase.clone().unwrap_or_else(|| "Stopped".to_owned()),
        },
        done: i64::try_from(done.count()).unwrap_or(i64::MAX),
        steps: i64::try_from(plan.spec.steps.len()).unwrap_or(i64::MAX),
        decided_at: decision.at.clone(),
        finished_at: status.finished_at.clone(),
    })
}

/// Why nothing is said of a cloud that was not looked at.
pub(super) fn not_looked(reason: &str, message: &str) -> Unknown {
    Unknown { service: "cloudspec".to_owned(), reason: reason.to_owned(), message: message.to_owned() }
}

/// Writes a status upon the version that was read: whoever wrote meanwhile makes this one be made anew. Nothing is written
/// where nothing changed.
pub(super) async fn write<O: Owner>(
    context: &Context,
    object: &O,
    status: O::Status,
    notes: Vec<Note>,
) -> Result<(), kube::Error> {
    let before = object.status().cloned().unwrap_or_default();
    if before == status {
        return Ok(());
    }
    let mut object = object.clone();
    object.set_status(status);
    let api = api_of(&context.client, &object);
    match api.replace_status(&object.name_any(), &PostParams::default(), &object).await {
        Ok(_) => {}
        Err(kube::Error::Api(why)) if why.message.contains("too large") => {
            // What was true before must not go on being said where there is no room for what is true.
            let short = O::without_room(context, &object, &before);
            if short != before {
                object.set_status(short);
                api.replace_status(&object.name_any(), &PostParams::default(), &object).await?;
            }
            return Err(kube::Error::Api(why));
        }
        Err(why) => return Err(why),
    }
    for note in notes {
        publish(context, &object, note).await;
    }
    Ok(())
}

/// An Event that cannot be recorded is no reason to stop: the status tells the same.
async fn publish<O: Owner>(context: &Context, object: &O, note: Note) {
    let Note { warning, reason, action, mut message } = note;
    let end = (0..=LONGEST_NOTE.min(message.len())).rev().find(|end| message.is_char_boundary(*end));
    message.truncate(end.unwrap_or(0));
    tracing::info!(object = %Key::of(object), reason, "{message}");
    let event = Event {
        type_: if warning { EventType::Warning } else { EventType::Normal },
        reason,
        note: Some(message),
        action: action.to_owned(),
        secondary: None,
    };
    if let Err(why) = context.recorder.publish(&event, &object.object_ref(&())).await {
        tracing::warn!(error = %why, "failed to record an Event");
    }
}
