//! The pages of docs/reference are those of the code, and every link leads somewhere. `UPDATE_DOCS=1 cargo test -p cloudspec --test docs`
//! writes the pages anew.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use cloudspec::cli::Cli;
use cloudspec::gate::{Binds, checks};
use cloudspec::model::ResourceType;
use cloudspec::plan::offboard;
use cloudspec::report::render::explained;
use cloudspec::report::{Described, Metrics};

const MADE: &str = "<!-- Made from the code: UPDATE_DOCS=1 cargo test -p cloudspec --test docs -->";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn is_current(name: &str, fresh: &str) {
    let file = root().join("docs/reference").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, fresh).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == fresh,
        "{} is stale: UPDATE_DOCS=1 cargo test -p cloudspec --test docs",
        file.display()
    );
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// The help at a width of its own, and without what the environment holds.
fn section(command: &Command, title: &str) -> String {
    let mut shown = command.clone().term_width(100).mut_args(|argument| argument.hide_env_values(true));
    let help = shown.render_long_help().to_string();
    let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    format!("\n## {title}\n\n```text\n{}\n```\n", lines.join("\n"))
}

#[test]
fn the_page_of_the_command_line_is_that_of_the_code() {
    let mut root = Cli::command();
    root.build();
    let mut page = format!(
        "{MADE}\n\n# Command line\n\nOne program under two names: `cloudspec`, and `kubectl-cloudspec`, so that `kubectl cloudspec …` works. \
         `diff`, `plan`, `import`,\n`offboard` and `replay` need no cluster; `run`, `show`, `approve`, `reject`, `history` and `certificate` need one. Results go to \
         standard output, all else to standard error.\n"
    );
    page.push_str(&section(&root, "cloudspec"));
    let shown = root.get_subcommands().filter(|one| !one.is_hide_set() && one.get_name() != "help");
    for command in shown {
        page.push_str(&section(command, &format!("cloudspec {}", command.get_name())));
        for below in command.get_subcommands().filter(|one| one.get_name() != "help") {
            let title = format!("cloudspec {} {}", command.get_name(), below.get_name());
            page.push_str(&section(below, &title));
        }
    }
    is_current("cli.md", &page);
}

#[test]
fn the_page_of_the_metrics_is_that_of_the_code() {
    let mut page = format!(
        "{MADE}\n\n# Metrics\n\nPrometheus' text format at `/metrics` of `--metrics-addr`. Labels are bounded: names of objects, \
         certificates and places that a spec lists, and closed sets of words.\n\n| metric | kind | labels | what it tells |\n| --- | --- | --- | --- |\n"
    );
    for Described { name, kind, help, labels } in Metrics::new().unwrap().catalogue().unwrap() {
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        writeln!(page, "| `{name}` | {kind} | {} | {} |", labels.join(" "), cell(&help)).unwrap();
    }
    is_current("metrics.md", &page);
}

#[test]
fn the_page_of_the_reasons_is_that_of_the_code() {
    let mut page = format!(
        "{MADE}\n\n# Reasons\n\nThe reasons of conditions, Events and metrics are stable names. `kubectl cloudspec explain REASON` says the \
         same.\n\n| reason | met in | what it means, and what to do |\n| --- | --- | --- |\n"
    );
    for one in explained() {
        writeln!(page, "| `{}` | {} | {} |", one.reason, cell(one.met), cell(one.meaning)).unwrap();
    }
    is_current("reasons.md", &page);
}

#[test]
fn the_page_of_admission_is_that_of_the_code() {
    let mut page = format!(
        "{MADE}\n\n# What an approval must pass\n\nFirst the API server judges the write, by the admission policies; then the \
         controller judges the approval, by the checks.\nWhy there are two: [the approval](../explanation/approval.md).\n\n\
         ## Admission policies\n\n| file | object | what it is for |\n| --- | --- | --- |\n"
    );
    for file in ["approval-stamp.yaml", "approval-gate.yaml", "controller-writes.yaml", "controllers.yaml"] {
        let text = fs::read_to_string(root().join("manifests/admission").join(file)).unwrap();
        let about: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("# ")).collect();
        let value = |key: &str| {
            text.lines().find_map(|line| line.trim().strip_prefix(key)).unwrap_or_default().trim().to_owned()
        };
        writeln!(
            page,
            "| [{file}](../../manifests/admission/{file}) | {} `{}` | {} |",
            value("kind:"),
            value("name:"),
            cell(&about.join(" "))
        )
        .unwrap();
    }
    page.push_str(
        "\n## Checks of the controller\n\nIn this order. A check that fails refuses the annotation, or holds it until it passes; all \
         that fail are told.\n\n| check | what must be so | asked of |\n| --- | --- | --- |\n",
    );
    for check in checks() {
        let of = match check.binds {
            Binds::Approval => "an approval",
            Binds::Both => "an approval and a rejection",
        };
        writeln!(page, "| `{}` | {} | {of} |", check.name, cell(check.doc)).unwrap();
    }
    is_current("admission.md", &page);
}

