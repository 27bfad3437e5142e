//! What a tenant holds in Neutron, and what is in the way of its going.

use serde_json::{Value, json};

use crate::run::Run;

const NOWHERE: &str = "8cf2f8a5-1111-4222-8333-123456789abc";
/// What is read of Neutron's rows, and what each has by which it is known.
const READ: &[&str] = &[
    "id",
    "name",
    "project_id",
    "tenant_id",
    "status",
    "revision_number",
    "network_id",
    "subnets",
    "router:external",
    "cidr",
    "subnetpool_id",
    "device_owner",
    "device_id",
    "fixed_ips",
    "security_groups",
    "routes",
    "external_gateway_info",
    "router_id",
    "port_id",
    "floating_ip_address",
    "floating_network_id",
    "port_forwardings",
    "protocol",
    "internal_ip_address",
    "internal_port_id",
    "external_port",
    "sub_ports",
    "prefixes",
    "address_scope_id",
    "object_type",
    "object_id",
    "action",
    "target_tenant",
    "subnet_id",
    "subnet_ids",
    "qos_policy_id",
];

/// Makes one, and gives it a name.
async fn make(run: &mut Run, name: &str, path: &str, key: &str, project: &str, mut fields: Value) -> Value {
    fields["project_id"] = json!(run.id(project));
    let made = run.call(&format!("network POST /v2.0/{path}"), Some(json!({key: fields}))).await;
    run.keep_fields(READ);
    run.name(name, &made[key]["id"]);
    made[key].clone()
}

async fn get(run: &mut Run, path: &str) -> Value {
    let answer = run.get(&format!("network /v2.0/{path}")).await;
    run.keep_fields(READ);
    answer
}

async fn put(run: &mut Run, path: &str, body: Value) -> Value {
    let answer = run.call(&format!("network PUT /v2.0/{path}"), Some(body)).await;
    run.keep_fields(READ);
    answer
}

async fn delete(run: &mut Run, path: &str) {
    run.call(&format!("network DELETE /v2.0/{path}"), None).await;
}

pub(crate) async fn networking(run: &mut Run) {
    nothing(run).await;
    ways_out(run).await;
    listed(run).await;
    in_the_way(run).await;
    gone(run).await;
    trunks(run).await;
    pools_and_shares(run).await;
}

async fn nothing(run: &mut Run) {
    run.get("network /v2.0/extensions").await;
    run.keep_aliases();
    for path in [
        "networks",
        "subnets",
        "ports",
        "routers",
        "floatingips",
        "trunks",
        "subnetpools",
        "address-scopes",
        "rbac-policies",
        "qos/policies",
        "log/logs",
    ] {
        run.get(&format!("network /v2.0/{path}/{NOWHERE}")).await;
        run.call(&format!("network DELETE /v2.0/{path}/{NOWHERE}"), None).await;
        run.get(&format!("network /v2.0/{path}?limit=many")).await;
    }
    run.get("network /v2.0/metering/metering-labels?project_id={one}&fields=id&limit=10").await;
}

async fn ways_out(run: &mut Run) {
    make(run, "outside", "networks", "network", "kept", json!({"name": "outside", "router:external": true}))
        .await;
    let subnet = |run: &Run, network: &str, cidr: &str| json!({"network_id": run.id(network), "cidr": cidr, "ip_version": 4});
    let fields = subnet(run, "outside", "203.0.113.0/24");
    make(run, "outer-subnet", "subnets", "subnet", "kept", fields).await;
    make(run, "inner", "networks", "network", "one", json!({"name": "inner"})).await;
    let fields = subnet(run, "inner", "10.9.0.0/24");
    make(run, "inner-subnet", "subnets", "subnet", "one", fields).await;
    get(run, "networks/{inner}").await;
    let gateway = json!({"name": "r", "external_gateway_info": {"network_id": run.id("outside")}});
    make(run, "router", "routers", "router", "one", gateway).await;
    let face = json!({"subnet_id": run.id("inner-subnet")});
    let made = put(run, "routers/{router}/add_router_interface", face).await;
    run.name("face", &made["port_id"]);
    run.mask_last();
    get(run, "routers/{router}").await;
    let routes = json!([{"destination": "10.77.0.0/16", "nexthop": "10.9.0.200"}]);
    put(run, "routers/{router}", json!({"router": {"routes": routes}})).await;
    let port = |run: &Run, name: &str| json!({"name": name, "network_id": run.id("inner")});
    let fields = port(run, "one");
    let made = make(run, "port-one", "ports", "port", "one", fields).await;
    let address = made["fixed_ips"][0]["ip_address"].clone();
    let fields = port(run, "two");
    make(run, "port-two", "ports", "port", "one", fields).await;
    let floating = json!({"floating_network_id": run.id("outside")});
    make(run, "floating", "floatingips", "floatingip", "one", floating.clone()).await;
    let forward = json!({"port_forwarding": {
        "internal_port_id": run.id("port-one"), "internal_ip_address": address, "internal_port": 22,
        "external_port": 2022, "protocol": "tcp",
    }});
    let made = run.call("network POST /v2.0/floatingips/{floating}/port_forwardings", Some(forward)).await;
    run.name("forwarding", &made["port_forwarding"]["id"]);
    run.mask_last();
    let mut led = floating;
    led["port_id"] = json!(run.id("port-two"));
    make(run, "led", "floatingips", "floatingip", "kept", led).await;
}

