//! The components of a scheme file.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::document::Table;
use super::model::{Component, Part, Parts, Source, WithoutSample};
use super::read::read_validity;
use super::read_records::read_records;
use super::sources::{
    Assessments, Metric, PointTable, Residents, RollUp, RollUpBy, RollUpProjects, Validity,
};
use crate::calendar::PeriodKind;
use crate::catalogue::Catalogue;

pub(super) fn read_component(
    table: &mut Table<'_, '_>,
    catalogue: &Catalogue,
    validity: Validity,
    items: &mut BTreeSet<String>,
) -> Option<Component> {
    let id = table.identifier("id");
    let name = table.text("name");
    let kind = table.word::<Kind>("kind");
    let at_least = table.number_if("at_least");
    let at_most = table.number_if("at_most");
    let required = table.flag("required");
    if let (Some(low), Some(high)) = (at_least, at_most)
        && low > high
    {
        table.fault_at("at_most", "上限低于下限", "the ceiling is below the floor");
    }
    let source = match kind? {
        Kind::Constant => table.number("value").map(Source::Constant),
        Kind::Records => read_records(table, catalogue, validity, items).map(Source::Records),
        Kind::Assessments => read_assessments(table),
        Kind::Residents => read_residents(table),
        Kind::Metric => read_metric(table),
        Kind::Table => read_table(table),
        Kind::Sum => read_parts(table, false).map(Source::Sum),
        Kind::Weighted => read_parts(table, true).map(Source::Weighted),
        Kind::Highest => read_names(table).map(Source::Highest),
        Kind::Lowest => read_names(table).map(Source::Lowest),
        Kind::RollUp => read_roll_up(table),
    };
    Some(Component { id: id?, name: name?, at_least, at_most, required, source: source? })
}

#[derive(
    Clone, Copy, PartialEq, strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
enum Kind {
    Constant,
    Records,
    Assessments,
    Residents,
    Metric,
    Table,
    Sum,
    Weighted,
    Highest,
    Lowest,
    RollUp,
}

fn read_assessments(table: &mut Table<'_, '_>) -> Option<Source> {
    let assessors: Vec<_> = table.words("assessors");
    if assessors.is_empty() {
        table.fault("缺少 assessors", "`assessors` is missing");
    }
    let aspect = table.word("score");
    let period = table.word_among("period", &PeriodKind::ASSESSED);
    let periods = table.count_if("periods", 1, 24);
    let minimum = table.count_if("minimum", 1, 1_000);
    Some(Source::Assessments(Assessments {
        assessors,
        aspect: aspect?,
        period: period?,
        periods: periods.unwrap_or(1),
        minimum: minimum.unwrap_or(1),
    }))
}

fn read_residents(table: &mut Table<'_, '_>) -> Option<Source> {
    let months = table.count("months", 1, 60);
    let minimum = table.count("minimum", 0, 100_000);
    let prior = table.number_within("prior", 1, 5);
    let prior_weight = table.number_within("prior_weight", 0, 1_000);
    for key in ["prior", "prior_weight"] {
        if !table.has(key) {
            table.fault(format!("缺少 {key}"), format!("`{key}` is missing"));
        }
    }
    if minimum == Some(0) && prior_weight.is_some_and(|weight| weight.is_zero()) {
        table.fault_at(
            "prior_weight",
            "minimum 为 0 时 prior_weight 不可为 0",
            "must not be 0 where `minimum` is 0: no ratings have no mean",
        );
    }
    let times = table.number("times");
    Some(Source::Residents(Residents {
        months: months?,
        minimum: minimum?,
        prior: prior?,
        prior_weight: prior_weight?,
        times: times?,
    }))
}

fn read_metric(table: &mut Table<'_, '_>) -> Option<Source> {
    let key = table.identifier("key");
    let validity = read_validity(table, "validity").unwrap_or(Validity::Months(12));
    let missing = table.number_if("missing");
    Some(Source::Metric(Metric { key: key?, validity, missing }))
}

