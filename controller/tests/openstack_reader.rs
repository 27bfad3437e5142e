//! The reader against servers that answer well and badly: the whole listing, or the reason; never a part of it.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

mod fake;

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use cloudspec::model::cloud::QuotaService;
use cloudspec::observe::{CloudRead, Kind, Listing, Needs, ReadError, Reason, observe};
use cloudspec::openstack::{Limits, Reader};
use fake::{Fake, broken, config, limits, login_for, ok, reader, status};
use serde_json::{Value, json};

fn projects(ids: &[&str]) -> Value {
    let row = |id: &&str| json!({"id": id, "name": id, "domain_id": "d", "enabled": true});
    json!({"projects": ids.iter().map(row).collect::<Vec<_>>(), "links": {"next": null}})
}

fn groups(ids: &[&str], next: Option<String>) -> Value {
    let rows: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
    let links: Vec<Value> = next.iter().map(|href| json!({"rel": "next", "href": href})).collect();
    json!({"security_groups": rows, "security_groups_links": links})
}

async fn ids(reader: &Reader, what: Listing) -> Result<Vec<String>, ReadError> {
    let rows = reader.rows(&what).await?;
    Ok(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect())
}

async fn reason(reader: &Reader, what: Listing) -> Reason {
    let error = ids(reader, what).await.unwrap_err();
    assert!(!error.message.contains("canary") && !error.message.contains("token-"), "{error}");
    error.reason
}

/// Why a listing of projects fails when each question is answered so.
async fn reason_of(answer: impl Fn(usize) -> Response + Send + Sync + 'static) -> Reason {
    let fake = Fake::start(move |number, _, _| answer(number)).await;
    reason(&fake.reader(), Listing::Projects).await
}

#[tokio::test]
async fn a_quiet_cloud_takes_one_login_and_one_question() {
    let fake = Fake::start(|_, _, _| ok(&projects(&["a", "b"]))).await;
    assert_eq!(ids(&fake.reader(), Listing::Projects).await.unwrap(), ["a", "b"]);
    let asked = fake.asked.lock().unwrap().clone();
    let expected = [("POST", "/v3/auth/tokens", ""), ("GET", "/v3/projects", "token-1")];
    let expected = expected.map(|(method, path, token)| (method.into(), path.into(), token.into()));
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn many_at_once_take_one_login() {
    let fake = Fake::start(|_, _, _| ok(&projects(&["a"]))).await;
    let reader = fake.reader();
    let all = (0..32).map(|_| reader.rows(&Listing::Projects));
    assert!(futures::future::join_all(all).await.iter().all(Result::is_ok));
    assert_eq!((fake.count("POST"), fake.count("GET")), (1, 32));
}

#[tokio::test]
async fn each_listing_is_asked_as_the_service_has_it() {
    let fake = Fake::start(|_, _, _| status(404)).await;
    let reader = fake.reader();
    let listings = [
        Listing::Users("d".into()),
        Listing::ApplicationCredentials("u".into()),
        Listing::SecurityGroups,
        Listing::NetworkQuotas,
        Listing::NetworkQuotaDefaults,
        Listing::LoadBalancerQuotas,
        Listing::LoadBalancerQuotaDefaults,
        Listing::KeyManagerQuotas,
        Listing::ComputeQuota("p".into()),
        Listing::VolumeQuota("p".into()),
    ];
    for listing in &listings {
        assert_eq!(reader.rows(listing).await.unwrap_err().reason, Reason::NotFound, "{listing}");
    }
    let asked = fake.asked.lock().unwrap();
    let paths: Vec<&str> = asked.iter().map(|one| one.1.as_str()).collect();
    insta::assert_snapshot!(paths.join("\n"), @r"
    /v3/auth/tokens
    /v3/users?domain_id=d
    /v3/users/u/application_credentials
    /v2.0/security-groups?limit=2&fields=id&fields=name&fields=project_id&fields=description&fields=revision_number&fields=security_group_rules
    /v2.0/quotas
    /v2.0/quotas/p-own/default
    /v2/lbaas/quotas
    /v2/lbaas/quotas/00000000000000000000000000000000
    /v1/project-quotas?limit=100
    /v2.1/os-quota-sets/p
    /v3/os-quota-sets/p
    ");
}

#[tokio::test]
async fn a_refused_token_is_made_anew_once_for_all() {
    let fake = Fake::start(|_, _, token| match token {
        "token-1" => status(401),
        _ => ok(&projects(&["a"])),
    })
    .await;
    let reader = fake.reader();
    let all = (0..8).map(|_| reader.rows(&Listing::Projects));
    assert!(futures::future::join_all(all).await.iter().all(Result::is_ok));
    assert_eq!(fake.count("POST"), 2);
}

#[tokio::test]
async fn a_token_that_ends_is_renewed_before() {
    let short = |number, url: &str| login_for(number, url, json!({"system": {"all": true}}), 0);
    let fake = Fake::with_login(|_, _, _| ok(&projects(&["a"])), short).await;
    let reader = fake.reader();
    for _ in 0..2 {
        assert_eq!(ids(&reader, Listing::Projects).await.unwrap(), ["a"]);
    }
    assert!(fake.count("POST") >= 2);
}

#[tokio::test]
async fn a_token_that_holds_outlives_keystone() {
    let logins = |number, url: &str| match number {
        1 => login_for(number, url, json!({"system": {"all": true}}), 20_000),
        _ => status(503),
    };
    let fake = Fake::with_login(|_, _, _| ok(&projects(&["a"])), logins).await;
    let reader = reader(config(&fake.url), Limits { repetitions: 0, ..limits() });
    assert!(ids(&reader, Listing::Projects).await.is_ok());
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(19_800)).await;
    tokio::time::resume();
    assert!(ids(&reader, Listing::Projects).await.is_ok());
    assert_eq!(fake.count("POST"), 2, "it was due, and Keystone was away");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(300)).await;
    tokio::time::resume();
    assert_eq!(reason(&reader, Listing::Projects).await, Reason::ServerError);
}

