//! The service catalogue of a token → the URL below which a service's listings are.
//!
//! # Guarantees
//! One service, one region, one interface, one URL; where the catalogue leaves a choice, it is not guessed.

use std::collections::BTreeSet;

use serde::Deserialize;
use url::Url;

use super::config::Interface;
use crate::observe::{ReadError, Reason, Service};

/// The version that is asked for where the catalogue's URL has none.
fn version(service: Service) -> &'static str {
    match service {
        Service::Identity => "v3",
        Service::Network => "v2.0",
        Service::Compute => "v2.1",
        Service::BlockStorage => "v3",
        Service::LoadBalancer => "v2",
        Service::KeyManager => "v1",
        Service::Image => "v2",
        Service::ContainerInfra => "v1",
    }
}

/// The services that a token knows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Catalog(Vec<Entry>);

#[derive(Clone, Debug, Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Clone, Debug, Deserialize)]
struct Endpoint {
    interface: String,
    region_id: Option<String>,
    /// The name of the same in older catalogues.
    region: Option<String>,
    url: String,
}

impl Endpoint {
    fn region(&self) -> Option<&str> {
        self.region_id.as_deref().or(self.region.as_deref())
    }
}

impl Catalog {
    /// The URL of a service, with its version.
    pub(super) fn url(
        &self,
        service: Service,
        region: Option<&str>,
        interface: Interface,
    ) -> Result<Url, ReadError> {
        let found = service.types().iter().find_map(|kind| self.0.iter().find(|entry| entry.kind == *kind));
        let endpoints = found.map(|entry| entry.endpoints.as_slice()).unwrap_or_default();
        let fits = |endpoint: &&Endpoint| {
            endpoint.interface.trim_end_matches("URL") == interface.name()
                && region.is_none_or(|region| endpoint.region() == Some(region))
        };
        let urls: BTreeSet<&str> =
            endpoints.iter().filter(fits).map(|endpoint| endpoint.url.trim_end_matches('/')).collect();
        let wanted = format!("{} endpoint{}", interface.name(), of_region(region));
        let none = |why: String| ReadError::new(service, Reason::NoEndpoint, why);
        match urls.into_iter().collect::<Vec<_>>().as_slice() {
            [] => Err(none(format!("the catalogue has no {wanted}; it has {}", said(endpoints)))),
            [url] => Url::parse(url)
                .map_err(|_| none(format!("the {wanted} is not a URL")))
                .map(|url| versioned(service, url)),
            _ => {
                Err(none(format!("the catalogue has several: give region_name; it has {}", said(endpoints))))
            }
        }
    }
}

fn of_region(region: Option<&str>) -> String {
    region.map(|region| format!(" in region {region}")).unwrap_or_default()
}

fn said(endpoints: &[Endpoint]) -> String {
    let one = |endpoint: &Endpoint| format!("{}{}", endpoint.interface, of_region(endpoint.region()));
    let all: BTreeSet<String> = endpoints.iter().map(one).collect();
    match all.is_empty() {
        true => "none".to_owned(),
        false => all.into_iter().collect::<Vec<_>>().join(", "),
    }
}

/// The URL with a version, where it has none.
pub(super) fn versioned(service: Service, mut url: Url) -> Url {
    let is_version = |segment: &str| {
        segment.strip_prefix('v').is_some_and(|rest| {
            rest.starts_with(|digit: char| digit.is_ascii_digit())
                && rest.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
        })
    };
    if !url.path().split('/').any(is_version) {
        let path = format!("{}/{}", url.path().trim_end_matches('/'), version(service));
        url.set_path(&path);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(service: Service, url: &str) -> String {
        versioned(service, Url::parse(url).unwrap()).to_string()
    }

    #[test]
    fn a_version_that_is_there_stays() {
        for url_with in ["http://n/v2.0", "http://n/network/v2.0/", "http://n/v3/0123456789abcdef"] {
            assert_eq!(url(Service::Network, url_with), url_with);
        }
    }

    #[test]
    fn a_version_that_is_missing_is_added() {
        assert_eq!(url(Service::Network, "http://n:9696"), "http://n:9696/v2.0");
        assert_eq!(url(Service::LoadBalancer, "http://n/load-balancer/"), "http://n/load-balancer/v2");
        assert_eq!(url(Service::KeyManager, "http://n/vault"), "http://n/vault/v1");
        assert_eq!(url(Service::Identity, "http://n/identity"), "http://n/identity/v3");
    }

    fn catalog(json: &str) -> Catalog {
        serde_json::from_str(json).unwrap()
    }

    const CINDER: &str = r#"[
        {"type": "volumev3", "endpoints": [{"interface": "public", "region": "One", "url": "http://old/v3/p"}]},
        {"type": "block-storage", "endpoints": [
            {"interface": "publicURL", "region": "One", "region_id": "One", "url": "http://one/v3/p/"},
            {"interface": "public", "region": "Two", "region_id": "Two", "url": "http://two/v3/p"},
            {"interface": "admin", "region": "One", "url": "http://admin/v3/p"}]}]"#;

    #[test]
    fn the_official_type_comes_first_and_the_region_decides() {
        let catalog = catalog(CINDER);
        let found = |region, interface| {
            catalog.url(Service::BlockStorage, region, interface).map(|url| url.to_string())
        };
        assert_eq!(found(Some("One"), Interface::Public).unwrap(), "http://one/v3/p");
        assert_eq!(found(Some("Two"), Interface::Public).unwrap(), "http://two/v3/p");
        assert_eq!(found(None, Interface::Admin).unwrap(), "http://admin/v3/p");
        let error = found(None, Interface::Public).unwrap_err();
        assert_eq!(error.reason, Reason::NoEndpoint);
        assert!(error.message.contains("give region_name"), "{error}");
        assert_eq!(found(Some("Three"), Interface::Public).unwrap_err().reason, Reason::NoEndpoint);
    }

    #[test]
    fn older_types_are_found_too() {
        let old = catalog(
            r#"[{"type": "volumev3", "endpoints": [{"interface": "public", "region": "One", "url": "http://old/v3/p"}]}]"#,
        );
        let url = old.url(Service::BlockStorage, None, Interface::Public).unwrap();
        assert_eq!(url.as_str(), "http://old/v3/p");
    }
}
