//! What figures are of: whether it is there and in reach, where it lies, and what it is called.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::{Reach, Warrant};
use xinwu_domain::assessment::require_term_touches;
use xinwu_domain::calendar::Period;
use xinwu_domain::kind::Kind;
use xinwu_domain::metric::{MetricSubject, MetricSubjectKind};
use xinwu_store::{Conn, Result};

use crate::registers::authorized::{Resource, find};
use crate::registers::retirement::Entry;
use crate::registers::{estate, firm, manager, place, project};
use crate::schema;

/// The subject is there, not retired, and in reach of who asks.
///
/// # Errors
/// As [`find`]; [`Refusal::NotFound`](xinwu_domain::refusal::Refusal::NotFound) for one that is
/// retired, [`Refusal::Invalid`](xinwu_domain::refusal::Refusal::Invalid) for a period that a
/// project's term does not touch.
pub(super) fn require(
    conn: &mut Conn,
    warrant: &Warrant,
    (subject, period): (&MetricSubject, Period),
    today: NaiveDate,
) -> Result<()> {
    fn there<R: Entry>(conn: &mut Conn, warrant: &Warrant, id: &str, today: NaiveDate) -> Result<()> {
        let found = find::<R>(conn, warrant, id, today)?;
        match found.retired_on() {
            None => Ok(()),
            Some(_) => Err(R::KIND.not_found().into()),
        }
    }
    let id = &subject.id;
    match subject.kind {
        MetricSubjectKind::Firm => there::<firm::Row>(conn, warrant, id, today),
        MetricSubjectKind::Manager => there::<manager::Row>(conn, warrant, id, today),
        MetricSubjectKind::Estate => there::<estate::Row>(conn, warrant, id, today),
        MetricSubjectKind::Place => there::<place::Row>(conn, warrant, id, today),
        MetricSubjectKind::Project => {
            let found = find::<project::Row>(conn, warrant, id, today)?;
            if found.retired_on().is_some() {
                return Err(Kind::Project.not_found().into());
            }
            let (starts_on, ends_on) = found.term();
            Ok(require_term_touches(period, starts_on, ends_on)?)
        }
    }
}

/// Whether the officials of a place reach a subject.
pub(super) fn is_within(
    conn: &mut Conn,
    subject: &MetricSubject,
    place: &str,
    how: (Reach, NaiveDate),
) -> Result<bool> {
    fn of<R: Resource>(conn: &mut Conn, id: &str, place: &str, how: (Reach, NaiveDate)) -> Result<bool> {
        let found = R::require(conn, id)?;
        let owner = found.owner(conn)?;
        found.is_within(conn, &owner, place, how)
    }
    let id = &subject.id;
    match subject.kind {
        MetricSubjectKind::Firm => of::<firm::Row>(conn, id, place, how),
        MetricSubjectKind::Project => of::<project::Row>(conn, id, place, how),
        MetricSubjectKind::Manager => of::<manager::Row>(conn, id, place, how),
        MetricSubjectKind::Estate => of::<estate::Row>(conn, id, place, how),
        MetricSubjectKind::Place => of::<place::Row>(conn, id, place, how),
    }
}

/// There is such a subject, whoever asks.
///
/// # Errors
/// [`Refusal::NotFound`](xinwu_domain::refusal::Refusal::NotFound)
pub(super) fn require_public(conn: &mut Conn, subject: &MetricSubject) -> Result<()> {
    let id = &subject.id;
    match subject.kind {
        MetricSubjectKind::Firm => firm::Row::require(conn, id).map(drop),
        MetricSubjectKind::Project => project::Row::require(conn, id).map(drop),
        MetricSubjectKind::Manager => manager::Row::require(conn, id).map(drop),
        MetricSubjectKind::Estate => estate::Row::require(conn, id).map(drop),
        MetricSubjectKind::Place => place::Row::require(conn, id).map(drop),
    }
}

/// The place by which a subject is reached: a firm's seat, a project's estate's, a manager's
/// firm's, an estate's, the place itself. `None` for an unknown one.
pub(super) fn place_of(conn: &mut Conn, subject: &MetricSubject) -> Result<Option<String>> {
    Ok(called(conn, std::slice::from_ref(subject))?.remove(subject).and_then(|called| called.place))
}

