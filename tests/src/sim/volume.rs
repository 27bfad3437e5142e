//! Cinder: quotas of volumes, and what tenants hold. The project of the token stands in the address.

mod tenant;

use serde_json::{Map, Value, json};

use super::access::Caller;
use super::http::{Answer, Call, Reply, unauthorized};
use super::world::World;

const RESOURCES: [(&str, i64); 13] = [
    ("volumes", 10),
    ("per_volume_gigabytes", -1),
    ("snapshots", 10),
    ("gigabytes", 1000),
    ("backups", 10),
    ("backup_gigabytes", 1000),
    ("volumes_fake", -1),
    ("gigabytes_fake", -1),
    ("snapshots_fake", -1),
    ("volumes___DEFAULT__", -1),
    ("gigabytes___DEFAULT__", -1),
    ("snapshots___DEFAULT__", -1),
    ("groups", 10),
];
const NEWEST: u32 = 71;

pub(super) fn answer(world: &mut World, call: &Call) -> Answer {
    let version = call.header("OpenStack-API-Version");
    let minor =
        version.and_then(|value| value.strip_prefix("volume 3.")).and_then(|minor| minor.parse().ok());
    let foreign = version.is_some() && minor.is_none();
    let minor: u32 = minor.unwrap_or(0);
    let reply = match foreign {
        true if Caller::of(world, call).is_some() => {
            let message = "The server could not comply with the request since it is either malformed or otherwise incorrect.";
            Err(error(400, "badRequest", message))
        }
        _ => route(world, call, minor),
    };
    let answer = reply.unwrap_or_else(|refusal| refusal);
    let answer = match answer.status {
        401 | 202 => answer,
        _ => answer.with("x-compute-request-id", call.request_id.clone()),
    };
    let answer = match answer.status == 401 || foreign {
        true => answer,
        false => answer
            .with("OpenStack-API-Version", format!("volume 3.{minor}"))
            .with("Vary", "OpenStack-API-Version"),
    };
    answer.with("x-openstack-request-id", call.request_id.clone())
}

fn route(world: &mut World, call: &Call, minor: u32) -> Reply {
    let segments = call.segments();
    if let [] | ["v3"] = segments.as_slice() {
        let status = if segments.is_empty() { 300 } else { 200 };
        return Ok(Answer::new(status, versions(call)));
    }
    let caller = Caller::of(world, call).ok_or_else(|| unauthorized(call))?;
    if minor > NEWEST {
        let message = format!(
            "Version 3.{minor} is not supported by the API. Minimum is 3.0 and maximum is 3.{NEWEST}."
        );
        return Err(error(406, "computeFault", &message));
    }
    let ["v3", own, path @ ..] = segments.as_slice() else { return Err(not_found()) };
    if caller.project() != Some(own) {
        return Err(error(400, "badRequest", "Malformed request url"));
    }
    if let Some(reply) = tenant::answer(world, call, &caller, path) {
        return reply;
    }
    match (call.method.as_str(), path) {
        ("GET", ["os-quota-sets", project]) => {
            allow(&caller, project, "show")?;
            Ok(Answer::ok(json!({"quota_set": with_id(limits(world, project), project)})))
        }
        ("GET", ["os-quota-sets", project, "defaults"]) => {
            allow(&caller, project, "show")?;
            Ok(Answer::ok(json!({"quota_set": with_id(limits(world, ""), project)})))
        }
        ("GET", ["os-quota-class-sets", "default"]) => {
            allow(&caller, "", "show")?;
            Ok(Answer::ok(json!({"quota_class_set": with_id(limits(world, ""), "default")})))
        }
        ("PUT", ["os-quota-sets", project]) => {
            allow(&caller, "", "update")?;
            let given = read(&call.object("quota_set"))?;
            above_usage(world, project, &given)?;
            world.volume_quotas.entry((*project).to_owned()).or_default().extend(given);
            Ok(Answer::ok(json!({"quota_set": limits(world, project)})))
        }
        ("DELETE", ["os-quota-sets", project]) => {
            allow(&caller, "", "delete")?;
            world.volume_quotas.remove(*project);
            Ok(Answer::empty(200))
        }
        _ => Err(not_found()),
    }
}

fn versions(call: &Call) -> Value {
    json!({"versions": [{
        "id": "v3.0", "status": "CURRENT", "version": "3.71", "min_version": "3.0", "updated": "2023-08-31T00:00:00Z",
        "links": [
            {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
            {"rel": "self", "href": format!("{}/v3/", call.base())},
        ],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.volume+json;version=3"}],
    }]})
}

fn error(code: u16, kind: &str, message: &str) -> Answer {
    Answer::new(code, json!({kind: {"code": code, "message": message}}))
}

fn not_found() -> Answer {
    error(404, "itemNotFound", "The resource could not be found.")
}

fn allow(caller: &Caller, project: &str, action: &str) -> Result<(), Answer> {
    let own = action == "show" && caller.project() == Some(project);
    if caller.has("admin") || own || action == "show" && caller.has("global_reader") {
        return Ok(());
    }
    let message = format!("Policy doesn't allow volume_extension:quotas:{action} to be performed.");
    Err(error(403, "forbidden", &message))
}

fn limits(world: &World, project: &str) -> Map<String, Value> {
    let set = world.volume_quotas.get(project);
    let limit = |(name, default): &(&str, i64)| {
        let limit = set.and_then(|set| set.get(*name)).copied().unwrap_or(*default);
        ((*name).to_owned(), json!(limit))
    };
    RESOURCES.iter().map(limit).collect()
}

fn with_id(mut limits: Map<String, Value>, id: &str) -> Value {
    limits.insert("id".to_owned(), json!(id));
    Value::Object(limits)
}

fn read(given: &Value) -> Result<Vec<(String, i64)>, Answer> {
    let mut limits = Vec::new();
    for (name, value) in given.as_object().into_iter().flatten() {
        if !RESOURCES.iter().any(|(known, _)| known == name) {
            let message = format!("Invalid input received: Bad key(s) in quota set: {name}");
            return Err(error(400, "badRequest", &message));
        }
        let number = value.as_i64().unwrap_or(-2);
        if number < -1 {
            return Err(error(400, "badRequest", &format!("{name} must be >= -1")));
        }
        limits.push((name.clone(), number));
    }
    Ok(limits)
}

fn above_usage(world: &World, project: &str, given: &[(String, i64)]) -> Result<(), Answer> {
    let used = |name: &str| world.usage.get(project).and_then(|used| used.get(name)).copied().unwrap_or(0);
    match given.iter().find(|(name, limit)| *limit >= 0 && *limit < used(name)) {
        None => Ok(()),
        Some((name, limit)) => {
            let message = format!(
                "Quota {name} limit must be equal or greater than existing resources. Current usage is {} and the \
                 requested limit is {limit}.",
                used(name)
            );
            Err(error(400, "badRequest", &message))
        }
    }
}
