//! How a period is written: in paths, bodies and rows.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::{MIDDLE, Period};
use crate::calendar::PeriodKind;
use crate::calendar::month::number;
use crate::text::{Text, rule_message};

/// A text that is no [`Period`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a period is written YYYY-MM-DD, YYYY-MM-H1, YYYY-MM-H2, YYYY-MM, YYYY-Q1 to YYYY-Q4, YYYY-H1, YYYY-H2 or YYYY and lies in the years 2000 to 2099"
)]
pub struct NotAPeriod;

impl NotAPeriod {
    /// The fault in words for people.
    pub fn text(self) -> Text {
        Text::new(
            "周期写作 YYYY-MM-DD、YYYY-MM-H1、YYYY-MM-H2、YYYY-MM、YYYY-Q1 至 YYYY-Q4、YYYY-H1、YYYY-H2 或 YYYY，须在2000年至2099年之间",
            self.to_string(),
        )
    }
}

impl fmt::Display for Period {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let month = self.first_month();
        let ordinal = |months: u8| (month.number() - 1) / months + 1;
        match self.kind {
            PeriodKind::Day => write!(formatter, "{}", self.first),
            PeriodKind::HalfMonth => {
                write!(formatter, "{month}-H{}", if self.first.day() > MIDDLE { 2 } else { 1 })
            }
            PeriodKind::Month => write!(formatter, "{month}"),
            PeriodKind::Quarter => write!(formatter, "{:04}-Q{}", month.year(), ordinal(3)),
            PeriodKind::HalfYear => write!(formatter, "{:04}-H{}", month.year(), ordinal(6)),
            PeriodKind::Year => write!(formatter, "{:04}", month.year()),
        }
    }
}

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Period, NotAPeriod> {
        let mut parts = text.splitn(3, '-');
        let year = parts.next().unwrap_or_default();
        let (kind, month, day) = match (parts.next(), parts.next()) {
            (None, _) => (PeriodKind::Year, 1, 1),
            (Some("H1"), None) => (PeriodKind::HalfYear, 1, 1),
            (Some("H2"), None) => (PeriodKind::HalfYear, 7, 1),
            (Some("Q1"), None) => (PeriodKind::Quarter, 1, 1),
            (Some("Q2"), None) => (PeriodKind::Quarter, 4, 1),
            (Some("Q3"), None) => (PeriodKind::Quarter, 7, 1),
            (Some("Q4"), None) => (PeriodKind::Quarter, 10, 1),
            (Some(month), None) => (PeriodKind::Month, two_digits(month)?, 1),
            (Some(month), Some("H1")) => (PeriodKind::HalfMonth, two_digits(month)?, 1),
            (Some(month), Some("H2")) => (PeriodKind::HalfMonth, two_digits(month)?, MIDDLE + 1),
            (Some(month), Some(day)) => (PeriodKind::Day, two_digits(month)?, two_digits(day)?),
        };
        let year = number(year, 4).ok_or(NotAPeriod)?;
        let first = NaiveDate::from_ymd_opt(i32::from(year), month, day).ok_or(NotAPeriod)?;
        Period::containing(kind, first).ok_or(NotAPeriod)
    }
}

fn two_digits(text: &str) -> Result<u32, NotAPeriod> {
    number(text, 2).map(u32::from).ok_or(NotAPeriod)
}

impl PartialSchema for Period {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^20[0-9]{2}(-(Q[1-4]|H[12]|(0[1-9]|1[0-2])(-(H[12]|0[1-9]|[12][0-9]|3[01]))?))?$"))
            .description(Some(
                "A day `2026-11-21`, a half-month `2026-11-H1` (to the 15th) or `2026-11-H2`, a month `2026-11`, a quarter `2026-Q4`, a half-year `2026-H2` or a year `2026`.",
            ))
            .examples(["2026-Q4"])
            .into()
    }
}

impl ToSchema for Period {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Period")
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Period, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        text.parse()
            .map_err(|fault: NotAPeriod| serde::de::Error::custom(rule_message("period", &fault.text())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_written_one_way_only() {
        for text in [
            "2026-Q1",
            "2026-Q4",
            "2026-H1",
            "2026-H2",
            "2026",
            "2000",
            "2099-Q4",
            "2026-05",
            "2026-05-H1",
            "2026-05-H2",
            "2026-05-16",
            "2028-02-29",
            "2099-12-31",
        ] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "26",
            "1999",
            "2100",
            "2026-",
            "2026-Q0",
            "2026-Q5",
            "2026-H3",
            "2026-q1",
            "2026-Q1-",
            "2026-Q1-H1",
            "2026-H1-01",
            "2026-13",
            "2026-00",
            "2026-5",
            "2026-05-",
            "2026--05",
            "2026-05-H3",
            "2026-05-Q1",
            "2026-02-29",
            "2026-05-1",
            "2026-05-16-",
            "2026-05-16-H1",
            "1999-12-31",
            "2100-01",
        ] {
            assert_eq!(text.parse::<Period>(), Err(NotAPeriod), "{text}");
        }
    }
}
