//! One run over the waves of an approved plan.

use jiff::{SignedDuration, Timestamp};

use super::env::Env;
use super::outcome::Outcome;
use super::port::{CloudWrite, Entry, Journal, JournalLost, Look, WriteError};
use super::resolve::Made;
use super::told::Told;
use crate::gate::ApprovedPlan;
use crate::model::Action;

/// Carries the plan out from where the journal stands.
pub async fn apply(
    approved: &ApprovedPlan,
    cloud: &impl CloudWrite,
    journal: &mut impl Journal,
    env: &impl Env,
) -> Outcome {
    let steps = &approved.plan().steps;
    let entries = journal.entries();
    let mut made = Made::from_journal(steps, &entries);
    let told = Told::of(entries);
    let mut run = Run { cloud, journal, env, told, written_at: None, kept: Kept::Here };
    for wave in steps.chunk_by(|one, next| one.wave == next.wave) {
        if let Err(Interrupted(why)) = run.wave(wave, &made).await {
            run.leave().await;
            return Outcome::Interrupted { why };
        }
        if run.told.halted(wave) {
            break;
        }
        wave.iter().for_each(|step| run.told.get(step).into_iter().for_each(|entry| made.learn(step, entry)));
    }
    run.told.outcome(steps)
}

/// Why a run ends here and now; the journal says where to go on.
pub(super) struct Interrupted(pub(super) String);

/// A run, with what it asks of the world.
pub(super) struct Run<'a, C, J, E> {
    pub(super) cloud: &'a C,
    pub(super) journal: &'a mut J,
    pub(super) env: &'a E,
    pub(super) told: Told,
    /// When the journal was written last in this run.
    pub(super) written_at: Option<Timestamp>,
    kept: Kept,
}

/// Whether the journal is this run's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// Each write was answered.
    Here,
    /// A write failed: nothing more is written or called.
    Lost,
}

/// Results are written at most so often while others are awaited: a result that is lost with the process is seen again by the next look.
const AT_MOST_EVERY: SignedDuration = SignedDuration::from_secs(5);

/// Whether it is time to write results.
pub(super) fn due(written_at: Option<Timestamp>, now: Timestamp) -> bool {
    written_at.is_none_or(|at| now.duration_since(at) >= AT_MOST_EVERY)
}

impl<C: CloudWrite, J: Journal, E: Env> Run<'_, C, J, E> {
    pub(super) fn go_on(&self) -> Result<(), Interrupted> {
        self.env.go_on().map_err(Interrupted)
    }

    /// Writes these intents, and with them the results that are yet to be written.
    pub(super) async fn write(&mut self, intents: Vec<Entry>) -> Result<(), Interrupted> {
        let mut entries = self.told.take_unwritten();
        entries.extend(intents.iter().cloned());
        if entries.is_empty() {
            return Ok(());
        }
        self.journal.write_all(entries).await.map_err(|why| self.lost(&why))?;
        self.written_at = Some(self.env.now());
        intents.into_iter().for_each(|intent| self.told.intended(intent));
        Ok(())
    }

    /// Writes results, where it is time to.
    pub(super) async fn write_if_due(&mut self) -> Result<(), Interrupted> {
        match due(self.written_at, self.env.now()) {
            true => self.write(Vec::new()).await,
            false => Ok(()),
        }
    }

    /// A write failed: nothing more is written or called.
    pub(super) fn lost(&mut self, why: &JournalLost) -> Interrupted {
        self.kept = Kept::Lost;
        Interrupted(why.to_string())
    }

    /// The results that are yet to be written are kept, if they can be: the next run would see that these are done, and not who asked.
    async fn leave(&mut self) {
        if self.kept == Kept::Here {
            drop(self.write(Vec::new()).await);
        }
    }

    /// Looks at all of these. A look that the service refuses ends its step; one that fails otherwise says nothing of it, and is repeated in
    /// the next run.
    pub(super) async fn look(&self, actions: &[&Action]) -> Vec<Result<Look, String>> {
        let looks = self.cloud.look_all(actions).await;
        let mut told: Vec<Result<Look, String>> = looks.into_iter().map(read).collect();
        told.resize_with(actions.len(), || Err("a look was not answered".to_owned()));
        told
    }
}

fn read(look: Result<Look, WriteError>) -> Result<Look, String> {
    match look {
        Ok(look) => Ok(look),
        Err(why @ WriteError::Refused { .. }) => Ok(Look::Refused { why: why.to_string() }),
        Err(why @ (WriteError::Unclear { .. } | WriteError::NotSent { .. })) => Err(why.to_string()),
    }
}
