//! One run over the steps of an approved plan.

use std::collections::BTreeMap;
use std::future::Future;

use jiff::Timestamp;

use super::outcome::Outcome;
use super::port::{CloudWrite, Entry, Journal, JournalLost, Look, Progress, StepState, WriteError, Written};
use super::resolve::Made;
use crate::gate::ApprovedPlan;
use crate::model::{Action, Step};

/// What a run asks of the process that it runs in.
pub trait Env: Send + Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;

    /// A fresh `X-OpenStack-Request-ID`.
    fn request_id(&self) -> String;

    /// Whether the run may go on: this process is still the leader, nobody suspended the object, the process does not end.
    ///
    /// # Errors
    /// Why not.
    fn go_on(&self) -> Result<(), String>;

    /// Waits a while for what a service works on; the waiting began at `since`.
    ///
    /// # Errors
    /// When it was waited for long enough, in words.
    fn wait(&self, since: Timestamp, why: &str) -> impl Future<Output = Result<(), String>> + Send;

    /// Waits until a call that was sent and not answered can no longer be at work in the service.
    fn settle(&self) -> impl Future<Output = ()> + Send;
}

/// Why a run ends before its last step.
enum End {
    /// The step is over, and so is the plan.
    Stop(String),
    /// Here and now.
    Interrupt(String),
}

impl From<JournalLost> for End {
    fn from(why: JournalLost) -> Self {
        Self::Interrupt(why.to_string())
    }
}

/// Carries the plan out from where the journal stands.
pub async fn apply(
    approved: &ApprovedPlan,
    cloud: &impl CloudWrite,
    journal: &mut impl Journal,
    env: &impl Env,
) -> Outcome {
    let steps = &approved.plan().steps;
    let before = journal.entries();
    let mut made = Made::from_journal(steps, &before);
    let before: BTreeMap<u32, Entry> = before.into_iter().map(|entry| (entry.number, entry)).collect();
    let mut run = Run { cloud, journal, env };
    let (mut done, mut already) = (0, 0);
    for step in steps {
        let ended = run.step(step, before.get(&step.number), &made).await;
        match ended {
            Ok(entry) => {
                made.learn(step, &entry);
                match entry.state {
                    StepState::AlreadyDone => already += 1,
                    _ => done += 1,
                }
            }
            Err(End::Stop(why)) => {
                let not_tried = steps.iter().map(|other| other.number).filter(|n| *n > step.number).collect();
                return Outcome::Stopped { at: step.number, why, done: done + already, not_tried };
            }
            Err(End::Interrupt(why)) => return Outcome::Interrupted { why },
        }
    }
    Outcome::Succeeded { done, already }
}

struct Run<'a, C, J, E> {
    cloud: &'a C,
    journal: &'a mut J,
    env: &'a E,
}

