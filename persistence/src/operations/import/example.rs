//! The row of a template: what it names is there, and within the jurisdiction of who asks, so that
//! the file can be imported as it is.

use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_domain::access::{Role, Warrant};
use xinwu_domain::calendar::{Month, Period};
use xinwu_domain::import::{Fact, ImportKind};
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::scheme::Assessor;
use xinwu_domain::text::Language;
use xinwu_domain::word::Word;
use xinwu_store::{Col, Conn, Result};

use crate::registers::place::at_or_below;
use crate::registers::roster::household_is_visible;
use crate::schema::{estate, firm, household, place, project};

/// What stands for something that the city does not have yet.
const NONE: &str = "EXAMPLE-1";

/// The cells of a template's row, one for each column of the kind.
pub fn example(
    conn: &mut Conn,
    warrant: &Warrant,
    kind: ImportKind,
    language: Language,
    today: NaiveDate,
) -> Result<Vec<String>> {
    let facts = Facts::load(conn, warrant, today)?;
    Ok(kind.columns().iter().map(|column| column.example(language, &|fact| facts.get(fact))).collect())
}

struct Facts {
    today: NaiveDate,
    assessor: Assessor,
    place: String,
    place_below: String,
    level_below: PlaceLevel,
    community: String,
    /// With a dwelling, where there is one.
    estate: String,
    dwelling: (String, String, String),
    firm: String,
    project: String,
}

impl Facts {
    fn load(conn: &mut Conn, warrant: &Warrant, today: NaiveDate) -> Result<Facts> {
        let own = warrant.own_place()?.to_owned();
        let below = || at_or_below(own.clone());
        let level: Col<PlaceLevel> = place::table.find(&own).select(place::level).first(conn)?;
        let community: Option<String> = place::table
            .filter(place::code.eq_any(below()))
            .filter(place::level.eq(Col(PlaceLevel::Community)))
            .filter(place::retired_on.is_null())
            .order(place::code)
            .select(place::code)
            .first(conn)
            .optional()?;
        let lived_in =
            household::table.filter(household::estate.eq(estate::code)).filter(household_is_visible!());
        let estates = || {
            estate::table
                .filter(estate::place.eq_any(below()))
                .filter(estate::retired_on.is_null())
                .order(estate::code)
                .select(estate::code)
        };
        let lived_in: Option<String> = estates().filter(exists(lived_in)).first(conn).optional()?;
        let estate: Option<String> = match lived_in {
            Some(estate) => Some(estate),
            None => estates().first(conn).optional()?,
        };
        let estate = estate.unwrap_or_else(|| NONE.to_owned());
        let dwelling: Option<(String, String, String)> = household::table
            .filter(household::estate.eq(&estate))
            .filter(household_is_visible!())
            .order((household::building, household::unit, household::room))
            .select((household::building, household::unit, household::room))
            .first(conn)
            .optional()?;
        let serving: Option<(String, Option<String>)> = project::table
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .filter(estate::place.eq_any(below()))
            .filter(project::retired_on.is_null())
            .filter(project::starts_on.le(Col(today)))
            .filter(project::ends_on.is_null().or(project::ends_on.ge(Col(today))))
            .order((project::uscc.is_null(), project::id))
            .select((project::id, project::uscc))
            .first(conn)
            .optional()?;
        let seated: Option<String> = firm::table
            .filter(firm::registered_place.eq_any(below()))
            .filter(firm::retired_on.is_null())
            .order(firm::uscc)
            .select(firm::uscc)
            .first(conn)
            .optional()?;
        let (project, serving_firm) = serving.unzip();
        Ok(Facts {
            today,
            assessor: match warrant.role() {
                Role::Street => Assessor::Street,
                Role::District => Assessor::District,
                _ => Assessor::Community,
            },
            place_below: unused_code(conn, &own)?,
            level_below: match level.0 {
                PlaceLevel::City => PlaceLevel::District,
                PlaceLevel::District => PlaceLevel::Street,
                PlaceLevel::Street | PlaceLevel::Community => PlaceLevel::Community,
            },
            community: community.unwrap_or_else(|| own.clone()),
            place: own,
            estate,
            dwelling: dwelling.unwrap_or_else(|| ("1".to_owned(), "1".to_owned(), "101".to_owned())),
            firm: seated.or(serving_firm.flatten()).unwrap_or_else(|| NONE.to_owned()),
            project: project.unwrap_or_else(|| NONE.to_owned()),
        })
    }

    fn get(&self, fact: Fact) -> String {
        match fact {
            Fact::Place => self.place.clone(),
            Fact::PlaceBelow => self.place_below.clone(),
            Fact::LevelBelow => self.level_below.into_str().to_owned(),
            Fact::Community => self.community.clone(),
            Fact::Estate => self.estate.clone(),
            Fact::Building => self.dwelling.0.clone(),
            Fact::Unit => self.dwelling.1.clone(),
            Fact::Room => self.dwelling.2.clone(),
            Fact::Firm => self.firm.clone(),
            Fact::Project => self.project.clone(),
            Fact::Quarter => Month::containing(self.today)
                .map_or_else(String::new, |month| Period::quarter_of(month).to_string()),
            Fact::Assessor => self.assessor.into_str().to_owned(),
            Fact::Day => self.today.to_string(),
        }
    }
}

/// A local code below a place that no place has: the last ones are taken last.
fn unused_code(conn: &mut Conn, parent: &str) -> Result<String> {
    let used: Vec<String> =
        place::table.filter(place::code.like(format!("{parent}X__"))).select(place::code).load(conn)?;
    let codes = (1..=99).rev().map(|number| format!("{parent}X{number:02}"));
    Ok(codes.into_iter().find(|code| !used.contains(code)).unwrap_or_else(|| format!("{parent}X99")))
}
