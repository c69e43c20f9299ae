//! `/v1/me/notices`: what was decided or asked about what is one's own.

use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::notice::Notice;
use xinwu_persistence::people::notice;

use crate::extract::{Path, Query};
use crate::permit::{Page, Permit, Posted};
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_notices);
    config.service(read_notice);
}

/// Which part of the list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListNotices {
    /// Only those that are not read.
    unread: Option<bool>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// What was decided or asked about what is one's own, the latest first: a resident's dwellings, the
/// records that an official drafted, a firm's dossier, objections and requests for repair; and what
/// is new of the firms that one follows. Never anything of ratings or comments. Kept for a year.
#[utoipa::path(
    params(ListNotices),
    responses((status = 200, description = "A page of notices", body = Page<Notice>))
)]
#[get("/v1/me/notices")]
async fn list_notices(
    permit: Permit<op::ListNotices>,
    Query(query): Query<ListNotices>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let (only_unread, context) = (query.unread.unwrap_or(false), permit.context());
    let notices = permit
        .read(move |conn| notice::list(conn, warrant.account_id(), only_unread, &window, context))
        .await?;
    permit.page(notices)
}

/// Says that a notice has been read; the first time stays.
#[utoipa::path(
    params(("id" = String, Path, description = "The notice")),
    responses((status = 200, description = "The notice", body = Notice))
)]
#[post("/v1/me/notices/{id}/read")]
async fn read_notice(
    permit: Permit<op::ReadNotice>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .post("", move |tx, warrant| {
            let (notice, version) = notice::read(tx, warrant.account_id(), &id, context)?;
            Posted::done(version, &notice)
        })
        .await
}
