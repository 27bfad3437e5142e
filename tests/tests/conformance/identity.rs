//! Keystone.

use serde_json::{Value, json};

use crate::access::{only_known_services, password};
use crate::run::Run;

pub(crate) async fn tokens(run: &mut Run) {
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

pub(crate) async fn domain_and_projects(run: &mut Run, name: &str) {
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

pub(crate) async fn tags_and_options(run: &mut Run) {
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

pub(crate) async fn people(run: &mut Run) {
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

pub(crate) async fn grants(run: &mut Run) {
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

pub(crate) async fn application_credentials(run: &mut Run) {
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
