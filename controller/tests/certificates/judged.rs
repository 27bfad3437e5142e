//! What is found of certificates in Secrets and ConfigMaps, at a fixed time.

use cloudspec::model::certificate::{Anchored, KeySeen};
use cloudspec::observe::certificates;

use super::made::{Authority, Says, usual};
use super::{desired, findings, found_at, now, world};

const SMALL: &str = include_str!("rsa-1024.pem");

/// A certificate in a ConfigMap, with what is declared of it.
fn of(declared: &str) -> String {
    format!("- {{name: keystone, from: {{configMap: {{name: pki, key: tls.crt}}}}{declared}}}")
}

fn with_ca(authority: &Authority) -> String {
    let pem: String = authority.pem.lines().map(|line| format!("\\n{line}")).collect();
    of(&format!(", ca: \"{}\"", pem.trim_start_matches("\\n")))
}

#[tokio::test]
async fn a_certificate_as_declared_has_no_finding() {
    let authority = Authority::new("root");
    let made =
        authority.sign(Says { names: &["keystone.example.org", "10.12.4.50", "2001:db8::5"], ..usual() });
    let world = world(&[("tls.crt", &made.pem)]);
    let declared = ", sans: {exactly: [10.12.4.50, Keystone.Example.ORG., '2001:DB8:0::5']}, minRemaining: 720h, \
                    key: {algorithms: [ECDSA], minEcdsaBits: 256}";
    assert_eq!(findings(&of(declared), &world).await, "");
    assert_eq!(
        findings(&of(", sans: {contains: [10.12.4.50], notContains: [10.12.4.49]}"), &world).await,
        ""
    );
    assert_eq!(findings(&with_ca(&authority), &world).await, "");
    assert_eq!(findings(&of(""), &world).await, "");
}

