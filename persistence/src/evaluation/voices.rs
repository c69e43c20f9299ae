//! What an evaluation says of voices: no more than the pages of the ratings do.

use chrono::{DateTime, Utc};
use xinwu_domain::calendar::Month;
use xinwu_domain::evaluation::{Evaluation, ItemSource, ScoreItem};
use xinwu_domain::rating::{Ledger, Line, Span};
use xinwu_domain::scheme::{Scheme, Source};
use xinwu_domain::subject::{Subject, SubjectKind};

use crate::rating::{Scope, ledger, scope_of_project};
use crate::setting::{self, City};
use crate::{Conn, Result};

/// Takes the number of voices and their service score off each line of residents' ratings whose figure the pages of the ratings would not give for the
/// same months: for everyone, since nobody is told of a few voices. The points stay, or the lines would no longer sum to the score. Gives whose voices were looked at.
pub(super) fn conceal_few(
    conn: &mut Conn,
    subject: &Subject,
    scheme: &Scheme,
    evaluation: &mut Evaluation,
    now: DateTime<Utc>,
) -> Result<Vec<Scope>> {
    let city = setting::city(conn)?;
    let mut pages = Pages { city, now, judged: Vec::new() };
    for item in evaluation.items.iter_mut().filter(|item| item.source == ItemSource::Ratings) {
        let span = months_of(scheme, &item.component).and_then(|months| closed(months, now, city));
        let shown = match span {
            Some(span) => pages.shows(conn, subject, item, span)?,
            None => false,
        };
        if !shown {
            item.count = None;
            item.value = None;
        }
    }
    Ok(pages.judged.into_iter().map(|(scope, ..)| scope).collect())
}

/// The ledgers that the pages of the ratings are made with, each made once.
struct Pages {
    city: City,
    now: DateTime<Utc>,
    judged: Vec<(Scope, Span, Ledger)>,
}

impl Pages {
    /// Whether the page of the line's project, or of the firm where it has none, gives the line's figure for these months.
    fn shows(&mut self, conn: &mut Conn, subject: &Subject, item: &ScoreItem, span: Span) -> Result<bool> {
        let project = match subject.kind {
            SubjectKind::Project => Some(subject.id.as_str()),
            SubjectKind::Firm | SubjectKind::Manager => item.project.as_deref(),
        };
        let (scope, line) = match (project, subject.kind) {
            (Some(id), _) => (scope_of_project(conn, id)?, Line::Project(id)),
            (None, SubjectKind::Firm) => (Scope::Firm(subject.id.clone()), Line::All),
            // A manager's projects together have no page.
            (None, _) => return Ok(false),
        };
        let known = self.judged.iter().position(|(one, of, _)| (one, of) == (&scope, &span));
        let at = match known {
            Some(at) => at,
            None => {
                let current = Month::of(self.now, self.city.zone);
                let ledger = ledger(conn, &scope, span, current, self.city.fewest_voices)?;
                self.judged.push((scope, span, ledger));
                self.judged.len() - 1
            }
        };
        let page = self.judged.get(at).map(|(.., ledger)| ledger.together(line, span));
        // Figures that were frozen otherwise are not the page's: side by side they would be subtracted.
        Ok(page.is_some_and(|page| page.count.is_some() && page.count == item.count))
    }
}

/// Over how many closed months a component counts voices.
fn months_of(scheme: &Scheme, component: &str) -> Option<u32> {
    match &scheme.components.get(component)?.source {
        Source::Residents(source) => Some(source.months),
        Source::Table(table) => months_of(scheme, &table.of),
        Source::RollUp(roll_up) => months_of(scheme, &roll_up.of),
        _ => None,
    }
}

/// The last so many closed months.
fn closed(months: u32, now: DateTime<Utc>, city: City) -> Option<Span> {
    let last = Month::last_closed(now, city.zone)?;
    let first = last.plus(1 - i32::try_from(months).ok()?)?;
    Some(Span { first, last })
}
