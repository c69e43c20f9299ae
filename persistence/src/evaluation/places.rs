//! For whom a scheme is: for the subjects of its place and of those below it.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::scheme::Scheme;
use xinwu_domain::subject::SubjectKind;

use crate::schema::{estate, firm, place, place_ancestor, project};
use crate::{Conn, Result};

/// Ids in one `IN (…)`.
const IDS_A_QUERY: usize = 500;

/// The places of some subjects, those above included: a firm's is that of its register and those of its current projects, a project's its estate's, a manager's
/// those of the current projects.
pub(crate) struct Places {
    of_subject: HashMap<String, HashSet<String>>,
    /// The places of schemes that this city's tree has.
    known: HashSet<String>,
}

impl Places {
    /// Reads them, with the tree's own places among those of `schemes`.
    pub(crate) fn load(
        conn: &mut Conn,
        kind: SubjectKind,
        ids: &[String],
        day: NaiveDate,
        schemes: &[&Scheme],
    ) -> Result<Places> {
        let wanted: Vec<&str> = schemes.iter().map(|scheme| scheme.place.as_str()).collect();
        let known = place::table.filter(place::code.eq_any(&wanted)).select(place::code).load(conn)?;
        let mut places = Places { of_subject: HashMap::new(), known: known.into_iter().collect() };
        let day = day.to_string();
        for part in ids.chunks(IDS_A_QUERY) {
            let current = project::table
                .inner_join(estate::table.on(estate::code.eq(project::estate)))
                .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
                .filter(place_ancestor::ancestor.eq_any(&wanted))
                .filter(project::starts_on.le(&day))
                .filter(project::ends_on.is_null().or(project::ends_on.ge(&day)));
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

    /// Whether a scheme is for a subject. The primary one is for everybody, and so is one of a place that this city's tree does not have: it is kept for
    /// comparison, and no official of here reaches it.
    pub(crate) fn apply(&self, scheme: &Scheme, kind: SubjectKind, id: &str) -> bool {
        scheme.primary_for.contains(&kind)
            || !self.known.contains(&scheme.place)
            || self.of_subject.get(id).is_some_and(|places| places.contains(&scheme.place))
    }
}