#[tokio::test]
async fn names_that_are_missing_and_names_that_are_left_over_are_findings_each() {
    let made = Authority::new("root").sign(Says { names: &["old.example.org", "10.12.4.49"], ..usual() });
    let world = world(&[("tls.crt", &made.pem)]);
    insta::assert_snapshot!(findings(&of(", sans: {exactly: [10.12.4.50, old.example.org]}"), &world).await, @"
    Warning Missing certificate keystone at ConfigMap pki, key tls.crt, sans: 10.12.4.50 | no such name | 
    Warning Extra certificate keystone at ConfigMap pki, key tls.crt, sans: not listed | 10.12.4.49 | 
    ");
    insta::assert_snapshot!(findings(&of(", sans: {contains: [new.example.org], notContains: [10.12.4.49]}"), &world).await, @"
    Warning Missing certificate keystone at ConfigMap pki, key tls.crt, sans: new.example.org | no such name | 
    Warning Extra certificate keystone at ConfigMap pki, key tls.crt, sans: must not be in it | 10.12.4.49 | 
    ");
}

#[tokio::test]
async fn an_address_that_was_written_as_a_name_is_not_that_address() {
    let made = Authority::new("root").sign(Says { names: &["DNS:10.12.4.50"], ..usual() });
    let world = world(&[("tls.crt", &made.pem)]);
    insta::assert_snapshot!(findings(&of(", sans: {exactly: [10.12.4.50]}"), &world).await, @"
    Warning Missing certificate keystone at ConfigMap pki, key tls.crt, sans: 10.12.4.50 | no such name | 
    Warning Extra certificate keystone at ConfigMap pki, key tls.crt, sans: not listed | DNS:10.12.4.50 | 
    ");
}

#[tokio::test]
async fn expired_not_yet_valid_and_expiring_are_told_by_the_times_in_the_certificate() {
    let authority = Authority::new("root");
    let expired = authority.sign(Says { until: 2027, ..usual() });
    let early = authority.sign(Says { from: 2028, until: 2029, ..usual() });
    let soon = authority.sign(usual());
    let declared = of(", minRemaining: 8761h");
    insta::assert_snapshot!(findings(&declared, &world(&[("tls.crt", &expired.pem)])).await, @"Critical Changed certificate keystone at ConfigMap pki, key tls.crt, notAfter: valid now | expired at 2027-01-01T00:00:00Z | ");
    insta::assert_snapshot!(findings(&declared, &world(&[("tls.crt", &early.pem)])).await, @"Critical Changed certificate keystone at ConfigMap pki, key tls.crt, notBefore: valid now | valid from 2028-01-01T00:00:00Z | ");
    insta::assert_snapshot!(findings(&declared, &world(&[("tls.crt", &soon.pem)])).await, @"Warning Changed certificate keystone at ConfigMap pki, key tls.crt, notAfter: valid for 8761h or more | valid until 2028-01-01T00:00:00Z | ");
    // 2027 has 8760 hours: it is enough to the second.
    assert_eq!(findings(&of(", minRemaining: 8760h"), &world(&[("tls.crt", &soon.pem)])).await, "");
}

#[tokio::test]
async fn a_finding_is_the_same_from_one_look_to_the_next() {
    let made = Authority::new("root").sign(usual());
    let (world, desired) = (world(&[("tls.crt", &made.pem)]), desired(&of(", minRemaining: 20000h")));
    let first = found_at(&desired, &world, now()).await;
    let later = found_at(&desired, &world, now() + jiff::SignedDuration::from_hours(700)).await;
    assert_eq!(first.len(), 1);
    assert_eq!(first, later);
}

#[tokio::test]
async fn a_chain_leads_to_its_authority_through_what_stands_above_it() {
    let root = Authority::new("root");
    let below = root.below("issuing", 2040);
    let made = below.sign(usual());
    let whole = format!("{}{}", made.pem, below.pem);
    assert_eq!(findings(&with_ca(&root), &world(&[("tls.crt", &whole)])).await, "");
    assert_eq!(findings(&with_ca(&below), &world(&[("tls.crt", &made.pem)])).await, "");
    // What stands above is left out, and another authority is asked for.
    let alone = world(&[("tls.crt", &made.pem)]);
    insta::assert_snapshot!(findings(&with_ca(&root), &alone).await, @"Critical Changed certificate keystone at ConfigMap pki, key tls.crt, ca: leads to the given authority | signed by CN=issuing | no given authority signed it, nor what was shown above it");
    let other = findings(&with_ca(&Authority::new("other")), &world(&[("tls.crt", &whole)])).await;
    assert!(other.contains("ca: leads to the given authority | signed by CN=issuing"), "{other}");
}

#[tokio::test]
async fn an_authority_of_the_same_name_is_not_the_same() {
    let (one, namesake) = (Authority::new("root"), Authority::new("root"));
    let made = one.sign(usual());
    insta::assert_snapshot!(findings(&with_ca(&namesake), &world(&[("tls.crt", &made.pem)])).await, @"Critical Changed certificate keystone at ConfigMap pki, key tls.crt, ca: leads to the given authority | signed by CN=root | a signature on the way is not by the key of the authority of that name");
}

#[tokio::test]
async fn the_chain_is_judged_at_the_time_of_the_look() {
    let root = Authority::new("root");
    let below = root.below("issuing", 2026);
    let made = below.sign(usual());
    let whole = format!("{}{}", made.pem, below.pem);
    let found = findings(&with_ca(&root), &world(&[("tls.crt", &whole)])).await;
    assert!(found.contains("a certificate on the way is not valid at the time of the look"), "{found}");
    // One that has expired itself is told so, and not that it has another authority.
    let expired = root.sign(Says { until: 2027, ..usual() });
    let found = findings(&with_ca(&root), &world(&[("tls.crt", &expired.pem)])).await;
    assert!(found.contains("expired at 2027-01-01T00:00:00Z") && !found.contains("ca:"), "{found}");
}

#[tokio::test]
async fn a_key_that_is_too_small_or_of_another_kind_is_a_finding() {
    let small = world(&[("tls.crt", SMALL)]);
    insta::assert_snapshot!(findings(&of(", key: {minRsaBits: 2048}"), &small).await, @"Warning Changed certificate keystone at ConfigMap pki, key tls.crt, key: RSA of 2048 bits or more, or ECDSA, or Ed25519 | RSA 1024 bits | ");
    assert_eq!(findings(&of(", key: {minRsaBits: 1024}"), &small).await, "");
    let ed25519 = Authority::new("root").sign(Says { key: &rcgen::PKCS_ED25519, ..usual() });
    let ed25519 = world(&[("tls.crt", &ed25519.pem)]);
    insta::assert_snapshot!(findings(&of(", key: {algorithms: [ECDSA, RSA], minEcdsaBits: 384}"), &ed25519).await, @"Warning Changed certificate keystone at ConfigMap pki, key tls.crt, key: RSA, or ECDSA of 384 bits or more | Ed25519 256 bits | ");
    let p384 = Authority::new("root").sign(Says { key: &rcgen::PKCS_ECDSA_P384_SHA384, ..usual() });
    let p384 = world(&[("tls.crt", &p384.pem)]);
    assert_eq!(findings(&of(", key: {algorithms: [ECDSA, RSA], minEcdsaBits: 384}"), &p384).await, "");
}

#[tokio::test]
async fn what_is_no_certificate_is_unknown_and_is_not_shown() {
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let garbage = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
    let broken = "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n";
    let first_lines: String = SMALL.lines().take(5).map(|line| format!("{line}\n")).collect();
    for text in ["", "s3cr3t", &key, garbage, broken, &first_lines] {
        let found = findings(&of(", minRemaining: 1h"), &world(&[("tls.crt", text)])).await;
        assert!(found.starts_with("Warning Unknowable certificate keystone"), "{found}");
        assert!(found.ends_with("[NotACertificate]") && !found.contains("s3cr3t"), "{found}");
        assert!(!found.contains("expired") && !found.contains("BEGIN"), "{found}");
    }
    let many = SMALL.repeat(17);
    assert!(findings(&of(""), &world(&[("tls.crt", &many)])).await.ends_with("[TooLarge]"));
    assert!(findings(&of(""), &world(&[])).await.ends_with("[KeyNotFound]"));
}

#[tokio::test]
async fn the_facts_are_those_of_the_certificate() {
    let root = Authority::new("root");
    let made = root.sign(usual());
    let text = format!("{}{}", made.pem, root.pem);
    let world = world(&[("tls.crt", &text)]);
    let all = certificates(&world, &desired(&with_ca(&root)).certificates, now()).await;
    let seen = all["keystone"].values().next().unwrap().clone().unwrap();
    assert_eq!((seen.seen_at, seen.anchored), (now(), Some(Anchored::Yes)));
    assert_eq!(
        (seen.certificate.subject.as_str(), seen.certificate.issuer.as_str()),
        ("CN=server", "CN=root")
    );
    assert_eq!(seen.certificate.not_before.to_string(), "2026-01-01T00:00:00Z");
    assert!(matches!(seen.certificate.key, KeySeen::Known { bits: 256, .. }));
    assert_eq!(seen.above.len(), 1);
    use sha2::Digest;
    assert_eq!(seen.certificate.fingerprint, hex::encode(sha2::Sha256::digest(made.certificate.der())));
    assert_eq!(seen.above[0].fingerprint, hex::encode(sha2::Sha256::digest(root.certificate.der())));
}

#[tokio::test]
async fn facts_that_were_kept_are_read_again_as_they_were() {
    let made = Authority::new("root").sign(Says { names: &["a.org", "10.0.0.1", "::1"], ..usual() });
    let world = world(&[("tls.crt", &made.pem)]);
    let seen = certificates(&world, &desired(&of("")).certificates, now()).await;
    let kept = serde_json::to_string(&seen).unwrap();
    assert_eq!(seen, serde_json::from_str(&kept).unwrap());
}
