//! Records, assessments, metrics, objections, repairs and schemes, and the grades that follow from
//! them.

pub mod assessment;
pub mod current_grade;
pub mod evaluation;
pub mod metric;
pub mod objection;
pub mod procedure;
pub mod record;
pub mod repair;
pub mod scheme;
pub mod waiting;
