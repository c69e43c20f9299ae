//! Puts the bounds that the tables have ([`super::bounds`]) into the document, and names the forms
//! that stand in many places.

use serde_json::{Map, Value, json};

use super::answers::used_by_answers;
use super::bounds::Bound::{Format, From, Length, Pattern, Range, Text, Words};
use super::bounds::{ANSWERS, ASKED, HEADERS, NAMED, PARAMETERS, Table};

/// Adds the bounds of every field, parameter and header.
pub(super) fn add(document: &mut Value) {
    let answers = used_by_answers(document);
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for (name, schema) in schemas.into_iter().flatten() {
        let table = if answers.contains(name) { ANSWERS } else { ASKED };
        if schema.get("properties").is_none() {
            bind(schema, table, name, name);
        }
        fields(schema, table, name);
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths.into_iter().flatten().flat_map(|(path, item)| {
        let operations = item.as_object_mut().into_iter().flat_map(Map::values_mut);
        operations.map(move |operation| (path, operation))
    });
    for (path, operation) in operations {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        for response in responses.into_iter().flat_map(Map::values_mut) {
            let headers = response.get_mut("headers").and_then(Value::as_object_mut);
            for (name, header) in headers.into_iter().flatten() {
                if let Some(schema) = header.get_mut("schema") {
                    bind(schema, HEADERS, &id, name);
                }
            }
        }
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
            let name = format!("{}.{}", text("in"), text("name"));
            let before = path.split(&format!("/{{{}}}", text("name"))).next().unwrap_or_default();
            let owner = match text("in") {
                "path" => before.rsplit('/').next().unwrap_or_default(),
                _ => &id,
            };
            if let Some(schema) = parameter.get_mut("schema") {
                bind(schema, PARAMETERS, owner, &name);
            }
        }
    }
}

fn fields(schema: &mut Value, table: Table, owner: &str) {
    let Some(map) = schema.as_object_mut() else { return };
    for (key, below) in map.iter_mut() {
        match (key.as_str(), below) {
            ("properties", Value::Object(fields)) => {
                for (name, field) in fields {
                    bind(field, table, owner, name);
                }
            }
            ("allOf" | "oneOf" | "anyOf", Value::Array(branches)) => {
                branches.iter_mut().for_each(|branch| fields(branch, table, owner));
            }
            _ => {}
        }
    }
}

/// Adds to one schema the bound that its name has, where it has none of its own.
fn bind(schema: &mut Value, table: Table, owner: &str, name: &str) {
    for (key, below) in [("items", "items"), ("additionalProperties", "values")] {
        if let Some(held) = schema.get_mut(key) {
            bind(held, table, owner, &format!("{name}.{below}"));
        }
    }
    let Some(map) = schema.as_object_mut() else { return };
    let of = |kind: &str| match map.get("type") {
        Some(Value::String(only)) => only == kind,
        Some(Value::Array(types)) => types.iter().any(|each| each == kind),
        _ => false,
    };
    let (is_text, is_list, may_be_null) = (of("string"), of("array"), of("null"));
    let (is_whole, is_number) = (of("integer"), of("integer") || of("number"));
    if ["enum", "pattern", "maximum", "maxLength", "maxItems"].iter().any(|key| map.contains_key(*key))
        || is_text && map.contains_key("format")
        || !(is_text || is_list || is_number)
    {
        return;
    }
    let whole = format!("{owner}.{name}");
    let found = [whole.as_str(), name]
        .iter()
        .find_map(|wanted| table.iter().find(|(_, names)| names.contains(wanted)).map(|(bound, _)| *bound));
    // A whole number that nothing else is said of counts something.
    let bound = found.or((is_whole && !map.contains_key("minimum")).then_some(From(0)));
    let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
    match bound {
        Some(Format(format)) if is_text => drop(put("format", json!(format))),
        Some(Pattern(pattern)) if is_text => drop(put("pattern", json!(pattern))),
        Some(Words(words)) if is_text => {
            let null = may_be_null.then_some(Value::Null);
            let all: Vec<Value> = words.iter().map(|word| json!(word)).chain(null).collect();
            put("enum", json!(all));
        }
        Some(Length(least, most)) if is_text || is_list => {
            let [from, to] = if is_text { ["minLength", "maxLength"] } else { ["minItems", "maxItems"] };
            if least > 0 {
                put(from, json!(least));
            }
            put(to, json!(most));
        }
        Some(Text(most)) if is_text => {
            put("maxLength", json!(most));
            put("pattern", json!(r"\S"));
        }
        Some(Range(least, most)) if is_number => {
            put("minimum", json!(least));
            put("maximum", json!(most));
        }
        Some(From(least)) if is_number => drop(put("minimum", json!(least))),
        _ => {}
    }
}

