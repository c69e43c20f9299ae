//! What many operations say alike stands once, among the components: answers, headers, and
//! parameters. Of those of one name, what stands most often is shared under it; one
//! that says more for its operation stays there.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value, json};

/// Calls back with each thing of a kind and the name that it would have among the components.
type Find = fn(&str, &mut Value, &mut dyn FnMut(String, &mut Value));

/// So many bytes of an example that others show too are many: of fields, each of which then needs
/// an example of its own, and of what is another with more beside it.
const MANY: [usize; 2] = [300, 80];

/// Shows each thing once. What stands only within others is shown by theirs; and what is for the
/// most part made of things with examples of their own is shown by these, and by examples of its
/// other fields, from which tools put it together (as `xinwu_openapi::lint::example` does: the
/// tests hold what comes of it against the schema).
pub(super) fn examples(document: &mut Value) {
    let paths = document.get("paths").map(Value::to_string).unwrap_or_default();
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, schema) in schemas.iter_mut() {
        let is_body = ["", "Page_"]
            .iter()
            .any(|page| paths.contains(&format!("\"#/components/schemas/{page}{name}\"")));
        if let Some(schema) = schema.as_object_mut().filter(|_| !is_body && name != "PageEnd")
            && ["properties", "allOf"].iter().any(|key| schema.contains_key(*key))
        {
            schema.remove("example");
        }
    }
    let shown: HashMap<String, BTreeSet<String>> = schemas
        .iter()
        .filter(|(_, schema)| schema.get("example").is_some())
        .map(|(name, schema)| (name.clone(), fields(schemas, schema)))
        .collect();
    schemas.values_mut().filter_map(Value::as_object_mut).for_each(|schema| scatter(schema, &shown));
}

/// The names of an object's fields, with those that it has from others.
fn fields(schemas: &Map<String, Value>, schema: &Value) -> BTreeSet<String> {
    let own = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned();
    let branches = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    own.chain(branches.flat_map(|branch| {
        fields(schemas, named(branch).and_then(|name| schemas.get(name)).unwrap_or(branch))
    }))
    .collect()
}

/// The name of the schema that one, what it may be beside null, or each item of it is.
pub(super) fn named(schema: &Value) -> Option<&str> {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return target.strip_prefix("#/components/schemas/");
    }
    let mut branches = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    branches.find_map(named).or_else(|| schema.get("items").and_then(named))
}

/// Leaves an example to its parts where that spares many bytes.
fn scatter(schema: &mut Map<String, Value>, shown: &HashMap<String, BTreeSet<String>>) {
    let Some(example) = schema.get("example").and_then(Value::as_object) else { return };
    let others: BTreeSet<&String> = match schema.get("allOf").and_then(Value::as_array) {
        Some(branches) => branches.iter().filter_map(|branch| shown.get(named(branch)?)).flatten().collect(),
        None => {
            let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            properties
                .filter(|(_, field)| named(field).is_some_and(|name| shown.contains_key(name)))
                .map(|(name, _)| name)
                .collect()
        }
    };
    let (theirs, own): (Map<String, Value>, Map<String, Value>) =
        example.clone().into_iter().partition(|(name, _)| others.contains(name));
    let [of_fields, of_branches] = MANY;
    let many = if schema.contains_key("allOf") { of_branches } else { of_fields };
    if Value::Object(theirs).to_string().len() < many {
        return;
    }
    schema.remove("example");
    let branches = schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten();
    if let Some(branch) =
        branches.filter_map(Value::as_object_mut).find(|branch| branch.contains_key("properties"))
    {
        branch.insert("example".to_owned(), Value::Object(own));
        return;
    }
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten();
    for (name, field) in properties {
        if let (Some(field), Some(value)) =
            (field.as_object_mut(), own.get(name).filter(|value| !value.is_null()))
        {
            field.insert("example".to_owned(), value.clone());
        }
    }
}

/// Whoever signs in may ask most operations: that stands once, and the others say their own.
pub(super) fn security(document: &mut Value) {
    let signed_in = json!([{"bearer": []}]);
    each_operation(document, |_, operation| {
        if let Some(operation) = operation.as_object_mut()
            && operation.get("security") == Some(&signed_in)
        {
            operation.remove("security");
        }
    });
    if let Some(root) = document.as_object_mut() {
        root.insert("security".to_owned(), signed_in);
    }
}

