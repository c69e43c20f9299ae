//! Every parameter and field has a form or a bound.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xinwu_openapi::{document, inlined, lint};

/// What has neither a form nor a bound, and why: a field by its schema's name and its own, or all
/// fields of a schema.
const FREE: &[(&str, &[&str])] = &[
    (
        "the service's own words for people, with what they are about",
        &[
            "ApprovalOutcome.detail",
            "BadRow.detail",
            "CaseExclusion.text",
            "CauseView.text",
            "EvaluationItem.name",
            "Hidden.text",
            "ImportFailure.detail",
            "MovedSubject.reasons",
            "Notice.text",
            "OwnRating.comment_reason",
            "OwnRating.note",
            "OwnReply.reason",
            "Problem.detail",
            "Problem.title",
            "ProblemField.detail",
            "WayOutStep.text",
            "Why.text",
        ],
    ),
    ("a place in what was sent, however deep that is", &["ProblemField.pointer"]),
    ("as the file of the scheme says it", &["ComponentView.detail.values"]),
    (
        "what a scheme adds and multiplies",
        &[
            "CardPendingGrade.score",
            "CopiedPendingGrade.score",
            "CreditBasics.score",
            "ComparedPart.value",
            "ComparedPart.weight",
            "ComponentView.weight",
            "CreditEvaluation.score",
            "EvaluationAnnouncement.score",
            "EvaluationComponent.value",
            "EvaluationComponent.weight",
            "EvaluationInEffect.score",
            "EvaluationItem.contribution",
            "EvaluationItem.points",
            "EvaluationItem.value",
            "EvaluationItem.weight",
            "Graded.score",
            "MovedSubject.difference",
            "Ranked.value",
            "WayOutStep.by",
            "Why.missing",
        ],
    ),
    (
        "a history, or all that there is of something: nothing of it is dropped",
        &[
            "AdminRecord.former",
            "AdminRecord.steps",
            "AppliedRule.records",
            "AppliedRule.ways_out",
            "CaseView.steps",
            "CreditEvaluation.items",
            "CreditEvaluation.unmatched",
            "CreditFile",
            "CreditFileAssessment.disputes",
            "CreditFileRecord.disputes",
            "CopiedFirm.branches",
            "CopiedFirm.former_names",
            "EstatePage.future_projects",
            "EstatePage.past_projects",
            "Export",
            "ExportedCase.steps",
            "Firm.former_names",
            "FirmCardBasics.former_names",
            "FirmTies.branches",
            "Listing.records",
            "ManagerPage.past_projects",
            "ManagerPage.projects",
            "ModeratedText.flags",
            "Simulation.counts",
            "WayOutStep.records",
        ],
    ),
    (
        "as many as the schemes that rule somewhere make",
        &[
            "CardCredit.consequences",
            "CreditEvaluation.consequences",
            "CreditEvaluation.lists",
            "CopiedCredit.consequences",
            "CopiedBasics.credits",
            "CopiedBasics.lists",
            "FirmCardBasics.lists",
            "FirmCardBasics.other_credits",
            "FirmEligibility.reasons",
            "FirmEligibility.schemes",
            "ManagerPage.other_credits",
            "ProjectPage.other_credits",
        ],
    ),
    ("as many as have signed a token that still holds", &["KeySet.keys"]),
    ("as the city's settings say it", &["BothLanguages.en", "BothLanguages.zh"]),
    ("each operation notes what it changes in its own way", &["AuditEntry.detail"]),
    (
        "a file or a picture",
        &[
            "add_import",
            "get_credit_list.200.text/csv",
            "get_firm_badge.200.image/svg+xml",
            "get_firm_trend.200.image/svg+xml",
            "get_import_template",
            "get_statistics.200.text/csv",
            "list_admin_managers.200.text/csv",
            "list_admin_objections.200.text/csv",
            "list_admin_projects.200.text/csv",
            "list_admin_records.200.text/csv",
            "list_admin_repairs.200.text/csv",
            "list_assessments.200.text/csv",
            "list_cases.200.text/csv",
            "list_estates.200.text/csv",
            "list_firm_records.200.text/csv",
            "list_firms.200.text/csv",
            "list_import_rows.200.text/csv",
            "list_imports.200.text/csv",
            "list_inbox.200.text/csv",
            "list_proposals.200.text/csv",
            "simulate_scheme",
        ],
    ),
];

