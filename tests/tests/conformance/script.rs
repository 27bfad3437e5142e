//! The calls.

use serde_json::{Value, json};

use crate::run::Run;

const COMPUTE: (&str, &str) = ("OpenStack-API-Version", "compute 2.95");
const VOLUME: (&str, &str) = ("OpenStack-API-Version", "volume 3.70");
const NOWHERE: &str = "8cf2f8a5-1111-4222-8333-123456789abc";

pub(crate) async fn play(run: &mut Run, name: &str) {
    tokens(run).await;
    domain_and_projects(run, name).await;
    tags_and_options(run).await;
    people(run).await;
    grants(run).await;
    application_credentials(run).await;
    scopes_and_refusals(run).await;
    security_groups(run).await;
    pages(run).await;
    rules(run).await;
    normal_forms(run).await;
    address_groups(run).await;
    compare_and_set(run).await;
    in_use_and_gone(run).await;
    network_quotas(run).await;
    compute_quotas(run).await;
    volume_quotas(run).await;
    load_balancer_quotas(run).await;
    key_manager_quotas(run).await;
    disabled(run).await;
}

/// Nothing here is compared.
pub(crate) async fn clean(run: &mut Run) {
    for project in ["one", "child", "kept"] {
        for (path, key) in [
            ("ports", "ports"),
            ("networks", "networks"),
            ("security-groups", "security_groups"),
            ("address-groups", "address_groups"),
        ] {
            let listed = run.get(&format!("network /v2.0/{path}?project_id={{{project}}}")).await;
            for row in listed[key].as_array().into_iter().flatten() {
                let id = row["id"].as_str().unwrap_or_default();
                run.call(&format!("network DELETE /v2.0/{path}/{id}"), None).await;
            }
        }
    }
    run.call("identity PATCH /v3/domains/{domain}", Some(json!({"domain": {"enabled": true}}))).await;
    let lift = json!({"project": {"options": {"immutable": false}}});
    run.call("identity PATCH /v3/projects/{kept}", Some(lift)).await;
    run.call("identity PATCH /v3/domains/{domain}", Some(json!({"domain": {"enabled": false}}))).await;
    run.call("identity DELETE /v3/domains/{domain}", None).await;
    let gone = run.get("identity /v3/domains/{domain}").await;
    assert_eq!(gone["error"]["code"], 404, "the domain is removed again: {gone}");
}

async fn tokens(run: &mut Run) {
    run.get("identity /").await;
    run.get("identity /v3").await;
    run.get("network /").await;
    run.get("compute /").await;
    run.get("compute /v2.1").await;
    run.get("block-storage /").await;
    run.get("key-manager /").await;
    let wrong = json!({"name": "admin", "domain": {"name": "Default"}, "password": "wrong"});
    run.token("wrong", &json!({"identity": {"methods": ["password"], "password": {"user": wrong}}})).await;
    run.token("nothing", &json!({})).await;
    run.token("forged", &json!({"identity": {"methods": ["token"], "token": {"id": "gAAAAforged"}}})).await;
    for path in [
        "identity GET /v3/projects",
        "network GET /v2.0/security-groups",
        "compute GET /v2.1/os-quota-sets/x",
        "block-storage GET /v3/{admin-project}/os-quota-sets/x",
        "load-balancer GET /v2/lbaas/quotas",
        "key-manager GET /v1/project-quotas",
    ] {
        run.call_as("nobody", path, None, &[]).await;
    }
    run.get("network /v2.0/nothing-like-that").await;
    run.get("identity /v3/auth/catalog").await;
    run.keep_status();
}

