//! Comments and firms' replies that are held, or that residents flagged since they were last
//! decided on. Nothing tells when a comment was written.

use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_domain::inbox::InboxKind;
use xinwu_domain::review::TextState;
use xinwu_store::{Col, Conn, Result};

use super::part::{Found, Part, Position, Waiting, coalesce, waiting};
use crate::registers::place::at_or_below;
use crate::schema::{estate, firm, manager, project, record, reply, review, review_flag};

/// A text, the place that answers for it, and the estate or the firm by which people know it.
type Row = (String, String, String);

/// Those of `$table` that are held or flagged, in `$rows`, whose place is `$place` and name
/// `$name`.
macro_rules! texts {
    ($conn:expr, $part:expr, $table:ident, $rows:expr, $place:expr, $name:expr) => {{
        let wanted = || {
            let flags = review_flag::table
                .filter(review_flag::review_id.eq($table::id))
                .filter(review_flag::settled.eq(false));
            let is_flagged = $table::state.eq(Col(TextState::Published)).and(exists(flags));
            $rows
                .filter($place.eq_any(at_or_below($part.scope())))
                .filter($table::state.eq(Col(TextState::Held)).or(is_flagged))
                .into_boxed()
        };
        let select = ($table::id, $place, $name);
        waiting!($conn, $part, InboxKind::Review, wanted, undated, timeless, $table::id, select)
    }};
}

pub(super) fn texts(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let comments: (Vec<Row>, i64) = texts!(
        conn,
        part,
        review,
        review::table
            .inner_join(project::table.on(project::id.eq(review::project_id)))
            .inner_join(estate::table.on(estate::code.eq(project::estate))),
        estate::place,
        estate::name
    );
    let review_replies: (Vec<Row>, i64) = texts!(
        conn,
        part,
        reply,
        reply::table
            .inner_join(review::table.on(reply::review_id.eq(review::id.nullable())))
            .inner_join(project::table.on(project::id.eq(review::project_id)))
            .inner_join(estate::table.on(estate::code.eq(project::estate))),
        estate::place,
        estate::name
    );
    let record_replies: (Vec<Row>, i64) = texts!(
        conn,
        part,
        reply,
        reply::table
            .inner_join(record::table.on(reply::record_id.eq(record::id.nullable())))
            .left_join(firm::table.on(firm::uscc.nullable().eq(reply::uscc)))
            .left_join(manager::table.on(manager::id.nullable().eq(reply::manager_id))),
        record::place,
        coalesce(firm::name.nullable(), manager::name.nullable(), "")
    );
    let (mut waiting, mut count) = (Vec::new(), 0);
    for (rows, of_these) in [comments, review_replies, record_replies] {
        count += of_these;
        waiting.extend(rows.into_iter().map(|(id, place, name)| Waiting {
            position: Position { kind: InboxKind::Review, id, due_at: None, since: None },
            name,
            place: Some(place),
            by: None,
            cannot: &[],
        }));
    }
    waiting.sort_by(|one, other| one.position.cmp(&other.position));
    waiting.truncate(usize::try_from(part.limit).unwrap_or_default());
    Ok(Found { waiting, count })
}
