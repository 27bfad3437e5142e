//! A tenant with one or more of each type that the rig's Nova, Cinder and Glance can hold.

use cloudspec_tests::real::Client;
use serde_json::{Value, json};

use crate::database::sql;
use crate::place::Place;

async fn find(client: &Client, what: &str, key: &str, name: &str) -> String {
    let rows = client.get(what).await;
    let found = rows[key].as_array().unwrap().iter().find(|row| row["name"] == name);
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

/// Makes all of it.
pub(crate) async fn fill(place: &Place) {
    let tenant = place.login("ann", "tenant").await;
    let neighbour = place.login("bob", "neighbour").await;
    let bob = place.login("bob", "tenant").await;
    servers(place, &tenant, &bob).await;
    volumes(place, &tenant).await;
    images(place, &tenant, &neighbour).await;
}

pub(crate) async fn server(client: &Client, name: &str) -> String {
    let flavor = find(client, "compute /flavors", "flavors", "m1.tiny").await;
    let image = find(client, "image /images", "images", "cirros").await;
    let fields = json!({"name": name, "flavorRef": flavor, "imageRef": image, "networks": "none"});
    let id = client.make("compute /servers", "server", fields).await;
    client.settled(&format!("compute /servers/{id}"), "/server/status", &["ACTIVE"]).await;
    id
}

async fn servers(place: &Place, tenant: &Client, bob: &Client) {
    let group = json!({"name": "group", "policy": "anti-affinity"});
    tenant.make("compute /os-server-groups", "server_group", group).await;
    for (client, name) in [(tenant, "ann key"), (bob, "bob key")] {
        client.post("compute /os-keypairs", json!({"keypair": {"name": name, "type": "ssh"}})).await;
    }
    let plain = server(tenant, "plain").await;
    let locked = server(tenant, "locked").await;
    tenant.post(&format!("compute /servers/{locked}/action"), json!({"lock": null})).await;
    let soft = server(tenant, "soft-deleted").await;
    // The rig's Nova deletes at once; a cloud may be told to wait, and then it is kept so.
    sql(&format!("update nova_cell1.instances set vm_state = 'soft-delete' where uuid = '{soft}'"));
    let attached = volume(tenant, json!({"name": "attached"})).await;
    let attach = json!({"volumeAttachment": {"volumeId": attached}});
    tenant.post(&format!("compute /servers/{plain}/os-volume_attachments"), attach).await;
    tenant.settled(&format!("block-storage /volumes/{attached}"), "/volume/status", &["in-use"]).await;

    let name = format!("private-{}", place.name);
    let flavor = json!({"name": name, "ram": 64, "vcpus": 1, "disk": 0, "os-flavor-access:is_public": false});
    let flavor = place.admin.make("compute /flavors", "flavor", flavor).await;
    for project in [&place.tenant, &place.neighbour] {
        let access = json!({"addTenantAccess": {"tenant": project}});
        place.admin.post(&format!("compute /flavors/{flavor}/action"), access).await;
    }
}

/// A volume that is ready.
pub(crate) async fn volume(client: &Client, mut fields: Value) -> String {
    fields["size"] = json!(1);
    let id = client.make("block-storage /volumes", "volume", fields).await;
    client.settled(&format!("block-storage /volumes/{id}"), "/volume/status", &["available"]).await;
    id
}

async fn volumes(place: &Place, tenant: &Client) {
    let base = volume(tenant, json!({"name": "base"})).await;
    for name in ["first", "second"] {
        let fields = json!({"volume_id": base, "name": name});
        let id = tenant.make("block-storage /snapshots", "snapshot", fields).await;
        let path = format!("block-storage /snapshots/{id}");
        tenant.settled(&path, "/snapshot/status", &["available"]).await;
        if name == "first" {
            volume(tenant, json!({"name": "clone", "snapshot_id": id})).await;
        }
    }
    let promised = volume(tenant, json!({"name": "promised"})).await;
    let transfer = json!({"volume_id": promised, "name": "transfer"});
    tenant.make("block-storage /volume-transfers", "transfer", transfer).await;
    group(place, tenant).await;
    backups(place, &base);

    let fields = json!({"name": format!("private-{}", place.name), "os-volume-type-access:is_public": false});
    let kind = place.admin.make("block-storage /types", "volume_type", fields).await;
    for project in [&place.tenant, &place.neighbour] {
        let access = json!({"addProjectAccess": {"project": project}});
        place.admin.post(&format!("block-storage /types/{kind}/action"), access).await;
    }
}

async fn group(place: &Place, tenant: &Client) {
    let admin = &place.admin;
    let fields = json!({"name": format!("group-{}", place.name)});
    let kind = admin.make("block-storage /group_types", "group_type", fields).await;
    let fields = json!({"name": "group", "group_type": kind, "volume_types": ["fake"]});
    let group = tenant.make("block-storage /groups", "group", fields).await;
    tenant.settled(&format!("block-storage /groups/{group}"), "/group/status", &["available"]).await;
    volume(tenant, json!({"name": "member", "group_id": group, "volume_type": "fake"})).await;
    let fields = json!({"name": "of-group", "group_id": group});
    let id = tenant.make("block-storage /group_snapshots", "group_snapshot", fields).await;
    let path = format!("block-storage /group_snapshots/{id}");
    tenant.settled(&path, "/group_snapshot/status", &["available"]).await;
}

/// The rig's driver makes no backups: a chain of three as Cinder keeps it, the parent not told by the API.
fn backups(place: &Place, volume: &str) {
    let mut parent = "null".to_owned();
    for (number, name) in ["full", "incremental-1", "incremental-2"].into_iter().enumerate() {
        let id = uuid::Uuid::new_v4().to_string();
        let dependent = u8::from(number < 2);
        sql(&format!(
            "insert into cinder.backups (created_at, deleted, id, volume_id, user_id, project_id, display_name, availability_zone, \
             status, size, object_count, parent_id, num_dependent_backups, data_timestamp) values \
             ('2026-01-0{day} 00:00:00', 0, '{id}', '{volume}', '{user}', '{project}', '{name}', 'nova', \
             'available', 1, 0, {parent}, {dependent}, '2026-01-0{day} 00:00:00')",
            day = number + 1,
            user = place.ann,
            project = place.tenant,
        ));
        parent = format!("'{id}'");
    }
}

async fn image(client: &Client, fields: Value) -> String {
    let mut all = json!({"container_format": "bare", "disk_format": "raw"});
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let made = client.post("image /images", all).await;
    let id = made["id"].as_str().unwrap().to_owned();
    client.put(&format!("image /images/{id}/file"), json!("x".repeat(100))).await;
    id
}

async fn images(place: &Place, tenant: &Client, neighbour: &Client) {
    image(tenant, json!({"name": "private", "visibility": "private"})).await;
    image(tenant, json!({"name": "hidden", "visibility": "private", "os_hidden": true})).await;
    image(tenant, json!({"name": "protected", "visibility": "community", "protected": true})).await;
    let shared = image(tenant, json!({"name": "shared", "visibility": "shared"})).await;
    let member = json!({"member": place.neighbour});
    tenant.post(&format!("image /images/{shared}/members"), member).await;
    for hidden in [false, true] {
        let fields = json!({"name": "theirs", "visibility": "shared", "os_hidden": hidden});
        let theirs = image(neighbour, fields).await;
        let member = json!({"member": place.tenant});
        neighbour.post(&format!("image /images/{theirs}/members"), member).await;
    }
}