async fn domain_and_projects(run: &mut Run, name: &str) {
    let domain = json!({"domain": {"name": name, "description": "of a test"}});
    let made = run.call("identity POST /v3/domains", Some(domain.clone())).await;
    run.name("domain", &made["domain"]["id"]);
    run.call("identity POST /v3/domains", Some(domain)).await;
    run.get(&format!("identity /v3/domains?name={name}")).await;
    run.get("identity /v3/domains/{domain}").await;
    run.get("identity /v3/domains/nothing").await;
    run.get("identity /v3/domains").await;
    run.keep_rows("domains", name);
    let domain = run.id("domain");
    let project = |given: Value| {
        let mut project = given;
        project["domain_id"] = json!(domain);
        Some(json!({"project": project}))
    };
    let make = "identity POST /v3/projects";
    let made =
        run.call(make, project(json!({"name": "one", "description": "the first", "tags": ["b", "a"]}))).await;
    run.name("one", &made["project"]["id"]);
    run.call(make, project(json!({"name": ""}))).await;
    run.call(make, project(json!({"name": "x".repeat(65)}))).await;
    run.call(make, project(json!({"name": "two", "tags": ["a,b"]}))).await;
    run.call(make, Some(json!({"project": {"name": "x", "domain_id": "nothing"}}))).await;
    // The refusal names an id that was made for it and is nowhere.
    run.call(make, project(json!({"name": "One"}))).await;
    let parent = run.id("one");
    let made = run.call(make, project(json!({"name": "child", "parent_id": parent}))).await;
    run.name("child", &made["project"]["id"]);
    let kept = json!({"name": "kept", "enabled": false, "options": {"immutable": true}});
    let made = run.call(make, project(kept)).await;
    run.name("kept", &made["project"]["id"]);
    run.get("identity /v3/projects?domain_id={domain}").await;
    run.get("identity /v3/projects?domain_id={domain}&name=child").await;
    run.get("identity /v3/projects?domain_id={domain}&enabled=false").await;
    run.get("identity /v3/projects?domain_id={domain}&limit=1").await;
    run.get("identity /v3/projects?parent_id={one}").await;
    run.get("identity /v3/projects?domain_id={domain}&tags=a").await;
    run.get("identity /v3/projects/{one}").await;
    run.get("identity /v3/projects/nothing").await;
    run.get("identity /v3/projects").await;
    run.keep_rows("projects", "<domain>");
    run.call_as("system", "identity GET /v3/projects?domain_id={domain}", None, &[]).await;
}

async fn tags_and_options(run: &mut Run) {
    let patch = |given: Value| Some(json!({"project": given}));
    let one = "identity PATCH /v3/projects/{one}";
    run.call(one, patch(json!({"description": "changed"}))).await;
    run.call(one, patch(json!({"description": "changed"}))).await;
    run.call(one, patch(json!({"tags": ["q"], "enabled": true}))).await;
    run.call(one, patch(json!({"enabled": false}))).await;
    run.call(one, patch(json!({"name": "x".repeat(65)}))).await;
    run.call("identity PATCH /v3/projects/nothing", patch(json!({"description": "changed"}))).await;
    run.call("identity PUT /v3/projects/{one}/tags", Some(json!({"tags": ["t1", "t2"]}))).await;
    run.get("identity /v3/projects/{one}/tags").await;
    run.call("identity PUT /v3/projects/{one}/tags", Some(json!({"tags": ["a/b"]}))).await;
    run.call("identity PUT /v3/projects/{one}/tags", Some(json!({"tags": []}))).await;
    run.call("identity PUT /v3/projects/nothing/tags", Some(json!({"tags": []}))).await;
    let kept = "identity PATCH /v3/projects/{kept}";
    run.call(kept, patch(json!({"description": "no"}))).await;
    run.call(kept, patch(json!({"enabled": true, "options": {"immutable": false}}))).await;
    run.call("identity PUT /v3/projects/{kept}/tags", Some(json!({"tags": ["no"]}))).await;
    run.call("identity DELETE /v3/projects/{kept}", None).await;
    run.call(kept, patch(json!({"options": {"immutable": true}}))).await;
    run.call(kept, patch(json!({"options": {"immutable": false}}))).await;
    run.call(kept, patch(json!({"description": "yes", "options": {"immutable": true}}))).await;
    run.call(kept, patch(json!({"options": {"immutable": null}}))).await;
    run.call("identity DELETE /v3/projects/{one}", None).await;
}

