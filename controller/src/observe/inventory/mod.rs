//! What one tenant holds: one file a service.
//!
//! # Guarantees
//! Every type of every service in the catalogue is whole or Unknown. Each row is held against the project's id here, whatever the filter
//! in the request. Of a project that Keystone has no more, what can be reached only through it is not there. A look ends within
//! ten minutes: what was not answered by then is Unknown.

mod compute;
mod container_infra;
mod identity;
mod image;
mod key_manager;
mod limits;
mod load_balancer;
mod network;
mod rows;
mod users;
mod volume;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::AT_ONCE;
use super::audit::Audit;
use super::error::Reason;
use super::port::{CloudRead, Service};
use super::quota::Limits;
use crate::model::cloud::{QuotaService, QuotaValues};
use crate::model::ids::ProjectId;
use crate::model::inventory::{Inventory, Loss, Resource, ResourceKey, ResourceType, ResourceType as T};
use crate::model::{Sighting, Unknown};

/// The longest time that a look takes, whatever hangs.
const WHOLE: Duration = Duration::from_secs(600);

/// What one service says.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// Each type that the service holds.
    pub(super) held: BTreeMap<ResourceType, Sighting<Vec<Resource>>>,
    /// What others lose.
    pub(super) losses: BTreeSet<Loss>,
    /// Limits of the tenant.
    pub(super) quota: Option<(QuotaService, Sighting<QuotaValues>)>,
    /// What nothing here sweeps, as [`Inventory::uncovered`] names it.
    pub(super) uncovered: BTreeSet<String>,
}

/// Looks at all that one tenant holds.
pub async fn inventory(read: &dyn CloudRead, tenant: &ProjectId) -> Inventory {
    let read = &Audit::new(read, AT_ONCE).within(WHOLE);
    let keystone = identity::collect(read, tenant).await;
    let services = keystone.services.as_ref();
    // What the catalogue does not have holds nothing; where the catalogue is not known, every service is asked.
    let asked = |service: Service| services.map_or(true, |all| all.contains(&service));
    let (mut compute, volume, image, network, load_balancer, mut key_manager, container_infra) = tokio::join!(
        part(asked(Service::Compute), compute::collect(read, tenant)),
        part(asked(Service::BlockStorage), volume::collect(read, tenant)),
        part(asked(Service::Image), image::collect(read, tenant)),
        part(asked(Service::Network), network::collect(read, tenant)),
        part(asked(Service::LoadBalancer), load_balancer::collect(read, tenant)),
        part(asked(Service::KeyManager), key_manager::collect(read, tenant)),
        part(asked(Service::ContainerInfra), container_infra::collect(read, tenant)),
    );
    let identity::Seen { tenant, part: mut of_keystone, services: _, uncovered, own_projects } = keystone;
    if tenant == Ok(None) {
        let through = [
            (&mut of_keystone, &[T::ApplicationCredential][..]),
            (&mut compute, &[T::Keypair]),
            (&mut key_manager, &[T::Secret, T::SecretContainer, T::SecretOrder, T::Quota]),
        ];
        through.into_iter().for_each(|(part, kinds)| out_of_reach(part, kinds, &NO_WAY_IN));
        out_of_reach(&mut compute, &[T::Quota], &[Reason::Rejected]);
    }
    let parts = [of_keystone, compute, volume, image, network, load_balancer, key_manager, container_infra];
    let mut seen = Inventory {
        cloud: read.identity().clone(),
        tenant,
        held: BTreeMap::new(),
        losses: BTreeSet::new(),
        quotas: BTreeMap::new(),
        uncovered,
        own_projects,
    };
    for Part { held, losses, quota, uncovered } in parts {
        for (kind, sighting) in held {
            let so_far = seen.held.remove(&kind);
            seen.held
                .insert(kind, so_far.unwrap_or_else(|| Ok(Vec::new())).and_then(|one| both(one, sighting)));
        }
        seen.losses.extend(losses);
        seen.quotas.extend(quota);
        if let Ok(all) = &mut seen.uncovered {
            all.extend(uncovered);
        }
    }
    // A type that no collector told of is not known to be empty.
    for kind in ResourceType::ALL {
        let lacking = match kind {
            // Each service keeps limits of its own, and Keystone none.
            ResourceType::Quota => {
                Service::ALL.into_iter().all(|one| one == Service::Identity || !asked(one))
            }
            other => Service::of_type(other.service()).is_some_and(|service| !asked(service)),
        };
        seen.held.entry(*kind).or_insert_with(|| match lacking {
            true => Ok(Vec::new()),
            false => Err(Unknown::not_asked(kind.service(), format_args!("{}s", kind.one()))),
        });
    }
    seen
}

/// What is said where a project is not there to be entered.
const NO_WAY_IN: [Reason; 2] = [Reason::NotFound, Reason::CredentialRefused];

/// What is found only through the project: where Keystone has it no more, nobody gets in, and nobody has a role on it. Of its limits Nova
/// then says that it is no valid project, to those who may ask Keystone.
fn out_of_reach(part: &mut Part, kinds: &[ResourceType], reasons: &[Reason]) {
    let no_way_in: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    for (kind, seen) in &mut part.held {
        if kinds.contains(kind) && seen.as_ref().is_err_and(|why| no_way_in.contains(&why.reason)) {
            *seen = Ok(Vec::new());
        }
    }
}

/// What two services say of one type: limits are kept by each.
fn both(one: Vec<Resource>, other: Sighting<Vec<Resource>>) -> Sighting<Vec<Resource>> {
    let mut all: Vec<Resource> = one.into_iter().chain(other?).collect();
    all.sort();
    Ok(all)
}

/// What a service's limits say of one project: a resource where it has some of its own, and those that hold.
fn limits(
    service: QuotaService,
    all: Sighting<Limits>,
    tenant: &ProjectId,
) -> (Sighting<Vec<Resource>>, Sighting<QuotaValues>) {
    let key =
        || ResourceKey { kind: ResourceType::Quota, id: Service::from(service).name().to_owned(), of: None };
    let resource = || Resource {
        key: key(),
        name: String::new(),
        state: None,
        size: None,
        after: BTreeSet::new(),
        hindrance: None,
    };
    match all {
        Ok(limits) => {
            (Ok(limits.has_own(tenant).then(resource).into_iter().collect()), Ok(limits.of(tenant)))
        }
        Err(why) => (Err(why.clone()), Err(why)),
    }
}

async fn part(asked: bool, collect: impl Future<Output = Part>) -> Part {
    if asked { collect.await } else { Part::default() }
}
