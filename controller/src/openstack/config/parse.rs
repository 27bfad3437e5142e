//! The fields of one cloud → [`CloudConfig`].

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::entry::Entry;
use super::{CloudConfig, ConfigError, Credential, DomainRef, Interface, Owned, Scope, Trust};
use crate::observe::Service;

/// Understands an entry. `read_cacert` turns the `cacert` of the entry, where it has one, into PEM.
pub(super) fn parse(
    entry: &Entry,
    read_cacert: impl FnOnce(&Entry, Option<String>) -> Result<Option<Vec<u8>>, ConfigError>,
) -> Result<CloudConfig, ConfigError> {
    refuse_unsupported(entry)?;
    let credential = credential(entry)?;
    let scope = scope(entry, &credential)?;
    let mut warnings = Vec::new();
    let bundle = read_cacert(entry, entry.text(&["cacert"])?)?;
    let trust = trust(entry, bundle, &mut warnings)?;
    Ok(CloudConfig {
        source_name: entry.source_name.clone(),
        auth_url: auth_url(entry)?,
        credential,
        scope,
        region: region(entry)?,
        interface: interface(entry)?,
        overrides: overrides(entry)?,
        trust,
        warnings,
    })
}

fn refuse_unsupported(entry: &Entry) -> Result<(), ConfigError> {
    let refused = [
        ("profile", "vendor profiles are not supported: write auth_url and region_name out"),
        ("cert", "client certificates are not supported"),
        ("trust_id", "trusts are not supported: use an application credential"),
        ("passcode", "second factors are not supported: use an application credential"),
    ];
    for (field, why) in refused {
        if entry.text(&[field])?.is_some() {
            return Err(entry.wrong(field, why));
        }
    }
    Ok(())
}

/// Keystone's URL without the version, so that both spellings are one cloud.
fn auth_url(entry: &Entry) -> Result<Url, ConfigError> {
    let text = entry.needed(&["auth_url"])?;
    let mut url = http_url(entry, "auth.auth_url", &text)?;
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v3").or_else(|| path.strip_suffix("/v2.0")).unwrap_or(path).to_owned();
    url.set_path(&path);
    Ok(url)
}

