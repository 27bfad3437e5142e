//! Cinder: volumes, snapshots, backups, groups, group snapshots, transfers, and who may use which volume type.

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::held::{Backup, GroupSnapshot, Held, Kind, Snapshot, Volume, VolumeGroup, VolumeTransfer};
use super::super::http::{Answer, Call, Reply};
use super::super::pages::page;
use super::super::world::World;
use super::error;

const BUSY_VOLUME: &str = "Invalid volume: Volume status must be available or error or error_restoring or error_extending or \
                           error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a \
                           transfer, or be disassociated from snapshots after volume transfer.";
const BUSY_SNAPSHOT: &str =
    "Invalid snapshot: Snapshot status must be available or error and must not be part of a group.";
const BUSY_GROUP_SNAPSHOT: &str = "Invalid GroupSnapshot: GroupSnapshot status must be available or error, and no Group can be \
                                   currently using it as source for its creation.";

/// One kind of thing: where it is, how it is called, and by which rule it is removed.
struct Sort {
    plural: &'static str,
    singular: &'static str,
    title: &'static str,
    kind: Kind,
    rule: &'static str,
}

const SORTS: [Sort; 5] = [
    sort("volumes", "volume", "Volume", Kind::Volume, "volume:delete"),
    sort("snapshots", "snapshot", "Snapshot", Kind::Snapshot, "volume:delete_snapshot"),
    sort("backups", "backup", "Backup", Kind::Backup, "backup:delete"),
    sort("groups", "group", "Group", Kind::VolumeGroup, "group:delete"),
    sort(
        "group_snapshots",
        "group_snapshot",
        "GroupSnapshot",
        Kind::GroupSnapshot,
        "group:delete_group_snapshot",
    ),
];

const fn sort(
    plural: &'static str,
    singular: &'static str,
    title: &'static str,
    kind: Kind,
    rule: &'static str,
) -> Sort {
    Sort { plural, singular, title, kind, rule }
}

