//! What a metric can be of: whoever is graded, and estates and places.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kind::Kind;
use crate::subject::{Subject, SubjectKind};
use crate::text::Text;

/// The kinds of subjects of metrics.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MetricSubjectKind {
    /// A firm, by uscc.
    Firm,
    /// A project, by id.
    Project,
    /// A manager, by id.
    Manager,
    /// An estate, by code.
    Estate,
    /// A place of any level, by code.
    Place,
}

impl MetricSubjectKind {
    /// As the registers know it.
    pub fn kind(self) -> Kind {
        match self {
            MetricSubjectKind::Firm => Kind::Firm,
            MetricSubjectKind::Project => Kind::Project,
            MetricSubjectKind::Manager => Kind::Manager,
            MetricSubjectKind::Estate => Kind::Estate,
            MetricSubjectKind::Place => Kind::Place,
        }
    }

    /// Among the subjects of schemes; `None` for what is not graded.
    pub fn graded(self) -> Option<SubjectKind> {
        match self {
            MetricSubjectKind::Firm => Some(SubjectKind::Firm),
            MetricSubjectKind::Project => Some(SubjectKind::Project),
            MetricSubjectKind::Manager => Some(SubjectKind::Manager),
            MetricSubjectKind::Estate | MetricSubjectKind::Place => None,
        }
    }

    /// What people call it.
    pub fn name(self) -> Text {
        match self {
            MetricSubjectKind::Firm => Text::new("企业", "firm"),
            MetricSubjectKind::Project => Text::new("服务项目", "project"),
            MetricSubjectKind::Manager => Text::new("项目经理", "manager"),
            MetricSubjectKind::Estate => Text::new("小区", "estate"),
            MetricSubjectKind::Place => Text::new("区划", "place"),
        }
    }
}

impl From<SubjectKind> for MetricSubjectKind {
    fn from(kind: SubjectKind) -> MetricSubjectKind {
        match kind {
            SubjectKind::Firm => MetricSubjectKind::Firm,
            SubjectKind::Project => MetricSubjectKind::Project,
            SubjectKind::Manager => MetricSubjectKind::Manager,
        }
    }
}

/// What one metric is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MetricSubject {
    /// What it is.
    pub kind: MetricSubjectKind,
    /// Its uscc, id or code.
    pub id: String,
}

impl MetricSubject {
    /// A subject of this kind.
    pub fn new(kind: MetricSubjectKind, id: impl Into<String>) -> MetricSubject {
        MetricSubject { kind, id: id.into() }
    }

    /// Whom schemes grade; `None` for an estate and a place.
    pub fn graded(&self) -> Option<Subject> {
        self.kind.graded().map(|kind| Subject { kind, id: self.id.clone() })
    }
}

impl From<Subject> for MetricSubject {
    fn from(subject: Subject) -> MetricSubject {
        MetricSubject::new(subject.kind.into(), subject.id)
    }
}
