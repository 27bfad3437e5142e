//! A page in Markdown, as GitHub and GitLab read it.
//!
//! # Guarantees
//! No text becomes markup: a name with a bar stays in its column, and a command ends where its fence does.

use super::page::{Page, Part, Text};
use super::safe::{hides, shown};
use super::screen::NOT_AS_SHOWN;

/// The page.
pub(super) fn print(page: &Page) -> String {
    let parts: Vec<String> = page.iter().map(part).collect();
    parts.join("\n")
}

fn part(part: &Part) -> String {
    match part {
        Part::Title(title) => format!("## {}\n", escaped(title)),
        Part::Says(text) => format!("{}\n", escaped(&text.words)),
        Part::Facts(facts) => {
            let line = |(name, value): &(&str, Text)| format!("- **{name}:** {}\n", escaped(&value.words));
            facts.iter().map(line).collect()
        }
        Part::Table(header, rows) => table(header, rows),
        Part::Items(items) => items
            .iter()
            .map(|(name, text)| format!("- {}: {}\n", escaped(name), escaped(&text.words)))
            .collect(),
        Part::Commands(commands) => {
            let fenced: Vec<String> =
                commands.iter().map(|(name, command)| one_command(name, command)).collect();
            fenced.join("\n")
        }
    }
}

fn table(header: &[&str], rows: &[Vec<Text>]) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = line(header.iter().map(|name| (*name).to_owned()).collect());
    out += &line(header.iter().map(|_| "---".to_owned()).collect());
    for row in rows {
        out += &line(row.iter().map(|text| escaped(&text.words)).collect());
    }
    out
}

fn one_command(name: &str, command: &str) -> String {
    let note = if command.chars().any(hides) { format!(" ({NOT_AS_SHOWN})") } else { String::new() };
    let command = shown(command);
    let fence = "`".repeat(longest_run(&command).max(2) + 1);
    format!("{}{note}:\n\n{fence}sh\n{command}\n{fence}\n", escaped(name))
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

/// Each character that could be markup with a backslash before it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in shown(text).chars() {
        if r"\`*_[]<>|~#&!$".contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}
