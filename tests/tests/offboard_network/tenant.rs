//! A tenant and a neighbour, knotted together by everything that a Neutron can hold.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::place::Place;

/// What the tests name.
pub(crate) struct World {
    /// What others lose, by words that must stand in one of the losses.
    pub(crate) lost: Vec<Vec<String>>,
    /// Ids of rows of the neighbour that go.
    pub(crate) gone: BTreeSet<String>,
    /// Ports that go with what they serve.
    pub(crate) with_owner: BTreeSet<String>,
}

fn id(made: &Value) -> String {
    made["id"].as_str().unwrap().to_owned()
}

fn address(port: &Value) -> &str {
    port["fixed_ips"][0]["ip_address"].as_str().unwrap()
}

impl World {
    pub(crate) async fn make(place: &Place) -> Self {
        let mut world = Self { lost: vec![], gone: BTreeSet::new(), with_owner: BTreeSet::new() };
        world.networking(place).await;
        world.groups(place).await;
        world.the_rest(place).await;
        world
    }

    fn loses(&mut self, words: &[&str]) {
        self.lost.push(words.iter().map(|word| (*word).to_owned()).collect());
    }

    async fn networking(&mut self, place: &Place) {
        let (tenant, neighbour) = (place.tenant.as_str(), place.neighbour.as_str());
        let subnet =
            |network: &str, cidr: &str| json!({"network_id": network, "cidr": cidr, "ip_version": 4});
        let outside = json!({"name": "outside", "router:external": true});
        let outside = place.id("networks", "network", neighbour, outside).await;
        place.id("subnets", "subnet", neighbour, subnet(&outside, "203.0.113.0/24")).await;

        let inner = place.id("networks", "network", tenant, json!({"name": "inner"})).await;
        let a = place.id("subnets", "subnet", tenant, subnet(&inner, "10.9.0.0/24")).await;
        let shared = place.id("networks", "network", tenant, json!({"name": "shared"})).await;
        let b = place.id("subnets", "subnet", tenant, subnet(&shared, "10.8.0.0/24")).await;
        let foreign = place.id("subnets", "subnet", neighbour, subnet(&shared, "10.7.0.0/24")).await;
        self.gone.insert(foreign.clone());
        self.loses(&[&foreign, "10.7.0.0/24", neighbour, &shared]);

        let gateway = json!({"name": "way out", "external_gateway_info": {"network_id": outside}});
        let router = place.id("routers", "router", tenant, gateway).await;
        let add = |router: &str| format!("network /routers/{router}/add_router_interface");
        place.admin.put(&add(&router), json!({"subnet_id": a})).await;
        let routes =
            json!({"router": {"routes": [{"destination": "10.77.0.0/16", "nexthop": "10.9.0.200"}]}});
        place.admin.put(&format!("network /routers/{router}"), routes).await;
        let theirs = place.id("routers", "router", neighbour, json!({"name": "theirs"})).await;
        let face = place.admin.put(&add(&theirs), json!({"subnet_id": b})).await;
        let face = face["port_id"].as_str().unwrap().to_owned();
        self.gone.insert(face.clone());
        self.loses(&["interface", &face, &theirs, neighbour]);

        let port = |name: &str| json!({"name": name, "network_id": inner});
        let one = place.one("ports", "port", tenant, port("one")).await;
        let two = place.one("ports", "port", tenant, port("two")).await;
        let guest = place.id("ports", "port", neighbour, port("guest")).await;
        self.gone.insert(guest.clone());
        self.loses(&["port guest", &guest, neighbour]);
        self.devices(place, &inner).await;

        let floating = json!({"floating_network_id": outside});
        place.id("floatingips", "floatingip", tenant, floating.clone()).await;
        let forwarder = place.id("floatingips", "floatingip", tenant, floating.clone()).await;
        let to = |outer: u16| {
            json!({"port_forwarding": {
                "internal_port_id": one["id"], "internal_ip_address": address(&one),
                "internal_port": outer - 2000, "external_port": outer, "protocol": "tcp",
            }})
        };
        let forward = |of: &str| format!("network /floatingips/{of}/port_forwardings");
        place.admin.post(&forward(&forwarder), to(2022)).await;
        place.admin.post(&forward(&forwarder), to(2080)).await;
        let led = json!({"floating_network_id": outside, "port_id": two["id"]});
        let led = place.id("floatingips", "floatingip", neighbour, led).await;
        self.loses(&[&led, neighbour, "leads nowhere"]);
        let forwards = place.id("floatingips", "floatingip", neighbour, floating).await;
        place.admin.post(&forward(&forwards), to(2443)).await;
        self.loses(&[&forwards, neighbour, "leads nowhere"]);
        // Both are there afterwards, and lead nowhere.
        self.gone.extend([led, forwards]);

        self.shares(place, "network", &shared, &[neighbour, &place.staff, "*"]).await;
        let home = place.id("networks", "network", neighbour, json!({"name": "home"})).await;
        place.id("subnets", "subnet", neighbour, subnet(&home, "10.6.0.0/24")).await;
        place.id("ports", "port", neighbour, json!({"name": "stays", "network_id": home})).await;
        self.is_given(place, "network", &home).await;
        place.id("ports", "port", tenant, json!({"name": "away", "network_id": home})).await;
        if place.has("trunk").await {
            let (parent, child) = (place.id("ports", "port", tenant, port("parent")).await, id(&two));
            let child = json!([{"port_id": child, "segmentation_type": "vlan", "segmentation_id": 7}]);
            place.id("trunks", "trunk", tenant, json!({"port_id": parent, "sub_ports": child})).await;
        }
    }

