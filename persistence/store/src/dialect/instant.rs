//! Instants out of many rows.
//!
//! SQLite keeps an instant as text, and diesel reads that with chrono's general parser by one of 18
//! formats: a twentieth of an evaluation, which reads a hundred and more. The text is always the
//! one that diesel wrote.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{FromSql, FromSqlRow, Result};
use diesel::pg::Pg;
use diesel::sql_types::Timestamp;
use diesel::sqlite::Sqlite;

/// A column of instants, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, FromSqlRow)]
#[diesel(sql_type = Timestamp)]
pub struct Instant(
    /// In UTC.
    pub NaiveDateTime,
);

impl Instant {
    /// With its zone, which is UTC.
    pub fn and_utc(self) -> DateTime<Utc> {
        self.0.and_utc()
    }
}

impl FromSql<Timestamp, Pg> for Instant {
    fn from_sql(bytes: <Pg as Backend>::RawValue<'_>) -> Result<Self> {
        <NaiveDateTime as FromSql<Timestamp, Pg>>::from_sql(bytes).map(Instant)
    }
}

impl FromSql<Timestamp, Sqlite> for Instant {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> Result<Self> {
        let text = value.read_text();
        match written(text) {
            Some(instant) => Ok(Instant(instant)),
            None => Ok(Instant(NaiveDateTime::parse_from_str(text, "%F %T%.f")?)),
        }
    }
}

/// `2026-11-21 10:00:00`, with a point and up to nine figures after it or without.
fn written(text: &str) -> Option<NaiveDateTime> {
    let figures = |text: &[u8]| {
        text.iter().try_fold(0_u32, |sum, figure| {
            figure.is_ascii_digit().then(|| sum * 10 + u32::from(figure - b'0'))
        })
    };
    let (instant, part) = text.as_bytes().split_at_checked(19)?;
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b' ', h1, h2, b':', n1, n2, b':', s1, s2] = instant
    else {
        return None;
    };
    let nanoseconds = match part {
        [] => 0,
        [b'.', part @ ..] if (1..=9).contains(&part.len()) => {
            figures(part)? * 10_u32.pow(9 - u32::try_from(part.len()).ok()?)
        }
        _ => return None,
    };
    let year = i32::try_from(figures(&[y1, y2, y3, y4])?).ok()?;
    NaiveDate::from_ymd_opt(year, figures(&[m1, m2])?, figures(&[d1, d2])?)?.and_hms_nano_opt(
        figures(&[h1, h2])?,
        figures(&[n1, n2])?,
        figures(&[s1, s2])?,
        nanoseconds,
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_diesel_writes_is_read_as_chrono_reads_it(seconds in -62_135_596_800_i64..253_402_300_800, nanoseconds in 0_u32..1_000_000_000, figures in 0_u32..10) {
            let unit = 10_u32.pow(9 - figures);
            let instant = DateTime::from_timestamp(seconds, nanoseconds / unit * unit).unwrap().naive_utc();
            let text = instant.format("%F %T%.f").to_string();
            prop_assert_eq!(written(&text), Some(instant), "{}", text);
        }

        #[test]
        fn whatever_else_is_no_instant_or_the_same(text in "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,10})?|.{0,30}") {
            if let Some(instant) = written(&text) {
                prop_assert_eq!(NaiveDateTime::parse_from_str(&text, "%F %T%.f"), Ok(instant), "{}", text);
            }
        }
    }
}
