//! A page for a terminal: columns, and colours where they are wanted.

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};

use super::page::{Page, Part, Text, Tone};
use super::safe::{hides, shown};
use super::{Screen, Style};

/// Says that a command cannot be copied from what is shown.
pub(super) const NOT_AS_SHOWN: &str = "has characters that cannot be shown: take it from the output as JSON";

/// The page, with an empty line between its parts.
pub(super) fn print(page: &Page, screen: Screen) -> String {
    let mut out = String::new();
    let mut after_title = true;
    for part in page {
        if !after_title {
            out.push('\n');
        }
        after_title = matches!(part, Part::Title(_));
        for line in lines(part, screen) {
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out
}

fn lines(part: &Part, screen: Screen) -> Vec<String> {
    match part {
        Part::Title(title) => vec![bold(&shown(title), screen.style)],
        Part::Says(text) => vec![coloured(text, screen.style)],
        Part::Facts(facts) => {
            let widest = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 1;
            let line = |(name, value): &(&str, Text)| {
                format!("{:<widest$}  {}", format!("{name}:"), coloured(value, screen.style))
            };
            facts.iter().map(line).collect()
        }
        Part::Table(header, rows) => table(header, rows, screen).lines().collect(),
        Part::Items(items) => items
            .iter()
            .map(|(name, text)| format!("  {}: {}", shown(name), coloured(text, screen.style)))
            .collect(),
        Part::Commands(commands) => {
            commands.iter().map(|(name, command)| one_command(name, command)).collect()
        }
    }
}

fn one_command(name: &str, command: &str) -> String {
    let note = if command.chars().any(hides) { format!("  # {NOT_AS_SHOWN}") } else { String::new() };
    format!("  {}: {}{note}", shown(name), shown(command))
}

fn table(header: &[&str], rows: &[Vec<Text>], screen: Screen) -> Table {
    let mut table = Table::new();
    // The terminal is not asked: what it is like was told.
    table.load_style(presets::NOTHING).force_no_tty();
    if screen.style == Style::Colour {
        table.enforce_styling();
    }
    if let Some(width) = screen.width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(header.iter().map(Cell::new));
    table.add_rows(rows.iter().map(|row| row.iter().map(cell)));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

fn cell(Text { words, tone }: &Text) -> Cell {
    let cell = Cell::new(shown(words));
    match tone {
        Tone::Plain => cell,
        Tone::Good => cell.fg(Color::Green),
        Tone::Caution => cell.fg(Color::Yellow),
        Tone::Bad => cell.fg(Color::Red).add_attribute(Attribute::Bold),
    }
}

fn coloured(Text { words, tone }: &Text, style: Style) -> String {
    let words = shown(words);
    let code = match (style, tone) {
        (Style::Plain, _) | (Style::Colour, Tone::Plain) => return words,
        (Style::Colour, Tone::Good) => "32",
        (Style::Colour, Tone::Caution) => "33",
        (Style::Colour, Tone::Bad) => "1;31",
    };
    format!("\u{1b}[{code}m{words}\u{1b}[0m")
}

fn bold(words: &str, style: Style) -> String {
    match style {
        Style::Plain => words.to_owned(),
        Style::Colour => format!("\u{1b}[1m{words}\u{1b}[0m"),
    }
}
