//! How far a plan is, told while it is carried out.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use cloudspec_crds::ChangePlan;
use cloudspec_crds::offboard_status::Progress;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;
use kube::api::{Patch, PatchParams};

use super::context::Context;
use super::journal::PlanJournal;
use super::owner::{Declared, Owner, api_of};
use crate::apply::port::{Entry, Journal, JournalLost, StepState};

/// It is told at most so often.
const AT_MOST_EVERY: Duration = Duration::from_secs(10);

/// Tells how far one plan is.
pub(super) struct Teller<'a, O: Owner> {
    context: &'a Context,
    declared: &'a Declared<O>,
    plan: String,
    steps: usize,
    told: Mutex<So>,
}

#[derive(Default)]
struct So {
    done: usize,
    told: Option<Instant>,
}

impl<'a, O: Owner> Teller<'a, O> {
    /// Of a plan, before its first step.
    pub(super) fn new(context: &'a Context, declared: &'a Declared<O>, plan: &ChangePlan) -> Self {
        let (plan, steps) = (plan.name_any(), plan.spec.steps.len());
        Self { context, declared, plan, steps, told: Mutex::default() }
    }

    /// Notes what the journal says.
    fn note(&self, entries: &[Entry]) {
        let done = |entry: &&Entry| matches!(entry.state, StepState::Done | StepState::AlreadyDone);
        self.told.lock().unwrap_or_else(PoisonError::into_inner).done = entries.iter().filter(done).count();
    }

    /// How many are done, where it is time to tell it again.
    fn due(&self) -> Option<usize> {
        let now = self.context.clock.monotonic();
        let mut so = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if so.told.is_some_and(|told| now.duration_since(told) < AT_MOST_EVERY) {
            return None;
        }
        so.told = Some(now);
        Some(so.done)
    }

    /// Tells it, where it is time to. One that cannot be told is no reason to stop: the journal says the same.
    pub(super) async fn tell(&self, waiting: Option<&str>) {
        let Some(done) = self.due() else { return };
        let waits = waiting.map(|why| format!("; waiting: {why}")).unwrap_or_default();
        let progress = Progress {
            plan: self.plan.clone(),
            done: i64::try_from(done).unwrap_or(i64::MAX),
            steps: i64::try_from(self.steps).unwrap_or(i64::MAX),
            text: format!("{done} of {} steps{waits}", self.steps),
            at: Time(self.context.clock.now()),
        };
        let Some(patch) = O::progress(progress) else { return };
        let object = self.declared.object.as_ref();
        let api = api_of(&self.context.client, object);
        let told = api.patch_status(&object.name_any(), &PatchParams::default(), &Patch::Merge(&patch)).await;
        if let Err(why) = told {
            tracing::warn!(object = %self.declared.key, error = %why, "failed to tell how far the plan is");
        }
    }
}

/// A journal of which is told how far it is.
pub(super) struct Reported<'a, O: Owner> {
    pub(super) journal: &'a mut PlanJournal,
    pub(super) teller: &'a Teller<'a, O>,
}

impl<O: Owner> Journal for Reported<'_, O> {
    fn entries(&self) -> Vec<Entry> {
        let entries = self.journal.entries();
        self.teller.note(&entries);
        entries
    }

    async fn write_all(&mut self, entries: Vec<Entry>) -> Result<(), JournalLost> {
        self.journal.write_all(entries).await?;
        self.teller.note(&self.journal.entries());
        self.teller.tell(None).await;
        Ok(())
    }
}
