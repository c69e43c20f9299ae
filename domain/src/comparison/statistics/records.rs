//! Rewards and penalties, counted.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::calendar::Period;
use crate::catalogue::Severity;
use crate::place::PlaceLevel;

/// Whether a number of records says nothing of any one firm: a city or a district has many. Of a
/// penalty whose publicity has ended nothing is to be read of its firm any more.
pub fn names_nobody(level: PlaceLevel) -> bool {
    match level {
        PlaceLevel::City | PlaceLevel::District => true,
        PlaceLevel::Street | PlaceLevel::Community => false,
    }
}

/// On which day a record of a period must have been public to be counted at a place. An ordinary
/// penalty is public for a year at most: counted by today, those of the year before would be gone,
/// and every year would look worse than the one before.
pub fn public_on(level: PlaceLevel, period: Period, today: NaiveDate) -> NaiveDate {
    if names_nobody(level) { period.last_day().min(today) } else { today }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_a_large_place_are_those_that_were_public_then() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let (today, october) = (day("2026-11-21"), "2025-10".parse().unwrap());
        for level in [PlaceLevel::City, PlaceLevel::District] {
            assert_eq!(public_on(level, october, today), day("2025-10-31"));
            assert_eq!(public_on(level, "2026-Q4".parse().unwrap(), today), today);
        }
        for level in [PlaceLevel::Street, PlaceLevel::Community] {
            assert_eq!(public_on(level, october, today), today);
        }
    }

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
}
