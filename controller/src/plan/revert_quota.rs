//! The way back from a change of quotas: the client's options where it has them, else the call to the service.

use super::revert::quote;
use crate::model::cloud::{QuotaService, QuotaValues};

/// Undoes the setting of the limits `to`. `project` is quoted; without `from` the project was new and had the defaults.
pub(super) fn command(
    project: &str,
    service: QuotaService,
    from: Option<&QuotaValues>,
    to: &QuotaValues,
) -> String {
    let Some(from) = from else { return defaults(project, service) };
    let back = || to.keys().filter_map(|limit| from.get_key_value(limit));
    let (with, without): (Vec<_>, Vec<_>) = back().partition(|(limit, _)| option(service, limit).is_some());
    let options: Vec<String> = with
        .iter()
        .filter_map(|(limit, value)| Some(format!("--{} {value}", option(service, limit)?)))
        .collect();
    let program = match service {
        QuotaService::LoadBalancer => "openstack loadbalancer quota set",
        QuotaService::Compute | QuotaService::Volume | QuotaService::Network | QuotaService::KeyManager => {
            "openstack quota set"
        }
    };
    let mut ways = Vec::new();
    if !options.is_empty() {
        ways.push(format!("{program} {} {project}", options.join(" ")));
    }
    if !without.is_empty() {
        ways.push(call(project, service, without.into_iter()));
    }
    ways.join("; ")
}

fn defaults(project: &str, service: QuotaService) -> String {
    match service {
        QuotaService::Compute => format!("openstack quota delete --compute {project}"),
        QuotaService::Volume => format!("openstack quota delete --volume {project}"),
        QuotaService::Network => format!("openstack quota delete --network {project}"),
        QuotaService::LoadBalancer => format!("openstack loadbalancer quota reset {project}"),
        QuotaService::KeyManager => {
            format!(
                "# no command of the client; the call: DELETE /v1/project-quotas/{project} at the key-manager"
            )
        }
    }
}

/// The call in words, as a comment for a shell; it comes last.
fn call<'a>(
    project: &str,
    service: QuotaService,
    limits: impl Iterator<Item = (&'a String, &'a i64)>,
) -> String {
    let limits: Vec<String> = limits.map(|(limit, value)| format!("\"{limit}\": {value}")).collect();
    let (service, path, key) = match service {
        QuotaService::Compute => ("compute", "os-quota-sets", "quota_set"),
        QuotaService::Volume => ("block-storage", "os-quota-sets", "quota_set"),
        QuotaService::Network => ("network", "v2.0/quotas", "quota"),
        QuotaService::LoadBalancer => ("load-balancer", "v2/quotas", "quota"),
        QuotaService::KeyManager => ("key-manager", "v1/project-quotas", "project_quotas"),
    };
    let limits = limits.join(", ");
    format!(
        "# no command of the client; the call: PUT {path}/{project} at the {service} with {{\"{key}\": {{{limits}}}}}"
    )
}

/// The client's option for a limit.
fn option(service: QuotaService, limit: &str) -> Option<String> {
    let known = match service {
        QuotaService::Compute => match limit {
            "metadata_items" => "properties",
            "instances" | "cores" | "ram" | "key_pairs" | "server_groups" | "server_group_members" => limit,
            _ => return None,
        },
        QuotaService::Volume => match limit {
            "volumes"
            | "snapshots"
            | "gigabytes"
            | "per_volume_gigabytes"
            | "backups"
            | "backup_gigabytes" => limit,
            _ => return None,
        },
        QuotaService::Network => match limit {
            "network" => "networks",
            "subnet" => "subnets",
            "subnetpool" => "subnetpools",
            "port" => "ports",
            "router" => "routers",
            "floatingip" => "floating-ips",
            "rbac_policy" => "rbac-policies",
            "security_group" => "secgroups",
            "security_group_rule" => "secgroup-rules",
            _ => return None,
        },
        QuotaService::LoadBalancer => match limit {
            "load_balancer" => "loadbalancer",
            "health_monitor" => "healthmonitor",
            "listener" | "pool" | "member" | "l7policy" | "l7rule" => limit,
            _ => return None,
        },
        QuotaService::KeyManager => return None,
    };
    Some(quote(&known.replace('_', "-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(of: &[(&str, i64)]) -> QuotaValues {
        of.iter().map(|(limit, value)| ((*limit).to_owned(), *value)).collect()
    }

    #[test]
    fn only_the_limits_that_were_set_are_set_back() {
        let from = limits(&[("cores", 8), ("ram", 1024), ("instances", 5)]);
        let to = limits(&[("cores", 64), ("ram", 2048)]);
        assert_eq!(
            command("p", QuotaService::Compute, Some(&from), &to),
            "openstack quota set --cores 8 --ram 1024 p"
        );
    }

    #[test]
    fn what_the_client_cannot_set_is_said_as_a_call() {
        let from = limits(&[("gigabytes", 8), ("groups", 2)]);
        let back = command("p", QuotaService::Volume, Some(&from), &from);
        assert!(back.starts_with("openstack quota set --gigabytes 8 p; # no command"), "{back}");
        assert!(
            back.ends_with("PUT os-quota-sets/p at the block-storage with {\"quota_set\": {\"groups\": 2}}")
        );
    }

    #[test]
    fn barbican_keeps_what_is_not_set_back() {
        let from = limits(&[("secrets", 8), ("cas", 2)]);
        let back = command("p", QuotaService::KeyManager, Some(&from), &limits(&[("secrets", 9)]));
        assert!(
            back.ends_with(
                "PUT v1/project-quotas/p at the key-manager with {\"project_quotas\": {\"secrets\": 8}}"
            ),
            "{back}"
        );
    }

    #[test]
    fn a_new_project_gets_its_defaults_back() {
        let back = command("p", QuotaService::LoadBalancer, None, &limits(&[("pool", 1)]));
        assert_eq!(back, "openstack loadbalancer quota reset p");
    }
}
