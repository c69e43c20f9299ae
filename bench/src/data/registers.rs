//! Places, firms, estates, projects; and at the end what follows from everything.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use xinwu_api::secrets::Secrets;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::calendar::{DEFAULT_ZONE, Month, start_of_day};
use xinwu_domain::estate::{EstateKind, NewEstate};
use xinwu_domain::firm::NewFirm;
use xinwu_domain::place::NewPlace;
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_persistence::city::{CitySettings, keep_city};
use xinwu_persistence::operations::due;
use xinwu_persistence::ratings::month_key::MonthKeys;
use xinwu_persistence::registers::estate;
use xinwu_persistence::registers::firm;
use xinwu_persistence::registers::place;
use xinwu_store::{Clock, Db, Options, Tx, Url};

use super::bulk::{Bulk, Table, V};
use super::city::City;
use super::people::SECRET;
use crate::Result;

/// Rows in one write of a use case.
const BATCH: usize = 200;

const MANAGER: Table = Table { name: "manager", columns: "id,name,uscc,demo,updated_at,version" };
const PROJECT: Table = Table {
    name: "project",
    columns: "id,estate,operator,uscc,manager_id,starts_on,ends_on,area_dm2,households,fee_fen,demo,updated_at,version",
};
const PROJECT_FACT: Table = Table {
    name: "project_fact",
    columns: "project_id,operator,uscc,manager_id,starts_on,ends_on,area_dm2,households,known_from",
};

/// A time as the service writes it: SQLite compares texts, in which `00` is before `00.000000`.
pub fn stored(time: NaiveDateTime) -> String {
    time.format("%F %T%.f").to_string()
}

/// When the city's registers were founded: three years and a month before its last day.
pub fn founded(city: &City) -> Result<DateTime<Utc>> {
    let month =
        Month::containing(city.today).and_then(|month| month.plus(-37)).ok_or("the day is out of range")?;
    Ok(start_of_day(month.first_day(), DEFAULT_ZONE))
}

/// Adds places, firms and estates, and learns the estates' codes.
pub fn add(url: &Url, city: &mut City) -> Result<()> {
    let db = open(url, Clock::held_at(founded(city)?))?;
    db.write_blocking(|tx| {
        xinwu_persistence::credit::scheme::install_shipped(tx)?;
        keep_city(tx, CitySettings::default())
    })?;
    let valid_from = NaiveDate::from_ymd_opt(2023, 1, 1).ok_or("the day is out of range")?;
    let places: Vec<NewPlace> = city
        .places
        .iter()
        .map(|row| NewPlace {
            code: row.code.clone(),
            level: row.level,
            name: row.name.clone(),
            parent: row.parent.clone(),
            valid_from: Some(valid_from),
            aliases: Vec::new(),
        })
        .collect();
    each(&db, places, |tx, new| place::add(tx, &Warrant::operator(Operation::AddPlace), new).map(|_| ()))?;
    let firms: Vec<NewFirm> = city
        .firms
        .iter()
        .map(|firm| NewFirm {
            uscc: firm.uscc.to_string(),
            name: firm.name.clone(),
            short_name: Some(firm.short_name.clone()),
            registered_place: firm.registered.clone(),
            demo: true,
            ..NewFirm::default()
        })
        .collect();
    each(&db, firms, |tx, new| firm::add(tx, &Warrant::operator(Operation::AddFirm), new).map(|_| ()))?;
    let kinds = [EstateKind::Professional, EstateKind::Old, EstateKind::Professional, EstateKind::Affordable];
    let estates: Vec<NewEstate> = city
        .estates
        .iter()
        .enumerate()
        .map(|(at, estate)| NewEstate {
            code: None,
            name: estate.name.clone(),
            aliases: Vec::new(),
            kind: kinds[at % kinds.len()],
            place: estate.community.clone(),
            address: Some(format!("演示路{}号", at + 1)),
            households: estate.households as i32,
            reason: None,
            evidence: Vec::new(),
            demo: true,
        })
        .collect();
    let codes = each(&db, estates, |tx, new| {
        Ok(estate::add(tx, &Warrant::operator(Operation::AddEstate), new)?.0.code)
    })?;
    for (estate, code) in city.estates.iter_mut().zip(codes) {
        estate.code = code;
    }
    due::tick_blocking(&db, None, &keys()?, founded(city)?)?;
    Ok(())
}

