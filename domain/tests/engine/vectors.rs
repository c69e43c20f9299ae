//! Vectors of a scheme, one a line.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use xinwu_domain::catalogue::{Level, Severity};
use xinwu_domain::evaluation::{Evaluation, Record};
use xinwu_domain::scheme::Scheme;

use crate::support::{Builder, catalogue, decimal, record};

/// The cells of a table's lines.
fn cells(table: &str) -> Vec<Vec<&str>> {
    let lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines.filter(|cells| !cells.is_empty()).collect()
}

/// Lines of `item category level-or-severity points`, `-` for the usual: each fires its item with
/// these points, of which each is worth `factor` in the score. Every item of the scheme must have a
/// line.
pub fn items(scheme: &Scheme, base: &Builder, factor: &str, table: &str) {
    let catalogue = catalogue();
    let mut fired = BTreeSet::new();
    for cells in cells(table) {
        let [rule, category, word, points] = cells[..] else { panic!("{cells:?}") };
        let mut fact = record(&catalogue, category, "2026-09-01");
        fact.level = word.parse().ok();
        fact.severity = word.parse().unwrap_or(fact.severity);
        assert!(word == "-" || fact.level.is_some() || word.parse::<Severity>().is_ok(), "{word}");
        let graded = base.clone().with(fact).graded(scheme);
        let line = graded.items.iter().find(|line| line.rule.as_deref() == Some(rule));
        let line = line.unwrap_or_else(|| panic!("{}: no line of {cells:?}", scheme.id));
        assert_eq!(line.points, decimal(points), "{}: {cells:?}", scheme.id);
        let before = base.graded(scheme).score.unwrap();
        assert_eq!(graded.score, Some(before + line.points * decimal(factor)), "{}: {cells:?}", scheme.id);
        fired.insert(rule.to_owned());
    }
    for (_, item) in scheme.items() {
        assert!(fired.contains(&item.id), "{}: {} has no vector", scheme.id, item.id);
    }
}

/// How a file comes to any score: records at an officer's discretion, a reward or a penalty of
/// these categories, all with the same points, which together are worth `factor` each in the score.
pub struct Steer<'a> {
    pub scheme: &'a Scheme,
    pub base: Builder,
    pub factor: &'static str,
    pub by: &'a [(&'static str, &'static str, Option<Level>)],
}

impl Steer<'_> {
    pub fn to(&self, score: Decimal) -> Builder {
        let catalogue = catalogue();
        let now = self.base.graded(self.scheme).score.unwrap();
        let points = (score - now) / decimal(self.factor);
        let mut file = self.base.clone();
        for (reward, penalty, level) in self.by {
            let category = if points > Decimal::ZERO { reward } else { penalty };
            let mut left = points.abs();
            while left > Decimal::ZERO {
                let mut fact = Record { level: *level, ..record(&catalogue, category, "2026-09-01") };
                let range = self.scheme.discretion(category, fact.severity, fact.level);
                let actual = left.min(range.unwrap().1);
                fact.points = [(self.scheme.id.clone(), actual)].into();
                file = file.with(fact);
                left -= actual;
            }
        }
        file
    }

    /// Lines of `score grade`: at and beside each threshold.
    pub fn thresholds(&self, table: &str) {
        for cells in cells(table) {
            let [score, grade] = cells[..] else { panic!("{cells:?}") };
            let graded = self.to(decimal(score)).graded(self.scheme);
            assert_eq!(graded.score, Some(decimal(score)), "{}", self.scheme.id);
            assert_eq!(graded.grade.as_deref(), Some(grade), "{} at {score}", self.scheme.id);
        }
    }
}

pub fn value(evaluation: &Evaluation, id: &str) -> Option<Decimal> {
    evaluation.components.iter().find(|component| component.id == id).and_then(|component| component.value)
}

/// The codes of what follows.
pub fn codes(evaluation: &Evaluation) -> Vec<&str> {
    evaluation.consequences.iter().map(|consequence| consequence.code.as_str()).collect()
}
