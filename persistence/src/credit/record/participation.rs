//! Who had a hand in records, as conditions of queries: of lists as of decisions.

use strum::VariantArray;
use xinwu_domain::record::RecordStep;
use xinwu_store::Col;

/// The steps of records that `counts` names.
pub(crate) fn steps(counts: fn(RecordStep) -> bool) -> Vec<Col<RecordStep>> {
    RecordStep::VARIANTS.iter().copied().filter(|step| counts(*step)).map(Col).collect()
}

/// The steps of a record, of those that `$counts` names. Macros, since such conditions have no
/// types that could be written.
macro_rules! steps_of {
    ($record:expr, $counts:expr) => {
        $crate::schema::record_step::table
            .filter($crate::schema::record_step::record_id.eq($record))
            .filter($crate::schema::record_step::step.eq_any($crate::credit::record::steps($counts)))
    };
}
pub(crate) use steps_of;

/// Whether one of the accounts `$person` drafted a record of the query, did one of its steps that
/// `$counts` names, or was the second person of one.
macro_rules! did_step {
    ($person:expr, $counts:expr) => {{
        use $crate::schema::{record, record_step};
        let person = || $person.clone();
        let is_second = record_step::seconded_by.assume_not_null().eq_any(person());
        let seconded = record_step::seconded_by.is_not_null().and(is_second);
        let own = $crate::credit::record::steps_of!(record::id, $counts)
            .filter(record_step::by_account.eq_any(person()).or(seconded));
        record::drafted_by.eq_any(person()).or(diesel::dsl::exists(own))
    }};
}
pub(crate) use did_step;

/// Whether one of the accounts `$person` had a hand in a record of the query being in force, as
/// [`participants`](super::participants) says of a single one.
macro_rules! is_participant {
    ($person:expr) => {{
        use $crate::schema::record;
        let confirmed = record::confirmed_by.assume_not_null().eq_any($person.clone());
        let has_confirmed = record::confirmed_by.is_not_null().and(confirmed);
        has_confirmed.or($crate::credit::record::did_step!(
            $person,
            xinwu_domain::record::RecordStep::is_participation
        ))
    }};
}
pub(crate) use is_participant;

/// [`is_participant`] of the record of an id, which may be null.
macro_rules! is_participant_in_record {
    ($person:expr, $id:expr) => {{
        use $crate::schema::record;
        let named = record::table.filter(record::id.nullable().eq($id));
        diesel::dsl::exists(named.filter($crate::credit::record::is_participant!($person)))
    }};
}
pub(crate) use is_participant_in_record;
