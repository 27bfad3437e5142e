//! What is downloaded or built, kept by the content of its recipe.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::home::Home;

/// Names the place for what a recipe makes: the first 12 hex digits of the SHA-256 over the files' names and contents.
pub(super) fn place(home: &Home, component: &str, files: &[PathBuf]) -> Result<PathBuf> {
    let mut hash = Sha256::new();
    for file in files {
        let content = fs::read(file).with_context(|| format!("failed to read {}", file.display()))?;
        hash.update(file.file_name().unwrap_or_default().as_encoded_bytes());
        hash.update(content.len().to_be_bytes());
        hash.update(content);
    }
    let key = hex::encode(hash.finalize());
    Ok(home.cache().join(format!("{component}-{}", key.get(..12).unwrap_or(&key))))
}

/// Whether the place was finished. One that was not is removed.
pub(super) fn finished(place: &Path) -> Result<bool> {
    if place.join(".complete").exists() {
        return Ok(true);
    }
    if place.exists() {
        fs::remove_dir_all(place).with_context(|| format!("failed to remove {}", place.display()))?;
    }
    fs::create_dir_all(place).with_context(|| format!("failed to make {}", place.display()))?;
    Ok(false)
}

/// Marks the place as finished.
pub(super) fn finish(place: &Path) -> Result<()> {
    fs::write(place.join(".complete"), "").with_context(|| format!("failed to finish {}", place.display()))
}

/// Held while a rig installs or starts: a second one waits. The kernel lets it go when the process ends.
pub(super) fn lock(home: &Home) -> Result<File> {
    let path = home.cache().join("lock");
    let file = File::create(&path).with_context(|| format!("failed to make {}", path.display()))?;
    if file.try_lock().is_err() {
        eprintln!("another rig works in {}: waiting for it", home.cache().display());
        file.lock().context("failed to wait for the other rig")?;
    }
    Ok(file)
}
