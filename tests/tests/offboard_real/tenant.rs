//! What the tenant of the story holds in Neutron, Nova, Cinder and Glance, beside what it holds in the other services.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::place::Place;
use cloudspec_tests::real::Client;

/// What the story names.
pub(crate) struct World {
    /// The rule of the neighbour's group that goes with the tenant's group.
    pub(crate) rule: String,
    /// The policy by which the neighbour shares a network with the tenant.
    pub(crate) policy: String,
}

/// Makes all of it.
pub(crate) async fn fill(place: &Place) -> World {
    let alice = place.person("alice", &place.tenant).await;
    network(place).await;
    let rule = groups(place).await;
    let policy = shared(place).await;
    servers(&alice).await;
    images(place, &alice).await;
    World { rule, policy }
}

/// Makes one thing of Neutron's in a project.
async fn one(place: &Place, path: &str, key: &str, project: &str, mut fields: Value) -> String {
    fields["project_id"] = project.into();
    place.admin.make_at(&format!("network /{path}"), json!({key: fields}), &format!("/{key}/id")).await
}

async fn network(place: &Place) {
    let (admin, tenant) = (&place.admin, place.tenant.as_str());
    let outside = admin.get("network /networks?router:external=true").await["networks"][0]["id"].clone();
    let inner = one(place, "networks", "network", tenant, json!({"name": "inner"})).await;
    let subnet = json!({"network_id": inner, "cidr": "10.9.0.0/24", "ip_version": 4});
    let subnet = one(place, "subnets", "subnet", tenant, subnet).await;
    let gateway = json!({"name": "way out", "external_gateway_info": {"network_id": outside}});
    let router = one(place, "routers", "router", tenant, gateway).await;
    let face = json!({"subnet_id": subnet});
    admin.put(&format!("network /routers/{router}/add_router_interface"), face).await;
    let routes = json!([{"destination": "10.77.0.0/16", "nexthop": "10.9.0.200"}]);
    admin.put(&format!("network /routers/{router}"), json!({"router": {"routes": routes}})).await;
    let port = one(place, "ports", "port", tenant, json!({"name": "machine", "network_id": inner})).await;
    let floating = json!({"floating_network_id": outside, "port_id": port});
    one(place, "floatingips", "floatingip", tenant, floating).await;
}

/// Two groups that name each other; and a rule of the neighbour's that names one of them.
async fn groups(place: &Place) -> String {
    let (tenant, neighbour) = (place.tenant.as_str(), place.neighbour.as_str());
    let group = async |project: &str, name: &str| {
        one(place, "security-groups", "security_group", project, json!({"name": name})).await
    };
    let (web, db, theirs) =
        (group(tenant, "web").await, group(tenant, "db").await, group(neighbour, "theirs").await);
    let rule = async |project: &str, of: &str, remote: &str| {
        let fields = json!({"security_group_id": of, "direction": "ingress", "protocol": "tcp", "port_range_min": 5432, "port_range_max": 5432, "remote_group_id": remote});
        one(place, "security-group-rules", "security_group_rule", project, fields).await
    };
    rule(tenant, &web, &db).await;
    rule(tenant, &db, &web).await;
    rule(neighbour, &theirs, &theirs).await;
    rule(neighbour, &theirs, &web).await
}

/// The policy that gives the tenant a network of the neighbour's.
async fn shared(place: &Place) -> String {
    let (tenant, neighbour) = (place.tenant.as_str(), place.neighbour.as_str());
    let pool = json!({"name": "pool", "prefixes": ["10.20.0.0/16"]});
    let pool = one(place, "subnetpools", "subnetpool", tenant, pool).await;
    let pooled = one(place, "networks", "network", tenant, json!({"name": "pooled"})).await;
    let from = json!({"network_id": pooled, "subnetpool_id": pool, "ip_version": 4, "prefixlen": 24});
    one(place, "subnets", "subnet", tenant, from).await;
    let addresses = json!({"name": "addresses", "addresses": ["10.0.0.0/24"]});
    one(place, "address-groups", "address_group", tenant, addresses).await;
    let slow = one(place, "qos/policies", "policy", tenant, json!({"name": "slow"})).await;
    let port = json!({"name": "slow", "network_id": pooled, "qos_policy_id": slow});
    one(place, "ports", "port", tenant, port).await;
    let home = one(place, "networks", "network", neighbour, json!({"name": "home"})).await;
    let policy = async |kind: &str, object: &str, by: &str, to: &str| {
        let fields = json!({"object_type": kind, "object_id": object, "action": "access_as_shared", "target_tenant": to});
        one(place, "rbac-policies", "rbac_policy", by, fields).await
    };
    policy("subnetpool", &pool, tenant, "*").await;
    policy("network", &home, neighbour, tenant).await
}

async fn servers(alice: &Client) {
    let find = async |what: &str, key: &str, name: &str| {
        let rows = alice.get(what).await;
        let found = rows[key].as_array().unwrap().iter().find(|row| row["name"] == name);
        found.unwrap()["id"].clone()
    };
    let flavor = find("compute /flavors", "flavors", "m1.tiny").await;
    let image = find("image /images", "images", "cirros").await;
    let group = json!({"server_group": {"name": "group", "policy": "anti-affinity"}});
    alice.make_at("compute /os-server-groups", group, "/server_group/id").await;
    let server =
        json!({"server": {"name": "machine", "flavorRef": flavor, "imageRef": image, "networks": "none"}});
    let server = alice.make_at("compute /servers", server, "/server/id").await;
    until(alice, &format!("compute /servers/{server}"), "/server/status", "ACTIVE").await;
    let (attached, loose) = (volume(alice, "attached").await, volume(alice, "loose").await);
    let attach = json!({"volumeAttachment": {"volumeId": attached}});
    alice.sure(Method::POST, &format!("compute /servers/{server}/os-volume_attachments"), attach).await;
    until(alice, &format!("block-storage /volumes/{attached}"), "/volume/status", "in-use").await;
    let snapshot = json!({"snapshot": {"volume_id": loose, "name": "yesterday"}});
    let snapshot = alice.make_at("block-storage /snapshots", snapshot, "/snapshot/id").await;
    until(alice, &format!("block-storage /snapshots/{snapshot}"), "/snapshot/status", "available").await;
}

async fn volume(alice: &Client, name: &str) -> String {
    let fields = json!({"volume": {"name": name, "size": 1}});
    let id = alice.make_at("block-storage /volumes", fields, "/volume/id").await;
    until(alice, &format!("block-storage /volumes/{id}"), "/volume/status", "available").await;
    id
}

async fn images(place: &Place, alice: &Client) {
    for (client, mut fields) in [
        (alice, json!({"name": "private", "visibility": "private"})),
        (alice, json!({"name": "protected", "visibility": "private", "protected": true})),
        (alice, json!({"name": "hidden", "visibility": "private", "os_hidden": true})),
        (&place.admin, json!({"name": "theirs", "visibility": "private", "owner": place.neighbour})),
    ] {
        fields["container_format"] = "bare".into();
        fields["disk_format"] = "raw".into();
        let image = client.make_at("image /images", fields, "/id").await;
        client.put(&format!("image /images/{image}/file"), json!("bytes")).await;
    }
}

/// Waits until a field of one thing has a value.
async fn until(client: &Client, what: &str, field: &str, wanted: &str) {
    let begin = Instant::now();
    loop {
        let (_, answer) = client.ask(Method::GET, what, Value::Null).await;
        if answer.pointer(field).is_some_and(|seen| seen == wanted) {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(120), "{what}: {answer}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}
