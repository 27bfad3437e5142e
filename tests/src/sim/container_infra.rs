//! Magnum: clusters, their templates, and limits of clusters.

use serde_json::{Value, json};

use super::access::Caller;
use super::held::{Cluster, ClusterTemplate, Kind};
use super::http::{Answer, Call, Reply, unauthorized};
use super::pages::{next, page};
use super::world::World;

pub(super) fn answer(world: &mut World, call: &Call) -> Answer {
    let answer = route(world, call).unwrap_or_else(|refusal| refusal);
    if answer.status == 401 {
        return answer;
    }
    answer
        .with("OpenStack-API-Minimum-Version", "container-infra 1.1")
        .with("OpenStack-API-Maximum-Version", "container-infra 1.11")
        .with("OpenStack-API-Version", "container-infra 1.1")
        .with("vary", "OpenStack-API-Version")
        .with("x-openstack-request-id", call.request_id.clone())
}

fn route(world: &mut World, call: &Call) -> Reply {
    let caller = Caller::of(world, call).ok_or_else(|| unauthorized(call))?;
    let segments = call.segments();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["v1", "clusters", "detail"]) => {
            let own = world.held.clusters.iter().filter(|(_, one)| is_seen(&caller, &one.project));
            list(call, "clusters", own.map(|(id, one)| (id.clone(), cluster(id, one))).collect())
        }
        ("GET", ["v1", "clusters", id]) => shown(world, &caller, id).map(|one| Answer::ok(cluster(id, one))),
        ("DELETE", ["v1", "clusters", id]) => delete(world, &caller, id),
        ("GET", ["v1", "clustertemplates", "detail"]) => {
            let own = world.held.cluster_templates.iter();
            let own = own.filter(|(_, one)| one.is_public || is_seen(&caller, &one.project));
            list(call, "clustertemplates", own.map(|(id, one)| (id.clone(), template(id, one))).collect())
        }
        ("GET", ["v1", "clustertemplates", id]) => {
            template_shown(world, &caller, id).map(|one| Answer::ok(template(id, one)))
        }
        ("DELETE", ["v1", "clustertemplates", id]) => delete_template(world, &caller, id),
        ("GET", ["v1", "mservices"]) => {
            sees_all(&caller, "magnum-service:get_all")?;
            let row = json!({"host": "sim", "binary": "magnum-conductor", "state": "up", "id": 1});
            Ok(Answer::ok(json!({"mservices": [row]})))
        }
        ("GET", ["v1", "quotas"]) => quotas(world, call, &caller),
        ("DELETE", ["v1", "quotas", project, "Cluster"]) => delete_quota(world, &caller, project),
        _ => Err(error(404, "Not Found")),
    }
}

fn error(status: u16, title: &str) -> Answer {
    let detail = format!("{title}.");
    let error = json!({
        "request_id": "", "code": "client", "status": status, "title": title, "detail": detail, "links": [],
    });
    Answer::new(status, json!({"errors": [error]}))
}

fn forbidden(rule: &str) -> Answer {
    error(403, &format!("Policy doesn't allow {rule} to be performed"))
}

fn missing(what: &str, id: &str) -> Answer {
    error(404, &format!("{what} {id} could not be found"))
}

fn is_reader_of_all(caller: &Caller) -> bool {
    caller.has("admin") || caller.has("global_reader")
}

fn sees_all(caller: &Caller, rule: &str) -> Result<(), Answer> {
    if is_reader_of_all(caller) { Ok(()) } else { Err(forbidden(rule)) }
}

fn is_seen(caller: &Caller, project: &str) -> bool {
    is_reader_of_all(caller) || caller.project() == Some(project)
}

fn may_change(caller: &Caller, project: &str, rule: &str) -> Result<(), Answer> {
    let own = caller.project() == Some(project) && caller.has("member");
    if caller.has("admin") || own { Ok(()) } else { Err(forbidden(rule)) }
}

fn list(call: &Call, key: &str, rows: Vec<(String, Value)>) -> Reply {
    let what = if key == "clusters" { "Cluster" } else { "ClusterTemplate" };
    let page = page(call, rows).map_err(|marker| missing(what, &marker))?;
    let mut body = json!({key: page.rows});
    if let Some(last) = &page.last {
        body["next"] = json!(next(call, last));
    }
    Ok(Answer::ok(body))
}

fn cluster(id: &str, one: &Cluster) -> Value {
    let Cluster { name, project, status, template } = one;
    json!({"uuid": id, "name": name, "project_id": project, "status": status, "cluster_template_id": template})
}

fn template(id: &str, one: &ClusterTemplate) -> Value {
    let ClusterTemplate { name, project, is_public } = one;
    json!({"uuid": id, "name": name, "project_id": project, "public": is_public})
}

fn shown<'w>(world: &'w World, caller: &Caller, id: &str) -> Result<&'w Cluster, Answer> {
    let found = world.held.clusters.get(id).filter(|one| is_seen(caller, &one.project));
    found.ok_or_else(|| missing("Cluster", id))
}

fn delete(world: &mut World, caller: &Caller, id: &str) -> Reply {
    let project = shown(world, caller, id)?.project.clone();
    may_change(caller, &project, "cluster:delete_all_projects")?;
    world.begin(Kind::Cluster, id);
    Ok(Answer::empty(204))
}

fn template_shown<'w>(world: &'w World, caller: &Caller, id: &str) -> Result<&'w ClusterTemplate, Answer> {
    let found = world.held.cluster_templates.get(id);
    let found = found.filter(|one| one.is_public || is_seen(caller, &one.project));
    found.ok_or_else(|| missing("ClusterTemplate", id))
}

fn delete_template(world: &mut World, caller: &Caller, id: &str) -> Reply {
    let project = template_shown(world, caller, id)?.project.clone();
    may_change(caller, &project, "clustertemplate:delete_all_projects")?;
    if world.held.clusters.values().any(|one| one.template == id) {
        return Err(error(400, &format!("ClusterTemplate {id} is referenced by one or multiple clusters")));
    }
    world.held.cluster_templates.remove(id);
    Ok(Answer::empty(204))
}

fn quotas(world: &World, call: &Call, caller: &Caller) -> Reply {
    sees_all(caller, "quota:get_all")?;
    let row = |(project, (id, limit)): (&String, &(u64, i64))| {
        let row = json!({"id": id, "hard_limit": limit, "project_id": project, "resource": "Cluster"});
        (id.to_string(), row)
    };
    let mut rows: Vec<(String, Value)> = world.held.cluster_limits.iter().map(row).collect();
    rows.sort_by_key(|(_, row)| row["id"].as_u64());
    list(call, "quotas", rows)
}

fn delete_quota(world: &mut World, caller: &Caller, project: &str) -> Reply {
    if !caller.has("admin") {
        return Err(forbidden("quota:delete"));
    }
    match world.held.cluster_limits.remove(project) {
        Some(_) => Ok(Answer::empty(204)),
        None => Err(error(404, &format!("Quota could not be found: project_id {project} resource Cluster"))),
    }
}
