//! The city's settings that the rules of evaluation need, kept so that every process has the same.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc, Weekday, WeekdaySet};
use chrono_tz::Tz;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use xinwu_domain::calendar::{DEFAULT_ZONE, Month};
use xinwu_domain::context::RequestContext;
use xinwu_domain::rating::{DEFAULT_MIN_RATERS, Schedule, StepTimes};
use xinwu_domain::text::Language;

use xinwu_store::schema::setting;
use xinwu_store::{Conn, Result, Tx};

const ZONE: &str = "zone";
const MIN_RATERS: &str = "min_raters";
const FIGURES: &str = "figures";
const UNLINK_DAYS: &str = "unlink_days";
/// How [`StepTimes::EveryMinute`] is kept.
const EVERY_MINUTE: &str = "every minute";

/// Days after a month at which what links its ratings to dwellings and people is deleted, where
/// none are set.
pub const DEFAULT_UNLINK_DAYS: u32 = 30;

/// The city's settings that current grades and figures are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CitySettings {
    /// Months and days are this zone's.
    pub zone: Tz,
    /// Households that an increment of a 1st has at least.
    pub min_raters: u32,
    /// When figures are published.
    pub figures: StepTimes,
    /// Days after a month at which its key and its rows are deleted.
    pub unlink_days: u32,
}

impl Default for CitySettings {
    /// Asia/Shanghai, 5 households, 06:00 on Mondays, 30 days.
    fn default() -> CitySettings {
        CitySettings {
            zone: DEFAULT_ZONE,
            min_raters: DEFAULT_MIN_RATERS,
            figures: StepTimes::Days {
                at: NaiveTime::from_hms_opt(6, 0, 0).unwrap_or_default(),
                weekdays: WeekdaySet::single(Weekday::Mon),
            },
            unlink_days: DEFAULT_UNLINK_DAYS,
        }
    }
}

impl CitySettings {
    /// When steps are due.
    pub fn schedule(&self) -> Schedule {
        Schedule { times: self.figures, zone: self.zone, min_raters: self.min_raters }
    }

    /// What an answer in `language` at `now` depends on.
    pub fn context(&self, language: Language, now: DateTime<Utc>) -> RequestContext {
        RequestContext { language, schedule: self.schedule(), now }
    }

    /// The day on which a month's key and rows are deleted.
    pub fn forgotten_on(&self, month: Month) -> NaiveDate {
        let last = month.last_day();
        last.checked_add_days(Days::new(self.unlink_days.into())).unwrap_or(last)
    }

    fn kept(of: impl Fn(&str) -> Option<String>) -> CitySettings {
        let default = CitySettings::default();
        let number = |name: &str| of(name).and_then(|number| number.parse().ok());
        CitySettings {
            zone: zone(of(ZONE).as_deref()),
            min_raters: number(MIN_RATERS).unwrap_or(default.min_raters),
            figures: of(FIGURES).and_then(|kept| times(&kept)).unwrap_or(default.figures),
            unlink_days: number(UNLINK_DAYS).unwrap_or(default.unlink_days),
        }
    }
}

/// `06:00 Mon Thu`
fn times(kept: &str) -> Option<StepTimes> {
    if kept == EVERY_MINUTE {
        return Some(StepTimes::EveryMinute);
    }
    let mut words = kept.split(' ');
    let at = words.next()?.parse().ok()?;
    let weekdays = words.map(|day| day.parse().ok()).collect::<Option<WeekdaySet>>()?;
    Some(StepTimes::Days { at, weekdays })
}

fn kept_times(times: StepTimes) -> String {
    match times {
        StepTimes::EveryMinute => EVERY_MINUTE.to_owned(),
        StepTimes::Days { at, weekdays } => {
            let days = weekdays.iter(Weekday::Mon).map(|day| format!(" {day}"));
            std::iter::once(at.format("%H:%M").to_string()).chain(days).collect()
        }
    }
}

/// The city's settings; where none are kept, those of [`CitySettings::default`].
pub fn city(conn: &mut Conn) -> Result<CitySettings> {
    let of_city = setting::name
        .eq(ZONE)
        .or(setting::name.eq(MIN_RATERS))
        .or(setting::name.eq(FIGURES))
        .or(setting::name.eq(UNLINK_DAYS));
    let kept = setting::table.filter(of_city).select((setting::name, setting::value));
    let kept: Vec<(String, String)> = kept.load(conn)?;
    Ok(CitySettings::kept(|wanted| {
        kept.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
    }))
}

/// Columns of one row of any statement: what [`city`] gives.
pub(crate) type Columns = (Column, Column, Column, Column);
pub(crate) type Column = SqlLiteral<Nullable<Text>>;

/// See [`Columns`].
pub(crate) fn columns() -> Columns {
    (column(ZONE), column(MIN_RATERS), column(FIGURES), column(UNLINK_DAYS))
}

/// A column of one row of any statement: what [`zone`] reads.
pub(crate) fn zone_column() -> Column {
    column(ZONE)
}

fn column(name: &str) -> Column {
    sql(&format!("(SELECT setting.value FROM setting WHERE setting.name = '{name}')"))
}

/// What a row holds of the [`Columns`].
pub(crate) type ColumnValues = (Option<String>, Option<String>, Option<String>, Option<String>);

/// The city by the values of the [`Columns`].
pub(crate) fn from_columns((zone, min_raters, figures, unlink_days): &ColumnValues) -> CitySettings {
    CitySettings::kept(|wanted| match wanted {
        ZONE => zone.clone(),
        MIN_RATERS => min_raters.clone(),
        FIGURES => figures.clone(),
        UNLINK_DAYS => unlink_days.clone(),
        _ => None,
    })
}

/// The zone that is kept, Asia/Shanghai where none is.
pub(crate) fn zone(kept: Option<&str>) -> Tz {
    kept.and_then(|name| name.parse().ok()).unwrap_or(DEFAULT_ZONE)
}

/// Keeps the city's settings, so that every process on this database makes the same current grades
/// and steps.
pub fn keep_city(tx: &mut Tx<'_>, wanted: CitySettings) -> Result<()> {
    if city(tx.conn)? == wanted {
        return Ok(());
    }
    xinwu_store::setting::put(tx, ZONE, wanted.zone.name())?;
    xinwu_store::setting::put(tx, MIN_RATERS, &wanted.min_raters.to_string())?;
    xinwu_store::setting::put(tx, FIGURES, &kept_times(wanted.figures))?;
    xinwu_store::setting::put(tx, UNLINK_DAYS, &wanted.unlink_days.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_figures_are_read_as_they_are_kept() {
        let figures = CitySettings::default().figures;
        assert_eq!(kept_times(figures), "06:00 Mon");
        for kept in ["06:00 Mon", "23:30 Tue Sun", "00:00", EVERY_MINUTE] {
            assert_eq!(times(kept).map(kept_times).as_deref(), Some(kept));
        }
        assert_eq!(times("06:00 Someday"), None);
    }
}
