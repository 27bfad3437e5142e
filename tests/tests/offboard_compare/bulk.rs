//! What a tenant of some size holds, beside one of everything.

use futures::stream::{self, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};

use crate::place::Place;
use cloudspec_tests::real::Client;

/// Made side by side.
const AT_ONCE: usize = 3;

/// `size` times a handful of each type.
pub(crate) async fn fill(place: &Place, size: usize) {
    let admin = &place.admin;
    let limits = json!({"quota_set": {"volumes": 1000, "snapshots": 1000, "gigabytes": 10000}});
    admin.put(&format!("block-storage /os-quota-sets/{}", place.tenant), limits).await;
    let limits = json!({"quota": {"port": 1000, "network": 200, "subnet": 200, "security_group": 200, "floatingip": 200}});
    admin.put(&format!("network /quotas/{}", place.tenant), limits).await;
    let alice = place.person("alice", &place.tenant).await;
    for round in 0..size {
        network(place, round).await;
    }
    each(size * 3, |number| group(place, number)).await;
    each(size * 4, |number| volume(&alice, number)).await;
    each(size * 2, |number| image(&alice, number)).await;
    each(size * 3, |number| secret(&alice, number)).await;
    each(size, |number| server(&alice, number)).await;
}

/// Runs a few at a time.
async fn each<F: Future<Output = ()>>(count: usize, make: impl Fn(usize) -> F) {
    stream::iter((0..count).map(make)).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

async fn one(place: &Place, path: &str, key: &str, mut fields: Value) -> String {
    fields["project_id"] = place.tenant.as_str().into();
    place.admin.make(&format!("network /{path}"), key, fields).await
}

/// A network behind a router, with ports, of which two have a floating IP.
async fn network(place: &Place, round: usize) {
    let admin = &place.admin;
    let outside = admin.get("network /networks?router:external=true").await["networks"][0]["id"].clone();
    let network = one(place, "networks", "network", json!({"name": format!("net-{round}")})).await;
    let subnet = json!({"network_id": network, "cidr": format!("10.{}.0.0/24", 30 + round), "ip_version": 4});
    let subnet = one(place, "subnets", "subnet", subnet).await;
    let router = json!({"name": format!("router-{round}"), "external_gateway_info": {"network_id": outside}});
    let router = one(place, "routers", "router", router).await;
    admin.put(&format!("network /routers/{router}/add_router_interface"), json!({"subnet_id": subnet})).await;
    for number in 0..6 {
        let port = json!({"name": format!("port-{round}-{number}"), "network_id": network});
        let port = one(place, "ports", "port", port).await;
        if number < 2 {
            let floating = json!({"floating_network_id": outside, "port_id": port});
            one(place, "floatingips", "floatingip", floating).await;
        }
    }
}

async fn group(place: &Place, number: usize) {
    let group =
        one(place, "security-groups", "security_group", json!({"name": format!("group-{number}")})).await;
    let rule = json!({
        "security_group_id": group, "direction": "ingress", "protocol": "tcp", "port_range_min": 80, "port_range_max": 80,
    });
    one(place, "security-group-rules", "security_group_rule", rule).await;
}

/// Every other one has a snapshot.
async fn volume(alice: &Client, number: usize) {
    let volume = json!({"name": format!("volume-{number}"), "size": 1});
    let volume = alice.make("block-storage /volumes", "volume", volume).await;
    alice.settled(&format!("block-storage /volumes/{volume}"), "/volume/status", &["available"]).await;
    if number.is_multiple_of(2) {
        let snapshot = json!({"volume_id": volume, "name": format!("snapshot-{number}")});
        let snapshot = alice.make("block-storage /snapshots", "snapshot", snapshot).await;
        let path = format!("block-storage /snapshots/{snapshot}");
        alice.settled(&path, "/snapshot/status", &["available"]).await;
    }
}

async fn image(alice: &Client, number: usize) {
    let fields = json!({"name": format!("image-{number}"), "visibility": "private", "container_format": "bare", "disk_format": "raw"});
    let image = alice.make_at("image /images", fields, "/id").await;
    alice.put(&format!("image /images/{image}/file"), json!("bytes")).await;
}

async fn secret(alice: &Client, number: usize) {
    let secret =
        json!({"name": format!("secret-{number}"), "payload": "p", "payload_content_type": "text/plain"});
    alice.make_at("key-manager /secrets", secret, "/secret_ref").await;
}

/// A server with a volume at it.
async fn server(alice: &Client, number: usize) {
    let find = async |what: &str, key: &str, name: &str| {
        let rows = alice.get(what).await;
        let found = rows[key].as_array().unwrap().iter().find(|row| row["name"] == name);
        found.unwrap()["id"].clone()
    };
    let flavor = find("compute /flavors", "flavors", "m1.tiny").await;
    let image = find("image /images", "images", "cirros").await;
    let server = json!({"name": format!("server-{number}"), "flavorRef": flavor, "imageRef": image, "networks": "none"});
    let server = alice.make("compute /servers", "server", server).await;
    alice.settled(&format!("compute /servers/{server}"), "/server/status", &["ACTIVE"]).await;
    let volume = alice.make("block-storage /volumes", "volume", json!({"name": "attached", "size": 1})).await;
    let path = format!("block-storage /volumes/{volume}");
    alice.settled(&path, "/volume/status", &["available"]).await;
    let attach = json!({"volumeAttachment": {"volumeId": volume}});
    alice.sure(Method::POST, &format!("compute /servers/{server}/os-volume_attachments"), attach).await;
    alice.settled(&path, "/volume/status", &["in-use"]).await;
}
