//! A summary is one sentence, as lists of operations show it. What follows it is the description;
//! where nothing does, who may ask. A field says nothing that its name and its schema say.

use serde_json::{Map, Value, json};
use xinwu_domain::access::{Audience, Operation};

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
        let (first, rest) = first_sentence(text("summary"));
        let parts = [rest, text("description")].into_iter().filter(|part| !part.is_empty());
        let mut description = parts.collect::<Vec<&str>>().join("\n\n");
        if description.is_empty() {
            description = who(known);
        }
        let first = json!(first);
        operation.insert("summary".to_owned(), first);
        operation.insert("description".to_owned(), json!(description));
    }
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
        Audience::Public => "Open to everyone.".to_owned(),
        Audience::SignedIn => "For everyone signed in.".to_owned(),
        Audience::Roles(roles) => {
            let roles: Vec<&str> = roles.iter().map(|role| role.into()).collect();
            format!("For {}.", roles.join(", "))
        }
    }
}

/// Says of each field what is said of it, but for what only repeats its name where the schema that
/// it names says what it is.
pub(super) fn fields(document: &mut Value) {
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    schemas.into_iter().flat_map(Map::values_mut).for_each(fields_below);
}

fn fields_below(schema: &mut Value) {
    for branch in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        fields_below(branch);
    }
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, field) in fields.into_iter().flatten() {
        lift(field);
        forget_name(name, field);
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

fn forget_name(name: &str, schema: &mut Value) {
    if let Some(map) = schema.as_object_mut()
        && ["$ref", "oneOf"].iter().any(|key| map.contains_key(*key))
        && map.get("description").and_then(Value::as_str).is_some_and(|text| repeats(name, text))
    {
        map.remove("description");
    }
}

/// "Its kind." of `kind`.
fn repeats(name: &str, text: &str) -> bool {
    let said = text.strip_suffix('.').unwrap_or(text).split(' ');
    let mut said = said.map(str::to_lowercase).filter(|word| !["the", "its"].contains(&word.as_str()));
    name.split('_').all(|word| said.next().as_deref() == Some(word)) && said.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_the_name_is_said_by_the_schema() {
        let of = |text: &str| json!({"$ref": "#/components/schemas/Kind", "description": text});
        let given = json!({
            "kind": of("Its kind."),
            "other_kind": {"oneOf": [of("The other kind."), {"type": "null"}]},
            "last_kind": {"oneOf": [of("What came last."), {"type": "null"}]},
            "third_kind": of("Its kind."),
            "text": {"type": "string", "description": "The text."}
        });
        let mut document = json!({"components": {"schemas": {"It": {"properties": given}}}});
        fields(&mut document);
        let named = json!({"$ref": "#/components/schemas/Kind"});
        assert_eq!(
            document["components"]["schemas"]["It"]["properties"],
            json!({
                "kind": named,
                "other_kind": {"oneOf": [named, {"type": "null"}]},
                "last_kind": {"oneOf": [named, {"type": "null"}], "description": "What came last."},
                "third_kind": of("Its kind."),
                "text": {"type": "string", "description": "The text."}
            })
        );
    }

    #[test]
    fn a_summary_is_the_first_sentence() {
        assert_eq!(first_sentence("Finds firms."), ("Finds firms.", ""));
        assert_eq!(first_sentence("One of e.g. two. And more."), ("One of e.g. two.", "And more."));
    }
}
