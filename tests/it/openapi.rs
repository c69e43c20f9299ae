//! The OpenAPI document: whole, committed as it is, valid by its own rules, and true of the answers that the service gives.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xinwu_api::document::version_3_0;
use xinwu_domain::access::Role;
use xinwu_openapi::{committed, document, lint, root};

use crate::harness::Reply;

#[test]
fn nothing_is_missing() {
    let complaints = lint::complaints(&document().unwrap());
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn the_committed_documents_are_what_the_code_says() {
    for file in committed(&document().unwrap()).unwrap() {
        let stands = std::fs::read_to_string(root().join(file.path)).unwrap_or_default();
        assert!(stands == file.content, "{} is stale: run `make openapi` and commit it", file.path);
    }
}

#[test]
fn the_copy_for_older_generators_is_openapi_3_0() {
    let old = version_3_0::convert(&document().unwrap());
    let typed: openapiv3::OpenAPI = serde_json::from_value(old.clone()).unwrap();
    assert_eq!(typed.openapi, "3.0.3");
    assert_eq!(typed.operations().count(), lint::operations(&old).len());
    // Whatever only 3.1 knows would stand among what the types of 3.0 do not know, and be lost on the way back.
    let back = serde_json::to_value(&typed).unwrap();
    assert_eq!(count_schemas(&back), count_schemas(&old));
    let text = old.to_string();
    for newer in ["\"exclusiveMinimum\":0", "\"prefixItems\"", "\"const\"", "\"type\":[", "\"type\":\"null\""]
    {
        assert!(!text.contains(newer), "3.0 does not know {newer}");
    }
}

fn count_schemas(document: &Value) -> usize {
    document.pointer("/components/schemas").and_then(Value::as_object).map_or(0, serde_json::Map::len)
}

#[test]
fn every_schema_is_one_and_every_example_fits_its_schema() {
    let document = document().unwrap();
    let mut wrong = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        if let Err(error) = jsonschema::meta::validate(schema) {
            wrong.push(format!("{name} is not a schema: {error}"));
            continue;
        }
        if let Some(example) = schema.get("example") {
            let reference = format!("#/components/schemas/{}", pointer_token(name));
            wrong.extend(
                faults(&document, &json!({"$ref": reference}), example)
                    .into_iter()
                    .map(|fault| format!("the example of {name}: {fault}")),
            );
        }
    }
    for each in lint::operations(&document) {
        for parameter in each.operation["parameters"].as_array().into_iter().flatten() {
            if let (Some(schema), Some(example)) = (parameter.get("schema"), parameter.get("example")) {
                let name = format!("{} {} {}", each.method, each.path, parameter["name"]);
                wrong.extend(
                    faults(&document, schema, example).into_iter().map(|fault| format!("{name}: {fault}")),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_reference_leads_somewhere_and_no_schema_is_left_over() {
    let document = document().unwrap();
    let mut named = BTreeSet::new();
    references(&document, &mut named);
    for reference in &named {
        assert!(document.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        let reference = format!("#/components/schemas/{name}");
        assert!(named.contains(&reference), "nothing uses the schema {name}");
    }
}

fn references(value: &Value, named: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, below) in map {
                match (key.as_str(), below) {
                    ("$ref", Value::String(target)) => {
                        named.insert(target.clone());
                    }
                    ("example" | "examples", _) => {}
                    _ => references(below, named),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|each| references(each, named)),
        _ => {}
    }
}

/// What does not fit.
pub fn faults(document: &Value, schema: &Value, instance: &Value) -> Vec<String> {
    let whole = json!({"$ref": "#/wanted", "wanted": schema, "components": document["components"]});
    let validator = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&whole).unwrap();
    validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Says what an answer has that the document does not say of its operation: the status, the type and the body.
pub fn departures(document: &Value, method: &str, path: &str, reply: &Reply) -> Vec<String> {
    let path = path.split('?').next().unwrap_or_default();
    let found = lint::operations(document)
        .into_iter()
        .find(|each| each.method.eq_ignore_ascii_case(method) && matches(each.path, path));
    let Some(described) = found else { return vec![format!("{method} {path} is not in the document")] };
    let name = format!("{method} {} answered {}", described.path, reply.status);
    let Some(response) = described.operation["responses"].get(reply.status.to_string()) else {
        return vec![format!("{name}, which the document does not say: {}", reply.text)];
    };
    if reply.text.is_empty() {
        return if response.get("content").is_some() {
            vec![format!("{name} without a body")]
        } else {
            Vec::new()
        };
    }
    let kind = reply.header("content-type").split(';').next().unwrap_or_default();
    let Some(schema) = response["content"].get(kind).and_then(|media| media.get("schema")) else {
        return vec![format!("{name} as {kind:?}, which the document does not say")];
    };
    faults(document, schema, &reply.json()).into_iter().map(|fault| format!("{name}: {fault}")).collect()
}

/// Whether a path is one of a template's. A template with fewer parameters comes first among equals only if it has the same words.
fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(&path).all(|(part, given)| part == given || part.starts_with('{'))
}

both! {
    fn answers_are_as_the_document_says(app) {
        let document = document().unwrap();
        let city = app.official(Role::City, "2102", true);
        let mut wrong = Vec::new();
        for path in ["/v1/places", "/v1/places?count=true&limit=2", "/v1/places/2102", "/v1/places/999999", "/v1/places?limit=0",
            "/v1/places?nothing=1", "/v1/admin/places/2102"] {
            for reply in [app.get(path).send(), app.get(path).token(&city).send(), app.get(path).token("nonsense").send()] {
                wrong.extend(departures(&document, "GET", path, &reply));
            }
        }
        let tag = app.get("/v1/places/2102").expect(200).etag().to_owned();
        let unchanged = app.get("/v1/places/2102").header("If-None-Match", &tag).expect(304);
        wrong.extend(departures(&document, "GET", "/v1/places/2102", &unchanged));
        let body = json!({"code": "2102X01", "level": "district", "name": "高新区", "parent": "2102"});
        for body in [&body, &body, &json!({"code": 3}), &json!({"kode": 3}), &json!({"code": "2102X01"})] {
            let reply = app.post("/v1/admin/places").token(&city).json(body).send();
            wrong.extend(departures(&document, "POST", "/v1/admin/places", &reply));
        }
        let path = "/v1/admin/places/2102X01";
        for tag in ["*", "\"77-x\""] {
            let reply = app.patch(path).token(&city).header("If-Match", tag).json(&json!({"name": "新区"})).send();
            wrong.extend(departures(&document, "PATCH", path, &reply));
        }
        wrong.extend(departures(&document, "PATCH", path, &app.patch(path).token(&city).json(&json!({})).send()));
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