/// Takes out what is so where nothing is said: a parameter may be left out, and a number is a
/// double.
pub(super) fn defaults(document: &mut Value) {
    if let Some(components) = document.get_mut("components") {
        doubles(components);
    }
    each_operation(document, |_, operation| {
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten().filter_map(Value::as_object_mut) {
            parameter.retain(|key, value| key != "required" || *value == json!(true));
        }
    });
}

fn doubles(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, value| key != "format" || *value != json!("double"));
            map.iter_mut().filter(|(key, _)| *key != "example").for_each(|(_, below)| doubles(below));
        }
        Value::Array(items) => items.iter_mut().for_each(doubles),
        _ => {}
    }
}

/// Moves what stands at least twice to the components.
pub(super) fn share(document: &mut Value) {
    let sections = [("headers", headers as Find), ("responses", responses), ("parameters", parameters)];
    for (section, find) in sections {
        let mut counts: HashMap<(String, String), usize> = HashMap::new();
        each_operation(document, |path, operation| {
            find(path, operation, &mut |name, value| {
                *counts.entry((name, value.to_string())).or_default() += 1
            });
        });
        // Of each name, what stands most often; of equals, always the same.
        let mut most: HashMap<String, (usize, String)> = HashMap::new();
        for ((name, content), count) in counts.into_iter().filter(|(_, count)| *count > 1) {
            let first = most.entry(name).or_default();
            *first = (count, content).max(std::mem::take(first));
        }
        let mut shared = Map::new();
        each_operation(document, |path, operation| {
            find(path, operation, &mut |name, value| {
                let whole = value.to_string();
                if most.get(&name).is_some_and(|(_, content)| *content == whole) {
                    let reference = json!({"$ref": format!("#/components/{section}/{name}")});
                    shared.insert(name, std::mem::replace(value, reference));
                }
            });
        });
        if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut)
            && !shared.is_empty()
        {
            shared.sort_keys();
            components.insert(section.to_owned(), Value::Object(shared));
        }
    }
}

/// What every operation of a path takes stands once, at the path.
pub(super) fn path_parameters(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for item in paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        let mut lists = item.values().map(|operation| operation.get("parameters").and_then(Value::as_array));
        let mut common = lists.next().flatten().cloned().unwrap_or_default();
        let others: Vec<_> = lists.collect();
        common.retain(|each| others.iter().all(|list| list.is_some_and(|list| list.contains(each))));
        if others.is_empty() || common.is_empty() {
            continue;
        }
        for operation in item.values_mut().filter_map(Value::as_object_mut) {
            let own = operation.get_mut("parameters").and_then(Value::as_array_mut);
            let is_left = own.is_some_and(|own| {
                own.retain(|each| !common.contains(each));
                !own.is_empty()
            });
            if !is_left {
                operation.remove("parameters");
            }
        }
        item.insert("parameters".to_owned(), Value::Array(common));
    }
}

fn each_operation(document: &mut Value, mut visit: impl FnMut(&str, &mut Value)) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        let operations = item.as_object_mut().into_iter().flat_map(Map::values_mut);
        operations.for_each(|operation| visit(path, operation));
    }
}

/// The headers of every answer, by their name.
fn headers(_: &str, operation: &mut Value, visit: &mut dyn FnMut(String, &mut Value)) {
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for response in responses.into_iter().flat_map(Map::values_mut) {
        let headers = response.get_mut("headers").and_then(Value::as_object_mut);
        for (name, header) in headers.into_iter().flatten() {
            visit(words(name), header);
        }
    }
}

/// The answers with an object, by its schema; the others, by their status, and those that caches
/// may keep by themselves.
fn responses(_: &str, operation: &mut Value, visit: &mut dyn FnMut(String, &mut Value)) {
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        let is_open = response.pointer("/headers/Cache-Control").is_some();
        let name = match status.as_bytes() {
            b"202" => object(response).map(|name| format!("Accepted{name}")),
            [b'2', ..] => object(response),
            _ if is_open => Some(format!("Open{status}")),
            _ => Some(status.clone()),
        };
        if let Some(name) = name {
            visit(name, response);
        }
    }
}

/// The schema of an answer's object, if there is one way to write it.
fn object(response: &Value) -> Option<String> {
    let content = response.get("content")?.as_object().filter(|content| content.len() == 1)?;
    let target = content.values().next()?.pointer("/schema/$ref")?.as_str()?;
    target.rsplit('/').next().map(str::to_owned)
}

