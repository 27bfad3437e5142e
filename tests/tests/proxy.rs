//! The proxy records every call, and makes each fault.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

mod sim_client;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cloudspec_tests::proxy::{Fault, Matcher, Place, Proxy, Then};
use cloudspec_tests::sim::{Sim, World};
use serde_json::{Value, json};
use sim_client::Client;

const GROUPS: &str = "/v2.0/security-groups?limit=4";

struct Scene {
    sim: Sim,
    proxy: Proxy,
    admin: Client,
}

async fn scene() -> Scene {
    let sim = Sim::start(World::seeded()).await.unwrap();
    let proxy = Proxy::start(&sim.url()).await.unwrap();
    let admin = Client::login(&proxy.clouds_yaml(&sim.clouds_yaml()), "admin").await;
    Scene { sim, proxy, admin }
}

impl Scene {
    async fn groups(&self) -> reqwest::Result<(u16, String)> {
        let url = format!("{}{GROUPS}", self.admin.service("network"));
        let answer = self.admin.send("GET", &url, None).await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    async fn make_group(&self, name: &str) -> reqwest::Result<u16> {
        let url = format!("{}/v2.0/security-groups", self.admin.service("network"));
        let body = json!({"security_group": {"name": name}});
        Ok(self.admin.send("POST", &url, Some(body)).await?.status().as_u16())
    }

    fn made(&self, name: &str) -> usize {
        self.sim.world().security_groups.values().filter(|group| group.name == name).count()
    }

    fn faults(&self) -> Vec<&'static str> {
        self.proxy.calls().into_iter().filter_map(|call| call.fault).collect()
    }
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn without_a_fault_all_services_are_reached_and_recorded_in_order() {
    let scene = scene().await;
    let project = scene.sim.world().project_id("Default", "admin").unwrap();
    assert_eq!(scene.admin.get("identity", "/domains").await.0, 200);
    assert_eq!(scene.admin.get("network", "/v2.0/quotas").await.0, 200);
    assert_eq!(scene.admin.get("compute", &format!("/os-quota-sets/{project}")).await.0, 200);
    assert_eq!(scene.admin.get("block-storage", &format!("/os-quota-sets/{project}")).await.0, 200);
    assert_eq!(scene.admin.get("load-balancer", "/v2/lbaas/quotas").await.0, 200);
    assert_eq!(scene.admin.get("key-manager", "/v1/project-quotas").await.0, 403);
    assert_eq!(scene.make_group("made").await.unwrap(), 201);
    let calls = scene.proxy.calls();
    let seen: Vec<String> = calls.iter().map(|call| call.to_string().replace(&project, "PROJECT")).collect();
    let expected = [
        "1 identity POST /v3/auth/tokens -> 201",
        "2 identity GET /v3/domains -> 200",
        "3 network GET /v2.0/quotas -> 200",
        "4 compute GET /v2.1/os-quota-sets/PROJECT -> 200",
        "5 block-storage GET /v3/PROJECT/os-quota-sets/PROJECT -> 200",
        "6 load-balancer GET /v2/lbaas/quotas -> 200",
        "7 key-manager GET /v1/project-quotas -> 403",
        "8 network POST /v2.0/security-groups -> 201",
    ];
    assert_eq!(seen, expected);
    let writes: Vec<u64> = scene.proxy.writes().iter().map(|call| call.number).collect();
    assert_eq!(writes, [8], "a request for a token is no write");
    assert!(calls.iter().all(|call| call.forwarded && call.received > 0 && call.request_id.is_some()));
    scene.proxy.clear();
    assert!(scene.proxy.calls().is_empty());
}

#[tokio::test]
async fn no_secret_is_in_the_record() {
    let scene = scene().await;
    scene.groups().await.unwrap();
    let record = format!("{:?} {:?}", scene.proxy.calls(), scene.proxy);
    let clouds = scene.sim.clouds_yaml();
    let (_, auth) = sim_client::credentials(&clouds, "admin");
    let password = auth["identity"]["password"]["user"]["password"].as_str().unwrap().to_owned();
    assert!(!record.contains(&scene.admin.token) && !record.contains(&password));
    assert!(clouds.contains(&password), "the search would have found it");
}

#[tokio::test]
async fn catalogue_links_and_versions_lead_through_the_proxy() {
    let scene = scene().await;
    let behind = scene.sim.url().replace("/identity/v3", "");
    let clouds = scene.proxy.clouds_yaml(&scene.sim.clouds_yaml());
    assert!(clouds.contains(&scene.proxy.url()) && !clouds.contains(&behind), "{clouds}");
    let root = scene.admin.service("network").to_owned();
    let catalog = scene.admin.get("identity", "/auth/catalog").await.1.to_string();
    let versions = scene.admin.send("GET", &root, None).await.unwrap().text().await.unwrap();
    let (_, page) = scene.groups().await.unwrap();
    for body in [&catalog, &versions, &page] {
        assert!(body.contains(&root) && !body.contains(&format!("{behind}/")), "{body}");
    }
    let next = json_of(&page)["security_groups_links"][0]["href"].as_str().unwrap().to_owned();
    assert_eq!(scene.admin.send("GET", &next, None).await.unwrap().status(), 200);
    assert_eq!(scene.proxy.calls().last().unwrap().service, "network");
}

#[tokio::test]
async fn a_refused_call_gets_no_answer_and_does_not_reach_the_service() {
    let scene = scene().await;
    scene.proxy.fault(Matcher::writes().once(), Fault::Refuse);
    assert!(scene.make_group("refused").await.is_err());
    assert_eq!((scene.made("refused"), scene.faults()), (0, vec!["refused"]));
    assert_eq!(scene.make_group("refused").await.unwrap(), 201, "once only");
}

#[tokio::test]
async fn a_reset_comes_in_the_middle_of_the_answer_and_after_the_service_acted() {
    let scene = scene().await;
    scene.proxy.fault(Matcher::any().path("/security-groups").times(2), Fault::Reset);
    assert!(scene.groups().await.is_err());
    let url = format!("{}/v2.0/security-groups", scene.admin.service("network"));
    let body = json!({"security_group": {"name": "reset"}});
    let answer = scene.admin.send("POST", &url, Some(body)).await;
    let whole = match answer {
        Ok(answer) => answer.bytes().await.is_ok(),
        Err(_) => false,
    };
    assert_eq!((whole, scene.made("reset")), (false, 1));
    assert_eq!(scene.groups().await.unwrap().0, 200);
}

#[tokio::test]
async fn an_answer_of_the_proxy_has_its_status_and_headers_and_only_for_the_calls_that_match() {
    let scene = scene().await;
    scene.proxy.fault(Matcher::any().service("network").method("GET").nth(2), Fault::too_many(7));
    scene.proxy.fault(Matcher::any().service("network").from_nth(4), Fault::status(503));
    assert_eq!(scene.groups().await.unwrap().0, 200);
    let url = format!("{}{GROUPS}", scene.admin.service("network"));
    let limited = scene.admin.send("GET", &url, None).await.unwrap();
    assert_eq!((limited.status().as_u16(), &limited.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert_eq!(scene.groups().await.unwrap().0, 200);
    assert_eq!(scene.groups().await.unwrap().0, 503);
    assert_eq!(scene.groups().await.unwrap().0, 503);
    assert_eq!(scene.admin.get("identity", "/domains").await.0, 200);
    scene.proxy.heal();
    assert_eq!(scene.groups().await.unwrap().0, 200);
    let reached: Vec<bool> = scene.proxy.calls().iter().map(|call| call.forwarded).collect();
    assert_eq!(reached, [true, true, false, true, false, false, true, true]);
}

#[tokio::test]
async fn a_truncated_body_and_pages_for_people_and_bad_json_are_no_json() {
    let scene = scene().await;
    for fault in [Fault::Truncate, Fault::Html, Fault::InvalidJson] {
        scene.proxy.fault(Matcher::any().path("/security-groups"), fault.clone());
        let (status, text) = scene.groups().await.unwrap();
        assert_eq!(status, 200, "{fault:?}");
        assert!(!text.is_empty() && serde_json::from_str::<Value>(&text).is_err(), "{fault:?}: {text}");
        scene.proxy.heal();
    }
}

#[tokio::test]
async fn pages_are_cut_repeated_and_led_astray() {
    let scene = scene().await;
    let page = json_of(&scene.groups().await.unwrap().1);
    assert_eq!(page["security_groups"].as_array().unwrap().len(), 4);
    let next = |page: &Value| {
        let links = page["security_groups_links"].as_array().unwrap().clone();
        links.into_iter().find(|link| link["rel"] == "next").unwrap()["href"].as_str().unwrap().to_owned()
    };
    let matcher = || Matcher::any().path("/security-groups").once();
    scene.proxy.fault(matcher(), Fault::HalfPage);
    let half = json_of(&scene.groups().await.unwrap().1);
    assert_eq!(half["security_groups"].as_array().unwrap().len(), 2);
    assert_eq!(next(&half), next(&page), "nothing tells of it");
    scene.proxy.heal();
    scene.proxy.fault(matcher(), Fault::RepeatPage);
    let repeated = json_of(&scene.groups().await.unwrap().1);
    assert_eq!(next(&repeated), format!("{}{GROUPS}", scene.admin.service("network")));
    scene.proxy.heal();
    scene.proxy.fault(matcher(), Fault::ForeignNext("http://203.0.113.1:9696".to_owned()));
    let foreign = json_of(&scene.groups().await.unwrap().1);
    assert!(next(&foreign).starts_with("http://203.0.113.1:9696/v2.0/security-groups?"), "{foreign}");
    scene.proxy.heal();
    scene.proxy.fault(Matcher::any().path("/domains").once(), Fault::RepeatPage);
    let domains = scene.admin.get("identity", "/domains").await.1;
    assert_eq!(domains["links"]["next"], format!("{}/domains", scene.admin.service("identity")));
}

#[tokio::test]
async fn an_oversized_body_goes_on_longer_than_a_client_reads() {
    let scene = scene().await;
    scene.proxy.fault(Matcher::any().path("/security-groups"), Fault::Oversized);
    let url = format!("{}{GROUPS}", scene.admin.service("network"));
    let mut answer = scene.admin.send("GET", &url, None).await.unwrap();
    let mut read = 0;
    while read < 4 << 20 {
        read += answer.chunk().await.unwrap().unwrap().len();
    }
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_delay_takes_its_time_and_a_hang_for_ever() {
    let scene = scene().await;
    scene
        .proxy
        .fault(Matcher::any().path("/security-groups").once(), Fault::Delay(Duration::from_millis(300)));
    scene.proxy.fault(Matcher::any().path("/security-groups").nth(2), Fault::Hang);
    let begin = Instant::now();
    assert_eq!(scene.groups().await.unwrap().0, 200);
    assert!(begin.elapsed() >= Duration::from_millis(300));
    assert!(tokio::time::timeout(Duration::from_millis(300), scene.groups()).await.is_err());
    assert_eq!(scene.groups().await.unwrap().0, 200);
}

#[tokio::test]
async fn a_hook_before_a_call_keeps_it_from_the_service_and_one_after_it_keeps_the_answer_from_the_client() {
    let scene = scene().await;
    let counted = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&counted);
    scene.proxy.hook(Matcher::writes().nth(2), Place::Before, move |call| {
        count.store(call.number, Ordering::SeqCst);
        async { Then::Drop }
    });
    scene.proxy.hook(Matcher::writes().nth(3), Place::After, |_| async { Then::Drop });
    assert_eq!(scene.make_group("first").await.unwrap(), 201);
    assert!(scene.make_group("before").await.is_err());
    assert!(scene.make_group("after").await.is_err());
    assert_eq!((scene.made("first"), scene.made("before"), scene.made("after")), (1, 0, 1));
    assert_eq!(counted.load(Ordering::SeqCst), scene.proxy.writes()[1].number);
    assert_eq!(scene.faults(), ["cut before", "cut after"]);
}

#[tokio::test]
async fn a_held_call_waits_and_is_carried_through_though_its_client_is_gone() {
    let scene = Arc::new(scene().await);
    let mut hold = scene.proxy.hold(Matcher::writes(), Place::Before);
    let client = Arc::clone(&scene);
    let call = tokio::spawn(async move { client.make_group("held").await });
    hold.arrived().await;
    assert_eq!(scene.made("held"), 0);
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    hold.release();
    // Its end is recorded, so there is something to wait for.
    let deadline = Instant::now() + Duration::from_secs(10);
    while scene.proxy.writes()[0].status.is_none() {
        assert!(Instant::now() < deadline, "it was not carried through");
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.made("held"), 1);
    assert_eq!(scene.make_group("free").await.unwrap(), 201);
}
