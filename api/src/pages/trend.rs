//! Grade, score and service score of a firm, month by month.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use xinwu_domain::calendar::{Month, start_of_day};
use xinwu_domain::context::RequestContext;
use xinwu_domain::credit::{HistoryEntry, HistoryEvent};
use xinwu_domain::evaluation::Outcome;
use xinwu_domain::page::Window;
use xinwu_domain::rating::{Ratings, Span};
use xinwu_domain::subject::Subject;
use xinwu_persistence::credit::evaluation::{self, HistoryQuery, Visibility};
use xinwu_persistence::ratings::rating;
use xinwu_store::{Conn, Result as StoreResult};

/// Changes of a grade that are read for a trend at the most: a firm of a thousand projects has some
/// hundreds a year.
const MOST_CHANGES: usize = 2_000;

/// The last twelve months, the latest first.
pub(crate) struct Trend {
    pub months: Vec<TrendMonth>,
    pub ratings: Ratings,
}

/// What stood at a month's end, or now.
pub(crate) struct TrendMonth {
    pub month: Month,
    pub grade: Option<String>,
    pub score: Option<Decimal>,
    /// The service score of the month's own ratings.
    pub service: Option<Decimal>,
}

impl Trend {
    /// Whether anything is known of any month.
    pub(super) fn is_empty(&self) -> bool {
        !self.has_scores() && self.months.iter().all(|month| month.service.is_none())
    }

    /// Whether there is a score to draw.
    pub(super) fn has_scores(&self) -> bool {
        self.months.iter().any(|month| month.score.is_some())
    }
}

/// Reads the trend of a firm by one scheme.
pub(crate) fn of_firm(
    conn: &mut Conn,
    uscc: &str,
    scheme: Option<&str>,
    context: &RequestContext,
) -> StoreResult<Trend> {
    let span = Span::usual(context.month());
    let ratings = rating::of_firm(conn, uscc, span, context)?;
    let since = start_of_day(span.first.first_day(), context.zone());
    let changes = match scheme {
        Some(scheme) => changes(conn, &Subject::firm(uscc), scheme, since, context.now)?,
        None => Vec::new(),
    };
    let month = |month: Month| {
        let end = month.next().map(|next| start_of_day(next.first_day(), context.zone()));
        let stood = changes
            .iter()
            .filter(|change| change.event == HistoryEvent::Effective)
            .find(|change| end.is_none_or(|end| change.effective_from < end))
            .filter(|change| matches!(change.new.outcome, Outcome::Evaluated | Outcome::Suspended));
        let own = ratings.months.iter().find(|figures| figures.month == month);
        TrendMonth {
            month,
            grade: stood.and_then(|change| change.new.grade.clone()),
            score: stood.and_then(|change| change.new.score),
            service: own.and_then(|figures| figures.figures.score),
        }
    };
    Ok(Trend { months: span.months().rev().map(month).collect(), ratings })
}

/// The changes of a grade back to what stood at `since`, the newest first.
fn changes(
    conn: &mut Conn,
    subject: &Subject,
    scheme: &str,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> StoreResult<Vec<HistoryEntry>> {
    let mut changes: Vec<HistoryEntry> = Vec::new();
    let query = HistoryQuery { scheme: Some(scheme.to_owned()), ..HistoryQuery::default() };
    let mut window = Window { limit: 100, after: None, count: false };
    loop {
        let page = evaluation::history(conn, subject, &query, Visibility::Public, &window, now)?;
        changes.extend(page.items);
        let reaches_back = changes
            .iter()
            .any(|change| change.event == HistoryEvent::Effective && change.effective_from <= since);
        if page.next.is_none() || reaches_back || changes.len() >= MOST_CHANGES {
            return Ok(changes);
        }
        window.after = page.next;
    }
}
