//! Neutron: what a tenant holds there, removed.
//!
//! # Guarantees
//! What belongs to another project is refused, but for what the plan names as lost: ports and interfaces of others in the tenant's networks,
//! and what others share with it. Each call is made upon the revision that the look saw, where Neutron keeps one, but those
//! on a router's interface and gateway.
//!
//! # Assumptions
//! Neutron answers 404 of what the caller may not see: gone is only what is not found by a credential that sees every project.

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::hand::{Call, Conflict, Found, Hand};
use super::Going;
use crate::apply::port::{Look, WriteError, Written};
use crate::model::ids::ProjectId;
use crate::model::{ResourceKey, ResourceType};
use crate::observe::Service;

const SERVICE: Service = Service::Network;

/// What every object of Neutron has, as far as it has it.
#[derive(Debug, Deserialize)]
struct Object {
    project_id: String,
    revision_number: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Port {
    #[serde(flatten)]
    object: Object,
    network_id: String,
    device_owner: String,
    device_id: String,
}

#[derive(Debug, Deserialize)]
struct Router {
    #[serde(flatten)]
    object: Object,
    #[serde(default)]
    routes: Vec<Value>,
    external_gateway_info: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Network {
    #[serde(flatten)]
    object: Object,
    subnets: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Rbac {
    project_id: String,
    target_tenant: String,
}

const DONE: Look = Look::AlreadyDone { id: None };

/// Where a type is, and the key of one.
pub(super) fn place(kind: ResourceType) -> Option<(&'static [&'static str], &'static str)> {
    Some(match kind {
        ResourceType::FloatingIp => (&["floatingips"], "floatingip"),
        ResourceType::Trunk => (&["trunks"], "trunk"),
        ResourceType::RouterRoutes | ResourceType::RouterGateway | ResourceType::Router => {
            (&["routers"], "router")
        }
        ResourceType::RouterInterface | ResourceType::Port => (&["ports"], "port"),
        ResourceType::Subnet => (&["subnets"], "subnet"),
        ResourceType::Network => (&["networks"], "network"),
        ResourceType::SubnetPool => (&["subnetpools"], "subnetpool"),
        ResourceType::AddressScope => (&["address-scopes"], "address_scope"),
        ResourceType::RbacPolicy => (&["rbac-policies"], "rbac_policy"),
        ResourceType::SecurityGroup => (&["security-groups"], "security_group"),
        ResourceType::AddressGroup => (&["address-groups"], "address_group"),
        ResourceType::QosPolicy => (&["qos", "policies"], "policy"),
        _ => return None,
    })
}

fn not_here(kind: ResourceType) -> WriteError {
    WriteError::NotSent { message: format!("Neutron has no {kind}") }
}

/// What a resource hangs on.
fn owner(what: &ResourceKey) -> Result<&str, WriteError> {
    let missing = || WriteError::NotSent { message: format!("{what}: what it hangs on is not known") };
    what.of.as_deref().ok_or_else(missing)
}

/// The object, if it is there.
async fn find<T: DeserializeOwned>(
    hand: &Hand,
    kind: ResourceType,
    id: &str,
) -> Result<Option<T>, WriteError> {
    let (path, key) = place(kind).ok_or_else(|| not_here(kind))?;
    let answer = match hand.read(SERVICE, &[path, &[id]].concat(), &[]).await? {
        Found::There(answer) => answer,
        Found::NotThere(_) => return sees_all(hand).await.map(|()| None),
    };
    let found = T::deserialize(answer.get(key).unwrap_or(&Value::Null));
    let unclear = |why| WriteError::Unclear { message: format!("{kind} {id} is not understood: {why}") };
    found.map(Some).map_err(unclear)
}

/// Only who sees every project is shown the limits of all.
async fn sees_all(hand: &Hand) -> Result<(), WriteError> {
    match hand.witness(SERVICE, &["quotas"], &[]).await? {
        Found::There(_) => Ok(()),
        Found::NotThere(said) => Err(WriteError::Unclear { message: said }),
    }
}

pub(super) async fn look(
    hand: &Hand,
    going: &Going,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Look, WriteError> {
    let ResourceKey { kind, id, of: _ } = what;
    match kind {
        ResourceType::PortForwarding => look_at_forwarding(hand, what, project).await,
        ResourceType::RouterRoutes => {
            look_at_router(hand, what, project, |router| router.routes.is_empty()).await
        }
        ResourceType::RouterGateway => {
            let look =
                look_at_router(hand, what, project, |router| router.external_gateway_info.is_none()).await?;
            // Neutron moves the revision itself when it takes the gateway away, and then answers 412 to a call that has carried it out.
            Ok(without_revision(look))
        }
        ResourceType::RouterInterface => look_at_interface(hand, what, project).await,
        ResourceType::Port => look_at_port(hand, what, project).await,
        ResourceType::RbacPolicy => match find::<Rbac>(hand, *kind, id).await? {
            None => Ok(DONE),
            Some(rbac) if rbac.target_tenant == project.0 => Ok(Look::Ready { revision: None }),
            Some(rbac) => Ok(of_tenant(what, project, &rbac.project_id, None)),
        },
        ResourceType::Network => match find::<Network>(hand, *kind, id).await? {
            None => Ok(DONE),
            Some(network) => {
                let subnets = network.subnets.iter().map(String::as_str);
                let refused = going.all(what, ResourceType::Subnet, subnets);
                Ok(refused.unwrap_or_else(|| ready(what, project, &network.object)))
            }
        },
        _ => match find::<Object>(hand, *kind, id).await? {
            None => Ok(DONE),
            Some(object) => Ok(ready(what, project, &object)),
        },
    }
}

fn ready(what: &ResourceKey, project: &ProjectId, object: &Object) -> Look {
    of_tenant(what, project, &object.project_id, object.revision_number)
}

fn of_tenant(what: &ResourceKey, project: &ProjectId, owner: &str, revision: Option<i64>) -> Look {
    match owner == project.0 {
        true => Look::Ready { revision },
        false => Look::Refused { why: format!("{what} belongs to project {owner}, not {project}") },
    }
}

fn without_revision(look: Look) -> Look {
    match look {
        Look::Ready { revision: _ } => Look::Ready { revision: None },
        other => other,
    }
}

/// A port forwarding has no project of its own, but its floating IP's.
async fn look_at_forwarding(
    hand: &Hand,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Look, WriteError> {
    let of = owner(what)?;
    let Some(floating) = find::<Object>(hand, ResourceType::FloatingIp, of).await? else {
        return Ok(DONE);
    };
    match hand.read(SERVICE, &["floatingips", of, "port_forwardings", &what.id], &[]).await? {
        Found::There(_) => Ok(of_tenant(what, project, &floating.project_id, None)),
        Found::NotThere(_) => Ok(DONE),
    }
}

async fn look_at_router(
    hand: &Hand,
    what: &ResourceKey,
    project: &ProjectId,
    is_done: impl FnOnce(&Router) -> bool,
) -> Result<Look, WriteError> {
    Ok(match find::<Router>(hand, what.kind, &what.id).await? {
        None => DONE,
        Some(router) if is_done(&router) => DONE,
        Some(router) => ready(what, project, &router.object),
    })
}

async fn look_at_interface(hand: &Hand, what: &ResourceKey, project: &ProjectId) -> Result<Look, WriteError> {
    let router = owner(what)?;
    let Some(port) = find::<Port>(hand, what.kind, &what.id).await? else { return Ok(DONE) };
    if port.device_id != router || !port.device_owner.starts_with("network:") {
        let why = format!("port {} is now of {} {}", what.id, port.device_owner, port.device_id);
        return Ok(Look::Refused { why });
    }
    if port.object.project_id == project.0 || is_in_network_of(hand, &port, project).await? {
        return Ok(Look::Ready { revision: None });
    }
    // A port of another project, in a network of another project, may be the tenant's router's.
    Ok(match find::<Object>(hand, ResourceType::Router, router).await? {
        None => {
            Look::Refused { why: format!("router {router} is gone, and its interface {} is not", what.id) }
        }
        Some(router) => without_revision(ready(what, project, &router)),
    })
}

async fn is_in_network_of(hand: &Hand, port: &Port, project: &ProjectId) -> Result<bool, WriteError> {
    let network = find::<Object>(hand, ResourceType::Network, &port.network_id).await?;
    Ok(network.is_some_and(|network| network.project_id == project.0))
}

async fn look_at_port(hand: &Hand, what: &ResourceKey, project: &ProjectId) -> Result<Look, WriteError> {
    let Some(port) = find::<Port>(hand, what.kind, &what.id).await? else { return Ok(DONE) };
    if port.object.project_id == project.0 {
        if let Some(why) = plugged_in(hand, &port).await? {
            return Ok(Look::Waiting { why: format!("port {}: {why}", what.id) });
        }
        return Ok(ready(what, project, &port.object));
    }
    match is_in_network_of(hand, &port, project).await? {
        true => Ok(Look::Ready { revision: port.object.revision_number }),
        false => Ok(ready(what, project, &port.object)),
    }
}

/// What the port is in use by; a port that stays when that is gone is no longer.
async fn plugged_in(hand: &Hand, port: &Port) -> Result<Option<String>, WriteError> {
    let device = port.device_id.as_str();
    let (service, path, one): (_, &[&str], _) = match port.device_owner.as_str() {
        _ if device.is_empty() => return Ok(None),
        "Octavia" => (
            Service::LoadBalancer,
            &["lbaas", "loadbalancers", device.trim_start_matches("lb-")],
            "load balancer",
        ),
        owner if owner.starts_with("compute:") => (Service::Compute, &["servers", device], "server"),
        _ => return Ok(None),
    };
    match hand.read(service, path, &[]).await? {
        Found::There(_) => Ok(Some(format!("{one} {device} is there still"))),
        Found::NotThere(_) => Ok(None),
    }
}

pub(super) async fn make(
    hand: &Hand,
    request_id: &str,
    what: &ResourceKey,
    revision: Option<i64>,
) -> Result<Written, WriteError> {
    let ResourceKey { kind, id, of: _ } = what;
    let (mut path, mut method, mut body) = match kind {
        ResourceType::PortForwarding => {
            (vec!["floatingips", owner(what)?, "port_forwardings"], Method::DELETE, None)
        }
        _ => (place(*kind).ok_or_else(|| not_here(*kind))?.0.to_vec(), Method::DELETE, None),
    };
    let mut put = |fields: Value| {
        method = Method::PUT;
        body = Some(fields);
    };
    match kind {
        ResourceType::RouterRoutes => put(json!({"router": {"routes": []}})),
        ResourceType::RouterGateway => put(json!({"router": {"external_gateway_info": null}})),
        ResourceType::RouterInterface => {
            put(json!({"port_id": id}));
            path = vec!["routers", owner(what)?];
        }
        _ => {}
    }
    path.push(if *kind == ResourceType::RouterInterface { "remove_router_interface" } else { id.as_str() });
    let conflict = Conflict::Refusal;
    hand.set(Call { method, service: SERVICE, path: &path, body, revision, request_id, conflict }).await
}