/// The parameters, by their name; those of a path by what they name too, and days as such: others
/// of their name are months.
fn parameters(path: &str, operation: &mut Value, visit: &mut dyn FnMut(String, &mut Value)) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (name, place) = (text("name"), text("in"));
        let is_day = parameter.pointer("/schema/format") == Some(&json!("date"));
        let is_optional = name == "If-Match" && parameter.get("required") != Some(&json!(true));
        let name = match place.as_str() {
            "path" => {
                let before = path.split(&format!("/{{{name}}}")).next().unwrap_or_default();
                format!("{}-{name}", before.rsplit('/').next().unwrap_or_default())
            }
            _ if is_optional => format!("Optional-{name}"),
            _ if is_day => format!("{name}-day"),
            _ => name.trim_start_matches("Accept-").to_owned(),
        };
        visit(words(&name), parameter);
    }
}

/// `If-Match` as `IfMatch`.
fn words(name: &str) -> String {
    name.split(|character: char| !character.is_ascii_alphanumeric())
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase())
                .into_iter()
                .chain(letters)
                .collect::<String>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_is_shown_once() {
        let named = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let long = "x".repeat(MANY[0]);
        let firm = json!({"properties": {"name": {}, "owner": named("Owner")}, "example": {"name": long, "owner": {}}});
        let owner = json!({"properties": {"id": {}}, "example": {"id": 1}});
        let listed = json!({
            "properties": {"firm": named("Firm"), "until": {}, "since": {}},
            "example": {"firm": {"name": long, "owner": {}}, "until": null, "since": 7}
        });
        let kept = json!({
            "allOf": [named("Firm"), {"properties": {"kept": {}}}],
            "example": {"name": long, "owner": {}, "kept": true}
        });
        let answers = json!(["Firm", "Listed", "Kept"].map(named));
        let mut document = json!({
            "paths": {"/v1": answers},
            "components": {"schemas": {"Firm": firm, "Owner": owner, "Listed": listed, "Kept": kept}}
        });
        examples(&mut document);
        assert_eq!(
            document["components"]["schemas"],
            json!({
                "Firm": firm,
                "Owner": {"properties": {"id": {}}},
                "Listed": {"properties": {"firm": named("Firm"), "until": {}, "since": {"example": 7}}},
                "Kept": {"allOf": [named("Firm"), {"properties": {"kept": {}}, "example": {"kept": true}}]}
            })
        );
    }

    #[test]
    fn what_all_operations_of_a_path_take_stands_at_the_path() {
        let [code, limit] = ["code", "limit"].map(|name| json!({"name": name}));
        let mut document = json!({"paths": {
            "/both/{code}": {"get": {"parameters": [code, limit]}, "delete": {"parameters": [code]}},
            "/one/{code}": {"get": {"parameters": [code]}},
            "/none": {"get": {"parameters": [limit]}, "post": {}}
        }});
        let before = document.clone();
        path_parameters(&mut document);
        let both = json!({"get": {"parameters": [limit]}, "delete": {}, "parameters": [code]});
        assert_eq!(document["paths"]["/both/{code}"], both);
        for path in ["/one/{code}", "/none"] {
            assert_eq!(document["paths"][path], before["paths"][path]);
        }
    }

    #[test]
    fn what_stands_twice_stands_once() {
        let header = json!({"schema": {"type": "string"}});
        let problem = json!({"description": "no", "headers": {"X-Request-Id": header}});
        let limit = json!({"name": "limit", "in": "query"});
        let operation =
            |parameter: &Value| json!({"get": {"parameters": [parameter], "responses": {"404": problem}}});
        let other = json!({"name": "limit", "in": "query", "description": "another"});
        let mut document = json!({
            "paths": {"/a": operation(&limit), "/b": operation(&limit), "/c": operation(&other)},
            "components": {}
        });
        share(&mut document);
        let shared = |parameter: &Value| {
            json!({"get": {
                "parameters": [parameter], "responses": {"404": {"$ref": "#/components/responses/404"}}
            }})
        };
        let reference = json!({"$ref": "#/components/parameters/Limit"});
        assert_eq!(
            document,
            json!({
                "paths": {"/a": shared(&reference), "/b": shared(&reference), "/c": shared(&other)},
                "components": {
                    "headers": {"XRequestId": header},
                    "responses": {"404": {
                        "description": "no", "headers": {"X-Request-Id": {"$ref": "#/components/headers/XRequestId"}}
                    }},
                    "parameters": {"Limit": limit}
                }
            })
        );
    }
}
