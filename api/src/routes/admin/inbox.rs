//! `GET /v1/admin/inbox`

use actix_web::{HttpResponse, get};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::inbox::{InboxItem, InboxKind, InboxQuery};
use xinwu_domain::kind::Kind;
use xinwu_domain::rules::{read_day_if_any, typed_code_if_any};
use xinwu_persistence::operations::inbox;

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::admin::tables::INBOX;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_inbox);
}

/// Which part.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListInbox {
    /// Only this kind.
    #[param(inline)]
    kind: Option<InboxKind>,
    /// Only what is of this place or below it; proposals also by what they are about.
    #[validate(length(max = 32))]
    #[serde(default, deserialize_with = "typed_code_if_any")]
    place: Option<String>,
    /// Only what this account drafted, filed, proposed or sent.
    #[validate(length(min = 1, max = 64))]
    drafter: Option<String>,
    /// Only what is due by this day.
    #[serde(default, deserialize_with = "read_day_if_any")]
    due_by: Option<NaiveDate>,
    /// Only what came with this import, and the import.
    #[validate(length(min = 1, max = 64))]
    import: Option<String>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// What waits for you to decide, of every kind: what is due first stands first, then what waits
/// longest. What you may not decide is left out, as is what you drafted yourself, but for what was
/// sent back to you; and an objection or a request for repair while its decision waits for a second
/// person. CSV with `Accept: text/csv`.
#[utoipa::path(
    params(ListInbox),
    responses((
        status = 200,
        description = "A page of the inbox",
        content(
            (Page<InboxItem> = "application/json"),
            (String = "text/csv", example = json!("kind,id,name,place,place_name,due_at\n"))
        )
    ))
)]
#[get("/v1/admin/inbox")]
async fn list_inbox(
    permit: Permit<op::ListInbox>,
    Query(query): Query<ListInbox>,
) -> Result<HttpResponse, Problem> {
    let (warrant, context) = (permit.warrant()?, permit.context());
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let own = warrant.place().unwrap_or_default().to_owned();
    let ListInbox { kind, place, drafter, due_by, import, .. } = query;
    let about = place.clone().unwrap_or(own);
    let wanted = InboxQuery { kind, place, drafter, due_by, import };
    let page = permit
        .read(move |conn| {
            crate::rules::require_known(conn, wanted.place.as_deref(), None)?;
            inbox::list(conn, &warrant, &wanted, &window, context)
        })
        .await?;
    // Whose home is where, by the dwelling; the rest names nobody but officials.
    let claims = page.items.iter().filter(|item| item.kind == InboxKind::Residence).count();
    permit.note_reading(Kind::Place, &about, claims).await?;
    permit.page_or_table(page, &INBOX)
}
