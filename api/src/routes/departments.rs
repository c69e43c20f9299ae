//! `/v1/departments`: the offices of districts, and of the city, to which cases go.

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::department::Department;
use xinwu_domain::typed;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::department::{self, DepartmentQuery};

use crate::extract::{Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::rules::require_known;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_departments);
    config.service(get_department);
}

/// Which departments.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDepartments {
    /// Only those of this district, or of the city and all its districts.
    #[validate(length(max = 32))]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    place: Option<String>,
    /// Part of a name, or of a code.
    #[validate(length(min = 1, max = 64))]
    q: Option<String>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The departments that exist, by code.
#[utoipa::path(params(ListDepartments), responses((status = 200, description = "A page of departments", body = Page<Department>)))]
#[get("/v1/departments")]
async fn list_departments(
    permit: Permit<op::ListDepartments>,
    Query(query): Query<ListDepartments>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let wanted = DepartmentQuery { place: query.place, q: query.q };
    let page = permit
        .read(move |conn| {
            require_known(conn, wanted.place.as_deref(), None)?;
            department::list(conn, &wanted, &window)
        })
        .await?;
    permit.page(page)
}

/// One department, also of those that no longer exist.
#[utoipa::path(
    params(("code" = String, Path, description = "The department's code", example = "210202-ZHZF")),
    responses((status = 200, description = "The department", body = Department))
)]
#[get("/v1/departments/{code}")]
async fn get_department(
    permit: Permit<op::GetDepartment>,
    Path(code): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit
        .read_one(typed::code(&code), |conn, row: Authorized<department::Row>| {
            department::get(conn, &row.code)
        })
        .await
}
