//! `GET /v1/changes`

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::copy::CopyLine;
use xinwu_persistence::lookup::snapshot::changes;

use crate::copies::{Waiter, cursor_of, position_of, too_old};
use crate::extract::Query;
use crate::permit::Permit;
use crate::problem::Problem;

/// Changes of one answer when `limit` does not say,
const USUAL_LIMIT: i64 = 500;
/// and at the most.
const MOST: i64 = 1_000;
/// Between looking and looking again for who is woken by what nobody may learn of: an import of
/// drafts commits many times a second.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Since when.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetChanges {
    /// The cursor of the snapshot's head, or of the answer before.
    #[validate(length(min = 1, max = 8192))]
    since: String,
    /// Changes that are looked at for one answer, 1 to 1000; 500 by default.
    #[validate(range(min = 1, max = 1000))]
    limit: Option<i64>,
    /// Seconds to wait where nothing has changed yet, 0 to 30; 0 by default. At most 8 requests
    /// wait from one address (503 `too_many_waiting`).
    #[validate(range(min = 0, max = 30))]
    wait: Option<u64>,
}

/// What changed since a cursor.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CopyChanges, example = json!({
    "items": [{"kind": "record", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "value": null}],
    "cursor": "kbQ0cXnS9m1fWm3bDq0tq1w3c0C4Zl5x2n8Vd6hYy1E", "more": false
}))]
struct Changes {
    /// The things that changed, each as it is now; `value` is null for what is no longer public.
    items: Vec<CopyLine>,
    /// Send it as `since` the next time. It is another one in each answer.
    cursor: String,
    /// Whether there is more just now: then do not wait.
    more: bool,
}

/// What changed of everything public, for a copy that began with `GET /v1/snapshots/latest`. Put
/// each line in the place of the one of its kind and id, and take out those whose value is null;
/// keep the cursor with them. `wait` holds the answer back until something changes.
///
/// 410 says that the changes since the cursor are not all known any more, a week after it, or
/// because the database was restored: fetch the snapshot anew and put it in the place of the copy.
/// Do not merge the two: what has ceased to be public would stay.
#[utoipa::path(
    params(GetChanges),
    responses((status = 200, description = "What changed", body = Changes))
)]
#[get("/v1/changes")]
pub(super) async fn get_changes(
    permit: Permit<op::GetChanges>,
    Query(query): Query<GetChanges>,
) -> Result<HttpResponse, Problem> {
    let state = permit.state();
    let mut position = position_of(&state.secrets, &query.since)?;
    let asked = query.limit.unwrap_or(USUAL_LIMIT);
    let mut limit = asked;
    let wait = Duration::from_secs(query.wait.unwrap_or_default());
    let mut waiter = if wait.is_zero() { None } else { Some(state.copies.waiter(permit.client_network())?) };
    let (end, mut has_been_woken) = (Instant::now() + wait, false);
    loop {
        if let Some(waiter) = &mut waiter {
            waiter.look();
        }
        let looked = Instant::now();
        // A day may have begun since the request came.
        let context = state.city().context(permit.language(), state.db.clock().now());
        let from = position.clone();
        let found = permit.read_newest(move |conn| changes(conn, &from, limit, context)).await?;
        let found = found.ok_or_else(too_old)?;
        // What nobody may learn of makes no answer. A hundred thousand drafts are passed over in
        // parts that grow; that in which too much else stands is read again in smaller ones.
        if found.lines.is_empty() && found.has_more {
            (position, limit) = (found.next, MOST.min(limit * 2));
            continue;
        }
        if i64::try_from(found.lines.len()).is_ok_and(|count| count > asked) {
            limit = asked.max(limit / 2);
            continue;
        }
        if found.lines.is_empty() && is_woken(&mut waiter, end).await {
            position = found.next;
            if has_been_woken {
                tokio::time::sleep_until(end.min(looked + BETWEEN_LOOKS)).await;
            }
            has_been_woken = true;
            continue;
        }
        let cursor = cursor_of(&state.secrets, &found.next)?;
        let answer = Changes { items: found.lines, cursor, more: found.has_more };
        return Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(answer));
    }
}

/// Waits for the next change, if somebody waits.
async fn is_woken(waiter: &mut Option<Waiter<'_>>, end: Instant) -> bool {
    match waiter {
        Some(waiter) => waiter.changed(tokio::time::sleep_until(end)).await,
        None => false,
    }
}
