//! Records, assessments, metrics, objections, repairs, schemes, and the grades made of them.

pub mod assessment;
pub mod current_grade;
pub mod evaluation;
pub mod metric;
pub mod objection;
pub mod procedure;
pub mod record;
pub mod repair;
pub mod scheme;
pub(crate) mod waiting;
