//! The bounds of fields and parameters whose type says no more than text or number, by their names.
//!
//! A name means the same everywhere (`docs`: the same thing has the same name in every layer), so
//! one line gives it its form. Answers have a form that is exact; what is asked may be written in
//! many ways, so it only has the length that the rules check. The tests hold both against what the
//! service takes and gives (`tests/it/harness/contract.rs`).

use serde_json::{Map, Value, json};

use xinwu_domain::account::SCOPES;

use super::answers::used_by_answers;
use crate::problem::codes;

/// What a value keeps to.
#[derive(Clone, Copy)]
enum Bound {
    /// A format of JSON Schema.
    Format(&'static str),
    /// The whole of a text.
    Pattern(&'static str),
    /// Characters of a text, or items of a list.
    Length(u64, u64),
    /// Characters of a text that is not blank.
    Text(u64),
    /// The smallest and the largest number.
    Range(i64, i64),
    /// The smallest number.
    From(i64),
    /// One of these words.
    Words(&'static [&'static str]),
    /// No bound is known that always holds.
    Free,
}

use Bound::{Format, Free, From, Length, Pattern, Range, Text, Words};

const DAY: Bound = Format("date");
const ID: Bound = Format("uuid");
/// Whose act it was: an account's, or the operator's at the service itself.
const ACCOUNT: Bound = Pattern("^(system|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$");
const USCC: Bound = Pattern("^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$");
const PLACE: Bound = Pattern("^[0-9]{2,12}(X[0-9]{2})*$");
const ESTATE: Bound = Pattern("^[0-9A-Z-]{4,32}$");
/// A name within a scheme, and a scheme's own.
const NAME: Bound = Pattern("^[0-9A-Za-z_-]{1,64}$");
/// A decimal number as text.
const DECIMAL: Bound = Pattern(r"^-?[0-9]+(\.[0-9]+)?$");

/// Of answers, by the field's name, or by its schema's and its own.
const ANSWERS: &[(&str, Bound)] = &[
    ("city_until", DAY),
    ("counts_on", DAY),
    ("district_until", DAY),
    ("ends_on", DAY),
    ("forgotten_on", DAY),
    ("licensed_on", DAY),
    ("next_on", DAY),
    ("published_on", DAY),
    ("rates_from", DAY),
    ("since", DAY),
    ("starts_on", DAY),
    ("until", DAY),
    ("used_until", DAY),
    ("valid_from", DAY),
    ("valid_until", DAY),
    ("AppliedRule.until", Free),
    ("decided_at", Format("date-time")),
    ("id", ID),
    ("project", ID),
    ("review", ID),
    ("record", ID),
    ("drafted_by", ACCOUNT),
    ("decided_by", ACCOUNT),
    ("confirmed_by", ACCOUNT),
    ("filed_by", ACCOUNT),
    ("import_id", ID),
    ("request_id", ID),
    ("CauseView.id", Free),
    ("About.id", Free),
    ("AuditEntry.id", Free),
    ("PublicKey.id", Free),
    ("ComponentView.id", NAME),
    ("ComparedPart.id", NAME),
    ("SchemeView.id", NAME),
    ("EvaluationComponent.id", NAME),
    ("ItemView.id", NAME),
    ("GroupView.id", NAME),
    ("RuleView.id", NAME),
    ("SchemeVersionView.id", NAME),
    ("EvaluationItem.component", Pattern("^[0-9A-Za-z_-]{0,64}$")),
    ("scheme", NAME),
    ("component", NAME),
    ("rule", NAME),
    ("group", NAME),
    ("of", NAME),
    ("CreditFile.id", Free),
    ("EvaluationItem.id", Free),
    ("uscc", USCC),
    ("branch", USCC),
    ("CreditFileBranch.parent", USCC),
    ("place", PLACE),
    ("Place.code", PLACE),
    ("PlaceName.code", PLACE),
    ("PlaceStep.code", PLACE),
    ("estate", ESTATE),
    ("Estate.code", ESTATE),
    ("EstateName.code", ESTATE),
    ("EstatePage.code", ESTATE),
    ("EstateSummary.code", ESTATE),
    ("Problem.code", Words(codes::PROBLEMS)),
    ("ProblemField.code", Words(codes::FAULTS)),
    ("BadRow.code", Pattern("^[0-9a-z_]+$")),
    ("ImportFailure.code", Pattern("^[0-9a-z_]+$")),
    ("object_kind", Pattern("^[0-9a-z_]+$")),
    ("operation", Pattern("^[0-9a-z_]+$")),
    ("Problem.pointer", Pattern("^/")),
    ("Problem.type", Pattern("^urn:xinwu:problem:[0-9a-z_]+$")),
    ("announced_score", DECIMAL),
    ("CreditFileAnnouncement.score", DECIMAL),
    ("party", DECIMAL),
    ("service", DECIMAL),
    ("CreditFileProject.area", DECIMAL),
    ("CreditFileMetric.value", DECIMAL),
    ("phone_ending", Pattern("^[0-9]{4}$")),
    ("Me.phone", Pattern("^1[0-9]{2}([*]{4}|[0-9]{4})[0-9]{4}$")),
    ("token_type", Words(&["Bearer"])),
    ("Problem.status", Range(100, 599)),
    ("mean", Range(1, 5)),
    ("RatingCoverage.share", From(0)),
    ("share", Range(0, 1)),
    ("working_days_left", Free),
    ("confirm_working_days_left", Free),
];

/// Of bodies, by the field's name, or by its schema's and its own.
const ASKED: &[(&str, Bound)] = &[
    ("short_name", Text(50)),
    ("AddManager.name", Text(50)),
    ("EditManager.name", Text(50)),
    ("name", Text(100)),
    ("authority", Text(100)),
    ("display_name", Text(100)),
    ("document_number", Text(100)),
    ("address", Text(200)),
    ("title", Text(200)),
    ("check_override_reason", Text(500)),
    ("comment", Text(500)),
    ("correction_reason", Text(500)),
    ("severity_reason", Text(500)),
    ("reason", Text(500)),
    ("PutReviewReply.text", Text(500)),
    ("note", Text(1000)),
    ("DecideObjection.reason", Text(1000)),
    ("DecideRepair.reason", Text(1000)),
    ("PutRecordReply.text", Text(1000)),
    ("detail", Text(4000)),
    ("commitment", Text(4000)),
    ("grounds", Text(4000)),
    ("text", Length(1, 1_048_576)),
    ("building", Length(0, 100)),
    ("unit", Length(0, 100)),
    ("room", Length(0, 100)),
    ("uscc", Length(1, 100)),
    ("parent", Length(1, 100)),
    ("manager", Length(1, 64)),
    ("project", Length(1, 64)),
    ("scheme", Length(1, 64)),
    ("AddRecord.uscc", Length(1, 64)),
    ("ClaimResidence.estate", Length(1, 64)),
    ("successors.items", Length(1, 64)),
    ("category", Length(1, 32)),
    ("estate", Length(1, 32)),
    ("place", Length(1, 32)),
    ("registered_place", Length(1, 32)),
    ("AddPlace.parent", Length(1, 32)),
    ("EditPlace.parent", Length(1, 32)),
    ("code", Length(1, 32)),
    ("client_id", Length(1, 1024)),
    ("client_secret", Length(1, 1024)),
    ("refresh_token", Length(1, 1024)),
    ("OtpGrant.code", Length(1, 1024)),
    ("PasswordGrant.username", Length(1, 1024)),
    ("PasswordGrant.password", Length(1, 1024)),
    ("current_password", Length(1, 1024)),
    ("password", Length(12, 128)),
    ("username", Pattern("^[a-z0-9][a-z0-9._-]{2,63}$")),
    ("Phone", Length(1, 100)),
    ("aliases", Length(0, 20)),
    ("former_names", Length(0, 20)),
    ("successors", Length(0, 20)),
    ("phones", Length(0, 20)),
    ("points", Length(0, 20)),
    ("FileObjection.evidence", Length(0, 20)),
    ("PutAssessment.evidence", Length(0, 20)),
    ("evidence", Length(1, 20)),
    ("scopes", Length(0, 10)),
    ("aliases.items", Text(100)),
    ("evidence.items", Text(300)),
    ("scopes.items", Words(SCOPES)),
    ("counts_until", DAY),
    ("decided_on", DAY),
    ("ends_on", DAY),
    ("licensed_on", DAY),
    ("parent_since", DAY),
    ("public_until", DAY),
    ("starts_on", DAY),
    ("used_until", DAY),
    ("valid_from", DAY),
    ("valid_until", DAY),
    ("households", Range(0, 100_000)),
    ("fee_fen", Range(0, 100_000)),
    ("limit", Range(0, 1000)),
    ("version", Range(1, 4_294_967_295)),
];

/// Of parameters, by where they stand and their name, or by their operation too.
const PARAMETERS: &[(&str, Bound)] = &[
    ("path.project", Format("uuid")),
    ("path.id", Length(1, 64)),
    ("path.import", Length(1, 64)),
    ("query.scheme", Length(1, 64)),
    ("path.uscc", Length(1, 100)),
    ("path.code", Length(1, 32)),
    ("path.n", Range(1, 4_294_967_295)),
    ("path.month", Pattern("^20[0-9]{2}-(0[1-9]|1[0-2])$")),
    ("list_audit.query.from", DAY),
    ("list_audit.query.to", DAY),
    ("query.from", Pattern("^20[0-9]{2}-(0[1-9]|1[0-2])$")),
    ("query.to", Pattern("^20[0-9]{2}-(0[1-9]|1[0-2])$")),
    ("path.period", Pattern("^20[0-9]{2}(-(Q[1-4]|H[12]))?$")),
    ("query.period", Pattern("^20[0-9]{2}(-(Q[1-4]|H[12]))?$")),
    ("path.assessor", Words(&["community", "street", "district"])),
    ("query.limit", Range(1, 100)),
    ("query.cursor", Length(1, 4096)),
    ("query.due_by", DAY),
    ("query.as_of", Length(1, 40)),
    ("query.known_at", Length(1, 40)),
    ("query.firms", Length(1, 400)),
    ("query.q", Length(1, 200)),
    ("query.object_id", Length(1, 200)),
    ("query.user", Length(1, 200)),
    ("query.object_kind", Length(1, 64)),
    ("query.uscc", Length(0, 64)),
    ("query.project", Length(0, 64)),
    ("query.place", Length(0, 32)),
    ("query.parent", Length(0, 32)),
    ("query.estate", Length(0, 64)),
    ("query.building", Length(1, 100)),
    ("query.grade", Length(1, 16)),
    ("list_estates.query.sort", Words(&["relevance", "-relevance", "name", "-name"])),
    (
        "query.sort",
        Words(&["relevance", "-relevance", "name", "-name", "score", "-score", "service", "-service"]),
    ),
    ("header.Idempotency-Key", Pattern("^[!-~]([ -~]{0,198}[!-~])?$")),
];

/// Adds the bounds of every field and parameter.
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
    let operations = paths
        .into_iter()
        .flat_map(Map::values_mut)
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut);
    for operation in operations {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
            let name = format!("{}.{}", text("in"), text("name"));
            if let Some(schema) = parameter.get_mut("schema") {
                bind(schema, PARAMETERS, &id, &name);
            }
        }
    }
}

