//! A column whose value is a type of the domain: `Col<Role>`, `Option<Col<NaiveDate>>`,
//! `Col<Month>`. In rows (`Queryable`, `Insertable`), in filters and in sets:
//! `account::role.eq(Col(role))`.
//!
//! Credit codes stay text: they are the ids of firms, and of the rows that hold one a single use
//! case reads it back as a code (`stored_uscc`). `Col<Uscc>` would refuse a code whose check
//! character an official overrode, and a lenient type beside it would be made of each row only to
//! become text again in views, paths and the change feed.

use std::fmt;
use std::io::Write;
use std::str::FromStr;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;

/// What a column of text may hold: days, months, periods, and the words of closed lists.
pub trait Stored: FromStr + fmt::Display + fmt::Debug + Send + Sync + 'static {}

impl<T: FromStr + fmt::Display + fmt::Debug + Send + Sync + 'static> Stored for T {}

/// A value in a column of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, FromSqlRow, AsExpression)]
#[diesel(sql_type = Text)]
pub struct Col<T: Stored>(
    /// The value.
    pub T,
);

/// The one place where a value that does not read back becomes an error. It names no value: a row
/// may hold what must not reach a log.
fn read<T: Stored>(text: &str) -> deserialize::Result<T> {
    text.parse().map_err(|_| format!("a column holds no {}", name::<T>()).into())
}

/// `Month`
fn name<T>() -> &'static str {
    let path = std::any::type_name::<T>();
    path.rsplit("::").next().unwrap_or(path)
}

impl<T: Stored> FromSql<Text, Pg> for Col<T> {
    fn from_sql(bytes: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        read(std::str::from_utf8(bytes.as_bytes())?).map(Col)
    }
}

impl<T: Stored> FromSql<Text, Sqlite> for Col<T> {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        read(value.read_text()).map(Col)
    }
}

impl<T: Stored> ToSql<Text, Pg> for Col<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        write!(out, "{}", self.0)?;
        Ok(IsNull::No)
    }
}

impl<T: Stored> ToSql<Text, Sqlite> for Col<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.to_string());
        Ok(IsNull::No)
    }
}

/// As the column has it.
impl<T: Stored> serde::Serialize for Col<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// From a file of what a column had, which is an operator's to put right.
impl<'de, T: Stored> serde::Deserialize<'de> for Col<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let value = text.parse().map(Col);
        value.map_err(|_| serde::de::Error::custom(format!("{text:?} is no {}", name::<T>())))
    }
}

/// For both at once: what `MultiConnection` asks for.
impl<T: Stored> FromSql<Text, crate::conn::MultiBackend> for Col<T> {
    fn from_sql(value: crate::conn::MultiRawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, Text>()
    }
}

impl<T: Stored> ToSql<Text, crate::conn::MultiBackend> for Col<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, crate::conn::MultiBackend>) -> serialize::Result {
        out.set_value((Text, self));
        Ok(IsNull::No)
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use diesel::connection::SimpleConnection;
    use diesel::prelude::*;
    use xinwu_domain::calendar::Month;

    use super::*;
    use crate::{Conn, hot, on_each};

    diesel::table! {
        some (id) {
            id -> Text,
            day -> Text,
            until -> Nullable<Text>,
        }
    }

    #[derive(Debug, PartialEq, Queryable, Selectable, Insertable)]
    #[diesel(table_name = some)]
    struct Row {
        id: String,
        day: Col<NaiveDate>,
        until: Option<Col<Month>>,
    }

    #[test]
    fn a_typed_column_is_written_filtered_and_read_on_a_connection_of_either_kind() {
        let mut conn = Conn::Sqlite(SqliteConnection::establish(":memory:").unwrap());
        conn.batch_execute("CREATE TABLE some (id TEXT PRIMARY KEY NOT NULL, day TEXT NOT NULL, until TEXT)")
            .unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 11, 29).unwrap();
        let row = || Row { id: "a".to_owned(), day: Col(day), until: Some(Col("2026-11".parse().unwrap())) };
        diesel::insert_into(some::table).values(&row()).execute(&mut conn).unwrap();
        let other = Row { id: "b".to_owned(), ..row() };
        on_each!(&mut conn, |conn| diesel::insert_into(some::table)
            .values(&other)
            .on_conflict_do_nothing()
            .execute(conn))
        .unwrap();
        let wanted = some::table
            .filter(some::day.eq(Col(day)))
            .filter(some::until.is_not_null())
            .order(some::id)
            .select(Row::as_select());
        let found: Vec<Row> = wanted.load(&mut conn).unwrap();
        assert_eq!(found, [row(), other]);
        let days: Vec<Col<NaiveDate>> =
            hot!(&mut conn, some::table.filter(some::day.le(Col(day))).select(some::day) => load).unwrap();
        assert_eq!(days, [Col(day), Col(day)]);
        conn.batch_execute("UPDATE some SET day = 'never'").unwrap();
        let error = some::table.select(Row::as_select()).first(&mut conn).unwrap_err();
        assert_eq!(error.to_string(), "Error deserializing field 'day'");
        let source = std::error::Error::source(&error).map(ToString::to_string);
        assert!(matches!(error, diesel::result::Error::DeserializationError(_)), "{source:?}");
    }
}
