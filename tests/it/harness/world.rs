//! Builders: firms, estates, projects and households, straight through the stores.

use diesel::prelude::*;
use serde_json::Value;
use xinwu_domain::access::{Operation, Role, Warrant};
use xinwu_domain::department::NewDepartment;
use xinwu_domain::entity::Entity;
use xinwu_domain::estate::{EstateKind, NewEstate};
use xinwu_domain::firm::NewFirm;
use xinwu_domain::household::NewHousehold;
use xinwu_domain::manager::NewManager;
use xinwu_domain::project::{Area, NewProject, Operator};
use xinwu_domain::uscc::Uscc;
use xinwu_persistence::people::account::NewAccount;
use xinwu_persistence::registers::{department, estate, firm, household, manager, project};
use xinwu_persistence::schema as rows;

use super::files::official_warrant;
use super::{TestApp, someone, unique};

/// A community of 中山区, in the street [`STREET`].
pub const COMMUNITY: &str = "210202001002";
pub const STREET: &str = "210202001";
pub const DISTRICT: &str = "210202";
/// A community of 西岗区.
pub const OTHER_COMMUNITY: &str = "210203001001";
pub const OTHER_DISTRICT: &str = "210203";

/// A text as it stands in a URL.
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

/// A valid code that no real firm has.
pub fn new_uscc() -> String {
    Uscc::with_check(&format!("91219900MA{:07}", unique())).unwrap().to_string()
}

/// What a plain firm is made of: registered in 中山区, active, taking part.
pub fn plain_firm(name: &str) -> NewFirm {
    NewFirm {
        uscc: new_uscc(),
        name: name.to_owned(),
        registered_place: DISTRICT.to_owned(),
        ..NewFirm::default()
    }
}

/// What a plain project is made of: a firm's, since 2024, 10,000 m² and 100 households.
pub fn plain_project(estate: &str, uscc: &str) -> NewProject {
    NewProject {
        estate: estate.to_owned(),
        operator: Operator::Firm,
        uscc: Some(uscc.to_owned()),
        manager: None,
        starts_on: "2024-01-01".parse().unwrap(),
        ends_on: None,
        area_m2: Area::parse("10000").unwrap(),
        households: 100,
        fee_fen: Some(180),
        area_reason: None,
        reason: None,
        evidence: Vec::new(),
        demo: false,
    }
}

impl TestApp {
    /// A firm registered in 中山区; gives its uscc.
    pub fn firm(&self, name: &str) -> String {
        self.firm_with(plain_firm(name))
    }

    /// A firm; gives its uscc.
    pub fn firm_with(&self, new: NewFirm) -> String {
        self.db()
            .write_blocking(move |tx| Ok(firm::add(tx, &Warrant::operator(Operation::AddFirm), &new)?.0.uscc))
            .unwrap()
    }

    /// A department of a district or of the city; gives its code.
    pub fn department(&self, code: &str, place: &str) -> String {
        let new =
            NewDepartment { code: code.to_owned(), name: format!("{code}局"), place: place.to_owned() };
        self.db()
            .write_blocking(move |tx| {
                let operator = Warrant::operator(Operation::AddDepartment);
                Ok(department::add(tx, &operator, &new)?.0.code)
            })
            .unwrap()
    }

    /// An official of a department.
    pub fn department_official(&self, code: &str) -> String {
        self.token(NewAccount { department: Some(code.to_owned()), ..someone(Role::Department) })
    }

    /// An estate of a kind in a community; gives its code.
    pub fn estate(&self, place: &str, kind: EstateKind) -> String {
        self.estate_named(&format!("测试小区{}", unique()), place, kind, &[])
    }

    /// An estate with these names; gives its code.
    pub fn estate_named(&self, name: &str, place: &str, kind: EstateKind, aliases: &[&str]) -> String {
        let new = NewEstate {
            code: None,
            name: name.to_owned(),
            aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
            kind,
            place: place.to_owned(),
            address: None,
            households: 100,
            reason: None,
            evidence: Vec::new(),
            demo: false,
        };
        self.db()
            .write_blocking(move |tx| {
                Ok(estate::add(tx, &Warrant::operator(Operation::AddEstate), &new)?.0.code)
            })
            .unwrap()
    }

    /// A firm's project in an estate since 2024, without end; gives its id.
    pub fn project(&self, estate: &str, uscc: &str) -> String {
        self.project_with(plain_project(estate, uscc))
    }

    /// A project; gives its id.
    pub fn project_with(&self, new: NewProject) -> String {
        self.db()
            .write_blocking(move |tx| {
                Ok(project::add(tx, &Warrant::operator(Operation::AddProject), &new)?.0.id)
            })
            .unwrap()
    }

    /// A manager of a firm; gives the id.
    pub fn manager(&self, name: &str, uscc: &str) -> String {
        let new = NewManager { name: name.to_owned(), uscc: Some(uscc.to_owned()), demo: false };
        self.db()
            .write_blocking(move |tx| {
                Ok(manager::add(tx, &Warrant::operator(Operation::AddManager), &new)?.0.id)
            })
            .unwrap()
    }

    /// Has an estate declare so many dwellings.
    pub fn declares(&self, estate: &str, households: i32) {
        let update = format!("UPDATE estate SET households = {households} WHERE code = '{estate}'");
        self.sql(&[update], "");
    }

