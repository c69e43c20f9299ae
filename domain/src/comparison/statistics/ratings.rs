//! Residents' ratings of a place: how many households took part, and how many are satisfied.

use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::Proportion;
use crate::calendar::Month;
use crate::card::Distribution;
use crate::rating::{self, Figures, NoFigures, Tally};

/// Residents' ratings of a place and period: the increments of its projects' months.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "count": 640, "mean": 3.912, "score": 3.9075, "coverage": {"count": 640, "households": 5600, "share": 0.1143},
    "participation": {"count": 640, "of": 5600, "share": 0.1143}, "satisfied": {"count": 480, "of": 640, "share": 0.75},
    "distribution": {"1": 32, "2": 48, "3": 80, "4": 264, "5": 216}, "reason": null
}))]
pub struct RatingFigures {
    /// How many ratings are published; null where there are none.
    pub count: Option<u32>,
    /// Their mean in stars, 3 decimals.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub mean: Option<Decimal>,
    /// The service score of all of them together, 4 decimals.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub score: Option<Decimal>,
    /// Of how many households they are.
    pub coverage: rating::Coverage,
    /// 参与率: published ratings of the households that might have given one. A household rates
    /// once a month, so those of each month that has begun are added up.
    pub participation: Proportion,
    /// 满意率: ratings of 4 and 5 stars of all that are published.
    pub satisfied: Proportion,
    /// How often each number of stars was given; null where none is published.
    pub distribution: Option<Distribution>,
    /// Why they are null.
    pub reason: Option<NoFigures>,
}

/// One month's ratings of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"month": "2026-10", "participation": {"count": 640, "of": 5600, "share": 0.1143},
    "satisfied": {"count": 480, "of": 640, "share": 0.75}}))]
pub struct MonthRatings {
    /// The month.
    pub month: Month,
    /// 参与率: published ratings of the households of the projects that ran in the month.
    pub participation: Proportion,
    /// 满意率: ratings of 4 and 5 stars of all that are published.
    pub satisfied: Proportion,
}

impl RatingFigures {
    /// The figures of increments whose sum is `tally`, in projects of so many households, who
    /// might have rated so often: without an increment they wait.
    pub fn of(tally: &Tally, households: i64, occasions: i64) -> RatingFigures {
        let Figures { score, mean, count, distribution, reason, dimensions: _ } = Figures::of(tally);
        RatingFigures {
            count,
            mean,
            score,
            coverage: rating::Coverage::of(tally.count(), households),
            participation: participation(tally, occasions),
            satisfied: satisfied(tally),
            distribution,
            reason,
        }
    }
}

impl MonthRatings {
    /// The ratings of a month whose increments' sum is `tally`, in projects of so many households.
    pub fn of(month: Month, tally: &Tally, households: i64) -> MonthRatings {
        MonthRatings { month, participation: participation(tally, households), satisfied: satisfied(tally) }
    }
}

fn published(tally: &Tally) -> Option<i64> {
    Some(i64::from(tally.count())).filter(|count| *count > 0)
}

fn participation(tally: &Tally, occasions: i64) -> Proportion {
    Proportion::of(published(tally), occasions)
}

fn satisfied(tally: &Tally) -> Proportion {
    let [.., four, five] = tally.counts;
    let count = published(tally).map(|_| i64::from(four) + i64::from(five));
    Proportion::of(count, i64::from(tally.count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_took_part_and_who_is_satisfied_are_told_with_their_wholes() {
        let tally = Tally { counts: [1, 0, 2, 4, 3], ..Tally::default() };
        let figures = RatingFigures::of(&tally, 40, 120);
        assert_eq!((figures.participation.count, figures.participation.of), (Some(10), 120));
        assert_eq!(figures.participation.share, Some(Decimal::new(833, 4)));
        assert_eq!(figures.coverage.share, Some(Decimal::new(25, 2)));
        assert_eq!((figures.satisfied.count, figures.satisfied.of), (Some(7), 10));
        assert_eq!(figures.satisfied.share, Some(Decimal::new(7, 1)));
        assert_eq!(figures.distribution.map(|stars| (stars.one, stars.five)), Some((1, 3)));
    }

    #[test]
    fn without_an_increment_nothing_is_said() {
        let waiting = RatingFigures::of(&Tally::default(), 40, 40);
        assert_eq!(waiting.participation, Proportion { count: None, of: 40, share: None });
        assert_eq!(waiting.satisfied, Proportion { count: None, of: 0, share: None });
        assert_eq!((waiting.distribution, waiting.reason), (None, Some(NoFigures::Waiting)));
        // All of them unsatisfied is a figure.
        let bad = Tally { counts: [5, 0, 0, 0, 0], ..Tally::default() };
        assert_eq!(RatingFigures::of(&bad, 40, 40).satisfied.share, Some(Decimal::ZERO));
    }
}
