//! `DELETE /v1/me`

use actix_web::{HttpResponse, delete};
use xinwu_domain::access::op;
use xinwu_persistence::operations::account_deletion;

use crate::permit::Permit;
use crate::problem::Problem;

/// Deletes your account: the phone is erased, sessions and dwellings end. Ratings whose stars still
/// wait are taken back; what is published or held stays. If the phone had been changed, a keyed
/// hash of it is kept until the ratings of its time are forgotten, so that nobody rates twice.
#[utoipa::path(tag = "me", responses((status = 204, description = "The account is gone")))]
#[delete("/v1/me")]
pub(super) async fn delete_me(permit: Permit<op::DeleteMe>) -> Result<HttpResponse, Problem> {
    let (id, expected) = (permit.warrant()?.account_id().to_owned(), permit.expected_if_any()?);
    let keys = permit.state().month_keys();
    permit.write(move |tx| account_deletion::delete(tx, &keys, &id, expected.as_ref())).await?;
    Ok(permit.nothing())
}
