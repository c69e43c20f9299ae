//! Periods and figures as the report writes them.

use rust_decimal::Decimal;
use xinwu_domain::calendar::{Period, PeriodKind};

use crate::pages::Page;

impl Page {
    /// 2026年10月, 2026年第4季度; October 2026, quarter 4 of 2026
    pub(in crate::pages) fn period(&self, period: &Period) -> String {
        let (year, month) = (period.first_month().year(), period.first_month().number());
        match (period.kind(), self.lang()) {
            (PeriodKind::Quarter, "en") => format!("quarter {} of {year}", month / 3 + 1),
            (PeriodKind::Quarter, _) => format!("{year}年第{}季度", month / 3 + 1),
            (PeriodKind::HalfYear, "en") if month == 1 => format!("first half of {year}"),
            (PeriodKind::HalfYear, "en") => format!("second half of {year}"),
            (PeriodKind::HalfYear, _) if month == 1 => format!("{year}年上半年"),
            (PeriodKind::HalfYear, _) => format!("{year}年下半年"),
            (PeriodKind::Year, "en") => format!("{year}"),
            (PeriodKind::Year, _) => format!("{year}年"),
            (PeriodKind::Month | PeriodKind::HalfMonth | PeriodKind::Day, _) => {
                self.month(&period.first_month())
            }
        }
    }

    /// What the report of a period is called.
    pub(super) fn report_of(&self, period: &Period) -> &'static str {
        match period.kind() {
            PeriodKind::Quarter => self.t("信息季报", "Quarterly report"),
            PeriodKind::HalfYear => self.t("信息半年报", "Half-yearly report"),
            PeriodKind::Year => self.t("信息年报", "Yearly report"),
            PeriodKind::Month | PeriodKind::HalfMonth | PeriodKind::Day => {
                self.t("信息月报", "Monthly report")
            }
        }
    }

    /// The report of a place and period, in this language.
    pub(in crate::pages) fn report(&self, place: &str, period: &Period) -> String {
        format!("/statistics?place={place}&period={period}&lang={}", self.lang())
    }

    /// A share, or a dash where there is none.
    pub(super) fn share(&self, share: &Option<Decimal>) -> String {
        share.as_ref().map_or_else(|| NOTHING.to_owned(), |share| self.percent(share))
    }

    /// A rate in per cent, or a dash where there is none.
    pub(super) fn rate(&self, rate: &Option<Decimal>) -> String {
        self.share(&rate.map(|rate| rate / Decimal::ONE_HUNDRED))
    }
}

/// What stands where nothing is known.
pub(super) const NOTHING: &str = "—";

#[cfg(test)]
mod tests {
    use xinwu_domain::text::Language;

    use super::*;

    #[test]
    fn periods_are_written_as_each_language_does() {
        let page = |language| Page { language, kept: String::new(), zone: chrono_tz::Asia::Shanghai };
        let (zh, en) = (page(Language::Chinese), page(Language::English));
        for (period, chinese, english) in [
            ("2026-10", "2026年10月", "October 2026"),
            ("2026-Q4", "2026年第4季度", "quarter 4 of 2026"),
            ("2026-Q1", "2026年第1季度", "quarter 1 of 2026"),
            ("2026-H1", "2026年上半年", "first half of 2026"),
            ("2026-H2", "2026年下半年", "second half of 2026"),
            ("2026", "2026年", "2026"),
        ] {
            let period: Period = period.parse().unwrap();
            assert_eq!((zh.period(&period).as_str(), en.period(&period).as_str()), (chinese, english));
        }
        assert_eq!(zh.share(&None), "—");
        assert_eq!(zh.rate(&Some(Decimal::new(92_457, 3))), "92.5%");
    }
}
