//! What a tenant holds in Barbican, asked from within the tenant: it lists what belongs to the project of the token.
//!
//! Secrets that are private to another user are listed like any other. Its administrators alone see the limits that a project has of its
//! own.
//!
//! # Assumptions
//! A secret past its expiration is listed to no one and can be removed by no one but Barbican's own cleaning of its database.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Part, limits};
use crate::model::cloud::QuotaService;
use crate::model::ids::ProjectId;
use crate::model::inventory::{Loss, Resource, ResourceKey, ResourceType};
use crate::model::{Sighting, Unknown};
use crate::observe::error::{ReadError, Reason};
use crate::observe::listings::KeyManagerListing;
use crate::observe::port::{CloudRead, Listing, Service};
use crate::observe::quota;
use crate::observe::rows::sighting;

pub(super) async fn collect(read: &dyn CloudRead, tenant: &ProjectId) -> Part {
    let (secrets, containers, orders, limits_of_all) = tokio::join!(
        secrets(read, tenant),
        containers(read, tenant),
        orders(read, tenant),
        quota::key_manager_within(read, tenant),
    );
    let (secrets, of_secrets) = apart(secrets);
    let (containers, of_containers) = apart(containers);
    let (own, values) = limits(QuotaService::KeyManager, limits_of_all.map_err(Into::into), tenant);
    Part {
        held: BTreeMap::from([
            (ResourceType::Secret, secrets),
            (ResourceType::SecretContainer, containers),
            (ResourceType::SecretOrder, orders),
            (ResourceType::Quota, own),
        ]),
        losses: of_secrets.into_iter().chain(of_containers).collect(),
        quota: Some((QuotaService::KeyManager, values)),
        ..Part::default()
    }
}

type WithLosses = (Resource, Vec<Loss>);

/// The resources and the losses of a listing.
fn apart(seen: Sighting<Vec<WithLosses>>) -> (Sighting<Vec<Resource>>, Vec<Loss>) {
    match seen {
        Ok(all) => {
            let (resources, losses): (Vec<Resource>, Vec<Vec<Loss>>) = all.into_iter().unzip();
            (Ok(resources), losses.into_iter().flatten().collect())
        }
        Err(why) => (Err(why), Vec::new()),
    }
}

/// Barbican names things by their URL; the id is its last part.
fn resource(kind: ResourceType, url: &str, name: Option<String>, state: String) -> Result<Resource, String> {
    let id = url.rsplit('/').next().filter(|id| !id.is_empty()).ok_or("its reference is no URL")?;
    let key = ResourceKey { kind, id: id.to_owned(), of: None };
    Ok(Resource {
        key,
        name: name.unwrap_or_default(),
        state: Some(state),
        size: None,
        after: BTreeSet::new(),
        hindrance: None,
    })
}

/// Pages are cut by position: what was made or removed meanwhile moves rows from one to the next.
fn each_once<T>(listing: &Listing, all: Vec<T>, key: impl Fn(&T) -> &ResourceKey) -> Sighting<Vec<T>> {
    let keys: BTreeSet<&ResourceKey> = all.iter().map(&key).collect();
    if keys.len() == all.len() {
        return Ok(all);
    }
    let message = format!("{listing}: rows came twice, so that others may be missing");
    Err(ReadError::new(Service::KeyManager, Reason::Truncated, message).into())
}

#[derive(Deserialize)]
struct SecretRow {
    secret_ref: String,
    name: Option<String>,
    status: String,
    consumers: Vec<SecretConsumer>,
}

#[derive(Deserialize)]
struct SecretConsumer {
    service: String,
    resource_type: String,
    resource_id: String,
}

async fn secrets(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<WithLosses>> {
    let listing = Listing::KeyManager(KeyManagerListing::Secrets(tenant.clone()));
    let secret = |SecretRow { secret_ref, name, status, consumers }: SecretRow| {
        let secret = resource(ResourceType::Secret, &secret_ref, name, status)?;
        let loss = |SecretConsumer { service, resource_type, resource_id }| Loss {
            by: secret.key.clone(),
            what: format!("{service} {resource_type} {resource_id} is registered as its consumer"),
        };
        let losses = consumers.into_iter().map(loss).collect();
        Ok(Some((secret, losses)))
    };
    let all = sighting(read, &listing, secret, |(one, _)| one.key.clone()).await?;
    each_once(&listing, all, |(one, _)| &one.key)
}

#[derive(Deserialize)]
struct ContainerRow {
    container_ref: String,
    name: Option<String>,
    status: String,
    consumers: Vec<ContainerConsumer>,
}

#[derive(Deserialize)]
struct ContainerConsumer {
    name: String,
    #[serde(rename = "URL")]
    url: String,
}

async fn containers(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<WithLosses>> {
    let listing = Listing::KeyManager(KeyManagerListing::Containers(tenant.clone()));
    let container = |ContainerRow { container_ref, name, status, consumers }: ContainerRow| {
        let container = resource(ResourceType::SecretContainer, &container_ref, name, status)?;
        let loss = |ContainerConsumer { name, url }| Loss {
            by: container.key.clone(),
            what: format!("{name} {url} is registered as its consumer"),
        };
        let losses = consumers.into_iter().map(loss).collect();
        Ok(Some((container, losses)))
    };
    let all = sighting(read, &listing, container, |(one, _)| one.key.clone()).await?;
    each_once(&listing, all, |(one, _)| &one.key)
}

#[derive(Deserialize)]
struct OrderRow {
    order_ref: String,
    status: String,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    name: Option<String>,
}

async fn orders(read: &dyn CloudRead, tenant: &ProjectId) -> Result<Vec<Resource>, Unknown> {
    let listing = Listing::KeyManager(KeyManagerListing::Orders(tenant.clone()));
    let order = |OrderRow { order_ref, status, meta }: OrderRow| {
        resource(ResourceType::SecretOrder, &order_ref, meta.name, status).map(Some)
    };
    let all = sighting(read, &listing, order, |one| one.key.clone()).await?;
    each_once(&listing, all, |one| &one.key)
}
