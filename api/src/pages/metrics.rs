//! The public figures of a firm, a project, an estate or a place, as pages show them.

use chrono::Datelike;
use xinwu_domain::calendar::{Period, PeriodKind};
use xinwu_domain::metric::PublicMetric;

use super::Page;

impl Page {
    /// As [`Page::period`], of days and half-months too.
    pub(super) fn lasting(&self, period: &Period) -> String {
        match period.kind() {
            PeriodKind::Day => self.day(&period.first_day()),
            PeriodKind::HalfMonth => {
                let month = self.month(&period.first_month());
                match (self.lang(), period.first_day().day()) {
                    ("en", 1) => format!("{month}, to the 15th"),
                    ("en", _) => format!("{month}, from the 16th"),
                    (_, 1) => format!("{month}上半月"),
                    _ => format!("{month}下半月"),
                }
            }
            PeriodKind::Month | PeriodKind::Quarter | PeriodKind::HalfYear | PeriodKind::Year => {
                self.period(period)
            }
        }
    }

    /// A figure with its unit.
    pub(super) fn figure(&self, metric: &PublicMetric) -> String {
        format!("{}{}", self.number(&metric.value.decimal()), self.text(&metric.unit.sign()))
    }
}

#[cfg(test)]
mod tests {
    use xinwu_domain::text::Language;

    use super::*;

    #[test]
    fn short_periods_are_written_as_each_language_does() {
        let page = |language| Page { language, kept: String::new(), zone: chrono_tz::Asia::Shanghai };
        let said = |language, text: &str| page(language).lasting(&text.parse().unwrap());
        for (period, zh, en) in [
            ("2026-11-21", "2026年11月21日", "21 November 2026"),
            ("2026-11-H1", "2026年11月上半月", "November 2026, to the 15th"),
            ("2026-11-H2", "2026年11月下半月", "November 2026, from the 16th"),
            ("2026-11", "2026年11月", "November 2026"),
        ] {
            assert_eq!(said(Language::Chinese, period), zh);
            assert_eq!(said(Language::English, period), en);
        }
    }
}
