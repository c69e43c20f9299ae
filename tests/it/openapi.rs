//! The OpenAPI document: whole, committed as it is, and valid by its own rules. That it is true of
//! what the service answers is watched over all tests (`harness/contract.rs`).

mod bounds;
mod codes;
mod shape;

use std::collections::BTreeSet;

use xinwu_both::both;

use serde_json::{Value, json};
use xinwu_api::document::parts::Part;
use xinwu_api::document::version_3_0;
use xinwu_openapi::{committed, document, inlined, lint, root};

use self::codes::sources;
use crate::harness::contract::{Sent, departures};
use crate::harness::{Backend, Reply, TestApp, walk};

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
    // Whatever only 3.1 knows would stand among what the types of 3.0 do not know, and be lost on
    // the way back.
    let back = serde_json::to_value(&typed).unwrap();
    assert_eq!(count_schemas(&back), count_schemas(&old));
    let text = old.to_string();
    for newer in ["\"exclusiveMinimum\":0", "\"prefixItems\"", "\"const\"", "\"type\":[", "\"type\":\"null\""]
    {
        assert!(!text.contains(newer), "3.0 does not know {newer}");
    }
}

/// "Without void `nullable`": it says something beside a type alone, and where words are listed
/// null is one of them.
#[test]
fn what_may_be_null_in_the_copy_for_older_generators_has_a_type() {
    fn check(value: &Value, path: &str, count: &mut usize) {
        if value["nullable"] == true {
            assert!(value["type"].is_string(), "{path}: {value}");
            let words = value["enum"].as_array();
            assert!(words.is_none_or(|words| words.contains(&Value::Null)), "{path}: {value}");
            *count += 1;
        }
        match value {
            Value::Object(map) => {
                let parts = map.iter().filter(|(key, _)| !["example", "enum"].contains(&key.as_str()));
                parts.for_each(|(key, below)| check(below, &format!("{path}/{key}"), count));
            }
            Value::Array(items) => items.iter().for_each(|below| check(below, path, count)),
            _ => {}
        }
    }
    let mut count = 0;
    check(&version_3_0::convert(&document().unwrap()), "", &mut count);
    assert!(count > 200, "{count}");
}

/// "Named grants with a discriminator": each way to sign in is a type of its own, told by one word.
#[test]
fn each_way_to_sign_in_has_a_name() {
    let newest = document().unwrap();
    for document in [version_3_0::convert(&newest), newest] {
        let schemas = &document["components"]["schemas"];
        let named = |name: &str| format!("#/components/schemas/{name}");
        let (mut branches, mut mapping) = (Vec::new(), json!({}));
        for (word, name, fields) in [
            ("otp", "OtpGrant", ["phone", "code"].as_slice()),
            ("password", "PasswordGrant", &["username", "password"]),
            ("refresh_token", "RefreshTokenGrant", &["refresh_token"]),
            ("client_credentials", "ClientCredentialsGrant", &["client_id", "client_secret"]),
        ] {
            branches.push(json!({"$ref": named(name)}));
            mapping[word] = json!(named(name));
            let (grant, mut expected) = (&schemas[name], BTreeSet::from(["grant_type"]));
            expected.extend(fields);
            assert_eq!(grant["properties"]["grant_type"]["enum"], json!([word]), "{name}");
            let required = grant["required"].as_array().unwrap().iter().map(|each| each.as_str().unwrap());
            assert_eq!(required.collect::<BTreeSet<_>>(), expected, "{name}");
        }
        assert_eq!(schemas["IssueToken"]["oneOf"], json!(branches));
        assert_eq!(
            schemas["IssueToken"]["discriminator"],
            json!({"propertyName": "grant_type", "mapping": mapping})
        );
    }
}

fn count_schemas(document: &Value) -> usize {
    document.pointer("/components/schemas").and_then(Value::as_object).map_or(0, serde_json::Map::len)
}

