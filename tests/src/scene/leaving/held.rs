//! What a small tenant holds, made past the proxy: by the operator of the test, or by somebody else while the tenant leaves.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::real::Client;

/// Makes things in one tenant.
#[derive(Clone)]
pub struct Held {
    pub(super) admin: Arc<Client>,
    pub(super) within: Arc<Client>,
    pub(super) tenant: String,
}

impl Held {
    async fn network_thing(&self, path: &str, key: &str, mut fields: Value) -> String {
        fields["project_id"] = self.tenant.clone().into();
        self.admin.make_at(&format!("network /{path}"), json!({key: fields}), &format!("/{key}/id")).await
    }

    /// A network with a subnet.
    pub async fn network(&self, name: &str) -> String {
        let network = self.network_thing("networks", "network", json!({"name": name})).await;
        self.subnet(&network, "10.9.0.0/24").await;
        network
    }

    /// One more subnet of a network.
    pub async fn subnet(&self, network: &str, cidr: &str) -> String {
        let fields = json!({"network_id": network, "cidr": cidr, "ip_version": 4});
        self.network_thing("subnets", "subnet", fields).await
    }

    /// A port.
    pub async fn port(&self, name: &str, network: &str) -> String {
        self.network_thing("ports", "port", json!({"name": name, "network_id": network})).await
    }

    /// A security group.
    pub async fn group(&self, name: &str) -> String {
        self.network_thing("security-groups", "security_group", json!({"name": name})).await
    }

    /// A server on no network, which runs.
    pub async fn server(&self, name: &str) -> String {
        let find = async |what: &str, key: &str, name: &str| {
            let rows = self.within.get(what).await;
            let found = rows[key].as_array().and_then(|rows| rows.iter().find(|row| row["name"] == name));
            found.map(|row| row["id"].clone()).unwrap_or_default()
        };
        let flavor = find("compute /flavors", "flavors", "m1.tiny").await;
        let image = find("image /images", "images", "cirros").await;
        let server =
            json!({"server": {"name": name, "flavorRef": flavor, "imageRef": image, "networks": "none"}});
        let id = self.within.make_at("compute /servers", server, "/server/id").await;
        self.within.settled(&format!("compute /servers/{id}"), "/server/status", &["ACTIVE"]).await;
        id
    }

    /// A volume of 1 GiB, available.
    pub async fn volume(&self, name: &str) -> String {
        let fields = json!({"volume": {"name": name, "size": 1}});
        let id = self.within.make_at("block-storage /volumes", fields, "/volume/id").await;
        let what = format!("block-storage /volumes/{id}");
        self.within.settled(&what, "/volume/status", &["available"]).await;
        id
    }

    /// A private image without data.
    pub async fn image(&self, name: &str) -> String {
        let fields =
            json!({"name": name, "visibility": "private", "container_format": "bare", "disk_format": "raw"});
        self.within.make_at("image /images", fields, "/id").await
    }

    /// A secret.
    pub async fn secret(&self, name: &str) -> String {
        let fields = json!({"name": name, "payload": "p", "payload_content_type": "text/plain"});
        self.within.make_at("key-manager /secrets", fields, "/secret_ref").await
    }

    /// Somebody undoes the freeze of Nova and Neutron.
    pub async fn unfreeze(&self) {
        let tenant = &self.tenant;
        let compute = json!({"quota_set": {"instances": 9, "cores": 90, "ram": 9000, "force": true}});
        self.admin.put(&format!("compute /os-quota-sets/{tenant}"), compute).await;
        let network = json!({"quota": {"port": 90, "subnet": 90, "network": 9}});
        self.admin.put(&format!("network /quotas/{tenant}"), network).await;
    }
}
