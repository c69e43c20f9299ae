//! What the audit keeps of a change: what was before, and what is after.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};
use xinwu_domain::proposal::Change;
use xinwu_store::{Result, StoreError};

/// Fields that follow from the change itself, and from who made it.
const ALWAYS: [&str; 3] = ["updated_at", "steps", "people"];

/// What is written down of something new: each field that it has, with null before.
pub(crate) fn with_all_new(mut detail: Value) -> Value {
    if let Some(fields) = detail.as_object_mut() {
        let has_something = |(_, after): &(&String, &Value)| !after.is_null();
        let new = |(field, after): (&String, &Value)| json!({"field": field, "before": null, "after": after});
        let changes: Vec<Value> = fields.iter().filter(has_something).map(new).collect();
        fields.insert("changes".to_owned(), changes.into());
    }
    detail
}

/// What is written down of an edit, with each field in which two views of the object differ.
pub(crate) fn with_changes<V: Serialize>(mut detail: Value, before: &V, after: &V) -> Result<Value> {
    let json = |view: &V| {
        serde_json::to_value(view)
            .map_err(|error| StoreError::internal(format!("a view cannot be written: {error}")))
    };
    let (before, after) = (json(before)?, json(after)?);
    let fields: BTreeSet<&str> = [&before, &after]
        .into_iter()
        .filter_map(Value::as_object)
        .flat_map(|fields| fields.keys())
        .map(String::as_str)
        .filter(|field| !ALWAYS.contains(field))
        .collect();
    let changes = Change::between(&before, &after, &Vec::from_iter(fields));
    if let Some(fields) = detail.as_object_mut() {
        let changes = serde_json::to_value(changes)
            .map_err(|error| StoreError::internal(format!("changes cannot be written: {error}")))?;
        fields.insert("changes".to_owned(), changes);
    }
    Ok(detail)
}
