//! What is asked of each service about one tenant: one file a service.

mod compute;
mod container_infra;
mod identity;
mod image;
mod key_manager;
mod load_balancer;
mod network;
mod volume;

pub use compute::ComputeListing;
pub use container_infra::ContainerInfraListing;
pub use identity::IdentityListing;
pub use image::ImageListing;
pub use key_manager::KeyManagerListing;
pub use load_balancer::LoadBalancerListing;
pub use network::{ExtraListing, NetworkListing};
pub use volume::VolumeListing;