/// Names what has one of the [`NAMED`] forms and is never null.
pub(super) fn name(document: &mut Value) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, description, bound) in NAMED {
        let whole = match bound {
            Pattern(pattern) => json!({"type": "string", "description": description, "pattern": pattern}),
            Words(words) => json!({"type": "string", "description": description, "enum": words}),
            _ => continue,
        };
        let mut is_used = false;
        // What has a name already keeps it.
        let parts = schemas.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
        parts.for_each(|part| is_used |= name_below(part, name, &whole));
        if is_used {
            schemas.insert(name.to_owned(), whole);
        }
    }
    schemas.sort_keys();
}

/// Names the parts of a schema that are the `whole` but for what they say of themselves.
fn name_below(value: &mut Value, name: &str, whole: &Value) -> bool {
    let is_it = ["type", "pattern", "enum"].iter().all(|key| value.get(key) == whole.get(key));
    match value {
        Value::Object(map) if is_it && map.keys().all(|key| whole.get(key).is_some()) => {
            map.retain(|key, value| key == "description" && whole.get(key) != Some(value));
            map.insert("$ref".to_owned(), json!(format!("#/components/schemas/{name}")));
            true
        }
        // Each of them, and not only up to the first that has it.
        Value::Object(map) => {
            let parts = map.iter_mut().filter(|(key, _)| *key != "example");
            parts.filter_map(|(_, below)| name_below(below, name, whole).then_some(())).count() > 0
        }
        Value::Array(items) => {
            items.iter_mut().filter_map(|below| name_below(below, name, whole).then_some(())).count() > 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::bounds::USCC;

    #[test]
    fn a_form_has_a_name_where_it_is_never_null() {
        let Pattern(pattern) = USCC else { panic!("a pattern") };
        let of = |kind: Value, text: &str| json!({"type": kind, "pattern": pattern, "description": text});
        let usual = "The unified social credit code.";
        let mut document = json!({"components": {"schemas": {"Firm": {"properties": {
            "uscc": of(json!("string"), usual),
            "branch": of(json!("string"), "The branch's."),
            "parent": of(json!(["string", "null"]), usual)
        }}}}});
        name(&mut document);
        let reference = "#/components/schemas/FirmCode";
        assert_eq!(
            document["components"]["schemas"],
            json!({
                "FirmCode": of(json!("string"), usual),
                "Firm": {"properties": {
                    "uscc": {"$ref": reference},
                    "branch": {"$ref": reference, "description": "The branch's."},
                    "parent": of(json!(["string", "null"]), usual)
                }}
            })
        );
    }

    #[test]
    fn a_name_has_one_form_in_answers_and_another_in_what_is_asked() {
        let uscc =
            json!({"properties": {"uscc": {"type": ["string", "null"]}, "count": {"type": "integer"}}});
        let reference = json!({"$ref": "#/components/schemas/Firm"});
        let mut document = json!({
            "paths": {"/x": {"get": {
                "parameters": [{"name": "uscc", "in": "path", "schema": {"type": "string"}}],
                "responses": {"200": {"content": {"application/json": {"schema": reference}}}}
            }}},
            "components": {"schemas": {"Firm": uscc.clone(), "NewFirm": uscc}}
        });
        add(&mut document);
        let Pattern(pattern) = USCC else { panic!("a pattern") };
        assert_eq!(
            document["components"]["schemas"],
            json!({
                "Firm": {"properties": {
                    "uscc": {"type": ["string", "null"], "pattern": pattern},
                    "count": {"type": "integer", "minimum": 0}
                }},
                "NewFirm": {"properties": {
                    "uscc": {"type": ["string", "null"], "minLength": 1, "maxLength": 100},
                    "count": {"type": "integer", "minimum": 0}
                }}
            })
        );
        assert_eq!(
            document["paths"]["/x"]["get"]["parameters"][0]["schema"],
            json!({"type": "string", "minLength": 1, "maxLength": 100})
        );
    }
}
