//! What is asked of a kind whose plans are offered, decided on and carried out.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloudspec_crds::ChangePlan;
use cloudspec_crds::cloud_spec::CredentialRef;
use cloudspec_crds::offboard_status::Progress;
use cloudspec_crds::status::Offer;
use k8s_openapi::NamespaceResourceScope;
use kube::api::Api;
use kube::runtime::reflector::Store;
use kube::{Client, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::context::Context;
use super::guard::Seen;
use crate::gate::Verdict;
use crate::gate::approval::Rules;
use crate::model::cloud::CloudIdentity;
use crate::model::desired::Invalid;
use crate::model::ids::ProjectId;
use crate::model::{Plan, PlanDigest, Unknown};

/// Names an object of any kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Its kind.
    pub(super) kind: &'static str,
    /// Its namespace.
    pub(super) namespace: String,
    /// Its name.
    pub(super) name: String,
}

impl Key {
    /// Of an object.
    pub(super) fn of<O: Owner>(object: &O) -> Self {
        Self { kind: O::KIND, namespace: object.namespace().unwrap_or_default(), name: object.name_any() }
    }

    /// `namespace/name`, as objects of one kind are told apart.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
    }
}

/// A kind whose plans are offered, decided on and carried out.
pub(super) trait Owner:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Clone
    + fmt::Debug
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// The kind, as a ChangePlan names its owner.
    const KIND: &'static str;
    /// The resource, as an authorizer is asked for it.
    const PLURAL: &'static str;

    /// Its spec after validation.
    type Declares: Clone + fmt::Debug + Send + Sync;
    /// What a look gave, beside the plan.
    type Sees: Clone + fmt::Debug + Send + Sync;
    /// What the controller tells of it.
    type Status: Clone + fmt::Debug + Default + PartialEq + Serialize + Send + Sync;

    /// The status as it was read.
    fn status(&self) -> Option<&Self::Status>;
    /// Puts another status in its place.
    fn set_status(&mut self, status: Self::Status);
    /// The generation that the status speaks of.
    fn spoken_of(&self) -> Option<i64>;
    /// The plan on offer.
    fn offer(&self) -> Option<&Offer>;
    /// The highest number of an offer that was ever given.
    fn last_offer(&self) -> i64;
    /// Whether nothing is to be applied.
    fn suspended(&self) -> bool;
    /// SHA-256 of what the spec asks for: it is the same while only when to look, and whether to apply, change.
    fn asked(&self) -> String;
    /// The smallest valid object, for the test of the guard.
    fn self_test() -> Self;
    /// The objects of this kind.
    fn watched(context: &Context) -> &Store<Self>;

    /// Validates it.
    ///
    /// # Errors
    /// Every field that is wrong.
    fn declared(object: Arc<Self>) -> Result<Declared<Self>, Vec<Invalid>>;

    /// Whether its end is told, and nothing is to be done for it any more.
    fn rests(&self) -> bool;

    /// Looks at the world and plans, with answers that are no older than `not_before`. `all` are its plans so far.
    ///
    /// # Errors
    /// When there is no way to look.
    fn look(
        context: &Context,
        declared: &Declared<Self>,
        all: &[ChangePlan],
        not_before: Instant,
    ) -> impl Future<Output = Result<Audited<Self>, Unknown>> + Send;

    /// The digest that an approval must be for, now that the world is so: that of the plan on offer, where the world still fits it.
    fn current(offered: Option<&Plan>, audited: &Audited<Self>) -> PlanDigest;

    /// Whether an approved plan may be carried out, now that the world is so. What was begun is carried on as far as possible: the journal and the
    /// look before each call hold it to what was approved.
    ///
    /// # Errors
    /// Why not.
    fn fits(approved: &Plan, audited: &Audited<Self>, begun: Begun) -> Result<(), String>;

    /// Why a plan that is being carried out may not go on, as far as that is known in the cluster: what has come since the look that it began
    /// with. The next look tells whether it really is so.
    fn overruled(context: &Context, declared: &Declared<Self>, cloud: &CloudIdentity) -> Option<String>;

    /// The project that no credential to apply with may be scoped to.
    fn spares(declared: &Declared<Self>) -> Option<&ProjectId>;

    /// The patch of the status that tells how far a plan is, where the kind tells that.
    fn progress(progress: Progress) -> Option<Value>;

    /// Tells what was found out.
    fn tell(context: &Context, told: Told<'_, Self>) -> impl Future<Output = Result<(), kube::Error>> + Send;

    /// Tells that it is being deleted: whatever keeps it there, what was seen before is said no more.
    fn tell_leaving(context: &Context, object: &Self)
    -> impl Future<Output = Result<(), kube::Error>> + Send;

    /// A status that is shorter than the one before, and so has room wherever that had: it says that nothing can be said.
    fn without_room(context: &Context, object: &Self, before: &Self::Status) -> Self::Status;

    /// Tells that a spec is wrong.
    fn tell_invalid(
        context: &Context,
        object: &Self,
        wrong: &[Invalid],
    ) -> impl Future<Output = Result<(), kube::Error>> + Send;
}

/// Whether a call of a plan was made, or may have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    /// None was.
    No,
    /// One was.
    Yes,
}

/// An object after validation.
#[derive(Clone, Debug)]
pub(super) struct Declared<O: Owner> {
    /// The object, as it was read.
    pub(super) object: Arc<O>,
    /// Its UID.
    pub(super) uid: String,
    /// Its name.
    pub(super) key: Key,
    /// SHA-256 of what it asks for.
    pub(super) asked: String,
    /// What an approval must fulfil.
    pub(super) rules: Rules,
    /// How often the cloud is looked at.
    pub(super) interval: Duration,
    /// What it asks for.
    pub(super) what: O::Declares,
}

/// What one look gave.
#[derive(Clone, Debug)]
pub(super) struct Audited<O: Owner> {
    /// The cloud that was looked at.
    pub(super) cloud: CloudIdentity,
    /// What there is to be done.
    pub(super) plan: Plan,
    /// Limits that the plan is beyond, in words.
    pub(super) exceeded: Vec<String>,
    /// The credential to apply with, where there is one.
    pub(super) apply: Option<CredentialRef>,
    /// How soon it is to be looked at again, where that is not the interval.
    pub(super) again: Option<Duration>,
    /// Why nothing can be offered or ruled on just now; what was on offer is still that.
    pub(super) untold: Option<Unknown>,
    /// What was seen.
    pub(super) saw: O::Sees,
}

/// What there is to tell.
pub(super) struct Told<'a, O: Owner> {
    pub(super) declared: &'a Declared<O>,
    pub(super) seen: &'a Seen,
    pub(super) audited: Result<&'a Audited<O>, &'a Unknown>,
    pub(super) offer: Option<&'a Offer>,
    pub(super) verdict: &'a Verdict,
    pub(super) all: &'a [ChangePlan],
    /// Why an approved plan is not carried on just now.
    pub(super) interrupted: Option<&'a str>,
}

/// The API of the objects beside this one.
pub(super) fn api_of<O: Owner>(client: &Client, object: &O) -> Api<O> {
    Api::namespaced(client.clone(), object.namespace().as_deref().unwrap_or_default())
}
