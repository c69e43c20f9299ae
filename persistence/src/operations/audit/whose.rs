//! Whose officials read a line of the audit: those of the place of what it is about, as that
//! stands; where that has none, those of the place of who acted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::prelude::*;
use xinwu_domain::kind::Kind;
use xinwu_domain::metric::{MetricSubject, MetricSubjectKind};
use xinwu_store::{AuditLine, Col, Conn, Result};

use crate::credit::metric::called;
use crate::schema::{
    account, assessment, case, department, estate, firm, household, import, manager, metric, objection,
    place as places, project, proposal, rating_burst, record, repair, reply, residence, review,
};

/// Ids that one query looks up.
const AT_ONCE: usize = 500;

/// The [`Placer`](xinwu_store::Placer) of every database that is opened.
pub(crate) fn place(conn: &mut Conn, lines: &mut [AuditLine]) -> Result<()> {
    let mut wanted: BTreeMap<Kind, BTreeSet<&str>> = BTreeMap::new();
    for line in lines.iter() {
        wanted.entry(line.object_kind).or_default().insert(&line.object_id);
    }
    let mut found: HashMap<(Kind, String), Option<String>> = HashMap::new();
    for (kind, ids) in wanted {
        let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        for part in ids.chunks(AT_ONCE) {
            found.extend(places_of(conn, kind, part)?.into_iter().map(|(id, place)| ((kind, id), place)));
        }
    }
    for line in lines {
        if let Some(Some(place)) = found.get(&(line.object_kind, line.object_id.clone())) {
            line.place = Some(place.clone());
        }
    }
    Ok(())
}

type Found = Vec<(String, Option<String>)>;

/// The places of some objects of a kind; of those that are there, and of kinds that have one.
fn places_of(conn: &mut Conn, kind: Kind, ids: &[String]) -> Result<Found> {
    macro_rules! own {
        ($table:ident, $id:ident, $place:expr) => {
            $table::table.filter($table::$id.eq_any(ids)).select(($table::$id, $place)).load(conn)?
        };
    }
    macro_rules! of_estate {
        ($table:ident) => {
            $table::table
                .inner_join(estate::table.on(estate::code.eq($table::estate)))
                .filter($table::id.eq_any(ids))
                .select(($table::id, estate::place.nullable()))
                .load(conn)?
        };
    }
    Ok(match kind {
        Kind::Place => own!(places, code, places::code.nullable()),
        Kind::Department => own!(department, code, department::place.nullable()),
        Kind::Firm => own!(firm, uscc, firm::registered_place.nullable()),
        Kind::Estate => own!(estate, code, estate::place.nullable()),
        Kind::Project => of_estate!(project),
        Kind::Assessment => assessment::table
            .inner_join(project::table.on(project::id.eq(assessment::project_id)))
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .filter(assessment::id.eq_any(ids))
            .select((assessment::id, estate::place.nullable()))
            .load(conn)?,
        Kind::Household => of_estate!(household),
        Kind::Residence => of_estate!(residence),
        Kind::Manager => manager::table
            .inner_join(firm::table.on(manager::uscc.eq(firm::uscc.nullable())))
            .filter(manager::id.eq_any(ids))
            .select((manager::id, firm::registered_place.nullable()))
            .load(conn)?,
        Kind::Metric => of_metrics(conn, ids)?,
        Kind::Burst => rating_burst::table
            .inner_join(project::table.on(project::id.eq(rating_burst::project_id)))
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .filter(rating_burst::id.eq_any(ids))
            .select((rating_burst::id, estate::place.nullable()))
            .load(conn)?,
        Kind::Review => review::table
            .inner_join(project::table.on(project::id.eq(review::project_id)))
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .filter(review::id.eq_any(ids))
            .select((review::id, estate::place.nullable()))
            .load(conn)?,
        Kind::Reply => of_replies(conn, ids)?,
        Kind::Case => own!(case, id, case::place.nullable()),
        Kind::Record => own!(record, id, record::place.nullable()),
        Kind::Objection => own!(objection, id, objection::place.nullable()),
        Kind::Repair => own!(repair, id, repair::place.nullable()),
        Kind::Import => own!(import, id, import::place),
        Kind::Proposal => own!(proposal, id, proposal::place),
        Kind::User | Kind::Account => of_accounts(conn, ids)?,
        _ => Vec::new(),
    })
}

/// Accounts are of their own place, or of that of their department.
fn of_accounts(conn: &mut Conn, ids: &[String]) -> Result<Found> {
    let found: Vec<(String, Option<String>, Option<String>)> = account::table
        .left_join(department::table.on(account::department.eq(department::code.nullable())))
        .filter(account::id.eq_any(ids))
        .select((account::id, account::place, department::place.nullable()))
        .load(conn)?;
    Ok(found.into_iter().map(|(id, own, of_department)| (id, own.or(of_department))).collect())
}

/// Figures are where what they are of is.
fn of_metrics(conn: &mut Conn, ids: &[String]) -> Result<Found> {
    let rows: Vec<(String, Col<MetricSubjectKind>, String)> = metric::table
        .filter(metric::id.eq_any(ids))
        .select((metric::id, metric::subject_kind, metric::subject_id))
        .load(conn)?;
    let subject = |kind: &Col<MetricSubjectKind>, id: &String| MetricSubject::new(kind.0, id);
    let subjects: Vec<MetricSubject> = rows.iter().map(|(_, kind, id)| subject(kind, id)).collect();
    let called = called(conn, &subjects)?;
    let place = |kind: &Col<MetricSubjectKind>, id: &String| called.get(&subject(kind, id))?.place.clone();
    Ok(rows.iter().map(|(metric, kind, id)| (metric.clone(), place(kind, id))).collect())
}

/// Replies are of what they answer: a comment, or a record.
fn of_replies(conn: &mut Conn, ids: &[String]) -> Result<Found> {
    let mut found: Found = reply::table
        .inner_join(review::table.on(reply::review_id.eq(review::id.nullable())))
        .inner_join(project::table.on(project::id.eq(review::project_id)))
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(reply::id.eq_any(ids))
        .select((reply::id, estate::place.nullable()))
        .load(conn)?;
    let of_records: Found = reply::table
        .inner_join(record::table.on(reply::record_id.eq(record::id.nullable())))
        .filter(reply::id.eq_any(ids))
        .select((reply::id, record::place.nullable()))
        .load(conn)?;
    found.extend(of_records);
    Ok(found)
}
