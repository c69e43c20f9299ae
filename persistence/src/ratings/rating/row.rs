//! The rows of ratings: read, and written as their answers are.

use diesel::prelude::*;
use xinwu_domain::calendar::Month;
use xinwu_domain::rating::{AnswerColumns, Answers};
use xinwu_store::{Col, Conn, Result, StoreError, Tx, on_each};

use crate::ratings::pseudonym::Pseudonym;
use crate::schema::rating;

/// A household's rating of a month. There is no mark of when it was written, nor of who else is in
/// it.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
// A column that is left out would make another statement, and one is prepared for all.
#[diesel(table_name = rating, treat_none_as_default_value = false)]
pub(crate) struct Row {
    pub dwelling: Pseudonym,
    /// Null where nobody may change it any more.
    pub person: Option<Pseudonym>,
    pub project_id: String,
    pub month: Col<Month>,
    stars: Option<i32>,
    cleaning: Option<i32>,
    security: Option<i32>,
    greening: Option<i32>,
    maintenance: Option<i32>,
    attitude: Option<i32>,
    out: i32,
    rolled: i32,
    /// The month of the increment of its stars; null while they wait.
    pub published: Option<Col<Month>>,
    /// The burst in which it is held.
    pub burst: Option<String>,
}

impl Row {
    pub fn new(
        dwelling: Pseudonym,
        person: Option<Pseudonym>,
        project: &str,
        month: Month,
        answers: &Answers,
    ) -> Row {
        let mut row = Row {
            dwelling,
            person,
            project_id: project.to_owned(),
            month: Col(month),
            stars: None,
            cleaning: None,
            security: None,
            greening: None,
            maintenance: None,
            attitude: None,
            out: 0,
            rolled: 0,
            published: None,
            burst: None,
        };
        row.say(answers);
        row
    }

    /// Whether it has stars: leftover dimensions alone are nobody's to read or change.
    pub fn has_stars(&self) -> bool {
        self.stars.is_some()
    }

    /// Whether a burst holds it. What one held and is out keeps the burst's name.
    pub fn is_held(&self) -> bool {
        self.burst.is_some() && self.published.is_none()
    }

    /// # Errors
    /// [`StoreError::Internal`] for columns that no answers can have.
    pub fn answers(&self) -> Result<Answers> {
        let columns = AnswerColumns {
            stars: self.stars,
            dimensions: [self.cleaning, self.security, self.greening, self.maintenance, self.attitude],
            is_published: self.published.is_some(),
            out: self.out,
            rolled: self.rolled,
        };
        // Without saying which row: a log is no place for a pseudonym.
        Answers::from_columns(&columns)
            .ok_or_else(|| StoreError::internal(format!("a rating of {} cannot be read", self.month.0)))
    }

    /// Puts the answers into the columns. In which month's increment the stars are is not theirs to
    /// say.
    pub fn say(&mut self, answers: &Answers) {
        let AnswerColumns { stars, dimensions, out, rolled, .. } = answers.to_columns();
        let [cleaning, security, greening, maintenance, attitude] = dimensions;
        self.stars = stars;
        self.cleaning = cleaning;
        self.security = security;
        self.greening = greening;
        self.maintenance = maintenance;
        self.attitude = attitude;
        self.out = out;
        self.rolled = rolled;
    }

    /// Inserts it where neither its dwelling nor its person has one; gives whether it was.
    pub fn insert_first(&self, tx: &mut Tx<'_>) -> Result<bool> {
        let new = diesel::insert_into(rating::table).values(self).on_conflict_do_nothing();
        Ok(on_each!(tx.conn, |conn| new.execute(conn))? > 0)
    }

    pub fn insert(&self, conn: &mut Conn) -> Result<()> {
        let done = diesel::insert_into(rating::table).values(self).execute(conn);
        done.map_err(again)?;
        Ok(())
    }

    /// Writes person and answers.
    pub fn update(&self, tx: &mut Tx<'_>) -> Result<()> {
        let change = diesel::update(rating::table.find((&self.project_id, &self.dwelling))).set((
            rating::person.eq(&self.person),
            rating::stars.eq(self.stars),
            rating::cleaning.eq(self.cleaning),
            rating::security.eq(self.security),
            rating::greening.eq(self.greening),
            rating::maintenance.eq(self.maintenance),
            rating::attitude.eq(self.attitude),
            rating::out.eq(self.out),
            rating::rolled.eq(self.rolled),
        ));
        change.execute(tx.conn).map_err(again)?;
        Ok(())
    }

    pub fn delete(&self, tx: &mut Tx<'_>) -> Result<()> {
        diesel::delete(rating::table.find((&self.project_id, &self.dwelling))).execute(tx.conn)?;
        Ok(())
    }

    /// Writes the answers that are left of it: none is no row.
    pub fn keep(&mut self, tx: &mut Tx<'_>, answers: &Answers) -> Result<()> {
        if answers.is_empty() {
            return self.delete(tx);
        }
        self.say(answers);
        self.update(tx)
    }
}

/// Two residents of a dwelling at once: the second runs again and finds the first one's row.
fn again(error: diesel::result::Error) -> StoreError {
    use diesel::result::{DatabaseErrorKind, Error};
    match error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, information) => {
            StoreError::Database(Error::DatabaseError(DatabaseErrorKind::SerializationFailure, information))
        }
        other => other.into(),
    }
}

/// The row that a person has.
pub(super) fn of_person(conn: &mut Conn, person: &Pseudonym) -> Result<Option<Row>> {
    let row = rating::table.filter(rating::person.eq(person)).select(Row::as_select()).get_result(conn);
    Ok(row.optional()?)
}

/// The row that a dwelling has.
pub(super) fn of_dwelling(conn: &mut Conn, project: &str, dwelling: &Pseudonym) -> Result<Option<Row>> {
    let row = rating::table.find((project, dwelling)).select(Row::as_select()).get_result(conn);
    Ok(row.optional()?)
}

/// The rows of a person and of a dwelling, in one statement.
pub(super) fn of_either(
    conn: &mut Conn,
    project: &str,
    person: &Pseudonym,
    dwelling: &Pseudonym,
) -> Result<Vec<Row>> {
    let of_dwelling = rating::project_id.eq(project).and(rating::dwelling.eq(dwelling));
    let either = rating::person.eq(person).or(of_dwelling.nullable());
    Ok(rating::table.filter(either).select(Row::as_select()).load(conn)?)
}
