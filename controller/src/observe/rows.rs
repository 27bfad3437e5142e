//! Rows as the service sent them → the nouns; a row that is not understood makes the whole listing Unknown.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{ReadError, Reason};
use super::port::{CloudRead, Listing, Rows};
use crate::model::{Sighting, Unknown};

/// A whole listing in the model's words, in the order of `key`.
pub(super) async fn sighting<W, T, K>(
    read: &dyn CloudRead,
    listing: &Listing,
    to_model: impl Fn(W) -> Result<Option<T>, String>,
    key: impl Fn(&T) -> K,
) -> Sighting<Vec<T>>
where
    W: DeserializeOwned,
    K: Ord,
{
    let rows = read.rows(listing).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows.iter() {
        all.extend(one(listing, row, &to_model)?);
    }
    all.sort_by_key(key);
    Ok(all)
}

/// One row; `None` where it is not of a kind that is compared.
fn one<W: DeserializeOwned, T>(
    listing: &Listing,
    row: &Value,
    to_model: impl Fn(W) -> Result<Option<T>, String>,
) -> Result<Option<T>, Unknown> {
    let wire = W::deserialize(row).map_err(|why| unparsable(listing, row, why.to_string()))?;
    Ok(to_model(wire).map_err(|why| unparsable(listing, row, why))?)
}

/// The only row of a listing of one thing.
pub(super) fn only<'r>(listing: &Listing, rows: &'r Rows) -> Result<&'r Value, ReadError> {
    match rows.as_slice() {
        [row] => Ok(row),
        several => {
            let message = format!("{listing}: one was expected, {} came", several.len());
            Err(ReadError::new(listing.service(), Reason::Unparsable, message))
        }
    }
}

pub(super) fn unparsable(listing: &Listing, row: &Value, why: impl std::fmt::Display) -> ReadError {
    let id = ["id", "project_id"].iter().find_map(|key| row.get(key)?.as_str()).unwrap_or("without an id");
    let message = format!("{listing}: row {id} is not understood: {why}");
    ReadError::new(listing.service(), Reason::Unparsable, message)
}
