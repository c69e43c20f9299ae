//! What a place looks like in figures.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::calendar::Period;
use crate::catalogue::Severity;
use crate::estate::EstateKind;
use crate::place::{NamedPlace, PlaceLevel};
use crate::project::Operator;
use crate::rating::{self, NoFigures, Sum, service_score};
use crate::scheme::Assessor;

/// The figures of a place and everything below it.
///
/// Coverage and firms are as they stood on `as_of`, by what was known and published then; ratings,
/// records and assessments are those of the period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "place": {"code": "210202", "name": "中山区"}, "level": "district", "period": "2026-Q3", "from": "2026-07-01", "to": "2026-09-30", "as_of": "2026-11-21",
    "coverage": {
        "estates": {"total": 12, "by_kind": {"professional": 7, "old": 3, "unmanaged": 1, "affordable": 1},
            "by_operator": {"firm": 9, "street_firm": 1, "owners": 1, "community": 0, "none": 1}},
        "households": {"total": 6000, "served": 5600, "share": 0.9333}
    },
    "firms": {"total": 8, "by_grade": [{"grade": "A", "count": 1}, {"grade": "B", "count": 6}], "not_evaluated": 1, "missing": 0, "suspended": 0},
    "ratings": {"count": 640, "mean": 3.912, "score": 3.9075, "coverage": {"count": 640, "households": 5600, "share": 0.1143}, "reason": null},
    "records": {"rewards": {"total": 3, "by_severity": {"minor": 1, "ordinary": 2, "serious": 0}, "by_category": [{"category": "R101", "count": 3}]},
        "penalties": {"total": 1, "by_severity": {"minor": 0, "ordinary": 1, "serious": 0}, "by_category": [{"category": "P101", "count": 1}]}},
    "assessments": {"due": 22, "done": 20, "share": 0.9091, "by_assessor": [
        {"assessor": "community", "due": 11, "done": 10}, {"assessor": "street", "due": 11, "done": 10}]}
}))]
pub struct Statistics {
    /// The place.
    pub place: NamedPlace,
    /// Its level.
    pub level: PlaceLevel,
    /// The quarter, half-year or year.
    pub period: Period,
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day.
    pub to: NaiveDate,
    /// The day of coverage and firms: the last of a period that was asked for and is over, else
    /// today. Estates and places have no past: they are today's.
    pub as_of: NaiveDate,
    /// Which estates and households are served.
    pub coverage: Coverage,
    /// The firms registered there or running a project there, by grade.
    pub firms: FirmFigures,
    /// Residents' ratings.
    pub ratings: RatingFigures,
    /// Rewards and penalties decided in the period and now public: at the estate of the project
    /// concerned, else where the firm is registered.
    pub records: RecordFigures,
    /// Assessments by communities and streets, of each project whose term touches a quarter of the
    /// period that is over.
    pub assessments: AssessmentFigures,
}

/// Which estates and households are served.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"estates": {"total": 1, "by_kind": {"professional": 1, "old": 0, "unmanaged": 0, "affordable": 0},
    "by_operator": {"firm": 1, "street_firm": 0, "owners": 0, "community": 0, "none": 0}}, "households": {"total": 600, "served": 600, "share": 1}}))]
pub struct Coverage {
    /// Estates.
    pub estates: EstateFigures,
    /// Households, as the estates' register has them.
    pub households: HouseholdFigures,
}

/// Estates, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(example = json!({"total": 1, "by_kind": {"professional": 1, "old": 0, "unmanaged": 0, "affordable": 0},
    "by_operator": {"firm": 1, "street_firm": 0, "owners": 0, "community": 0, "none": 0}}))]
pub struct EstateFigures {
    /// All.
    pub total: i64,
    /// By kind.
    pub by_kind: KindCounts,
    /// By who runs them on the day.
    pub by_operator: OperatorCounts,
}

