//! A server that answers as a test says, and counts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use cloudspec::openstack::{CloudConfig, Limits, Reader, from_secret};
use http::StatusCode;
use serde_json::{Value, json};

/// What was asked: method, path with query, token.
pub(crate) type Asked = Arc<Mutex<Vec<(String, String, String)>>>;

/// A cloud whose every service is this server.
pub(crate) struct Fake {
    pub(crate) url: String,
    pub(crate) asked: Asked,
}

/// What a question is answered with: the number of the question to this path (from 1), and the request.
type Answers = dyn Fn(usize, &str, &str) -> Response + Send + Sync;

impl Fake {
    /// Answers GET requests by what the function says of (how often this path was asked, path with query, token).
    pub(crate) async fn start(
        answers: impl Fn(usize, &str, &str) -> Response + Send + Sync + 'static,
    ) -> Self {
        Self::with_login(answers, login).await
    }

    /// The same, with logins that answer as this function says of (how many there were, own URL).
    pub(crate) async fn with_login(
        answers: impl Fn(usize, &str, &str) -> Response + Send + Sync + 'static,
        login: impl Fn(usize, &str) -> Response + Send + Sync + 'static,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Asked::default();
        let (answers, seen, own): (Arc<Answers>, _, _) = (Arc::new(answers), asked.clone(), url.clone());
        let login = Arc::new(login);
        let router = Router::new().fallback(move |request: Request| {
            let (answers, seen, own, login) = (answers.clone(), seen.clone(), own.clone(), login.clone());
            async move {
                let path = request.uri().path_and_query().unwrap().to_string();
                let token =
                    request.headers().get("x-auth-token").map(|token| token.to_str().unwrap().to_owned());
                assert!(request.headers()["x-openstack-request-id"].to_str().unwrap().starts_with("req-"));
                let key = (request.method().to_string(), path.clone(), token.clone().unwrap_or_default());
                let number = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(key.clone());
                    seen.iter().filter(|one| one.0 == key.0 && one.1 == path).count()
                };
                match key.0.as_str() {
                    "POST" => login(number, &own),
                    _ => answers(number, &path, &token.unwrap_or_default()),
                }
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, asked }
    }

    /// A reader of it.
    pub(crate) fn reader(&self) -> Reader {
        reader(config(&self.url), limits())
    }

    /// How often this method was asked.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|one| one.0 == method).count()
    }
}

pub(crate) fn config(url: &str) -> CloudConfig {
    let text = format!(
        "clouds: {{lab: {{region_name: RegionOne, auth: {{auth_url: '{url}/v3', username: u, password: s3cret-canary, \
         user_domain_name: Default, project_name: p, project_domain_name: Default}}}}}}"
    );
    from_secret("lab", &text, None, "lab").unwrap()
}

pub(crate) fn reader(config: CloudConfig, limits: Limits) -> Reader {
    Reader::new(config, None, limits, Arc::new(|_| {})).unwrap()
}

/// Short enough for a test, long enough for a busy machine.
pub(crate) fn limits() -> Limits {
    Limits {
        attempt: Duration::from_secs(5),
        pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(1500),
        bytes: 100_000,
        pages: 20,
        page: 2,
        ..Limits::default()
    }
}

/// The token's number is in its name.
pub(crate) fn login(number: usize, url: &str) -> Response {
    login_for(number, url, json!({"project": {"id": "p-own"}}), 3600)
}

pub(crate) fn login_for(number: usize, url: &str, scope: Value, seconds: i64) -> Response {
    let types =
        ["identity", "network", "compute", "volumev3", "image", "load-balancer", "key-manager"].map(|kind| {
            json!({"type": kind, "endpoints": [{"interface": "public", "region": "RegionOne", "region_id": "RegionOne", "url": url}]})
        });
    let issued = jiff::Timestamp::from_second(1_700_000_000).unwrap();
    let expires = jiff::Timestamp::from_second(1_700_000_000 + seconds).unwrap();
    let mut token = json!({"issued_at": issued, "expires_at": expires, "catalog": types});
    token.as_object_mut().unwrap().extend(scope.as_object().unwrap().clone());
    let headers = [("x-subject-token", format!("token-{number}"))];
    (StatusCode::CREATED, headers, axum::Json(json!({"token": token}))).into_response()
}

pub(crate) fn ok(body: &Value) -> Response {
    axum::Json(body.clone()).into_response()
}

pub(crate) fn status(code: u16) -> Response {
    StatusCode::from_u16(code).unwrap().into_response()
}

/// A body that breaks off.
pub(crate) fn broken() -> Response {
    let chunks = [Ok("{\"projects\": ["), Err(std::io::Error::other("cut"))];
    Response::new(Body::from_stream(futures::stream::iter(chunks)))
}
