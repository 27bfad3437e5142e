//! What is told: status, Events, metrics, texts.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

mod bounds;
mod cases;
mod certificate;
mod conditions;
mod events;
mod idempotence;
mod leaving;
mod metrics;
mod reasons;
mod render;
mod render_plan;
#[path = "../tenant/mod.rs"]
mod tenant;