/// Answers what is below the project; none where it is not about a tenant's things.
pub(super) fn answer(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Option<Reply> {
    let of = |plural: &str| SORTS.iter().find(|sort| sort.plural == plural);
    Some(match (call.method.as_str(), path) {
        ("GET", [plural, "detail"]) if of(plural).is_some() => list(world, call, caller, of(plural)?, true),
        ("GET", [plural]) if of(plural).is_some() => list(world, call, caller, of(plural)?, false),
        ("GET", [plural, id]) if of(plural).is_some() => {
            let sort = of(plural)?;
            shown(world, caller, sort, id).map(|mut row| {
                if sort.kind == Kind::VolumeGroup && call.flag("list_volume") {
                    row["volumes"] = members(&world.held, id).collect();
                }
                Answer::ok(json!({sort.singular: row}))
            })
        }
        ("POST", ["groups", id, "action"]) if has(call, "delete") => {
            let with_volumes = call.object("delete")["delete-volumes"] == true;
            delete(world, caller, &SORTS[3], id, |held, id| group_can_go(held, id, with_volumes))
        }
        // The path is there, and nothing is behind it.
        ("DELETE", ["groups", _]) => Err(error(
            500,
            "computeFault",
            "The server has either erred or is incapable of performing the requested operation.",
        )),
        ("DELETE", [plural, id]) if of(plural).is_some() => {
            delete(world, caller, of(plural)?, id, |held, id| can_go(held, of(plural).map(|of| of.kind), id))
        }
        ("GET", ["volume-transfers", "detail"]) => transfers(world, call, caller),
        ("GET", ["volume-transfers", id]) => {
            transfer(world, caller, id).map(|one| Answer::ok(json!({"transfer": transfer_row(id, one)})))
        }
        ("DELETE", ["volume-transfers", id]) => delete_transfer(world, caller, id),
        ("GET", ["types"]) => types(world, call, caller),
        ("GET", ["types", id, "os-volume-type-access"]) => type_access(world, caller, id),
        ("POST", ["types", id, "action"]) if has(call, "removeProjectAccess") => {
            remove_access(world, call, caller, id)
        }
        ("GET", ["default-types"]) => default_types(world, caller),
        _ => return None,
    })
}

fn has(call: &Call, action: &str) -> bool {
    call.body.as_ref().is_some_and(|body| body.get(action).is_some())
}

fn sees_all(caller: &Caller) -> bool {
    caller.has("admin") || caller.has("global_reader")
}

fn is_seen(caller: &Caller, project: &str) -> bool {
    sees_all(caller) || caller.project() == Some(project)
}

fn forbidden(rule: &str) -> Answer {
    error(403, "forbidden", &format!("Policy doesn't allow {rule} to be performed."))
}

fn missing(what: &str, id: &str) -> Answer {
    error(404, "itemNotFound", &format!("{what} {id} could not be found."))
}

fn invalid(message: &str) -> Answer {
    error(400, "badRequest", message)
}

/// Id, project and row of all of a kind.
fn rows(held: &Held, kind: Kind) -> Vec<(String, String, Value)> {
    let of = |id: &String, project: &String, row: Value| (id.clone(), project.clone(), row);
    match kind {
        Kind::Volume => held.volumes.iter().map(|(id, one)| of(id, &one.project, volume(id, one))).collect(),
        Kind::Snapshot => {
            held.snapshots.iter().map(|(id, one)| of(id, &one.project, snapshot(id, one))).collect()
        }
        Kind::Backup => {
            held.backups.iter().map(|(id, one)| of(id, &one.project, backup(held, id, one))).collect()
        }
        Kind::VolumeGroup => {
            held.volume_groups.iter().map(|(id, one)| of(id, &one.project, group(id, one))).collect()
        }
        Kind::GroupSnapshot => held
            .group_snapshots
            .iter()
            .map(|(id, one)| of(id, &one.project, group_snapshot(id, one)))
            .collect(),
        Kind::Server | Kind::LoadBalancer | Kind::Cluster => Vec::new(),
    }
}

fn volume(id: &str, one: &Volume) -> Value {
    let Volume { name, project, size, status, snapshot, group, server } = one;
    let attachments: Vec<Value> =
        server.iter().map(|server| json!({"id": id, "server_id": server, "host_name": null})).collect();
    json!({
        "id": id, "name": name, "os-vol-tenant-attr:tenant_id": project, "size": size, "status": status,
        "snapshot_id": snapshot, "group_id": group, "attachments": attachments,
    })
}

fn snapshot(id: &str, one: &Snapshot) -> Value {
    let Snapshot { name, project, size, status, volume, group_snapshot } = one;
    json!({
        "id": id, "name": name, "os-extended-snapshot-attributes:project_id": project, "size": size, "status": status,
        "volume_id": volume, "group_snapshot_id": group_snapshot,
    })
}

fn backup(held: &Held, id: &str, one: &Backup) -> Value {
    let Backup { name, project, size, status, volume, parent, created } = one;
    json!({
        "id": id, "name": name, "os-backup-project-attr:project_id": project, "size": size, "status": status,
        "volume_id": volume, "is_incremental": parent.is_some(), "created_at": created,
        "has_dependent_backups": is_built_upon(held, id),
    })
}

fn is_built_upon(held: &Held, backup: &str) -> bool {
    held.backups.values().any(|other| other.parent.as_deref() == Some(backup))
}

fn group(id: &str, one: &VolumeGroup) -> Value {
    let VolumeGroup { name, project, status } = one;
    json!({"id": id, "name": name, "project_id": project, "status": status})
}

fn members<'h>(held: &'h Held, group: &str) -> impl Iterator<Item = Value> {
    held.volumes.iter().filter(move |(_, one)| one.group.as_deref() == Some(group)).map(|(id, _)| json!(id))
}

fn group_snapshot(id: &str, one: &GroupSnapshot) -> Value {
    let GroupSnapshot { name, project, status, group } = one;
    json!({"id": id, "name": name, "project_id": project, "status": status, "group_id": group})
}

fn list(world: &World, call: &Call, caller: &Caller, sort: &Sort, detail: bool) -> Reply {
    let asked = call.param("project_id");
    if asked.is_some() && !sees_all(caller) {
        return Err(invalid("Invalid filters project_id are found in query options."));
    }
    let all = call.flag("all_tenants") && sees_all(caller);
    let project = if all { asked } else { caller.project() };
    let own = rows(&world.held, sort.kind).into_iter();
    let own = own.filter(|(_, of, _)| project.is_none_or(|project| of == project));
    let short = |row: &Value| json!({"id": row["id"], "name": row["name"]});
    let rows = own.map(|(id, _, row)| (id, if detail { row } else { short(&row) })).collect();
    let page = page(call, rows).map_err(|marker| missing(sort.title, &marker))?;
    Ok(Answer::ok(page.linked(call, sort.plural)))
}

