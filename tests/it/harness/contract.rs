//! Every answer of every test against the OpenAPI document: whatever a test is about, the document
//! must say what it met.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};
use xinwu_openapi::lint;

use super::Reply;

/// What the document is called among the schemas.
const NAME: &str = "urn:xinwu:document";

const PROBLEM: &str = "application/problem+json";
const PAGE: &str = "text/html";

/// Headers that clients act on: one that is answered must be documented, and the other way round.
const HEADERS: [&str; 5] = ["ETag", "Location", "Link", "Retry-After", "WWW-Authenticate"];

/// What the ids of rows begin with that tests put straight into tables: names, so that a test can
/// be read. The service gives none of them.
const NAMED: [&str; 11] = [
    "founding", "hidden", "import-", "large", "late", "named-", "notice-", "reward", "second", "small",
    "veto",
];

/// One request as it was sent.
pub struct Sent<'a> {
    pub method: &'a str,
    /// With its query.
    pub path: &'a str,
    pub content_type: &'a str,
    pub body: &'a [u8],
}

struct Operation {
    method: String,
    path: String,
    described: Value,
}

struct Contract {
    operations: Vec<Operation>,
    registry: Registry<'static>,
    /// Compiled once each, by their place in the document.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// What is not as the document says; empty when all is.
pub fn departures(sent: &Sent<'_>, reply: &Reply) -> Vec<String> {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(Contract::new).departures(sent, reply)
}

impl Contract {
    fn new() -> Contract {
        let mut document = xinwu_openapi::inlined(&xinwu_openapi::document().expect("the document"));
        close(&mut document);
        let operations = lint::operations(&document)
            .into_iter()
            .map(|each| Operation {
                method: each.method.to_uppercase(),
                path: each.path.to_owned(),
                described: each.operation.clone(),
            })
            .collect();
        let registry = Registry::new().add(NAME, document).and_then(|all| all.prepare()).expect("schemas");
        Contract { operations, registry, validators: Mutex::default() }
    }

    fn departures(&self, sent: &Sent<'_>, reply: &Reply) -> Vec<String> {
        let (path, query) = sent.path.split_once('?').unwrap_or((sent.path, ""));
        // A HEAD is answered as its GET, without the body.
        let method = if sent.method == "HEAD" { "GET" } else { sent.method };
        let found = self.operations.iter().filter(|each| each.method == method && matches(&each.path, path));
        let Some(operation) = found.min_by_key(|each| each.path.matches('{').count()) else {
            return self.of_no_operation(sent, reply);
        };
        let mut wrong = self.answered(operation, sent, reply);
        if (200..300).contains(&reply.status) {
            wrong.extend(self.asked(operation, sent, query));
        }
        let name = format!("{} {} answered {}", sent.method, operation.path, reply.status);
        wrong.into_iter().map(|each| format!("{name}: {each}")).collect()
    }

    /// The answer: its status, its headers, its type and its body.
    fn answered(&self, operation: &Operation, sent: &Sent<'_>, reply: &Reply) -> Vec<String> {
        let responses = &operation.described["responses"];
        let mut status = reply.status.to_string();
        if responses.get(&status).is_none() {
            // What any request may meet is said by two ranges, which take no other status.
            status = match reply.status {
                400 | 406 | 408 | 413 | 415 | 429 => "4XX".to_owned(),
                500.. => "5XX".to_owned(),
                _ => status,
            };
        }
        let Some(response) = responses.get(&status) else {
            return vec![format!("this status is not documented: {}", reply.text)];
        };
        let mut wrong = Vec::new();
        for name in HEADERS {
            let is_said = response.pointer(&format!("/headers/{name}")).is_some();
            match (is_said, reply.headers.contains_key(name)) {
                (false, true) => wrong.push(format!("the header {name} is not documented")),
                // The last page has no next one.
                (true, false) if name == "Link" => {}
                (true, false) if name == "Retry-After" && ![408, 429, 503].contains(&reply.status) => {}
                (true, false) => wrong.push(format!("the documented header {name} is missing")),
                _ => {}
            }
        }
        let pointer = format!(
            "/paths/{}/{}/responses/{status}",
            token(&operation.path),
            operation.method.to_lowercase()
        );
        for name in response["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
            if reply.headers.contains_key(name.as_str()) {
                let schema = format!("{pointer}/headers/{name}/schema");
                let faults = self.faults(&schema, &json!(reply.header(name)).to_string());
                wrong.extend(faults.into_iter().map(|fault| format!("the header {name}{fault}")));
            }
        }
        if sent.method == "HEAD" {
            return wrong;
        }
        let Some(content) = response["content"].as_object() else {
            if !reply.text.is_empty() {
                wrong.push(format!("no body is documented: {}", reply.text));
            }
            return wrong;
        };
        let kind = media_type(reply.header("content-type"));
        if !content.contains_key(kind) {
            wrong.push(format!("the type {kind:?} is not documented: {}", reply.text));
            return wrong;
        }
        // A table has no schema to hold it against.
        if !kind.ends_with("json") {
            return wrong;
        }
        let schema = format!("{pointer}/content/{}/schema", token(kind));
        wrong.extend(self.faults(&schema, &reply.text));
        wrong
    }

