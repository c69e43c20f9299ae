//! Groups and items of a records component.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::check;
use super::document::Table;
use super::read::read_validity;
use super::sources::{Count, Group, Item, Points, Records, Through, Validity};
use crate::catalogue::{Catalogue, Level, RecordKind, Severity};
use crate::text::Text;
use crate::word::Word;

pub(super) fn read_records(
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
    let longer_by = read_longer_by(table, kind);
    let mut read = Vec::new();
    for mut entry in table.tables("item") {
        if let Some(item) =
            read_item(&mut entry, catalogue, kind, (validity, longer_by.as_ref()), &level_times)
        {
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
    for value in W::VARIANTS {
        if let Some(number) = read_positive(&mut inner, (*value).into()) {
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
    (validity, longer_by): (Validity, Option<&Text>),
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
    let count = table.word_if("count").unwrap_or(Count::Each);
    let fixed = matches!(points, Some(Points::Fixed(_))) && level_times.is_empty();
    if count == Count::Once && points.is_some() && !fixed {
        table.fault_at(
            "count",
            "once 只能用于固定分值；分值不一时请用 highest",
            "`once` needs the same points for all; where they differ use `highest`",
        );
    }
    let cap = read_positive(table, "cap");
    let validity = read_validity(table, "validity").unwrap_or(validity);
    let longer_by = read_longer_by(table, kind).or_else(|| longer_by.cloned());
    let veto = table.flag("veto");
    if veto && kind == Some(RecordKind::Reward) {
        table.fault_at("veto", "良好信息不能一票否决", "a reward cannot be a veto");
    }
    let (id, name, points) = (id?, name?, points?);
    Some(Item {
        id,
        name,
        categories,
        severities,
        levels,
        points,
        level_times,
        count,
        cap,
        validity,
        longer_by,
        veto,
    })
}

/// What a group or item cites for counting longer than a penalty's severity may be public.
fn read_longer_by(table: &mut Table<'_, '_>, kind: Option<RecordKind>) -> Option<Text> {
    let text = table.text_if("longer_by")?;
    if kind == Some(RecordKind::Reward) {
        table.fault_at("longer_by", "只用于不良信息", "is for penalties: a reward may stay public");
    }
    Some(text)
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
                format!("category `{code}` is a {}, unlike its group", category.kind.into_str()),
            ),
            Some(_) => {}
        }
    }
    categories
}

fn read_points(table: &mut Table<'_, '_>) -> Option<Points> {
    let keys = ["points", "by_level", "by_severity", "range"];
    let current_grade: Vec<_> = keys.into_iter().filter(|key| table.has(key)).collect();
    let [key] = current_grade.as_slice() else {
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
