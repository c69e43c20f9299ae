//! The steps of a record's life in a scheme file.

use super::document::Table;
use super::procedure::{Procedure, Step, StepKind};
use crate::access::Role;
use crate::catalogue::RecordKind;

pub(super) fn read_procedure(table: &mut Table<'_, '_>) -> Procedure {
    let kind = table.word_if("kind");
    let severities = table.words("severities");
    let mut steps: Vec<Step> = Vec::new();
    for mut entry in table.tables("steps") {
        if let Some(step) = read_step(&mut entry) {
            if steps.iter().any(|known| known.kind == step.kind) {
                entry.fault_at("step", "步骤重复", "this step stands twice");
            }
            steps.push(step);
        }
        entry.finish();
    }
    for (kind, word) in [(StepKind::Record, "record"), (StepKind::Confirm, "confirm")] {
        if !steps.iter().any(|step| step.kind == kind) {
            table.fault(format!("缺少步骤 {word}"), format!("there is no step `{word}`"));
        }
    }
    let notify_working_days = read_notify(table);
    if notify_working_days.is_some() && kind == Some(RecordKind::Reward) {
        table.fault_at("notify", "奖励信息无须告知", "nobody has to be heard about a reward");
    }
    Procedure { kind, severities, notify_working_days, steps }
}

fn read_notify(table: &mut Table<'_, '_>) -> Option<u32> {
    let mut notify = table.table_if("notify")?;
    let days = notify.count("working_days", 1, 60);
    notify.finish();
    days
}

fn read_step(table: &mut Table<'_, '_>) -> Option<Step> {
    let kind = table.word("step");
    let by = table.words_among("by", &[Role::Community, Role::Street, Role::District, Role::City]);
    if by.is_empty() && !table.has("by") {
        table.fault("缺少 by", "`by` is missing");
    }
    let working_days = table.count_if("working_days", 1, 250);
    let complex_working_days = table.count_if("complex_working_days", 1, 250);
    if let Some(complex) = complex_working_days
        && working_days.is_none_or(|plain| plain > complex)
    {
        table.fault_at(
            "complex_working_days",
            "不应短于 working_days",
            "needs `working_days` and must not be shorter",
        );
    }
    if complex_working_days.is_some() && kind.is_some_and(|kind| kind != StepKind::DecideObjection) {
        table.fault_at(
            "complex_working_days",
            "只有处理异议时可以申明案情复杂",
            "a case is declared complex only where an objection is decided",
        );
    }
    Some(Step { kind: kind?, by, working_days, complex_working_days })
}
