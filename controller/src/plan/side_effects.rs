//! What others lose by a call, and how far it can be taken back.

use std::collections::BTreeSet;

use super::names::Names;
use crate::model::action::ProjectChange;
use crate::model::cloud::{ApplicationCredential, Principal};
use crate::model::ids::{ProjectId, UserId};
use crate::model::{Action, Class, Sighting, Snapshot};

/// The class of a call and what others lose by it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) class: Class,
    pub(super) side_effects: BTreeSet<String>,
}

pub(super) fn of(action: &Action, snapshot: &Snapshot) -> Loss {
    match action {
        Action::CreateProject { .. }
        | Action::SetQuota { .. }
        | Action::GrantRole { .. }
        | Action::CreateSecurityGroup { .. }
        | Action::DescribeSecurityGroup { .. }
        | Action::CreateRule { .. } => nothing(Class::Reversible),
        Action::DeleteRule { .. } => nothing(Class::Rebuildable),
        // A CloudSpec's plan removes nothing of a tenant; `offboard` says what others lose.
        Action::Remove { what, project: _ } => destroys(format!("{what} is gone for good")),
        Action::ChangeProject { project: _, change } => of_change(change),
        Action::RevokeRole { project, principal: Principal::User(user), role: _ } => {
            of_user(project, user, snapshot)
        }
        Action::RevokeRole { project: _, principal: group @ Principal::Group(_), role: _ } => {
            let who = Names(snapshot).principal(group);
            destroys(format!(
                "application credentials of the members of {who} in this project lose the role; which ones was not asked"
            ))
        }
    }
}

fn nothing(class: Class) -> Loss {
    Loss { class, side_effects: BTreeSet::new() }
}

fn destroys(what: String) -> Loss {
    Loss { class: Class::Destructive, side_effects: BTreeSet::from([what]) }
}

pub(super) fn of_change(change: &ProjectChange) -> Loss {
    match change {
        ProjectChange::Enabled { from: _, to: false } => Loss {
            class: Class::Destructive,
            side_effects: BTreeSet::from([
                "tokens of this project are refused from now on".to_owned(),
                "users and application credentials cannot log in to this project until it is enabled again"
                    .to_owned(),
            ]),
        },
        ProjectChange::Enabled { from: _, to: true }
        | ProjectChange::Description { .. }
        | ProjectChange::Tags { .. }
        | ProjectChange::Protected { .. } => nothing(Class::Reversible),
    }
}

/// An application credential has of its roles those that its user has. Keystone 2024.1 keeps one that has none left, answers 401
/// to it, and takes it again when a role is given back; until then what runs with it stands still.
fn of_user(project: &ProjectId, user: &UserId, snapshot: &Snapshot) -> Loss {
    let who = Names(snapshot).principal(&Principal::User(user.clone()));
    match snapshot.application_credentials.get(user) {
        Some(Ok(all)) => {
            let losing = all.iter().filter(|credential| credential.project == *project);
            let side_effects: BTreeSet<String> = losing.map(|credential| loses(credential, &who)).collect();
            let class = if side_effects.is_empty() { Class::Reversible } else { Class::Destructive };
            Loss { class, side_effects }
        }
        unknown => destroys(not_told(&who, unknown)),
    }
}

fn loses(credential: &ApplicationCredential, who: &str) -> String {
    let ApplicationCredential { id, name, user: _, project: _ } = credential;
    format!(
        "application credential {name} ({id}) of {who} in this project loses the role; with no role left it is refused"
    )
}

fn not_told(who: &str, unknown: Option<&Sighting<Vec<ApplicationCredential>>>) -> String {
    let why = match unknown {
        Some(Err(why)) => why.to_string(),
        Some(Ok(_)) | None => "they were not asked for".to_owned(),
    };
    format!(
        "application credentials of {who} in this project lose the role; which ones could not be told: {why}"
    )
}
