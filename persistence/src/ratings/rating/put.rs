//! A rating is given, or changed while its stars wait.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::calendar::{Month, rateable};
use xinwu_domain::estate::NamedEstate;
use xinwu_domain::household::Dwelling;
use xinwu_domain::kind::Kind;
use xinwu_domain::rating::{Answers, Cell, NewRating};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Conn, Result, Tx, hot};

use super::own::OwnView;
use super::row::{of_dwelling, of_either, of_person};
use super::{Put, Reader, Row, comment, month_fault, rating_held, rating_published};
use crate::city::{self, CitySettings};
use crate::people::person;
use crate::people::residence::{Home, is_staff, may_rate, not_a_resident};
use crate::ratings::month_key::MonthKey;
use crate::ratings::pseudonym::Pseudonym;
use crate::schema::{account, estate, household, project, rating_key, residence};

/// Gives the actor's household's rating of a project's month, or changes it. `version` is the one
/// that the change was made from, where the request names it. Nobody learns of it but its writer.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown project; [`Refusal::Invalid`] for a month that is not the
/// current one or not of the project's term; [`Refusal::Forbidden`] for who may not rate it (yet);
/// [`Refusal::Conflict`] where the household or the person has rated already, or the rating is
/// published or held; [`Refusal::Stale`].
pub fn put(
    tx: &mut Tx<'_>,
    reader: &Reader,
    warrant: &Warrant,
    project_id: &str,
    month: Month,
    version: Option<&Expected>,
    new: &NewRating,
) -> Result<Put> {
    let asked = Asked::load(tx.conn, project_id, warrant.account_id(), month)?;
    let (starts_on, ends_on) = (asked.starts_on, asked.ends_on);
    rateable(month, reader.context.at(tx.now).month(), starts_on, ends_on).map_err(month_fault)?;
    let key = match reader.keys.kept(month, asked.sealed_key.clone())? {
        Some(key) => key,
        None => reader.keys.make(tx, month)?.ok_or_else(month_without_key)?,
    };
    let rater = Rater::new(&asked, &key);
    let writer = |dwelling: &Pseudonym| key.writer(&asked.project, dwelling);

    // Most give the first rating of the month, which is one statement. Where there is one, it is
    // read.
    let first = if version.is_none() { rater.first(tx, &asked, month, new)? } else { None };
    let (row, is_new) = match first {
        Some(row) => (row, true),
        None => {
            let mut row = rater.row(tx.conn, &asked, month)?;
            let mut answers = row.answers()?;
            let is_new = answers.waiting(Cell::Stars).is_none();
            let is_kept = !answers.is_empty();
            let stands = if is_new {
                None
            } else {
                let kept = comment::of_writer(tx.conn, &writer(&row.dwelling))?;
                Some(OwnView { row: &row, comment: kept, ends_on, counts_on: None }.version()?)
            };
            Expected::check_any(version, stands)?;

            answers.put(new.overall, &new.dimensions).map_err(|_| rating_published())?;
            row.person = rater.person;
            row.say(&answers);
            if is_kept {
                row.update(tx)?
            } else {
                row.insert(tx.conn)?
            }
            (row, is_new)
        }
    };
    let name = writer(&row.dwelling);
    let kept = match &new.comment {
        Some(new) => Some(comment::put(tx, name, (&row.project_id, row.month.0), new)?),
        None if is_new => None,
        None => {
            comment::drop_waiting(tx, &name)?;
            None
        }
    };
    let told = OwnView { row: &row, comment: kept, ends_on, counts_on: None };
    let (rating, version) = told.view(asked.estate, &asked.city, reader.context.language, tx.now)?;
    Ok(Put { rating, version, is_new })
}

/// The project, and who wants to rate it.
struct Asked {
    project: String,
    estate: NamedEstate,
    starts_on: NaiveDate,
    ends_on: Option<NaiveDate>,
    city: CitySettings,
    /// The month's key as it is stored.
    sealed_key: Option<Vec<u8>>,
    person: Option<String>,
    /// Whether they work for the project's firm.
    is_staff: bool,
    /// Their residences and claims, the longest known first.
    residences: Vec<Home>,
    /// The dwellings of the project's estate in which they are verified residents, with their
    /// households.
    homes: Vec<(String, Dwelling)>,
}