fn fields(schema: &mut Value, table: &[(&str, Bound)], owner: &str) {
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
fn bind(schema: &mut Value, table: &[(&str, Bound)], owner: &str, name: &str) {
    if let Some(items) = schema.get_mut("items") {
        bind(items, table, owner, &format!("{name}.items"));
    }
    let Some(map) = schema.as_object_mut() else { return };
    let of = |kind: &str| match map.get("type") {
        Some(Value::String(only)) => only == kind,
        Some(Value::Array(types)) => types.iter().any(|each| each == kind),
        _ => false,
    };
    let (is_text, is_list) = (of("string"), of("array"));
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
        .find_map(|wanted| table.iter().find(|(name, _)| name == wanted).map(|(_, bound)| *bound));
    // A whole number that nothing else is said of counts something.
    let bound = found.or((is_whole && !map.contains_key("minimum")).then_some(From(0)));
    let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
    match bound {
        Some(Format(format)) if is_text => drop(put("format", json!(format))),
        Some(Pattern(pattern)) if is_text => drop(put("pattern", json!(pattern))),
        Some(Words(words)) if is_text => {
            put("enum", json!(words));
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

#[cfg(test)]
mod tests {
    use super::*;

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
            "components": {"schemas": {"Firm": uscc.clone(), "AddFirm": uscc}}
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
                "AddFirm": {"properties": {
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
