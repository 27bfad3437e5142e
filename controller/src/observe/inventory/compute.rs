//! What a tenant holds in Nova.

use super::Part;
use crate::model::ids::ProjectId;
use crate::observe::port::CloudRead;

pub(super) async fn collect(_read: &dyn CloudRead, _tenant: &ProjectId) -> Part {
    Part::default()
}
