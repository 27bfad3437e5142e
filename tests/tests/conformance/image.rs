//! Glance: what a tenant holds there, and who sees it.

use serde_json::{Value, json};

use crate::run::Run;

const NOWHERE: &str = "8cf2f8a5-1111-4222-8333-123456789abc";

/// Makes one for a project, and gives it a name.
async fn make(run: &mut Run, name: &str, project: &str, mut fields: Value) {
    fields["name"] = json!(name);
    fields["owner"] = json!(run.id(project));
    fields["container_format"] = json!("bare");
    fields["disk_format"] = json!("raw");
    let made = run.call("image POST /v2/images", Some(fields)).await;
    run.name(name, &made["id"]);
    run.mask_last();
}

pub(crate) async fn images(run: &mut Run) {
    for who in ["admin", "observer", "reader", "system"] {
        run.call_as(who, "image GET /v2/info/stores/detail", None, &[]).await;
        run.keep_emptiness();
    }
    make(run, "private", "one", json!({"visibility": "private"})).await;
    make(run, "protected", "one", json!({"visibility": "private", "protected": true})).await;
    make(run, "hidden", "one", json!({"visibility": "private", "os_hidden": true})).await;
    make(run, "shared", "one", json!({"visibility": "shared"})).await;
    make(run, "theirs", "kept", json!({"visibility": "shared"})).await;
    let member = |run: &Run, project: &str| Some(json!({"member": run.id(project)}));
    for (image, project) in [("shared", "kept"), ("theirs", "one"), ("theirs", "one"), ("private", "kept")] {
        let body = member(run, project);
        run.call(&format!("image POST /v2/images/{{{image}}}/members"), body).await;
    }
    for who in ["admin", "observer", "reader"] {
        for path in [
            "images?limit=100&visibility=all&os_hidden=false&owner={one}",
            "images?limit=100&visibility=all&os_hidden=true&owner={one}",
            "images?limit=1&visibility=all&os_hidden=true&owner={one}",
            "images/{private}",
            "images/{theirs}/members",
            "images/{theirs}/members/{one}",
        ] {
            run.call_as(who, &format!("image GET /v2/{path}"), None, &[]).await;
        }
        run.call_as(who, "image GET /v2/images?limit=1000&visibility=shared&member_status=all", None, &[])
            .await;
        run.keep_rows("images", "<one>");
    }
    run.get(&format!("image /v2/images/{NOWHERE}")).await;
    run.get("image /v2/images/{theirs}/members/{kept}").await;
    run.get("image /v2/images/{private}/members").await;
    run.call_as("reader", "image DELETE /v2/images/{private}", None, &[]).await;
    run.call("image DELETE /v2/images/{protected}", None).await;
    let patch = Some(json!([{"op": "replace", "path": "/protected", "value": false}]));
    let typed = [("Content-Type", "application/openstack-images-v2.1-json-patch")];
    run.call_as("admin", "image PATCH /v2/images/{protected}", patch, &typed).await;
    for path in [
        "images/{protected}",
        "images/{protected}",
        "images/{theirs}/members/{one}",
        "images/{theirs}/members/{one}",
        "images/{private}",
        "images/{hidden}",
        "images/{shared}",
        "images/{theirs}",
    ] {
        run.call(&format!("image DELETE /v2/{path}"), None).await;
    }
}
