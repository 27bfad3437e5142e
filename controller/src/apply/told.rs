//! What is known of each step, and what of it is yet to be written.

use std::collections::BTreeMap;

use super::outcome::Outcome;
use super::port::{Entry, StepState};
use crate::model::Step;

/// The journal as it will be when all is written.
///
/// Invariant: what is not written yet are results; an intent stands in the journal before it is noted here.
pub(super) struct Told {
    entries: BTreeMap<u32, Entry>,
    unwritten: Vec<Entry>,
}

impl Told {
    pub(super) fn of(entries: Vec<Entry>) -> Self {
        let entries = entries.into_iter().map(|entry| (entry.number, entry)).collect();
        Self { entries, unwritten: Vec::new() }
    }

    pub(super) fn get(&self, step: &Step) -> Option<&Entry> {
        self.entries.get(&step.number)
    }

    /// Notes a result, which may be written later: until then a crash leaves the intent, and the next run looks again.
    pub(super) fn note(&mut self, entry: Entry) {
        self.entries.insert(entry.number, entry.clone());
        self.unwritten.push(entry);
    }

    /// Notes an intent that stands in the journal.
    pub(super) fn intended(&mut self, entry: Entry) {
        self.entries.insert(entry.number, entry);
    }

    /// The results that are yet to be written.
    pub(super) fn take_unwritten(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.unwritten)
    }

    pub(super) fn has_unwritten(&self) -> bool {
        !self.unwritten.is_empty()
    }

    fn state(&self, step: &Step) -> Option<StepState> {
        self.get(step).map(|entry| entry.state)
    }

    /// Whether nothing became of it yet, or nobody knows what.
    pub(super) fn is_open(&self, step: &Step) -> bool {
        matches!(self.state(step), None | Some(StepState::Intended))
    }

    /// Whether one of these was refused or failed: then nothing new begins.
    pub(super) fn halted(&self, steps: &[Step]) -> bool {
        let over = |state| matches!(state, StepState::Refused | StepState::Failed | StepState::NotTried);
        steps.iter().any(|step| self.state(step).is_some_and(over))
    }

    /// How the run ended, where all steps of its last wave have.
    pub(super) fn outcome(&self, steps: &[Step]) -> Outcome {
        let number_of = |states: &[StepState]| {
            let so =
                steps.iter().filter(|step| self.state(step).is_some_and(|state| states.contains(&state)));
            so.map(|step| step.number).collect::<Vec<u32>>()
        };
        let count = |states: &[StepState]| u32::try_from(number_of(states).len()).unwrap_or(u32::MAX);
        let (done, already) = (count(&[StepState::Done]), count(&[StepState::AlreadyDone]));
        let failed = number_of(&[StepState::Refused, StepState::Failed]);
        let not_tried: Vec<u32> = steps
            .iter()
            .filter(|step| matches!(self.state(step), None | Some(StepState::NotTried)))
            .map(|step| step.number)
            .collect();
        let Some(at) = failed.first().or(not_tried.first()).copied() else {
            return Outcome::Succeeded { done, already };
        };
        let why = self.entries.get(&at).and_then(|entry| entry.message.clone());
        let why = why.unwrap_or_else(|| "it failed before".to_owned());
        let also =
            failed.get(1..).unwrap_or_default().iter().map(|number| format!("; step {number} failed too"));
        Outcome::Stopped { at, why: also.fold(why, |why, also| why + &also), done: done + already, not_tried }
    }
}
