//! A step that is open, and what becomes of it.

use jiff::Timestamp;

use super::port::{Entry, StepState};
use crate::model::{Action, Step};

/// A step of which it is not known that it is over, with its call.
pub(super) struct Item<'s> {
    pub(super) step: &'s Step,
    /// Resolved.
    pub(super) action: Action,
    pub(super) past: Past,
    /// How often the object was found to have changed between the look and the call.
    pub(super) outdated: u32,
}

/// What the journal says of an open step.
pub(super) enum Past {
    /// Nothing.
    New,
    /// An earlier run meant to make the call, and may have made it.
    Earlier(Entry),
    /// This run meant to, and what it did changed nothing; with the refusal, where the service answered.
    Unmade(Entry, Option<String>),
}

impl Item<'_> {
    /// What the journal says of it, or would say.
    pub(super) fn entry(&self, at: Timestamp) -> Entry {
        match &self.past {
            Past::New => Entry {
                number: self.step.number,
                state: StepState::Intended,
                request_id: None,
                service_request_id: None,
                created_id: None,
                started_at: at,
                finished_at: None,
                message: None,
            },
            Past::Earlier(entry) | Past::Unmade(entry, _) => entry.clone(),
        }
    }

    /// It is as wanted: by a call of this plan, or by somebody else.
    pub(super) fn already(&self, id: Option<String>, at: Timestamp) -> Entry {
        let state = match &self.past {
            Past::Earlier(_) | Past::Unmade(_, Some(_)) => StepState::Done,
            Past::New | Past::Unmade(_, None) => StepState::AlreadyDone,
        };
        Entry { created_id: id, ..ended(self.entry(at), state, None, at) }
    }

    /// It is not as planned, and the call is not made.
    pub(super) fn refused(&self, why: &str, at: Timestamp) -> Entry {
        let (state, why) = match &self.past {
            Past::New | Past::Unmade(..) => (StepState::Refused, why.to_owned()),
            Past::Earlier(_) => {
                let why = format!("the call may have been made before an interruption, and now {why}");
                (StepState::Failed, why)
            }
        };
        ended(self.entry(at), state, Some(why), at)
    }

    /// Another step failed before its call was made; none where nothing of it was written.
    pub(super) fn not_tried(&self, at: Timestamp) -> Option<Entry> {
        let why = "another step failed before its call was made";
        let (state, why) = match &self.past {
            Past::New => return None,
            Past::Earlier(_) => (StepState::NotTried, "it is not done, and another step failed"),
            Past::Unmade(_, None) => (StepState::NotTried, why),
            Past::Unmade(_, Some(refusal)) => (StepState::Refused, refusal.as_str()),
        };
        Some(ended(self.entry(at), state, Some(why.to_owned()), at))
    }
}

/// The entry with its end.
pub(super) fn ended(entry: Entry, state: StepState, message: Option<String>, at: Timestamp) -> Entry {
    Entry { state, message, finished_at: Some(at), ..entry }
}
