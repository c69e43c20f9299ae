//! What the clock drafts: a record that waits for the office in which it is drafted, to be edited,
//! submitted or given up there. Another official confirms it, as any.

use diesel::prelude::*;
use xinwu_domain::access::{Operation, Role, Warrant};
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::record::{NewRecord, RecordState, RecordStep};
use xinwu_domain::scheme::StepKind;
use xinwu_domain::text::Language;
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use super::{Row, note_step, prepare};
use crate::city;
use crate::credit::procedure::{Procedure, Weight};
use crate::registers::authorized;
use crate::schema::{place, record};

/// Drafts a record as nobody's, for the office of `desk`, or for the next one above it whose
/// officials record such things by the procedure in force. Gives its id, and `None` where the rules
/// refuse it: of a firm or a project that is registered no more.
pub(crate) fn draft_by_clock(tx: &mut Tx<'_>, new: &NewRecord, desk: &str) -> Result<Option<String>> {
    match tx.attempt(|tx| draft(tx, new, desk)) {
        Ok(id) => Ok(Some(id)),
        Err(StoreError::Refused(refusal)) => {
            tracing::warn!(category = new.category, ?refusal, "a draft of a case is refused");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn draft(tx: &mut Tx<'_>, new: &NewRecord, desk: &str) -> Result<String> {
    let warrant = Warrant::operator(Operation::AddRecord);
    // What it keeps is in no language of a reader's.
    let context = city::city(tx.conn)?.context(Language::Chinese, tx.now);
    let procedure = Procedure::load(tx.conn, context.today())?;
    let row = prepare::row(tx, &warrant, new, RecordState::Draft, &procedure, context)?;
    let row = Row { place: office(tx.conn, desk, &procedure, row.weight())?, ..row };
    diesel::insert_into(record::table).values(&row).execute(tx.conn)?;
    note_step(tx, &row.id, RecordStep::Drafted, &warrant, None)?;
    let detail = serde_json::json!({"uscc": row.uscc, "category": row.category});
    authorized::note::<Row>(tx, &warrant, &row.id, &detail)?;
    Ok(row.id)
}

/// The desk, or the first place above it whose officials may record it.
fn office(conn: &mut Conn, desk: &str, procedure: &Procedure, weight: Weight) -> Result<String> {
    let mut at = desk.to_owned();
    loop {
        let (Col(level), parent): (Col<PlaceLevel>, Option<String>) =
            place::table.find(&at).select((place::level, place::parent)).first(conn)?;
        match parent {
            Some(above) if !procedure.allows(role_of(level), StepKind::Record, weight) => at = above,
            _ => return Ok(at),
        }
    }
}

fn role_of(level: PlaceLevel) -> Role {
    match level {
        PlaceLevel::City => Role::City,
        PlaceLevel::District => Role::District,
        PlaceLevel::Street => Role::Street,
        PlaceLevel::Community => Role::Community,
    }
}
