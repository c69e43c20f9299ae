//! Reading a row of each kind from its fields: everything that can be checked without the database.

use super::read_metric;
use super::references::Referent;
use super::rows::{
    AssessmentRow, EstateRow, FirmRow, HouseholdRow, ManagerRow, PlaceRow, ProjectRow, RecordRow, Row,
    StaffRow,
};
use super::{Fields, ImportKind, Occasion, ReadRow};
use crate::assessment::{AssessmentKey, AssessmentScores, NewAssessment};
use crate::calendar::PeriodKind;
use crate::catalogue::{Level, Severity};
use crate::estate::{self, EstateKind};
use crate::firm::{self, FirmStatus};
use crate::household::Dwelling;
use crate::place::{PlaceLevel, check_code};
use crate::project::{Area, Operator};
use crate::record::decision::decision;
use crate::record::{NewPoints, NewRecord};
use crate::scheme::Assessor;
use crate::text::Text;
use crate::thousandths::Thousandths;

/// A million points: what a scheme's item leaves to discretion is checked against its range.
const MOST_THOUSANDTHS: i64 = 1_000_000_000;

/// Reads one row. `hash_phone` gives the keyed hash of a phone; only a founding import may say
/// `known_from`.
pub fn read_row(
    kind: ImportKind,
    mut fields: Fields,
    hash_phone: &dyn Fn(&str) -> String,
    occasion: Occasion,
) -> ReadRow {
    let row = match kind {
        ImportKind::Places => place(&mut fields),
        ImportKind::Firms => firm(&mut fields),
        ImportKind::Estates => estate(&mut fields),
        ImportKind::Projects => project(&mut fields),
        ImportKind::Managers => manager(&mut fields),
        ImportKind::Staff => staff(&mut fields, hash_phone),
        ImportKind::Households => household(&mut fields, hash_phone),
        ImportKind::Records => record(&mut fields, occasion),
        ImportKind::Assessments => assessment(&mut fields, occasion),
        ImportKind::Metrics => read_metric::metric(&mut fields, occasion),
    };
    fields.read(row)
}

fn place(fields: &mut Fields) -> Option<Row> {
    let code = place_code(fields, "code");
    let level = fields.choice::<PlaceLevel>("level");
    let name = fields.text("name", 100);
    // It may stand in the file itself, above or below.
    let parent = fields.optional_code("parent", 32);
    let valid_from = fields.optional_day("valid_from");
    let aliases = fields.clearable_list("aliases", |fields| fields.list("aliases", 20, 100));
    Some(Row::Place(PlaceRow { code: code?, level: level?, name: name?, parent, valid_from, aliases }))
}

fn firm(fields: &mut Fields) -> Option<Row> {
    let uscc = fields.text("uscc", 40);
    let name = fields.text("name", 100);
    let short_name = fields.said("short_name", |fields| fields.optional_text("short_name", 50));
    let registered_place = place_code(fields, "registered_place");
    fields.refers_within("registered_place", Referent::Place, registered_place.as_ref());
    let status = fields.optional_choice::<FirmStatus>("status");
    let participates = fields.optional_yes("participates");
    let residential = fields.optional_yes("residential");
    let licensed_on = fields.said("licensed_on", |fields| fields.optional_day("licensed_on"));
    let check_override_reason = fields.optional_text("check_override_reason", 200);
    let parent = fields.said("parent", |fields| fields.optional_uscc("parent"));
    let parent_since = fields.optional_day("parent_since");
    let uscc = uscc.and_then(|uscc| fields.ruled(firm::read_uscc(&uscc, check_override_reason.as_deref())));
    Some(Row::Firm(FirmRow {
        uscc: uscc?.to_string(),
        name: name?,
        short_name,
        registered_place: registered_place?,
        status,
        participates,
        residential,
        licensed_on,
        check_override_reason,
        parent,
        parent_since,
    }))
}

