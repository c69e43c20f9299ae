//! `GET /v1/firms/{uscc}/cases`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::calendar::Month;
use xinwu_domain::case::figures::CaseFigures;
use xinwu_domain::entity::Entity;
use xinwu_persistence::service::case::figures;

use crate::cache::Tag;
use crate::extract::{FirmCode, Path, Query};
use crate::permit::{Permit, UNVERSIONED};
use crate::problem::Problem;
use crate::rules::span;

/// Which months.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetCaseFigures {
    /// The first month; eleven before the last when left out.
    #[param(value_type = Option<String>, example = "2025-12")]
    pub from: Option<Month>,
    /// The last month; this one when left out. At most 36 months.
    #[param(value_type = Option<String>, example = "2026-11")]
    pub to: Option<Month>,
}

/// What is published of the cases of a firm's projects, together and month by month: how many were
/// opened and closed, how many in time, how their residents found it. Null with the reason
/// `waiting` where nothing is published: sums come out once they are of at least five households
/// together. Each rate comes with what it is made of.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), GetCaseFigures),
    responses((status = 200, description = "The sums", body = CaseFigures))
)]
#[get("/v1/firms/{uscc}/cases")]
pub(super) async fn get_firm_cases(
    permit: Permit<op::GetFirmCases>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<GetCaseFigures>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let span = span(query.from, query.to, context.month())?;
    let tags = vec![Tag::One(Entity::Firm, uscc.clone()), Tag::figures()];
    permit.cached(tags, move |conn| Ok((figures::of_firm(conn, &uscc, span, &context)?, UNVERSIONED))).await
}
