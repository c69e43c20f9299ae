//! What a tally stores of published ratings: the increments of the last twelve months and their
//! service score.

use std::collections::HashMap;

use diesel::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use xinwu_domain::calendar::Month;
use xinwu_domain::card::ServiceSummary;
use xinwu_domain::rating::{Span, Sum, Tally};
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use crate::ratings::rating;
use crate::schema::tally;

/// What a tally says of published ratings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tally, treat_none_as_null = true)]
pub(crate) struct Published {
    ratings: i32,
    stars: i32,
    service_score_ten_thousandths: Option<i64>,
    sums: Option<String>,
}

impl Published {
    /// Of the twelve months up to `month`.
    pub fn of(tally: &Tally, month: Month) -> Result<Published> {
        Ok(Published {
            ratings: i32::try_from(tally.count()).unwrap_or(i32::MAX),
            stars: i32::try_from(tally.sum()).unwrap_or(i32::MAX),
            service_score_ten_thousandths: service_ten_thousandths(tally),
            sums: Some(Sums::of(month, tally).stored()?),
        })
    }
}

/// What firms are ranked and sorted by, in ten-thousandths: what lists show, and `None` while
/// ratings wait.
pub(crate) fn service_ten_thousandths(tally: &Tally) -> Option<i64> {
    let score = ServiceSummary::of(tally.count(), tally.sum()).score?;
    score.checked_mul(Decimal::from(10_000))?.to_i64()
}

/// The column `sums` in JSON: the increments of twelve months, all that a card says of them.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Sums {
    /// The last of the twelve: in the next month they are no longer the last.
    month: Month,
    /// Ratings of 1, 2, 3, 4 and 5 stars.
    stars: [u32; 5],
    /// By dimension: ratings, and their stars together.
    dimensions: [(u32, u64); 5],
}

impl Sums {
    /// `None` if none are kept, or by a program that writes them otherwise.
    fn read(kept: Option<&str>) -> Option<Sums> {
        kept.and_then(|kept| serde_json::from_str(kept).ok())
    }

    fn of(month: Month, tally: &Tally) -> Sums {
        Sums { month, stars: tally.counts, dimensions: tally.dimensions.map(|sum| (sum.count, sum.stars)) }
    }

    fn tally(&self) -> Tally {
        let sum = |(count, stars)| Sum { count, stars };
        Tally { counts: self.stars, dimensions: self.dimensions.map(sum) }
    }

    fn stored(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| StoreError::internal(format!("sums cannot be written: {error}")))
    }
}

/// The increments of the twelve months up to `month`, if the column `sums` holds those.
pub(crate) fn kept_sums(kept: Option<&str>, month: Month) -> Option<Tally> {
    Sums::read(kept).filter(|sums| sums.month == month).map(|sums| sums.tally())
}

/// The increments that the column `sums` holds, with the last of their twelve months.
pub(crate) fn sums_of(kept: Option<&str>) -> Option<(Month, Tally)> {
    Sums::read(kept).map(|sums| (sums.month, sums.tally()))
}

/// Brings what is kept of the subjects' published ratings up to the increments: "the step keeps
/// each project's and firm's sums of twelve months". Who has no tally yet gets one with the first
/// current grade.
pub(crate) fn keep_figures(tx: &mut Tx<'_>, kind: SubjectKind, ids: &[String]) -> Result<()> {
    let month = Month::of(tx.now, crate::city::city(tx.conn)?.zone);
    let mut ratings = ratings(tx.conn, kind, ids, month)?;
    for id in ids {
        let published = Published::of(&ratings.remove(id).unwrap_or_default(), month)?;
        diesel::update(tally::table.find((Col(kind), id))).set(&published).execute(tx.conn)?;
    }
    Ok(())
}

/// The increments of each subject in "the current month and the eleven before": all of them. A term
/// that was corrected later takes none away.
pub(crate) fn ratings(
    conn: &mut Conn,
    kind: SubjectKind,
    ids: &[String],
    current: Month,
) -> Result<HashMap<String, Tally>> {
    let span = Span::usual(current);
    match kind {
        SubjectKind::Firm => rating::of_firms(conn, ids, span),
        SubjectKind::Project => rating::of_projects(conn, ids, span),
        SubjectKind::Manager => Ok(HashMap::new()),
    }
}
