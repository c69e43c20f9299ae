//! Entries that are retired: nothing new may name them, and nothing that runs may rest on one that
//! is being retired.

use chrono::NaiveDate;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::retirement::{Retirement, retired_text};
use xinwu_domain::text::Text;
use xinwu_store::{Conn, Result};

use crate::registers::authorized::Resource;

/// An entry of a register that can be retired.
pub(crate) trait Entry: Resource {
    /// Its code or id.
    fn key(&self) -> &str;

    /// Since when it is.
    fn retired_on(&self) -> Option<NaiveDate>;

    /// Refuses to retire it while something rests on it.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] that names what does.
    fn require_unused(&self, conn: &mut Conn, today: NaiveDate) -> Result<()>;
}

/// What the field at `pointer` names: an entry that is not retired.
///
/// # Errors
/// [`Refusal::Invalid`]
pub(crate) fn named<R: Entry>(conn: &mut Conn, key: &str, pointer: &str) -> Result<R> {
    let found = R::named(conn, key, pointer)?;
    match found.retired_on() {
        None => Ok(found),
        Some(_) => Err(Refusal::invalid(pointer, "retired", retired_text()).into()),
    }
}

/// Checks what an edit makes of an entry's retirement. So there is no circle of successors: one
/// that is retired holds in no place.
///
/// # Errors
/// [`Refusal::Conflict`] for another change of one that is retired, and while something rests on
/// it; [`Refusal::Invalid`] for a successor that is none.
pub(crate) fn check<R: Entry>(
    conn: &mut Conn,
    entry: &R,
    retirement: &Retirement,
    today: NaiveDate,
) -> Result<()> {
    retirement.check(entry.retired_on())?;
    let Retirement::Retired(successor) = retirement else { return Ok(()) };
    if let Some(successor) = successor {
        if successor == entry.key() {
            let text = Text::new("不能指明自身", "An entry does not hold in its own place");
            return Err(Refusal::invalid("/successor", "itself", text).into());
        }
        named::<R>(conn, successor, "/successor")?;
    }
    entry.require_unused(conn, today)
}
