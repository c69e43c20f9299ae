//! The first screen of a resident: two statements where there is one dwelling, no notice and no
//! open case, and the cards of its firms, which are everyone's.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Nullable, Text};
use xinwu_domain::case::CasesHome;
use xinwu_domain::home::{HomeNotices, OwnDwelling, SHOWN_CASES, SHOWN_NOTICES};
use xinwu_domain::household::Dwelling;
use xinwu_domain::project::ProjectSummary;
use xinwu_domain::residence::{Residence, ResidenceStatus};
use xinwu_store::{Col, Conn, Result, hot};

use crate::people::{notice, person, residence};
use crate::ratings::rating::{Asked, Reader, ThisMonth};
use crate::registers::project as projects;
use crate::schema::{account, estate, firm, household, manager, project, residence as table};
use crate::service::case::person as cases;

/// What a first screen shows beside the cards of its dwellings' firms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnHome {
    /// The dwellings in which the account is a verified resident.
    pub dwellings: Vec<OwnDwelling>,
    /// Claims under way.
    pub claims: Vec<Residence>,
    /// What it has not read.
    pub notices: HomeNotices,
    /// What it reported and is not at an end.
    pub cases: CasesHome,
}

/// One of an account's open residences, and what belongs to it.
struct Found {
    row: residence::Row,
    estate: String,
    /// As the register knows it, which ratings are known by.
    home: Option<Dwelling>,
    project: Option<ProjectSummary>,
    is_staff: bool,
}

/// What is the same of all of them.
struct OfAccount {
    person: Option<String>,
    /// The month's key as it is stored.
    sealed_key: Option<Vec<u8>>,
    /// Whether the month ever had one.
    had_key: bool,
    /// Whether it may have notices to read.
    has_unread: bool,
    /// Whether it may have cases that have not ended.
    has_cases: bool,
}

/// An account's first screen.
pub fn get(conn: &mut Conn, reader: &Reader, account_id: &str) -> Result<OwnHome> {
    let (of_account, found) = open_residences(conn, reader, account_id)?;
    let key = reader.keys.kept(reader.context.month(), of_account.sealed_key)?;
    let this_month = ThisMonth {
        has_lost_key: of_account.had_key && key.is_none(),
        key: key.as_deref(),
        person: of_account.person.as_deref(),
    };
    let residences: Vec<residence::Home> = found.iter().map(|found| found.row.home()).collect();
    let mut ratings = Vec::with_capacity(found.len());
    for one in &found {
        let rating = match &one.project {
            Some(project) if one.row.status.0 == ResidenceStatus::Verified => {
                let of_estate = found.iter().filter(|each| each.row.estate == one.row.estate);
                let homes: Vec<&Dwelling> = of_estate.filter_map(|each| each.home.as_ref()).collect();
                let asked = Asked {
                    project: &project.id,
                    estate: &one.row.estate,
                    starts_on: project.starts_on,
                    ends_on: project.ends_on,
                    residences: &residences,
                    homes: &homes,
                    is_staff: one.is_staff,
                };
                Some(this_month.rating(conn, reader, &asked)?)
            }
            _ => None,
        };
        ratings.push(rating);
    }
    // Most have none, and are not asked for them.
    let (unread, items) = if of_account.has_unread {
        notice::unread(conn, account_id, SHOWN_NOTICES, reader.context)?
    } else {
        (0, Vec::new())
    };
    let cases = if of_account.has_cases {
        cases::of_home(conn, account_id, SHOWN_CASES, reader.context)?
    } else {
        CasesHome::default()
    };
    let notices = HomeNotices { unread, items };
    let mut home = OwnHome { dwellings: Vec::new(), claims: Vec::new(), notices, cases };
    for (Found { row, estate, project, .. }, rating) in found.into_iter().zip(ratings) {
        let residence = row.view(estate);
        if residence.status != ResidenceStatus::Verified {
            home.claims.push(residence);
            continue;
        }
        home.dwellings.push(OwnDwelling {
            residence: residence.id,
            estate: residence.estate,
            building: residence.building,
            unit: residence.unit,
            room: residence.room,
            project,
            rating,
        });
    }
    Ok(home)
}

