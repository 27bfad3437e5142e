//! What a TenantOffboard asks for, after validation: nothing of this project remains.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::IntoDeserializer;
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Serialize};

use super::ids::ProjectId;
use super::inventory::{ResourceKey, ResourceType};

/// Something that stays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kept {
    /// Every resource of a type.
    Type(ResourceType),
    /// The one with this id, of whatever type.
    Id(String),
}

/// The tenant that leaves: its id, its name and its domain's name, each typed by a person, and each must be what Keystone says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Leaving {
    /// Its id: 32 hexadecimal digits.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// The name of its domain.
    pub domain: String,
    /// Whether the project itself goes, by a second plan.
    pub delete_project: bool,
    /// What nothing here sweeps and may hold something: a person has seen to it.
    pub accept_uncovered: BTreeSet<String>,
    /// What stays, and why.
    pub keep: BTreeMap<Kept, String>,
}

/// Domains and projects that never leave, whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protected {
    /// Names of domains: every project in them.
    pub domains: BTreeSet<String>,
    /// Projects, as domain and name.
    pub projects: BTreeSet<(String, String)>,
}

impl Default for Protected {
    /// What a cloud cannot be without; it cannot be taken out.
    fn default() -> Self {
        let pair = |name: &str| ("default".to_owned(), name.to_owned());
        Self {
            domains: ["admin_domain", "service_domain"].map(str::to_owned).into(),
            projects: ["admin", "service", "services"].map(pair).into(),
        }
    }
}

/// Whether two names may be of one domain or project: Keystone's database knows no case and no blanks at the end, and whoever writes a
/// list leaves a blank after a comma.
pub fn same_name(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

impl Leaving {
    /// Why a resource stays, where it was asked to.
    pub fn kept(&self, key: &ResourceKey) -> Option<&str> {
        let by_id = self.keep.get(&Kept::Id(key.id.clone()));
        by_id.or_else(|| self.keep.get(&Kept::Type(key.kind))).map(String::as_str)
    }
}

impl From<&str> for Kept {
    /// The name of a type, such as `volume` or `floatingIp`; all else is an id.
    fn from(text: &str) -> Self {
        let named: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
        ResourceType::deserialize(named).map_or_else(|_| Self::Id(text.to_owned()), Self::Type)
    }
}

impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Type(kind) => write!(f, "every {kind}"),
            Self::Id(id) => f.write_str(id),
        }
    }
}