fn estate(fields: &mut Fields) -> Option<Row> {
    let code = fields.code("code", 40).and_then(|code| fields.ruled(estate::read_code(&code)));
    let name = fields.text("name", 100);
    let kind = fields.choice::<EstateKind>("kind");
    let place = place_code(fields, "place");
    fields.refers_within("place", Referent::Place, place.as_ref());
    let aliases = fields.clearable_list("aliases", |fields| fields.list("aliases", 20, 100));
    let address = fields.said("address", |fields| fields.optional_text("address", 200));
    let households = small(fields.optional_integer("households", 0, 100_000));
    Some(Row::Estate(EstateRow {
        code: code?,
        name: name?,
        kind: kind?,
        place: place?,
        aliases,
        address,
        households,
    }))
}

fn project(fields: &mut Fields) -> Option<Row> {
    let estate = known_estate(fields);
    let operator = fields.choice::<Operator>("operator");
    let uscc = fields.optional_uscc("uscc");
    fields.refers("uscc", Referent::Firm, uscc.as_ref());
    let manager = fields.said("manager", |fields| fields.optional_text("manager", 100));
    fields.refers("manager", Referent::Manager { of: uscc.clone() }, manager.value().as_ref());
    let starts_on = fields.day("starts_on");
    let ends_on = fields.said("ends_on", |fields| fields.optional_day("ends_on"));
    let area_dm2 = fields.scaled("area_m2", 2, 1, Area::LARGEST);
    let households = small(fields.integer("households", 0, 100_000));
    let fee_fen = fields.said("fee_fen", |fields| fields.optional_integer("fee_fen", 0, 1_000_000));
    let area_reason = fields.optional_text("area_reason", 500);
    Some(Row::Project(ProjectRow {
        estate: estate?,
        operator: operator?,
        uscc,
        manager,
        starts_on: starts_on?,
        ends_on,
        area_dm2: area_dm2?,
        households: households?,
        fee_fen,
        area_reason,
    }))
}

fn manager(fields: &mut Fields) -> Option<Row> {
    let name = fields.text("name", 50);
    let uscc = known_firm(fields);
    Some(Row::Manager(ManagerRow { name: name?, uscc: uscc? }))
}

fn staff(fields: &mut Fields, hash_phone: &dyn Fn(&str) -> String) -> Option<Row> {
    let uscc = known_firm(fields);
    let phone = fields.phone("phone");
    let left = fields.optional_yes("left").unwrap_or(false);
    Some(Row::Staff(StaffRow { uscc: uscc?, phone_hash: hash_phone(phone?.digits()), left }))
}

fn household(fields: &mut Fields, hash_phone: &dyn Fn(&str) -> String) -> Option<Row> {
    let estate = known_estate(fields);
    let building = fields.text("building", 40);
    let unit = fields.optional_text("unit", 40).unwrap_or_default();
    let room = fields.text("room", 40);
    let phones = fields.clearable_list("phones", |fields| fields.phones("phones"));
    let phone_hashes = phones.map(|phones| {
        let mut hashes: Vec<String> = phones.iter().map(|phone| hash_phone(phone.digits())).collect();
        hashes.sort();
        hashes.dedup();
        hashes
    });
    // What is missing was named; the others are looked at all the same.
    let there = |part: &Option<String>| part.clone().unwrap_or_else(|| "1".to_owned());
    let dwelling = fields.ruled(Dwelling::read(&there(&building), &unit, &there(&room)));
    let Dwelling { building, unit, room } = dwelling?;
    Some(Row::Household(HouseholdRow { estate: estate?, building, unit, room, phone_hashes }))
}

