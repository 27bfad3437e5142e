//! The command line as a page of the documentation.

use clap::{Command, CommandFactory};

use super::Cli;

/// Columns of the page, whatever the terminal's.
const WIDTH: usize = 100;

/// Every command with its help, in Markdown. It depends on nothing of the environment.
pub fn reference() -> String {
    let mut root = Cli::command();
    root.build();
    let mut page = section(&root, "cloudspec");
    let shown = root.get_subcommands().filter(|one| !one.is_hide_set() && one.get_name() != "help");
    for command in shown {
        page.push_str(&section(command, &format!("cloudspec {}", command.get_name())));
    }
    page
}

fn section(command: &Command, title: &str) -> String {
    let mut shown = command.clone().term_width(WIDTH).mut_args(|argument| argument.hide_env_values(true));
    let help = shown.render_long_help().to_string();
    let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    format!("\n## {title}\n\n```text\n{}\n```\n", lines.join("\n"))
}
