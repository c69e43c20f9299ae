//! Rules, outcomes and conditions of a scheme file.

use super::document::Table;
use super::read::{read_interval, read_validity};
use super::read_records::read_categories;
use super::rules::{
    Condition, Consequence, GRADE, Interval, ListKind, Move, OutcomeRule, RecordCondition, Rule,
};
use crate::catalogue::Catalogue;
use crate::evaluation::{Outcome, Status};

pub(super) fn read_rule(table: &mut Table<'_, '_>, catalogue: &Catalogue) -> Option<Rule> {
    let id = table.identifier("id");
    let reason = table.text("reason");
    if id.as_deref() == Some(GRADE) {
        table.fault_at("id", "grade 指等级本身的后果", "`grade` names what follows from a grade itself");
    }
    let moves: Vec<Move> = [
        table.string_if("at_most").map(Move::AtMost),
        table.string_if("at_least").map(Move::AtLeast),
        table.string_if("grade").map(Move::To),
    ]
    .into_iter()
    .flatten()
    .collect();
    if moves.len() > 1 {
        table.fault(
            "at_most、at_least、grade 只能有一个",
            "only one of `at_most`, `at_least` and `grade` can stand",
        );
    }
    let list: Option<ListKind> = table.word_if("list");
    let list_validity = read_validity(table, "list_validity");
    if list_validity.is_some() && list.is_none() {
        table.fault_at("list_validity", "没有 list", "stands without `list`");
    }
    let lasts = read_validity(table, "lasts");
    if lasts.is_some() && list_validity.is_some() {
        table.fault_at(
            "list_validity",
            "lasts 与 list_validity 只能有一个",
            "only one of `lasts` and `list_validity` can stand",
        );
    }
    let when = read_condition_of(table, "when", catalogue);
    if lasts.is_some() && when.as_ref().is_some_and(|when| !when.rests_on_records()) {
        table.fault_at(
            "lasts",
            "只有以信息为条件的规则（veto，或只有 at_least 的 records）可以延续",
            "only a rule about records can last: `veto`, or `records` with `at_least` and without `at_most`",
        );
    }
    let lifted_when = table.has("lifted_when").then(|| read_condition_of(table, "lifted_when", catalogue));
    if lifted_when.is_some() && when.as_ref().is_some_and(|when| !when.names_records()) {
        table.fault_at(
            "lifted_when",
            "只有以信息为条件的规则可以解除",
            "only a rule about records can be lifted: it has no `veto` and no `records` with `at_least`",
        );
    }
    let consequences = read_consequences(table);
    if moves.is_empty() && list.is_none() && consequences.is_empty() {
        table.fault(
            "规则没有任何作用",
            "the rule does nothing: give it `at_most`, `at_least`, `grade`, `list` or `consequences`",
        );
    }
    let moves = moves.into_iter().next();
    let lifted_when = match lifted_when {
        Some(condition) => Some(condition?),
        None => None,
    };
    Some(Rule {
        id: id?,
        reason: reason?,
        when: when?,
        moves,
        list,
        list_validity,
        lasts,
        lifted_when,
        consequences,
    })
}

/// What follows from a rule or a grade.
pub(super) fn read_consequences(table: &mut Table<'_, '_>) -> Vec<Consequence> {
    let mut consequences = Vec::new();
    for mut entry in table.tables("consequences") {
        consequences.extend(read_consequence(&mut entry));
        entry.finish();
    }
    consequences
}

fn read_consequence(table: &mut Table<'_, '_>) -> Option<Consequence> {
    let code = table.identifier("code");
    let text = table.text("text");
    let effect = table.word("effect");
    let amount = table.number_if("amount");
    let unit = table.string_if("unit");
    if amount.is_some() != unit.is_some() {
        table.fault("amount 与 unit 须同时出现", "`amount` and `unit` must stand together");
    }
    let up_to_months = table.count_if("up_to_months", 1, 600);
    Some(Consequence { code: code?, text: text?, effect: effect?, amount, unit, up_to_months })
}

