//! One wave: steps that do not need each other.
//!
//! What comes in: the wave, and what the waves before it made. What goes out: an end of each of its steps, or an interruption.

use jiff::Timestamp;

use super::env::Env;
use super::item::{Item, Past, ended};
use super::port::{CloudWrite, Journal, Look, StepState};
use super::resolve::Made;
use super::run::{Interrupted, Run};
use crate::model::Step;

/// So many are looked at and called together: more, and the look of the last would be old by its call.
const AT_ONCE: usize = 64;

/// Items that were looked at and are not over.
struct Seen<'s> {
    /// With the revision to make the call upon.
    ready: Vec<Ready<'s>>,
    waiting: Vec<Waiting<'s>>,
}

/// One whose call can be made upon a revision, where the service has one.
pub(super) type Ready<'s> = (Item<'s>, Option<i64>);
/// One that is on its way by itself, to what or where.
type Waiting<'s> = (Item<'s>, String);

impl<C: CloudWrite, J: Journal, E: Env> Run<'_, C, J, E> {
    /// To an end of each step. What was begun is ended also where a step failed.
    pub(super) async fn wave(&mut self, wave: &[Step], made: &Made) -> Result<(), Interrupted> {
        let open: Vec<&Step> = wave.iter().filter(|step| self.told.is_open(step)).collect();
        for batch in open.chunks(AT_ONCE) {
            let halted = self.told.halted(wave);
            let batch = batch.iter().filter(|step| !halted || self.told.get(step).is_some());
            let batch: Vec<&Step> = batch.copied().collect();
            if !batch.is_empty() {
                self.batch(wave, &batch, made).await?;
            }
        }
        self.write(Vec::new()).await
    }

    async fn batch(&mut self, wave: &[Step], batch: &[&Step], made: &Made) -> Result<(), Interrupted> {
        self.go_on()?;
        let mut open = self.items(batch, made);
        if open.iter().any(|item| matches!(item.past, Past::Earlier(_))) {
            self.env.settle().await;
            self.go_on()?;
        }
        let mut since = self.env.now();
        loop {
            if self.told.halted(wave) {
                open = self.only_begun(open);
            }
            if open.is_empty() {
                return Ok(());
            }
            let Seen { ready, waiting } = self.seen(open).await?;
            let halted = self.told.halted(wave);
            let (ready, given_up) = if halted { (Vec::new(), ready) } else { (ready, Vec::new()) };
            given_up.iter().for_each(|(item, _)| self.give_up(item));
            open = match ready.is_empty() {
                true => self.waited(waiting, since).await?,
                false => {
                    let again = self.make(ready).await?;
                    since = self.env.now();
                    again.into_iter().chain(waiting.into_iter().map(|(item, _)| item)).collect()
                }
            };
        }
    }

    /// The calls of the steps; one that needs what was not made is refused.
    fn items<'s>(&mut self, steps: &[&'s Step], made: &Made) -> Vec<Item<'s>> {
        let at = self.env.now();
        let mut items = Vec::new();
        for step in steps.iter().copied() {
            let past = self.told.get(step).cloned().map_or(Past::New, Past::Earlier);
            let (action, wrong) = match made.resolve(&step.action) {
                Ok(action) => (action, None),
                Err(why) => (step.action.clone(), Some(why.to_string())),
            };
            let item = Item { step, action, past, outdated: 0 };
            match wrong {
                None => items.push(item),
                Some(why) => self.told.note(ended(item.entry(at), StepState::Refused, Some(why), at)),
            }
        }
        items
    }

    /// What an earlier run began; of the rest nothing was carried out.
    fn only_begun<'s>(&mut self, open: Vec<Item<'s>>) -> Vec<Item<'s>> {
        let (begun, rest): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|item| matches!(item.past, Past::Earlier(_)));
        rest.iter().for_each(|item| self.give_up(item));
        begun
    }

    fn give_up(&mut self, item: &Item<'_>) {
        if let Some(entry) = item.not_tried(self.env.now()) {
            self.told.note(entry);
        }
    }

    /// Looks at all of them; what is over is noted.
    async fn seen<'s>(&mut self, open: Vec<Item<'s>>) -> Result<Seen<'s>, Interrupted> {
        let actions: Vec<_> = open.iter().map(|item| &item.action).collect();
        let looks = self.look(&actions).await;
        let mut seen = Seen { ready: Vec::new(), waiting: Vec::new() };
        let mut unclear = None;
        for (item, look) in open.into_iter().zip(looks) {
            let at = self.env.now();
            match look {
                Ok(Look::AlreadyDone { id }) => self.told.note(item.already(id, at)),
                Ok(Look::Refused { why }) => self.told.note(item.refused(&why, at)),
                Ok(Look::Ready { revision }) => seen.ready.push((item, revision)),
                Ok(Look::Waiting { why }) => seen.waiting.push((item, why)),
                Err(why) => drop(unclear.get_or_insert(why)),
            }
        }
        unclear.map_or(Ok(seen), |why| Err(Interrupted(why)))
    }

    /// These are to be looked at again, after a while; or that was done for long enough.
    async fn waited<'s>(
        &mut self,
        waiting: Vec<Waiting<'s>>,
        since: Timestamp,
    ) -> Result<Vec<Item<'s>>, Interrupted> {
        let Some(why) = words(waiting.iter().map(|(_, why)| why.as_str())) else { return Ok(Vec::new()) };
        self.write_if_due().await?;
        if let Err(over) = self.env.wait(since, &why).await {
            for (item, why) in waiting {
                let at = self.env.now();
                let why = format!("{why}; {over}");
                self.told.note(ended(item.entry(at), StepState::Failed, Some(why), at));
            }
            return Ok(Vec::new());
        }
        self.go_on()?;
        Ok(waiting.into_iter().map(|(item, _)| item).collect())
    }
}

/// What is waited for: the first, and how many more.
pub(super) fn words<'w>(mut whys: impl Iterator<Item = &'w str>) -> Option<String> {
    let first = whys.next()?;
    Some(match whys.count() {
        0 => first.to_owned(),
        more => format!("{first}, and {more} more"),
    })
}
