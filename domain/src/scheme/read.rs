//! A scheme file becomes a [`Scheme`]: the header, the grades and the components.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::check;
use super::document::{Document, Fault, Table};
use super::model::{
    Assessments, Band, Bound, Component, Disputed, Grade, Group, Interval, Item, Metric, Part, Parts,
    PointTable, Points, Records, Residents, RollUp, Scheme, Source, Through, Validity, WithoutSample,
};
use super::read_rules;
use crate::catalogue::{Catalogue, Level, RecordKind, Severity, Word};

/// The format this reader knows.
const FORMAT: u32 = 1;

/// Where the things stand that are checked against each other after reading.
#[derive(Default)]
pub(super) struct Places {
    pub(super) components: BTreeMap<String, (usize, String)>,
    pub(super) bands: Vec<(usize, String)>,
    pub(super) rules: Vec<(usize, String)>,
    pub(super) outcomes: Vec<(usize, String)>,
    pub(super) constraints: Vec<(Constraint, (usize, String))>,
}

/// A condition that the scheme's own weights must satisfy (Lanshan: party organisations' assessments at least 0.30).
pub(super) struct Constraint {
    pub(super) components: Vec<String>,
    pub(super) weight: Interval,
}

impl Scheme {
    /// Reads one scheme file; `file_name` only names it in the faults.
    ///
    /// # Errors
    /// Every fault of the file, each with its line: syntax, unknown keys, numbers out of range, unknown categories and
    /// components, cycles, bands that overlap or leave a gap, weights that do not sum to 1, constraints not satisfied.
    pub fn read(text: &str, file_name: &str, catalogue: &Catalogue) -> Result<Self, Vec<Fault>> {
        let document = Document::parse(text, file_name)?;
        let mut places = Places::default();
        let Some(mut scheme) = read_scheme(&document, catalogue, &mut places) else {
            // A part could not be made, so there is a fault; were there none, the reader itself would be at fault.
            if !document.has_faults() {
                document.root().fault("无法读取", "cannot be read");
            }
            return document.into_result(()).map(|()| unreachable_scheme());
        };
        if !document.has_faults() {
            check::check(&mut scheme, &places, &document);
        }
        document.into_result(scheme)
    }
}

/// Only reached if a document with a fault had none.
fn unreachable_scheme() -> Scheme {
    Scheme {
        id: String::new(),
        version: 0,
        title: super::text("", ""),
        source: super::text("", ""),
        public_facts: super::text("", ""),
        own_numbers: super::text("", ""),
        effective_from: chrono::NaiveDate::MIN,
        place: String::new(),
        subjects: Vec::new(),
        primary_for: Vec::new(),
        announce_working_days: 0,
        disputed: Disputed::Counts,
        validity: Validity::Forever,
        score: String::new(),
        components: BTreeMap::new(),
        side_roots: Vec::new(),
        grades: Vec::new(),
        bands: Vec::new(),
        rules: Vec::new(),
        outcomes: Vec::new(),
    }
}

