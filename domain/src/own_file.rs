//! A firm's own file: everything that it may know of itself, what is not public included.

use serde::Serialize;
use utoipa::ToSchema;

use crate::assessment::AssessmentView;
use crate::evaluation::Evaluation;
use crate::firm::{Firm, FirmCard};
use crate::metric::MetricView;
use crate::record::RecordView;

/// A firm's own file.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnFile {
    /// The card that everyone sees.
    pub card: FirmCard,
    /// The register's entry.
    pub register: Firm,
    /// The evaluation by the primary scheme with every item; null where no scheme is in force.
    #[schema(value_type = Option<Evaluation>)]
    pub evaluation: Option<serde_json::Value>,
    /// Every reward and penalty in force that is not archived, the latest decision first, at most 2000.
    pub records: Vec<RecordView>,
    /// The assessments in force of its projects with their evidence, the latest period first, at most 2000.
    pub assessments: Vec<AssessmentView>,
    /// The figures reported of it and of its projects, the latest period first, at most 2000.
    pub metrics: Vec<MetricView>,
}
