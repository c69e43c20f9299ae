//! Branches and their parents: the relation in both dossiers, and the branch's records in the
//! parent's.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::evaluation::{Branch, Record};
use xinwu_domain::scheme::Through;
use xinwu_store::dialect::Instant;
use xinwu_store::{Col, Conn, Result, hot_among};

use super::records::{RecordRow, Since, confirmed, put, revisions};
use super::{Dossiers, IDS_A_QUERY, utc};
use crate::registers::place::from_json;
use crate::schema::{firm_branch, record};

#[derive(Queryable, Selectable)]
#[diesel(table_name = firm_branch)]
struct BranchRow {
    branch: String,
    parent: String,
    since: Col<NaiveDate>,
    parent_places: String,
    known_from: Instant,
    known_until: Option<Instant>,
}

impl Dossiers<'_> {
    pub(super) fn branches(&mut self, conn: &mut Conn) -> Result<()> {
        for part in self.ids.chunks(IDS_A_QUERY) {
            let rows: Vec<BranchRow> = hot_among!(&mut *conn, part => [branches = firm_branch::branch, parents = firm_branch::parent], firm_branch::table
                .filter(branches.or(parents))
                .order(firm_branch::id)
                .select(BranchRow::as_select()) => load)?;
            let mut of_parents: HashMap<String, Vec<(String, Branch)>> = HashMap::new();
            for row in rows {
                let fact = Branch {
                    branch: row.branch.clone(),
                    parent: row.parent.clone(),
                    since: row.since.0,
                    parent_places: from_json(&row.parent_places)?,
                    known_from: row.known_from.and_utc(),
                    known_until: utc(row.known_until),
                };
                for id in [&row.branch, &row.parent] {
                    if part.contains(id)
                        && let Some(loaded) = self.of(id)
                    {
                        loaded.dossier.branches.push(fact.clone());
                    }
                }
                if part.contains(&row.parent) {
                    of_parents.entry(row.branch).or_default().push((row.parent, fact));
                }
            }
            self.records_of_branches(conn, &of_parents)?;
        }
        Ok(())
    }

    fn records_of_branches(
        &mut self,
        conn: &mut Conn,
        parents: &HashMap<String, Vec<(String, Branch)>>,
    ) -> Result<()> {
        let branches: Vec<&String> = parents.keys().collect();
        for part in branches.chunks(IDS_A_QUERY) {
            let rows: Vec<RecordRow> = confirmed!(conn, record::uscc, part);
            let since = Since::load(conn, self.kind, &rows)?;
            for row in &rows {
                let of = row.uscc.as_ref().and_then(|uscc| parents.get(uscc));
                for (parent, fact) in of.into_iter().flatten() {
                    let records = revisions(row, Through::Branch, &since)?;
                    let records: Vec<Record> =
                        records.into_iter().filter_map(|record| while_branch(record, fact)).collect();
                    if !records.is_empty()
                        && let Some(loaded) = self.of(parent)
                    {
                        put(loaded, row, records);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The record as it is known in the parent's dossier: for as long as both it and the relation are.
fn while_branch(record: Record, fact: &Branch) -> Option<Record> {
    let known_from = record.known_from.max(fact.known_from);
    let known_until = [record.known_until, fact.known_until].into_iter().flatten().min();
    let known = known_until.is_none_or(|until| known_from < until);
    known.then(|| Record { branch: Some(fact.branch.clone()), known_from, known_until, ..record })
}
