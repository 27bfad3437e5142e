//! Neutron.

use serde_json::{Value, json};

use crate::run::Run;

const NOWHERE: &str = "8cf2f8a5-1111-4222-8333-123456789abc";

pub(crate) async fn security_groups(run: &mut Run) {
    let project = run.id("one");
    let post = "network POST /v2.0/security-groups";
    let group = |mut given: Value| {
        given["project_id"] = json!(project);
        Some(json!({"security_group": given}))
    };
    run.get("network /v2.0/security-groups?project_id={one}").await;
    let made = run.call(post, group(json!({"name": "g", "description": "d"}))).await;
    run.name("g", &made["security_group"]["id"]);
    let made = run.call(post, group(json!({"name": "h", "stateful": false}))).await;
    run.name("h", &made["security_group"]["id"]);
    run.call(post, group(json!({"name": "h"}))).await;
    run.call(post, group(json!({}))).await;
    run.call(post, group(json!({"name": "default"}))).await;
    run.call(post, group(json!({"name": "x".repeat(256)}))).await;
    run.call(post, group(json!({"name": "x", "nonsense": 1}))).await;
    run.call(post, Some(json!({"nonsense": {}}))).await;
    run.get("network /v2.0/security-groups?project_id={one}").await;
    run.get("network /v2.0/security-groups?tenant_id={one}&name=g").await;
    run.get("network /v2.0/security-groups?project_id={one}&name=g&name=default&fields=name").await;
    run.get("network /v2.0/security-groups?project_id={one}&fields=id&fields=name&fields=nonsense").await;
    run.get("network /v2.0/security-groups?nonsense=1").await;
    run.get("network /v2.0/security-groups/{g}").await;
    run.get("network /v2.0/security-groups/nothing").await;
    run.call_as("user", "network GET /v2.0/security-groups/{g}?fields=name", None, &[]).await;
}

/// The ids of one page decide the next, so the script pages as a client does.
pub(crate) async fn pages(run: &mut Run) {
    let base = "/v2.0/security-groups?project_id={one}&limit=2&fields=id";
    let page = run.get(&format!("network {base}")).await;
    page_counted(run);
    let marker = page["security_groups"][1]["id"].as_str().unwrap_or_default().to_owned();
    let page = run.get(&format!("network {base}&marker={marker}")).await;
    page_counted(run);
    let marker = page["security_groups"][1]["id"].as_str().unwrap_or_default().to_owned();
    run.get(&format!("network {base}&marker={marker}")).await;
    page_counted(run);
    // A marker that is gone: the first page again, and no word of it.
    run.get(&format!("network {base}&marker={NOWHERE}")).await;
    page_counted(run);
    run.get("network /v2.0/security-groups?project_id={one}&limit=100&fields=name").await;
    page_counted(run);
    run.get("network /v2.0/security-groups?project_id={one}&limit=0&fields=name").await;
    run.get("network /v2.0/security-groups?limit=many").await;
    run.get("network /v2.0/security-groups?limit=-1").await;
    run.get("network /v2.0/security-group-rules?project_id={one}&limit=3&fields=ethertype").await;
    page_counted(run);
}

/// Which row comes on which page is chance; how many, and which links, is not.
fn page_counted(run: &mut Run) {
    let Some(seen) = run.seen.last_mut() else { return };
    seen.what = seen.what.split("&marker").next().unwrap_or_default().to_owned();
    let mut counted = json!({});
    for (key, rows) in seen.body.as_object().into_iter().flatten() {
        let rows = rows.as_array().cloned().unwrap_or_default();
        counted[key] = match key.ends_with("_links") {
            false => json!(rows.len()),
            true => {
                let link = |row: &Value| {
                    let href = row["href"].as_str().unwrap_or_default();
                    let named = ["g", "h"]
                        .iter()
                        .fold(href.to_owned(), |href, name| href.replace(&format!("<{name}>"), "<id>"));
                    json!({"rel": row["rel"], "href": named})
                };
                let mut links: Vec<Value> = rows.iter().map(link).collect();
                links.sort_by_key(Value::to_string);
                json!(links)
            }
        };
    }
    seen.body = counted;
}

async fn rule(run: &mut Run, given: Value) -> Value {
    run.call("network POST /v2.0/security-group-rules", Some(json!({"security_group_rule": given}))).await
}

