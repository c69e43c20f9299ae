//! `/v1/admin/departments`

use actix_web::{HttpResponse, patch, post};
use xinwu_domain::access::op;
use xinwu_domain::department::{Department, DepartmentEdit, NewDepartment};
use xinwu_domain::typed;
use xinwu_persistence::registers::department;

use crate::extract::{Form, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(add_department);
    config.service(edit_department);
}

/// Adds a department of your district, or of the city and any of its districts.
#[utoipa::path(request_body = NewDepartment, responses((status = 201, description = "The new department", body = Department)))]
#[post("/v1/admin/departments")]
async fn add_department(
    permit: Permit<op::AddDepartment>,
    body: Form<NewDepartment>,
) -> Result<HttpResponse, Problem> {
    permit.add(body, |department| format!("/v1/departments/{}", department.code), department::add).await
}

/// Changes a department, or ends it: then none of its accounts can be open, nor a case that it has
/// (409 while one is), and nothing new names it. Needs `If-Match`.
#[utoipa::path(
    params(("code" = String, Path, description = "The department's code", example = "210202-ZHZF")),
    request_body = DepartmentEdit,
    responses((status = 200, description = "The department", body = Department))
)]
#[patch("/v1/admin/departments/{code}")]
async fn edit_department(
    permit: Permit<op::EditDepartment>,
    Path(code): Path<String>,
    body: Form<DepartmentEdit>,
) -> Result<HttpResponse, Problem> {
    permit.change(typed::code(&code), body, department::edit).await
}
