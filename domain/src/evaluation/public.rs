//! What everyone may see of an evaluation.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::grade::explain;
use super::number::sum;
use super::result::{Evaluation, ItemSource, ScoreItem};
use crate::scheme::ListKind;
use crate::text::Text;

/// The evaluation as the public sees it: lines whose record is not public are merged into one
/// `unpublished` line, and reasons that rest on such records alone do not say what they are. Score,
/// grade and lists stay, and the lines still sum exactly to the score (DOMAIN: "Who sees what is
/// decided now"). What puts the subject on the black list keeps its rule's words, whatever became
/// of the record: nobody is barred for what is not told.
pub fn public(evaluation: &Evaluation, is_public: impl Fn(&str) -> bool) -> Evaluation {
    let mut shown = evaluation.clone();
    // A cap names the item or group that it cut: where no record of it is shown, the cap would tell
    // of those hidden.
    let open: BTreeSet<_> = evaluation
        .items
        .iter()
        .filter(|item| item.source == ItemSource::Record && item.id.as_deref().is_some_and(&is_public))
        .flat_map(|item| [(&item.group, &item.rule), (&item.group, &None)])
        .collect();
    let hidden = |item: &ScoreItem| match item.source {
        ItemSource::Record => !item.id.as_deref().is_some_and(&is_public),
        ItemSource::Cap => item.group.is_some() && !open.contains(&(&item.group, &item.rule)),
        _ => false,
    };
    let (secret, mut items): (Vec<_>, Vec<_>) = shown.items.into_iter().partition(hidden);
    if !secret.is_empty() {
        items.push(unpublished(&secret));
    }
    shown.items = items;
    shown.unmatched.retain(|unmatched| is_public(&unmatched.record));
    let black: BTreeSet<&String> = evaluation
        .lists
        .iter()
        .filter(|listing| listing.list == ListKind::Black)
        .map(|listing| &listing.rule)
        .collect();
    for listing in &mut shown.lists {
        let told = listing.reason.clone();
        conceal(&mut listing.records, &mut listing.reason, &is_public);
        if listing.list == ListKind::Black {
            listing.reason = told;
        }
    }
    for rule in &mut shown.why.rules {
        let told = rule.reason.clone();
        // Its last day is that of a record.
        if !rule.records.iter().all(|record| is_public(record)) {
            rule.until = None;
        }
        conceal(&mut rule.records, &mut rule.reason, &is_public);
        if black.contains(&rule.rule) {
            rule.reason = told;
        }
        for step in rule.ways_out.iter_mut().flatten() {
            if !step.records.iter().all(|record| is_public(record)) {
                step.until = None;
                step.records.retain(|record| is_public(record));
                step.text = unpublished_end();
            }
            // How many there are already would tell of those that are not public.
            if step.count.take().is_some() {
                step.text = Text::new("再有符合条件的信息", "More such records");
            }
        }
    }
    shown.why.text = explain(shown.score, shown.grade.as_deref(), &shown.why);
    let concealed: BTreeSet<_> = evaluation
        .lists
        .iter()
        .map(|listing| (&listing.rule, &listing.records))
        .chain(evaluation.why.rules.iter().map(|rule| (&rule.rule, &rule.records)))
        .filter(|(_, records)| !records.is_empty() && !records.iter().any(|record| is_public(record)))
        .map(|(rule, _)| rule)
        .filter(|rule| !black.contains(rule))
        .collect();
    for consequence in &mut shown.consequences {
        if concealed.contains(&consequence.rule) {
            consequence.text = unpublished_reason();
        }
    }
    shown
}

fn unpublished(secret: &[ScoreItem]) -> ScoreItem {
    let name = Text::new("未公开或不再公开的信息", "Information that is not, or no longer, public");
    let contribution = sum(secret.iter().map(|item| item.contribution));
    ScoreItem { contribution, ..ScoreItem::of(ItemSource::Unpublished, "", name, contribution) }
}

/// Drops the records that are not public, and the reason where none is left.
fn conceal(records: &mut Vec<String>, reason: &mut Text, is_public: impl Fn(&str) -> bool) {
    let before = records.len();
    records.retain(|record| is_public(record));
    if records.is_empty() && before > 0 {
        *reason = unpublished_reason();
    }
}

fn unpublished_end() -> Text {
    Text::new("未公开的信息不再有效", "The end of information that is not public")
}

fn unpublished_reason() -> Text {
    Text::new("依据未公开的信息", "On information that is not public")
}

/// The sum of the lines' contributions: exactly the score of an evaluated subject.
pub fn sum_of_items(evaluation: &Evaluation) -> Decimal {
    sum(evaluation.items.iter().map(|item| item.contribution))
}
