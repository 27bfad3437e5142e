//! What a tenant holds in Nova, Cinder, Octavia, Barbican and Magnum: listed, shown, refused and removed.
//!
//! On the real cloud it is made by its services, on the simulated one it is there from the start; what is made is not compared. Of an answer, the fields
//! that the controller reads are compared; of a refusal, all.

mod real;
mod rest;
mod simulated;

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::{Duration, Instant};

use cloudspec_tests::sim::Sim;
use futures::FutureExt;
use serde_json::{Value, json};

use crate::access::password;
use crate::run::{Login, Run, Seen};

const COMPUTE: &[(&str, &str)] = &[("OpenStack-API-Version", "compute 2.69")];
const VOLUME: &[(&str, &str)] = &[("OpenStack-API-Version", "volume 3.62")];
const KEYS: &[(&str, &str)] = &[("OpenStack-API-Version", "key-manager 1.1")];
const NOBODY: &str = "8cf2f8a5-1111-4222-8333-123456789abc";
const NO_PROJECT: &str = "00000000000000000000000000000000";

/// The microversion's header of a service.
fn headers(call: &str) -> &'static [(&'static str, &'static str)] {
    match call.split(' ').next().unwrap_or_default() {
        "compute" => COMPUTE,
        "block-storage" => VOLUME,
        "key-manager" => KEYS,
        _ => &[],
    }
}

pub(crate) async fn play_real(login: &Login, name: &str) -> Vec<Seen> {
    let mut run = Run::start(login).await.expect("a token of the administrator");
    let played = async {
        place(&mut run, login, name).await;
        real::make(&mut run, name).await;
        play(&mut run, name).await;
    };
    let played = AssertUnwindSafe(played).catch_unwind().await;
    let seen = run.seen.clone();
    real::clean(&mut run, name).await;
    if let Err(panic) = played {
        resume_unwind(panic);
    }
    seen
}

pub(crate) async fn play_simulated(login: &Login, sim: &Sim, name: &str) -> Vec<Seen> {
    let mut run = Run::start(login).await.expect("a token of the administrator");
    place(&mut run, login, name).await;
    simulated::make(&mut run, sim, name);
    play(&mut run, name).await;
    run.seen
}

/// A domain with the tenant `one`, its neighbour `two`, and a user of both.
async fn place(run: &mut Run, login: &Login, name: &str) {
    let made = run.call("identity POST /v3/domains", Some(json!({"domain": {"name": name}}))).await;
    run.name("domain", &made["domain"]["id"]);
    let domain = run.id("domain");
    for project in ["one", "two"] {
        let given = json!({"project": {"name": project, "domain_id": domain}});
        let made = run.call("identity POST /v3/projects", Some(given)).await;
        run.name(project, &made["project"]["id"]);
    }
    let given = json!({"user": {"name": "u", "domain_id": domain, "password": "a-password"}});
    let made = run.call("identity POST /v3/users", Some(given)).await;
    run.name("user", &made["user"]["id"]);
    for role in ["member", "creator", "load-balancer_member", "admin", "observer"] {
        let found = run.get(&format!("identity /v3/roles?name={role}")).await;
        run.name(&format!("role-{role}"), &found["roles"][0]["id"]);
    }
    let found = run.get("identity /v3/users?name=observer&domain_id=default").await;
    run.name("observer-user", &found["users"][0]["id"]);
    for (project, user, role) in [
        ("one", "user", "member"),
        ("one", "user", "creator"),
        ("one", "user", "load-balancer_member"),
        ("two", "user", "member"),
        ("two", "user", "creator"),
        ("one", "admin-user", "admin"),
        ("one", "observer-user", "observer"),
    ] {
        let path = format!("/v3/projects/{{{project}}}/users/{{{user}}}/roles/{{role-{role}}}");
        run.call(&format!("identity PUT {path}"), None).await;
    }
    for (token, project) in [("tenant", "one"), ("neighbour", "two")] {
        let auth = password(run, json!({"project": {"id": run.id(project)}}));
        run.token(token, &auth).await;
    }
    for (token, user) in [("within", "admin"), ("observer-within", "observer")] {
        let auth = run.auth_in(login, user, &run.id("one"));
        run.token(token, &auth).await;
    }
}

async fn play(run: &mut Run, name: &str) {
    run.seen.clear();
    nova(run, name).await;
    cinder(run, name).await;
    rest::octavia(run).await;
    rest::magnum(run).await;
    rest::barbican(run).await;
    rest::removals(run).await;
}

