//! Metrics (指标): reported figures of a subject for a period, such as a fee-collection rate.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::calendar::Period;
use crate::refusal::Refusal;
use crate::subject::{Subject, SubjectKind};
use crate::text::Text;
use crate::thousandths::Thousandths;

/// What a metric is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewMetric {
    /// What it is about.
    pub subject: Subject,
    /// Which figure; see [`check_key`].
    pub key: String,
    /// For which period.
    pub period: Period,
    /// The figure.
    pub value: Thousandths,
    /// Where it comes from.
    pub source: String,
    /// When it was known: only a city's founding import may say so.
    pub known_from: Option<DateTime<Utc>>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "subject_kind": "firm", "subject": "91219900MA0D00000P", "key": "fee_collection_rate", "period": "2026-Q3",
    "value": 92.5, "source": "firm's report", "counts_from": "2026-10-01", "known_from": "2026-10-08T02:00:00Z"
}))]
pub struct MetricView {
    /// What it is about.
    pub subject_kind: SubjectKind,
    /// Its uscc or id.
    pub subject: String,
    /// Which figure.
    pub key: String,
    /// For which period.
    pub period: Period,
    /// The figure, at most 3 decimals, in the unit that the key means.
    pub value: Thousandths,
    /// Where it comes from.
    pub source: String,
    /// The first day on which it counts: the one after the period's last.
    pub counts_from: NaiveDate,
    /// When it was confirmed; null before.
    pub known_from: Option<DateTime<Utc>>,
}

/// A key is 1 to 64 lower-case letters, digits and underscores, a letter first: schemes name it.
///
/// # Errors
/// [`Refusal::Invalid`]
pub fn check_key(key: &str) -> Result<(), Refusal> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins = key.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    if begins && key.len() <= 64 && key.bytes().all(plain) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "/key",
        "metric_key",
        Text::new(
            "指标名应为1到64个小写字母、数字或下划线，以字母开头",
            "A metric's key has 1 to 64 lower-case letters, digits and underscores, a letter first",
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_plain_words() {
        for good in ["fee_collection_rate", "a", "on_time_rate_2"] {
            assert!(check_key(good).is_ok(), "{good}");
        }
        for bad in ["", "2x", "Fee", "fee-rate", "费率"] {
            assert!(check_key(bad).is_err(), "{bad}");
        }
    }
}