    /// A household, room `room` of building 1, unit 1, with these phones (11 digits) on its roster,
    /// as on its estate's first day, whenever it is and however many there are: its residents rate
    /// at once. Gives its id.
    pub fn household(&self, estate: &str, room: &str, phones: &[&str]) -> String {
        let new = NewHousehold {
            estate: estate.to_owned(),
            building: "1".to_owned(),
            unit: "1".to_owned(),
            room: room.to_owned(),
            phones: Vec::new(),
        };
        let hashes: Vec<String> = phones.iter().map(|phone| self.state.secrets().phone_hash(phone)).collect();
        let city = official_warrant("0193a5c2-7b1e-7f00-8000-0000000000c1", Role::City, "2102", true)
            .also(Operation::AddHousehold)
            .unwrap();
        self.db()
            .write_blocking(move |tx| {
                diesel::update(rows::estate::table.find(&new.estate))
                    .set(rows::estate::roster_on.eq(None::<String>))
                    .execute(tx.conn)?;
                let id = household::add(tx, &city, &new, &hashes)?.0.id;
                // However many the estate declares: nobody has to let it in.
                diesel::update(rows::household::table.find(&id))
                    .set(rows::household::waits.eq(false))
                    .execute(tx.conn)?;
                Ok(id)
            })
            .unwrap()
    }

    /// Runs SQL that both databases understand, and tells the change feed that a firm and a project
    /// changed.
    pub fn sql(&self, statements: &[String], firm: &str) {
        let (statements, firm) = (statements.to_vec(), firm.to_owned());
        self.db()
            .write_blocking(move |tx| {
                for statement in &statements {
                    diesel::sql_query(statement.as_str()).execute(tx.conn)?;
                }
                tx.changed(Entity::Firm, &firm);
                Ok(())
            })
            .unwrap();
    }

    /// Puts a firm's current grade by the primary scheme as it would be after an evaluation.
    pub fn graded(&self, uscc: &str, score_thousandths: Option<i64>, grade: &str) {
        let score = score_thousandths.map_or("NULL".to_owned(), |score| score.to_string());
        let outcome = if score_thousandths.is_some() { "evaluated" } else { "not_evaluated" };
        let grade = score_thousandths.map_or("NULL".to_owned(), |_| format!("'{grade}'"));
        let statements = [
            format!("DELETE FROM current_grade WHERE subject_kind = 'firm' AND subject_id = '{uscc}'"),
            format!(
                "INSERT INTO current_grade (subject_kind, subject_id, scheme, is_primary, scheme_version, outcome, score_thousandths, grade, \
                 consequences, lists, effective_from) VALUES ('firm', '{uscc}', 'dalian-demo', TRUE, 1, '{outcome}', {score}, {grade}, \
                 '[]', '[]', '2026-11-01 00:00:00')"
            ),
        ];
        self.sql(&statements, uscc);
    }

    /// Puts an entry into the history of a firm's grades by the primary scheme.
    pub fn in_effect(&self, uscc: &str, sequence: i32, graded: Option<(i64, &str)>, at: &str) {
        let (outcome, score, grade) = match graded {
            Some((score, grade)) => ("evaluated", score.to_string(), format!("'{grade}'")),
            None => ("not_evaluated", "NULL".to_owned(), "NULL".to_owned()),
        };
        let row = format!(
            "INSERT INTO evaluation (id, subject_kind, subject_id, scheme, scheme_version, sequence, as_of, outcome, score_thousandths, grade, \
             cause_kind, effective_from, event) VALUES ('{}', 'firm', '{uscc}', 'dalian-demo', 1, {sequence}, '{at}', '{outcome}', {score}, {grade}, \
             'time', '{at}', 'effective')",
            xinwu_store::Random.timeless_id()
        );
        self.sql(&[row], uscc);
    }

    /// Puts the kept counts of a firm.
    pub fn tallied(&self, uscc: &str, ratings: u32, stars: u32, service_ten_thousandths: Option<i64>) {
        let service = service_ten_thousandths.map_or("NULL".to_owned(), |score| score.to_string());
        let statements = [
            format!("DELETE FROM tally WHERE subject_kind = 'firm' AND subject_id = '{uscc}'"),
            format!(
                "INSERT INTO tally (subject_kind, subject_id, ratings, stars, service_score_ten_thousandths, rewards, penalties, projects, \
                 area_dm2, updated_at) VALUES ('firm', '{uscc}', {ratings}, {stars}, {service}, 2, 1, 0, 0, '2026-11-20 00:00:00')"
            ),
        ];
        self.sql(&statements, uscc);
    }

    /// Walks a list to its end; gives what `key` finds in each item. `between` is called before
    /// each further page.
    pub fn walk(&self, path: &str, key: &str, mut between: impl FnMut()) -> Vec<String> {
        let mut found = Vec::new();
        let mut next = path.to_owned();
        loop {
            let page: Value = self.get(&next).expect(200).json();
            found.extend(
                page["items"].as_array().unwrap().iter().map(|item| item[key].as_str().unwrap().to_owned()),
            );
            let Some(cursor) = page["page"]["next_cursor"].as_str() else { return found };
            next = format!("{path}&cursor={cursor}");
            between();
        }
    }
}