/// What a subject is called in notices and lists.
pub(super) fn name_of(conn: &mut Conn, subject: &MetricSubject) -> Result<String> {
    let called = called(conn, std::slice::from_ref(subject))?.remove(subject);
    Ok(called.map_or_else(|| subject.id.clone(), |called| called.name))
}

/// What a subject is called, and where it lies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Called {
    pub name: String,
    pub place: Option<String>,
}

/// What subjects are called, and where each lies.
pub(crate) fn called(conn: &mut Conn, subjects: &[MetricSubject]) -> Result<HashMap<MetricSubject, Called>> {
    let mut found = HashMap::new();
    for kind in [
        MetricSubjectKind::Firm,
        MetricSubjectKind::Project,
        MetricSubjectKind::Manager,
        MetricSubjectKind::Estate,
        MetricSubjectKind::Place,
    ] {
        let ids: BTreeSet<&String> =
            subjects.iter().filter(|each| each.kind == kind).map(|each| &each.id).collect();
        let ids: Vec<&String> = ids.into_iter().collect();
        for part in ids.chunks(500) {
            for (id, name, place) in called_of(conn, kind, part)? {
                found.insert(MetricSubject::new(kind, id), Called { name, place });
            }
        }
    }
    Ok(found)
}

/// Of subjects of one kind: id, name, place.
fn called_of(
    conn: &mut Conn,
    kind: MetricSubjectKind,
    ids: &[&String],
) -> Result<Vec<(String, String, Option<String>)>> {
    use schema::{estate, firm, manager, place, project};
    Ok(match kind {
        MetricSubjectKind::Firm => firm::table
            .filter(firm::uscc.eq_any(ids))
            .select((firm::uscc, firm::name, firm::registered_place.nullable()))
            .load(conn)?,
        MetricSubjectKind::Project => project::table
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .filter(project::id.eq_any(ids))
            .select((project::id, estate::name, estate::place.nullable()))
            .load(conn)?,
        MetricSubjectKind::Manager => manager::table
            .left_join(firm::table.on(manager::uscc.eq(firm::uscc.nullable())))
            .filter(manager::id.eq_any(ids))
            .select((manager::id, manager::name, firm::registered_place.nullable()))
            .load(conn)?,
        MetricSubjectKind::Estate => estate::table
            .filter(estate::code.eq_any(ids))
            .select((estate::code, estate::name, estate::place.nullable()))
            .load(conn)?,
        MetricSubjectKind::Place => place::table
            .filter(place::code.eq_any(ids))
            .select((place::code, place::name, place::code.nullable()))
            .load(conn)?,
    })
}

/// Figures of what lies in `$place` or below it: a condition of queries of the table `metric`. A
/// macro, since such conditions have no types that could be written.
macro_rules! in_place {
    ($place:expr) => {{
        use xinwu_domain::metric::MetricSubjectKind as Of;
        use $crate::registers::place::at_or_below;
        use $crate::schema::{estate, firm, manager, metric, project};
        let places = || at_or_below($place.to_owned());
        let firms = || firm::table.filter(firm::registered_place.eq_any(places())).select(firm::uscc);
        let estates = || estate::table.filter(estate::place.eq_any(places())).select(estate::code);
        let projects = project::table.filter(project::estate.eq_any(estates())).select(project::id);
        let managers = manager::table
            .filter(manager::uscc.is_not_null())
            .filter(manager::uscc.assume_not_null().eq_any(firms()))
            .select(manager::id);
        let of = |kind: Of| metric::subject_kind.eq(Col(kind));
        (of(Of::Firm).and(metric::subject_id.eq_any(firms())))
            .or(of(Of::Project).and(metric::subject_id.eq_any(projects)))
            .or(of(Of::Manager).and(metric::subject_id.eq_any(managers)))
            .or(of(Of::Estate).and(metric::subject_id.eq_any(estates())))
            .or(of(Of::Place).and(metric::subject_id.eq_any(places())))
    }};
}
pub(crate) use in_place;
