//! The tenant of the real cloud: made by its services, and removed again.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::headers;
use crate::run::Run;

/// One call that nothing compares; its answer.
async fn go(run: &mut Run, who: &str, call: &str, body: Option<Value>) -> Value {
    let answer = run.call_as(who, call, body, headers(call)).await;
    let status = run.seen.pop().map_or(0, |seen| seen.status);
    assert!((200..300).contains(&status), "{call}: {status} {answer}");
    answer
}

async fn made(run: &mut Run, call: &str, body: Value, at: &str, name: &str) {
    let answer = go(run, "tenant", call, Some(body)).await;
    let id = answer.pointer(at).and_then(Value::as_str).unwrap_or_default();
    run.name(name, &json!(id.rsplit('/').next()));
}

async fn settled(run: &mut Run, call: &str, at: &str, wanted: &str) {
    let begin = Instant::now();
    loop {
        let answer = go(run, "tenant", call, None).await;
        if answer.pointer(at).is_some_and(|seen| seen == wanted) {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(90), "{call}: {answer}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

pub(super) async fn make(run: &mut Run, name: &str) {
    servers(run, name).await;
    volumes(run, name).await;
    keys(run).await;
    balancer(run).await;
    cluster(run).await;
}

async fn servers(run: &mut Run, name: &str) {
    let flavors = go(run, "tenant", "compute GET /v2.1/flavors", None).await;
    let rows = flavors["flavors"].as_array().unwrap();
    let tiny = rows.iter().find(|row| row["name"] == "m1.tiny").unwrap();
    run.name("public-flavor", &tiny["id"]);
    let images = go(run, "tenant", "image GET /v2/images?name=cirros", None).await;
    let image = images["images"][0]["id"].clone();
    for server in ["plain", "locked"] {
        let given = json!({"server": {
            "name": server, "flavorRef": tiny["id"], "imageRef": image, "networks": "none",
        }});
        made(run, "compute POST /v2.1/servers", given, "/server/id", server).await;
        settled(run, &format!("compute GET /v2.1/servers/{{{server}}}"), "/server/status", "ACTIVE").await;
    }
    go(run, "tenant", "compute POST /v2.1/servers/{locked}/action", Some(json!({"lock": null}))).await;
    let given = json!({"server_group": {"name": "group", "policy": "anti-affinity"}});
    made(run, "compute POST /v2.1/os-server-groups", given, "/server_group/id", "server-group").await;
    let given = json!({"keypair": {"name": "a key", "type": "ssh"}});
    go(run, "tenant", "compute POST /v2.1/os-keypairs", Some(given)).await;
    let given = json!({"flavor": {
        "name": format!("private-{name}"), "ram": 64, "vcpus": 1, "disk": 0, "os-flavor-access:is_public": false,
    }});
    let answer = go(run, "admin", "compute POST /v2.1/flavors", Some(given)).await;
    run.name("flavor", &answer["flavor"]["id"]);
    for project in ["one", "two"] {
        let access = json!({"addTenantAccess": {"tenant": run.id(project)}});
        go(run, "admin", "compute POST /v2.1/flavors/{flavor}/action", Some(access)).await;
    }
}

async fn volume(run: &mut Run, mut fields: Value, name: &str) {
    fields["size"] = json!(1);
    fields["name"] = json!(name);
    let given = json!({"volume": fields});
    made(run, "block-storage POST /v3/{one}/volumes", given, "/volume/id", name).await;
    let show = format!("block-storage GET /v3/{{one}}/volumes/{{{name}}}");
    settled(run, &show, "/volume/status", "available").await;
}

async fn volumes(run: &mut Run, name: &str) {
    for volume_name in ["attached", "base", "promised"] {
        volume(run, json!({}), volume_name).await;
    }
    let attach = json!({"volumeAttachment": {"volumeId": run.id("attached")}});
    go(run, "tenant", "compute POST /v2.1/servers/{plain}/os-volume_attachments", Some(attach)).await;
    settled(run, "block-storage GET /v3/{one}/volumes/{attached}", "/volume/status", "in-use").await;
    let given = json!({"snapshot": {"volume_id": run.id("base"), "name": "snapshot"}});
    made(run, "block-storage POST /v3/{one}/snapshots", given, "/snapshot/id", "snapshot").await;
    settled(run, "block-storage GET /v3/{one}/snapshots/{snapshot}", "/snapshot/status", "available").await;
    let given = json!({"transfer": {"volume_id": run.id("promised"), "name": "transfer"}});
    made(run, "block-storage POST /v3/{one}/volume-transfers", given, "/transfer/id", "transfer").await;
    let given = json!({"group_type": {"name": format!("group-{name}")}});
    let answer = go(run, "admin", "block-storage POST /v3/{admin-project}/group_types", Some(given)).await;
    run.name("group-type", &answer["group_type"]["id"]);
    let given =
        json!({"group": {"name": "group", "group_type": run.id("group-type"), "volume_types": ["fake"]}});
    made(run, "block-storage POST /v3/{one}/groups", given, "/group/id", "group").await;
    settled(run, "block-storage GET /v3/{one}/groups/{group}", "/group/status", "available").await;
    let group = run.id("group");
    volume(run, json!({"group_id": group, "volume_type": "fake"}), "member").await;
    let given = json!({"group_snapshot": {"name": "of-group", "group_id": group}});
    made(run, "block-storage POST /v3/{one}/group_snapshots", given, "/group_snapshot/id", "group-snapshot")
        .await;
    let show = "block-storage GET /v3/{one}/group_snapshots/{group-snapshot}";
    settled(run, show, "/group_snapshot/status", "available").await;
    let all = go(run, "tenant", "block-storage GET /v3/{one}/snapshots/detail", None).await;
    let of_group =
        all["snapshots"].as_array().unwrap().iter().find(|row| !row["group_snapshot_id"].is_null());
    run.name("member-snapshot", &of_group.unwrap()["id"]);
    let given = json!({"volume_type": {
        "name": format!("private-{name}"), "os-volume-type-access:is_public": false,
    }});
    let answer = go(run, "admin", "block-storage POST /v3/{admin-project}/types", Some(given)).await;
    run.name("type", &answer["volume_type"]["id"]);
    for project in ["one", "two"] {
        let access = json!({"addProjectAccess": {"project": run.id(project)}});
        go(run, "admin", "block-storage POST /v3/{admin-project}/types/{type}/action", Some(access)).await;
    }
    let types = go(run, "admin", "block-storage GET /v3/{admin-project}/types", None).await;
    let public = types["volume_types"].as_array().unwrap().iter().find(|row| row["name"] == "fake");
    run.name("public-type", &public.unwrap()["id"]);
}

async fn keys(run: &mut Run) {
    let secret = |name: &str| json!({"name": name, "payload": "p", "payload_content_type": "text/plain"});
    let post = "key-manager POST /v1/secrets";
    let answer = go(run, "tenant", post, Some(secret("open"))).await;
    let url = answer["secret_ref"].clone();
    run.name("secret", &json!(url.as_str().unwrap().rsplit('/').next()));
    let consumer = json!({"service": "image", "resource_type": "image", "resource_id": "elsewhere"});
    go(run, "tenant", "key-manager POST /v1/secrets/{secret}/consumers", Some(consumer)).await;
    let given = json!({"name": "box", "type": "generic", "secret_refs": [{"name": "s", "secret_ref": url}]});
    made(run, "key-manager POST /v1/containers", given, "/container_ref", "container").await;
    let consumer = json!({"name": "somebody", "URL": "http://elsewhere"});
    go(run, "tenant", "key-manager POST /v1/containers/{container}/consumers", Some(consumer)).await;
    let meta = json!({"name": "ordered", "algorithm": "aes", "bit_length": 256, "mode": "cbc"});
    let given = json!({"type": "key", "meta": meta});
    made(run, "key-manager POST /v1/orders", given, "/order_ref", "order").await;
    settled(run, "key-manager GET /v1/orders/{order}", "/status", "ACTIVE").await;
    let order = go(run, "tenant", "key-manager GET /v1/orders/{order}", None).await;
    run.name("made", &json!(order["secret_ref"].as_str().unwrap().rsplit('/').next()));
    let answer = go(run, "within", post, Some(secret("private"))).await;
    run.name("private", &json!(answer["secret_ref"].as_str().unwrap().rsplit('/').next()));
    let closed = json!({"read": {"project-access": false}});
    go(run, "within", "key-manager PUT /v1/secrets/{private}/acl", Some(closed)).await;
}

async fn balancer(run: &mut Run) {
    let given = json!({"network": {"name": "n", "project_id": run.id("one")}});
    let answer = go(run, "admin", "network POST /v2.0/networks", Some(given)).await;
    run.name("network", &answer["network"]["id"]);
    let given = json!({"subnet": {
        "network_id": run.id("network"), "ip_version": 4, "cidr": "192.0.2.0/26", "project_id": run.id("one"),
    }});
    let subnet = go(run, "admin", "network POST /v2.0/subnets", Some(given)).await["subnet"]["id"].clone();
    let listener = json!({"name": "in", "protocol": "TCP", "protocol_port": 80});
    let given = json!({"loadbalancer": {"name": "lb", "vip_subnet_id": subnet, "listeners": [listener]}});
    made(run, "load-balancer POST /v2/lbaas/loadbalancers", given, "/loadbalancer/id", "balancer").await;
    let show = "load-balancer GET /v2/lbaas/loadbalancers/{balancer}";
    settled(run, show, "/loadbalancer/provisioning_status", "ACTIVE").await;
}

async fn cluster(run: &mut Run) {
    let given = json!({
        "name": "node", "container_format": "bare", "disk_format": "raw", "os_distro": "devcloud",
    });
    made(run, "image POST /v2/images", given, "/id", "image").await;
    let found = go(run, "admin", "network GET /v2.0/networks?router:external=true", None).await;
    let given = json!({
        "name": "t", "image_id": run.id("image"), "keypair_id": "a key", "coe": "kubernetes",
        "external_network_id": found["networks"][0]["id"], "flavor_id": "m1.tiny", "master_flavor_id": "m1.tiny",
    });
    made(run, "container-infra POST /clustertemplates", given, "/uuid", "template").await;
    let given = json!({
        "name": "c", "cluster_template_id": run.id("template"), "node_count": 1, "keypair": "a key",
    });
    made(run, "container-infra POST /clusters", given, "/uuid", "cluster").await;
    let limit = json!({"project_id": run.id("one"), "resource": "Cluster", "hard_limit": 3});
    go(run, "admin", "container-infra POST /quotas", Some(limit)).await;
}

/// All that the script did not come to remove, whatever became of it.
pub(super) async fn clean(run: &mut Run, name: &str) {
    let quiet = |path: &str| format!("block-storage DELETE /v3/{{admin-project}}/{path}");
    for call in [
        "container-infra DELETE /clusters/{cluster}",
        "load-balancer DELETE /v2/lbaas/loadbalancers/{balancer}?cascade=true",
        "container-infra DELETE /quotas/{one}/Cluster",
        "compute DELETE /v2.1/os-keypairs/a%20key?user_id={user}",
        "compute DELETE /v2.1/os-server-groups/{server-group}",
        "compute DELETE /v2.1/servers/{plain}",
        "compute DELETE /v2.1/servers/{locked}",
        "compute DELETE /v2.1/flavors/{flavor}",
        &quiet("volume-transfers/{transfer}"),
        &quiet("group_snapshots/{group-snapshot}"),
        &quiet("snapshots/{snapshot}"),
    ] {
        run.call_as("admin", call, None, headers(call)).await;
    }
    for call in [
        "load-balancer GET /v2/lbaas/loadbalancers/{balancer}",
        "container-infra GET /clusters/{cluster}",
        "compute GET /v2.1/servers/{plain}",
        "block-storage GET /v3/{admin-project}/group_snapshots/{group-snapshot}",
        "block-storage GET /v3/{admin-project}/snapshots/{snapshot}",
    ] {
        super::until_gone(run, call).await;
    }
    let delete = Some(json!({"delete": {"delete-volumes": true}}));
    run.call_as(
        "admin",
        "block-storage POST /v3/{admin-project}/groups/{group}/action",
        delete,
        super::VOLUME,
    )
    .await;
    super::until_gone(run, "block-storage GET /v3/{admin-project}/groups/{group}").await;
    for call in [
        "container-infra DELETE /clustertemplates/{template}",
        "image DELETE /v2/images/{image}",
        "network DELETE /v2.0/networks/{network}",
        &quiet("volumes/{base}"),
        &quiet("volumes/{promised}"),
        &quiet("volumes/{attached}"),
        &quiet("types/{type}"),
        &quiet("group_types/{group-type}"),
    ] {
        run.call_as("admin", call, None, headers(call)).await;
    }
    for key in ["orders", "containers", "secrets"] {
        let listed = run.call_as("within", &format!("key-manager GET /v1/{key}?limit=100"), None, &[]).await;
        let field = format!("{}_ref", key.trim_end_matches('s'));
        for row in listed[key].as_array().into_iter().flatten() {
            let id = row[&field].as_str().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
            run.call_as("within", &format!("key-manager DELETE /v1/{key}/{id}"), None, &[]).await;
        }
    }
    let off = json!({"domain": {"enabled": false}});
    run.call("identity PATCH /v3/domains/{domain}", Some(off)).await;
    run.call("identity DELETE /v3/domains/{domain}", None).await;
    let gone = run.get("identity /v3/domains/{domain}").await;
    assert_eq!(gone["error"]["code"], 404, "the domain {name} is removed again: {gone}");
}
