//! `/v1/me/ratings`: one's own ratings, which nobody else gets to see.

use actix_web::{HttpResponse, delete, get, put};
use xinwu_domain::access::{Warrant, op};
use xinwu_domain::calendar::Month;
use xinwu_domain::rating::{NewRating, OwnRating};
use xinwu_persistence::ratings::rating;

use crate::extract::{Json, Path, Query};
use crate::permit::{Page, PageQuery, Permit};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::state::State;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_my_ratings);
    config.service(get_rating);
    config.service(put_rating);
    config.service(delete_rating);
    config.service(delete_rating_comment);
}

/// Counts a change of one's own ratings, in memory alone: a row, a line or a figure by account
/// would tell who has rated.
fn count_write(state: &State, warrant: &Warrant) -> Result<(), Problem> {
    let account = warrant.account_id().to_owned();
    state.rates.rating_writes.count(&account).map(|_| ()).map_err(|wait| wait.refusal().into())
}

/// Takes the comment of one's own rating back, whether it is published or not; the stars stay.
#[utoipa::path(
    params(
        ("project" = String, Path, description = "The project"),
        ("month" = String, Path, description = "The month", example = "2026-11")
    ),
    responses((status = 204, description = "Taken back"))
)]
#[delete("/v1/me/ratings/{project}/{month}/comment")]
async fn delete_rating_comment(
    permit: Permit<op::DeleteComment>,
    Path((project, month)): Path<(String, Month)>,
) -> Result<HttpResponse, Problem> {
    let (warrant, keys) = (permit.warrant()?, permit.state().month_keys());
    count_write(permit.state(), &warrant)?;
    permit.write(move |tx| rating::delete_comment(tx, &keys, &warrant, &project, month)).await?;
    Ok(permit.nothing())
}

/// Takes one's own rating back, with its comment, while its stars wait for their publication.
#[utoipa::path(
    params(
        ("project" = String, Path, description = "The project"),
        ("month" = String, Path, description = "The month", example = "2026-11")
    ),
    responses((status = 204, description = "Taken back"))
)]
#[delete("/v1/me/ratings/{project}/{month}")]
async fn delete_rating(
    permit: Permit<op::DeleteRating>,
    Path((project, month)): Path<(String, Month)>,
) -> Result<HttpResponse, Problem> {
    let (warrant, expected, keys) =
        (permit.warrant()?, permit.expected_if_any()?, permit.state().month_keys());
    count_write(permit.state(), &warrant)?;
    permit.write(move |tx| rating::withdraw(tx, &keys, &warrant, &project, month, expected.as_ref())).await?;
    Ok(permit.nothing())
}

/// One's own rating of a project's month.
#[utoipa::path(
    params(
        ("project" = String, Path, description = "The project"),
        ("month" = String, Path, description = "The month", example = "2026-11")
    ),
    responses((status = 200, description = "The rating", body = OwnRating))
)]
#[get("/v1/me/ratings/{project}/{month}")]
async fn get_rating(
    permit: Permit<op::GetRating>,
    Path((project, month)): Path<(String, Month)>,
) -> Result<HttpResponse, Problem> {
    let (warrant, reader) = (permit.warrant()?, permit.own_reader());
    let (rating, version) =
        permit.read(move |conn| rating::get(conn, &reader, warrant.account_id(), &project, month)).await?;
    permit.object(version, &rating)
}

/// One's own ratings that are not forgotten yet, the latest month first.
#[utoipa::path(
    params(PageQuery),
    responses((status = 200, description = "A page of ratings", body = Page<OwnRating>))
)]
#[get("/v1/me/ratings")]
async fn list_my_ratings(
    permit: Permit<op::ListMyRatings>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let reader = permit.own_reader();
    permit
        .list(query, move |conn, warrant, window| rating::list(conn, &reader, warrant.account_id(), window))
        .await
}

/// Rates a project for the current month, or changes the rating while its stars wait for their
/// publication. Only for verified residents of the project's estate. A dwelling has one rating a
/// month, and so has a person.
#[utoipa::path(
    params(
        ("project" = String, Path, description = "The project"),
        ("month" = String, Path, description = "The month", example = "2026-11")
    ),
    request_body = NewRating,
    responses(
        (status = 200, description = "The changed rating", body = OwnRating),
        (status = 201, description = "The new rating", body = OwnRating)
    )
)]
#[put("/v1/me/ratings/{project}/{month}")]
async fn put_rating(
    permit: Permit<op::PutRating>,
    Path((project, month)): Path<(String, Month)>,
    body: Json<NewRating>,
) -> Result<HttpResponse, Problem> {
    let (warrant, expected, reader) = (permit.warrant()?, permit.expected_if_any()?, permit.own_reader());
    count_write(permit.state(), &warrant)?;
    let new = body.value;
    let put = permit
        .write(move |tx| rating::put(tx, &reader, &warrant, &project, month, expected.as_ref(), &new))
        .await?;
    permit.put_response(put.is_new, put.version, &put.rating)
}
