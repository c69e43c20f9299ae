//! What a place looks like in figures, and what it looked like a year before.

mod assessments;
mod coverage;
mod fees;
mod firms;
mod ratings;
mod records;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

pub use assessments::{AssessmentFigures, AssessorFigures};
pub use coverage::{
    CountedEstate, Coverage, EstateFigures, HouseholdFigures, KindCounts, KindCoverage, KindCoverages,
    OperatorCounts,
};
pub use fees::{FEE_COLLECTION_RATE, FeeCollection, rate_of, sources_of};
pub use firms::{FirmFigures, GradeCount};
pub use ratings::{MonthRatings, RatingFigures};
pub use records::{CategoryCount, KindFigures, RecordFigures, SeverityCounts, names_nobody, public_on};

use crate::calendar::{Period, PeriodKind};
use crate::case::figures::CaseSums;
use crate::place::{NamedPlace, PlaceLevel};

/// The kinds of period that figures of places are of.
pub const REPORTED: [PeriodKind; 4] =
    [PeriodKind::Month, PeriodKind::Quarter, PeriodKind::HalfYear, PeriodKind::Year];

/// The figures of a place and everything below it.
///
/// Coverage and firms are as they stood on `as_of`, by what was known and published then; ratings,
/// records, assessments and fees are those of the period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "place": {"code": "210202", "name": "中山区"}, "level": "district", "period": "2026-10", "from": "2026-10-01", "to": "2026-10-31",
    "closed": true, "as_of": "2026-10-31",
    "coverage": {
        "estates": {"total": 12, "served": 11, "share": 0.9167, "by_kind": {"professional": 7, "old": 3, "unmanaged": 1, "affordable": 1},
            "by_operator": {"firm": 9, "street_firm": 1, "owners": 1, "community": 0, "none": 1}},
        "households": {"total": 6000, "served": 5600, "share": 0.9333}, "area_m2": 504000,
        "by_kind": {"professional": {"estates": 7, "served": 7, "households": 4200, "households_served": 4200, "area_m2": 378000},
            "old": {"estates": 3, "served": 3, "households": 1200, "households_served": 1200, "area_m2": 108000},
            "unmanaged": {"estates": 1, "served": 0, "households": 400, "households_served": 0, "area_m2": 0},
            "affordable": {"estates": 1, "served": 1, "households": 200, "households_served": 200, "area_m2": 18000}}
    },
    "firms": {"total": 8, "by_grade": [{"grade": "A", "count": 1}, {"grade": "B", "count": 6}], "not_evaluated": 1, "missing": 0, "suspended": 0},
    "ratings": {"count": 640, "mean": 3.912, "score": 3.9075, "coverage": {"count": 640, "households": 5600, "share": 0.1143},
        "participation": {"count": 640, "of": 5600, "share": 0.1143}, "satisfied": {"count": 480, "of": 640, "share": 0.75},
        "distribution": {"1": 32, "2": 48, "3": 80, "4": 264, "5": 216}, "reason": null},
    "records": {"rewards": {"total": 3, "by_severity": {"minor": 1, "ordinary": 2, "serious": 0}, "by_category": [{"category": "R101", "count": 3}]},
        "penalties": {"total": 1, "by_severity": {"minor": 0, "ordinary": 1, "serious": 0}, "by_category": [{"category": "P101", "count": 1}]}},
    "assessments": null,
    "fee_collection": {"rate": 92.5, "projects": 11, "reported": 8, "area_m2": 504000, "reported_area_m2": 380000},
    "cases": {"opened": 14, "closed": 12, "late": 1, "unanswered": 4, "on_time": {"numerator": 11, "denominator": 12, "rate": 0.9167},
        "satisfied": {"numerator": 7, "denominator": 8, "rate": 0.875}, "reopened": {"numerator": 1, "denominator": 12, "rate": 0.0833},
        "hours": {"within_24": 8, "within_48": 3, "within_72": 1, "more": 0}, "excluded": [], "reason": null},
    "complaints": {"opened": null, "closed": null, "late": null, "unanswered": null, "on_time": null, "satisfied": null, "reopened": null,
        "hours": null, "excluded": null, "reason": "waiting"},
    "months": [{"month": "2026-10", "participation": {"count": 640, "of": 5600, "share": 0.1143}, "satisfied": {"count": 480, "of": 640, "share": 0.75}}],
    "before": {"period": "2025-10", "from": "2025-10-01", "to": "2025-10-31", "as_of": "2025-10-31", "coverage": null, "firms": null,
        "ratings": null, "records": null, "assessments": null, "fee_collection": null, "cases": null, "complaints": null}
}))]
pub struct Statistics {
    /// The place.
    pub place: NamedPlace,
    /// Its level.
    pub level: PlaceLevel,
    /// The month, quarter, half-year or year.
    pub period: Period,
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day.
    pub to: NaiveDate,
    /// Whether the step of the 1st that closes its last month has been made: before, more of its
    /// ratings may be published.
    pub closed: bool,
    /// The day of coverage and firms: the last of a period that was asked for and is over, else
    /// today. Estates and places have no past: they are today's.
    pub as_of: NaiveDate,
    /// Which estates and households are served.
    pub coverage: Coverage,
    /// The firms registered there or running a project there, by grade.
    pub firms: FirmFigures,
    /// Residents' ratings.
    pub ratings: RatingFigures,
    /// Rewards and penalties decided in the period: at the estate of the project concerned, else
    /// where the firm is registered. Of a city or a district those that were public on the period's
    /// last day, or are today, where that is earlier; of a street or a community, where a number
    /// may point at a firm, those that are public now.
    pub records: RecordFigures,
    /// Assessments by communities and streets, of each project whose term touches a quarter of the
    /// period that is over; of a month, those of the quarter that ends with it. Null for a month
    /// with which none ends.
    pub assessments: Option<AssessmentFigures>,
    /// How much of the fees was collected, as the projects reported it.
    pub fee_collection: FeeCollection,
    /// Cases that residents opened and that are published, of every kind together.
    pub cases: CaseSums,
    /// Of these the complaints, which are published by themselves.
    pub complaints: CaseSums,
    /// The ratings of the twelve months to the period's last, the latest first; none of a month
    /// that is to come.
    pub months: Vec<MonthRatings>,
    /// The same figures of the year before; null where no period is, before 2000.
    pub before: Option<StatisticsBefore>,
}

