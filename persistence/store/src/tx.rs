//! A write in its transaction.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use xinwu_domain::access::{Role, Warrant};
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

/// Finds the places whose officials read some lines of the audit, before these are written.
pub type Placer = fn(&mut Conn, &mut [AuditLine]) -> Result<()>;

/// What is done to every write before it commits.
#[derive(Clone, Copy)]
pub struct BeforeCommit {
    /// Evaluates whoever the facts concern that it changed.
    pub evaluate: Evaluator,
    /// Says whose its lines of the audit are.
    pub place: Placer,
}

/// A line of the audit that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    user_id: String,
    role: Option<Role>,
    operation: String,
    /// What kind of thing it was done to,
    pub object_kind: Kind,
    /// and which one.
    pub object_id: String,
    detail: String,
    /// The place whose officials read it: until it is found, that of who acted.
    pub place: Option<String>,
    address: Option<String>,
}

/// Who did something of which no warrant says it: whoever signs in, or tries to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By<'a> {
    /// The account, or a word that none has.
    pub user_id: &'a str,
    /// Its role, where there is an account.
    pub role: Option<Role>,
    /// Its place.
    pub place: Option<&'a str>,
    /// The address from which it was asked for.
    pub address: Option<&'a str>,
}

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
    lines: Vec<AuditLine>,
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
            lines: Vec::new(),
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
        let lines_before = self.lines.len();
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
            self.lines.truncate(lines_before);
        }
        outcome
    }

    /// Writes down what an official or an administrator did: the operation of the warrant.
    pub fn audit(
        &mut self,
        warrant: &Warrant,
        object_kind: Kind,
        object_id: &str,
        detail: &serde_json::Value,
    ) -> Result<()> {
        self.audit_as(warrant, warrant.operation().id(), (object_kind, object_id), detail)
    }

    /// [`Tx::audit`] of what is no operation of its own, or is done by another one's warrant.
    pub fn audit_as(
        &mut self,
        warrant: &Warrant,
        operation: &str,
        object: (Kind, &str),
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
        let by = By {
            user_id: warrant.account_id(),
            role: Some(warrant.role()),
            place: warrant.place(),
            // A resident's would say who lives behind it.
            address: warrant.address().filter(|_| warrant.role() != Role::Resident),
        };
        self.audit_by(by, operation, object, &detail);
        Ok(())
    }

    /// [`Tx::audit`] of what needs no warrant.
    pub fn audit_by(
        &mut self,
        by: By<'_>,
        operation: &str,
        (object_kind, object_id): (Kind, &str),
        detail: &serde_json::Value,
    ) {
        self.lines.push(AuditLine {
            user_id: by.user_id.to_owned(),
            role: by.role,
            operation: operation.to_owned(),
            object_kind,
            object_id: object_id.to_owned(),
            detail: detail.to_string(),
            place: by.place.map(str::to_owned),
            address: by.address.map(str::to_owned),
        });
    }

    fn write_audit(&mut self, place: Placer) -> Result<()> {
        let mut lines = std::mem::take(&mut self.lines);
        if lines.is_empty() {
            return Ok(());
        }
        place(self.conn, &mut lines)?;
        let at = self.now_utc();
        let row = |line: &AuditLine| {
            (
                audit::at.eq(at),
                audit::user_id.eq(line.user_id.clone()),
                // Of nobody's account, no role.
                audit::role.eq(line.role.map_or("", Word::into_str)),
                audit::operation.eq(line.operation.clone()),
                audit::object_kind.eq(line.object_kind.into_str()),
                audit::object_id.eq(line.object_id.clone()),
                audit::detail.eq(line.detail.clone()),
                audit::place.eq(line.place.clone()),
                audit::address.eq(line.address.clone()),
            )
        };
        for part in lines.chunks(100) {
            let rows: Vec<_> = part.iter().map(row).collect();
            on_each!(&mut *self.conn, |conn| diesel::insert_into(audit::table).values(&rows).execute(conn))?;
        }
        Ok(())
    }

    /// Has grades brought up to the changed facts, writes the audit, and puts the changes into the
    /// table `change`; the caller commits and then tells the subscribers.
    pub(crate) fn finish(mut self, before: BeforeCommit) -> Result<Vec<Change>> {
        if self.is_lost {
            return Err(StoreError::Unavailable("the transaction has ended".to_owned()));
        }
        let facts = std::mem::take(&mut self.facts);
        if !facts.is_empty() {
            (before.evaluate)(&mut self, &facts)?;
        }
        self.write_audit(before.place)?;
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
