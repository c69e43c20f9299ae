//! What evaluations read of a firm's entry, and since when it is known.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::firm::{FirmEdit, FirmStatus, NewFirm};
use xinwu_store::{Col, Result, Tx};

use super::Row;
use crate::schema::firm_fact;

/// What evaluations read of a firm's entry.
#[derive(PartialEq, Eq)]
pub(super) struct Facts {
    pub status: FirmStatus,
    pub participates: bool,
    pub residential: bool,
    pub licensed_on: Option<NaiveDate>,
}

impl Facts {
    pub fn of_new(new: &NewFirm) -> Facts {
        Facts {
            status: new.status.unwrap_or(FirmStatus::Active),
            participates: new.participates.unwrap_or(true),
            residential: new.residential.unwrap_or(true),
            licensed_on: new.licensed_on,
        }
    }

    /// Whether the firm is graded as any other that is new.
    pub fn are_usual(&self) -> bool {
        self.status == FirmStatus::Active && self.participates && self.residential
    }

    pub fn of(row: &Row) -> Facts {
        Facts {
            status: row.status.0,
            participates: row.participates,
            residential: row.residential,
            licensed_on: row.licensed_on.map(|day| day.0),
        }
    }

    pub fn edited(&self, edit: &FirmEdit) -> Facts {
        Facts {
            status: edit.status.unwrap_or(self.status),
            participates: edit.participates.unwrap_or(self.participates),
            residential: edit.residential.unwrap_or(self.residential),
            licensed_on: edit.licensed_on.unwrap_or(self.licensed_on),
        }
    }
}

/// A row for each change with since when it was known; the one before has been closed.
pub(super) fn note_facts(tx: &mut Tx<'_>, uscc: &str, facts: &Facts) -> Result<()> {
    let columns = (
        firm_fact::uscc.eq(uscc),
        firm_fact::status.eq(Col(facts.status)),
        firm_fact::participates.eq(facts.participates),
        firm_fact::residential.eq(facts.residential),
        firm_fact::licensed_on.eq(facts.licensed_on.map(Col)),
        firm_fact::known_from.eq(tx.now_utc()),
    );
    diesel::insert_into(firm_fact::table).values(columns).execute(tx.conn)?;
    Ok(())
}
