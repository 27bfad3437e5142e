//! What makes and removes things beside the program: a plain client.

use std::time::{Duration, Instant};

use cloudspec::openstack::CloudConfig;
use reqwest::{Client as Http, Method};
use serde_json::{Value, json};

/// One user of the real cloud, in one project.
pub(crate) struct Client {
    http: Http,
    token: String,
    catalog: Value,
}

/// A user, the project, and the domain of both.
pub(crate) struct Login<'a> {
    pub(crate) user: &'a str,
    pub(crate) project: &'a str,
    pub(crate) domain: &'a str,
}

impl Client {
    pub(crate) async fn login(config: &CloudConfig, login: Login<'_>) -> Self {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let http = Http::builder().no_proxy().build().unwrap();
        let Login { user, project, domain } = login;
        let user = json!({"name": user, "password": "devcloud", "domain": {"name": domain}});
        let scope = json!({"project": {"name": project, "domain": {"name": domain}}});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        let body = json!({"auth": {"identity": identity, "scope": scope}});
        let url = format!("{}/v3/auth/tokens", config.identity().auth_url);
        let answer = http.post(url).json(&body).send().await.unwrap();
        let token = answer.headers()["x-subject-token"].to_str().unwrap().to_owned();
        let catalog = answer.json::<Value>().await.unwrap()["token"]["catalog"].clone();
        Self { http, token, catalog }
    }

    fn endpoint(&self, kind: &str) -> String {
        let services = self.catalog.as_array().unwrap();
        let service = services.iter().find(|service| service["type"] == kind).unwrap();
        let endpoints = service["endpoints"].as_array().unwrap();
        let public = endpoints.iter().find(|endpoint| endpoint["interface"] == "public").unwrap();
        let url = public["url"].as_str().unwrap().trim_end_matches('/');
        match kind {
            "identity" if !url.ends_with("/v3") => format!("{url}/v3"),
            "network" => format!("{url}/v2.0"),
            "load-balancer" | "image" => format!("{url}/v2"),
            "key-manager" => format!("{url}/v1"),
            _ => url.to_owned(),
        }
    }

    fn request(&self, method: Method, what: &str) -> reqwest::RequestBuilder {
        let (service, path) = what.split_once(' ').unwrap();
        let request = self.http.request(method, format!("{}{path}", self.endpoint(service)));
        let request = request.header("x-auth-token", &self.token).header("accept", "application/json");
        match service {
            "compute" => request.header("openstack-api-version", "compute 2.69"),
            "block-storage" => request.header("openstack-api-version", "volume 3.62"),
            _ => request,
        }
    }

    /// `what` is `SERVICE /PATH`. The status and the body, null where there is none.
    pub(crate) async fn ask(&self, method: Method, what: &str, body: Value) -> (u16, Value) {
        let request = self.request(method, what);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    async fn sure(&self, method: Method, what: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, what, body).await;
        assert!((200..300).contains(&status), "{what}: {status} {answer}");
        answer
    }

    pub(crate) async fn get(&self, what: &str) -> Value {
        self.sure(Method::GET, what, Value::Null).await
    }

    pub(crate) async fn post(&self, what: &str, body: Value) -> Value {
        self.sure(Method::POST, what, body).await
    }

    pub(crate) async fn put(&self, what: &str, body: Value) -> Value {
        self.sure(Method::PUT, what, body).await
    }

    /// Makes one thing, and gives its id.
    pub(crate) async fn make(&self, what: &str, key: &str, fields: Value) -> String {
        let made = self.post(what, json!({key: fields})).await;
        made[key]["id"].as_str().unwrap().to_owned()
    }

    /// The bytes of an image.
    pub(crate) async fn upload(&self, image: &str) {
        let request = self.request(Method::PUT, &format!("image /images/{image}/file"));
        let request = request.header("content-type", "application/octet-stream").body("x".repeat(100));
        assert!(request.send().await.unwrap().status().is_success(), "{image}");
    }

    /// Waits until a field of one thing is one of these.
    pub(crate) async fn settled(&self, what: &str, field: &str, wanted: &[&str]) {
        let begin = Instant::now();
        loop {
            let (_, answer) = self.ask(Method::GET, what, Value::Null).await;
            let seen = answer.pointer(field).and_then(Value::as_str).unwrap_or_default();
            if wanted.contains(&seen) {
                return;
            }
            assert!(begin.elapsed() < Duration::from_secs(120), "{what}: {answer}");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}
