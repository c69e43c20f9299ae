//! The ratings of one account, as their writer reads them while their month's key lives.

use std::cmp::Reverse;

use aws_lc_rs::digest;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use xinwu_domain::calendar::Month;
use xinwu_domain::estate::NamedEstate;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::rating::{Answers, Cell, Dimension, Dimensions, Outlook, OwnRating};
use xinwu_domain::text::Language;
use xinwu_store::{Col, Conn, Result, StoreError};

use super::comment::OwnComment;
use super::row::of_person;
use super::{Reader, Row, comment, not_found};
use crate::city::{self, CitySettings};
use crate::people::person;
use crate::ratings::month_key::MonthKeys;
use crate::ratings::pseudonym::Pseudonym;
use crate::schema::{estate, project, rating, rating_burst, residence};

/// The account's own rating.
///
/// # Errors
/// [`xinwu_domain::refusal::Refusal::NotFound`]
pub fn get(
    conn: &mut Conn,
    reader: &Reader,
    account_id: &str,
    project_id: &str,
    month: Month,
) -> Result<(OwnRating, i64)> {
    let row = own_row(conn, &reader.keys, account_id, project_id, month)?.ok_or_else(not_found)?;
    let city = city::city(conn)?;
    tell(conn, reader, &row, &city)
}

/// The account's own ratings that still can be opened, the latest month first.
pub fn list(
    conn: &mut Conn,
    reader: &Reader,
    account_id: &str,
    window: &Window,
) -> Result<Listed<OwnRating>> {
    let mut rows = rows_of(conn, &reader.keys, account_id)?;
    rows.sort_by(|a, b| order(a).cmp(&order(b)));
    let total = window.count.then(|| i64::try_from(rows.len()).unwrap_or(i64::MAX));
    if let Some(after) = &window.after {
        let last = (Reverse(after.get(0).parse().unwrap_or(Month::LAST)), after.get(1));
        rows.retain(|row| order(row) > last);
    }
    rows.truncate(usize::try_from(window.limit + 1).unwrap_or_default());
    let page =
        Listed::from_rows(rows, window, |row: &Row| Keys::of([&row.month.0.to_string(), &row.project_id]));
    let city = city::city(conn)?;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        items.push(tell(conn, reader, &row, &city)?.0);
    }
    Ok(Listed { items, next: page.next, total })
}

/// The latest month first.
fn order(row: &Row) -> (Reverse<Month>, &str) {
    (Reverse(row.month.0), &row.project_id)
}

/// All of the account's own ratings that still can be opened, for its export.
pub(crate) fn all(conn: &mut Conn, reader: &Reader, account_id: &str) -> Result<Vec<OwnRating>> {
    let mut rows = rows_of(conn, &reader.keys, account_id)?;
    rows.sort_by(|a, b| (&a.month, &a.project_id).cmp(&(&b.month, &b.project_id)));
    let city = city::city(conn)?;
    rows.iter().map(|row| Ok(tell(conn, reader, row, &city)?.0)).collect()
}

/// The row that an account has for a month of a project, if it says anything.
pub(super) fn own_row(
    conn: &mut Conn,
    keys: &MonthKeys,
    account_id: &str,
    project_id: &str,
    month: Month,
) -> Result<Option<Row>> {
    let Some(key) = keys.of(conn, month)? else { return Ok(None) };
    let Some(person) = person::of_account(conn, account_id)? else { return Ok(None) };
    let row = of_person(conn, &key.person(project_id, &person))?;
    Ok(row.filter(Row::has_stars))
}

/// All rows that an account has: of the projects of every estate in which it claims or claimed a
/// dwelling, and every month that has a key.
pub(super) fn rows_of(conn: &mut Conn, keys: &MonthKeys, account_id: &str) -> Result<Vec<Row>> {
    let Some(person) = person::of_account(conn, account_id)? else { return Ok(Vec::new()) };
    let projects: Vec<String> = project::table
        .inner_join(residence::table.on(residence::estate.eq(project::estate)))
        .filter(residence::account_id.eq(account_id))
        .select(project::id)
        .distinct()
        .load(conn)?;
    rows_under(conn, keys, &person, &projects)
}

/// Whether a person has rated anywhere in a month that has a key.
pub(crate) fn has_rated(conn: &mut Conn, keys: &MonthKeys, person: &str) -> Result<bool> {
    let projects: Vec<String> = project::table.select(project::id).load(conn)?;
    Ok(!rows_under(conn, keys, person, &projects)?.is_empty())
}

