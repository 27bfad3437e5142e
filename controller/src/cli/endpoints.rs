//! Certificates as they are seen from here: servers are looked at, what is in a cluster is not.

use futures::future::{BoxFuture, FutureExt};

use crate::model::certificate::{Certificates, Endpoint, KeyOf};
use crate::model::{Desired, Unknown};
use crate::observe::{self, CertificateRead, Chain, Obstacle};
use crate::tls::Prober;

/// Looks at the certificates that a spec declares.
pub(super) async fn certificates(desired: &Desired) -> Certificates {
    let here = Here { prober: Prober::default() };
    observe::certificates(&here, &desired.certificates, jiff::Timestamp::now()).await
}

struct Here {
    prober: Prober,
}

impl CertificateRead for Here {
    fn served<'a>(&'a self, endpoint: &'a Endpoint) -> BoxFuture<'a, Result<Chain, Unknown>> {
        self.prober.chain(endpoint)
    }

    fn secret<'a>(&'a self, _: &'a KeyOf) -> BoxFuture<'a, Result<Vec<u8>, Unknown>> {
        async { Err(in_a_cluster("Secret")) }.boxed()
    }

    fn config_map<'a>(&'a self, _: &'a KeyOf) -> BoxFuture<'a, Result<Vec<u8>, Unknown>> {
        async { Err(in_a_cluster("ConfigMap")) }.boxed()
    }
}

fn in_a_cluster(what: &str) -> Unknown {
    Obstacle::NeedsCluster.because(format!("a {what} is read by the controller only, in a cluster"))
}
