//! `GET /v1/me/export`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::account::Export;
use xinwu_persistence::operations::own_data;

use crate::permit::Permit;
use crate::problem::Problem;

/// Everything that is stored about you and can still be told to be yours: account, sessions,
/// dwellings, ratings with comments, flags.
#[utoipa::path(tag = "me", responses((status = 200, description = "All of it", body = Export)))]
#[get("/v1/me/export")]
pub(super) async fn export_me(permit: Permit<op::ExportMe>) -> Result<HttpResponse, Problem> {
    let (id, reader) = (permit.warrant()?.account_id().to_owned(), permit.own_reader());
    let wanted = id.clone();
    let mut own = permit.read(move |conn| own_data::export(conn, &reader, &wanted)).await?;
    let phone = super::phone(&permit.state().secrets, &id, own.phone_encrypted.as_deref())?;
    own.view.account.phone = phone.map(|phone| phone.digits().to_owned());
    permit.object(own.version, &own.view)
}
