//! Evaluations: a subject's dossier from the tables, the engine's answer about it at an instant,
//! and the history of its grades.

mod export;
mod history;
pub(crate) mod load;
pub(crate) mod places;
mod visibility;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use xinwu_domain::calendar::day_of;
use xinwu_domain::evaluation::{self as engine, Dossier, Evaluation};
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::scheme::Scheme;
use xinwu_domain::subject::{Subject, SubjectKind};
use xinwu_domain::text::Text;

pub use export::dossier_for;
pub use history::{HistoryQuery, history};
pub use visibility::{Visibility, visibility_of};

use load::Loaded;
use xinwu_store::{Col, Conn, Result, hot};

use crate::city;
use crate::credit::scheme::{self, Rulebooks};
use crate::registers;
use crate::registers::authorized::Resource;
use crate::schema::tally;

/// What is asked of the engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// The scheme's id; the primary one when none is named.
    pub scheme: Option<String>,
    /// The instant whose state is graded; now when none is named.
    pub as_of: Option<DateTime<Utc>>,
    /// The instant whose knowledge is used; that of `as_of` when none is named.
    pub known_at: Option<DateTime<Utc>>,
}

/// Everything that is known of a subject, rows of all versions included. It is not for the public:
/// it holds records that are not published.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown subject.
pub fn load_dossier(conn: &mut Conn, subject: &Subject) -> Result<Dossier> {
    Ok(load::load_one(conn, subject, None)?.dossier)
}

/// The engine's answer, as far as `visibility` shows it at `now`.
///
/// With `as_of` the full answer is the same, to the last byte, however much later it is asked for:
/// nothing in it depends on what was learnt after `known_at`. Without it the answer names the
/// instant at which the subject last changed: nothing has changed it since, and so the same state
/// has the same representation however often it is asked for.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown subject and for a scheme that was not in force then, or not
/// for this subject, [`Refusal::BadParameter`] for instants to come.
pub fn evaluate(
    conn: &mut Conn,
    rulebooks: &Rulebooks,
    subject: &Subject,
    question: &Question,
    visibility: Visibility,
    now: DateTime<Utc>,
) -> Result<Evaluation> {
    require_past(&[("as_of", question.as_of), ("known_at", question.known_at)], now)?;
    let since = if question.as_of.is_none() { last_change(conn, subject)? } else { None };
    // What was committed while the request waited is dated later than it came, as is what another
    // instance's clock was ahead with: it stands all the same.
    let present = since.map_or(now, |since| since.max(now));
    let as_of = question.as_of.unwrap_or(present);
    let known_at = question.known_at.unwrap_or(as_of);
    let loaded = load::load_one(conn, subject, Some(known_at))?;
    let rulebook = rulebooks.during(conn)?;
    let known = rulebook.known_at(known_at);
    let day = day_of(as_of, loaded.dossier.zone);
    let found = match &question.scheme {
        Some(id) => known.at(id, day),
        None => known.primary(subject.kind, day),
    };
    let scheme = found.ok_or_else(scheme::unknown)?;
    // What was graded stays explained, though the register has moved the subject elsewhere since.
    let is_of_the_past = question.as_of.is_some() && history::knows(conn, subject, &scheme.id)?;
    if !is_of_the_past && !rulebook.is_for(conn, scheme, subject, day)? {
        return Err(scheme::unknown().into());
    }
    let mut evaluation = engine::evaluate(scheme, &loaded.dossier, as_of, known_at);
    if question.as_of.is_none() {
        let since = since.unwrap_or(now);
        evaluation.as_of = since;
        evaluation.known_at = question.known_at.unwrap_or(since);
    }
    Ok(match visibility {
        Visibility::Full => evaluation,
        Visibility::Public => shown(&evaluation, &loaded, present),
    })
}

/// What schemes made of firms at an instant with the knowledge of then, as the public sees it at
/// `now`: of each firm by those of them that were for it, in the order of both. It is what
/// [`evaluate`] answers about one, by as many statements as for one.
///
/// # Errors
/// None of its own; an unknown firm has an empty dossier.
pub(crate) fn of_firms(
    conn: &mut Conn,
    firms: &[String],
    schemes: &[&Arc<Scheme>],
    as_of: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Evaluation>> {
    let city = city::city(conn)?;
    let schemes: Vec<&Scheme> = schemes.iter().map(|scheme| scheme.as_ref()).collect();
    let places = places::Places::load(conn, SubjectKind::Firm, firms, day_of(as_of, city.zone), &schemes)?;
    let graded = history::graded_by(conn, SubjectKind::Firm, firms)?;
    let mut answers = Vec::new();
    for loaded in load::load_known_by(conn, SubjectKind::Firm, firms, &city, as_of)? {
        let id = &loaded.dossier.id;
        for scheme in &schemes {
            // What was graded stays explained, though the register has moved the firm elsewhere
            // since.
            if places.apply(scheme, id) || graded.contains(&(id.clone(), scheme.id.clone())) {
                let answer = engine::evaluate(scheme, &loaded.dossier, as_of, as_of);
                answers.push(shown(&answer, &loaded, now));
            }
        }
    }
    Ok(answers)
}

/// # Errors
/// [`Refusal::BadParameter`] for instants that are still to come, by their parameters' names.
pub(crate) fn require_past(
    instants: &[(&str, Option<DateTime<Utc>>)],
    now: DateTime<Utc>,
) -> std::result::Result<(), Refusal> {
    let mut faults = Faults::default();
    for (name, _) in instants.iter().filter(|(_, instant)| instant.is_some_and(|instant| instant > now)) {
        faults.add(*name, "in_future", Text::new("不能是将来的时间", "must not lie in the future"));
    }
    faults.refuse_parameters()
}

/// The evaluation as the public sees it at `now`.
pub(crate) fn shown(evaluation: &Evaluation, loaded: &Loaded, now: DateTime<Utc>) -> Evaluation {
    let day = day_of(now, loaded.dossier.zone);
    let is_public = |record: &str| loaded.publicity.get(record).is_some_and(|of| of.is_public(now, day));
    engine::public(evaluation, is_public)
}

/// When the subject's current grade was last made.
fn last_change(conn: &mut Conn, subject: &Subject) -> Result<Option<DateTime<Utc>>> {
    let at: QueryResult<chrono::NaiveDateTime> = hot!(conn, tally::table
        .find((Col(subject.kind), &subject.id))
        .select(tally::updated_at) => get_result);
    Ok(at.optional()?.map(|at| at.and_utc()))
}

/// # Errors
/// [`Refusal::NotFound`] for a subject that is not registered.
pub fn require(conn: &mut Conn, subject: &Subject) -> Result<()> {
    match subject.kind {
        SubjectKind::Firm => registers::firm::Row::require(conn, &subject.id).map(drop),
        SubjectKind::Project => registers::project::Row::require(conn, &subject.id).map(drop),
        SubjectKind::Manager => registers::manager::Row::require(conn, &subject.id).map(drop),
    }
}
