//! A firm's own dossier, and a manager's: everything that they may know of themselves, what is not
//! public included.

use serde::Serialize;
use utoipa::ToSchema;

use crate::assessment::AssessmentView;
use crate::evaluation::Evaluation;
use crate::firm::{Firm, FirmCard};
use crate::manager::ManagerPage;
use crate::metric::MetricView;
use crate::objection::ObjectionView;
use crate::record::RecordView;
use crate::record::repair::RepairView;

/// A firm's own dossier.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "card": {
        "credit": {
            "consequences": [], "effective_from": "2026-11-05T16:00:00Z", "grade": "AA", "outcome": "evaluated", "pending": null,
            "reason": null, "scheme": "dalian-demo", "scheme_version": 1, "score": 81.875
        },
        "demo": false, "former_names": [], "successors": [], "parent": null, "branches": [], "lists": [], "name": "大连示例物业管理有限公司", "other_credits": [],
        "projects": {"area_m2": 1250000.5, "count": 12}, "records": {"penalties": 1, "rewards": 3},
        "registered_place": {"code": "210202", "name": "中山区"},
        "service": {
            "count": 20,
            "dimensions": {"attitude": null, "cleaning": {"count": 12, "mean": 4.5}, "greening": null, "maintenance": null, "security": null},
            "distribution": {"1": 0, "2": 0, "3": 2, "4": 4, "5": 14}, "mean": 4.6, "next_on": "2026-11-30",
            "published_on": "2026-11-23", "reason": null, "score": 4.3148
        },
        "short_name": "示例物业", "status": "active", "updated_at": "2026-11-21T02:00:00Z", "uscc": "91219900MA00000019"
    },
    "register": {
        "check_override_reason": null, "demo": false, "former_names": [{"name": "大连样例物业有限公司", "used_until": "2025-03-01"}],
        "successors": [], "parent": null, "branches": [],
        "name": "大连示例物业管理有限公司", "participates": true, "registered_place": {"code": "210202", "name": "中山区"}, "residential": true,
        "licensed_on": null,
        "short_name": "示例物业", "status": "active", "updated_at": "2026-11-21T02:00:00Z", "uscc": "91219900MA00000019"
    },
    "evaluation": null,
    "records": [],
    "assessments": [],
    "metrics": [],
    "objections": [],
    "repairs": []
}))]
pub struct OwnDossier {
    /// The card that everyone sees.
    pub card: FirmCard,
    /// The register's entry.
    pub register: Firm,
    /// The evaluation by the primary scheme with every item; null where no scheme is in force.
    pub evaluation: Option<Evaluation>,
    /// Every confirmed reward and penalty that is not archived, those revoked or repaired included,
    /// the latest decision first, at most 2000.
    pub records: Vec<RecordView>,
    /// The assessments in force of its projects with their evidence, the latest period first, at
    /// most 2000.
    pub assessments: Vec<AssessmentView>,
    /// The figures reported of it and of its projects, the latest period first, at most 2000.
    pub metrics: Vec<MetricView>,
    /// Its objections, the latest first, at most 2000.
    pub objections: Vec<ObjectionView>,
    /// Its requests for repair, the latest first, at most 2000.
    pub repairs: Vec<RepairView>,
}

/// A manager's own dossier.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "page": {
        "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "name": "王经理", "firm": null, "demo": false, "projects": [], "past_projects": [],
        "credit": {"outcome": "not_evaluated", "scheme": null, "scheme_version": null, "score": null, "grade": null, "effective_from": null,
            "reason": null, "pending": null, "consequences": []},
        "other_credits": [], "updated_at": "2026-11-21T02:00:00Z"
    },
    "records": [], "objections": []
}))]
pub struct OwnManager {
    /// The page that everyone sees.
    pub page: ManagerPage,
    /// Every confirmed reward and penalty about the manager that is not archived, those revoked or
    /// repaired included, the latest decision first, at most 2000.
    pub records: Vec<RecordView>,
    /// The manager's objections, the latest first, at most 2000.
    pub objections: Vec<ObjectionView>,
}
