//! An approved plan that stands in its ChangePlan is carried out, or the record says why not.

use std::sync::Arc;

use cloudspec_crds::ChangePlan;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;

use super::context::Context;
use super::journal::PlanJournal;
use super::owner::{Audited, Begun, Declared, Owner};
use super::plans::Plans;
use super::pool::Credentials;
use super::progress::{Reported, Teller};
use crate::apply::port::{Journal, JournalLost};
use crate::apply::{Env, Outcome, apply};
use crate::gate::{ApprovedPlan, Reason, admit, lapsed};
use crate::model::cloud::CloudIdentity;
use crate::openstack::{ConfigError, Limits, Writer};

/// What a service works on is waited for so long.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(30);

/// Of why a plan was stopped, so many characters are kept: what differs may be thousands of things, and a record has its room.
const LONGEST_WHY: usize = 4_096;

/// What kept a plan from being carried on, for now.
#[derive(Debug, thiserror::Error)]
pub(super) enum Interrupted {
    /// The journal has another writer, or cannot be written.
    #[error(transparent)]
    Journal(#[from] JournalLost),
    /// The run ended before its last step.
    #[error("the plan is interrupted: {0}")]
    Run(String),
}

/// Carries the plan on, from where its journal stands, to its end.
///
/// # Errors
/// When it has to be carried on later; the journal says where.
pub(super) async fn execute<O: Owner>(
    context: &Context,
    declared: &Declared<O>,
    plan: &ChangePlan,
) -> Result<(), Interrupted> {
    let plans = Plans::of(&context.client, declared.object.as_ref());
    let teller = Teller::new(context, declared, plan);
    let process = Process { context, declared, teller: &teller, cloud: None };
    process.go_on().map_err(Interrupted::Run)?;
    let mut journal = PlanJournal::take_over(plans.api(), &plan.name_any(), &context.holder).await?;
    let begun = if journal.entries().is_empty() { Begun::No } else { Begun::Yes };
    if let Err(why) = overtaken(declared, journal.plan()) {
        return Ok(journal.close("Stopped", Some(short(&why)), Time(context.clock.now())).await?);
    }
    let all = plans.all().await.map_err(|why| Interrupted::Run(why.to_string()))?;
    let audited = O::look(context, declared, &all, context.clock.monotonic()).await;
    let audited = audited.map_err(|why| Interrupted::Run(why.to_string()))?;
    let approved = match admitted(context, declared, journal.plan(), &audited, begun)? {
        Ok(approved) => approved,
        Err(why) => {
            return Ok(journal.close("Stopped", Some(short(&why)), Time(context.clock.now())).await?);
        }
    };
    let writer = match writer(context, declared, &approved, &audited).await {
        Ok(writer) => writer,
        Err(NoWriter::Elsewhere(why)) => {
            return Ok(journal.close("Stopped", Some(short(&why)), Time(context.clock.now())).await?);
        }
        Err(NoWriter::NotYet(why)) => return Err(Interrupted::Run(why)),
    };
    if let Some(why) = spared(declared, &writer).await.map_err(Interrupted::Run)? {
        return Ok(journal.close("Stopped", Some(short(&why)), Time(context.clock.now())).await?);
    }
    let process = Process { cloud: Some(&audited.cloud), ..process };
    let mut reported = Reported { journal: &mut journal, teller: &teller };
    let outcome = apply(&approved, &writer, &mut reported, &process).await;
    let at = Time(context.clock.now());
    match outcome {
        Outcome::Succeeded { done: _, already: _ } => journal.close("Succeeded", None, at).await?,
        Outcome::Stopped { at: step, why, done: _, not_tried } => {
            journal.close("Stopped", Some(short(&stopped(step, &why, &not_tried))), at).await?;
        }
        Outcome::Interrupted { why } => return Err(Interrupted::Run(why)),
    }
    for entry in journal.entries() {
        context.metrics.step(entry.state);
    }
    Ok(())
}

/// The approved plan, or why it may not be carried out; an error where that cannot be told yet.
fn admitted<O: Owner>(
    context: &Context,
    declared: &Declared<O>,
    plan: &ChangePlan,
    audited: &Audited<O>,
    begun: Begun,
) -> Result<Result<ApprovedPlan, String>, Interrupted> {
    let status = plan.status.clone().unwrap_or_default();
    let approved = match admit(&plan.spec, &status, &declared.uid, &audited.cloud) {
        Ok(approved) => approved,
        Err(why) => return Ok(Err(why.to_string())),
    };
    if let Some(why) = lapsed(&status, &declared.rules, context.clock.now()) {
        return Ok(Err(why.to_string()));
    }
    if let (Some(why), Begun::No) = (&audited.untold, begun) {
        return Err(Interrupted::Run(why.to_string()));
    }
    Ok(O::fits(approved.plan(), audited, begun).map(|()| approved))
}

/// A step that a changed spec no longer asks for would look like one that is done already; and a replica that was stopped while it
/// decided may have decided on an offer that another has followed.
fn overtaken<O: Owner>(declared: &Declared<O>, plan: &ChangePlan) -> Result<(), String> {
    let (owner, object) = (&plan.spec.owner, &declared.object);
    if owner.spec_digest != declared.asked {
        let current = object.meta().generation.unwrap_or_default();
        return Err(Reason::SpecChanged { planned: owner.generation, current }.to_string());
    }
    let decided = plan.status.as_ref().and_then(|status| status.decision.as_ref()).map(|made| made.offer);
    let last = object.status().map(|_| object.last_offer());
    match (decided, last) {
        (Some(decided), Some(last)) if decided < last => {
            let why = format!("it was given on offer {decided}, and offer {last} has followed");
            Err(Reason::ApprovalExpired(why).to_string())
        }
        _ => Ok(()),
    }
}

/// Why there is nothing to write with.
enum NoWriter {
    /// The credential is missing or wrong: a person may mend it.
    NotYet(String),
    /// It is of another cloud than the one that was approved.
    Elsewhere(String),
}

/// Only here is the credential to apply with read.
async fn writer<O: Owner>(
    context: &Context,
    declared: &Declared<O>,
    approved: &ApprovedPlan,
    audited: &Audited<O>,
) -> Result<Writer, NoWriter> {
    let none =
        || NoWriter::NotYet("there is no credential to apply with: spec.cloud.apply is absent".to_owned());
    let apply = audited.apply.as_ref().ok_or_else(none)?;
    let namespace = declared.object.namespace().unwrap_or_default();
    let credentials = context.pool.credentials(&namespace, apply).await;
    let Credentials { main, identity, .. } = credentials.map_err(|why| NoWriter::NotYet(why.to_string()))?;
    let meter = context.pool.meter();
    Writer::new(main, identity, Limits::default(), meter, approved).map_err(|why| match why {
        ConfigError::OtherCloud { .. } => NoWriter::Elsewhere(why.to_string()),
        _ => NoWriter::NotYet(why.to_string()),
    })
}

/// Why the credential may not be used for this object; an error where that could not be told.
async fn spared<O: Owner>(declared: &Declared<O>, writer: &Writer) -> Result<Option<String>, String> {
    let Some(spared) = O::spares(declared) else { return Ok(None) };
    let projects = writer.projects().await.map_err(|why| why.to_string())?;
    let own = projects.contains(spared);
    Ok(own.then(|| format!("the credential to apply with is scoped to project {spared}, which is to leave")))
}

/// Cut where it is too long, and then it says so.
fn short(why: &str) -> String {
    match why.char_indices().nth(LONGEST_WHY) {
        None => why.to_owned(),
        Some((end, _)) => {
            let kept = why.get(..end).unwrap_or_default();
            format!("{kept}… ({} characters in all)", why.chars().count())
        }
    }
}

fn stopped(step: u32, why: &str, not_tried: &[u32]) -> String {
    match not_tried {
        [] => format!("step {step}: {why}"),
        [only] => format!("step {step}: {why}; step {only} was not tried"),
        [first, .., last] if (*first..=*last).count() == not_tried.len() => {
            format!("step {step}: {why}; steps {first} to {last} were not tried")
        }
        [first, .., last] => {
            let count = not_tried.len();
            format!("step {step}: {why}; {count} of the steps from {first} to {last} were not tried")
        }
    }
}

/// The store may lag behind what was read.
fn newer<O: Owner>(object: &O, than: &O) -> bool {
    object.meta().generation > than.meta().generation
}

/// The process that a plan is carried out in.
struct Process<'a, O: Owner> {
    context: &'a Context,
    declared: &'a Declared<O>,
    teller: &'a Teller<'a, O>,
    /// The cloud, once it was looked at.
    cloud: Option<&'a CloudIdentity>,
}

