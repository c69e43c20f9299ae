//! Objects that somebody may touch: found, in reach, and of the version that they know.
//!
//! A [`Resource`] says whose it is; [`xinwu_domain::access`] says who reaches what; [`find`] and
//! [`hold`] apply the one to the other. A use case that takes an [`Authorized`] cannot be given an
//! id that nobody checked.

use std::ops::Deref;

use chrono::NaiveDate;
use serde_json::Value;
use xinwu_domain::access::{Reach, Role, Warrant};
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_domain::version::Expected;
use xinwu_store::{Conn, Result, Tx};

use crate::registers::place;

/// A kind of object with a row of its own that operations name by its id.
pub trait Resource: Sized {
    /// What it is called.
    const KIND: Kind;

    /// By which the change feed names it, where an answer that is kept, or the copy, shows it.
    const ENTITY: Option<Entity> = None;

    /// The object of an id, whoever asks. What nobody may know of yet is not found.
    ///
    /// # Errors
    /// Of the database.
    fn find(conn: &mut Conn, id: &str) -> Result<Option<Self>>;

    /// [`Resource::find`] of what must be there.
    ///
    /// # Errors
    /// [`Refusal::NotFound`]
    fn require(conn: &mut Conn, id: &str) -> Result<Self> {
        Self::find(conn, id)?.ok_or_else(|| Self::KIND.not_found().into())
    }

    /// What the field at `pointer` names.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] where there is none.
    fn named(conn: &mut Conn, id: &str, pointer: &str) -> Result<Self> {
        Self::find(conn, id)?.ok_or_else(|| Self::KIND.unknown_at(pointer).into())
    }

    /// The version of its row.
    fn version(&self) -> i64;

    /// Whose it is.
    ///
    /// # Errors
    /// Of the database.
    fn owner(&self, conn: &mut Conn) -> Result<Owner>;

    /// Whether it is still there on a day of the city's, for what is kept for a time alone.
    fn is_there(&self, _: NaiveDate) -> bool {
        true
    }

    /// Whether the officials of `place` reach it by an operation of such a reach, on a day of the
    /// city's: those of its owner's place and above, unless the resource says otherwise.
    ///
    /// # Errors
    /// Of the database.
    fn is_within(&self, conn: &mut Conn, owner: &Owner, place: &str, _: (Reach, NaiveDate)) -> Result<bool> {
        match &owner.place {
            Some(own) => place::is_within(conn, own, place),
            None => Ok(false),
        }
    }
}

/// How a resource is found, and its version: by the key of `$table` (of those that `$filter` lets
/// through), with the column `version`.
macro_rules! by_key {
    ($table:ident $(, $filter:expr)?) => {
        fn find(conn: &mut Conn, id: &str) -> Result<Option<Self>> {
            Ok($table::table.find(id)$(.filter($filter))?.select(Self::as_select()).first(conn).optional()?)
        }

        fn version(&self) -> i64 {
            self.version
        }
    };
}
pub(crate) use by_key;

/// Whose an object is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owner {
    /// The place whose officials, and those above, it is.
    pub place: Option<String>,
    /// The firm whose it is.
    pub firm: Option<String>,
    /// The manager whose it is.
    pub manager: Option<String>,
    /// The department whose it is, by its code.
    pub department: Option<String>,
    /// The account whose it is, wherever that works.
    pub account: Option<String>,
    /// The residents whose it is, by their accounts, where it is several people's.
    pub residents: Vec<String>,
    /// The account that drafted it.
    pub drafter: Option<String>,
    /// Whether it is every administrator's.
    pub is_administrators: bool,
}

impl Owner {
    /// The officials of a place.
    pub fn place(place: impl Into<String>) -> Owner {
        Owner { place: Some(place.into()), ..Owner::default() }
    }
}

/// An object that was found and is in reach of who asks. Made here alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorized<R>(R);

impl<R> Authorized<R> {
    /// The object.
    pub fn into_inner(self) -> R {
        self.0
    }
}

impl<R> Deref for Authorized<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.0
    }
}

/// The object of an id, if it is in reach on a day of the city's.
///
/// # Errors
/// [`Refusal::NotFound`] where there is none, and outside one's reach where its existence is
/// private; else [`Refusal::Forbidden`].
pub fn find<R: Resource>(
    conn: &mut Conn,
    warrant: &Warrant,
    id: &str,
    today: NaiveDate,
) -> Result<Authorized<R>> {
    let found = R::require(conn, id)?;
    if !found.is_there(today) {
        return Err(R::KIND.not_found().into());
    }
    let reach = warrant.operation().reach();
    if reach == Reach::All || warrant.is_operator() {
        return Ok(Authorized(found));
    }
    let owner = found.owner(conn)?;
    let is_own = |own: Option<&str>, of: &Option<String>| own.is_some() && own == of.as_deref();
    let is_reached = is_own(Some(warrant.account_id()), &owner.account)
        || is_own(warrant.firm(), &owner.firm)
        || is_own(warrant.manager(), &owner.manager)
        || is_own(warrant.department(), &owner.department)
        || owner.residents.iter().any(|account| account == warrant.account_id())
        || (owner.is_administrators && warrant.role() == Role::Admin)
        || match warrant.place() {
            Some(place) => found.is_within(conn, &owner, place, (reach, today))?,
            None => false,
        };
    if !is_reached {
        return Err(warrant.out_of_reach(R::KIND).into());
    }
    let is_drafters = owner.is_administrators
        || is_own(warrant.place(), &owner.place)
        || is_own(Some(warrant.account_id()), &owner.drafter);
    if reach == Reach::DraftersOffice && !is_drafters {
        return Err(not_drafters_side().into());
    }
    Ok(Authorized(found))
}

/// [`find`] for a change: who asks has the power that the operation needs, and knows the object as
/// it stands.
///
/// # Errors
/// As [`find`], then [`Refusal::Forbidden`] without the power to confirm, then [`Refusal::Stale`].
pub fn hold<R: Resource>(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    id: &str,
    expected: &Expected,
    today: NaiveDate,
) -> Result<Authorized<R>> {
    let found = find::<R>(tx.conn, warrant, id, today)?;
    if warrant.operation().confirms() {
        warrant.require_power_to_confirm()?;
    }
    expected.check(found.version())?;
    Ok(found)
}

/// Writes down that what a warrant is for was done with an object: in the audit, and on the change
/// feed where something shows it.
///
/// # Errors
/// Of the database.
pub fn note<R: Resource>(tx: &mut Tx<'_>, warrant: &Warrant, id: &str, detail: &Value) -> Result<()> {
    if let Some(entity) = R::ENTITY {
        tx.changed(entity, id);
    }
    tx.audit(warrant, R::KIND, id, detail)
}

/// A draft is its own office's: officials above see it, and confirm or return it, but do not write
/// in it.
fn not_drafters_side() -> Refusal {
    let text =
        Text::new("只有起草单位可以进行此操作", "Only officials of the place that drafted it may do this");
    Refusal::forbidden("not_drafters_side", text)
}
