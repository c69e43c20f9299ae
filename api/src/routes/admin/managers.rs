//! `/v1/admin/managers`

use actix_web::{HttpResponse, get, patch, post};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::manager::{Manager, ManagerEdit, NewManager};
use xinwu_domain::proposal::Proposal;
use xinwu_domain::rules::{known_uscc_if_any, typed_code_if_any};
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::manager::{self, ManagerQuery};

use crate::extract::{Form, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::admin::tables::MANAGERS;
use crate::rules::require_known;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_admin_managers);
    config.service(add_manager);
    config.service(get_admin_manager);
    config.service(edit_manager);
}

/// Adds a manager of a firm registered in your jurisdiction, or of none.
#[utoipa::path(request_body = NewManager, responses((status = 201, description = "The new manager", body = Manager)))]
#[post("/v1/admin/managers")]
async fn add_manager(
    permit: Permit<op::AddManager>,
    body: Form<NewManager>,
) -> Result<HttpResponse, Problem> {
    permit.add(body, |manager| format!("/v1/managers/{}", manager.id), manager::add).await
}

/// Changes a manager in your jurisdiction: the name, the firm. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The manager's id")),
    request_body = ManagerEdit,
    responses(
        (status = 200, description = "The manager", body = Manager),
        (status = 202, description = "It waits for a second person", body = Proposal)
    )
)]
#[patch("/v1/admin/managers/{id}")]
async fn edit_manager(
    permit: Permit<op::EditManager>,
    Path(id): Path<String>,
    body: Form<ManagerEdit>,
) -> Result<HttpResponse, Problem> {
    permit.change_or_propose(id, body, manager::edit).await
}

/// One manager whose firm is registered in, or who has charge of an estate in, your place.
#[utoipa::path(
    params(("id" = String, Path, description = "The manager's id")),
    responses((status = 200, description = "The manager", body = Manager))
)]
#[get("/v1/admin/managers/{id}")]
async fn get_admin_manager(
    permit: Permit<op::GetAdminManager>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.read_one(id, |conn, row: Authorized<manager::Row>| manager::get(conn, &row.id)).await
}

/// Which managers.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAdminManagers {
    /// Only those whose firm is registered in this place or below it, or who have charge of an
    /// estate there by a project that opens files (`reach`); who works for no firm, or had.
    #[validate(length(max = 32))]
    #[serde(default, deserialize_with = "typed_code_if_any")]
    place: Option<String>,
    /// Only of this firm.
    #[serde(default, deserialize_with = "known_uscc_if_any")]
    uscc: Option<String>,
    /// Only who has charge of this estate, or had.
    #[validate(length(max = 64))]
    #[serde(default, deserialize_with = "typed_code_if_any")]
    estate: Option<String>,
    /// `true` for only who has charge of a project whose term contains today, `false` for the
    /// others.
    running: Option<bool>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The managers whose firm is registered in your place, or who have charge of an estate there by a
/// project that opens files, the latest entered first; with those who work for no firm, where they
/// had charge there, or of nothing. CSV with `Accept: text/csv`.
#[utoipa::path(
    params(ListAdminManagers),
    responses((
        status = 200,
        description = "A page of managers",
        content(
            (Page<Manager> = "application/json"),
            (String = "text/csv", example = json!("id,name,firm,firm_name,updated_at\n"))
        )
    ))
)]
#[get("/v1/admin/managers")]
async fn list_admin_managers(
    permit: Permit<op::ListAdminManagers>,
    Query(query): Query<ListAdminManagers>,
) -> Result<HttpResponse, Problem> {
    let (warrant, today) = (permit.warrant()?, permit.today());
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let ListAdminManagers { place, uscc, estate, running, .. } = query;
    let wanted = ManagerQuery { place, uscc, estate, running };
    let page = permit
        .read(move |conn| {
            require_known(conn, wanted.place.as_deref(), wanted.estate.as_deref())?;
            manager::list(conn, &warrant, &wanted, &window, today)
        })
        .await?;
    permit.page_or_table(page, &MANAGERS)
}
