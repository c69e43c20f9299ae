//! Records, assessments, metrics, objections, repairs, schemes, and the grades made of them.

pub mod assessment;
pub mod evaluation;
pub mod metric;
pub mod objection;
pub mod procedure;
pub mod record;
pub mod repair;
pub mod scheme;
pub mod standing;
pub(crate) mod waiting;
