//! What generators rely on: what an answer always holds is required, and what is said often is said
//! once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use xinwu_openapi::{document, lint};

use super::references;

/// Fields of answers that are sent only sometimes, and when.
const SOMETIMES: &[(&str, &[&str])] = &[
    (
        "once it is retired, or another holds in its place",
        &[
            "CopiedBasics.retired_on",
            "CopiedEstate.retired_on",
            "CopiedEstate.successor",
            "CopiedManager.successor",
            "CopiedProject.successor",
            "Estate.retired_on",
            "Estate.successor",
            "EstatePage.retired_on",
            "EstatePage.successor",
            "FirmTies.retired_on",
            "ManagerBasics.retired_on",
            "ManagerBasics.successor",
            "PlaceBasics.retired_on",
            "Project.retired_on",
            "Project.successor",
            "ProjectPage.retired_on",
            "ProjectPage.successor",
        ],
    ),
    (
        "to its subject and to officials",
        &[
            "AssessmentView.by",
            "AssessmentView.evidence",
            "AssessmentView.state",
            "RecordView.evidence",
            "RecordView.hearing",
            "RecordView.manager_hearing",
            "RecordView.points",
            "RecordView.retain_until",
            "RecordView.revocation",
            "RecordView.source_case",
        ],
    ),
    ("where it is of a department", &["AccountBasics.department"]),
    (
        "where a manager acts",
        &[
            "AccountBasics.manager",
            "CopiedRecord.manager_reply",
            "ObjectionView.manager",
            "RecordView.manager_reply",
        ],
    ),
    (
        "also sent by clients, who may leave it out",
        &[
            "CreditFile.branches",
            "CreditFile.licences",
            "CreditFileAssessment.disputes",
            "CreditFileRecord.branch",
            "CreditFileRecord.disputes",
            "CreditFileRecord.repaired_at",
            "Dimensions.attitude",
            "Dimensions.cleaning",
            "Dimensions.greening",
            "Dimensions.maintenance",
            "Dimensions.security",
        ],
    ),
    ("when it is asked for", &["PageEnd.total"]),
    (
        "by the kind of problem",
        &[
            "Problem.allows",
            "Problem.errors",
            "Problem.existing",
            "Problem.retry_after",
            "Problem.state",
            "Problem.tries_left",
        ],
    ),
    ("of a survey", &["MetricView.method"]),
    ("shown once", &["Proposal.activation_code", "Proposal.client_secret"]),
    ("to a person, not to a program", &["TokenAnswer.refresh_token"]),
    ("to who signs in by a code", &["TokenAnswer.device"]),
];

#[test]
fn what_an_answer_always_holds_is_required() {
    let document = document().unwrap();
    let mut found = BTreeSet::new();
    for name in answered(&document) {
        optional(&document["components"]["schemas"][&name], &name, &mut found);
    }
    let listed =
        SOMETIMES.iter().flat_map(|(_, names)| names.iter().map(|name| (*name).to_owned())).collect();
    let unlisted: Vec<&String> = found.difference(&listed).collect();
    assert!(unlisted.is_empty(), "required, or sent only sometimes? {unlisted:#?}");
    let gone: Vec<&String> = listed.difference(&found).collect();
    assert!(gone.is_empty(), "take them out of SOMETIMES: {gone:#?}");
}

/// The schemas of answers, and those that they are made of.
fn answered(document: &Value) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    lint::operations(document).iter().for_each(|each| references(&each.operation["responses"], &mut open));
    let (mut met, mut schemas) = (BTreeSet::new(), BTreeSet::new());
    while let Some(target) = open.pop_first() {
        if !met.insert(target.clone()) {
            continue;
        }
        references(document.pointer(target.trim_start_matches('#')).unwrap(), &mut open);
        schemas.extend(target.strip_prefix("#/components/schemas/").map(str::to_owned));
    }
    schemas
}

fn optional(schema: &Value, name: &str, found: &mut BTreeSet<String>) {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (field, below) in schema["properties"].as_object().into_iter().flatten() {
        if !required.contains(&field.as_str()) {
            found.insert(format!("{name}.{field}"));
        }
        optional(below, &format!("{name}.{field}"), found);
    }
    for key in ["oneOf", "anyOf", "allOf", "prefixItems"] {
        schema[key].as_array().into_iter().flatten().for_each(|branch| optional(branch, name, found));
    }
    if schema["items"].is_object() {
        optional(&schema["items"], name, found);
    }
}

/// Two or three of a kind may stand by themselves, where a reference would be no shorter.
const MOST_ALIKE: usize = 3;

#[test]
fn what_is_said_often_is_said_once() {
    let document = document().unwrap();
    let mut alike: BTreeMap<String, usize> = BTreeMap::new();
    let mut shared = 0;
    for each in lint::operations(&document) {
        let parameters = each.operation["parameters"].as_array().into_iter().flatten();
        let responses = each.operation["responses"].as_object().into_iter().flatten().map(|(_, one)| one);
        for said in parameters.chain(responses) {
            if said.get("$ref").is_some() {
                shared += 1;
            } else {
                *alike.entry(said.to_string()).or_default() += 1;
            }
        }
    }
    let often: Vec<&String> =
        alike.iter().filter(|(_, times)| **times > MOST_ALIKE).map(|(said, _)| said).collect();
    assert!(often.is_empty(), "{often:#?}");
    assert!(shared > 1_000, "{shared} references: they are made in another way");
}
