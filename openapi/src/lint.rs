//! What every operation of the document must say, and that it is the same list as the domain's
//! table of operations.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use xinwu_domain::access::Operation;

/// The methods that a path may have.
const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

/// Everything that the document lacks, a sentence each.
pub fn complaints(document: &Value) -> Vec<String> {
    let document = &crate::inlined(document);
    let mut complaints = Vec::new();
    let mut seen = BTreeSet::new();
    for each in operations(document) {
        let name = format!("{} {}", each.method.to_uppercase(), each.path);
        one(document, &each, &mut |what| complaints.push(format!("{name}: {what}")));
        if let Some(id) = each.id()
            && !seen.insert(id.to_owned())
        {
            complaints.push(format!("{name}: another operation is called {id} too"));
        }
    }
    for known in Operation::ALL {
        if !seen.contains(known.id()) {
            complaints.push(format!("{}: is in the table of operations and has no route", known.id()));
        }
    }
    schemas(document, &mut complaints);
    complaints
}

/// One operation of the document.
#[derive(Debug, Clone, Copy)]
pub struct Described<'a> {
    /// Its path, with `{parameters}`.
    pub path: &'a str,
    /// In small letters.
    pub method: &'static str,
    /// What is said of it.
    pub operation: &'a Value,
}

impl<'a> Described<'a> {
    /// The `operationId`.
    pub fn id(&self) -> Option<&'a str> {
        self.operation.get("operationId").and_then(Value::as_str)
    }
}

/// Every operation, in the document's order.
pub fn operations(document: &Value) -> Vec<Described<'_>> {
    let paths = document.get("paths").and_then(Value::as_object);
    let mut all = Vec::new();
    for (path, item) in paths.into_iter().flatten() {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                all.push(Described { path, method, operation });
            }
        }
    }
    all
}

fn one(document: &Value, described: &Described<'_>, complain: &mut impl FnMut(String)) {
    let operation = described.operation;
    match described.id() {
        None => complain("has no operationId".to_owned()),
        Some(id) if Operation::parse(id).is_none() => {
            complain(format!("{id} is not in the table of operations"));
        }
        Some(_) => {}
    }
    if text(operation, "summary").is_empty() {
        complain("has no summary".to_owned());
    }
    let known: Vec<&str> = list(document.get("tags")).iter().map(|tag| text(tag, "name")).collect();
    match list(operation.get("tags")) {
        [tag] if tag.as_str().is_some_and(|tag| known.contains(&tag)) => {}
        _ => complain("must have one tag, of those that the document describes".to_owned()),
    }
    if !operation.get("security").is_some_and(Value::is_array) {
        complain("does not say its security".to_owned());
    }
    parameters(described, complain);
    if let Some(body) = operation.get("requestBody") {
        bodies(document, "the request", body, complain);
    }
    let responses = operation.get("responses").and_then(Value::as_object);
    let mut successes = 0;
    for (status, response) in responses.into_iter().flatten() {
        let what = format!("the answer {status}");
        if text(response, "description").is_empty() {
            complain(format!("{what} has no description"));
        }
        match status.as_bytes().first() {
            Some(b'2') => {
                successes += 1;
                if status != "204" {
                    bodies(document, &what, response, complain);
                }
            }
            Some(b'4' | b'5') => {
                let reference = response.pointer("/content/application~1problem+json/schema/$ref");
                if reference.and_then(Value::as_str) != Some("#/components/schemas/Problem") {
                    complain(format!("{what} is not a Problem"));
                }
            }
            _ => {}
        }
    }
    if successes == 0 {
        complain("has no successful answer".to_owned());
    }
}

/// Every parameter is described and typed, and those of the path are the path's.
fn parameters(described: &Described<'_>, complain: &mut impl FnMut(String)) {
    let mut named = BTreeSet::new();
    for parameter in list(described.operation.get("parameters")) {
        let name = text(parameter, "name");
        if text(parameter, "description").is_empty() {
            complain(format!("the parameter {name} has no description"));
        }
        if parameter.get("schema").is_none() {
            complain(format!("the parameter {name} has no schema"));
        }
        if text(parameter, "in") == "path" {
            named.insert(name.to_owned());
            if parameter.get("required") != Some(&Value::Bool(true)) {
                complain(format!("the path's parameter {name} must be required"));
            }
        }
    }
    let in_path: BTreeSet<String> = described
        .path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .map(str::to_owned)
        .collect();
    if named != in_path {
        complain(format!("the path has {in_path:?} and describes {named:?}"));
    }
}

/// A body has a schema for each of its types, and an example: its own or its schema's.
fn bodies(document: &Value, what: &str, holder: &Value, complain: &mut impl FnMut(String)) {
    let content = holder.get("content").and_then(Value::as_object);
    let mut types = 0;
    for (kind, media) in content.into_iter().flatten() {
        types += 1;
        let Some(schema) = media.get("schema") else {
            complain(format!("{what} has no schema for {kind}"));
            continue;
        };
        let has_own = media.get("example").is_some() || media.get("examples").is_some();
        if !has_own && example(document, schema).is_none() {
            complain(format!("{what} has no example for {kind}"));
        }
    }
    if types == 0 {
        complain(format!("{what} has no content"));
    }
}

