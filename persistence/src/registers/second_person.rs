//! Use cases that one person may not do alone: each does its work and then asks here. Where nobody
//! has confirmed it, what it wrote is taken back, and what it would have changed is proposed.

use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;
use xinwu_domain::access::Warrant;
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::{Change, SecondPerson, Seconding, second_person_needed};
use xinwu_domain::refusal::Refusal;
use xinwu_store::{Conn, Result, StoreError};

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
    /// Who it is, where no firm is asked.
    pub asks: SecondPerson,
    /// Whose agreement is asked for, where it is not any official's.
    pub firm: Option<String>,
    /// What no view of the object shows.
    pub unseen: Vec<Change>,
    /// Why an area is unusual: the second person reads it beside what would change.
    pub area_reason: Option<&'a str>,
    pub reason: Option<&'a str>,
    pub evidence: &'a [String],
}

impl<'a> Asked<'a> {
    /// About a new object, told apart by `key`.
    pub fn of_new(kind: Kind, key: String, reason: Option<&'a str>, evidence: &'a [String]) -> Self {
        Asked { id: None, version: None, key: Some(key), ..Asked::of(kind, "", 0, reason, evidence) }
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
            unseen: Vec::new(),
            area_reason: None,
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
    if let Some(why) = asked.area_reason.filter(|_| !changes.is_empty()) {
        let field = "area_reason".to_owned();
        changes.push(Change { field, before: Value::Null, after: Value::from(why) });
    }
    changes.extend(asked.unseen);
    let key = asked.key.unwrap_or_else(|| format!("{}/{}", asked.kind, asked.id.unwrap_or_default()));
    Ok(warrant.require_second(Seconding {
        kind: asked.kind,
        id: asked.id.map(str::to_owned),
        version: asked.version,
        key,
        asks: if asked.firm.is_some() { SecondPerson::FirmOrDistrict } else { asked.asks },
        firm: asked.firm,
        changes,
        reason: asked.reason.map(str::to_owned),
        evidence: asked.evidence.to_vec(),
    })?)
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

/// Two pairs of eyes: who acts is another person than those of `accounts`, and so is who seconds
/// it. Accounts of one staff number are one person's.
///
/// # Errors
/// What `refusal` gives; [`second_person_needed`] of who seconds it.
pub(crate) fn require_other_person(
    conn: &mut Conn,
    warrant: &Warrant,
    accounts: impl IntoIterator<Item: AsRef<str>>,
    refusal: impl FnOnce() -> Refusal,
) -> Result<()> {
    let ids: Vec<String> = accounts.into_iter().map(|id| id.as_ref().to_owned()).collect();
    let numbers = |ids: &[String], conn: &mut Conn| -> Result<Vec<String>> {
        let numbered = account::table.filter(account::id.eq_any(ids.to_vec()));
        let numbers: Vec<Option<String>> = numbered.select(account::staff_number).load(conn)?;
        Ok(numbers.into_iter().flatten().collect())
    };
    let theirs = numbers(&ids, conn)?;
    let mut is_one_of_them = |account: &str| -> Result<bool> {
        let own = numbers(&[account.to_owned()], conn)?;
        Ok(ids.iter().any(|id| id == account) || theirs.iter().any(|number| own.contains(number)))
    };
    if is_one_of_them(warrant.account_id())? {
        return Err(refusal().into());
    }
    match warrant.second() {
        Some(second) if is_one_of_them(&second.account_id)? => Err(second_person_needed().into()),
        _ => Ok(()),
    }
}