impl Asked {
    /// One statement: a row for each of the account's residences, or one without.
    fn load(conn: &mut Conn, project_id: &str, account_id: &str, month: Month) -> Result<Asked> {
        type Project = (String, String, String, Col<NaiveDate>, Option<Col<NaiveDate>>);
        type Address = (Option<String>, Option<String>, Option<String>);
        type Found =
            (Project, city::ColumnValues, Option<Vec<u8>>, person::ColumnValues, bool, Option<Home>, Address);
        let key = rating_key::table.filter(rating_key::month.eq(Col(month))).select(rating_key::sealed);
        let of_household = household::id.nullable().eq(residence::household_id.nullable());
        let found = project::table
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .inner_join(account::table.on(account::id.eq(account_id)))
            .left_join(residence::table.on(residence::account_id.eq(account_id)))
            .left_join(household::table.on(of_household))
            .filter(project::id.eq(project_id))
            .filter(project::retired_on.is_null())
            .order(residence::id);
        let rows: Vec<Found> = hot!(conn, found.select((
            (project::id, estate::code, estate::name, project::starts_on, project::ends_on),
            city::columns(),
            key.single_value(),
            person::columns(),
            is_staff(),
            Option::<Home>::as_select(),
            (household::building.nullable(), household::unit.nullable(), household::room.nullable()),
        )) => load)?;
        let mut rows = rows.into_iter();
        let (project, city, sealed_key, person, is_staff, home, address) =
            rows.next().ok_or(Kind::Project.not_found())?;
        let (project, code, name, starts_on, ends_on) = project;
        let mut asked = Asked {
            project,
            estate: NamedEstate { code, name },
            starts_on: starts_on.0,
            ends_on: ends_on.map(|day| day.0),
            city: city::from_columns(&city),
            sealed_key,
            person: person::from_columns(person),
            is_staff,
            residences: Vec::new(),
            homes: Vec::new(),
        };
        let rest = rows.map(|(.., home, address)| (home, address));
        for (home, address) in std::iter::once((home, address)).chain(rest) {
            let Some(home) = home else { continue };
            if let (Some(id), (Some(building), Some(unit), Some(room))) =
                (home.verified(&asked.estate.code), address)
            {
                asked.homes.push((id.to_owned(), Dwelling { building, unit, room }));
            }
            asked.residences.push(home);
        }
        Ok(asked)
    }

    /// The household for which they may give a rating of the month.
    fn may_rate(&self, month: Month) -> Result<String> {
        may_rate(&self.residences, &self.estate.code, month, self.is_staff)
    }
}

/// What a person and their homes are called, and the households of these.
struct Rater {
    person: Option<Pseudonym>,
    homes: Vec<(String, Pseudonym)>,
}

/// The row that the person has, wherever it was given, and those of their homes.
struct ExistingRows<'a> {
    own: Option<Row>,
    homes: Vec<(&'a str, &'a Pseudonym, Option<Row>)>,
}

impl Rater {
    fn new(asked: &Asked, key: &MonthKey) -> Rater {
        let Some(person) = &asked.person else { return Rater { person: None, homes: Vec::new() } };
        let name = |(id, home): &(String, Dwelling)| {
            (id.clone(), key.dwelling(&asked.project, &asked.estate.code, home))
        };
        let person = key.person(&asked.project, person);
        Rater { person: Some(person), homes: asked.homes.iter().map(name).collect() }
    }

    /// Writes the month's first rating of a person with one home; `None` if the person or the home
    /// has one, or may have none.
    fn first(&self, tx: &mut Tx<'_>, asked: &Asked, month: Month, new: &NewRating) -> Result<Option<Row>> {
        let ([(household, home)], Ok(may)) = (self.homes.as_slice(), asked.may_rate(month)) else {
            return Ok(None);
        };
        if may != *household {
            return Ok(None);
        }
        let answers = Answers::new(new.overall, &new.dimensions);
        let row = Row::new(home.clone(), self.person.clone(), &asked.project, month, &answers);
        Ok(row.insert_first(tx)?.then_some(row))
    }

