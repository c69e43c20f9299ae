//! What proposals are about: whoever reaches that reads them, and may send them back.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Reach;
use xinwu_domain::assessment::AssessmentKey;
use xinwu_domain::kind::Kind;
use xinwu_store::{Conn, Result};

use super::Row;
use crate::people::residence;
use crate::registers::authorized::Resource;
use crate::registers::estate::IN_COMMUNITY;
use crate::registers::project::IN_ESTATE;
use crate::registers::{estate, firm, household, manager, place, project};
use crate::schema::{import, objection, record, repair};

/// Whether the officials of a place reach what a proposal is about: of a new project its estate, of
/// a new estate its community.
pub(super) fn is_reached(conn: &mut Conn, row: &Row, wanted: &str, on: (Reach, NaiveDate)) -> Result<bool> {
    let Some(id) = row.object_id.as_deref() else {
        if let Some(estate) = row.object_key.strip_prefix(IN_ESTATE) {
            return reaches::<estate::Row>(conn, estate, wanted, on);
        }
        return match row.object_key.strip_prefix(IN_COMMUNITY).and_then(|rest| rest.split_once('/')) {
            Some((community, _)) => place::is_within(conn, community, wanted),
            None => Ok(false),
        };
    };
    macro_rules! placed {
        ($table:ident) => {{
            let own: Option<String> = $table::table.find(id).select($table::place).first(conn).optional()?;
            match own {
                Some(own) => place::is_within(conn, &own, wanted),
                None => Ok(false),
            }
        }};
    }
    match row.kind.0 {
        Kind::Household => reaches::<household::Row>(conn, id, wanted, on),
        Kind::Residence => reaches::<residence::Row>(conn, id, wanted, on),
        Kind::Import => {
            // Whose use case lies above this one.
            let own: Option<Option<String>> =
                import::table.find(id).select(import::place).first(conn).optional()?;
            own.flatten().map_or(Ok(false), |own| place::is_within(conn, &own, wanted))
        }
        Kind::Place => reaches::<place::Row>(conn, id, wanted, on),
        Kind::Firm => reaches::<firm::Row>(conn, id, wanted, on),
        Kind::Estate => reaches::<estate::Row>(conn, id, wanted, on),
        Kind::Project => reaches::<project::Row>(conn, id, wanted, on),
        Kind::Manager => reaches::<manager::Row>(conn, id, wanted, on),
        Kind::Record => placed!(record),
        Kind::Objection => placed!(objection),
        Kind::Repair => placed!(repair),
        Kind::Assessment => match AssessmentKey::of_path(id) {
            Some(key) => reaches::<project::Row>(conn, &key.project, wanted, on),
            None => Ok(false),
        },
        _ => Ok(false),
    }
}

diesel::define_sql_function! {
    /// Of an assessment's path the project: its id stands first, and ids are as long as each other.
    #[sql_name = "substr"]
    fn project_of(path: diesel::sql_types::Nullable<diesel::sql_types::Text>, first: diesel::sql_types::Integer, length: diesel::sql_types::Integer) -> diesel::sql_types::Nullable<diesel::sql_types::Text>;
}

fn reaches<R: Resource>(conn: &mut Conn, id: &str, wanted: &str, on: (Reach, NaiveDate)) -> Result<bool> {
    let Some(object) = R::find(conn, id)? else { return Ok(false) };
    let owner = object.owner(conn)?;
    object.is_within(conn, &owner, wanted, on)
}

