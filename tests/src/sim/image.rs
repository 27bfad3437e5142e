//! Glance: images, their members, and the witness that tells who sees all.

use serde_json::{Value, json};

use super::access::Caller;
use super::http::{Answer, Call, Reply, unauthorized};
use super::world::{World, stamp};

pub(super) fn answer(world: &mut World, call: &Call) -> Answer {
    let answer = route(world, call).unwrap_or_else(|refusal| refusal);
    spoken(answer, call.header("Accept")).with("X-Openstack-Request-Id", call.request_id.clone())
}

/// Glance's refusals are JSON to who asks for that, and text to all others.
fn spoken(answer: Answer, accept: Option<&str>) -> Answer {
    let text = answer.body.as_ref().and_then(|body| body.as_str()).unwrap_or_default();
    match (accept, text.split_once("\n\n")) {
        (Some("application/json"), Some((code, said))) => {
            let title = code.split_once(' ').map_or(code, |(_, title)| title);
            let said = format!("{}<br /><br />\n\n\n", said.trim_end());
            Answer::new(answer.status, json!({"message": said, "code": code, "title": title}))
        }
        _ => answer,
    }
}

fn route(world: &mut World, call: &Call) -> Reply {
    let caller = Caller::of(world, call).ok_or_else(|| unauthorized(call))?;
    let segments = call.segments();
    let ["v2", path @ ..] = segments.as_slice() else { return Err(words(404, "Not Found", "")) };
    match (call.method.as_str(), path) {
        ("GET", ["info", "stores", "detail"]) if sees_all(&caller) => {
            let store = json!({"id": "file1", "default": "true", "type": "file", "weight": 0});
            Ok(Answer::ok(json!({"stores": [store]})))
        }
        ("GET", ["info", "stores", "detail"]) => {
            Err(forbidden("You are not authorized to complete stores_info_detail action."))
        }
        ("GET", ["images"]) => Ok(list(world, call, &caller)),
        ("POST", ["images"]) => create(world, call, &caller),
        (_, ["images", id]) => one(world, call, &caller, id),
        ("PUT", ["images", id, "file"]) => {
            seen(world, &caller, id).ok_or_else(|| no_image(id))?;
            let image = world.images.entry((*id).to_owned()).or_default();
            image["status"] = json!("active");
            image["size"] = json!(call.header("Content-Length").and_then(|size| size.parse::<u64>().ok()));
            Ok(Answer::empty(204))
        }
        (_, ["images", id, "members", path @ ..]) => members(world, call, &caller, id, path),
        _ => Err(words(404, "Not Found", "The resource could not be found.")),
    }
}

fn words(status: u16, title: &str, said: &str) -> Answer {
    Answer::text(status, &format!("{status} {title}\n\n{said}\n\n   "))
}

fn forbidden(said: &str) -> Answer {
    words(403, "Forbidden", said)
}

fn no_image(id: &str) -> Answer {
    words(404, "Not Found", &format!("No image found with ID {id}"))
}

fn sees_all(caller: &Caller) -> bool {
    caller.project().is_some() && caller.has_any(&["admin", "global_reader"])
}

fn seen<'w>(world: &'w World, caller: &Caller, id: &str) -> Option<&'w Value> {
    let image = world.images.get(id)?;
    let own = caller.project().is_some_and(|project| image["owner"] == project);
    let shared = caller.project().is_some_and(|project| is_member(world, id, project));
    let open = matches!(image["visibility"].as_str(), Some("public" | "community"));
    (own || shared || open || sees_all(caller)).then_some(image)
}

fn is_member(world: &World, image: &str, project: &str) -> bool {
    world.image_members.contains(&(image.to_owned(), project.to_owned()))
}

fn list(world: &World, call: &Call, caller: &Caller) -> Answer {
    let hidden = call.param("os_hidden").is_some_and(|hidden| hidden.eq_ignore_ascii_case("true"));
    let asked = |name: &str, value: &Value| call.param(name).is_none_or(|asked| *value == asked);
    let visibility = call.param("visibility").filter(|visibility| *visibility != "all");
    let fits = |image: &Value| {
        image["os_hidden"] == hidden
            && asked("owner", &image["owner"])
            && asked("name", &image["name"])
            && visibility.is_none_or(|visibility| image["visibility"] == visibility)
    };
    let limit = call.param("limit").and_then(|limit| limit.parse().ok()).unwrap_or(25);
    let after = call.param("marker").unwrap_or_default();
    let mut rows =
        world.images.keys().filter(|id| id.as_str() > after).filter_map(|id| seen(world, caller, id));
    let page: Vec<&Value> = rows.by_ref().filter(|row| fits(row)).take(limit).collect();
    let query = call.raw_query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let mut body =
        json!({"images": page, "first": format!("/v2/images{query}"), "schema": "/v2/schemas/images"});
    if page.len() == limit
        && let Some(last) = page.last().and_then(|row| row["id"].as_str())
    {
        let others = call.query.iter().filter(|(name, _)| name != "marker");
        let others = others.map(|(name, value)| format!("{name}={value}"));
        let query: Vec<String> = others.chain([format!("marker={last}")]).collect();
        body["next"] = json!(format!("/v2/images?{}", query.join("&")));
    }
    Answer::ok(body)
}

