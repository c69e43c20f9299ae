//! A subject's credit file for the firm and its officials, to check an evaluation with: of voices it tells no more than the pages of the ratings do.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use xinwu_domain::access::Actor;
use xinwu_domain::calendar::Month;
use xinwu_domain::evaluation::{File, LeftOutMonth, RatedMonth};
use xinwu_domain::rating::{Ledger, Line, Span};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::Subject;

use super::load::load_one;
use super::{Sight, require, sight};
use crate::rating::{Scope, ledger, scope_of_project};
use crate::{Conn, Result, StoreError, setting};

/// The file of a subject whose evaluations the actor sees in full. Months of ratings whose figures the pages of the ratings do not give now are left out and
/// named: nobody is told of a few voices.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown subject, [`Refusal::Forbidden`] for other firms and officials.
pub fn file_for(conn: &mut Conn, actor: &Actor, subject: &Subject, now: DateTime<Utc>) -> Result<File> {
    require(conn, subject)?;
    if sight(conn, Some(actor), subject)? != Sight::Full {
        return Err(Refusal::out_of_reach().into());
    }
    let mut file = load_one(conn, subject, None)?.file;
    let mut pages = Pages::over(conn, &file.months, now)?;
    let mut left_out = BTreeSet::new();
    let mut told = Vec::with_capacity(file.months.len());
    for row in std::mem::take(&mut file.months) {
        if pages.give(conn, &row)? {
            told.push(row);
        } else {
            left_out.insert((row.project, row.month));
        }
    }
    file.months = told;
    file.left_out = left_out.into_iter().map(|(project, month)| LeftOutMonth { project, month }).collect();
    Ok(file)
}

/// The ledgers that the pages of the ratings are made with, each made once.
struct Pages {
    /// From the first rated month to the last; none where there is none.
    span: Option<Span>,
    current: Month,
    fewest: u32,
    judged: Vec<(Scope, Ledger)>,
}

impl Pages {
    fn over(conn: &mut Conn, rows: &[RatedMonth], now: DateTime<Utc>) -> Result<Pages> {
        let city = setting::city(conn)?;
        let months: Vec<Month> = rows.iter().map(|row| month(&row.month)).collect::<Result<_>>()?;
        let span = months.iter().min().zip(months.iter().max());
        Ok(Pages {
            span: span.map(|(first, last)| Span { first: *first, last: *last }),
            current: Month::of(now, city.zone),
            fewest: city.fewest_voices,
            judged: Vec::new(),
        })
    }

    /// Whether the page of the row's project gives just these figures for its month: a version that was corrected since is another figure, and could be
    /// subtracted from it.
    fn give(&mut self, conn: &mut Conn, row: &RatedMonth) -> Result<bool> {
        let Some(span) = self.span else { return Ok(false) };
        let scope = scope_of_project(conn, &row.project)?;
        let known = self.judged.iter().position(|(one, _)| *one == scope);
        let at = match known {
            Some(at) => at,
            None => {
                let made = ledger(conn, &scope, span, self.current, self.fewest)?;
                self.judged.push((scope, made));
                self.judged.len() - 1
            }
        };
        let Some((_, ledger)) = self.judged.get(at) else { return Ok(false) };
        let (line, month) = (Line::Project(&row.project), month(&row.month)?);
        let tally = ledger.tally(line, Span { first: month, last: month });
        let is_the_pages = tally.count() == row.count && tally.sum() == u64::from(row.stars);
        Ok(is_the_pages && ledger.shows_month(line, month))
    }
}

fn month(text: &str) -> Result<Month> {
    text.parse().map_err(|_| StoreError::internal(format!("a rated month is {text}")))
}
