//! A firm's statuses: stretches of the facts of its registration, and the times in which its
//! evaluation was under objection.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::AssumeNotNull;
use diesel::prelude::*;
use xinwu_domain::calendar::day_of;
use xinwu_domain::evaluation::{Dossier, Licence, Status, StatusFact};
use xinwu_domain::firm::FirmStatus;
use xinwu_domain::objection::ObjectKind;
use xinwu_store::dialect::Instant;
use xinwu_store::{Col, Conn, Result, hot_among};

use super::{Dossiers, IDS_A_QUERY, utc};
use crate::schema::{firm_fact, objection};

#[derive(Queryable, Selectable)]
#[diesel(table_name = firm_fact)]
struct FirmRow {
    uscc: String,
    status: Col<FirmStatus>,
    participates: bool,
    residential: bool,
    licensed_on: Option<Col<NaiveDate>>,
    known_from: Instant,
    known_until: Option<Instant>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = objection)]
struct ObjectionRow {
    #[diesel(select_expression = objection::uscc.assume_not_null())]
    #[diesel(select_expression_type = AssumeNotNull<objection::uscc>)]
    uscc: String,
    filed_at: Instant,
    closed_at: Option<Instant>,
}

impl Dossiers<'_> {
    /// A firm's statuses out of its facts: one for each stretch of facts that have it.
    pub(super) fn statuses(&mut self, conn: &mut Conn) -> Result<()> {
        for part in self.ids.chunks(IDS_A_QUERY) {
            let rows: Vec<FirmRow> = hot_among!(&mut *conn, part => [these = firm_fact::uscc], firm_fact::table
                .filter(these)
                .order((firm_fact::uscc, firm_fact::known_from, firm_fact::id))
                .select(FirmRow::as_select()) => load)?;
            for facts in rows.chunk_by(|a, b| a.uscc == b.uscc) {
                let Some(loaded) = facts.first().and_then(|first| self.of(&first.uscc)) else { continue };
                loaded.dossier.licences = licences(facts);
                let dossier = &mut loaded.dossier;
                stretches(dossier, facts, Status::Unregistered, |fact| fact.status.0 != FirmStatus::Active);
                stretches(dossier, facts, Status::Refuses, |fact| !fact.participates);
                stretches(dossier, facts, Status::NoResidentialBusiness, |fact| !fact.residential);
            }
        }
        Ok(())
    }

    /// The times in which the firm objected to an evaluation of its own.
    pub(super) fn objections(&mut self, conn: &mut Conn) -> Result<()> {
        for part in self.ids.chunks(IDS_A_QUERY) {
            let rows: Vec<ObjectionRow> = hot_among!(&mut *conn, part => [these = objection::uscc], objection::table
                .filter(these)
                .filter(objection::object_kind.eq(Col(ObjectKind::Evaluation)))
                .order((objection::uscc, objection::filed_at, objection::id))
                .select(ObjectionRow::as_select()) => load)?;
            for rows in rows.chunk_by(|a, b| a.uscc == b.uscc) {
                if let Some(loaded) = rows.first().and_then(|first| self.of(&first.uscc)) {
                    under_objection(&mut loaded.dossier, rows);
                }
            }
        }
        Ok(())
    }
}

/// Adds the status for each time in which objections against the firm's evaluations were open.
fn under_objection(dossier: &mut Dossier, rows: &[ObjectionRow]) {
    let mut times: Vec<(Instant, Option<Instant>)> = Vec::new();
    for row in rows {
        match times.last_mut() {
            // Two at once make one time.
            Some((_, closed)) if closed.is_none_or(|closed| row.filed_at <= closed) => {
                *closed = closed.zip(row.closed_at).map(|(a, b)| a.max(b));
            }
            _ => times.push((row.filed_at, row.closed_at)),
        }
    }
    for (from, until) in times {
        stretch(dossier, Status::UnderObjection, from.and_utc(), utc(until));
    }
}

/// The firm's licence as each stretch of consecutive facts has it.
fn licences(facts: &[FirmRow]) -> Vec<Licence> {
    let stretches =
        facts.chunk_by(|a, b| a.licensed_on == b.licensed_on && a.known_until == Some(b.known_from));
    let licence = |stretch: &[FirmRow]| {
        let (first, last) = (stretch.first()?, stretch.last()?);
        let Col(licensed_on) = first.licensed_on?;
        let (known_from, known_until) = (first.known_from.and_utc(), utc(last.known_until));
        Some(Licence { licensed_on, known_from, known_until })
    };
    stretches.filter_map(licence).collect()
}

/// Adds a status for each stretch of consecutive facts that have it. When it ends that is known as
/// a fact of its own, so that an evaluation of an instant within the stretch still has it, with
/// whatever later knowledge it is asked.
fn stretches(dossier: &mut Dossier, facts: &[FirmRow], status: Status, has: impl Fn(&FirmRow) -> bool) {
    let mut facts = facts.iter().peekable();
    while let Some(first) = facts.next() {
        if !has(first) {
            continue;
        }
        let mut until = first.known_until;
        while let Some(next) = facts.next_if(|next| has(next) && Some(next.known_from) == until) {
            until = next.known_until;
        }
        stretch(dossier, status, first.known_from.and_utc(), utc(until));
    }
}

fn stretch(dossier: &mut Dossier, status: Status, known_from: DateTime<Utc>, until: Option<DateTime<Utc>>) {
    let starts_on = day_of(known_from, dossier.zone);
    dossier.statuses.push(StatusFact { status, starts_on, ends_on: None, known_from, known_until: until });
    if let Some(until) = until {
        let ends_on = day_of(until, dossier.zone).pred_opt();
        dossier.statuses.push(StatusFact {
            status,
            starts_on,
            ends_on,
            known_from: until,
            known_until: None,
        });
    }
}
