//! The tenant of the simulated cloud.

use std::collections::BTreeSet;
use std::time::Duration;

use cloudspec_tests::sim::Sim;
use serde_json::json;

use crate::run::Run;

pub(super) fn make(run: &mut Run, sim: &Sim, name: &str) {
    let (one, two, user) = (run.id("one"), run.id("two"), run.id("user"));
    let mut world = sim.world();
    // As long as the real services take at least.
    world.held.pace = Duration::from_secs(1);
    let mut ids = vec![
        ("flavor", world.add_flavor(&format!("private-{name}"), &[&one, &two])),
        ("public-flavor", world.add_flavor("m1.tiny", &[])),
        ("type", world.add_volume_type(&format!("private-{name}"), &[&one, &two])),
        ("public-type", world.add_volume_type("fake", &[])),
    ];
    let mut tenant = world.holder(&one, &user);
    let plain = tenant.server("plain");
    ids.extend([
        ("locked", tenant.locked_server("locked")),
        ("server-group", tenant.server_group("group")),
        ("attached", tenant.attached_volume("attached", &plain)),
        ("plain", plain),
    ]);
    tenant.keypair("a key");
    let (base, promised) = (tenant.volume("base"), tenant.volume("promised"));
    let group = tenant.volume_group("group");
    ids.extend([
        ("snapshot", tenant.snapshot("snapshot", &base)),
        ("transfer", tenant.volume_transfer("transfer", &promised)),
        ("member", tenant.volume_in("member", &group)),
        ("group-snapshot", tenant.group_snapshot("of-group", &group)),
        ("base", base),
        ("promised", promised),
        ("group", group),
    ]);
    let secret = tenant.secret("open");
    let container = tenant.secret_container("box");
    let template = tenant.cluster_template("t");
    ids.extend([
        ("order", tenant.secret_order("ordered")),
        ("balancer", tenant.load_balancer("lb")),
        ("cluster", tenant.cluster("c", &template)),
        ("template", template),
    ]);
    tenant.cluster_limit(3);
    let private = world.holder(&one, &run.id("admin-user")).private_secret("private");
    let text = |text: &str| text.to_owned();
    let consumers = BTreeSet::from([(text("image"), text("image"), text("elsewhere"))]);
    world.held.secrets.entry(secret.clone()).and_modify(|one| one.consumers = consumers);
    let consumers = BTreeSet::from([(text("somebody"), text("http://elsewhere"))]);
    world.held.containers.entry(container.clone()).and_modify(|one| one.consumers = consumers);
    let ordered = world.held.orders.values().map(|one| one.secret.clone()).next().unwrap_or_default();
    let of_group = world.held.snapshots.iter().find(|(_, one)| one.group_snapshot.is_some());
    ids.push(("member-snapshot", of_group.map(|(id, _)| id.clone()).unwrap_or_default()));
    ids.extend([("secret", secret), ("container", container), ("private", private), ("made", ordered)]);
    for (name, id) in ids {
        run.name(name, &json!(id));
    }
}
