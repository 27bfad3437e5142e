//! What is shown and certified of the tenant when it has left.

use std::collections::BTreeSet;
use std::process::Command;

use cloudspec_crds::ChangePlan;
use cloudspec_tests::scene::{Scene, program};
use serde_json::Value;

use crate::place::Place;

/// What a command prints, as alice; it must succeed.
pub(crate) fn said(scene: &Scene, arguments: &[&str]) -> String {
    let mut command = Command::new(program().unwrap().with_file_name("kubectl-cloudspec"));
    command.args(arguments).args(["-n", &scene.namespace.name]);
    let came = command.env("KUBECONFIG", scene.alice.kubeconfig()).env("NO_COLOR", "1").output().unwrap();
    let (out, err) = (String::from_utf8(came.stdout).unwrap(), String::from_utf8(came.stderr).unwrap());
    assert!(came.status.success(), "{arguments:?}: {out}{err}");
    out
}

fn texts<'a>(all: &'a Value, field: &str) -> Vec<&'a str> {
    all.as_array().unwrap().iter().filter_map(|one| one[field].as_str()).collect()
}

/// Both plans, every step of theirs with its result, and both looks of both stages are certified, in both forms; `rule` is what the neighbour lost.
pub(crate) fn all_is_certified(scene: &Scene, place: &Place, plans: &[ChangePlan], rule: &str) {
    let json = said(scene, &["certificate", "x", "-o", "json"]);
    let certificate: Value = serde_json::from_str(&json).unwrap();
    println!("{}", certificate["statement"]);
    assert_eq!(
        (&certificate["complete"], &certificate["tenant"]["id"]),
        (&true.into(), &place.tenant.as_str().into())
    );
    let digests: Vec<&str> = plans.iter().map(|plan| plan.spec.digest.as_str()).collect();
    assert_eq!(texts(&certificate["plans"], "digest"), digests);
    assert_eq!(texts(&certificate["plans"], "stage"), ["Resources", "Project"]);
    assert!(
        certificate["plans"]
            .as_array()
            .unwrap()
            .iter()
            .all(|plan| plan["decision"]["by"] == scene.alice.name)
    );

    let calls = ["removed", "alreadyGone", "changed"].map(|list| certificate[list].as_array().unwrap());
    let steps: usize = plans.iter().map(|plan| plan.spec.steps.len()).sum();
    assert_eq!(
        (
            calls.iter().map(|list| list.len()).sum::<usize>(),
            certificate["notDone"].as_array().unwrap().len()
        ),
        (steps, 0)
    );
    let requests: BTreeSet<&str> = calls[0].iter().filter_map(|call| call["requestId"].as_str()).collect();
    assert_eq!(requests.len(), calls[0].len(), "each removal has a request of its own");
    assert!(
        certificate["lost"]
            .as_array()
            .unwrap()
            .iter()
            .any(|lost| lost["what"].as_str().unwrap().contains(rule))
    );

    let nothing: Vec<&str> = certificate["looks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|look| look["remaining"].is_null())
        .map(|look| look["stage"].as_str().unwrap())
        .collect();
    // What was seen before the project was asked to go, too, was of another question: it was looked for twice anew.
    let (first, then) = nothing.split_at(4);
    assert_eq!((first, then), (&["Resources"; 4][..], &["Project"; 2][..]));

    let page = said(scene, &["certificate", "x"]);
    assert!(page.contains("Completed: project ") && page.contains("## What was removed"), "{page}");
    for id in texts(&certificate["removed"], "id").into_iter().chain(requests) {
        // Markdown has a backslash before what could be markup.
        assert!(page.replace('\\', "").contains(id), "{id}");
    }
    let history = said(scene, &["history", "tenantoffboard", "x"]);
    assert_eq!(history.lines().filter(|line| line.contains("Succeeded")).count(), 2, "{history}");
    let shown = said(scene, &["show", "tenantoffboard", "x"]);
    assert!(shown.contains("Completed") && shown.contains(&place.tenant), "{shown}");
}
