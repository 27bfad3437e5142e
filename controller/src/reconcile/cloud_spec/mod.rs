//! The kind `CloudSpec`.

mod audit;
pub(super) mod certificates;
pub(super) mod claims;
mod declared;
mod tell;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use cloudspec_crds::cloud_spec::{Cloud, CloudSpecSpec, CredentialRef};
use cloudspec_crds::offboard_status::Progress;
use cloudspec_crds::status::Offer;
use cloudspec_crds::{ChangePlan, CloudSpec, CloudSpecStatus};
use jiff::Timestamp;
use kube::runtime::reflector::Store;
use serde_json::Value;

use super::context::Context;
use super::owner::{Audited, Begun, Declared, Owner, Told};
use crate::model::certificate::Certificates;
use crate::model::cloud::CloudIdentity;
use crate::model::desired::Invalid;
use crate::model::ids::ProjectId;
use crate::model::{Desired, Finding, FindingKind, Plan, PlanDigest, Subject, Unknown};
use crate::observe::Coverage;
use crate::plan::within;

/// What a look saw of what a CloudSpec declares.
#[derive(Clone, Debug)]
pub(in crate::reconcile) struct Compared {
    /// What is not as declared, and what could not be told.
    pub(in crate::reconcile) findings: Vec<Finding>,
    /// What other CloudSpecs list too, and which.
    pub(in crate::reconcile) contested: BTreeMap<Subject, BTreeSet<String>>,
    /// When it looked: nothing of what was seen is older.
    pub(in crate::reconcile) at: Timestamp,
    /// How much of each service was seen.
    pub(in crate::reconcile) coverage: Coverage,
    /// The certificates, as they were looked at.
    pub(in crate::reconcile) certificates: Certificates,
}

impl Compared {
    /// Whether every finding that a plan could follow from could be told, and nothing is held back because another lists it too.
    fn is_whole(&self) -> bool {
        self.contested.is_empty()
            && self.findings.iter().all(|finding| {
                finding.kind != FindingKind::Unknowable || !finding.subject.domain().can_be_corrected()
            })
    }
}

impl Owner for CloudSpec {
    const KIND: &'static str = "CloudSpec";
    const PLURAL: &'static str = "cloudspecs";

    type Declares = Desired;
    type Sees = Compared;
    type Status = CloudSpecStatus;

    fn status(&self) -> Option<&CloudSpecStatus> {
        self.status.as_ref()
    }

    fn set_status(&mut self, status: CloudSpecStatus) {
        self.status = Some(status);
    }

    fn spoken_of(&self) -> Option<i64> {
        self.status.as_ref()?.observed_generation
    }

    fn offer(&self) -> Option<&Offer> {
        self.status.as_ref()?.plan.as_ref()
    }

    fn last_offer(&self) -> i64 {
        self.status.as_ref().map_or(0, |status| status.last_offer)
    }

    fn suspended(&self) -> bool {
        self.spec.suspend
    }

    fn asked(&self) -> String {
        declared::asked(&self.spec)
    }

    fn self_test() -> Self {
        Self::new("self-test", nothing())
    }

    fn watched(context: &Context) -> &Store<Self> {
        &context.specs
    }

    fn declared(object: Arc<Self>) -> Result<Declared<Self>, Vec<Invalid>> {
        declared::of(object)
    }

    fn rests(&self) -> bool {
        false
    }

    async fn look(
        context: &Context,
        declared: &Declared<Self>,
        _: &[ChangePlan],
        not_before: Instant,
    ) -> Result<Audited<Self>, Unknown> {
        audit::audit(context, declared, not_before).await
    }

    fn current(_: Option<&Plan>, audited: &Audited<Self>) -> PlanDigest {
        audited.plan.digest.clone()
    }

    fn fits(approved: &Plan, audited: &Audited<Self>, begun: Begun) -> Result<(), String> {
        if begun == Begun::Yes {
            return Ok(());
        }
        within(&audited.plan, approved)
            .map_err(|differences| format!("the cloud has changed: {}", differences.join("; ")))?;
        // A step that is no longer planned is done already, or it is one that must not be taken now.
        let fewer = audited.plan.steps.len() < approved.steps.len();
        if fewer && !audited.saw.is_whole() {
            return Err("not all that the plan was made from can be told now".to_owned());
        }
        Ok(())
    }

    fn overruled(_: &Context, _: &Declared<Self>, _: &CloudIdentity) -> Option<String> {
        None
    }

    fn spares(_: &Declared<Self>) -> Option<&ProjectId> {
        None
    }

    fn progress(_: Progress) -> Option<Value> {
        None
    }

    async fn tell(context: &Context, told: Told<'_, Self>) -> Result<(), kube::Error> {
        tell::tell(context, told).await
    }

    async fn tell_leaving(context: &Context, object: &Self) -> Result<(), kube::Error> {
        tell::tell_leaving(context, object).await
    }

    fn without_room(context: &Context, object: &Self, before: &CloudSpecStatus) -> CloudSpecStatus {
        let object = Self { status: Some(before.clone()), ..object.clone() };
        CloudSpecStatus { last_execution: None, ..tell::without_room(context, &object) }
    }

    async fn tell_invalid(context: &Context, object: &Self, wrong: &[Invalid]) -> Result<(), kube::Error> {
        tell::tell_invalid(context, object, wrong).await
    }
}

/// The smallest spec that is valid.
fn nothing() -> CloudSpecSpec {
    CloudSpecSpec {
        cloud: Cloud {
            observe: CredentialRef {
                secret_name: "self-test".to_owned(),
                cloud_name: "self-test".to_owned(),
                identity_cloud_name: None,
            },
            apply: None,
        },
        interval: "24h".to_owned(),
        suspend: true,
        approval: cloudspec_crds::cloud_spec::ApprovalPolicy::default(),
        limits: cloudspec_crds::cloud_spec::Limits::default(),
        tenants: None,
        unlisted_tenants: cloudspec_crds::tenant::UnlistedTenants::default(),
        security_groups: None,
        certificates: None,
    }
}
