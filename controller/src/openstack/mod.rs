//! Floor 6: OpenStack over HTTP.
//!
//! What comes in: a [`CloudConfig`] (clouds.yaml, `OS_*`, a Secret). What goes out: a [`Reader`], which is a [`CloudRead`](crate::observe::CloudRead).
//!
//! # Guarantees
//! One place sends (`transport`), and it sends only what `request` can make. Reading and writing are two credentials: the
//! write side is built from a session of its own, and its requests take a proof that only its own room can make.

mod answer;
mod auth;
mod catalog;
mod config;
mod limits;
mod paging;
mod reader;
mod request;
mod routes;
mod session;
mod transport;
mod version;
mod within;
mod write;

pub use config::{
    CloudConfig, ConfigError, Credential, DomainRef, Environment, Interface, Owned, Scope, Trust,
    from_secret, local,
};
pub use limits::Limits;
pub use reader::Reader;
pub use transport::{Exchange, Meter};
pub use write::Writer;
