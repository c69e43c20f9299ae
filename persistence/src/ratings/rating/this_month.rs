//! How this month's rating of a project stands for one account: what [`super::put`] would answer,
//! but for what others of the dwelling gave. "Nothing that anyone but the writer can read … moves
//! with a waiting rating": that is told to who rates alone.

use chrono::NaiveDate;
use xinwu_domain::calendar::{rateable, start_of_day};
use xinwu_domain::home::{MonthRating, WhyNot};
use xinwu_domain::household::Dwelling;
use xinwu_domain::refusal::Refusal;
use xinwu_store::{Conn, Result, StoreError};

use super::put::{month_without_key, person_has_rated, refuse_closed};
use super::row::of_person;
use super::{Reader, Row, month_fault};
use crate::people::residence::{Home, may_rate, rates_from};
use crate::ratings::month_key::MonthKey;

/// A project, and what is known of the account beside it.
pub(crate) struct Asked<'a> {
    pub project: &'a str,
    pub estate: &'a str,
    pub starts_on: NaiveDate,
    pub ends_on: Option<NaiveDate>,
    /// The account's residences.
    pub residences: &'a [Home],
    /// The dwellings of the estate in which it is a verified resident, as the register knows them.
    pub homes: &'a [&'a Dwelling],
    /// Whether it works for the project's firm.
    pub is_staff: bool,
}

/// This month, and who the account is under its key.
pub(crate) struct ThisMonth<'a> {
    /// The key, if the month has one.
    pub key: Option<&'a MonthKey>,
    /// Whether it had one, which is gone.
    pub has_lost_key: bool,
    pub person: Option<&'a str>,
}

impl ThisMonth<'_> {
    /// How the rating stands.
    pub(crate) fn rating(&self, conn: &mut Conn, reader: &Reader, asked: &Asked<'_>) -> Result<MonthRating> {
        let month = reader.context.month();
        let own = match self.key.zip(self.person) {
            Some((key, person)) => of_person(conn, &key.person(asked.project, person))?,
            None => None,
        };
        let own = own.filter(Row::has_stars);
        let why_not = match self.check(reader, asked, own.as_ref()) {
            Ok(()) => None,
            Err(StoreError::Refused(refusal)) => Some(refusal),
            Err(error) => return Err(error),
        };
        let waits = matches!(&why_not, Some(Refusal::Forbidden { code: "rates_from_next_month", .. }));
        let ends_on = month.last_day().succ_opt().unwrap_or(NaiveDate::MAX);
        Ok(MonthRating {
            month,
            rated: own.is_some(),
            may_rate: why_not.is_none(),
            from: rates_from(asked.residences, asked.estate, month).filter(|_| waits),
            until: start_of_day(ends_on, reader.context.zone()),
            why_not: why_not.map(|refusal| told(refusal, reader)).transpose()?,
        })
    }

    /// Why the account may not give or change the rating, in the order in which a PUT refuses.
    fn check(&self, reader: &Reader, asked: &Asked<'_>, own: Option<&Row>) -> Result<()> {
        let month = reader.context.month();
        rateable(month, month, asked.starts_on, asked.ends_on).map_err(month_fault)?;
        if self.has_lost_key {
            return Err(month_without_key().into());
        }
        let may_rate = || may_rate(asked.residences, asked.estate, month, asked.is_staff);
        let Some(own) = own else { return may_rate().map(|_| ()) };
        let is_own = |home: &&Dwelling| {
            self.key.is_some_and(|key| key.dwelling(asked.project, asked.estate, home) == own.dwelling)
        };
        if !asked.homes.is_empty() && !asked.homes.iter().any(is_own) {
            may_rate()?;
            return Err(person_has_rated().into());
        }
        Ok(refuse_closed(own)?)
    }
}

fn told(refusal: Refusal, reader: &Reader) -> Result<WhyNot> {
    let reason = match refusal {
        Refusal::Forbidden { code, detail } | Refusal::Conflict { code, detail, .. } => Some((code, detail)),
        Refusal::Invalid(faults) => faults.into_iter().next().map(|fault| (fault.code, fault.detail)),
        _ => None,
    };
    let (code, detail) =
        reason.ok_or_else(|| StoreError::internal("a rating is refused without a reason"))?;
    let detail = detail.in_language(reader.context.language).to_owned();
    Ok(WhyNot { code: code.to_owned(), detail })
}
