//! What becomes of `clouds.yaml`, `secure.yaml`, `OS_*` and a Secret.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::fs;

use cloudspec::observe::Service;
use cloudspec::openstack::{
    CloudConfig, ConfigError, Credential, DomainRef, Environment, Interface, Owned, Scope, Trust,
    from_secret, local,
};
use secrecy::ExposeSecret;

const PLAIN: &str = "
clouds:
  base: &base
    region_name: RegionOne
    auth: &auth
      auth_url: https://keystone.example:5000/v3/
      username: u
      password: '0123'
      user_domain_name: Default
      project_name: p
      project_domain_id: default
  derived:
    <<: *base
    interface: internalURL
  unquoted:
    auth: {<<: *auth, password: 0123}
";

fn cloud(name: &str, text: &str) -> Result<CloudConfig, ConfigError> {
    from_secret("lab", text, None, name)
}

/// A cloud `c` with these fields beside `auth_url`, `username`, `password` and a project.
fn with(fields: &str) -> Result<CloudConfig, ConfigError> {
    let auth = "auth: {auth_url: 'http://k:5000', username: u, password: s3cret-canary, user_domain_id: d, project_id: p}";
    cloud("c", &format!("clouds:\n  c:\n    {auth}\n    {fields}\n"))
}

fn wrong(result: Result<CloudConfig, ConfigError>) -> String {
    let error = result.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    error.to_string()
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_plain_cloud_is_understood() {
    let config = cloud("base", PLAIN).unwrap();
    assert_eq!(config.auth_url.as_str(), "https://keystone.example:5000/");
    assert_eq!(config.identity().auth_url, "https://keystone.example:5000");
    assert_eq!(config.identity().region, "RegionOne");
    let domain = DomainRef::Name("Default".into());
    let Credential::Password { user, password } = &config.credential else { unreachable!() };
    assert_eq!(*user, Owned::Name { name: "u".into(), domain });
    assert_eq!(password.expose_secret(), "0123");
    let domain = DomainRef::Id("default".into());
    assert_eq!(config.scope, Scope::Project(Owned::Name { name: "p".into(), domain }));
    assert_eq!((config.interface, &config.trust), (Interface::Public, &Trust::Platform));
    assert!(config.warnings.is_empty());
}

#[test]
fn anchors_and_merge_keys_work() {
    let config = cloud("derived", PLAIN).unwrap();
    assert_eq!((config.region.as_deref(), config.interface), (Some("RegionOne"), Interface::Internal));
    let Credential::Password { password, .. } = cloud("unquoted", PLAIN).unwrap().credential else {
        unreachable!()
    };
    assert_eq!(password.expose_secret(), "0123", "the leading zero stays");
}

#[test]
fn both_spellings_of_keystones_url_are_one_cloud() {
    for url in ["http://k:5000", "http://k:5000/", "http://k:5000/v3", "http://k:5000/v3/"] {
        let text = PLAIN.replace("https://keystone.example:5000/v3/", url);
        assert_eq!(cloud("base", &text).unwrap().identity().auth_url, "http://k:5000", "{url}");
    }
    let text = PLAIN.replace("keystone.example:5000/v3/", "k/identity/v3");
    assert_eq!(cloud("base", &text).unwrap().identity().auth_url, "https://k/identity");
}

#[test]
fn application_credentials_have_their_scope_in_them() {
    let text = "clouds: {c: {auth_type: v3applicationcredential, auth: {auth_url: 'http://k', application_credential_id: i, application_credential_secret: s}}}";
    let config = cloud("c", text).unwrap();
    assert!(matches!(&config.credential, Credential::ApplicationCredential { id, .. } if id == "i"));
    assert_eq!(config.scope, Scope::Bound);
    let text = "clouds: {c: {auth: {auth_url: 'http://k', application_credential_name: n, username: u, user_domain_name: D, application_credential_secret: s}}}";
    let named = cloud("c", text).unwrap();
    assert!(matches!(&named.credential, Credential::NamedApplicationCredential { name, .. } if name == "n"));
}

#[test]
fn the_systems_scope_and_tokens_work() {
    let text = "clouds: {c: {auth: {auth_url: 'http://k', username: u, user_domain_id: d, password: s, system_scope: all}}}";
    assert_eq!(cloud("c", text).unwrap().scope, Scope::System);
    let text = "clouds: {c: {auth_type: v3token, auth: {auth_url: 'http://k', token: t}}}";
    let config = cloud("c", text).unwrap();
    assert!(matches!(config.credential, Credential::Token(_)));
}

#[test]
fn fields_beside_auth_and_default_domains_work() {
    let text = "clouds: {c: {auth_url: 'http://k', username: u, password: s, tenant_name: p, default_domain: d, regions: [One]}}";
    let config = cloud("c", text).unwrap();
    let domain = DomainRef::Id("d".into());
    assert_eq!(config.scope, Scope::Project(Owned::Name { name: "p".into(), domain }));
    assert_eq!(config.region.as_deref(), Some("One"));
}

#[test]
fn endpoints_can_be_given() {
    let fields =
        "network_endpoint_override: 'http://n:9696'\n    volumev3_endpoint_override: 'http://c:8776/v3/p'";
    let overrides = with(fields).unwrap().overrides;
    assert_eq!(overrides[&Service::Network].as_str(), "http://n:9696/");
    assert_eq!(overrides[&Service::BlockStorage].as_str(), "http://c:8776/v3/p");
}

#[test]
fn unverified_servers_are_taken_with_a_warning() {
    let config = with("verify: false").unwrap();
    assert_eq!(config.trust, Trust::Anyone);
    assert!(config.warnings[0].contains("verify: false"));
}

#[test]
fn a_private_authority_comes_as_a_file_or_in_the_secret() {
    let directory = tempfile::tempdir().unwrap();
    let pem = directory.path().join("ca.pem");
    fs::write(&pem, "PEM").unwrap();
    fs::write(
        directory.path().join("clouds.yaml"),
        PLAIN.replace("region_name", "cacert: ~/ca.pem\n    region_name"),
    )
    .unwrap();
    let environment = environment(&[("HOME", directory.path().to_str().unwrap())]);
    let config = local(Some("base"), &environment, directory.path()).unwrap();
    assert_eq!(config.trust, Trust::Only(b"PEM".to_vec()));
    let config = from_secret("lab", PLAIN, Some(b"PEM"), "base").unwrap();
    assert_eq!(config.trust, Trust::Only(b"PEM".to_vec()));
    assert!(wrong(with("cacert: /etc/ca.pem")).contains("cacert: a path means nothing in a Secret"));
}

#[test]
fn secure_yaml_lies_over_clouds_yaml() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join(".config/openstack");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("clouds.yaml"), PLAIN).unwrap();
    fs::write(config.join("secure.yaml"), "clouds: {base: {auth: {password: other}}}").unwrap();
    let environment = environment(&[("HOME", directory.path().to_str().unwrap()), ("OS_CLOUD", "base")]);
    let config = local(None, &environment, std::path::Path::new("/")).unwrap();
    let Credential::Password { password, .. } = &config.credential else { unreachable!() };
    assert_eq!(password.expose_secret(), "other");
    assert!(config.source_name.ends_with(".config/openstack/clouds.yaml"), "{}", config.source_name);
}

