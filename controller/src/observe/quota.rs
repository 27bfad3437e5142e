//! Effective limits of projects, in the five services that keep some.
//!
//! Neutron, Octavia and Barbican list the projects that have limits of their own; the others have the defaults. Nova and
//! Cinder have no such listing and are asked for each project.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde_json::Value;

use super::error::{ReadError, Reason};
use super::listings::KeyManagerListing;
use super::needs::{Needs, Which};
use super::port::{CloudRead, Listing, Rows, Service};
use super::reach;
use super::rows::{only, unparsable};
use crate::model::cloud::{Domain, Project, QuotaService, QuotaValues};
use crate::model::desired::TenantName;
use crate::model::ids::ProjectId;
use crate::model::{Sighting, Unknown};

type OfProjects = BTreeMap<ProjectId, Sighting<QuotaValues>>;

pub(super) async fn collect(
    read: &dyn CloudRead,
    needs: &Needs,
    domains: &Sighting<Vec<Domain>>,
    projects: &Sighting<Vec<Project>>,
) -> BTreeMap<QuotaService, OfProjects> {
    let services = needs.quotas.iter().map(|(service, which)| async move {
        let wanted = wanted(which, domains, projects);
        (*service, of_service(read, *service, wanted).await)
    });
    join_all(services).await.into_iter().collect()
}

/// The ids of the projects that are asked for, as far as they are there.
fn wanted(
    which: &Which<TenantName>,
    domains: &Sighting<Vec<Domain>>,
    projects: &Sighting<Vec<Project>>,
) -> Vec<ProjectId> {
    let names: BTreeMap<_, _> =
        domains.iter().flatten().map(|domain| (&domain.id, domain.name.as_str())).collect();
    let fits = |project: &&Project| match (which, names.get(&project.domain)) {
        (Which::All, _) => true,
        (Which::Named(_), None) => false,
        (Which::Named(_), Some(domain)) => {
            which.includes(&TenantName { domain: (*domain).to_owned(), name: project.name.clone() })
        }
    };
    projects.iter().flatten().filter(fits).map(|project| project.id.clone()).collect()
}

async fn of_service(read: &dyn CloudRead, service: QuotaService, wanted: Vec<ProjectId>) -> OfProjects {
    if wanted.is_empty() {
        return OfProjects::new();
    }
    let listed = match service {
        QuotaService::Compute => return one_by_one(read, wanted, Listing::ComputeQuota).await,
        QuotaService::Volume => return one_by_one(read, wanted, Listing::VolumeQuota).await,
        QuotaService::Network => network(read).await,
        QuotaService::LoadBalancer => load_balancer(read).await,
        QuotaService::KeyManager => key_manager(read).await,
    };
    let seen = |project: ProjectId| {
        let values = listed.as_ref().map(|limits| limits.of(&project)).map_err(|why| why.clone().into());
        (project, values)
    };
    wanted.into_iter().map(seen).collect()
}

/// Limits of one project.
pub(super) async fn of_one(
    read: &dyn CloudRead,
    service: QuotaService,
    project: &ProjectId,
) -> Sighting<QuotaValues> {
    let mut all = of_service(read, service, vec![project.clone()]).await;
    let missing =
        || Err(Unknown::not_asked(Service::from(service).name(), format_args!("limits of {project}")));
    all.remove(project).unwrap_or_else(missing)
}

async fn one_by_one(
    read: &dyn CloudRead,
    wanted: Vec<ProjectId>,
    listing: impl Fn(ProjectId) -> Listing,
) -> OfProjects {
    let listing = &listing;
    let each = wanted.into_iter().map(|project| async move {
        let listing = listing(project.clone());
        let values = read.rows(&listing).await.and_then(|rows| values(&listing, only(&listing, &rows)?));
        (project, values.map_err(Into::into))
    });
    join_all(each).await.into_iter().collect()
}

/// Limits of all projects: their own over the defaults.
pub(super) struct Limits {
    own: BTreeMap<ProjectId, QuotaValues>,
    defaults: QuotaValues,
}

impl Limits {
    /// Whether a project has some of its own.
    pub(super) fn has_own(&self, project: &ProjectId) -> bool {
        self.own.get(project).is_some_and(|values| !values.is_empty())
    }

    /// What holds for a project.
    pub(super) fn of(&self, project: &ProjectId) -> QuotaValues {
        let mut values = self.defaults.clone();
        values.extend(self.own.get(project).cloned().unwrap_or_default());
        values
    }
}