/// Headers that are taken whatever they hold: what cannot be read of them is passed over (RFC 9110
/// §12.5.4, §13.1.2, §14.2). A form would say that what departs from it is refused, which it is
/// not.
const PASSED_OVER: [&str; 3] = ["Accept-Language", "If-Range", "Range"];

/// "Bounds, patterns, formats and enums for every parameter and field": what has none is listed
/// with its reason, and nothing else is.
#[test]
fn every_parameter_and_field_has_a_form_or_a_bound() {
    let document = inlined(&document().unwrap());
    let mut free = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        unbounded(schema, name, &mut free);
    }
    for each in lint::operations(&document) {
        let id = each.id().unwrap();
        let parameters = each.operation["parameters"].as_array().unwrap();
        let is_passed_over = |parameter: &Value| PASSED_OVER.contains(&parameter["name"].as_str().unwrap());
        for parameter in parameters.iter().filter(|parameter| !is_passed_over(parameter)) {
            unbounded(
                &parameter["schema"],
                &format!("{id}.{}", parameter["name"].as_str().unwrap()),
                &mut free,
            );
        }
        let body = ("body".to_owned(), &each.operation["requestBody"]);
        let answers = each.operation["responses"].as_object().unwrap();
        let said = answers.iter().map(|(status, answer)| (status.clone(), answer)).chain([body]);
        for (part, holder) in said {
            for (kind, media) in holder["content"].as_object().into_iter().flatten() {
                unbounded(&media["schema"], &format!("{id}.{part}.{kind}"), &mut free);
            }
            for (name, header) in holder["headers"].as_object().into_iter().flatten() {
                unbounded(&header["schema"], &format!("{id}.{part}.{name}"), &mut free);
            }
        }
    }
    let listed: BTreeSet<&str> = FREE.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let is_of = |name: &String, entry: &str| {
        name.strip_prefix(entry).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let unlisted: Vec<&String> =
        free.iter().filter(|name| !listed.iter().any(|entry| is_of(name, entry))).collect();
    assert!(unlisted.is_empty(), "bound them in api/src/document/bounds.rs: {unlisted:#?}");
    for entry in listed {
        assert!(free.iter().any(|name| is_of(name, entry)), "{entry} has a bound: take it out of FREE");
    }
}

/// The parts of a schema that any text, number, list or object would fit.
fn unbounded(schema: &Value, name: &str, free: &mut Vec<String>) {
    let has = |keys: &[&str]| keys.iter().any(|key| schema.get(*key).is_some());
    let is = |kind: &str| {
        schema["type"] == kind || schema["type"].as_array().is_some_and(|all| all.contains(&json!(kind)))
    };
    let is_bounded = has(&["enum", "const"])
        || [
            ("string", ["pattern", "format", "maxLength"].as_slice()),
            ("array", &["maxItems"]),
            ("integer", &["format", "minimum", "maximum"]),
            ("number", &["minimum", "maximum"]),
            ("object", &["properties", "additionalProperties"]),
        ]
        .into_iter()
        .all(|(kind, bounds)| !is(kind) || has(bounds));
    if !is_bounded {
        free.push(name.to_owned());
    }
    for (field, below) in schema["properties"].as_object().into_iter().flatten() {
        unbounded(below, &format!("{name}.{field}"), free);
    }
    for key in ["oneOf", "anyOf", "allOf", "prefixItems"] {
        schema[key].as_array().into_iter().flatten().for_each(|branch| unbounded(branch, name, free));
    }
    for (key, part) in [("items", "items"), ("additionalProperties", "values")] {
        if schema.get(key).is_some_and(Value::is_object) {
            unbounded(&schema[key], &format!("{name}.{part}"), free);
        }
    }
}
