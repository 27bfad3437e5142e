//! Calls side by side, and the journal written beside them.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{Stream, StreamExt, iter, select_all};
use jiff::Timestamp;

use super::env::Env;
use super::follow::{How, UnderWay};
use super::item::{Item, Past, ended};
use super::port::{CloudWrite, Entry, Journal, JournalLost, Progress, StepState, WriteError, Written};
use super::run::{Interrupted, Run, due};
use super::wave::Ready;

/// Calls that one service gets at a time.
const PER_SERVICE: usize = 4;
/// So often is a look repeated because the object changed before the call.
const OUTDATED_AT_MOST: u32 = 3;

/// A call whose intent stands in the journal.
struct Meant<'s> {
    item: Item<'s>,
    revision: Option<i64>,
    intent: Entry,
    request_id: String,
}

/// What became of a call.
enum Answer {
    /// Another was not carried out before its turn came.
    NotBegun,
    /// This process may not go on.
    MayNot(String),
    Given(Result<Written, WriteError>),
}

/// What is left to do after the calls.
#[derive(Default)]
struct Left<'s> {
    under_way: Vec<UnderWay>,
    again: Vec<Item<'s>>,
    interrupted: Option<String>,
}

impl<C: CloudWrite, J: Journal, E: Env> Run<'_, C, J, E> {
    /// Makes the calls, and follows what the services took up to its end. Gives those that are to be looked at again: whose turn did not
    /// come, or whose object changed in between.
    pub(super) async fn make<'s>(&mut self, ready: Vec<Ready<'s>>) -> Result<Vec<Item<'s>>, Interrupted> {
        let alone = ready.len() == 1;
        let meant: Vec<Meant<'s>> = ready.into_iter().map(|one| self.meant(one)).collect();
        let new = meant.iter().filter(|meant| !matches!(meant.item.past, Past::Unmade(..)));
        self.write(new.map(|meant| meant.intent.clone()).collect()).await?;
        let Left { under_way, again, interrupted } = self.call_all(meant, alone).await?;
        if let Some(why) = interrupted {
            return Err(Interrupted(why));
        }
        self.follow(under_way).await?;
        Ok(again)
    }

    /// An intent of this run stands as it is; one of an earlier run gives way, for its request may have been sent.
    fn meant<'s>(&self, (item, revision): Ready<'s>) -> Meant<'s> {
        let known = match &item.past {
            Past::Unmade(entry, _) => entry.request_id.clone().map(|id| (entry.clone(), id)),
            Past::New | Past::Earlier(_) => None,
        };
        let (intent, request_id) = known.unwrap_or_else(|| {
            let (at, request_id) = (self.env.now(), self.env.request_id());
            let blank = Item { step: item.step, action: item.action.clone(), past: Past::New, outdated: 0 };
            (Entry { request_id: Some(request_id.clone()), ..blank.entry(at) }, request_id)
        });
        Meant { item, revision, intent, request_id }
    }

    /// After the first that is not carried out no other is begun; all that were begun are awaited. What they gave is written as it comes, at
    /// intervals, while the others are at work.
    async fn call_all<'s>(&mut self, meant: Vec<Meant<'s>>, alone: bool) -> Result<Left<'s>, Interrupted> {
        let (cloud, env, stop) = (self.cloud, self.env, &AtomicBool::new(false));
        let queues = by_service(meant).into_iter().map(|queue| {
            let calls = iter(queue).map(move |one| call(cloud, env, stop, one, alone));
            calls.buffer_unordered(PER_SERVICE).boxed()
        });
        let (mut calls, mut writing) = (select_all(queues), None);
        let (mut left, mut lost) = (Left::default(), None);
        let mut journal = Some(&mut *self.journal);
        loop {
            match next(&mut calls, &mut writing).await {
                Next::Answered(one) => {
                    let (meant, answer) = *one;
                    let ended = left.sort(meant, answer, alone, env.now());
                    ended.into_iter().for_each(|entry| self.told.note(entry));
                }
                Next::Written(back, Ok(())) => {
                    self.written_at = Some(env.now());
                    (journal, writing) = (Some(back), None);
                }
                Next::Written(_, Err(why)) => {
                    stop.store(true, Ordering::Relaxed);
                    (lost, writing) = (Some(why), None);
                }
                Next::Over => break,
            }
            if self.told.has_unwritten()
                && due(self.written_at, env.now())
                && let Some(journal) = journal.take()
            {
                writing = Some(write(journal, self.told.take_unwritten()).boxed());
            }
        }
        drop(writing);
        match lost {
            None => Ok(left),
            Some(why) => Err(self.lost(&why)),
        }
    }
}