#[tokio::test]
async fn a_token_that_is_always_refused_is_unauthorized() {
    assert_eq!(reason_of(|_| status(401)).await, Reason::Unauthorized);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let fake = Fake::with_login(|_, _, _| status(500), |_, _| status(401)).await;
    let reader = fake.reader();
    for _ in 0..5 {
        assert_eq!(reason(&reader, Listing::Projects).await, Reason::CredentialRefused);
    }
    assert_eq!((fake.count("POST"), fake.count("GET")), (1, 0));
}

#[tokio::test]
async fn a_domains_scope_is_refused() {
    let domain = |number, url: &str| login_for(number, url, json!({"domain": {"id": "d"}}), 3600);
    let fake = Fake::with_login(|_, _, _| ok(&projects(&["a"])), domain).await;
    assert_eq!(reason(&fake.reader(), Listing::Projects).await, Reason::CredentialRefused);
    assert_eq!(fake.count("GET"), 0);
}

#[tokio::test]
async fn each_refusal_has_its_reason() {
    let cases = [
        (403, Reason::Forbidden),
        (404, Reason::NotFound),
        (400, Reason::Rejected),
        (300, Reason::Rejected),
        (500, Reason::ServerError),
        (503, Reason::ServerError),
        (429, Reason::RateLimited),
    ];
    for (code, expected) in cases {
        assert_eq!(reason_of(move |_| status(code)).await, expected, "{code}");
    }
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let elsewhere = || (http::StatusCode::FOUND, [("location", "/v3/domains")]).into_response();
    let fake = Fake::start(move |_, _, _| elsewhere()).await;
    assert_eq!(reason(&fake.reader(), Listing::Projects).await, Reason::Rejected);
    assert_eq!(fake.count("GET"), 1);
}

#[tokio::test]
async fn what_passes_is_asked_again_and_what_does_not_is_not() {
    for (code, expected) in [(502, 4), (503, 4), (504, 4), (429, 4), (500, 1), (403, 1), (404, 1)] {
        let fake = Fake::start(move |_, _, _| status(code)).await;
        reason(&fake.reader(), Listing::Projects).await;
        assert_eq!(fake.count("GET"), expected, "{code}");
    }
}

#[tokio::test]
async fn a_short_failure_is_lived_through() {
    let fake = Fake::start(|number, _, _| match number {
        1 => status(503),
        2 => broken(),
        _ => ok(&projects(&["a"])),
    })
    .await;
    assert_eq!(ids(&fake.reader(), Listing::Projects).await.unwrap(), ["a"]);
}

