//! What Neutron holds beside groups: each kind's form, and the listing, the look and the removal of one.

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::http::{Answer, Call, Reply};
use super::super::world::{Networking, World, stamp};
use super::paging;
use super::{constrained, error, given, may_write, not_found, project_of, within_quota};
use super::{make, remove, routers};

/// How Neutron calls a kind.
pub(super) struct Form {
    pub(super) kind: Networking,
    path: &'static str,
    one: &'static str,
    listed: paging::Kind,
    /// What may be given when one is made.
    attributes: &'static [&'static str],
    /// The type and the words of what is not there.
    missing: (&'static str, &'static str),
    /// What its quota is called.
    pub(super) quota: Option<&'static str>,
}

const FORMS: [Form; 10] = [
    Form {
        kind: Networking::Network,
        path: "networks",
        one: "network",
        listed: paging::Kind {
            rows: "networks",
            filters: &["id", "name", "project_id", "tenant_id", "shared", "router:external", "status"],
        },
        attributes: &["name", "description", "router:external", "shared"],
        missing: ("NetworkNotFound", "Network {} could not be found."),
        quota: Some("network"),
    },
    Form {
        kind: Networking::Subnet,
        path: "subnets",
        one: "subnet",
        listed: paging::Kind {
            rows: "subnets",
            filters: &["id", "name", "project_id", "tenant_id", "network_id", "subnetpool_id", "cidr"],
        },
        attributes: &["name", "network_id", "cidr", "ip_version", "subnetpool_id", "prefixlen"],
        missing: ("SubnetNotFound", "Subnet {} could not be found."),
        quota: Some("subnet"),
    },
    Form {
        kind: Networking::Port,
        path: "ports",
        one: "port",
        listed: paging::Kind {
            rows: "ports",
            filters: &[
                "id",
                "name",
                "project_id",
                "tenant_id",
                "network_id",
                "device_id",
                "device_owner",
                "security_groups",
                "status",
            ],
        },
        attributes: &["name", "network_id", "device_owner", "device_id", "security_groups", "qos_policy_id"],
        missing: ("PortNotFound", "Port {} could not be found."),
        quota: Some("port"),
    },
    Form {
        kind: Networking::Router,
        path: "routers",
        one: "router",
        listed: paging::Kind {
            rows: "routers",
            filters: &["id", "name", "project_id", "tenant_id", "status"],
        },
        attributes: &["name", "external_gateway_info"],
        missing: ("RouterNotFound", "Router {} could not be found"),
        quota: Some("router"),
    },
    Form {
        kind: Networking::FloatingIp,
        path: "floatingips",
        one: "floatingip",
        listed: paging::Kind {
            rows: "floatingips",
            filters: &[
                "id",
                "project_id",
                "tenant_id",
                "port_id",
                "router_id",
                "floating_network_id",
                "status",
            ],
        },
        attributes: &["floating_network_id", "port_id", "description"],
        missing: ("FloatingIPNotFound", "Floating IP {} could not be found"),
        quota: Some("floatingip"),
    },
    Form {
        kind: Networking::Trunk,
        path: "trunks",
        one: "trunk",
        listed: paging::Kind {
            rows: "trunks",
            filters: &["id", "name", "project_id", "tenant_id", "port_id", "status"],
        },
        attributes: &["name", "port_id", "sub_ports"],
        missing: ("TrunkNotFound", "Trunk {} could not be found."),
        quota: Some("trunk"),
    },
    Form {
        kind: Networking::SubnetPool,
        path: "subnetpools",
        one: "subnetpool",
        listed: paging::Kind {
            rows: "subnetpools",
            filters: &["id", "name", "project_id", "tenant_id", "address_scope_id"],
        },
        attributes: &["name", "prefixes", "address_scope_id"],
        missing: ("SubnetPoolNotFound", "Subnet pool {} could not be found."),
        quota: Some("subnetpool"),
    },
    Form {
        kind: Networking::AddressScope,
        path: "address-scopes",
        one: "address_scope",
        listed: paging::Kind {
            rows: "address_scopes",
            filters: &["id", "name", "project_id", "tenant_id", "ip_version"],
        },
        attributes: &["name", "ip_version"],
        missing: ("AddressScopeNotFound", "Address scope {} could not be found."),
        quota: None,
    },
    Form {
        kind: Networking::RbacPolicy,
        path: "rbac-policies",
        one: "rbac_policy",
        listed: paging::Kind {
            rows: "rbac_policies",
            filters: &[
                "id",
                "project_id",
                "tenant_id",
                "object_id",
                "object_type",
                "target_tenant",
                "action",
            ],
        },
        attributes: &["object_type", "object_id", "action", "target_tenant"],
        missing: ("RbacPolicyNotFound", "RBAC policy of type unknown with ID {} not found"),
        quota: Some("rbac_policy"),
    },
    Form {
        kind: Networking::QosPolicy,
        path: "qos/policies",
        one: "policy",
        listed: paging::Kind { rows: "policies", filters: &["id", "name", "project_id", "tenant_id"] },
        attributes: &["name", "description"],
        missing: ("QosPolicyNotFound", "QoS policy {} could not be found."),
        quota: None,
    },
];

/// The kind that a quota counts.
pub(super) fn counted_by(quota: &str) -> Option<Networking> {
    FORMS.iter().find(|form| form.quota == Some(quota)).map(|form| form.kind)
}

pub(super) fn missing(kind: Networking, id: &str) -> Answer {
    let form = FORMS.iter().find(|form| form.kind == kind);
    form.map_or_else(not_found, |form| form.missing(id))
}

impl Form {
    fn missing(&self, id: &str) -> Answer {
        error(404, self.missing.0, &self.missing.1.replace("{}", id))
    }

