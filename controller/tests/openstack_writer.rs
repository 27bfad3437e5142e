//! The writer against servers that answer badly: a call is sent once, and what is told of it is never more than is known.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

mod approval;
mod fake;

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use cloudspec::apply::port::{CloudWrite, Look, Progress, WriteError, Written};
use cloudspec::gate::ApprovedPlan;
use cloudspec::model::action::{ProjectChange, ProjectRef};
use cloudspec::model::cloud::{CloudIdentity, QuotaService};
use cloudspec::model::desired::TenantName;
use cloudspec::model::{Action, Class, Step};
use cloudspec::observe::{CloudRead, Listing, Service};
use cloudspec::openstack::{CloudConfig, ConfigError, Writer};
use fake::{Fake, broken, config, limits, ok, status};
use serde_json::json;

/// A plan of one call, approved.
fn approved(cloud: &CloudIdentity, action: Action) -> ApprovedPlan {
    let step = Step {
        number: 1,
        wave: 1,
        action,
        summary: "does it".into(),
        findings: vec!["f".into()],
        class: Class::Reversible,
        before: None,
        after: None,
        side_effects: vec![],
        revert: "undoes it".into(),
    };
    approval::approved(cloud, vec![step])
}

fn writer(url: &str) -> Writer {
    let config = config(url);
    let plan = approved(&config.identity(), describe());
    Writer::new(config, None, limits(), Arc::new(|_| {}), &plan).unwrap()
}

fn describe() -> Action {
    let change = ProjectChange::Description { from: "first".into(), to: "second".into() };
    Action::ChangeProject { project: ProjectRef::Id("p".into()), change }
}

/// What is told of a call that is answered so, and how often it was sent.
async fn told(
    answer: impl Fn(usize, &str) -> Response + Send + Sync + 'static,
) -> (Result<Written, WriteError>, usize) {
    let fake = Fake::start(move |number, _, token| answer(number, token)).await;
    let told = writer(&fake.url).make(&describe(), None, "req-1").await;
    (told, fake.count("PATCH"))
}

