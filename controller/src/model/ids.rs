//! Ids as newtypes, so that a group's id cannot be given where a project's is asked for.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }
    )+};
}

id! {
    /// Id of a Keystone domain.
    DomainId,
    /// Id of a Keystone project.
    ProjectId,
    /// Id of a Keystone user.
    UserId,
    /// Id of a Keystone group.
    GroupId,
    /// Id of a Keystone role.
    RoleId,
    /// Id of a Neutron security group.
    SecurityGroupId,
    /// Id of a Neutron security-group rule.
    RuleId,
    /// Id of a Neutron address group.
    AddressGroupId,
}