    fn find<'w>(&self, world: &'w World, caller: &Caller, id: &str) -> Result<&'w Value, Answer> {
        let row = world.of(self.kind).get(id).filter(|row| super::sees(caller, project(row)));
        row.ok_or_else(|| self.missing(id))
    }
}

pub(super) fn project(row: &Value) -> &str {
    row["project_id"].as_str().unwrap_or_default()
}

pub(super) fn answer(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Reply {
    let (place, rest) = match path {
        ["qos", "policies", rest @ ..] => ("qos/policies", rest),
        [place, rest @ ..] => (*place, rest),
        [] => return Err(not_found()),
    };
    let form = FORMS.iter().find(|form| form.path == place).ok_or_else(not_found)?;
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let (rows, shared) = (world.of(form.kind), &*world);
            let row = |id: &str| shown(shared, form.kind, id);
            let ids = rows.keys().map(String::as_str);
            match form.kind {
                // No limit is heard there.
                Networking::RbacPolicy => paging::whole(call, caller, form.listed, ids, row),
                _ => paging::list(call, caller, form.listed, ids, row),
            }
        }
        ("POST", []) => create(world, call, caller, form),
        ("GET", [id]) => {
            form.find(world, caller, id)?;
            let row = paging::fields(call, &shown(world, form.kind, id));
            Ok(Answer::ok(json!({form.one: row})))
        }
        ("DELETE", [id]) => {
            let row = form.find(world, caller, id)?;
            may_write(caller, project(row), &format!("delete_{}", form.one))?;
            let revision = row["revision_number"].as_u64();
            // What is in the way comes before a revision that is past.
            remove::check(world, form.kind, id)?;
            revision.map_or(Ok(()), |revision| constrained(call, revision))?;
            remove::remove(world, form.kind, id);
            Ok(Answer::empty(204))
        }
        ("PUT", [id, rest @ ..]) if form.kind == Networking::Router => {
            let row = form.find(world, caller, id)?;
            may_write(caller, project(row), "update_router")?;
            constrained(call, row["revision_number"].as_u64().unwrap_or_default())?;
            routers::answer(world, call, id, rest)
        }
        (_, [id, "port_forwardings", rest @ ..]) if form.kind == Networking::FloatingIp => {
            let row = form.find(world, caller, id)?;
            if call.method != "GET" {
                may_write(caller, project(row), "update_floatingip")?;
            }
            super::forwardings::answer(world, call, caller, id, rest)
        }
        _ => Err(not_found()),
    }
}

fn create(world: &mut World, call: &Call, caller: &Caller, form: &Form) -> Reply {
    let known: Vec<&str> = form.attributes.iter().copied().chain(["project_id", "tenant_id"]).collect();
    let given = given(call, form.one, &known)?;
    let project = project_of(&given, caller, &format!("create_{}", form.one))?;
    if let Some(quota) = form.quota {
        let used = world.of(form.kind).values().filter(|row| self::project(row) == project).count();
        within_quota(world, &project, quota, used)?;
    }
    let id = make::make(world, form.kind, &project, &given)?;
    Ok(Answer::new(201, json!({form.one: shown(world, form.kind, &id)})))
}

/// The row as it is answered: with what follows from other rows.
pub(super) fn shown(world: &World, kind: Networking, id: &str) -> Value {
    let Some(row) = world.of(kind).get(id) else { return Value::Null };
    let mut row = row.clone();
    match kind {
        Networking::Network => {
            let of = |(_, subnet): &(&String, &Value)| subnet["network_id"] == id;
            let subnets = world.of(Networking::Subnet).iter().filter(of).map(|(id, _)| json!(id));
            row["subnets"] = subnets.collect();
        }
        Networking::FloatingIp => {
            let of = |forwarding: &&Value| forwarding["floatingip_id"] == id;
            let forwardings = world.of(Networking::PortForwarding).values().filter(of);
            row["port_forwardings"] = forwardings.map(super::forwardings::in_floating_ip).collect();
        }
        _ => {}
    }
    row
}

impl World {
    /// All of one kind, by id.
    pub fn of(&self, kind: Networking) -> &std::collections::BTreeMap<String, Value> {
        static NONE: std::collections::BTreeMap<String, Value> = std::collections::BTreeMap::new();
        self.networking.get(&kind).unwrap_or(&NONE)
    }

    /// Adds one as the administrator makes it for a project: `fields` as in the body of the request. What the service would refuse is
    /// its answer's body.
    ///
    /// # Errors
    /// When the service would refuse.
    pub fn add(&mut self, kind: Networking, project: &str, fields: &Value) -> Result<String, String> {
        let made = match (kind, fields["floatingip_id"].as_str()) {
            (Networking::PortForwarding, Some(floating)) => super::forwardings::make(self, floating, fields),
            _ => make::make(self, kind, project, fields),
        };
        made.map_err(refusal)
    }

    /// Adds an interface of a router in a subnet; the port's id.
    ///
    /// # Errors
    /// When the service would refuse.
    pub fn add_interface(&mut self, router: &str, subnet: &str) -> Result<String, String> {
        routers::add_interface(self, router, subnet).map_err(refusal)
    }

    /// Changes fields of a row, and counts its revision up.
    pub fn change(&mut self, kind: Networking, id: &str, fields: &Value) {
        let Some(row) = self.networking.get_mut(&kind).and_then(|rows| rows.get_mut(id)) else { return };
        for (name, value) in fields.as_object().into_iter().flatten() {
            row[name] = value.clone();
        }
        if let Some(revision) = row["revision_number"].as_u64() {
            row["revision_number"] = json!(revision + 1);
            row["updated_at"] = json!(stamp());
        }
    }
}

fn refusal(answer: Answer) -> String {
    answer.body.unwrap_or_default().to_string()
}
