//! What several views of one thing say alike stands once, in a schema that each of them extends.

use serde_json::{Map, Value, json};

/// A schema of what others have alike, what it is, and these others. One that is a view itself is
/// extended whole. Those further down may have been made by those further up.
const COMMON: &[(&str, &str, &[&str])] = &[
    ("AccountBasics", "What an account says of itself, and administrators see of it.", &["Me", "User"]),
    ("AssessmentBasics", "What is said of an assessment.", &["AssessmentView", "CopiedAssessment"]),
    ("Consequence", "", &["AppliedConsequence"]),
    ("ConsequenceBasics", "What is said of a consequence.", &["Consequence", "CopiedConsequence"]),
    ("Dwelling", "", &["ExportedResidence", "Household", "OwnDwelling", "Residence"]),
    (
        "EstateBasics",
        "What is said of an estate.",
        &["CopiedEstate", "Estate", "EstatePage", "EstateSummary"],
    ),
    ("FirmEligibility", "", &["Eligibility"]),
    ("FirmCardBasics", "What is said on a firm's card.", &["FirmCard", "FirmCardSummary"]),
    ("FirmBasics", "What is said of a firm.", &["CopiedFirm", "Firm", "FirmCardBasics"]),
    ("FirmTies", "A firm's branches, and whose branch it is.", &["Firm", "FirmCard"]),
    ("ListingBasics", "What is said of a place on a list.", &["CopiedListing", "ListMembership"]),
    ("CreditBasics", "What is said of a grade.", &["CardCredit", "CopiedCredit"]),
    ("ManagerBasics", "What is said of a manager.", &["Manager", "ManagerPage"]),
    ("PlaceBasics", "What is said of a place.", &["CopiedPlace", "Place"]),
    ("ProjectSummary", "", &["ProjectPage"]),
    ("ProjectBasics", "What is said of a project.", &["CopiedProject", "Project", "ProjectSummary"]),
    ("RecordBasics", "What is said of a record.", &["CopiedRecord", "RecordView"]),
    ("RequestBasics", "What is said of what a firm asks for.", &["ObjectionView", "RepairView"]),
    ("ReplyBasics", "What is said of a reply.", &["CopiedReply", "Reply"]),
    ("ReviewBasics", "What is said of a review.", &["CopiedReview", "Review"]),
    ("SchemeBasics", "What is said of a scheme.", &["SchemeVersionView", "SchemeView"]),
    ("VersionSummary", "", &["SchemeVersionView"]),
    (
        "CopiedBasics",
        "What a copy says of whatever has credit.",
        &["CopiedFirm", "CopiedManager", "CopiedProject"],
    ),
];

/// Moves what is alike to where it stands once.
pub(super) fn fields(document: &mut Value) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, description, views) in COMMON {
        extend(schemas, name, description, views);
    }
    schemas.sort_keys();
}

fn extend(schemas: &mut Map<String, Value>, name: &str, description: &str, views: &[&str]) {
    let is_view = schemas.contains_key(name);
    let all = std::iter::once(&name).chain(views);
    let mut all = all.filter_map(|view| schemas.get(*view)).map(fields_of);
    let mut common = all.next().unwrap_or_default();
    let whole = common.len();
    all.for_each(|fields| common.retain(|field| fields.contains(field)));
    if common.is_empty() || is_view && common.len() < whole {
        return;
    }
    let reference = json!({"$ref": format!("#/components/schemas/{name}")});
    for view in views {
        let Some(view) = schemas.get_mut(*view).and_then(Value::as_object_mut) else { continue };
        let own: Vec<Field> =
            fields_of_map(view).into_iter().filter(|field| !common.contains(field)).collect();
        let mut branches = vec![reference.clone()];
        if let Some(Value::Array(others)) = view.remove("allOf") {
            branches.extend(others.into_iter().filter(|other| other.get("$ref").is_some()));
        }
        if !own.is_empty() {
            branches.push(object(own));
        }
        for key in ["type", "properties", "required"] {
            view.remove(key);
        }
        view.insert("allOf".to_owned(), Value::Array(branches));
    }
    if !is_view {
        let mut whole = object(common);
        if let Some(fields) = whole.as_object_mut() {
            fields.insert("description".to_owned(), json!(description));
        }
        schemas.insert(name.to_owned(), whole);
    }
}

/// A field, and whether it is required.
type Field = (String, Value, bool);

/// An object's own fields.
fn fields_of(schema: &Value) -> Vec<Field> {
    schema.as_object().map(fields_of_map).unwrap_or_default()
}

fn fields_of_map(schema: &Map<String, Value>) -> Vec<Field> {
    let branches = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    let below = branches.filter(|branch| branch.get("$ref").is_none()).flat_map(fields_of);
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &String| required.is_some_and(|all| all.contains(&json!(name)));
    let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    fields.map(|(name, field)| (name.clone(), field.clone(), is_required(name))).chain(below).collect()
}

fn object(fields: Vec<Field>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, field, is_required) in fields {
        if is_required {
            required.push(name.clone());
        }
        properties.insert(name, field);
    }
    if required.is_empty() {
        return json!({"type": "object", "properties": properties});
    }
    json!({"type": "object", "properties": properties, "required": required})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_listed_is_alike() {
        let written = crate::document::written(&crate::document::document()).unwrap();
        let schemas = &written["components"]["schemas"];
        for (name, _, views) in COMMON {
            let reference = json!({"$ref": format!("#/components/schemas/{name}")});
            for view in *views {
                let branches = schemas[*view]["allOf"].as_array();
                assert!(
                    branches.is_some_and(|branches| branches.contains(&reference)),
                    "{view} has little alike with {name}: take it out of COMMON, or say the fields alike"
                );
                assert!(schemas[*view].get("additionalProperties").is_none(), "{view} is closed");
            }
        }
    }

    #[test]
    fn what_is_alike_stands_once() {
        let text = json!({"type": "string"});
        let of = |fields: Value, required: Value| json!({"type": "object", "properties": fields, "required": required, "description": "d"});
        let schemas = json!({
            "Card": of(json!({"code": text, "name": text, "own": text}), json!(["code", "name"])),
            "Copy": of(json!({"code": text, "name": text, "of": text}), json!(["code"])),
            "Short": of(json!({"code": text}), json!(["code"]))
        });
        let mut given = schemas.as_object().cloned().unwrap_or_default();
        extend(&mut given, "Basics", "both", &["Card", "Copy"]);
        let base = json!({"$ref": "#/components/schemas/Basics"});
        assert_eq!(
            Value::Object(given.clone()),
            json!({
                "Basics": {"type": "object", "description": "both", "properties": {"code": text}, "required": ["code"]},
                "Card": {"description": "d", "allOf": [
                    base, {"type": "object", "properties": {"name": text, "own": text}, "required": ["name"]}
                ]},
                "Copy": {"description": "d", "allOf": [base, {"type": "object", "properties": {"name": text, "of": text}}]},
                "Short": schemas["Short"]
            })
        );
        // A view is extended whole, or not at all.
        let mut given = schemas.as_object().cloned().unwrap_or_default();
        extend(&mut given, "Short", "", &["Card"]);
        assert_eq!(given["Card"]["allOf"][0], json!({"$ref": "#/components/schemas/Short"}));
        assert_eq!(given["Short"], schemas["Short"]);
        let before = given.clone();
        extend(&mut given, "Copy", "", &["Short"]);
        assert_eq!(given, before);
    }
}
