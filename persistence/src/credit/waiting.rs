//! What waits for officials with a day by which it is due: objections and repairs are listed and
//! extended alike.

use chrono::NaiveDate;
use xinwu_domain::context::RequestContext;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;

/// A page of `$table`'s rows for which the actor's place and those below it answer, in the state
/// `$wanted` where one is named, those due first before the others.
///
/// A macro, since the two tables have no type in common.
macro_rules! due_first {
    ($table:ident, $conn:expr, $actor:expr, $wanted:expr, $window:expr) => {{
        use diesel::prelude::*;
        use xinwu_domain::page::{Keys, Listed};
        use xinwu_store::Col;
        use $crate::schema::{place_ancestor, $table};

        type Boxed = $table::BoxedQuery<'static, <xinwu_store::Conn as diesel::Connection>::Backend>;
        let (own, window) = ($actor.own_place()?.to_owned(), $window);
        let filtered = || -> Boxed {
            let below = place_ancestor::table
                .filter(place_ancestor::ancestor.eq(own.clone()))
                .select(place_ancestor::place);
            let rows: Boxed = $table::table.filter($table::place.eq_any(below)).into_boxed();
            match $wanted {
                Some(wanted) => rows.filter($table::state.eq(Col(wanted))),
                None => rows,
            }
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

/// A decision gets longer once, and only while it is not overdue.
pub(crate) fn require_extendable(
    is_extended: bool,
    due_on: NaiveDate,
    context: RequestContext,
) -> Result<(), Refusal> {
    if is_extended {
        let text = Text::new("办理期限只能延长一次", "Its time was extended already");
        return Err(Refusal::conflict("already_extended", text));
    }
    if due_on < context.today() {
        let text = Text::new(
            format!("办理期限已于{due_on}届满，不能再延长"),
            format!("Its time ended on {due_on}: it can no longer be extended"),
        );
        return Err(Refusal::conflict("deadline_passed", text));
    }
    Ok(())
}
