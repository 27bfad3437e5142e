//! What makes and removes things beside the program: a plain client, and the services' own databases as the judge.

use std::path::PathBuf;
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

const KEYSTONE: &str = "/auth/tokens";

/// A person of the real cloud, in one project.
pub(crate) struct Client {
    http: reqwest::Client,
    token: String,
    catalog: Value,
}

impl Client {
    /// `scope` as Keystone takes it.
    pub(crate) async fn login(keystone: &str, user: &str, domain: &str, scope: Value) -> Self {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let user = json!({"name": user, "password": "devcloud", "domain": {"id": domain}});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        let body = json!({"auth": {"identity": identity, "scope": scope}});
        let answer = http.post(format!("{keystone}{KEYSTONE}")).json(&body).send().await.unwrap();
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
            "network" => format!("{url}/v2.0"),
            "load-balancer" | "image" => format!("{url}/v2"),
            "key-manager" => format!("{url}/v1"),
            _ => url.to_owned(),
        }
    }

    /// `what` is `SERVICE /PATH`. The status and the body, null where there is none.
    pub(crate) async fn ask(&self, method: Method, what: &str, body: Value) -> (u16, Value) {
        let (service, path) = what.split_once(' ').unwrap();
        let url = format!("{}{path}", self.endpoint(service));
        let request = self.http.request(method, &url).header("x-auth-token", &self.token);
        // Since then a keypair of another user can be named.
        let nova = (service == "compute").then_some(("openstack-api-version", "compute 2.57"));
        let request = nova.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        let request = match body {
            Value::Null => request,
            Value::String(bytes) => request.header("content-type", "application/octet-stream").body(bytes),
            body => request.json(&body),
        };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    pub(crate) async fn sure(&self, method: Method, what: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, what, body).await;
        assert!((200..300).contains(&status), "{what}: {status} {answer}");
        answer
    }

    pub(crate) async fn get(&self, what: &str) -> Value {
        self.sure(Method::GET, what, Value::Null).await
    }

    pub(crate) async fn put(&self, what: &str, body: Value) {
        self.sure(Method::PUT, what, body).await;
    }

    /// Makes one thing, and gives its id, which stands at this place of the answer.
    pub(crate) async fn make(&self, what: &str, body: Value, id: &str) -> String {
        let made = self.sure(Method::POST, what, body).await;
        let id = made.pointer(id).and_then(Value::as_str).unwrap_or_else(|| panic!("{what}: {made}"));
        id.rsplit('/').next().unwrap().to_owned()
    }

    /// Removes it, if it is there.
    pub(crate) async fn remove(&self, what: &str) {
        self.ask(Method::DELETE, what, Value::Null).await;
    }

    pub(crate) async fn role(&self, name: &str) -> String {
        let found = self.get(&format!("identity /roles?name={name}")).await;
        found["roles"][0]["id"].as_str().unwrap().to_owned()
    }
}

/// The lines of a query to the services' databases.
pub(crate) fn database(query: &str) -> Vec<String> {
    let clouds = PathBuf::from(std::env::var("OS_CLIENT_CONFIG_FILE").unwrap());
    let socket = clouds.with_file_name("state").join("mysql/sock");
    let mut client = Command::new("mariadb");
    client.args(["--no-defaults", "-uroot", "-N", "-B", "-e", query, "-S"]).arg(socket);
    let output = client.output().unwrap();
    assert!(output.status.success(), "{query}: {}", String::from_utf8_lossy(&output.stderr));
    let mut lines: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}
