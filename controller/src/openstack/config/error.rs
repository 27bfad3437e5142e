//! What is wrong with a clouds.yaml: the file, the cloud and the field; never a value that could be a secret.

use std::path::PathBuf;

/// Why no credential could be had from a file or the environment.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("failed to read {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not YAML with `clouds:` at its top. What stands there is not shown: it may be a password.
    #[error("failed to understand {file}: {what}")]
    Yaml {
        /// Which.
        file: String,
        /// What, and where.
        what: String,
    },
    /// There is neither a file nor an environment.
    #[error(
        "found no clouds.yaml in {searched} and no OS_AUTH_URL: give OS_CLIENT_CONFIG_FILE, or source an openrc file"
    )]
    Nothing {
        /// Where it was looked for.
        searched: String,
    },
    /// No cloud was chosen.
    #[error("failed to choose a cloud of {file}: give --os-cloud or OS_CLOUD; there are {known}")]
    NotChosen {
        /// The file.
        file: String,
        /// The clouds in it.
        known: String,
    },
    /// The file has no such cloud.
    #[error("failed to find cloud {cloud:?} in {file}; there are {known}")]
    NoCloud {
        /// The file.
        file: String,
        /// What was asked for.
        cloud: String,
        /// The clouds in it.
        known: String,
    },
    /// A field is missing or wrong.
    #[error("failed to use {source_name}: {field}: {message}")]
    Field {
        /// The file and the cloud in it, or the environment.
        source_name: String,
        /// The field.
        field: String,
        /// What is wrong, and the remedy.
        message: String,
    },
    /// The two entries of one connection do not fit together.
    #[error("failed to use {first} together with {second}: {message}")]
    Pair {
        /// The entry for everything.
        first: String,
        /// The entry for Keystone.
        second: String,
        /// What is wrong.
        message: String,
    },
    /// The credential to apply with would reach another cloud than the one that the approved plan is for.
    #[error("failed to apply with {source_name}: {message}")]
    OtherCloud {
        /// The file and the cloud in it.
        source_name: String,
        /// What differs.
        message: String,
    },
    /// No HTTP client can be made.
    #[error("failed to set up TLS for {source_name}: {message}")]
    Tls {
        /// The file and the cloud in it, or the environment.
        source_name: String,
        /// Why.
        message: String,
    },
}

impl ConfigError {
    /// Stable CamelCase name.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::File { .. } => "FileUnreadable",
            Self::Yaml { .. } => "CloudsYamlInvalid",
            Self::Nothing { .. } | Self::NotChosen { .. } | Self::NoCloud { .. } => "CloudNotFound",
            Self::Field { .. } | Self::Pair { .. } => "CloudsYamlInvalid",
            Self::OtherCloud { .. } => "OtherCloud",
            Self::Tls { .. } => "TlsFailed",
        }
    }
}
