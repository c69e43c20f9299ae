//! A summary is one sentence, as lists of operations show it. What follows it is the description;
//! where nothing does, who may ask.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_the_first_sentence() {
        assert_eq!(first_sentence("Finds firms."), ("Finds firms.", ""));
        assert_eq!(first_sentence("One of e.g. two. And more."), ("One of e.g. two.", "And more."));
    }
}