impl<O: Owner> Process<'_, O> {
    /// What has come since the look that the run began with.
    fn not_overruled(&self) -> Result<(), String> {
        let Self { context, declared, teller: _, cloud } = self;
        let overruled = cloud.and_then(|cloud| O::overruled(context, declared, cloud));
        overruled.map_or(Ok(()), Err)
    }
}

impl<O: Owner> Env for Process<'_, O> {
    fn now(&self) -> Timestamp {
        self.context.clock.now()
    }

    fn request_id(&self) -> String {
        format!("req-{}", uuid::Uuid::new_v4())
    }

    fn go_on(&self) -> Result<(), String> {
        if !self.context.mandate.holds(self.context.clock.as_ref()) {
            return Err("this replica is not the leader".to_owned());
        }
        if self.context.stop.is_cancelled() {
            return Err("the controller is stopping".to_owned());
        }
        let begun = self.declared.object.as_ref();
        if begun.suspended() {
            return Err("spec.suspend is true".to_owned());
        }
        let object: Option<Arc<O>> = O::watched(self.context).get(&ObjectRef::from_obj(begun));
        match object {
            None => Err("the object is gone".to_owned()),
            Some(object) if object.meta().deletion_timestamp.is_some() => {
                Err("the object is being deleted".to_owned())
            }
            Some(object) if object.meta().uid != begun.meta().uid => {
                Err("the object was made anew".to_owned())
            }
            Some(object) if object.suspended() => Err("spec.suspend is true".to_owned()),
            Some(object) if newer(object.as_ref(), begun) && object.asked() != self.declared.asked => {
                Err("the spec has changed".to_owned())
            }
            Some(_) => self.not_overruled(),
        }
    }

    async fn wait(&self, since: Timestamp, why: &str) -> Result<(), String> {
        let waited = self.now().duration_since(since);
        if waited > LONGEST_WAIT {
            return Err(format!("it was waited for {waited:#}"));
        }
        let why = format!("{why}, {} s", waited.as_secs());
        tracing::info!(object = %self.declared.key, "waiting: {why}");
        self.teller.tell(Some(&why)).await;
        tokio::time::sleep(self.context.settle).await;
        Ok(())
    }

    async fn settle(&self) {
        tokio::time::sleep(self.context.settle).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_leaves_the_record_its_room_and_says_so() {
        assert_eq!(short("it is gone"), "it is gone");
        let cut = short(&"ü".repeat(100_000));
        assert!(cut.len() < 10_000 && cut.ends_with("… (100000 characters in all)"), "{}", cut.len());
    }
}
