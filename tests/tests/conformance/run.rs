//! Plays calls to one cloud, and keeps the answers in a form in which two clouds can be compared.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// One answer, with what differs between any two clouds taken out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) what: String,
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

/// One cloud under the script.
pub(crate) struct Run {
    client: reqwest::Client,
    /// Address of each service, without its version.
    services: BTreeMap<String, String>,
    tokens: BTreeMap<String, String>,
    /// Names for ids of this cloud.
    names: BTreeMap<String, String>,
    pub(crate) seen: Vec<Seen>,
}

/// Where Keystone is, and the passwords of the users that every rig has.
pub(crate) struct Login {
    auth_url: String,
    passwords: BTreeMap<&'static str, String>,
}

#[derive(Clone, Copy)]
enum Scope {
    Project,
    System,
}

impl Login {
    pub(crate) fn read(clouds: &str) -> Result<Self> {
        let clouds: Value = serde_saphyr::from_str(clouds).context("failed to read clouds.yaml")?;
        let text = |cloud: &str, name: &str| {
            let found = clouds.pointer(&format!("/clouds/{cloud}/auth/{name}")).and_then(Value::as_str);
            found.map(str::to_owned).with_context(|| format!("no {name} of {cloud}"))
        };
        let auth_url = text("admin", "auth_url")?;
        let mut passwords = BTreeMap::new();
        for (user, cloud) in [("admin", "admin"), ("auditor", "reader"), ("observer", "observer")] {
            passwords.insert(user, text(cloud, "password")?);
        }
        Ok(Self { auth_url, passwords })
    }

    pub(crate) fn from_file(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
        Self::read(&text)
    }
}

