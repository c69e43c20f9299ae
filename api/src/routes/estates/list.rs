//! `GET /v1/estates`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::estate::{EstateKind, EstateSummary};
use xinwu_persistence::lookup::estate_list::{self, EstateOrder, EstateQuery};

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::tables::ESTATES;
use crate::rules::{bad_sort, search_text};

/// Which estates.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListEstates {
    /// Part of a name or of another name, in characters, pinyin, initials or a mixture of them; or
    /// part of a code.
    #[validate(length(min = 1, max = 200))]
    #[param(example = "听涛")]
    q: Option<String>,
    /// In this place or below it; a code of any level.
    #[validate(length(max = 32))]
    #[param(example = "210202")]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    place: Option<String>,
    /// Only this kind.
    kind: Option<EstateKind>,
    /// `relevance` (the default with `q`) or `name` (the default without); `-` before it for
    /// descending.
    sort: Option<String>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// Finds estates, and which firm serves each. CSV with `Accept: text/csv`.
#[utoipa::path(
    params(ListEstates),
    responses((
        status = 200,
        description = "A page of estates",
        content(
            (Page<EstateSummary> = "application/json"),
            (String = "text/csv", example = json!("code,name,aliases,kind,place,place_name,address,households\n"))
        )
    ))
)]
#[get("/v1/estates")]
pub(super) async fn list_estates(
    permit: Permit<op::ListEstates>,
    Query(query): Query<ListEstates>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let q = query.q.as_deref().map(search_text).transpose()?;
    let (order, descending) = match query.sort.as_deref() {
        None if q.is_some() => (EstateOrder::Relevance, false),
        None | Some("name") => (EstateOrder::Name, false),
        Some("-name") => (EstateOrder::Name, true),
        Some("relevance") if q.is_some() => (EstateOrder::Relevance, false),
        Some("-relevance") if q.is_some() => (EstateOrder::Relevance, true),
        Some(_) => return Err(bad_sort("relevance (with q), name").into()),
    };
    let wanted = EstateQuery { q, place: query.place, kind: query.kind, order, descending };
    let (search, context) = (permit.state().search().await?, permit.context());
    let estates = permit
        .read(move |conn| {
            let estates = estate_list::list(conn, &search, &wanted, &window, &context)?;
            crate::rules::require_known(conn, wanted.place.as_deref(), None)?;
            Ok(estates)
        })
        .await?;
    permit.page_or_table(estates, &ESTATES)
}
