//! A write in its transaction.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::subject::{Cause, Subject};
use xinwu_domain::word::Word;

use crate::Conn;
use crate::change_feed::Change;
use crate::clock::Random;
use crate::col::Col;
use crate::error::{Result, StoreError};
use crate::on_each;
use crate::schema::{audit, change};

/// Brings grades up to what a write changed of the facts behind them: called once, before the
/// commit, with each subject once. [`Db::open`](crate::Db::open) takes it, so that no tool writes
/// without one.
pub type Evaluator = fn(&mut Tx<'_>, &[(Subject, Cause)]) -> Result<()>;

/// A write under way: its connection, its time, and what it has changed so far.
pub struct Tx<'a> {
    /// The connection, inside the transaction.
    pub conn: &'a mut Conn,
    /// The time of this write.
    pub now: DateTime<Utc>,
    /// Makes identifiers.
    pub random: Random,
    changes: Vec<Change>,
    said: HashSet<Change>,
    /// Subjects whose facts changed, each with its first cause, in the order of being told.
    facts: Vec<(Subject, Cause)>,
    with_facts: HashSet<Subject>,
    /// Whether the transaction has ended under way: nothing more may be written.
    is_lost: bool,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(conn: &'a mut Conn, now: DateTime<Utc>) -> Tx<'a> {
        Tx {
            conn,
            now,
            random: Random,
            changes: Vec::new(),
            said: HashSet::new(),
            facts: Vec::new(),
            with_facts: HashSet::new(),
            is_lost: false,
        }
    }

    /// The time of this write, as columns hold it.
    pub fn now_utc(&self) -> NaiveDateTime {
        self.now.naive_utc()
    }

    /// Says that an entity changed.
    pub fn changed(&mut self, entity: Entity, id: &str) {
        let change = Change { entity, id: id.to_owned() };
        if self.said.insert(change.clone()) {
            self.changes.push(change);
        }
    }

    /// Says that a fact in a subject's dossier changed: before the commit its grade is brought up
    /// to it, and that of everyone in whose file the subject stands. A fact of a project is one of
    /// its firm and managers, too, and a branch's one of its parent.
    pub fn facts_changed(&mut self, subject: Subject, cause: Cause) {
        if self.with_facts.insert(subject.clone()) {
            self.facts.push((subject, cause));
        }
    }

    /// Runs `work` as a part of this write: on `Err` nothing of the part is stored, and the write
    /// goes on.
    pub fn attempt<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        if self.is_lost {
            return Err(StoreError::Unavailable("the transaction has ended".to_owned()).into());
        }
        let (said_before, facts_before) = (self.changes.len(), self.facts.len());
        self.conn.batch_execute("SAVEPOINT attempt").map_err(StoreError::from)?;
        let outcome = work(self);
        if outcome.is_ok() {
            self.conn.batch_execute("RELEASE SAVEPOINT attempt").map_err(StoreError::from)?;
        } else {
            let back = "ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt";
            if let Err(error) = self.conn.batch_execute(back) {
                // A full disk ends the whole transaction, and what is told then is that there is
                // none: the part knows why. Nothing may be tried again outside of a transaction.
                self.is_lost = true;
                tracing::warn!(%error, "a part of a write could not be taken back");
                return outcome;
            }
            for change in self.changes.split_off(said_before) {
                self.said.remove(&change);
            }
            for (subject, _) in self.facts.split_off(facts_before) {
                self.with_facts.remove(&subject);
            }
        }
        outcome
    }

    /// Writes down what an official or an administrator did.
    pub fn audit(
        &mut self,
        warrant: &Warrant,
        operation: &str,
        object_kind: Kind,
        object_id: &str,
        detail: &serde_json::Value,
    ) -> Result<()> {
        let mut detail = detail.clone();
        if let (Some(client), Some(fields)) = (warrant.client(), detail.as_object_mut()) {
            fields.insert("client".to_owned(), client.into());
        }
        if let (Some(second), Some(fields)) = (warrant.second(), detail.as_object_mut()) {
            fields.insert("seconded_by".to_owned(), second.account_id.as_str().into());
            fields.insert("proposal".to_owned(), second.proposal.as_str().into());
        }
        let row = (
            audit::at.eq(self.now_utc()),
            audit::user_id.eq(warrant.account_id()),
            audit::role.eq(Col(warrant.role())),
            audit::operation.eq(operation),
            audit::object_kind.eq(object_kind.into_str()),
            audit::object_id.eq(object_id),
            audit::detail.eq(detail.to_string()),
        );
        diesel::insert_into(audit::table).values(row).execute(self.conn)?;
        Ok(())
    }

    /// Has `evaluate` bring grades up to the changed facts, and puts the changes into the table
    /// `change`; the caller commits and then tells the subscribers.
    pub(crate) fn finish(mut self, evaluate: Evaluator) -> Result<Vec<Change>> {
        if self.is_lost {
            return Err(StoreError::Unavailable("the transaction has ended".to_owned()));
        }
        let facts = std::mem::take(&mut self.facts);
        if !facts.is_empty() {
            evaluate(&mut self, &facts)?;
        }
        let Tx { conn, now, changes, .. } = self;
        let row = |each: &Change| {
            (
                change::entity.eq(Col(each.entity)),
                change::entity_id.eq(each.id.clone()),
                change::at.eq(now.naive_utc()),
            )
        };
        for part in changes.chunks(100) {
            let rows: Vec<_> = part.iter().map(row).collect();
            on_each!(conn, |conn| diesel::insert_into(change::table).values(&rows).execute(conn))?;
        }
        Ok(changes)
    }
}
