//! `GET /v1/me`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::account::Me;
use xinwu_domain::phone::Phone;
use xinwu_persistence::people::account::own;

use crate::permit::Permit;
use crate::problem::Problem;

/// Your own account.
#[utoipa::path(tag = "me", responses((status = 200, description = "The account", body = Me)))]
#[get("/v1/me")]
pub(super) async fn get_me(permit: Permit<op::GetMe>) -> Result<HttpResponse, Problem> {
    let id = permit.warrant()?.account_id().to_owned();
    let wanted = id.clone();
    let mut own = permit.read(move |conn| own::get(conn, &wanted)).await?;
    let phone = super::phone(&permit.state().secrets, &id, own.phone_encrypted.as_deref())?;
    own.view.phone = phone.as_ref().map(Phone::masked);
    permit.object(own.version, &own.view)
}