#[test]
fn the_environment_alone_is_enough() {
    let variables = [
        ("OS_AUTH_URL", "http://k:5000/v3"),
        ("OS_USERNAME", "u"),
        ("OS_PASSWORD", "s"),
        ("OS_USER_DOMAIN_NAME", "Default"),
        ("OS_PROJECT_NAME", "p"),
        ("OS_PROJECT_DOMAIN_NAME", "Default"),
        ("OS_REGION_NAME", "One"),
        ("OS_ENDPOINT_TYPE", "internalURL"),
        ("OS_INSECURE", "true"),
        ("OS_TENANT_NAME", ""),
    ];
    let config = local(None, &environment(&variables), std::path::Path::new("/nowhere")).unwrap();
    assert_eq!((config.region.as_deref(), config.interface), (Some("One"), Interface::Internal));
    assert_eq!(config.trust, Trust::Anyone);
}

#[test]
fn what_is_wrong_is_said_with_the_file_the_cloud_and_the_field() {
    let cases = [
        (with("interface: sideways"), "interface: is none of public, internal and admin"),
        (with("auth_type: v3oidcpassword"), "auth_type: v3oidcpassword is not supported"),
        (with("profile: vexxhost"), "profile: vendor profiles are not supported"),
        (with("cert: /x"), "cert: client certificates are not supported"),
        (with("verify: perhaps"), "verify: is neither true nor false"),
        (with("regions: [One, Two]"), "region_name: is missing, and regions lists several"),
        (with("compute_endpoint_override: nova"), "compute_endpoint_override: is not a URL"),
        (
            with("compute_endpoint_override: 'ftp://nova'"),
            "compute_endpoint_override: is not an http or https URL",
        ),
        (
            cloud("x", PLAIN),
            "failed to find cloud \"x\" in clouds.yaml of Secret lab; there are base, derived, unquoted",
        ),
        (cloud("c", "clouds: {c: {auth: {}}}"), "auth.username: is missing"),
        (cloud("c", "clouds: {c: 1}"), "cloud c has no fields"),
        (cloud("c", "cloud: {}"), "it has no clouds"),
        (cloud("c", "clouds: {c: [s3cret-canary"), "it is not YAML at line 1"),
        (cloud("c", "clouds: {c: {}, c: {}}"), "it is not YAML at line 1"),
        (
            cloud("c", "clouds: {c: {auth: {username: u, user_domain_id: d, password: 12}}}"),
            "auth.password: is not text for YAML: put it in quotes",
        ),
        (cloud("c", "clouds: {c: {auth: {username: u, password: s}}}"), "user_domain_name: is missing"),
        (
            cloud("c", "clouds: {c: {auth: {username: u, user_domain_id: d, password: s}}}"),
            "auth.project_name: is missing: give it, or system_scope: all",
        ),
        (
            cloud("c", "clouds: {c: {auth: {username: u, user_domain_id: d, password: s, domain_name: D}}}"),
            "auth.domain_name: with a domain's scope",
        ),
        (
            cloud(
                "c",
                "clouds: {c: {auth: {username: u, user_domain_id: d, password: s, system_scope: some}}}",
            ),
            "auth.system_scope: the only",
        ),
        (
            cloud("c", "clouds: {c: {auth: {username: u, user_domain_id: d, password: s, project_id: p}}}"),
            "auth_url: is missing",
        ),
        (
            cloud(
                "c",
                "clouds: {c: {auth: {auth_url: 'http://u:s3cret-canary@k', username: u, user_domain_id: d, password: s, project_id: p}}}",
            ),
            "auth.auth_url: carries a user or password",
        ),
    ];
    for (result, expected) in cases {
        let said = wrong(result);
        assert!(said.contains(expected), "{said:?} does not say {expected:?}");
        assert!(said.contains("clouds.yaml of Secret lab"), "{said:?}");
    }
}

#[test]
fn a_named_file_that_is_missing_is_not_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("clouds.yaml"), PLAIN).unwrap();
    let environment = environment(&[("OS_CLIENT_CONFIG_FILE", "/nowhere/clouds.yaml")]);
    assert!(wrong(local(Some("base"), &environment, directory.path())).contains("/nowhere/clouds.yaml"));
}

#[test]
fn without_a_choice_or_a_file_the_ways_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let said = wrong(local(None, &Environment::new(), directory.path()));
    assert!(said.contains("OS_CLIENT_CONFIG_FILE") || said.contains("/etc/openstack"), "{said}");
    fs::write(directory.path().join("clouds.yaml"), PLAIN).unwrap();
    let said = wrong(local(None, &Environment::new(), directory.path()));
    assert!(said.contains("--os-cloud") && said.contains("base, derived"), "{said}");
}
