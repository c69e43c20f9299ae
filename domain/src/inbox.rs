//! The inbox: what waits for who asks to decide it, of every kind.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Operation;
use crate::account::NamedAccount;
use crate::import::Named;
use crate::place::NamedPlace;

/// What can wait for somebody.
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
pub enum InboxKind {
    /// Assessments of a street or district for a period that is over.
    Assessments,
    /// A case that is assigned to one's own office or department.
    AssignedCase,
    /// Ratings that are held, for the district and then for the city.
    Burst,
    /// A case that waits for its desk: to be dispatched, since it is overdue, or to be verified
    /// where an office opened it.
    Case,
    /// A record that the clock drafted for one's own office: of a case that was late or stayed
    /// unsolved.
    Draft,
    /// A dwelling more than its estate declares.
    Household,
    /// A file.
    Import,
    /// A figure that an official or a firm reported by itself.
    Metric,
    /// An objection of a firm.
    Objection,
    /// A project of a firm of one's own district, of which that has not said that it is one.
    Project,
    /// What one person may not do alone.
    Proposal,
    /// A record that was submitted by itself.
    Record,
    /// A firm's request for repair.
    Repair,
    /// A resident's claim to a dwelling.
    Residence,
    /// A record of one's own that was sent back.
    Returned,
    /// A comment or a firm's reply that is held, or that residents flagged.
    Review,
    /// A scheme that is to be announced.
    Scheme,
}

impl InboxKind {
    /// What may be done with it. Whoever may not do the first decides nothing of the kind.
    pub fn operations(self) -> &'static [Operation] {
        match self {
            InboxKind::Assessments => &[Operation::ConfirmAssessments, Operation::ReturnAssessments],
            InboxKind::AssignedCase => &[
                Operation::AcceptCase,
                Operation::ReturnCase,
                Operation::ExtendCase,
                Operation::PauseCase,
                Operation::ResumeCase,
                Operation::FinishCase,
            ],
            InboxKind::Burst => &[Operation::ReleaseBurst],
            InboxKind::Case => &[
                Operation::DispatchCase,
                Operation::SuperviseCase,
                Operation::EscalateCase,
                Operation::CloseCase,
                Operation::VerifyAdminCase,
                Operation::ReopenAdminCase,
            ],
            InboxKind::Household => &[Operation::ConfirmHousehold],
            InboxKind::Import => &[Operation::ConfirmImport, Operation::ReturnImport],
            InboxKind::Metric => &[Operation::ConfirmMetric, Operation::ReturnMetric],
            InboxKind::Objection => &[Operation::DecideObjection, Operation::ExtendObjection],
            InboxKind::Project => &[Operation::ConfirmProject],
            InboxKind::Proposal => &[Operation::ConfirmProposal, Operation::ReturnProposal],
            InboxKind::Record => &[Operation::ConfirmRecord, Operation::ReturnRecord],
            InboxKind::Repair => &[Operation::DecideRepair, Operation::ExtendRepair],
            InboxKind::Residence => &[Operation::ApproveResidence, Operation::RefuseResidence],
            InboxKind::Draft | InboxKind::Returned => {
                &[Operation::EditRecord, Operation::SubmitRecord, Operation::WithdrawRecord]
            }
            InboxKind::Review => &[Operation::PublishReview, Operation::HideReview],
            InboxKind::Scheme => &[Operation::ConfirmScheme, Operation::WithdrawScheme],
        }
    }

    /// Where one of them is read.
    pub fn path_of(self, id: &str) -> String {
        let collection = match self {
            InboxKind::Assessments => {
                let (place, period) = id.split_once('/').unwrap_or((id, ""));
                return format!("/v1/admin/places/{place}/assessments/{period}");
            }
            InboxKind::AssignedCase | InboxKind::Case => "cases",
            InboxKind::Burst => "bursts",
            InboxKind::Household => "households",
            InboxKind::Import => "imports",
            InboxKind::Metric => "metrics",
            InboxKind::Objection => "objections",
            InboxKind::Project => "projects",
            InboxKind::Proposal => "proposals",
            InboxKind::Draft | InboxKind::Record | InboxKind::Returned => "records",
            InboxKind::Repair => "repairs",
            InboxKind::Residence => "residences",
            InboxKind::Review => "reviews",
            InboxKind::Scheme => {
                let (scheme, version) = id.rsplit_once('/').unwrap_or((id, ""));
                return format!("/v1/admin/schemes/{scheme}/versions/{version}");
            }
        };
        format!("/v1/admin/{collection}/{id}")
    }
}

impl Named for InboxKind {
    fn names(self) -> &'static [&'static str] {
        match self {
            InboxKind::Assessments => &["街道社区评价"],
            InboxKind::AssignedCase => &["待办事项"],
            InboxKind::Burst => &["集中评分"],
            InboxKind::Case => &["待派、超期和待验收事项"],
            InboxKind::Draft => &["系统起草的信息"],
            InboxKind::Household => &["待核实住房"],
            InboxKind::Import => &["导入任务"],
            InboxKind::Metric => &["指标数据"],
            InboxKind::Objection => &["异议"],
            InboxKind::Project => &["待确认服务项目"],
            InboxKind::Proposal => &["双人确认事项"],
            InboxKind::Record => &["奖惩信息"],
            InboxKind::Repair => &["信用修复申请"],
            InboxKind::Residence => &["住房绑定"],
            InboxKind::Returned => &["被退回的信息"],
            InboxKind::Review => &["评论和回复"],
            InboxKind::Scheme => &["评分办法"],
        }
    }
}

/// Which part of the inbox is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxQuery {
    /// Only this kind.
    pub kind: Option<InboxKind>,
    /// Only what is of this place or below it, or is proposed of something there.
    pub place: Option<String>,
    /// Only what this account drafted, filed, proposed or sent.
    pub drafter: Option<String>,
    /// Only what is due by this day.
    pub due_by: Option<NaiveDate>,
    /// Only what came with this import.
    pub import: Option<String>,
}

/// One thing that waits for who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "kind": "record", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "name": "违规收取装修管理费", "place": {"code": "210202", "name": "中山区"},
    "href": "/v1/admin/records/0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "due_at": "2026-11-27T15:59:59.999999Z", "since": "2026-11-20T02:00:00Z",
    "by": {"id": "0193a5c2-0000-7f00-8000-5d0c3f6a1b2c", "name": "海军广场街道"}, "may": ["confirm_record", "return_record"]
}))]
pub struct InboxItem {
    /// What it is.
    pub kind: InboxKind,
    /// Its id.
    pub id: String,
    /// What people call it: a title, a firm, an estate with the dwelling, a file's own name; else
    /// what such things are called.
    pub name: String,
    /// The place that answers for it; null for what is the administrators'.
    pub place: Option<NamedPlace>,
    /// Where it is read.
    pub href: String,
    /// The last instant for it; null without one.
    pub due_at: Option<DateTime<Utc>>,
    /// Since when it waits; null where that is not kept, or would tell who wrote it.
    pub since: Option<DateTime<Utc>>,
    /// The account that drafted, filed, proposed or sent it; null for what residents ask and write.
    pub by: Option<NamedAccount>,
    /// What you may do with it, by the names of operations.
    pub may: Vec<String>,
}
