//! Metrics (指标): reported figures of a subject for a period, such as a fee-collection rate.
//!
//! Which there are, of what, for which periods and within which bounds, is data:
//! [`MetricCatalogue`]. An official enters one and another confirms it; a firm reports its own and
//! its projects', and the district confirms them; some the service computes, and nobody else enters
//! these.

mod catalogue;
mod command;
mod nearest;
mod read;
mod subject;
mod survey;
mod view;
mod words;

pub use catalogue::{Figure, Metric, MetricCatalogue, check_key};
pub use command::{MetricKey, NewMetric, NewMetricReport};
pub use subject::{MetricSubject, MetricSubjectKind};
pub use survey::{Collection, MOST_HOUSEHOLDS, Sampling, SurveyMethod, SurveyMethodView};
pub use view::{FormerValue, MetricReport, MetricState, MetricView, PublicMetric};
pub use words::{MetricMethod, MetricUnit, Reporter};
