//! Cards of firms.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use xinwu_domain::card::ProjectCounts;
use xinwu_domain::firm::{FirmCard, FirmCardSummary};
use xinwu_domain::place::PlaceName;
use xinwu_domain::project::Area;
use xinwu_domain::subject::SubjectKind;

use super::branch::links;
use super::successor::successors;
use super::{Row, not_found};
use crate::card::{Counts, counts_of_firms, credits, lists};
use crate::dialect::hot_among;
use crate::rating::service_of_firm;
use crate::schema::{firm, firm_former_name, project};
use crate::{Conn, Reading, Result, place};

/// A firm's card with the version of its register entry. `uscc` is normalised, see [`super::known`].
///
/// # Errors
/// [`xinwu_domain::refusal::Refusal::NotFound`], and those of the database.
pub fn card(conn: &mut Conn, uscc: &str, reading: &Reading) -> Result<(FirmCard, i64)> {
    let (summary, version) =
        summaries(conn, &[uscc.to_owned()], reading)?.into_iter().next().ok_or_else(not_found)?;
    let (service, successors) = (service_of_firm(conn, uscc, reading)?, successors(conn, uscc)?);
    Ok((summary.complete(service, successors, links(conn, uscc)?), version))
}

/// The cards of firms as lists show them, in the order of `usccs`; unknown ones are left out.
///
/// # Errors
/// Those of the database.
pub fn cards(conn: &mut Conn, usccs: &[String], reading: &Reading) -> Result<Vec<FirmCardSummary>> {
    Ok(summaries(conn, usccs, reading)?.into_iter().map(|(summary, _)| summary).collect())
}

fn summaries(conn: &mut Conn, usccs: &[String], reading: &Reading) -> Result<Vec<(FirmCardSummary, i64)>> {
    let rows: Vec<Row> = hot_among!(&mut *conn, usccs => [these = firm::uscc], firm::table
        .filter(these)
        .select(Row::as_select()) => load)?;
    let mut rows: HashMap<String, Row> = rows.into_iter().map(|row| (row.uscc.clone(), row)).collect();
    let mut former = former_names(conn, usccs)?;
    let places = place::names_of(conn, rows.values().map(|row| row.registered_place.clone()).collect())?;
    let mut credits = credits(conn, SubjectKind::Firm, usccs, reading.language)?;
    let mut counts = counts_of_firms(conn, usccs, reading.fewest_voices)?;
    let mut lists = lists(conn, SubjectKind::Firm, usccs, reading)?;
    let projects = projects_now(conn, usccs, &reading.today())?;
    let mut cards = Vec::with_capacity(usccs.len());
    for uscc in usccs {
        let Some(row) = rows.remove(uscc) else { continue };
        let credits = credits.remove(uscc).unwrap_or_default();
        let counts = counts.remove(uscc).unwrap_or_else(|| Counts::none(reading.fewest_voices));
        let name = places.get(&row.registered_place).cloned().unwrap_or_default();
        let updated_at = row.updated_at.and_utc();
        let card = FirmCardSummary {
            status: row.status()?,
            uscc: row.uscc,
            name: row.name,
            short_name: row.short_name,
            former_names: former.remove(uscc).unwrap_or_default(),
            registered_place: PlaceName { code: row.registered_place, name },
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
        cards.push((card, row.version));
    }
    Ok(cards)
}

fn former_names(conn: &mut Conn, usccs: &[String]) -> Result<HashMap<String, Vec<String>>> {
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