impl<C: CloudWrite, J: Journal, E: Env> Run<'_, C, J, E> {
    /// One step, to an entry that says it is done.
    async fn step(&mut self, step: &Step, before: Option<&Entry>, made: &Made) -> Result<Entry, End> {
        if let Some(entry) = before.filter(|entry| entry.state != StepState::Intended) {
            return match entry.state {
                StepState::Done | StepState::AlreadyDone => Ok(entry.clone()),
                StepState::Refused | StepState::Failed | StepState::Intended => {
                    Err(End::Stop(entry.message.clone().unwrap_or_else(|| "it failed before".to_owned())))
                }
            };
        }
        self.env.go_on().map_err(End::Interrupt)?;
        let action = match made.resolve(&step.action) {
            Ok(action) => action,
            Err(why) => return self.end(step, before, StepState::Refused, why.to_string()).await,
        };
        if before.is_some() {
            self.env.settle().await;
            self.env.go_on().map_err(End::Interrupt)?;
        }
        match self.settled(&action).await? {
            Look::AlreadyDone { id } => self.already(step, before, id).await,
            Look::Refused { why } if before.is_some() => {
                let why = format!("the call may have been made before an interruption, and now {why}");
                self.end(step, before, StepState::Failed, why).await
            }
            Look::Refused { why } => self.end(step, None, StepState::Refused, why).await,
            Look::Ready { revision } => self.make(step, &action, revision).await,
            Look::Waiting { why } => self.end(step, before, StepState::Failed, why).await,
        }
    }

    /// How the object is when it is no longer on its way, or when that was waited for long enough.
    async fn settled(&self, action: &Action) -> Result<Look, End> {
        let since = self.env.now();
        loop {
            let why = match self.look(action).await? {
                Look::Waiting { why } => why,
                told => return Ok(told),
            };
            if let Err(over) = self.env.wait(since, &why).await {
                return Ok(Look::Waiting { why: format!("{why}; {over}") });
            }
            self.env.go_on().map_err(End::Interrupt)?;
        }
    }

    /// A look that the service refuses ends the step; one that fails otherwise says nothing of it, and is repeated in the next run.
    async fn look(&self, action: &Action) -> Result<Look, End> {
        match self.cloud.look(action).await {
            Ok(look) => Ok(look),
            Err(why @ WriteError::Refused { .. }) => Ok(Look::Refused { why: why.to_string() }),
            Err(why @ (WriteError::Unclear { .. } | WriteError::NotSent { .. })) => {
                Err(End::Interrupt(why.to_string()))
            }
        }
    }

    /// It is as wanted: by the call of an earlier run, where that was intended, or by somebody else.
    async fn already(
        &mut self,
        step: &Step,
        before: Option<&Entry>,
        id: Option<String>,
    ) -> Result<Entry, End> {
        let state = if before.is_some() { StepState::Done } else { StepState::AlreadyDone };
        let entry = Entry {
            state,
            created_id: id,
            finished_at: Some(self.env.now()),
            ..before.cloned().unwrap_or_else(|| self.entry(step))
        };
        self.journal.write(entry.clone()).await?;
        Ok(entry)
    }

    async fn make(&mut self, step: &Step, action: &Action, revision: Option<i64>) -> Result<Entry, End> {
        let request_id = self.env.request_id();
        let intent = Entry { request_id: Some(request_id.clone()), ..self.entry(step) };
        self.journal.write(intent.clone()).await?;
        // A process that was stopped in between may no longer be the leader.
        self.env.go_on().map_err(End::Interrupt)?;
        match self.cloud.make(action, revision, &request_id).await {
            Ok(Written { id: _, request_id, progress: Progress::Begun }) => {
                let intent = Entry { service_request_id: request_id, ..intent };
                self.carried_out(step, action, &intent).await
            }
            Ok(Written { id, request_id, progress: Progress::Done }) => {
                let entry = Entry {
                    state: StepState::Done,
                    created_id: id,
                    service_request_id: request_id,
                    finished_at: Some(self.env.now()),
                    ..intent
                };
                self.journal.write(entry.clone()).await?;
                Ok(entry)
            }
            Err(WriteError::Refused { status, message, request_id }) => {
                let intent = Entry { service_request_id: request_id, ..intent };
                let why = format!("the service refused with {status}: {message}");
                self.end(step, Some(&intent), StepState::Refused, why).await
            }
            Err(WriteError::NotSent { message }) => Err(End::Interrupt(message)),
            Err(WriteError::Unclear { message }) => self.unclear(step, action, &intent, message).await,
        }
    }

    /// The service took the call up: it is done when a look says so.
    async fn carried_out(&mut self, step: &Step, action: &Action, intent: &Entry) -> Result<Entry, End> {
        let since = self.env.now();
        loop {
            let why = match self.look(action).await? {
                Look::AlreadyDone { id } => return self.already(step, Some(intent), id).await,
                Look::Refused { why } => {
                    let why = format!("the service took the call up, and now {why}");
                    return self.end(step, Some(intent), StepState::Failed, why).await;
                }
                Look::Waiting { why } => why,
                // The service has not begun with what it took up.
                Look::Ready { .. } => "the service has not begun".to_owned(),
            };
            if let Err(over) = self.env.wait(since, &why).await {
                return self.end(step, Some(intent), StepState::Failed, format!("{why}; {over}")).await;
            }
            self.env.go_on().map_err(End::Interrupt)?;
        }
    }

    /// No clear answer: what is there now tells.
    async fn unclear(
        &mut self,
        step: &Step,
        action: &Action,
        intent: &Entry,
        message: String,
    ) -> Result<Entry, End> {
        self.env.settle().await;
        match self.settled(action).await? {
            Look::AlreadyDone { id } => self.already(step, Some(intent), id).await,
            Look::Ready { .. } => {
                let why = format!("no clear answer ({message}), and it is not done");
                self.end(step, Some(intent), StepState::Failed, why).await
            }
            Look::Refused { why } | Look::Waiting { why } => {
                let why = format!("no clear answer ({message}), and now {why}");
                self.end(step, Some(intent), StepState::Failed, why).await
            }
        }
    }

    async fn end(
        &mut self,
        step: &Step,
        before: Option<&Entry>,
        state: StepState,
        why: String,
    ) -> Result<Entry, End> {
        let entry = Entry {
            state,
            message: Some(why.clone()),
            finished_at: Some(self.env.now()),
            ..before.cloned().unwrap_or_else(|| self.entry(step))
        };
        self.journal.write(entry).await?;
        Err(End::Stop(why))
    }

    fn entry(&self, step: &Step) -> Entry {
        Entry {
            number: step.number,
            state: StepState::Intended,
            request_id: None,
            service_request_id: None,
            created_id: None,
            started_at: self.env.now(),
            finished_at: None,
            message: None,
        }
    }
}