/// A write of results, while calls are at work; it gives the journal back.
type Writing<'j, J> = BoxFuture<'j, (&'j mut J, Result<(), JournalLost>)>;

/// What happens next.
enum Next<'s, 'j, J> {
    Answered(Box<(Meant<'s>, Answer)>),
    Written(&'j mut J, Result<(), JournalLost>),
    Over,
}

async fn next<'s, 'j, J>(
    calls: &mut (impl Stream<Item = (Meant<'s>, Answer)> + Unpin),
    writing: &mut Option<Writing<'j, J>>,
) -> Next<'s, 'j, J> {
    poll_fn(|context| {
        if let Some(Poll::Ready((journal, written))) = writing.as_mut().map(|one| one.poll_unpin(context)) {
            return Poll::Ready(Next::Written(journal, written));
        }
        match calls.poll_next_unpin(context) {
            Poll::Ready(Some(one)) => Poll::Ready(Next::Answered(Box::new(one))),
            Poll::Ready(None) if writing.is_none() => Poll::Ready(Next::Over),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    })
    .await
}

async fn write<J: Journal>(journal: &mut J, entries: Vec<Entry>) -> (&mut J, Result<(), JournalLost>) {
    let written = journal.write_all(entries).await;
    (journal, written)
}

/// The calls of each service, in their order.
fn by_service(meant: Vec<Meant<'_>>) -> Vec<Vec<Meant<'_>>> {
    let mut queues: BTreeMap<&str, Vec<Meant<'_>>> = BTreeMap::new();
    for one in meant {
        queues.entry(one.item.action.service()).or_default().push(one);
    }
    queues.into_values().collect()
}

/// One call, where no other was left undone before it.
async fn call<'s>(
    cloud: &impl CloudWrite,
    env: &impl Env,
    stop: &AtomicBool,
    meant: Meant<'s>,
    alone: bool,
) -> (Meant<'s>, Answer) {
    if stop.load(Ordering::Relaxed) {
        return (meant, Answer::NotBegun);
    }
    // A process that was stopped in between may no longer be the leader.
    if let Err(why) = env.go_on() {
        stop.store(true, Ordering::Relaxed);
        return (meant, Answer::MayNot(why));
    }
    let given = cloud.make(&meant.item.action, meant.revision, &meant.request_id).await;
    if given.as_ref().err().is_some_and(|why| !meant.is_outdated(why, alone)) {
        stop.store(true, Ordering::Relaxed);
    }
    (meant, Answer::Given(given))
}

/// The service's words, and the id that it gave the request.
fn refusal(why: &WriteError) -> (String, Option<String>) {
    match why {
        WriteError::Refused { status, message, request_id } => {
            (format!("the service refused with {status}: {message}"), request_id.clone())
        }
        WriteError::Unclear { .. } | WriteError::NotSent { .. } => (why.to_string(), None),
    }
}

impl<'s> Meant<'s> {
    /// To be looked at again; with the refusal, where the call was refused.
    fn unmade(self, refusal: Option<(String, Option<String>)>) -> Item<'s> {
        let Self { item, revision: _, intent, request_id: _ } = self;
        let outdated = item.outdated + u32::from(refusal.is_some());
        let (why, service_request_id) = refusal.unzip();
        let service_request_id = service_request_id.flatten().or_else(|| intent.service_request_id.clone());
        Item { past: Past::Unmade(Entry { service_request_id, ..intent }, why), outdated, ..item }
    }

    /// Whether a step beside it changed its object after the look: it is looked at again.
    fn is_outdated(&self, why: &WriteError, alone: bool) -> bool {
        let changed = matches!(why, WriteError::Refused { status: 412, .. });
        changed && !alone && self.item.outdated < OUTDATED_AT_MOST
    }
}

impl<'s> Left<'s> {
    /// Puts one where it belongs; gives its end, where it has come to one.
    fn sort(&mut self, meant: Meant<'s>, answer: Answer, alone: bool, at: Timestamp) -> Option<Entry> {
        let given = match answer {
            Answer::Given(given) => given,
            Answer::NotBegun => {
                self.again.push(meant.unmade(None));
                return None;
            }
            Answer::MayNot(why) => {
                self.interrupted.get_or_insert(why);
                return None;
            }
        };
        let again = given.as_ref().err().filter(|why| meant.is_outdated(why, alone)).map(refusal);
        if again.is_some() {
            self.again.push(meant.unmade(again));
            return None;
        }
        let Meant { item, intent, .. } = meant;
        match given {
            Ok(Written { id, request_id, progress: Progress::Done }) => {
                let intent = Entry { service_request_id: request_id, created_id: id, ..intent };
                return Some(ended(intent, StepState::Done, None, at));
            }
            Ok(Written { id: _, request_id, progress: Progress::Begun }) => {
                let intent = Entry { service_request_id: request_id, ..intent };
                self.under_way.push(UnderWay { action: item.action, intent, how: How::Begun });
            }
            Err(WriteError::Unclear { message }) => {
                self.under_way.push(UnderWay { action: item.action, intent, how: How::Unclear(message) });
            }
            Err(WriteError::NotSent { message }) => drop(self.interrupted.get_or_insert(message)),
            Err(why @ WriteError::Refused { .. }) => {
                let (why, request_id) = refusal(&why);
                let intent = Entry { service_request_id: request_id, ..intent };
                return Some(ended(intent, StepState::Refused, Some(why), at));
            }
        }
        None
    }
}