pub(super) fn read_outcome(table: &mut Table<'_, '_>, catalogue: &Catalogue) -> Option<OutcomeRule> {
    let outcome = table.word::<Outcome>("outcome");
    if outcome == Some(Outcome::Evaluated) {
        table.fault_at("outcome", "不可为 evaluated", "must not be `evaluated`");
    }
    let reason = table.text("reason");
    let when = read_condition_of(table, "when", catalogue);
    Some(OutcomeRule { outcome: outcome?, when: when?, reason: reason? })
}

fn read_condition_of(table: &mut Table<'_, '_>, key: &str, catalogue: &Catalogue) -> Option<Condition> {
    let Some(mut when) = table.table_if(key) else {
        if !table.has(key) {
            table.fault(format!("缺少 {key}"), format!("`{key}` is missing"));
        }
        return None;
    };
    let condition = read_condition(&mut when, catalogue);
    when.finish();
    condition
}

/// A condition is a table with exactly one key.
fn read_condition(table: &mut Table<'_, '_>, catalogue: &Catalogue) -> Option<Condition> {
    let keys = table.keys();
    let [key] = keys.as_slice() else {
        table.fault(
            "条件应恰有一个键；多个条件请用 all 或 any",
            "a condition has exactly one key; join several by `all` or `any`",
        );
        return None;
    };
    match key.as_str() {
        "all" | "any" => {
            let entries = table.tables(key);
            let count = entries.len();
            if count == 0 {
                table.fault_at(key, "为空", "is empty");
            }
            let mut conditions = Vec::new();
            for mut entry in entries {
                conditions.extend(read_condition(&mut entry, catalogue));
                entry.finish();
            }
            if conditions.len() < count {
                return None;
            }
            Some(if key == "all" { Condition::All(conditions) } else { Condition::Any(conditions) })
        }
        "not" => {
            let mut inner = table.table_if("not")?;
            let condition = read_condition(&mut inner, catalogue);
            inner.finish();
            Some(Condition::Not(Box::new(condition?)))
        }
        "score" => {
            let mut inner = table.table_if("score")?;
            let interval = read_bounds(&mut inner);
            inner.finish();
            Some(Condition::Score(interval))
        }
        "component" => {
            let mut inner = table.table_if("component")?;
            let id = inner.string("id");
            let interval = read_bounds(&mut inner);
            inner.finish();
            Some(Condition::Component(id?, interval))
        }
        "no_sample" => table.string("no_sample").map(Condition::NoSample),
        "records" => {
            let mut inner = table.table_if("records")?;
            let condition = read_record_condition(&mut inner, catalogue);
            inner.finish();
            Some(Condition::Records(condition))
        }
        "veto" => read_true(table, "veto").map(|()| Condition::Veto),
        "no_project" => read_true(table, "no_project").map(|()| Condition::NoProject),
        "status" => table.word::<Status>("status").map(Condition::Status),
        "younger_than_months" => table.count("younger_than_months", 1, 240).map(Condition::YoungerThan),
        other => {
            table.fault_at(other, format!("未知的条件 {other}"), format!("unknown condition `{other}`"));
            // It is named above; `finish` need not name it again.
            table.keys_are_known();
            None
        }
    }
}

fn read_true(table: &mut Table<'_, '_>, key: &str) -> Option<()> {
    match table.flag_if(key)? {
        true => Some(()),
        false => {
            table.fault_at(key, "请用 not 表示否定", "must be true; use `not` for the opposite");
            None
        }
    }
}

fn read_bounds(table: &mut Table<'_, '_>) -> Interval {
    let interval = read_interval(table, "at_least", "above", "at_most", "below");
    if interval == Interval::default() {
        table.fault(
            "缺少 at_least、above、at_most 或 below",
            "needs `at_least`, `above`, `at_most` or `below`",
        );
    }
    interval
}

fn read_record_condition(table: &mut Table<'_, '_>, catalogue: &Catalogue) -> RecordCondition {
    let condition = RecordCondition {
        kind: table.word_if("kind"),
        categories: read_categories(table, catalogue, None),
        severities: table.words("severities"),
        levels: table.words("levels"),
        within: read_validity(table, "within"),
        disputed: table.flag("disputed"),
        at_least: table.count_if("at_least", 1, 100_000),
        at_most: table.count_if("at_most", 0, 100_000),
    };
    if condition.at_least.is_none() && condition.at_most.is_none() {
        table.fault("缺少 at_least 或 at_most", "needs `at_least` or `at_most`");
    }
    condition
}
