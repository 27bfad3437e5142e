//! The journal of a plan, kept in its ChangePlan's status.
//!
//! # Guarantees
//! Every write carries the resourceVersion of this writer's last one: whoever took over in between makes the next write fail, and
//! after a failed write nothing more is done. What was taken over is read back from the API server, not from a cache.

use std::collections::BTreeMap;

use cloudspec_crds::ChangePlan;
use cloudspec_crds::change_plan::{Executor, JournalEntry};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;
use kube::api::{Api, PostParams};

use crate::apply::port::{Entry, Journal, JournalLost, StepState};

/// The journal of one plan, with this process as its one writer.
pub(super) struct PlanJournal {
    api: Api<ChangePlan>,
    plan: ChangePlan,
}

impl PlanJournal {
    /// Takes the plan over: from here on any other writer's next write fails.
    ///
    /// # Errors
    /// When another takes it over at the same time, or the API server does not answer.
    pub(super) async fn take_over(
        api: Api<ChangePlan>,
        name: &str,
        holder: &str,
    ) -> Result<Self, JournalLost> {
        let plan = api.get(name).await.map_err(|why| JournalLost(why.to_string()))?;
        let mut journal = Self { api, plan };
        let status = journal.plan.status.get_or_insert_default();
        let epoch = status.executor.as_ref().map_or(0, |executor| executor.epoch) + 1;
        status.executor = Some(Executor { holder: holder.to_owned(), epoch });
        status.phase = Some("Applying".to_owned());
        journal.save().await?;
        Ok(journal)
    }

    /// The plan as last written.
    pub(super) fn plan(&self) -> &ChangePlan {
        &self.plan
    }

    /// Closes the journal.
    ///
    /// # Errors
    /// As for every write.
    pub(super) async fn close(
        &mut self,
        phase: &str,
        message: Option<String>,
        at: Time,
    ) -> Result<(), JournalLost> {
        let status = self.plan.status.get_or_insert_default();
        status.phase = Some(phase.to_owned());
        status.message = message;
        status.finished_at = Some(at);
        self.save().await
    }

    async fn save(&mut self) -> Result<(), JournalLost> {
        let name = self.plan.name_any();
        let saved = self.api.replace_status(&name, &PostParams::default(), &self.plan).await;
        self.plan = saved.map_err(|why| JournalLost(why.to_string()))?;
        Ok(())
    }
}

impl Journal for PlanJournal {
    fn entries(&self) -> Vec<Entry> {
        let journal = self.plan.status.iter().flat_map(|status| &status.journal);
        journal.filter_map(read).collect()
    }

    async fn write_all(&mut self, entries: Vec<Entry>) -> Result<(), JournalLost> {
        let status = self.plan.status.get_or_insert_default();
        let known = std::mem::take(&mut status.journal).into_iter();
        let known = known.chain(entries.into_iter().map(written)).map(|entry| (entry.number, entry));
        status.journal = known.collect::<BTreeMap<i64, JournalEntry>>().into_values().collect();
        self.save().await
    }
}

/// A state that this version does not know is taken for a call that may have been made: it is looked at before anything is done.
fn read(entry: &JournalEntry) -> Option<Entry> {
    let JournalEntry {
        number,
        state,
        request_id,
        service_request_id,
        created_id,
        started_at,
        finished_at,
        message,
    } = entry;
    Some(Entry {
        number: u32::try_from(*number).ok()?,
        state: match state.as_str() {
            "Done" => StepState::Done,
            "AlreadyDone" => StepState::AlreadyDone,
            "Refused" => StepState::Refused,
            "Failed" => StepState::Failed,
            "NotTried" => StepState::NotTried,
            _ => StepState::Intended,
        },
        request_id: request_id.clone(),
        service_request_id: service_request_id.clone(),
        created_id: created_id.clone(),
        started_at: started_at.as_ref().map(|time| time.0).unwrap_or_default(),
        finished_at: finished_at.as_ref().map(|time| time.0),
        message: message.clone(),
    })
}

fn written(entry: Entry) -> JournalEntry {
    let Entry { number, state, request_id, service_request_id, created_id, started_at, finished_at, message } =
        entry;
    JournalEntry {
        number: number.into(),
        state: format!("{state:?}"),
        request_id,
        service_request_id,
        created_id,
        started_at: Some(Time(started_at)),
        finished_at: finished_at.map(Time),
        message,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for state in [
            StepState::Intended,
            StepState::Done,
            StepState::AlreadyDone,
            StepState::Refused,
            StepState::Failed,
            StepState::NotTried,
        ] {
            let entry = Entry {
                number: 7,
                state,
                request_id: Some("req-1".into()),
                service_request_id: Some("req-2".into()),
                created_id: Some("id".into()),
                started_at: Timestamp::from_second(5).unwrap(),
                finished_at: Some(Timestamp::from_second(6).unwrap()),
                message: Some("why".into()),
            };
            assert_eq!(read(&written(entry.clone())), Some(entry));
        }
    }
}
