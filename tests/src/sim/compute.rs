//! Nova: quotas of servers, and what tenants hold.

mod tenant;

use serde_json::{Map, Value, json};

use super::access::Caller;
use super::http::{Answer, Call, Reply, unauthorized};
use super::world::World;

/// Resource, default, and the last microversion that shows it.
const RESOURCES: [(&str, i64, u32); 14] = [
    ("cores", 20, 999),
    ("fixed_ips", -1, 35),
    ("floating_ips", -1, 35),
    ("injected_file_content_bytes", 10240, 56),
    ("injected_file_path_bytes", 255, 56),
    ("injected_files", 5, 56),
    ("instances", 10, 999),
    ("key_pairs", 100, 999),
    ("metadata_items", 128, 999),
    ("ram", 51200, 999),
    ("security_group_rules", -1, 35),
    ("security_groups", -1, 35),
    ("server_group_members", 10, 999),
    ("server_groups", 10, 999),
];
const NEWEST: u32 = 96;

pub(super) fn answer(world: &mut World, call: &Call) -> Answer {
    if call.path.is_empty() {
        let link = |path: &str| json!([{"rel": "self", "href": format!("{}/{path}/", call.base())}]);
        return Answer::ok(json!({"versions": [
            {"id": "v2.0", "status": "SUPPORTED", "version": "", "min_version": "", "updated": "2011-01-21T11:33:21Z", "links": link("v2")},
            {"id": "v2.1", "status": "CURRENT", "version": "2.96", "min_version": "2.1", "updated": "2013-07-23T11:33:21Z", "links": link("v2.1")},
        ]}));
    }
    let minor = microversion(call);
    let reply = route(world, call, minor);
    let answer = reply.unwrap_or_else(|refusal| refusal);
    let answer = match answer.status {
        401 => answer,
        _ => answer
            .with("OpenStack-API-Version", format!("compute 2.{minor}"))
            .with("X-OpenStack-Nova-API-Version", format!("2.{minor}"))
            .with("Vary", "OpenStack-API-Version"),
    };
    answer
        .with("x-openstack-request-id", call.request_id.clone())
        .with("x-compute-request-id", call.request_id.clone())
}

fn microversion(call: &Call) -> u32 {
    let new = call.header("OpenStack-API-Version").and_then(|value| value.strip_prefix("compute "));
    let old = call.header("X-OpenStack-Nova-API-Version");
    let minor = new.or(old).and_then(|version| version.strip_prefix("2."));
    minor.and_then(|minor| minor.parse().ok()).unwrap_or(1)
}

fn route(world: &mut World, call: &Call, minor: u32) -> Reply {
    let segments = call.segments();
    let caller = Caller::of(world, call).ok_or_else(|| unauthorized(call))?;
    if minor > NEWEST {
        let message = format!(
            "Version 2.{minor} is not supported by the API. Minimum is 2.1 and maximum is 2.{NEWEST}."
        );
        return Err(error(406, "computeFault", &message));
    }
    if let ["v2.1", path @ ..] = segments.as_slice()
        && let Some(reply) = tenant::answer(world, call, &caller, path)
    {
        return reply;
    }
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["v2.1"]) => Ok(Answer::ok(json!({"version": {
            "id": "v2.1", "status": "CURRENT", "version": "2.96", "min_version": "2.1", "updated": "2013-07-23T11:33:21Z",
            "links": [
                {"rel": "self", "href": format!("{}/v2.1/", call.base())},
                {"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"},
            ],
            "media-types": [{"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"}],
        }}))),
        ("GET", ["v2.1", "os-quota-sets", project]) => {
            allow(&caller, project, "show")?;
            known(world, &caller, project)?;
            Ok(Answer::ok(json!({"quota_set": with_id(limits(world, project, minor), project)})))
        }
        ("GET", ["v2.1", "os-quota-sets", project, "defaults"]) => {
            known(world, &caller, project)?;
            Ok(Answer::ok(json!({"quota_set": with_id(limits(world, "", minor), project)})))
        }
        ("GET", ["v2.1", "os-quota-class-sets", "default"]) => {
            allow(&caller, "", "show")?;
            Ok(Answer::ok(json!({"quota_class_set": with_id(limits(world, "", minor), "default")})))
        }
        ("PUT", ["v2.1", "os-quota-sets", project]) => {
            let given = call.object("quota_set");
            let given = read(&given, minor)?;
            allow(&caller, "", "update")?;
            known(world, &caller, project)?;
            above_usage(world, project, &given)?;
            world.compute_quotas.entry((*project).to_owned()).or_default().extend(given);
            Ok(Answer::ok(json!({"quota_set": limits(world, project, minor)})))
        }
        ("DELETE", ["v2.1", "os-quota-sets", project]) => {
            allow(&caller, "", "delete")?;
            known(world, &caller, project)?;
            world.compute_quotas.remove(*project);
            Ok(Answer::empty(202))
        }
        _ => Err(error(404, "itemNotFound", "The resource could not be found.")),
    }
}

