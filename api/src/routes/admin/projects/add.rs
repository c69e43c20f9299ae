//! `POST /v1/admin/projects`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::project::{Area, Operator, Project};
use xinwu_persistence::registers::project::{self, NewProject};

use crate::extract::Json;
use crate::permit::{Permit, Posted};
use crate::problem::Problem;
use xinwu_domain::rules::require_day;

/// A new project.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "estate": "210211004016-001", "operator": "firm", "uscc": "91219900MA0D00000P", "starts_on": "2026-01-01", "area_m2": 85000.5,
    "households": 1200, "fee_fen": 180
}))]
pub struct AddProject {
    /// The code of the estate.
    #[validate(length(min = 1, max = 32))]
    #[serde(deserialize_with = "xinwu_domain::rules::typed_code")]
    estate: String,
    /// Who serves it.
    operator: Operator,
    /// The firm's code; for `firm` and `street_firm` only.
    #[validate(length(min = 1, max = 100))]
    uscc: Option<String>,
    /// The id of the person in charge, who works for the firm.
    #[validate(length(min = 1, max = 64))]
    manager: Option<String>,
    /// The first day of the term.
    #[validate(custom(function = "xinwu_domain::rules::day"))]
    starts_on: String,
    /// The last day of the term; left out while it runs on.
    #[validate(custom(function = "xinwu_domain::rules::day"))]
    ends_on: Option<String>,
    /// Its area in m², above 0, with at most two decimals.
    area_m2: Area,
    /// The households it serves.
    #[validate(range(min = 0, max = 100_000))]
    households: i32,
    /// The fee in fen per m² and month.
    #[validate(range(min = 0, max = 100_000))]
    fee_fen: Option<i64>,
}

/// Adds a project in an estate of your jurisdiction. An estate is served by one project on any day:
/// end the one before first.
#[utoipa::path(tag = "registers", request_body = AddProject, responses((status = 201, description = "The new project", body = Project)))]
#[post("/v1/admin/projects")]
pub(super) async fn add_project(
    permit: Permit<op::AddProject>,
    body: Json<AddProject>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    let new = NewProject {
        estate: value.estate,
        operator: value.operator,
        uscc: value.uscc.as_deref().map(xinwu_domain::rules::require_uscc).transpose()?,
        manager_id: value.manager,
        starts_on: require_day("/starts_on", &value.starts_on)?,
        ends_on: value.ends_on.map(|day| require_day("/ends_on", &day)).transpose()?,
        area: value.area_m2,
        households: value.households,
        fee_fen: value.fee_fen,
        demo: false,
    };
    permit
        .post(&fingerprint, move |tx, warrant| {
            let (project, version) = project::add(tx, warrant, &new)?;
            Posted::created(format!("/v1/projects/{}", project.id), version, &project)
        })
        .await
}
