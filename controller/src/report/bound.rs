//! Keeps a status within the size that an object of the API may have.

use std::collections::BTreeMap;

use cloudspec_crds::CloudSpecStatus;

/// The most findings that are listed; the summary counts them all.
pub(super) const MOST_FINDINGS: usize = 200;
/// The most findings beyond those whose first sighting is remembered.
pub(super) const MOST_REMEMBERED: usize = 2_000;
/// The most bytes of JSON that a status may have.
pub(super) const MOST_BYTES: usize = 256 * 1024;
const LONGEST_TEXT: usize = 1_024;

/// A text of at most 1,024 characters; one that was longer says so.
pub(super) fn text(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        None => text.to_owned(),
        Some((end, _)) => {
            let kept = text.get(..end).unwrap_or_default();
            format!("{kept}… ({} characters in all)", text.chars().count())
        }
    }
}

/// Leaves findings out, the least severe first, until the status fits. Those that are left out are counted.
pub(super) fn fit(mut status: CloudSpecStatus) -> CloudSpecStatus {
    while too_large(&status) && !status.findings.is_empty() {
        let keep = status.findings.len() * 3 / 4;
        for finding in status.findings.split_off(keep) {
            status.findings_omitted += 1;
            status.omitted_first_seen.insert(finding.fingerprint, finding.first_seen);
        }
    }
    if too_large(&status) {
        status.omitted_first_seen = BTreeMap::new();
    }
    status
}

fn too_large(status: &CloudSpecStatus) -> bool {
    serde_json::to_vec(status).is_ok_and(|json| json.len() > MOST_BYTES)
}