/// The figures of the same period of the year before, as [`Statistics`] would say them. A part is
/// null where nothing was known of the place at the period's end, and nothing of the part has come
/// to be known since: what nobody knows is not zero.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"period": "2025-10", "from": "2025-10-01", "to": "2025-10-31", "as_of": "2025-10-31", "coverage": null, "firms": null,
    "ratings": null, "records": null, "assessments": null, "fee_collection": null, "cases": null, "complaints": null}))]
pub struct StatisticsBefore {
    /// The period a year before.
    pub period: Period,
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day.
    pub to: NaiveDate,
    /// The day of coverage and firms: the period's last, or today where it is not over.
    pub as_of: NaiveDate,
    /// Which estates and households were served.
    pub coverage: Option<Coverage>,
    /// The firms, by grade.
    pub firms: Option<FirmFigures>,
    /// Residents' ratings.
    pub ratings: Option<RatingFigures>,
    /// Rewards and penalties; null of a street or a community, where the publicity of most has
    /// ended since.
    pub records: Option<RecordFigures>,
    /// Assessments.
    pub assessments: Option<AssessmentFigures>,
    /// How much of the fees was collected.
    pub fee_collection: Option<FeeCollection>,
    /// Cases that residents opened and that are published, of every kind together; null where none
    /// is.
    pub cases: Option<CaseSums>,
    /// Of these the complaints, which are published by themselves.
    pub complaints: Option<CaseSums>,
}

/// A part of a whole: the numerator, the denominator and their quotient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"count": 480, "of": 640, "share": 0.75}))]
pub struct Proportion {
    /// How many; null where none is published.
    pub count: Option<i64>,
    /// Of how many.
    pub of: i64,
    /// The one by the other, 4 decimals; null where none is published, and of nothing.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub share: Option<Decimal>,
}

impl Proportion {
    /// So many of so many.
    fn of(count: Option<i64>, of: i64) -> Proportion {
        Proportion { count, of, share: count.and_then(|count| share(count, of)) }
    }
}

/// The same period of the year before; `None` where that is before 2000.
pub fn year_before(period: Period) -> Option<Period> {
    Period::containing(period.kind(), period.first_month().plus(-12)?.first_day())
}

/// A part of a whole, 4 decimals, half up.
fn share(part: i64, whole: i64) -> Option<Decimal> {
    (whole > 0).then(|| {
        (Decimal::from(part) / Decimal::from(whole))
            .round_dp_with_strategy(4, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_half_up_and_need_a_whole() {
        assert_eq!(share(2, 3), Some(Decimal::new(6667, 4)));
        assert_eq!(share(0, 0), None);
        assert_eq!(Proportion::of(None, 7), Proportion { count: None, of: 7, share: None });
    }

    #[test]
    fn a_year_before_is_a_period_of_the_same_kind() {
        for (period, before) in [
            ("2026-10", Some("2025-10")),
            ("2024-02", Some("2023-02")),
            ("2026-Q3", Some("2025-Q3")),
            ("2026-H2", Some("2025-H2")),
            ("2026", Some("2025")),
            ("2000-12", None),
            ("2000", None),
        ] {
            let period: Period = period.parse().unwrap();
            assert_eq!(year_before(period).map(|before| before.to_string()).as_deref(), before, "{period}");
        }
    }
}
