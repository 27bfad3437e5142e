//! The ports of the cloud, and by how much all of them are moved.
//!
//! What comes in: `env.sh`, which alone says the ports, and a question whether a port is free. What goes out: the offset.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

/// So many offsets are tried, a step from one to the next: no two clouds share a port.
const OFFSETS: u16 = 20;
const STEP: u16 = 1000;

/// Name and port of each `P_NAME=$((PORT+_o))` in the script.
pub(super) fn declared(script: &str) -> BTreeMap<String, u16> {
    script
        .split_whitespace()
        .filter_map(|word| {
            let (name, value) = word.strip_prefix("P_")?.split_once('=')?;
            let port = value.strip_prefix("$((")?.strip_suffix("+_o))")?;
            Some((name.to_lowercase(), port.parse().ok()?))
        })
        .collect()
}

/// The first offset at which every port is free.
///
/// # Errors
/// Names the ports that were taken where none is.
pub(super) fn offset(ports: &BTreeMap<String, u16>, free: impl Fn(u16) -> bool) -> Result<u16> {
    let moved = |offset| ports.iter().map(move |(name, port)| (name, port + offset));
    for step in 0..OFFSETS {
        if moved(step * STEP).all(|(_, port)| free(port)) {
            return Ok(step * STEP);
        }
    }
    let taken: Vec<String> =
        moved(0).filter(|(_, port)| !free(*port)).map(|(name, port)| format!("{port} ({name})")).collect();
    bail!(
        "no place for OpenStack's ports: {} are taken, and one is taken at each of the steps of {STEP} above: end \
         what listens there (`ss -ltnp` shows it)",
        taken.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = include_str!("../../../rig/openstack/env.sh");

    #[test]
    fn every_port_of_the_script_is_known() {
        let ports = declared(SCRIPT);
        assert_eq!(ports.len(), SCRIPT.matches("=$((").count());
        assert_eq!(ports.get("keystone"), Some(&5000));
        assert_eq!(ports.get("dist"), Some(&25672));
    }

    #[test]
    fn a_machine_with_all_ports_free_has_them_where_the_services_have_them() {
        assert_eq!(offset(&declared(SCRIPT), |_| true).unwrap(), 0);
    }

    #[test]
    fn one_taken_port_of_any_service_moves_them_all() {
        for port in declared(SCRIPT).into_values() {
            assert_eq!(offset(&declared(SCRIPT), |asked| asked != port).unwrap(), 1000, "{port}");
        }
    }

    #[test]
    fn two_clouds_at_different_offsets_share_no_port() {
        let ports = declared(SCRIPT);
        let mut seen = std::collections::BTreeSet::new();
        for step in 0..OFFSETS {
            for port in ports.values() {
                assert!(seen.insert(port + step * STEP), "{port} at {step}");
            }
        }
    }

    #[test]
    fn with_no_place_left_it_says_which_ports_are_in_the_way() {
        let error = offset(&declared(SCRIPT), |port| port % STEP != 774).unwrap_err().to_string();
        assert!(error.contains("8774 (nova) are taken"), "{error}");
    }
}