async fn people(run: &mut Run) {
    let domain = run.id("domain");
    let user = json!({"user": {"name": "u", "domain_id": domain, "password": "a-password"}});
    let made = run.call("identity POST /v3/users", Some(user.clone())).await;
    run.name("user", &made["user"]["id"]);
    run.call("identity POST /v3/users", Some(user)).await;
    let group = json!({"group": {"name": "g", "domain_id": domain}});
    let made = run.call("identity POST /v3/groups", Some(group.clone())).await;
    run.name("group", &made["group"]["id"]);
    run.call("identity POST /v3/groups", Some(group)).await;
    for path in [
        "users?domain_id={domain}",
        "users?domain_id={domain}&name=u",
        "users?domain_id={domain}&name=nobody",
        "users/{user}",
        "users/nobody",
        "groups?domain_id={domain}",
        "groups?domain_id={domain}&name=g",
        "groups/{group}",
        "groups/nobody",
        "roles/nothing",
    ] {
        run.get(&format!("identity /v3/{path}")).await;
    }
    for role in ["member", "reader", "admin", "creator", "key-manager:service-admin"] {
        let found = run.get(&format!("identity /v3/roles?name={role}")).await;
        run.name(&format!("role-{role}"), &found["roles"][0]["id"]);
    }
    run.get("identity /v3/roles").await;
    run.keep_rows("roles", "<role-");
}

async fn grants(run: &mut Run) {
    let own = |who: &str, role: &str| format!("/v3/projects/{{one}}/{who}/roles/{{role-{role}}}");
    for who in ["users/{user}", "groups/{group}"] {
        let path = own(who, "member");
        for method in ["HEAD", "PUT", "PUT", "HEAD"] {
            run.call(&format!("identity {method} {path}"), None).await;
        }
    }
    run.call(&format!("identity PUT {}", own("users/{user}", "creator")), None).await;
    run.call("identity PUT /v3/projects/{one}/users/nobody/roles/{role-member}", None).await;
    run.call("identity PUT /v3/projects/{one}/groups/nobody/roles/{role-member}", None).await;
    run.call("identity PUT /v3/projects/{one}/users/{user}/roles/nothing", None).await;
    run.call("identity PUT /v3/projects/nothing/users/{user}/roles/{role-member}", None).await;
    run.call("identity DELETE /v3/projects/{one}/users/nobody/roles/{role-member}", None).await;
    run.call("identity DELETE /v3/projects/{one}/users/{user}/roles/{role-reader}", None).await;
    run.call("identity PUT /v3/domains/{domain}/users/{user}/roles/{role-reader}", None).await;
    run.call("identity PUT /v3/groups/{group}/users/{user}", None).await;
    for query in [
        "scope.project.id={one}",
        "scope.project.id={one}&include_names=true",
        "scope.project.id={one}&include_names",
        "scope.domain.id={domain}&include_names=true",
        "user.id={user}&include_names=true",
        "group.id={group}",
        "role.id={role-member}&scope.project.id={one}",
        "scope.project.id={one}&effective=true",
        "scope.project.id=nothing",
        "scope.system=all&user.id={admin-user}&include_names=true",
    ] {
        run.get(&format!("identity /v3/role_assignments?{query}")).await;
    }
    run.get("identity /v3/role_assignments?include_names=true").await;
    run.keep_rows("role_assignments", "<domain>");
    run.call("identity DELETE /v3/domains/{domain}/users/{user}/roles/{role-reader}", None).await;
    run.call("identity DELETE /v3/projects/{one}/groups/{group}/roles/{role-member}", None).await;
    run.call("identity DELETE /v3/projects/{one}/groups/{group}/roles/{role-member}", None).await;
}

