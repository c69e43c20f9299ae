//! A scheme file becomes a [`Scheme`]: the header, the grades and the components.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Document, Fault, Table};
use super::model::{AppliesTo, Grade, Scheme, SubjectKind};
use super::read_components::read_component;
use super::read_procedure::read_procedure;
use super::read_rules;
use super::rules::{Band, Bound, Interval};
use super::sources::Validity;
use super::{check, check_metrics};
use crate::catalogue::Catalogue;
use crate::metric::MetricCatalogue;

/// The format this reader knows.
const FORMAT: u32 = 1;
/// The longest code of a grade, in characters: a search for firms takes no longer one.
const LONGEST_GRADE: usize = 16;

/// Where the things stand that are checked against each other after reading.
#[derive(Default)]
pub(super) struct Places {
    pub(super) components: BTreeMap<String, (usize, String)>,
    pub(super) bands: Vec<(usize, String)>,
    pub(super) rules: Vec<(usize, String)>,
    pub(super) outcomes: Vec<(usize, String)>,
    pub(super) constraints: Vec<(Constraint, (usize, String))>,
}

/// A condition that the scheme itself must satisfy: the weight of components together (Lanshan:
/// party organisations' assessments at least 0.30), or each amount of a consequence (Guancheng: a
/// subsidy of at most 30 fen).
pub(super) struct Constraint {
    pub(super) components: Vec<String>,
    pub(super) consequence: Option<String>,
    pub(super) bounds: Interval,
}

impl Scheme {
    /// Reads one scheme file; `file_name` only names it in the faults.
    ///
    /// # Errors
    /// Every fault of the file, each with its line: syntax, unknown keys, numbers out of range,
    /// unknown categories and components, cycles, bands that overlap or leave a gap, weights that
    /// do not sum to 1, constraints not satisfied.
    pub fn read(text: &str, file_name: &str, catalogue: &Catalogue) -> Result<Self, Vec<Fault>> {
        read(text, file_name, catalogue, None)
    }

    /// [`Scheme::read`] of rules that are to come into force: their metrics are the catalogue's, of
    /// whom they grade. Rules that are in force stay so, whatever has left it since.
    ///
    /// # Errors
    /// As [`Scheme::read`].
    pub fn read_new(
        text: &str,
        file_name: &str,
        catalogue: &Catalogue,
        metrics: &MetricCatalogue,
    ) -> Result<Self, Vec<Fault>> {
        read(text, file_name, catalogue, Some(metrics))
    }
}

fn read(
    text: &str,
    file_name: &str,
    catalogue: &Catalogue,
    metrics: Option<&MetricCatalogue>,
) -> Result<Scheme, Vec<Fault>> {
    let document = Document::parse(text, file_name)?;
    let mut places = Places::default();
    let Some(mut scheme) = read_scheme(&document, catalogue, &mut places) else {
        // A part that could not be made has left its fault, so this is never empty.
        return Err(document.into_faults());
    };
    if !document.has_faults() {
        check::check(&mut scheme, &places, &document);
    }
    if let Some(metrics) = metrics.filter(|_| !document.has_faults()) {
        check_metrics::check(&scheme, metrics, &places, &document);
    }
    document.into_result(scheme)
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
    let applies_to = read_applies_to(&mut root);
    if applies_to.is_some() && subjects.iter().any(|kind| *kind != SubjectKind::Project) {
        root.fault_at(
            "applies_to",
            "只能用于仅评价项目的方案",
            "is for schemes that grade projects and nobody else",
        );
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
        let consequence = table.string_if("consequence");
        let bounds = read_interval(&mut table, "at_least", "above", "at_most", "below");
        places.constraints.push((Constraint { components, consequence, bounds }, place));
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
    let mut procedures = Vec::new();
    for mut table in root.tables("procedure") {
        procedures.push(read_procedure(&mut table));
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
        applies_to,
        primary_for,
        announce_working_days,
        disputed: disputed?,
        validity: validity?,
        score: score?,
        components,
        side_roots: Vec::new(),
        in_roll_ups: BTreeMap::new(),
        grades,
        bands,
        rules,
        outcomes,
        procedures,
    })
}

fn read_applies_to(root: &mut Table<'_, '_>) -> Option<AppliesTo> {
    let mut table = root.table_if("applies_to")?;
    let applies_to = AppliesTo { kinds: table.words("kinds"), operators: table.words("operators") };
    if !table.has("kinds") && !table.has("operators") {
        table.fault("缺少 kinds 或 operators", "needs `kinds` or `operators`");
    }
    table.finish();
    Some(applies_to)
}

fn read_grades(root: &mut Table<'_, '_>) -> Vec<Grade> {
    let mut grades: Vec<Grade> = Vec::new();
    for mut table in root.tables("grade") {
        let (code, name) = (table.string("code"), table.text("name"));
        let consequences = read_rules::read_consequences(&mut table);
        if let (Some(code), Some(name)) = (code, name) {
            if code.chars().count() > LONGEST_GRADE {
                let (zh, en) = (
                    format!("最多{LONGEST_GRADE}个字符"),
                    format!("must have at most {LONGEST_GRADE} characters"),
                );
                table.fault_at("code", zh, en);
            }
            if grades.iter().any(|known| known.code == code) {
                table.fault_at("code", "等级重复", "this grade stands twice");
            }
            grades.push(Grade { code, name, consequences });
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
