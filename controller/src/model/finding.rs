//! What is not true.

use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::certificate::Place;
use super::cloud::{Assignment, QuotaService};
use super::desired::{DesiredRule, GroupName, TenantName};
use super::ids::RuleId;
use super::rule::{Direction, Rule};
use super::snapshot::Unknown;

/// One thing that is not as declared, or that could not be told. The order puts the worst first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// How bad it is; the worst come first.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// Which part of it.
    pub aspect: Aspect,
    /// Missing, extra, changed or unknowable.
    pub kind: FindingKind,
    /// What was declared.
    pub expected: Option<String>,
    /// What was seen.
    pub actual: Option<String>,
    /// More in words.
    pub message: Option<String>,
    /// The stable name of why it could not be told, where something failed to be seen.
    pub unseen: Option<String>,
}

/// What a finding is about, by the names that people use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// A project.
    Tenant(TenantName),
    /// All projects of the domain of this name.
    TenantsOf(String),
    /// A security group.
    SecurityGroup(GroupName),
    /// A certificate by its name in the spec, at one place; at all of them where none is named.
    Certificate(String, Option<Place>),
}

/// A part of a spec that has a condition of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Domain {
    /// `spec.tenants`, `spec.unlistedTenants`.
    Tenants,
    /// `spec.securityGroups`.
    SecurityGroups,
    /// `spec.certificates`.
    Certificates,
}

impl Domain {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 3] = [Self::Tenants, Self::SecurityGroups, Self::Certificates];

    /// Whether anything of it can be corrected from here; the rest is looked at and reported.
    pub fn can_be_corrected(self) -> bool {
        match self {
            Self::Tenants | Self::SecurityGroups => true,
            Self::Certificates => false,
        }
    }
}

/// Which part of the subject a finding is about, with what a correction needs to know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// Its existence.
    Existence,
    /// Its id.
    Id,
    /// Its description.
    Description,
    /// Whether it is enabled.
    Enabled,
    /// Its tags.
    Tags,
    /// Whether it is immutable.
    Protected,
    /// One limit of one service, or all of them.
    Quota(QuotaService, Option<String>),
    /// A role on it.
    Role(RoleIs),
    /// A rule of it.
    Rule(Direction, RuleIs),
    /// A property of a certificate.
    Certificate(CertificateAspect),
}

/// A property of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CertificateAspect {
    /// The time from which it is valid.
    NotBefore,
    /// The time until which it is valid.
    NotAfter,
    /// Its names.
    Sans,
    /// Whether its chain leads to the given authority.
    Ca,
    /// Its key.
    Key,
    /// Whether all places show the same.
    SameEverywhere,
}

/// How far a role assignment is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleIs {
    /// By ids.
    Known(Assignment),
    /// A name could not be told.
    NotTold,
}

/// How far a rule is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleIs {
    /// Listed, and not there; groups by name.
    Listed(Box<DesiredRule>),
    /// There, and not listed.
    Seen(RuleId, Box<Rule>),
    /// All rules of the direction.
    All,
}

/// In which way it is not as declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum FindingKind {
    /// Listed and not there.
    Missing,
    /// There and not listed.
    Extra,
    /// There and different.
    Changed,
    /// It could not be told.
    Unknowable,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Severity {
    /// More access than declared, or none of what was declared can be relied on.
    Critical,
    /// Not as declared.
    Warning,
    /// Worth knowing.
    Info,
}

impl Finding {
    /// A finding about a subject.
    pub fn of(kind: FindingKind, severity: Severity, subject: &Subject, aspect: Aspect) -> Self {
        let subject = subject.clone();
        Self { severity, subject, aspect, kind, expected: None, actual: None, message: None, unseen: None }
    }

    /// The same, with what was declared.
    #[must_use]
    pub fn expected(self, expected: impl fmt::Display) -> Self {
        Self { expected: Some(expected.to_string()), ..self }
    }

    /// The same, with what was seen.
    #[must_use]
    pub fn actual(self, actual: impl fmt::Display) -> Self {
        Self { actual: Some(actual.to_string()), ..self }
    }

