//! What goes side by side.
//!
//! What comes in: what goes, in its order. What goes out: the same by waves: no two of one wave wait for each other.
//!
//! # Guarantees
//! A resource is in a later wave than all that it needs, and never in one wave with another of its service and of another type, or of a type that
//! by [`BONDS`] or [`BEFORE`] goes before or after its own, whether or not the two have to do with each other: the earlier type goes first, but for
//! what then could not go at all. The waves follow each other without a gap.

use std::collections::BTreeSet;

use super::bonds::BONDS;
use super::held::Held;
use crate::model::inventory::Resource;
use crate::model::{ResourceKey, ResourceType as T};

/// Types that go before others of another service, beside those that hang together: a copy-on-write clone holds the image or the snapshot
/// that it was made of, and encrypted data is worth nothing without its key.
const BEFORE: &[(T, &[T])] = &[
    (T::Server, &[T::Image]),
    (T::Volume, &[T::Image]),
    (T::Backup, &[T::SecretContainer, T::Secret]),
    (T::Snapshot, &[T::SecretContainer, T::Secret]),
    (T::Volume, &[T::SecretContainer]),
    (T::Image, &[T::SecretContainer, T::Secret]),
];

/// A resource with its wave.
pub(super) type Placed<'a> = (u32, &'a Resource);

/// What goes, by waves, the first of which is `first`; within a wave the order is kept.
pub(super) fn waves<'a>(held: &Held<'a>, order: Vec<&'a Resource>, first: u32) -> Vec<Placed<'a>> {
    let (mut placed, mut left, mut wave) = (Vec::new(), order, first);
    while let Some(foremost) = left.first() {
        let mut next = next(held, &left);
        // The order has no circle, so something can always go.
        if next.is_empty() {
            next.insert(&foremost.key);
        }
        placed.extend(left.iter().filter(|one| next.contains(&one.key)).map(|one| (wave, *one)));
        left.retain(|one| !next.contains(&one.key));
        wave += 1;
    }
    placed
}

/// What goes first of what is left.
fn next<'a>(held: &Held<'a>, left: &[&'a Resource]) -> BTreeSet<&'a ResourceKey> {
    let there: BTreeSet<&ResourceKey> = left.iter().map(|one| &one.key).collect();
    let waits = |one: &Resource| held.needs(&one.key).any(|needed| there.contains(needed));
    let free: Vec<&Resource> = left.iter().copied().filter(|one| !waits(one)).collect();
    let unblocked = |by: &[&Resource]| {
        let types: BTreeSet<T> = by.iter().map(|one| one.key.kind).collect();
        let blocked = |kind: T| types.iter().any(|other| goes_before(*other, kind));
        let goes: BTreeSet<T> = types.iter().copied().filter(|kind| !blocked(*kind)).collect();
        free.iter().filter(|one| goes.contains(&one.key.kind)).map(|one| &one.key).collect()
    };
    let next: BTreeSet<&ResourceKey> = unblocked(left);
    // What waits for something of a later type is not waited for where else nothing could go.
    if next.is_empty() { unblocked(&free) } else { next }
}

/// Whether all of the first type go before any of the second.
fn goes_before(first: T, second: T) -> bool {
    let bonds = BONDS.iter().map(|(one, _, others)| (one, others));
    let mut bound = bonds.chain(BEFORE.iter().map(|(one, others)| (one, others)));
    first != second
        && ((first.service() == second.service() && first < second)
            || bound.any(|(one, others)| *one == first && others.contains(&second)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_types_go_before_each_other() {
        let both = |one: T, other: T| goes_before(one, other) && goes_before(other, one);
        for one in T::ALL {
            let wrong = T::ALL.iter().find(|other| both(*one, **other));
            assert_eq!(wrong, None, "{one}");
        }
    }

    #[test]
    fn services_that_have_nothing_to_do_with_each_other_go_side_by_side() {
        for (one, other) in [(T::Network, T::Volume), (T::Secret, T::Network), (T::Image, T::Router)] {
            assert!(!goes_before(one, other) && !goes_before(other, one), "{one} {other}");
        }
        assert!(goes_before(T::Port, T::Subnet) && goes_before(T::Server, T::Volume));
    }
}