#[tokio::test]
async fn retry_after_is_honoured_where_it_is_short() {
    let fake = Fake::start(|number, _, _| match number {
        1 => (http::StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response(),
        _ => ok(&projects(&["a"])),
    })
    .await;
    let start = std::time::Instant::now();
    assert_eq!(ids(&fake.reader(), Listing::Projects).await.unwrap(), ["a"]);
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn retry_after_that_is_long_fails_at_once() {
    let fake = Fake::start(|_, _, _| {
        (http::StatusCode::TOO_MANY_REQUESTS, [("retry-after", "3600")]).into_response()
    })
    .await;
    assert_eq!(reason(&fake.reader(), Listing::Projects).await, Reason::RateLimited);
    assert_eq!(fake.count("GET"), 1);
}

#[tokio::test]
async fn what_is_not_json_is_unparsable() {
    for body in [
        "<html>hello</html>",
        "{\"projects\": [",
        "",
        "[]",
        "{}",
        "{\"projects\": {}}",
        "{\"projects\": [1]}",
    ] {
        assert_eq!(reason_of(move |_| body.into_response()).await, Reason::Unparsable, "{body}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_listing() {
    assert_eq!(reason_of(|_| broken()).await, Reason::Unreachable);
}

#[tokio::test]
async fn a_body_without_end_is_cut() {
    assert_eq!(reason_of(|_| " ".repeat(200_000).into_response()).await, Reason::TooLarge);
}

#[tokio::test]
async fn rows_that_keystone_left_out_are_not_missing() {
    let mut page = projects(&["a"]);
    page["truncated"] = true.into();
    assert_eq!(reason_of(move |_| ok(&page)).await, Reason::Truncated);
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let reader = reader(config(&format!("http://127.0.0.1:{port}")), limits());
    let error = ids(&reader, Listing::Projects).await.unwrap_err();
    assert_eq!(error.reason, Reason::Unreachable);
    assert!(error.message.contains("Connection refused"), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_a_tls_failure() {
    let fake = Fake::start(|_, _, _| status(500)).await;
    let reader = reader(config(&fake.url.replace("http:", "https:")), limits());
    let error = ids(&reader, Listing::Projects).await.unwrap_err();
    assert_eq!(error.reason, Reason::TlsFailed, "{error}");
}

#[tokio::test]
async fn a_silent_server_is_a_timeout() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let silent = tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            open.push(listener.accept().await);
        }
    });
    let reader = reader(config(&url), Limits { attempt: Duration::from_millis(200), ..limits() });
    assert_eq!(reason(&reader, Listing::Projects).await, Reason::Timeout);
    silent.abort();
}

#[tokio::test]
async fn pages_are_read_to_the_end_by_link_and_by_marker() {
    for by_link in [true, false] {
        let fake = Fake::start(move |_, path, _| {
            let (rows, marker): (&[&str], _) = match path.split_once("marker=").map(|(_, marker)| marker) {
                None => (&["a", "b"], "b"),
                Some("b") => (&["c", "d"], "d"),
                Some("d") => (&[], ""),
                Some(other) => unreachable!("{other}"),
            };
            let link = (by_link && !rows.is_empty())
                .then(|| format!("/v2.0/security-groups?limit=2&marker={marker}"));
            ok(&groups(rows, link))
        })
        .await;
        assert_eq!(ids(&fake.reader(), Listing::SecurityGroups).await.unwrap(), ["a", "b", "c", "d"]);
        assert_eq!(fake.count("GET"), 3);
    }
}

#[tokio::test]
async fn a_page_without_rows_is_not_the_last_where_it_has_a_link() {
    let fake = Fake::start(|_, path, _| match path.contains("marker=b") {
        false => ok(&groups(&[], Some("/v2.0/security-groups?limit=2&marker=b".into()))),
        true => ok(&groups(&["c"], None)),
    })
    .await;
    assert_eq!(ids(&fake.reader(), Listing::SecurityGroups).await.unwrap(), ["c"]);
}

#[tokio::test]
async fn fewer_rows_than_promised_are_no_listing() {
    let fake = Fake::start(|_, _, _| ok(&json!({"project_quotas": [{"project_id": "a"}], "total": 2}))).await;
    assert_eq!(fake.reader().rows(&Listing::KeyManagerQuotas).await.unwrap_err().reason, Reason::Truncated);
}

#[tokio::test]
async fn pages_that_go_wrong_are_no_listing() {
    let here = "/v2.0/security-groups?limit=2&marker=a";
    let cases: [(Value, Reason); 4] = [
        (groups(&["a", "b"], Some(here.into())), Reason::RepeatedMarker),
        (groups(&["a", "b"], None), Reason::RepeatedMarker),
        (
            groups(&["a", "b"], Some("http://192.0.2.1/v2.0/security-groups?marker=a".into())),
            Reason::ForeignNext,
        ),
        (groups(&["a", "b", "c"], None), Reason::TooLarge),
    ];
    for (page, expected) in cases {
        let fake = Fake::start(move |_, _, _| ok(&page)).await;
        assert_eq!(reason(&fake.reader(), Listing::SecurityGroups).await, expected);
    }
}

#[tokio::test]
async fn pages_without_end_are_cut() {
    let number = std::sync::atomic::AtomicUsize::new(0);
    let fake = Fake::start(move |_, _, _| {
        let id = number.fetch_add(1, std::sync::atomic::Ordering::SeqCst).to_string();
        ok(&groups(&[&id], Some(format!("/?marker={id}"))))
    })
    .await;
    assert_eq!(reason(&fake.reader(), Listing::SecurityGroups).await, Reason::TooLarge);
    assert_eq!(fake.count("GET"), 20);
}

#[tokio::test]
async fn a_second_page_that_fails_takes_the_first_with_it() {
    let fake = Fake::start(|_, path, _| match path.contains("marker") {
        false => ok(&groups(&["a", "b"], None)),
        true => status(500),
    })
    .await;
    assert_eq!(reason(&fake.reader(), Listing::SecurityGroups).await, Reason::ServerError);
}

#[tokio::test]
async fn barbicans_wrong_path_in_its_link_does_no_harm() {
    let fake = Fake::start(|_, path, _| match path {
        "/v1/project-quotas?limit=100" => ok(&json!({"project_quotas": [{"project_id": "a", "project_quotas": {"secrets": 1}}], "next": "/v1/project_quotas?limit=100&offset=100"})),
        "/v1/project-quotas?limit=100&offset=100" => ok(&json!({"project_quotas": [{"project_id": "b", "project_quotas": {}}]})),
        _ => status(404),
    })
    .await;
    assert_eq!(fake.reader().rows(&Listing::KeyManagerQuotas).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_catalogue_without_the_service_says_what_it_has() {
    let empty = |number, url: &str| {
        let _ = url;
        let headers = [("x-subject-token", format!("token-{number}"))];
        let token = json!({"issued_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-02T00:00:00Z", "project": {"id": "p"},
            "catalog": [{"type": "network", "endpoints": [{"interface": "internal", "region": "RegionTwo", "url": "http://127.0.0.1:1"}]}]});
        (http::StatusCode::CREATED, headers, axum::Json(json!({"token": token}))).into_response()
    };
    let fake = Fake::with_login(|_, _, _| status(500), empty).await;
    let error = ids(&fake.reader(), Listing::SecurityGroups).await.unwrap_err();
    assert_eq!(error.reason, Reason::NoEndpoint);
    assert_eq!(
        error.message,
        "the catalogue has no public endpoint in region RegionOne; it has internal in region RegionTwo"
    );
}

#[tokio::test]
async fn one_bad_listing_leaves_the_others() {
    let fake = Fake::start(|_, path, _| match path {
        "/v3/projects" => ok(&json!({"projects": [{"id": "x-1", "name": "n", "domain_id": "d"}]})),
        "/v3/domains" => ok(&json!({"domains": [{"id": "d", "name": "Default"}]})),
        _ => status(503),
    })
    .await;
    let needs = Needs::everything([QuotaService::Compute]);
    let snapshot = observe(&fake.reader(), &needs).await;
    let why = snapshot.projects.unwrap_err();
    assert_eq!(why.reason, "Unparsable");
    assert!(why.message.contains("row x-1") && why.message.contains("enabled"), "{}", why.message);
    assert_eq!(snapshot.domains.unwrap().len(), 1);
    assert_eq!(snapshot.roles.unwrap_err().reason, "ServerError");
    assert_eq!(snapshot.security_groups.unwrap_err().reason, "ServerError");
}

#[tokio::test]
async fn what_no_one_asked_for_is_unknown() {
    let fake = Fake::start(|_, _, _| status(500)).await;
    let snapshot = observe(&fake.reader(), &Needs::default()).await;
    assert_eq!(snapshot.projects.unwrap_err().reason, "NotAsked");
    assert_eq!(snapshot.security_groups.unwrap_err().reason, "NotAsked");
    assert_eq!((fake.count("GET"), fake.count("POST")), (0, 0));
}

#[tokio::test]
async fn an_empty_network_is_not_believed() {
    let fake = Fake::start(|_, path, _| match path {
        "/v2.0/quotas" => ok(&json!({"quotas": []})),
        _ => ok(&groups(&[], None)),
    })
    .await;
    let needs = Needs { kinds: [Kind::SecurityGroups].into(), ..Needs::default() };
    assert_eq!(observe(&fake.reader(), &needs).await.security_groups.unwrap_err().reason, "ReachNotProven");
}

#[tokio::test]
async fn without_the_witness_nothing_of_the_network_is_asked() {
    let fake = Fake::start(|_, path, _| match path {
        "/v2.0/quotas" => status(403),
        _ => ok(&groups(&["a"], None)),
    })
    .await;
    let needs = Needs { kinds: [Kind::SecurityGroups, Kind::AddressGroups].into(), ..Needs::default() };
    let snapshot = observe(&fake.reader(), &needs).await;
    assert_eq!(snapshot.security_groups.unwrap_err().reason, "ReachNotProven");
    assert_eq!(snapshot.address_groups.unwrap_err().reason, "ReachNotProven");
    assert_eq!(fake.count("GET"), 1);
}
