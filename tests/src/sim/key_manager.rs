//! Barbican: quotas of secrets, and what tenants hold.

mod tenant;

use serde_json::{Map, Value, json};

use super::access::Caller;
use super::http::{Answer, Call, Reply, unauthorized};
use super::world::World;

const RESOURCES: [&str; 5] = ["secrets", "orders", "containers", "consumers", "cas"];

pub(super) fn answer(world: &mut World, call: &Call) -> Answer {
    let answer = route(world, call).unwrap_or_else(|refusal| refusal);
    if answer.status == 401 {
        return answer;
    }
    let answer = answer.with("openstack-api-version", version(call)).with("vary", "openstack-api-version");
    // The document of versions comes from before Barbican gives ids; where the caller brings an id, that is the id.
    let given = call.header("X-OpenStack-Request-ID").unwrap_or(&call.request_id);
    if call.path.is_empty() { answer } else { answer.with("x-openstack-request-id", given) }
}

/// The microversion that was asked for, of the two that there are.
fn version(call: &Call) -> &'static str {
    match call.header("OpenStack-API-Version") {
        Some("key-manager 1.1") => "key-manager 1.1",
        _ => "key-manager 1.0",
    }
}

fn route(world: &mut World, call: &Call) -> Reply {
    let segments = call.segments();
    if segments.is_empty() {
        return Ok(Answer::new(
            300,
            json!({"versions": {"values": [{
                "id": "v1", "status": "stable",
                "links": [
                    {"rel": "self", "href": format!("{}/v1/", call.base())},
                    {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
                ],
                "media-types": [{"base": "application/json", "type": "application/vnd.openstack.key-manager-v1+json"}],
            }]}}),
        ));
    }
    let caller = Caller::of(world, call).ok_or_else(|| unauthorized(call))?;
    if let ["v1", path @ ..] = segments.as_slice()
        && let Some(reply) = tenant::answer(world, call, &caller, path)
    {
        return reply;
    }
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["v1", "quotas"]) => {
            let readers = ["admin", "observer", "creator", "audit", "key-manager:service-admin"];
            allow(&caller, "Quotas", &readers)?;
            let project = caller.project().unwrap_or_default();
            let set = world.key_manager_quotas.get(project);
            let limit = |name: &&str| {
                ((**name).to_owned(), json!(set.and_then(|set| set.get(*name)).copied().unwrap_or(-1)))
            };
            let limits: Map<String, Value> = RESOURCES.iter().map(limit).collect();
            Ok(Answer::ok(json!({"quotas": limits})))
        }
        (_, ["v1", "project-quotas", path @ ..]) => {
            allow(&caller, "Project Quotas", &["key-manager:service-admin"])?;
            project_quotas(world, call, path)
        }
        _ => Err(error(404, "Not Found", "Not Found. Sorry but your resource is in another castle.")),
    }
}

fn project_quotas(world: &mut World, call: &Call, path: &[&str]) -> Reply {
    let missing = || error(404, "Not Found", "Project quotas not found.");
    match (call.method.as_str(), path) {
        ("GET", []) => {
            let row =
                |project: &String| json!({"project_id": project, "project_quotas": limits(world, project)});
            let total = world.key_manager_quotas.len();
            let number = |name: &str| call.param(name).and_then(|value| value.parse::<usize>().ok());
            let (offset, limit) = (number("offset").unwrap_or(0), number("limit").unwrap_or(10).min(100));
            let rows: Vec<Value> =
                world.key_manager_quotas.keys().skip(offset).take(limit).map(row).collect();
            let mut body = json!({"project_quotas": rows, "total": total});
            let page = |offset: usize| json!(format!("{}?limit={limit}&offset={offset}", call.address()));
            if offset + limit < total {
                body["next"] = page(offset + limit);
            }
            if offset > 0 {
                body["previous"] = page(offset.saturating_sub(limit));
            }
            Ok(Answer::ok(body))
        }
        ("GET", [project]) if world.key_manager_quotas.contains_key(*project) => {
            Ok(Answer::ok(json!({"project_quotas": limits(world, project)})))
        }
        ("PUT", [project]) => {
            let given = read(&call.object("project_quotas"))?;
            world.key_manager_quotas.entry((*project).to_owned()).or_default().extend(given);
            Ok(Answer::empty(204))
        }
        ("DELETE", [project]) => match world.key_manager_quotas.remove(*project) {
            Some(_) => Ok(Answer::empty(204)),
            None => Err(missing()),
        },
        ("GET", [_]) => Err(missing()),
        _ => Err(error(405, "Method Not Allowed", "Method Not Allowed")),
    }
}

fn error(code: u16, title: &str, description: &str) -> Answer {
    Answer::new(code, json!({"code": code, "title": title, "description": description}))
}

/// A token without a project is too much for Barbican.
fn allow(caller: &Caller, what: &str, roles: &[&str]) -> Result<(), Answer> {
    if caller.project().is_none() {
        let message = format!("{what} failure seen - please contact site administrator.");
        return Err(error(500, "Internal Server Error", &message));
    }
    if caller.has_any(roles) {
        return Ok(());
    }
    let message = format!("{what} attempt not allowed - please review your user/project privileges");
    Err(error(403, "Forbidden", &message))
}

fn limits(world: &World, project: &str) -> Map<String, Value> {
    let set = world.key_manager_quotas.get(project);
    RESOURCES.iter().map(|name| ((*name).to_owned(), json!(set.and_then(|set| set.get(*name))))).collect()
}

fn read(given: &Value) -> Result<Vec<(String, i64)>, Answer> {
    let wrong = |why: &str| {
        let message = format!(
            "Provided object does not match schema 'Project Quota': {why}. Invalid property: 'project_quotas'"
        );
        error(400, "Bad Request", &message)
    };
    let mut limits = Vec::new();
    for (name, value) in given.as_object().into_iter().flatten() {
        if !RESOURCES.contains(&name.as_str()) {
            let why = format!("Additional properties are not allowed ('{name}' was unexpected)");
            return Err(wrong(&why));
        }
        // Any whole number is taken, below -1 too.
        let number = value.as_i64().ok_or_else(|| match value {
            Value::Null => wrong("None is not of type 'integer'"),
            Value::String(text) => wrong(&format!("'{text}' is not of type 'integer'")),
            other => wrong(&format!("{other} is not of type 'integer'")),
        })?;
        limits.push((name.clone(), number));
    }
    Ok(limits)
}
