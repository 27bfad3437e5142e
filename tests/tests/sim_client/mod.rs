//! A client as small as the tests of the simulated cloud and of the proxy need.

use std::collections::BTreeMap;

use reqwest::Response;
use serde_json::{Value, json};

/// A login, and the services that came with it.
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) token: String,
    services: BTreeMap<String, String>,
}

/// The credentials of a cloud in a clouds.yaml, as the body of a request for a token.
pub(crate) fn credentials(clouds: &str, cloud: &str) -> (String, Value) {
    let clouds: Value = serde_saphyr::from_str(clouds).unwrap();
    let auth = &clouds["clouds"][cloud]["auth"];
    let user = json!({"name": auth["username"], "domain": {"name": "Default"}, "password": auth["password"]});
    let scope = match auth["project_name"].as_str() {
        Some(name) => json!({"project": {"name": name, "domain": {"name": "Default"}}}),
        None => json!({"system": {"all": true}}),
    };
    let auth_url = auth["auth_url"].as_str().unwrap().to_owned();
    (auth_url, json!({"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}))
}

impl Client {
    pub(crate) async fn login(clouds: &str, cloud: &str) -> Self {
        let (auth_url, auth) = credentials(clouds, cloud);
        Self::with(&auth_url, &auth).await.unwrap_or_else(|status| panic!("{cloud}: {status}"))
    }

    /// The status where it is no token.
    pub(crate) async fn with(auth_url: &str, auth: &Value) -> Result<Self, u16> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer =
            http.post(format!("{auth_url}/auth/tokens")).json(&json!({"auth": auth})).send().await.unwrap();
        if answer.status() != 201 {
            return Err(answer.status().as_u16());
        }
        let token = answer.headers()["x-subject-token"].to_str().unwrap().to_owned();
        let body: Value = answer.json().await.unwrap();
        let mut services = BTreeMap::new();
        for service in body["token"]["catalog"].as_array().unwrap() {
            if let Some(url) = service["endpoints"][0]["url"].as_str() {
                services.insert(service["type"].as_str().unwrap().to_owned(), url.to_owned());
            }
        }
        Ok(Self { http, token, services })
    }

    /// The address of a service, from the catalogue.
    pub(crate) fn service(&self, kind: &str) -> &str {
        &self.services[kind]
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        url: &str,
        body: Option<Value>,
    ) -> reqwest::Result<Response> {
        let request = self.http.request(method.parse().unwrap(), url).header("X-Auth-Token", &self.token);
        match body {
            Some(body) => request.json(&body).send().await,
            None => request.send().await,
        }
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        kind: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let answer = self.send(method, &format!("{}{path}", self.service(kind)), body).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    pub(crate) async fn get(&self, kind: &str, path: &str) -> (u16, Value) {
        self.call("GET", kind, path, None).await
    }
}
