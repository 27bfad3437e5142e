//! One page → its rows, and where the next one is.
//!
//! # Guarantees
//! The end is only where the service says so or a page is not full. A next page on another server, one that was read before, and rows that
//! the service left out are failures.

use std::collections::BTreeSet;

use serde_json::Value;
use url::Url;

use super::routes::{Paging, Shape};
use crate::observe::{ReadError, Reason, Service};

/// The pages that were read so far.
pub(super) struct Pages {
    service: Service,
    shape: Shape,
    paging: Paging,
    first: Url,
    read: BTreeSet<String>,
    pub(super) rows: Vec<Value>,
}

impl Pages {
    pub(super) fn new(service: Service, shape: Shape, paging: Paging, first: Url) -> Self {
        let read = BTreeSet::from([first.query().unwrap_or_default().to_owned()]);
        Self { service, shape, paging, first, read, rows: Vec::new() }
    }

    fn fail(&self, reason: Reason, what: impl std::fmt::Display) -> ReadError {
        ReadError::new(self.service, reason, format!("GET {}: {what}", self.first.path()))
    }

    /// Takes a page in; the URL of the next, if there is one.
    pub(super) fn take(&mut self, mut page: Value) -> Result<Option<Url>, ReadError> {
        if page.get("truncated").and_then(Value::as_bool) == Some(true) {
            return Err(self.fail(Reason::Truncated, "the service says that it left rows out (list_limit)"));
        }
        let link = self.link(&page)?;
        let rows = match (self.shape, page.as_object_mut()) {
            (Shape::List(key), Some(page)) => match page.remove(key) {
                Some(Value::Array(rows)) => rows,
                _ => return Err(self.fail(Reason::Unparsable, format_args!("there is no list of {key}"))),
            },
            (Shape::One(key), Some(page)) => match page.remove(key) {
                Some(row @ Value::Object(_)) => vec![row],
                _ => return Err(self.fail(Reason::Unparsable, format_args!("there is no {key}"))),
            },
            (Shape::List(key) | Shape::One(key), None) => {
                return Err(self.fail(Reason::Unparsable, format_args!("there is no {key}")));
            }
        };
        if rows.iter().any(|row| !row.is_object()) {
            return Err(self.fail(Reason::Unparsable, "a row is not an object"));
        }
        let next = match self.limit() {
            Some(limit) if rows.len() > limit => {
                return Err(self.fail(Reason::TooLarge, format_args!("a page has more than {limit} rows")));
            }
            Some(limit) => self.next(link, &rows, limit)?,
            None if self.paging == Paging::Offset && !rows.is_empty() => Some(self.beyond(&rows)),
            None => link,
        };
        self.rows.extend(rows);
        let promised = page.get("total").and_then(Value::as_u64).unwrap_or_default();
        if next.is_none() && (self.rows.len() as u64) < promised {
            let what = format!("{promised} rows were promised, and {} came", self.rows.len());
            return Err(self.fail(Reason::Truncated, what));
        }
        next.map(|next| self.fresh(next)).transpose()
    }

    fn limit(&self) -> Option<usize> {
        match self.paging {
            Paging::Keystone | Paging::Offset | Paging::Whole => None,
            Paging::Marker { limit } | Paging::Next { limit } => Some(limit),
        }
    }

    fn next(&self, link: Option<Url>, rows: &[Value], limit: usize) -> Result<Option<Url>, ReadError> {
        if link.is_some() || rows.len() < limit {
            return Ok(link);
        }
        match self.paging {
            Paging::Marker { .. } => self.after(rows).map(Some),
            Paging::Next { .. } | Paging::Keystone | Paging::Offset | Paging::Whole => Ok(None),
        }
    }

    /// The page after the last of these rows.
    fn after(&self, rows: &[Value]) -> Result<Url, ReadError> {
        let last = rows.last().and_then(|row| row.get("id")).and_then(Value::as_str);
        let last = last.ok_or_else(|| self.fail(Reason::Unparsable, "the last row of a page has no id"))?;
        let mut next = self.first.clone();
        next.query_pairs_mut().append_pair("marker", last);
        Ok(next)
    }

    /// The page beyond all rows that were read, these too.
    fn beyond(&self, rows: &[Value]) -> Url {
        let mut next = self.first.clone();
        next.query_pairs_mut().append_pair("offset", &(self.rows.len() + rows.len()).to_string());
        next
    }

    /// What the page itself says is next.
    fn link(&self, page: &Value) -> Result<Option<Url>, ReadError> {
        let href = match (self.paging, self.shape) {
            (Paging::Keystone, _) => page.get("links").and_then(|links| links.get("next")),
            (Paging::Next { .. }, _) => page.get("next"),
            (Paging::Marker { .. } | Paging::Whole, Shape::List(key)) => {
                // Cinder's groups and group snapshots have the link under the singular.
                let names = [format!("{key}_links"), format!("{}_links", key.trim_end_matches('s'))];
                let links = names.iter().filter_map(|name| page.get(name)?.as_array()).flatten();
                let next = links.into_iter().find(|link| link.get("rel") == Some(&"next".into()));
                next.and_then(|link| link.get("href"))
            }
            (Paging::Marker { .. } | Paging::Whole, Shape::One(_)) | (Paging::Offset, _) => None,
        };
        match href {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(href)) => self.on_this_server(href).map(Some),
            Some(_) => Err(self.fail(Reason::Unparsable, "the link to the next page is not text")),
        }
    }

    /// The link's query on this listing's own path: the services are not sure of their path (Barbican has an underscore there).
    fn on_this_server(&self, href: &str) -> Result<Url, ReadError> {
        let linked = self.first.join(href);
        let linked =
            linked.map_err(|_| self.fail(Reason::Unparsable, "the link to the next page is not a URL"))?;
        if linked.origin() != self.first.origin() {
            let there = linked.origin().ascii_serialization();
            let what = format!(
                "the next page is said to be on {there}; behind a proxy that ends TLS the service needs enable_proxy_headers_parsing"
            );
            return Err(self.fail(Reason::ForeignNext, what));
        }
        let mut next = self.first.clone();
        next.set_query(linked.query());
        Ok(next)
    }

    fn fresh(&mut self, next: Url) -> Result<Url, ReadError> {
        match self.read.insert(next.query().unwrap_or_default().to_owned()) {
            true => Ok(next),
            false => Err(self.fail(Reason::RepeatedMarker, "the next page is one that was read before")),
        }
    }
}
