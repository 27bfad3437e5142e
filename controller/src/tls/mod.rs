//! Floor 6: what a server shows in the handshake of TLS.
//!
//! What comes in: an [`Endpoint`]. What goes out: the chain that it shows, or why there is none.
//!
//! # Guarantees
//! No byte of a request is sent: the connection ends after the handshake. Any chain is taken, for it is read, not trusted; but the server
//! must show that it holds the key. Bounded in time, connection and handshake together.

mod witness;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::model::Unknown;
use crate::model::certificate::Endpoint;
use crate::observe::{Chain, Obstacle};
use witness::Witness;

/// How long a server has to show its certificate.
pub const WITHIN: Duration = Duration::from_secs(10);
/// How long a server has to hear that it is over.
const GOODBYE: Duration = Duration::from_millis(200);

/// Looks at servers.
#[derive(Clone, Copy, Debug)]
pub struct Prober {
    within: Duration,
}

impl Default for Prober {
    fn default() -> Self {
        Self { within: WITHIN }
    }
}

impl Prober {
    /// Gives each server so long.
    pub fn within(within: Duration) -> Self {
        Self { within }
    }

    /// What a server shows.
    pub fn chain<'a>(&'a self, endpoint: &'a Endpoint) -> BoxFuture<'a, Result<Chain, Unknown>> {
        async move {
            timeout(self.within, look(endpoint)).await.unwrap_or_else(|_elapsed| {
                Err(Obstacle::Timeout.because(format!("no certificate within {:?}", self.within)))
            })
        }
        .boxed()
    }
}

async fn look(endpoint: &Endpoint) -> Result<Chain, Unknown> {
    let Endpoint { host, port, server_name } = endpoint;
    let asked = server_name.as_ref().unwrap_or(host);
    let asked = ServerName::try_from(asked.clone())
        .map_err(|_| Obstacle::HandshakeFailed.because(format!("{asked} cannot be asked for in TLS")))?;
    let stream = TcpStream::connect((host.as_str(), *port))
        .await
        .map_err(|why| Obstacle::Unreachable.because(format!("no connection: {}", said(&why))))?;
    let witness = Arc::new(Witness::default());
    let config = config(witness.clone())
        .map_err(|why| Obstacle::HandshakeFailed.because(format!("TLS cannot be spoken: {why}")))?;
    let done = TlsConnector::from(Arc::new(config)).connect(asked, stream).await;
    match (witness.proved(), done) {
        // A server that asks for a certificate of ours ends the handshake after it has shown its own.
        (Some(chain), Err(_)) => Ok(chain),
        (Some(chain), Ok(mut stream)) => {
            // It has been seen; whether the server hears the end is of no account.
            let _ = timeout(GOODBYE, stream.shutdown()).await;
            Ok(chain)
        }
        (None, Err(why)) => Err(Obstacle::HandshakeFailed.because(format!("no handshake: {}", said(&why)))),
        (None, Ok(_)) => Err(Obstacle::HandshakeFailed.because("the server showed no certificate")),
    }
}

fn config(witness: Arc<Witness>) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(witness)
        .with_no_client_auth();
    // A session that is taken up again shows no certificate.
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// The cause in words that do not change from look to look.
fn said(why: &io::Error) -> String {
    let of_tls = why.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (of_tls, why.raw_os_error()) {
        (Some(why), _) => why.to_string(),
        (None, Some(_)) => why.kind().to_string(),
        (None, None) => why.to_string(),
    }
}