    /// What was asked and taken: a document that is narrower than the service is not true either.
    fn asked(&self, operation: &Operation, sent: &Sent<'_>, query: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let parameters = operation.described["parameters"].as_array();
        for name in query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty())
        {
            // What programs that share links add is ignored on pictures.
            if name.starts_with("utm_") {
                continue;
            }
            let is_said = |each: &&Value| each["in"] == "query" && each["name"] == name;
            if !parameters.into_iter().flatten().any(|each| is_said(&each)) {
                wrong.push(format!("the parameter {name} is not documented"));
            }
        }
        if sent.body.is_empty() {
            return wrong;
        }
        let kind = media_type(sent.content_type);
        let Some(content) = operation.described.pointer("/requestBody/content").and_then(Value::as_object)
        else {
            wrong.push("it takes a body, which is not documented".to_owned());
            return wrong;
        };
        if !content.contains_key(kind) {
            wrong.push(format!("it takes the type {kind:?}, which is not documented"));
        } else if kind == "application/json" {
            let pointer = format!(
                "/paths/{}/{}/requestBody/content/{}/schema",
                token(&operation.path),
                operation.method.to_lowercase(),
                token(kind)
            );
            let text = std::str::from_utf8(sent.body).expect("JSON in UTF-8");
            wrong.extend(
                self.faults(&pointer, text).into_iter().map(|fault| format!("it takes a body where {fault}")),
            );
        }
        wrong
    }

    /// Errors where the document has no operation are problems too.
    fn of_no_operation(&self, sent: &Sent<'_>, reply: &Reply) -> Vec<String> {
        let name = format!("{} {} answered {}", sent.method, sent.path, reply.status);
        let is_error = reply.status >= 400;
        let is_ours = sent.path.starts_with("/v1/") && sent.method != "OPTIONS";
        let mut wrong = Vec::new();
        if is_ours && !is_error {
            wrong.push(format!("{name}: there is no such operation in the document"));
        }
        // Where pages are, errors are pages.
        let is_page = !sent.path.starts_with("/v1/") && media_type(reply.header("content-type")) == PAGE;
        if is_error && is_page {
            if !reply.text.contains("<h1>") && sent.method != "HEAD" {
                wrong.push(format!("{name}: not a page: {}", reply.text));
            }
        } else if is_error && media_type(reply.header("content-type")) != PROBLEM {
            wrong.push(format!("{name}: not a problem: {}", reply.text));
        } else if is_error && sent.method != "HEAD" {
            let faults = self.faults("/components/schemas/Problem", &reply.text);
            wrong.extend(faults.into_iter().map(|fault| format!("{name}: {fault}")));
        }
        if reply.status == 405 && reply.header("allow").is_empty() {
            wrong.push(format!("{name}: without `Allow`"));
        }
        wrong
    }

