//! What makes, changes and removes things beside the writer: a plain client, no part of the program.

use cloudspec::openstack::CloudConfig;
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// The administrator of the real cloud.
pub(crate) struct Admin {
    client: Client,
    token: String,
    catalog: Value,
}

impl Admin {
    pub(crate) async fn login(config: &CloudConfig) -> Self {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().build().unwrap();
        let user = json!({"name": "key-manager", "password": "devcloud", "domain": {"id": "default"}});
        let scope = json!({"project": {"name": "admin", "domain": {"id": "default"}}});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        let body = json!({"auth": {"identity": identity, "scope": scope}});
        let url = format!("{}/v3/auth/tokens", config.identity().auth_url);
        let answer = client.post(url).json(&body).send().await.unwrap();
        let token = answer.headers()["x-subject-token"].to_str().unwrap().to_owned();
        let catalog = answer.json::<Value>().await.unwrap()["token"]["catalog"].clone();
        Self { client, token, catalog }
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
            "load-balancer" => format!("{url}/v2"),
            "key-manager" => format!("{url}/v1"),
            _ => url.to_owned(),
        }
    }

    /// `what` is `SERVICE /PATH`. The status and the body, null where there is none.
    pub(crate) async fn ask(&self, method: Method, what: &str, body: Value) -> (u16, Value) {
        let (service, path) = what.split_once(' ').unwrap();
        let url = format!("{}{path}", self.endpoint(service));
        let request = self.client.request(method, &url).header("x-auth-token", &self.token);
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

    pub(crate) async fn delete(&self, what: &str) {
        self.sure(Method::DELETE, what, Value::Null).await;
    }

    /// Makes one thing, and gives its id.
    pub(crate) async fn make(&self, what: &str, key: &str, fields: Value) -> String {
        let made = self.post(what, json!({key: fields})).await;
        made[key]["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn role(&self, name: &str) -> String {
        let found = self.get(&format!("identity /roles?name={name}")).await;
        found["roles"][0]["id"].as_str().unwrap().to_owned()
    }
}
