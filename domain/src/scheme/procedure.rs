//! Who records, who confirms, who decides on objections, and within how many working days.

use crate::access::Role;
use crate::catalogue::{RecordKind, Severity, Word};

/// The steps in the life of records of one kind.
#[derive(Debug, Clone)]
pub struct Procedure {
    /// Rewards or penalties; both when none.
    pub kind: Option<RecordKind>,
    /// Of these severities; all when empty.
    pub severities: Vec<Severity>,
    /// The steps, each kind once; recording and confirming are always among them.
    pub steps: Vec<Step>,
}

impl Procedure {
    /// Whether it is meant for such a record.
    pub fn fits(&self, kind: RecordKind, severity: Severity) -> bool {
        self.kind.is_none_or(|known| known == kind)
            && (self.severities.is_empty() || self.severities.contains(&severity))
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub kind: StepKind,
    /// Officials of which levels may take it; it narrows what their permissions allow and never widens it.
    pub by: Vec<Role>,
    /// Within how many working days: of the decision for recording, else of the step before.
    pub working_days: Option<u32>,
    /// The same for a complex case.
    pub complex_working_days: Option<u32>,
}

/// What is done in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// 录入
    Record,
    /// 审核确认
    Confirm,
    /// 标注异议
    MarkObjection,
    /// 处理异议
    DecideObjection,
    /// 信用修复
    Repair,
}

impl Word for StepKind {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("record", Self::Record),
        ("confirm", Self::Confirm),
        ("mark_objection", Self::MarkObjection),
        ("decide_objection", Self::DecideObjection),
        ("repair", Self::Repair),
    ];
}

/// The roles that stand in a scheme: officials, each bound to a place.
impl Word for Role {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("community", Self::Community),
        ("street", Self::Street),
        ("district", Self::District),
        ("city", Self::City),
    ];
}
