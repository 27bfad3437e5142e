//! The microversion that a service is asked in.
//!
//! # Guarantees
//! One for each service, whatever is asked: reading and writing see the same fields. Only a service that has microversions gets the header: any other
//! refuses it, or takes it for its own.

use http::{HeaderName, HeaderValue};

use super::request::Request;
use crate::observe::Service;

const HEADER: HeaderName = HeaderName::from_static("openstack-api-version");
/// After 2.57, which took away Nova's copies of Neutron's limits; 2.69 shows the services of cells that do not answer.
const NOVA: HeaderValue = HeaderValue::from_static("compute 2.69");
/// After 3.58, which shows the projects of groups; 3.62 lists the default volume types of projects.
const CINDER: HeaderValue = HeaderValue::from_static("volume 3.62");
/// The first that shows who consumes a secret.
const BARBICAN: HeaderValue = HeaderValue::from_static("key-manager 1.1");

/// The same in the service's microversion.
pub(super) fn with_version(request: Request) -> Request {
    match request.service() {
        Service::Compute => request.with_header(HEADER, NOVA),
        Service::BlockStorage => request.with_header(HEADER, CINDER),
        Service::KeyManager => request.with_header(HEADER, BARBICAN),
        Service::Identity
        | Service::Network
        | Service::LoadBalancer
        | Service::Image
        | Service::ContainerInfra => request,
    }
}
