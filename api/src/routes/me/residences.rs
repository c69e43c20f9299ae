//! `/v1/me/residences`: the dwellings that one lives in.

use actix_web::{HttpResponse, delete, get, post};
use xinwu_domain::access::{Warrant, op};
use xinwu_domain::residence::{NewResidence, Residence};
use xinwu_persistence::people::residence;
use xinwu_persistence::ratings::own_home;
use xinwu_persistence::registers::authorized::find;
use xinwu_store::Tx;

use crate::extract::{Form, Path, Query};
use crate::permit::{Page, PageQuery, Permit};
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_my_residences);
    config.service(claim_residence);
    config.service(end_residence);
}

/// Claims a dwelling: verified at once when the roster has your phone for it, else pending for the
/// community. Twenty a day, unless the operator has set it otherwise (429 `too_many_claims`).
#[utoipa::path(request_body = NewResidence, responses((status = 201, description = "The claim", body = Residence)))]
#[post("/v1/me/residences")]
async fn claim_residence(
    permit: Permit<op::ClaimResidence>,
    body: Form<NewResidence>,
) -> Result<HttpResponse, Problem> {
    let (keys, limits) = (permit.state().month_keys(), permit.state().config.limits());
    let claim = move |tx: &mut Tx<'_>, warrant: &Warrant, new: &NewResidence| {
        own_home::claim(tx, &keys, warrant, new, &limits)
    };
    permit.add(body, |claim| format!("/v1/me/residences/{}", claim.id), claim).await
}

/// Ends a residence, or takes a claim back. Ratings that were given stay.
#[utoipa::path(
    params(("id" = String, Path, description = "The residence")),
    responses((status = 204, description = "Ended"))
)]
#[delete("/v1/me/residences/{id}")]
async fn end_residence(
    permit: Permit<op::EndResidence>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let (warrant, expected) = (permit.warrant()?, permit.expected_if_any()?);
    let (keys, today) = (permit.state().month_keys(), permit.today());
    let end = permit.write(move |tx| {
        let residence = find(tx.conn, &warrant, &id, today)?;
        own_home::end(tx, &keys, &warrant, &residence, expected.as_ref())
    });
    end.await?;
    Ok(permit.nothing())
}

/// One's own dwellings and claims, the latest first.
#[utoipa::path(
    params(PageQuery),
    responses((status = 200, description = "A page of residences", body = Page<Residence>))
)]
#[get("/v1/me/residences")]
async fn list_my_residences(
    permit: Permit<op::ListMyResidences>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    permit.list(query, |conn, warrant, window| residence::list(conn, warrant.account_id(), window)).await
}
