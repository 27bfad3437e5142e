//! Quotas of Neutron.

use serde_json::{Map, Value, json};

use super::super::access::Caller;
use super::super::http::{Answer, Call, Reply};
use super::super::world::World;
use super::{bad, error, forbidden, given, internal, not_found, things, wanted_revision};

const DEFAULTS: [(&str, i64); 10] = [
    ("network", 100),
    ("subnet", 100),
    ("subnetpool", -1),
    ("port", 500),
    ("router", 10),
    ("floatingip", 50),
    ("rbac_policy", 10),
    ("security_group", 10),
    ("security_group_rule", 100),
    ("trunk", -1),
];

pub(super) fn answer(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Reply {
    match (call.method.as_str(), path) {
        ("GET", []) => {
            let rows: Vec<Value> = match allow(caller, "get_quota", None) {
                Ok(()) => world.network_quotas.keys().map(|project| row(world, project)).collect(),
                Err(refusal) => return Err(refusal),
            };
            Ok(Answer::ok(json!({"quotas": rows})))
        }
        ("GET", [project]) => {
            allow(caller, "get_quota", Some(project))?;
            Ok(Answer::ok(json!({"quota": limits(world, project)})))
        }
        ("GET", [project, "default"]) => {
            allow(caller, "get_quota", Some(project))?;
            let defaults = DEFAULTS.iter().map(|(name, limit)| ((*name).to_owned(), json!(limit)));
            Ok(Answer::ok(json!({"quota": defaults.collect::<Map<_, _>>()})))
        }
        ("GET", [project, "details"]) => {
            allow(caller, "get_quota", Some(project))?;
            let detail = |(name, limit): (String, Value)| {
                let used = used(world, project, &name);
                (name, json!({"limit": limit, "used": used, "reserved": 0}))
            };
            let details: Map<_, _> = limits(world, project).into_iter().map(detail).collect();
            Ok(Answer::ok(json!({"quota": details})))
        }
        ("PUT", [project]) => update(world, call, caller, project),
        ("DELETE", [project]) => {
            allow(caller, "delete_quota", None)?;
            match world.network_quotas.remove(*project) {
                Some(_) => Ok(Answer::empty(204)),
                None => {
                    let message = format!("Quota for tenant {project} could not be found.");
                    Err(error(404, "TenantQuotaNotFound", &message))
                }
            }
        }
        _ => Err(not_found()),
    }
}

/// Reading one's own is free; the rest is the administrator's, and reading all the global reader's.
fn allow(caller: &Caller, action: &str, project: Option<&str>) -> Result<(), Answer> {
    if caller.system() {
        let message =
            format!("rule:{action} requires a scope of ['project'], request was made with system scope.");
        return Err(error(403, "InvalidScope", &message));
    }
    let reads = action == "get_quota";
    let own = reads && project.is_some() && caller.project() == project && caller.has("reader");
    let may = caller.project_admin() || own || reads && caller.has("global_reader");
    if may { Ok(()) } else { Err(forbidden(action)) }
}

fn update(world: &mut World, call: &Call, caller: &Caller, project: &str) -> Reply {
    let names: Vec<&str> = DEFAULTS.iter().map(|(name, _)| *name).collect();
    let given = given(call, "quota", &names)?;
    let mut limits_given = Vec::new();
    for (name, value) in given.as_object().into_iter().flatten() {
        limits_given.push((name.clone(), number(name, value)?));
    }
    allow(caller, "update_quota", None)?;
    if wanted_revision(call)?.is_some() {
        // Quotas have no revision; the real one does not survive the question.
        return Err(internal());
    }
    world.network_quotas.entry(project.to_owned()).or_default().extend(limits_given);
    Ok(Answer::ok(json!({"quota": limits(world, project)})))
}

fn number(name: &str, value: &Value) -> Result<i64, Answer> {
    let text = value.as_str().map(str::to_owned).unwrap_or_else(|| value.to_string());
    let not_a_number =
        || error(400, "InvalidInput", &format!("Invalid input for operation: '{text}' is not an integer."));
    let number: i64 = text.parse().map_err(|_| not_a_number())?;
    if number < -1 {
        let reason = format!("'{number}' is too small - must be at least '-1'.");
        return Err(bad(&format!("Invalid input for {name}. Reason: {reason}")));
    }
    Ok(number)
}

pub(super) fn limit(world: &World, project: &str, resource: &str) -> i64 {
    let default = || DEFAULTS.iter().find(|(name, _)| *name == resource).map_or(-1, |(_, limit)| *limit);
    world.network_quotas.get(project).and_then(|set| set.get(resource)).copied().unwrap_or_else(default)
}

fn limits(world: &World, project: &str) -> Map<String, Value> {
    DEFAULTS.iter().map(|(name, _)| ((*name).to_owned(), json!(limit(world, project, name)))).collect()
}

fn row(world: &World, project: &str) -> Value {
    let mut row = limits(world, project);
    row.insert("project_id".to_owned(), json!(project));
    row.insert("tenant_id".to_owned(), json!(project));
    Value::Object(row)
}

fn used(world: &World, project: &str, resource: &str) -> usize {
    let groups = world.security_groups.values().filter(|group| group.project == project);
    match resource {
        "security_group" => groups.count(),
        "security_group_rule" => world.rules().filter(|(_, _, rule)| rule.project == project).count(),
        other => match things::counted_by(other) {
            Some(kind) => world.of(kind).values().filter(|row| things::project(row) == project).count(),
            None => 0,
        },
    }
}