pub(crate) async fn rules(run: &mut Run) {
    let (g, h) = (run.id("g"), run.id("h"));
    let web = json!({
        "security_group_id": g, "direction": "ingress", "protocol": "tcp", "port_range_min": 80,
        "port_range_max": 80, "remote_ip_prefix": "10.0.0.5/24", "description": "web",
    });
    let made = rule(run, web.clone()).await;
    run.name("web", &made["security_group_rule"]["id"]);
    rule(run, web).await;
    let remote = json!({
        "security_group_id": h, "direction": "ingress", "ethertype": "IPv6", "protocol": 6, "port_range_min": "80",
        "port_range_max": 80, "remote_group_id": g,
    });
    let made = rule(run, remote).await;
    run.name("from-g", &made["security_group_rule"]["id"]);
    let refused = [
        json!({"direction": "ingress"}),
        json!({"security_group_id": g}),
        json!({"security_group_id": NOWHERE, "direction": "ingress"}),
        json!({"security_group_id": g, "direction": "INGRESS"}),
        json!({"security_group_id": g, "direction": "ingress", "nonsense": 1}),
        json!({"security_group_id": g, "direction": "ingress", "remote_group_id": NOWHERE}),
        json!({"security_group_id": g, "direction": "ingress", "remote_address_group_id": NOWHERE}),
        json!({"security_group_id": g, "direction": "ingress", "remote_group_id": h, "remote_ip_prefix": "10.0.0.0/8"}),
        json!({"security_group_id": g, "direction": "ingress", "description": null}),
        json!({"security_group_id": g, "direction": "ingress", "ethertype": "IPv5"}),
        json!({"security_group_id": g, "direction": "egress"}),
        json!({"security_group_id": g, "direction": "egress", "remote_ip_prefix": "0.0.0.0/0"}),
    ];
    for given in refused {
        rule(run, given).await;
    }
    run.get("network /v2.0/security-group-rules?security_group_id={g}").await;
    run.get("network /v2.0/security-group-rules/{web}").await;
    run.get("network /v2.0/security-group-rules/nothing").await;
    run.call(
        "network PUT /v2.0/security-group-rules/{web}",
        Some(json!({"security_group_rule": {"port_range_max": 99}})),
    )
    .await;
    let many = |ports: [i64; 2]| {
        let one = |port: i64| {
            json!({
                "security_group_id": g, "direction": "ingress", "protocol": "udp", "port_range_min": port,
                "port_range_max": port,
            })
        };
        Some(json!({"security_group_rules": ports.map(one)}))
    };
    let post = "network POST /v2.0/security-group-rules";
    run.call(post, many([5, 5])).await;
    run.call(post, many([5, 6])).await;
    run.call(post, many([6, 7])).await;
    run.get("network /v2.0/security-groups/{g}").await;
    run.get("network /v2.0/security-groups?project_id={one}").await;
}

