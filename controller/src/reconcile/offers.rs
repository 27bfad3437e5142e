//! When a plan is offered anew: an approval counts only for the offer that it was stamped with.

use cloudspec_crds::status::Offer;
use jiff::{SignedDuration, Timestamp};

use crate::model::PlanDigest;

/// What an offer was made under: a start of the controller, and a state of the guarding policies. Where either is another, what
/// was approved before may have been approved without a guard, and is offered anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Era {
    /// Names this start of this process.
    pub start: String,
    /// Kind, name, UID and generation of each policy and binding.
    pub policies: String,
}

/// Whether the offer that stands still stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is the one to be approved.
    Kept,
    /// Another takes its place, and why.
    Anew(&'static str),
}

/// What an offer is held against.
pub(super) struct Now<'a> {
    /// The digest of the plan that follows now.
    pub digest: &'a PlanDigest,
    /// The generation of spec.
    pub generation: i64,
    /// The time.
    pub at: Timestamp,
    /// How long an offer may be approved.
    pub expires_after: SignedDuration,
    /// The era now.
    pub era: &'a Era,
}

/// Holds the offer that stands against the world. `made_in` is the era that this process remembers to have made it in.
pub(super) fn standing(offer: Option<&Offer>, made_in: Option<&Era>, now: &Now<'_>) -> Standing {
    let Some(offer) = offer else { return Standing::Anew("there was none") };
    let age = now.at.duration_since(offer.offered_at.0);
    match () {
        () if offer.digest != now.digest.0 => Standing::Anew("the plan is another one"),
        () if offer.plan_generation != now.generation => Standing::Anew("the spec has changed"),
        () if made_in.is_none_or(|era| era.start != now.era.start) => {
            Standing::Anew("the controller has started since")
        }
        () if made_in != Some(now.era) => Standing::Anew("the guarding policies have changed"),
        () if age >= now.expires_after => Standing::Anew("it had expired"),
        // A clock that was set back must not keep an offer alive for ever.
        () if age.is_negative() => Standing::Anew("it was made in the future"),
        () => Standing::Kept,
    }
}

#[cfg(test)]
mod tests {
    use cloudspec_crds::status::Classes;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn offer() -> Offer {
        Offer {
            name: "lab-0".into(),
            digest: "sha256:aa".into(),
            offer: 3,
            offered_at: Time(at(1_000)),
            steps: 1,
            classes: Classes::default(),
            plan_generation: 2,
        }
    }

    fn era(start: &str, policies: &str) -> Era {
        Era { start: start.into(), policies: policies.into() }
    }

    fn check(digest: &str, generation: i64, second: i64, made_in: Option<&Era>) -> Standing {
        let now = Now {
            digest: &PlanDigest(digest.into()),
            generation,
            at: at(second),
            expires_after: SignedDuration::from_secs(3_600),
            era: &era("a", "p1"),
        };
        standing(Some(&offer()), made_in, &now)
    }

    #[test]
    fn nothing_changed_the_offer_stands() {
        assert_eq!(check("sha256:aa", 2, 4_599, Some(&era("a", "p1"))), Standing::Kept);
    }

    #[test]
    fn whatever_an_approval_could_outlive_is_offered_anew() {
        let made_in = era("a", "p1");
        for (standing, why) in [
            (check("sha256:bb", 2, 1_001, Some(&made_in)), "the plan is another one"),
            (check("sha256:aa", 3, 1_001, Some(&made_in)), "the spec has changed"),
            (check("sha256:aa", 2, 1_001, None), "the controller has started since"),
            (check("sha256:aa", 2, 1_001, Some(&era("b", "p1"))), "the controller has started since"),
            (check("sha256:aa", 2, 1_001, Some(&era("a", "p2"))), "the guarding policies have changed"),
            (check("sha256:aa", 2, 4_600, Some(&made_in)), "it had expired"),
            (check("sha256:aa", 2, 999, Some(&made_in)), "it was made in the future"),
        ] {
            assert_eq!(standing, Standing::Anew(why));
        }
    }
}