fn create(world: &mut World, call: &Call, caller: &Caller) -> Reply {
    let given = call.body.clone().unwrap_or_default();
    let own = caller.project().unwrap_or_default();
    let owner = given["owner"].as_str().unwrap_or(own).to_owned();
    if owner != own && !caller.project_admin() || !caller.has_any(&["admin", "member"]) {
        return Err(forbidden("You are not authorized to complete add_image action."));
    }
    let id = world.add_image(&owner, &given);
    Ok(Answer::new(201, world.images.get(&id).cloned().unwrap_or_default()))
}

impl World {
    /// Adds an image that waits for its bytes; `fields` as in the body of the request.
    pub fn add_image(&mut self, owner: &str, fields: &Value) -> String {
        let (id, now) = (self.uuid(), stamp());
        let mut image = json!({
            "name": null, "disk_format": null, "container_format": null, "visibility": "shared", "size": null,
            "virtual_size": null, "status": "queued", "checksum": null, "protected": false, "min_ram": 0,
            "min_disk": 0, "os_hidden": false, "os_hash_algo": null, "os_hash_value": null, "tags": [],
            "created_at": now, "updated_at": now, "self": format!("/v2/images/{id}"),
            "file": format!("/v2/images/{id}/file"), "schema": "/v2/schemas/image",
        });
        for (name, value) in fields.as_object().into_iter().flatten() {
            image[name] = value.clone();
        }
        image["id"] = json!(id);
        image["owner"] = json!(owner);
        self.images.insert(id.clone(), image);
        id
    }
}

fn one(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Reply {
    let image = seen(world, caller, id);
    match call.method.as_str() {
        "GET" => Ok(Answer::ok(image.ok_or_else(|| no_image(id))?.clone())),
        "PATCH" => {
            writes(caller, image.ok_or_else(|| no_image(id))?, "modify_image")?;
            let image = world.images.entry(id.to_owned()).or_default();
            for change in call.body.as_ref().and_then(Value::as_array).into_iter().flatten() {
                let name = change["path"].as_str().unwrap_or_default().trim_start_matches('/');
                image[name] = change["value"].clone();
            }
            Ok(Answer::ok(image.clone()))
        }
        "DELETE" => {
            let gone = || words(404, "Not Found", &format!("Failed to find image {id} to delete"));
            let image = image.ok_or_else(gone)?;
            writes(caller, image, "delete_image")?;
            if image["protected"] == true {
                return Err(forbidden(&format!("Image {id} is protected and cannot be deleted.")));
            }
            world.images.remove(id);
            world.image_members.retain(|(image, _)| image != id);
            Ok(Answer::empty(204))
        }
        _ => Err(words(405, "Method Not Allowed", "")),
    }
}

fn writes(caller: &Caller, image: &Value, action: &str) -> Result<(), Answer> {
    let own = caller.project().is_some_and(|project| image["owner"] == project) && caller.has("member");
    let may = own || caller.project_admin();
    let refusal = || forbidden(&format!("You are not authorized to complete {action} action."));
    if may { Ok(()) } else { Err(refusal()) }
}

fn members(world: &mut World, call: &Call, caller: &Caller, id: &str, path: &[&str]) -> Reply {
    let image = seen(world, caller, id);
    let image = image.ok_or_else(|| words(404, "Not Found", &format!("Image {id} not found.")))?;
    let shared = image["visibility"] == "shared";
    match (call.method.as_str(), path) {
        ("GET", []) if !shared => {
            let said =
                format!("Not allowed to list members for image {id}: Only shared images have members.");
            Err(forbidden(&said))
        }
        ("GET", []) => {
            let of = world.image_members.iter().filter(|(image, _)| image == id);
            let rows: Vec<Value> = of.map(|(image, project)| member(image, project)).collect();
            Ok(Answer::ok(json!({"members": rows, "schema": "/v2/schemas/members"})))
        }
        ("POST", []) if !shared => Err(forbidden(&format!("Not allowed to create members for image {id}."))),
        ("POST", []) => {
            writes(caller, image, "add_member")?;
            let project = call.body.as_ref().and_then(|body| body["member"].as_str()).unwrap_or_default();
            if !world.image_members.insert((id.to_owned(), project.to_owned())) {
                let said = format!("Member {project} is duplicated for image {id}");
                return Err(words(409, "Conflict", &said));
            }
            Ok(Answer::ok(member(id, project)))
        }
        ("GET" | "DELETE", [project]) => {
            if !is_member(world, id, project) {
                let said = format!("{project} not found in the member list of the image {id}.");
                return Err(words(404, "Not Found", &said));
            }
            if call.method == "GET" {
                return Ok(Answer::ok(member(id, project)));
            }
            writes(caller, image, "delete_member")?;
            world.image_members.remove(&(id.to_owned(), (*project).to_owned()));
            Ok(Answer::empty(204))
        }
        _ => Err(words(405, "Method Not Allowed", "")),
    }
}

fn member(image: &str, project: &str) -> Value {
    let now = stamp();
    json!({
        "member_id": project, "image_id": image, "status": "pending", "created_at": now, "updated_at": now,
        "schema": "/v2/schemas/member",
    })
}