fn read_scheme(document: &Document<'_>, catalogue: &Catalogue, places: &mut Places) -> Option<Scheme> {
    let mut root = document.root();
    let format = root.count("format", FORMAT, FORMAT);
    let id = root.identifier("id");
    let version = root.count("version", 1, 10_000);
    let title = root.text("title");
    let source = root.text("source");
    let public_facts = root.text("public_facts");
    let own_numbers = root.text("own_numbers");
    let effective_from = root.day("effective_from");
    let place = root.identifier("place");
    let subjects: Vec<_> = root.words("subjects");
    let primary_for: Vec<_> = root.words("primary_for");
    if subjects.is_empty() {
        root.fault("缺少 subjects", "`subjects` is missing");
    }
    if primary_for.iter().any(|kind| !subjects.contains(kind)) {
        root.fault_at("primary_for", "不在 subjects 之中", "must be among `subjects`");
    }
    let announce_working_days = root.count_if("announce_working_days", 0, 60).unwrap_or(0);
    let disputed = root.word("disputed");
    let validity = read_validity(&mut root, "validity");
    if !root.has("validity") {
        root.fault("缺少 validity", "`validity` is missing");
    }
    let score = root.string("score");

    let mut items = BTreeSet::new();
    let mut components = BTreeMap::new();
    for mut table in root.tables("component") {
        let place = table.place();
        let fallback = validity.unwrap_or(Validity::Forever);
        if let Some(component) = read_component(&mut table, catalogue, fallback, &mut items) {
            if components.contains_key(&component.id) {
                table.fault_at("id", "组成部分重复", "this component stands twice");
            } else {
                places.components.insert(component.id.clone(), place);
                components.insert(component.id.clone(), component);
            }
        }
        table.finish();
    }
    for mut table in root.tables("constraint") {
        let place = table.place();
        let components = table.strings("components");
        let weight = read_interval(&mut table, "at_least", "above", "at_most", "below");
        places.constraints.push((Constraint { components, weight }, place));
        table.finish();
    }
    let grades = read_grades(&mut root);
    let mut bands = Vec::new();
    for mut table in root.tables("band") {
        places.bands.push(table.place());
        let grade = table.string("grade");
        let scores = read_interval(&mut table, "from", "above", "to", "below");
        bands.push(Band { grade: grade.unwrap_or_default(), scores });
        table.finish();
    }
    let mut rules = Vec::new();
    for mut table in root.tables("rule") {
        let place = table.place();
        if let Some(rule) = read_rules::read_rule(&mut table, catalogue) {
            rules.push(rule);
            places.rules.push(place);
        }
        table.finish();
    }
    let mut outcomes = Vec::new();
    for mut table in root.tables("outcome") {
        let place = table.place();
        if let Some(outcome) = read_rules::read_outcome(&mut table, catalogue) {
            outcomes.push(outcome);
            places.outcomes.push(place);
        }
        table.finish();
    }
    root.finish();
    format?;
    Some(Scheme {
        id: id?,
        version: version?,
        title: title?,
        source: source?,
        public_facts: public_facts?,
        own_numbers: own_numbers?,
        effective_from: effective_from?,
        place: place?,
        subjects,
        primary_for,
        announce_working_days,
        disputed: disputed?,
        validity: validity?,
        score: score?,
        components,
        side_roots: Vec::new(),
        grades,
        bands,
        rules,
        outcomes,
    })
}

fn read_grades(root: &mut Table<'_, '_>) -> Vec<Grade> {
    let mut grades: Vec<Grade> = Vec::new();
    for mut table in root.tables("grade") {
        let (code, name) = (table.string("code"), table.text("name"));
        if let (Some(code), Some(name)) = (code, name) {
            if grades.iter().any(|known| known.code == code) {
                table.fault_at("code", "等级重复", "this grade stands twice");
            }
            grades.push(Grade { code, name });
        }
        table.finish();
    }
    if grades.is_empty() {
        root.fault("缺少 [[grade]]", "there is no [[grade]]");
    }
    grades
}

/// An interval by its four keys: inclusive low, exclusive low, inclusive high, exclusive high.
pub(super) fn read_interval(
    table: &mut Table<'_, '_>,
    from: &str,
    above: &str,
    to: &str,
    below: &str,
) -> Interval {
    let mut end = |inclusive: &str, exclusive: &str| {
        let inside = table.number_if(inclusive).map(|at| Bound { at, inclusive: true });
        let outside = table.number_if(exclusive).map(|at| Bound { at, inclusive: false });
        if inside.is_some() && outside.is_some() {
            table.fault_at(
                exclusive,
                format!("{inclusive} 与 {exclusive} 只能有一个"),
                format!("only one of `{inclusive}` and `{exclusive}` can stand"),
            );
        }
        inside.or(outside)
    };
    let low = end(from, above);
    let high = end(to, below);
    if let (Some(low), Some(high)) = (low, high) {
        let empty = low.at > high.at || (low.at == high.at && !(low.inclusive && high.inclusive));
        if empty {
            table.fault("区间为空", "no number lies between these ends");
        }
    }
    Interval { low, high }
}

