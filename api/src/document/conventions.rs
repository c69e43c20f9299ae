//! The conventions that every operation of a kind shares, written into the document once: entity
//! tags, pages, idempotency, the asker's language.

use serde_json::{Value, json};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation as PathOperation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::ArrayItems;
use utoipa::openapi::{Components, Object, Ref, RefOr, Required, Response, Schema, Type};
use xinwu_domain::access::{Audience, Operation};

use super::Condition;
use crate::sharing::{Reader, Sharing};

/// The prefix that generics get: `Page<Place>` is the schema `Page_Place`.
const PAGE: &str = "Page_";

/// Makes the items of each page a reference to their own schema, which says what they are.
pub(super) fn pages(components: &mut Components) {
    let names: Vec<String> =
        components.schemas.keys().filter(|name| name.starts_with(PAGE)).cloned().collect();
    for name in names {
        let item = name.trim_start_matches(PAGE).to_owned();
        let Some(RefOr::T(Schema::Object(page))) = components.schemas.get_mut(&name) else { continue };
        if let Some(RefOr::T(Schema::Array(items))) = page.properties.get_mut("items") {
            items.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(item).into()));
            items.description = None;
        }
        // What it is stands at the schema that it names.
        page.properties.insert("page".to_owned(), Ref::from_schema_name("PageEnd").into());
    }
}

/// Adds to one operation the headers that it reads and answers with.
pub(super) fn headers(operation: &mut PathOperation, known: Operation, method: &str, condition: Condition) {
    let gives_page = success(operation).is_some_and(is_page);
    // A simulation is an answer to a question: it is no object, and asking again does no harm. A
    // template is filled in and sent, and never changed where it is. Changes are told once.
    let is_question =
        matches!(known, Operation::SimulateScheme | Operation::GetImportTemplate | Operation::GetChanges);
    let gives_object =
        success(operation).is_some_and(|response| !response.content.is_empty()) && !is_question;
    // What it shows is shown once: nothing is kept of it.
    let is_auth = matches!(
        known,
        Operation::RequestCode
            | Operation::IssueToken
            | Operation::RevokeToken
            | Operation::SetUpTotp
            | Operation::ConfirmTotp
    );
    let mut parameters = vec![parameter(
        "Accept-Language",
        "The language of every text meant for people: `zh-CN` (the default) or `en`",
        &json!("zh-CN"),
        Required::False,
    )];
    if method == "GET" && gives_object {
        let unchanged = Response::new("What the asker has, by `If-None-Match`, still holds");
        operation.responses.responses.entry("304".to_owned()).or_insert(RefOr::T(unchanged));
    }
    if condition != Condition::None {
        let required = if condition == Condition::Required { Required::True } else { Required::False };
        parameters.push(parameter(
            "If-Match",
            "The entity tag of the object that the change was made from, several of them, or `*`",
            &json!("\"3.5f2a91c4.0f1e2d3c4b5a6978\""),
            required,
        ));
    }
    if method == "POST" && !is_auth && !is_question && known.audience() != Audience::Public {
        parameters.push(parameter(
            "Idempotency-Key",
            "A text of the asker's choice, of 1 to 200 printable ASCII characters: the same request with the same key has one effect and one answer",
            &json!("7c1d0c5e-8a55-4b7e-9b0a-2f3f1f1c9a10"),
            Required::False,
        ));
    }
    let all = operation.parameters.get_or_insert_default();
    for each in parameters {
        let stands =
            all.iter().any(|one| matches!(one, RefOr::T(one) if one.name.eq_ignore_ascii_case(&each.name)));
        if !stands {
            all.push(RefOr::T(each));
        }
    }
    let is_open = method == "GET" && Sharing::of(known, Reader::Stranger).is_open();
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        answered(status, response, method, gives_page, gives_object && !is_auth);
        if is_open && matches!(status.as_str(), "200" | "304") {
            add(response, "Cache-Control", "How long caches may keep it: see the conventions above");
        }
        let is_stranger_s = method == "GET" && known.audience() == Audience::Public;
        if status == "4XX" || is_stranger_s && matches!(status.as_str(), "200" | "304") {
            add(response, "RateLimit", LEFT);
            add(response, "RateLimit-Policy", POLICY);
        }
    }
}

const LEFT: &str = "Without a token: how many readings are left to the address, `\"anonymous\";r=5999;t=60`";
const POLICY: &str = "Without a token: how many there are a minute, `\"anonymous\";q=6000;w=60`";

const TAG: &str = "A strong entity tag of this representation";

fn answered(status: &str, response: &mut Response, method: &str, gives_page: bool, gives_object: bool) {
    if !status.starts_with('2') {
        add(response, "X-Request-Id", "Names this request in the service's log; every answer has one");
    }
    if matches!(status, "206" | "416") {
        add(response, "Content-Range", "Which bytes these are of how many; `bytes */…` where there are none");
    }
    if status == "200" && gives_page {
        add(response, "Link", "`<…>; rel=\"next\"`, where there is a next page");
    }
    match status {
        "200" | "206" | "304" if gives_object => add(response, "ETag", TAG),
        "201" => {
            add(response, "ETag", TAG);
            // What is put is where it was put.
            if method == "POST" {
                add(response, "Location", "Where it is");
            }
        }
        "202" if gives_object => add(response, "Location", "Where it is"),
        "401" => add(response, "WWW-Authenticate", "`Bearer`"),
        "4XX" | "5XX" => add(response, "Retry-After", "Seconds to wait, with 408, 429 and 503"),
        _ => {}
    }
}

fn add(response: &mut Response, name: &str, description: &str) {
    let header = HeaderBuilder::new()
        .schema(Some(Object::with_type(Type::String)))
        .description(Some(description))
        .build();
    response.headers.entry(name.to_owned()).or_insert(RefOr::T(header));
}

fn parameter(name: &str, description: &str, example: &Value, required: Required) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(description))
        .required(required)
        .schema(Some(Object::with_type(Type::String)))
        .example(Some(example.clone()))
        .build()
}

/// The first answer of 2xx.
pub(super) fn success(operation: &PathOperation) -> Option<&Response> {
    operation.responses.responses.iter().find_map(|(status, response)| match response {
        RefOr::T(response) if status.starts_with('2') => Some(response),
        _ => None,
    })
}

fn is_page(response: &Response) -> bool {
    response.content.values().any(|content| {
        let RefOr::T(content) = content else { return false };
        let Some(RefOr::Ref(schema)) = &content.schema else { return false };
        schema.ref_location.rsplit('/').next().is_some_and(|name| name.starts_with(PAGE))
    })
}
