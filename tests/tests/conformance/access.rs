//! Who may what, at all services.

use serde_json::{Value, json};

use crate::quotas::COMPUTE;
use crate::run::Run;

pub(crate) fn password(run: &Run, scope: Value) -> Value {
    let user = json!({"id": run.id("user"), "password": "a-password"});
    json!({"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope})
}

/// The real catalogue has services that the simulated cloud has not.
pub(crate) fn only_known_services(run: &mut Run) {
    let Some(seen) = run.seen.last_mut() else { return };
    let known = [
        "compute",
        "network",
        "key-manager",
        "load-balancer",
        "block-storage",
        "identity",
        "volumev3",
        "container-infra",
    ];
    if let Some(services) = seen.body.pointer_mut("/token/catalog").and_then(Value::as_array_mut) {
        services.retain(|service| known.iter().any(|kind| service["type"] == *kind));
    }
}

pub(crate) async fn scopes_and_refusals(run: &mut Run) {
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

/// What a reader and the rig's observer see, on a project and on the system; and that they change nothing.
pub(crate) async fn readers(run: &mut Run) {
    // So that there is one to be seen.
    run.call("load-balancer PUT /v2/lbaas/quotas/{one}", Some(json!({"quota": {"pool": 9}}))).await;
    for who in ["reader", "reader-system", "observer", "observer-system", "admin", "system"] {
        for path in [
            "identity GET /v3/domains",
            "identity GET /v3/projects",
            "identity GET /v3/projects/{one}",
            "identity GET /v3/users",
            "identity GET /v3/groups?domain_id={domain}",
            "identity GET /v3/roles",
            "identity GET /v3/role_assignments?include_names=true",
            "identity GET /v3/users/{user}/application_credentials",
            "network GET /v2.0/security-groups",
            "network GET /v2.0/security-groups?project_id={one}",
            "network GET /v2.0/security-group-rules",
            "network GET /v2.0/default-security-group-rules",
            "network GET /v2.0/networks?fields=id",
            "network GET /v2.0/quotas/{one}",
            "compute GET /v2.1/os-quota-sets/{one}",
            "block-storage GET /v3/{admin-project}/os-quota-sets/{one}",
            "load-balancer GET /v2/lbaas/quotas",
            "load-balancer GET /v2/lbaas/quotas/{one}",
            "key-manager GET /v1/project-quotas",
            "key-manager GET /v1/quotas",
        ] {
            run.call_as(who, path, None, &[]).await;
            run.keep_emptiness();
        }
    }
    for who in ["reader", "reader-system", "observer", "observer-system"] {
        let limit = |name: &str, resource: &str| Some(json!({name: {resource: 1}}));
        let group = Some(json!({"security_group": {"name": "mine", "project_id": run.id("admin-project")}}));
        run.call_as(who, "network POST /v2.0/security-groups", group, &[]).await;
        run.call_as(who, "network PUT /v2.0/quotas/{one}", limit("quota", "network"), &[]).await;
        run.call_as(who, "compute PUT /v2.1/os-quota-sets/{one}", limit("quota_set", "cores"), &[]).await;
        let path = "block-storage PUT /v3/{admin-project}/os-quota-sets/{one}";
        run.call_as(who, path, limit("quota_set", "volumes"), &[]).await;
        run.call_as(who, "load-balancer PUT /v2/lbaas/quotas/{one}", limit("quota", "pool"), &[]).await;
        let project = Some(json!({"project": {"description": "no"}}));
        run.call_as(who, "identity PATCH /v3/projects/{one}", project, &[]).await;
    }
}

pub(crate) async fn disabled(run: &mut Run) {
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
