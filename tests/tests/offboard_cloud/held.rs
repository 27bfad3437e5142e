//! What a look refuses: another's, and what a credential does not see.

use cloudspec::apply::port::{CloudWrite, Look, WriteError};
use cloudspec::model::{Action, ResourceKey, ResourceType};

use crate::place::{Place, in_a_place, seen_by};
use crate::tenant::fill;
use crate::told::held;

fn remove(what: &ResourceKey, project: &str) -> Action {
    Action::Remove { what: what.clone(), project: project.into() }
}

async fn look(place: &Place, cloud: &str, action: &Action) -> Result<Look, WriteError> {
    place.writer(cloud, std::slice::from_ref(action)).look(action).await
}

#[tokio::test]
async fn what_is_anothers_or_is_not_seen_is_not_taken_for_gone_and_no_call_is_made() {
    in_a_place(|place| async move {
        fill(&place).await;
        let seen = seen_by("admin", None, &place.tenant).await;
        for resource in held(&seen) {
            let what = &resource.key;
            // Ids of the tenant's, in a plan for the neighbour. Access to a type is named by the project itself.
            let theirs = look(&place, "admin", &remove(what, &place.neighbour)).await;
            match what.kind {
                ResourceType::FlavorAccess | ResourceType::VolumeTypeAccess => {}
                _ => assert!(matches!(theirs, Ok(Look::Refused { .. })), "{what}: {theirs:?}"),
            }
            let unseen = look(&place, "reader", &remove(what, &place.tenant)).await;
            match unseen {
                Ok(Look::Refused { .. }) | Err(WriteError::Refused { .. }) => {}
                // A community image is shown to everyone; the call is refused.
                Ok(Look::Ready { .. }) if resource.name == "protected" => {}
                other => panic!("{what}: {other:?}"),
            }
        }
        assert_eq!(place.proxy.writes(), [], "a look changes nothing");
    })
    .await;
}

#[tokio::test]
async fn what_never_was_is_gone() {
    in_a_place(|place| async move {
        for kind in crate::told::OURS {
            let (id, of) = match kind {
                ResourceType::ImageMembership => {
                    (place.tenant.clone(), Some(uuid::Uuid::new_v4().to_string()))
                }
                ResourceType::Keypair => ("none".to_owned(), Some(place.ann.clone())),
                _ => (uuid::Uuid::new_v4().to_string(), None),
            };
            let what = ResourceKey { kind, id, of };
            let seen = look(&place, "admin", &remove(&what, &place.tenant)).await;
            assert_eq!(seen, Ok(Look::AlreadyDone { id: None }), "{what}");
        }
    })
    .await;
}