/// An account's open residences, the latest first, in one statement: each with today's project of
/// its estate.
fn open_residences(conn: &mut Conn, reader: &Reader, account_id: &str) -> Result<(OfAccount, Vec<Found>)> {
    type Address = (Option<String>, Option<String>, Option<String>);
    type Project = Option<projects::Row>;
    type Names = (Option<String>, Option<String>);
    type OfAll = (Option<Vec<u8>>, bool, bool, bool);
    type Row = (residence::Row, String, Address, Project, Names, person::ColumnValues, bool, OfAll);
    let (today, month) = (Col(reader.context.today()), Col(reader.context.month()));
    let of_household = household::id.nullable().eq(table::household_id);
    let is_today =
        project::starts_on.le(today).and(project::ends_on.is_null().or(project::ends_on.ge(today)));
    let is_today = is_today.and(project::retired_on.is_null());
    // In SQL: diesel goes through what it writes itself several times for each run.
    let key = sql::<Nullable<Binary>>("(SELECT sealed FROM rating_key WHERE month = ")
        .bind::<Text, _>(month)
        .sql(")");
    let had_key =
        sql::<Bool>("EXISTS (SELECT 1 FROM rated_month WHERE month = ").bind::<Text, _>(month).sql(")");
    let has_unread =
        sql::<Bool>("EXISTS (SELECT 1 FROM notice WHERE account_id = account.id AND read_at IS NULL)");
    // Each by an index of the account's own.
    let has_cases = sql::<Bool>(
        "(EXISTS (SELECT 1 FROM \"case\" WHERE opened_by = account.id AND is_open = TRUE) \
         OR EXISTS (SELECT 1 FROM case_household INNER JOIN \"case\" ON \"case\".id = case_household.case_id \
         WHERE case_household.account_id = account.id AND \"case\".is_open = TRUE))",
    );
    let found = table::table
        .inner_join(estate::table.on(estate::code.eq(table::estate)))
        .inner_join(account::table.on(account::id.eq(table::account_id)))
        .left_join(household::table.on(of_household))
        .left_join(project::table.on(project::estate.eq(table::estate).and(is_today)))
        .left_join(firm::table.on(project::uscc.eq(firm::uscc.nullable())))
        .left_join(manager::table.on(project::manager_id.eq(manager::id.nullable())))
        .filter(table::account_id.eq(account_id))
        .filter(
            table::status
                .eq(Col(ResidenceStatus::Verified))
                .or(table::status.eq(Col(ResidenceStatus::Pending))),
        )
        .order(table::id.desc());
    let rows: Vec<Row> = hot!(conn, found.select((
        residence::Row::as_select(),
        estate::name,
        (household::building.nullable(), household::unit.nullable(), household::room.nullable()),
        Option::<projects::Row>::as_select(),
        (firm::name.nullable(), manager::name.nullable()),
        person::columns(),
        residence::is_staff(),
        (key, had_key, has_unread, has_cases),
    )) => load)?;
    let mut of_account =
        OfAccount { person: None, sealed_key: None, had_key: false, has_unread: true, has_cases: true };
    let mut all = Vec::with_capacity(rows.len());
    for (row, estate, address, project, (firm, manager), columns, is_staff, of_all) in rows {
        let (sealed_key, had_key, has_unread, has_cases) = of_all;
        let person = person::from_columns(columns);
        of_account = OfAccount { person, sealed_key, had_key, has_unread, has_cases };
        let home = match address {
            (Some(building), Some(unit), Some(room)) if row.status.0 == ResidenceStatus::Verified => {
                Some(Dwelling { building, unit, room })
            }
            _ => None,
        };
        let project = project.map(|project| projects::view((project, estate.clone(), firm, manager)));
        let project = project.map(|project| project.summary(today.0));
        all.push(Found { row, estate, home, project, is_staff });
    }
    Ok((of_account, all))
}