/// Each row in a group of its own: sent, stored; and which pairs count as one.
pub(crate) async fn normal_forms(run: &mut Run) {
    let forms = [
        json!({}),
        json!({"protocol": "TCP"}),
        json!({"protocol": "6"}),
        json!({"protocol": 6}),
        json!({"protocol": 0}),
        json!({"protocol": "any"}),
        json!({"protocol": -1}),
        json!({"protocol": 256}),
        json!({"protocol": 255}),
        json!({"protocol": "vrrp"}),
        json!({"protocol": "112"}),
        json!({"protocol": "foo"}),
        json!({"protocol": "icmp"}),
        json!({"protocol": "1"}),
        json!({"protocol": "icmp", "ethertype": "IPv6"}),
        json!({"protocol": "icmpv6", "ethertype": "ipv6"}),
        json!({"protocol": "ipv6-icmp", "ethertype": "IPv6"}),
        json!({"protocol": 58, "ethertype": "IPv6"}),
        json!({"protocol": "icmpv6"}),
        json!({"protocol": 58}),
        json!({"protocol": "ipv6-opts"}),
        json!({"protocol": "icmp", "port_range_min": 8}),
        json!({"protocol": "icmp", "port_range_min": 8, "port_range_max": 0}),
        json!({"protocol": "icmp", "port_range_max": 0}),
        json!({"protocol": "icmp", "port_range_min": 256}),
        json!({"protocol": "icmp", "port_range_min": 8, "port_range_max": 256}),
        json!({"protocol": "icmp", "port_range_min": -1, "port_range_max": -1}),
        json!({"protocol": "tcp", "port_range_min": 1, "port_range_max": 65535}),
        json!({"protocol": "sctp", "port_range_min": 1, "port_range_max": 65535}),
        json!({"protocol": "tcp", "port_range_min": 0, "port_range_max": 65535}),
        json!({"protocol": "tcp", "port_range_min": 80}),
        json!({"protocol": "tcp", "port_range_max": 80}),
        json!({"protocol": "tcp", "port_range_min": 81, "port_range_max": 80}),
        json!({"protocol": "tcp", "port_range_min": 65536, "port_range_max": 65536}),
        json!({"protocol": "tcp", "port_range_min": "x", "port_range_max": 80}),
        json!({"port_range_min": 80, "port_range_max": 80}),
        json!({"protocol": "vrrp", "port_range_min": 80, "port_range_max": 80}),
        json!({"protocol": "tcp", "remote_ip_prefix": "0.0.0.0/0"}),
        json!({"protocol": "udp", "remote_ip_prefix": "10.0.0.9"}),
        json!({"protocol": "udp", "remote_ip_prefix": "10.0.0.9/32"}),
        json!({"protocol": "udp", "remote_ip_prefix": "10/8"}),
        json!({"protocol": "udp", "remote_ip_prefix": "10.0.0.0/255.0.0.0"}),
        json!({"protocol": "udp", "remote_ip_prefix": "10.0.0.5/24"}),
        json!({"protocol": "udp", "remote_ip_prefix": "10.0.0.0/24"}),
        json!({"protocol": "udp", "remote_ip_prefix": "10.0.0.0/33"}),
        json!({"protocol": "udp", "remote_ip_prefix": "nonsense"}),
        json!({"protocol": "udp", "remote_ip_prefix": "2001:db8::/64"}),
        json!({"protocol": "udp", "remote_ip_prefix": "10.0.0.0/8", "ethertype": "IPv6"}),
        json!({"protocol": "udp", "remote_ip_prefix": "::/0", "ethertype": "IPv6"}),
        json!({"protocol": "udp", "ethertype": "IPv6"}),
        json!({"protocol": "udp", "remote_ip_prefix": "2001:DB8::1/64", "ethertype": "IPv6"}),
        json!({"protocol": "udp", "remote_ip_prefix": "2001:db8:0:0::/64", "ethertype": "IPv6"}),
    ];
    let given = json!({"security_group": {"name": "forms", "project_id": run.id("one")}});
    let made = run.call("network POST /v2.0/security-groups", Some(given)).await;
    run.name("forms", &made["security_group"]["id"]);
    for mut form in forms {
        form["security_group_id"] = json!(run.id("forms"));
        form["direction"] = json!("ingress");
        rule(run, form).await;
    }
    run.get("network /v2.0/security-groups/{forms}").await;
}

pub(crate) async fn address_groups(run: &mut Run) {
    let project = run.id("one");
    let post = "network POST /v2.0/address-groups";
    let given = |name: &str, addresses: Value| {
        Some(json!({"address_group": {"name": name, "project_id": project, "addresses": addresses}}))
    };
    let made = run.call(post, given("a", json!(["10.1.0.0/16", "192.168.0.5/24"]))).await;
    run.name("a", &made["address_group"]["id"]);
    run.call(post, given("b", json!(["nonsense"]))).await;
    run.call(post, given("c", json!([]))).await;
    run.get("network /v2.0/address-groups?project_id={one}").await;
    run.get("network /v2.0/address-groups/{a}").await;
    run.get("network /v2.0/address-groups/nothing").await;
    let change = Some(json!({"address_group": {"description": "changed"}}));
    run.call("network PUT /v2.0/address-groups/{a}", change).await;
    let add = json!({"addresses": ["10.9.0.0/24"]});
    run.call("network PUT /v2.0/address-groups/{a}/add_addresses", Some(add.clone())).await;
    run.call("network PUT /v2.0/address-groups/{a}/add_addresses", Some(add.clone())).await;
    run.call("network PUT /v2.0/address-groups/{a}/remove_addresses", Some(add.clone())).await;
    run.call("network PUT /v2.0/address-groups/{a}/remove_addresses", Some(add)).await;
    let (g, a) = (run.id("g"), run.id("a"));
    rule(run, json!({"security_group_id": g, "direction": "ingress", "remote_address_group_id": a})).await;
    run.call("network DELETE /v2.0/address-groups/{a}", None).await;
}

