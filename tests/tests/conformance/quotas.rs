//! Quotas of the other services.

use serde_json::{Value, json};

use crate::access::{only_known_services, password};
use crate::run::Run;

pub(crate) const COMPUTE: (&str, &str) = ("OpenStack-API-Version", "compute 2.95");
const VOLUME: (&str, &str) = ("OpenStack-API-Version", "volume 3.70");

pub(crate) async fn compute_quotas(run: &mut Run) {
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

pub(crate) async fn volume_quotas(run: &mut Run) {
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

pub(crate) async fn load_balancer_quotas(run: &mut Run) {
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

pub(crate) async fn key_manager_quotas(run: &mut Run) {
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
    for refused in
        [json!({"nonsense": 5}), json!({"secrets": null}), json!({"cas": "7"}), json!({"cas": 7.5})]
    {
        run.call_as("keeper", put, quota(refused), &[]).await;
    }
    run.call_as("keeper", put, quota(json!({"secrets": -5})), &[]).await;
    run.call_as("keeper", put, quota(json!({})), &[]).await;
    run.call_as("keeper", get, None, &[]).await;
    run.call_as("keeper", "key-manager DELETE /v1/project-quotas/{one}", None, &[]).await;
    run.call_as("keeper", "key-manager DELETE /v1/project-quotas/{one}", None, &[]).await;
    run.call_as("keeper", get, None, &[]).await;
    run.call_as("keeper", put, quota(json!({})), &[]).await;
    run.call_as("keeper", get, None, &[]).await;
    run.call_as("keeper", "key-manager DELETE /v1/project-quotas/{one}", None, &[]).await;
}
