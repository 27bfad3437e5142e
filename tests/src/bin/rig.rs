//! Doorway to the rig: `cargo rig …`.

use clap::Parser;
use cloudspec_tests::rig::Rig;

fn main() -> anyhow::Result<()> {
    Rig::parse().run()
}
