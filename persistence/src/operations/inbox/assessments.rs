//! Assessments of a place for a period that is over: one thing, since they are confirmed at once.

use xinwu_domain::inbox::InboxKind;
use xinwu_store::{Conn, Result};

use super::part::{Found, Part, Position, Waiting};
use crate::credit::assessment::{WaitingBatch, waiting_batches};

/// What waits for the street or the district, but for what whoever asks gave a part of.
pub(super) fn batches(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let is_over = |batch: &WaitingBatch| batch.period.is_over(part.context.now, part.context.zone());
    let mut waiting: Vec<Waiting> = waiting_batches(conn, &part.scope(), &part.person)?
        .into_iter()
        .filter(is_over)
        .filter_map(|WaitingBatch { place, period }| {
            let last = period.closes_on().pred_opt()?;
            Some(Waiting {
                position: Position {
                    kind: InboxKind::Assessments,
                    id: format!("{}/{period}", place.code),
                    due_at: Some(part.end_of(last)),
                    since: None,
                },
                name: format!("{} {period}", place.name),
                place: Some(place.code),
                by: None,
                cannot: &[],
            })
        })
        .filter(|each| part.query.due_by.is_none_or(|day| each.position.due_at <= Some(part.end_of(day))))
        .collect();
    let count = i64::try_from(waiting.len()).unwrap_or(i64::MAX);
    waiting.retain(|each| part.after.as_ref().is_none_or(|after| each.position > *after));
    waiting.sort_by(|one, other| one.position.cmp(&other.position));
    Ok(Found { waiting, count })
}