fn rows_under(conn: &mut Conn, keys: &MonthKeys, person: &str, projects: &[String]) -> Result<Vec<Row>> {
    let mut persons: Vec<Pseudonym> = Vec::new();
    for key in keys.live(conn)? {
        persons.extend(projects.iter().map(|project| key.person(project, person)));
    }
    let mut rows = Vec::new();
    for part in persons.chunks(500) {
        let found: Vec<Row> =
            rating::table.filter(rating::person.eq_any(part)).select(Row::as_select()).load(conn)?;
        rows.extend(found.into_iter().filter(Row::has_stars));
    }
    Ok(rows)
}

fn tell(conn: &mut Conn, reader: &Reader, row: &Row, city: &CitySettings) -> Result<(OwnRating, i64)> {
    let (code, name, ends_on): (String, String, Option<Col<NaiveDate>>) = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(project::id.eq(&row.project_id))
        .select((estate::code, estate::name, project::ends_on))
        .first(conn)?;
    let comment = told_comment(conn, &reader.keys, row)?;
    let counts_on: Option<Col<NaiveDate>> = match &row.burst {
        Some(burst) => {
            rating_burst::table.find(burst).select(rating_burst::counts_on).first(conn).optional()?
        }
        None => None,
    };
    let told =
        OwnView { row, comment, ends_on: ends_on.map(|day| day.0), counts_on: counts_on.map(|day| day.0) };
    told.view(NamedEstate { code, name }, city, reader.context.language, reader.context.now)
}

pub(super) fn told_comment(conn: &mut Conn, keys: &MonthKeys, row: &Row) -> Result<Option<OwnComment>> {
    let Some(key) = keys.of(conn, row.month.0)? else { return Ok(None) };
    comment::of_writer(conn, &key.writer(&row.project_id, &row.dwelling))
}

/// What is told of a row.
pub(super) struct OwnView<'a> {
    pub row: &'a Row,
    pub comment: Option<OwnComment>,
    /// The last day of the project's term.
    pub ends_on: Option<NaiveDate>,
    /// If it is held, when it counts at the latest.
    pub counts_on: Option<NaiveDate>,
}

impl OwnView<'_> {
    /// The view with its version, which is made of what the view says: no counter of changes is
    /// kept.
    pub fn view(
        self,
        estate: NamedEstate,
        city: &CitySettings,
        language: Language,
        now: DateTime<Utc>,
    ) -> Result<(OwnRating, i64)> {
        let version = self.version()?;
        let answers = self.row.answers()?;
        let month = self.row.month.0;
        let published = self.row.published.map(|month| month.0);
        let outlook = match (published, self.counts_on) {
            (Some(month), _) => Outlook::Published(month),
            (None, Some(counts_on)) => Outlook::Held { counts_on },
            (None, None) => Outlook::waiting(&answers, month, self.ends_on, &city.schedule(), now),
        };
        let (comment, comment_state, withheld) = match self.comment {
            Some(OwnComment { text, state, withheld }) => (Some(text), Some(state), withheld),
            None => (None, None, None),
        };
        let rating = OwnRating {
            project: self.row.project_id.clone(),
            estate,
            month,
            overall: answers
                .given(Cell::Stars)
                .ok_or_else(|| StoreError::internal("a rating without stars is nobody's to read"))?,
            dimensions: given(&answers),
            comment,
            comment_state,
            published,
            published_dimensions: Dimension::ALL
                .into_iter()
                .filter(|dimension| answers.is_out(Cell::Dimension(*dimension)))
                .collect(),
            comment_reason: withheld.map(|withheld| withheld.text(language)),
            held: self.row.is_held(),
            note: outlook.text().in_language(language).to_owned(),
            forgotten_on: city.forgotten_on(month),
        };
        Ok((rating, version))
    }

    /// The first bits of a hash of all that the row and its comment say.
    pub fn version(&self) -> Result<i64> {
        let columns = self.row.answers()?.to_columns();
        let said = format!("{columns:?} {:?} {:?} {:?}", self.row.published, self.row.burst, self.comment);
        let hash = digest::digest(&digest::SHA256, said.as_bytes());
        let first = hash.as_ref().first_chunk::<8>().copied().unwrap_or_default();
        Ok(i64::from_be_bytes(first) & i64::MAX)
    }
}

fn given(answers: &Answers) -> Dimensions {
    let of = |dimension| answers.given(Cell::Dimension(dimension));
    Dimensions {
        cleaning: of(Dimension::Cleaning),
        security: of(Dimension::Security),
        greening: of(Dimension::Greening),
        maintenance: of(Dimension::Maintenance),
        attitude: of(Dimension::Attitude),
    }
}