/// The questions that are asked about a tenant.
async fn listed(run: &mut Run) {
    for path in [
        "networks?project_id={one}&limit=100&fields=id&fields=project_id&fields=name&fields=status&fields=subnets",
        "subnets?project_id={one}&fields=id&fields=project_id&fields=name&fields=cidr&fields=network_id&fields=subnetpool_id",
        "subnets?network_id={inner}&network_id={outside}&fields=id&fields=cidr",
        "routers?project_id={one}&fields=id&fields=project_id&fields=name&fields=status&fields=routes&fields=external_gateway_info",
        "ports?project_id={one}&fields=id&fields=name&fields=status&fields=network_id&fields=device_owner&fields=device_id&fields=fixed_ips",
        "ports?network_id={inner}&network_id={outside}&fields=id&fields=project_id&fields=device_owner&fields=device_id",
        "ports?device_id={router}&device_id={led}&fields=id&fields=project_id&fields=device_owner&fields=network_id",
        "ports?project_id={one}&device_owner=network:router_interface&fields=id",
        "floatingips?project_id={one}&fields=id&fields=project_id&fields=floating_ip_address&fields=status&fields=router_id&fields=port_id&fields=port_forwardings",
        "floatingips/{floating}",
        "floatingips/{led}",
        "floatingips/{floating}/port_forwardings/{forwarding}",
        "trunks?project_id={one}",
    ] {
        get(run, path).await;
    }
    run.get("network /v2.0/floatingips/{floating}/port_forwardings?limit=100").await;
    run.mask_last();
    run.get(&format!("network /v2.0/floatingips/{{floating}}/port_forwardings/{NOWHERE}")).await;
    run.get("network /v2.0/quotas/{one}/details").await;
}

async fn in_the_way(run: &mut Run) {
    for path in [
        "networks/{inner}",
        "subnets/{inner-subnet}",
        "routers/{router}",
        "ports/{face}",
        "floatingips/{floating}",
    ] {
        delete(run, path).await;
    }
    let face = json!({"port_id": run.id("face")});
    put(run, "routers/{router}/remove_router_interface", face).await;
    put(run, "routers/{router}", json!({"router": {"external_gateway_info": null}})).await;
    for revision in ["revision_number=999", "999"] {
        let delete = "network DELETE /v2.0/networks/{inner}";
        run.call_as("admin", delete, None, &[("If-Match", revision)]).await;
    }
}

async fn gone(run: &mut Run) {
    delete(run, "floatingips/{floating}/port_forwardings/{forwarding}").await;
    delete(run, "floatingips/{floating}/port_forwardings/{forwarding}").await;
    get(run, "floatingips/{floating}").await;
    delete(run, "floatingips/{floating}").await;
    delete(run, "ports/{port-two}").await;
    get(run, "floatingips/{led}").await;
    let face = json!({"port_id": run.id("face")});
    let remove = "routers/{router}/remove_router_interface";
    put(run, remove, face.clone()).await;
    put(run, "routers/{router}", json!({"router": {"routes": []}})).await;
    put(run, remove, face.clone()).await;
    put(run, remove, face).await;
    put(run, "routers/{router}", json!({"router": {"external_gateway_info": null}})).await;
    get(run, "routers/{router}").await;
    delete(run, "routers/{router}").await;
    delete(run, "routers/{router}").await;
    get(run, "ports?network_id={outside}&fields=device_owner").await;
    delete(run, "floatingips/{led}").await;
}

