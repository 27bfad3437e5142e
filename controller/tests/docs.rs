//! The reference is written from the code, and the links of the documentation lead somewhere. `UPDATE_DOCS=1 cargo test -p cloudspec
//! --test docs` writes the reference anew.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use cloudspec::cli::Cli;
use cloudspec::gate::{Binds, checks};
use cloudspec::report::Metrics;
use cloudspec::report::render::explained;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn is_current(page: &str, fresh: &str) {
    let file = root().join("docs/reference").join(page);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == fresh, "{page} is stale: UPDATE_DOCS=1 cargo test -p cloudspec --test docs");
}

const WRITTEN: &str = "<!-- Written from the code by controller/tests/docs.rs: do not edit. -->\n\n";

#[test]
fn the_reference_of_the_command_line_is_that_of_the_program() {
    let mut page = format!("# Command line\n\n{WRITTEN}");
    page.push_str("`cloudspec` and `kubectl cloudspec` (the same program as `kubectl-cloudspec`) take the same commands.\n\n");
    let mut command = Cli::command().term_width(100);
    command.build();
    writeln!(page, "```text\n{}```\n", command.render_long_help()).unwrap();
    let names: Vec<String> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    for name in names.iter().filter(|name| *name != "help") {
        let help = command.find_subcommand_mut(name).unwrap().clone().term_width(100).render_long_help();
        writeln!(page, "## {name}\n\n```text\n{help}```\n").unwrap();
    }
    is_current("cli.md", &trimmed(&page));
}

fn trimmed(page: &str) -> String {
    page.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[test]
fn the_reference_of_the_metrics_is_that_of_the_registry() {
    let mut page = format!("# Metrics\n\n{WRITTEN}");
    page.push_str("`GET /metrics` of the controller, in Prometheus' text format.\n\n");
    page.push_str("| name | type | labels | meaning |\n| --- | --- | --- | --- |\n");
    for one in Metrics::new().unwrap().catalogue().unwrap() {
        let labels: Vec<String> = one.labels.iter().map(|label| format!("`{label}`")).collect();
        writeln!(page, "| `{}` | {} | {} | {} |", one.name, one.kind, labels.join(" "), one.help).unwrap();
    }
    is_current("metrics.md", &trimmed(&page));
}

#[test]
fn the_reference_of_the_reasons_is_that_of_the_constants() {
    let mut page = format!("# Reasons\n\n{WRITTEN}");
    page.push_str("Of conditions, Events and metrics. `kubectl cloudspec explain REASON` says the same.\n\n");
    page.push_str("| reason | where | meaning |\n| --- | --- | --- |\n");
    for one in explained() {
        writeln!(page, "| `{}` | {} | {} |", one.reason, one.met, one.meaning).unwrap();
    }
    is_current("reasons.md", &trimmed(&page));
}

#[test]
fn the_reference_of_the_gate_is_its_table_of_checks() {
    let mut page = format!("# The gate\n\n{WRITTEN}");
    page.push_str("What the controller checks of an approval, in this order, after the API server has checked it. All that fails is told.\n\n");
    page.push_str("| check | holds where | asked of |\n| --- | --- | --- |\n");
    for check in checks() {
        let of = match check.binds {
            Binds::Both => "approvals and rejections",
            Binds::Approval => "approvals",
        };
        writeln!(page, "| {} | {} | {of} |", check.name, check.doc).unwrap();
    }
    is_current("gate.md", &trimmed(&page));
}

#[test]
fn every_link_in_the_documentation_leads_to_a_file() {
    let mut pages =
        vec![root().join("README.md"), root().join("CONTRIBUTING.md"), root().join("SECURITY.md")];
    let mut open = vec![root().join("docs")];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => pages.push(path),
            }
        }
    }
    let mut checked = 0;
    for page in pages.iter().filter(|page| page.extension().is_some_and(|kind| kind == "md")) {
        let text = std::fs::read_to_string(page).unwrap();
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().unwrap().split('#').next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(page.parent().unwrap().join(target).exists(), "{}: {target}", page.display());
            checked += 1;
        }
    }
    assert!(checked > 10, "{checked}");
}