fn http_url(entry: &Entry, field: &str, text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).map_err(|why| entry.wrong(field, format!("is not a URL: {why}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(entry.wrong(field, "is not an http or https URL"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(entry.wrong(field, "carries a user or password: give them in fields of their own"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(entry.wrong(field, "has a query or fragment"));
    }
    Ok(url)
}

fn credential(entry: &Entry) -> Result<Credential, ConfigError> {
    match entry.text(&["auth_type"])?.as_deref() {
        Some("password" | "v3password") => password(entry),
        Some("v3applicationcredential") => application_credential(entry),
        Some("token" | "v3token") => token(entry),
        Some(other) => Err(entry.wrong(
            "auth_type",
            format!("{other} is not supported: use password, v3applicationcredential or v3token"),
        )),
        None if entry.text(&["application_credential_secret"])?.is_some() => application_credential(entry),
        None if entry.text(&["token"])?.is_some() => token(entry),
        None => password(entry),
    }
}

fn password(entry: &Entry) -> Result<Credential, ConfigError> {
    let user = user(entry)?.ok_or_else(|| entry.wrong("auth.username", "is missing"))?;
    Ok(Credential::Password { user, password: secret(entry, "password")? })
}

fn application_credential(entry: &Entry) -> Result<Credential, ConfigError> {
    let secret = secret(entry, "application_credential_secret")?;
    if let Some(id) = entry.text(&["application_credential_id"])? {
        return Ok(Credential::ApplicationCredential { id, secret });
    }
    let name = entry.text(&["application_credential_name"])?;
    let name = name.ok_or_else(|| entry.wrong("auth.application_credential_id", "is missing"))?;
    let user = user(entry)?.ok_or_else(|| {
        entry.wrong("auth.username", "is missing: a named application credential needs its user")
    })?;
    Ok(Credential::NamedApplicationCredential { name, user, secret })
}

fn token(entry: &Entry) -> Result<Credential, ConfigError> {
    Ok(Credential::Token(secret(entry, "token")?))
}

fn secret(entry: &Entry, name: &str) -> Result<SecretString, ConfigError> {
    let missing = || entry.wrong(format!("auth.{name}"), "is missing");
    entry.text(&[name])?.map(SecretString::from).ok_or_else(missing)
}

fn user(entry: &Entry) -> Result<Option<Owned>, ConfigError> {
    owned(entry, &["user_id"], &["username", "user_name"], &["user_domain_id"], &["user_domain_name"])
}

fn project(entry: &Entry) -> Result<Option<Owned>, ConfigError> {
    owned(
        entry,
        &["project_id", "tenant_id"],
        &["project_name", "tenant_name"],
        &["project_domain_id"],
        &["project_domain_name"],
    )
}

fn owned(
    entry: &Entry,
    id: &[&str],
    name: &[&str],
    domain_id: &[&str],
    domain_name: &[&str],
) -> Result<Option<Owned>, ConfigError> {
    if let Some(id) = entry.text(id)? {
        return Ok(Some(Owned::Id(id)));
    }
    let Some(name) = entry.text(name)? else { return Ok(None) };
    let chosen = match entry.text(domain_id)? {
        Some(id) => Some(DomainRef::Id(id)),
        None => entry.text(domain_name)?.map(DomainRef::Name),
    };
    let domain = match chosen {
        Some(domain) => domain,
        None => default_domain(entry)?
            .ok_or_else(|| entry.wrong(format!("auth.{}", domain_name.join(", ")), "is missing"))?,
    };
    Ok(Some(Owned::Name { name, domain }))
}

fn default_domain(entry: &Entry) -> Result<Option<DomainRef>, ConfigError> {
    match entry.text(&["default_domain_id", "default_domain"])? {
        Some(id) => Ok(Some(DomainRef::Id(id))),
        None => Ok(entry.text(&["default_domain_name"])?.map(DomainRef::Name)),
    }
}

fn scope(entry: &Entry, credential: &Credential) -> Result<Scope, ConfigError> {
    let bound = match credential {
        // An application credential has its project; Keystone refuses any scope beside it.
        Credential::ApplicationCredential { .. } | Credential::NamedApplicationCredential { .. } => {
            return Ok(Scope::Bound);
        }
        Credential::Token(_) => Some(Scope::Bound),
        Credential::Password { .. } => None,
    };
    if let Some(system) = entry.text(&["system_scope"])? {
        return match system.as_str() {
            "all" => Ok(Scope::System),
            _ => Err(entry.wrong("auth.system_scope", "the only system scope is all")),
        };
    }
    if let Some(project) = project(entry)? {
        return Ok(Scope::Project(project));
    }
    if entry.text(&["domain_id", "domain_name"])?.is_some() {
        let why = "with a domain's scope Keystone lists that domain alone and does not say so: give project_name, or system_scope: all";
        return Err(entry.wrong("auth.domain_name", why));
    }
    bound.ok_or_else(|| entry.wrong("auth.project_name", "is missing: give it, or system_scope: all"))
}

fn region(entry: &Entry) -> Result<Option<String>, ConfigError> {
    if let Some(region) = entry.text(&["region_name"])? {
        return Ok(Some(region));
    }
    let Some(regions) = entry.fields.get("regions") else { return Ok(None) };
    let name = |region: &Value| region.as_str().or_else(|| region.get("name")?.as_str()).map(str::to_owned);
    match regions.as_array().map(Vec::as_slice) {
        Some([region]) => Ok(name(region)),
        _ => {
            Err(entry
                .wrong("region_name", "is missing, and regions lists several: one audit reads one region"))
        }
    }
}

fn interface(entry: &Entry) -> Result<Interface, ConfigError> {
    let given = entry.text(&["interface", "endpoint_type", "os_interface"])?;
    match given.as_deref().map(|name| name.trim_end_matches("URL")) {
        None | Some("public") => Ok(Interface::Public),
        Some("internal") => Ok(Interface::Internal),
        Some("admin") => Ok(Interface::Admin),
        Some(_) => Err(entry.wrong("interface", "is none of public, internal and admin")),
    }
}

fn overrides(entry: &Entry) -> Result<BTreeMap<Service, Url>, ConfigError> {
    let mut all = BTreeMap::new();
    for service in Service::ALL {
        for alias in service.types() {
            let field = format!("{}_endpoint_override", alias.replace('-', "_"));
            if let Some(url) = entry.text(&[&field])? {
                let url = http_url(entry, &field, &url)?;
                all.entry(service).or_insert(url);
            }
        }
    }
    Ok(all)
}

fn trust(entry: &Entry, bundle: Option<Vec<u8>>, warnings: &mut Vec<String>) -> Result<Trust, ConfigError> {
    let unverified = entry.truth("verify")? == Some(false) || entry.truth("insecure")? == Some(true);
    if unverified {
        let source = &entry.source_name;
        warnings.push(format!(
            "{source}: verify: false; anyone on the way can read the password: give cacert instead"
        ));
        return Ok(Trust::Anyone);
    }
    Ok(bundle.map_or(Trust::Platform, Trust::Only))
}
