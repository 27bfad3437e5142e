//! The calls, in their order.

use serde_json::json;

use crate::run::Run;
use crate::{access, identity, image, lent, network, quotas, tenant};

pub(crate) async fn play(run: &mut Run, name: &str) {
    identity::tokens(run).await;
    identity::domain_and_projects(run, name).await;
    identity::tags_and_options(run).await;
    identity::people(run).await;
    identity::grants(run).await;
    identity::application_credentials(run).await;
    access::scopes_and_refusals(run).await;
    access::readers(run).await;
    network::security_groups(run).await;
    network::pages(run).await;
    network::rules(run).await;
    network::normal_forms(run).await;
    network::address_groups(run).await;
    network::compare_and_set(run).await;
    network::in_use_and_gone(run).await;
    network::network_quotas(run).await;
    quotas::compute_quotas(run).await;
    quotas::volume_quotas(run).await;
    quotas::load_balancer_quotas(run).await;
    quotas::key_manager_quotas(run).await;
    tenant::networking(run).await;
    image::images(run).await;
    lent::credentials_and_trusts(run).await;
    access::disabled(run).await;
}

/// Nothing here is compared.
pub(crate) async fn clean(run: &mut Run) {
    for project in ["one", "child", "kept"] {
        let faces = "network /v2.0/ports?device_owner=network:router_interface&project_id=";
        let faces = run.get(&format!("{faces}{{{project}}}")).await;
        for face in faces["ports"].as_array().into_iter().flatten() {
            let router = face["device_id"].as_str().unwrap_or_default();
            let routes = Some(json!({"router": {"routes": []}}));
            run.call(&format!("network PUT /v2.0/routers/{router}"), routes).await;
            let face = Some(json!({"port_id": face["id"]}));
            run.call(&format!("network PUT /v2.0/routers/{router}/remove_router_interface"), face).await;
        }
        for (path, key) in [
            ("trunks", "trunks"),
            ("routers", "routers"),
            ("ports", "ports"),
            ("floatingips", "floatingips"),
            ("networks", "networks"),
            ("subnetpools", "subnetpools"),
            ("address-scopes", "address_scopes"),
            ("qos/policies", "policies"),
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
    for image in ["private", "protected", "hidden", "shared", "theirs"] {
        run.call(&format!("image DELETE /v2/images/{{{image}}}"), None).await;
    }
    run.call("identity PATCH /v3/domains/{domain}", Some(json!({"domain": {"enabled": true}}))).await;
    let lift = json!({"project": {"options": {"immutable": false}}});
    run.call("identity PATCH /v3/projects/{kept}", Some(lift)).await;
    run.call("identity PATCH /v3/domains/{domain}", Some(json!({"domain": {"enabled": false}}))).await;
    run.call("identity DELETE /v3/domains/{domain}", None).await;
    let gone = run.get("identity /v3/domains/{domain}").await;
    assert_eq!(gone["error"]["code"], 404, "the domain is removed again: {gone}");
}
