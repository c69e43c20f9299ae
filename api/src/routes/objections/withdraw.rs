//! `POST /v1/objections/{id}/withdraw`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::objection::ObjectionView;
use xinwu_domain::record::Lens;
use xinwu_persistence::objection;

use crate::extract::Path;
use crate::permit::{Permit, Posted};
use crate::problem::Problem;

/// Takes an objection of one's own firm back: what it was against is no longer marked as disputed. Needs `If-Match`.
#[utoipa::path(
    tag = "firm",
    params(
        ("id" = String, Path, description = "The objection"),
        ("If-Match" = String, Header, description = "The entity tag of the objection as it was read")
    ),
    responses(
        (status = 200, description = "The objection as it stands now", body = ObjectionView),
        (status = 412, description = "It has changed since you read it", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is required", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
#[post("/v1/objections/{id}/withdraw")]
pub(super) async fn withdraw_objection(
    permit: Permit<op::WithdrawObjection>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let version = permit.version()?;
    let lens = Lens::new(permit.now(), permit.zone(), permit.language());
    permit
        .post("", move |tx, actor| {
            let (objection, version) = objection::withdraw(tx, actor, &id, version, lens)?;
            Posted::done(version, &objection)
        })
        .await
}