pub(crate) async fn compare_and_set(run: &mut Run) {
    let put = "network PUT /v2.0/security-groups/{g}";
    let described = |text: &str| Some(json!({"security_group": {"description": text}}));
    run.call(put, described("changed")).await;
    run.call(put, described("changed")).await;
    let revision = run.get("network /v2.0/security-groups/{g}?fields=revision_number").await;
    let revision = revision["security_group"]["revision_number"].as_u64().unwrap_or_default();
    let right = format!("revision_number={revision}");
    run.call_as("admin", put, described("set"), &[("If-Match", "revision_number=1")]).await;
    run.call_as("admin", put, described("set"), &[("If-Match", &right)]).await;
    run.call_as("admin", put, described("set again"), &[("If-Match", &right)]).await;
    for ignored in ["1", "\"1\"", "*", "W/\"1\"", "revision_number=x"] {
        run.call_as("admin", put, described(ignored), &[("If-Match", ignored)]).await;
    }
    run.call(put, Some(json!({"security_group": {"name": "default"}}))).await;
    run.call(put, Some(json!({"security_group": {"project_id": "x"}}))).await;
    run.call(put, Some(json!({"security_group": {"name": "g2", "stateful": false}}))).await;
    run.call("network PUT /v2.0/security-groups/nothing", described("x")).await;
    let default = run.get("network /v2.0/security-groups?project_id={one}&name=default").await;
    run.name("default", &default["security_groups"][0]["id"]);
    run.call("network PUT /v2.0/security-groups/{default}", described("mine")).await;
    run.call("network PUT /v2.0/security-groups/{default}", Some(json!({"security_group": {"name": "x"}})))
        .await;
    let delete = "network DELETE /v2.0/security-group-rules/{web}";
    run.call_as("admin", delete, None, &[("If-Match", "revision_number=9")]).await;
    run.call_as("admin", delete, None, &[("If-Match", "revision_number=0")]).await;
    run.call(delete, None).await;
    run.call_as(
        "admin",
        "network DELETE /v2.0/security-groups/{g}",
        None,
        &[("If-Match", "revision_number=1")],
    )
    .await;
}

pub(crate) async fn in_use_and_gone(run: &mut Run) {
    let project = run.id("one");
    let network = json!({"network": {"name": "n", "project_id": project}});
    let made = run.call("network POST /v2.0/networks", Some(network)).await;
    run.keep_status();
    run.name("network", &made["network"]["id"]);
    let port = json!({"port": {
        "network_id": run.id("network"), "project_id": project, "security_groups": [run.id("h")],
    }});
    let made = run.call("network POST /v2.0/ports", Some(port)).await;
    run.keep_status();
    run.name("port", &made["port"]["id"]);
    run.call("network DELETE /v2.0/security-groups/{h}", None).await;
    run.call("network DELETE /v2.0/ports/{port}", None).await;
    run.call("network DELETE /v2.0/networks/{network}", None).await;
    // The rules of others that name a group go with it.
    run.call("network DELETE /v2.0/security-groups/{g}", None).await;
    run.call("network DELETE /v2.0/security-groups/{g}", None).await;
    run.get("network /v2.0/security-groups/{h}").await;
    run.get("network /v2.0/security-group-rules/{from-g}").await;
    run.call("network DELETE /v2.0/security-group-rules/{from-g}", None).await;
    run.call("network DELETE /v2.0/address-groups/{a}", None).await;
    run.get("network /v2.0/default-security-group-rules").await;
}

pub(crate) async fn network_quotas(run: &mut Run) {
    let put = "network PUT /v2.0/quotas/{one}";
    let quota = |given: Value| Some(json!({"quota": given}));
    run.get("network /v2.0/quotas/{one}").await;
    run.get("network /v2.0/quotas/nothing").await;
    run.call(put, quota(json!({"network": 7, "port": -1, "security_group": 1}))).await;
    run.get("network /v2.0/quotas/{one}").await;
    run.get("network /v2.0/quotas").await;
    run.keep_rows("quotas", "<one>");
    run.get("network /v2.0/quotas/{one}/default").await;
    run.get("network /v2.0/quotas/{one}/details").await;
    run.call(put, quota(json!({"network": -5}))).await;
    run.call(put, quota(json!({"network": "x"}))).await;
    run.call(put, quota(json!({"widget": 1}))).await;
    run.call_as("admin", put, quota(json!({"network": 5})), &[("If-Match", "revision_number=77")]).await;
    let group = json!({"security_group": {"name": "too many", "project_id": run.id("one")}});
    run.call("network POST /v2.0/security-groups", Some(group)).await;
    run.call(put, quota(json!({"security_group_rule": 0}))).await;
    let mut given = json!({"security_group_id": run.id("h"), "direction": "ingress", "protocol": "gre"});
    // Counted for the caller's project, where none is named.
    rule(run, given.clone()).await;
    given["protocol"] = json!("esp");
    given["project_id"] = json!(run.id("one"));
    rule(run, given).await;
    run.call("network DELETE /v2.0/quotas/{one}", None).await;
    run.call("network DELETE /v2.0/quotas/{one}", None).await;
    run.get("network /v2.0/quotas/{one}").await;
}
