//! Accounts that the operator adds at once: a city has thousands of officials. Nobody's password is
//! known to anybody else: each account gets a code, with which its owner chooses one.

use chrono::Duration;
use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::{Role, Warrant};
use xinwu_domain::account::{AccountStatus, NewUser};
use xinwu_domain::import::AccountRow;
use xinwu_domain::kind::Kind;
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use super::{activation, user};
use crate::schema::account;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The account is new; its code is the row's.
    Added,
    /// It was there, without a password and a code that holds: it has the row's code now.
    CodeGiven,
    /// It was there.
    Unchanged,
}

/// A row, and the hash of the code that its account gets.
#[derive(Debug, Clone)]
pub struct CodedRow {
    /// What it asks for.
    pub row: AccountRow,
    /// The keyed hash of the code.
    pub code_hash: String,
}

/// Adds the accounts that are not there, all or none. `told` is the name of the administrator who
/// is told of each code's use.
///
/// # Errors
/// [`Refusal::NotFound`] where there is no such administrator, [`Refusal::Rows`] with all that is
/// wrong with rows; an account that is there must be as its row says.
pub fn import(
    tx: &mut Tx<'_>,
    operator: &Warrant,
    rows: &[CodedRow],
    (told, valid): (&str, Duration),
) -> Result<Vec<Outcome>> {
    let told = administrator(tx.conn, told)?;
    let mut outcomes = Vec::with_capacity(rows.len());
    let mut faults = Vec::new();
    for row in rows {
        match put(tx, operator, row, (&told, valid)) {
            Ok(outcome) => outcomes.push(outcome),
            Err(StoreError::Refused(refusal)) => faults.extend(of_row(row.row.line, refusal)),
            Err(error) => return Err(error),
        }
    }
    if faults.is_empty() {
        return Ok(outcomes);
    }
    let detail = Text::new("有的行不能导入，未写入任何内容", "Some rows are bad; nothing was written");
    Err(Refusal::Rows { code: "bad_rows", detail, faults }.into())
}

fn administrator(conn: &mut Conn, username: &str) -> Result<String> {
    account::table
        .filter(account::username.eq(username))
        .filter(account::role.eq(Col(Role::Admin)))
        .filter(account::status.eq(Col(AccountStatus::Active)))
        .select(account::id)
        .first(conn)
        .optional()?
        .ok_or_else(|| {
            let text = Text::new("没有这样的管理员", "there is no such administrator");
            Refusal::invalid("/told", "unknown_value", text).into()
        })
}

fn put(
    tx: &mut Tx<'_>,
    operator: &Warrant,
    CodedRow { row, code_hash }: &CodedRow,
    (told, valid): (&str, Duration),
) -> Result<Outcome> {
    let there = account::table
        .filter(account::username.eq(&row.new.username))
        .select(user::Row::as_select())
        .first(tx.conn)
        .optional()?;
    let (id, outcome) = match there {
        None => (user::add(tx, operator, &row.new)?.0.id, Outcome::Added),
        Some(there) if !is_as_asked(&there, &row.new) => {
            let text = Text::new(
                "已有同名账号，且与本行不一致",
                "An account of that name is there, and is not as the row says",
            );
            return Err(Refusal::conflict("username_taken", text).into());
        }
        Some(there)
            if there.password_hash.is_some() || activation::is_given(tx.conn, &there.id, tx.now_utc())? =>
        {
            return Ok(Outcome::Unchanged);
        }
        Some(there) => {
            let detail = json!({"code_given": true});
            tx.audit_as(operator, "edit_user", (Kind::User, &there.id), &detail)?;
            (there.id, Outcome::CodeGiven)
        }
    };
    activation::put_for(tx, &id, code_hash, (told, told), valid)?;
    Ok(outcome)
}

fn is_as_asked(there: &user::Row, asked: &NewUser) -> bool {
    let uscc = asked.uscc.map(|uscc| uscc.to_string());
    there.status.0 == AccountStatus::Active
        && (there.role.0, &there.place, &there.uscc, &there.manager_id, &there.department)
            == (asked.role, &asked.place, &uscc, &asked.manager, &asked.department)
        && (there.can_confirm, &there.staff_number) == (asked.can_confirm, &asked.staff_number)
        && (asked.display_name.is_none() || there.display_name == asked.display_name)
}

/// What is wrong with a row, under its line and column.
fn of_row(line: u64, refusal: Refusal) -> Vec<FieldFault> {
    let at = |pointer: &str| format!("/rows/{line}{pointer}");
    match refusal {
        Refusal::Invalid(faults) => faults
            .into_iter()
            .map(|fault| FieldFault::new(at(&fault.pointer), fault.code, fault.detail))
            .collect(),
        other => {
            let (code, detail) = other.in_short();
            vec![FieldFault::new(at(""), code, detail)]
        }
    }
}