    /// What does not fit the schema at this place of the document.
    fn faults(&self, pointer: &str, text: &str) -> Vec<String> {
        let instance: Value = match serde_json::from_str(text) {
            Ok(instance) => instance,
            Err(error) => return vec![format!("the body is not JSON: {error}: {text}")],
        };
        let validator =
            Arc::clone(self.validators.lock().unwrap().entry(pointer.to_owned()).or_insert_with(|| {
                let reference = json!({"$ref": format!("{NAME}#{}", percent(pointer))});
                let options = jsonschema::options()
                    .with_draft(jsonschema::Draft::Draft202012)
                    .with_registry(&self.registry)
                    .should_validate_formats(true)
                    .with_format("uuid", |text: &str| {
                        uuid::Uuid::try_parse(text).is_ok() || NAMED.iter().any(|name| text.starts_with(name))
                    })
                    .with_format("date-time", |text: &str| {
                        text.ends_with('Z') && chrono::DateTime::parse_from_rfc3339(text).is_ok()
                    });
                Arc::new(options.build(&reference).unwrap_or_else(|error| panic!("{pointer}: {error}")))
            }));
        validator
            .iter_errors(&instance)
            .map(|error| format!("{}: {error} (of {})", error.instance_path(), error.schema_path()))
            .collect()
    }
}

fn media_type(header: &str) -> &str {
    header.split(';').next().unwrap_or_default().trim()
}

/// Whether a path is one of a template's.
fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template
            .iter()
            .zip(&path)
            .all(|(part, given)| part == given || (part.starts_with('{') && !given.is_empty()))
}

/// A key as a part of a JSON pointer.
fn token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// What a fragment cannot hold as it is: the braces of a path.
fn percent(pointer: &str) -> String {
    pointer.replace('{', "%7B").replace('}', "%7D")
}

/// Closes every schema, so that a field which the document does not name is a fault. The document
/// itself leaves them open: clients must expect more.
fn close(document: &mut Value) {
    let before = document.clone();
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.values_mut().for_each(|schema| close_below(&before, schema));
    }
    for item in document["paths"].as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
        for operation in item.as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
            let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
                continue;
            };
            for response in responses.values_mut() {
                for media in response["content"].as_object_mut().into_iter().flat_map(|all| all.values_mut())
                {
                    close_here(&before, &mut media["schema"]);
                }
            }
        }
    }
}

/// Closes a schema where it is used. A branch of `allOf` is not closed by itself: it knows only its
/// own fields.
fn close_here(document: &Value, schema: &mut Value) {
    close_below(document, schema);
    if !is_free(document, schema)
        && let Some(map) = schema.as_object_mut()
    {
        map.insert("unevaluatedProperties".to_owned(), json!(false));
    }
}

fn close_below(document: &Value, schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else { return };
    for (key, below) in map.iter_mut() {
        match (key.as_str(), below) {
            ("properties", Value::Object(fields)) => {
                fields.values_mut().for_each(|each| close_here(document, each))
            }
            ("items" | "additionalProperties", below) => close_here(document, below),
            ("prefixItems", Value::Array(items)) => {
                items.iter_mut().for_each(|each| close_here(document, each))
            }
            ("allOf" | "oneOf" | "anyOf", Value::Array(branches)) => {
                branches.iter_mut().for_each(|each| close_below(document, each));
            }
            _ => {}
        }
    }
}

/// Whether a schema takes objects of any form.
fn is_free(document: &Value, schema: &Value) -> bool {
    if let Some(target) = schema["$ref"].as_str() {
        return is_free(document, document.pointer(&target[1..]).expect("a reference"));
    }
    let mut branches =
        ["allOf", "oneOf", "anyOf"].iter().filter_map(|key| schema[key].as_array()).flatten().peekable();
    if branches.peek().is_some() {
        return branches.any(|branch| is_free(document, branch));
    }
    let may_be_object = match &schema["type"] {
        Value::String(only) => only == "object",
        Value::Array(types) => types.contains(&json!("object")),
        _ => schema.get("enum").is_none() && schema.get("const").is_none(),
    };
    may_be_object && schema.get("properties").is_none() && schema.get("additionalProperties").is_none()
}
