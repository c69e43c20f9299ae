//! Bars beside the numbers that they show, as wide as their share of the whole.

use rust_decimal::Decimal;
use xinwu_domain::card::Distribution;
use xinwu_domain::comparison::{FirmFigures, KindCoverage, OperatorCounts, Statistics};
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::Operator;

use super::words::NOTHING;
use crate::pages::Page;

/// A kind of estate: how many of its households are served.
pub(super) struct KindBar {
    pub name: &'static str,
    pub counted: KindCoverage,
    pub area: String,
    pub width: Decimal,
}

/// Who runs how many estates, and did a year before.
pub(super) struct OperatorRow {
    pub name: &'static str,
    pub count: i64,
    pub before: String,
    pub width: Decimal,
}

/// How many firms have a grade, and had it a year before.
pub(super) struct GradeBar {
    pub name: String,
    pub count: i64,
    pub before: String,
    pub width: Decimal,
}

/// How often a number of stars was given, and was a year before.
pub(super) struct StarsBar {
    pub stars: u8,
    pub count: u32,
    pub before: Option<u32>,
    pub share: Option<Decimal>,
    pub width: Decimal,
}

pub(super) fn kinds(p: &Page, figures: &Statistics) -> Vec<KindBar> {
    let by_kind = &figures.coverage.by_kind;
    [
        (EstateKind::Professional, by_kind.professional),
        (EstateKind::Old, by_kind.old),
        (EstateKind::Unmanaged, by_kind.unmanaged),
        (EstateKind::Affordable, by_kind.affordable),
    ]
    .map(|(kind, counted)| KindBar {
        name: p.estate_kind(&kind),
        area: p.number(&Decimal::new(counted.area_m2.hundredths(), 2)),
        width: width(counted.households_served, counted.households),
        counted,
    })
    .into()
}

pub(super) fn operators(p: &Page, figures: &Statistics) -> Vec<OperatorRow> {
    let estates = figures.coverage.estates;
    let before = figures.before.as_ref().and_then(|before| before.coverage.as_ref());
    let before = before.map(|coverage| coverage.estates.by_operator);
    type Count = fn(&OperatorCounts) -> i64;
    let rows: [(&'static str, Count); 5] = [
        (p.operator(&Operator::Firm), |counts| counts.firm),
        (p.operator(&Operator::StreetFirm), |counts| counts.street_firm),
        (p.operator(&Operator::Owners), |counts| counts.owners),
        (p.operator(&Operator::Community), |counts| counts.community),
        (p.t("无人服务", "nobody"), |counts| counts.none),
    ];
    rows.map(|(name, count)| {
        let now = count(&estates.by_operator);
        OperatorRow {
            name,
            count: now,
            before: before.as_ref().map_or_else(|| NOTHING.to_owned(), |before| p.count(&count(before))),
            width: width(now, estates.total),
        }
    })
    .into()
}

/// The grades of both years, the best first, and who has none.
pub(super) fn grades(p: &Page, figures: &Statistics) -> Vec<GradeBar> {
    let now = &figures.firms;
    let before = figures.before.as_ref().and_then(|before| before.firms.as_ref());
    let mut names: Vec<&str> = now.by_grade.iter().map(|each| each.grade.as_str()).collect();
    for each in before.into_iter().flat_map(|before| &before.by_grade) {
        if !names.contains(&each.grade.as_str()) {
            names.push(&each.grade);
        }
    }
    let of_grade = |firms: &FirmFigures, name: &str| {
        firms.by_grade.iter().find(|each| each.grade == name).map_or(0, |each| each.count)
    };
    let bar = |name: String, count: i64, before: Option<i64>| GradeBar {
        name,
        count,
        before: before.map_or_else(|| NOTHING.to_owned(), |before| p.count(&before)),
        width: width(count, now.total),
    };
    let graded = names
        .into_iter()
        .map(|name| bar(name.to_owned(), of_grade(now, name), before.map(|before| of_grade(before, name))));
    let not_evaluated = bar(
        p.t("尚未评价", "not yet graded").to_owned(),
        now.not_evaluated,
        before.map(|before| before.not_evaluated),
    );
    let missing = bar(p.t("缺失", "missing").to_owned(), now.missing, before.map(|before| before.missing));
    let has_missing = now.missing > 0 || before.is_some_and(|before| before.missing > 0);
    graded.chain([not_evaluated]).chain(has_missing.then_some(missing)).collect()
}

/// Five stars first; none where nothing is published.
pub(super) fn stars(figures: &Statistics) -> Vec<StarsBar> {
    let Some(now) = figures.ratings.distribution else { return Vec::new() };
    let before = figures.before.as_ref().and_then(|before| before.ratings.as_ref());
    let before = before.and_then(|before| before.distribution);
    let total = i64::from(figures.ratings.count.unwrap_or_default());
    type Count = fn(&Distribution) -> u32;
    let rows: [(u8, Count); 5] = [
        (5, |stars| stars.five),
        (4, |stars| stars.four),
        (3, |stars| stars.three),
        (2, |stars| stars.two),
        (1, |stars| stars.one),
    ];
    rows.map(|(stars, count)| StarsBar {
        stars,
        count: count(&now),
        before: before.as_ref().map(count),
        share: Decimal::from(count(&now)).checked_div(Decimal::from(total)),
        width: width(i64::from(count(&now)), total),
    })
    .into()
}

/// In hundredths of the whole, one decimal.
fn width(part: i64, whole: i64) -> Decimal {
    let share = Decimal::from(part).checked_div(Decimal::from(whole)).unwrap_or_default();
    (share * Decimal::ONE_HUNDRED).round_dp(1).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_wide_as_its_share() {
        assert_eq!(width(1, 3), Decimal::new(333, 1));
        assert_eq!(width(5, 5), Decimal::ONE_HUNDRED);
        assert_eq!(width(0, 0), Decimal::ZERO);
    }
}
