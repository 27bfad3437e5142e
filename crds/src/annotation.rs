//! The annotations by which a person decides, and the stamps that the API server sets beside them.
//!
//! The admission policies in `manifests/` write and verify the stamps; the controller reads them.

/// What a person sets: `true`, or the digest of the plan on offer. Its removal before it is used revokes it.
pub const APPROVED: &str = "approved";
/// Stamp: the name of the user whose request set [`APPROVED`].
pub const APPROVED_BY: &str = "cloudspec.dev/approved-by";
/// Stamp: the groups of that user at that moment, joined with a line feed; used to ask again whether they may approve.
pub const APPROVED_GROUPS: &str = "cloudspec.dev/approved-groups";
/// Stamp: the digest of the plan that `status.plan` showed at that moment.
pub const APPROVED_PLAN: &str = "cloudspec.dev/approved-plan";
/// Stamp: the offer number that `status.plan` showed at that moment, in decimal digits.
pub const APPROVED_OFFER: &str = "cloudspec.dev/approved-offer";
/// Stamp: the user who last changed `spec`.
pub const SPEC_AUTHOR: &str = "cloudspec.dev/spec-author";

/// All that belongs to an approval and is taken away when it was decided on.
pub const OF_APPROVAL: [&str; 5] = [APPROVED, APPROVED_BY, APPROVED_GROUPS, APPROVED_PLAN, APPROVED_OFFER];
