//! Certificates: validity at the time of the look, names, key, authority; and whether all places show the same.
//!
//! # Guarantees
//! The values of a finding are times and names that stand in the certificate, never a remaining time: a finding is the same at
//! each look until the certificate changes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::unknowable;
use crate::model::certificate::{
    Anchored, CertificateFacts, CertificateSeen, Certificates, DesiredCertificate, DesiredKey, DesiredSans,
    KeySeen, Place, Remaining, San,
};
use crate::model::finding::CertificateAspect;
use crate::model::{Aspect, Finding, FindingKind, Severity, Subject, Unknown};

pub(super) fn compare(certificate: &DesiredCertificate, seen: &Certificates, findings: &mut Vec<Finding>) {
    let DesiredCertificate { name, from, sans, min_remaining, authorities, key, same_everywhere } =
        certificate;
    let nothing = BTreeMap::new();
    let seen = seen.get(name).unwrap_or(&nothing);
    let mut shown = BTreeMap::new();
    for place in from.places() {
        let subject = Subject::Certificate(name.clone(), Some(place.clone()));
        let CertificateSeen { seen_at, certificate, above: _, anchored } = match seen.get(&place) {
            Some(Ok(sighting)) => sighting,
            Some(Err(why)) => {
                findings.push(unknowable(&subject, Aspect::Existence, why));
                continue;
            }
            None => {
                let why = Unknown::not_asked("certificate", "certificates");
                findings.push(unknowable(&subject, Aspect::Existence, &why));
                continue;
            }
        };
        let CertificateFacts {
            subject: _,
            issuer,
            serial: _,
            fingerprint,
            not_before,
            not_after,
            sans: names,
            key: its_key,
        } = certificate;
        let mut compared = Compared { subject: &subject, findings };
        compared.validity(*seen_at, *not_before, *not_after, min_remaining.as_ref());
        compared.names(sans.as_ref(), names);
        compared.key(key.as_ref(), its_key);
        if !authorities.is_empty() {
            compared.authority(anchored.as_ref(), issuer);
        }
        shown.entry(fingerprint.as_str()).or_insert_with(BTreeSet::new).insert(place);
    }
    if *same_everywhere && shown.len() > 1 {
        findings.push(differing(name, &shown));
    }
}

/// What is compared at one place.
struct Compared<'a> {
    subject: &'a Subject,
    findings: &'a mut Vec<Finding>,
}

impl Compared<'_> {
    fn finding(&self, kind: FindingKind, severity: Severity, aspect: CertificateAspect) -> Finding {
        Finding::of(kind, severity, self.subject, Aspect::Certificate(aspect))
    }

    fn validity(&mut self, at: Timestamp, from: Timestamp, until: Timestamp, least: Option<&Remaining>) {
        let (kind, critical) = (FindingKind::Changed, Severity::Critical);
        if at < from {
            let finding = self.finding(kind, critical, CertificateAspect::NotBefore);
            self.findings.push(finding.expected("valid now").actual(format!("valid from {from}")));
        }
        if until <= at {
            let finding = self.finding(kind, critical, CertificateAspect::NotAfter);
            return self.findings.push(finding.expected("valid now").actual(format!("expired at {until}")));
        }
        let Some(Remaining { text, least }) = least else { return };
        if until.duration_since(at) < *least {
            let finding = self.finding(kind, Severity::Warning, CertificateAspect::NotAfter);
            let expected = format!("valid for {text} or more");
            self.findings.push(finding.expected(expected).actual(format!("valid until {until}")));
        }
    }

    fn names(&mut self, wanted: Option<&DesiredSans>, seen: &BTreeSet<San>) {
        let (missing, extra, why): (Vec<&San>, Vec<&San>, &str) = match wanted {
            None => return,
            Some(DesiredSans::Exactly(names)) => {
                (names.difference(seen).collect(), seen.difference(names).collect(), "not listed")
            }
            Some(DesiredSans::Some { contains, not_contains }) => (
                contains.difference(seen).collect(),
                seen.intersection(not_contains).collect(),
                "must not be in it",
            ),
        };
        for name in missing {
            let finding = self.finding(FindingKind::Missing, Severity::Warning, CertificateAspect::Sans);
            self.findings.push(finding.expected(name).actual("no such name"));
        }
        for name in extra {
            let finding = self.finding(FindingKind::Extra, Severity::Warning, CertificateAspect::Sans);
            self.findings.push(finding.expected(why).actual(name));
        }
    }

    fn key(&mut self, wanted: Option<&DesiredKey>, seen: &KeySeen) {
        let Some(wanted) = wanted else { return };
        let DesiredKey { algorithms, least } = wanted;
        let fits = match seen {
            KeySeen::Known { algorithm, bits } => {
                (algorithms.is_empty() || algorithms.contains(algorithm))
                    && least.get(algorithm).is_none_or(|least| bits >= least)
            }
            KeySeen::Other(_) => false,
        };
        if !fits {
            let finding = self.finding(FindingKind::Changed, Severity::Warning, CertificateAspect::Key);
            self.findings.push(finding.expected(wanted).actual(seen));
        }
    }

    fn authority(&mut self, anchored: Option<&Anchored>, issuer: &str) {
        match anchored {
            Some(Anchored::Yes) => {}
            // A recording that was made for another spec.
            None => {
                let finding = self.finding(FindingKind::Unknowable, Severity::Warning, CertificateAspect::Ca);
                let why = "it was not judged whether it leads there";
                self.findings.push(finding.expected("leads to the given authority").message(why));
            }
            Some(Anchored::No(why)) => {
                let finding = self.finding(FindingKind::Changed, Severity::Critical, CertificateAspect::Ca);
                let finding = finding.expected("leads to the given authority");
                self.findings.push(finding.actual(format!("signed by {issuer}")).message(why));
            }
            Some(Anchored::NotTold(why)) => {
                let finding = self.finding(FindingKind::Unknowable, Severity::Warning, CertificateAspect::Ca);
                self.findings.push(finding.expected("leads to the given authority").unseen(why));
            }
        }
    }
}

/// Places that show different certificates; each certificate by the first digits of its fingerprint.
fn differing(name: &str, shown: &BTreeMap<&str, BTreeSet<Place>>) -> Finding {
    let subject = Subject::Certificate(name.to_owned(), None);
    let aspect = Aspect::Certificate(CertificateAspect::SameEverywhere);
    let one = |(fingerprint, places): (&&str, &BTreeSet<Place>)| {
        let places: Vec<&str> = places.iter().map(|place| place.0.as_str()).collect();
        format!("{} at {}", fingerprint.get(..16).unwrap_or(fingerprint), places.join(", "))
    };
    let all: Vec<String> = shown.iter().map(one).collect();
    let finding = Finding::of(FindingKind::Changed, Severity::Warning, &subject, aspect);
    finding.expected("one certificate at all places").actual(all.join("; "))
}