    /// The row to write: their own, or one that is free.
    fn row(&self, conn: &mut Conn, asked: &Asked, month: Month) -> Result<Row> {
        let existing = self.existing_rows(conn, &asked.project)?;
        match existing.own(asked, month)? {
            Some(own) => Ok(own),
            None => existing.free(asked, month),
        }
    }

    fn existing_rows(&self, conn: &mut Conn, project: &str) -> Result<ExistingRows<'_>> {
        let Some(person) = &self.person else { return Ok(ExistingRows { own: None, homes: Vec::new() }) };
        let mut homes = self.homes.iter();
        // Most have one home: then one statement finds both.
        let Some((id, first)) = homes.next() else {
            return Ok(ExistingRows { own: of_person(conn, person)?, homes: Vec::new() });
        };
        let rows = of_either(conn, project, person, first)?;
        let own = rows.iter().find(|row| row.person.as_ref() == Some(person)).cloned();
        let of_first = rows.into_iter().find(|row| row.dwelling == *first);
        let mut found = vec![(id.as_str(), first, of_first)];
        for (id, home) in homes {
            found.push((id.as_str(), home, of_dwelling(conn, project, home)?));
        }
        Ok(ExistingRows { own, homes: found })
    }
}

impl ExistingRows<'_> {
    /// The person's own rating: "while its stars wait its holder may change it", whatever was
    /// decided since. `None` if they have none.
    fn own(&self, asked: &Asked, month: Month) -> Result<Option<Row>> {
        let Some(own) = &self.own else { return Ok(None) };
        // Who lives elsewhere in the estate by now rates for that dwelling.
        if !self.homes.is_empty() && self.homes.iter().all(|(_, home, _)| **home != own.dwelling) {
            asked.may_rate(month)?;
            return Err(person_has_rated().into());
        }
        refuse_closed(own)?;
        Ok(Some(own.clone()))
    }

    /// The row of the home that they may rate for, where nobody has rated.
    fn free(&self, asked: &Asked, month: Month) -> Result<Row> {
        let may = asked.may_rate(month)?;
        let home = self.homes.iter().find(|(id, ..)| *id == may);
        let (_, home, row) = home.ok_or_else(not_a_resident)?;
        let Some(row) = row else {
            return Ok(Row::new((*home).clone(), None, &asked.project, month, &Answers::default()));
        };
        refuse_closed(row)?;
        match row.answers()?.waiting(Cell::Stars) {
            Some(_) => Err(household_has_rated().into()),
            // Leftover dimensions of an older rating.
            None => Ok(row.clone()),
        }
    }
}

pub(super) fn refuse_closed(row: &Row) -> std::result::Result<(), Refusal> {
    if row.published.is_some() {
        return Err(rating_published());
    }
    if row.burst.is_some() { Err(rating_held()) } else { Ok(()) }
}

pub(crate) fn month_without_key() -> Refusal {
    let text = Text::new(
        "系统由备份恢复，本月不再接受评价和举报；请自下月1日起再试",
        "The service was restored from a backup and takes no more ratings and flags this month; try again from the 1st of the next",
    );
    Refusal::conflict("month_without_key", text)
}

fn household_has_rated() -> Refusal {
    let text = Text::new(
        "您家的另一位居民本月已评价；一户每月一次评价",
        "Another resident of your dwelling has rated this month: a dwelling has one rating a month",
    );
    Refusal::conflict("household_has_rated", text)
}

pub(super) fn person_has_rated() -> Refusal {
    let text = Text::new(
        "您本月已为该项目的另一套住房评价；每人每月一次评价",
        "You have rated this project this month for another dwelling: a person has one rating a month",
    );
    Refusal::conflict("person_has_rated", text)
}