/// Adds projects and their managers, as the registers have known them since the founding.
pub fn projects(bulk: &mut Bulk<'_>, city: &City) -> Result<()> {
    let at = stored(founded(city)?.naive_utc());
    for (n, project) in city.projects.iter().enumerate() {
        let uscc = city.firms[project.firm].uscc.to_string();
        let estate = &city.estates[project.estate];
        let (starts, ends) = (project.starts_on.to_string(), project.ends_on.map(|day| day.to_string()));
        let ends = ends.as_deref().map_or(V::N, V::T);
        let households = V::I(estate.households as i64);
        let name = format!("演示经理{n}");
        bulk.row(
            &MANAGER,
            &[V::T(&project.manager), V::T(&name), V::T(&uscc), V::B(true), V::T(&at), V::I(1)],
        )?;
        bulk.row(
            &PROJECT_FACT,
            &[
                V::T(&project.id),
                V::T("firm"),
                V::T(&uscc),
                V::T(&project.manager),
                V::T(&starts),
                ends.again(),
                V::I(project.area),
                households.again(),
                V::T(&at),
            ],
        )?;
        bulk.row(
            &PROJECT,
            &[
                V::T(&project.id),
                V::T(&estate.code),
                V::T("firm"),
                V::T(&uscc),
                V::T(&project.manager),
                V::T(&starts),
                ends,
                V::I(project.area),
                households,
                V::I(project.fee_fen),
                V::B(true),
                V::T(&at),
                V::I(1),
            ],
        )?;
    }
    Ok(())
}

/// Evaluates everyone, by the service's own functions: current grades, tallies, what is due next.
pub fn evaluate(url: &Url, city: &City) -> Result<()> {
    let now = Clock::System.now();
    let end = start_of_day(city.today.succ_opt().ok_or("the day is out of range")?, DEFAULT_ZONE);
    let now = now.min(end);
    let db = open(url, Clock::held_at(now))?;
    due::tick_blocking(&db, None, &keys()?, now)?;
    refresh(&db, every_subject(city))?;
    db.checkpoint()?;
    Ok(())
}

/// All firms, projects and managers.
pub fn every_subject(city: &City) -> Vec<Subject> {
    let firms = city.firms.iter().map(|firm| Subject::firm(firm.uscc.as_str()));
    let projects = city.projects.iter().map(|project| Subject::project(&project.id));
    let managers = city.projects.iter().map(|project| Subject::manager(&project.manager));
    firms.chain(projects).chain(managers).collect()
}

/// Evaluates some subjects again.
pub fn refresh(db: &Db, subjects: Vec<Subject>) -> Result<()> {
    db.write_blocking(move |tx| {
        for subject in &subjects {
            tx.facts_changed(subject.clone(), Cause { kind: CauseKind::Scheme, id: None });
        }
        Ok(())
    })?;
    due::settle_blocking(db, &|_| {})?;
    Ok(())
}

/// Opens the database as the service does.
pub fn open(url: &Url, clock: Clock) -> Result<Db> {
    let patience = std::time::Duration::from_secs(60);
    Ok(xinwu_persistence::open(Options { url: url.clone(), connections: 2, patience, clock })?)
}

/// What opens residents' own ratings.
pub fn keys() -> Result<Arc<MonthKeys>> {
    let secrets = Secrets::from_data_key(SECRET.as_bytes())?;
    Ok(Arc::new(MonthKeys::new(secrets.rating_seal())?))
}

/// Does `one` for each of `all`, in writes of some hundreds.
fn each<A, T, F>(db: &Db, all: Vec<A>, one: F) -> Result<Vec<T>>
where
    A: Clone + Send + 'static,
    T: Send + 'static,
    F: Fn(&mut Tx<'_>, &A) -> xinwu_store::Result<T> + Clone + Send + 'static,
{
    let mut done = Vec::with_capacity(all.len());
    for part in all.chunks(BATCH) {
        let (part, one) = (part.to_vec(), one.clone());
        done.extend(db.write_blocking(move |tx| {
            part.iter().map(|each| one(tx, each)).collect::<xinwu_store::Result<Vec<T>>>()
        })?);
    }
    Ok(done)
}
