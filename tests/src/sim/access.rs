//! Who calls: the token behind `X-Auth-Token`.

use super::http::Call;
use super::world::{Scope, World};

/// The caller of one call.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) user: String,
    pub(super) scope: Option<Scope>,
    /// Names of the roles.
    pub(super) roles: Vec<String>,
}

impl Caller {
    /// Believes a token as a service does that keeps what Keystone once said of it.
    pub(super) fn of(world: &World, call: &Call) -> Option<Self> {
        let token = world.tokens.get(call.header("X-Auth-Token")?)?;
        if token.expires <= jiff::Timestamp::now() {
            return None;
        }
        let name = |id: &String| world.roles.get(id).map(|role| role.name.clone());
        let roles = token.roles.iter().filter_map(name).collect();
        Some(Self { user: token.user.clone(), scope: token.scope.clone(), roles })
    }

    pub(super) fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }

    pub(super) fn has_any(&self, roles: &[&str]) -> bool {
        roles.iter().any(|role| self.has(role))
    }

    pub(super) fn project(&self) -> Option<&str> {
        match &self.scope {
            Some(Scope::Project(id)) => Some(id),
            Some(Scope::Domain(_) | Scope::System) | None => None,
        }
    }

    pub(super) fn system(&self) -> bool {
        self.scope == Some(Scope::System)
    }

    /// `admin` on a project: what most services call an administrator.
    pub(super) fn project_admin(&self) -> bool {
        self.project().is_some() && self.has("admin")
    }
}
