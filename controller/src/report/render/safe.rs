//! Texts that others wrote, made fit to be looked at.
//!
//! A name with a control sequence could move the cursor and overwrite what an approver reads; one with a direction mark could
//! show an address backwards. Both are shown as the escapes that they are.

use std::fmt::Write;

/// Whether a character shows nothing, or changes how others are shown.
pub(super) fn hides(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// The text with an escape in place of each character that hides.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if hides(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// JSON in which no character hides. It reads back as the same value: JSON has such characters only within strings.
pub(super) fn json(json: &str) -> String {
    escaped(json, |character, out| {
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a String does not fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    })
}

/// JSON in which no character hides, in the escapes that YAML has: YAML knows no pairs of surrogates.
pub(super) fn json_as_yaml(json: &str) -> String {
    escaped(json, |character, out| {
        let _ = write!(out, "\\U{:08x}", u32::from(character));
    })
}

fn escaped(json: &str, escape: impl Fn(char, &mut String)) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        match hides(character) && character != '\n' {
            true => escape(character, &mut out),
            false => out.push(character),
        }
    }
    out
}
