//! Listings cut into pages, as most services do it: by the id of the last row.

use serde_json::{Value, json};

use super::http::Call;

/// The rows of one page, and the id of its last row where there may be more.
pub(super) struct Page {
    pub(super) rows: Vec<Value>,
    pub(super) last: Option<String>,
}

/// Cuts; the marker that is not among the rows is the error.
pub(super) fn page(call: &Call, rows: Vec<(String, Value)>) -> Result<Page, String> {
    let from = match call.param("marker") {
        None => 0,
        Some(marker) => {
            let at = rows.iter().position(|(id, _)| id == marker);
            at.ok_or_else(|| marker.to_owned())? + 1
        }
    };
    let limit = call.param("limit").and_then(|limit| limit.parse::<usize>().ok()).filter(|limit| *limit > 0);
    let mut rows: Vec<(String, Value)> = rows.into_iter().skip(from).collect();
    let mut last = None;
    if let Some(limit) = limit.filter(|limit| rows.len() >= *limit) {
        rows.truncate(limit);
        last = rows.last().map(|(id, _)| id.clone());
    }
    Ok(Page { rows: rows.into_iter().map(|(_, row)| row).collect(), last })
}

impl Page {
    /// `{KEY: rows, KEY_links: [next]}`, the links only where there is one.
    pub(super) fn linked(self, call: &Call, key: &str) -> Value {
        let mut body = json!({key: self.rows});
        if let Some(last) = &self.last {
            body[format!("{key}_links")] = json!([{"rel": "next", "href": next(call, last)}]);
        }
        body
    }
}

/// The address of the page behind this one.
pub(super) fn next(call: &Call, last: &str) -> String {
    let kept = call.query.iter().filter(|(name, _)| name != "marker");
    let mut query: Vec<String> = kept.map(|(name, value)| format!("{name}={value}")).collect();
    query.push(format!("marker={last}"));
    format!("{}?{}", call.address(), query.join("&"))
}
