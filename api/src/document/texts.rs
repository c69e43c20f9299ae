//! A summary is one sentence, as lists of operations show it. What follows it is the description;
//! where nothing does, who may ask. A field says nothing that its name and its schema say, and what
//! names a thing begins with no article and ends without a stop.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value, json};
use xinwu_domain::access::{Audience, Operation};

use super::shared::named;

/// Splits what the handlers say of themselves.
pub(super) fn split(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths
        .into_iter()
        .flat_map(Map::values_mut)
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut)
        .filter_map(Value::as_object_mut);
    for operation in operations {
        let text = |key: &str| operation.get(key).and_then(Value::as_str).unwrap_or_default();
        let Some(known) = Operation::parse(text("operationId")) else { continue };
        let whole = unwrapped(text("summary"));
        // The header that it must have says so.
        let (first, rest) = first_sentence(whole.strip_suffix(CONDITION).unwrap_or(&whole).trim_end());
        let more = unwrapped(text("description"));
        let parts = [rest, more.strip_suffix(CONDITION).unwrap_or(&more).trim_end()];
        let mut description =
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<&str>>().join("\n\n");
        if description.is_empty() {
            description = who(known);
        }
        let first = json!(first.strip_suffix('.').unwrap_or(first));
        operation.insert("summary".to_owned(), first);
        operation.insert("description".to_owned(), json!(description));
    }
}

const CONDITION: &str = "Needs `If-Match`.";

/// Paragraphs in one line each: whoever shows them knows where lines end.
fn unwrapped(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
    paragraphs.collect::<Vec<String>>().join("\n\n")
}

/// The first sentence, and the others.
fn first_sentence(text: &str) -> (&str, &str) {
    let ends = text.match_indices(". ").map(|(at, _)| text.split_at(at + 1));
    ends.map(|(first, rest)| (first, rest.trim_start()))
        .find(|(_, rest)| rest.chars().next().is_some_and(char::is_uppercase))
        .unwrap_or((text, ""))
}

fn who(operation: Operation) -> String {
    match operation.audience() {
        Audience::Public => "Public.".to_owned(),
        Audience::SignedIn => "For everyone signed in.".to_owned(),
        Audience::Roles(roles) => {
            let roles: Vec<&str> = roles.iter().map(|role| role.into()).collect();
            match roles.as_slice() {
                ["community", "street", "district", "city"] => "For all officials.".to_owned(),
                some => format!("For {}.", some.join(", ")),
            }
        }
    }
}

/// Says of each field what is said of it, but for what the schema that it names says anyway.
pub(super) fn fields(document: &mut Value) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return;
    };
    let said: HashMap<String, BTreeSet<String>> = schemas
        .iter()
        .map(|(name, schema)| {
            let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
            (name.clone(), words(name).chain(words(description)).collect())
        })
        .collect();
    schemas.values_mut().for_each(|schema| fields_below(schema, &said));
}

fn fields_below(schema: &mut Value, said: &HashMap<String, BTreeSet<String>>) {
    for key in ["allOf", "oneOf"] {
        for branch in schema.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            fields_below(branch, said);
            // What it is stands at the schema that it names.
            if let Some(branch) = branch.as_object_mut().filter(|branch| branch.contains_key("$ref")) {
                branch.remove("description");
            }
        }
    }
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, field) in fields.into_iter().flatten() {
        lift(field);
        forget(name, field, said);
    }
}

/// What is said of a field that may be null is said of the field, not of what else it may be.
fn lift(field: &mut Value) {
    let said = |branch: &mut Value| branch.as_object_mut()?.remove("description");
    let branches = field.get_mut("oneOf").and_then(Value::as_array_mut);
    let may_be_null = |branches: &&mut Vec<Value>| branches.contains(&json!({"type": "null"}));
    let said = branches.filter(may_be_null).into_iter().flatten().find_map(said);
    if let (Some(said), Some(map)) = (said, field.as_object_mut()) {
        map.insert("description".to_owned(), said);
    }
}

/// Takes out what says no more than the name of the field and the schema that it names, or that of
/// each of its items.
fn forget(name: &str, field: &mut Value, said: &HashMap<String, BTreeSet<String>>) {
    let Some(known) = named(field).and_then(|schema| said.get(schema)) else { return };
    let name: BTreeSet<String> = words(name).collect();
    if let Some(field) = field.as_object_mut()
        && let Some(text) = field.get("description").and_then(Value::as_str)
        && words(text).all(|word| name.contains(&word) || known.contains(&word))
    {
        field.remove("description");
    }
}

