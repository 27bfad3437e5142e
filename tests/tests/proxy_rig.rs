//! The proxy before the real cloud: each service has an origin of its own there.
#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

mod sim_client;

use cloudspec_tests::proxy::{Fault, Matcher, Proxy};
use serde_json::Value;
use sim_client::Client;

fn clouds() -> String {
    let path = std::env::var("OS_CLIENT_CONFIG_FILE")
        .unwrap_or_else(|_| "/var/cache/cloudspec-rig/run/openstack/clouds.yaml".to_owned());
    std::fs::read_to_string(path).unwrap()
}

async fn before_the_rig() -> (Proxy, Client) {
    let clouds = clouds();
    let (auth_url, _) = sim_client::credentials(&clouds, "admin");
    let proxy = Proxy::start(&auth_url).await.unwrap();
    let admin = Client::login(&proxy.clouds_yaml(&clouds), "admin").await;
    (proxy, admin)
}

#[tokio::test]
async fn all_services_of_the_real_cloud_are_reached_through_the_proxy() {
    let (proxy, admin) = before_the_rig().await;
    let begin = proxy.url().replace("/up/0/v3", "/up/");
    let paths = [
        ("identity", "/domains"),
        ("network", "/v2.0/security-groups?limit=1&fields=id"),
        ("compute", "/os-quota-class-sets/default"),
        ("block-storage", "/os-quota-class-sets/default"),
        ("load-balancer", "/v2/lbaas/quotas/defaults"),
        ("key-manager", "/v1/quotas"),
    ];
    for (service, path) in paths {
        assert!(admin.service(service).starts_with(&begin), "{service}: {}", admin.service(service));
        assert_eq!(admin.get(service, path).await.0, 200, "{service}");
    }
    // Cinder stands in the catalogue under two types, in no fixed order; both are at one address.
    let official = |service: String| if service == "volumev3" { "block-storage".to_owned() } else { service };
    let called: Vec<String> = proxy.calls().into_iter().skip(1).map(|call| official(call.service)).collect();
    assert_eq!(called, paths.map(|(service, _)| service));
    assert!(proxy.writes().is_empty());
    assert!(
        proxy.calls().iter().all(|call| call.request_id.as_deref().is_some_and(|id| id.starts_with("req-")))
    );
}

#[tokio::test]
async fn links_of_the_real_cloud_lead_through_the_proxy_and_faults_meet_it() {
    let (proxy, admin) = before_the_rig().await;
    let page = admin.get("network", "/v2.0/security-groups?limit=1&fields=id").await.1;
    let next = page["security_groups_links"][0]["href"].as_str().unwrap().to_owned();
    assert!(next.starts_with(admin.service("network")), "{next}");
    let other: Value = admin.send("GET", &next, None).await.unwrap().json().await.unwrap();
    assert_ne!(other["security_groups"], page["security_groups"]);
    proxy.fault(Matcher::any().service("compute").once(), Fault::status(503));
    assert_eq!(admin.get("compute", "/os-quota-class-sets/default").await.0, 503);
    assert_eq!(admin.get("compute", "/os-quota-class-sets/default").await.0, 200);
}