fn read_table(table: &mut Table<'_, '_>) -> Option<Source> {
    let of = table.string("of");
    let mut steps: Vec<(Decimal, Decimal)> = Vec::new();
    for mut step in table.tables("steps") {
        if let (Some(from), Some(points)) = (step.number("from"), step.number("points")) {
            if steps.last().is_some_and(|(before, _)| *before >= from) {
                step.fault_at("from", "应逐级递增", "must be above the step before");
            }
            steps.push((from, points));
        }
        step.finish();
    }
    if steps.is_empty() {
        table.fault("缺少 steps", "`steps` is missing or empty");
    }
    Some(Source::Table(PointTable { of: of?, steps }))
}

fn read_roll_up(table: &mut Table<'_, '_>) -> Option<Source> {
    let of = table.string("of");
    let by = table.word("by");
    let projects = table.word_if("projects").unwrap_or(RollUpProjects::Current);
    let most_share = table.number_within("most_share", 0, 1);
    if most_share.is_some_and(|most| most.is_zero()) {
        table.fault_at("most_share", "应大于 0", "must be above 0");
    }
    if most_share.is_some() && matches!(by, Some(RollUpBy::Evenly | RollUpBy::Worst)) {
        table.fault_at(
            "most_share",
            "仅用于按面积或户数汇总",
            "bounds what weighs by area or households alone",
        );
    }
    let minimum = table.count_if("minimum", 1, 1_000).unwrap_or(1);
    Some(Source::RollUp(RollUp { of: of?, by: by?, projects, most_share, minimum }))
}

fn read_names(table: &mut Table<'_, '_>) -> Option<Vec<String>> {
    let names = table.strings("parts");
    if names.is_empty() {
        table.fault("缺少 parts", "`parts` is missing");
        return None;
    }
    Some(names)
}

fn read_parts(table: &mut Table<'_, '_>, weighted: bool) -> Option<Parts> {
    let key = if weighted { "weight" } else { "times" };
    let mut parts: Vec<Part> = Vec::new();
    for mut entry in table.tables("parts") {
        let of = entry.string("of");
        let times = if weighted {
            let weight = entry.number(key);
            if weight.is_some_and(|weight| weight <= Decimal::ZERO || weight > Decimal::ONE) {
                entry.fault_at(key, "权重应大于 0，不超过 1", "a weight must be above 0 and at most 1");
            }
            weight
        } else {
            Some(entry.number_if(key).unwrap_or(Decimal::ONE))
        };
        if let (Some(of), Some(times)) = (of, times) {
            parts.push(Part { of, times });
        }
        entry.finish();
    }
    let without_sample = if weighted {
        table.word("without_sample")
    } else {
        Some(table.word_if("without_sample").unwrap_or(WithoutSample::Zero))
    };
    if parts.is_empty() {
        table.fault("缺少 parts", "`parts` is missing or empty");
    } else if weighted && !table.has_faulty_weights(&parts) {
        let sum: Decimal = parts.iter().map(|part| part.times).sum();
        if sum != Decimal::ONE {
            let sum = sum.normalize();
            table.fault_at(
                "parts",
                format!("权重之和为 {sum}，应为 1"),
                format!("the weights sum to {sum}, not to 1"),
            );
        }
    }
    if !weighted && without_sample == Some(WithoutSample::Redistribute) {
        table.fault_at("without_sample", "只有 weighted 可以重新分配", "only `weighted` can redistribute");
    }
    Some(Parts { parts, without_sample: without_sample? })
}

impl Table<'_, '_> {
    /// Whether a weight is out of range, so that a fault about the sum would only repeat it.
    fn has_faulty_weights(&self, parts: &[Part]) -> bool {
        parts.iter().any(|part| part.times <= Decimal::ZERO || part.times > Decimal::ONE)
    }
}
