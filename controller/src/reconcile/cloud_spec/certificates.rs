//! The certificates that a CloudSpec declares, looked at once an interval.

use std::time::Instant;

use cloudspec_crds::CloudSpec;
use futures::future::{BoxFuture, FutureExt};
use kube::ResourceExt;

use crate::model::Unknown;
use crate::model::certificate::{Certificates, Endpoint, KeyOf};
use crate::observe::{CertificateRead, Chain, certificates};
use crate::reconcile::context::Context;
use crate::reconcile::owner::Declared;
use crate::reconcile::pool::Pool;
use crate::tls::Prober;

/// What was seen of the certificates of one object, and when.
#[derive(Clone, Debug)]
pub(in crate::reconcile) struct Looked {
    /// The generation of the spec that was looked for.
    generation: i64,
    /// When it was looked at, before the first answer.
    at: Instant,
    /// What was seen.
    seen: Certificates,
}

/// Reads as the controller does: servers by TLS, Secrets and ConfigMaps of the namespace by their names.
struct Cluster<'a> {
    pool: &'a Pool,
    namespace: &'a str,
    prober: Prober,
}

impl CertificateRead for Cluster<'_> {
    fn served<'a>(&'a self, endpoint: &'a Endpoint) -> BoxFuture<'a, Result<Chain, Unknown>> {
        self.prober.chain(endpoint)
    }

    fn secret<'a>(&'a self, key: &'a KeyOf) -> BoxFuture<'a, Result<Vec<u8>, Unknown>> {
        self.pool.of_secret(self.namespace, key).boxed()
    }

    fn config_map<'a>(&'a self, key: &'a KeyOf) -> BoxFuture<'a, Result<Vec<u8>, Unknown>> {
        self.pool.of_config_map(self.namespace, key).boxed()
    }
}

/// Looks, or takes what was seen in the same interval: no plan follows from a certificate, so that an approval needs no newer look.
pub(super) async fn look(context: &Context, declared: &Declared<CloudSpec>) -> Certificates {
    let wanted = &declared.what.certificates;
    if wanted.is_empty() {
        return Certificates::new();
    }
    let generation = declared.object.metadata.generation.unwrap_or_default();
    let not_before = context.not_before(&declared.key, declared.interval);
    let fresh = |looked: &Looked| looked.generation == generation && looked.at >= not_before;
    if let Some(looked) = context.certificates_of(&declared.uid).filter(fresh) {
        return looked.seen;
    }
    let at = context.clock.monotonic();
    let namespace = declared.object.namespace().unwrap_or_default();
    let cluster = Cluster { pool: &context.pool, namespace: &namespace, prober: Prober::default() };
    let seen = certificates(&cluster, wanted, context.clock.now()).await;
    context.remember_certificates(&declared.uid, Looked { generation, at, seen: seen.clone() });
    seen
}