/// Estates by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(example = json!({"professional": 1, "old": 0, "unmanaged": 0, "affordable": 0}))]
pub struct KindCounts {
    /// 专业型
    pub professional: i64,
    /// 老旧
    pub old: i64,
    /// 弃管
    pub unmanaged: i64,
    /// 保障型
    pub affordable: i64,
}

impl KindCounts {
    /// Counts one estate of a kind.
    pub fn add(&mut self, kind: EstateKind) {
        match kind {
            EstateKind::Professional => self.professional += 1,
            EstateKind::Old => self.old += 1,
            EstateKind::Unmanaged => self.unmanaged += 1,
            EstateKind::Affordable => self.affordable += 1,
        }
    }
}

/// Estates by who runs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(example = json!({"firm": 1, "street_firm": 0, "owners": 0, "community": 0, "none": 0}))]
pub struct OperatorCounts {
    /// A firm.
    pub firm: i64,
    /// A street's own firm.
    pub street_firm: i64,
    /// The owners themselves (自管).
    pub owners: i64,
    /// The community (托管).
    pub community: i64,
    /// Nobody.
    pub none: i64,
}

impl OperatorCounts {
    /// Counts one estate run by an operator; none is nobody.
    pub fn add(&mut self, operator: Option<Operator>) {
        match operator {
            Some(Operator::Firm) => self.firm += 1,
            Some(Operator::StreetFirm) => self.street_firm += 1,
            Some(Operator::Owners) => self.owners += 1,
            Some(Operator::Community) => self.community += 1,
            None => self.none += 1,
        }
    }
}

/// Households, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"total": 600, "served": 540, "share": 0.9}))]
pub struct HouseholdFigures {
    /// In all estates.
    pub total: i64,
    /// In estates that someone runs now.
    pub served: i64,
    /// The served part, 0 to 1, 4 decimals; null without households.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub share: Option<Decimal>,
}

impl HouseholdFigures {
    /// With its share.
    pub fn of(total: i64, served: i64) -> HouseholdFigures {
        HouseholdFigures { total, served, share: share(served, total) }
    }
}

/// Firms by grade.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(example = json!({"total": 2, "by_grade": [{"grade": "B", "count": 1}], "not_evaluated": 1, "missing": 0, "suspended": 0}))]
pub struct FirmFigures {
    /// All.
    pub total: i64,
    /// Those with a grade by the primary scheme, the best grade first.
    pub by_grade: Vec<GradeCount>,
    /// Those that are not evaluated.
    pub not_evaluated: i64,
    /// Those that refuse to take part.
    pub missing: i64,
    /// Of those with a grade, those whose evaluation is under objection by a scheme that says so.
    pub suspended: i64,
}

/// Firms of one grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"grade": "B", "count": 34}))]
pub struct GradeCount {
    /// The grade's code.
    pub grade: String,
    /// How many.
    pub count: i64,
}

/// Residents' ratings of a place and period: the increments of its projects' months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "count": 640, "mean": 3.912, "score": 3.9075, "coverage": {"count": 640, "households": 5600, "share": 0.1143}, "reason": null
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
    /// Why they are null.
    pub reason: Option<NoFigures>,
}

impl RatingFigures {
    /// The figures of increments of `count` ratings that gave `stars` together, in projects of so
    /// many households; without one they wait.
    pub fn of(count: u32, stars: u64, households: i64) -> RatingFigures {
        let is_out = count > 0;
        RatingFigures {
            count: is_out.then_some(count),
            mean: Sum { count, stars }.mean(),
            score: is_out.then(|| service_score(count, stars)),
            coverage: rating::Coverage::of(count, households),
            reason: (!is_out).then_some(NoFigures::Waiting),
        }
    }
}

/// Rewards and penalties.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(example = json!({"rewards": {"total": 0, "by_severity": {"minor": 0, "ordinary": 0, "serious": 0}, "by_category": []},
    "penalties": {"total": 1, "by_severity": {"minor": 0, "ordinary": 1, "serious": 0}, "by_category": [{"category": "P101", "count": 1}]}}))]
