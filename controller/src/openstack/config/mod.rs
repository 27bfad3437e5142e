//! `clouds.yaml`, `secure.yaml` and `OS_*` → a [`CloudConfig`].
//!
//! What comes in: files at the places where OpenStack's clients look, the environment as a map, or the content of a Secret. What goes out: where
//! to log in, as whom, with which scope, and how the servers' certificates are judged; or the file, the cloud and the field
//! that is wrong.
//!
//! # Guarantees
//! A field that would change what is reached and is not supported here is refused, not passed over. Passwords stand in no
//! error and no `Debug`.

mod entry;
mod error;
mod files;
mod parse;

use std::collections::BTreeMap;

use secrecy::SecretString;
use url::Url;

pub use error::ConfigError;
pub use files::{Environment, from_secret, local};

use super::catalog::versioned;
use crate::model::cloud::CloudIdentity;
use crate::observe::Service;

/// All that is needed to reach one cloud with one credential.
#[derive(Clone, Debug)]
pub struct CloudConfig {
    /// For messages: the file and the cloud in it, or the environment.
    pub source_name: String,
    /// Keystone, without a version.
    pub auth_url: Url,
    /// As whom.
    pub credential: Credential,
    /// With which scope.
    pub scope: Scope,
    /// The region, where one is chosen.
    pub region: Option<String>,
    /// Which of a service's endpoints.
    pub interface: Interface,
    /// Endpoints that are given instead of the catalogue's.
    pub overrides: BTreeMap<Service, Url>,
    /// How the servers' certificates are judged.
    pub trust: Trust,
    /// What works and should not stay.
    pub warnings: Vec<String>,
}

impl CloudConfig {
    /// Which cloud this is. An endpoint that is given in place of the catalogue's leads to another one.
    pub fn identity(&self) -> CloudIdentity {
        let given = self.overrides.iter().map(|(service, url)| {
            // Two spellings of one endpoint, with its version and without, are one.
            let url = versioned(*service, url.clone());
            (service.to_string(), url.as_str().trim_end_matches('/').to_owned())
        });
        CloudIdentity {
            auth_url: self.auth_url.as_str().trim_end_matches('/').to_owned(),
            region: self.region.clone().unwrap_or_default(),
            endpoints: given.collect(),
        }
    }

    /// Whether a second entry, for Keystone alone, logs in at the same place; or which field differs.
    pub(super) fn differs_from(&self, other: &Self) -> Option<&'static str> {
        let keystone = |config: &Self| config.overrides.get(&Service::Identity).cloned();
        match () {
            () if self.auth_url != other.auth_url => Some("their auth_url differs"),
            () if keystone(self) != keystone(other) => Some("their identity_endpoint_override differs"),
            () => None,
        }
    }
}

/// As whom one logs in.
#[derive(Clone, Debug)]
pub enum Credential {
    /// User and password.
    Password {
        /// The user.
        user: Owned,
        /// The password.
        password: SecretString,
    },
    /// An application credential by its id.
    ApplicationCredential {
        /// Its id.
        id: String,
        /// Its secret.
        secret: SecretString,
    },
    /// An application credential by its name and its user.
    NamedApplicationCredential {
        /// Its name.
        name: String,
        /// Its user.
        user: Owned,
        /// Its secret.
        secret: SecretString,
    },
    /// A token that was made before; it cannot be renewed past its own end.
    Token(SecretString),
}

/// A user or project, by id or by name and domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owned {
    /// By id.
    Id(String),
    /// By name.
    Name {
        /// Its name.
        name: String,
        /// Its domain.
        domain: DomainRef,
    },
}

/// A domain, by id or by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DomainRef {
    /// By id.
    Id(String),
    /// By name.
    Name(String),
}

/// What a token is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A project.
    Project(Owned),
    /// The whole system.
    System,
    /// What the credential itself is bound to.
    Bound,
}

/// Which of a service's endpoints is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interface {
    /// For everyone.
    #[default]
    Public,
    /// For the cloud's own networks.
    Internal,
    /// For administration.
    Admin,
}

impl Interface {
    /// As the catalogue spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Admin => "admin",
        }
    }
}

/// How the servers' certificates are judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// By the authorities that this machine trusts.
    Platform,
    /// By these authorities alone, in PEM.
    Only(Vec<u8>),
    /// Not at all.
    Anyone,
}
