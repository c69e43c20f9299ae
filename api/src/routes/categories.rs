//! `GET /v1/categories`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::catalogue::RecordKind;
use xinwu_domain::page::{Keys, Listed};
use xinwu_domain::record::CategoryView;

use xinwu_persistence::credit::scheme;

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_categories);
}

/// Which categories.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListCategories {
    /// Only rewards or only penalties.
    kind: Option<RecordKind>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The catalogue of what can be recorded, by code: schemes give points to its categories.
#[utoipa::path(params(ListCategories), responses((status = 200, description = "A page of categories", body = Page<CategoryView>)))]
#[get("/v1/categories")]
pub(super) async fn list_categories(
    permit: Permit<op::ListCategories>,
    Query(query): Query<ListCategories>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let catalogue = scheme::catalogue()?;
    let wanted = || catalogue.iter().filter(|each| query.kind.is_none_or(|kind| each.kind == kind));
    let after = window.after.as_ref().map_or("", |keys| keys.get(0));
    let most = usize::try_from(window.limit).unwrap_or(1) + 1;
    let rows: Vec<_> = wanted().filter(|each| each.code.as_str() > after).take(most).collect();
    let page = Listed::from_rows(rows, &window, |row| Keys::of([&row.code]));
    let total = window.count.then(|| i64::try_from(wanted().count()).unwrap_or(i64::MAX));
    permit.page(Listed { total, ..page.map(|each| CategoryView::new(each, permit.language())) })
}
