//! What must hold of rules, outcomes, grades and of the scheme's own constraints.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::check::Checker;
use super::model::{Component, Scheme, Source, WithoutSample};
use super::rules::{Condition, Interval, Move};

impl Checker<'_, '_> {
    /// Rules name known grades, and only they look at the score.
    pub(super) fn rules(&self, scheme: &Scheme) {
        let mut ids = BTreeSet::new();
        for (rule, place) in scheme.rules.iter().zip(&self.places.rules) {
            if let Some(grade) = rule.moves.as_ref().map(Move::grade)
                && scheme.rank(grade).is_none()
            {
                self.at(Some(place), format!("没有等级 {grade}"), format!("there is no grade `{grade}`"));
            }
            if !ids.insert(&rule.id) {
                self.at(Some(place), "规则重复".into(), format!("rule `{}` stands twice", rule.id));
            }
        }
        for (outcome, place) in scheme.outcomes.iter().zip(&self.places.outcomes) {
            if looks_at_score(&outcome.when) {
                self.at(
                    Some(place),
                    "没有分数的结果不能取决于分数".into(),
                    "an outcome without a score cannot depend on the score".into(),
                );
            }
        }
        for grade in &scheme.grades {
            let code = &grade.code;
            let banded = scheme.bands.iter().any(|band| &band.grade == code);
            let moved =
                scheme.rules.iter().any(|rule| rule.moves.as_ref().is_some_and(|to| to.grade() == code));
            if !banded && !moved {
                let root = self.document.root();
                root.fault_at(
                    "grade",
                    format!("等级 {code} 无法得到"),
                    format!("nothing leads to grade `{code}`"),
                );
            }
        }
    }

    /// The scheme satisfies its own constraints.
    pub(super) fn constraints(&self, scheme: &Scheme) {
        for (constraint, place) in &self.places.constraints {
            let named = usize::from(!constraint.components.is_empty())
                + usize::from(constraint.consequence.is_some());
            if named != 1 || constraint.bounds == Interval::default() {
                self.at(
                    Some(place),
                    "components 与 consequence 应恰有一个，并有界限".into(),
                    "needs exactly one of `components` and `consequence`, and a bound such as `at_least`"
                        .into(),
                );
                continue;
            }
            match &constraint.consequence {
                Some(code) => self.amounts(scheme, code, constraint.bounds, place),
                None => self.weight(scheme, &constraint.components, constraint.bounds, place),
            }
        }
    }

    /// The weight of components together.
    fn weight(&self, scheme: &Scheme, components: &[String], bounds: Interval, place: &(usize, String)) {
        let weights = scheme.weights();
        let mut sum = Decimal::ZERO;
        for id in components {
            match weights.get(id.as_str()) {
                Some(weight) => sum = sum.saturating_add(*weight),
                None => self.at(
                    Some(place),
                    format!("{id} 不在总分之中"),
                    format!("`{id}` is not part of the score"),
                ),
            }
        }
        if !bounds.holds(sum) {
            let sum = sum.normalize();
            self.at(
                Some(place),
                format!("权重合计 {sum}，不符合方案自身的约束"),
                format!("the weight is {sum}, which violates the scheme's own constraint"),
            );
        }
        // The weights of the text are those in effect only while nothing is redistributed.
        for id in components.iter().filter(|id| weights.contains_key(id.as_str())) {
            if bounds.low.is_some() && !never_goes_missing(scheme, id) {
                self.at(
                    Some(place),
                    format!("{id} 无样本时权重会分给其他部分，不符合方案自身的约束；请设 required = true"),
                    format!("without a sample of `{id}` its weight goes to others, which violates the scheme's own constraint: set `required = true`"),
                );
            }
            if bounds.high.is_some() && gains_weight(scheme, id) {
                self.at(
                    Some(place),
                    format!("其他部分无样本时 {id} 的权重会增加，不符合方案自身的约束"),
                    format!("without a sample of another part `{id}` gains its weight, which violates the scheme's own constraint"),
                );
            }
        }
    }

    /// Each amount of a consequence.
    fn amounts(&self, scheme: &Scheme, code: &str, bounds: Interval, place: &(usize, String)) {
        let of_grades = scheme.grades.iter().flat_map(|grade| &grade.consequences);
        let of_rules = scheme.rules.iter().flat_map(|rule| &rule.consequences);
        let named: Vec<_> = of_grades.chain(of_rules).filter(|known| known.code == code).collect();
        if named.is_empty() {
            self.at(Some(place), format!("没有后果 {code}"), format!("there is no consequence `{code}`"));
        }
        for amount in named.iter().map(|known| known.amount.unwrap_or_default()) {
            if !bounds.holds(amount) {
                self.at(
                    Some(place),
                    format!("{code} 的数额 {amount} 不符合方案自身的约束"),
                    format!("the amount {amount} of `{code}` violates the scheme's own constraint"),
                );
            }
        }
    }
}

/// The component that one is part of.
fn parent<'s>(scheme: &'s Scheme, id: &str) -> Option<&'s Component> {
    scheme.components.values().find(|component| component.source.parts().contains(&id))
}

/// Whether there is no score in which the component has no value.
fn never_goes_missing(scheme: &Scheme, id: &str) -> bool {
    let Some(component) = scheme.components.get(id) else { return false };
    if id == scheme.score || component.required || always_has_value(scheme, id) {
        return true;
    }
    let Some(parent) = parent(scheme, id) else { return false };
    let goes_missing_too = match &parent.source {
        Source::Sum(parts) => parts.without_sample == WithoutSample::NotEvaluated,
        // With `zero` a part without a sample keeps its weight, and counts nothing.
        Source::Weighted(parts) => parts.without_sample != WithoutSample::Redistribute,
        Source::Table(_) | Source::RollUp(_) => true,
        _ => false,
    };
    goes_missing_too && never_goes_missing(scheme, &parent.id)
}

/// Whether the component has a value whatever is in a file.
fn always_has_value(scheme: &Scheme, id: &str) -> bool {
    let Some(component) = scheme.components.get(id) else { return false };
    let mut parts = component.source.parts().into_iter().map(|part| always_has_value(scheme, part));
    match &component.source {
        Source::Constant(_) | Source::Records(_) => true,
        Source::Assessments(_) | Source::RollUp(_) => false,
        Source::Residents(source) => source.minimum == 0,
        Source::Metric(source) => source.missing.is_some(),
        Source::Sum(of) | Source::Weighted(of) if of.without_sample == WithoutSample::NotEvaluated => {
            parts.all(|has| has)
        }
        Source::Sum(_) | Source::Weighted(_) | Source::Highest(_) | Source::Lowest(_) => parts.any(|has| has),
        Source::Table(_) => parts.all(|has| has),
    }
}

/// Whether the component gets more than its weight when another part has no value.
fn gains_weight(scheme: &Scheme, id: &str) -> bool {
    let Some(parent) = parent(scheme, id) else { return false };
    let here = match &parent.source {
        Source::Weighted(parts) if parts.without_sample == WithoutSample::Redistribute => {
            parts.parts.iter().any(|part| part.of != id && !never_goes_missing(scheme, &part.of))
        }
        _ => false,
    };
    here || gains_weight(scheme, &parent.id)
}

fn looks_at_score(condition: &Condition) -> bool {
    match condition {
        Condition::All(inner) | Condition::Any(inner) => inner.iter().any(looks_at_score),
        Condition::Not(inner) => looks_at_score(inner),
        Condition::Score(_) => true,
        _ => false,
    }
}