#[test]
fn the_page_of_a_tenants_leaving_is_that_of_the_code() {
    let mut page = format!(
        "{MADE}\n\n# A tenant that leaves\n\nWhat must be so before a tenant leaves, and the types of what is removed, in their order.\n\n\
         ## Checks\n\nAll that fail are told at once; where one fails, there is no plan. Besides, a plan that one ChangePlan cannot hold \
         is refused as\n`TooLarge`, with the limit: 2,000 steps, and 1.5 MiB with its journal, which is about 1,600 ports. The tenant's largest \
         types can be kept\nin the first plan, and go with the next.\n\n| check | what must be so |\n| --- | --- |\n"
    );
    for check in offboard::checks() {
        writeln!(page, "| `{}` | {} |", check.name, cell(check.doc)).unwrap();
    }
    page.push_str(
        "\n## Types\n\nA type is removed after those above it of the same service, and of other services after those that may hang on \
         it or hold it, but where\na listing says that one resource waits for another; what does not wait for each other goes side by side. Limits go after all else that\n\
         is held. What is kept is named by its type or by an id.\n\n| type | service | what it is called |\n| --- | --- | --- |\n",
    );
    for kind in ResourceType::ALL {
        let name = serde_json::to_value(kind).unwrap();
        writeln!(page, "| `{}` | {} | {kind} |", name.as_str().unwrap(), kind.service()).unwrap();
    }
    is_current("offboard.md", &page);
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => pages(&path, found),
            false if path.extension().is_some_and(|extension| extension == "md") => found.push(path),
            false => {}
        }
    }
}

/// The targets of `[…](…)` outside code.
fn links(text: &str) -> Vec<String> {
    let mut in_code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let after = line.split("](").skip(1);
        found.extend(after.filter_map(|rest| rest.split(')').next()).map(str::to_owned));
    }
    found
}

/// The anchor that a heading gets.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    kept.chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

fn broken(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let folder = page.parent().unwrap();
    let leads_nowhere = |link: &String| {
        if link.contains("://") || link.starts_with("mailto:") {
            return false;
        }
        let (path, part) = link.split_once('#').unwrap_or((link, ""));
        let target = if path.is_empty() { page.to_owned() } else { folder.join(path) };
        let has = |part: &str| {
            let text = fs::read_to_string(&target).unwrap_or_default();
            text.lines()
                .filter_map(|line| line.strip_prefix('#'))
                .any(|rest| anchor(rest.trim_start_matches('#')) == part)
        };
        !target.exists() || !(part.is_empty() || has(part))
    };
    links(&text).into_iter().filter(leads_nowhere).map(|link| format!("{}: {link}", page.display())).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut all: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"]
        .iter()
        .map(|name| root().join(name))
        .collect();
    pages(&root().join("docs"), &mut all);
    pages(&root().join("manifests"), &mut all);
    assert!(all.len() > 10, "the pages were not found: {all:?}");
    let broken: Vec<String> = all.iter().flat_map(|page| broken(page)).collect();
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("page.md");
    fs::write(&page, "# One two\n[a](#one-two) [b](page.md) [c](https://x.example/) `x`\n[d](gone.md) [e](#gone)\n```\n[f](code.md)\n```\n")
        .unwrap();
    let found: Vec<String> =
        broken(&page).iter().map(|line| line.rsplit_once(": ").unwrap().1.to_owned()).collect();
    assert_eq!(found, ["gone.md", "#gone"]);
}
