//! Who may rate: decided here alone, when a rating is given.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use xinwu_domain::calendar::Month;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::residence::ResidenceStatus;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Result};

use crate::schema::residence;

/// What a residence says of whom its account may rate. A person has few homes and an estate many,
/// so they are read by their account and looked at here: a database without statistics would read
/// the estate's.
#[derive(Queryable, Selectable)]
#[diesel(table_name = residence)]
pub(crate) struct Home {
    pub(super) estate: String,
    pub(super) status: Col<ResidenceStatus>,
    pub(super) household_id: Option<String>,
    pub(super) rates_from: Option<Col<Month>>,
}

impl Home {
    /// The household, where the account is a verified resident of the estate, whatever month it
    /// rates from.
    pub(crate) fn verified(&self, estate: &str) -> Option<&str> {
        let is_verified = self.status.0 == ResidenceStatus::Verified && self.estate == estate;
        self.household_id.as_deref().filter(|_| is_verified)
    }
}

/// Whether the account of a statement works for the firm of its project: each by an index of its
/// own, as a firm has thousands. In SQL, since diesel goes through what it writes itself several
/// times for each run.
pub(crate) fn is_staff() -> SqlLiteral<Bool> {
    sql(
        "(EXISTS (SELECT 1 FROM staff WHERE staff.uscc = project.uscc AND staff.phone_hash = account.phone_hash \
         AND staff.person IS NULL) \
         OR EXISTS (SELECT 1 FROM staff WHERE staff.uscc = project.uscc AND staff.person = account.person))",
    )
}

/// The first month that may be rated of an estate, where all of an account's verified dwellings
/// there have to wait for one after `month`.
pub(crate) fn rates_from(homes: &[Home], estate: &str, month: Month) -> Option<Month> {
    let verified = homes.iter().filter(|home| home.verified(estate).is_some());
    let first = verified.map(|home| home.rates_from.map(|from| from.0)).min()??;
    (first > month).then_some(first)
}

/// The household for which a person may rate a project of an estate in a month: of several the one
/// that is known longest, since whether another has rated is nothing to a person who has this one.
/// Who may is decided here alone, when a rating is given: "verified, by a roster entry or an
/// approval older than the month (an estate's first roster counts at once), not staff".
///
/// # Errors
/// [`Refusal::Forbidden`] with what the person can do about it.
pub(crate) fn may_rate(homes: &[Home], estate: &str, month: Month, is_staff: bool) -> Result<String> {
    let (mut known, mut earliest, mut is_pending) = (None, None::<Month>, false);
    for home in homes.iter().filter(|home| home.estate == estate) {
        match (home.status.0, &home.household_id) {
            (ResidenceStatus::Verified, Some(household)) => match home.rates_from {
                Some(Col(from)) if from > month => {
                    earliest = Some(earliest.map_or(from, |earliest| earliest.min(from)));
                }
                _ => {
                    known.get_or_insert_with(|| household.clone());
                }
            },
            (ResidenceStatus::Pending, _) => is_pending = true,
            _ => {}
        }
    }
    match (known, earliest) {
        (None, None) if is_pending => Err(not_verified_yet().into()),
        (None, None) => Err(not_a_resident().into()),
        _ if is_staff => Err(staff_may_not_rate().into()),
        (None, Some(from)) => Err(rates_from_next_month(from).into()),
        (Some(household), _) => Ok(household),
    }
}

pub(crate) fn not_a_resident() -> Refusal {
    let text = Text::new(
        "只有该小区经核实的居民可以评价",
        "Only verified residents of the project's estate may rate it",
    );
    Refusal::forbidden("not_a_resident", text)
}

fn not_verified_yet() -> Refusal {
    let text = Text::new(
        "您的住房绑定申请尚未经社区核实，核实后自次月起可以评价",
        "The community has not verified your claim to a dwelling yet; once it has, you may rate from the month after",
    );
    Refusal::forbidden("not_verified_yet", text)
}

fn rates_from_next_month(from: Month) -> Refusal {
    let text = Text::new(
        format!("您的住房刚经核实，可以评价{}年{}月及以后的服务", from.year(), from.number()),
        format!("Your dwelling has only just been verified: you may rate the months from {from} on"),
    );
    Refusal::forbidden("rates_from_next_month", text)
}

fn staff_may_not_rate() -> Refusal {
    let text = Text::new("企业员工不得评价本企业的项目", "A firm's staff may not rate its projects");
    Refusal::forbidden("staff_may_not_rate", text)
}
