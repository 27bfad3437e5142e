//! A page as people read it, before it is printed for a screen or in Markdown.

/// Parts, from top to bottom.
pub(super) type Page = Vec<Part>;

/// One part of a page. Texts are as they came; the printers make them safe.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// A heading.
    Title(String),
    /// A sentence that stands for itself.
    Says(Text),
    /// Names with their values.
    Facts(Vec<(&'static str, Text)>),
    /// Rows of equal length.
    Table(&'static [&'static str], Vec<Vec<Text>>),
    /// Sentences, each under a name.
    Items(Vec<(String, Text)>),
    /// Shell commands, each under a name: never wrapped, never shortened.
    Commands(Vec<(String, String)>),
}

/// A text with its colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) words: String,
    pub(super) tone: Tone,
}

/// What a colour tells. No text needs its colour to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Good,
    Caution,
    Bad,
}

impl Tone {
    pub(super) fn of(self, words: impl Into<String>) -> Text {
        Text { words: words.into(), tone: self }
    }
}

/// A text without a colour.
pub(super) fn text(words: impl Into<String>) -> Text {
    Tone::Plain.of(words)
}

/// A text, or a dash where there is none.
pub(super) fn or_dash(words: Option<&str>) -> Text {
    text(words.unwrap_or("-"))
}