fn shown(world: &World, caller: &Caller, sort: &Sort, id: &str) -> Result<Value, Answer> {
    let found = rows(&world.held, sort.kind).into_iter().find(|(one, ..)| one == id);
    let found = found.filter(|(_, project, _)| is_seen(caller, project));
    let (_, _, mut row) = found.ok_or_else(|| missing(sort.title, id))?;
    // Whose they are is told to who sees all.
    if let (Kind::VolumeGroup | Kind::GroupSnapshot, false, Some(row)) =
        (sort.kind, sees_all(caller), row.as_object_mut())
    {
        row.remove("project_id");
    }
    Ok(row)
}

fn delete(
    world: &mut World,
    caller: &Caller,
    sort: &Sort,
    id: &str,
    can_go: impl Fn(&Held, &str) -> Result<(), Answer>,
) -> Reply {
    shown(world, caller, sort, id)?;
    if !caller.has_any(&["admin", "member"]) {
        return Err(forbidden(sort.rule));
    }
    can_go(&world.held, id)?;
    world.begin(sort.kind, id);
    if sort.kind == Kind::VolumeGroup {
        let members = world.held.volumes.values_mut().filter(|one| one.group.as_deref() == Some(id));
        members.for_each(|one| "deleting".clone_into(&mut one.status));
    }
    Ok(Answer::empty(202))
}

fn is_still(status: &str) -> bool {
    matches!(status, "available" | "error")
}

fn can_go(held: &Held, kind: Option<Kind>, id: &str) -> Result<(), Answer> {
    match kind {
        Some(Kind::Volume) => {
            let has_snapshots = held.snapshots.values().any(|one| one.volume == id);
            let ok = held.volumes.get(id).is_some_and(|one| {
                let status = is_still(&one.status)
                    || matches!(&*one.status, "error_restoring" | "error_extending" | "error_managing");
                status && one.group.is_none() && one.server.is_none()
            });
            if ok && !has_snapshots { Ok(()) } else { Err(invalid(BUSY_VOLUME)) }
        }
        Some(Kind::Snapshot) => {
            let ok = held.snapshots.get(id);
            let ok = ok.is_some_and(|one| is_still(&one.status) && one.group_snapshot.is_none());
            if ok { Ok(()) } else { Err(invalid(BUSY_SNAPSHOT)) }
        }
        Some(Kind::Backup) if is_built_upon(held, id) => {
            Err(invalid("Invalid backup: Incremental backups exist for this backup."))
        }
        Some(Kind::Backup) => match held.backups.get(id).is_some_and(|one| is_still(&one.status)) {
            true => Ok(()),
            false => Err(invalid("Invalid backup: Backup status must be available or error")),
        },
        Some(Kind::GroupSnapshot) => {
            match held.group_snapshots.get(id).is_some_and(|one| is_still(&one.status)) {
                true => Ok(()),
                false => Err(invalid(BUSY_GROUP_SNAPSHOT)),
            }
        }
        Some(Kind::VolumeGroup | Kind::Server | Kind::LoadBalancer | Kind::Cluster) | None => Ok(()),
    }
}

fn group_can_go(held: &Held, id: &str, with_volumes: bool) -> Result<(), Answer> {
    let members: Vec<(&String, &Volume)> =
        held.volumes.iter().filter(|(_, one)| one.group.as_deref() == Some(id)).collect();
    if held.group_snapshots.values().any(|one| one.group == id) {
        return Err(invalid("Invalid Group: Group has existing snapshots."));
    }
    if !members.is_empty() && !with_volumes {
        let message = format!(
            "Invalid Group: Group {id} still contains volumes. The delete-volumes flag is required to delete it."
        );
        return Err(invalid(&message));
    }
    let status = held.volume_groups.get(id).map(|one| one.status.as_str()).unwrap_or_default();
    if !is_still(status) {
        let message = format!(
            "Invalid Group: Group status must be available or error, but current status is: {status}"
        );
        return Err(invalid(&message));
    }
    for (volume, one) in members {
        if one.server.is_some() {
            let message = format!("Invalid Group: Volume in group {id} is attached. Need to detach first.");
            return Err(invalid(&message));
        }
        if held.snapshots.values().any(|snapshot| snapshot.volume == *volume) {
            return Err(invalid("Invalid Group: Volume in group still has dependent snapshots."));
        }
    }
    Ok(())
}

