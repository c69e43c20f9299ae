//! Every operation, asked for by every role, of an own and of a foreign object: what happens must
//! be what `docs/permissions.csv` says.
//!
//! The table is derived from the domain's table of operations and committed; a review sees its
//! difference. Here each of its cells is a request over HTTP (`requests.rs` says which) against a
//! small world (`world.rs`): two districts, a firm and a resident of each, and a firm of one at
//! work in the other.

mod cases;
pub mod requests;
pub mod world;

use crate::harness::{Call, TestApp};
use std::collections::{BTreeMap, BTreeSet};
use xinwu_both::both;

use serde_json::Value;
use xinwu_domain::access::{Operation, Reach, Role};
use xinwu_domain::word::Word;
use xinwu_openapi::permissions::{Outcome, Whose, askers};

use requests::{Request, request};
use world::World;

/// A line of the table.
pub struct Row {
    pub operation: Operation,
    pub method: String,
    pub path: String,
    pub whose: Whose,
    pub expected: Vec<(Option<Role>, Outcome)>,
}

pub fn table() -> Vec<Row> {
    let text = include_str!("../../docs/permissions.csv");
    let names: Vec<&str> = askers().into_iter().map(|(name, _)| name).collect();
    let mut lines = text.lines();
    assert_eq!(
        lines.next().unwrap(),
        format!("operation,method,path,object,second_person,noted,{}", names.join(","))
    );
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            assert_eq!(fields.len(), 6 + names.len(), "{line}");
            let operation =
                Operation::parse(fields[0]).unwrap_or_else(|| panic!("{} is no operation", fields[0]));
            let second: Vec<&str> = operation.second_persons().iter().map(|who| who.into_str()).collect();
            assert_eq!(fields[4], second.join("/"), "{line}");
            assert_eq!(fields[5], if operation.noted() { "noted" } else { "" }, "{line}");
            Row {
                operation,
                method: fields[1].to_owned(),
                path: fields[2].to_owned(),
                whose: Whose::parse(fields[3]).unwrap(),
                expected: askers()
                    .into_iter()
                    .zip(&fields[6..])
                    .map(|((_, role), word)| (role, Outcome::parse(word).unwrap()))
                    .collect(),
            }
        })
        .collect()
}

#[test]
fn every_operation_stands_in_the_table_and_has_a_route() {
    let rows = table();
    let named: BTreeSet<&str> = rows.iter().map(|row| row.operation.id()).collect();
    let all: BTreeSet<&str> = Operation::ALL.iter().map(|operation| operation.id()).collect();
    assert_eq!(named, all);
    let unrouted: BTreeSet<&str> =
        rows.iter().filter(|row| row.path.is_empty()).map(|row| row.operation.id()).collect();
    assert_eq!(unrouted, BTreeSet::new(), "these operations have no route");
}

