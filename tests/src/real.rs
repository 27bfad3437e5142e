//! The real cloud, reached beside the program under test: the entries of its `clouds.yaml`, and a plain client.

#![expect(clippy::unwrap_used, clippy::panic, reason = "it is for tests alone, and a test may fail by panic")]

use std::time::{Duration, Instant};

use cloudspec::openstack::{CloudConfig, Environment, local};
use reqwest::Method;
use serde_json::{Value, json};

/// How long something is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// An entry of the rig's `clouds.yaml`, which the environment names.
///
/// # Panics
/// When there is none.
pub fn entry(cloud: &str) -> CloudConfig {
    let environment: Environment = std::env::vars().collect();
    local(Some(cloud), &environment, std::path::Path::new("/")).unwrap()
}

/// One user of the real cloud, in one project. Whatever it cannot do is a panic.
pub struct Client {
    http: reqwest::Client,
    token: String,
    catalog: Value,
}

impl Client {
    /// The administrator, who may also set Barbican's limits.
    pub async fn admin() -> Self {
        let domain = json!({"id": "default"});
        let scope = json!({"project": {"name": "admin", "domain": domain}});
        Self::login("key-manager", domain, scope).await
    }

    /// A user of the rig, by name and domain; `scope` as Keystone takes it.
    pub async fn login(user: &str, domain: Value, scope: Value) -> Self {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let user = json!({"name": user, "password": "devcloud", "domain": domain});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        let body = json!({"auth": {"identity": identity, "scope": scope}});
        let url = format!("{}/v3/auth/tokens", entry("admin").identity().auth_url);
        let answer = http.post(url).json(&body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 201, "{user}: {scope}");
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

    /// `what` is `SERVICE /PATH`; a body that is text is sent as bytes. The status and the body, null where there is none.
    pub async fn ask(&self, method: Method, what: &str, body: Value) -> (u16, Value) {
        let (service, path) = what.split_once(' ').unwrap();
        let request = self.http.request(method, format!("{}{path}", self.endpoint(service)));
        let request = request.header("x-auth-token", &self.token).header("accept", "application/json");
        let request = match service {
            "compute" => request.header("openstack-api-version", "compute 2.69"),
            "block-storage" => request.header("openstack-api-version", "volume 3.62"),
            _ => request,
        };
        let request = match body {
            Value::Null => request,
            Value::String(bytes) => request.header("content-type", "application/octet-stream").body(bytes),
            body => request.json(&body),
        };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    /// The body of an answer that says yes.
    pub async fn sure(&self, method: Method, what: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, what, body).await;
        assert!((200..300).contains(&status), "{what}: {status} {answer}");
        answer
    }

    /// What is there.
    pub async fn get(&self, what: &str) -> Value {
        self.sure(Method::GET, what, Value::Null).await
    }

    /// Makes or does something.
    pub async fn post(&self, what: &str, body: Value) -> Value {
        self.sure(Method::POST, what, body).await
    }

    /// Sets something.
    pub async fn put(&self, what: &str, body: Value) -> Value {
        self.sure(Method::PUT, what, body).await
    }

    /// Removes what is there.
    pub async fn delete(&self, what: &str) {
        self.sure(Method::DELETE, what, Value::Null).await;
    }

    /// Removes it, if it is there.
    pub async fn remove(&self, what: &str) {
        self.ask(Method::DELETE, what, Value::Null).await;
    }

    /// Makes one thing of these fields below this key, and gives its id.
    pub async fn make(&self, what: &str, key: &str, fields: Value) -> String {
        self.make_at(what, json!({key: fields}), &format!("/{key}/id")).await
    }

    /// Makes one thing, and gives its id, which stands at this place of the answer, alone or as the end of a URL.
    pub async fn make_at(&self, what: &str, body: Value, id: &str) -> String {
        let made = self.post(what, body).await;
        let id = made.pointer(id).and_then(Value::as_str).unwrap_or_else(|| panic!("{what}: {made}"));
        id.rsplit('/').next().unwrap().to_owned()
    }

    /// The id of a role.
    pub async fn role(&self, name: &str) -> String {
        let found = self.get(&format!("identity /roles?name={name}")).await;
        found["roles"][0]["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a field of one thing is one of these.
    pub async fn settled(&self, what: &str, field: &str, wanted: &[&str]) {
        let begin = Instant::now();
        loop {
            let (_, answer) = self.ask(Method::GET, what, Value::Null).await;
            let seen = answer.pointer(field).and_then(Value::as_str).unwrap_or_default();
            if wanted.contains(&seen) {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "{what}: {answer}");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}
