//! May a person approve this object, now? Asked of the API server's own authorizers.

use k8s_openapi::api::authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec};
use kube::api::{Api, PostParams};
use kube::{Client, ResourceExt};

use super::owner::Owner;
use crate::gate::approval::{Answer, Request};

/// Asks whether whoever the stamps name holds the verb `approve` on the object.
pub(super) async fn may_approve<O: Owner>(client: &Client, object: &O, request: &Request) -> Answer {
    let Some(user) = request.by.clone() else { return Answer::No };
    let review = SubjectAccessReview {
        spec: SubjectAccessReviewSpec {
            user: Some(user),
            groups: Some(request.groups.clone()),
            resource_attributes: Some(ResourceAttributes {
                group: Some(cloudspec_crds::GROUP.to_owned()),
                resource: Some(O::PLURAL.to_owned()),
                verb: Some("approve".to_owned()),
                namespace: object.namespace(),
                name: Some(object.name_any()),
                ..ResourceAttributes::default()
            }),
            ..SubjectAccessReviewSpec::default()
        },
        ..SubjectAccessReview::default()
    };
    let api: Api<SubjectAccessReview> = Api::all(client.clone());
    match api.create(&PostParams::default(), &review).await {
        Ok(answer) => match answer.status {
            Some(status) if status.allowed && status.denied != Some(true) => Answer::Yes,
            Some(_) => Answer::No,
            None => Answer::NotTold("the API server gave no answer".to_owned()),
        },
        Err(why) => Answer::NotTold(why.to_string()),
    }
}