    /// Ports as Nova, Octavia and a DHCP agent have them.
    async fn devices(&mut self, place: &Place, network: &str) {
        let device = uuid::Uuid::new_v4().to_string();
        let balancer = format!("lb-{device}");
        let pairs =
            [("compute:nova", device.as_str()), ("Octavia", balancer.as_str()), ("network:dhcp", "dhcp-x")];
        for (owner, device) in pairs {
            let fields = json!({"network_id": network, "device_owner": owner, "device_id": device});
            let port = place.id("ports", "port", &place.tenant, fields).await;
            if owner == "network:dhcp" {
                self.with_owner.insert(port);
            }
        }
    }

    /// Shares something of the tenant's with others; the staff's share is one of its own.
    async fn shares(&mut self, place: &Place, kind: &str, object: &str, whom: &[&str]) {
        for target in whom {
            let by = if *target == place.staff { &place.staff } else { &place.tenant };
            let fields = json!({"object_type": kind, "object_id": object, "action": "access_as_shared", "target_tenant": target});
            let policy = place.id("rbac-policies", "rbac_policy", by, fields).await;
            let target = if *target == "*" { "every project" } else { target };
            self.loses(&[object, target, &policy]);
        }
    }

    /// The neighbour shares something with the tenant.
    async fn is_given(&mut self, place: &Place, kind: &str, object: &str) {
        let fields = json!({"object_type": kind, "object_id": object, "action": "access_as_shared", "target_tenant": place.tenant});
        let policy = place.id("rbac-policies", "rbac_policy", &place.neighbour, fields).await;
        self.gone.insert(policy);
    }

    async fn groups(&mut self, place: &Place) {
        let (tenant, neighbour) = (place.tenant.as_str(), place.neighbour.as_str());
        let group = |name: &str| json!({"name": name});
        let web = place.id("security-groups", "security_group", tenant, group("web")).await;
        let db = place.id("security-groups", "security_group", tenant, group("db")).await;
        let theirs = place.id("security-groups", "security_group", neighbour, group("theirs")).await;
        let rule = |group: &str| json!({"security_group_id": group, "direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22});
        let with = |group: &str, remote: &str, id: &str| {
            let mut rule = rule(group);
            rule[remote] = id.into();
            rule
        };
        let add = async |project: &str, fields: Value| {
            place.id("security-group-rules", "security_group_rule", project, fields).await
        };
        add(tenant, with(&web, "remote_group_id", &db)).await;
        add(tenant, with(&db, "remote_group_id", &web)).await;
        // The rule is of the one who made it, in the tenant's group.
        add(&place.staff, with(&web, "remote_ip_prefix", "192.0.2.0/24")).await;
        let lost = add(neighbour, with(&theirs, "remote_group_id", &db)).await;
        add(neighbour, with(&theirs, "remote_group_id", &theirs)).await;
        self.loses(&[&lost, "theirs", neighbour, "22"]);
        self.gone.insert(lost);
        self.shares(place, "security_group", &web, &[neighbour]).await;

        let addresses = json!({"name": "addresses", "addresses": ["10.0.0.0/24"]});
        let own = place.id("address-groups", "address_group", tenant, addresses.clone()).await;
        let given = place.id("address-groups", "address_group", neighbour, addresses).await;
        self.is_given(place, "address_group", &given).await;
        add(tenant, with(&web, "remote_address_group_id", &own)).await;
        add(tenant, with(&db, "remote_address_group_id", &given)).await;
        self.shares(place, "address_group", &own, &[neighbour]).await;
    }

    async fn the_rest(&mut self, place: &Place) {
        let (tenant, neighbour) = (place.tenant.as_str(), place.neighbour.as_str());
        let scope = json!({"name": "scope", "ip_version": 4});
        let scope = place.id("address-scopes", "address_scope", tenant, scope).await;
        self.shares(place, "address_scope", &scope, &[neighbour]).await;
        let pool = json!({"name": "pool", "prefixes": ["10.20.0.0/16"], "address_scope_id": scope});
        let pool = place.id("subnetpools", "subnetpool", tenant, pool).await;
        self.shares(place, "subnetpool", &pool, &[neighbour]).await;
        let network = place.id("networks", "network", tenant, json!({"name": "from pool"})).await;
        let from = json!({"network_id": network, "subnetpool_id": pool, "ip_version": 4, "prefixlen": 24});
        place.id("subnets", "subnet", tenant, from).await;

        let policy = place.id("qos/policies", "policy", tenant, json!({"name": "slow"})).await;
        self.shares(place, "qos_policy", &policy, &[neighbour]).await;
        // What enforces it on a port is not there on every cloud.
        let idle = place.id("qos/policies", "policy", tenant, json!({"name": "idle"})).await;
        let slow = json!({"bandwidth_limit_rule": {"max_kbps": 1000}});
        place.admin.post(&format!("network /qos/policies/{idle}/bandwidth_limit_rules"), slow).await;
        let port = json!({"name": "slow", "network_id": network, "qos_policy_id": policy});
        place.id("ports", "port", tenant, port).await;
        for (project, limit) in [(tenant, 77), (neighbour, 78)] {
            let limits = json!({"quota": {"port": limit}});
            place.admin.put(&format!("network /quotas/{project}"), limits).await;
        }
    }
}
