//! For whom a scheme is: for the subjects of its place and of those below it.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::Operator;
use xinwu_domain::scheme::{AppliesTo, Scheme};
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Col, Conn, Result};

use crate::schema::{estate, firm, place, place_ancestor, project};

/// Ids in one `IN (…)`.
const IDS_A_QUERY: usize = 500;

/// The places of some subjects, those above included: a firm's is that of its register and those of
/// its current projects, a project's its estate's, a manager's those of the current projects. And
/// what projects are, where schemes are for some kinds of them only.
pub(crate) struct Places {
    of_subject: HashMap<String, HashSet<String>>,
    projects: HashMap<String, (EstateKind, Operator)>,
    /// The city, where schemes name it: everybody is in it, also who has no place of the moment.
    city: HashSet<String>,
}

impl Places {
    /// Reads those that `schemes` name. Where they name only the city, no subject is asked for.
    pub(crate) fn load(
        conn: &mut Conn,
        kind: SubjectKind,
        ids: &[String],
        day: NaiveDate,
        schemes: &[&Scheme],
    ) -> Result<Places> {
        let named: HashSet<&String> = schemes.iter().map(|scheme| &scheme.place).collect();
        let known: Vec<(String, Option<String>)> =
            place::table.filter(place::code.eq_any(named)).select((place::code, place::parent)).load(conn)?;
        let (city, wanted): (Vec<_>, Vec<_>) = known.into_iter().partition(|(_, parent)| parent.is_none());
        let codes = |places: Vec<(String, Option<String>)>| places.into_iter().map(|(code, _)| code);
        let mut places =
            Places { of_subject: HashMap::new(), projects: HashMap::new(), city: codes(city).collect() };
        if kind == SubjectKind::Project && schemes.iter().any(|scheme| scheme.applies_to.is_some()) {
            places.projects = projects(conn, ids)?;
        }
        let wanted: Vec<String> = codes(wanted).collect();
        if wanted.is_empty() {
            return Ok(places);
        }
        for part in ids.chunks(IDS_A_QUERY) {
            let current = project::table
                .inner_join(estate::table.on(estate::code.eq(project::estate)))
                .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
                .filter(place_ancestor::ancestor.eq_any(&wanted))
                .filter(project::starts_on.le(Col(day)))
                .filter(project::ends_on.is_null().or(project::ends_on.ge(Col(day))))
                .filter(project::retired_on.is_null());
            let rows: Vec<(Option<String>, String)> = match kind {
                SubjectKind::Firm => current
                    .filter(project::uscc.eq_any(part))
                    .select((project::uscc, place_ancestor::ancestor))
                    .distinct()
                    .load(conn)?,
                SubjectKind::Manager => current
                    .filter(project::manager_id.eq_any(part))
                    .select((project::manager_id, place_ancestor::ancestor))
                    .distinct()
                    .load(conn)?,
                // A project's place is its own before and after its term too.
                SubjectKind::Project => project::table
                    .inner_join(estate::table.on(estate::code.eq(project::estate)))
                    .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
                    .filter(place_ancestor::ancestor.eq_any(&wanted))
                    .filter(project::id.eq_any(part))
                    .select((project::id.nullable(), place_ancestor::ancestor))
                    .load(conn)?,
            };
            places.add(rows.into_iter().filter_map(|(id, place)| Some((id?, place))));
            if kind == SubjectKind::Firm {
                let registered: Vec<(String, String)> = firm::table
                    .inner_join(place_ancestor::table.on(place_ancestor::place.eq(firm::registered_place)))
                    .filter(place_ancestor::ancestor.eq_any(&wanted))
                    .filter(firm::uscc.eq_any(part))
                    .select((firm::uscc, place_ancestor::ancestor))
                    .load(conn)?;
                places.add(registered.into_iter());
            }
        }
        Ok(places)
    }

    fn add(&mut self, rows: impl Iterator<Item = (String, String)>) {
        for (id, place) in rows {
            self.of_subject.entry(id).or_default().insert(place);
        }
    }

    /// Whether a scheme is for a subject: one of the city is for everybody, one of a place below it
    /// for who is there, one of another city for nobody; and one for some projects for these.
    pub(crate) fn apply(&self, scheme: &Scheme, id: &str) -> bool {
        let own = self.of_subject.get(id).into_iter().flatten();
        let fits =
            |to: &AppliesTo| self.projects.get(id).is_some_and(|(kind, operator)| to.fits(*kind, *operator));
        scheme.applies_to.as_ref().is_none_or(fits)
            && scheme.applies_in(self.city.iter().chain(own).map(String::as_str))
    }
}

/// The kinds of the projects' estates, and their operators.
fn projects(conn: &mut Conn, ids: &[String]) -> Result<HashMap<String, (EstateKind, Operator)>> {
    let mut projects = HashMap::new();
    for part in ids.chunks(IDS_A_QUERY) {
        let rows: Vec<(String, Col<EstateKind>, Col<Operator>)> = project::table
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .filter(project::id.eq_any(part))
            .select((project::id, estate::kind, project::operator))
            .load(conn)?;
        projects.extend(rows.into_iter().map(|(id, Col(kind), Col(operator))| (id, (kind, operator))));
    }
    Ok(projects)
}
