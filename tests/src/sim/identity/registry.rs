//! What services there are, as an administrator is told.

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::catalog::{SERVICES, id};
use super::super::http::{Call, Reply};
use super::super::world::World;
use super::{allow, listing, unknown};

pub(super) fn list(world: &World, call: &Call, caller: &Caller, path: &[&str]) -> Reply {
    let here = SERVICES.iter().filter(|(kind, ..)| !world.absent.contains(*kind));
    let (name, rows): (&str, Vec<Value>) = match path {
        ["services"] => {
            allow(call, caller, "list_services")?;
            let row = |(kind, name, _): &(&str, &str, &str)| json!({"id": id(kind), "type": kind, "name": name, "enabled": true});
            ("services", here.map(row).collect())
        }
        ["endpoints"] => {
            allow(call, caller, "list_endpoints")?;
            let row = |(kind, _, path): &(&str, &str, &str)| {
                json!({
                    "id": id(&format!("{kind}-public")), "service_id": id(kind), "interface": "public",
                    "region": "RegionOne", "region_id": "RegionOne", "enabled": true,
                    "url": format!("{}{path}", call.origin),
                })
            };
            ("endpoints", here.map(row).collect())
        }
        _ => return Err(unknown()),
    };
    Ok(listing(call, name, rows))
}
