//! `GET /v1/admin/assessments`

use actix_web::{HttpResponse, get};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::assessment::{AssessmentEntry, AssessmentState};
use xinwu_domain::calendar::Period;
use xinwu_domain::rules::{known_uscc_if_any, read_day_if_any, typed_code_if_any};
use xinwu_domain::scheme::Assessor;
use xinwu_persistence::credit::assessment::{self, AssessmentQuery};

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::tables::ASSESSMENTS;
use crate::rules::narrowing;

/// Which assessments.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAssessments {
    /// Only of this quarter, half-year or year; needed where they are missing.
    #[param(value_type = Option<String>, example = "2026-Q3")]
    period: Option<Period>,
    /// Only of projects in this place or below it; your own by default.
    #[validate(length(max = 32))]
    #[param(example = "210202")]
    #[serde(default, deserialize_with = "typed_code_if_any")]
    place: Option<String>,
    /// Only those that stand so: `missing` are the projects that nobody has assessed yet and by
    /// which somebody is graded.
    state: Option<AssessmentState>,
    /// Only of this level; of what is missing, community and street by default.
    #[param(value_type = Option<String>)]
    assessor: Option<Assessor>,
    /// Only of projects of this firm.
    #[serde(default, deserialize_with = "known_uscc_if_any")]
    uscc: Option<String>,
    /// Only what this account gave.
    #[validate(length(min = 1, max = 64))]
    drafter: Option<String>,
    /// Only what came with this import.
    #[validate(length(min = 1, max = 64))]
    import: Option<String>,
    /// Only what was given, or confirmed, from the beginning of this day on.
    #[serde(default, deserialize_with = "read_day_if_any")]
    from: Option<NaiveDate>,
    /// Only what was given, or confirmed, until the end of this day.
    #[serde(default, deserialize_with = "read_day_if_any")]
    to: Option<NaiveDate>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// Assessments of projects in your place, the latest period first: what waits, what is in force,
/// and who has not assessed yet. CSV with `Accept: text/csv`.
#[utoipa::path(
    params(ListAssessments),
    responses((
        status = 200,
        description = "A page of assessments",
        content(
            (Page<AssessmentEntry> = "application/json"),
            (String = "text/csv", example = json!("id,project,estate,estate_name,firm,period,assessor\n"))
        )
    ))
)]
#[get("/v1/admin/assessments")]
pub(super) async fn list_assessments(
    permit: Permit<op::ListAssessments>,
    Query(query): Query<ListAssessments>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let ListAssessments { period, place, state, assessor, uscc, drafter, import, from, to, .. } = query;
    let context = permit.context();
    let narrowing = narrowing(place, drafter, (from, to), context);
    let wanted = AssessmentQuery { period, state, assessor, uscc, import, narrowing };
    let today = context.today();
    let page = permit
        .read(move |conn| assessment::list_for_officials(conn, &warrant, &wanted, &window, today))
        .await?;
    permit.page_or_table(page, &ASSESSMENTS)
}
