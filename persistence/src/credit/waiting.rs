//! What waits for officials with a day by which it is due: objections and repairs are read, listed,
//! taken back, extended and settled alike; what a decision does differs. Bursts and schemes wait
//! for officials too, and have no rule in common with these nor with each other: no day is set,
//! nobody asked, and what is let go or announced had no record that somebody took part in.

use chrono::{NaiveDate, NaiveDateTime};
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::account::NamesPeople;
use xinwu_domain::context::RequestContext;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::page::Listed;
use xinwu_domain::record::RecordStep;
use xinwu_domain::refusal::{Refusal, Situation};
use xinwu_domain::text::{Reason, Text};
use xinwu_store::{Conn, Result, Tx};

use crate::people::account::names::{name_people, with_people};
use crate::registers::authorized::{Authorized, Resource, note};
use crate::registers::narrowing::Narrowing;
use crate::working_days::working_days;

/// What who asked for it takes back while it is open, and an official decides who had no hand in
/// what it is about.
pub trait Waiting: Resource {
    /// How it stands.
    type Status: Copy + PartialEq + Into<Situation>;
    /// As who asked for it reads it.
    type View;
    /// As officials read it.
    type AdminView: NamesPeople;

    /// How one stands that is to be decided.
    const OPEN: Self::Status;
    /// How one stands that was taken back, and the step of what it is about.
    const WITHDRAWN: (Self::Status, RecordStep);
    /// How one stands whose record falls without it, what who asked is told, and the step of the
    /// record, if that has one.
    const SETTLED: (Self::Status, NoticeKind, Option<RecordStep>);
    /// The operation that decides.
    const DECISION: Operation;
    /// The operation that gives the decision longer, and what who asked is told.
    const EXTENSION: (Operation, NoticeKind);

    /// What is said of one that is not open.
    fn is_closed() -> Text;

    /// The id, and how it stands.
    fn situation(&self) -> (&str, Self::Status);

    /// When it was asked for, by when it is due, and whether that was extended.
    fn times(&self) -> (NaiveDateTime, NaiveDate, bool);

    /// The working days that the procedure in force gives the decision on a complex one.
    ///
    /// # Errors
    /// Of the database.
    fn days_if_complex(&self, conn: &mut Conn, context: RequestContext) -> Result<Option<u16>>;

    /// # Errors
    /// [`Refusal::Forbidden`] for whoever had a hand in what it is about, and for officials of
    /// other levels than decide.
    fn require_decider(&self, conn: &mut Conn, warrant: &Warrant, context: RequestContext) -> Result<()>;

