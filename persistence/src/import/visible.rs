//! What of an import may be seen, as conditions of every read.

/// Households that may be seen: those that no import brought, and those whose import is applied.
macro_rules! household_is_visible {
    () => {{
        use diesel::prelude::*;
        use $crate::schema::{household, import};
        household::import_id.is_null().or(household::import_id
            .eq_any(import::table.filter(import::state.eq("applied")).select(import::id.nullable())))
    }};
}

/// Phones on a roster as it stands: without those that an import still brings, with those that an import still ends.
macro_rules! phone_is_on_the_roster {
    () => {{
        use diesel::prelude::*;
        use $crate::schema::{household_phone, import};
        let applied = || import::table.filter(import::state.eq("applied")).select(import::id.nullable());
        household_phone::added_by
            .is_null()
            .or(household_phone::added_by.eq_any(applied()))
            .and(household_phone::ended_by.is_null().or(household_phone::ended_by.ne_all(applied())))
    }};
}

/// Records that may be seen: those of a batch only once all of it is there.
macro_rules! record_is_visible {
    () => {{
        use diesel::prelude::*;
        use $crate::schema::{import, record};
        let hidden = import::table
            .filter(import::kind.eq("records"))
            .filter(import::state.eq_any(["applying", "refused", "failed"]))
            .select(import::id.nullable());
        record::import_id.is_null().or(record::import_id.ne_all(hidden))
    }};
}
pub(crate) use household_is_visible;
pub(crate) use phone_is_on_the_roster;
pub(crate) use record_is_visible;