fn transfers(world: &World, call: &Call, caller: &Caller) -> Reply {
    let all = call.flag("all_tenants") && sees_all(caller);
    let own = world.held.volume_transfers.iter();
    let own = own.filter(|(_, one)| all || caller.project() == Some(&one.project));
    let rows = own.map(|(id, one)| (id.clone(), transfer_row(id, one))).collect();
    let page = page(call, rows).map_err(|marker| missing("Transfer", &marker))?;
    Ok(Answer::ok(page.linked(call, "transfers")))
}

fn transfer_row(id: &str, one: &VolumeTransfer) -> Value {
    let VolumeTransfer { name, project, volume } = one;
    json!({"id": id, "name": name, "source_project_id": project, "volume_id": volume})
}

fn transfer<'w>(world: &'w World, caller: &Caller, id: &str) -> Result<&'w VolumeTransfer, Answer> {
    let found = world.held.volume_transfers.get(id).filter(|one| is_seen(caller, &one.project));
    found.ok_or_else(|| missing("Transfer", id))
}

fn delete_transfer(world: &mut World, caller: &Caller, id: &str) -> Reply {
    let volume = transfer(world, caller, id)?.volume.clone();
    if !caller.has_any(&["admin", "member"]) {
        return Err(forbidden("volume:delete_transfer"));
    }
    world.held.volume_transfers.remove(id);
    if let Some(volume) = world.held.volumes.get_mut(&volume) {
        "available".clone_into(&mut volume.status);
    }
    Ok(Answer::empty(202))
}

fn types(world: &World, call: &Call, caller: &Caller) -> Reply {
    let all = sees_all(caller) && call.param("is_public") == Some("None");
    let offered = world.held.volume_types.iter();
    let offered = offered.filter(|(_, one)| all || one.is_open_to(caller.project()));
    let row = |(id, one): (&String, &super::super::held::Offer)| {
        (id.clone(), json!({"id": id, "name": one.name, "is_public": one.access.is_none()}))
    };
    let page = page(call, offered.map(row).collect()).map_err(|marker| missing("Volume type", &marker))?;
    Ok(Answer::ok(page.linked(call, "volume_types")))
}

fn type_access(world: &World, caller: &Caller, id: &str) -> Reply {
    if !sees_all(caller) {
        return Err(forbidden("volume_extension:volume_type_access:get_all_for_type"));
    }
    let kind = world.held.volume_types.get(id).ok_or_else(|| missing("Volume type", id))?;
    let Some(access) = &kind.access else {
        return Err(error(404, "itemNotFound", "Access list not available for public volume types."));
    };
    let rows: Vec<Value> =
        access.iter().map(|project| json!({"volume_type_id": id, "project_id": project})).collect();
    Ok(Answer::ok(json!({"volume_type_access": rows})))
}

fn remove_access(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Reply {
    if !caller.has("admin") {
        return Err(forbidden("volume_extension:volume_type_access:removeProjectAccess"));
    }
    let project = call.object("removeProjectAccess")["project"].as_str().unwrap_or_default().to_owned();
    let kind = world.held.volume_types.get_mut(id).ok_or_else(|| missing("Volume type", id))?;
    match kind.access.as_mut().is_some_and(|access| access.remove(&project)) {
        true => Ok(Answer::empty(202)),
        false => {
            let message = format!("Volume type access not found for {id} / {project} combination.");
            Err(error(404, "itemNotFound", &message))
        }
    }
}

fn default_types(world: &World, caller: &Caller) -> Reply {
    if !sees_all(caller) {
        return Err(error(403, "forbidden", "You are not authorized to perform this operation."));
    }
    let row = |(project, kind): (&String, &String)| json!({"project_id": project, "volume_type_id": kind});
    let rows: Vec<Value> = world.held.default_types.iter().map(row).collect();
    Ok(Answer::ok(json!({"default_types": rows})))
}