#[test]
fn every_schema_is_one_and_every_example_fits_its_schema() {
    let document = inlined(&document().unwrap());
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
        let body = &each.operation["requestBody"];
        for answer in each.operation["responses"].as_object().unwrap().values().chain([body]) {
            for (kind, media) in answer["content"].as_object().into_iter().flatten() {
                let own = media.get("example").cloned();
                if let Some(example) = own.or_else(|| lint::example(&document, &media["schema"])) {
                    let found = faults(&document, &media["schema"], &example);
                    let name = format!("the example {kind} of {:?}", each.id());
                    wrong.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
                }
            }
        }
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

/// Grades are made after a write's view, right before its commit: a view that carried one would
/// show the grade of before. A simulation writes nothing.
#[test]
fn no_write_answers_with_a_grade() {
    let document = inlined(&document().unwrap());
    for operation in lint::operations(&document) {
        if operation.method == "get" || operation.id() == Some("simulate_scheme") {
            continue;
        }
        let mut named = BTreeSet::new();
        references(&operation.operation["responses"], &mut named);
        let mut met = BTreeSet::new();
        while let Some(name) = named.pop_first() {
            let Some(pointer) = name.strip_prefix('#') else { continue };
            let schema = document.pointer(pointer).unwrap();
            let branches = schema["allOf"].as_array().into_iter().flatten();
            for (part, field) in branches
                .chain([schema])
                .flat_map(|part| ["grade", "credit", "consequences"].map(|field| (part, field)))
            {
                assert!(part["properties"].get(field).is_none(), "{:?}: {name}.{field}", operation.id());
            }
            if met.insert(name) {
                references(schema, &mut named);
            }
            named.retain(|name| !met.contains(name));
        }
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
fn faults(document: &Value, schema: &Value, instance: &Value) -> Vec<String> {
    let whole = json!({"$ref": "#/wanted", "wanted": schema, "components": document["components"]});
    let options =
        jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
    let validator = options.build(&whole).unwrap();
    validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Each of these is told as it is by the schema alone: a field that may be null is always there.
#[test]
fn a_field_that_is_left_out_is_never_null() {
    for crates in ["domain/src", "api/src"] {
        for (path, text) in sources(&root().join(crates)) {
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            for (at, line) in lines.iter().enumerate() {
                // What is no part of the API has no schema.
                let is_told = text.contains("ToSchema");
                if is_told && line.contains("skip_serializing_if = \"Option::is_none\"") {
                    let next = lines.get(at + 1).copied().unwrap_or_default();
                    assert_eq!(next, "#[schema(nullable = false)]", "{}:{}", path.display(), at + 1);
                }
            }
        }
    }
}

#[test]
fn the_service_sends_both_parts_in_both_versions() {
    let app = TestApp::start(Backend::Sqlite);
    let whole = document().unwrap();
    let mut sent_operations = BTreeSet::new();
    for (part, path, old_path) in [
        (Part::Apps, "/openapi.json", "/openapi-3.0.json"),
        (Part::Admin, "/openapi-admin.json", "/openapi-admin-3.0.json"),
    ] {
        let newest = app.get(path).expect(200);
        assert_eq!(newest.json(), part.of(&whole));
        // Sent in gzip, which is what it weighs.
        let sent = app.get(path).header("Accept-Encoding", "gzip").expect(200);
        assert_eq!(sent.text, newest.text);
        let length = newest.text.len();
        assert!(sent.length < 80_000 && length < 400_000, "{path}: {} of {length}", sent.length);
        assert!(newest.json()["info"]["title"].as_str().unwrap().is_ascii(), "names a generated package");
        let old = app.get(old_path).expect(200);
        assert!(old.text.len() < 400_000, "{old_path}: {}", old.text.len());
        let old = old.json();
        assert_eq!(old, version_3_0::convert(&newest.json()));
        // Generators take one type of body.
        for each in lint::operations(&old) {
            let content = each.operation.pointer("/requestBody/content").and_then(Value::as_object);
            assert!(content.is_none_or(|content| content.len() == 1), "{} {}", each.method, each.path);
        }
        let newest = newest.json();
        sent_operations.extend(ids(&newest));
    }
    assert_eq!(sent_operations, ids(&whole));
}

fn ids(document: &Value) -> BTreeSet<String> {
    lint::operations(document).iter().filter_map(|each| each.id()).map(str::to_owned).collect()
}

/// Who generates a client gets what its users may ask, and what they need to sign in.
#[test]
fn each_part_has_what_its_readers_may_ask() {
    let whole = document().unwrap();
    let (apps, admin) = (ids(&Part::Apps.of(&whole)), ids(&Part::Admin.of(&whole)));
    for (id, in_apps, in_admin) in [
        ("list_firms", true, false),
        ("put_rating", true, false),
        ("object_to_record", true, false),
        ("confirm_firm_proposal", true, false),
        ("issue_token", true, true),
        ("get_me", true, true),
        ("get_firm_dossier", true, true),
        ("add_record", false, true),
        ("list_audit", false, true),
    ] {
        assert_eq!((apps.contains(id), admin.contains(id)), (in_apps, in_admin), "{id}");
    }
    // Nothing is named that is not there, and nothing is there that is not named.
    for part in Part::ALL {
        let part = part.of(&whole);
        let text = part.to_string();
        let sections = part["components"].as_object().unwrap();
        for (section, entries) in sections.iter().filter(|(section, _)| *section != "securitySchemes") {
            for name in entries.as_object().unwrap().keys() {
                assert!(text.contains(&format!("\"#/components/{section}/{name}\"")), "{section}/{name}");
            }
        }
        for reference in text.split("\"#/components").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(part["components"].pointer(pointer).is_some(), "{pointer}");
        }
    }
}

/// The watch over every answer (`harness/contract.rs`) would be worth nothing if it saw nothing.
#[test]
fn an_answer_that_departs_from_the_document_is_noticed() {
    let app = TestApp::start(Backend::Sqlite);
    let right = app.get("/v1/places/2102").expect(200);
    let get = |path: &'static str| Sent { method: "GET", path, content_type: "", body: b"" };
    assert_eq!(departures(&get("/v1/places/2102"), &right), Vec::<String>::new());
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = right.json();
        change(&mut body);
        Reply { text: body.to_string(), ..right.clone() }
    };
    let without = |header: &str| {
        let mut reply = right.clone();
        reply.headers.remove(header);
        reply
    };
    for (reply, path, expected) in [
        (with(&|body| body["name"] = json!(7)), "/v1/places/2102", "/name: 7 is not of type"),
        (with(&|body| body["colour"] = json!("red")), "/v1/places/2102", "'colour' was unexpected"),
        (
            with(&|body| drop(body.as_object_mut().unwrap().remove("name"))),
            "/v1/places/2102",
            "\"name\" is a required property",
        ),
        (Reply { text: "ok".to_owned(), ..right.clone() }, "/v1/places/2102", "not JSON"),
        (Reply { status: 203, ..right.clone() }, "/v1/places/2102", "this status is not documented"),
        (Reply { status: 304, ..right.clone() }, "/v1/places/2102", "no body is documented"),
        (
            Reply { status: 404, ..right.clone() },
            "/v1/places/2102",
            "the type \"application/json\" is not documented",
        ),
        (without("ETag"), "/v1/places/2102", "the documented header ETag is missing"),
        (right.clone(), "/v1/places/2102?colour=red", "the parameter colour is not documented"),
        (right.clone(), "/v1/plaices/2102", "no such operation"),
        (Reply { status: 404, ..right.clone() }, "/v1/plaices/2102", "not a problem"),
    ] {
        let found = departures(&get(path), &reply);
        assert!(found.iter().any(|each| each.contains(expected)), "{expected}: {found:?}");
    }
    let sent = |body: &'static str| Sent {
        method: "POST",
        path: "/v1/admin/places",
        content_type: "application/json",
        body: body.as_bytes(),
    };
    let added = Reply { status: 201, ..right.clone() };
    let found = departures(&sent(r#"{"code": 2102, "kode": "2102X01"}"#), &added);
    for expected in ["/code: 2102 is not of type", "'kode' was unexpected", "header Location is missing"] {
        assert!(found.iter().any(|each| each.contains(expected)), "{expected}: {found:?}");
    }
}

#[both]
fn a_parameter_that_nothing_knows_is_refused_by_name_everywhere(app: TestApp) {
    for each in walk::operations() {
        let path = each.path_with("", "");
        let refused = each.call(&app, &format!("{path}?nothing=1")).send();
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (400, &json!("bad_parameter")),
            "{}: {}",
            each.operation.id(),
            refused.text
        );
        let faults = refused.faults();
        let (first, others) = faults.split_first().unwrap();
        assert_eq!(first, &("nothing".into(), "unknown_field".into()), "{}", each.operation.id());
        // One that must be there is told with it.
        let is_required = |name: &str| {
            let parameters = each.described["parameters"].as_array().into_iter().flatten();
            parameters.into_iter().any(|one| one["name"] == name && one["required"] == true)
        };
        assert!(others.iter().all(|(name, _)| is_required(name)), "{faults:?}");
    }
}
