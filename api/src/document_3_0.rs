//! The OpenAPI document written in version 3.0, for generators that do not know 3.1.
//!
//! What differs: 3.0 says `nullable: true` where 3.1 has the type `null`, a Boolean `exclusiveMinimum`, one `example` for `examples`, `enum` for `const`, and
//! ignores what stands beside a `$ref`.

use serde_json::{Map, Value, json};

/// The same document in version 3.0.3.
pub fn convert(mut document: Value) -> Value {
    if let Some(root) = document.as_object_mut() {
        root.insert("openapi".to_owned(), json!("3.0.3"));
        root.remove("jsonSchemaDialect");
        if let Some(license) = root.get_mut("info").and_then(|info| info.get_mut("license")) {
            // `identifier` came with 3.1.
            if let Some(license) = license.as_object_mut() {
                license.remove("identifier");
            }
        }
    }
    rewrite(&mut document);
    document
}

fn rewrite(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(rewrite),
        Value::Object(object) => {
            // An example is data: a member of it that is called `type` is no schema's.
            for (key, inner) in object.iter_mut() {
                if !matches!(key.as_str(), "example" | "examples" | "default" | "enum" | "const") {
                    rewrite(inner);
                }
            }
            if is_schema(object) {
                rewrite_schema(object);
            }
        }
        _ => {}
    }
}

fn is_schema(object: &Map<String, Value>) -> bool {
    ["type", "oneOf", "anyOf", "allOf", "const", "$ref"].iter().any(|key| object.contains_key(*key))
        && !object.contains_key("in")
}

fn rewrite_schema(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get("type").cloned() {
        let mut named: Vec<Value> = types.iter().filter(|each| *each != "null").cloned().collect();
        if named.len() < types.len() {
            schema.insert("nullable".to_owned(), json!(true));
        }
        if named.len() == 1 {
            schema.insert("type".to_owned(), named.remove(0));
        } else {
            schema.remove("type");
        }
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(Value::Array(options)) = schema.get(key).cloned() {
            let mut kept: Vec<Value> =
                options.iter().filter(|each| each.get("type") != Some(&json!("null"))).cloned().collect();
            if kept.len() == options.len() {
                continue;
            }
            schema.insert("nullable".to_owned(), json!(true));
            schema.remove(key);
            if kept.len() == 1 {
                // Beside a `$ref` nothing counts in 3.0, so the reference stands alone in an `allOf`.
                schema.insert("allOf".to_owned(), Value::Array(vec![kept.remove(0)]));
            } else {
                schema.insert(key.to_owned(), Value::Array(kept));
            }
        }
    }
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if let Some(number) = schema.get(exclusive).filter(|value| value.is_number()).cloned() {
            schema.insert(bound.to_owned(), number);
            schema.insert(exclusive.to_owned(), json!(true));
        }
    }
    if let Some(Value::Array(examples)) = schema.get("examples").cloned() {
        schema.remove("examples");
        if let Some(first) = examples.into_iter().next() {
            schema.insert("example".to_owned(), first);
        }
    }
    if let Some(constant) = schema.remove("const") {
        schema.insert("enum".to_owned(), Value::Array(vec![constant]));
    }
    schema.remove("propertyNames");
    if schema.contains_key("$ref") && schema.len() > 1 {
        let reference = schema.remove("$ref").unwrap_or_default();
        schema.insert("allOf".to_owned(), json!([{"$ref": reference}]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_rewritten_and_examples_are_left_alone() {
        let before = json!({
            "openapi": "3.1.0", "info": {"license": {"name": "x", "identifier": "x"}},
            "components": {"schemas": {"A": {
                "type": "object", "example": {"type": ["string", "null"]},
                "properties": {
                    "a": {"type": ["string", "null"], "examples": ["x", "y"]},
                    "b": {"oneOf": [{"type": "null"}, {"$ref": "#/b"}]},
                    "c": {"$ref": "#/c", "description": "c"},
                    "d": {"type": "number", "exclusiveMinimum": 0}
                }
            }}}
        });
        assert_eq!(
            convert(before),
            json!({
                "openapi": "3.0.3", "info": {"license": {"name": "x"}},
                "components": {"schemas": {"A": {
                    "type": "object", "example": {"type": ["string", "null"]},
                    "properties": {
                        "a": {"type": "string", "nullable": true, "example": "x"},
                        "b": {"nullable": true, "allOf": [{"$ref": "#/b"}]},
                        "c": {"allOf": [{"$ref": "#/c"}], "description": "c"},
                        "d": {"type": "number", "minimum": 0, "exclusiveMinimum": true}
                    }
                }}}
            })
        );
    }
}
