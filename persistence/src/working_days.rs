//! The calendar of working days, as published: a file for each year under `data/`.

use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use chrono::NaiveDate;
use xinwu_domain::calendar::WorkingDays;

use xinwu_store::{Result, StoreError};

/// The shipped years. A year's notice comes out in the autumn before it; until then that year has
/// the fixed public holidays alone.
const YEARS: [&str; 2] =
    [include_str!("../../data/holidays-2025.toml"), include_str!("../../data/holidays-2026.toml")];

/// # Errors
/// [`StoreError::Internal`] when the shipped data cannot be read: a test reads it.
pub(crate) fn working_days() -> Result<&'static WorkingDays> {
    static CALENDAR: OnceLock<Option<WorkingDays>> = OnceLock::new();
    CALENDAR
        .get_or_init(|| WorkingDays::from_toml(YEARS).ok())
        .as_ref()
        .ok_or_else(|| StoreError::internal("the holiday data cannot be read"))
}

/// Tells one published calendar from another.
pub(crate) fn published(hasher: &mut impl Hasher) {
    YEARS.hash(hasher);
}

/// What an operator should know on `today`: that the holidays of a year are missing; `None` if none
/// are.
///
/// # Errors
/// As [`working_days`].
pub fn warning(today: NaiveDate) -> Result<Option<String>> {
    let warning = |year| {
        format!(
            "no public holidays are known for {year} but those of fixed dates: deadlines may be some days early. \
             Add data/holidays-{year}.toml, or take a version that has it"
        )
    };
    Ok(working_days()?.missing_year(today).map(warning))
}
