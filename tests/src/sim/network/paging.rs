//! Listings of Neutron: filters, fields, order and pages.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::super::access::Caller;
use super::super::http::{Answer, Call, Reply, python_list};
use super::{bad, error, sees};

/// One kind of rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// The key of the rows in the body.
    pub(super) rows: &'static str,
    /// The attributes that may be asked for.
    pub(super) filters: &'static [&'static str],
}

const MEANT_FOR_PAGES: [&str; 6] = ["limit", "marker", "page_reverse", "sort_key", "sort_dir", "fields"];

/// The rows that the caller sees and asks for, ordered by id where nothing else is asked. `ids` come in their order, and a
/// row is made only where it may be on the page.
///
/// A marker that is not there (any more) is passed over: the first page comes again, as the real one does.
pub(super) fn list<'a>(
    call: &Call,
    caller: &Caller,
    kind: Kind,
    ids: impl Iterator<Item = &'a str> + Clone,
    show: impl Fn(&str) -> Value,
) -> Reply {
    let limit = limit(call)?;
    check_filters(call, kind)?;
    let own = |row: &Value| match row["project_id"].as_str() {
        Some(project) => sees(caller, project),
        None => caller.project().is_some(),
    };
    let rows = |id: &str| Some(show(id)).filter(|row| own(row) && matches(call, kind, row));
    let marker = call.param("marker").filter(|marker| ids.clone().any(|id| id == *marker));
    let most = limit.unwrap_or(usize::MAX);
    let page: Vec<Value> = match call.param("sort_key") {
        None => {
            ids.filter(|id| marker.is_none_or(|marker| *id > marker)).filter_map(rows).take(most).collect()
        }
        Some(_) => {
            let mut rows: Vec<Value> = ids.filter_map(rows).collect();
            sort(call, &mut rows);
            let after = marker.and_then(|marker| rows.iter().position(|row| row["id"] == marker));
            rows.into_iter().skip(after.map_or(0, |at| at + 1)).take(most).collect()
        }
    };
    let shown: Vec<Value> = page.iter().map(|row| fields(call, row)).collect();
    let mut body = json!({kind.rows: shown});
    if let Some(limit) = limit {
        body[format!("{}_links", kind.rows)] = Value::Array(links(call, &page, limit));
    }
    Ok(Answer::ok(body))
}

/// As [`list`], where there are no pages.
pub(super) fn whole<'a>(
    call: &Call,
    caller: &Caller,
    kind: Kind,
    ids: impl Iterator<Item = &'a str>,
    show: impl Fn(&str) -> Value,
) -> Reply {
    check_filters(call, kind)?;
    let own = |row: &Value| row["project_id"].as_str().is_some_and(|project| sees(caller, project));
    let rows = ids.map(show).filter(|row| own(row) && matches(call, kind, row));
    let rows: Vec<Value> = rows.map(|row| fields(call, &row)).collect();
    Ok(Answer::ok(json!({kind.rows: rows})))
}

fn limit(call: &Call) -> Result<Option<usize>, Answer> {
    let Some(given) = call.param("limit") else { return Ok(None) };
    match given.parse::<usize>() {
        Ok(0) => Ok(None),
        Ok(limit) => Ok(Some(limit)),
        Err(_) => {
            let message =
                format!("Bad limit request: Limit must be an integer 0 or greater and not '{given}'.");
            Err(error(400, "BadRequest", &message))
        }
    }
}

fn check_filters(call: &Call, kind: Kind) -> Result<(), Answer> {
    let known = |name: &str| MEANT_FOR_PAGES.contains(&name) || kind.filters.contains(&name);
    let mut unknown: Vec<String> = Vec::new();
    for (name, _) in &call.query {
        if !known(name) && !unknown.contains(name) {
            unknown.push(name.clone());
        }
    }
    match unknown.is_empty() {
        true => Ok(()),
        false => Err(bad(&format!("{} is invalid attribute for filtering", python_list(&unknown)))),
    }
}

/// Several values of one attribute are alternatives.
fn matches(call: &Call, kind: Kind, row: &Value) -> bool {
    kind.filters.iter().all(|name| {
        let mut asked = call.params(name).peekable();
        asked.peek().is_none() || asked.any(|asked| same(&row[*name], asked))
    })
}

fn same(value: &Value, asked: &str) -> bool {
    match value {
        Value::String(text) => text == asked,
        Value::Bool(flag) => *flag == matches!(asked, "true" | "True" | "1"),
        Value::Number(number) => number.to_string() == asked,
        Value::Array(items) => items.iter().any(|item| item == asked),
        Value::Null | Value::Object(_) => false,
    }
}

fn sort(call: &Call, rows: &mut [Value]) {
    let keys: Vec<&str> = call.params("sort_key").collect();
    let directions: Vec<&str> = call.params("sort_dir").collect();
    rows.sort_by(|one, other| {
        let mut order = std::cmp::Ordering::Equal;
        for (number, key) in keys.iter().chain(&["id"]).enumerate() {
            let of =
                |row: &Value| row[*key].as_str().map(str::to_owned).unwrap_or_else(|| row[*key].to_string());
            let by = of(one).cmp(&of(other));
            let by = if directions.get(number) == Some(&"desc") { by.reverse() } else { by };
            order = order.then(by);
        }
        order
    });
}

/// Cuts a row to `fields=`; names that are not there are passed over.
pub(super) fn fields(call: &Call, row: &Value) -> Value {
    let mut asked = call.params("fields").peekable();
    if asked.peek().is_none() {
        return row.clone();
    }
    let cut = asked.filter_map(|name| Some((name.to_owned(), row.get(name)?.clone())));
    Value::Object(cut.collect::<Map<_, _>>())
}

fn links(call: &Call, page: &[Value], limit: usize) -> Vec<Value> {
    let reverse = call.flag("page_reverse");
    let mut links = Vec::new();
    if page.len() == limit || reverse {
        links.push(json!({"rel": "next", "href": link(call, page.last(), false)}));
    }
    if page.len() == limit || !reverse {
        links.push(json!({"rel": "previous", "href": link(call, page.first(), true)}));
    }
    links
}

fn link(call: &Call, at: Option<&Value>, back: bool) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in call.query.iter().filter(|(name, _)| name != "marker" && name != "page_reverse") {
        query.append_pair(name, value);
    }
    if let Some(id) = at.and_then(|row| row["id"].as_str()) {
        query.append_pair("marker", id);
    }
    if back {
        query.append_pair("page_reverse", "True");
    }
    format!("{}?{}", call.address(), query.finish())
}