fn password(run: &Run, scope: Value) -> Value {
    let user = json!({"id": run.id("user"), "password": "a-password"});
    json!({"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope})
}

async fn application_credentials(run: &mut Run) {
    let auth = password(run, json!({"project": {"id": run.id("one")}}));
    run.token("user", &auth).await;
    only_known_services(run);
    let path = "/v3/users/{user}/application_credentials";
    let given =
        json!({"application_credential": {"name": "a", "description": "d", "roles": [{"name": "member"}]}});
    let made = run.call_as("user", &format!("identity POST {path}"), Some(given.clone()), &[]).await;
    let made = made["application_credential"].clone();
    run.name("credential", &made["id"]);
    run.call_as("user", &format!("identity POST {path}"), Some(given), &[]).await;
    let given = json!({"application_credential": {"name": "b", "roles": [{"name": "creator"}]}});
    let other = run.call_as("user", &format!("identity POST {path}"), Some(given), &[]).await;
    let other = other["application_credential"].clone();
    run.name("other-credential", &other["id"]);
    run.get(&format!("identity {path}")).await;
    run.call_as("system", &format!("identity GET {path}"), None, &[]).await;
    run.get(&format!("identity {path}/{{credential}}")).await;
    run.get(&format!("identity {path}/nothing")).await;
    let auth = |of: &Value, secret: &Value| {
        let given = json!({"id": of["id"], "secret": secret});
        json!({"identity": {"methods": ["application_credential"], "application_credential": given}})
    };
    let (first, second) = (auth(&made, &made["secret"]), auth(&other, &other["secret"]));
    run.token("credential", &first).await;
    only_known_services(run);
    run.token("no", &auth(&made, &json!("wrong"))).await;
    run.token("no", &auth(&json!({"id": "nothing"}), &json!("wrong"))).await;
    // A role that goes takes the tokens of the credentials that have it, not the credentials.
    let grant = "/v3/projects/{one}/users/{user}/roles/{role-member}";
    run.call(&format!("identity DELETE {grant}"), None).await;
    run.get(&format!("identity {path}")).await;
    run.token("no", &first).await;
    run.token("second", &second).await;
    only_known_services(run);
    run.call(&format!("identity PUT {grant}"), None).await;
    run.token("credential", &first).await;
    only_known_services(run);
}

/// The real catalogue has services that the simulated cloud has not.
fn only_known_services(run: &mut Run) {
    let Some(seen) = run.seen.last_mut() else { return };
    let known =
        ["compute", "network", "key-manager", "load-balancer", "block-storage", "identity", "volumev3"];
    if let Some(services) = seen.body.pointer_mut("/token/catalog").and_then(Value::as_array_mut) {
        services.retain(|service| known.iter().any(|kind| service["type"] == *kind));
    }
}

async fn scopes_and_refusals(run: &mut Run) {
    let auth = password(run, json!({"project": {"id": run.id("one")}}));
    run.token("user", &auth).await;
    only_known_services(run);
    let auth = password(run, json!({"project": {"id": run.id("child")}}));
    run.token("no", &auth).await;
    let auth = password(run, json!({"system": {"all": true}}));
    run.token("no", &auth).await;
    for path in [
        "identity GET /v3/projects",
        "identity GET /v3/projects/{one}",
        "identity GET /v3/domains",
        "identity GET /v3/users",
        "identity GET /v3/users/{user}",
        "identity GET /v3/groups",
        "identity GET /v3/roles",
        "identity GET /v3/role_assignments",
        "identity GET /v3/auth/projects",
        "network GET /v2.0/quotas",
        "network GET /v2.0/quotas/{one}",
        "network GET /v2.0/quotas/{admin-project}",
        "network GET /v2.0/security-groups?fields=name",
        "compute GET /v2.1/os-quota-sets/{one}",
        "compute GET /v2.1/os-quota-sets/{admin-project}",
        "block-storage GET /v3/{one}/os-quota-sets/{one}",
        "block-storage GET /v3/{one}/os-quota-sets/{admin-project}",
        "block-storage GET /v3/{admin-project}/os-quota-sets/{one}",
        "load-balancer GET /v2/lbaas/quotas",
        "load-balancer GET /v2/lbaas/quotas/{one}",
        "key-manager GET /v1/project-quotas",
    ] {
        run.call_as("user", path, None, &[]).await;
    }
    let limit = |name: &str, resource: &str| Some(json!({name: {resource: 1}}));
    run.call_as("user", "network PUT /v2.0/quotas/{one}", limit("quota", "network"), &[]).await;
    run.call_as("user", "compute PUT /v2.1/os-quota-sets/{one}", limit("quota_set", "cores"), &[COMPUTE])
        .await;
    run.call_as(
        "user",
        "block-storage PUT /v3/{one}/os-quota-sets/{one}",
        limit("quota_set", "volumes"),
        &[],
    )
    .await;
    run.call_as("user", "load-balancer PUT /v2/lbaas/quotas/{one}", limit("quota", "pool"), &[]).await;
    run.call_as(
        "user",
        "identity PATCH /v3/projects/{one}",
        Some(json!({"project": {"description": "x"}})),
        &[],
    )
    .await;
    for path in [
        "network GET /v2.0/security-groups?limit=10",
        "network GET /v2.0/security-groups",
        "network GET /v2.0/quotas",
        "network GET /v2.0/quotas/{one}",
        "network GET /v2.0/address-groups",
        "compute GET /v2.1/os-quota-sets/{one}",
        "block-storage GET /v3/{admin-project}/os-quota-sets/{one}",
        "load-balancer GET /v2/lbaas/quotas/{one}",
        "key-manager GET /v1/project-quotas",
    ] {
        run.call_as("system", path, None, &[]).await;
    }
}

async fn security_groups(run: &mut Run) {
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
async fn pages(run: &mut Run) {
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

async fn rules(run: &mut Run) {
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
async fn normal_forms(run: &mut Run) {
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

async fn address_groups(run: &mut Run) {
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

async fn compare_and_set(run: &mut Run) {
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

async fn in_use_and_gone(run: &mut Run) {
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

async fn network_quotas(run: &mut Run) {
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
    run.call(put, quota(json!({"trunk": 1}))).await;
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

async fn compute_quotas(run: &mut Run) {
    let path = "/v2.1/os-quota-sets/{one}";
    let quota = |given: Value| Some(json!({"quota_set": given}));
    let get = format!("compute GET {path}");
    let put = format!("compute PUT {path}");
    run.call_as("admin", &get, None, &[]).await;
    for version in ["compute 2.36", "compute 2.57", "compute 2.95", "compute 2.96", "compute 2.99"] {
        run.call_as("admin", &get, None, &[("OpenStack-API-Version", version)]).await;
    }
    run.call_as("admin", &get, None, &[("X-OpenStack-Nova-API-Version", "2.57")]).await;
    run.call_as("admin", &put, quota(json!({"cores": 7, "ram": 100, "instances": -1})), &[COMPUTE]).await;
    run.call_as("admin", &get, None, &[COMPUTE]).await;
    run.call_as("admin", &format!("{get}/defaults"), None, &[COMPUTE]).await;
    run.call_as("admin", "compute GET /v2.1/os-quota-class-sets/default", None, &[COMPUTE]).await;
    run.call_as("admin", &put, quota(json!({"nonsense": 7})), &[COMPUTE]).await;
    run.call_as("admin", &put, quota(json!({"cores": -2})), &[COMPUTE]).await;
    run.call_as("admin", "compute GET /v2.1/os-quota-sets/nothing", None, &[COMPUTE]).await;
    run.call_as("admin", "compute PUT /v2.1/os-quota-sets/nothing", quota(json!({"cores": 7})), &[COMPUTE])
        .await;
    run.call_as("admin", &format!("compute DELETE {path}"), None, &[COMPUTE]).await;
    run.call_as("admin", &get, None, &[COMPUTE]).await;
}

async fn volume_quotas(run: &mut Run) {
    let path = "/v3/{admin-project}/os-quota-sets/{one}";
    let quota = |given: Value| Some(json!({"quota_set": given}));
    let get = format!("block-storage GET {path}");
    let put = format!("block-storage PUT {path}");
    run.call_as("admin", &get, None, &[]).await;
    run.call_as("admin", &get, None, &[VOLUME]).await;
    run.call_as("admin", &get, None, &[COMPUTE]).await;
    run.call_as("admin", &get, None, &[("OpenStack-API-Version", "volume 3.99")]).await;
    run.call_as("admin", &put, quota(json!({"volumes": 7, "volumes_fake": 3, "gigabytes": -1})), &[VOLUME])
        .await;
    run.call_as("admin", &get, None, &[VOLUME]).await;
    run.call_as("admin", &format!("{get}/defaults"), None, &[VOLUME]).await;
    run.call_as("admin", &put, quota(json!({"nonsense": 7})), &[VOLUME]).await;
    run.call_as("admin", &put, quota(json!({"volumes": -2})), &[VOLUME]).await;
    run.call_as("admin", &format!("block-storage DELETE {path}"), None, &[VOLUME]).await;
    run.call_as("admin", &get, None, &[VOLUME]).await;
}

async fn load_balancer_quotas(run: &mut Run) {
    let path = "/v2/lbaas/quotas/{one}";
    let quota = |given: Value| Some(json!({"quota": given}));
    let (get, put) = (format!("load-balancer GET {path}"), format!("load-balancer PUT {path}"));
    run.call(&get, None).await;
    run.call("load-balancer DELETE /v2/lbaas/quotas/{one}", None).await;
    run.call(&put, quota(json!({"load_balancer": 3, "pool": 0, "l7rule": null}))).await;
    run.call(&get, None).await;
    run.get("load-balancer /v2/lbaas/quotas").await;
    run.keep_rows("quotas", "<one>");
    run.get("load-balancer /v2/lbaas/quotas?project_id={one}").await;
    run.get("load-balancer /v2/lbaas/quotas/defaults").await;
    run.call(&put, quota(json!({"nonsense": 3}))).await;
    run.call(&put, quota(json!({"pool": -2}))).await;
    run.call(&put, quota(json!({"load_balancer": null}))).await;
    run.call("load-balancer DELETE /v2/lbaas/quotas/{one}", None).await;
    run.call(&get, None).await;
    run.get("load-balancer /v2/lbaas/quotas").await;
    run.keep_rows("quotas", "<one>");
    run.call("load-balancer DELETE /v2/lbaas/quotas/nothing", None).await;
}

async fn key_manager_quotas(run: &mut Run) {
    let quota = |given: Value| Some(json!({"project_quotas": given}));
    let put = "key-manager PUT /v1/project-quotas/{one}";
    let get = "key-manager GET /v1/project-quotas/{one}";
    run.call(put, quota(json!({"secrets": 3}))).await;
    run.call(get, None).await;
    run.call("identity PUT /v3/projects/{one}/users/{user}/roles/{role-key-manager:service-admin}", None)
        .await;
    let auth = password(run, json!({"project": {"id": run.id("one")}}));
    run.token("keeper", &auth).await;
    only_known_services(run);
    run.call_as("keeper", get, None, &[]).await;
    run.call_as("keeper", put, quota(json!({"secrets": 3})), &[]).await;
    run.call_as("keeper", put, quota(json!({"orders": 5, "cas": -1})), &[]).await;
    run.call_as("keeper", get, None, &[]).await;
    run.call_as("keeper", "key-manager GET /v1/project-quotas", None, &[]).await;
    run.keep_rows("project_quotas", "<one>");
    run.drop_key("total");
    run.call_as("keeper", "key-manager GET /v1/quotas", None, &[]).await;
    run.call_as("keeper", put, quota(json!({"nonsense": 5})), &[]).await;
    run.call_as("keeper", "key-manager DELETE /v1/project-quotas/{one}", None, &[]).await;
    run.call_as("keeper", "key-manager DELETE /v1/project-quotas/{one}", None, &[]).await;
    run.call_as("keeper", get, None, &[]).await;
}

async fn disabled(run: &mut Run) {
    run.call("identity DELETE /v3/projects/{child}", None).await;
    run.call("identity DELETE /v3/projects/{child}", None).await;
    run.call("identity PATCH /v3/projects/{one}", Some(json!({"project": {"enabled": false}}))).await;
    let auth = password(run, json!({"project": {"id": run.id("one")}}));
    run.token("no", &auth).await;
    // A token from before: Keystone knows, the others go on.
    run.call_as("keeper", "identity GET /v3/auth/projects", None, &[]).await;
    run.call_as("keeper", "network GET /v2.0/security-groups?fields=name&name=default", None, &[]).await;
    run.call("identity DELETE /v3/domains/{domain}", None).await;
    run.call("identity PATCH /v3/domains/{domain}", Some(json!({"domain": {"enabled": false}}))).await;
    run.call("identity PATCH /v3/projects/{one}", Some(json!({"project": {"description": "x"}}))).await;
    run.get("identity /v3/projects?domain_id={domain}").await;
    run.call("identity DELETE /v3/users/{user}", None).await;
    run.call("identity DELETE /v3/groups/{group}", None).await;
}