    /// Stores until when it is extended, and why.
    ///
    /// # Errors
    /// Of the database.
    fn set_due(&self, tx: &mut Tx<'_>, due_on: NaiveDate, reason: &str) -> Result<()>;

    /// Stores how it ends, by an official's decision with its reason or by who asked for it.
    ///
    /// # Errors
    /// Of the database.
    fn close(&self, tx: &mut Tx<'_>, status: Self::Status, decided: Option<(&Warrant, &str)>) -> Result<()>;

    /// Takes a step of what it is about.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] for a step that its state does not have.
    fn step(&self, tx: &mut Tx<'_>, warrant: &Warrant, step: RecordStep, reason: Option<&str>) -> Result<()>;

    /// Tells who asked for it.
    ///
    /// # Errors
    /// Of the database.
    fn tell(&self, tx: &mut Tx<'_>, kind: NoticeKind, detail: Option<&str>, reason: &str) -> Result<()>;

    /// Those about a record that are open.
    ///
    /// # Errors
    /// Of the database.
    fn open_about(conn: &mut Conn, record_id: &str) -> Result<Vec<Self>>;

    /// As who asked for it reads it.
    ///
    /// # Errors
    /// When a column does not read back.
    fn view(self, context: RequestContext) -> Result<Self::View>;

    /// As officials read it, without the names of people.
    ///
    /// # Errors
    /// When a column does not read back.
    fn admin_view(self, context: RequestContext) -> Result<Self::AdminView>;
}

/// How `$table` keeps what waits, and in which column when it ended.
macro_rules! waits {
    ($table:ident, $ended_at:ident) => {
        fn situation(&self) -> (&str, Self::Status) {
            (&self.id, self.state.0)
        }

        fn times(&self) -> (NaiveDateTime, NaiveDate, bool) {
            (self.filed_at, self.due_on.0, self.extension_reason.is_some())
        }

        fn set_due(&self, tx: &mut Tx<'_>, due_on: NaiveDate, reason: &str) -> Result<()> {
            diesel::update($table::table.find(&self.id))
                .set((
                    $table::due_on.eq(Col(due_on)),
                    $table::extension_reason.eq(reason),
                    $table::version.eq(self.version + 1),
                ))
                .execute(tx.conn)?;
            Ok(())
        }

        fn close(
            &self,
            tx: &mut Tx<'_>,
            status: Self::Status,
            decided: Option<(&Warrant, &str)>,
        ) -> Result<()> {
            diesel::update($table::table.find(&self.id))
                .set((
                    $table::state.eq(Col(status)),
                    $table::decided_by.eq(decided.map(|(warrant, _)| warrant.account_id())),
                    $table::reason.eq(decided.map(|(_, reason)| reason)),
                    $table::$ended_at.eq(tx.now_utc()),
                    $table::version.eq(self.version + 1),
                ))
                .execute(tx.conn)?;
            Ok(())
        }
    };
}
pub(crate) use waits;

/// One of the actor's own, with its version.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn get<W: Waiting>(conn: &mut Conn, id: &str, context: RequestContext) -> Result<(W::View, i64)> {
    let row = W::require(conn, id)?;
    let version = row.version();
    Ok((row.view(context)?, version))
}

/// One with its version, for officials.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn get_admin<W: Waiting>(
    conn: &mut Conn,
    id: &str,
    context: RequestContext,
) -> Result<(W::AdminView, i64)> {
    let row = W::require(conn, id)?;
    let version = row.version();
    Ok((with_people(conn, row.admin_view(context)?)?, version))
}

/// A page of them, for officials.
pub(crate) fn admin_page<W: Waiting>(
    conn: &mut Conn,
    page: Listed<W>,
    context: RequestContext,
) -> Result<Listed<W::AdminView>> {
    let views = page.items.into_iter().map(|row| row.admin_view(context));
    let mut items = views.collect::<Result<Vec<_>>>()?;
    name_people(conn, &mut items)?;
    Ok(Listed { items, next: page.next, total: page.total })
}

/// Takes one back; it can be asked for again as far as its own rules let that be.
///
/// # Errors
/// [`Refusal::Conflict`] when it is closed.
pub fn withdraw<W: Waiting>(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<W>,
    (): &(),
    context: RequestContext,
) -> Result<(W::View, i64)> {
    let (status, step) = W::WITHDRAWN;
    require_open(&**row)?;
    row.close(tx, status, None)?;
    row.step(tx, warrant, step, None)?;
    get::<W>(tx.conn, row.situation().0, context.at(tx.now))
}

/// Gives the decision on a complex one longer, once: until so many working days after it was asked
/// for as the procedure in force gives for a complex case, else `days`; never less than it had. Who
/// declares a case complex decides it: nobody does who had a hand in what it is about.
///
/// # Errors
/// As [`Waiting::require_decider`]; [`Refusal::Conflict`] when it is closed, was extended before or
/// is overdue.
pub fn extend<W: Waiting>(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<W>,
    (days, Reason { reason }): &(u16, Reason),
    context: RequestContext,
) -> Result<(W::AdminView, i64)> {
    let (context, (id, status)) = (context.at(tx.now), row.situation());
    let (operation, told) = W::EXTENSION;
    require_decidable(tx.conn, warrant, &**row, context)?;
    let days = row.days_if_complex(tx.conn, context)?.unwrap_or(*days);
    let situation = Into::<Situation>::into(status).without(operation);
    let due_on = extended_until(row.times(), days, situation, context)?;
    row.set_due(tx, due_on, reason)?;
    row.tell(tx, told, Some(&due_on.to_string()), reason)?;
    note::<W>(tx, warrant, id, &serde_json::json!({"reason": reason}))?;
    get_admin::<W>(tx.conn, id, context)
}

/// Closes those about a record that falls without them: nothing is left to decide. Gives their ids.
pub(crate) fn settle<W: Waiting>(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    record_id: &str,
    reason: &str,
) -> Result<Vec<String>> {
    let (status, told, step) = W::SETTLED;
    let open = W::open_about(tx.conn, record_id)?;
    for row in &open {
        row.close(tx, status, Some((warrant, reason)))?;
        if let Some(step) = step {
            row.step(tx, warrant, step, Some(reason))?;
        }
        row.tell(tx, told, None, reason)?;
    }
    Ok(open.iter().map(|row| row.situation().0.to_owned()).collect())
}

/// Who seconds a decision could have made it.
///
/// # Errors
/// [`Refusal::Forbidden`]
pub(crate) fn require_not_participant<W: Waiting>(
    conn: &mut Conn,
    warrant: &Warrant,
    id: &str,
    context: RequestContext,
) -> Result<()> {
    W::DECISION.require_role(warrant.role())?;
    W::require(conn, id)?.require_decider(conn, warrant, context)
}

/// It is open, and the actor may decide it.
pub(crate) fn require_decidable<W: Waiting>(
    conn: &mut Conn,
    warrant: &Warrant,
    row: &W,
    context: RequestContext,
) -> Result<()> {
    row.require_decider(conn, warrant, context)?;
    require_open(row)
}

fn require_open<W: Waiting>(row: &W) -> Result<()> {
    let (_, status) = row.situation();
    if status == W::OPEN {
        return Ok(());
    }
    Err(Refusal::conflict("already_decided", W::is_closed()).of_state(status).into())
}

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
fn extended_until(
    (filed_at, due_on, is_extended): (NaiveDateTime, NaiveDate, bool),
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
