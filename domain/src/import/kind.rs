//! What can be imported, and the columns of each.

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

/// One column of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name, as in the JSON of the single request.
    pub name: &'static str,
    /// Whether the header must have it.
    pub required: bool,
}

const fn must(name: &'static str) -> Column {
    Column { name, required: true }
}

const fn may(name: &'static str) -> Column {
    Column { name, required: false }
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
            // Staff and metrics are facts of a firm's file.
            ImportKind::Firms | ImportKind::Staff | ImportKind::Metrics => Operation::AddFirm,
            ImportKind::Estates => Operation::AddEstate,
            ImportKind::Projects => Operation::AddProject,
            ImportKind::Managers => Operation::AddManager,
            ImportKind::Households => Operation::AddHousehold,
            ImportKind::Records => Operation::AddRecord,
            ImportKind::Assessments => Operation::PutAssessment,
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

    /// The columns.
    pub fn columns(self) -> &'static [Column] {
        match self {
            ImportKind::Places => {
                const {
                    &[
                        must("code"),
                        must("level"),
                        must("name"),
                        must("parent"),
                        may("valid_from"),
                        may("aliases"),
                    ]
                }
            }
            ImportKind::Firms => {
                const {
                    &[
                        must("uscc"),
                        must("name"),
                        may("short_name"),
                        must("registered_place"),
                        may("status"),
                        may("participates"),
                        may("residential"),
                        may("licensed_on"),
                        may("check_override_reason"),
                        may("parent"),
                        may("parent_since"),
                    ]
                }
            }
            ImportKind::Estates => {
                const {
                    &[
                        must("code"),
                        must("name"),
                        must("kind"),
                        must("place"),
                        may("aliases"),
                        may("address"),
                        may("households"),
                    ]
                }
            }
            ImportKind::Projects => {
                const {
                    &[
                        must("estate"),
                        must("operator"),
                        may("uscc"),
                        may("manager"),
                        must("starts_on"),
                        may("ends_on"),
                        must("area_m2"),
                        must("households"),
                        may("fee_fen"),
                    ]
                }
            }
            ImportKind::Managers => const { &[must("name"), must("uscc")] },
            ImportKind::Staff => const { &[must("uscc"), must("phone"), may("left")] },
            ImportKind::Households => {
                const { &[must("estate"), must("building"), must("unit"), must("room"), may("phones")] }
            }
            ImportKind::Records => {
                const {
                    &[
                        must("category"),
                        may("uscc"),
                        may("project"),
                        may("manager"),
                        must("level"),
                        may("severity"),
                        may("severity_reason"),
                        must("title"),
                        may("detail"),
                        must("document_number"),
                        must("authority"),
                        may("evidence"),
                        must("decided_on"),
                        may("counts_until"),
                        may("publish"),
                        may("public_until"),
                        may("scheme"),
                        may("points"),
                        may("reason"),
                        may("known_from"),
                    ]
                }
            }
            ImportKind::Assessments => {
                const {
                    &[
                        must("project"),
                        must("period"),
                        must("assessor"),
                        must("service"),
                        must("party"),
                        may("note"),
                        may("evidence"),
                        may("correction_reason"),
                        may("known_from"),
                    ]
                }
            }
            ImportKind::Metrics => {
                const {
                    &[
                        must("subject_kind"),
                        must("subject"),
                        must("key"),
                        must("period"),
                        must("value"),
                        must("source"),
                        may("known_from"),
                    ]
                }
            }
        }
    }

    /// The column of that name.
    pub fn column(self, name: &str) -> Option<&'static Column> {
        self.columns().iter().find(|column| column.name == name)
    }
}
