//! Keeps what an audit was answered, and answers from it again: bug reports and golden tests.
//!
//! What comes in: a [`CloudRead`] to listen to, or a directory. What goes out: a directory of JSON files, one a listing, or a
//! [`CloudRead`] that answers from it.
//!
//! # Guarantees
//! Of each row only the fields that the collectors read are kept: no e-mail address, no token, no secret. Replaying gives the
//! snapshot of the recorded audit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::{BoxFuture, FutureExt};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::{ReadError, Reason};
use super::needs::Needs;
use super::port::{CloudRead, Listing, Rows};
use super::redact::redacted;
use crate::model::certificate::Certificates;
use crate::model::cloud::CloudIdentity;
use crate::model::ids::ProjectId;

const HEADER: &str = "recording.json";

/// Why a recording could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// A file could not be written or read.
    #[error("failed to access {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not one of a recording.
    #[error("failed to understand {}", path.display())]
    Json {
        /// Which.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

/// What holds for the whole recording.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    cloud: CloudIdentity,
    project: Result<Option<ProjectId>, ReadError>,
    needs: Needs,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    certificates: Certificates,
}

/// One listing's answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    listing: Listing,
    answer: Result<Vec<Value>, ReadError>,
}

/// Reads through another, and keeps the answers.
pub struct Recorder<R> {
    read: R,
    heard: Mutex<BTreeMap<Listing, Result<Rows, ReadError>>>,
}

impl<R: CloudRead> Recorder<R> {
    /// Listens to this reader.
    pub fn new(read: R) -> Self {
        Self { read, heard: Mutex::default() }
    }

    /// Writes what was heard so far into a directory, which is made where it is missing; of certificates the facts.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub async fn write(
        &self,
        directory: &Path,
        needs: &Needs,
        certificates: &Certificates,
    ) -> Result<(), RecordingError> {
        let (cloud, project) = (self.read.identity().clone(), self.read.project().await);
        std::fs::create_dir_all(directory).map_err(|source| at(directory, source))?;
        let (needs, certificates) = (needs.clone(), certificates.clone());
        write(&directory.join(HEADER), &Header { cloud, project, needs, certificates })?;
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (number, (listing, answer)) in heard.into_iter().enumerate() {
            let answer = answer.map(|rows| rows.iter().map(|row| redacted(&listing, row)).collect());
            let path = directory.join(format!("{:03}-{}.json", number + 1, file_name(&listing)));
            write(&path, &Entry { listing, answer })?;
        }
        Ok(())
    }
}

fn at(path: &Path, source: std::io::Error) -> RecordingError {
    RecordingError::File { path: path.to_owned(), source }
}

fn file_name(listing: &Listing) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    listing.to_string().chars().map(plain).collect()
}

fn write(path: &Path, content: &impl Serialize) -> Result<(), RecordingError> {
    let json = |source| RecordingError::Json { path: path.to_owned(), source };
    let mut text = serde_json::to_string_pretty(content).map_err(json)?;
    text.push('\n');
    std::fs::write(path, text).map_err(|source| at(path, source))
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, RecordingError> {
    let text = std::fs::read_to_string(path).map_err(|source| at(path, source))?;
    serde_json::from_str(&text).map_err(|source| RecordingError::Json { path: path.to_owned(), source })
}

impl<R: CloudRead> CloudRead for Recorder<R> {
    fn identity(&self) -> &CloudIdentity {
        self.read.identity()
    }

    fn rows<'a>(&'a self, what: &'a Listing) -> BoxFuture<'a, Result<Rows, ReadError>> {
        async move {
            let answer = self.read.rows(what).await;
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.insert(what.clone(), answer.clone());
            answer
        }
        .boxed()
    }

    fn project(&self) -> BoxFuture<'_, Result<Option<ProjectId>, ReadError>> {
        self.read.project()
    }
}

/// Answers from a recording.
#[derive(Clone, Debug)]
pub struct Replay {
    header: Header,
    answers: BTreeMap<Listing, Result<Rows, ReadError>>,
}

impl Replay {
    /// Opens a recording.
    ///
    /// # Errors
    /// When a file cannot be read or is not one of a recording.
    pub fn open(directory: &Path) -> Result<Self, RecordingError> {
        let header = read(&directory.join(HEADER))?;
        let mut answers = BTreeMap::new();
        for file in std::fs::read_dir(directory).map_err(|source| at(directory, source))? {
            let path = file.map_err(|source| at(directory, source))?.path();
            let is_entry = path.extension().is_some_and(|extension| extension == "json")
                && path.file_name().is_some_and(|name| name != HEADER);
            if is_entry {
                let Entry { listing, answer } = read(&path)?;
                answers.insert(listing, answer.map(Arc::new));
            }
        }
        Ok(Self { header, answers })
    }

    /// The certificates as they were seen, judged at the time of that look.
    pub fn certificates(&self) -> &Certificates {
        &self.header.certificates
    }

    /// What the recorded audit asked for.
    pub fn needs(&self) -> &Needs {
        &self.header.needs
    }
}

impl CloudRead for Replay {
    fn identity(&self) -> &CloudIdentity {
        &self.header.cloud
    }

    fn rows<'a>(&'a self, what: &'a Listing) -> BoxFuture<'a, Result<Rows, ReadError>> {
        let missing = || {
            let message = format!("{what}: not in the recording");
            Err(ReadError::new(what.service(), Reason::NotFound, message))
        };
        let answer = self.answers.get(what).cloned().unwrap_or_else(missing);
        async move { answer }.boxed()
    }

    fn project(&self) -> BoxFuture<'_, Result<Option<ProjectId>, ReadError>> {
        let project = self.header.project.clone();
        async move { project }.boxed()
    }
}