/// [`is_reached`] of the rows of a list, as far as a query tells it: what lies in `$place` or
/// below, or is registered there. A macro, since such a condition has no type that could be
/// written.
macro_rules! lies_within {
    ($place:expr) => {{
        use diesel::dsl::exists;
        use diesel::prelude::*;
        use diesel::sql_types::Text;
        use $crate::people::proposal::project_of;
        use $crate::registers::estate::IN_COMMUNITY;
        use $crate::registers::project::IN_ESTATE;
        use $crate::schema::{
            estate, firm, household, import, manager, objection, place_ancestor, project, proposal, record,
            repair, residence,
        };
        let places = || {
            place_ancestor::table
                .filter(place_ancestor::ancestor.eq($place.clone()))
                .select(place_ancestor::place)
        };
        let estates = || estate::table.filter(estate::place.eq_any(places()));
        let firms = || firm::table.filter(firm::registered_place.eq_any(places()));
        let codes = || estates().select(estate::code);
        let new_projects = estates().select(IN_ESTATE.into_sql::<Text>().concat(estate::code));
        let of_a_community = IN_COMMUNITY.into_sql::<Text>().concat(place_ancestor::place).concat("/%");
        let new_estate = place_ancestor::table
            .filter(place_ancestor::ancestor.eq($place.clone()))
            .filter(proposal::object_key.like(of_a_community));
        let is_new_estate = proposal::object_id
            .is_null()
            .and(proposal::kind.eq(xinwu_store::Col(xinwu_domain::kind::Kind::Estate)))
            .and(diesel::dsl::exists(new_estate));
        let projects = project::table.filter(project::estate.eq_any(codes())).select(project::id.nullable());
        let managers = manager::table
            .filter(manager::uscc.eq_any(firms().select(firm::uscc.nullable())))
            .select(manager::id.nullable());
        let records = record::table.filter(record::place.eq_any(places())).select(record::id.nullable());
        let objections =
            objection::table.filter(objection::place.eq_any(places())).select(objection::id.nullable());
        let repairs = repair::table.filter(repair::place.eq_any(places())).select(repair::id.nullable());
        let object = proposal::object_id;
        // Of these there are many: the one is looked up.
        let dwelling = household::table
            .filter(household::id.nullable().eq(object))
            .filter(household::estate.eq_any(codes()));
        let home = residence::table
            .filter(residence::id.nullable().eq(object))
            .filter(residence::estate.eq_any(codes()));
        let file = import::table
            .filter(import::id.nullable().eq(object))
            .filter(import::place.eq_any(places().select(place_ancestor::place.nullable())));
        let assessed = project::table
            .filter(project::id.nullable().eq(project_of(object, 1, 36)))
            .filter(project::estate.eq_any(codes()));
        let is_assessment =
            proposal::kind.eq(xinwu_store::Col(xinwu_domain::kind::Kind::Assessment)).and(exists(assessed));
        let about = object
            .eq_any(places().select(place_ancestor::place.nullable()))
            .or(object.eq_any(estates().select(estate::code.nullable())))
            .or(object.eq_any(firms().select(firm::uscc.nullable())))
            .or(object.eq_any(projects))
            .or(object.eq_any(managers))
            .or(object.eq_any(records))
            .or(object.eq_any(objections))
            .or(object.eq_any(repairs));
        // A condition of a column that may be null is one that may be: what it is not is false.
        about
            .assume_not_null()
            .or(proposal::object_key.eq_any(new_projects))
            .or(is_new_estate)
            .or(exists(dwelling))
            .or(exists(home))
            .or(exists(file))
            .or(is_assessment)
    }};
}
pub(crate) use lies_within;

/// What is a place's to know of: what its officials or those of a place below proposed, what asks
/// for the agreement of a firm that is registered there, and what is about something there.
macro_rules! concerns {
    ($place:expr) => {{
        use $crate::registers::place::at_or_below;
        use $crate::schema::{firm, place_ancestor, proposal};
        let below = || at_or_below($place.clone());
        let its_own = proposal::place.eq_any(below().select(place_ancestor::place.nullable()));
        let its_firms =
            firm::table.filter(firm::registered_place.eq_any(below())).select(firm::uscc.nullable());
        its_own.or(proposal::uscc.eq_any(its_firms)).or($crate::people::proposal::lies_within!($place))
    }};
}
pub(crate) use concerns;