#[tokio::test]
async fn a_call_that_is_answered_well_is_sent_once_and_keeps_the_services_id() {
    let answer = |_, _: &str| {
        ([("x-openstack-request-id", "req-service")], axum::Json(json!({"project": {}}))).into_response()
    };
    let (told, sent) = told(answer).await;
    assert_eq!(
        told,
        Ok(Written { id: None, request_id: Some("req-service".into()), progress: Progress::Done })
    );
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn no_failure_is_answered_by_a_second_call() {
    for code in [302, 400, 403, 404, 408, 409, 412, 429, 500, 502, 503, 504] {
        let (told, sent) = told(move |_, _| status(code)).await;
        assert_eq!(sent, 1, "{code}");
        let why = told.unwrap_err();
        let expected = match code {
            400 | 403 | 409 | 412 => matches!(why, WriteError::Refused { status, .. } if status == code),
            429 => matches!(why, WriteError::NotSent { .. }),
            _ => matches!(why, WriteError::Unclear { .. }),
        };
        assert!(expected, "{code}: {why:?}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_not_clear() {
    for answer in [broken, || "not JSON".into_response()] {
        let (told, sent) = told(move |_, _| answer()).await;
        assert!(matches!(told, Err(WriteError::Unclear { .. })), "{told:?}");
        assert_eq!(sent, 1);
    }
}

#[tokio::test]
async fn a_token_that_ran_out_is_renewed_once_before_the_call_counts() {
    let (renewed, sent) = told(|_, token| match token {
        "token-1" => status(401),
        _ => ok(&json!({"project": {}})),
    })
    .await;
    assert!(renewed.is_ok(), "{renewed:?}");
    assert_eq!(sent, 2, "the first was not carried out");
    let (refused, sent) = told(|_, _| status(401)).await;
    assert!(matches!(refused, Err(WriteError::Refused { status: 401, .. })), "{refused:?}");
    assert_eq!(sent, 2);
}

#[tokio::test]
async fn a_call_to_nobody_was_never_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let told = writer(&url).make(&describe(), None, "req-1").await;
    assert!(matches!(told, Err(WriteError::NotSent { .. })), "{told:?}");
}

#[tokio::test]
async fn a_services_words_are_kept_and_cut() {
    let long = "x".repeat(1000);
    let forms = [
        json!({"error": {"code": 403, "message": long, "title": "Forbidden"}}),
        json!({"NeutronError": {"type": "T", "message": long, "detail": ""}}),
        json!({"faultcode": "Client", "faultstring": long}),
        json!({"code": 403, "description": long, "title": "Forbidden"}),
    ];
    for form in forms {
        let body = form.clone();
        let (told, _) =
            told(move |_, _| (http::StatusCode::FORBIDDEN, axum::Json(body.clone())).into_response()).await;
        let Err(WriteError::Refused { message, .. }) = told else { panic!("{form}: {told:?}") };
        assert!(message.contains("xxx"), "{form}: {message}");
        assert!(message.len() <= 310, "{}", message.len());
    }
}

#[tokio::test]
async fn what_is_yet_to_be_made_is_never_asked_for() {
    let fake = Fake::start(|_, _, _| status(500)).await;
    let tenant = TenantName { domain: "d".into(), name: "shop".into() };
    let change = ProjectChange::Enabled { from: true, to: false };
    let by_name = Action::ChangeProject { project: ProjectRef::Made(tenant), change };
    let look = writer(&fake.url).look(&by_name).await;
    assert!(matches!(look, Err(WriteError::NotSent { .. })), "{look:?}");
    assert!(fake.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_call_that_is_none_of_the_plan_is_never_sent() {
    let fake = Fake::start(|_, _, _| ok(&json!({"project": {}}))).await;
    let others = [
        ("p", ProjectChange::Description { from: "first".into(), to: "third".into() }),
        ("p", ProjectChange::Enabled { from: true, to: false }),
        ("q", ProjectChange::Description { from: "first".into(), to: "second".into() }),
    ];
    for (project, change) in others {
        let other = Action::ChangeProject { project: ProjectRef::Id(project.into()), change };
        let made = writer(&fake.url).make(&other, None, "req-1").await;
        assert!(matches!(made, Err(WriteError::NotSent { .. })), "{other:?}");
    }
    assert!(fake.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_limits_of_the_project_that_asks_are_not_barbicans_defaults() {
    let fake = Fake::start(|_, path, _| match path {
        "/v1/quotas" => ok(&json!({"quotas": {"secrets": 10, "orders": -1}})),
        "/v1/project-quotas/p-own" => ok(&json!({"project_quotas": {"secrets": 10, "orders": null}})),
        _ => (
            http::StatusCode::NOT_FOUND,
            axum::Json(json!({"code": 404, "description": "Project quotas not found."})),
        )
            .into_response(),
    })
    .await;
    let set = |limit: &str, from: Option<i64>, to| Action::SetQuota {
        project: ProjectRef::Id("p".into()),
        service: QuotaService::KeyManager,
        from: from.map(|from| [(limit.to_owned(), from)].into()),
        to: [(limit.to_owned(), to)].into(),
    };
    let writer = writer(&fake.url);
    assert_eq!(writer.look(&set("orders", None, -1)).await, Ok(Look::AlreadyDone { id: None }));
    assert_eq!(writer.look(&set("orders", None, 5)).await, Ok(Look::Ready { revision: None }));
    // Nobody can tell what holds there: that it is 10 already least of all.
    assert_eq!(writer.look(&set("secrets", None, 10)).await, Ok(Look::Ready { revision: None }));
    let unknown = writer.look(&set("secrets", Some(-1), 10)).await;
    assert!(matches!(unknown, Ok(Look::Refused { .. })), "{unknown:?}");
}

#[tokio::test]
async fn barbicans_limits_are_set_from_within_the_project_where_they_are_not_let_be_set_from_outside() {
    // The first token is that of the credential's own project, the second one that within the tenant.
    for (good, refused) in [("token-2", false), ("none", true)] {
        let answers = move |_, path: &str, token: &str| match path {
            "/v1/quotas" => ok(&json!({"quotas": {"secrets": -1}})),
            "/v1/project-quotas/t" if token == good => ok(&json!({"project_quotas": {"secrets": 50}})),
            _ => status(403),
        };
        let project = |number| if number == 1 { "p-own" } else { "t" };
        let login = move |number, url: &str| {
            fake::login_for(number, url, json!({"project": {"id": project(number)}}), 3600)
        };
        let fake = Fake::with_login(answers, login).await;
        let config = config(&fake.url);
        let freeze = Action::SetQuota {
            project: ProjectRef::Id("t".into()),
            service: QuotaService::KeyManager,
            from: Some([("secrets".to_owned(), 50)].into()),
            to: [("secrets".to_owned(), 0)].into(),
        };
        let plan = approved(&config.identity(), freeze.clone());
        let writer = Writer::new(config, None, limits(), Arc::new(|_| {}), &plan).unwrap();
        let (look, made) = (writer.look(&freeze).await, writer.make(&freeze, None, "req-1").await);
        assert_eq!(look == Ok(Look::Ready { revision: None }), !refused, "{look:?}");
        assert_eq!(matches!(made, Err(WriteError::Refused { status: 403, .. })), refused, "{made:?}");
        let asked = fake.asked.lock().unwrap();
        let puts: Vec<&str> = asked.iter().filter(|one| one.0 == "PUT").map(|one| one.2.as_str()).collect();
        assert_eq!(puts, ["token-2"]);
    }
}

#[tokio::test]
async fn limits_of_the_projects_own_go_before_cinder_lets_it_be_frozen() {
    let set = |to: i64| Action::SetQuota {
        project: ProjectRef::Id("t".into()),
        service: QuotaService::Volume,
        from: Some([("gigabytes".to_owned(), 50)].into()),
        to: [("gigabytes".to_owned(), to)].into(),
    };
    for (to, asked, is_done) in [(0, vec!["PUT", "DELETE", "PUT"], true), (5, vec!["PUT"], false)] {
        let calls = std::sync::atomic::AtomicUsize::new(0);
        let fake =
            Fake::start(move |_, _, _| match calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 => status(400),
                _ => ok(&json!({"quota_set": {}})),
            })
            .await;
        let config = config(&fake.url);
        let plan = approved(&config.identity(), set(to));
        let writer = Writer::new(config, None, limits(), Arc::new(|_| {}), &plan).unwrap();
        let made = writer.make(&set(to), None, "req-1").await;
        assert_eq!(made.is_ok(), is_done, "{made:?}");
        let calls = fake.asked.lock().unwrap();
        let methods: Vec<&str> =
            calls.iter().map(|one| one.0.as_str()).filter(|one| *one != "POST").collect();
        assert_eq!(methods, asked);
    }
}

#[tokio::test]
async fn a_look_is_repeated_and_changes_nothing() {
    let project =
        json!({"project": {"id": "p", "enabled": true, "description": "first", "tags": [], "options": {}}});
    let fake = Fake::start(move |number, _, _| match number {
        1 => status(503),
        _ => ok(&project),
    })
    .await;
    assert_eq!(writer(&fake.url).look(&describe()).await, Ok(Look::Ready { revision: None }));
    assert_eq!((fake.count("GET"), fake.count("PATCH")), (2, 0));
}

#[test]
fn a_writer_is_of_the_cloud_that_the_plan_was_approved_for() {
    let approved = approved(&config("http://127.0.0.1:1").identity(), describe());
    let refused = |main: CloudConfig, identity: Option<CloudConfig>| match Writer::new(
        main,
        identity,
        limits(),
        Arc::new(|_| {}),
        &approved,
    )
    .err()
    {
        None => String::new(),
        Some(ConfigError::OtherCloud { message, .. } | ConfigError::Pair { message, .. }) => message,
        Some(why) => panic!("{why}"),
    };
    let (here, there) = ("http://127.0.0.1:1", "http://127.0.0.1:2");
    assert_eq!(refused(config(here), None), "");
    let region = CloudConfig { region: Some("two".into()), ..config(here) };
    // An endpoint that is given by hand is another cloud, too.
    let network =
        CloudConfig { overrides: [(Service::Network, there.parse().unwrap())].into(), ..config(here) };
    for elsewhere in [config(there), region, network] {
        let message = refused(elsewhere, None);
        assert!(message.starts_with("the plan is for http://127.0.0.1:1"), "{message}");
    }
    let keystone =
        CloudConfig { overrides: [(Service::Identity, there.parse().unwrap())].into(), ..config(here) };
    assert_eq!(refused(config(here), Some(keystone)), "their identity_endpoint_override differs");
    assert_eq!(refused(config(here), Some(config(there))), "their auth_url differs");
}

#[test]
fn two_spellings_of_an_endpoint_are_one_cloud() {
    let by_hand = |url: &str| {
        let overrides = [(Service::Network, url.parse().unwrap())].into();
        CloudConfig { overrides, ..config("http://127.0.0.1:1") }.identity()
    };
    assert_eq!(by_hand("http://127.0.0.1:9"), by_hand("http://127.0.0.1:9/v2.0/"));
    assert_ne!(by_hand("http://127.0.0.1:9"), by_hand("http://127.0.0.1:8"));
}

#[tokio::test]
async fn reading_and_writing_are_two_logins() {
    let fake = Fake::start(|_, path, _| match path {
        "/v3/projects/p" => ok(&json!({"project": {"id": "p", "enabled": true, "description": "second"}})),
        _ => ok(&json!({"projects": [], "links": {"next": null}})),
    })
    .await;
    assert!(fake.reader().rows(&Listing::Projects).await.unwrap().is_empty());
    assert_eq!(writer(&fake.url).look(&describe()).await, Ok(Look::AlreadyDone { id: None }));
    assert_eq!(fake.count("POST"), 2);
}
