//! Keystone.

use std::collections::BTreeSet;

use cloudspec::apply::port::Look;
use cloudspec::model::Action;
use cloudspec::model::action::{ProjectChange, ProjectRef};
use cloudspec::model::cloud::Principal;
use cloudspec::model::desired::TenantName;
use serde_json::{Value, json};

use crate::place::{Place, in_a_place};

fn tags(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|tag| (*tag).to_owned()).collect()
}

fn create(place: &Place, name: &str, description: &str) -> Action {
    Action::CreateProject {
        name: TenantName { domain: place.domain_name.clone(), name: name.to_owned() },
        domain: place.domain.as_str().into(),
        description: description.to_owned(),
        enabled: true,
        tags: tags(&["a", "b c"]),
    }
}

fn change(project: &str, change: ProjectChange) -> Action {
    Action::ChangeProject { project: ProjectRef::Id(project.into()), change }
}

fn describe(from: &str, to: &str) -> ProjectChange {
    ProjectChange::Description { from: from.to_owned(), to: to.to_owned() }
}

fn protect(to: bool) -> ProjectChange {
    ProjectChange::Protected { from: !to, to }
}

async fn shown(place: &Place, project: &str) -> Value {
    place.admin.get(&format!("identity /projects/{project}")).await["project"].clone()
}

#[tokio::test]
async fn a_project_is_made_once_and_each_of_its_fields_changed_alone() {
    in_a_place(|place| async move {
        let action = create(&place, "made & new", "some words");
        let id = place.carry_out(&action).await.unwrap();
        let project = shown(&place, &id).await;
        assert_eq!(project["name"], "made & new");
        assert_eq!(project["domain_id"], place.domain.as_str());
        assert_eq!((&project["description"], &project["enabled"]), (&json!("some words"), &json!(true)));
        assert_eq!(project["tags"].as_array().unwrap().len(), 2);

        let changes = [
            describe("some words", ""),
            ProjectChange::Enabled { from: true, to: false },
            ProjectChange::Enabled { from: false, to: true },
            ProjectChange::Tags { from: tags(&["a", "b c"]), to: tags(&["c"]) },
            ProjectChange::Tags { from: tags(&["c"]), to: tags(&[]) },
            protect(true),
            protect(false),
        ];
        for one in changes {
            let before = shown(&place, &id).await;
            assert_eq!(place.carry_out(&change(&id, one.clone())).await, None);
            let after = shown(&place, &id).await;
            let changed: Vec<&str> = before
                .as_object()
                .unwrap()
                .iter()
                .filter(|(field, value)| after[field.as_str()] != **value)
                .map(|(field, _)| field.as_str())
                .collect();
            assert_eq!(changed.len(), 1, "{one:?}: {changed:?}");
        }

        // Two at once: the second is told that a look must tell, and the look finds the first's.
        let twin = create(&place, "twin", "");
        let id = place.carry_out(&twin).await;
        assert_eq!(place.unclear(&twin, None).await, 409);
        assert_eq!(place.look(&twin).await, Look::AlreadyDone { id });
    })
    .await;
}

#[tokio::test]
async fn a_project_that_is_not_as_planned_is_left_alone() {
    in_a_place(|place| async move {
        let shop = place.project.as_str();
        let why = place.refusal(&create(&place, "shop", "other")).await;
        assert!(why.contains(shop), "{why}");

        let changes = [
            (describe("zero", "third"), "\"first\""),
            (ProjectChange::Tags { from: tags(&["z"]), to: tags(&[]) }, "\"a\""),
        ];
        for (one, seen) in changes {
            let why = place.refusal(&change(shop, one)).await;
            assert!(why.contains(seen), "{why}");
        }
        let nobody = "0".repeat(32);
        assert!(place.refusal(&change(&nobody, describe("", "x"))).await.contains("gone"));
        assert_eq!(place.unclear(&change(&nobody, describe("", "x")), None).await, 404);
    })
    .await;
}

#[tokio::test]
async fn an_immutable_project_is_changed_in_nothing_but_that() {
    in_a_place(|place| async move {
        let shop = place.project.as_str();
        place.carry_out(&change(shop, protect(true))).await;
        for one in [
            describe("first", "second"),
            ProjectChange::Enabled { from: true, to: false },
            ProjectChange::Tags { from: tags(&["a"]), to: tags(&["b"]) },
        ] {
            let action = change(shop, one);
            assert!(place.refusal(&action).await.contains("immutable"));
            assert_eq!(place.refused(&action, None).await, 403, "{action:?}");
        }
        let project = shown(&place, shop).await;
        assert_eq!((&project["description"], &project["tags"]), (&json!("first"), &json!(["a"])));
        // What it has already needs no call, immutable or not.
        let done = change(shop, describe("zero", "first"));
        assert_eq!(place.look(&done).await, Look::AlreadyDone { id: None });
        place.carry_out(&change(shop, protect(false))).await;
        place.carry_out(&change(shop, describe("first", "second"))).await;
    })
    .await;
}

#[tokio::test]
async fn a_role_is_granted_and_revoked_for_a_user_and_a_group() {
    in_a_place(|place| async move {
        let admin = &place.admin;
        let fields = |name: &str| json!({"name": name, "domain_id": place.domain});
        let user = admin.make("identity /users", "user", fields("ann")).await;
        let group = admin.make("identity /groups", "group", fields("admins")).await;
        let role = admin.role("member").await;
        for principal in [Principal::User(user.as_str().into()), Principal::Group(group.as_str().into())] {
            let (project, role) = (place.project.as_str(), role.as_str());
            let grant = Action::GrantRole {
                project: ProjectRef::Id(project.into()),
                principal: principal.clone(),
                role: role.into(),
            };
            let revoke = Action::RevokeRole { project: project.into(), principal, role: role.into() };
            assert_eq!(place.look(&revoke).await, Look::AlreadyDone { id: None });
            assert_eq!(place.carry_out(&grant).await, None);
            assert_eq!(place.carry_out(&revoke).await, None);
            // Taken away at the same time by another: what is told is that a look must tell.
            assert_eq!(place.unclear(&revoke, None).await, 404);
            assert_eq!(place.look(&revoke).await, Look::AlreadyDone { id: None });
        }
    })
    .await;
}