/// One call, of whose answer these fields are compared.
async fn ask(run: &mut Run, who: &str, call: &str, body: Option<Value>, key: &str, fields: &[&str]) {
    run.call_as(who, call, body, headers(call)).await;
    run.keep_only(key, fields);
}

/// Only whether it is taken, and in which words it is refused.
async fn told(run: &mut Run, who: &str, call: &str, body: Option<Value>) {
    ask(run, who, call, body, "", &[]).await;
}

/// Asks until it is gone; this is not compared.
async fn until_gone(run: &mut Run, call: &str) {
    let begin = Instant::now();
    loop {
        run.call_as("admin", call, None, headers(call)).await;
        let status = run.seen.pop().map_or(0, |seen| seen.status);
        if status == 404 {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(90), "{call}: {status}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

const SERVER: &[&str] = &["id", "name", "status", "tenant_id"];
const GROUP: &[&str] = &["id", "name", "project_id"];
const FLAVOR: &[&str] = &["id", "name", "os-flavor-access:is_public"];

async fn nova(run: &mut Run, name: &str) {
    for who in ["admin", "observer", "reader", "tenant"] {
        let list = "compute GET /v2.1/servers/detail?limit=1000&all_tenants=1&project_id={one}";
        ask(run, who, list, None, "servers", SERVER).await;
        ask(run, who, &format!("{list}&deleted=true&status=SOFT_DELETED"), None, "servers", SERVER).await;
        let pages = "compute GET /v2.1/servers/detail?limit=1&all_tenants=1&project_id={one}";
        ask(run, who, pages, None, "servers", &["tenant_id"]).await;
        ask(run, who, &format!("{list}&marker={NOBODY}"), None, "servers", SERVER).await;
        let witness =
            format!("compute GET /v2.1/servers?all_tenants=1&project_id={NO_PROJECT}&status=DELETED");
        ask(run, who, &witness, None, "servers", SERVER).await;
        told(run, who, "compute GET /v2.1/os-services", None).await;
        run.keep_emptiness();
        ask(
            run,
            who,
            "compute GET /v2.1/os-server-groups?limit=1000&all_projects=True",
            None,
            "server_groups",
            GROUP,
        )
        .await;
        run.keep_rows("server_groups", "<one>");
        let pairs = "compute GET /v2.1/os-keypairs?user_id={user}";
        ask(run, who, pairs, None, "keypairs", &["keypair", "name"]).await;
        let flavors = "compute GET /v2.1/flavors/detail?limit=1000&is_public=None";
        ask(run, who, flavors, None, "flavors", FLAVOR).await;
        run.keep_rows("flavors", name);
        for flavor in ["{flavor}", "{public-flavor}", NOBODY] {
            let access = format!("compute GET /v2.1/flavors/{flavor}/os-flavor-access");
            ask(run, who, &access, None, "flavor_access", &["flavor_id", "tenant_id"]).await;
        }
        for (path, key, fields) in [
            ("servers/{plain}", "server", SERVER),
            ("os-server-groups/{server-group}", "server_group", GROUP),
            ("os-keypairs/a%20key?user_id={user}", "keypair", &["name", "user_id"]),
        ] {
            ask(run, who, &format!("compute GET /v2.1/{path}"), None, key, fields).await;
        }
        for path in ["", "/defaults"] {
            let call = format!("compute GET /v2.1/os-quota-sets/{NO_PROJECT}{path}");
            ask(run, who, &call, None, "quota_set", &["id", "cores"]).await;
        }
        for path in ["servers", "os-server-groups", "os-keypairs"] {
            told(run, who, &format!("compute GET /v2.1/{path}/{NOBODY}"), None).await;
        }
    }
    let force = || Some(json!({"forceDelete": null}));
    let access = || Some(json!({"removeTenantAccess": {"tenant": "nobody"}}));
    for method in ["GET", "DELETE"] {
        let call = format!("image {method} /v2/images/{NOBODY}");
        run.call_as("admin", &call, None, &[("Accept", "application/json")]).await;
    }
    for who in ["observer", "reader"] {
        told(run, who, "compute POST /v2.1/servers/{plain}/action", force()).await;
        told(run, who, "compute DELETE /v2.1/servers/{plain}", None).await;
        told(run, who, "compute DELETE /v2.1/os-server-groups/{server-group}", None).await;
        told(run, who, "compute DELETE /v2.1/os-keypairs/a%20key?user_id={user}", None).await;
        told(run, who, "compute POST /v2.1/flavors/{flavor}/action", access()).await;
    }
    told(run, "tenant", "compute POST /v2.1/servers/{locked}/action", force()).await;
    told(run, "tenant", "compute DELETE /v2.1/servers/{locked}", None).await;
}

const KINDS: [(&str, &str, &str, &[&str]); 4] = [
    (
        "volumes",
        "volume",
        "base",
        &[
            "id",
            "name",
            "status",
            "size",
            "snapshot_id",
            "group_id",
            "attachments",
            "server_id",
            "os-vol-tenant-attr:tenant_id",
        ],
    ),
    (
        "snapshots",
        "snapshot",
        "snapshot",
        &[
            "id",
            "name",
            "status",
            "size",
            "volume_id",
            "group_snapshot_id",
            "os-extended-snapshot-attributes:project_id",
        ],
    ),
    ("groups", "group", "group", &["id", "name", "status", "project_id"]),
    (
        "group_snapshots",
        "group_snapshot",
        "group-snapshot",
        &["id", "name", "status", "project_id", "group_id"],
    ),
];
const BLOCK: &str = "block-storage";
const OF_TRANSFER: &[&str] = &["id", "name", "volume_id", "source_project_id"];

async fn cinder(run: &mut Run, name: &str) {
    for who in ["admin", "observer", "reader", "tenant"] {
        let own = if who == "tenant" { "{one}" } else { "{admin-project}" };
        let get = |path: &str| format!("{BLOCK} GET /v3/{own}/{path}");
        for (plural, singular, id, fields) in KINDS {
            let list = get(&format!("{plural}/detail?limit=1000&all_tenants=1&project_id={{one}}"));
            ask(run, who, &list, None, plural, fields).await;
            ask(run, who, &get(&format!("{plural}/{{{id}}}")), None, singular, fields).await;
            told(run, who, &get(&format!("{plural}/{NOBODY}")), None).await;
        }
        let pages = get("volumes/detail?limit=1&all_tenants=1&project_id={one}");
        ask(run, who, &pages, None, "volumes", &["size"]).await;
        let witness = get("volumes?all_tenants=1&project_id={one}&limit=1");
        ask(run, who, &witness, None, "volumes", &["nothing"]).await;
        told(run, who, &get("backups/detail?limit=1000&all_tenants=1&project_id={one}"), None).await;
        told(run, who, &get(&format!("backups/{NOBODY}")), None).await;
        ask(
            run,
            who,
            &get("volume-transfers/detail?limit=1000&all_tenants=1"),
            None,
            "transfers",
            OF_TRANSFER,
        )
        .await;
        run.keep_rows("transfers", "<one>");
        ask(run, who, &get("volume-transfers/{transfer}"), None, "transfer", OF_TRANSFER).await;
        told(run, who, &get(&format!("volume-transfers/{NOBODY}")), None).await;
        ask(
            run,
            who,
            &get("types?limit=1000&is_public=None"),
            None,
            "volume_types",
            &["id", "name", "is_public"],
        )
        .await;
        run.keep_rows("volume_types", name);
        for kind in ["{type}", "{public-type}", NOBODY] {
            let access = get(&format!("types/{kind}/os-volume-type-access"));
            ask(run, who, &access, None, "volume_type_access", &["volume_type_id", "project_id"]).await;
        }
        told(run, who, &get("default-types"), None).await;
    }
    let group = |with: bool| Some(json!({"delete": {"delete-volumes": with}}));
    let access = || Some(json!({"removeProjectAccess": {"project": "nobody"}}));
    let at = |method: &str, path: &str| format!("{BLOCK} {method} /v3/{{admin-project}}/{path}");
    for who in ["observer", "reader"] {
        for (plural, _, id, _) in KINDS {
            told(run, who, &at("DELETE", &format!("{plural}/{{{id}}}")), None).await;
        }
        told(run, who, &at("POST", "groups/{group}/action"), group(true)).await;
        told(run, who, &at("DELETE", "volume-transfers/{transfer}"), None).await;
        told(run, who, &at("POST", "types/{type}/action"), access()).await;
    }
    // In use: with a snapshot, in a transfer, in a group, attached; part of a group snapshot; a group that has one.
    for volume in ["base", "promised", "member", "attached"] {
        told(run, "admin", &at("DELETE", &format!("volumes/{{{volume}}}")), None).await;
    }
    told(run, "admin", &at("DELETE", "snapshots/{member-snapshot}"), None).await;
    told(run, "admin", &at("POST", "groups/{group}/action"), group(true)).await;
    told(run, "admin", &at("POST", "groups/{group}/action"), group(false)).await;
}
