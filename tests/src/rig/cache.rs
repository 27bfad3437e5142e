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

/// The first 12 hex digits of the content's SHA-256.
pub(super) fn key(content: &[u8]) -> String {
    let digits = hex::encode(Sha256::digest(content));
    digits.get(..12).unwrap_or(&digits).to_owned()
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

/// Held while a rig installs, starts or ends something: a second one waits. The kernel lets it go when the process ends.
pub(super) fn lock(home: &Home) -> Result<File> {
    let path = home.cache().join("lock");
    let file = File::create(&path).with_context(|| format!("failed to make {}", path.display()))?;
    if file.try_lock().is_err() {
        eprintln!("another rig works in {}: waiting for it", home.cache().display());
        file.lock().context("failed to wait for the other rig")?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(dir: &Path) -> Home {
        Home::at(dir.join("cache"), dir.join("state"), super::super::home::Cluster::Own).unwrap()
    }

    #[test]
    fn the_same_recipe_has_the_same_place_and_another_content_another() {
        let dir = tempfile::tempdir().unwrap();
        let (home, lock) = (home(dir.path()), dir.path().join("lock.txt"));
        fs::write(&lock, "a==1").unwrap();
        let first = place(&home, "thing", std::slice::from_ref(&lock)).unwrap();
        assert_eq!(place(&home, "thing", std::slice::from_ref(&lock)).unwrap(), first);
        fs::write(&lock, "a==2").unwrap();
        assert_ne!(place(&home, "thing", &[lock]).unwrap(), first);
    }

    #[test]
    fn an_install_that_was_cut_off_is_begun_anew() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("thing");
        assert!(!finished(&place).unwrap());
        fs::write(place.join("half"), "").unwrap();
        assert!(!finished(&place).unwrap());
        assert!(!place.join("half").exists());
        finish(&place).unwrap();
        assert!(finished(&place).unwrap());
    }
}
