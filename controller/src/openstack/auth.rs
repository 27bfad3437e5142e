//! A credential and its scope as Keystone's v3 API takes them.

use bytes::Bytes;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::config::{CloudConfig, Credential, DomainRef, Owned, Scope};

/// The body of `POST /v3/auth/tokens`. It holds the secret: it goes nowhere but there.
pub(super) fn body(config: &CloudConfig) -> Bytes {
    let mut auth = json!({"identity": identity(&config.credential)});
    if let (Some(scope), Some(auth)) = (scope(&config.scope), auth.as_object_mut()) {
        auth.insert("scope".to_owned(), scope);
    }
    json!({"auth": auth}).to_string().into()
}

fn identity(credential: &Credential) -> Value {
    match credential {
        Credential::Password { user, password } => {
            let mut user = owned(user);
            insert(&mut user, "password", password.expose_secret());
            json!({"methods": ["password"], "password": {"user": user}})
        }
        Credential::ApplicationCredential { id, secret } => json!({
            "methods": ["application_credential"],
            "application_credential": {"id": id, "secret": secret.expose_secret()},
        }),
        Credential::NamedApplicationCredential { name, user, secret } => json!({
            "methods": ["application_credential"],
            "application_credential": {"name": name, "user": owned(user), "secret": secret.expose_secret()},
        }),
        Credential::Token(token) => json!({"methods": ["token"], "token": {"id": token.expose_secret()}}),
    }
}

fn scope(scope: &Scope) -> Option<Value> {
    match scope {
        Scope::Project(project) => Some(json!({"project": owned(project)})),
        Scope::System => Some(json!({"system": {"all": true}})),
        Scope::Bound => None,
    }
}

fn owned(one: &Owned) -> Value {
    match one {
        Owned::Id(id) => json!({"id": id}),
        Owned::Name { name, domain } => json!({"name": name, "domain": match domain {
            DomainRef::Id(id) => json!({"id": id}),
            DomainRef::Name(name) => json!({"name": name}),
        }}),
    }
}

fn insert(object: &mut Value, key: &str, value: &str) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), Value::String(value.to_owned()));
    }
}