async fn trunks(run: &mut Run) {
    let parent = json!({"name": "parent", "network_id": run.id("inner")});
    make(run, "parent", "ports", "port", "one", parent).await;
    let subs = json!([{"port_id": run.id("port-one"), "segmentation_type": "vlan", "segmentation_id": 7}]);
    let trunk = json!({"port_id": run.id("parent"), "sub_ports": subs});
    make(run, "trunk", "trunks", "trunk", "one", trunk).await;
    get(run, "trunks?project_id={one}&fields=id&fields=project_id&fields=name&fields=status").await;
    let stale = &[("If-Match", "revision_number=999")];
    run.call_as("admin", "network DELETE /v2.0/trunks/{trunk}", None, stale).await;
    run.call_as("admin", "network DELETE /v2.0/subnets/{outer-subnet}", None, stale).await;
    for path in ["ports/{parent}", "ports/{port-one}", "trunks/{trunk}", "ports/{parent}", "ports/{port-one}"]
    {
        delete(run, path).await;
    }
    get(run, "networks/{inner}").await;
    delete(run, "subnets/{inner-subnet}").await;
    get(run, "networks/{inner}").await;
    delete(run, "networks/{inner}").await;
}

async fn pools_and_shares(run: &mut Run) {
    make(run, "scope", "address-scopes", "address_scope", "one", json!({"name": "s", "ip_version": 4})).await;
    let pool = json!({"name": "p", "prefixes": ["10.20.0.0/16"], "address_scope_id": run.id("scope")});
    make(run, "pool", "subnetpools", "subnetpool", "one", pool).await;
    make(run, "pooled", "networks", "network", "one", json!({"name": "pooled"})).await;
    let from = json!({
        "network_id": run.id("pooled"), "subnetpool_id": run.id("pool"), "ip_version": 4, "prefixlen": 24,
    });
    make(run, "from-pool", "subnets", "subnet", "one", from).await;
    make(run, "slow", "qos/policies", "policy", "one", json!({"name": "slow"})).await;
    let port = json!({"name": "slow", "network_id": run.id("pooled"), "qos_policy_id": run.id("slow")});
    make(run, "slow-port", "ports", "port", "one", port).await;
    let share = |run: &Run, kind: &str, object: &str, target: &str| {
        json!({
            "object_type": kind, "object_id": run.id(object), "action": "access_as_shared",
            "target_tenant": run.id(target),
        })
    };
    for (name, kind, object) in [
        ("share-early", "subnetpool", "pool"),
        ("share-scope", "address_scope", "scope"),
        ("share-pool", "subnetpool", "pool"),
        ("share-network", "network", "pooled"),
    ] {
        let fields = share(run, kind, object, "kept");
        make(run, name, "rbac-policies", "rbac_policy", "one", fields).await;
        if name == "share-early" {
            // Its words name Neutron's own code.
            run.keep_type();
        }
    }
    let guest = json!({"name": "guest", "network_id": run.id("pooled")});
    make(run, "guest", "ports", "port", "kept", guest).await;
    for path in ["rbac-policies", "rbac-policies?limit=1"] {
        get(run, path).await;
        run.keep_rows("rbac_policies", "<one>");
    }
    get(run, "subnets?subnetpool_id={pool}&fields=id&fields=project_id").await;
    get(run, "subnetpools?address_scope_id={scope}&fields=id&fields=project_id&fields=address_scope_id")
        .await;
    get(run, "ports?project_id={kept}&fields=id&fields=security_groups").await;
    delete(run, "rbac-policies/{share-network}").await;
    run.keep_type();
    for path in ["subnetpools/{pool}", "address-scopes/{scope}", "qos/policies/{slow}", "networks/{pooled}"] {
        delete(run, path).await;
    }
    for path in ["ports/{guest}", "ports/{slow-port}", "networks/{pooled}", "qos/policies/{slow}"] {
        delete(run, path).await;
    }
    get(run, "rbac-policies/{share-network}").await;
    run.keep_type();
    get(run, "subnets/{from-pool}").await;
    for path in ["subnetpools/{pool}", "address-scopes/{scope}", "networks/{outside}"] {
        delete(run, path).await;
    }
    get(run, "rbac-policies/{share-pool}").await;
    get(run, "rbac-policies/{share-scope}").await;
}