pub(super) fn read_validity(table: &mut Table<'_, '_>, key: &str) -> Option<Validity> {
    let text = table.string_if(key)?;
    let validity = Validity::parse(&text);
    if validity.is_none() {
        table.fault_at(
            key,
            "应为 \"12 months\"、\"90 days\"、\"2 years\"、\"calendar year\" 或 \"forever\"",
            "must be such as \"12 months\", \"90 days\", \"2 years\", \"calendar year\" or \"forever\"",
        );
    }
    validity
}

fn read_component(
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
    Some(Component { id: id?, name: name?, at_least, at_most, source: source? })
}

#[derive(Clone, Copy)]
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

impl Word for Kind {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("constant", Self::Constant),
        ("records", Self::Records),
        ("assessments", Self::Assessments),
        ("residents", Self::Residents),
        ("metric", Self::Metric),
        ("table", Self::Table),
        ("sum", Self::Sum),
        ("weighted", Self::Weighted),
        ("highest", Self::Highest),
        ("lowest", Self::Lowest),
        ("roll_up", Self::RollUp),
    ];
}

fn read_assessments(table: &mut Table<'_, '_>) -> Option<Source> {
    let assessors: Vec<_> = table.words("assessors");
    if assessors.is_empty() {
        table.fault("缺少 assessors", "`assessors` is missing");
    }
    let aspect = table.word("score");
    let period = table.word("period");
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
            "must not be 0 where `minimum` is 0: nobody's voice has no mean",
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
    let minimum = table.count_if("minimum", 1, 1_000).unwrap_or(1);
    Some(Source::RollUp(RollUp { of: of?, by: by?, minimum }))
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

fn read_records(
    table: &mut Table<'_, '_>,
    catalogue: &Catalogue,
    validity: Validity,
    items: &mut BTreeSet<String>,
) -> Option<Records> {
    let mut through = table.words("through");
    if through.is_empty() {
        through.push(Through::Own);
    }
    let mut groups = Vec::new();
    for mut entry in table.tables("group") {
        if let Some(group) = read_group(&mut entry, catalogue, validity, items) {
            groups.push(group);
        }
        entry.finish();
    }
    if groups.is_empty() {
        table.fault("缺少 [[component.group]]", "there is no [[component.group]]");
    }
    check::items_do_not_overlap(&groups, table);
    Some(Records { through, groups })
}

fn read_group(
    table: &mut Table<'_, '_>,
    catalogue: &Catalogue,
    validity: Validity,
    items: &mut BTreeSet<String>,
) -> Option<Group> {
    let id = table.identifier("id");
    let name = table.text("name");
    let kind = table.word("kind");
    let cap = read_positive(table, "cap");
    let highest_only = table.flag("highest_only");
    let level_times = read_by_word(table, "level_times");
    let validity = read_validity(table, "validity").unwrap_or(validity);
    let mut read = Vec::new();
    for mut entry in table.tables("item") {
        if let Some(item) = read_item(&mut entry, catalogue, kind, validity, &level_times) {
            if !items.insert(item.id.clone()) {
                entry.fault_at("id", "条目重复", "an item of this scheme has this id already");
            }
            read.push(item);
        }
        entry.finish();
    }
    if read.is_empty() {
        table.fault("缺少 [[component.group.item]]", "there is no [[component.group.item]]");
    }
    Some(Group { id: id?, name: name?, kind: kind?, cap, highest_only, items: read })
}

/// Points and caps are sizes; the kind of the group gives them their sign.
fn read_positive(table: &mut Table<'_, '_>, key: &str) -> Option<Decimal> {
    let number = table.number_if(key)?;
    if number < Decimal::ZERO {
        table.fault_at(key, "不可为负", "must not be negative: the group's kind gives the sign");
    }
    Some(number)
}

fn read_by_word<W: Word + Ord>(table: &mut Table<'_, '_>, key: &str) -> BTreeMap<W, Decimal> {
    let mut numbers = BTreeMap::new();
    let Some(mut inner) = table.table_if(key) else { return numbers };
    for (word, value) in W::WORDS {
        if let Some(number) = read_positive(&mut inner, word) {
            numbers.insert(*value, number);
        }
    }
    inner.finish();
    if numbers.is_empty() {
        table.fault_at(key, "为空", "is empty");
    }
    numbers
}

fn read_item(
    table: &mut Table<'_, '_>,
    catalogue: &Catalogue,
    kind: Option<RecordKind>,
    validity: Validity,
    group_level_times: &BTreeMap<Level, Decimal>,
) -> Option<Item> {
    let categories = read_categories(table, catalogue, kind);
    let id = if table.has("id") { table.identifier("id") } else { categories.first().cloned() };
    let name = table.text_if("name").or_else(|| Some(catalogue.get(categories.first()?)?.name.clone()));
    let severities: Vec<Severity> = table.words("severities");
    let levels: Vec<Level> = table.words("levels");
    let points = read_points(table);
    let own_times = read_by_word(table, "level_times");
    let level_times = if own_times.is_empty() { group_level_times.clone() } else { own_times };
    let count = table.word_if("count").unwrap_or(super::model::Count::Each);
    let fixed = matches!(points, Some(Points::Fixed(_))) && level_times.is_empty();
    if count == super::model::Count::Once && points.is_some() && !fixed {
        table.fault_at(
            "count",
            "once 只能用于固定分值；分值不一时请用 highest",
            "`once` needs the same points for all; where they differ use `highest`",
        );
    }
    let cap = read_positive(table, "cap");
    let validity = read_validity(table, "validity").unwrap_or(validity);
    let veto = table.flag("veto");
    if veto && kind == Some(RecordKind::Reward) {
        table.fault_at("veto", "良好信息不能一票否决", "a reward cannot be a veto");
    }
    let (id, name, points) = (id?, name?, points?);
    Some(Item { id, name, categories, severities, levels, points, level_times, count, cap, validity, veto })
}

/// `category = "…"` or `categories = […]`, each known and of the group's kind.
pub(super) fn read_categories(
    table: &mut Table<'_, '_>,
    catalogue: &Catalogue,
    kind: Option<RecordKind>,
) -> Vec<String> {
    let mut categories = table.strings("categories");
    if let Some(one) = table.string_if("category") {
        if !categories.is_empty() {
            table.fault_at(
                "category",
                "与 categories 重复",
                "only one of `category` and `categories` can stand",
            );
        }
        categories.push(one);
    } else if !table.has("categories") && kind.is_some() {
        table.fault("缺少 category", "`category` is missing");
    }
    let key = if table.has("category") { "category" } else { "categories" };
    for code in &categories {
        match catalogue.get(code) {
            None => table.fault_at(
                key,
                format!("目录中没有分类 {code}"),
                format!("the catalogue has no category `{code}`"),
            ),
            Some(category) if kind.is_some_and(|kind| kind != category.kind) => table.fault_at(
                key,
                format!("分类 {code} 与本组的 kind 不符"),
                format!("category `{code}` is a {}, unlike its group", category.kind.as_str()),
            ),
            Some(_) => {}
        }
    }
    categories
}

fn read_points(table: &mut Table<'_, '_>) -> Option<Points> {
    let keys = ["points", "by_level", "by_severity", "range"];
    let standing: Vec<_> = keys.into_iter().filter(|key| table.has(key)).collect();
    let [key] = standing.as_slice() else {
        let keys = keys.join(", ");
        table.fault(format!("{keys} 应恰有一个"), format!("exactly one of {keys} must stand"));
        return None;
    };
    match *key {
        "points" => read_positive(table, "points").map(Points::Fixed),
        "by_level" => Some(Points::ByLevel(read_by_word(table, "by_level"))),
        "by_severity" => Some(Points::BySeverity(read_by_word(table, "by_severity"))),
        _ => {
            let mut range = table.table_if("range")?;
            let from = read_positive(&mut range, "from");
            let to = range.number("to");
            let reference = range.number("reference");
            let (from, to, reference) = (from.unwrap_or(Decimal::ZERO), to?, reference?);
            if !(from <= reference && reference <= to) {
                range.fault("应有 from <= reference <= to", "must be from <= reference <= to");
            }
            range.finish();
            Some(Points::Range { from, to, reference })
        }
    }
}
