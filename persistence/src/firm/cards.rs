//! Cards of firms.

use std::collections::HashMap;

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use xinwu_domain::card::ProjectCounts;
use xinwu_domain::firm::{FirmCard, FirmCardSummary};
use xinwu_domain::place::PlaceName;
use xinwu_domain::project::Area;
use xinwu_domain::rating::Figures;
use xinwu_domain::subject::SubjectKind;

use super::branch::links;
use super::successor::successors;
use super::{Row, not_found};
use crate::card::{Counts, KeptCounts, credits, lists};
use crate::dialect::hot_among;
use crate::rating::service_of_firm;
use crate::schema::{firm, firm_branch, firm_former_name, firm_successor, list_entry, place, project, tally};
use crate::standing::tally::kept_sums;
use crate::{Conn, Reading, Result};

/// What one statement gives of a firm.
#[derive(Queryable)]
struct Head {
    row: Row,
    place: Option<String>,
    counts: Option<KeptCounts>,
    has: Has,
}

/// Of which other tables a firm has rows: most have none, and need not be asked.
#[derive(Queryable)]
struct Has {
    former_names: bool,
    lists: bool,
    successors: bool,
    branches: bool,
}

/// A firm's card as lists show it, and what its own page needs besides.
struct Read {
    summary: FirmCardSummary,
    version: i64,
    sums: Option<String>,
    has: Has,
}

/// A firm's card with the version of its register entry. `uscc` is normalised, see [`super::known`].
///
/// # Errors
/// [`xinwu_domain::refusal::Refusal::NotFound`], and those of the database.
pub fn card(conn: &mut Conn, uscc: &str, reading: &Reading) -> Result<(FirmCard, i64)> {
    let Read { summary, version, sums, has } =
        summaries(conn, &[uscc.to_owned()], reading)?.into_iter().next().ok_or_else(not_found)?;
    let service = match kept_sums(sums.as_deref(), reading.month()) {
        Some(sums) => Figures::of_firm(&sums, reading.fewest_voices),
        None => service_of_firm(conn, uscc, reading)?,
    };
    let successors = if has.successors { successors(conn, uscc)? } else { Vec::new() };
    let links = if has.branches { links(conn, uscc)? } else { (None, Vec::new()) };
    Ok((summary.complete(service, successors, links), version))
}

/// The cards of firms as lists show them, in the order of `usccs`; unknown ones are left out.
///
/// # Errors
/// Those of the database.
pub fn cards(conn: &mut Conn, usccs: &[String], reading: &Reading) -> Result<Vec<FirmCardSummary>> {
    Ok(summaries(conn, usccs, reading)?.into_iter().map(|read| read.summary).collect())
}

fn summaries(conn: &mut Conn, usccs: &[String], reading: &Reading) -> Result<Vec<Read>> {
    let heads = heads(conn, usccs)?;
    let having = |what: fn(&Has) -> bool| -> Vec<String> {
        heads.iter().filter(|head| what(&head.has)).map(|head| head.row.uscc.clone()).collect()
    };
    let mut former = former_names(conn, &having(|has| has.former_names))?;
    let mut lists = lists(conn, SubjectKind::Firm, &having(|has| has.lists), reading)?;
    let mut credits = credits(conn, SubjectKind::Firm, usccs, reading.language)?;
    let projects = projects_now(conn, usccs, &reading.today())?;
    let mut heads: HashMap<String, Head> =
        heads.into_iter().map(|head| (head.row.uscc.clone(), head)).collect();
    let mut cards = Vec::with_capacity(usccs.len());
    for uscc in usccs {
        let Some(Head { row, place, mut counts, has }) = heads.remove(uscc) else { continue };
        let credits = credits.remove(uscc).unwrap_or_default();
        let sums = counts.as_mut().and_then(|counts| counts.sums.take());
        let counts = Counts::of(counts.as_ref(), reading.fewest_voices);
        let updated_at = row.updated_at.and_utc();
        let version = row.version;
        let summary = FirmCardSummary {
            status: row.status()?,
            uscc: row.uscc,
            name: row.name,
            short_name: row.short_name,
            former_names: former.remove(uscc).unwrap_or_default(),
            registered_place: PlaceName { code: row.registered_place, name: place.unwrap_or_default() },
            demo: row.demo,
            // Never the time of a rating, which could name the rater.
            updated_at: credits.primary.effective_from.map_or(updated_at, |at| at.max(updated_at)),
            credit: credits.primary,
            other_credits: credits.others,
            service: counts.service,
            records: counts.records,
            lists: lists.remove(uscc).unwrap_or_default(),
            projects: projects.get(uscc).copied().unwrap_or_default(),
        };
        cards.push(Read { summary, version, sums, has });
    }
    Ok(cards)
}

/// One statement for whatever is one row of a firm: on PostgreSQL each more is a journey.
fn heads(conn: &mut Conn, usccs: &[String]) -> Result<Vec<Head>> {
    let counts = tally::subject_kind.eq(SubjectKind::Firm.as_str()).and(tally::subject_id.eq(firm::uscc));
    let branch = firm_branch::branch.eq(firm::uscc).or(firm_branch::parent.eq(firm::uscc));
    let has = (
        exists(firm_former_name::table.filter(firm_former_name::uscc.eq(firm::uscc))),
        exists(
            list_entry::table
                .filter(list_entry::subject_kind.eq(SubjectKind::Firm.as_str()))
                .filter(list_entry::subject_id.eq(firm::uscc)),
        ),
        exists(firm_successor::table.filter(firm_successor::uscc.eq(firm::uscc))),
        exists(firm_branch::table.filter(firm_branch::known_until.is_null()).filter(branch)),
    );
    Ok(hot_among!(conn, usccs => [these = firm::uscc], firm::table
        .left_join(place::table.on(place::code.eq(firm::registered_place)))
        .left_join(tally::table.on(counts))
        .filter(these)
        .select((Row::as_select(), place::name.nullable(), Option::<KeptCounts>::as_select(), has)) => load)?)
}

fn former_names(conn: &mut Conn, usccs: &[String]) -> Result<HashMap<String, Vec<String>>> {
    if usccs.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, String)> = hot_among!(conn, usccs => [these = firm_former_name::uscc], firm_former_name::table
        .filter(these)
        .order((firm_former_name::used_until.desc(), firm_former_name::name))
        .select((firm_former_name::uscc, firm_former_name::name)) => load)?;
    let mut names: HashMap<String, Vec<String>> = HashMap::new();
    for (uscc, name) in rows {
        names.entry(uscc).or_default().push(name);
    }
    Ok(names)
}

fn projects_now(conn: &mut Conn, usccs: &[String], today: &str) -> Result<HashMap<String, ProjectCounts>> {
    // Added up by the database: a large firm has some hundred. Its own sum of such a column would be a decimal.
    let area = || diesel::dsl::sql::<BigInt>("CAST(sum(project.area_dm2) AS BIGINT)");
    let rows: Vec<(Option<String>, i64, i64)> = hot_among!(conn, usccs => [these = project::uscc], project::table
        .filter(these)
        .filter(project::starts_on.le(today))
        .filter(project::ends_on.is_null().or(project::ends_on.ge(today)))
        .group_by(project::uscc)
        .select((project::uscc, count_star(), area())) => load)?;
    let counts = |(uscc, count, hundredths): (Option<String>, i64, i64)| {
        let area_m2 = Area::from_hundredths(hundredths);
        Some((uscc?, ProjectCounts { count, area_m2 }))
    };
    Ok(rows.into_iter().filter_map(counts).collect())
}
