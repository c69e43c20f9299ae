//! `/records/{id}`

use actix_web::{HttpResponse, get};
use askama::Template;
use xinwu_domain::access::op;
use xinwu_domain::record::RecordView;
use xinwu_persistence::credit::record;

use super::firm::record_tags;
use super::{Page, html};
use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "record.html")]
struct ShownRecord {
    p: Page,
    record: RecordView,
}

#[get("/records/{id}")]
pub(super) async fn show_record(
    permit: Permit<op::GetRecord>,
    p: Page,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .cached_html(move |conn| {
            let (record, _) = record::get(conn, None, &id, context)?;
            let tags = record_tags(&record);
            Ok((html(&ShownRecord { p, record })?, tags))
        })
        .await
}
