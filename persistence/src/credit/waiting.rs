//! What waits for officials with a day by which it is due: objections and repairs are listed and
//! extended alike.

use chrono::{NaiveDate, NaiveDateTime};
use xinwu_domain::context::RequestContext;
use xinwu_domain::refusal::{Refusal, Situation};
use xinwu_domain::text::Text;
use xinwu_store::Result;

use crate::registers::narrowing::Narrowing;
use crate::working_days::working_days;

/// What of it is asked for, by a status of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DueQuery<S> {
    /// Only those that stand so.
    pub status: Option<S>,
    /// Only those due by this day.
    pub due_by: Option<NaiveDate>,
    /// By place, who filed it, and the day of filing.
    pub narrowing: Narrowing,
}

/// A page of `$table`'s rows for which the actor's place and those below it answer, in the state
/// `$wanted` where one is named, as far as `$query` asks for them, those due first before the
/// others.
///
/// A macro, since the two tables have no type in common.
macro_rules! due_first {
    ($table:ident, $conn:expr, $actor:expr, $query:expr, $window:expr) => {{
        use diesel::prelude::*;
        use xinwu_domain::page::{Keys, Listed};
        use xinwu_store::Col;
        use $crate::registers::narrowing::narrowed;
        use $crate::registers::place::at_or_below;
        use $crate::schema::$table;

        type Boxed = $table::BoxedQuery<'static, <xinwu_store::Conn as diesel::Connection>::Backend>;
        let (own, query, window) = ($actor.own_place()?.to_owned(), $query, $window);
        let filtered = || -> Boxed {
            let mut rows: Boxed =
                $table::table.filter($table::place.eq_any(at_or_below(own.clone()))).into_boxed();
            if let Some(status) = query.status {
                rows = rows.filter($table::state.eq(Col(status)));
            }
            if let Some(day) = query.due_by {
                rows = rows.filter($table::due_on.le(Col(day)));
            }
            narrowed!(rows, &query.narrowing, $table::place, $table::filed_by, $table::filed_at)
        };
        let mut rows = filtered()
            .select(Row::as_select())
            .order(($table::due_on.asc(), $table::id.asc()))
            .limit(window.limit + 1);
        if let Some(after) = &window.after {
            let (day, id) = (after.get(0).to_owned(), after.get(1).to_owned());
            let same_day = $table::due_on.eq(day.clone()).and($table::id.gt(id));
            rows = rows.filter($table::due_on.gt(day).or(same_day));
        }
        let keys = |row: &Row| Keys::of([&row.due_on.0.to_string(), &row.id]);
        let page = Listed::from_rows(rows.load($conn)?, window, keys);
        let total = if window.count { Some(filtered().count().get_result($conn)?) } else { None };
        Listed { total, ..page }
    }};
}
pub(crate) use due_first;

/// Until when a decision has that gets longer: so many working days after it was asked for, and
/// never less than it had. Once, and only while it is not overdue; else it stands as `situation`
/// says.
pub(crate) fn extended_until(
    is_extended: bool,
    (filed_at, due_on): (NaiveDateTime, NaiveDate),
    days: u16,
    situation: Situation,
    context: RequestContext,
) -> Result<NaiveDate> {
    if is_extended {
        let text = Text::new("办理期限只能延长一次", "Its time was extended already");
        return Err(Refusal::conflict("already_extended", text).of_state(situation).into());
    }
    if due_on < context.today() {
        let text = Text::new(
            format!("办理期限已于{due_on}届满，不能再延长"),
            format!("Its time ended on {due_on}: it can no longer be extended"),
        );
        return Err(Refusal::conflict("deadline_passed", text).of_state(situation).into());
    }
    let filed_on = context.day_of(filed_at.and_utc());
    Ok(working_days()?.add_working_days(filed_on, days).max(due_on))
}
