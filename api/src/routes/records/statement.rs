//! `/v1/records/{id}/statement`: what a firm or a manager has to say of a penalty before it is
//! confirmed.

use actix_web::{HttpResponse, get, put};
use xinwu_domain::access::op;
use xinwu_domain::record::{NewStatement, RecordHearing};
use xinwu_persistence::credit::record;
use xinwu_persistence::registers::authorized::find;

use crate::extract::{Form, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_record_statement);
    config.service(put_record_statement);
}

/// A penalty that is meant for your own dossier, as a firm or as the manager whom it names, until
/// when you can be heard, and what you said.
#[utoipa::path(
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The penalty and the statement", body = RecordHearing))
)]
#[get("/v1/records/{id}/statement")]
async fn get_record_statement(
    permit: Permit<op::GetRecordStatement>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let (warrant, context) = (permit.warrant()?, permit.context());
    permit.read_one(id, move |conn, record| record::own_hearing(conn, &warrant, record, context)).await
}

/// Says what your firm, or you as the manager whom it names, have to say of a penalty that waits
/// for its confirmation, for the officials who decide on it. It stays in the file. With `If-Match`,
/// only that version is replaced.
#[utoipa::path(
    params(("id" = String, Path, description = "The record")),
    request_body = NewStatement,
    responses((status = 200, description = "The penalty and the statement", body = RecordHearing))
)]
#[put("/v1/records/{id}/statement")]
async fn put_record_statement(
    permit: Permit<op::PutRecordStatement>,
    Path(id): Path<String>,
    body: Form<NewStatement>,
) -> Result<HttpResponse, Problem> {
    let (expected, context) = (permit.expected_if_any()?, permit.context());
    let put = permit.write_form(body, move |tx, warrant, new| {
        let record = find(tx.conn, warrant, &id, context.today())?;
        record::put_statement(tx, warrant, &record, expected.as_ref(), new, context)
    });
    let (hearing, version) = put.await?;
    permit.object(version, &hearing)
}
