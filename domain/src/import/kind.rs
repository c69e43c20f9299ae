//! What can be imported.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Operation;

/// What the rows of a file are.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "snake_case")]
pub enum ImportKind {
    /// Places of the tree
    Places,
    /// Firms
    Firms,
    /// Estates
    Estates,
    /// Projects
    Projects,
    /// Managers
    Managers,
    /// A firm's staff, who may not rate its projects
    Staff,
    /// Households and their rosters
    Households,
    /// Rewards and penalties
    Records,
    /// Assessments by communities, streets and districts
    Assessments,
    /// Figures such as the fee-collection rate
    Metrics,
}

impl ImportKind {
    /// Every kind.
    pub const ALL: [ImportKind; 10] = [
        ImportKind::Places,
        ImportKind::Firms,
        ImportKind::Estates,
        ImportKind::Projects,
        ImportKind::Managers,
        ImportKind::Staff,
        ImportKind::Households,
        ImportKind::Records,
        ImportKind::Assessments,
        ImportKind::Metrics,
    ];

    /// Whether the rows arrive `submitted`, as one batch that another official confirms.
    pub fn is_batch(self) -> bool {
        matches!(self, ImportKind::Records | ImportKind::Assessments | ImportKind::Metrics)
    }

    /// The single operation that the import stands for: who may do that may import.
    pub fn operation(self) -> Operation {
        match self {
            ImportKind::Places => Operation::AddPlace,
            // Staff are facts of a firm's dossier.
            ImportKind::Firms | ImportKind::Staff => Operation::AddFirm,
            ImportKind::Estates => Operation::AddEstate,
            ImportKind::Projects => Operation::AddProject,
            ImportKind::Managers => Operation::AddManager,
            ImportKind::Households => Operation::AddHousehold,
            ImportKind::Records => Operation::AddRecord,
            ImportKind::Assessments => Operation::PutAssessment,
            ImportKind::Metrics => Operation::PutMetric,
        }
    }

    /// The most rows of one file. Households and batches are put in small writes and made visible
    /// by one; everything else is applied in one transaction, which must stay short.
    pub fn most_rows(self) -> u64 {
        match self {
            ImportKind::Households => 5_000_000,
            ImportKind::Staff => 100_000,
            ImportKind::Records | ImportKind::Assessments | ImportKind::Metrics => 50_000,
            ImportKind::Places
            | ImportKind::Firms
            | ImportKind::Estates
            | ImportKind::Projects
            | ImportKind::Managers => 5_000,
        }
    }
}
