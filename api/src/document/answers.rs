//! What an answer always has is required of it.
//!
//! A derived schema takes whatever is an `Option` for optional. serde writes each of them, as null
//! where there is none, except those that are skipped; and these are never null
//! (`#[schema(nullable = false)]` stands beside each `skip_serializing_if`; a test reads the
//! sources). So of an answer all that may be null is required.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Adds what is always written to the required fields of each schema that answers use.
pub(super) fn require(document: &mut Value) {
    let names = used_by_answers(document);
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return;
    };
    for (_, schema) in schemas.iter_mut().filter(|(name, _)| names.contains(*name)) {
        require_below(schema);
    }
}

/// The names of the schemas that answers use, directly or through others.
pub(super) fn used_by_answers(document: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let paths = document.get("paths").and_then(Value::as_object);
    for operation in
        paths.into_iter().flat_map(Map::values).filter_map(Value::as_object).flat_map(Map::values)
    {
        if let Some(responses) = operation.get("responses") {
            collect(document, responses, &mut names);
        }
    }
    names
}

fn collect(document: &Value, value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, below) in map {
                match (key.as_str(), below.as_str()) {
                    ("$ref", Some(target)) => {
                        let Some(name) = target.strip_prefix("#/components/schemas/") else { continue };
                        if names.insert(name.to_owned())
                            && let Some(schema) = target.get(1..).and_then(|target| document.pointer(target))
                        {
                            collect(document, schema, names);
                        }
                    }
                    ("example" | "examples", _) => {}
                    _ => collect(document, below, names),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|each| collect(document, each, names)),
        _ => {}
    }
}

fn require_below(schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else { return };
    if let Some(fields) = map.get("properties").and_then(Value::as_object) {
        let required: BTreeSet<&str> = map
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .chain(fields.iter().filter(|(_, field)| may_be_null(field)).map(|(name, _)| name.as_str()))
            .collect();
        // In the order of the fields.
        let required: Vec<&String> = fields.keys().filter(|name| required.contains(name.as_str())).collect();
        if !required.is_empty() {
            let required = json!(required);
            map.insert("required".to_owned(), required);
        }
    }
    for (key, below) in map.iter_mut() {
        match (key.as_str(), below) {
            ("properties", Value::Object(fields)) => fields.values_mut().for_each(require_below),
            ("allOf" | "oneOf" | "anyOf", Value::Array(branches)) => {
                branches.iter_mut().for_each(require_below)
            }
            ("items" | "additionalProperties", below) => require_below(below),
            _ => {}
        }
    }
}

fn may_be_null(schema: &Value) -> bool {
    let null = json!("null");
    let is_null = |kind: &Value| *kind == null || kind.as_array().is_some_and(|all| all.contains(&null));
    let branches = ["oneOf", "anyOf"].into_iter().filter_map(|key| schema.get(key)?.as_array()).flatten();
    schema.get("type").is_some_and(is_null) || branches.into_iter().any(may_be_null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_null_is_required_of_answers_alone() {
        let thing = json!({"type": "object", "required": ["id"], "properties": {
            "firm": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Firm"}]},
            "id": {"type": "string"},
            "note": {"type": ["string", "null"]},
            "skipped": {"type": "string"}
        }});
        let mut document = json!({
            "paths": {"/x": {"get": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/AddThing"}}}},
                "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}}}
            }}},
            "components": {"schemas": {
                "AddThing": thing.clone(),
                "Thing": thing.clone(),
                "Firm": {"type": "object"},
                "Page": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}
            }}
        });
        require(&mut document);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Thing"]["required"], json!(["firm", "id", "note"]));
        assert_eq!(schemas["AddThing"], thing);
    }
}
