//! Cases like one that is being opened: they can be joined instead.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use xinwu_domain::case::{CaseRules, CaseState};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Result, Tx, hot};

use super::Opening;
use crate::schema::case;

/// "Same estate, category and building within a window are offered": one whose work goes on, an
/// incident of the whole estate before others, then what concerns most households, then the oldest.
///
/// # Errors
/// [`Refusal::Conflict`] `similar_case` with the nearest.
pub(super) fn require_none(tx: &mut Tx<'_>, opening: &Opening<'_>) -> Result<()> {
    let days = CaseRules::shipped().limits.join_days;
    let since = tx.now_utc() - TimeDelta::days(days.into());
    let has_none = opening.building.is_none().into_sql::<Bool>();
    let same = case::building.eq(opening.building.as_deref()).assume_not_null();
    let is_there = case::building.is_not_null().and(same).or(case::building.is_null().and(has_none));
    let is_recent = case::kind.eq(&opening.kind.code).and(case::opened_at.ge(since)).and(is_there);
    let found: Vec<(String, i32)> = hot!(&mut *tx.conn, case::table
        .filter(case::estate.eq(&opening.estate))
        .filter(case::category.eq(opening.category))
        .filter(case::is_open.eq(true))
        .filter(case::state.ne(Col(CaseState::Done)))
        .filter(case::is_incident.or(is_recent))
        .order((case::is_incident.desc(), case::households.desc(), case::id))
        .limit(1)
        .select((case::id, case::households)) => load)?;
    let Some((id, households)) = found.into_iter().next() else { return Ok(()) };
    let text = Text::new(
        format!("已有同类事项正在办理（{households}户反映），编号 {id}，可以加入"),
        format!("A case like this is under way, of {households} households: {id}. It can be joined"),
    );
    Err(Refusal::repeats("similar_case", text, id).into())
}
