//! Which services of the catalogue are swept, and which are not.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::model::Sighting;
use crate::observe::listings::IdentityListing;
use crate::observe::port::{CloudRead, Listing, Service};
use crate::observe::rows::sighting;

/// Types of services that hold nothing of a tenant by themselves. Placement's allocations are those of Nova's servers, and go with them.
const HOLD_NOTHING: [&str; 1] = ["placement"];

/// The services of the catalogue.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Catalogue {
    /// Those that are swept.
    pub(super) swept: BTreeSet<Service>,
    /// Types that nothing here sweeps, and `region:NAME` for each other region that has services of its own.
    pub(super) uncovered: BTreeSet<String>,
}

#[derive(Deserialize)]
struct ServiceRow {
    id: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct EndpointRow {
    service_id: String,
    region_id: Option<String>,
    url: String,
}

pub(super) async fn seen(read: &dyn CloudRead) -> Sighting<Catalogue> {
    let (services, endpoints) =
        (Listing::Identity(IdentityListing::Services), Listing::Identity(IdentityListing::Endpoints));
    let (services, endpoints) = tokio::join!(
        sighting(read, &services, |row: ServiceRow| Ok(Some(row)), |row| row.id.clone()),
        sighting(read, &endpoints, |row: EndpointRow| Ok(Some(row)), |row| row.url.clone()),
    );
    Ok(sorted(&services?, &endpoints?, &read.identity().region))
}

/// What is disabled counts too: it may hold something still. A service without an endpoint cannot be reached by anyone.
fn sorted(services: &[ServiceRow], endpoints: &[EndpointRow], region: &str) -> Catalogue {
    let here = |endpoint: &EndpointRow| {
        region.is_empty() || endpoint.region_id.as_deref().is_none_or(|of| of == region)
    };
    let urls: BTreeSet<&str> = endpoints.iter().filter(|one| here(one)).map(|one| one.url.as_str()).collect();
    let mut catalogue = Catalogue::default();
    for ServiceRow { id, kind } in services {
        let service = Service::of_type(kind);
        for endpoint in endpoints.iter().filter(|endpoint| endpoint.service_id == *id) {
            let other = endpoint.region_id.as_ref().filter(|_| !here(endpoint));
            match (service, other) {
                _ if HOLD_NOTHING.contains(&kind.as_str()) => {}
                (Some(service), None) => {
                    catalogue.swept.insert(service);
                }
                (None, None) => {
                    catalogue.uncovered.insert(kind.clone());
                }
                // One Keystone serves all regions, and a service may be entered for several.
                (Some(Service::Identity), Some(_)) => {}
                (_, Some(_)) if urls.contains(endpoint.url.as_str()) => {}
                (_, Some(other)) => {
                    catalogue.uncovered.insert(format!("region:{other}"));
                }
            }
        }
    }
    catalogue
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(kind: &str) -> ServiceRow {
        ServiceRow { id: format!("s-{kind}"), kind: kind.to_owned() }
    }

    fn endpoint(kind: &str, region: &str, url: &str) -> EndpointRow {
        EndpointRow {
            service_id: format!("s-{kind}"),
            region_id: Some(region.to_owned()),
            url: url.to_owned(),
        }
    }

    fn uncovered(kinds: &[&str], endpoints: &[EndpointRow]) -> Vec<String> {
        let services: Vec<ServiceRow> = kinds.iter().map(|kind| service(kind)).collect();
        sorted(&services, endpoints, "One").uncovered.into_iter().collect()
    }

    #[test]
    fn a_catalogue_of_what_is_swept_leaves_nothing_uncovered() {
        let kinds = ["identity", "placement", "volumev3", "block-storage", "container-infrastructure"];
        let services: Vec<ServiceRow> = kinds.iter().map(|kind| service(kind)).collect();
        let endpoints: Vec<EndpointRow> = kinds.iter().map(|kind| endpoint(kind, "One", kind)).collect();
        let swept = BTreeSet::from([Service::Identity, Service::BlockStorage, Service::ContainerInfra]);
        assert_eq!(sorted(&services, &endpoints, "One"), Catalogue { swept, uncovered: BTreeSet::new() });
    }

    #[test]
    fn a_service_that_nothing_sweeps_is_named_and_one_without_an_endpoint_is_not() {
        let endpoints = [endpoint("object-store", "One", "u"), endpoint("dns", "One", "v")];
        assert_eq!(uncovered(&["object-store", "dns", "share"], &endpoints), ["dns", "object-store"]);
    }

    #[test]
    fn another_region_is_named_where_it_has_services_of_its_own() {
        let shared =
            [endpoint("identity", "Two", "k"), endpoint("image", "One", "i"), endpoint("image", "Two", "i")];
        assert!(uncovered(&["identity", "image"], &shared).is_empty());
        let own = [
            endpoint("compute", "One", "n1"),
            endpoint("compute", "Two", "n2"),
            endpoint("dns", "Two", "d2"),
        ];
        assert_eq!(uncovered(&["compute", "dns"], &own), ["region:Two"]);
        let services = [service("compute"), service("dns")];
        assert_eq!(sorted(&services, &own, "").uncovered.into_iter().collect::<Vec<_>>(), ["dns"]);
    }
}
