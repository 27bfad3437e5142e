//! The catalogue that a token brings.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::world::{Scope, World};

/// Type, name and path of each service.
pub(super) const SERVICES: [(&str, &str, &str); 9] = [
    ("compute", "nova", "/compute/v2.1"),
    ("network", "neutron", "/network"),
    ("key-manager", "barbican", "/key-manager"),
    ("load-balancer", "octavia", "/load-balancer"),
    ("container-infra", "magnum", "/container-infra/v1"),
    ("block-storage", "cinder", "/volume/v3/"),
    ("image", "glance", "/image"),
    ("identity", "keystone", "/identity/v3"),
    ("volumev3", "cinder", "/volume/v3/"),
];

/// The services as Keystone tells them to a token of this scope: without a project, Cinder has no endpoint.
pub(super) fn catalog(world: &World, origin: &str, scope: &Scope) -> Value {
    let here = SERVICES.iter().filter(|(kind, ..)| !world.absent.contains(*kind));
    here.map(|service| entry(origin, scope, service)).collect()
}

fn entry(origin: &str, scope: &Scope, (kind, name, path): &(&str, &str, &str)) -> Value {
    let url = match (path.ends_with('/'), scope) {
        (true, Scope::Project(project)) => Some(format!("{origin}{path}{project}")),
        (true, Scope::Domain(_) | Scope::System) => None,
        (false, _) => Some(format!("{origin}{path}")),
    };
    let interfaces: &[&str] =
        if *kind == "identity" { &["public", "internal", "admin"] } else { &["public", "internal"] };
    let endpoint = |interface: &&str| {
        let url = url.as_ref()?;
        Some(json!({
            "id": id(&format!("{kind}-{interface}")), "interface": interface,
            "region": "RegionOne", "region_id": "RegionOne", "url": url,
        }))
    };
    let endpoints: Vec<Value> = interfaces.iter().filter_map(endpoint).collect();
    json!({"id": id(kind), "type": kind, "name": name, "endpoints": endpoints})
}

/// The id of a service or an endpoint.
pub(super) fn id(of: &str) -> String {
    hex::encode(Sha256::digest(of)).chars().take(32).collect()
}