/// The example of a schema as tools show it: its own, or what those of all its parts make together.
pub fn example(document: &Value, schema: &Value) -> Option<Value> {
    let own = schema.get("example").or_else(|| schema.get("const"));
    let own = own.or_else(|| ["examples", "enum"].into_iter().find_map(|key| list(schema.get(key)).first()));
    if own.is_some() {
        return own.cloned();
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return example(document, document.pointer(target.strip_prefix('#')?)?);
    }
    if let Some(fields) = schema.get("properties").and_then(Value::as_object) {
        let shown = fields.iter().map(|(name, field)| Some((name.clone(), example(document, field)?)));
        return shown.collect::<Option<Map<String, Value>>>().map(Value::Object);
    }
    if let Some(items) = schema.get("items") {
        return example(document, items).map(|item| Value::Array(vec![item]));
    }
    if let branches @ [_, ..] = list(schema.get("allOf")) {
        let mut whole = Map::new();
        for branch in branches {
            let Value::Object(part) = example(document, branch)? else { return None };
            whole.extend(part);
        }
        return Some(Value::Object(whole));
    }
    let null = Value::from("null");
    let branches = list(schema.get("oneOf"));
    let may_be_null = list(schema.get("type")).contains(&null)
        || branches.iter().any(|branch| branch.get("type") == Some(&null));
    branches.iter().find_map(|branch| example(document, branch)).or(may_be_null.then_some(Value::Null))
}

/// Every schema among the components has a description, and so has each of its fields.
fn schemas(document: &Value, complaints: &mut Vec<String>) {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        if text(schema, "description").is_empty() {
            complaints.push(format!("the schema {name} has no description"));
        }
        let branches = ["allOf", "oneOf", "anyOf"].into_iter().flat_map(|key| list(schema.get(key)));
        for part in branches.chain([schema]) {
            for (field, property) in part.get("properties").and_then(Value::as_object).into_iter().flatten() {
                if !is_described(document, property) {
                    complaints.push(format!("the schema {name} does not describe its field {field}"));
                }
            }
        }
    }
}

/// A property is described by itself, by one of its branches or by the schema that it names, and a
/// page's items by theirs.
fn is_described(document: &Value, property: &Value) -> bool {
    let branches = ["oneOf", "anyOf", "allOf"].into_iter().flat_map(|key| list(property.get(key)));
    let target = property.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
    !text(property, "description").is_empty()
        || property.get("const").is_some()
        || list(property.get("enum")).len() == 1
        || branches.into_iter().any(|branch| is_described(document, branch))
        || property
            .get("items")
            .is_some_and(|items| items.get("$ref").is_some() && is_described(document, items))
        || target
            .and_then(|target| document.pointer(target))
            .is_some_and(|below| is_described(document, below))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn complaints_of(operation: &Value) -> Vec<String> {
        let document = json!({
            "tags": [{"name": "places"}],
            "paths": {"/v1/places/{code}": {"get": operation}},
            "components": {"schemas": {
                "Place": {"type": "object", "description": "d", "example": {}},
                "Problem": {"type": "object", "description": "d", "example": {}}
            }}
        });
        let mut all = complaints(&document);
        all.retain(|complaint| !complaint.contains("has no route"));
        all
    }

    fn good() -> Value {
        json!({
            "operationId": "get_place", "summary": "One place.", "tags": ["places"], "security": [{}],
            "parameters": [{"name": "code", "in": "path", "required": true, "description": "d", "schema": {"type": "string"}}],
            "responses": {
                "200": {"description": "d", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Place"}}}},
                "404": {"description": "d", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
            }
        })
    }

    #[test]
    fn a_whole_operation_is_not_complained_of() {
        assert_eq!(complaints_of(&good()), Vec::<String>::new());
    }

    #[test]
    fn an_answer_without_an_example_is_named() {
        let mut operation = good();
        let schema = operation.pointer_mut("/responses/200/content/application~1json/schema");
        *schema.unwrap() = json!({"type": "array", "items": {"type": "string"}});
        assert_eq!(
            complaints_of(&operation),
            ["GET /v1/places/{code}: the answer 200 has no example for application/json"]
        );
    }

    #[test]
    fn an_example_is_put_together_of_its_parts() {
        let named = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let mut document = json!({"components": {"schemas": {
            "Firm": {"type": "object", "example": {"name": "A"}},
            "Kind": {"type": "string", "enum": ["red", "black"]},
            "Listed": {
                "allOf": [named("Firm"), {"properties": {
                    "firms": {"type": "array", "items": named("Firm")},
                    "kind": {"oneOf": [{"type": "null"}, named("Kind")]},
                    "until": {"type": ["string", "null"]},
                    "since": {"type": "string", "example": "now"}
                }}]
            }
        }}});
        let expected =
            json!({"name": "A", "firms": [{"name": "A"}], "kind": "red", "until": null, "since": "now"});
        assert_eq!(example(&document, &named("Listed")), Some(expected));
        let since = document.pointer_mut("/components/schemas/Listed/allOf/1/properties/since");
        *since.unwrap() = json!({"type": "string"});
        assert_eq!(example(&document, &named("Listed")), None);
    }

    #[test]
    fn each_thing_that_is_missing_is_named() {
        for (pointer, expected) in [
            ("/operationId", "has no operationId"),
            ("/summary", "has no summary"),
            ("/tags", "must have one tag"),
            ("/security", "does not say its security"),
            ("/parameters", "describes {}"),
            ("/parameters/0/description", "parameter code has no description"),
            ("/responses/200", "has no successful answer"),
            ("/responses/200/content", "the answer 200 has no content"),
            ("/responses/200/content/application~1json/schema", "the answer 200 has no schema"),
            ("/responses/404/content", "the answer 404 is not a Problem"),
        ] {
            let mut operation = good();
            if let Some((parent, key)) = pointer.rsplit_once('/')
                && let Some(map) = operation.pointer_mut(parent).and_then(Value::as_object_mut)
            {
                map.remove(key);
            }
            let found = complaints_of(&operation);
            assert!(found.iter().any(|complaint| complaint.contains(expected)), "{pointer}: {found:?}");
        }
    }
}
