//! Entries that are retired: nothing new may name them, and nothing that runs may rest on one that
//! is being retired.

use chrono::NaiveDate;
use xinwu_domain::refusal::{Faults, Refusal};
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

/// Reads what an edit makes of an entry's retirement, and keeps the faults of its two fields: it
/// stays as it is where there are any. So there is no circle of successors: one that is retired
/// holds in no place.
///
/// # Errors
/// Of the database.
pub(crate) fn read<R: Entry>(
    conn: &mut Conn,
    entry: &R,
    (retired, successor): (Option<bool>, Option<&str>),
    faults: &mut Faults,
) -> Result<Retirement> {
    let retirement = faults.keep(Retirement::read(retired, successor.map(str::to_owned)))?;
    if let Some(Retirement::Retired(Some(successor))) = &retirement {
        if successor == entry.key() {
            let text = Text::new("不能指明自身", "An entry does not hold in its own place");
            faults.add("/successor", "itself", text);
        }
        faults.keep(named::<R>(conn, successor, "/successor"))?;
    }
    Ok(retirement.unwrap_or(Retirement::Stays))
}

/// Checks that the entry as it stands allows it.
///
/// # Errors
/// [`Refusal::Conflict`] for another change of one that is retired, and while something rests on
/// it.
pub(crate) fn require_possible<R: Entry>(
    conn: &mut Conn,
    entry: &R,
    retirement: &Retirement,
    today: NaiveDate,
) -> Result<()> {
    retirement.check(entry.retired_on())?;
    match retirement {
        Retirement::Retired(_) => entry.require_unused(conn, today),
        Retirement::Stays | Retirement::TakenBack => Ok(()),
    }
}
