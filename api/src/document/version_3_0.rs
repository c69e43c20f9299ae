//! OpenAPI 3.1 to 3.0.3, for generators that know no newer version. What 3.0 cannot say is said as
//! nearly as it can.

use serde_json::{Map, Value, json};

/// Keys whose values are data, not parts of the document: they stay as they are.
const DATA: [&str; 4] = ["example", "default", "enum", "value"];

/// The same document as OpenAPI 3.0.3.
pub fn convert(document: &Value) -> Value {
    let mut old = document.clone();
    if let Some(root) = old.as_object_mut() {
        root.insert("openapi".to_owned(), json!("3.0.3"));
        root.remove("jsonSchemaDialect");
        root.remove("webhooks");
    }
    if let Some(schemas) = old.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.values_mut().for_each(schema);
    }
    schemas_below(&mut old);
    one_type_a_request(&mut old);
    old
}

/// Generators take one type of a request's body: of several, bytes are all of them.
fn one_type_a_request(document: &mut Value) {
    const BYTES: &str = "application/octet-stream";
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for operation in
        paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut).flat_map(Map::values_mut)
    {
        let content = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
        if let Some(content) = content
            && let Some(mut media) = content.remove(BYTES)
        {
            content.clear();
            if let Some(media) = media.as_object_mut() {
                media.insert("schema".to_owned(), json!({"type": "string", "format": "binary"}));
            }
            content.insert(BYTES.to_owned(), media);
        }
    }
}

/// Finds the schemas of parameters, bodies and headers and converts each.
fn schemas_below(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, below) in map.iter_mut() {
                match key.as_str() {
                    "schema" => schema(below),
                    // Converted already.
                    "schemas" => {}
                    key if DATA.contains(&key) => {}
                    _ => schemas_below(below),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(schemas_below),
        _ => {}
    }
}

/// Converts one schema and those within it.
fn schema(value: &mut Value) {
    let Some(map) = value.as_object_mut() else {
        // `true` and `false` are schemas in 3.1 alone.
        if let Value::Bool(anything) = value {
            *value = if *anything { json!({}) } else { json!({"not": {}}) };
        }
        return;
    };
    for key in ["properties", "patternProperties", "$defs"] {
        if let Some(below) = map.get_mut(key).and_then(Value::as_object_mut) {
            below.values_mut().for_each(schema);
        }
    }
    for key in ["items", "not"] {
        if let Some(below) = map.get_mut(key) {
            schema(below);
        }
    }
    if let Some(below) = map.get_mut("additionalProperties")
        && below.is_object()
    {
        schema(below);
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(branches) = map.get_mut(key).and_then(Value::as_array_mut) {
            branches.iter_mut().for_each(schema);
        }
    }
    tuple(map);
    types(map);
    limits(map);
    if let Some(only) = map.remove("const") {
        map.insert("enum".to_owned(), json!([only]));
    }
    if let Some(Value::Array(examples)) = map.remove("examples")
        && let Some(first) = examples.into_iter().next()
    {
        map.entry("example").or_insert(first);
    }
    if map.remove("contentMediaType").is_some() || map.remove("contentEncoding").is_some() {
        map.insert("format".to_owned(), json!("binary"));
    }
    for key in ["propertyNames", "patternProperties", "$defs", "$schema", "unevaluatedProperties"] {
        map.remove(key);
    }
    // In 3.0 nothing may stand beside a `$ref`.
    if map.len() > 1
        && let Some(target) = map.remove("$ref")
    {
        map.insert("allOf".to_owned(), json!([{"$ref": target}]));
    }
}

/// A tuple becomes a list of any of its members.
fn tuple(map: &mut Map<String, Value>) {
    let Some(Value::Array(mut members)) = map.remove("prefixItems") else { return };
    members.iter_mut().for_each(schema);
    map.insert("minItems".to_owned(), json!(members.len()));
    map.insert("maxItems".to_owned(), json!(members.len()));
    map.insert("items".to_owned(), json!({"anyOf": members}));
}

/// `type: [T, null]` becomes T, nullable; a list of several types becomes `anyOf`.
fn types(map: &mut Map<String, Value>) {
    match map.remove("type") {
        Some(Value::Array(mut types)) => {
            let before = types.len();
            types.retain(|each| each != "null");
            if types.len() < before {
                map.insert("nullable".to_owned(), json!(true));
            }
            match types.as_slice() {
                [only] => {
                    map.insert("type".to_owned(), only.clone());
                }
                several => {
                    let branches: Vec<Value> = several.iter().map(|each| json!({"type": each})).collect();
                    map.insert("anyOf".to_owned(), Value::Array(branches));
                }
            }
        }
        // `nullable` says nothing without a type beside it, and what has no type may be null.
        Some(Value::String(only)) if only == "null" => {
            map.insert("enum".to_owned(), json!([null]));
        }
        Some(only) => {
            map.insert("type".to_owned(), only);
        }
        None => {}
    }
}

/// Exclusive limits are numbers in 3.1 and flags in 3.0.
fn limits(map: &mut Map<String, Value>) {
    for (exclusive, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if map.get(exclusive).is_some_and(Value::is_number)
            && let Some(number) = map.remove(exclusive)
        {
            map.insert(limit.to_owned(), number);
            map.insert(exclusive.to_owned(), json!(true));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(from: Value) -> Value {
        let document = json!({"openapi": "3.1.0", "info": {}, "components": {"schemas": {"It": from}}});
        convert(&document)["components"]["schemas"]["It"].clone()
    }

    #[test]
    fn what_may_be_null_is_nullable() {
        assert_eq!(
            converted(json!({"type": ["string", "null"]})),
            json!({"type": "string", "nullable": true})
        );
        assert_eq!(
            converted(json!({"oneOf": [{"type": "null"}, {"$ref": "#/x", "description": "d"}]})),
            json!({"oneOf": [
                {"enum": [null]},
                {"description": "d", "allOf": [{"$ref": "#/x"}]}
            ]})
        );
    }

    #[test]
    fn limits_examples_and_constants_are_said_the_old_way() {
        assert_eq!(
            converted(json!({"type": "number", "exclusiveMinimum": 0, "examples": [1, 2]})),
            json!({"type": "number", "minimum": 0, "exclusiveMinimum": true, "example": 1})
        );
        assert_eq!(converted(json!({"const": "a"})), json!({"enum": ["a"]}));
        assert_eq!(
            converted(json!({"prefixItems": [{"type": "string"}, {"type": "integer"}]})),
            json!({"minItems": 2, "maxItems": 2, "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}})
        );
    }

    #[test]
    fn examples_are_data_and_stay() {
        let example = json!({"type": ["string", "null"], "const": 1});
        assert_eq!(converted(json!({"type": "object", "example": example.clone()}))["example"], example);
    }
}