fn record(fields: &mut Fields, occasion: Occasion) -> Option<Row> {
    let category = fields.code("category", 100);
    fields.refers("category", Referent::Category, category.as_ref());
    let uscc = fields.optional_uscc("uscc");
    fields.refers("uscc", Referent::Firm, uscc.as_ref());
    let project = fields.optional_text("project", 100);
    fields.refers("project", Referent::Project, project.as_ref());
    let manager = fields.optional_text("manager", 64);
    fields.refers("manager", Referent::Manager { of: uscc.clone() }, manager.as_ref());
    let level = fields.choice::<Level>("level");
    let severity = fields.optional_choice::<Severity>("severity");
    let severity_reason = fields.optional_text("severity_reason", 500);
    let title = fields.text("title", 200);
    let detail = fields.optional_long_text("detail", 2000);
    let document_number = fields.text("document_number", 100);
    let authority = fields.text("authority", 100);
    let evidence = fields.list("evidence", 20, 200).unwrap_or_default();
    let decided_on = fields.day("decided_on");
    let counts_until = fields.optional_day("counts_until");
    let publish = fields.optional_yes("publish");
    let public_until = fields.optional_day("public_until");
    let points = points(fields);
    let known_from = known_from(fields, occasion);
    let (category, document_number, decided_on) = (category?, document_number?, decided_on?);
    let decision = decision(uscc.as_deref(), project.as_deref(), &category, &document_number);
    Some(Row::Record(Box::new(RecordRow {
        decision: fields.ruled(decision)?,
        new: NewRecord {
            category,
            uscc,
            project,
            manager,
            level: level?,
            severity,
            severity_reason,
            title: title?,
            detail,
            document_number,
            authority: authority?,
            evidence,
            decided_on,
            counts_until,
            publish,
            public_until,
            points: points.into_iter().collect(),
            demo: false,
        },
        known_from,
    })))
}

/// An officer's points: `scheme` and `points` stand together, and `reason` beside them.
fn points(fields: &mut Fields) -> Option<NewPoints> {
    if !["scheme", "points", "reason"].iter().any(|column| fields.has(column)) {
        return None;
    }
    let (scheme, thousandths) =
        (fields.text("scheme", 64), fields.scaled("points", 3, -MOST_THOUSANDTHS, MOST_THOUSANDTHS));
    let reason = fields.optional_text("reason", 500);
    Some(NewPoints { scheme: scheme?, points: Thousandths::from_stored(thousandths?), reason })
}

/// "Only a city's founding import may supply `known_from`."
pub(super) fn known_from(fields: &mut Fields, occasion: Occasion) -> Option<chrono::DateTime<chrono::Utc>> {
    let text = fields.optional_text("known_from", 40)?;
    if occasion != Occasion::Founding {
        let text = Text::new(
            "只有城市的初始导入可以给出 known_from",
            "Only a city's founding import may supply known_from",
        );
        fields.fault("known_from", "founding_only", text);
        return None;
    }
    let instant = chrono::DateTime::parse_from_rfc3339(&text).ok();
    if instant.is_none() {
        let text = Text::new("应为 RFC 3339 时间", "must be a time such as 2025-03-01T00:00:00Z");
        fields.fault("known_from", "time", text);
    }
    instant.map(|instant| instant.to_utc())
}

fn assessment(fields: &mut Fields, occasion: Occasion) -> Option<Row> {
    let project = fields.text("project", 100);
    fields.refers_within("project", Referent::Project, project.as_ref());
    let period = fields.period("period", &PeriodKind::ASSESSED);
    let assessor = fields.choice::<Assessor>("assessor");
    let service = fields.scaled("service", 3, 0, 100_000);
    let party = fields.scaled("party", 3, 0, 100_000);
    let note = fields.optional_long_text("note", 1000);
    let evidence = fields.list("evidence", 20, 200).unwrap_or_default();
    let correction_reason = fields.optional_text("correction_reason", 500);
    let known_from = known_from(fields, occasion);
    Some(Row::Assessment(AssessmentRow {
        key: AssessmentKey { project: project?, period: period?, assessor: assessor? },
        new: NewAssessment {
            scores: AssessmentScores {
                service: Thousandths::from_stored(service?),
                party: Thousandths::from_stored(party?),
            },
            note,
            evidence,
            correction_reason,
        },
        known_from,
    }))
}

fn known_estate(fields: &mut Fields) -> Option<String> {
    let estate = fields.code("estate", 40);
    fields.refers_within("estate", Referent::Estate, estate.as_ref());
    estate
}

fn known_firm(fields: &mut Fields) -> Option<String> {
    let uscc = fields.uscc("uscc");
    fields.refers_within("uscc", Referent::Firm, uscc.as_ref());
    uscc
}

fn place_code(fields: &mut Fields, column: &str) -> Option<String> {
    let code = fields.code(column, 32)?;
    let checked = check_code(&code, column);
    fields.ruled(checked).map(|()| code)
}

/// Bounds were checked: every value fits.
fn small(number: Option<i64>) -> Option<i32> {
    number.and_then(|number| i32::try_from(number).ok())
}