fn error(code: u16, kind: &str, message: &str) -> Answer {
    Answer::new(code, json!({kind: {"code": code, "message": message}}))
}

/// One's own may be read; the rest asks for an administrator, or for reading the global reader.
fn allow(caller: &Caller, project: &str, action: &str) -> Result<(), Answer> {
    let own = caller.project() == Some(project);
    let may = caller.project_admin() || own || action == "show" && caller.has("global_reader");
    if may && !caller.system() {
        return Ok(());
    }
    let message = format!("Policy doesn't allow os_compute_api:os-quota-sets:{action} to be performed.");
    Err(error(403, "forbidden", &message))
}

/// Nova asks Keystone in the caller's name, and believes in any project that it is not shown.
fn known(world: &World, caller: &Caller, project: &str) -> Result<(), Answer> {
    match world.projects.contains_key(project) || !caller.has("admin") {
        true => Ok(()),
        false => Err(error(400, "badRequest", &format!("Project ID {project} is not a valid project."))),
    }
}

fn shown(minor: u32) -> impl Iterator<Item = (&'static str, i64)> {
    let shown = RESOURCES.iter().filter(move |(_, _, last)| minor <= *last);
    shown.map(|(name, default, _)| (*name, *default))
}

fn limits(world: &World, project: &str, minor: u32) -> Map<String, Value> {
    let set = world.compute_quotas.get(project);
    let limit = |(name, default): (&str, i64)| {
        let limit = set.and_then(|set| set.get(name)).copied().unwrap_or(default);
        (name.to_owned(), json!(limit))
    };
    shown(minor).map(limit).collect()
}

fn with_id(mut limits: Map<String, Value>, id: &str) -> Value {
    limits.insert("id".to_owned(), json!(id));
    Value::Object(limits)
}

fn read(given: &Value, minor: u32) -> Result<Vec<(String, i64)>, Answer> {
    let mut limits = Vec::new();
    for (name, value) in given.as_object().into_iter().flatten() {
        if name == "force" {
            continue;
        }
        if !shown(minor).any(|(known, _)| known == name) {
            let message = format!(
                "Invalid input for field/attribute quota_set. Value: {{'{name}': {value}}}. Additional properties are \
                 not allowed ('{name}' was unexpected)"
            );
            return Err(error(400, "badRequest", &message));
        }
        let number = value.as_i64().unwrap_or(-2);
        if number < -1 {
            let message = format!(
                "Invalid input for field/attribute {name}. Value: {value}. {value} is less than the minimum of -1"
            );
            return Err(error(400, "badRequest", &message));
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
                "Quota limit {limit} for {name} must be greater than or equal to already used and reserved {}.",
                used(name)
            );
            Err(error(400, "badRequest", &message))
        }
    }
}
