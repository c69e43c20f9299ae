//! `POST /v1/admin/schemes/simulate`

use actix_web::http::header::{self, ContentType};
use actix_web::{HttpRequest, HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::credit::{Graded, Simulation};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::{Language, Text};
use xinwu_domain::word::Word;
use xinwu_persistence::credit::scheme::simulation::{self, Draft, Row};

use crate::extract::JsonFile;
use crate::negotiation;
use crate::permit::{Permit, render_in};
use crate::problem::Problem;
use crate::spreadsheet::{Cell, Table};

/// Subjects named in an answer, unless more are asked for.
const MOST_NAMED: usize = 100;

/// Which draft to try: its text, or a kept version.
// A question of HTTP's own, as of how much of the answer is shown: nothing is done by it.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"scheme": "dalian-demo", "version": 1, "limit": 100}))]
pub struct SimulateScheme {
    /// A scheme’s file; it is kept nowhere.
    #[validate(length(min = 1))]
    text: Option<String>,
    /// The id of a kept draft or of an announced scheme, with `version`.
    #[validate(length(min = 1, max = 64))]
    scheme: Option<String>,
    /// Its version.
    version: Option<u32>,
    /// How many of those who move to name in the JSON answer, 0 to 1000; 100 by default. All are
    /// counted, and the CSV names all.
    #[validate(range(min = 0, max = 1000))]
    limit: Option<u32>,
}

impl SimulateScheme {
    fn draft(self) -> Result<Draft, Refusal> {
        match (self.text, self.scheme, self.version) {
            (Some(text), None, None) => Ok(Draft::Text(text)),
            (None, Some(scheme), Some(version)) => Ok(Draft::Version(scheme, version)),
            _ => Err(Refusal::invalid(
                "",
                "text_or_version",
                Text::new("应给出 text，或者 scheme 与 version", "Give `text`, or `scheme` and `version`"),
            )),
        }
    }
}

/// What a draft would do to every grade: how many move from each grade to each, who moves and why,
/// against the version that it would replace, else the primary scheme. Everything is evaluated as
/// of now, in memory; no trace is left. With `Accept: text/csv` every subject is a row (UTF-8 with
/// a mark for Excel). Whom only one of the two is for has no values on the other side: null, `none`
/// in the counts, empty in the table.
#[utoipa::path(
    request_body = SimulateScheme,
    responses(
        (
            status = 200,
            description = "What it would do",
            content(
                (Simulation = "application/json"),
                (String = "text/csv", example = json!("subject_kind,subject,name,outcome_before,score_before,grade_before,outcome_after,score_after,grade_after,difference,moved,reasons\n"))
            )
        ),
        (status = 404, description = "There is no such version", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
#[post("/v1/admin/schemes/simulate")]
pub(super) async fn simulate_scheme(
    permit: Permit<op::SimulateScheme>,
    request: HttpRequest,
    JsonFile(body): JsonFile<SimulateScheme>,
) -> Result<HttpResponse, Problem> {
    let most = body.value.limit.map_or(MOST_NAMED, |limit| usize::try_from(limit).unwrap_or(MOST_NAMED));
    let draft = body.value.draft()?;
    let (now, language) = (permit.now(), permit.language());
    let rows = permit.read(move |conn| simulation::run(conn, &draft, now)).await?;
    if negotiation::preferred(request.headers(), &["application/json", CSV]) == Some(CSV) {
        let name = format!("{}-{}.csv", rows.scheme, rows.version);
        let table = table(&rows.rows, language).and_then(|table| table.answer(&name, language));
        return table.map_err(Problem::internal);
    }
    let answer = render_in(language, &simulation::summarise(rows, now, most))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type(ContentType::json())
        .body(answer))
}

const CSV: &str = "text/csv";

/// One row a subject.
fn table(rows: &[Row], language: Language) -> Result<Table, csv::Error> {
    let mut table = Table::new();
    table.row(
        [
            "subject_kind",
            "subject",
            "name",
            "outcome_before",
            "score_before",
            "grade_before",
            "outcome_after",
            "score_after",
            "grade_after",
            "difference",
            "moved",
            "reasons",
        ]
        .map(Cell::Text),
    )?;
    fn grade(of: &Option<Graded>) -> &str {
        of.as_ref().and_then(|of| of.grade.as_deref()).unwrap_or_default()
    }
    for Row { subject, moved } in rows {
        let outcome = |of: &Option<Graded>| of.as_ref().map_or("", |of| of.outcome.into_str());
        let score = |of: &Option<Graded>| of.as_ref().and_then(|of| of.score);
        let reasons: Vec<&str> = subject.reasons.iter().map(|text| text.in_language(language)).collect();
        table.row([
            Cell::Text(subject.subject_kind.into_str()),
            Cell::Text(&subject.subject),
            Cell::Text(&subject.name),
            Cell::Text(outcome(&subject.from)),
            Cell::Number(score(&subject.from)),
            Cell::Text(grade(&subject.from)),
            Cell::Text(outcome(&subject.to)),
            Cell::Number(score(&subject.to)),
            Cell::Text(grade(&subject.to)),
            Cell::Number(subject.difference),
            Cell::Text(if *moved { "yes" } else { "no" }),
            Cell::Text(&reasons.join("；")),
        ])?;
    }
    Ok(table)
}
