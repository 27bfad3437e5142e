//! What a removal means, in words.

use crate::model::ResourceType;
use crate::model::inventory::Resource;

/// A resource with its key and its name.
pub(super) fn named(resource: &Resource) -> String {
    let Resource { key, name, state: _, size: _, after: _, hindrance: _ } = resource;
    if name.is_empty() { key.to_string() } else { format!("{key} {name:?}") }
}

/// What was seen of it: its name, state and size.
pub(super) fn seen(resource: &Resource) -> String {
    let Resource { key: _, name, state, size, after: _, hindrance: _ } = resource;
    let name = (!name.is_empty()).then(|| format!("name {name}"));
    let size = size.map(|size| size.to_string());
    let seen: Vec<String> = [name, state.clone(), size].into_iter().flatten().collect();
    if seen.is_empty() { "there".to_owned() } else { seen.join(", ") }
}

/// What is lost for good when one of a type goes.
pub fn lost(kind: ResourceType) -> &'static str {
    match kind {
        ResourceType::Cluster => "the cluster is lost, with its machines and all that runs on it",
        ResourceType::ClusterTemplate => "the template is lost",
        ResourceType::LoadBalancer => {
            "the load balancer is lost, with its listeners, pools, members and address"
        }
        ResourceType::Server => {
            "the server is lost, with its memory, its disks on the hypervisor and each volume that Nova deletes with it"
        }
        ResourceType::PortForwarding => "what reaches the tenant through this port forwarding no longer does",
        ResourceType::FloatingIp => "the address is given back: anybody may get it next",
        ResourceType::VolumeTransfer => "the transfer can no longer be accepted",
        ResourceType::Backup => "the data of the backup is lost",
        ResourceType::GroupSnapshot => "the data of the group's snapshots is lost",
        ResourceType::Snapshot => "the data of the snapshot is lost",
        ResourceType::VolumeGroup => "the group is lost, with its volumes and their data",
        ResourceType::Volume => "the data of the volume is lost",
        ResourceType::ImageProtection => "whoever may delete the image can do so",
        ResourceType::Image => "the image is lost",
        ResourceType::ImageMembership => "the tenant no longer sees the image of another project",
        ResourceType::Trunk => "the trunk is lost; its ports no longer carry its subports",
        ResourceType::RouterRoutes => "the extra routes of the router are lost",
        ResourceType::RouterInterface => "the subnets of this interface are cut off from the router",
        ResourceType::RouterGateway => {
            "the networks behind the router are cut off; its address is given back"
        }
        ResourceType::Router => "the router is lost",
        ResourceType::Port => "the port is lost, with its addresses",
        ResourceType::Subnet => "the subnet is lost, with its allocation pools and routes",
        ResourceType::Network => "the network is lost",
        ResourceType::SubnetPool => "the subnet pool is lost",
        ResourceType::AddressScope => "the address scope is lost",
        ResourceType::RbacPolicy => "what the policy gives is taken back",
        ResourceType::SecurityGroup => "the security group is lost, with its rules",
        ResourceType::AddressGroup => "the address group is lost",
        ResourceType::QosPolicy => "the policy is lost, with its rules",
        ResourceType::SecretOrder => "the order is lost",
        ResourceType::SecretContainer => "the container is lost; it names the secrets that belong together",
        ResourceType::Secret => "the payload of the secret is lost, and with it what it encrypts",
        ResourceType::ServerGroup => "the server group is lost",
        ResourceType::Keypair => "the public key is lost; servers keep theirs",
        ResourceType::FlavorAccess => "the tenant can no longer use the flavor",
        ResourceType::VolumeTypeAccess => "the tenant can no longer use the volume type",
        ResourceType::Quota => "the tenant's own limits are lost; the defaults hold",
        ResourceType::ApplicationCredential => "whatever logs in with the application credential is refused",
        ResourceType::Credential => "whatever signs with the credential is refused",
        ResourceType::Trust => "whatever acts on the trust is refused",
        ResourceType::RoleAssignment => {
            "whoever has the role by it loses it, and application credentials lose it with its user"
        }
        ResourceType::Project => "the project is lost, with its id: one of the same name is another",
    }
}
