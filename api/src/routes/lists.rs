//! `GET /v1/lists/{list}`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::comparison::Listed;
use xinwu_domain::scheme::ListKind;
use xinwu_persistence::lookup::comparison;

use crate::extract::{Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::tables::LISTED;

/// Which part of the list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetCreditList {
    /// A place of any level: firms registered there or running a project there. The city by
    /// default.
    #[validate(length(max = 32))]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    place: Option<String>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The red or the black list by the primary scheme, the latest entries first, each with its reason.
/// CSV with `Accept: text/csv`.
#[utoipa::path(
    params(("list" = ListKind, Path, description = "`red` or `black`", example = "red"), GetCreditList),
    responses((
        status = 200,
        description = "A page of the list",
        content(
            (Page<Listed> = "application/json"),
            (String = "text/csv", example = json!("list,uscc,name,registered_place,registered_place_name,scheme,score,grade\n"))
        )
    ))
)]
#[get("/v1/lists/{list}")]
async fn get_credit_list(
    permit: Permit<op::GetCreditList>,
    Path(list): Path<ListKind>,
    Query(query): Query<GetCreditList>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let context = permit.context();
    let listed = permit
        .read(move |conn| comparison::list(conn, list, query.place.as_deref(), &context, &window))
        .await?;
    permit.page_or_table(listed, &LISTED)
}

pub(super) fn configure(config: &mut Routes) {
    config.service(get_credit_list);
}
