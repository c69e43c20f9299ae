//! What somebody reports.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::catalogue::Figure;
use super::subject::MetricSubject;
use super::survey::SurveyMethod;
use super::words::Reporter;
use crate::calendar::Period;
use crate::thousandths::Thousandths;

/// Which figure: of each there is one in force, and one at most that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricKey {
    /// What it is of.
    pub subject: MetricSubject,
    /// Which metric, by its key in the catalogue.
    pub key: String,
    /// For which period.
    pub period: Period,
}

/// A figure of a file, or one that the service computes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewMetric {
    /// What it is of.
    pub subject: MetricSubject,
    /// Which metric, by its key in the catalogue.
    pub key: String,
    /// For which period.
    pub period: Period,
    /// The value.
    pub value: Thousandths,
    /// Where it comes from.
    pub source: String,
    /// How a survey was made.
    #[serde(default)]
    pub method: Option<SurveyMethod>,
    /// When it was known: only a city's founding import may say so.
    pub known_from: Option<DateTime<Utc>>,
}

impl NewMetric {
    /// As the catalogue checks it, whoever enters it.
    pub fn figure(&self, reporter: Reporter) -> Figure<'_> {
        Figure {
            subject: self.subject.kind,
            key: &self.key,
            period: self.period,
            value: self.value,
            method: self.method.as_ref(),
            reporter,
        }
    }
}

/// A figure that somebody enters by itself: what it is of, which metric and for which period, the
/// path says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"value": 92.5, "source": "企业季报"}))]
pub struct NewMetricReport {
    /// The value, in the metric's unit and within its bounds.
    pub value: Thousandths,
    /// Where it comes from. It is shown with it.
    #[validate(length(min = 1, max = 200), custom(function = "crate::rules::plain_text"))]
    pub source: String,
    /// How the survey was made, where the metric is one.
    #[serde(default)]
    #[validate(nested)]
    pub method: Option<SurveyMethod>,
}

impl NewMetricReport {
    /// With what the path says.
    pub fn of(self, MetricKey { subject, key, period }: MetricKey) -> NewMetric {
        let NewMetricReport { value, source, method } = self;
        NewMetric { subject, key, period, value, source, method, known_from: None }
    }
}
