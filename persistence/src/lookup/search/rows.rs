//! The rows that the search reads, and what it keeps of them.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::search::IndexEntry;
use xinwu_store::{Col, Conn, Result};

use crate::registers::place::from_json;
use crate::schema::{estate, firm, firm_former_name, place, project};

/// By estate: the firms that serve it, did or will.
pub(super) type Terms = HashMap<String, Vec<Term>>;

/// A firm's time in an estate.
pub(super) struct Term {
    pub(super) uscc: String,
    pub(super) starts_on: NaiveDate,
    pub(super) ends_on: Option<NaiveDate>,
}

pub(super) fn firm_entries((firms, former): FirmRows) -> Vec<IndexEntry> {
    let mut former_names: HashMap<String, Vec<String>> = HashMap::new();
    for (uscc, name) in former {
        former_names.entry(uscc).or_default().push(name);
    }
    let entry = |(uscc, name, short_name, retired_on): FirmRow| {
        if retired_on.is_some() {
            return not_found_any_more(&uscc);
        }
        let former = former_names.remove(&uscc).unwrap_or_default();
        let names: Vec<String> = std::iter::once(name).chain(short_name).chain(former).collect();
        IndexEntry::new(&uscc, &names, vec![uscc.clone()])
    };
    firms.into_iter().map(entry).collect()
}

pub(super) fn estate_entries((estates, terms): EstateRows) -> Result<(Vec<IndexEntry>, Terms)> {
    let mut by_estate = Terms::new();
    for (estate, uscc, starts_on, ends_on) in terms {
        if let Some(uscc) = uscc {
            let term = Term { uscc, starts_on: starts_on.0, ends_on: ends_on.map(|day| day.0) };
            by_estate.entry(estate).or_default().push(term);
        }
    }
    let mut entries = Vec::with_capacity(estates.len());
    for (code, name, aliases, retired_on) in estates {
        if retired_on.is_some() {
            entries.push(not_found_any_more(&code));
            by_estate.entry(code).or_default();
            continue;
        }
        let aliases: Vec<String> = from_json(&aliases)?;
        let names: Vec<String> = std::iter::once(name).chain(aliases).collect();
        entries.push(IndexEntry::new(&code, &names, vec![code.replace('-', "")]));
        by_estate.entry(code).or_default();
    }
    Ok((entries, by_estate))
}

/// One that is retired has no name to be found by: it takes the place of the one that had.
fn not_found_any_more(id: &str) -> IndexEntry {
    IndexEntry::new(id, &[] as &[&str], Vec::new())
}

pub(super) fn place_entries(places: Vec<PlaceRow>) -> Result<Vec<IndexEntry>> {
    let entry = |(code, name, aliases, retired_on): PlaceRow| {
        if retired_on.is_some() {
            return Ok(not_found_any_more(&code));
        }
        let aliases: Vec<String> = from_json(&aliases)?;
        let names: Vec<String> = std::iter::once(name).chain(aliases).collect();
        Ok(IndexEntry::new(&code, &names, vec![code.clone()]))
    };
    places.into_iter().map(entry).collect()
}

/// code, name, aliases as JSON, since when it is retired
pub(super) type PlaceRow = (String, String, String, Option<String>);

/// uscc, name, short name, since when it is retired
type FirmRow = (String, String, Option<String>, Option<String>);

/// With former names by uscc.
type FirmRows = (Vec<FirmRow>, Vec<(String, String)>);

/// code, name, aliases as JSON, since when it is retired
type EstateRow = (String, String, String, Option<String>);

/// With the terms of firms by estate.
type EstateRows = (Vec<EstateRow>, Vec<TermRow>);
type TermRow = (String, Option<String>, Col<NaiveDate>, Option<Col<NaiveDate>>);

pub(super) fn read_firms(conn: &mut Conn, only: Option<&[&String]>) -> Result<FirmRows> {
    let firms = firm::table.select((firm::uscc, firm::name, firm::short_name, firm::retired_on));
    let former = firm_former_name::table
        .select((firm_former_name::uscc, firm_former_name::name))
        .order(firm_former_name::used_until.desc());
    // A few of them after each change of a firm: their cards changed, and perhaps their names.
    Ok(match only {
        None => (firms.load(conn)?, former.load(conn)?),
        Some(only) => (
            firms.filter(firm::uscc.eq_any(only)).load(conn)?,
            former.filter(firm_former_name::uscc.eq_any(only)).load(conn)?,
        ),
    })
}

pub(super) fn read_estates(conn: &mut Conn, only: Option<&[&String]>) -> Result<EstateRows> {
    let estates = estate::table.select((estate::code, estate::name, estate::aliases, estate::retired_on));
    let terms = project::table
        .filter(project::retired_on.is_null())
        .filter(project::uscc.is_not_null())
        .select((project::estate, project::uscc, project::starts_on, project::ends_on));
    Ok(match only {
        None => (estates.load(conn)?, terms.load(conn)?),
        Some(only) => (
            estates.filter(estate::code.eq_any(only)).load(conn)?,
            terms.filter(project::estate.eq_any(only)).load(conn)?,
        ),
    })
}

pub(super) fn read_places(conn: &mut Conn, only: Option<&[&String]>) -> Result<Vec<PlaceRow>> {
    let places = place::table.select((place::code, place::name, place::aliases, place::retired_on));
    match only {
        None => Ok(places.load(conn)?),
        Some(only) => Ok(places.filter(place::code.eq_any(only)).load(conn)?),
    }
}