/// What officials and administrators are given of people is noted in the audit.
#[test]
fn every_answer_that_holds_data_of_people_is_noted() {
    let document = xinwu_openapi::document().unwrap();
    let mut wrong = Vec::new();
    for operation in xinwu_openapi::lint::operations(&document) {
        let named = Operation::parse(operation.id().unwrap()).unwrap();
        let is_to_officials =
            [Role::Community, Role::City, Role::Admin].iter().any(|role| named.audience().admits(*role));
        let is_own = matches!(named.reach(), Reach::Own | Reach::OwnFirm);
        if operation.method != "get" || !is_to_officials || is_own {
            assert!(!named.noted(), "{}", named.id());
            continue;
        }
        let mut schemas = BTreeSet::new();
        gather(&document, &operation.operation["responses"]["200"], &mut schemas);
        // A project's dossier has no person in it, and of evaluations the managers' alone are of
        // one. A photo of a case may show a home.
        let holds = OF_PEOPLE.iter().any(|schema| schemas.contains(*schema))
            && named != Operation::GetProjectDossier
            || matches!(named, Operation::GetManagerEvaluation | Operation::GetCasePhoto);
        if holds != named.noted() {
            wrong.push(named.id());
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// Homes and who claims them, what residents report, accounts, credit dossiers, and what shows any
/// of these.
const OF_PEOPLE: [&str; 10] = [
    "AuditEntry",
    "CaseSummary",
    "CaseView",
    "CreditFile",
    "Household",
    "ImportedRow",
    "InboxItem",
    "Proposal",
    "ResidenceClaim",
    "User",
];

/// The names of all schemas to which a part of the document leads.
fn gather(document: &Value, part: &Value, found: &mut BTreeSet<String>) {
    match part {
        Value::Object(fields) => {
            if let Some(pointer) = fields.get("$ref").and_then(Value::as_str) {
                let name = pointer.rsplit('/').next().unwrap_or_default().to_owned();
                if found.insert(name) {
                    gather(document, document.pointer(pointer.trim_start_matches('#')).unwrap(), found);
                }
            }
            fields.values().for_each(|value| gather(document, value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(document, item, found)),
        _ => {}
    }
}

#[both]
fn every_cell_is_what_the_service_does(app: TestApp) {
    let world = World::build(&app);
    let mut wrong = Vec::new();
    // The last answer to each operation that somebody may do, or that it was done.
    let mut answered: BTreeMap<&str, Result<(), String>> = BTreeMap::new();
    for row in table().into_iter().filter(|row| !row.path.is_empty()) {
        for (role, expected) in &row.expected {
            let asker = world.asker(&app, *role);
            let request = request(&app, &world, (row.operation, &row.path), row.whose, &asker);
            let (status, text) = send(&app, &row, &request, asker.token.as_deref());
            if matches!(expected, Outcome::Allowed | Outcome::Filtered) {
                let answer = answered.entry(row.operation.id()).or_insert_with(|| Err(String::new()));
                if (200..300).contains(&status) {
                    *answer = Ok(());
                } else if answer.is_err() {
                    *answer = Err(format!("{status} {text}"));
                }
            }
            if !fits(*expected, status, &text, &request) {
                let name = role.map_or("anonymous", |role| role.into_str());
                let (id, whose) = (row.operation.id(), row.whose.as_str());
                wrong
                    .push(format!("{id} {whose} by {name}: {} expected, {status} {text}", expected.as_str()));
            }
        }
    }
    wrong.extend(answered.iter().filter_map(|(id, answer)| {
        answer.as_ref().err().map(|answer| format!("{id}: nobody who may do it could: {answer}"))
    }));
    assert!(wrong.is_empty(), "{} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A change of what others may have changed names what it was made from: here, whatever stands.
fn send(app: &TestApp, row: &Row, request: &Request, token: Option<&str>) -> (u16, String) {
    let mut reply = call(app, row, request, token).send();
    if reply.status == 428 {
        reply = call(app, row, request, token).header("If-Match", "*").send();
    }
    (reply.status, reply.text)
}

/// The request of a line.
pub fn call(app: &TestApp, row: &Row, request: &Request, token: Option<&str>) -> Call {
    let mut path = String::new();
    let mut segments = request.segments.iter();
    for part in row.path.split('/').skip(1) {
        path.push('/');
        match part.starts_with('{') {
            true => {
                path.push_str(segments.next().unwrap_or_else(|| panic!("{} needs more segments", row.path)))
            }
            false => path.push_str(part),
        }
    }
    let mut call = app.call(&row.method, &format!("{path}{}", request.query));
    if let Some(token) = token {
        call = call.token(token);
    }
    if let Some((kind, body)) = &request.body {
        call = call.body(kind, body.clone());
    }
    call
}

/// A step that was done before is 409, which does not say that the asker may not.
fn fits(expected: Outcome, status: u16, text: &str, request: &Request) -> bool {
    match expected {
        Outcome::Allowed => (200..300).contains(&status) || status == 409,
        Outcome::Filtered => status == 200 && request.unseen.iter().all(|each| !text.contains(each.as_str())),
        Outcome::SignInFirst => status == 401,
        Outcome::Forbidden => status == 403,
        Outcome::Hidden => status == 404,
    }
}