/// The words that say something, as they are looked up: `FirmStatus` has two, and so has "the
/// firm's statuses".
fn words(text: &str) -> impl Iterator<Item = String> {
    const NOTHING: &[&str] = &[
        "a", "about", "an", "and", "are", "as", "at", "be", "by", "each", "for", "has", "have", "how", "in",
        "is", "it", "its", "no", "none", "null", "of", "on", "one", "or", "s", "that", "the", "their",
        "them", "there", "these", "they", "this", "those", "to", "was", "were", "what", "when", "where",
        "which", "who", "whom", "whose", "with", "without",
    ];
    let mut apart = String::new();
    for letter in text.chars() {
        if letter.is_uppercase() {
            apart.push(' ');
        }
        apart.extend(letter.to_lowercase());
    }
    let all: Vec<String> = apart
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty() && !NOTHING.contains(word))
        .map(|word| stem(word).to_owned())
        .collect();
    all.into_iter()
}

/// A word without its ending.
fn stem(word: &str) -> &str {
    let ends = ["ing", "ies", "ed", "es", "s", "e", "y"].into_iter().filter_map(|end| word.strip_suffix(end));
    ends.into_iter().find(|rest| rest.len() > 2).unwrap_or(word)
}

/// Says what a thing is as names are said: `Day of the decision` for "The day of the decision."
/// What an operation does is said in sentences.
pub(super) fn plain(document: &mut Value) {
    for pointer in ["/paths", "/components/schemas"] {
        document.pointer_mut(pointer).map(plain_below);
    }
}

fn plain_below(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let is_operation = map.contains_key("operationId");
            if let Some(Value::String(text)) = map.get_mut("description").filter(|_| !is_operation) {
                *text = as_name(text);
            }
            map.iter_mut().filter(|(key, _)| *key != "example").for_each(|(_, below)| plain_below(below));
        }
        Value::Array(items) => items.iter_mut().for_each(plain_below),
        _ => {}
    }
}

fn as_name(text: &str) -> String {
    let text = text.strip_suffix('.').filter(|rest| !rest.contains(". ")).unwrap_or(text);
    let rest =
        ["The ", "Its ", "Their ", "A ", "An "].into_iter().find_map(|article| text.strip_prefix(article));
    let mut letters = rest.unwrap_or(text).chars();
    unwrapped(&letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_name_and_the_schema_say_is_not_said_again() {
        let of = |text: &str| json!({"$ref": "#/components/schemas/RecordKind", "description": text});
        let given = json!({
            "kind": of("Its kind."),
            "other_kind": {"oneOf": [of("The other kind."), {"type": "null"}]},
            "last_kind": {"oneOf": [of("What came last."), {"type": "null"}]},
            "kinds": {"type": "array", "items": of(""), "description": "Rewards and penalties."},
            "third": of("What a penalty is recorded as."),
            "text": {"type": "string", "description": "The text."}
        });
        let kind = json!({"type": "string", "description": "Reward or penalty."});
        let mut document =
            json!({"components": {"schemas": {"It": {"properties": given}, "RecordKind": kind}}});
        fields(&mut document);
        let named = json!({"$ref": "#/components/schemas/RecordKind"});
        assert_eq!(
            document["components"]["schemas"]["It"]["properties"],
            json!({
                "kind": named,
                "other_kind": {"oneOf": [named, {"type": "null"}]},
                "last_kind": {"oneOf": [named, {"type": "null"}], "description": "What came last."},
                "kinds": {"type": "array", "items": of("")},
                "third": named,
                "text": {"type": "string", "description": "The text."}
            })
        );
    }

    #[test]
    fn what_names_a_thing_has_no_article_and_no_stop() {
        for (text, name) in [
            ("The day of the decision.", "Day of the decision"),
            ("Its name.", "Name"),
            ("A name in\nlines.\n\nMore.", "Name in lines.\n\nMore"),
            ("An id: it tells nothing.", "Id: it tells nothing"),
            ("The last day. Null without one.", "Last day. Null without one."),
            ("Theirs", "Theirs"),
        ] {
            assert_eq!(as_name(text), name);
        }
        let mut document = json!({
            "paths": {"/x": {"get": {"operationId": "x", "description": "The one.", "responses": {"200": {"description": "The firm"}}}}},
            "components": {"schemas": {"Firm": {
                "properties": {"description": {"description": "Its description."}},
                "example": {"description": "The best."}
            }}}
        });
        plain(&mut document);
        let firm = &document["components"]["schemas"]["Firm"];
        assert_eq!(firm["properties"]["description"]["description"], "Description");
        assert_eq!(firm["example"]["description"], "The best.");
        let operation = &document["paths"]["/x"]["get"];
        assert_eq!(operation["responses"]["200"]["description"], "Firm");
        assert_eq!(operation["description"], "The one.");
    }

    #[test]
    fn a_summary_is_the_first_sentence() {
        assert_eq!(first_sentence("Finds firms."), ("Finds firms.", ""));
        assert_eq!(first_sentence("One of e.g. two. And more."), ("One of e.g. two.", "And more."));
    }
}
