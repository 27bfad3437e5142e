//! Cinder's rows: of each, the fields that count.

use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct VolumeRow {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) status: String,
    pub(super) size: u64,
    pub(super) snapshot_id: Option<String>,
    pub(super) group_id: Option<String>,
    pub(super) attachments: Vec<AttachmentRow>,
    #[serde(rename = "os-vol-tenant-attr:tenant_id")]
    pub(super) project: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct AttachmentRow {
    pub(super) server_id: Option<String>,
    pub(super) host_name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct SnapshotRow {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) status: String,
    pub(super) size: u64,
    pub(super) volume_id: String,
    pub(super) group_snapshot_id: Option<String>,
    #[serde(rename = "os-extended-snapshot-attributes:project_id")]
    pub(super) project: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct BackupRow {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) status: String,
    pub(super) size: u64,
    pub(super) volume_id: String,
    pub(super) is_incremental: bool,
    pub(super) has_dependent_backups: bool,
    pub(super) created_at: String,
    #[serde(rename = "os-backup-project-attr:project_id")]
    pub(super) project: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct GroupRow {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) status: String,
    pub(super) project_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct GroupSnapshotRow {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) status: String,
    pub(super) group_id: String,
    pub(super) project_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct TransferRow {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) volume_id: String,
    pub(super) source_project_id: Option<String>,
}
