//! `PATCH /v1/admin/projects/{id}`

use actix_web::{HttpResponse, patch};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::project::{Area, Project};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_persistence::registers::project::{self, ProjectEdit};

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use xinwu_domain::rules::{nullable, require_day};

/// What changes in a project; what is left out stays. Another operator is another project.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ends_on": "2026-12-31"}))]
pub struct EditProject {
    /// The id of the person in charge; null for nobody.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    manager: Option<Option<String>>,
    /// The first day of the term.
    #[validate(custom(function = "xinwu_domain::rules::day"))]
    starts_on: Option<String>,
    /// The last day of the term; null while it runs on.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    ends_on: Option<Option<String>>,
    /// Its area in m², above 0, with at most two decimals.
    area_m2: Option<Area>,
    /// The households it serves.
    #[validate(range(min = 0, max = 100_000))]
    households: Option<i32>,
    /// The fee in fen per m² and month; null when it is not known.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    fee_fen: Option<Option<i64>>,
}

/// Changes a project in an estate of your jurisdiction: its end, its manager, its size. Needs
/// `If-Match`.
#[utoipa::path(
    tag = "registers",
    params(("id" = String, Path, description = "The project's id")),
    request_body = EditProject,
    responses((status = 200, description = "The project", body = Project))
)]
#[patch("/v1/admin/projects/{id}")]
pub(super) async fn edit_project(
    permit: Permit<op::EditProject>,
    Path(id): Path<String>,
    body: Json<EditProject>,
) -> Result<HttpResponse, Problem> {
    let value = body.value;
    let day = |pointer: &str, text: Option<String>| text.map(|text| require_day(pointer, &text)).transpose();
    if value.fee_fen.flatten().is_some_and(|fee| !(0..=100_000).contains(&fee)) {
        let text = Text::new("应在0到100000之间", "must be between 0 and 100000");
        return Err(Refusal::invalid("/fee_fen", "out_of_range", text).into());
    }
    let edit = ProjectEdit {
        manager_id: value.manager,
        starts_on: day("/starts_on", value.starts_on)?,
        ends_on: value.ends_on.map(|text| day("/ends_on", text)).transpose()?,
        area: value.area_m2,
        households: value.households,
        fee_fen: value.fee_fen,
    };
    permit.change(id, edit, project::edit).await
}
