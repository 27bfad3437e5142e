//! What carrying out a plan asks of the world: a cloud that can be written to, and a journal that survives a crash.

use std::future::Future;

use futures::stream::{FuturesOrdered, StreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::Action;

/// Objects that are looked at at a time.
const LOOKS_AT_ONCE: usize = 8;

/// The one object that an action is about, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// It is as the action would leave it; the id of what the action would have made.
    AlreadyDone {
        /// Id of the object, where the action makes one.
        id: Option<String>,
    },
    /// It is as it was planned for. The revision for compare-and-set, where the service has one.
    Ready {
        /// Neutron's revision number.
        revision: Option<i64>,
    },
    /// It is on its way, by itself: to what the action would leave, or to where the call can be made. To be looked at again.
    Waiting {
        /// For what, in words: `load balancer lb-1 is PENDING_DELETE`.
        why: String,
    },
    /// It is neither: the call must not be made.
    Refused {
        /// What is different, in words.
        why: String,
    },
}

/// What a service answered to a call that it carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Id of what was made.
    pub id: Option<String>,
    /// `x-openstack-request-id` of the answer.
    pub request_id: Option<String>,
    /// How far it is.
    pub progress: Progress,
}

/// How far a call that the service took is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// To its end.
    Done,
    /// The service works on it; a look tells when it is done.
    Begun,
}

/// Why a call was not carried out, or why that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The service refused it; nothing was changed.
    #[error("the service refused: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The service's words.
        message: String,
        /// `x-openstack-request-id` of the answer.
        request_id: Option<String>,
    },
    /// No answer, or one that does not tell: it may have been carried out.
    #[error("no clear answer: {message}")]
    Unclear {
        /// What happened.
        message: String,
    },
    /// The call was never sent.
    #[error("not sent: {message}")]
    NotSent {
        /// Why.
        message: String,
    },
}

/// Writes to one cloud. Made from the apply credential, and only where an approved plan is about to be carried out.
///
/// `action` is resolved: no `Made` is left in it.
pub trait CloudWrite: Send + Sync {
    /// Reads the one object that the action is about.
    fn look(&self, action: &Action) -> impl Future<Output = Result<Look, WriteError>> + Send;

    /// Reads the objects that these actions are about; the answers are in the order of the actions.
    fn look_all<'a>(
        &'a self,
        actions: &'a [&'a Action],
    ) -> impl Future<Output = Vec<Result<Look, WriteError>>> + Send + 'a {
        async move {
            let (mut looks, mut asked) = (Vec::with_capacity(actions.len()), FuturesOrdered::new());
            for action in actions {
                if asked.len() == LOOKS_AT_ONCE {
                    looks.extend(asked.next().await);
                }
                asked.push_back(self.look(action));
            }
            looks.extend(asked.collect::<Vec<_>>().await);
            looks
        }
    }

    /// Makes the one call. `revision` is what [`Look::Ready`] gave; `request_id` is sent as `X-OpenStack-Request-ID`.
    fn make(
        &self,
        action: &Action,
        revision: Option<i64>,
        request_id: &str,
    ) -> impl Future<Output = Result<Written, WriteError>> + Send;
}

/// What became of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum StepState {
    /// The call may have been made.
    Intended,
    /// The call was made, and the service confirmed it.
    Done,
    /// It was as wanted before the call.
    AlreadyDone,
    /// The object was not as planned, or the service refused.
    Refused,
    /// No clear answer, and a look afterwards did not show it done.
    Failed,
    /// Its intent was written, and another step of its wave was refused or failed before its call was made.
    NotTried,
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The step's number.
    pub number: u32,
    /// What became of it.
    pub state: StepState,
    /// The request id that was sent.
    pub request_id: Option<String>,
    /// The request id that the service answered with.
    pub service_request_id: Option<String>,
    /// Id of what was made.
    pub created_id: Option<String>,
    /// When the intent was written.
    pub started_at: Timestamp,
    /// When the result was written.
    pub finished_at: Option<Timestamp>,
    /// Why, where it was refused or failed.
    pub message: Option<String>,
}

/// The journal could not be written: another writer has taken over, or the API server does not answer. Nothing more may be
/// done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("failed to write the journal: {0}")]
pub struct JournalLost(pub String);

/// A journal with one writer: each write is a compare-and-set upon the last.
pub trait Journal: Send {
    /// All entries that were ever written for this plan, by number, the last of each.
    fn entries(&self) -> Vec<Entry>;

    /// Writes entries, each in place of the one with the same number: all of them, or none.
    fn write_all(&mut self, entries: Vec<Entry>) -> impl Future<Output = Result<(), JournalLost>> + Send;
}
