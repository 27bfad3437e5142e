//! Octavia: quotas of load balancers, and what tenants hold.

mod tenant;

use serde_json::{Map, Value, json};

use super::access::Caller;
use super::http::{Answer, Call, Reply, unauthorized};
use super::world::World;

const RESOURCES: [&str; 7] =
    ["load_balancer", "listener", "member", "pool", "health_monitor", "l7policy", "l7rule"];
/// Resources that the listing shows by an old name too.
const OLD_NAMES: [(&str, &str); 2] = [("loadbalancer", "load_balancer"), ("healthmonitor", "health_monitor")];

pub(super) fn answer(world: &mut World, call: &Call) -> Answer {
    let answer = route(world, call).unwrap_or_else(|refusal| refusal);
    match answer.status {
        401 => answer,
        _ => answer.with("x-openstack-request-id", call.request_id.clone()),
    }
}

fn route(world: &mut World, call: &Call) -> Reply {
    let segments = call.segments();
    if segments.is_empty() {
        let links = json!([{"rel": "self", "href": format!("{}/v2", call.base())}]);
        let version =
            json!({"id": "v2.27", "status": "CURRENT", "updated": "2023-05-05T00:00:00Z", "links": links});
        return Ok(Answer::ok(json!({"versions": [version]})));
    }
    let caller = Caller::of(world, call).ok_or_else(|| unauthorized(call))?;
    if let ["v2" | "v2.0", "lbaas", "loadbalancers", path @ ..] = segments.as_slice() {
        return tenant::answer(world, call, &caller, path);
    }
    let ["v2" | "v2.0", "lbaas", "quotas", path @ ..] = segments.as_slice() else {
        return Err(error(404, "The resource could not be found."));
    };
    match (call.method.as_str(), path) {
        ("GET", []) => {
            allow(&caller, None)?;
            list(world, call)
        }
        ("GET", ["defaults"]) => Ok(Answer::ok(json!({"quota": limits(world, "")}))),
        ("GET", [project]) => {
            allow(&caller, Some(project))?;
            Ok(Answer::ok(json!({"quota": limits(world, project)})))
        }
        ("PUT", [project]) => update(world, call, &caller, project),
        ("DELETE", [project]) => {
            may_write(&caller)?;
            match world.load_balancer_quotas.get_mut(*project) {
                Some(set) => {
                    set.clear();
                    Ok(Answer::empty(202))
                }
                None => Err(error(404, &format!("Quotas {project} not found."))),
            }
        }
        _ => Err(error(404, "The resource could not be found.")),
    }
}

fn error(code: u16, message: &str) -> Answer {
    Answer::new(code, json!({"faultcode": "Client", "faultstring": message, "debuginfo": null}))
}

fn refused() -> Answer {
    error(403, "Policy does not allow this request to be performed.")
}

fn allow(caller: &Caller, project: Option<&str>) -> Result<(), Answer> {
    let own = project.is_some()
        && caller.project() == project
        && caller.has_any(&["load-balancer_member", "load-balancer_observer"]);
    let observers = ["load-balancer_global_observer", "load-balancer_quota_admin", "load-balancer_admin"];
    let may =
        caller.has("admin") || caller.system() && caller.has("reader") || caller.has_any(&observers) || own;
    if may { Ok(()) } else { Err(refused()) }
}

fn may_write(caller: &Caller) -> Result<(), Answer> {
    let may = caller.has_any(&["admin", "load-balancer_quota_admin", "load-balancer_admin"]);
    if may { Ok(()) } else { Err(refused()) }
}

fn list(world: &World, call: &Call) -> Reply {
    let asked = call.param("project_id").or(call.param("tenant_id"));
    let wanted = |project: &&String| asked.is_none_or(|asked| *project == asked);
    let mut rows: Vec<Value> =
        world.load_balancer_quotas.keys().filter(wanted).map(|project| row(world, project)).collect();
    let limit = call.param("limit").and_then(|limit| limit.parse::<usize>().ok());
    let mut links = Vec::new();
    if let Some(limit) = limit.filter(|limit| *limit < rows.len()) {
        rows.truncate(limit);
        // A quota has no id, and the marker says so.
        let href = format!("{}?limit={limit}&marker=None", call.address());
        links.push(json!({"href": href, "rel": "next"}));
    }
    Ok(Answer::ok(json!({"quotas": rows, "quotas_links": links})))
}

fn row(world: &World, project: &str) -> Value {
    let set = world.load_balancer_quotas.get(project);
    let limit = |name: &str| json!(set.and_then(|set| set.get(name)));
    let named = RESOURCES.iter().map(|name| (*name, *name)).chain(OLD_NAMES);
    let mut row: Map<String, Value> = named.map(|(shown, name)| (shown.to_owned(), limit(name))).collect();
    row.insert("project_id".to_owned(), json!(project));
    row.insert("tenant_id".to_owned(), json!(project));
    Value::Object(row)
}

fn limits(world: &World, project: &str) -> Map<String, Value> {
    let set = world.load_balancer_quotas.get(project);
    let limit =
        |name: &&str| ((**name).to_owned(), json!(set.and_then(|set| set.get(*name)).copied().unwrap_or(-1)));
    RESOURCES.iter().map(limit).collect()
}

fn update(world: &mut World, call: &Call, caller: &Caller, project: &str) -> Reply {
    let given = call.object("quota");
    let mut set = Vec::new();
    for (name, value) in given.as_object().into_iter().flatten() {
        let old = OLD_NAMES.iter().find(|(old, _)| old == name).map(|(_, new)| (*new).to_owned());
        let resource = old.unwrap_or_else(|| name.clone());
        if !RESOURCES.contains(&resource.as_str()) {
            return Err(error(400, &format!("Unknown attribute for argument quotas.quota: {name}")));
        }
        if value.as_i64().is_some_and(|number| number < -1) {
            let message = format!(
                "Invalid input for field/attribute {name}. Value: '{value}'. Value should be greater or equal to -1"
            );
            return Err(error(400, &message));
        }
        set.push((resource, value.as_i64()));
    }
    may_write(caller)?;
    let limits_set = world.load_balancer_quotas.entry(project.to_owned()).or_default();
    for (name, value) in set {
        match value {
            Some(value) => drop(limits_set.insert(name, value)),
            None => drop(limits_set.remove(&name)),
        }
    }
    Ok(Answer::new(202, json!({"quota": limits(world, project)})))
}
