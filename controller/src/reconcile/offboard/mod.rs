//! The kind `TenantOffboard`.
//!
//! # Guarantees
//! Nothing is planned for a tenant that is not the one that was typed, that is listed by a CloudSpec, or that another TenantOffboard is about.
//! What appeared after a plan was offered is reported, and never removed by it. A completed one is looked at no more.

mod bars;
mod declared;
mod evidence;
mod life;
mod look;
mod tell;

use std::sync::Arc;
use std::time::Instant;

use cloudspec_crds::cloud_spec::RequireDigest;
use cloudspec_crds::offboard_status::{Progress, Verified};
use cloudspec_crds::status::Offer;
use cloudspec_crds::tenant_offboard::{CloudRef, LeavingApproval, LeavingTenant};
use cloudspec_crds::{ChangePlan, TenantOffboard, TenantOffboardSpec, TenantOffboardStatus};
use kube::runtime::reflector::Store;
use serde_json::{Value, json};

use super::context::Context;
use super::owner::{Audited, Begun, Declared, Owner, Told};
use crate::model::cloud::CloudIdentity;
use crate::model::desired::Invalid;
use crate::model::ids::ProjectId;
use crate::model::leaving::Leaving;
use crate::model::{Inventory, Plan, PlanDigest, Unknown};
use crate::plan::offboard::{NotTold, Refusal, Remaining, Stage};
use crate::plan::still_fits;
use crate::report::leaving::Phase;
use bars::{Barred, Weight};

/// What a TenantOffboard asks for.
#[derive(Clone, Debug)]
pub(in crate::reconcile) struct Asked {
    /// Who leaves.
    pub(in crate::reconcile) leaving: Leaving,
    /// Whether it is called off.
    pub(in crate::reconcile) abort: bool,
    /// How long after a look that found nothing left the second one is taken.
    pub(in crate::reconcile) verify_after: std::time::Duration,
}

/// What one look saw.
#[derive(Clone, Debug)]
pub(in crate::reconcile) struct Saw {
    pub(in crate::reconcile) inventory: Inventory,
    pub(in crate::reconcile) stage: Stage,
    pub(in crate::reconcile) left: Result<Vec<Remaining>, NotTold>,
    pub(in crate::reconcile) bars: Vec<Barred>,
    pub(in crate::reconcile) appeared: Vec<String>,
    pub(in crate::reconcile) verified: Vec<Verified>,
    pub(in crate::reconcile) phase: Phase,
}

impl Owner for TenantOffboard {
    const KIND: &'static str = "TenantOffboard";
    const PLURAL: &'static str = "tenantoffboards";

    type Declares = Asked;
    type Sees = Saw;
    type Status = TenantOffboardStatus;

    fn status(&self) -> Option<&TenantOffboardStatus> {
        self.status.as_ref()
    }

    fn set_status(&mut self, status: TenantOffboardStatus) {
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
        Self::new("self-test", nobody())
    }

    fn watched(context: &Context) -> &Store<Self> {
        &context.offboards
    }

    fn declared(object: Arc<Self>) -> Result<Declared<Self>, Vec<Invalid>> {
        declared::of(object)
    }

    fn rests(&self) -> bool {
        let ended = self.status.as_ref().and_then(|status| status.state.as_deref());
        matches!(ended, Some("Completed" | "Aborted")) && self.spoken_of() == self.metadata.generation
    }

    async fn look(
        context: &Context,
        declared: &Declared<Self>,
        all: &[ChangePlan],
        _: Instant,
    ) -> Result<Audited<Self>, Unknown> {
        context.knows_all().await?;
        look::look(context, declared, all).await
    }

    fn current(offered: Option<&Plan>, audited: &Audited<Self>) -> PlanDigest {
        match offered {
            Some(offered) if fits(offered, audited).is_ok() => offered.digest.clone(),
            Some(_) | None => audited.plan.digest.clone(),
        }
    }

    fn fits(approved: &Plan, audited: &Audited<Self>, begun: Begun) -> Result<(), String> {
        match begun {
            Begun::No => fits(approved, audited),
            Begun::Yes => bars::stops(&audited.saw.bars, approved)
                .and_then(|()| bars::takes_along(approved, &audited.saw.inventory)),
        }
    }

    fn overruled(context: &Context, declared: &Declared<Self>, cloud: &CloudIdentity) -> Option<String> {
        let Asked { leaving, abort, verify_after: _ } = &declared.what;
        let rivals = context.rivals(&declared.key, &leaving.id);
        if !rivals.is_empty() {
            return Some(Barred::asked_twice(&rivals).message);
        }
        // A leaving that is called off only puts limits back.
        let listing = if *abort { Vec::new() } else { context.may_list(leaving, cloud) };
        (!listing.is_empty()).then(|| Refusal::ListedByCloudSpec(listing).to_string())
    }

    fn spares(declared: &Declared<Self>) -> Option<&ProjectId> {
        Some(&declared.what.leaving.id)
    }

    fn progress(progress: Progress) -> Option<Value> {
        Some(json!({"status": {"progress": progress}}))
    }

    async fn tell(context: &Context, told: Told<'_, Self>) -> Result<(), kube::Error> {
        tell::tell(context, told).await
    }

    async fn tell_leaving(context: &Context, object: &Self) -> Result<(), kube::Error> {
        tell::tell_leaving(context, object).await
    }

    fn without_room(context: &Context, object: &Self, before: &TenantOffboardStatus) -> TenantOffboardStatus {
        let object = Self { status: Some(before.clone()), ..object.clone() };
        TenantOffboardStatus { last_execution: None, ..tell::without_room(context, &object) }
    }

    async fn tell_invalid(context: &Context, object: &Self, wrong: &[Invalid]) -> Result<(), kube::Error> {
        tell::tell_invalid(context, object, wrong).await
    }
}

fn fits(approved: &Plan, audited: &Audited<TenantOffboard>) -> Result<(), String> {
    let bars = &audited.saw.bars;
    if !bars.is_empty() {
        let words: Vec<&str> = bars.iter().map(|bar| bar.message.as_str()).collect();
        return Err(words.join("; "));
    }
    still_fits(approved, &audited.plan, &audited.saw.inventory)
        .map_err(|differences| format!("the cloud has changed: {}", differences.join("; ")))
}

/// Whether all that keeps the tenant here is that something could not be told just now.
fn only_untold(bars: &[Barred]) -> bool {
    !bars.is_empty() && bars.iter().all(|bar| bar.weight == Weight::Untold)
}

/// The smallest spec that is valid.
fn nobody() -> TenantOffboardSpec {
    TenantOffboardSpec {
        cloud_ref: CloudRef { name: "self-test".to_owned() },
        tenant: LeavingTenant {
            id: "0".repeat(32),
            name: "self-test".to_owned(),
            domain: "self-test".to_owned(),
        },
        delete_project: false,
        accept_uncovered: Vec::new(),
        keep: Vec::new(),
        abort: false,
        suspend: true,
        approval: LeavingApproval { require_digest: RequireDigest::Always, ..LeavingApproval::default() },
        verify_after: "60s".to_owned(),
    }
}