pub struct RecordFigures {
    /// Rewards.
    pub rewards: KindFigures,
    /// Penalties.
    pub penalties: KindFigures,
}

/// Records of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(example = json!({"total": 1, "by_severity": {"minor": 0, "ordinary": 1, "serious": 0}, "by_category": [{"category": "P101", "count": 1}]}))]
pub struct KindFigures {
    /// All.
    pub total: i64,
    /// By severity.
    pub by_severity: SeverityCounts,
    /// By category of the catalogue, by code.
    pub by_category: Vec<CategoryCount>,
}

/// Records by severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(example = json!({"minor": 0, "ordinary": 1, "serious": 0}))]
pub struct SeverityCounts {
    /// 轻微
    pub minor: i64,
    /// 一般
    pub ordinary: i64,
    /// 严重
    pub serious: i64,
}

/// Records of one category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"category": "P101", "count": 1}))]
pub struct CategoryCount {
    /// The category's code.
    pub category: String,
    /// How many.
    pub count: i64,
}

impl KindFigures {
    /// Counts one record.
    pub fn add(&mut self, category: &str, severity: Severity) {
        self.total += 1;
        match severity {
            Severity::Minor => self.by_severity.minor += 1,
            Severity::Ordinary => self.by_severity.ordinary += 1,
            Severity::Serious => self.by_severity.serious += 1,
        }
        match self.by_category.binary_search_by(|each| each.category.as_str().cmp(category)) {
            Ok(at) => self.by_category.iter_mut().skip(at).take(1).for_each(|each| each.count += 1),
            Err(at) => self.by_category.insert(at, CategoryCount { category: category.to_owned(), count: 1 }),
        }
    }
}

/// Assessments that are due and done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"due": 2, "done": 1, "share": 0.5, "by_assessor": [{"assessor": "community", "due": 1, "done": 1}, {"assessor": "street", "due": 1, "done": 0}]}))]
pub struct AssessmentFigures {
    /// How many are due.
    pub due: i64,
    /// How many of them are done.
    pub done: i64,
    /// The done part, 0 to 1, 4 decimals; null when none is due.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub share: Option<Decimal>,
    /// By who assesses.
    pub by_assessor: Vec<AssessorFigures>,
}

/// Assessments of one kind of assessor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"assessor": "community", "due": 1, "done": 1}))]
pub struct AssessorFigures {
    /// Who assesses.
    pub assessor: Assessor,
    /// How many are due.
    pub due: i64,
    /// How many of them are done.
    pub done: i64,
}

impl AssessmentFigures {
    /// Sums over assessors.
    pub fn of(by_assessor: Vec<AssessorFigures>) -> AssessmentFigures {
        let due = by_assessor.iter().map(|each| each.due).sum();
        let done = by_assessor.iter().map(|each| each.done).sum();
        AssessmentFigures { due, done, share: share(done, due), by_assessor }
    }
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
    fn categories_are_counted_in_order_of_their_codes() {
        let mut figures = KindFigures::default();
        for (category, severity) in
            [("P201", Severity::Serious), ("P101", Severity::Minor), ("P201", Severity::Ordinary)]
        {
            figures.add(category, severity);
        }
        let counts: Vec<(&str, i64)> =
            figures.by_category.iter().map(|each| (each.category.as_str(), each.count)).collect();
        assert_eq!(counts, [("P101", 1), ("P201", 2)]);
        assert_eq!((figures.total, figures.by_severity.serious), (3, 1));
    }

    #[test]
    fn shares_are_rounded_half_up_and_need_a_whole() {
        assert_eq!(HouseholdFigures::of(3, 2).share, Some(Decimal::new(6667, 4)));
        assert_eq!(HouseholdFigures::of(0, 0).share, None);
    }
}
