//! `GET /v1/admin/cases`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::case::{AssigneeKind, CaseQuery, CaseState, CaseSummary};
use xinwu_domain::kind::Kind;
use xinwu_domain::rules::typed_code_if_any;
use xinwu_persistence::service::case;

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::admin::tables::CASES;
use crate::routes::cases::due_before;
use crate::rules::require_known;

/// Which cases.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListCases {
    /// Only those that stand so; those that have not ended, if left out.
    state: Option<CaseState>,
    /// Only of this kind, by its code.
    #[validate(length(min = 1, max = 32))]
    kind: Option<String>,
    /// Only about this, by the code of a category.
    #[validate(length(min = 1, max = 32))]
    category: Option<String>,
    /// Only those whose time runs out before this instant, or before this day, overdue ones
    /// included.
    due_before: Option<String>,
    /// Only what is of this place or below it.
    #[validate(length(max = 32))]
    #[serde(default, deserialize_with = "typed_code_if_any")]
    place: Option<String>,
    /// Only those assigned to such a party.
    assignee: Option<AssigneeKind>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The cases of the estates in your jurisdiction, or those assigned to your department, what is due
/// first before the others. CSV with `Accept: text/csv`.
#[utoipa::path(
    params(ListCases),
    responses((
        status = 200,
        description = "A page of cases",
        content(
            (Page<CaseSummary> = "application/json"),
            (String = "text/csv", example = json!("id,kind,category,class,state,estate,estate_name,due_at\n"))
        )
    ))
)]
#[get("/v1/admin/cases")]
pub(super) async fn list_cases(
    permit: Permit<op::ListCases>,
    Query(query): Query<ListCases>,
) -> Result<HttpResponse, Problem> {
    let (warrant, context) = (permit.warrant()?, permit.context());
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let due_before = due_before(query.due_before.as_deref(), &context)?;
    let ListCases { state, kind, category, place, assignee, .. } = query;
    let own = warrant.place().or(warrant.department()).unwrap_or_default().to_owned();
    let about = place.clone().unwrap_or(own);
    let wanted = CaseQuery { state, kind, category, place, due_before, assignee };
    let page = permit
        .read(move |conn| {
            require_known(conn, wanted.place.as_deref(), None)?;
            case::list_admin(conn, &warrant, &wanted, &window, context)
        })
        .await?;
    permit.note_reading(Kind::Place, &about, page.items.len()).await?;
    permit.page_or_table(page, &CASES)
}
