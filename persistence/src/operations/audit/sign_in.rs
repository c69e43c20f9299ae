//! Sign-ins of who has a password or is a program, and those that failed.

use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::{Operation, Role};
use xinwu_domain::kind::Kind;
use xinwu_store::{By, Col, Result, Tx};

use crate::schema::account;

/// By this word the audit knows whoever gave a name that no account has. The name itself is not
/// kept: people type passwords there.
pub const UNKNOWN: &str = "unknown";

/// What became of a sign-in, or of the end of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// The password, or a program's secret, is not right, or nobody has that name.
    WrongPassword,
    /// The second factor, or the code of a new account, is not right.
    WrongCode,
    /// The second factor was not shown.
    SecondFactorRequired,
    /// The account is shut.
    Disabled,
    /// A refresh token came again long after its use: someone has a copy, and the session is ended.
    Replayed,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::WrongPassword => "wrong_password",
            Outcome::WrongCode => "wrong_code",
            Outcome::SecondFactorRequired => "second_factor_required",
            Outcome::Disabled => "disabled",
            Outcome::Replayed => "replayed",
        }
    }

    fn detail(self) -> serde_json::Value {
        json!({"outcome": self.word()})
    }
}

/// Who was meant by what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// The account of an id that was not typed,
    Id(String),
    /// of a username,
    Username(String),
    /// or a program: that somebody's account has the id that one gives is nothing of theirs.
    Client(String),
}

/// Writes down a sign-in of an account, and gives whether there is one. A resident's is not: it
/// would be a trace of people.
///
/// # Errors
/// Of the database.
pub fn signed(
    tx: &mut Tx<'_>,
    operation: Operation,
    (meant, outcome): (&Meant, Outcome),
    address: Option<&str>,
) -> Result<bool> {
    type Row = (String, Col<Role>, Option<String>);
    let mut rows = account::table
        .select((account::id, account::role, account::place))
        .into_boxed::<<xinwu_store::Conn as diesel::Connection>::Backend>();
    rows = match meant {
        Meant::Id(id) => rows.filter(account::id.eq(id.clone())),
        Meant::Username(name) => rows.filter(account::username.eq(name.clone())),
        Meant::Client(id) => {
            rows.filter(account::id.eq(id.clone())).filter(account::role.eq(Col(Role::Integrator)))
        }
    };
    let found: Option<Row> = rows.first(tx.conn).optional()?;
    let Some((id, Col(role), place)) = &found else { return Ok(false) };
    if *role != Role::Resident {
        let kind = if *role == Role::Integrator { Kind::Client } else { Kind::User };
        let by = By { user_id: id, role: Some(*role), place: place.as_deref(), address };
        tx.audit_by(by, operation.id(), (kind, id), &outcome.detail());
    }
    Ok(true)
}

/// Writes down a sign-in by a name that no account has.
pub fn unknown(tx: &mut Tx<'_>, operation: Operation, outcome: Outcome, address: Option<&str>) {
    let by = By { user_id: UNKNOWN, role: None, place: None, address };
    tx.audit_by(by, operation.id(), (Kind::User, UNKNOWN), &outcome.detail());
}
