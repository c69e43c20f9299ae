//! A variant of a body that is told from the others by a constant field, and has a title, becomes a
//! schema of that name; the choice gets a discriminator. Generators make a type with a name of it,
//! and read the one that is meant.

use serde_json::{Map, Value, json};

const SCHEMAS: &str = "/components/schemas";

/// Names the variants of each choice among the schemas.
pub(super) fn name(document: &mut Value) {
    let Some(schemas) = document.pointer_mut(SCHEMAS).and_then(Value::as_object_mut) else { return };
    let mut named = Map::new();
    for schema in schemas.values_mut().filter_map(Value::as_object_mut) {
        let Some(branches) = schema.get_mut("oneOf").and_then(Value::as_array_mut) else { continue };
        let mut mapping = Map::new();
        let mut tag = None;
        for branch in branches {
            let Some((field, value, title)) = told_by(branch) else { continue };
            let target = format!("#{SCHEMAS}/{title}");
            mapping.insert(value, json!(target));
            tag = Some(field);
            let mut whole = std::mem::replace(branch, json!({"$ref": target}));
            if let Some(map) = whole.as_object_mut() {
                map.remove("title");
            }
            named.insert(title, whole);
        }
        if let Some(field) = tag {
            schema.insert("discriminator".to_owned(), json!({"propertyName": field, "mapping": mapping}));
        }
    }
    schemas.extend(named);
}

/// The constant field of a variant with a title, its value, and the title.
fn told_by(branch: &Value) -> Option<(String, String, String)> {
    let title = branch.get("title")?.as_str()?;
    let fields = branch.get("properties")?.as_object()?;
    fields.iter().find_map(|(field, schema)| match schema.get("enum")?.as_array()?.as_slice() {
        [only] => Some((field.clone(), only.as_str()?.to_owned(), title.to_owned())),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_with_a_title_becomes_a_schema() {
        let of = |title: &str, word: &str| json!({"title": title, "properties": {"by": {"enum": [word]}}});
        let mut document = json!({"components": {"schemas": {
            "Grant": {"oneOf": [of("CodeGrant", "code"), of("SecretGrant", "secret")]}
        }}});
        name(&mut document);
        assert_eq!(
            document["components"]["schemas"],
            json!({
                "Grant": {
                    "oneOf": [
                        {"$ref": "#/components/schemas/CodeGrant"},
                        {"$ref": "#/components/schemas/SecretGrant"}
                    ],
                    "discriminator": {"propertyName": "by", "mapping": {
                        "code": "#/components/schemas/CodeGrant",
                        "secret": "#/components/schemas/SecretGrant"
                    }}
                },
                "CodeGrant": {"properties": {"by": {"enum": ["code"]}}},
                "SecretGrant": {"properties": {"by": {"enum": ["secret"]}}}
            })
        );
    }
}