    /// The same, with more in words.
    #[must_use]
    pub fn message(self, message: impl fmt::Display) -> Self {
        Self { message: Some(message.to_string()), ..self }
    }

    /// The same, with what could not be seen.
    #[must_use]
    pub fn unseen(self, why: &Unknown) -> Self {
        Self { unseen: Some(why.reason.clone()), ..self.message(why) }
    }

    /// The field of the subject in words, such as `quotas.compute.cores`; none where the whole subject is meant.
    pub fn field(&self) -> Option<String> {
        self.aspect.field()
    }

    /// Stable short name: 16 hex digits over what it is about, its kind and its values; not over the message.
    ///
    /// A role assignment is told by its ids: two users may have one name, and a name may be unknown for a while.
    pub fn fingerprint(&self) -> String {
        let Self { severity: _, subject, aspect, kind, expected, actual, message: _, unseen: _ } = self;
        let mut parts: Vec<String> = subject.parts().into_iter().map(str::to_owned).collect();
        parts.push(aspect.field().unwrap_or_default());
        parts.push(format!("{kind:?}"));
        match aspect {
            Aspect::Role(RoleIs::Known(Assignment { project, principal, role })) => {
                parts.extend([project.to_string(), format!("{principal:?}"), role.to_string()]);
            }
            _ => parts.extend([expected.clone().unwrap_or_default(), actual.clone().unwrap_or_default()]),
        }
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        let mut name = hex::encode(hash.finalize());
        name.truncate(16);
        name
    }
}

impl Subject {
    /// Its kind and names, apart: a slash within a name makes no two subjects one.
    fn parts(&self) -> Vec<&str> {
        match self {
            Self::Tenant(TenantName { domain, name }) => vec!["tenant", domain, name],
            Self::TenantsOf(domain) => vec!["tenantsOf", domain],
            Self::SecurityGroup(GroupName { project: TenantName { domain, name: project }, name }) => {
                vec!["securityGroup", domain, project, name]
            }
            Self::Certificate(name, None) => vec!["certificate", name],
            Self::Certificate(name, Some(Place(place))) => vec!["certificate", name, place],
        }
    }

    /// The part of the spec that it belongs to.
    pub fn domain(&self) -> Domain {
        match self {
            Self::Tenant(_) | Self::TenantsOf(_) => Domain::Tenants,
            Self::SecurityGroup(_) => Domain::SecurityGroups,
            Self::Certificate(..) => Domain::Certificates,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant(name) => write!(f, "tenant {name}"),
            Self::TenantsOf(domain) => write!(f, "tenants of domain {domain}"),
            Self::SecurityGroup(name) => write!(f, "security group {name}"),
            Self::Certificate(name, None) => write!(f, "certificate {name}"),
            Self::Certificate(name, Some(place)) => write!(f, "certificate {name} at {place}"),
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tenants => "tenants",
            Self::SecurityGroups => "securityGroups",
            Self::Certificates => "certificates",
        })
    }
}

impl Aspect {
    fn field(&self) -> Option<String> {
        Some(match self {
            Self::Existence => return None,
            Self::Id => "id".to_owned(),
            Self::Description => "description".to_owned(),
            Self::Enabled => "enabled".to_owned(),
            Self::Tags => "tags".to_owned(),
            Self::Protected => "protected".to_owned(),
            Self::Quota(service, None) => format!("quotas.{service}"),
            Self::Quota(service, Some(limit)) => format!("quotas.{service}.{limit}"),
            Self::Role(_) => "roles".to_owned(),
            Self::Rule(direction, _) => direction.to_string(),
            Self::Certificate(aspect) => aspect.field().to_owned(),
        })
    }
}

impl CertificateAspect {
    fn field(self) -> &'static str {
        match self {
            Self::NotBefore => "notBefore",
            Self::NotAfter => "notAfter",
            Self::Sans => "sans",
            Self::Ca => "ca",
            Self::Key => "key",
            Self::SameEverywhere => "sameEverywhere",
        }
    }
}
