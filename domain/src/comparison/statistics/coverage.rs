//! Which estates and households are served, by kind of estate and by who serves them.

use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::share;
use crate::estate::EstateKind;
use crate::project::{Area, Operator};

/// Which estates and households are served.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "estates": {"total": 1, "served": 1, "share": 1, "by_kind": {"professional": 1, "old": 0, "unmanaged": 0, "affordable": 0},
        "by_operator": {"firm": 1, "street_firm": 0, "owners": 0, "community": 0, "none": 0}},
    "households": {"total": 600, "served": 600, "share": 1}, "area_m2": 54000,
    "by_kind": {"professional": {"estates": 1, "served": 1, "households": 600, "households_served": 600, "area_m2": 54000},
        "old": {"estates": 0, "served": 0, "households": 0, "households_served": 0, "area_m2": 0},
        "unmanaged": {"estates": 0, "served": 0, "households": 0, "households_served": 0, "area_m2": 0},
        "affordable": {"estates": 0, "served": 0, "households": 0, "households_served": 0, "area_m2": 0}}
}))]
pub struct Coverage {
    /// Estates.
    pub estates: EstateFigures,
    /// Households, as the estates' register has them.
    pub households: HouseholdFigures,
    /// The area that is served: that of the projects that run on the day. An estate that nobody
    /// serves has no area in the register.
    pub area_m2: Area,
    /// Estates, households and area by kind of estate.
    pub by_kind: KindCoverages,
}

/// Estates, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(example = json!({"total": 1, "served": 1, "share": 1, "by_kind": {"professional": 1, "old": 0, "unmanaged": 0, "affordable": 0},
    "by_operator": {"firm": 1, "street_firm": 0, "owners": 0, "community": 0, "none": 0}}))]
pub struct EstateFigures {
    /// All.
    pub total: i64,
    /// Those that someone runs on the day.
    pub served: i64,
    /// The served part, 0 to 1, 4 decimals; null without estates.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub share: Option<Decimal>,
    /// By kind.
    pub by_kind: KindCounts,
    /// By who runs them on the day.
    pub by_operator: OperatorCounts,
}

/// Estates, households and area of each kind of estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(example = json!({
    "professional": {"estates": 1, "served": 1, "households": 600, "households_served": 600, "area_m2": 54000},
    "old": {"estates": 0, "served": 0, "households": 0, "households_served": 0, "area_m2": 0},
    "unmanaged": {"estates": 0, "served": 0, "households": 0, "households_served": 0, "area_m2": 0},
    "affordable": {"estates": 0, "served": 0, "households": 0, "households_served": 0, "area_m2": 0}
}))]
pub struct KindCoverages {
    /// 专业型
    pub professional: KindCoverage,
    /// 老旧
    pub old: KindCoverage,
    /// 弃管
    pub unmanaged: KindCoverage,
    /// 保障型
    pub affordable: KindCoverage,
}

/// What is served of one kind of estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(example = json!({"estates": 3, "served": 2, "households": 900, "households_served": 600, "area_m2": 54000}))]
pub struct KindCoverage {
    /// Estates of the kind.
    pub estates: i64,
    /// Those that someone runs on the day.
    pub served: i64,
    /// Households of them all.
    pub households: i64,
    /// Households of those that someone runs.
    pub households_served: i64,
    /// The area of the projects that run them.
    pub area_m2: Area,
}

/// An estate that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedEstate {
    /// Its kind.
    pub kind: EstateKind,
    /// Its households.
    pub households: i64,
    /// Who runs it on the day, and the area of that project; `None` if nobody does.
    pub run_by: Option<(Operator, Area)>,
}

impl Coverage {
    /// The estates of a place together.
    pub fn of(estates: impl IntoIterator<Item = CountedEstate>) -> Coverage {
        let (mut counts, mut by_kind) = (EstateFigures::default(), KindCoverages::default());
        for estate in estates {
            counts.by_kind.add(estate.kind);
            counts.by_operator.add(estate.run_by.map(|(operator, _)| operator));
            by_kind.of_kind(estate.kind).add(&estate);
        }
        let KindCoverages { professional, old, unmanaged, affordable } = by_kind;
        let kinds = [professional, old, unmanaged, affordable];
        let sum = |part: fn(&KindCoverage) -> i64| kinds.iter().map(part).sum::<i64>();
        let (total, served) = (sum(|kind| kind.estates), sum(|kind| kind.served));
        Coverage {
            estates: EstateFigures { total, served, share: share(served, total), ..counts },
            households: HouseholdFigures::of(sum(|kind| kind.households), sum(|kind| kind.households_served)),
            area_m2: Area::from_hundredths(sum(|kind| kind.area_m2.hundredths())),
            by_kind,
        }
    }
}

impl KindCoverages {
    fn of_kind(&mut self, kind: EstateKind) -> &mut KindCoverage {
        match kind {
            EstateKind::Professional => &mut self.professional,
            EstateKind::Old => &mut self.old,
            EstateKind::Unmanaged => &mut self.unmanaged,
            EstateKind::Affordable => &mut self.affordable,
        }
    }
}

impl KindCoverage {
    fn add(&mut self, estate: &CountedEstate) {
        self.estates += 1;
        self.households += estate.households;
        if let Some((_, area)) = estate.run_by {
            self.served += 1;
            self.households_served += estate.households;
            self.area_m2 = Area::from_hundredths(self.area_m2.hundredths() + area.hundredths());
        }
    }
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
    fn add(&mut self, kind: EstateKind) {
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
    /// Counts one estate run by an operator; `None` is nobody.
    fn add(&mut self, operator: Option<Operator>) {
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
    /// In estates that someone runs on the day.
    pub served: i64,
    /// The served part, 0 to 1, 4 decimals; null without households.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub share: Option<Decimal>,
}

impl HouseholdFigures {
    fn of(total: i64, served: i64) -> HouseholdFigures {
        HouseholdFigures { total, served, share: share(served, total) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estates_households_and_area_are_summed_by_kind() {
        let estate = |kind, households, run_by: Option<(Operator, i64)>| CountedEstate {
            kind,
            households,
            run_by: run_by.map(|(operator, area)| (operator, Area::from_hundredths(area))),
        };
        let coverage = Coverage::of([
            estate(EstateKind::Old, 100, Some((Operator::Owners, 800_050))),
            estate(EstateKind::Old, 50, None),
            estate(EstateKind::Professional, 600, Some((Operator::Firm, 5_400_000))),
        ]);
        assert_eq!(
            coverage.by_kind.old,
            KindCoverage {
                estates: 2,
                served: 1,
                households: 150,
                households_served: 100,
                area_m2: Area::from_hundredths(800_050),
            }
        );
        assert_eq!(coverage.by_kind.unmanaged, KindCoverage::default());
        assert_eq!((coverage.estates.total, coverage.estates.served), (3, 2));
        assert_eq!(coverage.estates.share, Some(Decimal::new(6667, 4)));
        assert_eq!((coverage.households.total, coverage.households.served), (750, 700));
        assert_eq!(coverage.area_m2, Area::from_hundredths(6_200_050));
        assert_eq!((coverage.estates.by_operator.owners, coverage.estates.by_operator.none), (1, 1));
        let nothing = Coverage::of([]);
        assert_eq!((nothing.estates.share, nothing.households.share), (None, None));
    }
}
