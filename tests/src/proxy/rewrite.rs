//! Bodies: addresses of services become addresses of the proxy, and some faults are made here.

use serde_json::{Value, json};

/// Puts the proxy's address where an upstream's stands.
pub(super) fn through(text: &str, upstreams: &[String], proxy: &str) -> String {
    let mut text = text.to_owned();
    for (number, origin) in upstreams.iter().enumerate() {
        text = replace(&text, origin, &format!("{proxy}/up/{number}"));
    }
    text
}

/// A longer port that begins alike is another origin.
fn replace(text: &str, origin: &str, with: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(origin) {
        let (before, found) = rest.split_at(at);
        let after = &found[origin.len()..];
        result.push_str(before);
        result.push_str(if after.starts_with(|next: char| next.is_ascii_digit()) { origin } else { with });
        rest = after;
    }
    result.push_str(rest);
    result
}

/// Type and public address of each endpoint in a catalogue.
pub(super) fn endpoints(body: &Value) -> Vec<(String, String)> {
    let catalog = body.pointer("/token/catalog").or(body.get("catalog")).and_then(Value::as_array);
    let mut all = Vec::new();
    for service in catalog.into_iter().flatten() {
        let kind = service["type"].as_str().unwrap_or_default();
        for endpoint in service["endpoints"].as_array().into_iter().flatten() {
            all.extend(endpoint["url"].as_str().map(|url| (kind.to_owned(), url.to_owned())));
        }
    }
    all
}

/// The rows of a listing: the first array of objects that are not links.
fn rows(body: &Value) -> Option<String> {
    let rows =
        |(key, value): (&String, &Value)| (value.is_array() && !key.ends_with("links")).then(|| key.clone());
    body.as_object()?.iter().find_map(rows)
}

pub(super) fn half_page(mut body: Value) -> Value {
    if let Some(rows) = rows(&body).and_then(|key| body.get_mut(&key)).and_then(Value::as_array_mut) {
        rows.truncate(rows.len() / 2);
    }
    body
}

/// Half a page of which the service says that it left rows out.
pub(super) fn shortened(body: Value) -> Value {
    let mut body = half_page(body);
    body["truncated"] = json!(true);
    body
}

/// Half a page with a link to what comes after its last row; a page of one row stays as it is.
pub(super) fn short_page(body: Value, here: &str) -> Value {
    let half = half_page(body.clone());
    let last = rows(&half).and_then(|key| half[key].as_array()?.last()?["id"].as_str().map(str::to_owned));
    let Some(last) = last else { return body };
    let begun = if here.contains('?') { '&' } else { '?' };
    let kept = here.split_inclusive(['?', '&']).filter(|part| !part.starts_with("marker="));
    let kept: String = kept.collect();
    next(half, &format!("{}{begun}marker={last}", kept.trim_end_matches('&')))
}

/// A link to the next page, in the form of the service.
pub(super) fn next(mut body: Value, href: &str) -> Value {
    let Some(key) = rows(&body) else { return body };
    match body.get("links").is_some_and(Value::is_object) {
        true => body["links"]["next"] = json!(href),
        false => body[format!("{key}_links")] = json!([{"rel": "next", "href": href}]),
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_that_is_the_beginning_of_another_is_not_taken_for_it() {
        let upstreams = ["http://h:50".to_owned(), "http://h:5000".to_owned()];
        let text = through("http://h:50/v3 http://h:5000 http://h:50", &upstreams, "http://p:1");
        assert_eq!(text, "http://p:1/up/0/v3 http://p:1/up/1 http://p:1/up/0");
    }

    #[test]
    fn a_short_page_leads_to_what_comes_after_its_last_row() {
        let page = json!({"ports": [{"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "d"}]});
        let short = short_page(page, "http://h/ports?limit=9&marker=z");
        assert_eq!(short["ports"], json!([{"id": "a"}, {"id": "b"}]));
        assert_eq!(short["ports_links"][0]["href"], "http://h/ports?limit=9&marker=b");
        let one = json!({"ports": [{"id": "a"}]});
        assert_eq!(short_page(one.clone(), "http://h/ports"), one);
    }

    #[test]
    fn links_are_made_in_the_form_of_the_service() {
        let keystone = next(json!({"projects": [1], "links": {"next": null}}), "u");
        assert_eq!(keystone, json!({"projects": [1], "links": {"next": "u"}}));
        let neutron = next(half_page(json!({"ports": [1, 2, 3]})), "u");
        assert_eq!(neutron, json!({"ports": [1], "ports_links": [{"rel": "next", "href": "u"}]}));
    }
}
