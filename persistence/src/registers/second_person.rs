//! Use cases that one person may not do alone: each does its work and then asks here. Where nobody
//! has confirmed it, what it wrote is taken back, and what it would have changed is proposed.

use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;
use xinwu_domain::access::{Role, Warrant};
use xinwu_domain::account::same_staff_number;
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::{Change, SecondPerson, Seconding, second_person_needed};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, StoreError};

use crate::schema::account;

/// An object as it stands, where a second person may be needed to change it.
pub(crate) fn before<V>(
    conn: &mut Conn,
    warrant: &Warrant,
    get: impl FnOnce(&mut Conn) -> Result<(V, i64)>,
) -> Result<Option<V>> {
    if warrant.is_seconded() { Ok(None) } else { Ok(Some(get(conn)?.0)) }
}

/// What is asked.
pub(crate) struct Asked<'a> {
    pub kind: Kind,
    /// None of a new object.
    pub id: Option<&'a str>,
    /// None of a new object.
    pub version: Option<i64>,
    /// What a new object is told apart by; else by its kind and id.
    pub key: Option<String>,
    pub asks: SecondPerson,
    /// Which firm, where it or its district is asked.
    pub firm: Option<String>,
    /// What changes and no view of the object shows.
    pub hidden_changes: Vec<Change>,
    /// What the second person reads beside what would change.
    pub beside: Option<Change>,
    pub reason: Option<&'a str>,
    pub evidence: &'a [String],
}

impl<'a> Asked<'a> {
    /// About a new object, told apart by `key`.
    pub fn of_new(kind: Kind, key: String, reason: Option<&'a str>, evidence: &'a [String]) -> Self {
        Asked { id: None, version: None, key: Some(key), ..Asked::of(kind, "", 0, reason, evidence) }
    }

    /// The same of a firm or its district, where there is a firm to be asked.
    pub fn of_firm(self, asks: SecondPerson, firm: Option<String>) -> Self {
        if firm.is_some() { Asked { asks, firm, ..self } } else { self }
    }

    /// About an object that stands.
    pub fn of(
        kind: Kind,
        id: &'a str,
        version: i64,
        reason: Option<&'a str>,
        evidence: &'a [String],
    ) -> Self {
        Asked {
            kind,
            id: Some(id),
            version: Some(version),
            key: None,
            asks: SecondPerson::Official,
            firm: None,
            hidden_changes: Vec::new(),
            beside: None,
            reason,
            evidence,
        }
    }
}

/// Asks for a second person where one of `fields` is another after the use case than before it.
///
/// # Errors
/// [`xinwu_domain::refusal::Refusal::SecondNeeded`]
pub(crate) fn require<V: Serialize>(
    warrant: &Warrant,
    asked: Asked<'_>,
    (before, after): (Option<&V>, &V),
    fields: &[&str],
) -> Result<()> {
    let mut changes = changes(before, after, fields)?;
    if !changes.is_empty() {
        changes.extend(asked.beside);
    }
    changes.extend(asked.hidden_changes);
    let key = asked.key.unwrap_or_else(|| format!("{}/{}", asked.kind, asked.id.unwrap_or_default()));
    Ok(warrant.require_second(Seconding {
        kind: asked.kind,
        id: asked.id.map(str::to_owned),
        version: asked.version,
        key,
        asks: asked.asks,
        firm: asked.firm,
        changes,
        reason: asked.reason.map(str::to_owned),
        evidence: asked.evidence.to_vec(),
    })?)
}

/// `fields`, and what would go without a trace: a name that is corrected leaves no former one, and
/// of an alias that is taken away nothing tells that there was one.
pub(crate) fn and_names(
    fields: &[&'static str],
    is_corrected: bool,
    (before, after): (&[String], &[String]),
) -> Vec<&'static str> {
    let name = is_corrected.then_some("name");
    let aliases = before.iter().any(|alias| !after.contains(alias)).then_some("aliases");
    name.into_iter().chain(aliases).chain(fields.iter().copied()).collect()
}

/// Those of `fields` in which two views of an object differ; of a new one all that it holds.
pub(crate) fn changes<V: Serialize>(before: Option<&V>, after: &V, fields: &[&str]) -> Result<Vec<Change>> {
    let json = |view: &V| {
        serde_json::to_value(view)
            .map_err(|error| StoreError::internal(format!("a view cannot be written: {error}")))
    };
    let before = before.map(json).transpose()?.unwrap_or(Value::Null);
    Ok(Change::between(&before, &json(after)?, fields))
}