async fn network(read: &dyn CloudRead) -> Result<Limits, ReadError> {
    let rows = reach::network(read).await?;
    let defaults = single(read, &Listing::NetworkQuotaDefaults).await?;
    Ok(Limits { own: by_project(&Listing::NetworkQuotas, &rows, |row| Some(row))?, defaults })
}

/// Octavia's limits.
pub(super) async fn load_balancer(read: &dyn CloudRead) -> Result<Limits, ReadError> {
    let witness = reach::load_balancer(read).await?;
    let listing = Listing::LoadBalancerQuotaDefaults;
    let defaults = values(&listing, only(&listing, &witness)?)?;
    let rows = read.rows(&Listing::LoadBalancerQuotas).await?;
    let mut own = by_project(&Listing::LoadBalancerQuotas, &rows, |row| Some(row))?;
    // Rows carry two limits twice, under older names too; the defaults have each once.
    own.values_mut().for_each(|values| values.retain(|resource, _| defaults.contains_key(resource)));
    Ok(Limits { own, defaults })
}

/// Barbican has no question for its defaults: they are what holds for the asking project where it has none of its own. A
/// resource that has one there is left out, and is then "not reported" for projects without.
async fn key_manager(read: &dyn CloudRead) -> Result<Limits, ReadError> {
    let rows = read.rows(&Listing::KeyManagerQuotas).await?;
    let own = by_project(&Listing::KeyManagerQuotas, &rows, |row| row.get("project_quotas"))?;
    let mut defaults = single(read, &Listing::KeyManagerOwnQuota).await?;
    if let Some(asking) = read.project().await?.and_then(|project| own.get(&project)) {
        defaults.retain(|resource, _| !asking.contains_key(resource));
    }
    Ok(Limits { own, defaults })
}

/// Barbican's limits of one project, asked from within it: the defaults are not told apart from what it has of its own, and need not be. To
/// see the limits that projects have of their own takes a role, which the credential has where it comes from, or in the project.
pub(super) async fn key_manager_within(
    read: &dyn CloudRead,
    tenant: &ProjectId,
) -> Result<Limits, ReadError> {
    let within = |listing: fn(ProjectId) -> KeyManagerListing| Listing::KeyManager(listing(tenant.clone()));
    let defaults = single(read, &within(KeyManagerListing::Quota)).await?;
    let mut listing = Listing::KeyManagerQuotas;
    let rows = match read.rows(&listing).await {
        Err(why) if why.reason == Reason::Forbidden => {
            listing = within(KeyManagerListing::ProjectQuotas);
            read.rows(&listing).await?
        }
        told => told?,
    };
    Ok(Limits { own: by_project(&listing, &rows, |row| row.get("project_quotas"))?, defaults })
}

pub(super) async fn single(read: &dyn CloudRead, listing: &Listing) -> Result<QuotaValues, ReadError> {
    let rows = read.rows(listing).await?;
    values(listing, only(listing, &rows)?)
}

fn by_project(
    listing: &Listing,
    rows: &Rows,
    limits: impl Fn(&Value) -> Option<&Value>,
) -> Result<BTreeMap<ProjectId, QuotaValues>, ReadError> {
    let mut all = BTreeMap::new();
    for row in rows.iter() {
        let id = row.get("project_id").and_then(Value::as_str);
        let id = id.ok_or_else(|| unparsable(listing, row, "it has no project_id"))?;
        let limits = limits(row).ok_or_else(|| unparsable(listing, row, "it has no limits"))?;
        all.insert(ProjectId(id.to_owned()), values(listing, limits)?);
    }
    Ok(all)
}

/// The numbers of a row; what is null has no limit of its own, and what is text is not a limit.
fn values(listing: &Listing, row: &Value) -> Result<QuotaValues, ReadError> {
    let fields = row.as_object().ok_or_else(|| unparsable(listing, row, "it is not an object"))?;
    let mut values = QuotaValues::new();
    for (resource, value) in fields {
        match value {
            Value::Number(number) => {
                let limit = number.as_i64();
                let limit =
                    limit.ok_or_else(|| unparsable(listing, row, format!("{resource} is {number}")))?;
                values.insert(resource.clone(), limit);
            }
            Value::Null | Value::String(_) => {}
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err(unparsable(listing, row, format!("{resource} is not a number")));
            }
        }
    }
    Ok(values)
}