impl Run {
    pub(crate) async fn start(login: &Login) -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let identity = login.auth_url.trim_end_matches("/v3").to_owned();
        let services = BTreeMap::from([("identity".to_owned(), identity)]);
        let client = reqwest::Client::builder().no_proxy().build()?;
        let mut run =
            Self { client, services, tokens: BTreeMap::new(), names: BTreeMap::new(), seen: Vec::new() };
        let token = run.token("admin", &run.auth(login, "admin", Scope::Project)).await;
        run.learn_services(&token);
        run.name("admin-project", &token["token"]["project"]["id"]);
        run.name("admin-user", &token["token"]["user"]["id"]);
        run.token("system", &run.auth(login, "admin", Scope::System)).await;
        for (user, name) in [("auditor", "reader"), ("observer", "observer")] {
            run.token(name, &run.auth(login, user, Scope::Project)).await;
            run.token(&format!("{name}-system"), &run.auth(login, user, Scope::System)).await;
        }
        run.seen.clear();
        Ok(run)
    }

    fn auth(&self, login: &Login, user: &str, scope: Scope) -> Value {
        let user = json!({"name": user, "domain": {"name": "Default"}, "password": login.passwords[user]});
        let scope = match scope {
            Scope::Project => json!({"project": {"name": "admin", "domain": {"name": "Default"}}}),
            Scope::System => json!({"system": {"all": true}}),
        };
        json!({"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope})
    }

    /// What asks for a token of one of the cloud's own users in a project, by its id.
    pub(crate) fn auth_in(&self, login: &Login, user: &str, project: &str) -> Value {
        let mut auth = self.auth(login, user, Scope::Project);
        auth["scope"] = json!({"project": {"id": project}});
        auth
    }

    fn learn_services(&mut self, token: &Value) {
        for service in token["token"]["catalog"].as_array().into_iter().flatten() {
            let endpoints = service["endpoints"].as_array().cloned().unwrap_or_default();
            let public = endpoints.iter().find(|endpoint| endpoint["interface"] == "public");
            let Some(url) = public.and_then(|endpoint| endpoint["url"].as_str()) else { continue };
            let end = ["/v3", "/v2"].iter().filter_map(|version| url.find(version)).min();
            let kind = service["type"].as_str().unwrap_or_default();
            self.services.insert(kind.to_owned(), url[..end.unwrap_or(url.len())].to_owned());
        }
    }

    /// Gives an id of this cloud a name, which stands for it in paths (`{name}`) and in what is compared.
    pub(crate) fn name(&mut self, name: &str, id: &Value) {
        self.names.insert(name.to_owned(), id.as_str().unwrap_or("nothing").to_owned());
    }

    pub(crate) fn id(&self, name: &str) -> String {
        self.names.get(name).cloned().unwrap_or_else(|| "nothing".to_owned())
    }

    /// Asks for a token, keeps it under a name, and the answer as seen.
    pub(crate) async fn token(&mut self, name: &str, auth: &Value) -> Value {
        let url = format!("{}/v3/auth/tokens", self.services["identity"]);
        let request = self.client.post(url).json(&json!({"auth": auth}));
        let (token, body) = self.send(&format!("token {name}"), request).await;
        if let Some(token) = token {
            self.tokens.insert(name.to_owned(), token);
        }
        body
    }

    /// Calls as the administrator. `call` is `SERVICE METHOD PATH`.
    pub(crate) async fn call(&mut self, call: &str, body: Option<Value>) -> Value {
        self.call_as("admin", call, body, &[]).await
    }

    pub(crate) async fn get(&mut self, service_and_path: &str) -> Value {
        let (service, path) = service_and_path.split_once(' ').unwrap();
        self.call(&format!("{service} GET {path}"), None).await
    }

    pub(crate) async fn call_as(
        &mut self,
        token: &str,
        call: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Value {
        let (service, rest) = call.split_once(' ').unwrap();
        let (method, path) = rest.split_once(' ').unwrap();
        let mut path = path.to_owned();
        for (name, id) in &self.names {
            path = path.replace(&format!("{{{name}}}"), id);
        }
        let base = self.services.get(service).cloned().unwrap_or_default();
        let mut request = self.client.request(method.parse().unwrap(), format!("{base}{path}"));
        if let Some(token) = self.tokens.get(token) {
            request = request.header("X-Auth-Token", token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map(|body| body.to_string());
        let mut what = format!("{token}: {call}");
        if let Some(body) = body {
            // An address that was free is sent on.
            let said = serde_json::from_str(&body)
                .map_or_else(|_| body.clone(), |body| self.compared(body).to_string());
            what += &format!(" {}", self.anonymous(&said));
            request = request.header("Content-Type", "application/json").body(body);
        }
        headers.iter().for_each(|(name, value)| what += &format!(" [{name}: {value}]"));
        self.send(&what, request).await.1
    }

    async fn send(&mut self, what: &str, request: reqwest::RequestBuilder) -> (Option<String>, Value) {
        let what = what.to_owned();
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(_) => {
                self.seen.push(Seen { what, status: 0, headers: BTreeMap::new(), body: Value::Null });
                return (None, Value::Null);
            }
        };
        let status = answer.status().as_u16();
        let token = answer.headers().get("x-subject-token").and_then(|value| value.to_str().ok());
        let token = token.map(str::to_owned);
        let mut headers = BTreeMap::new();
        for (name, value) in answer.headers() {
            let value = value.to_str().unwrap_or_default();
            let shown = match name.as_str() {
                "x-openstack-request-id" | "x-compute-request-id" if value.starts_with("req-") => "req-…",
                "x-subject-token" => "a token",
                "openstack-api-version" | "x-openstack-nova-api-version" | "www-authenticate" => value,
                _ => continue,
            };
            headers.insert(name.to_string(), self.anonymous(shown));
        }
        let text = answer.text().await.unwrap_or_default();
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        let shown = self.compared(body.clone());
        self.seen.push(Seen { what, status, headers, body: shown });
        (token, body)
    }

    /// The last answer's rows, cut to those of the script's own objects (or with this text in them).
    pub(crate) fn keep_rows(&mut self, key: &str, with: &str) {
        let Some(seen) = self.seen.last_mut() else { return };
        if let Some(rows) = seen.body.get_mut(key).and_then(Value::as_array_mut) {
            rows.retain(|row| row.to_string().contains(with));
        }
    }

    /// Other objects of the cloud count in the last answer's key, so it is not compared.
    pub(crate) fn drop_key(&mut self, key: &str) {
        if let Some(body) = self.seen.last_mut().and_then(|seen| seen.body.as_object_mut()) {
            body.remove(key);
        }
    }

    /// Of a listing, only whether there is anything in it: what there is differs. A refusal is compared whole.
    pub(crate) fn keep_emptiness(&mut self) {
        let Some(seen) = self.seen.last_mut().filter(|seen| seen.status == 200) else { return };
        let rows = seen.body.as_object().into_iter().flatten().filter(|(key, _)| !key.ends_with("links"));
        let empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
        seen.body = rows.map(|(key, value)| json!({"what": key, "empty": empty(value)})).collect();
    }

    /// Of the last answer, where it is no refusal, these fields alone are compared: of the rows under a key, or of the one that it is.
    pub(crate) fn keep_only(&mut self, key: &str, fields: &[&str]) {
        let Some(seen) = self.seen.last_mut().filter(|seen| seen.status < 300) else { return };
        let links = format!("{key}_links");
        let Some(body) = seen.body.as_object_mut() else { return };
        if !body.contains_key(key) {
            seen.body = fields_of(&seen.body, fields);
            return;
        }
        for (name, value) in body.iter_mut() {
            match name.as_str() {
                // Addresses are written in another order.
                name if name == links || name == "next" => {
                    *value = json!(!value.as_array().is_some_and(Vec::is_empty))
                }
                _ => *value = fields_of(value, fields),
            }
        }
    }

    /// Of the last answer's objects, and of the rows in it, only these fields are compared. A refusal is compared whole.
    pub(crate) fn keep_fields(&mut self, fields: &[&str]) {
        let Some(seen) = self.seen.last_mut().filter(|seen| seen.status < 300) else { return };
        let cut = |row: &mut Value| {
            if let Some(row) = row.as_object_mut() {
                row.retain(|key, _| fields.contains(&key.as_str()));
            }
        };
        for (key, value) in seen.body.as_object_mut().into_iter().flatten() {
            match value {
                Value::Array(rows) if !key.ends_with("_links") => rows.iter_mut().for_each(cut),
                Value::Object(_) => cut(value),
                _ => {}
            }
        }
    }

    /// Of a listing of extensions, only their aliases.
    pub(crate) fn keep_aliases(&mut self) {
        self.keep_fields(&["alias"]);
    }

    /// Of a refusal, only its type: its words are of the service's own code.
    pub(crate) fn keep_type(&mut self) {
        if let Some(seen) = self.seen.last_mut() {
            seen.body = seen.body["NeutronError"]["type"].clone();
        }
    }

    /// The last answer again, with the names that were given since.
    pub(crate) fn mask_last(&mut self) {
        if let Some(body) = self.seen.last().map(|seen| self.compared(seen.body.clone())) {
            self.seen.last_mut().unwrap().body = body;
        }
    }

    /// Only the status and headers of the last answer are compared.
    pub(crate) fn keep_status(&mut self) {
        if let Some(seen) = self.seen.last_mut() {
            seen.body = Value::Null;
        }
    }

    /// Takes out what differs between clouds and between runs.
    fn compared(&self, value: Value) -> Value {
        match value {
            Value::String(text) => {
                // Keystone and Nova append the whole schema to what is wrong.
                let text = text.split("\n\n").next().unwrap_or_default();
                Value::String(in_order(&self.anonymous(text)))
            }
            Value::Array(rows) => {
                let mut rows: Vec<Value> = rows.into_iter().map(|row| self.compared(row)).collect();
                // No order was asked for, so none counts.
                rows.sort_by_key(Value::to_string);
                Value::Array(rows)
            }
            Value::Object(object) => {
                let embedded = object.contains_key("standard_attr_id");
                let row = object.into_iter().filter_map(|(key, value)| {
                    let value = match key.as_str() {
                        "created_at" | "updated_at" | "issued_at" | "expires_at" => json!("a time"),
                        "secret" => json!("a secret"),
                        // Which address is free is chance.
                        "ip_address" | "floating_ip_address" | "fixed_ip_address" | "internal_ip_address"
                            if value.is_string() =>
                        {
                            json!("an address")
                        }
                        "audit_ids" => json!(value.as_array().map(Vec::len)),
                        "standard_attr_id" => json!("a number"),
                        // Sometimes null in a rule inside its group: only Neutron's cache knows when.
                        "belongs_to_default_sg" if embedded => return None,
                        _ => self.compared(value),
                    };
                    Some((key, value))
                });
                Value::Object(row.collect())
            }
            other => other,
        }
    }

    fn anonymous(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, id) in self.names.iter().filter(|(_, id)| id.len() > 8) {
            text = text.replace(id.as_str(), &format!("<{name}>"));
        }
        // The longest first: one simulated service's address is the beginning of no other's.
        for (kind, base) in self.services.iter().filter(|(kind, _)| *kind != "volumev3") {
            text = text.replace(&format!("{base}/"), &format!("<{kind}>/"));
            if text == *base {
                text = format!("<{kind}>");
            }
        }
        mask(&text)
    }
}

fn fields_of(value: &Value, fields: &[&str]) -> Value {
    match value {
        Value::Object(object) => {
            let kept = object.iter().filter(|(name, _)| fields.contains(&name.as_str()));
            Value::Object(kept.map(|(name, value)| (name.clone(), fields_of(value, fields))).collect())
        }
        Value::Array(rows) => {
            let mut rows: Vec<Value> = rows.iter().map(|row| fields_of(row, fields)).collect();
            rows.sort_by_key(Value::to_string);
            Value::Array(rows)
        }
        other => other.clone(),
    }
}

/// A message that lists the ports in use lists them in no order.
fn in_order(text: &str) -> String {
    match text.split_once("id for these ports is: ") {
        Some((before, ids)) => {
            let mut ids: Vec<&str> = ids.trim_end_matches('.').split(',').collect();
            ids.sort_unstable();
            format!("{before}id for these ports is: {}", ids.join(","))
        }
        None => text.to_owned(),
    }
}

/// Ids that have no name.
fn mask(text: &str) -> String {
    let mut masked = String::new();
    let mut word = String::new();
    let flush = |word: &mut String, masked: &mut String| {
        let hex = matches!(word.chars().filter(|c| *c != '-').count(), 32 | 64);
        masked.push_str(if hex { "<id>" } else { word });
        word.clear();
    };
    for character in text.chars() {
        if character.is_ascii_hexdigit() || character == '-' {
            word.push(character);
        } else {
            flush(&mut word, &mut masked);
            masked.push(character);
        }
    }
    flush(&mut word, &mut masked);
    masked
}
