//! Small facts about this database, by name: what the clock has done, and the city's settings that the rules of evaluation need.

use chrono_tz::Tz;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use xinwu_domain::calendar::DEFAULT_ZONE;
use xinwu_domain::rating::DEFAULT_MINIMUM_VOICES;

use crate::dialect::{hot, on_each};
use crate::schema::{setting, tally};
use crate::{Conn, Result, Tx};

const ZONE: &str = "zone";
const FEWEST_VOICES: &str = "fewest_voices";

/// The city's settings that standings are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct City {
    /// Months and days are this zone's.
    pub zone: Tz,
    /// Voices below which a figure is not shown (k).
    pub fewest_voices: u32,
}

/// One fact.
///
/// # Errors
/// Those of the database.
pub fn get(conn: &mut Conn, name: &str) -> Result<Option<String>> {
    let found = hot!(conn, setting::table.find(name).select(setting::value) => get_result);
    Ok(found.optional()?)
}

/// Keeps one fact.
///
/// # Errors
/// Those of the database.
pub fn put(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<()> {
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(setting::table)
        .values((setting::name.eq(name), setting::value.eq(value)))
        .on_conflict(setting::name)
        .do_update()
        .set(setting::value.eq(value))
        .execute(conn))?;
    Ok(())
}

/// The city's settings: Asia/Shanghai and 5 voices where none are kept.
///
/// # Errors
/// Those of the database.
pub fn city(conn: &mut Conn) -> Result<City> {
    let both = setting::name.eq(ZONE).or(setting::name.eq(FEWEST_VOICES));
    let kept = setting::table.filter(both).select((setting::name, setting::value));
    let kept: Vec<(String, String)> = hot!(conn, kept => load)?;
    let of = |wanted: &str| kept.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    Ok(City::kept(of(ZONE), of(FEWEST_VOICES)))
}

impl City {
    fn kept(zone_kept: Option<&str>, fewest_voices: Option<&str>) -> City {
        let fewest_voices = fewest_voices.and_then(|voices| voices.parse().ok());
        City { zone: zone(zone_kept), fewest_voices: fewest_voices.unwrap_or(DEFAULT_MINIMUM_VOICES) }
    }
}

/// Columns of one row of any statement: what [`city`] gives, and one fact more.
pub(crate) type Columns = (Column, Column, Column);
pub(crate) type Column = SqlLiteral<Nullable<Text>>;

/// See [`Columns`].
pub(crate) fn columns(fact: &str) -> Columns {
    (column(ZONE), column(FEWEST_VOICES), column(fact))
}

/// A column of one row of any statement: what [`zone`] reads.
pub(crate) fn zone_column() -> Column {
    column(ZONE)
}

fn column(name: &str) -> Column {
    sql(&format!("(SELECT setting.value FROM setting WHERE setting.name = '{name}')"))
}

/// What the [`Columns`] gave.
#[derive(Debug, Clone, Queryable)]
pub(crate) struct Kept {
    zone: Option<String>,
    fewest_voices: Option<String>,
    /// The one fact more.
    pub fact: Option<String>,
}

impl Kept {
    pub(crate) fn city(&self) -> City {
        City::kept(self.zone.as_deref(), self.fewest_voices.as_deref())
    }
}

/// The zone that is kept, Asia/Shanghai where none is.
pub(crate) fn zone(kept: Option<&str>) -> Tz {
    kept.and_then(|name| name.parse().ok()).unwrap_or(DEFAULT_ZONE)
}

/// Keeps the city's settings, so that every process on this database makes the same standings. Where more voices are asked for than before, the
/// service scores of fewer are forgotten, or firms would still be ranked by them.
///
/// # Errors
/// Those of the database.
pub fn keep_city(tx: &mut Tx<'_>, wanted: City) -> Result<()> {
    if city(tx.conn)? == wanted {
        return Ok(());
    }
    put(tx, ZONE, wanted.zone.name())?;
    let fewest = i32::try_from(wanted.fewest_voices).unwrap_or(i32::MAX);
    diesel::update(tally::table.filter(tally::voices.lt(fewest)))
        .set(tally::service_score_ten_thousandths.eq(None::<i64>))
        .execute(tx.conn)?;
    put(tx, FEWEST_VOICES, &wanted.fewest_voices.to_string())
}
