//! A record as those whom it is about may still act on it.

use chrono::NaiveDate;
use xinwu_domain::catalogue::{RecordKind, Severity};
use xinwu_domain::kind::Kind;
use xinwu_domain::record::RecordState;
use xinwu_store::{Conn, Result};

use super::Row;
use crate::registers::authorized::{Authorized, Owner, Resource};

/// A record in force that is not archived: what those whom it is about answer, object to and ask to
/// have repaired. Of any other they learn nothing by these.
#[derive(Debug, Clone)]
pub struct InForce(Row);

impl Resource for InForce {
    const KIND: Kind = Kind::Record;

    fn find(conn: &mut Conn, id: &str) -> Result<Option<InForce>> {
        Ok(Row::find(conn, id)?.filter(|row| row.state.0 == RecordState::InForce).map(InForce))
    }

    fn version(&self) -> i64 {
        self.0.version
    }

    fn owner(&self, conn: &mut Conn) -> Result<Owner> {
        self.0.owner(conn)
    }

    fn is_there(&self, today: NaiveDate) -> bool {
        !self.0.is_archived(today)
    }
}

impl InForce {
    /// The id.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The place that answers for it.
    pub(crate) fn place(&self) -> &str {
        &self.0.place
    }

    /// How often it was amended, and once more.
    pub(crate) fn revision(&self) -> i32 {
        self.0.revision
    }

    /// What it is, how grave, and of when: by these it can be repaired.
    pub(crate) fn decision(&self) -> (RecordKind, Severity, NaiveDate) {
        (self.0.kind.0, self.0.severity.0, self.0.decided_on.0)
    }

    /// The record of an official's choice, as the manager finds it whom it names.
    ///
    /// # Errors
    /// [`Refusal::NotFound`](xinwu_domain::refusal::Refusal::NotFound) as for that manager.
    pub(crate) fn of_manager(row: &Authorized<Row>, manager: &str, today: NaiveDate) -> Result<InForce> {
        let found = InForce(Row::clone(row));
        let is_own = found.0.manager_id.as_deref() == Some(manager);
        if !is_own || found.0.state.0 != RecordState::InForce || !found.is_there(today) {
            return Err(Kind::Record.not_found().into());
        }
        Ok(found)
    }
}
