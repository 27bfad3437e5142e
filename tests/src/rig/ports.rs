//! Ports of the loopback address.

use std::net::TcpListener;

use anyhow::{Context, Result};

/// One that is free now.
pub(super) fn any() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("failed to find a free port")?;
    Ok(listener.local_addr().context("failed to find a free port")?.port())
}

/// Whether nobody listens on the port; some servers take the IPv6 address too.
pub(super) fn free(port: u16) -> bool {
    let no_v6 = TcpListener::bind(("::1", 0)).is_err();
    TcpListener::bind(("127.0.0.1", port)).is_ok() && (no_v6 || TcpListener::bind(("::1", port)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_somebody_listens_on_is_not_free() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        assert!(!free(taken.local_addr().unwrap().port()));
    }

    #[test]
    fn a_port_that_was_found_can_be_taken() {
        assert!(TcpListener::bind(("127.0.0.1", any().unwrap())).is_ok());
    }
}