/// Two pairs of eyes: who acts, and who has confirmed it as the second, are other persons than
/// those of `accounts`. Accounts of one staff number are one person's, and an official's without a
/// number is nobody's who could be told apart. The operator is outside the rule.
///
/// # Errors
/// What `refusal` gives, of the second [`second_person_needed`]; [`Refusal::Forbidden`] where a
/// number is missing.
pub(crate) fn require_other_person(
    conn: &mut Conn,
    warrant: &Warrant,
    accounts: impl IntoIterator<Item: AsRef<str>>,
    refusal: impl FnOnce() -> Refusal,
) -> Result<()> {
    if warrant.is_operator() {
        return Ok(());
    }
    let ids: Vec<String> = accounts.into_iter().map(|id| id.as_ref().to_owned()).collect();
    require_none_of(conn, warrant.account_id(), &ids, refusal)?;
    match warrant.second() {
        Some(second) => require_none_of(conn, &second.account_id, &ids, second_person_needed),
        None => Ok(()),
    }
}

/// `account_id` is none of the persons of the accounts `ids`.
fn require_none_of(
    conn: &mut Conn,
    account_id: &str,
    ids: &[String],
    refusal: impl FnOnce() -> Refusal,
) -> Result<()> {
    let own = staff_numbers(conn, vec![account_id.to_owned()])?;
    let theirs = staff_numbers(conn, ids.to_vec())?;
    let is_one_person = |number: &Option<String>| number.is_some() && own.contains(number);
    if ids.iter().any(|id| id == account_id) || theirs.iter().any(is_one_person) {
        return Err(refusal().into());
    }
    match (own.contains(&None), theirs.contains(&None)) {
        (true, _) => Err(no_staff_number().into()),
        (false, true) => Err(author_without_number().into()),
        (false, false) => Ok(()),
    }
}

/// Two accounts without numbers cannot be told to be two people.
///
/// # Errors
/// [`Refusal::Forbidden`] for an account that needs a staff number and has none.
pub(crate) fn require_numbered(conn: &mut Conn, account_id: &str) -> Result<()> {
    if is_numbered(conn, account_id)? { Ok(()) } else { Err(no_staff_number().into()) }
}

/// Whether an account has a staff number, or needs none.
pub(crate) fn is_numbered(conn: &mut Conn, account_id: &str) -> Result<bool> {
    Ok(!staff_numbers(conn, vec![account_id.to_owned()])?.contains(&None))
}

/// The accounts of the person whose account this is: it, and those of its staff number.
pub(crate) fn accounts_of_the_person(conn: &mut Conn, account_id: &str) -> Result<Vec<String>> {
    let own = account::table.find(account_id).select(account::staff_number);
    let own: Option<String> = own.first::<Option<String>>(conn).optional()?.flatten();
    let Some(own) = own.as_deref().map(same_staff_number) else { return Ok(vec![account_id.to_owned()]) };
    let numbered: Vec<(String, String)> = account::table
        .filter(account::staff_number.is_not_null())
        .select((account::id, account::staff_number.assume_not_null()))
        .load(conn)?;
    let is_own = |number: &str| same_staff_number(number) == own;
    Ok(numbered.into_iter().filter(|(_, number)| is_own(number)).map(|(id, _)| id).collect())
}

/// The numbers, as they are compared, of those of some accounts whose roles have one.
fn staff_numbers(conn: &mut Conn, ids: Vec<String>) -> Result<Vec<Option<String>>> {
    let accounts: Vec<(Col<Role>, Option<String>)> = account::table
        .filter(account::id.eq_any(ids))
        .select((account::role, account::staff_number))
        .load(conn)?;
    let numbered = accounts.into_iter().filter(|(role, _)| role.0.has_staff_number());
    Ok(numbered.map(|(_, number)| number.as_deref().map(same_staff_number)).collect())
}

fn no_staff_number() -> Refusal {
    let text = Text::new(
        "您的账号未登记工号，不能参与双人确认，请联系管理员登记",
        "Your account has no staff number, so that nobody can be told to be the second person: ask an administrator to enter it",
    );
    Refusal::forbidden("no_staff_number", text)
}

fn author_without_number() -> Refusal {
    let text = Text::new(
        "经手人的账号未登记工号，无法判断与您是否为同一人，请联系管理员登记",
        "An account that had a hand in it has no staff number, so that you cannot be told to be another person: ask an administrator to enter it",
    );
    Refusal::forbidden("no_staff_number", text)
}
