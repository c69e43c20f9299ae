//! How much of the fees was collected, as the projects reported it.

use std::collections::{BTreeSet, HashMap};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;
use utoipa::ToSchema;

use crate::calendar::{Month, Period, PeriodKind};
use crate::project::Area;

/// The metric of a project that says it, in per cent.
pub const FEE_COLLECTION_RATE: &str = "fee_collection_rate";

/// 收费率: how much of the fees was collected, as the projects reported it by the metric
/// `fee_collection_rate`.
///
/// A project's rate of a month is the one that it reported for the month, else the one for the
/// quarter in which the month lies. Its rate of a longer period is the one for that very period,
/// else the mean of the rates of its months, as far as there are any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"rate": 92.5, "projects": 11, "reported": 8, "area_m2": 504000, "reported_area_m2": 380000}))]
pub struct FeeCollection {
    /// In per cent, 3 decimals: the rates of the projects that reported, weighted by their areas;
    /// null where none did.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub rate: Option<Decimal>,
    /// Projects whose term touches the period.
    pub projects: i64,
    /// Those of them that reported.
    pub reported: i64,
    /// The area of all of them.
    pub area_m2: Area,
    /// The area of those that reported, by which the rate is weighted.
    pub reported_area_m2: Area,
}

impl FeeCollection {
    /// The projects of a place together: the area of each, and its rate if it reported one.
    pub fn of(projects: impl IntoIterator<Item = (Area, Option<Decimal>)>) -> FeeCollection {
        let (mut projects_count, mut reported) = (0, 0);
        let (mut area, mut reported_area, mut weighted) = (0, 0, Decimal::ZERO);
        for (of_project, rate) in projects {
            projects_count += 1;
            area += of_project.hundredths();
            if let Some(rate) = rate {
                reported += 1;
                reported_area += of_project.hundredths();
                weighted =
                    weighted.saturating_add(rate.saturating_mul(Decimal::from(of_project.hundredths())));
            }
        }
        FeeCollection {
            rate: weighted.checked_div(Decimal::from(reported_area)).map(rounded),
            projects: projects_count,
            reported,
            area_m2: Area::from_hundredths(area),
            reported_area_m2: Area::from_hundredths(reported_area),
        }
    }
}

/// The periods for which a project may have reported what its rate of `period` is made of.
pub fn sources_of(period: Period) -> BTreeSet<Period> {
    let of_month = |month: Month| [Period::of_month(month), Period::quarter_of(month)];
    period.months().flat_map(of_month).chain([period]).collect()
}

/// A project's rate of a period, by what it reported.
pub fn rate_of(period: Period, reported: &HashMap<Period, Decimal>) -> Option<Decimal> {
    let of_month = |month: Month| {
        let sources = [Period::of_month(month), Period::quarter_of(month)];
        sources.iter().find_map(|source| reported.get(source).copied())
    };
    if period.kind() == PeriodKind::Month {
        return of_month(period.first_month());
    }
    reported.get(&period).copied().or_else(|| {
        let rates: Vec<Decimal> = period.months().filter_map(of_month).collect();
        rates.iter().sum::<Decimal>().checked_div(Decimal::from(rates.len()))
    })
}

/// Half up.
fn rounded(rate: Decimal) -> Decimal {
    rate.round_dp_with_strategy(3, RoundingStrategy::MidpointAwayFromZero)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    fn reported(rates: &[(&str, i64)]) -> HashMap<Period, Decimal> {
        rates.iter().map(|(text, rate)| (period(text), Decimal::from(*rate))).collect()
    }

    #[test]
    fn rates_are_weighted_by_the_area_of_those_that_reported() {
        let area = |m2: i64| Area::from_hundredths(m2 * 100);
        let percent = |rate: i64| Some(Decimal::from(rate));
        let fees = FeeCollection::of([(area(300), percent(90)), (area(100), percent(50)), (area(700), None)]);
        assert_eq!(fees.rate, percent(80));
        assert_eq!((fees.projects, fees.reported), (3, 2));
        assert_eq!((fees.area_m2, fees.reported_area_m2), (area(1100), area(400)));
        let thirds = FeeCollection::of([(area(200), percent(100)), (area(100), percent(0))]);
        assert_eq!(thirds.rate, Some(Decimal::new(66_667, 3)));
        for silent in [FeeCollection::of([(area(700), None)]), FeeCollection::of([])] {
            assert_eq!((silent.rate, silent.reported), (None, 0));
        }
    }

    #[test]
    fn a_month_takes_its_own_rate_before_its_quarters() {
        let both = reported(&[("2026-10", 91), ("2026-Q4", 95), ("2026", 99)]);
        assert_eq!(rate_of(period("2026-10"), &both), Some(Decimal::from(91)));
        assert_eq!(rate_of(period("2026-11"), &both), Some(Decimal::from(95)));
        assert_eq!(rate_of(period("2026-09"), &both), None);
    }

    #[test]
    fn a_longer_period_takes_its_own_rate_before_the_mean_of_its_months() {
        let months = reported(&[("2026-07", 80), ("2026-08", 90), ("2026-Q4", 100)]);
        assert_eq!(rate_of(period("2026-Q3"), &months), Some(Decimal::from(85)));
        // July, August, and the fourth quarter's three months.
        assert_eq!(rate_of(period("2026-H2"), &months), Some(Decimal::from(94)));
        let year = reported(&[("2026-07", 80), ("2026", 97)]);
        assert_eq!(rate_of(period("2026"), &year), Some(Decimal::from(97)));
        assert_eq!(rate_of(period("2025"), &year), None);
    }

    #[test]
    fn what_a_rate_is_made_of_is_looked_for_once() {
        let all = |text: &str| sources_of(period(text)).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(all("2026-11"), ["2026-Q4", "2026-11"]);
        assert_eq!(all("2026-Q4"), ["2026-10", "2026-Q4", "2026-11", "2026-12"]);
        assert_eq!(sources_of(period("2026")).len(), 12 + 4 + 1);
    }
}
