//! Neutron: security groups and what their rules name, networks and what hangs on them, quotas.

mod address_groups;
mod cidr;
mod extensions;
mod forwardings;
mod groups;
mod make;
mod paging;
mod quotas;
mod remove;
mod routers;
mod rules;
mod things;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::access::Caller;
use super::http::{Answer, Call, Reply, unauthorized};
use super::world::World;

pub(super) fn answer(world: &mut World, call: &Call) -> Answer {
    let answer = route(world, call).unwrap_or_else(|refusal| refusal);
    // The document of versions comes from before Neutron gives ids.
    if call.path.is_empty() { answer } else { answer.with("X-Openstack-Request-Id", call.request_id.clone()) }
}

fn route(world: &mut World, call: &Call) -> Reply {
    let segments = call.segments();
    if segments.is_empty() {
        let links = json!([{"rel": "self", "href": format!("{}/v2.0/", call.base())}]);
        return Ok(Answer::ok(json!({"versions": [{"id": "v2.0", "status": "CURRENT", "links": links}]})));
    }
    let caller = Caller::of(world, call).ok_or_else(|| unauthorized(call))?;
    let ["v2.0", path @ ..] = segments.as_slice() else { return Err(not_found()) };
    match path {
        ["security-groups", path @ ..] => groups::answer(world, call, &caller, path),
        ["security-group-rules", path @ ..] => rules::answer(world, call, &caller, path),
        ["address-groups", path @ ..] => address_groups::answer(world, call, &caller, path),
        ["quotas", path @ ..] => quotas::answer(world, call, &caller, path),
        ["extensions"] => Ok(extensions::list()),
        ["metering", "metering-labels"] => extensions::metering_labels(call, &caller),
        ["default-security-group-rules"] => {
            let rules: BTreeMap<String, Value> = default_rules()
                .into_iter()
                .map(|rule| (rule["id"].as_str().unwrap_or_default().to_owned(), rule))
                .collect();
            let row = |id: &str| rules.get(id).cloned().unwrap_or_default();
            paging::list(call, &caller, DEFAULT_RULES, rules.keys().map(String::as_str), row)
        }
        _ => things::answer(world, call, &caller, path),
    }
}

const DEFAULT_RULES: paging::Kind = paging::Kind {
    rows: "default_security_group_rules",
    filters: &["id", "direction", "ethertype", "protocol"],
};

/// The four rules that Neutron makes new groups from.
fn default_rules() -> Vec<Value> {
    let rule = |(number, (direction, ethertype)): (usize, (&str, &str))| {
        json!({
            "id": format!("00000000-0000-4000-8000-00000000000{number}"), "direction": direction,
            "ethertype": ethertype, "protocol": null, "port_range_min": null, "port_range_max": null,
            "remote_ip_prefix": null, "remote_address_group_id": null,
            "remote_group_id": if direction == "ingress" { json!("PARENT") } else { json!(null) },
            "description": format!("Legacy default SG rule for {direction} traffic"),
            "used_in_default_sg": true, "used_in_non_default_sg": direction == "egress",
        })
    };
    [("egress", "IPv4"), ("ingress", "IPv4"), ("ingress", "IPv6"), ("egress", "IPv6")]
        .into_iter()
        .enumerate()
        .map(rule)
        .collect()
}

fn error(code: u16, kind: &str, message: &str) -> Answer {
    Answer::new(code, json!({"NeutronError": {"type": kind, "message": message, "detail": ""}}))
}

fn bad(message: &str) -> Answer {
    error(400, "HTTPBadRequest", message)
}

fn not_found() -> Answer {
    error(404, "HTTPNotFound", "The resource could not be found.")
}

fn internal() -> Answer {
    let message = "Request Failed: internal server error while processing your request.";
    error(500, "HTTPInternalServerError", message)
}

fn forbidden(action: &str) -> Answer {
    error(403, "PolicyNotAuthorized", &format!("rule:{action} is disallowed by policy"))
}

/// Whether the caller sees what a project has. A token of system scope sees nothing, and is not told.
fn sees(caller: &Caller, project: &str) -> bool {
    caller.project().is_some_and(|own| own == project || caller.has_any(&["admin", "global_reader"]))
}

/// Lets an administrator change what any project has, and a member what its own has.
fn may_write(caller: &Caller, project: &str, action: &str) -> Result<(), Answer> {
    let own = caller.project() == Some(project) && caller.has("member");
    if own || caller.project_admin() { Ok(()) } else { Err(forbidden(action)) }
}

/// The project that a creation is for, and whether the caller may.
fn project_of(given: &Value, caller: &Caller, action: &str) -> Result<String, Answer> {
    let named = given.get("project_id").or_else(|| given.get("tenant_id")).and_then(Value::as_str);
    let project = named.or(caller.project()).unwrap_or_default().to_owned();
    if !caller.has("admin") && caller.project() != Some(&project) {
        let message = "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires \
                       admin or advsvc privileges";
        return Err(bad(message));
    }
    may_write(caller, &project, action)?;
    Ok(project)
}

/// The object of the body, with none but these attributes.
fn given(call: &Call, key: &str, known: &[&str]) -> Result<Value, Answer> {
    let missing = || bad(&format!("Unable to find '{key}' in request body"));
    let given = call.body.as_ref().and_then(|body| body.get(key)).cloned().ok_or_else(missing)?;
    let unknown = given.as_object().into_iter().flatten().map(|(name, _)| name.clone());
    let unknown: Vec<String> = unknown.filter(|name| !known.contains(&name.as_str())).collect();
    match unknown.as_slice() {
        [] => Ok(given),
        names => {
            let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
            Err(bad(&format!("Unrecognized attribute(s) {}", names.join(", "))))
        }
    }
}

/// Compare-and-set: only `revision_number=N` is understood; what is spelled in another way is passed over.
fn constrained(call: &Call, revision: u64) -> Result<(), Answer> {
    match wanted_revision(call)? {
        Some(wanted) if wanted != revision => {
            let message = format!("Constrained to {wanted}, but current revision is {revision}");
            Err(error(412, "RevisionNumberConstraintFailed", &message))
        }
        Some(_) | None => Ok(()),
    }
}

fn wanted_revision(call: &Call) -> Result<Option<u64>, Answer> {
    let given = call.header("If-Match").and_then(|value| value.strip_prefix("revision_number="));
    let Some(given) = given else { return Ok(None) };
    let message =
        "Bad if-match request: Revision number etag must be in the format of revision_number=<int>.";
    given.parse().map(Some).map_err(|_| error(400, "BadRequest", message))
}

/// A text attribute no longer than this.
fn text(given: &Value, name: &str, longest: usize) -> Result<Option<String>, Answer> {
    let invalid = |reason: String| bad(&format!("Invalid input for {name}. Reason: {reason}"));
    match given.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.chars().count() > longest => {
            Err(invalid(format!("'{text}' exceeds maximum length of {longest}.")))
        }
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Null) => Err(invalid("'None' is not a valid string.".to_owned())),
        Some(other) => Err(invalid(format!("'{other}' is not a valid string."))),
    }
}

/// The refusal where a project has as many as its quota lets it have.
fn within_quota(world: &World, project: &str, resource: &str, used: usize) -> Result<(), Answer> {
    let limit = quotas::limit(world, project, resource);
    if limit < 0 || i64::try_from(used).unwrap_or(i64::MAX) < limit {
        return Ok(());
    }
    Err(error(409, "OverQuota", &format!("Quota exceeded for resources: ['{resource}'].")))
}
