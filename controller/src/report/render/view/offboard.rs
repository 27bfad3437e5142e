//! What is told of a TenantOffboard.

use cloudspec_crds::offboard_status::{Holdings, Progress, RemainingStatus, Verified};
use cloudspec_crds::status::{ExecutionSummary, Offer};
use cloudspec_crds::{ChangePlan, TenantOffboard, TenantOffboardStatus};
use serde::Serialize;

use super::leaving::{Tenant, Uncovered};
use super::{Condition, Record};

/// What the controller tells of a TenantOffboard.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Offboard {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Who is to leave.
    pub tenant: Tenant,
    /// The state in a word; `Unknown` where nothing was told yet.
    pub state: String,
    /// True: the status speaks of the spec as it is now.
    pub current: bool,
    /// Whether the project itself is to go.
    pub delete_project: bool,
    /// How far the plan is that is carried out just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// What the project holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Holdings>,
    /// What is left of it, as far as the status lists it.
    pub remaining: Vec<RemainingStatus>,
    /// Number of resources that the status leaves out.
    pub remaining_omitted: i64,
    /// What is there and in no plan, for it appeared later.
    pub appeared: Vec<String>,
    /// What may hold something, and nothing here sweeps.
    pub uncovered: Vec<Uncovered>,
    /// The looks that found nothing left.
    pub verified: Vec<Verified>,
    /// What came of the last approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_execution: Option<ExecutionSummary>,
    /// The conditions.
    pub conditions: Vec<Condition>,
    /// The plan on offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    /// The same, whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Record>,
    /// The command that approves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approve: Option<String>,
}

impl Offboard {
    /// Of the object as it was read, and the plan that it offers.
    pub fn of(object: &TenantOffboard, plan: Option<&ChangePlan>) -> Self {
        let TenantOffboardStatus {
            observed_generation,
            state,
            conditions,
            plan: offer,
            last_offer: _,
            last_execution,
            progress,
            inventory,
            remaining,
            remaining_omitted,
            appeared,
            uncovered,
            verified,
        } = object.status.clone().unwrap_or_default();
        let name = object.metadata.name.clone().unwrap_or_default();
        let namespace = object.metadata.namespace.clone().unwrap_or_default();
        let leaving = object.spec.tenant.clone();
        let accepted = |what: &String| object.spec.accept_uncovered.contains(what);
        Self {
            approve: offer
                .as_ref()
                .map(|_| format!("kubectl cloudspec approve tenantoffboard/{name} -n {namespace}")),
            name,
            namespace,
            tenant: Tenant { id: leaving.id, name: leaving.name, domain: leaving.domain },
            state: state.unwrap_or_else(|| "Unknown".to_owned()),
            current: observed_generation.is_some() && observed_generation == object.metadata.generation,
            delete_project: object.spec.delete_project,
            progress,
            inventory,
            remaining,
            remaining_omitted,
            appeared,
            uncovered: uncovered
                .into_iter()
                .map(|what| Uncovered { accepted: accepted(&what), what })
                .collect(),
            verified,
            last_execution,
            conditions: conditions.into_iter().map(Condition::of).collect(),
            offer,
            plan: plan.map(|plan| Record::of(plan, &[])),
        }
    }
}
